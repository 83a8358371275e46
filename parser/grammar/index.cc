// Indexes, views, sequences, extended statistics, triggers, rules, policies.
// gram.y's rules that have no name of their own here: opt_unique, opt_index_name, access_method_clause, index_params,
// opt_include, index_including_params, stats_params, TriggerActionTime, TriggerEvents, TriggerOneEvent,
// TriggerReferencing, TriggerTransitions, TransitionOldOrNew, TransitionRowOrTable, TransitionRelName, TriggerForSpec,
// TriggerForOptEach, TriggerForType, TriggerWhen, FUNCTION_or_PROCEDURE, TriggerFuncArgs, TriggerFuncArg,
// OptConstrFromTable, opt_instead, RuleActionList, RuleActionMulti, RuleActionStmtOrEmpty, RowSecurityOptionalExpr,
// RowSecurityOptionalWithCheck, RowSecurityDefaultToRole, RowSecurityOptionalToRole, RowSecurityDefaultPermissive,
// RowSecurityDefaultForCmd, row_security_cmd.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/ddl.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

template <auto Field>
constexpr auto or_replace = opt<OR>(OR >> REPLACE >> put<Field>);
template <auto Field>
constexpr auto if_not_exists = opt2<IF_P, NOT>(IF_P >> NOT >> EXISTS >> put<Field>);

// --- CREATE INDEX -----------------------------------------------------------------------------------------------------

using Index = ast::IndexStmt;

constexpr auto index_name = choose(
    when<ON>(eps), when2<IF_P, NOT>(if_not_exists<&Index::if_not_exists> >> set<&Index::idxname>(name)),
    otherwise(set<&Index::idxname>(name)));

// --- views ------------------------------------------------------------------------------------------------------------

using View = ast::ViewStmt;
void PersistView(View& view, char persistence) { view.view->relpersistence = persistence; }

constexpr auto opt_check_option = opt<WITH>(WITH >> choose(
    when<CASCADED>(CASCADED >> put<&View::withCheckOption, ViewCheckOption::CASCADED_CHECK_OPTION>),
    when<LOCAL>(LOCAL >> put<&View::withCheckOption, ViewCheckOption::LOCAL_CHECK_OPTION>),
    otherwise(put<&View::withCheckOption, ViewCheckOption::CASCADED_CHECK_OPTION>)) >> CHECK >> OPTION);

// CREATE RECURSIVE VIEW v (c) AS q is CREATE VIEW v AS WITH RECURSIVE v (c) AS (q) SELECT c FROM v.
bool Recursive(ParseContext& state, It here, View& view) {
  if (view.withCheckOption != ViewCheckOption::NO_CHECK_OPTION) {
    It at = here;
    while (at->kind != Tok::WITH) --at;
    return Fail(state, sqlstate::kFeatureNotSupported, "WITH CHECK OPTION not supported on recursive views", at->begin);
  }
  auto& arena = state.arena;
  auto* cte = arena.New<CommonTableExpr>();
  cte->ctename = view.view->relname;
  cte->aliascolnames = view.aliases;
  cte->ctequery = view.query;
  auto* with = arena.New<WithClause>();
  with->recursive = true;
  with->ctes.push_back(arena, cte);
  auto* select = arena.New<ast::SelectStmt>();
  select->withClause = with;
  for (Str column : view.aliases) {
    auto* ref = arena.New<ColumnRef>();
    ref->fields.push_back(arena, column);
    auto* target = arena.New<ResTarget>();
    target->val = ref;
    select->targetList.push_back(arena, target);
  }
  auto* from = arena.New<RangeVar>();
  from->relname = view.view->relname;
  select->fromClause.push_back(arena, from);
  select->begin = view.query->begin, select->end = view.query->end;
  view.query = select;
  return true;
}

constexpr auto view_tail = set<&View::options>(opt_reloptions) >> AS >> set<&View::query>(grammar::SelectStmt) >> opt_check_option;
constexpr auto view_body = choose(
    when<RECURSIVE>(RECURSIVE >> VIEW >> set<&View::view>(qualified_name) >> set<&View::aliases>(columnList) >>
                    view_tail >> call<Recursive>),
    otherwise(VIEW >> set<&View::view>(qualified_name) >> set<&View::aliases>(opt_column_list) >> view_tail));

// --- sequences, statistics --------------------------------------------------------------------------------------------

