// FROM: tables, functions, subqueries, joins.
// gram.y's rules that have no name of their own here: join_type, opt_alias_clause_for_join_using, tablesample_clause,
// opt_repeatable_clause, rowsfrom_list, opt_col_def_list, OptTableFuncElementList, TableFuncElementList,
// xmltable_column_list, xmltable_column_option_list, xmltable_column_option_el, xml_namespace_list, xml_passing_mech.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

constexpr auto alias_body = set<&Alias::aliasname>(ColId) >> opt<lp>(lp >> set<&Alias::colnames>(commas(name)) >> rp);

struct OptAlias : Base<OptAlias> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if (first->kind != Tok::AS && (first->word & kColId) == 0) return true;
    return ParseRule(alias_clause, first, last, ctx, target);
  }
};
constexpr OptAlias opt_alias_clause{};

}  // namespace

PGSHOAL_DEFINE(alias_clause, make<Alias>(opt<AS>(AS) >> alias_body))

PGSHOAL_DEFINE(TableFuncElement, make<ColumnDef>(
    put<&ColumnDef::is_local> >> set<&ColumnDef::colname>(ColId) >> set<&ColumnDef::typeName>(Typename) >>
    opt<COLLATE>(set<&ColumnDef::collClause>(make<CollateClause>(COLLATE >> set<&CollateClause::collname>(any_name))))))

namespace {

constexpr auto column_definitions = lp >> commas(TableFuncElement) >> rp;

// func_alias_clause: an alias, column names, or column definitions.
struct FuncAlias : Base<FuncAlias> {
  bool parse(It& first, It const& last, const Ctx& ctx, RangeFunction& target, x3::unused_type) const {
    bool as = first->kind == Tok::AS;
    if (as && first[1].kind == Tok::LPAREN) {
      Shift(first, State(ctx));
      return column_definitions.parse(first, last, ctx, target.coldeflist, x3::unused);
    }
    It named = as ? first + 1 : first;
    if (!as && (named->word & kColId) == 0) return true;
    bool names_only = named[1].kind != Tok::LPAREN || named[3].kind == Tok::COMMA || named[3].kind == Tok::RPAREN;
    if (names_only) return ParseRule(alias_clause, first, last, ctx, target.alias);
    constexpr auto plain = make<Alias>(opt<AS>(AS) >> set<&Alias::aliasname>(ColId));
    return plain.parse(first, last, ctx, target.alias, x3::unused) &&
           column_definitions.parse(first, last, ctx, target.coldeflist, x3::unused);
  }
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    return parse(first, last, ctx, target, x3::unused_type());
  }
};

// One function of ROWS FROM, as the pair {function, column definitions or null}.
struct FunctionItem {
  Node* function = nullptr;
  Nodes columns;
};
bool AddFunction(ParseContext& state, It begin, It after, FunctionItem& item, Nodes& target) {
  auto* pair = Spanned(state.arena.New<ListNode>(), begin, after);
  pair->items.push_back(state.arena, item.function);
  Node* columns = nullptr;
  if (!item.columns.empty()) Put(state, columns, item.columns);
  pair->items.push_back(state.arena, columns);
  target.push_back(state.arena, pair);
  return true;
}

constexpr auto opt_ordinality = opt<WITH_LA_>(WITH_LA_ >> ORDINALITY >> put<&RangeFunction::ordinality>);
constexpr auto rowsfrom_item = build<FunctionItem, AddFunction>(
    set<&FunctionItem::function>(func_expr_windowless) >>
    opt<AS>(AS >> set<&FunctionItem::columns>(lp >> commas(TableFuncElement) >> rp)));

constexpr auto func_table = make<RangeFunction>(
    opt<LATERAL_P>(LATERAL_P >> put<&RangeFunction::lateral>) >> choose(
        when2<ROWS, FROM>(ROWS >> FROM >> put<&RangeFunction::is_rowsfrom> >> lp >>
                          set<&RangeFunction::functions>(commas(rowsfrom_item)) >> rp),
        otherwise(set<&RangeFunction::functions>(build<FunctionItem, AddFunction>(
            set<&FunctionItem::function>(func_expr_windowless))))) >>
    opt_ordinality >> FuncAlias{});

// --- XMLTABLE -----------------------------------------------------------------------------------------------------


