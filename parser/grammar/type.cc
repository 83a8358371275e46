// Type names.
// gram.y's rules that have no name of their own here: opt_array_bounds, opt_float, ConstBit, BitWithLength,
// BitWithoutLength, ConstCharacter, CharacterWithLength, CharacterWithoutLength, character, opt_varying, opt_timezone,
// ConstInterval, interval_second, type_list.
#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

// The type as pg_catalog.<name>; the name is shared static data.
#define PGSHOAL_SYSTEM_TYPE(name)                                    \
  void Is_##name(ParseContext&, It, TypeName& type) {                \
    static constexpr Str kNames[] = {"pg_catalog", #name};           \
    type.names = StaticNames(kNames);                                \
  }
PGSHOAL_SYSTEM_TYPE(int2)
PGSHOAL_SYSTEM_TYPE(int4)
PGSHOAL_SYSTEM_TYPE(int8)
PGSHOAL_SYSTEM_TYPE(float4)
PGSHOAL_SYSTEM_TYPE(float8)
PGSHOAL_SYSTEM_TYPE(numeric)
PGSHOAL_SYSTEM_TYPE(bool)
PGSHOAL_SYSTEM_TYPE(bit)
PGSHOAL_SYSTEM_TYPE(varbit)
PGSHOAL_SYSTEM_TYPE(bpchar)
PGSHOAL_SYSTEM_TYPE(varchar)
PGSHOAL_SYSTEM_TYPE(timestamp)
PGSHOAL_SYSTEM_TYPE(timestamptz)
PGSHOAL_SYSTEM_TYPE(time)
PGSHOAL_SYSTEM_TYPE(timetz)
PGSHOAL_SYSTEM_TYPE(interval)
#undef PGSHOAL_SYSTEM_TYPE

constexpr auto typmods = [](auto p) { return set<&TypeName::typmods>(p); };
constexpr auto opt_type_modifiers = opt<lp>(lp >> typmods(commas(a_expr)) >> rp);

// An integer as a constant expression.
struct ConstParser : Base<ConstParser> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if (first->kind != Tok::ICONST) return false;
    Node* node = Spanned(IntConst(State(ctx), first->ival()), first, first + 1);
    Put(State(ctx), target, node);
    Shift(first, State(ctx));
    return true;
  }
};
constexpr ConstParser Iconst_expr{};

bool FloatPrecision(ParseContext& state, It begin, It next, int32_t& precision, TypeName& type) {
  if (precision < 1) {
    return Fail(state, sqlstate::kInvalidParameterValue, "precision for type float must be at least 1 bit",
                begin[1].begin);
  }
  if (precision >= 54) {
    return Fail(state, sqlstate::kInvalidParameterValue, "precision for type float must be less than 54 bits",
                begin[1].begin);
  }
  precision <= 24 ? Is_float4(state, next, type) : Is_float8(state, next, type);
  return true;
}

constexpr auto Numeric = choose(
    when<INT_P>(INT_P >> call<Is_int4>), when<INTEGER>(INTEGER >> call<Is_int4>),
    when<SMALLINT>(SMALLINT >> call<Is_int2>), when<BIGINT>(BIGINT >> call<Is_int8>),
    when<REAL>(REAL >> call<Is_float4>),
    when<FLOAT_P>(FLOAT_P >> choose(when<lp>(build<int32_t, FloatPrecision>(lp >> Iconst >> rp)),
                                    otherwise(call<Is_float8>))),
    when<DOUBLE_P>(DOUBLE_P >> PRECISION >> call<Is_float8>),
    when<DECIMAL_P>(DECIMAL_P >> call<Is_numeric> >> opt_type_modifiers),
    when<DEC>(DEC >> call<Is_numeric> >> opt_type_modifiers),
    when<NUMERIC>(NUMERIC >> call<Is_numeric> >> opt_type_modifiers),
    when<BOOLEAN_P>(BOOLEAN_P >> call<Is_bool>));

void LengthOne(ParseContext& state, It, TypeName& type) { type.typmods.push_back(state.arena, IntConst(state, 1)); }

