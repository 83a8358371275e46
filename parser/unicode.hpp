#pragma once
// UTF-8 and Unicode escapes, as PostgreSQL's scanner treats them.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgshoal::parser {

inline bool IsFirstSurrogate(uint32_t c) { return c >= 0xd800 && c <= 0xdbff; }
inline bool IsSecondSurrogate(uint32_t c) { return c >= 0xdc00 && c <= 0xdfff; }
inline uint32_t CombineSurrogates(uint32_t first, uint32_t second) {
  return ((first & 0x3ff) << 10) + 0x10000 + (second & 0x3ff);
}
inline bool IsCodePoint(uint32_t c) { return c > 0 && c <= 0x10ffff; }
inline int HexValue(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

void AppendUtf8(std::string& out, uint32_t code_point);

// How long a character is by its first byte alone, be it right or not; 1 of bytes that begin none.
inline std::size_t Utf8Length(char first) {
  const auto lead = static_cast<unsigned char>(first);
  if (lead < 0xc0 || lead >= 0xf8) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// False also for a zero byte, which PostgreSQL's text cannot hold.
bool IsValidUtf8(std::string_view text);
// PostgreSQL's report of the first bad byte sequence. REQUIRES: !IsValidUtf8(text)
std::string InvalidUtf8Message(std::string_view text);

// Whether `c` may be given after UESCAPE.
bool IsUnicodeEscapeChar(char c);

// Decodes the body of U&'…' into `out` (cleared first). message == nullptr when all is well; otherwise `offset` is
// where in `body` the error lies.
struct UnicodeError {
  const char* message = nullptr;
  const char* hint = "";
  uint32_t offset = 0;
};
UnicodeError DecodeUnicode(std::string_view body, char escape, std::string& out);

}  // namespace pgshoal::parser
