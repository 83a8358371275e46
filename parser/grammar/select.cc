// SELECT: the query itself, set operations, ORDER BY / LIMIT / FOR UPDATE, WITH.
// gram.y's rules that have no name of their own here: opt_target_list, target_el, set_quantifier, opt_all_clause,
// opt_distinct_clause, from_clause, group_by_item, empty_grouping_set, rollup_clause, cube_clause,
// grouping_sets_clause, having_clause, values_clause, opt_sort_clause, sortby_list, opt_select_limit,
// select_limit_value, select_offset_value, first_or_next, opt_for_locking_clause, for_locking_items,
// for_locking_strength, opt_with_clause, cte_list, opt_materialized, opt_search_clause, opt_cycle_clause.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

using S = ast::SelectStmt;

// --- simple_select ------------------------------------------------------------------------------------------------

// Goes on when a target list, and not what follows one, comes next.
struct HasTargets : Base<HasTargets> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx&, R&, A&) const {
    switch (first->kind) {
      case Tok::FROM: case Tok::INTO: case Tok::WHERE: case Tok::GROUP_P: case Tok::HAVING: case Tok::WINDOW:
      case Tok::UNION: case Tok::INTERSECT: case Tok::EXCEPT: case Tok::ORDER: case Tok::LIMIT: case Tok::OFFSET:
      case Tok::FETCH: case Tok::FOR: case Tok::RPAREN: case Tok::SEMICOLON: case Tok::END: case Tok::WITH:
      case Tok::ON: case Tok::RETURNING: case Tok::CREATE: case Tok::GRANT:
        return false;
      default:
        return true;
    }
  }
};

struct OptionalTargets : Base<OptionalTargets> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if (!HasTargets{}.parse(first, last, ctx, target, x3::unused)) return true;
    return ParseRule(target_list, first, last, ctx, target);
  }
};

struct TargetElement : Base<TargetElement> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    ParseContext& state = State(ctx);
    It begin = first;
    auto* node = state.arena.New<ResTarget>();
    if (first->kind == Tok::STAR) {
      auto* column = state.arena.New<ColumnRef>();
      column->star = true;
      node->val = column;
      Shift(first, state);
      Spanned(column, begin, first);
    } else {
      if (!ParseRule(target_expr, first, last, ctx, node->val)) return false;
      if (first->kind == Tok::AS) {
        Shift(first, state);
        if ((first->word & kColLabel) == 0) return false;
        node->name = first->value();
        Shift(first, state);
      } else if ((first->word & kBareLabel) != 0) {
        node->name = first->value();
        Shift(first, state);
      }
    }
    Put(state, target, Spanned(node, begin, first));
    return true;
  }
};

void DistinctOnAll(ParseContext& state, It, S& select) { select.distinctClause.push_back(state.arena, nullptr); }

constexpr auto distinct_clause = DISTINCT >> choose(
    when<ON>(ON >> lp >> set<&S::distinctClause>(commas(a_expr)) >> rp), otherwise(call<DistinctOnAll>));

constexpr auto group_by_list = commas(choose(
    when2<lp, rp>(make<GroupingSet>(lp >> rp >> put<&GroupingSet::kind, GroupingSetKind::GROUPING_SET_EMPTY>)),
    when2<CUBE, lp>(make<GroupingSet>(CUBE >> put<&GroupingSet::kind, GroupingSetKind::GROUPING_SET_CUBE> >> lp >>
                                      set<&GroupingSet::content>(commas(a_expr)) >> rp)),
    when2<ROLLUP, lp>(make<GroupingSet>(ROLLUP >> put<&GroupingSet::kind, GroupingSetKind::GROUPING_SET_ROLLUP> >>
                                        lp >> set<&GroupingSet::content>(commas(a_expr)) >> rp)),
    when2<GROUPING, SETS>(as<Node*>(Rule<struct grouping_sets_clause_id, Node*>{})),
    otherwise(a_expr)));

}  // namespace

bool ParseRule(Rule<struct grouping_sets_clause_id, Node*>, It& first, It const& last, const Ctx& ctx, Node*& target);

