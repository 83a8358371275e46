#include "parser/walk.hpp"

#include <utility>

#include "fmt/format.h"

namespace pgshoal::parser {

using walk_internal::kIsList;
using walk_internal::kIsNodePointer;

std::string_view TagName(NodeTag tag) {
  if (tag == NodeTag::ListNode) return "List";
  static constexpr std::string_view kNames[] = {
#define PGSHOAL_NAME(T) #T,
      PGSHOAL_NODES(PGSHOAL_NAME)
#undef PGSHOAL_NAME
  };
  return kNames[static_cast<std::size_t>(tag)];
}

void ForEachChild(const Node& node, absl::FunctionRef<void(const Node&)> visit) {
  Dispatch(node, [&](const auto& n) {
    n.Fields(n, [&](const char*, const auto& field) {
      using F = std::remove_const_t<std::remove_reference_t<decltype(field)>>;
      if constexpr (kIsNodePointer<F>) {
        if (field != nullptr) visit(*field);
      } else if constexpr (kIsList<F>) {
        if constexpr (kIsNodePointer<std::remove_reference_t<decltype(*field.items)>>) {
          for (const auto* item : field) {
            if (item != nullptr) visit(*item);
          }
        }
      }
    });
  });
}

void ForEachChild(Node& node, absl::FunctionRef<void(Node&)> visit) {
  // What hangs below a node that may be changed may be changed.
  ForEachChild(std::as_const(node), [visit](const Node& child) { visit(const_cast<Node&>(child)); });
}

void Walk(const Node& root, absl::FunctionRef<bool(const Node&)> visit) {
  if (!visit(root)) return;
  ForEachChild(root, [visit](const Node& child) { Walk(child, visit); });
}

void Walk(Node& root, absl::FunctionRef<bool(Node&)> visit) {
  if (!visit(root)) return;
  ForEachChild(root, [visit](Node& child) { Walk(child, visit); });
}

Node* Rewrite(Node* root, const std::function<Node*(Node*)>& rewrite) {
  if (root == nullptr) return nullptr;
  auto slot = [&](auto& pointer) {
    using T = std::remove_pointer_t<std::remove_reference_t<decltype(pointer)>>;
    Node* changed = Rewrite(pointer, rewrite);
    if constexpr (std::is_same_v<T, Node>) {
      pointer = changed;
    } else {
      if (changed != nullptr && changed->tag == T::kTag) pointer = static_cast<T*>(changed);
    }
  };
  Dispatch(*root, [&](auto& n) {
    n.Fields(n, [&](const char*, auto& field) {
      using F = std::remove_reference_t<decltype(field)>;
      if constexpr (kIsNodePointer<F>) {
        if (field != nullptr) slot(field);
      } else if constexpr (kIsList<F>) {
        if constexpr (kIsNodePointer<std::remove_reference_t<decltype(*field.items)>>) {
          for (auto& item : field) {
            if (item != nullptr) slot(item);
          }
        }
      }
    });
  });
  return rewrite(root);
}

Node* Clone(const Node* node, Arena& arena) {
  if (node == nullptr) return nullptr;
  return Dispatch(*node, [&](const auto& original) -> Node* {
    using T = std::remove_const_t<std::remove_reference_t<decltype(original)>>;
    T* copy = arena.New<T>(original);
    T::Fields(*copy, [&](const char*, auto& field) {
      using F = std::remove_reference_t<decltype(field)>;
      if constexpr (kIsNodePointer<F>) {
        field = static_cast<F>(Clone(static_cast<const Node*>(field), arena));
      } else if constexpr (kIsList<F>) {
        using Item = std::remove_reference_t<decltype(*field.items)>;
        F items;
        items.items = static_cast<Item*>(arena.Allocate(sizeof(Item) * field.count));
        items.capacity = field.count;
        for (Item& item : field) {
          if constexpr (kIsNodePointer<Item>) {
            items.items[items.count++] = static_cast<Item>(Clone(static_cast<const Node*>(item), arena));
          } else {
            items.items[items.count++] = item;
          }
        }
        field = items;
      }
    });
    return copy;
  });
}

namespace {

template <class F>
bool FieldEqual(const F& a, const F& b) {
  if constexpr (kIsNodePointer<F>) {
    return Equal(a, b);
  } else if constexpr (kIsList<F>) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!FieldEqual(a[i], b[i])) return false;
    }
    return true;
  } else if constexpr (std::is_same_v<F, Str>) {
    return a == b && (a.data() == nullptr) == (b.data() == nullptr);
  } else {
    return a == b;
  }
}

template <class F>
void FieldHash(const F& field, uint64_t& state) {
  auto mix = [&](uint64_t value) { state = (state ^ value) * 0x9e3779b97f4a7c15ULL + (state >> 29); };
  if constexpr (kIsNodePointer<F>) {
    mix(Hash(field));
  } else if constexpr (kIsList<F>) {
    mix(field.size());
    for (const auto& item : field) FieldHash(item, state);
  } else if constexpr (std::is_same_v<F, Str>) {
    mix(field.size());
    for (char c : field) mix(static_cast<unsigned char>(c));
  } else {
    mix(static_cast<uint64_t>(field));
  }
}

// Writes one JSON string.
void JsonString(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (std::size_t at = std::string_view("\b\f\n\r\t").find(c); at != std::string_view::npos) {
      out += '\\';
      out += "bfnrt"[at];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {
      out += c;
    }
  }
  out += '"';
}

