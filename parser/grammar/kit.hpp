#pragma once
// The kit: small X3 parsers that write tree nodes.
//
// X3's own attributes are not used (every parser here has has_attribute = false). Instead a parser writes to its
// *target*, the object handed down as X3's rule context: a node, a field of it, a list, a name. `make<T>` allocates a
// node and makes it the target of its body, `set<&T::field>` makes a field the target, `a >> b`, `a | b`, `-a` are
// X3's operators and pass the target on. Put() says what storing a value into a target means: a list is appended to.
//
// Alternatives are chosen by their first token. Use opt<TOKEN>, choose(when<TOKEN>(…), …), which commit, rather than
// `-a` and `a | b`, which try: a failed alternative does not take back what it wrote.
//
// Longer than other headers: targets, Put and the parsers name each other, and every unit of the grammar needs them all.

#include <boost/spirit/home/x3/core/parser.hpp>
#include <boost/spirit/home/x3/operator/alternative.hpp>
#include <boost/spirit/home/x3/operator/optional.hpp>
#include <boost/spirit/home/x3/operator/sequence.hpp>
#include <boost/spirit/home/x3/support/context.hpp>
#include <string>
#include <tuple>
#include <type_traits>

#include "parser/ast.hpp"
#include "parser/lexer.hpp"
#include "parser/token.hpp"

namespace pgshoal::parser {

// What one parse carries along.
struct ParseContext {
  Arena& arena;
  std::string_view text;
  const Token* furthest;    // one behind the furthest token that any alternative accepted: where a syntax error lies
  const char* stack_floor;  // the parse is given up when the stack grows below this
  SourceError error;        // what a grammar action reported
  int max_param = 0;
};

namespace grammar {

namespace x3 = boost::spirit::x3;
namespace ast = pgshoal::parser;

using It = const Token*;
struct ContextTag;
using Ctx = x3::context<ContextTag, ParseContext>;

inline ParseContext& State(const Ctx& ctx) { return x3::get<ContextTag>(ctx); }

inline void Shift(It& first, ParseContext& state) {
  ++first;
  if (first > state.furthest) state.furthest = first;
}

// Words up to here are right: a syntax error lies behind them. Returns false, for alternatives that end so.
inline bool ReadTo(It after, ParseContext& state) {
  if (after > state.furthest) state.furthest = after;
  return false;
}

// Reports an error of a grammar action; returns false, and so ends the parse.
bool Fail(ParseContext& state, std::string_view sqlstate, std::string message, uint32_t byte_position,
          std::string_view hint = {}, std::string_view detail = {});
bool FailNowhere(ParseContext& state, std::string_view sqlstate, std::string message, std::string_view hint = {});
// "<message> at or near …", as PostgreSQL's parser_yyerror with `token` as the look-ahead token.
bool FailAt(ParseContext& state, std::string_view message, It token);
bool FailTooDeep(ParseContext& state);
inline bool StackIsLow(const ParseContext& state) {
  return static_cast<const char*>(__builtin_frame_address(0)) < state.stack_floor;
}

// --- storing values -----------------------------------------------------------------------------------------------

template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<List<T>> = true;
template <class T>
inline constexpr bool kIsNode = std::is_pointer_v<T> && std::is_base_of_v<Node, std::remove_pointer_t<T>>;

inline Node* NewString(ParseContext& state, Str text, It at = nullptr) {
  auto* node = state.arena.New<ast::String>();
  node->sval = text;
  if (at != nullptr) node->begin = at->begin, node->end = at->end;
  return node;
}

// Gives a list, and each name in it, the place in [begin, after) where it was read.
void PlaceList(ListNode& list, It begin, It after);

// `at` is the token that the value was read from, and `after` the one behind it, where they are known.
template <class Target, class Value>
inline void Put(ParseContext& state, Target& target, const Value& value, It at = nullptr, It after = nullptr) {
  if constexpr (std::is_same_v<std::remove_const_t<Target>, x3::unused_type>) {
  } else if constexpr (std::is_same_v<Target, Value>) {
    target = value;
  } else if constexpr (kIsList<Target>) {
    using Item = std::remove_reference_t<decltype(*target.items)>;
    Item item{};
    Put(state, item, value, at, after);
    target.push_back(state.arena, item);
  } else if constexpr (kIsNode<Target> && kIsNode<Value>) {
    target = static_cast<Target>(value);
  } else if constexpr (std::is_same_v<Target, Node*> && std::is_same_v<Value, Str>) {
    target = NewString(state, value, at);
  } else if constexpr (std::is_same_v<Target, Node*> && std::is_same_v<Value, int32_t>) {
    auto* node = state.arena.New<Integer>();
    node->ival = value;
    if (at != nullptr) node->begin = at->begin, node->end = at->end;
    target = node;
  } else if constexpr (std::is_same_v<Target, Node*> && std::is_same_v<Value, bool>) {
    auto* node = state.arena.New<Boolean>();
    node->boolval = value;
    target = node;
  } else if constexpr (std::is_same_v<Target, Node*> && kIsList<Value>) {
    auto* node = state.arena.New<ListNode>();
    for (const auto& item : value) Put(state, node->items, item);
    PlaceList(*node, at, after);
    target = node;
  } else {
    target = static_cast<Target>(value);
  }
}

// --- parsers of one token -----------------------------------------------------------------------------------------

template <class Derived>
struct Base : x3::parser<Derived> {
  using attribute_type = x3::unused_type;
  static constexpr bool has_attribute = false;
};

// A keyword or punctuation.
template <Tok K>
struct Kw : Base<Kw<K>> {
  constexpr operator Tok() const { return K; }  // so that opt<WHERE>(…) can be written
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R&, A&) const {
    if (first->kind != K) return false;
    Shift(first, State(ctx));
    return true;
  }
};

// A name of one of the classes in Mask.
template <uint8_t Mask>
struct Word : Base<Word<Mask>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if ((first->word & Mask) == 0) return false;
    Put(State(ctx), target, first->value(), first);
    Shift(first, State(ctx));
    return true;
  }
};

