#pragma once
// Going through trees: children, walkers, clone, equality, hash. All of it follows from the nodes' Fields().

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>

#include "absl/functional/function_ref.h"
#include "parser/ast.hpp"

namespace pgshoal::parser {

// Calls visit(child) for each direct child node, in field order.
// Functions rather than templates: the code that knows every field of every node exists once.
void ForEachChild(const Node& node, absl::FunctionRef<void(const Node&)> visit);
void ForEachChild(Node& node, absl::FunctionRef<void(Node&)> visit);

// Pre-order walk over `root` and everything below. visit(node) returns whether to go into the node's children.
// Recursion depth is the tree's depth, which Parse bounds.
void Walk(const Node& root, absl::FunctionRef<bool(const Node&)> visit);
void Walk(Node& root, absl::FunctionRef<bool(Node&)> visit);

// Replaces nodes: rewrite(child) is called for each Node* slot below `root`, children first, and what it returns takes
// the slot (the same pointer to keep). Slots of one fixed node type (RangeVar*, ResTarget* …) are visited, and keep
// their pointer when the rewriter returns another kind. Returns rewrite(root).
Node* Rewrite(Node* root, const std::function<Node*(Node*)>& rewrite);

// A deep copy in `arena`. Strings are shared with the original, which must outlive the copy.
Node* Clone(const Node* node, Arena& arena);
template <class T>
T* Clone(const T* node, Arena& arena) {
  return static_cast<T*>(Clone(static_cast<const Node*>(node), arena));
}

// Structural equality and hash: everything but source spans.
bool Equal(const Node* a, const Node* b);
uint64_t Hash(const Node* node);

// The tree as JSON, in the form of libpg_query's dump without locations.
std::string DumpJson(const Node* node);

namespace walk_internal {
template <class T>
inline constexpr bool kIsNodePointer =
    std::is_pointer_v<T> && std::is_base_of_v<Node, std::remove_cv_t<std::remove_pointer_t<T>>>;
template <class T>
inline constexpr bool kIsList = false;
template <class T>
inline constexpr bool kIsList<List<T>> = true;
}  // namespace walk_internal

}  // namespace pgshoal::parser
