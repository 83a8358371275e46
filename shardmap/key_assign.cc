// Where a row lies whose key column is assigned a value: input functions and assignment casts (manual, "Value
// Storage"), then the column's length, precision or scale.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include "base/oids.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "shardmap/key_errors.hpp"
#include "shardmap/key_hash.hpp"
#include "shardmap/key_value.hpp"
#include "shardmap/pg_hash.hpp"

namespace pgshoal::shardmap {
namespace {

constexpr std::int32_t kLengthHeader = 4;  // char(n) and varchar(n) have atttypmod n + 4
constexpr std::size_t kMaxNameBytes = 63;

KeyMatch Hash(std::uint64_t hash) {
  return KeyMatch{KeyMatch::Kind::kHash, hash};
}

absl::Status NoConversion(KeyType column, Oid value_type) {
  return CannotDecide(
      fmt::format("a value of the type with OID {} stored in a shard key of type {}", value_type, NameOf(column)));
}

absl::StatusOr<KeyMatch> StoreInt(KeyType column, std::int64_t value) {
  if (!FitsInt(value, IntWidth(column))) return OutOfRange(NameOf(column), std::to_string(value));
  return Hash(HashInt64(value));
}

absl::StatusOr<KeyMatch> AssignInt(KeyType column, Oid value_type, Format format, std::string_view bytes) {
  if (const auto type = KeyTypeOf(value_type); type && IsInt(*type)) {
    auto value = ReadInt(*type, format, bytes);
    if (!value.ok()) return value.status();
    return StoreInt(column, *value);
  }
  if (value_type == oid::kNumeric) {
    auto value = ReadNumeric(format, bytes);
    if (!value.ok()) return value.status();
    if (value->kind != Decimal::Kind::kFinite) return NoConversion(column, value_type);
    const auto whole = ExactInt64(RoundDecimal(*std::move(value), 0));
    if (!whole) return OutOfRange(NameOf(column), bytes);
    return StoreInt(column, *whole);
  }
  if (value_type == oid::kFloat4 || value_type == oid::kFloat8) {
    auto value = ReadFloat(value_type, format, bytes);
    if (!value.ok()) return value.status();
    const double whole = std::rint(*value);  // halves to even, as the server does
    if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0)) return OutOfRange(NameOf(column), bytes);
    return StoreInt(column, static_cast<std::int64_t>(whole));
  }
  return NoConversion(column, value_type);
}

absl::StatusOr<KeyMatch> AssignNumeric(std::int32_t typmod, Oid value_type, Format format, std::string_view bytes) {
  Decimal value;
  if (const auto type = KeyTypeOf(value_type); type && IsInt(*type)) {
    auto number = ReadInt(*type, format, bytes);
    if (!number.ok()) return number.status();
    value = DecimalFromInt64(*number);
  } else if (value_type == oid::kNumeric) {
    auto number = ReadNumeric(format, bytes);
    if (!number.ok()) return number.status();
    value = *std::move(number);
  } else {
    return NoConversion(KeyType::kNumeric, value_type);
  }
  auto stored = ApplyNumericTypmod(std::move(value), typmod);
  if (!stored.ok()) return stored.status();
  return Hash(HashDecimal(*stored));
}

// varchar(n): blanks beyond the n-th character are cut, anything else there is an error.
absl::StatusOr<KeyMatch> StoreVarchar(std::int32_t typmod, std::string_view text) {
  const auto length = static_cast<std::size_t>(std::max(typmod - kLengthHeader, 0));
  if (typmod < kLengthHeader || text.size() <= length) return Hash(HashBytes(text));
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  if (!ascii) {
    // Characters cannot be counted without the server's encoding. Without a blank at the end the text is stored as it
    // stands or not at all.
    if (text.ends_with(' ')) return CannotDecide("a varchar(n) value whose length depends on the server's encoding");
    return Hash(HashBytes(text));
  }
  if (StripBlanks(text).size() > length) {
    return SqlStatus(kStringTooLong, fmt::format("value too long for type character varying({})", length));
  }
  return Hash(HashBytes(text.substr(0, length)));
}