namespace {

constexpr auto group_clause = opt<GROUP_P>(
    GROUP_P >> BY >> choose(when<DISTINCT>(DISTINCT >> put<&S::groupDistinct>), when<ALL>(ALL), otherwise(eps)) >>
    set<&S::groupClause>(group_by_list));

constexpr auto after_targets =
    opt<INTO>(set<&S::intoClause>(into_clause)) >>
    opt<FROM>(FROM >> set<&S::fromClause>(from_list)) >>
    opt<WHERE>(WHERE >> set<&S::whereClause>(a_expr)) >>
    group_clause >>
    opt<HAVING>(HAVING >> set<&S::havingClause>(a_expr)) >>
    opt<WINDOW>(set<&S::windowClause>(window_clause));

void AllColumns(ParseContext& state, It, S& select) {
  auto* column = state.arena.New<ColumnRef>();
  column->star = true;
  auto* target = state.arena.New<ResTarget>();
  target->val = column;
  select.targetList.push_back(state.arena, target);
}

}  // namespace

// Declared apart from rules.hpp because it calls itself and nobody else does.
bool ParseRule(Rule<struct grouping_sets_clause_id, Node*>, It& first, It const& last, const Ctx& ctx, Node*& target) {
  if (StackIsLow(State(ctx))) return FailTooDeep(State(ctx));
  static constexpr auto kDefinition = make<GroupingSet>(
      GROUPING >> SETS >> put<&GroupingSet::kind, GroupingSetKind::GROUPING_SET_SETS> >> lp >>
      set<&GroupingSet::content>(group_by_list) >> rp);
  return kDefinition.parse(first, last, ctx, target, x3::unused);
}

PGSHOAL_DEFINE(target_list, commas(TargetElement{}))

PGSHOAL_DEFINE(simple_select, choose(
    when<SELECT>(make<S>(SELECT >> choose(
        when<DISTINCT>(distinct_clause >> set<&S::targetList>(target_list)),
        when<ALL>(ALL >> set<&S::targetList>(OptionalTargets{})),
        otherwise(set<&S::targetList>(OptionalTargets{}))) >> after_targets)),
    when<VALUES>(make<S>(VALUES >> set<&S::valuesLists>(commas(
        make<ListNode>(lp >> set<&ListNode::items>(commas(a_expr)) >> rp))))),
    when<TABLE>(make<S>(TABLE >> call<AllColumns> >> set<&S::fromClause>(relation_expr)))))

namespace {

void Temporary(ParseContext&, It, RangeVar& r) { r.relpersistence = 't'; }
void Unlogged(ParseContext&, It, RangeVar& r) { r.relpersistence = 'u'; }
constexpr auto opt_table_name = opt<TABLE>(TABLE);
// The name is read by a rule that makes its own node; what is written here goes onto that.
bool CopyName(ParseContext&, It, It, RangeVar*& from, RangeVar& to) {
  to.catalogname = from->catalogname, to.schemaname = from->schemaname, to.relname = from->relname;
  return true;
}
// A table may be called by one of these words.
template <class P, Tok K>
struct BeforeName {
  P body;
  static bool Matches(It first) {
    return first->kind == K && (first[1].kind == Tok::TABLE || (first[1].word & kColId) != 0);
  }
};
template <Tok K, class P>
constexpr auto before_name(P p) { return BeforeName<P, K>{p}; }
constexpr auto temp_name = opt_table_name >> build<RangeVar*, CopyName>(qualified_name);

}  // namespace

PGSHOAL_DEFINE(OptTempTableName, make<RangeVar>(choose(
    before_name<TEMPORARY>(TEMPORARY >> temp_name >> call<Temporary>),
    before_name<TEMP>(TEMP >> temp_name >> call<Temporary>),
    when2<LOCAL, TEMPORARY>(LOCAL >> TEMPORARY >> temp_name >> call<Temporary>),
    when2<LOCAL, TEMP>(LOCAL >> TEMP >> temp_name >> call<Temporary>),
    when2<GLOBAL, TEMPORARY>(GLOBAL >> TEMPORARY >> temp_name >> call<Temporary>),
    when2<GLOBAL, TEMP>(GLOBAL >> TEMP >> temp_name >> call<Temporary>),
    before_name<UNLOGGED>(UNLOGGED >> temp_name >> call<Unlogged>),
    otherwise(temp_name))))

