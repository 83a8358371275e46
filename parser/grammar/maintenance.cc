// COPY, EXPLAIN, VACUUM and ANALYZE, LOCK, TRUNCATE, CLUSTER, REINDEX, CHECKPOINT, LOAD, DO, CALL.
// gram.y's rules that have no name of their own here: copy_from, opt_program, copy_file_name, copy_opt_list,
// opt_binary, opt_using, copy_generic_opt_list, copy_generic_opt_arg_list, copy_generic_opt_arg_list_item, AnalyzeStmt,
// utility_option_elem, opt_analyze, opt_verbose, opt_full, opt_freeze, opt_name_list, vacuum_relation_list,
// opt_vacuum_relation_list, opt_lock, opt_nowait, opt_restart_seqs, cluster_index_specification, reindex_target_type,
// reindex_target_multitable, file_name, dostmt_opt_list.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

// --- COPY ---------------------------------------------------------------------------------------------------------

using Copy = ast::CopyStmt;

bool NeedsFile(ParseContext& state, It here, Copy& copy) {
  if (!copy.is_program || copy.filename.data() != nullptr) return true;
  It at = here;
  while (at[-1].kind != Tok::PROGRAM || (at->kind != Tok::STDIN && at->kind != Tok::STDOUT)) --at;
  constexpr const char* kMessage = "STDIN/STDOUT not allowed with PROGRAM";
  // PostgreSQL points at TO for a query, for a table at USING DELIMITERS, which is mostly not there.
  if (copy.query != nullptr) return Fail(state, sqlstate::kSyntaxError, kMessage, at[-2].begin);
  if (at[1].kind != Tok::USING) return FailNowhere(state, sqlstate::kSyntaxError, kMessage);
  return Fail(state, sqlstate::kSyntaxError, kMessage, at[1].begin);
}
bool NoWhereOnTo(ParseContext& state, It begin, It, Node*& where, Copy& copy) {
  copy.whereClause = where;
  if (!NeedsFile(state, begin, copy)) return false;
  return copy.is_from || Fail(state, sqlstate::kSyntaxError, "WHERE clause not allowed with COPY TO", begin->begin);
}

constexpr auto opt_as = opt<AS>(AS);
constexpr auto copy_opt_item = choose(
    when<BINARY>(def<"format">(BINARY >> text<"binary">)),
    when<FREEZE>(def<"freeze">(FREEZE >> give<true>)),
    when<DELIMITER>(def<"delimiter">(DELIMITER >> opt_as >> Sconst)),
    when<NULL_P>(def<"null">(NULL_P >> opt_as >> Sconst)),
    when<CSV>(def<"format">(CSV >> text<"csv">)),
    when<HEADER_P>(def<"header">(HEADER_P >> give<true>)),
    when<QUOTE>(def<"quote">(QUOTE >> opt_as >> Sconst)),
    when<ESCAPE>(def<"escape">(ESCAPE >> opt_as >> Sconst)),
    when2<FORCE, QUOTE>(def<"force_quote">(FORCE >> QUOTE >> choose(when<star>(make<A_Star>(star)),
                                                                     otherwise(as<Names>(commas(ColId)))))),
    when2<FORCE, NOT>(def<"force_not_null">(FORCE >> NOT >> NULL_P >> as<Names>(commas(ColId)))),
    when<FORCE>(def<"force_null">(FORCE >> NULL_P >> as<Names>(commas(ColId)))),
    when<ENCODING>(def<"encoding">(ENCODING >> Sconst)));

constexpr auto copy_generic_opt_arg = choose(
    when<comma, rp>(eps),
    when<star>(make<A_Star>(star)),
    when<lp>(as<Names>(lp >> commas(opt_boolean_or_string) >> rp)),
    when<Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(NumericOnly),
    otherwise(opt_boolean_or_string));
constexpr auto copy_generic_opt_elem =
    make<DefElem>(set<&DefElem::defname>(ColLabel) >> set<&DefElem::arg>(copy_generic_opt_arg));

