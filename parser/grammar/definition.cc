// What many CREATE and ALTER statements share: definitions, storage parameters, OPTIONS, sequence options, and the
// signatures of functions, aggregates and operators.
// gram.y's rules that have no name of their own here: def_list, reloption_list, generic_option_list,
// generic_option_elem, generic_option_name, generic_option_arg, alter_generic_option_list, alter_generic_option_elem,
// OptSeqOptList, SeqOptList, opt_by, func_args_list, func_args_with_defaults_list, func_arg_with_default, aggr_arg.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"
#include "parser/walk.hpp"

namespace pgshoal::parser::grammar {

namespace {

// A type, a reserved word, an operator, a number or a string.
struct DefArg : Base<DefArg> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    constexpr auto operator_name = as<Names>(qual_all_Op);
    constexpr auto number = NumericOnly;
    constexpr Word<kReserved> reserved{};
    switch (first->kind) {
      case Tok::SCONST: return Sconst.parse(first, last, ctx, target, x3::unused);
      case Tok::NONE: return Word<kColName>{}.parse(first, last, ctx, target, x3::unused);
      case Tok::ICONST: case Tok::FCONST: return number.parse(first, last, ctx, target, x3::unused);
      case Tok::PLUS: case Tok::MINUS:
        if (first[1].kind == Tok::ICONST || first[1].kind == Tok::FCONST) {
          return number.parse(first, last, ctx, target, x3::unused);
        }
        return operator_name.parse(first, last, ctx, target, x3::unused);
      case Tok::OPERATOR:
        if (first[1].kind == Tok::LPAREN) return operator_name.parse(first, last, ctx, target, x3::unused);
        break;
      default: break;
    }
    if (first->word & kReserved) return reserved.parse(first, last, ctx, target, x3::unused);
    if (first->word == 0) return operator_name.parse(first, last, ctx, target, x3::unused);
    return func_type.parse(first, last, ctx, target, x3::unused);
  }
};

constexpr auto opt_value = opt<equal>(equal >> set<&DefElem::arg>(def_arg));
constexpr auto def_elem = make<DefElem>(set<&DefElem::defname>(ColLabel) >> opt_value);
constexpr auto reloption_elem = make<DefElem>(
    -(peek2<dot> >> set<&DefElem::defnamespace>(ColLabel) >> dot) >> set<&DefElem::defname>(ColLabel) >> opt_value);

}  // namespace

PGSHOAL_DEFINE(def_arg, DefArg{})
PGSHOAL_DEFINE(definition, lp >> commas(def_elem) >> rp)
PGSHOAL_DEFINE(reloptions, lp >> commas(reloption_elem) >> rp)
PGSHOAL_DEFINE(opt_reloptions, opt<WITH>(WITH >> reloptions))

// --- OPTIONS (…) of foreign data ------------------------------------------------------------------------------------

namespace {
constexpr auto generic_option = set<&DefElem::defname>(ColLabel) >> set<&DefElem::arg>(Sconst);
template <DefElemAction Action>
constexpr auto action = put<&DefElem::defaction, Action>;
template <Tok K, class P>
struct OptionVerb {
  P body;
  static bool Matches(It first) { return first->kind == K && first[1].kind != Tok::SCONST; }
};
template <Tok K, class P>
constexpr auto verb(P p) { return OptionVerb<K, P>{p}; }
constexpr auto alter_generic_option = make<DefElem>(choose(
    verb<SET>(SET >> action<DefElemAction::DEFELEM_SET> >> generic_option),
    verb<ADD_P>(ADD_P >> action<DefElemAction::DEFELEM_ADD> >> generic_option),
    verb<DROP>(DROP >> action<DefElemAction::DEFELEM_DROP> >> set<&DefElem::defname>(ColLabel)),
    otherwise(generic_option)));
}  // namespace

PGSHOAL_DEFINE(create_generic_options, opt<OPTIONS>(OPTIONS >> lp >> commas(make<DefElem>(generic_option)) >> rp))
PGSHOAL_DEFINE(alter_generic_options, OPTIONS >> lp >> commas(alter_generic_option) >> rp)

// --- sequences --------------------------------------------------------------------------------------------------------

namespace {
constexpr auto opt_with_word = opt<WITH, WITH_LA_>(choose(when<WITH>(WITH), otherwise(WITH_LA_)));
}

