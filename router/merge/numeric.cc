#include "router/merge/numeric.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::merge {
namespace {

constexpr int kBase = 10'000;
constexpr int kDigitsPerPosition = 4;
constexpr int kMinSignificantDigits = 16;  // of a quotient
constexpr int kMaxDisplayScale = 1'000;    // of a quotient
constexpr int kMaxStoredScale = 0x3fff;
constexpr int kMaxStoredWeight = 0x7fff;

// The sign field of the binary form.
constexpr std::uint16_t kPositive = 0x0000, kNegative = 0x4000, kSignNan = 0xc000, kSignInfinity = 0xd000,
                        kSignMinusInfinity = 0xf000;

// A checked binary form, digits still on the wire, zero digits cut off at both ends.
struct WireView {
  std::uint16_t sign = kPositive;
  int weight = 0;
  int scale = 0;
  const char* digits = nullptr;
  int count = 0;

  std::uint16_t Digit(int i) const { return wire::LoadUint16(digits + 2 * i); }
  bool special() const { return sign != kPositive && sign != kNegative; }
};

bool ReadWire(std::string_view bytes, WireView* view) {
  wire::Reader reader(bytes);
  view->count = reader.Uint16();
  view->weight = reader.Int16();
  view->sign = reader.Uint16();
  view->scale = reader.Uint16();
  if (reader.failed() || reader.Left() != std::size_t{2} * static_cast<std::size_t>(view->count)) return false;
  view->digits = reader.position();
  if (view->sign == kSignNan || view->sign == kSignInfinity || view->sign == kSignMinusInfinity) {
    view->count = 0;
    return true;
  }
  if (view->special() || view->scale > kMaxStoredScale) return false;
  for (int i = 0; i < view->count; ++i) {
    if (view->Digit(i) >= kBase) return false;
  }
  while (view->count > 0 && view->Digit(0) == 0) {
    view->digits += 2;
    --view->count;
    --view->weight;
  }
  while (view->count > 0 && view->Digit(view->count - 1) == 0) --view->count;
  if (view->count == 0) {
    view->weight = 0;
    view->sign = kPositive;
  }
  return true;
}

absl::Status Malformed() {
  return SqlStatus(sqlstate::kInvalidBinaryRepresentation, "malformed binary numeric from server");
}

// -Infinity 0, finite 1, Infinity 2, NaN 3: the order of the classes.
int ClassOf(std::uint16_t sign) {
  switch (sign) {
    case kSignMinusInfinity: return 0;
    case kSignInfinity: return 2;
    case kSignNan: return 3;
    default: return 1;
  }
}

}  // namespace

Numeric Numeric::FromInt(__int128 value) {
  Numeric n;
  n.negative_ = value < 0;
  auto rest = value < 0 ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
  for (; rest != 0; rest /= kBase) n.digits_.push_back(static_cast<std::uint16_t>(rest % kBase));
  std::reverse(n.digits_.begin(), n.digits_.end());
  n.weight_ = static_cast<int>(n.digits_.size()) - 1;
  n.Normalize();
  return n;
}

absl::StatusOr<Numeric> Numeric::FromWire(std::string_view bytes) {
  WireView view;
  if (!ReadWire(bytes, &view)) return Malformed();
  Numeric n;
  if (view.special()) {
    n.kind_ = view.sign == kSignNan        ? Kind::kNan
              : view.sign == kSignInfinity ? Kind::kInfinity
                                           : Kind::kMinusInfinity;
    return n;
  }
  n.negative_ = view.sign == kNegative;
  n.weight_ = view.weight;
  n.scale_ = view.scale;
  n.digits_.resize(static_cast<std::size_t>(view.count));
  for (int i = 0; i < view.count; ++i) n.digits_[static_cast<std::size_t>(i)] = view.Digit(i);
  return n;
}

