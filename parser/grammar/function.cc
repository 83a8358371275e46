// Function calls: arguments, WITHIN GROUP / FILTER / OVER, windows, and the functions with a syntax of their own.
// gram.y's rules that have no name of their own here: func_expr, filter_clause, over_clause, window_definition_list,
// window_definition, opt_existing_window_name, opt_partition_clause, func_arg_list, func_arg_list_opt,
// when_clause_list, when_clause, case_default, case_arg, array_expr_list, extract_list, overlay_list, position_list,
// substr_list, xml_root_version, opt_xml_root_standalone, xml_attributes, xml_attribute_el, xml_whitespace_option.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"
#include "parser/grammar/windowdefs.hpp"

namespace pgshoal::parser::grammar {

namespace {

// The function pg_catalog.<name>, called in the SQL way.
template <Fixed F>
void SystemCall(ParseContext& state, It, FuncCall& function) {
  function.funcname = SystemName(state, kFixed<F>.text);
  function.funcformat = CoercionForm::COERCE_SQL_SYNTAX;
}
// The plain function <name>.
template <Fixed F>
void PlainCall(ParseContext& state, It, FuncCall& function) {
  function.funcname = OneName(state, kFixed<F>.text);
}

constexpr auto optional_order = opt<ORDER>(set<&FuncCall::agg_order>(sort_clause));
constexpr auto one_arg = set<&FuncCall::args>(func_arg_expr);
constexpr auto variadic_arg = VARIADIC >> put<&FuncCall::func_variadic> >> one_arg;
constexpr auto arg_list = one_arg >> many(comma >> peek_not<VARIADIC> >> one_arg);
constexpr auto expr_list = commas(a_expr);

// WITHIN GROUP (ORDER BY …), judged when FILTER and OVER are read too.
bool WithinGroup(ParseContext& state, It within, FuncCall& function, const List<SortBy*>& order) {
  const char* conflict = !function.agg_order.empty()  ? "cannot use multiple ORDER BY clauses with WITHIN GROUP"
                         : function.agg_distinct      ? "cannot use DISTINCT with WITHIN GROUP"
                         : function.func_variadic     ? "cannot use VARIADIC with WITHIN GROUP"
                                                      : nullptr;
  if (conflict != nullptr) return Fail(state, sqlstate::kSyntaxError, conflict, within->begin);
  function.agg_order = order;
  function.agg_within_group = true;
  return true;
}

void DefaultFrame(ParseContext&, It, WindowDef& window) { window.frameOptions = kFrameDefaults; }

}  // namespace

PGSHOAL_DEFINE(func_application, lp >> choose(
    when<rp>(rp),
    when<star>(star >> put<&FuncCall::agg_star> >> rp),
    when<VARIADIC>(variadic_arg >> optional_order >> rp),
    when<ALL>(ALL >> set<&FuncCall::args>(commas(func_arg_expr)) >> optional_order >> rp),
    when<DISTINCT>(DISTINCT >> put<&FuncCall::agg_distinct> >> set<&FuncCall::args>(commas(func_arg_expr)) >>
                   optional_order >> rp),
    otherwise(arg_list >> opt<comma>(comma >> variadic_arg) >> optional_order >> rp)))

namespace {

constexpr auto within_group_clause = WITHIN >> GROUP_P >> lp >> sort_clause >> rp;
constexpr auto filter_and_over =
    opt<FILTER>(FILTER >> lp >> WHERE >> set<&FuncCall::agg_filter>(a_expr) >> rp) >>
    opt<OVER>(OVER >> set<&FuncCall::over>(choose(
        when<lp>(window_specification),
        otherwise(make<WindowDef>(set<&WindowDef::name>(ColId) >> call<DefaultFrame>)))));

struct SuffixParser : Base<SuffixParser> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& function, A&) const {
    It begin = first;
    List<SortBy*> order;
    bool within = first->kind == Tok::WITHIN;
    if (within && !within_group_clause.parse(first, last, ctx, order, x3::unused)) return false;
    if (!filter_and_over.parse(first, last, ctx, function, x3::unused)) return false;
    return !within || WithinGroup(State(ctx), begin, function, order);
  }
};

}  // namespace

PGSHOAL_DEFINE(func_suffix, SuffixParser{})

