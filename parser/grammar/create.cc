// CREATE: which statement it is, then schemas, databases, tablespaces, extensions, functions.
// gram.y's rules that have no name of their own here: OptSchemaName, OptSchemaEltList, createdb_opt_items,
// createdb_opt_item, createdb_opt_name, opt_equal, OptTableSpaceOwner, create_extension_opt_list,
// create_extension_opt_item, opt_or_replace, func_return, opt_createfunc_opt_list, createfunc_opt_list, func_as,
// transform_type_list, table_func_column_list, routine_body_stmt_list.
#include "base/sqlstate.hpp"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"
#include "parser/walk.hpp"

namespace pgshoal::parser::grammar {

namespace {

template <auto Field>
constexpr auto if_not_exists = opt2<IF_P, NOT>(IF_P >> NOT >> EXISTS >> put<Field>);

// CREATE TABLE name [(names only)] … AS, as against one with column definitions.
struct TableAs : Base<TableAs> {
  static bool Matches(It first) {
    It p = CreatedObject(first);
    if (p->kind != Tok::TABLE) return false;
    ++p;
    if (p->kind == Tok::IF_P && p[1].kind == Tok::NOT) p += 3;
    while (p->kind != Tok::END && p[1].kind == Tok::DOT) p += 2;
    switch (p[1].kind) {
      case Tok::AS: case Tok::USING: case Tok::WITH: case Tok::WITHOUT: case Tok::ON: case Tok::TABLESPACE:
        return true;
      case Tok::LPAREN:
        return (p[2].word & kColId) != 0 && (p[3].kind == Tok::COMMA || p[3].kind == Tok::RPAREN);
      default:
        return false;
    }
  }
};
template <class P>
struct WhenTableAs : TableAs {
  P body;
  constexpr explicit WhenTableAs(P p) : body(p) {}
};

// CREATE … TRIGGER may be preceded by CONSTRAINT.
// --- schemas, databases, tablespaces, extensions ----------------------------------------------------------------------

using Schema = ast::CreateSchemaStmt;

constexpr auto schema_stmt = choose(
    when<CREATE>(choose(creates<TABLE>(grammar::CreateStmt), creates<UNIQUE, INDEX>(grammar::IndexStmt),
                        creates<SEQUENCE>(grammar::CreateSeqStmt), creates<TRIGGER, CONSTRAINT>(grammar::CreateTrigStmt),
                        creates<VIEW, RECURSIVE>(grammar::ViewStmt))),
    // Privileges only: no GrantRoleStmt.
    when<GRANT>(choose(WhenOn(grammar::GrantStmt), otherwise(GRANT >> skip(grammar::privileges) >> ON))));
bool NoElements(ParseContext& state, It, Schema& schema) {
  if (!schema.if_not_exists || schema.schemaElts.empty()) return true;
  return Fail(state, sqlstate::kFeatureNotSupported, "CREATE SCHEMA IF NOT EXISTS cannot include schema elements",
              schema.schemaElts[0]->begin);
}
constexpr auto CreateSchema = make<Schema>(
    CREATE >> SCHEMA >> if_not_exists<&Schema::if_not_exists> >> choose(
        when<AUTHORIZATION>(AUTHORIZATION >> set<&Schema::authrole>(grammar::RoleSpec)),
        otherwise(set<&Schema::schemaname>(ColId) >>
                  opt<AUTHORIZATION>(AUTHORIZATION >> set<&Schema::authrole>(grammar::RoleSpec)))) >>
    set<&Schema::schemaElts>(many(schema_stmt)) >> peek_not<CREATE, GRANT> >> call<NoElements>);

constexpr auto opt_with = opt<WITH, WITH_LA_>(choose(when<WITH>(WITH), otherwise(WITH_LA_)));
}  // namespace

PGSHOAL_DEFINE(createdb_opt_list, many(make<DefElem>(
    set<&DefElem::defname>(choose(
        when<CONNECTION>(CONNECTION >> LIMIT >> text<"connection_limit">),
        when<Kw<Tok::IDENT>{}, ENCODING, LOCATION, OWNER, TABLESPACE, TEMPLATE>(NonReservedWord))) >>
    opt<equal>(equal) >> set<&DefElem::arg>(choose(
        when<DEFAULT>(DEFAULT),
        when<Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(NumericOnly),
        otherwise(opt_boolean_or_string))))))

namespace {
constexpr auto Createdb = make<CreatedbStmt>(
    CREATE >> DATABASE >> set<&CreatedbStmt::dbname>(name) >> opt_with >> set<&CreatedbStmt::options>(createdb_opt_list));

using Space = ast::CreateTableSpaceStmt;
constexpr auto TableSpace = make<Space>(
    CREATE >> TABLESPACE >> set<&Space::tablespacename>(name) >> opt<OWNER>(OWNER >> set<&Space::owner>(grammar::RoleSpec)) >>
    LOCATION >> set<&Space::location>(Sconst) >> set<&Space::options>(opt_reloptions));

using Extension = ast::CreateExtensionStmt;
constexpr auto word_or_string = choose(when<Kw<Tok::SCONST>{}>(Sconst), otherwise(NonReservedWord));
bool NoFrom(ParseContext& state, It begin, It, DefElem*&, List<DefElem*>&) {
  return Fail(state, sqlstate::kFeatureNotSupported, "CREATE EXTENSION ... FROM is no longer supported", begin->begin);
}
constexpr auto CreateExtension = make<Extension>(
    CREATE >> EXTENSION >> if_not_exists<&Extension::if_not_exists> >> set<&Extension::extname>(name) >> opt_with >>
    set<&Extension::options>(many(choose(
        when<SCHEMA>(def<"schema">(SCHEMA >> name)), when<VERSION_P>(def<"new_version">(VERSION_P >> word_or_string)),
        when<FROM>(build<DefElem*, NoFrom>(def<"from">(FROM >> word_or_string))),
        when<CASCADE>(def<"cascade">(CASCADE >> give<true>))))));

// --- functions --------------------------------------------------------------------------------------------------------

using Function = ast::CreateFunctionStmt;


struct TableColumns {
  List<FunctionParameter*> columns;
};
bool ReturnsTable(ParseContext& state, It begin, It after, TableColumns& t, Function& function) {
  function.returnType = t.columns.size() == 1 ? Clone(t.columns[0]->argType, state.arena) : SystemType(state, "record");
  function.returnType->setof = true;
  function.returnType->begin = begin->begin, function.returnType->end = after[-1].end;
  for (FunctionParameter* p : t.columns) function.parameters.push_back(state.arena, p);
  return true;
}
// Judged when all of the statement is read.
bool NoOutWithTable(ParseContext& state, It, Function& function) {
  bool table = false, out = false;
  for (FunctionParameter* p : function.parameters) {
    table |= p->mode == FunctionParameterMode::FUNC_PARAM_TABLE;
    out |= p->mode == FunctionParameterMode::FUNC_PARAM_OUT || p->mode == FunctionParameterMode::FUNC_PARAM_INOUT;
  }
  return !(table && out) ||
         FailNowhere(state, sqlstate::kSyntaxError, "OUT and INOUT arguments aren't allowed in TABLE functions");
}
constexpr auto table_func_column = make<FunctionParameter>(
    put<&FunctionParameter::mode, FunctionParameterMode::FUNC_PARAM_TABLE> >>
    set<&FunctionParameter::name>(type_function_name) >> set<&FunctionParameter::argType>(func_type));

// TRANSFORM FOR TYPE t, FOR TYPE u
constexpr auto transform_types = as<Nodes>(commas(FOR >> TYPE_P >> Typename));

constexpr auto createfunc_opt_item = choose(
    when<AS>(def<"as">(AS >> as<Names>(Sconst >> opt<comma>(comma >> Sconst)))),
    when<LANGUAGE>(def<"language">(LANGUAGE >> word_or_string)),
    when<TRANSFORM>(def<"transform">(TRANSFORM >> transform_types)),
    when<WINDOW>(def<"window">(WINDOW >> give<true>)),
    otherwise(common_func_opt_item));

constexpr auto ReturnStmt_ = make<ReturnStmt>(RETURN >> set<&ReturnStmt::returnval>(a_expr));
constexpr Kw<Tok::SEMICOLON> semicolon{};
constexpr auto routine_body_stmt = choose(when<RETURN>(ReturnStmt_), when<semicolon>(eps),
                                          otherwise(peek_not<BEGIN_P> >> grammar::stmt));  // no TransactionStmtLegacy

bool BodyList(ParseContext& state, It begin, It after, Nodes& statements, Node*& target) {
  auto* outer = Spanned(state.arena.New<ListNode>(), begin, after);
  Node* inner = nullptr;
  if (!statements.empty()) Put(state, inner, statements);
  outer->items.push_back(state.arena, inner);
  target = outer;
  return true;
}
constexpr auto opt_routine_body = choose(
    when<RETURN>(set<&Function::sql_body>(ReturnStmt_)),
    when<BEGIN_P>(set<&Function::sql_body>(build<Nodes, BodyList>(
        BEGIN_P >> ATOMIC >> many(peek_not<END_P> >> routine_body_stmt >> semicolon) >> END_P))),
    otherwise(eps));

constexpr auto function_tail = set<&Function::options>(many(createfunc_opt_item)) >> opt_routine_body;

}  // namespace

PGSHOAL_DEFINE(common_func_opt_item, choose(
    when<CALLED>(def<"strict">(CALLED >> ON >> NULL_P >> INPUT_P >> give<false>)),
    when<RETURNS>(def<"strict">(RETURNS >> NULL_P >> ON >> NULL_P >> INPUT_P >> give<true>)),
    when<STRICT_P>(def<"strict">(STRICT_P >> give<true>)),
    when<IMMUTABLE, STABLE, VOLATILE>(def<"volatility">(NonReservedWord)),
    when<EXTERNAL>(def<"security">(EXTERNAL >> SECURITY >> choose(
        when<DEFINER>(DEFINER >> give<true>), when<INVOKER>(INVOKER >> give<false>)))),
    when<SECURITY>(def<"security">(SECURITY >> choose(
        when<DEFINER>(DEFINER >> give<true>), when<INVOKER>(INVOKER >> give<false>)))),
    when<LEAKPROOF>(def<"leakproof">(LEAKPROOF >> give<true>)),
    when<NOT>(def<"leakproof">(NOT >> LEAKPROOF >> give<false>)),
    when<COST>(def<"cost">(COST >> NumericOnly)), when<ROWS>(def<"rows">(ROWS >> NumericOnly)),
    when<SUPPORT>(def<"support">(SUPPORT >> as<Names>(any_name))),
    when<SET, RESET>(def<"set">(FunctionSetResetClause)),
    when<PARALLEL>(def<"parallel">(PARALLEL >> ColId))))

PGSHOAL_DEFINE(CreateFunctionStmt, make<Function>(
    CREATE >> opt<OR>(OR >> REPLACE >> put<&Function::replace>) >> choose(
        when<FUNCTION>(FUNCTION >> set<&Function::funcname>(func_name) >> set<&Function::parameters>(func_args_with_defaults) >>
            choose(when2<RETURNS, TABLE>(build<TableColumns, ReturnsTable>(
                       RETURNS >> TABLE >> lp >> set<&TableColumns::columns>(commas(table_func_column)) >> rp)),
                   when2<RETURNS, NULL_P>(eps),
                   when<RETURNS>(RETURNS >> set<&Function::returnType>(func_type)), otherwise(eps)) >> function_tail >>
            call<NoOutWithTable>),
        when<PROCEDURE>(PROCEDURE >> put<&Function::is_procedure> >> set<&Function::funcname>(func_name) >>
                        set<&Function::parameters>(func_args_with_defaults) >> function_tail))))

PGSHOAL_DEFINE(create_stmt, choose(
    WhenTableAs(grammar::CreateAsStmt),
    creates<TABLE>(grammar::CreateStmt),
    when2<CREATE, MATERIALIZED>(grammar::CreateMatViewStmt),
    when3<CREATE, UNLOGGED, MATERIALIZED>(grammar::CreateMatViewStmt),
    creates<VIEW, RECURSIVE>(grammar::ViewStmt),
    creates<SEQUENCE>(grammar::CreateSeqStmt),
    creates<INDEX, UNIQUE>(grammar::IndexStmt),
    creates<FUNCTION, PROCEDURE>(grammar::CreateFunctionStmt),
    creates<TRIGGER, CONSTRAINT>(grammar::CreateTrigStmt),
    creates<RULE>(grammar::RuleStmt),
    when2<CREATE, SCHEMA>(CreateSchema), when2<CREATE, DATABASE>(Createdb), when2<CREATE, TABLESPACE>(TableSpace),
    when2<CREATE, EXTENSION>(CreateExtension), when2<CREATE, STATISTICS>(grammar::CreateStatsStmt),
    when2<CREATE, POLICY>(grammar::CreatePolicyStmt),
    when3<CREATE, FOREIGN, TABLE>(grammar::CreateForeignTableStmt),
    WhenMapping(create_other),
    when2<CREATE, ROLE, USER, GROUP_P>(grammar::CreateRoleStmt),
    otherwise(create_other)))

}  // namespace pgshoal::parser::grammar
