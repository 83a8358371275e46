// INSERT, UPDATE, DELETE, MERGE.
// gram.y's rules that have no name of their own here: insert_column_list, insert_column_item, opt_conf_expr,
// using_clause, set_target_list, merge_when_list, opt_merge_when_condition, merge_update, merge_delete,
// merge_values_clause, index_elem_options, opt_class, opt_asc_desc.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

using Insert = ast::InsertStmt;
using Update = ast::UpdateStmt;
using Delete = ast::DeleteStmt;
using Merge = ast::MergeStmt;
using Conflict = ast::OnConflictClause;

constexpr auto set_target = make<ResTarget>(set<&ResTarget::name>(ColId) >> set<&ResTarget::indirection>(opt_indirection));
constexpr auto column_item = set_target;

// (a, b) = source: every column gets a reference to the shared source.
struct MultiAssign {
  List<ResTarget*> targets;
  Node* source = nullptr;
};
bool BuildMultiAssign(ParseContext& state, It, It, MultiAssign& m, List<ResTarget*>& list) {
  int32_t column = 0;
  for (ResTarget* target : m.targets) {
    auto* ref = state.arena.New<MultiAssignRef>();
    ref->source = m.source;
    ref->colno = ++column;
    ref->ncolumns = static_cast<int32_t>(m.targets.size());
    ref->begin = m.source->begin;
    ref->end = m.source->end;
    target->val = ref;
    list.push_back(state.arena, target);
  }
  return true;
}

constexpr auto set_clause = choose(
    when<lp>(build<MultiAssign, BuildMultiAssign>(
        lp >> set<&MultiAssign::targets>(commas(set_target)) >> rp >> equal >> set<&MultiAssign::source>(a_expr))),
    otherwise(make<ResTarget>(set<&ResTarget::name>(ColId) >> set<&ResTarget::indirection>(opt_indirection) >> equal >>
                              set<&ResTarget::val>(a_expr))));

template <auto Field>
constexpr auto override_kind = OVERRIDING >> choose(
    when<USER>(USER >> put<Field, OverridingKind::OVERRIDING_USER_VALUE>),
    when<SYSTEM_P>(SYSTEM_P >> put<Field, OverridingKind::OVERRIDING_SYSTEM_VALUE>)) >> VALUE_P;

// '(' that opens a column list, not a query
struct OpensColumns : Base<OpensColumns> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx&, R&, A&) const {
    return first->kind == Tok::LPAREN && !first->opens_query;
  }
};

constexpr auto insert_rest = choose(
    when2<DEFAULT, VALUES>(DEFAULT >> VALUES),
    otherwise(-(OpensColumns{} >> lp >> set<&Insert::cols>(commas(column_item)) >> rp) >>
              opt<OVERRIDING>(override_kind<&Insert::override>) >> set<&Insert::selectStmt>(grammar::SelectStmt)));

constexpr auto index_collate_class =
    opt<COLLATE>(COLLATE >> set<&IndexElem::collation>(any_name)) >>
    choose(when<ASC, DESC, NULLS_LA_, rp, comma, WITH, WHERE>(eps),
           otherwise(-(set<&IndexElem::opclass>(any_name) >> opt<lp>(set<&IndexElem::opclassopts>(reloptions)))));

}  // namespace