namespace {

struct NamedArg : Base<NamedArg> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    Tok next = first[1].kind;
    if ((next != Tok::COLON_EQUALS && next != Tok::EQUALS_GREATER) || (first->word & kTypeFunctionName) == 0) {
      return ParseRule(a_expr, first, last, ctx, target);
    }
    ParseContext& state = State(ctx);
    It begin = first;
    auto* node = state.arena.New<NamedArgExpr>();
    node->name = first->value();
    Shift(first, state);
    Shift(first, state);
    if (!ParseRule(a_expr, first, last, ctx, node->arg)) return false;
    target = Spanned(node, begin, first);
    return true;
  }
};

}  // namespace

PGSHOAL_DEFINE(func_arg_expr, NamedArg{})

// --- windows ------------------------------------------------------------------------------------------------------

namespace {

struct Bound {
  int32_t options = 0;  // as of a frame's start
  Node* offset = nullptr;
  It at = nullptr;
};

template <int32_t Options>
void SetBound(ParseContext&, It, Bound& bound) { bound.options = Options; }
void BoundBegin(ParseContext&, It here, Bound& bound) { bound.at = here; }

constexpr auto frame_bound = call<BoundBegin> >> choose(
    when2<UNBOUNDED, PRECEDING>(UNBOUNDED >> PRECEDING >> call<SetBound<kFrameStartUnboundedPreceding>>),
    when2<UNBOUNDED, FOLLOWING>(UNBOUNDED >> FOLLOWING >> call<SetBound<kFrameStartUnboundedFollowing>>),
    when2<CURRENT_P, ROW>(CURRENT_P >> ROW >> call<SetBound<kFrameStartCurrentRow>>),
    otherwise(set<&Bound::offset>(a_expr) >> choose(
        when<PRECEDING>(PRECEDING >> call<SetBound<kFrameStartOffsetPreceding>>),
        when<FOLLOWING>(FOLLOWING >> call<SetBound<kFrameStartOffsetFollowing>>))));

bool WindowError(ParseContext& state, const char* message, const Bound& bound) {
  return Fail(state, sqlstate::kWindowingError, message, bound.at->begin);
}

// A frame given by its start alone.
bool OneBound(ParseContext& state, It, It, Bound& start, WindowDef& window) {
  if (start.options & kFrameStartUnboundedFollowing) {
    return WindowError(state, "frame start cannot be UNBOUNDED FOLLOWING", start);
  }
  if (start.options & kFrameStartOffsetFollowing) {
    return WindowError(state, "frame starting from following row cannot end with current row", start);
  }
  window.frameOptions |= start.options | kFrameEndCurrentRow;
  window.startOffset = start.offset;
  return true;
}

struct Bounds {
  Bound start, end;
};
bool TwoBounds(ParseContext& state, It, It, Bounds& b, WindowDef& window) {
  int32_t options = b.start.options | (b.end.options << 1) | kFrameBetween;
  if (options & kFrameStartUnboundedFollowing) {
    return WindowError(state, "frame start cannot be UNBOUNDED FOLLOWING", b.start);
  }
  if (options & kFrameEndUnboundedPreceding) {
    return WindowError(state, "frame end cannot be UNBOUNDED PRECEDING", b.end);
  }
  if ((options & kFrameStartCurrentRow) && (options & kFrameEndOffsetPreceding)) {
    return WindowError(state, "frame starting from current row cannot have preceding rows", b.end);
  }
  if ((options & kFrameStartOffsetFollowing) && (options & (kFrameEndOffsetPreceding | kFrameEndCurrentRow))) {
    return WindowError(state, "frame starting from following row cannot have preceding rows", b.end);
  }
  window.frameOptions |= options;
  window.startOffset = b.start.offset;
  window.endOffset = b.end.offset;
  return true;
}

template <int32_t Options>
void AddFrame(ParseContext&, It, WindowDef& window) { window.frameOptions |= Options; }
template <int32_t Options>
void NewFrame(ParseContext&, It, WindowDef& window) { window.frameOptions = Options | kFrameNondefault; }

constexpr auto two_bounds = build<Bounds, TwoBounds>(
    BETWEEN >> set<&Bounds::start>(frame_bound) >> AND >> set<&Bounds::end>(frame_bound));
constexpr auto one_bound = build<Bound, OneBound>(frame_bound);

// BETWEEN is also a column's name: before what only follows an operand (where both are possible, PostgreSQL's
// precedences decide, or call it an error).
struct FrameExtentParser : Base<FrameExtentParser> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A& unused) const {
    if (first->kind != Tok::BETWEEN) return one_bound.parse(first, last, ctx, target, unused);
    switch (first[1].kind) {
      case Tok::DOT: case Tok::LBRACKET: case Tok::TYPECAST: case Tok::STAR: case Tok::SLASH: case Tok::PERCENT:
      case Tok::CARET: case Tok::LESS: case Tok::GREATER: case Tok::EQUAL: case Tok::LESS_EQUALS:
      case Tok::GREATER_EQUALS: case Tok::NOT_EQUALS: case Tok::AND: case Tok::OR: case Tok::IS: case Tok::ISNULL:
      case Tok::NOTNULL: case Tok::IN_P: case Tok::COLLATE:
        return one_bound.parse(first, last, ctx, target, unused);
      case Tok::BETWEEN: case Tok::LIKE: case Tok::ILIKE: case Tok::SIMILAR: case Tok::NOT_LA:
        return FailAt(State(ctx), "syntax error", first + 1);
      default:
        return two_bounds.parse(first, last, ctx, target, unused);
    }
  }
};
constexpr FrameExtentParser frame_extent{};

