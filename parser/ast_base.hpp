#pragma once
// What every tree node is: a tag, a source span, and a list of fields that can be visited.
//
// The tree is PostgreSQL 15's raw parse tree (same node and field names), only leaner: names are string views
// (decoded; into the source text, the arena or static data), lists are arena arrays, absent strings have
// data() == nullptr. Nodes are plain structs owned by an Arena; a finished tree is immutable by convention.

#include <cstdint>
#include <string_view>

#include "parser/arena.hpp"
#include "parser/ast_enums.hpp"
#include "parser/ast_nodes.hpp"

namespace pgshoal::parser {

enum class NodeTag : uint16_t {
#define PGSHOAL_TAG(T) T,
  PGSHOAL_NODES(PGSHOAL_TAG)
#undef PGSHOAL_TAG
};

// The name of the node struct, as PostgreSQL's ("SelectStmt"); "List" for ListNode.
std::string_view TagName(NodeTag tag);

struct Node {
  NodeTag tag;
  uint32_t begin = 0;  // byte offsets in the source text: [begin, end). 0, 0 for a node that was not read from text
  uint32_t end = 0;

 protected:
  explicit Node(NodeTag t) : tag(t) {}
};

using Str = std::string_view;
using Names = List<Str>;
using Nodes = List<Node*>;

// Value nodes, for places that take any node (DefElem::arg, DropStmt::objects …).
struct Integer : Node {  // a number that is no expression: Iconst, SignedIconst, NumericOnly
  int32_t ival = 0;
  PGSHOAL_NODE(Integer, ival)
};
struct Float : Node {  // the same with digits as written: NumericOnly
  Str fval;
  PGSHOAL_NODE(Float, fval)
};
struct Boolean : Node {  // an option's true or false
  bool boolval = false;
  PGSHOAL_NODE(Boolean, boolval)
};
struct String : Node {  // a name or a string that is no expression
  Str sval;
  PGSHOAL_NODE(String, sval)
};
struct BitString : Node {  // b'…' or x'…' that is no expression
  Str bsval;  // 'b' or 'x', then the digits
  PGSHOAL_NODE(BitString, bsval)
};
struct ListNode : Node {  // a list where the tree takes any node: any_name, columnList, expr_list …
  Nodes items;
  PGSHOAL_NODE(ListNode, items)
};

// The node as a T, or nullptr when it is another kind (or null).
template <class T>
T* As(Node* node) {
  return node != nullptr && node->tag == T::kTag ? static_cast<T*>(node) : nullptr;
}
template <class T>
const T* As(const Node* node) {
  return node != nullptr && node->tag == T::kTag ? static_cast<const T*>(node) : nullptr;
}
template <class T>
bool Is(const Node* node) {
  return node != nullptr && node->tag == T::kTag;
}

}  // namespace pgshoal::parser
