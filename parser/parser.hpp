#pragma once
// SQL text in, tree out: the front door of the parser.
//
// Accepts PostgreSQL 15's grammar and builds its raw parse tree (ast.hpp); nothing is looked up in a catalog.
// Thread-safe: no state is shared between calls. Text is taken as UTF-8.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "parser/arena.hpp"
#include "parser/ast.hpp"

namespace pgshoal::parser {

// One statement of a script. Empty statements (";;") are not listed.
struct Statement {
  Node* root = nullptr;
  uint32_t begin = 0;  // bytes of the script's text: first token …
  uint32_t end = 0;    // … to the end of the last one, without ';'
};

// A parsed text with everything that its tree points into. Immutable after Parse, except that more nodes may be made
// in its arena by whoever owns it alone.
class ParsedScript {
 public:
  explicit ParsedScript(std::string_view sql) : text_(sql) {}
  const std::string& text() const { return text_; }
  const List<Statement>& statements() const { return statements_; }
  // The source text of a statement or of a node of this script.
  std::string_view TextOf(const Statement& s) const { return std::string_view(text_).substr(s.begin, s.end - s.begin); }
  std::string_view TextOf(const Node& n) const { return std::string_view(text_).substr(n.begin, n.end - n.begin); }
  Arena& arena() { return arena_; }
  // The highest $n in the text; 0 when there is none.
  int max_param() const { return max_param_; }

 private:
  friend absl::StatusOr<std::unique_ptr<ParsedScript>> Parse(std::string_view sql);
  std::string text_;
  Arena arena_;
  List<Statement> statements_;
  int max_param_ = 0;
};

// Parses a whole script (any number of statements separated by ';').
// Errors are PostgreSQL's own: SQLSTATE, message and position (1-based, in characters of `sql`), see base/status.hpp.
// 54001 when the text nests too deep, or is longer than limits::kMaxStatement.
[[nodiscard]] absl::StatusOr<std::unique_ptr<ParsedScript>> Parse(std::string_view sql);

// A byte offset in UTF-8 `text` as a PostgreSQL error position: 1-based, in characters.
int CharPosition(std::string_view text, uint32_t byte_offset);

}  // namespace pgshoal::parser