absl::StatusOr<KeyMatch> AssignString(KeyType column, std::int32_t typmod, Oid value_type, Format format,
                                      std::string_view bytes) {
  std::string digits;
  if (const auto type = KeyTypeOf(value_type); type && IsInt(*type)) {
    auto number = ReadInt(*type, format, bytes);
    if (!number.ok()) return number.status();
    digits = std::to_string(*number);
    bytes = digits;
  } else if (value_type == oid::kBpchar) {
    bytes = StripBlanks(bytes);
  } else if (value_type == oid::kName ? bytes.size() > kMaxNameBytes
                                      : value_type != oid::kText && value_type != oid::kVarchar) {
    return NoConversion(column, value_type);
  }
  // char(n) pads or cuts blanks only, and its hash does not count them.
  if (column == KeyType::kBpchar) return Hash(HashBytes(StripBlanks(bytes)));
  if (column == KeyType::kVarchar) return StoreVarchar(typmod, bytes);
  return Hash(HashBytes(bytes));
}

absl::StatusOr<KeyMatch> AssignDate(Oid value_type, Format format, std::string_view bytes) {
  if (value_type == oid::kDate) {
    auto value = ReadDate(format, bytes);
    if (!value.ok()) return value.status();
    return Hash(HashDate(*value));
  }
  if (value_type != oid::kTimestamp) return NoConversion(KeyType::kDate, value_type);
  auto value = ReadTimestamp(KeyType::kTimestamp, format, bytes);
  if (!value.ok()) return value.status();
  return Hash(HashDate(DayOf(*value)));
}

absl::StatusOr<KeyMatch> AssignTimestamp(KeyType column, std::int32_t typmod, Oid value_type, Format format,
                                         std::string_view bytes) {
  if (value_type == OidOf(column)) {
    auto value = ReadTimestamp(column, format, bytes);
    if (!value.ok()) return value.status();
    return Hash(HashInt64(RoundToPrecision(*value, typmod)));
  }
  // Between timestamptz and the others stands the session's time zone.
  if (column != KeyType::kTimestamp || value_type != oid::kDate) return NoConversion(column, value_type);
  auto value = ReadDate(format, bytes);
  if (!value.ok()) return value.status();
  const auto midnight = MidnightOf(*value);
  if (!midnight) return SqlStatus(kDatetimeOutOfRange, "date out of range for timestamp");
  return Hash(HashInt64(*midnight));
}

}  // namespace

absl::StatusOr<KeyMatch> CoerceForAssignment(KeyType column, std::int32_t typmod, Oid value_type, Format format,
                                             WireValue value) {
  if (!value) return KeyMatch{};
  if (value_type == oid::kUnspecified || value_type == oid::kUnknown) {
    value_type = OidOf(column);
  }
  switch (column) {
    case KeyType::kInt2:
    case KeyType::kInt4:
    case KeyType::kInt8:
      return AssignInt(column, value_type, format, *value);
    case KeyType::kNumeric:
      return AssignNumeric(typmod, value_type, format, *value);
    case KeyType::kText:
    case KeyType::kVarchar:
    case KeyType::kBpchar:
      return AssignString(column, typmod, value_type, format, *value);
    case KeyType::kDate:
      return AssignDate(value_type, format, *value);
    case KeyType::kTimestamp:
    case KeyType::kTimestamptz:
      return AssignTimestamp(column, typmod, value_type, format, *value);
    case KeyType::kBool:
    case KeyType::kBytea:
    case KeyType::kUuid: {
      if (value_type != OidOf(column)) return NoConversion(column, value_type);
      auto hash = HashWire(column, format, *value);
      if (!hash.ok()) return hash.status();
      return Hash(*hash);
    }
  }
  return NoConversion(column, value_type);
}

}  // namespace pgshoal::shardmap
