// Any bytes: scanner, parser and printer end without a crash, and what is printed parses to an equal tree.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "parser/normalize.hpp"
#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pgshoal::parser;
  std::string_view sql(reinterpret_cast<const char*>(data), size);
  if (sql.find('\0') != std::string_view::npos) return 0;  // no text of PostgreSQL holds a zero
  (void)Normalize(sql);
  auto script = Parse(sql);
  if (!script.ok()) return 0;
  for (const Statement& statement : (*script)->statements()) {
    std::string printed = Print(*statement.root);
    auto again = Parse(printed);
    if (!again.ok() || (*again)->statements().size() != 1) std::abort();
    if (!Equal(statement.root, (*again)->statements()[0].root)) std::abort();
  }
  return 0;
}
