// Drives lexer and grammar over a script, and turns what went wrong into PostgreSQL's errors.
// gram.y's rules that have no name of their own here: parse_toplevel, stmtmulti, toplevel_stmt.
#include "parser/parser.hpp"

#include "base/limits.hpp"
#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "parser/grammar/rules.hpp"
#include "parser/token_list.hpp"

namespace pgshoal::parser {

namespace {

absl::Status ToSqlStatus(const SourceError& error, std::string_view text) {
  return SqlStatus(error.sqlstate, error.message, error.has_position ? CharPosition(text, error.position) : 0,
                   error.hint, error.detail);
}

// What is kept of a token buffer between two parses of a thread.
constexpr std::size_t kKeptTokens = 1u << 16;

}  // namespace

int CharPosition(std::string_view text, uint32_t byte_offset) {
  int position = 1;
  for (std::size_t i = 0; i < byte_offset && i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) ++position;
  }
  return position;
}

absl::StatusOr<std::unique_ptr<ParsedScript>> Parse(std::string_view sql) {
  if (sql.size() > limits::kMaxStatement) {
    return SqlStatus(sqlstate::kStatementTooComplex,
                     fmt::format("statement of {} bytes is longer than the {} that are parsed", sql.size(),
                                 limits::kMaxStatement));
  }
  auto script = std::make_unique<ParsedScript>(sql);
  std::string_view text = script->text_;
  static thread_local TokenList tokens;
  SourceError lexical;
  Lex(text, script->arena_, tokens, lexical);

  ParseContext state{script->arena_, text, tokens.data(),
                     static_cast<const char*>(__builtin_frame_address(0)) - limits::kParserStackBytes, {}, 0};
  auto context = boost::spirit::x3::make_context<grammar::ContextTag>(state);
  const Token* first = tokens.data();
  const Token* const last = tokens.data() + tokens.size() - kSentinels;
  bool ok = true;
  while (ok) {
    while (first->kind == Tok::SEMICOLON) grammar::Shift(first, state);
    if (first->kind == Tok::END) break;
    Statement statement;
    statement.begin = first->begin;
    ok = grammar::ParseRule(grammar::stmt, first, last, context, statement.root) && !state.error.any() &&
         (first->kind == Tok::SEMICOLON || first->kind == Tok::END);
    if (!ok) break;
    statement.end = first[-1].end;
    script->statements_.push_back(script->arena_, statement);
  }
  absl::Status status;
  if (!ok) {
    if (!state.error.any() && state.furthest->kind == Tok::INVALID) state.error = lexical;
    if (!state.error.any()) grammar::FailAt(state, "syntax error", state.furthest);
    status = ToSqlStatus(state.error, text);
  }
  if (tokens.capacity() > kKeptTokens) tokens.Release();
  if (!ok) return status;
  script->max_param_ = state.max_param;
  return script;
}

}  // namespace pgshoal::parser