constexpr auto opt_window_exclusion_clause = opt<EXCLUDE>(EXCLUDE >> choose(
    when<CURRENT_P>(CURRENT_P >> ROW >> call<AddFrame<kFrameExcludeCurrentRow>>),
    when<GROUP_P>(GROUP_P >> call<AddFrame<kFrameExcludeGroup>>),
    when<TIES>(TIES >> call<AddFrame<kFrameExcludeTies>>),
    when<NO>(NO >> OTHERS)));

constexpr auto opt_frame_clause = choose(
    when<RANGE>(RANGE >> call<NewFrame<kFrameRange>> >> frame_extent >> opt_window_exclusion_clause),
    when<ROWS>(ROWS >> call<NewFrame<kFrameRows>> >> frame_extent >> opt_window_exclusion_clause),
    when<GROUPS>(GROUPS >> call<NewFrame<kFrameGroups>> >> frame_extent >> opt_window_exclusion_clause),
    otherwise(call<DefaultFrame>));

constexpr auto window_body = lp >>
    choose(when<PARTITION, RANGE, ROWS, GROUPS, ORDER, rp>(eps), otherwise(set<&WindowDef::refname>(ColId))) >>
    opt<PARTITION>(PARTITION >> BY >> set<&WindowDef::partitionClause>(expr_list)) >>
    opt<ORDER>(set<&WindowDef::orderClause>(sort_clause)) >> opt_frame_clause >> rp;

}  // namespace

PGSHOAL_DEFINE(window_specification, make<WindowDef>(window_body))
PGSHOAL_DEFINE(window_clause,
    WINDOW >> commas(make<WindowDef>(set<&WindowDef::name>(ColId) >> AS >> window_body)))

// --- CASE, ARRAY --------------------------------------------------------------------------------------------------

PGSHOAL_DEFINE(case_expr, make<CaseExpr>(
    CASE >> choose(when<WHEN>(eps), otherwise(set<&CaseExpr::arg>(a_expr))) >>
    set<&CaseExpr::args>(many1(make<CaseWhen>(
        WHEN >> set<&CaseWhen::expr>(a_expr) >> THEN >> set<&CaseWhen::result>(a_expr)))) >>
    opt<ELSE>(ELSE >> set<&CaseExpr::defresult>(a_expr)) >> END_P))

namespace {
bool StackGuard(ParseContext& state, It, A_ArrayExpr&) { return !StackIsLow(state) || FailTooDeep(state); }
}  // namespace

PGSHOAL_DEFINE(array_expr, make<A_ArrayExpr>(
    lb >> call<StackGuard> >> choose(
        when<rb>(eps),
        when<lb>(set<&A_ArrayExpr::elements>(commas(array_expr))),
        otherwise(set<&A_ArrayExpr::elements>(expr_list))) >> rb))

// --- functions with a syntax of their own ---------------------------------------------------------------------------

namespace {

constexpr auto call_args = [](auto p) { return set<&FuncCall::args>(p); };

// A string constant spelt by a token of its own.
template <Tok... K>
struct WordConst : Base<WordConst<K...>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if (((first->kind != K) && ...)) return false;
    ParseContext& state = State(ctx);
    Str text = first->value();
    switch (first->kind) {
      case Tok::NFC: text = "NFC"; break;
      case Tok::NFD: text = "NFD"; break;
      case Tok::NFKC: text = "NFKC"; break;
      case Tok::NFKD: text = "NFKD"; break;
      default: break;
    }
    Node* node = Spanned(StringConst(state, text), first, first + 1);
    Put(state, target, node);
    Shift(first, state);
    return true;
  }
};
constexpr WordConst<Tok::IDENT, Tok::YEAR_P, Tok::MONTH_P, Tok::DAY_P, Tok::HOUR_P, Tok::MINUTE_P, Tok::SECOND_P,
                    Tok::SCONST> extract_arg{};