// A token with its value: a string, operator …
template <Tok K>
struct Text : Base<Text<K>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if (first->kind != K) return false;
    Put(State(ctx), target, first->value(), first);
    Shift(first, State(ctx));
    return true;
  }
};

struct IconstParser : Base<IconstParser> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if (first->kind != Tok::ICONST) return false;
    Put(State(ctx), target, first->ival(), first);
    Shift(first, State(ctx));
    return true;
  }
};

// Looks at token number N (0: the next one) without taking it.
template <int N, Tok... K>
struct Peek : Base<Peek<N, K...>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx&, R&, A&) const {
    return ((first[N].kind == K) || ...);
  }
};
template <int N, Tok... K>
struct PeekNot : Base<PeekNot<N, K...>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx&, R&, A&) const {
    return ((first[N].kind != K) && ...);
  }
};
template <Tok... K>
inline constexpr Peek<0, K...> peek{};
template <Tok... K>
inline constexpr Peek<1, K...> peek2{};
template <Tok... K>
inline constexpr PeekNot<0, K...> peek_not{};

struct Eps : Base<Eps> {
  template <class R, class A>
  bool parse(It&, It const&, const Ctx&, R&, A&) const { return true; }
};
inline constexpr Eps eps{};

// --- choosing -----------------------------------------------------------------------------------------------------

// Body when the next token is one of K, nothing otherwise.
template <class P, Tok... K>
struct Opt : Base<Opt<P, K...>> {
  P body;
  constexpr explicit Opt(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if (!((first->kind == K) || ...)) return true;
    return body.parse(first, last, ctx, target, x3::unused);
  }
};
template <Tok... K, class P>
constexpr auto opt(P p) { return Opt<P, K...>(p); }

// Body when the next two tokens are K1 K2, nothing otherwise.
template <class P, Tok K1, Tok K2>
struct Opt2 : Base<Opt2<P, K1, K2>> {
  P body;
  constexpr explicit Opt2(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if (first->kind != K1 || first[1].kind != K2) return true;
    return body.parse(first, last, ctx, target, x3::unused);
  }
};
template <Tok K1, Tok K2, class P>
constexpr auto opt2(P p) { return Opt2<P, K1, K2>(p); }