absl::StatusOr<Numeric> Numeric::FromText(std::string_view text) {
  const absl::Status invalid = SqlStatus(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type numeric");
  Numeric n;
  if (text == "NaN") n.kind_ = Kind::kNan;
  if (text == "Infinity") n.kind_ = Kind::kInfinity;
  if (text == "-Infinity") n.kind_ = Kind::kMinusInfinity;
  if (n.kind_ != Kind::kFinite) return n;
  n.negative_ = text.starts_with('-');
  if (n.negative_) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point < text.size() ? text.substr(point + 1) : std::string_view();
  const std::string_view both[] = {whole, fraction};
  for (const std::string_view part : both) {
    if (!std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) return invalid;
  }
  if (whole.size() + fraction.size() == 0 || fraction.size() > kMaxStoredScale || whole.size() > 200'000) return invalid;

  // Padded to whole positions on both sides of the point.
  std::string padded((kDigitsPerPosition - whole.size() % kDigitsPerPosition) % kDigitsPerPosition, '0');
  padded.append(whole);
  n.weight_ = static_cast<int>(padded.size()) / kDigitsPerPosition - 1;
  padded.append(fraction);
  padded.append((kDigitsPerPosition - padded.size() % kDigitsPerPosition) % kDigitsPerPosition, '0');
  n.digits_.reserve(padded.size() / kDigitsPerPosition);
  for (std::size_t i = 0; i < padded.size(); i += kDigitsPerPosition) {
    int digit = 0;
    for (std::size_t j = i; j < i + kDigitsPerPosition; ++j) digit = digit * 10 + (padded[j] - '0');
    n.digits_.push_back(static_cast<std::uint16_t>(digit));
  }
  n.scale_ = static_cast<int>(fraction.size());
  n.Normalize();
  return n;
}

std::uint16_t Numeric::DigitAt(int position) const {
  const int index = weight_ - position;
  return index < 0 || index >= static_cast<int>(digits_.size()) ? 0 : digits_[static_cast<std::size_t>(index)];
}

void Numeric::Normalize() {
  const auto first = std::find_if(digits_.begin(), digits_.end(), [](std::uint16_t d) { return d != 0; });
  weight_ -= static_cast<int>(first - digits_.begin());
  digits_.erase(digits_.begin(), first);
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  if (digits_.empty()) {
    weight_ = 0;
    negative_ = false;
  }
}

int Numeric::CompareMagnitude(const Numeric& a, const Numeric& b) {
  if (a.digits_.empty() || b.digits_.empty()) {
    return static_cast<int>(!a.digits_.empty()) - static_cast<int>(!b.digits_.empty());
  }
  if (a.weight_ != b.weight_) return a.weight_ < b.weight_ ? -1 : 1;
  if (a.digits_ == b.digits_) return 0;
  return std::lexicographical_compare(a.digits_.begin(), a.digits_.end(), b.digits_.begin(), b.digits_.end()) ? -1 : 1;
}

void Numeric::AddMagnitude(const Numeric& other) {
  const int high = std::max(weight_, other.weight_) + 1;
  const int low = std::min(LowestPosition(), other.LowestPosition());
  std::vector<std::uint16_t> sum(static_cast<std::size_t>(high - low + 1));
  int carry = 0;
  for (int position = low; position <= high; ++position) {
    const int digit = DigitAt(position) + other.DigitAt(position) + carry;
    sum[static_cast<std::size_t>(high - position)] = static_cast<std::uint16_t>(digit % kBase);
    carry = digit / kBase;
  }
  digits_ = std::move(sum);
  weight_ = high;
}

void Numeric::SubtractMagnitude(const Numeric& other) {
  const int high = weight_;
  const int low = std::min(LowestPosition(), other.LowestPosition());
  std::vector<std::uint16_t> difference(static_cast<std::size_t>(high - low + 1));
  int borrow = 0;
  for (int position = low; position <= high; ++position) {
    int digit = DigitAt(position) - other.DigitAt(position) - borrow;
    borrow = digit < 0 ? 1 : 0;
    if (borrow != 0) digit += kBase;
    difference[static_cast<std::size_t>(high - position)] = static_cast<std::uint16_t>(digit);
  }
  digits_ = std::move(difference);
}

void Numeric::Add(const Numeric& other) {
  if (kind_ != Kind::kFinite || other.kind_ != Kind::kFinite) {
    if (kind_ == Kind::kFinite) {
      *this = other;
    } else if (other.kind_ != Kind::kFinite && other.kind_ != kind_) {
      kind_ = Kind::kNan;
    }
    return;
  }
  const int scale = std::max(scale_, other.scale_);
  if (other.digits_.empty()) {
    scale_ = scale;
    return;
  }
  if (digits_.empty()) {
    *this = other;
  } else if (negative_ == other.negative_) {
    AddMagnitude(other);
  } else if (CompareMagnitude(*this, other) >= 0) {
    SubtractMagnitude(other);
  } else {
    Numeric larger = other;
    larger.SubtractMagnitude(*this);
    *this = std::move(larger);
  }
  scale_ = scale;
  Normalize();
}

// Rounds half away from zero at `scale` decimals. REQUIRES: scale >= 0
void Numeric::RoundTo(int scale) {
  scale_ = scale;
  // Position that holds the last kept decimal, and how many decimals of it are kept.
  const int last = -((scale + kDigitsPerPosition - 1) / kDigitsPerPosition);
  static constexpr int kPowers[] = {1, 10, 100, 1000};
  const int unit = scale % kDigitsPerPosition == 0 ? 1 : kPowers[kDigitsPerPosition - scale % kDigitsPerPosition];
  const int kept = DigitAt(last) / unit * unit;
  const bool up = unit == 1 ? DigitAt(last - 1) >= kBase / 2 : DigitAt(last) - kept >= unit / 2;

  const bool negative = negative_;
  std::vector<std::uint16_t> digits;
  const int high = std::max(weight_, last) + 1;
  int carry = up ? unit : 0;
  for (int position = last; position <= high; ++position) {
    const int digit = (position == last ? kept : DigitAt(position)) + carry;
    digits.push_back(static_cast<std::uint16_t>(digit % kBase));
    carry = digit / kBase;
  }
  std::reverse(digits.begin(), digits.end());
  digits_ = std::move(digits);
  weight_ = high;
  negative_ = negative;
  Normalize();
}

Numeric Numeric::DividedBy(std::int64_t count) const {
  if (kind_ != Kind::kFinite) return *this;
  const Numeric divisor = FromInt(count);

  // The scale that PostgreSQL selects: at least 16 significant digits, at least both inputs' display scales.
  const int first = digits_.empty() ? 0 : digits_.front();
  int quotient_weight = weight_ - divisor.weight_;
  if (first <= divisor.digits_.front()) --quotient_weight;
  int scale = kMinSignificantDigits - quotient_weight * kDigitsPerPosition;
  scale = std::min(std::max({scale, scale_, 0}), kMaxDisplayScale);

  // Long division down to one position below the last decimal, which is enough to round by.
  const int lowest = -((scale + kDigitsPerPosition - 1) / kDigitsPerPosition) - 1;
  Numeric quotient;
  quotient.negative_ = negative_;
  quotient.weight_ = std::max(weight_, lowest);
  unsigned __int128 remainder = 0;
  for (int position = quotient.weight_; position >= lowest; --position) {
    remainder = remainder * kBase + DigitAt(position);
    quotient.digits_.push_back(static_cast<std::uint16_t>(remainder / static_cast<std::uint64_t>(count)));
    remainder %= static_cast<std::uint64_t>(count);
  }
  quotient.Normalize();
  quotient.negative_ = negative_ && !quotient.digits_.empty();
  quotient.RoundTo(scale);
  return quotient;
}

absl::Status Numeric::CheckRange() const {
  if (kind_ == Kind::kFinite && (weight_ > kMaxStoredWeight || scale_ > kMaxStoredScale)) {
    return SqlStatus(sqlstate::kNumericValueOutOfRange, "value overflows numeric format");
  }
  return absl::OkStatus();
}

std::string Numeric::ToText() const {
  if (kind_ == Kind::kNan) return "NaN";
  if (kind_ == Kind::kInfinity) return "Infinity";
  if (kind_ == Kind::kMinusInfinity) return "-Infinity";
  std::string text;
  const auto append = [&text](int digit) {
    const char four[] = {static_cast<char>('0' + digit / 1000), static_cast<char>('0' + digit / 100 % 10),
                         static_cast<char>('0' + digit / 10 % 10), static_cast<char>('0' + digit % 10)};
    text.append(four, sizeof four);
  };
  for (int position = std::max(weight_, 0); position >= 0; --position) append(DigitAt(position));
  text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
  if (scale_ > 0) {
    const std::size_t point = text.size();
    text.push_back('.');
    for (int position = -1; position * kDigitsPerPosition > -scale_ - kDigitsPerPosition; --position) {
      append(DigitAt(position));
    }
    text.resize(point + 1 + static_cast<std::size_t>(scale_));
  }
  return negative_ ? "-" + text : text;
}

std::string Numeric::ToWire() const {
  static constexpr std::uint16_t kSpecialSigns[] = {kPositive, kSignNan, kSignInfinity, kSignMinusInfinity};
  std::string out;
  out.reserve(8 + 2 * digits_.size());
  wire::AppendUint16(&out, static_cast<std::uint16_t>(digits_.size()));
  wire::AppendInt16(&out, static_cast<std::int16_t>(weight_));
  wire::AppendUint16(&out, kind_ != Kind::kFinite ? kSpecialSigns[static_cast<int>(kind_)]
                           : negative_            ? kNegative
                                                  : kPositive);
  // An infinity's scale field is an artefact of how PostgreSQL stores it; clients see the same bytes here.
  const bool infinite = kind_ == Kind::kInfinity || kind_ == Kind::kMinusInfinity;
  wire::AppendUint16(&out, static_cast<std::uint16_t>(infinite ? 0x20 : scale_));
  for (const std::uint16_t digit : digits_) wire::AppendUint16(&out, digit);
  return out;
}

absl::Status CheckNumericWire(std::string_view bytes) {
  WireView view;
  return ReadWire(bytes, &view) ? absl::OkStatus() : Malformed();
}

int CompareNumericWire(std::string_view a, std::string_view b) {
  WireView x, y;
  if (!ReadWire(a, &x) || !ReadWire(b, &y)) return 0;
  if (x.special() || y.special()) return ClassOf(x.sign) - ClassOf(y.sign);
  if (x.sign != y.sign) return x.sign == kNegative ? -1 : 1;
  const int sign = x.sign == kNegative ? -1 : 1;
  if (x.count == 0 || y.count == 0) return sign * (static_cast<int>(x.count != 0) - static_cast<int>(y.count != 0));
  if (x.weight != y.weight) return x.weight < y.weight ? -sign : sign;
  // Digits are big-endian and so compare as bytes; a longer value with equal beginning is larger.
  const int order = std::memcmp(x.digits, y.digits, 2 * static_cast<std::size_t>(std::min(x.count, y.count)));
  if (order != 0) return order < 0 ? -sign : sign;
  return x.count == y.count ? 0 : x.count < y.count ? -sign : sign;
}

void AppendNumericKey(std::string* out, std::string_view bytes) {
  WireView view;
  if (!ReadWire(bytes, &view)) return;
  wire::AppendUint16(out, view.sign);
  if (view.special()) return;
  wire::AppendInt32(out, view.weight);
  out->append(view.digits, 2 * static_cast<std::size_t>(view.count));
}

}  // namespace pgshoal::merge