constexpr auto copy_file = opt<PROGRAM>(PROGRAM >> put<&Copy::is_program>) >> choose(
    when<STDIN>(STDIN), when<STDOUT>(STDOUT), otherwise(set<&Copy::filename>(Sconst)));
constexpr auto copy_options = set<&Copy::options>(choose(
    when<lp>(lp >> commas(copy_generic_opt_elem) >> rp), otherwise(many(copy_opt_item) >> peek_not<BINARY, FREEZE, DELIMITER, NULL_P, CSV, HEADER_P, QUOTE, ESCAPE, FORCE, ENCODING>)));
constexpr auto opt_with = opt<WITH, WITH_LA_>(choose(when<WITH>(WITH), otherwise(WITH_LA_)));
constexpr auto copy_delimiter = choose(
    when<USING>(set<&Copy::options>(def<"delimiter">(USING >> DELIMITERS >> Sconst))),
    when<DELIMITERS>(set<&Copy::options>(def<"delimiter">(DELIMITERS >> Sconst))), otherwise(eps));

constexpr auto copy_table =
    opt<BINARY>(set<&Copy::options>(def<"format">(BINARY >> text<"binary">))) >>
    set<&Copy::relation>(qualified_name) >> set<&Copy::attlist>(opt_column_list) >>
    choose(when<FROM>(FROM >> put<&Copy::is_from>), when<TO>(TO)) >> copy_file >> copy_delimiter >> opt_with >>
    copy_options >> opt<WHERE>(build<Node*, NoWhereOnTo>(WHERE >> a_expr)) >> call<NeedsFile>;
constexpr auto copy_query = lp >> set<&Copy::query>(PreparableStmt) >> rp >> TO >> copy_file >> opt_with >>
                            copy_options >> call<NeedsFile>;

}  // namespace

PGSHOAL_DEFINE(CopyStmt, make<Copy>(COPY >> choose(when<lp>(copy_query), otherwise(copy_table))))

// --- options of maintenance commands --------------------------------------------------------------------------------

namespace {

constexpr auto analyze_keyword = choose(when<ANALYZE>(ANALYZE), when<ANALYSE>(ANALYSE));
constexpr auto utility_option_name = choose(
    when<ANALYZE, ANALYSE>(analyze_keyword >> text<"analyze">), otherwise(NonReservedWord));
constexpr auto utility_option_arg = choose(
    when<comma, rp>(eps),
    when<Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(NumericOnly),
    otherwise(opt_boolean_or_string));

}  // namespace

PGSHOAL_DEFINE(utility_option_list, lp >> commas(make<DefElem>(
    set<&DefElem::defname>(utility_option_name) >> set<&DefElem::arg>(utility_option_arg))) >> rp)

// --- EXPLAIN --------------------------------------------------------------------------------------------------------

namespace {

using Explain = ast::ExplainStmt;

constexpr auto ExplainableStmt = choose(
    when<DECLARE>(DeclareCursorStmt), when<EXECUTE>(ExecuteStmt), when<CREATE>(CreateAsStmt),
    when<REFRESH>(RefreshMatViewStmt), otherwise(PreparableStmt));
constexpr auto verbose = def<"verbose">(VERBOSE);

// EXPLAIN (options) …; but EXPLAIN (SELECT …) explains the query.
struct OptionsAhead {
  static bool Matches(It first) { return first->kind == Tok::LPAREN && !first->opens_query && first[1].kind != Tok::LPAREN; }
};
template <class P>
struct WhenOptions : OptionsAhead {
  P body;
  constexpr explicit WhenOptions(P p) : body(p) {}
};

}  // namespace

PGSHOAL_DEFINE(ExplainStmt, make<Explain>(EXPLAIN >> choose(
    WhenOptions(set<&Explain::options>(utility_option_list)),
    when<ANALYZE, ANALYSE>(set<&Explain::options>(def<"analyze">(analyze_keyword)) >>
                           opt<VERBOSE>(set<&Explain::options>(verbose))),
    when<VERBOSE>(set<&Explain::options>(verbose)), otherwise(eps)) >> set<&Explain::query>(ExplainableStmt)))