PGSHOAL_DEFINE(SeqOptElem, choose(
    when<AS>(def<"as">(AS >> SimpleTypename)),
    when<CACHE>(def<"cache">(CACHE >> NumericOnly)),
    when<CYCLE>(def<"cycle">(CYCLE >> give<true>)),
    when2<NO, CYCLE>(def<"cycle">(NO >> CYCLE >> give<false>)),
    when2<NO, MAXVALUE>(def<"maxvalue">(NO >> MAXVALUE)),
    when<NO>(def<"minvalue">(NO >> MINVALUE)),
    // PostgreSQL 15.6 and later, for pg_dump.
    when<LOGGED>(def<"logged">(LOGGED)), when<UNLOGGED>(def<"unlogged">(UNLOGGED)),
    when<INCREMENT>(def<"increment">(INCREMENT >> opt<BY>(BY) >> NumericOnly)),
    when<MAXVALUE>(def<"maxvalue">(MAXVALUE >> NumericOnly)),
    when<MINVALUE>(def<"minvalue">(MINVALUE >> NumericOnly)),
    when<OWNED>(def<"owned_by">(OWNED >> BY >> as<Names>(any_name))),
    when<SEQUENCE>(def<"sequence_name">(SEQUENCE >> NAME_P >> as<Names>(any_name))),
    when<START>(def<"start">(START >> opt_with_word >> NumericOnly)),
    when<RESTART>(def<"restart">(RESTART >> choose(
        when<WITH, Kw<Tok::ICONST>{}, Kw<Tok::FCONST>{}, Kw<Tok::PLUS>{}, Kw<Tok::MINUS>{}>(opt_with_word >> NumericOnly),
        otherwise(eps))))))

// --- functions, aggregates, operators -------------------------------------------------------------------------------

namespace {

using Param = ast::FunctionParameter;
using enum FunctionParameterMode;

template <FunctionParameterMode Mode>
constexpr auto mode = put<&Param::mode, Mode>;
constexpr auto arg_class = choose(
    when2<IN_P, OUT_P>(IN_P >> OUT_P >> mode<FUNC_PARAM_INOUT>), when<IN_P>(IN_P >> mode<FUNC_PARAM_IN>),
    when<OUT_P>(OUT_P >> mode<FUNC_PARAM_OUT>), when<INOUT>(INOUT >> mode<FUNC_PARAM_INOUT>),
    when<VARIADIC>(VARIADIC >> mode<FUNC_PARAM_VARIADIC>));

// [class] [name] type, or name class type. A first word is the name when a type can follow it.
struct FuncArg : Base<FuncArg> {
  static bool StartsType(It t) {
    return t->kind == Tok::SETOF || (t->word & (kTypeFunctionName | kColName)) != 0;
  }
  static bool IsClass(It t) {
    return t->kind == Tok::IN_P || t->kind == Tok::OUT_P || t->kind == Tok::INOUT || t->kind == Tok::VARIADIC;
  }
  static bool NameAhead(It t) {
    if ((t->word & kTypeFunctionName) == 0) return false;
    It next = t + 1;
    if (t->kind == Tok::DOUBLE_P && next->kind == Tok::PRECISION) return false;
    return StartsType(next) || IsClass(next);
  }
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    constexpr auto param_name = set<&Param::name>(type_function_name);
    constexpr auto type = set<&Param::argType>(func_type);
    auto& t = target;
    // OUT is unreserved-like only as a class: `out x int`, but also a parameter may be called by such a word.
    if (IsClass(first)) {
      if (!arg_class.parse(first, last, ctx, t, x3::unused)) return false;
      if (NameAhead(first) && !param_name.parse(first, last, ctx, t, x3::unused)) return false;
      return type.parse(first, last, ctx, t, x3::unused);
    }
    if (NameAhead(first)) {
      if (!param_name.parse(first, last, ctx, t, x3::unused)) return false;
      if (IsClass(first) && !arg_class.parse(first, last, ctx, t, x3::unused)) return false;
    }
    return type.parse(first, last, ctx, t, x3::unused);
  }
};

constexpr auto func_args = lp >> choose(when<rp>(eps), otherwise(commas(func_arg))) >> rp;

// The types of the parameters that identify a function: all but OUT and TABLE ones.
bool WithArgs(ParseContext& state, It, ObjectWithArgs& o) {
  for (Param* p : o.objfuncargs) {
    if (p->mode != FUNC_PARAM_OUT && p->mode != FUNC_PARAM_TABLE) o.objargs.push_back(state.arena, p->argType);
  }
  return true;
}
void Unspecified(ParseContext&, It, ObjectWithArgs& o) { o.args_unspecified = true; }

bool AggregateArgs(ParseContext& state, It, It, Nodes& pair, ObjectWithArgs& o) {
  if (pair[0] != nullptr) {
    for (Node* arg : static_cast<ListNode*>(pair[0])->items) {
      auto* p = static_cast<Param*>(arg);
      o.objargs.push_back(state.arena, p->argType);
      o.objfuncargs.push_back(state.arena, p);
    }
  }
  return true;
}

// With arguments, a word that is only a column's name is no function's name; without, it may be one.
struct ColumnNameIsNoFunction : Base<ColumnNameIsNoFunction> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R&, A&) const {
    if ((first->word & kColName) == 0 || first[1].kind != Tok::LPAREN) return true;
    ParseContext& state = State(ctx);
    if (first + 1 > state.furthest) state.furthest = first + 1;
    return false;
  }
};

