#include "parser/unicode.hpp"

#include <cctype>

#include "fmt/format.h"

namespace pgshoal::parser {

namespace {

bool IsHex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

// Length of the valid UTF-8 character at `i`, or 0.
std::size_t CharacterAt(std::string_view text, std::size_t i) {
  auto byte = [&](std::size_t k) { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u; };
  unsigned b0 = byte(i), b1 = byte(i + 1);
  auto continues = [&](std::size_t k) { return (byte(k) & 0xc0) == 0x80; };
  if (b0 == 0) return 0;
  if (b0 < 0x80) return 1;
  if (b0 >= 0xc2 && b0 <= 0xdf) return continues(i + 1) ? 2 : 0;
  if (b0 >= 0xe0 && b0 <= 0xef) {
    if (!continues(i + 1) || !continues(i + 2)) return 0;
    if ((b0 == 0xe0 && b1 < 0xa0) || (b0 == 0xed && b1 > 0x9f)) return 0;
    return 3;
  }
  if (b0 >= 0xf0 && b0 <= 0xf4) {
    if (!continues(i + 1) || !continues(i + 2) || !continues(i + 3)) return 0;
    if ((b0 == 0xf0 && b1 < 0x90) || (b0 == 0xf4 && b1 > 0x8f)) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

void AppendUtf8(std::string& out, uint32_t c) {
  auto put = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6)), put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3f)), put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3f)), put(0x80 | ((c >> 6) & 0x3f)), put(0x80 | (c & 0x3f));
  }
}

bool IsValidUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t n = CharacterAt(text, i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

std::string InvalidUtf8Message(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t n = CharacterAt(text, i);
    if (n == 0) break;
    i += n;
  }
  const std::size_t length = Utf8Length(text[i]);
  std::string message = "invalid byte sequence for encoding \"UTF8\":";
  for (std::size_t k = i; k < i + length && k < text.size(); ++k) {
    fmt::format_to(std::back_inserter(message), " 0x{:02x}", static_cast<unsigned char>(text[k]));
  }
  return message;
}

bool IsUnicodeEscapeChar(char c) {
  return !(IsHex(c) || c == '+' || c == '\'' || c == '"' || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f');
}

UnicodeError DecodeUnicode(std::string_view body, char escape, std::string& out) {
  out.clear();
  uint32_t first_of_pair = 0;
  std::size_t i = 0;
  auto fail = [&](const char* message, const char* hint = "") {
    return UnicodeError{message, hint, static_cast<uint32_t>(i)};
  };
  auto hex = [&](std::size_t from, std::size_t digits) {
    if (from + digits > body.size()) return false;
    for (std::size_t k = from; k < from + digits; ++k) {
      if (!IsHex(body[k])) return false;
    }
    return true;
  };
  while (i < body.size()) {
    if (body[i] != escape) {
      if (first_of_pair != 0) return fail("invalid Unicode surrogate pair");
      out += body[i++];
      continue;
    }
    if (i + 1 < body.size() && body[i + 1] == escape) {
      if (first_of_pair != 0) return fail("invalid Unicode surrogate pair");
      out += escape;
      i += 2;
      continue;
    }
    std::size_t from = i + 1, digits = 4;
    if (i + 1 < body.size() && body[i + 1] == '+') from = i + 2, digits = 6;
    if (!hex(from, digits)) return fail("invalid Unicode escape", "Unicode escapes must be \\XXXX or \\+XXXXXX.");
    uint32_t code = 0;
    for (std::size_t k = from; k < from + digits; ++k) code = code * 16 + HexValue(body[k]);
    if (!IsCodePoint(code)) return fail("invalid Unicode escape value");
    if (first_of_pair != 0) {
      if (!IsSecondSurrogate(code)) return fail("invalid Unicode surrogate pair");
      code = CombineSurrogates(first_of_pair, code);
      first_of_pair = 0;
    } else if (IsSecondSurrogate(code)) {
      return fail("invalid Unicode surrogate pair");
    }
    if (IsFirstSurrogate(code)) {
      first_of_pair = code;
    } else {
      AppendUtf8(out, code);
    }
    i = from + digits;
  }
  if (first_of_pair != 0) return fail("invalid Unicode surrogate pair");
  return {};
}

}  // namespace pgshoal::parser
