#pragma once
// The whole tree, and Dispatch, from which visitors, walkers, equality, hash and dump are generated.

#include <type_traits>
#include <utility>

#include "parser/ast_base.hpp"
#include "parser/ast_expr.hpp"
#include "parser/ast_object.hpp"
#include "parser/ast_query.hpp"
#include "parser/ast_table.hpp"
#include "parser/ast_utility.hpp"

namespace pgshoal::parser {

// Calls visitor(static_cast<T&>(node)) with the node's own type; constness follows the argument.
template <class N, class Visitor>
  requires std::is_same_v<std::remove_const_t<N>, Node>
decltype(auto) Dispatch(N& node, Visitor&& visitor) {
  switch (node.tag) {
#define PGSHOAL_CASE(T) \
  case NodeTag::T:      \
    return visitor(static_cast<std::conditional_t<std::is_const_v<N>, const T, T>&>(node));
    PGSHOAL_NODES(PGSHOAL_CASE)
#undef PGSHOAL_CASE
  }
  __builtin_unreachable();
}

}  // namespace pgshoal::parser
