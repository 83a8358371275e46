// Any bytes: parser and normaliser end without a crash, errors are whole, spans lie inside the text, and what is made of
// a tree (clone, hash, rewriting) is equal to it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/status.hpp"
#include "parser/normalize.hpp"
#include "parser/parser.hpp"
#include "parser/walk.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pgshoal::parser;
  std::string_view sql(reinterpret_cast<const char*>(data), size);
  (void)Normalize(sql);
  auto script = Parse(sql);
  if (!script.ok()) {
    pgshoal::SqlError error = pgshoal::ToSqlError(script.status());
    if (error.sqlstate.size() != 5 || error.message.empty() || error.position < 0) std::abort();
    if (static_cast<size_t>(error.position) > size + 1) std::abort();
    return 0;
  }
  for (const Statement& statement : (*script)->statements()) {
    if (statement.begin > statement.end || statement.end > size) std::abort();
    Walk(*static_cast<const Node*>(statement.root), [&](const Node& node) {
      if (node.begin > node.end || node.end > size) std::abort();
      return true;
    });
    Arena arena;
    Node* copy = Clone(statement.root, arena);
    if (!Equal(statement.root, copy) || Hash(statement.root) != Hash(copy)) std::abort();
    if (Rewrite(copy, [](Node* node) { return node; }) != copy || !Equal(statement.root, copy)) std::abort();
  }
  return 0;
}