constexpr WordConst<Tok::NFC, Tok::NFD, Tok::NFKC, Tok::NFKD> unicode_normal_form{};

template <SQLValueFunctionOp Plain, SQLValueFunctionOp WithPrecision, Kw Word_>
constexpr auto value_function = make<SQLValueFunction>(
    Word_ >> put<&SQLValueFunction::op, Plain> >>
    opt<lp>(lp >> put<&SQLValueFunction::op, WithPrecision> >> set<&SQLValueFunction::typmod>(Iconst) >> rp));
template <SQLValueFunctionOp Op, Kw Word_>
constexpr auto value_name = make<SQLValueFunction>(Word_ >> put<&SQLValueFunction::op, Op>);

bool Swap(ParseContext&, It, FuncCall& f) {
  std::swap(f.args[0], f.args[1]);
  return true;
}

// overlay(a PLACING b FROM c FOR d) and overlay(a, b …): the first argument tells nothing, what follows does.
bool FirstIsPlain(ParseContext&, It, FuncCall& f) { return !ast::Is<NamedArgExpr>(f.args[0]); }

constexpr auto more_args = many(comma >> set<&FuncCall::args>(func_arg_expr));
constexpr auto from_arg = FROM >> call_args(a_expr);
constexpr auto for_arg = FOR >> call_args(a_expr);

// substring(a FOR c) is substring(a, 1, c::int4).
void ForAlone(ParseContext& state, It, FuncCall& f) {
  Node* length = f.args[1];
  Node* cast = NewCast(state, length, SystemType(state, "int4"));
  cast->begin = length->begin, cast->end = length->end;
  f.args[1] = IntConst(state, 1);
  f.args.push_back(state.arena, cast);
}
bool SwapLast(ParseContext&, It, FuncCall& f) {
  std::swap(f.args[1], f.args[2]);
  return true;
}


struct TrimList {
  Nodes before, after;
  bool from = false;
};
bool BuildTrim(ParseContext& state, It, It, TrimList& t, FuncCall& f) {
  f.args = t.from ? t.after : t.before;
  if (t.from && !t.before.empty()) f.args.push_back(state.arena, t.before[0]);
  return true;
}
bool OnlyOne(ParseContext&, It, TrimList& t) { return t.before.size() == 1; }
constexpr auto trim_list = build<TrimList, BuildTrim>(choose(
    when<FROM>(FROM >> put<&TrimList::from> >> set<&TrimList::after>(expr_list)),
    otherwise(set<&TrimList::before>(expr_list) >>
              opt<FROM>(call<OnlyOne> >> FROM >> put<&TrimList::from> >> set<&TrimList::after>(expr_list)))));

struct Treat {
  Node* arg = nullptr;
  TypeName* type = nullptr;
};
bool BuildTreat(ParseContext& state, It begin, It after, Treat& t, Node*& target) {
  Nodes args;
  args.push_back(state.arena, t.arg);
  target = Spanned(NewFuncCall(state, SystemName(state, t.type->names.back()), args,
                               CoercionForm::COERCE_EXPLICIT_CALL), begin, after);
  return true;
}

void NullifName(ParseContext&, It, A_Expr& e) {
  static constexpr Str kEqual[] = {"="};
  e.kind = A_Expr_Kind::AEXPR_NULLIF;
  e.name = StaticNames(kEqual);
}

constexpr auto xml_attribute_list = commas(make<ResTarget>(
    set<&ResTarget::val>(a_expr) >> opt<AS>(AS >> set<&ResTarget::name>(ColLabel))));

template <XmlExprOp Op>
constexpr auto xml = put<&XmlExpr::op, Op>;
constexpr auto xml_args = [](auto p) { return set<&XmlExpr::args>(p); };

template <bool Value>
void AddBool(ParseContext& state, It, XmlExpr& x) { x.args.push_back(state.arena, BoolConst(state, Value)); }
template <int32_t Value>
void AddInt(ParseContext& state, It, XmlExpr& x) { x.args.push_back(state.arena, IntConst(state, Value)); }
void AddNull(ParseContext& state, It, XmlExpr& x) { x.args.push_back(state.arena, NullConst(state)); }

