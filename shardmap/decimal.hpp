#pragma once
// PostgreSQL's numeric as far as equality, rounding and hashing need it: an exact decimal without a display scale.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pgshoal::shardmap {

struct Decimal {
  enum class Kind : std::uint8_t { kFinite, kNan, kInfinity, kMinusInfinity };

  Kind kind = Kind::kFinite;
  bool negative = false;  // false for zero
  std::string digits;     // significant decimal digits, neither first nor last is '0'; empty for zero
  int exponent = 0;       // value = ± digits × 10^exponent; 0 for zero

  friend bool operator==(const Decimal&, const Decimal&) = default;
};

[[nodiscard]] Decimal DecimalFromInt64(std::int64_t value);

// numeric's input syntax as every supported version of PostgreSQL reads it, and its binary send format.
// Errors as key_hash.hpp describes.
[[nodiscard]] absl::StatusOr<Decimal> DecimalFromText(std::string_view text);
[[nodiscard]] absl::StatusOr<Decimal> DecimalFromBinary(std::string_view bytes);

// Rounded to `scale` digits after the point (before it when negative), halves away from zero.
[[nodiscard]] Decimal RoundDecimal(Decimal value, int scale);

// What numeric(p, s) stores, `typmod` as in pg_attribute; 22003 when it does not fit.
[[nodiscard]] absl::StatusOr<Decimal> ApplyNumericTypmod(Decimal value, std::int32_t typmod);

// The integer that the value is; nullopt when it is none or does not fit.
[[nodiscard]] std::optional<std::int64_t> ExactInt64(const Decimal& value);

// hash_numeric_extended(value, 0).
[[nodiscard]] std::uint64_t HashDecimal(const Decimal& value);

}  // namespace pgshoal::shardmap