// aggr_args: {parameters or null, number of direct arguments or -1}
struct AggArgs {
  Nodes direct, ordered;
  bool order = false;
};
bool MakeAggArgs(ParseContext& state, It begin, It, AggArgs& a, Nodes& target) {
  auto count = state.arena.New<Integer>();
  count->ival = a.order ? static_cast<int32_t>(a.direct.size()) : -1;
  Nodes all = a.direct;
  if (a.order && !a.direct.empty()) {
    auto* last = static_cast<Param*>(a.direct.back());
    if (last->mode == FUNC_PARAM_VARIADIC) {
      // The same VARIADIC parameter may be given once more; it is kept once.
      auto* other = static_cast<Param*>(a.ordered[0]);
      bool same = a.ordered.size() == 1 && other->mode == FUNC_PARAM_VARIADIC && Equal(last->argType, other->argType);
      if (!same) {
        It at = begin;
        while (at->begin < other->argType->begin) ++at;
        if (at->kind == Tok::SETOF) ++at;
        return Fail(state, sqlstate::kFeatureNotSupported,
                    "an ordered-set aggregate with a VARIADIC direct argument must have one VARIADIC aggregated argument of the same data type",
                    at->begin);
      }
      a.ordered = Nodes();
    }
  }
  for (Node* arg : a.ordered) all.push_back(state.arena, arg);
  Node* list = nullptr;
  if (!all.empty()) Put(state, list, all);
  target.push_back(state.arena, list);
  target.push_back(state.arena, count);
  return true;
}
bool NoOutput(ParseContext& state, It begin, It, Param*& p, Nodes& list) {
  if (p->mode == FUNC_PARAM_OUT || p->mode == FUNC_PARAM_INOUT) {
    return Fail(state, sqlstate::kFeatureNotSupported, "aggregates cannot have output arguments", begin->begin);
  }
  list.push_back(state.arena, p);
  return true;
}
constexpr auto aggr_args_list = commas(build<Param*, NoOutput>(func_arg));

}  // namespace

PGSHOAL_DEFINE(func_arg, make<Param>(mode<FUNC_PARAM_DEFAULT> >> FuncArg{}))
PGSHOAL_DEFINE(func_args_with_defaults, lp >> choose(when<rp>(eps), otherwise(commas(make<Param>(
    mode<FUNC_PARAM_DEFAULT> >> FuncArg{} >> choose(
        when<DEFAULT>(DEFAULT >> set<&Param::defexpr>(a_expr)), when<equal>(equal >> set<&Param::defexpr>(a_expr)),
        otherwise(eps)))))) >> rp)

PGSHOAL_DEFINE(aggr_args, build<AggArgs, MakeAggArgs>(lp >> choose(
    when<star>(star),
    when<ORDER>(ORDER >> BY >> put<&AggArgs::order> >> set<&AggArgs::ordered>(aggr_args_list)),
    otherwise(set<&AggArgs::direct>(aggr_args_list) >>
              opt<ORDER>(ORDER >> BY >> put<&AggArgs::order> >> set<&AggArgs::ordered>(aggr_args_list)))) >> rp))

PGSHOAL_DEFINE(function_with_argtypes, make<ObjectWithArgs>(
    ColumnNameIsNoFunction{} >> set<&ObjectWithArgs::objname>(any_function_name) >> choose(
        when<lp>(set<&ObjectWithArgs::objfuncargs>(func_args) >> call<WithArgs>), otherwise(call<Unspecified>))))
PGSHOAL_DEFINE(aggregate_with_argtypes, make<ObjectWithArgs>(
    set<&ObjectWithArgs::objname>(func_name) >> build<Nodes, AggregateArgs>(aggr_args)))

namespace {
bool OneOperand(ParseContext& state, It begin, It, Nodes&, Nodes&) {
  return Fail(state, sqlstate::kSyntaxError, "missing argument", begin->begin,
              "Use NONE to denote the missing argument of a unary operator.");
}
constexpr auto operand = choose(
    when<NONE>(NONE >> call<[](ParseContext& s, It, Nodes& n) { n.push_back(s.arena, nullptr); }>), otherwise(Typename));
bool NotBothNone(ParseContext&, It here, Nodes& n) { return n[0] != nullptr || here->kind != Tok::NONE; }
constexpr auto oper_argtypes = lp >> operand >> choose(
    when<rp>(call<[](ParseContext&, It, Nodes& n) { return n[0] != nullptr; }> >> build<Nodes, OneOperand>(rp)), otherwise(comma >> call<NotBothNone> >> operand)) >> rp;
}  // namespace

PGSHOAL_DEFINE(operator_with_argtypes, make<ObjectWithArgs>(
    set<&ObjectWithArgs::objname>(any_operator) >> set<&ObjectWithArgs::objargs>(oper_argtypes)))

}  // namespace pgshoal::parser::grammar
