#include "shardmap/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <utility>

#include "base/status.hpp"
#include "shardmap/key_errors.hpp"
#include "shardmap/pg_hash.hpp"
#include "shardmap/scalar_input.hpp"

namespace pgshoal::shardmap {
namespace {

// numeric's own bounds: digits before and after the point.
constexpr int kMaxIntegerDigits = 131'072;
constexpr int kMaxFractionDigits = 16'383;

constexpr std::uint16_t kSignMask = 0xC000;
constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;
constexpr std::uint16_t kMinusInfinity = 0xF000;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Moves zeros at both ends out of the digits.
void Normalize(Decimal& value) {
  const std::size_t first = value.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    value = Decimal{};
    return;
  }
  const std::size_t last = value.digits.find_last_not_of('0');
  value.exponent += static_cast<int>(value.digits.size() - 1 - last);
  value.digits = value.digits.substr(first, last - first + 1);
}

std::optional<Decimal> SpecialFromText(std::string_view text) {
  if (EqualsIgnoreCase(text, "nan")) return Decimal{Decimal::Kind::kNan};
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  if (!EqualsIgnoreCase(text, "inf") && !EqualsIgnoreCase(text, "infinity")) return std::nullopt;
  return Decimal{minus ? Decimal::Kind::kMinusInfinity : Decimal::Kind::kInfinity};
}

std::uint16_t Read16(std::string_view bytes, std::size_t word) {
  return static_cast<std::uint16_t>((static_cast<unsigned char>(bytes[2 * word]) << 8) |
                                    static_cast<unsigned char>(bytes[2 * word + 1]));
}

// "12.5e3" without sign; false when the text is not of this form.
bool ReadUnsigned(std::string_view text, Decimal& value, int& fraction, std::int64_t& exponent) {
  std::size_t at = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) value.digits += text[at];
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && IsDigit(text[at]); ++at, ++fraction) value.digits += text[at];
  }
  if (value.digits.empty()) return false;
  if (at == text.size()) return true;
  if (text[at] != 'e' && text[at] != 'E') return false;
  ++at;
  if (at < text.size() && text[at] == '+') {
    ++at;
    if (at < text.size() && text[at] == '-') return false;
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + at, end, exponent);
  return error == std::errc() && stop == end;
}

}  // namespace

Decimal DecimalFromInt64(std::int64_t value) {
  Decimal result;
  result.negative = value < 0;
  result.digits = std::to_string(value);
  if (result.negative) result.digits.erase(0, 1);
  Normalize(result);
  return result;
}

absl::StatusOr<Decimal> DecimalFromText(std::string_view whole) {
  std::string_view text = TrimSpace(whole);
  if (auto special = SpecialFromText(text)) return *std::move(special);
  Decimal value;
  int fraction = 0;
  std::int64_t exponent = 0;
  value.negative = text.starts_with('-');
  if (value.negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() > static_cast<std::size_t>(kMaxIntegerDigits + kMaxFractionDigits) ||
      !ReadUnsigned(text, value, fraction, exponent)) {
    // Later versions also read 0x1F and 1_000; blanks may stand before an exponent, which may be beyond 64 bits.
    if (text.find_first_not_of("0123456789abcdefxoABCDEFXO_.+- \t\n\v\f\r") == std::string_view::npos) {
      return CannotDecide("a numeric value in an unusual form");
    }
    return InvalidText("numeric", whole);
  }
  if (exponent > kMaxIntegerDigits || exponent < -kMaxFractionDigits || fraction - exponent > kMaxFractionDigits) {
    return CannotDecide("a numeric value near the limits of the type");
  }
  value.exponent = static_cast<int>(exponent) - fraction;
  Normalize(value);
  if (static_cast<int>(value.digits.size()) + value.exponent > kMaxIntegerDigits) {
    return CannotDecide("a numeric value near the limits of the type");
  }
  return value;
}