void Dump(std::string& out, const Node& node);

void DumpWrapped(std::string& out, const Node* node) {
  if (node == nullptr) {
    out += "{}";
    return;
  }
  out += "{\"";
  out += TagName(node->tag);
  out += "\":";
  Dump(out, *node);
  out += '}';
}

void DumpConst(std::string& out, const A_Const& value) {
  auto text = [&](const char* name) {
    fmt::format_to(std::back_inserter(out), "{{\"{}\":{{\"{}\":", name, name);
    JsonString(out, value.sval);
    out += "}}";
  };
  switch (value.type) {
    case ConstType::kInteger:
      out += value.ival == 0 ? "{\"ival\":{}}" : fmt::format("{{\"ival\":{{\"ival\":{}}}}}", value.ival);
      return;
    case ConstType::kFloat: return text("fval");
    case ConstType::kString: return text("sval");
    case ConstType::kBitString: return text("bsval");
    case ConstType::kBoolean: out += value.ival ? "{\"boolval\":{\"boolval\":true}}" : "{\"boolval\":{}}"; return;
    case ConstType::kNull: out += "{\"isnull\":true}"; return;
  }
}

// One field as libpg_query shows it; false (nothing written) when it leaves the field out.
template <class F>
bool DumpField(std::string& out, const F& field) {
  if constexpr (std::is_same_v<F, Node*>) {
    if (field == nullptr) return false;
    DumpWrapped(out, field);
  } else if constexpr (kIsNodePointer<F>) {
    if (field == nullptr) return false;
    Dump(out, *field);
  } else if constexpr (std::is_same_v<F, Str>) {
    if (field.data() == nullptr) return false;
    JsonString(out, field);
  } else if constexpr (kIsList<F>) {
    if (field.empty()) return false;
    out += '[';
    for (const auto& item : field) {
      if (&item != field.begin()) out += ',';
      using Item = std::remove_cvref_t<decltype(item)>;
      if constexpr (kIsNodePointer<Item>) {
        DumpWrapped(out, item);
      } else if constexpr (std::is_same_v<Item, Str>) {
        out += "{\"String\":{\"sval\":";
        JsonString(out, item);
        out += "}}";
      } else {
        out += item == 0 ? "{\"Integer\":{}}" : fmt::format("{{\"Integer\":{{\"ival\":{}}}}}", item);
      }
    }
    out += ']';
  } else if constexpr (std::is_enum_v<F>) {
    out += '"';
    out += EnumName(field);
    out += '"';
  } else if constexpr (std::is_same_v<F, bool>) {
    if (!field) return false;
    out += "true";
  } else if constexpr (std::is_same_v<F, char>) {
    if (field == 0) return false;
    JsonString(out, {&field, 1});
  } else {
    if (field == 0) return false;
    fmt::format_to(std::back_inserter(out), "{}", field);
  }
  return true;
}

void Dump(std::string& out, const Node& node) {
  if (const auto* value = As<A_Const>(&node)) return DumpConst(out, *value);
  out += '{';
  bool first = true;
  auto member = [&](std::string_view name, const auto& field) {
    std::size_t before = out.size();
    if (!first) out += ',';
    out += '"';
    out += name;
    out += "\":";
    if (DumpField(out, field)) {
      first = false;
    } else {
      out.resize(before);
    }
  };
  if (const auto* column = As<ColumnRef>(&node); column != nullptr && column->star) {
    out += "\"fields\":[";
    for (Str name : column->fields) {
      out += "{\"String\":{\"sval\":";
      JsonString(out, name);
      out += "}},";
    }
    out += "{\"A_Star\":{}}]}";
    return;
  }
  Dispatch(node, [&](const auto& n) {
    n.Fields(n, [&](const char* name, const auto& field) { member(name, field); });
  });
  if (node.tag == NodeTag::Boolean && first) out += "\"boolval\":false";
  if (node.tag == NodeTag::TypeName) member("typemod", int32_t{-1});
  if (node.tag == NodeTag::NamedArgExpr) member("argnumber", int32_t{-1});
  out += '}';
}

}  // namespace

bool Equal(const Node* a, const Node* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || a->tag != b->tag) return false;
  return Dispatch(*a, [&](const auto& left) {
    using T = std::remove_cvref_t<decltype(left)>;
    const T& right = static_cast<const T&>(*b);
    const void* right_fields[32];
    int count = 0;
    right.Fields(right, [&](const char*, const auto& field) { right_fields[count++] = &field; });
    int i = 0;
    bool equal = true;
    left.Fields(left, [&](const char*, const auto& field) {
      using F = std::remove_cvref_t<decltype(field)>;
      equal = equal && FieldEqual(field, *static_cast<const F*>(right_fields[i++]));
    });
    return equal;
  });
}

uint64_t Hash(const Node* node) {
  if (node == nullptr) return 0x51ed270b;
  uint64_t state = static_cast<uint64_t>(node->tag) + 1;
  Dispatch(*node, [&](const auto& n) {
    n.Fields(n, [&](const char*, const auto& field) { FieldHash(field, state); });
  });
  return state;
}

std::string DumpJson(const Node* node) {
  std::string out;
  DumpWrapped(out, node);
  return out;
}

}  // namespace pgshoal::parser