template <auto Field>
constexpr auto document_or_content = choose(
    when<DOCUMENT_P>(DOCUMENT_P >> put<Field, XmlOptionType::XMLOPTION_DOCUMENT>),
    when<CONTENT_P>(CONTENT_P >> put<Field, XmlOptionType::XMLOPTION_CONTENT>));

constexpr auto xml_name = NAME_P >> set<&XmlExpr::name>(ColLabel);

using enum SQLValueFunctionOp;
using enum XmlExprOp;

constexpr auto substring_args = choose(
    when<rp>(call<PlainCall<"substring">>),
    otherwise(set<&FuncCall::args>(func_arg_expr) >> choose(
        when<FROM>(call<FirstIsPlain> >> from_arg >> opt<FOR>(for_arg) >> call<SystemCall<"substring">>),
        when<FOR>(call<FirstIsPlain> >> for_arg >> choose(
            when<FROM>(from_arg >> call<SwapLast>), otherwise(call<ForAlone>)) >> call<SystemCall<"substring">>),
        when<SIMILAR>(call<FirstIsPlain> >> SIMILAR >> call_args(a_expr) >> ESCAPE >> call_args(a_expr) >>
                      call<SystemCall<"substring">>),
        otherwise(more_args >> call<PlainCall<"substring">>))));

constexpr auto overlay_args = choose(
    when<rp>(call<PlainCall<"overlay">>),
    otherwise(set<&FuncCall::args>(func_arg_expr) >> choose(
        when<PLACING>(call<FirstIsPlain> >> PLACING >> call_args(a_expr) >> from_arg >> opt<FOR>(for_arg) >>
                      call<SystemCall<"overlay">>),
        otherwise(more_args >> call<PlainCall<"overlay">>))));

constexpr auto xml_functions = choose(
    when<XMLCONCAT>(make<XmlExpr>(XMLCONCAT >> xml<IS_XMLCONCAT> >> lp >> xml_args(expr_list) >> rp)),
    when<XMLELEMENT>(make<XmlExpr>(
        XMLELEMENT >> xml<IS_XMLELEMENT> >> lp >> xml_name >>
        opt<comma>(comma >> choose(
            when2<XMLATTRIBUTES, lp>(XMLATTRIBUTES >> lp >> set<&XmlExpr::named_args>(xml_attribute_list) >> rp >>
                                     opt<comma>(comma >> xml_args(expr_list))),
            otherwise(xml_args(expr_list)))) >> rp)),
    when<XMLEXISTS>(make<FuncCall>(XMLEXISTS >> lp >> call<SystemCall<"xmlexists">> >> call_args(c_expr) >>
                                   call_args(xmlexists_argument) >> rp)),
    when<XMLFOREST>(make<XmlExpr>(XMLFOREST >> xml<IS_XMLFOREST> >> lp >>
                                  set<&XmlExpr::named_args>(xml_attribute_list) >> rp)),
    when<XMLPARSE>(make<XmlExpr>(
        XMLPARSE >> xml<IS_XMLPARSE> >> lp >> document_or_content<&XmlExpr::xmloption> >> xml_args(a_expr) >> choose(
            when<PRESERVE>(PRESERVE >> WHITESPACE_P >> call<AddBool<true>>),
            when<STRIP_P>(STRIP_P >> WHITESPACE_P >> call<AddBool<false>>),
            otherwise(call<AddBool<false>>)) >> rp)),
    when<XMLPI>(make<XmlExpr>(XMLPI >> xml<IS_XMLPI> >> lp >> xml_name >> opt<comma>(comma >> xml_args(a_expr)) >> rp)),
    when<XMLROOT>(make<XmlExpr>(
        XMLROOT >> xml<IS_XMLROOT> >> lp >> xml_args(a_expr) >> comma >> VERSION_P >>
        choose(when2<NO, VALUE_P>(NO >> VALUE_P >> call<AddNull>), otherwise(xml_args(a_expr))) >>
        choose(when<comma>(comma >> STANDALONE_P >> choose(
                   when<YES_P>(YES_P >> call<AddInt<0>>),
                   when2<NO, VALUE_P>(NO >> VALUE_P >> call<AddInt<2>>),
                   when<NO>(NO >> call<AddInt<1>>))),
               otherwise(call<AddInt<3>>)) >> rp)),
    when<XMLSERIALIZE>(make<XmlSerialize>(
        XMLSERIALIZE >> lp >> document_or_content<&XmlSerialize::xmloption> >> set<&XmlSerialize::expr>(a_expr) >> AS >>
        set<&XmlSerialize::typeName>(SimpleTypename) >> rp)));

}  // namespace

