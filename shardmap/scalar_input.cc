#include "shardmap/scalar_input.hpp"

#include <charconv>
#include <cstddef>
#include <limits>

#include "shardmap/key_errors.hpp"

namespace pgshoal::shardmap {
namespace {

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = Lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool IsOctal(char c, char most) {
  return c >= '0' && c <= most;
}

absl::StatusOr<std::string> HexBytea(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 2; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
      ++at;
      continue;
    }
    const int high = HexDigit(text[at]);
    const int low = at + 1 < text.size() ? HexDigit(text[at + 1]) : -1;
    if (high < 0 || low < 0) return InvalidText("bytea", text);
    bytes += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return bytes;
}

template <class Real>
absl::StatusOr<Real> RealFromText(std::string_view whole) {
  std::string_view text = TrimSpace(whole);
  if (EqualsIgnoreCase(text, "nan")) return std::numeric_limits<Real>::quiet_NaN();
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  Real value = 0;
  if (EqualsIgnoreCase(text, "infinity") || EqualsIgnoreCase(text, "inf")) {
    value = std::numeric_limits<Real>::infinity();
  } else {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool plain = text.find_first_not_of("0123456789.eE+-") == std::string_view::npos && !text.starts_with('-');
    if (!plain || error != std::errc() || stop != end) return CannotDecide("a floating-point value in an unusual form");
  }
  return minus ? -value : value;
}

}  // namespace

std::string_view TrimSpace(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (Lower(text[i]) != lower[i]) return false;
  }
  return true;
}

absl::StatusOr<std::int64_t> IntFromText(std::string_view whole, int bytes, std::string_view type) {
  std::string_view text = TrimSpace(whole);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) {
    // Later versions also read 0x1F, 0b1, 0o7 and 1_000, all of which begin with a digit.
    if (text.starts_with('-')) text.remove_prefix(1);
    const bool begins_with_digit = !text.empty() && text[0] >= '0' && text[0] <= '9';
    if (begins_with_digit && text.find_first_of("_xXoObB") != std::string_view::npos) {
      return CannotDecide("an integer in a form that not every version of PostgreSQL reads");
    }
    return InvalidText(type, whole);
  }
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() >> (64 - 8 * bytes);
  if (error != std::errc() || value > most || value < -most - 1) return OutOfRange(type, whole);
  return value;
}

absl::StatusOr<bool> BoolFromText(std::string_view whole) {
  const std::string_view text = TrimSpace(whole);
  // Any unambiguous beginning of a word will do; of "on" and "off" that takes two letters.
  struct Word {
    std::string_view word;
    std::size_t shortest;
    bool value;
  };
  static constexpr Word kWords[] = {{"true", 1, true}, {"false", 1, false}, {"yes", 1, true}, {"no", 1, false},
                                    {"on", 2, true},   {"off", 2, false},   {"1", 1, true},   {"0", 1, false}};
  for (const Word& it : kWords) {
    if (text.size() >= it.shortest && EqualsIgnoreCase(text, it.word.substr(0, text.size()))) return it.value;
  }
  return InvalidText("boolean", whole);
}

absl::StatusOr<std::string> UuidFromText(std::string_view whole) {
  std::string_view text = whole;
  if (text.starts_with('{')) {
    if (!text.ends_with('}')) return InvalidText("uuid", whole);
    text = text.substr(1, text.size() - 2);
  }
  std::string bytes;
  for (std::size_t at = 0; bytes.size() < 16; at += 2) {
    // A hyphen may follow each group of four digits.
    if (!bytes.empty() && bytes.size() % 2 == 0 && at < text.size() && text[at] == '-') ++at;
    if (at + 2 > text.size() || HexDigit(text[at]) < 0 || HexDigit(text[at + 1]) < 0) return InvalidText("uuid", whole);
    bytes += static_cast<char>(HexDigit(text[at]) * 16 + HexDigit(text[at + 1]));
    if (bytes.size() == 16 && at + 2 != text.size()) return InvalidText("uuid", whole);
  }
  return bytes;
}

absl::StatusOr<std::string> ByteaFromText(std::string_view text) {
  if (text.starts_with("\\x")) return HexBytea(text);
  std::string bytes;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      bytes += text[at++];
    } else if (text.substr(at).starts_with("\\\\")) {
      bytes += '\\';
      at += 2;
    } else if (at + 3 < text.size() && IsOctal(text[at + 1], '3') && IsOctal(text[at + 2], '7') &&
               IsOctal(text[at + 3], '7')) {
      bytes += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
      at += 4;
    } else {
      return InvalidText("bytea", text);
    }
  }
  return bytes;
}

absl::StatusOr<double> FloatFromText(std::string_view text) {
  return RealFromText<double>(text);
}
absl::StatusOr<float> Float4FromText(std::string_view text) {
  return RealFromText<float>(text);
}

}  // namespace pgshoal::shardmap