// An alternative of choose(): taken for good when its guard matches.
template <class P, Tok... K>
struct When {
  P body;
  static bool Matches(It first) { return ((first->kind == K) || ...); }
};
template <Tok... K, class P>
constexpr auto when(P p) { return When<P, K...>{p}; }
template <class P, Tok K1, Tok... K2>
struct When2 {
  P body;
  static bool Matches(It first) { return first->kind == K1 && ((first[1].kind == K2) || ...); }
  static It Read(It first) { return first->kind == K1 ? first + 1 : first; }
};
template <Tok K1, Tok... K2, class P>
constexpr auto when2(P p) { return When2<P, K1, K2...>{p}; }
template <class P, Tok K1, Tok K2, Tok... K3>
struct When3 {
  P body;
  static bool Matches(It first) {
    return first->kind == K1 && first[1].kind == K2 && ((first[2].kind == K3) || ...);
  }
  static It Read(It first) { return first->kind != K1 ? first : first[1].kind == K2 ? first + 2 : first + 1; }
};
template <Tok K1, Tok K2, Tok... K3, class P>
constexpr auto when3(P p) { return When3<P, K1, K2, K3...>{p}; }
template <class P>
struct Otherwise {
  P body;
  static bool Matches(It) { return true; }
};
template <class P>
constexpr auto otherwise(P p) { return Otherwise<P>{p}; }

template <class... W>
struct Choose : Base<Choose<W...>> {
  std::tuple<W...> alternatives;
  constexpr explicit Choose(W... w) : alternatives(w...) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    It begin = first;
    if (Try<0>(first, last, ctx, target)) return true;
    // Words that guards looked at and found right count as read, for the position of the error.
    std::apply([&](const auto&... alternative) { (TouchOne(alternative, begin, State(ctx)), ...); }, alternatives);
    return false;
  }
  template <class One>
  static void TouchOne(const One&, It begin, ParseContext& state) {
    if constexpr (requires { One::Read(begin); }) {
      ReadTo(One::Read(begin), state);
    }
  }
  template <std::size_t I, class R>
  bool Try(It& first, It const& last, const Ctx& ctx, R& target) const {
    if constexpr (I == sizeof...(W)) {
      return false;
    } else {
      const auto& alternative = std::get<I>(alternatives);
      if (alternative.Matches(first)) return alternative.body.parse(first, last, ctx, target, x3::unused);
      return Try<I + 1>(first, last, ctx, target);
    }
  }
};
template <class... W>
constexpr auto choose(W... w) { return Choose<W...>(w...); }

// --- repeating ----------------------------------------------------------------------------------------------------

// p, p, p …
template <class P>
struct Commas : Base<Commas<P>> {
  P body;
  constexpr explicit Commas(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    for (;;) {
      if (!body.parse(first, last, ctx, target, x3::unused)) return false;
      if (first->kind != Tok::COMMA) return true;
      Shift(first, State(ctx));
    }
  }
};
template <class P>
constexpr auto commas(P p) { return Commas<P>(p); }

// p p p …, at least Least of them; ends at the first that fails without having taken a token.
template <class P, int Least>
struct Many : Base<Many<P, Least>> {
  P body;
  constexpr explicit Many(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    int count = 0;
    for (;; ++count) {
      It before = first;
      if (!body.parse(first, last, ctx, target, x3::unused)) {
        first = before;
        return count >= Least && !State(ctx).error.any();
      }
      if (first == before) return true;
    }
  }
};
template <class P>
constexpr auto many(P p) { return Many<P, 0>(p); }
template <class P>
constexpr auto many1(P p) { return Many<P, 1>(p); }

// --- writing ------------------------------------------------------------------------------------------------------

// The token that a parser must begin with, or END when it is not a single one.
template <class P>
inline constexpr Tok kLeftmost = Tok::END;
template <Tok K>
inline constexpr Tok kLeftmost<Kw<K>> = K;
template <class L, class R>
inline constexpr Tok kLeftmost<x3::sequence<L, R>> = kLeftmost<L>;

