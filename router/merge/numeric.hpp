#pragma once
// PostgreSQL's numeric, as far as combining partial aggregates needs it: exact sums, quotients by a count with the
// scale and rounding that PostgreSQL chooses, comparison, and both output forms.
//
// The value is a string of base-10000 digits with a weight, as on the wire (manual, chapter 8.1.2 for the limits).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::merge {

class Numeric {
 public:
  enum class Kind : std::uint8_t { kFinite, kNan, kInfinity, kMinusInfinity };

  Numeric() = default;  // 0, no decimals shown
  static Numeric FromInt(__int128 value);
  // The binary form (numeric_send); 22P03 when it is malformed.
  static absl::StatusOr<Numeric> FromWire(std::string_view bytes);
  // What numeric_out prints: [-]digits[.digits], NaN, Infinity, -Infinity. 22P02 otherwise (no exponent).
  static absl::StatusOr<Numeric> FromText(std::string_view text);

  // Adds exactly; the larger display scale stays. Infinity and -Infinity give NaN.
  void Add(const Numeric& other);
  // As numeric / bigint in PostgreSQL: select_div_scale, rounded half away from zero. REQUIRES: count > 0
  Numeric DividedBy(std::int64_t count) const;

  // 22003 when PostgreSQL could not store the value.
  absl::Status CheckRange() const;

  std::string ToText() const;
  std::string ToWire() const;

  // How many bytes the digits take, for memory bounds.
  std::size_t Bytes() const { return digits_.capacity() * sizeof(std::uint16_t); }

 private:
  // Sign and digits without leading or trailing zero digits; zero is positive with weight 0.
  void Normalize();
  void AddMagnitude(const Numeric& other);
  void SubtractMagnitude(const Numeric& other);  // REQUIRES: |*this| >= |other|
  static int CompareMagnitude(const Numeric& a, const Numeric& b);
  void RoundTo(int scale);

  // The digit that counts 10000^position; 0 outside.
  std::uint16_t DigitAt(int position) const;
  int LowestPosition() const { return weight_ - static_cast<int>(digits_.size()) + 1; }

  Kind kind_ = Kind::kFinite;
  bool negative_ = false;
  int weight_ = 0;  // the first digit counts 10000^weight_
  int scale_ = 0;   // decimal digits shown after the point
  std::vector<std::uint16_t> digits_;
};

// Compares two binary forms as PostgreSQL's numeric operators do: NaN equals itself and is greater than all else.
// REQUIRES: both pass CheckNumericWire.
int CompareNumericWire(std::string_view a, std::string_view b);

// 22P03 unless `bytes` are a well-formed binary numeric.
absl::Status CheckNumericWire(std::string_view bytes);

// Appends bytes that are equal for equal values only, whatever their display scale. REQUIRES: CheckNumericWire.
void AppendNumericKey(std::string* out, std::string_view bytes);

}  // namespace pgshoal::merge
