#pragma once
// The two macros that let a struct's fields and an enum's names be listed once and visited anywhere.

#include <string_view>

// PGSHOAL_EACH(M, a, b, c) expands to M(a) M(b) M(c), for up to some 250 arguments.
#define PGSHOAL_PARENS ()
#define PGSHOAL_EXPAND(...) PGSHOAL_EXPAND3(PGSHOAL_EXPAND3(PGSHOAL_EXPAND3(PGSHOAL_EXPAND3(__VA_ARGS__))))
#define PGSHOAL_EXPAND3(...) PGSHOAL_EXPAND2(PGSHOAL_EXPAND2(PGSHOAL_EXPAND2(PGSHOAL_EXPAND2(__VA_ARGS__))))
#define PGSHOAL_EXPAND2(...) PGSHOAL_EXPAND1(PGSHOAL_EXPAND1(PGSHOAL_EXPAND1(PGSHOAL_EXPAND1(__VA_ARGS__))))
#define PGSHOAL_EXPAND1(...) __VA_ARGS__
#define PGSHOAL_EACH(M, ...) __VA_OPT__(PGSHOAL_EXPAND(PGSHOAL_EACH_STEP(M, __VA_ARGS__)))
#define PGSHOAL_EACH_STEP(M, first, ...) M(first) __VA_OPT__(PGSHOAL_EACH_AGAIN PGSHOAL_PARENS(M, __VA_ARGS__))
#define PGSHOAL_EACH_AGAIN() PGSHOAL_EACH_STEP

// Closes the definition of node struct T: its tag, its constructor and
// T::Fields(node, visitor), which calls visitor("name", field) for every field in order.
#define PGSHOAL_NODE(T, ...)                                       \
  static constexpr NodeTag kTag = NodeTag::T;                      \
  T() : Node(kTag) {}                                              \
  template <class Self, class Visitor>                             \
  static constexpr void Fields(Self& self, Visitor&& visitor) {    \
    (void)self, (void)visitor;                                     \
    PGSHOAL_EACH(PGSHOAL_VISIT_FIELD, __VA_ARGS__)                 \
  }
#define PGSHOAL_VISIT_FIELD(field) visitor(#field, self.field);

// enum class E {…} with EnumName(E).
#define PGSHOAL_ENUM(E, ...)                                       \
  enum class E : unsigned char { __VA_ARGS__ };                    \
  constexpr std::string_view EnumName(E value) {                   \
    switch (value) {                                               \
      using enum E;                                                \
      PGSHOAL_EACH(PGSHOAL_ENUM_CASE, __VA_ARGS__)                 \
    }                                                              \
    return "?";                                                    \
  }
#define PGSHOAL_ENUM_CASE(name) \
  case name:                    \
    return #name;