// `bit`, and likewise `char`, without a length is one long as a column's type, but unbounded in front of a literal.
template <bool Const>
constexpr auto one_long = choose(otherwise(call<LengthOne>));
template <>
constexpr auto one_long<true> = choose(otherwise(eps));

template <bool Const>
constexpr auto Bit = BIT >> choose(
    when<VARYING>(VARYING >> call<Is_varbit> >> opt_type_modifiers),
    when<lp>(call<Is_bit> >> opt_type_modifiers),
    otherwise(call<Is_bit> >> one_long<Const>));

constexpr auto char_length = lp >> typmods(Iconst_expr) >> rp;
template <bool Const>
constexpr auto char_tail = choose(
    when<VARYING>(VARYING >> call<Is_varchar> >> opt<lp>(char_length)),
    when<lp>(call<Is_bpchar> >> char_length),
    otherwise(call<Is_bpchar> >> one_long<Const>));
template <bool Const>
constexpr auto Character = choose(
    when<VARCHAR>(VARCHAR >> call<Is_varchar> >> opt<lp>(char_length)),
    when<CHARACTER>(CHARACTER >> char_tail<Const>), when<CHAR_P>(CHAR_P >> char_tail<Const>),
    when<NCHAR>(NCHAR >> char_tail<Const>),
    when<NATIONAL>(NATIONAL >> choose(when<CHARACTER>(CHARACTER >> char_tail<Const>),
                                      when<CHAR_P>(CHAR_P >> char_tail<Const>))));

constexpr auto ConstDatetime = choose(
    when<TIMESTAMP>(TIMESTAMP >> opt<lp>(lp >> typmods(Iconst_expr) >> rp) >> choose(
        when<WITH_LA_>(WITH_LA_ >> TIME >> ZONE >> call<Is_timestamptz>),
        when<WITHOUT>(WITHOUT >> TIME >> ZONE >> call<Is_timestamp>),
        otherwise(call<Is_timestamp>))),
    when<TIME>(TIME >> opt<lp>(lp >> typmods(Iconst_expr) >> rp) >> choose(
        when<WITH_LA_>(WITH_LA_ >> TIME >> ZONE >> call<Is_timetz>),
        when<WITHOUT>(WITHOUT >> TIME >> ZONE >> call<Is_time>),
        otherwise(call<Is_time>))));

constexpr int32_t kIntervalFullRange = 0x7fff;
void FullRange(ParseContext& state, It, Nodes& list) {
  list.push_back(state.arena, IntConst(state, kIntervalFullRange));
}
constexpr auto interval_precision = typmods(lp >> call<FullRange> >> Iconst_expr >> rp);

// Bits of an interval's fields, as PostgreSQL's INTERVAL_MASK.
constexpr int32_t kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11, kSecond = 1 << 12;
template <int32_t Mask>
void Fields([[maybe_unused]] ParseContext& state, It, Nodes& list) { list.push_back(state.arena, IntConst(state, Mask)); }
template <int32_t Mask>
constexpr auto to_second = SECOND_P >> call<Fields<Mask>> >> opt<lp>(lp >> Iconst_expr >> rp);

constexpr auto GenericType =
    set<&TypeName::names>(type_function_name >> many(dot >> attr_name)) >> opt_type_modifiers;

template <bool Const>
constexpr auto simple_type = choose(
    when<INT_P, INTEGER, SMALLINT, BIGINT, REAL, FLOAT_P, DECIMAL_P, DEC, NUMERIC, BOOLEAN_P>(Numeric),
    when2<DOUBLE_P, PRECISION>(Numeric),
    when<BIT>(Bit<Const>),
    when<CHARACTER, CHAR_P, VARCHAR, NATIONAL, NCHAR>(Character<Const>),
    when<TIMESTAMP, TIME>(ConstDatetime),
    when<INTERVAL>(INTERVAL >> call<Is_interval> >> choose(
        when<lp>(interval_precision), otherwise(typmods(opt_interval)))),
    otherwise(GenericType));

template <int32_t Bound>
void AddBound(ParseContext& state, It, TypeName& type) { type.arrayBounds.push_back(state.arena, Bound); }