using Seq = ast::CreateSeqStmt;
void PersistSequence(Seq& sequence, char persistence) { sequence.sequence->relpersistence = persistence; }

using Stats = ast::CreateStatsStmt;
// --- triggers ---------------------------------------------------------------------------------------------------------

using Trigger = ast::CreateTrigStmt;

// Bits of CreateTrigStmt::timing and events, as PostgreSQL's TRIGGER_TYPE_*.
template <int32_t Bit>
void Timing(ParseContext&, It, Trigger& t) { t.timing = Bit; }
// PostgreSQL notices a second event of a kind at its word; at UPDATE, which may go on, at the token behind.
template <int32_t Bit>
bool Event(ParseContext& state, It here, Trigger& t) {
  if ((t.events & Bit) != 0) return FailAt(state, "duplicate trigger events specified", Bit == 16 ? here : here - 1);
  t.events |= Bit;
  return true;
}
constexpr auto trigger_event = choose(
    when<INSERT>(INSERT >> call<Event<4>>), when<DELETE_P>(DELETE_P >> call<Event<8>>),
    when<UPDATE>(UPDATE >> opt<OF>(OF >> set<&Trigger::columns>(commas(ColId))) >> call<Event<16>>),
    when<TRUNCATE>(TRUNCATE >> call<Event<32>>));
constexpr auto trigger_events = trigger_event >> many(OR >> trigger_event);
constexpr auto transition = make<ast::TriggerTransition>(
    choose(when<NEW>(NEW >> put<&ast::TriggerTransition::isNew>), when<OLD>(OLD)) >>
    choose(when<TABLE>(TABLE >> put<&ast::TriggerTransition::isTable>), when<ROW>(ROW)) >> opt<AS>(AS) >>
    set<&ast::TriggerTransition::name>(ColId));
constexpr auto each = opt<EACH>(EACH) >> choose(when<ROW>(ROW >> put<&Trigger::row>), when<STATEMENT>(STATEMENT));
constexpr auto trigger_when = opt<WHEN>(WHEN >> lp >> set<&Trigger::whenClause>(a_expr) >> rp);

bool ArgText(ParseContext& state, It begin, It, x3::unused_type&, Names& args) {
  Str text = begin->value();
  if (begin->kind == Tok::ICONST) text = state.arena.Copy(std::to_string(begin->ival()));
  args.push_back(state.arena, text);
  return true;
}
constexpr auto trigger_arg = build<x3::unused_type, ArgText>(choose(
    when<Kw<Tok::ICONST>{}>(Kw<Tok::ICONST>{}), when<Kw<Tok::FCONST>{}>(Kw<Tok::FCONST>{}),
    when<Kw<Tok::SCONST>{}>(Kw<Tok::SCONST>{}), otherwise(ColLabel)));
constexpr auto execute = EXECUTE >> choose(when<FUNCTION>(FUNCTION), when<PROCEDURE>(PROCEDURE)) >>
    set<&Trigger::funcname>(func_name) >> lp >>
    // The first argument may be left out: f(, 'x').
    choose(when<rp>(eps), when<comma>(comma >> set<&Trigger::args>(commas(trigger_arg))),
           otherwise(set<&Trigger::args>(commas(trigger_arg)))) >> rp;

constexpr auto plain_trigger = TRIGGER >> set<&Trigger::trigname>(name) >> choose(
        when<BEFORE>(BEFORE >> call<Timing<2>>), when<AFTER>(AFTER >> call<Timing<0>>),
        when<INSTEAD>(INSTEAD >> OF >> call<Timing<64>>)) >>
    trigger_events >> ON >> set<&Trigger::relation>(qualified_name) >>
    opt<REFERENCING>(REFERENCING >> set<&Trigger::transitionRels>(many1(transition))) >>
    opt<FOR>(FOR >> each) >> trigger_when >> execute;
constexpr auto constraint_trigger_head = CONSTRAINT >> TRIGGER >> put<&Trigger::isconstraint> >> put<&Trigger::row> >>
    set<&Trigger::trigname>(name) >> AFTER >> trigger_events >> ON >> set<&Trigger::relation>(qualified_name) >>
    opt<FROM>(FROM >> set<&Trigger::constrrel>(qualified_name));