// What is wrong with the options is said when all of them are read.
bool XmlColumnOptions(It& first, const Ctx& ctx, RangeTableFuncCol& column) {
  ParseContext& state = State(ctx);
  bool nullability_seen = false;
  std::string wrong;
  It wrong_at = nullptr;
  for (;;) {
    It at = first;
    auto fail = [&](std::string message) {
      if (wrong_at == nullptr) wrong = std::move(message), wrong_at = at;
    };
    Node* value = nullptr;
    switch (first->kind) {
      case Tok::IDENT:
      case Tok::DEFAULT:
        Shift(first, state);
        if (!ParseRule(b_expr, first, first, ctx, value)) return false;
        if (at->kind == Tok::DEFAULT || at->value() == "default") {
          if (column.coldefexpr != nullptr) fail("only one DEFAULT value is allowed");
          column.coldefexpr = value;
        } else if (at->value() == "path") {
          if (column.colexpr != nullptr) fail("only one PATH value per column is allowed");
          column.colexpr = value;
        } else {
          fail(fmt::format("unrecognized column option \"{}\"", at->value()));
        }
        break;
      case Tok::NOT:
        Shift(first, state);
        if (first->kind != Tok::NULL_P) return false;
        [[fallthrough]];
      case Tok::NULL_P:
        Shift(first, state);
        if (nullability_seen) {
          fail(fmt::format("conflicting or redundant NULL / NOT NULL declarations for column \"{}\"", column.colname));
        }
        column.is_not_null = at->kind == Tok::NOT;
        nullability_seen = true;
        break;
      default:
        return wrong_at == nullptr || Fail(state, sqlstate::kSyntaxError, std::move(wrong), wrong_at->begin);
    }
  }
}
struct XmlColumnOptionsParser : Base<XmlColumnOptionsParser> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    return XmlColumnOptions(first, ctx, target);
  }
};

using Col = ast::RangeTableFuncCol;
using Tab = ast::RangeTableFunc;
constexpr auto xmltable_column_el = make<Col>(set<&Col::colname>(ColId) >> choose(
    when<FOR>(FOR >> ORDINALITY >> put<&Col::for_ordinality>),
    otherwise(set<&Col::typeName>(Typename) >> XmlColumnOptionsParser{})));
constexpr auto xml_namespace_el = choose(
    when<DEFAULT>(make<ResTarget>(DEFAULT >> set<&ResTarget::val>(b_expr))),
    otherwise(make<ResTarget>(set<&ResTarget::val>(b_expr) >> AS >> set<&ResTarget::name>(ColLabel))));
constexpr auto xmltable = make<Tab>(
    opt<LATERAL_P>(LATERAL_P >> put<&Tab::lateral>) >> XMLTABLE >> lp >>
    opt2<XMLNAMESPACES, lp>(XMLNAMESPACES >> lp >> set<&Tab::namespaces>(commas(xml_namespace_el)) >> rp >> comma) >>
    set<&Tab::rowexpr>(c_expr) >> set<&Tab::docexpr>(xmlexists_argument) >> COLUMNS >>
    set<&Tab::columns>(commas(xmltable_column_el)) >> rp >> set<&Tab::alias>(opt_alias_clause));

// BY alone may begin a typed constant.
constexpr auto leading_mech = choose(when2<BY, REF_P>(BY >> REF_P), when2<BY, VALUE_P>(BY >> VALUE_P), otherwise(eps));
constexpr auto trailing_mech = opt<BY>(BY >> choose(when<REF_P>(REF_P), when<VALUE_P>(VALUE_P)));

}  // namespace

PGSHOAL_DEFINE(xmlexists_argument,
    PASSING >> leading_mech >> c_expr >> trailing_mech)

// --- table_ref ------------------------------------------------------------------------------------------------------

namespace {

bool BeginsJoin(It token) {
  switch (token->kind) {
    case Tok::CROSS: case Tok::JOIN: case Tok::NATURAL: case Tok::FULL: case Tok::LEFT: case Tok::RIGHT:
    case Tok::INNER_P:
      return true;
    default:
      return false;
  }
}

bool NeedsAlias(ParseContext& state, It begin, It after, RangeSubselect*& node, Node*& target) {
  target = node;
  if (node->alias != nullptr) return true;
  // In parentheses it might be a query still, unless a join follows.
  if (begin[-1].kind == Tok::LPAREN && begin->kind == Tok::LPAREN && !BeginsJoin(after)) return false;
  auto* query = static_cast<ast::SelectStmt*>(node->subquery);
  bool values = !query->valuesLists.empty();
  return Fail(state, sqlstate::kSyntaxError,
              values ? "VALUES in FROM must have an alias" : "subquery in FROM must have an alias", query->begin,
              values ? "For example, FROM (VALUES ...) [AS] foo." : "For example, FROM (SELECT ...) [AS] foo.");
}

constexpr auto subquery = build<RangeSubselect*, NeedsAlias>(make<RangeSubselect>(
    opt<LATERAL_P>(LATERAL_P >> put<&RangeSubselect::lateral>) >> set<&RangeSubselect::subquery>(select_with_parens) >>
    set<&RangeSubselect::alias>(opt_alias_clause)));

struct Relation : Base<Relation> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    It begin = first;
    RangeVar* relation = nullptr;
    if (!ParseRule(relation_expr, first, last, ctx, relation)) return false;
    if (!opt_alias_clause.parse(first, last, ctx, relation->alias, x3::unused)) return false;
    Spanned(relation, begin, first);
    if (first->kind != Tok::TABLESAMPLE) {
      target = relation;
      return true;
    }
    constexpr auto sample = TABLESAMPLE >> set<&RangeTableSample::method>(func_name) >> lp >>
                            set<&RangeTableSample::args>(commas(a_expr)) >> rp >>
                            opt<REPEATABLE>(REPEATABLE >> lp >> set<&RangeTableSample::repeatable>(a_expr) >> rp);
    auto* node = State(ctx).arena.New<RangeTableSample>();
    node->relation = relation;
    if (!sample.parse(first, last, ctx, *node, x3::unused)) return false;
    target = Spanned(node, begin, first);
    return true;
  }
};

