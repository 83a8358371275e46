#pragma once
// Internal to parser/: the classes of characters that PostgreSQL's scanner tells apart, and where its operators end.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parser/token.hpp"

namespace pgshoal::parser {

enum CharClass : uint8_t {
  kSpaceChar = 1,
  kIdentStart = 2,
  kIdentCont = 4,
  kOpChar = 8,
  kDigit = 16,
  kUpper = 32,
  kHex = 64
};

inline constexpr std::array<uint8_t, 256> kClass = [] {
  std::array<uint8_t, 256> c{};
  for (char s : {' ', '\t', '\n', '\r', '\f'}) c[static_cast<unsigned char>(s)] |= kSpaceChar;
  for (int i = 0; i < 256; ++i) {
    bool letter = (i >= 'a' && i <= 'z') || (i >= 'A' && i <= 'Z');
    bool digit = i >= '0' && i <= '9';
    if (letter || i >= 128 || i == '_') c[i] |= kIdentStart | kIdentCont;
    if (digit) c[i] |= kIdentCont | kDigit;
    if (i == '$') c[i] |= kIdentCont;
    if (i >= 'A' && i <= 'Z') c[i] |= kUpper;
    if (digit || (i >= 'a' && i <= 'f') || (i >= 'A' && i <= 'F')) c[i] |= kHex;
  }
  for (char s : std::string_view("~!@#^&|`?+-*/%<>=")) c[static_cast<unsigned char>(s)] |= kOpChar;
  return c;
}();

inline bool Has(char c, uint8_t classes) {
  return (kClass[static_cast<unsigned char>(c)] & classes) != 0;
}

// Single-character tokens ("self" in the scanner).
inline constexpr std::array<Tok, 256> kSelf = [] {
  std::array<Tok, 256> t{};
  t[','] = Tok::COMMA, t['('] = Tok::LPAREN, t[')'] = Tok::RPAREN, t['['] = Tok::LBRACKET, t[']'] = Tok::RBRACKET;
  t['.'] = Tok::DOT, t[';'] = Tok::SEMICOLON, t[':'] = Tok::COLON, t['+'] = Tok::PLUS, t['-'] = Tok::MINUS;
  t['*'] = Tok::STAR, t['/'] = Tok::SLASH, t['%'] = Tok::PERCENT, t['^'] = Tok::CARET, t['<'] = Tok::LESS;
  t['>'] = Tok::GREATER, t['='] = Tok::EQUAL;
  return t;
}();

// Where the operator at `s` ends: before a comment begins, and without a trailing + or - unless a character says that
// it is no SQL operator (the manual, "Operators" in "Lexical Structure"). REQUIRES: s < end, s[0] has kOpChar, and no
// comment begins at s.
inline const char* OperatorEnd(const char* s, const char* end) {
  const char* q = s + 1;
  while (q < end && Has(*q, kOpChar)) {
    if ((*q == '*' && q[-1] == '/') || (*q == '-' && q[-1] == '-')) {
      --q;
      break;
    }
    ++q;
  }
  std::size_t n = static_cast<std::size_t>(q - s);
  if (n > 1 && (s[n - 1] == '+' || s[n - 1] == '-')) {
    bool qualifies = false;
    for (std::size_t i = 0; i + 1 < n && !qualifies; ++i) {
      qualifies = std::string_view("~!@#^&|`?%").find(s[i]) != std::string_view::npos;
    }
    if (!qualifies) {
      do --n;
      while (n > 1 && (s[n - 1] == '+' || s[n - 1] == '-'));
    }
  }
  return s + n;
}

}  // namespace pgshoal::parser