// --- VACUUM, ANALYZE, LOCK, TRUNCATE ----------------------------------------------------------------------------------

namespace {

using Vacuum = ast::VacuumStmt;

constexpr auto vacuum_relation = make<VacuumRelation>(
    set<&VacuumRelation::relation>(qualified_name) >>
    opt<lp>(lp >> set<&VacuumRelation::va_cols>(commas(name)) >> rp));
struct VacuumRelations : Base<VacuumRelations> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if ((first->word & kColId) == 0) return true;
    return set<&Vacuum::rels>(commas(vacuum_relation)).parse(first, last, ctx, target, x3::unused);
  }
};
constexpr auto flag = [](auto d) { return set<&Vacuum::options>(d); };

constexpr auto vacuum = make<Vacuum>(VACUUM >> put<&Vacuum::is_vacuumcmd> >> choose(
    when<lp>(set<&Vacuum::options>(utility_option_list)),
    otherwise(opt<FULL>(flag(def<"full">(FULL))) >> opt<FREEZE>(flag(def<"freeze">(FREEZE))) >>
              opt<VERBOSE>(flag(verbose)) >> opt<ANALYZE, ANALYSE>(flag(def<"analyze">(analyze_keyword))))) >>
    VacuumRelations{});
constexpr auto analyze = make<Vacuum>(analyze_keyword >> choose(
    when<lp>(set<&Vacuum::options>(utility_option_list)), otherwise(opt<VERBOSE>(flag(verbose)))) >> VacuumRelations{});

using Lock = ast::LockStmt;
template <int32_t Mode>
constexpr auto mode = put<&Lock::mode, Mode>;
constexpr auto lock_type = choose(
    when2<ACCESS, SHARE>(ACCESS >> SHARE >> mode<1>), when2<ROW, SHARE>(ROW >> SHARE >> mode<2>),
    when2<ROW, EXCLUSIVE>(ROW >> EXCLUSIVE >> mode<3>), when2<SHARE, UPDATE>(SHARE >> UPDATE >> EXCLUSIVE >> mode<4>),
    when2<SHARE, ROW>(SHARE >> ROW >> EXCLUSIVE >> mode<6>), when<SHARE>(SHARE >> mode<5>),
    when<EXCLUSIVE>(EXCLUSIVE >> mode<7>), when<ACCESS>(ACCESS >> EXCLUSIVE >> mode<8>));

using Truncate = ast::TruncateStmt;
using Cluster = ast::ClusterStmt;
using Reindex = ast::ReindexStmt;
using enum ReindexObjectType;

constexpr auto opt_table = opt<TABLE>(TABLE);

constexpr auto cluster_index = opt<USING>(USING >> set<&Cluster::indexname>(name));
constexpr auto cluster = make<Cluster>(CLUSTER >> choose(
    when<lp>(set<&Cluster::params>(utility_option_list) >> set<&Cluster::relation>(qualified_name) >> cluster_index),
    otherwise(opt<VERBOSE>(set<&Cluster::params>(verbose)) >> choose(
        when<Kw<Tok::SEMICOLON>{}, Kw<Tok::END>{}>(eps),
        otherwise((set<&Cluster::indexname>(name) >> ON >> set<&Cluster::relation>(qualified_name)) |
                  (call<[](ParseContext&, It, Cluster& c) { c.indexname = Str(); }> >>
                   set<&Cluster::relation>(qualified_name) >> cluster_index))))));

