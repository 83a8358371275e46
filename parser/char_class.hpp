#pragma once
// Internal to parser/: the classes of characters that PostgreSQL's scanner tells apart, and where its operators end.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

constexpr unsigned char Byte(char c) { return static_cast<unsigned char>(c); }
inline bool Has(char c, uint8_t classes) { return (kClass[Byte(c)] & classes) != 0; }

// What a token that begins with this character is.
enum class Start : uint8_t {
  kBad,
  kBlank,
  kWord,
  kDigit,
  kQuote,
  kDoubleQuote,
  kDollar,
  kOpen,
  kClose,
  kOpenBracket,
  kCloseBracket,
  kComma,
  kSemicolon,
  kDot,
  kColon,
  kOperator
};

inline constexpr std::array<Start, 256> kStart = [] {
  std::array<Start, 256> start{};
  for (int i = 0; i < 256; ++i) {
    if ((kClass[i] & kSpaceChar) != 0) start[i] = Start::kBlank;
    if ((kClass[i] & kIdentStart) != 0) start[i] = Start::kWord;
    if ((kClass[i] & kDigit) != 0) start[i] = Start::kDigit;
    if ((kClass[i] & kOpChar) != 0) start[i] = Start::kOperator;
  }
  start['\''] = Start::kQuote, start['"'] = Start::kDoubleQuote, start['$'] = Start::kDollar;
  start['('] = Start::kOpen, start[')'] = Start::kClose, start['['] = Start::kOpenBracket,
  start[']'] = Start::kCloseBracket;
  start[','] = Start::kComma, start[';'] = Start::kSemicolon, start['.'] = Start::kDot, start[':'] = Start::kColon;
  return start;
}();

// Single-character tokens ("self" in the scanner).
inline constexpr std::array<Tok, 256> kSelf = [] {
  std::array<Tok, 256> t{};
  t[','] = Tok::COMMA, t['('] = Tok::LPAREN, t[')'] = Tok::RPAREN, t['['] = Tok::LBRACKET, t[']'] = Tok::RBRACKET;
  t['.'] = Tok::DOT, t[';'] = Tok::SEMICOLON, t[':'] = Tok::COLON, t['+'] = Tok::PLUS, t['-'] = Tok::MINUS;
  t['*'] = Tok::STAR, t['/'] = Tok::SLASH, t['%'] = Tok::PERCENT, t['^'] = Tok::CARET, t['<'] = Tok::LESS;
  t['>'] = Tok::GREATER, t['='] = Tok::EQUAL;
  return t;
}();

#ifdef __SSE2__
// Of 16 characters, one bit each: those of words, and upper-case letters.
inline unsigned WordMask(__m128i v) {
  const __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
  const __m128i letter = _mm_cmpgt_epi8(_mm_add_epi8(lower, _mm_set1_epi8(0x7f - 'z')), _mm_set1_epi8(0x7f - 26));
  const __m128i digit = _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(0x7f - '9')), _mm_set1_epi8(0x7f - 10));
  const __m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('_')), _mm_cmpeq_epi8(v, _mm_set1_epi8('$')));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letter, digit), _mm_or_si128(other, v))));
}
inline __m128i UpperLetters(__m128i v) {
  return _mm_cmpgt_epi8(_mm_add_epi8(v, _mm_set1_epi8(0x7f - 'Z')), _mm_set1_epi8(0x7f - 26));
}
#endif

// Behind the characters of a word from `p` on; `upper` is set when one is an upper-case letter.
// REQUIRES: a zero byte at `end`.
inline const char* WordEnd(const char* p, const char* end, bool& upper) {
#ifdef __SSE2__
  while (end - p >= 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const unsigned stop = ~WordMask(v) & 0xffffu;
    unsigned capitals = static_cast<unsigned>(_mm_movemask_epi8(UpperLetters(v)));
    if (stop != 0) {
      capitals &= (stop - 1) & ~stop;
      upper |= capitals != 0;
      return p + std::countr_zero(stop);
    }
    upper |= capitals != 0;
    p += 16;
  }
#endif
  unsigned seen = 0;
  for (; Has(*p, kIdentCont) && p != end; ++p) seen |= kClass[Byte(*p)];
  upper |= (seen & kUpper) != 0;
  return p;
}

// The first `c` in [p, end), or null.
inline const char* FindByte(const char* p, const char* end, char c) {
#ifdef __SSE2__
  const __m128i wanted = _mm_set1_epi8(c);
  for (; end - p >= 16; p += 16) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(v, wanted)));
    if (found != 0) return p + std::countr_zero(found);
  }
#endif
  for (; p < end; ++p) {
    if (*p == c) return p;
  }
  return nullptr;
}

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