PGSHOAL_DEFINE(into_clause, make<IntoClause>(INTO >> set<&IntoClause::rel>(OptTempTableName)))

// --- set operations -----------------------------------------------------------------------------------------------

namespace {

constexpr int kLongestUnion = 10'000;

bool SetOperations(It& first, const Ctx& ctx, Node*& out, int least) {
  ParseContext& state = State(ctx);
  if (StackIsLow(state)) return FailTooDeep(state);
  It begin = first;
  if (first->kind == Tok::LPAREN) {
    if (!ParseRule(select_with_parens, first, first, ctx, out)) return false;
  } else if (!ParseRule(simple_select, first, first, ctx, out)) {
    return false;
  }
  for (int chain = 0;; ++chain) {
    Tok kind = first->kind;
    int level = kind == Tok::UNION || kind == Tok::EXCEPT ? 1 : kind == Tok::INTERSECT ? 2 : 0;
    if (level < least) return true;
    if (chain > kLongestUnion) return FailTooDeep(state);
    Shift(first, state);
    auto* node = state.arena.New<S>();
    node->op = kind == Tok::UNION    ? SetOperation::SETOP_UNION
               : kind == Tok::EXCEPT ? SetOperation::SETOP_EXCEPT
                                     : SetOperation::SETOP_INTERSECT;
    if (first->kind == Tok::ALL) {
      node->all = true;
      Shift(first, state);
    } else if (first->kind == Tok::DISTINCT) {
      Shift(first, state);
    }
    node->larg = static_cast<S*>(out);
    Node* right = nullptr;
    if (!SetOperations(first, ctx, right, level + 1)) return false;
    node->rarg = static_cast<S*>(right);
    out = Spanned(node, begin, first);
  }
}

struct SelectClause : Base<SelectClause> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    return SetOperations(first, ctx, target, 1);
  }
};

}  // namespace

PGSHOAL_DEFINE(select_clause, SelectClause{})

// --- ORDER BY, LIMIT, FOR UPDATE ------------------------------------------------------------------------------------

