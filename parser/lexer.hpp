#pragma once
// Text to tokens, by PostgreSQL's scanner rules (standard_conforming_strings on) and its look-ahead filter.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parser/arena.hpp"
#include "parser/token.hpp"

namespace pgshoal::parser {

// An error at a byte of the text. Empty sqlstate: none.
struct SourceError {
  std::string_view sqlstate;
  std::string message;
  uint32_t position = 0;  // byte offset
  std::string hint;
  std::string detail;
  bool has_position = true;
  bool any() const { return !sqlstate.empty(); }
};

// The tokens of `text`, ended by at least kSentinels END tokens (so the grammar may look ahead without checks).
// Values point into `text`, static data, or `arena` when they had to be decoded.
// At an error the tokens up to it are followed by one INVALID token, and `error` is set.
inline constexpr int kSentinels = 4;
void Lex(std::string_view text, Arena& arena, std::vector<Token>& tokens, SourceError& error);

}  // namespace pgshoal::parser