constexpr auto array_bounds = choose(
    when<ARRAY>(ARRAY >> choose(when<lb>(lb >> set<&TypeName::arrayBounds>(Iconst) >> rb), otherwise(call<AddBound<-1>>))),
    otherwise(many(lb >> choose(when<rb>(call<AddBound<-1>>), otherwise(set<&TypeName::arrayBounds>(Iconst))) >> rb)));

bool BuildInterval(ParseContext&, It begin, It after, TypeCast*& cast, Node*& target) {
  static constexpr Str kNames[] = {"pg_catalog", "interval"};
  cast->typeName->names = StaticNames(kNames);
  if (cast->typeName->begin == cast->typeName->end) Spanned(cast->typeName, begin, begin + 1);
  target = Spanned(cast, begin, after);
  return true;
}

}  // namespace

PGSHOAL_DEFINE(opt_interval, choose(
    when<YEAR_P>(YEAR_P >> choose(when<TO>(TO >> MONTH_P >> call<Fields<kYear | kMonth>>), otherwise(call<Fields<kYear>>))),
    when<MONTH_P>(MONTH_P >> call<Fields<kMonth>>),
    when<DAY_P>(DAY_P >> choose(
        when<TO>(TO >> choose(when<HOUR_P>(HOUR_P >> call<Fields<kDay | kHour>>),
                              when<MINUTE_P>(MINUTE_P >> call<Fields<kDay | kHour | kMinute>>),
                              otherwise(to_second<kDay | kHour | kMinute | kSecond>))),
        otherwise(call<Fields<kDay>>))),
    when<HOUR_P>(HOUR_P >> choose(
        when<TO>(TO >> choose(when<MINUTE_P>(MINUTE_P >> call<Fields<kHour | kMinute>>),
                              otherwise(to_second<kHour | kMinute | kSecond>))),
        otherwise(call<Fields<kHour>>))),
    when<MINUTE_P>(MINUTE_P >> choose(when<TO>(TO >> to_second<kMinute | kSecond>), otherwise(call<Fields<kMinute>>))),
    when<SECOND_P>(to_second<kSecond>),
    otherwise(eps)))

PGSHOAL_DEFINE(SimpleTypename, make<TypeName>(simple_type<false>))
PGSHOAL_DEFINE(ConstTypename, make<TypeName>(simple_type<true>))
PGSHOAL_DEFINE(Typename, make<TypeName>(opt<SETOF>(SETOF >> put<&TypeName::setof>) >> simple_type<false> >> array_bounds))

// INTERVAL 'x' fields, INTERVAL(p) 'x'
PGSHOAL_DEFINE(ConstInterval_literal, build<TypeCast*, BuildInterval>(make<TypeCast>(
    INTERVAL >> choose(
        when<lp>(set<&TypeCast::typeName>(make<TypeName>(interval_precision)) >>
                 set<&TypeCast::arg>(peek<Kw<Tok::SCONST>{}> >> c_expr)),
        otherwise(set<&TypeCast::arg>(peek<Kw<Tok::SCONST>{}> >> c_expr) >>
                  set<&TypeCast::typeName>(make<TypeName>(typmods(opt_interval))))))))

namespace {
// type.name%TYPE
struct PercentType : Base<PercentType> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    It p = first->kind == Tok::SETOF ? first + 1 : first;
    if ((p->word & kTypeFunctionName) != 0 && p[1].kind == Tok::DOT) {
      It q = p + 1;
      while (q->kind == Tok::DOT && (q[1].word & kColLabel) != 0) q += 2;
      if (q->kind == Tok::PERCENT) {
        constexpr auto body = make<TypeName>(opt<SETOF>(SETOF >> put<&TypeName::setof>) >> set<&TypeName::names>(
            type_function_name >> many(dot >> attr_name)) >> Kw<Tok::PERCENT>{} >> TYPE_P >> put<&TypeName::pct_type>);
        return body.parse(first, last, ctx, target, x3::unused);
      }
    }
    return Typename.parse(first, last, ctx, target, x3::unused);
  }
};
}  // namespace

PGSHOAL_DEFINE(func_type, PercentType{})

}  // namespace pgshoal::parser::grammar