namespace {

constexpr auto opt_nulls_order = opt<NULLS_LA_>(NULLS_LA_ >> choose(
    when<FIRST_P>(FIRST_P >> put<&SortBy::sortby_nulls, SortByNulls::SORTBY_NULLS_FIRST>),
    when<LAST_P>(LAST_P >> put<&SortBy::sortby_nulls, SortByNulls::SORTBY_NULLS_LAST>)));
constexpr auto sortby = make<SortBy>(set<&SortBy::node>(a_expr) >> choose(
    when<USING>(USING >> put<&SortBy::sortby_dir, SortByDir::SORTBY_USING> >> set<&SortBy::useOp>(qual_all_Op)),
    when<ASC>(ASC >> put<&SortBy::sortby_dir, SortByDir::SORTBY_ASC>),
    when<DESC>(DESC >> put<&SortBy::sortby_dir, SortByDir::SORTBY_DESC>),
    otherwise(eps)) >> opt_nulls_order);

constexpr auto locked_rels_list = opt<OF>(OF >> set<&LockingClause::lockedRels>(commas(qualified_name)));
template <LockClauseStrength Strength>
constexpr auto strength = put<&LockingClause::strength, Strength>;
constexpr auto opt_nowait_or_skip = choose(
    when<NOWAIT>(NOWAIT >> put<&LockingClause::waitPolicy, LockWaitPolicy::LockWaitError>),
    when<SKIP>(SKIP >> LOCKED >> put<&LockingClause::waitPolicy, LockWaitPolicy::LockWaitSkip>),
    otherwise(eps));
constexpr auto for_locking_item = make<LockingClause>(FOR >> choose(
    when<UPDATE>(UPDATE >> strength<LockClauseStrength::LCS_FORUPDATE>),
    when<NO>(NO >> KEY >> UPDATE >> strength<LockClauseStrength::LCS_FORNOKEYUPDATE>),
    when<SHARE>(SHARE >> strength<LockClauseStrength::LCS_FORSHARE>),
    when<KEY>(KEY >> SHARE >> strength<LockClauseStrength::LCS_FORKEYSHARE>)) >> locked_rels_list >> opt_nowait_or_skip);

// What may follow a select_clause, before it is merged into the statement.
struct Options {
  List<SortBy*> sort;
  List<LockingClause*> locking;
  Node* limit_count = nullptr;
  Node* limit_offset = nullptr;
  LimitOption limit_option = LimitOption::LIMIT_OPTION_DEFAULT;
};

void CountLimit(ParseContext&, It, Options& o) {
  if (o.limit_option == LimitOption::LIMIT_OPTION_DEFAULT) o.limit_option = LimitOption::LIMIT_OPTION_COUNT;
}
void TiesLimit(ParseContext&, It, Options& o) { o.limit_option = LimitOption::LIMIT_OPTION_WITH_TIES; }
void LimitAll(ParseContext& state, It here, Options& o) {
  o.limit_count = Spanned(NullConst(state), here - 1, here);
}
void LimitOne(ParseContext& state, It, Options& o) { o.limit_count = IntConst(state, 1); }
bool LimitComma(ParseContext& state, It begin, It, Node*&, Options&) {
  It limit = begin;
  while (limit->kind != Tok::LIMIT) --limit;
  return Fail(state, sqlstate::kSyntaxError, "LIMIT #,# syntax is not supported", limit->begin,
              "Use separate LIMIT and OFFSET clauses.");
}

// A signed constant in front of ROWS.
bool SignedConst(ParseContext& state, It begin, It after, Node*& value, Node*& target) {
  if (begin->kind == Tok::MINUS) {
    auto* number = static_cast<A_Const*>(value);
    if (number->type == ConstType::kInteger) {
      number->ival = -number->ival;
    } else {
      auto* text = static_cast<char*>(state.arena.Allocate(number->sval.size() + 1));
      text[0] = '-';
      number->sval.copy(text + 1, number->sval.size());
      number->sval = Str(text, number->sval.size() + 1);
    }
    target = Spanned(number, begin, after);
  } else {
    static constexpr Str kPlus[] = {"+"};
    auto* node = state.arena.New<A_Expr>();
    node->name = StaticNames(kPlus);
    node->rexpr = value;
    target = Spanned(node, begin, after);
  }
  return true;
}
constexpr auto I_or_F_const = peek<Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}> >> c_expr;
constexpr auto select_fetch_first_value = choose(
    when<Kw<Tok::PLUS>{}>(build<Node*, SignedConst>(Kw<Tok::PLUS>{} >> I_or_F_const)),
    when<Kw<Tok::MINUS>{}>(build<Node*, SignedConst>(Kw<Tok::MINUS>{} >> I_or_F_const)),
    otherwise(c_expr));

constexpr auto row_or_rows = choose(when<ROW>(ROW), when<ROWS>(ROWS));
constexpr auto only_or_ties = choose(
    when<ONLY>(ONLY >> call<CountLimit>), when<WITH>(WITH >> TIES >> call<TiesLimit>));

constexpr auto limit_clause = choose(
    when<LIMIT>(LIMIT >> call<CountLimit> >> choose(
        when<ALL>(ALL >> call<LimitAll>), otherwise(set<&Options::limit_count>(a_expr))) >>
        opt<comma>(build<Node*, LimitComma>(comma >> a_expr))),
    when<FETCH>(FETCH >> choose(when<FIRST_P>(FIRST_P), when<NEXT>(NEXT)) >> choose(
        when2<ROW, ONLY, WITH>(row_or_rows >> call<LimitOne>),
        when2<ROWS, ONLY, WITH>(row_or_rows >> call<LimitOne>),
        otherwise(set<&Options::limit_count>(select_fetch_first_value) >> row_or_rows)) >> only_or_ties));