// A new node of type T, filled in by the body. Its span is what the body took.
template <class T, class P>
struct Make : Base<Make<T, P>> {
  P body;
  constexpr explicit Make(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if constexpr (kLeftmost<P> != Tok::END) {
      if (first->kind != kLeftmost<P>) return false;
    }
    ParseContext& state = State(ctx);
    T* node = state.arena.New<T>();
    It begin = first;
    if (!body.parse(first, last, ctx, *node, x3::unused)) return false;
    node->begin = begin->begin;
    node->end = first > begin ? first[-1].end : begin->begin;
    if constexpr (std::is_same_v<T, ast::DefElem>) {
      // A value that the option's own words stand for lies where they do.
      if (node->arg != nullptr && node->arg->end == 0) node->arg->begin = node->begin, node->arg->end = node->end;
    }
    Put(state, target, node);
    return true;
  }
};
template <class T, class P>
constexpr auto make(P p) { return Make<T, P>(p); }

// The body's target is the field.
template <auto Field, class P>
struct Set : Base<Set<Field, P>> {
  P body;
  constexpr explicit Set(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    return body.parse(first, last, ctx, target.*Field, x3::unused);
  }
};
template <auto Field, class P>
constexpr auto set(P p) { return Set<Field, P>(p); }
template <auto Field, class P>
inline constexpr Tok kLeftmost<Set<Field, P>> = kLeftmost<P>;

// Stores a constant into a field; takes no token.
template <auto Field, auto Value>
struct PutField : Base<PutField<Field, Value>> {
  template <class R, class A>
  bool parse(It&, It const&, const Ctx&, R& target, A&) const {
    target.*Field = Value;
    return true;
  }
};
template <auto Field, auto Value = true>
inline constexpr PutField<Field, Value> put{};

// Stores a constant into the target itself.
template <auto Value>
struct Give : Base<Give<Value>> {
  template <class R, class A>
  bool parse(It&, It const&, const Ctx& ctx, R& target, A&) const {
    Put(State(ctx), target, Value);
    return true;
  }
};
template <auto Value>
inline constexpr Give<Value> give{};

// Runs Function(state, next token, target); false ends the parse (or the alternative).
template <auto Function>
struct Call : Base<Call<Function>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if constexpr (std::is_void_v<decltype(Function(State(ctx), first, target))>) {
      Function(State(ctx), first, target);
      return true;
    } else {
      return Function(State(ctx), first, target);
    }
  }
};
template <auto Function>
inline constexpr Call<Function> call{};

// The body fills a local T; then Function(state, begin, next token, T&, target) builds from it.
template <class T, auto Function, class P>
struct Build : Base<Build<T, Function, P>> {
  P body;
  constexpr explicit Build(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    It begin = first;
    T local{};
    if (!body.parse(first, last, ctx, local, x3::unused)) return false;
    if constexpr (std::is_invocable_v<decltype(Function), ParseContext&, It, It, T&, R&>) {
      return Function(State(ctx), begin, first, local, target);
    } else {
      Node* node = nullptr;
      if (!Function(State(ctx), begin, first, local, node)) return false;
      Put(State(ctx), target, node);
      return true;
    }
  }
};
template <class T, auto Function, class P>
constexpr auto build(P p) { return Build<T, Function, P>(p); }

// The body's target is a local T, which is then stored into the target.
template <class T, class P>
struct As : Base<As<T, P>> {
  P body;
  constexpr explicit As(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    T local{};
    It begin = first;
    if (!body.parse(first, last, ctx, local, x3::unused)) return false;
    Put(State(ctx), target, local, begin, first);
    return true;
  }
};
template <class T, class P>
constexpr auto as(P p) { return As<T, P>(p); }

// The body with nothing to write to.
template <class P>
struct Skip : Base<Skip<P>> {
  P body;
  constexpr explicit Skip(P p) : body(p) {}
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R&, A&) const {
    return body.parse(first, last, ctx, x3::unused, x3::unused);
  }
};
template <class P>
constexpr auto skip(P p) { return Skip<P>(p); }

