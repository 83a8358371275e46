// How grammar actions report errors.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/kit.hpp"

namespace pgshoal::parser::grammar {

bool Fail(ParseContext& state, std::string_view sqlstate, std::string message, uint32_t byte_position,
          std::string_view hint, std::string_view detail) {
  if (state.error.any()) return false;
  state.error.sqlstate = sqlstate;
  state.error.message = std::move(message);
  state.error.position = byte_position;
  state.error.hint = hint;
  state.error.detail = detail;
  return false;
}

bool FailNowhere(ParseContext& state, std::string_view sqlstate, std::string message, std::string_view hint) {
  if (state.error.any()) return false;
  Fail(state, sqlstate, std::move(message), 0, hint);
  state.error.has_position = false;
  return false;
}

bool FailAt(ParseContext& state, std::string_view message, It token) {
  if (token > state.furthest) state.furthest = token;
  if (token->kind == Tok::INVALID) return false;  // the scanner's own error comes first
  if (token->kind == Tok::END) {
    return Fail(state, sqlstate::kSyntaxError, fmt::format("{} at end of input", message), token->begin);
  }
  std::string_view text = state.text.substr(token->begin, token->end - token->begin);
  return Fail(state, sqlstate::kSyntaxError, fmt::format("{} at or near \"{}\"", message, text), token->begin);
}

bool FailTooDeep(ParseContext& state) {
  return FailNowhere(state, sqlstate::kStatementTooComplex, "stack depth limit exceeded",
                     "The statement is nested too deeply.");
}

}  // namespace pgshoal::parser::grammar
