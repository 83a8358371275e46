// Any statement: what is printed of its tree parses to an equal tree. A statement's
// key takes out constants that are in the tree.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "parser/statement_key.hpp"
#include "parser/walk.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pgshoal::parser;
  std::string_view sql(reinterpret_cast<const char*>(data), size);
  if (sql.find('\0') != std::string_view::npos) return 0;  // no text of PostgreSQL holds a zero
  static StatementKey key;
  const bool has_key = key.Scan(sql);
  auto script = Parse(sql);
  if (!script.ok()) return 0;
  std::vector<bool> found(has_key ? key.constants().size() : 0);
  for (const Statement& statement : (*script)->statements()) {
    Walk(std::as_const(*statement.root), [&](const Node& node) {
      const int index = has_key ? FindConstant(key.constants(), node) : -1;
      if (index >= 0) found[static_cast<std::size_t>(index)] = true;
      return true;
    });
    std::string printed = Print(*statement.root);
    auto again = Parse(printed);
    if (!again.ok() || (*again)->statements().size() != 1) std::abort();
    if (!Equal(statement.root, (*again)->statements()[0].root)) std::abort();
  }
  for (bool one : found) {
    if (!one) std::abort();
  }
  return 0;
}