// OFFSET n [ROWS]: with ROWS only a simple value may stand in front.
constexpr auto offset_rows = select_fetch_first_value >> row_or_rows;
struct OffsetValue : Base<OffsetValue> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    It begin = first;
    if (offset_rows.parse(first, last, ctx, target, x3::unused)) return true;
    if (State(ctx).error.any()) return false;
    first = begin;
    return ParseRule(a_expr, first, last, ctx, target);
  }
};
constexpr auto offset_clause = OFFSET >> set<&Options::limit_offset>(OffsetValue{}) >> call<CountLimit>;

constexpr auto select_limit = choose(
    when<OFFSET>(offset_clause >> opt<LIMIT, FETCH>(limit_clause)),
    otherwise(limit_clause >> opt<OFFSET>(offset_clause)));

// FOR READ ONLY asks for nothing.
constexpr auto for_locking_clause = choose(
    when2<FOR, READ>(FOR >> READ >> ONLY),
    otherwise(set<&Options::locking>(for_locking_item >> many(for_locking_item)) >> peek_not<FOR>));

constexpr auto options = opt<ORDER>(set<&Options::sort>(sort_clause)) >> choose(
    when<FOR>(for_locking_clause >> opt<LIMIT, OFFSET, FETCH>(select_limit)),
    when<LIMIT, OFFSET, FETCH>(select_limit >> opt<FOR>(for_locking_clause)),
    otherwise(eps));

bool MergeOptions(ParseContext& state, It, It, Options& o, Node*& target) {
  auto fail = [&](const char* message, uint32_t at) { return Fail(state, sqlstate::kSyntaxError, message, at); };
  auto fail_nowhere = [&](const char* message) { return FailNowhere(state, sqlstate::kSyntaxError, message); };
  auto* select = static_cast<S*>(target);
  if (!o.sort.empty()) {
    if (!select->sortClause.empty()) {
      return fail("multiple ORDER BY clauses not allowed", o.sort.front()->begin);
    }
    select->sortClause = o.sort;
  }
  for (LockingClause* item : o.locking) select->lockingClause.push_back(state.arena, item);
  if (o.limit_offset != nullptr) {
    if (select->limitOffset != nullptr) return fail("multiple OFFSET clauses not allowed", o.limit_offset->begin);
    select->limitOffset = o.limit_offset;
  }
  if (o.limit_count != nullptr) {
    if (select->limitCount != nullptr) {
      constexpr const char* kMessage = "multiple LIMIT clauses not allowed";
      // FETCH FIRST ROW has no number to point at.
      return o.limit_count->end != 0 ? fail(kMessage, o.limit_count->begin) : fail_nowhere(kMessage);
    }
    select->limitCount = o.limit_count;
  }
  if (o.limit_option != LimitOption::LIMIT_OPTION_DEFAULT) {
    if (select->limitOption == LimitOption::LIMIT_OPTION_WITH_TIES) {
      return fail_nowhere("multiple limit options not allowed");
    }
    bool ties = o.limit_option == LimitOption::LIMIT_OPTION_WITH_TIES;
    if (ties && select->sortClause.empty()) {
      return fail_nowhere("WITH TIES cannot be specified without ORDER BY clause");
    }
    for (LockingClause* lock : select->lockingClause) {
      if (ties && lock->waitPolicy == LockWaitPolicy::LockWaitSkip) {
        return fail_nowhere("SKIP LOCKED and WITH TIES options cannot be used together");
      }
    }
    select->limitOption = o.limit_option;
  }
  return true;
}

struct SelectOptions : Base<SelectOptions> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    switch (first->kind) {
      case Tok::ORDER: case Tok::FOR: case Tok::LIMIT: case Tok::OFFSET: case Tok::FETCH:
        return build<Options, MergeOptions>(options).parse(first, last, ctx, target, x3::unused);
      default:
        return true;
    }
  }
};

// A query, with its WITH clause and options.
struct SelectNoParens : Base<SelectNoParens> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    ParseContext& state = State(ctx);
    It begin = first;
    WithClause* with = nullptr;
    if (first->kind == Tok::WITH || first->kind == Tok::WITH_LA) {
      if (!ParseRule(with_clause, first, last, ctx, with)) return false;
    }
    if (!ParseRule(select_clause, first, last, ctx, target)) return false;
    if (!SelectOptions{}.parse(first, last, ctx, target, x3::unused)) return false;
    if (with != nullptr) {
      auto* select = static_cast<S*>(target);
      if (select->withClause != nullptr) {
        return Fail(state, sqlstate::kSyntaxError, "multiple WITH clauses not allowed", with->begin);
      }
      select->withClause = with;
    }
    Spanned(target, begin, first);
    return true;
  }
};