constexpr auto constraint_trigger_tail = FOR >> EACH >> ROW >> trigger_when >> execute;
// What the constraint says is judged when all of the statement is read.
struct ConstraintTrigger : Base<ConstraintTrigger> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& trigger, A&) const {
    int32_t bits = 0;
    if (!constraint_trigger_head.parse(first, last, ctx, trigger, x3::unused) ||
        !ParseRule(ConstraintAttributeSpec, first, last, ctx, bits) ||
        !constraint_trigger_tail.parse(first, last, ctx, trigger, x3::unused)) {
      return false;
    }
    auto fail = [&](const char* what) { return FailNowhere(State(ctx), sqlstate::kFeatureNotSupported, what); };
    if (trigger.replace) return fail("CREATE OR REPLACE CONSTRAINT TRIGGER is not supported");
    trigger.deferrable = (bits & (kDeferrable | kInitiallyDeferred)) != 0;
    trigger.initdeferred = (bits & kInitiallyDeferred) != 0;
    if (bits & kNotValid) return fail("TRIGGER constraints cannot be marked NOT VALID");
    if (bits & kNoInherit) return fail("TRIGGER constraints cannot be marked NO INHERIT");
    return true;
  }
};

// --- rules ------------------------------------------------------------------------------------------------------------

using RuleS = ast::RuleStmt;
constexpr auto RuleActionStmt = choose(
    when<SELECT, VALUES, TABLE, lp, WITH, WITH_LA_, INSERT, UPDATE, DELETE_P>(PreparableStmt),
    when<NOTIFY>(notification_stmt));
constexpr Kw<Tok::SEMICOLON> semicolon{};
constexpr auto rule_actions = lp >> choose(when<rp, semicolon>(eps), otherwise(set<&RuleS::actions>(RuleActionStmt))) >>
    many(semicolon >> choose(when<rp, semicolon>(eps), otherwise(set<&RuleS::actions>(RuleActionStmt)))) >> rp;

// A parenthesis may hold several actions, or be part of a query.
struct ActionsAhead {
  static bool Matches(It first) {
    if (first->kind != Tok::LPAREN) return false;
    if (!first->opens_query) return true;
    // `(SELECT 1)` alone is a list of one action too; a query goes on behind the parenthesis.
    It after = first + first->size + 1;
    return after->kind == Tok::SEMICOLON || after->kind == Tok::END || first->size == 0;
  }
};
template <class P>
struct WhenActions : ActionsAhead {
  P body;
  constexpr explicit WhenActions(P p) : body(p) {}
};

// --- policies ---------------------------------------------------------------------------------------------------------

using Policy = ast::CreatePolicyStmt;
using AlterPolicy = ast::AlterPolicyStmt;

bool Permissive(ParseContext& state, It begin, It, Str& word, Policy& policy) {
  if (word != "permissive" && word != "restrictive") {
    return Fail(state, sqlstate::kSyntaxError, fmt::format("unrecognized row security option \"{}\"", word),
                begin->begin, "Only PERMISSIVE or RESTRICTIVE policies are supported currently.");
  }
  policy.permissive = word == "permissive";
  return true;
}
void ToPublic(ParseContext& state, It, List<ast::RoleSpec*>& roles) {
  auto* role = state.arena.New<ast::RoleSpec>();
  role->roletype = RoleSpecType::ROLESPEC_PUBLIC;
  roles.push_back(state.arena, role);
}

}  // namespace

PGSHOAL_DEFINE(IndexStmt, make<Index>(
    CREATE >> opt<UNIQUE>(UNIQUE >> put<&Index::unique>) >> INDEX >> opt<CONCURRENTLY>(CONCURRENTLY >> put<&Index::concurrent>) >>
    index_name >> ON >> set<&Index::relation>(relation_expr) >> choose(
        when<USING>(USING >> set<&Index::accessMethod>(name)), otherwise(set<&Index::accessMethod>(text<"btree">))) >>
    lp >> set<&Index::indexParams>(commas(index_elem)) >> rp >>
    opt<INCLUDE>(INCLUDE >> lp >> set<&Index::indexIncludingParams>(commas(index_elem)) >> rp) >>
    opt<NULLS_P>(NULLS_P >> opt<NOT>(NOT >> put<&Index::nulls_not_distinct>) >> DISTINCT) >>
    set<&Index::options>(opt_reloptions) >> opt<TABLESPACE>(TABLESPACE >> set<&Index::tableSpace>(name)) >>
    opt<WHERE>(WHERE >> set<&Index::whereClause>(a_expr))))

