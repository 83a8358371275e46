// The tools that follow from the nodes' field lists, on every kind of node and every field of it.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "gtest/gtest.h"
#include "parser/parser.hpp"
#include "parser/walk.hpp"

namespace pgshoal::parser {
namespace {

using walk_internal::kIsList;
using walk_internal::kIsNodePointer;

template <class T>
T* NewChild(Arena& arena) {
  if constexpr (std::is_same_v<T, Node>) {
    return arena.New<A_Star>();
  } else {
    return arena.New<T>();
  }
}

// Gives a field a value that is not its default.
template <class F>
void Fill(Arena& arena, F& field) {
  if constexpr (kIsNodePointer<F>) {
    field = NewChild<std::remove_pointer_t<F>>(arena);
  } else if constexpr (kIsList<F>) {
    std::remove_reference_t<decltype(*field.items)> item{};
    Fill(arena, item);
    field = F();
    field.push_back(arena, item);
  } else if constexpr (std::is_same_v<F, Str>) {
    field = field == "filled" ? "other" : "filled";
  } else if constexpr (std::is_same_v<F, bool>) {
    field = !field;
  } else {
    field = static_cast<F>(static_cast<int>(field) + 1);
  }
}

// Changes one field of a node, number `which`; false when it has fewer.
bool Change(Arena& arena, Node& node, int which) {
  bool changed = false;
  Dispatch(node, [&](auto& n) {
    int i = 0;
    n.Fields(n, [&](const char*, auto& field) {
      using F = std::remove_reference_t<decltype(field)>;
      if (i++ != which) return;
      changed = true;
      if constexpr (kIsNodePointer<F>) {
        field = nullptr;
      } else if constexpr (kIsList<F>) {
        field = F();
      } else {
        Fill(arena, field);
      }
    });
  });
  return changed;
}

template <class Visit>
void EveryKind(Arena& arena, Visit&& visit) {
#define PGSHOAL_VISIT_KIND(T)                                                           \
  {                                                                                     \
    T* node = arena.New<T>();                                                           \
    T::Fields(*node, [&](const char*, auto& field) { Fill(arena, field); });            \
    visit(static_cast<Node*>(node));                                                    \
  }
  PGSHOAL_NODES(PGSHOAL_VISIT_KIND)
#undef PGSHOAL_VISIT_KIND
}

// Children as the struct's fields say: not by way of ForEachChild.
std::size_t ChildrenOf(Node& node) {
  std::size_t count = 0;
  Dispatch(node, [&](auto& n) {
    n.Fields(n, [&](const char*, auto& field) {
      using F = std::remove_reference_t<decltype(field)>;
      if constexpr (kIsNodePointer<F>) {
        ++count;
      } else if constexpr (kIsList<F>) {
        if constexpr (kIsNodePointer<std::remove_reference_t<decltype(*field.items)>>) ++count;
      }
    });
  });
  return count;
}

TEST(Ast, EveryFieldOfEveryKindCounts) {
  Arena arena;
  int kinds = 0;
  EveryKind(arena, [&](Node* node) {
    ++kinds;
    SCOPED_TRACE(std::string(TagName(node->tag)));
    std::size_t visited = 0;
    ForEachChild(*node, [&](Node&) { ++visited; });
    EXPECT_EQ(visited, ChildrenOf(*node));
    std::size_t walked = 0;
    Walk(*node, [&](Node& n) {
      ++walked;
      return &n == node;
    });
    EXPECT_EQ(walked, visited + 1);

    Node* copy = Clone(node, arena);
    EXPECT_TRUE(Equal(node, copy));
    EXPECT_EQ(Hash(node), Hash(copy));
    ForEachChild(*copy, [&](Node& child) {
      ForEachChild(*node, [&](Node& original) { EXPECT_NE(&child, &original); });
    });
    for (int field = 0;; ++field) {
      Node* other = Clone(node, arena);
      if (!Change(arena, *other, field)) break;
      EXPECT_FALSE(Equal(node, other)) << "field " << field;
      EXPECT_FALSE(Equal(other, node)) << "field " << field;
      EXPECT_NE(Hash(node), Hash(other)) << "field " << field;
    }
    std::size_t seen = 0;
    Node* replacement = arena.New<Integer>();
    Node* result = Rewrite(copy, [&](Node* n) {
      ++seen;
      return n == copy ? replacement : n;
    });
    EXPECT_EQ(seen, visited + 1);
    EXPECT_EQ(result, replacement);
  });
  EXPECT_GT(kinds, 150);
}

TEST(Ast, RewritersReachEverySlot) {
  Arena arena;
  EveryKind(arena, [&](Node* node) {
    SCOPED_TRACE(std::string(TagName(node->tag)));
    std::vector<Node*> before;
    ForEachChild(*node, [&](Node& child) { before.push_back(&child); });
    Rewrite(node, [&](Node* n) { return n == node ? n : Clone(n, arena); });
    std::size_t i = 0;
    ForEachChild(*node, [&](Node& child) { EXPECT_NE(&child, before[i++]); });
  });
}

// No data member may be missing from its node's field list, or no tool would see it.
TEST(Ast, FieldListsAreWhole) {
  static const std::regex structure(R"(struct (\w+) : Node \{([^}]*?)PGSHOAL_NODE\((\w+)([^)]*)\))");
  static const std::regex comment(R"(//[^\n]*)");
  static const std::regex member(R"((\w+)( = [^;]*)?;)");
  static const std::regex word(R"(\w+)");
  std::map<std::string, int> declared;
  for (const auto& entry : std::filesystem::directory_iterator("parser")) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with("ast_") || entry.path().extension() != ".hpp") continue;
    std::ifstream file(entry.path());
    std::stringstream whole;
    whole << file.rdbuf();
    std::string all = whole.str();
    std::string text = std::regex_replace(all, comment, "");
    // Each says which SQL it is, behind its name or above it.
    static const std::regex bare(R"(\n[^\n/]*\n(struct \w+ : Node \{)\n)");
    for (std::sregex_iterator b(all.begin(), all.end(), bare), none; b != none; ++b) ADD_FAILURE() << (*b)[1];
    for (std::sregex_iterator found(text.begin(), text.end(), structure), end; found != end; ++found) {
      std::string body = (*found)[2], list = (*found)[4];
      EXPECT_EQ((*found)[1], (*found)[3]);
      ++declared[(*found)[1]];
      std::vector<std::string> members, fields;
      for (std::sregex_iterator m(body.begin(), body.end(), member); m != end; ++m) members.push_back((*m)[1]);
      for (std::sregex_iterator w(list.begin(), list.end(), word); w != end; ++w) fields.push_back((*w)[0]);
      EXPECT_EQ(members, fields) << (*found)[1];
    }
  }
#define PGSHOAL_DECLARED(T) EXPECT_EQ(declared[#T], 1) << #T;
  PGSHOAL_NODES(PGSHOAL_DECLARED)
#undef PGSHOAL_DECLARED
}

}  // namespace
}  // namespace pgshoal::parser