struct SelectWithParens : Base<SelectWithParens> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    ParseContext& state = State(ctx);
    if (first->kind != Tok::LPAREN) return false;
    if (StackIsLow(state)) return FailTooDeep(state);
    It begin = first;
    // Parentheses that hold nothing but parentheses need no stack.
    int around = 0;
    for (; first[1].kind == Tok::LPAREN && first->size != 0 && first[1].size + 2 == first->size; ++around) Shift(first, state);
    if (around > kLongestUnion) return FailTooDeep(state);
    Shift(first, state);
    if (!ParseRule(select_no_parens, first, last, ctx, target)) return false;
    for (; around >= 0; --around) {
      if (first->kind != Tok::RPAREN) return false;
      Shift(first, state);
    }
    Spanned(target, begin, first);
    return true;
  }
};

}  // namespace

PGSHOAL_DEFINE(sort_clause, ORDER >> BY >> commas(sortby))
PGSHOAL_DEFINE(select_no_parens, SelectNoParens{})
PGSHOAL_DEFINE(select_with_parens, SelectWithParens{})
PGSHOAL_DEFINE(SelectStmt, SelectNoParens{})

// --- WITH ---------------------------------------------------------------------------------------------------------

namespace {

void CycleDefaults(ParseContext& state, It, CTECycleClause& cycle) {
  cycle.cycle_mark_value = BoolConst(state, true);
  cycle.cycle_mark_default = BoolConst(state, false);
}

constexpr auto search_clause = make<CTESearchClause>(
    SEARCH >> choose(when<DEPTH>(DEPTH), when<BREADTH>(BREADTH >> put<&CTESearchClause::search_breadth_first>)) >>
    FIRST_P >> BY >> set<&CTESearchClause::search_col_list>(commas(ColId)) >> SET >>
    set<&CTESearchClause::search_seq_column>(ColId));
constexpr auto cycle_clause = make<CTECycleClause>(
    CYCLE >> set<&CTECycleClause::cycle_col_list>(commas(ColId)) >> SET >>
    set<&CTECycleClause::cycle_mark_column>(ColId) >> choose(
        when<TO>(TO >> set<&CTECycleClause::cycle_mark_value>(AexprConst) >> DEFAULT >>
                 set<&CTECycleClause::cycle_mark_default>(AexprConst)),
        otherwise(call<CycleDefaults>)) >>
    USING >> set<&CTECycleClause::cycle_path_column>(ColId));

constexpr auto common_table_expr = make<CommonTableExpr>(
    set<&CommonTableExpr::ctename>(name) >> opt<lp>(lp >> set<&CommonTableExpr::aliascolnames>(commas(name)) >> rp) >>
    AS >> choose(
        when<MATERIALIZED>(MATERIALIZED >> put<&CommonTableExpr::ctematerialized, CTEMaterialize::CTEMaterializeAlways>),
        when<NOT>(NOT >> MATERIALIZED >> put<&CommonTableExpr::ctematerialized, CTEMaterialize::CTEMaterializeNever>),
        otherwise(eps)) >>
    lp >> set<&CommonTableExpr::ctequery>(PreparableStmt) >> rp >>
    opt<SEARCH>(set<&CommonTableExpr::search_clause>(search_clause)) >>
    opt<CYCLE>(set<&CommonTableExpr::cycle_clause>(cycle_clause)));

}  // namespace

PGSHOAL_DEFINE(with_clause, make<WithClause>(
    choose(when<WITH>(WITH), when<WITH_LA_>(WITH_LA_)) >>
    choose(when2<RECURSIVE, AS, lp>(eps), when<RECURSIVE>(RECURSIVE >> put<&WithClause::recursive>), otherwise(eps)) >>
    set<&WithClause::ctes>(commas(common_table_expr))))

}  // namespace pgshoal::parser::grammar