namespace {

constexpr auto where_clause_of = [](auto field) { return opt<WHERE>(WHERE >> field); };

constexpr auto opt_on_conflict = opt<ON>(set<&Insert::onConflictClause>(make<Conflict>(
    ON >> CONFLICT >> choose(
        when<lp>(set<&Conflict::infer>(make<InferClause>(
            lp >> set<&InferClause::indexElems>(commas(index_elem)) >> rp >>
            where_clause_of(set<&InferClause::whereClause>(a_expr))))),
        when<ON>(set<&Conflict::infer>(make<InferClause>(ON >> CONSTRAINT >> set<&InferClause::conname>(name)))),
        otherwise(eps)) >>
    DO >> choose(
        when<UPDATE>(UPDATE >> put<&Conflict::action, OnConflictAction::ONCONFLICT_UPDATE> >> SET >>
                     set<&Conflict::targetList>(set_clause_list) >>
                     where_clause_of(set<&Conflict::whereClause>(a_expr))),
        when<NOTHING>(NOTHING >> put<&Conflict::action, OnConflictAction::ONCONFLICT_NOTHING>)))));

template <auto Field>
constexpr auto returning_clause = opt<RETURNING>(RETURNING >> set<Field>(target_list));

template <auto Field>
constexpr auto where_or_current_clause = opt<WHERE>(WHERE >> choose(
    when2<CURRENT_P, OF>(CURRENT_P >> OF >> set<Field>(make<CurrentOfExpr>(set<&CurrentOfExpr::cursor_name>(name)))),
    otherwise(set<Field>(a_expr))));

constexpr auto insert_target = make<RangeVar>(
    build<RangeVar*, [](ParseContext&, It, It, RangeVar*& from, RangeVar& to) {
      to.catalogname = from->catalogname, to.schemaname = from->schemaname, to.relname = from->relname;
      return true;
    }>(qualified_name) >> opt<AS>(AS >> set<&RangeVar::alias>(make<Alias>(set<&Alias::aliasname>(ColId)))));

using When_ = ast::MergeWhenClause;
constexpr auto merge_values = VALUES >> lp >> set<&When_::values>(commas(a_expr)) >> rp;
constexpr auto merge_insert = INSERT >> put<&When_::commandType, CmdType::CMD_INSERT> >> choose(
    when2<DEFAULT, VALUES>(DEFAULT >> VALUES),
    otherwise(opt<lp>(lp >> set<&When_::targetList>(commas(column_item)) >> rp) >>
              opt<OVERRIDING>(override_kind<&When_::override>) >> merge_values));
constexpr auto do_nothing = DO >> NOTHING >> put<&When_::commandType, CmdType::CMD_NOTHING>;
constexpr auto merge_condition = opt<AND>(AND >> set<&When_::condition>(a_expr)) >> THEN;
constexpr auto merge_when_clause = make<When_>(WHEN >> choose(
    when<MATCHED>(MATCHED >> put<&When_::matched> >> merge_condition >> choose(
        when<UPDATE>(UPDATE >> put<&When_::commandType, CmdType::CMD_UPDATE> >> SET >>
                     set<&When_::targetList>(set_clause_list)),
        when<DELETE_P>(DELETE_P >> put<&When_::commandType, CmdType::CMD_DELETE>),
        when<DO>(do_nothing))),
    when<NOT>(NOT >> MATCHED >> merge_condition >> choose(when<INSERT>(merge_insert), when<DO>(do_nothing)))));

}  // namespace

PGSHOAL_DEFINE(set_clause_list, commas(set_clause))

PGSHOAL_DEFINE(InsertStmt, make<Insert>(
    INSERT >> INTO >> set<&Insert::relation>(insert_target) >> insert_rest >> opt_on_conflict >>
    returning_clause<&Insert::returningList>))

PGSHOAL_DEFINE(UpdateStmt, make<Update>(
    UPDATE >> set<&Update::relation>(relation_expr_opt_alias) >> SET >> set<&Update::targetList>(set_clause_list) >>
    opt<FROM>(FROM >> set<&Update::fromClause>(from_list)) >> where_or_current_clause<&Update::whereClause> >>
    returning_clause<&Update::returningList>))

PGSHOAL_DEFINE(DeleteStmt, make<Delete>(
    DELETE_P >> FROM >> set<&Delete::relation>(relation_expr_opt_alias) >>
    opt<USING>(USING >> set<&Delete::usingClause>(from_list)) >> where_or_current_clause<&Delete::whereClause> >>
    returning_clause<&Delete::returningList>))

PGSHOAL_DEFINE(MergeStmt, make<Merge>(
    MERGE >> INTO >> set<&Merge::relation>(relation_expr_opt_alias) >> USING >> set<&Merge::sourceRelation>(table_ref) >>
    ON >> set<&Merge::joinCondition>(a_expr) >> set<&Merge::mergeWhenClauses>(many1(merge_when_clause))))

// --- index_elem: also of CREATE INDEX and EXCLUDE -------------------------------------------------------------------

namespace {

// An expression without parentheses must be a function call.
struct KeyPartParser : Base<KeyPartParser> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if (first->kind == Tok::LPAREN) {
      constexpr auto parenthesised = lp >> set<&KeyPart::expr>(a_expr) >> rp;
      return parenthesised.parse(first, last, ctx, target, x3::unused);
    }
    Tok next = first[1].kind;
    bool plain = next != Tok::LPAREN && next != Tok::DOT && next != Tok::LBRACKET;
    if ((first->word & kColId) != 0 && plain) return ColId.parse(first, last, ctx, target.name, x3::unused);
    return ParseRule(func_expr_windowless, first, last, ctx, target.expr);
  }
};

}  // namespace

PGSHOAL_DEFINE(key_part, KeyPartParser{})

PGSHOAL_DEFINE(index_elem, make<IndexElem>(
    build<KeyPart, SetKeyPart<IndexElem>>(key_part) >> index_collate_class >>
    choose(when<ASC>(ASC >> put<&IndexElem::ordering, SortByDir::SORTBY_ASC>),
           when<DESC>(DESC >> put<&IndexElem::ordering, SortByDir::SORTBY_DESC>), otherwise(eps)) >>
    opt<NULLS_LA_>(NULLS_LA_ >> choose(
        when<FIRST_P>(FIRST_P >> put<&IndexElem::nulls_ordering, SortByNulls::SORTBY_NULLS_FIRST>),
        when<LAST_P>(LAST_P >> put<&IndexElem::nulls_ordering, SortByNulls::SORTBY_NULLS_LAST>)))))

}  // namespace pgshoal::parser::grammar
