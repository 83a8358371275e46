#include "router/merge/render.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "router/merge/numeric.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::merge {
namespace {

using plan::SortType;

std::string UuidText(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text += fmt::format("{:02x}", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

// A positive decimal: 0.d1d2d3… times 10^point.
struct Decimal {
  std::string digits;  // no zeros at either end
  int point = 0;
};

// From printf's and to_chars' d.ddde±xx.
Decimal FromScientific(std::string_view text) {
  Decimal decimal;
  const std::size_t e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') decimal.digits.push_back(c);
  }
  decimal.point = std::atoi(std::string(text.substr(e + 1)).c_str()) + 1;
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
  return decimal;
}

// True when the decimal is exactly the middle between `value` and one of its neighbours: it reads back as `value` only
// by the rule of ties, and PostgreSQL's shortest form never relies on that.
template <class T>
bool IsTie(T value, const Decimal& decimal) {
  const T neighbours[] = {std::nextafter(value, T{0}), std::nextafter(value, std::numeric_limits<T>::infinity())};
  for (const T neighbour : neighbours) {
    if (std::isinf(neighbour)) continue;
    const long double middle = (static_cast<long double>(value) + static_cast<long double>(neighbour)) / 2;
    const Decimal exact = FromScientific(fmt::format("{:.1100e}", middle));
    if (exact.point == decimal.point && exact.digits == decimal.digits) return true;
  }
  return false;
}

template <class T>
Decimal ShortestDecimal(T value) {
  char buffer[64];
  const auto shortest = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  Decimal decimal = FromScientific(std::string_view(buffer, static_cast<std::size_t>(shortest.ptr - buffer)));
  if (!IsTie(value, decimal)) return decimal;
  // More digits, until the nearest decimal of that length lies strictly inside.
  for (int precision = 1; precision < std::numeric_limits<T>::max_digits10; ++precision) {
    Decimal longer = FromScientific(fmt::format("{:.{}e}", value, precision));
    T back = 0;
    const std::string text = fmt::format("{}e{}", longer.digits, longer.point - static_cast<int>(longer.digits.size()));
    std::from_chars(text.data(), text.data() + text.size(), back);
    if (longer.digits != decimal.digits && back == value) return longer;
  }
  return decimal;
}

// As PostgreSQL lays the digits out: plain between 1e-5 and 10^`digits10`, else with an exponent of two digits.
template <class T>
std::string FloatText(T value, int extra_float_digits) {
  constexpr int plain_digits = std::numeric_limits<T>::digits10;
  if (std::isnan(value)) return "NaN";
  const std::string sign = std::signbit(value) ? "-" : "";
  if (std::isinf(value)) return sign + "Infinity";
  if (value == 0) return sign + "0";
  if (extra_float_digits <= 0) return fmt::format("{:.{}g}", value, std::max(1, plain_digits + extra_float_digits));
  const Decimal decimal = ShortestDecimal(std::abs(value));
  const std::string& digits = decimal.digits;
  const int exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= plain_digits) {
    const std::string fraction = digits.size() > 1 ? "." + digits.substr(1) : "";
    return fmt::format("{}{}{}e{}{:02}", sign, digits[0], fraction, exponent < 0 ? '-' : '+', std::abs(exponent));
  }
  if (decimal.point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-decimal.point), '0') + digits;
  const auto whole = static_cast<std::size_t>(decimal.point);
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

}  // namespace

bool CanRenderAsText(SortType type) {
  switch (type) {
    case SortType::kDate:
    case SortType::kTime:
    case SortType::kTimestamp:
    case SortType::kTimestamptz: return false;
    default: return true;
  }
}

std::string Float8Text(double value, int extra_float_digits) { return FloatText(value, extra_float_digits); }
std::string Float4Text(float value, int extra_float_digits) { return FloatText(value, extra_float_digits); }

std::string RenderAsText(SortType type, std::string_view binary) {
  switch (type) {
    case SortType::kBool: return binary[0] != '\0' ? "t" : "f";
    case SortType::kInt2: return std::to_string(static_cast<std::int16_t>(wire::LoadUint16(binary.data())));
    case SortType::kInt4: return std::to_string(static_cast<std::int32_t>(wire::LoadUint32(binary.data())));
    case SortType::kInt8: return std::to_string(static_cast<std::int64_t>(wire::LoadUint64(binary.data())));
    case SortType::kOid: return std::to_string(wire::LoadUint32(binary.data()));
    case SortType::kFloat4: return Float4Text(std::bit_cast<float>(wire::LoadUint32(binary.data())));
    case SortType::kFloat8: return Float8Text(std::bit_cast<double>(wire::LoadUint64(binary.data())));
    case SortType::kUuid: return UuidText(binary);
    case SortType::kTextC:
    case SortType::kBpcharC: return std::string(binary);
    case SortType::kNumeric: {
      const absl::StatusOr<Numeric> numeric = Numeric::FromWire(binary);
      return numeric.ok() ? numeric->ToText() : std::string();
    }
    case SortType::kDate:
    case SortType::kTime:
    case SortType::kTimestamp:
    case SortType::kTimestamptz: break;
  }
  return {};
}

}  // namespace pgshoal::merge