// A text as a template argument.
template <std::size_t N>
struct Fixed {
  char text[N];
  constexpr Fixed(const char (&t)[N]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = t[i];
  }
};
template <Fixed F>
inline constexpr Fixed kFixed = F;

// Stores a constant text into the target; takes no token.
template <Fixed F>
struct GiveText : Base<GiveText<F>> {
  template <class R, class A>
  bool parse(It&, It const&, const Ctx& ctx, R& target, A&) const {
    Put(State(ctx), target, Str(kFixed<F>.text));
    return true;
  }
};
template <Fixed F>
inline constexpr GiveText<F> text{};

// A DefElem called F whose argument the body writes.
template <Fixed F, class P>
constexpr auto def(P p) {
  return make<DefElem>(set<&DefElem::defname>(text<F>) >> set<&DefElem::arg>(p));
}

// --- rules --------------------------------------------------------------------------------------------------------

// A rule of the grammar that produces a T. Declared by PGSHOAL_RULE in rules.hpp, defined by PGSHOAL_DEFINE in one .cc.
template <class Id, class T>
struct Rule : Base<Rule<Id, T>> {
  using Target = T;
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if constexpr (std::is_same_v<R, T>) {
      return ParseRule(*this, first, last, ctx, target);
    } else if constexpr (std::is_same_v<T, x3::unused_type>) {
      T nothing;
      return ParseRule(*this, first, last, ctx, nothing);
    } else {
      T value{};
      It begin = first;
      if (!ParseRule(*this, first, last, ctx, value)) return false;
      Put(State(ctx), target, value, begin, first);
      return true;
    }
  }
};

#define PGSHOAL_RULE(name, ...)                                            \
  struct name##_id;                                                        \
  using name##_rule = Rule<name##_id, __VA_ARGS__>;                        \
  bool ParseRule(name##_rule, It&, It const&, const Ctx&, __VA_ARGS__&);   \
  inline constexpr name##_rule name{};

#define PGSHOAL_DEFINE(name, ...)                                                                                 \
  bool ParseRule(name##_rule, It& first, It const& last, const Ctx& ctx, name##_rule::Target& target) {           \
    static constexpr auto kDefinition = (__VA_ARGS__);                                                            \
    return kDefinition.parse(first, last, ctx, target, x3::unused);                                               \
  }

// --- names of tokens in the grammar -------------------------------------------------------------------------------

#define PGSHOAL_KEYWORD_PARSER(text, token, category, label) inline constexpr Kw<Tok::token> token{};
PGSHOAL_KEYWORDS(PGSHOAL_KEYWORD_PARSER)
#undef PGSHOAL_KEYWORD_PARSER
inline constexpr Kw<Tok::LPAREN> lp{};
inline constexpr Kw<Tok::RPAREN> rp{};
inline constexpr Kw<Tok::LBRACKET> lb{};
inline constexpr Kw<Tok::RBRACKET> rb{};
inline constexpr Kw<Tok::COMMA> comma{};
inline constexpr Kw<Tok::DOT> dot{};
inline constexpr Kw<Tok::STAR> star{};
inline constexpr Kw<Tok::EQUAL> equal{};
inline constexpr Kw<Tok::WITH_LA> WITH_LA_{};
inline constexpr Kw<Tok::NOT_LA> NOT_LA_{};
inline constexpr Kw<Tok::NULLS_LA> NULLS_LA_{};

inline constexpr Word<kColId> ColId{};
inline constexpr Word<kColId> name{};
inline constexpr Word<kTypeFunctionName> type_function_name{};
inline constexpr Word<kNonReservedWord> NonReservedWord{};
inline constexpr Word<kColLabel> ColLabel{};
inline constexpr Word<kColLabel> attr_name{};
inline constexpr Word<kBareLabel> BareColLabel{};
inline constexpr Text<Tok::SCONST> Sconst{};
inline constexpr IconstParser Iconst{};

}  // namespace grammar
}  // namespace pgshoal::parser