constexpr auto opt_concurrently = opt<CONCURRENTLY>(set<&Reindex::params>(def<"concurrently">(CONCURRENTLY)));
template <ReindexObjectType K>
constexpr auto reindex_kind = put<&Reindex::kind, K>;
constexpr auto reindex = make<Reindex>(
    REINDEX >> opt<lp>(set<&Reindex::params>(utility_option_list)) >> choose(
        when<INDEX>(INDEX >> reindex_kind<REINDEX_OBJECT_INDEX> >> opt_concurrently >> set<&Reindex::relation>(qualified_name)),
        when<TABLE>(TABLE >> reindex_kind<REINDEX_OBJECT_TABLE> >> opt_concurrently >> set<&Reindex::relation>(qualified_name)),
        when<SCHEMA>(SCHEMA >> reindex_kind<REINDEX_OBJECT_SCHEMA> >> opt_concurrently >> set<&Reindex::name>(name)),
        when<SYSTEM_P>(SYSTEM_P >> reindex_kind<REINDEX_OBJECT_SYSTEM> >> opt_concurrently >> set<&Reindex::name>(name)),
        when<DATABASE>(DATABASE >> reindex_kind<REINDEX_OBJECT_DATABASE> >> opt_concurrently >> set<&Reindex::name>(name))));

constexpr auto dostmt_opt_item = choose(
    when<Kw<Tok::SCONST>{}>(def<"as">(Sconst)),
    when<LANGUAGE>(def<"language">(LANGUAGE >> choose(when<Kw<Tok::SCONST>{}>(Sconst), otherwise(NonReservedWord)))));

// CALL takes a func_application: its name is a function's, which the words that are only columns' names are not.
bool IsFunctionName(ParseContext& state, It name, CallStmt&) {
  const bool qualified = name[1].kind == Tok::DOT || name[1].kind == Tok::LBRACKET;
  if ((name->word & kTypeFunctionName) != 0 || (qualified && (name->word & kColId) != 0)) return true;
  return FailAt(state, "syntax error", (name->word & kColId) != 0 ? name + 1 : name);
}
bool OnlyFunctionCalls(ParseContext&, It, It, Node*& value, CallStmt& target) {
  target.funccall = ast::As<FuncCall>(value);
  return target.funccall != nullptr && target.funccall->funcformat == CoercionForm::COERCE_EXPLICIT_CALL;
}

}  // namespace

PGSHOAL_DEFINE(VacuumStmt, choose(when<VACUUM>(vacuum), otherwise(analyze)))
PGSHOAL_DEFINE(LockStmt, make<Lock>(
    LOCK_P >> mode<8> >> opt_table >> set<&Lock::relations>(commas(relation_expr)) >>
    opt<IN_P>(IN_P >> lock_type >> MODE) >> opt<NOWAIT>(NOWAIT >> put<&Lock::nowait>)))
PGSHOAL_DEFINE(TruncateStmt, make<Truncate>(
    TRUNCATE >> opt_table >> set<&Truncate::relations>(commas(relation_expr)) >> choose(
        when<CONTINUE_P>(CONTINUE_P >> IDENTITY_P),
        when<RESTART>(RESTART >> IDENTITY_P >> put<&Truncate::restart_seqs>), otherwise(eps)) >>
    set<&Truncate::behavior>(opt_drop_behavior)))
PGSHOAL_DEFINE(RefreshMatViewStmt, make<ast::RefreshMatViewStmt>(
    REFRESH >> MATERIALIZED >> VIEW >> opt<CONCURRENTLY>(CONCURRENTLY >> put<&ast::RefreshMatViewStmt::concurrent>) >>
    set<&ast::RefreshMatViewStmt::relation>(qualified_name) >>
    opt<WITH>(WITH >> opt<NO>(NO >> put<&ast::RefreshMatViewStmt::skipData>) >> DATA_P)))
PGSHOAL_DEFINE(maintenance_stmt, choose(
    when<CLUSTER>(cluster), when<REINDEX>(reindex),
    when<CHECKPOINT>(make<CheckPointStmt>(CHECKPOINT)),
    when<LOAD>(make<LoadStmt>(LOAD >> set<&LoadStmt::filename>(Sconst))),
    when<DO>(make<DoStmt>(DO >> set<&DoStmt::args>(many1(dostmt_opt_item)))),
    when<CALL>(make<CallStmt>(CALL >> call<IsFunctionName> >> build<Node*, OnlyFunctionCalls>(func_expr_windowless)))))

}  // namespace pgshoal::parser::grammar