absl::StatusOr<Decimal> DecimalFromBinary(std::string_view bytes) {
  if (bytes.size() < 8) return InvalidBinary("numeric");
  const std::size_t count = Read16(bytes, 0);
  const auto weight = static_cast<std::int16_t>(Read16(bytes, 1));
  const std::uint16_t sign = Read16(bytes, 2);
  const std::uint16_t scale = Read16(bytes, 3);
  if (bytes.size() != 8 + 2 * count) return InvalidBinary("numeric");
  if (sign == kNan) return Decimal{Decimal::Kind::kNan};
  if (sign == kInfinity) return Decimal{Decimal::Kind::kInfinity};
  if (sign == kMinusInfinity) return Decimal{Decimal::Kind::kMinusInfinity};
  if ((sign & ~kSignMask) != 0 || (sign != 0 && sign != kNegative) || scale > kMaxFractionDigits) {
    return InvalidBinary("numeric");
  }
  Decimal value;
  value.negative = sign == kNegative;
  value.digits.reserve(4 * count);
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned group = Read16(bytes, 4 + i);
    if (group > 9999) return InvalidBinary("numeric");
    for (unsigned unit = 1000; unit > 0; unit /= 10) value.digits += static_cast<char>('0' + group / unit % 10);
  }
  value.exponent = 4 * (weight + 1 - static_cast<int>(count));
  Normalize(value);
  // The server drops digits beyond the scale that the sender declares.
  if (value.exponent < -static_cast<int>(scale)) return CannotDecide("a numeric value with digits beyond its scale");
  return value;
}

Decimal RoundDecimal(Decimal value, int scale) {
  if (value.kind != Decimal::Kind::kFinite || value.exponent >= -scale) return value;
  const int drop = -scale - value.exponent;  // digits to drop
  const int kept = static_cast<int>(value.digits.size()) - drop;
  if (kept < 0) return Decimal{};
  bool up = value.digits[static_cast<std::size_t>(kept)] >= '5';
  value.digits.resize(static_cast<std::size_t>(kept));
  value.exponent = -scale;
  for (std::size_t i = value.digits.size(); up && i-- > 0;) {
    up = value.digits[i] == '9';
    value.digits[i] = up ? '0' : static_cast<char>(value.digits[i] + 1);
  }
  if (up) value.digits.insert(value.digits.begin(), '1');
  Normalize(value);
  return value;
}

absl::StatusOr<Decimal> ApplyNumericTypmod(Decimal value, std::int32_t typmod) {
  if (typmod < 4 || value.kind == Decimal::Kind::kNan) return value;
  const int precision = ((typmod - 4) >> 16) & 0xffff;
  const int scale = (((typmod - 4) & 0x7ff) ^ 1024) - 1024;
  const absl::Status overflow = SqlStatus(sqlstate::kNumericValueOutOfRange, "numeric field overflow");
  if (value.kind != Decimal::Kind::kFinite) return overflow;
  value = RoundDecimal(std::move(value), scale);
  const int integer_digits = static_cast<int>(value.digits.size()) + value.exponent;
  if (!value.digits.empty() && integer_digits > precision - scale) return overflow;
  return value;
}

std::optional<std::int64_t> ExactInt64(const Decimal& value) {
  if (value.kind != Decimal::Kind::kFinite || value.exponent < 0) return std::nullopt;
  if (value.digits.empty()) return 0;
  if (value.digits.size() + static_cast<std::size_t>(value.exponent) > 19) return std::nullopt;
  const std::string text =
      (value.negative ? "-" : "") + value.digits + std::string(static_cast<std::size_t>(value.exponent), '0');
  std::int64_t result = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (error != std::errc()) return std::nullopt;
  return result;
}

std::uint64_t HashDecimal(const Decimal& value) {
  if (value.kind != Decimal::Kind::kFinite) return 0;  // the seed
  if (value.digits.empty()) return ~std::uint64_t{0};  // the seed − 1
  // Regrouped to base 10000, least significant group at a multiple of four decimal places.
  const int pad = ((value.exponent % 4) + 4) % 4;
  std::string digits = value.digits + std::string(static_cast<std::size_t>(pad), '0');
  digits.insert(0, (4 - digits.size() % 4) % 4, '0');
  const int groups = static_cast<int>(digits.size() / 4);
  const int weight = (value.exponent - pad) / 4 + groups - 1;
  std::string words;
  for (std::size_t i = 0; i < digits.size(); i += 4) {
    int group = 0;
    for (std::size_t j = 0; j < 4; ++j) group = 10 * group + (digits[i + j] - '0');
    words += static_cast<char>(group & 0xff);
    words += static_cast<char>(group >> 8);
  }
  return HashBytes(words) ^ static_cast<std::uint64_t>(static_cast<std::int64_t>(weight));
}

}  // namespace pgshoal::shardmap