bool IsFunctionAhead(It first) {
  if ((first->word & (kColId | kTypeFunc)) == 0) {
    return first->kind != Tok::ONLY && (first->word & kReserved) != 0;  // CURRENT_DATE, CAST …
  }
  if ((first->word & kTypeFunc) != 0) return true;  // a relation cannot be called so
  while (first[1].kind == Tok::DOT && (first[2].word & kColLabel) != 0) first += 2;
  return first[1].kind == Tok::LPAREN;
}

bool JoinedTable(It& first, const Ctx& ctx, Node*& out);

// '(' joined_table ')' [alias]
bool Parenthesised(It& first, const Ctx& ctx, Node*& out) {
  ParseContext& state = State(ctx);
  It begin = first;
  Shift(first, state);
  if (!JoinedTable(first, ctx, out)) return false;
  auto* join = ast::As<JoinExpr>(out);
  if (join == nullptr || join->alias != nullptr || first->kind != Tok::RPAREN) return false;
  Shift(first, state);
  if (!opt_alias_clause.parse(first, first, ctx, join->alias, x3::unused)) return false;
  Spanned(join, begin, first);
  return true;
}

bool Primary(It& first, const Ctx& ctx, Node*& out) {
  constexpr Relation relation{};
  It after_lateral = first->kind == Tok::LATERAL_P ? first + 1 : first;
  bool lateral = after_lateral != first;
  if (after_lateral->kind == Tok::LPAREN) {
    if (lateral || after_lateral->opens_query) return subquery.parse(first, first, ctx, out, x3::unused);
    return Parenthesised(first, ctx, out);
  }
  if (after_lateral->kind == Tok::XMLTABLE && after_lateral[1].kind == Tok::LPAREN) {
    return xmltable.parse(first, first, ctx, out, x3::unused);
  }
  if (lateral || (first->kind == Tok::ROWS && first[1].kind == Tok::FROM) || IsFunctionAhead(first)) {
    return func_table.parse(first, first, ctx, out, x3::unused);
  }
  return relation.parse(first, first, ctx, out, x3::unused);
}

constexpr auto join_qual = choose(
    when<ON>(ON >> set<&JoinExpr::quals>(a_expr)),
    when<USING>(USING >> lp >> set<&JoinExpr::usingClause>(commas(name)) >> rp >>
                opt<AS>(AS >> set<&JoinExpr::join_using_alias>(make<Alias>(set<&Alias::aliasname>(ColId))))));

template <JoinType Type>
constexpr auto jointype = put<&JoinExpr::jointype, Type>;
constexpr auto opt_outer = opt<OUTER_P>(OUTER_P);
constexpr auto opt_join_type = choose(
    when<FULL>(FULL >> opt_outer >> jointype<JoinType::JOIN_FULL>),
    when<LEFT>(LEFT >> opt_outer >> jointype<JoinType::JOIN_LEFT>),
    when<RIGHT>(RIGHT >> opt_outer >> jointype<JoinType::JOIN_RIGHT>),
    when<INNER_P>(INNER_P), otherwise(eps));

constexpr int kLongestJoin = 10'000;

// Joins are left-associative, but the right side of one that waits for its ON takes all joins up to there.
bool JoinedTable(It& first, const Ctx& ctx, Node*& out) {
  ParseContext& state = State(ctx);
  if (StackIsLow(state)) return FailTooDeep(state);
  It begin = first;
  if (!Primary(first, ctx, out)) return false;
  for (int chain = 0;; ++chain) {
    if (!BeginsJoin(first)) return true;
    if (chain > kLongestJoin) return FailTooDeep(state);
    auto* join = state.arena.New<JoinExpr>();
    join->larg = out;
    out = join;
    if (first->kind == Tok::CROSS) {
      constexpr auto cross = CROSS >> JOIN;
      if (!cross.parse(first, first, ctx, *join, x3::unused) || !Primary(first, ctx, join->rarg)) return false;
    } else if (first->kind == Tok::NATURAL) {
      constexpr auto natural = NATURAL >> put<&JoinExpr::isNatural> >> opt_join_type >> JOIN;
      if (!natural.parse(first, first, ctx, *join, x3::unused) || !Primary(first, ctx, join->rarg)) return false;
    } else {
      constexpr auto qualified = opt_join_type >> JOIN;
      if (!qualified.parse(first, first, ctx, *join, x3::unused) || !JoinedTable(first, ctx, join->rarg) ||
          !join_qual.parse(first, first, ctx, *join, x3::unused)) {
        return false;
      }
    }
    Spanned(join, begin, first);
  }
}

struct TableRef : Base<TableRef> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    return JoinedTable(first, ctx, target);
  }
};

}  // namespace

PGSHOAL_DEFINE(table_ref, TableRef{})
PGSHOAL_DEFINE(from_list, commas(table_ref))

}  // namespace pgshoal::parser::grammar
