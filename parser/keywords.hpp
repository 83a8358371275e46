#pragma once
// The keyword table as data.

#include <cstdint>
#include <span>
#include <string_view>

#include "parser/token.hpp"

namespace pgshoal::parser {

struct Keyword {
  std::string_view text;  // lower case
  Tok token;
  uint8_t word;  // class bits of token.hpp
};

// All keywords in alphabetical order.
std::span<const Keyword> Keywords();

// The keyword spelt `text` in any case, or nullptr.
const Keyword* FindKeyword(std::string_view text);

}  // namespace pgshoal::parser