PGSHOAL_DEFINE(func_expr_common_subexpr, choose(
    when<COALESCE>(make<CoalesceExpr>(COALESCE >> lp >> set<&CoalesceExpr::args>(expr_list) >> rp)),
    when<CAST>(make<TypeCast>(
        CAST >> lp >> set<&TypeCast::arg>(a_expr) >> AS >> set<&TypeCast::typeName>(Typename) >> rp)),
    when<COLLATION>(make<FuncCall>(COLLATION >> FOR >> call<SystemCall<"pg_collation_for">> >> lp >>
                                   call_args(a_expr) >> rp)),
    when<CURRENT_DATE>(value_name<SVFOP_CURRENT_DATE, CURRENT_DATE>),
    when<CURRENT_TIME>(value_function<SVFOP_CURRENT_TIME, SVFOP_CURRENT_TIME_N, CURRENT_TIME>),
    when<CURRENT_TIMESTAMP>(value_function<SVFOP_CURRENT_TIMESTAMP, SVFOP_CURRENT_TIMESTAMP_N, CURRENT_TIMESTAMP>),
    when<LOCALTIME>(value_function<SVFOP_LOCALTIME, SVFOP_LOCALTIME_N, LOCALTIME>),
    when<LOCALTIMESTAMP>(value_function<SVFOP_LOCALTIMESTAMP, SVFOP_LOCALTIMESTAMP_N, LOCALTIMESTAMP>),
    when<CURRENT_ROLE>(value_name<SVFOP_CURRENT_ROLE, CURRENT_ROLE>),
    when<CURRENT_USER>(value_name<SVFOP_CURRENT_USER, CURRENT_USER>),
    when<SESSION_USER>(value_name<SVFOP_SESSION_USER, SESSION_USER>),
    when<USER>(value_name<SVFOP_USER, USER>),
    when<CURRENT_CATALOG>(value_name<SVFOP_CURRENT_CATALOG, CURRENT_CATALOG>),
    when<CURRENT_SCHEMA>(value_name<SVFOP_CURRENT_SCHEMA, CURRENT_SCHEMA>),
    when<EXTRACT>(make<FuncCall>(EXTRACT >> lp >> call<SystemCall<"extract">> >> call_args(extract_arg) >> from_arg >> rp)),
    when<NORMALIZE>(make<FuncCall>(NORMALIZE >> lp >> call<SystemCall<"normalize">> >> call_args(a_expr) >>
                                   opt<comma>(comma >> call_args(unicode_normal_form)) >> rp)),
    when<OVERLAY>(make<FuncCall>(OVERLAY >> lp >> overlay_args >> rp)),
    when<POSITION>(make<FuncCall>(POSITION >> lp >> call<SystemCall<"position">> >> call_args(b_expr) >> IN_P >>
                                  call_args(b_expr) >> call<Swap> >> rp)),
    when<SUBSTRING>(make<FuncCall>(SUBSTRING >> lp >> substring_args >> rp)),
    when<TREAT>(build<Treat, BuildTreat>(
        TREAT >> lp >> set<&Treat::arg>(a_expr) >> AS >> set<&Treat::type>(Typename) >> rp)),
    when<TRIM>(make<FuncCall>(TRIM >> lp >> choose(
        when<BOTH>(BOTH >> call<SystemCall<"btrim">> >> trim_list),
        when<LEADING>(LEADING >> call<SystemCall<"ltrim">> >> trim_list),
        when<TRAILING>(TRAILING >> call<SystemCall<"rtrim">> >> trim_list),
        otherwise(call<SystemCall<"btrim">> >> trim_list)) >> rp)),
    when<NULLIF>(make<A_Expr>(NULLIF >> call<NullifName> >> lp >> set<&A_Expr::lexpr>(a_expr) >> comma >>
                              set<&A_Expr::rexpr>(a_expr) >> rp)),
    when<GREATEST>(make<MinMaxExpr>(GREATEST >> put<&MinMaxExpr::op, MinMaxOp::IS_GREATEST> >> lp >>
                                    set<&MinMaxExpr::args>(expr_list) >> rp)),
    when<LEAST>(make<MinMaxExpr>(LEAST >> put<&MinMaxExpr::op, MinMaxOp::IS_LEAST> >> lp >>
                                 set<&MinMaxExpr::args>(expr_list) >> rp)),
    otherwise(xml_functions)))

}  // namespace pgshoal::parser::grammar