PGSHOAL_DEFINE(ViewStmt, make<View>(CREATE >> or_replace<&View::replace> >> persistent<PersistView>(view_body)))

PGSHOAL_DEFINE(CreateSeqStmt, make<Seq>(CREATE >> persistent<PersistSequence>(
    SEQUENCE >> if_not_exists<&Seq::if_not_exists> >> set<&Seq::sequence>(qualified_name) >>
    set<&Seq::options>(many(SeqOptElem)))))

PGSHOAL_DEFINE(CreateStatsStmt, make<Stats>(
    CREATE >> STATISTICS >> if_not_exists<&Stats::if_not_exists> >> set<&Stats::defnames>(any_name) >>
    opt<lp>(lp >> set<&Stats::stat_types>(commas(name)) >> rp) >> ON >>
    set<&Stats::exprs>(commas(make<StatsElem>(build<KeyPart, SetKeyPart<StatsElem>>(key_part)))) >> FROM >> set<&Stats::relations>(from_list)))

PGSHOAL_DEFINE(CreateTrigStmt, make<Trigger>(CREATE >> or_replace<&Trigger::replace> >> choose(
    when<CONSTRAINT>(ConstraintTrigger{}), otherwise(plain_trigger))))

PGSHOAL_DEFINE(RuleStmt, make<RuleS>(
    CREATE >> or_replace<&RuleS::replace> >> RULE >> set<&RuleS::rulename>(name) >> AS >> ON >> choose(
        when<SELECT>(SELECT >> put<&RuleS::event, CmdType::CMD_SELECT>),
        when<UPDATE>(UPDATE >> put<&RuleS::event, CmdType::CMD_UPDATE>),
        when<DELETE_P>(DELETE_P >> put<&RuleS::event, CmdType::CMD_DELETE>),
        when<INSERT>(INSERT >> put<&RuleS::event, CmdType::CMD_INSERT>)) >>
    TO >> set<&RuleS::relation>(qualified_name) >> opt<WHERE>(WHERE >> set<&RuleS::whereClause>(a_expr)) >> DO >>
    choose(when<INSTEAD>(INSTEAD >> put<&RuleS::instead>), when<ALSO>(ALSO), otherwise(eps)) >> choose(
        when<NOTHING>(NOTHING), WhenActions(rule_actions), otherwise(set<&RuleS::actions>(RuleActionStmt)))))

PGSHOAL_DEFINE(CreatePolicyStmt, make<Policy>(
    CREATE >> POLICY >> set<&Policy::policy_name>(name) >> ON >> set<&Policy::table>(qualified_name) >>
    choose(when<AS>(AS >> build<Str, Permissive>(Text<Tok::IDENT>{})), otherwise(put<&Policy::permissive>)) >>
    choose(when<FOR>(FOR >> set<&Policy::cmd_name>(choose(
               when<ALL>(ALL >> text<"all">), when<SELECT>(SELECT >> text<"select">), when<INSERT>(INSERT >> text<"insert">),
               when<UPDATE>(UPDATE >> text<"update">), when<DELETE_P>(DELETE_P >> text<"delete">)))),
           otherwise(set<&Policy::cmd_name>(text<"all">))) >>
    set<&Policy::roles>(choose(when<TO>(TO >> commas(grammar::RoleSpec)), otherwise(call<ToPublic>))) >>
    opt<USING>(USING >> lp >> set<&Policy::qual>(a_expr) >> rp) >>
    opt<WITH>(WITH >> CHECK >> lp >> set<&Policy::with_check>(a_expr) >> rp)))

PGSHOAL_DEFINE(AlterPolicyStmt, make<AlterPolicy>(
    ALTER >> POLICY >> set<&AlterPolicy::policy_name>(name) >> ON >> set<&AlterPolicy::table>(qualified_name) >>
    opt<TO>(TO >> set<&AlterPolicy::roles>(commas(grammar::RoleSpec))) >>
    opt<USING>(USING >> lp >> set<&AlterPolicy::qual>(a_expr) >> rp) >>
    opt<WITH>(WITH >> CHECK >> lp >> set<&AlterPolicy::with_check>(a_expr) >> rp)))

}  // namespace pgshoal::parser::grammar
