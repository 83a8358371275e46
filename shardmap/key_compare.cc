// Which rows `column = value` can match. For each pair of types: the operator that PostgreSQL picks and what it
// converts (manual, "Operator Type Resolution"). A conversion that could make two different keys equal to one value is
// not decided.

#include <cmath>
#include <cstddef>

#include "base/oids.hpp"
#include "fmt/format.h"
#include "shardmap/key_errors.hpp"
#include "shardmap/key_hash.hpp"
#include "shardmap/key_value.hpp"
#include "shardmap/pg_hash.hpp"

namespace pgshoal::shardmap {
namespace {

constexpr KeyMatch kNoMatch{KeyMatch::Kind::kNoMatch, 0};
constexpr std::size_t kMaxNameBytes = 63;  // a longer value of type name is cut

KeyMatch Hash(std::uint64_t hash) {
  return KeyMatch{KeyMatch::Kind::kHash, hash};
}

absl::Status NoConversion(KeyType column, Oid value_type) {
  const auto value = KeyTypeOf(value_type);
  return CannotDecide(
      value ? fmt::format("a shard key of type {} compared with a value of type {}", NameOf(column), NameOf(*value))
            : fmt::format("a shard key of type {} compared with a value of the type with OID {}", NameOf(column),
                          value_type));
}

KeyMatch MatchInt(KeyType column, std::int64_t value) {
  return FitsInt(value, IntWidth(column)) ? Hash(HashInt64(value)) : kNoMatch;
}

// Both sides are compared as float8.
absl::StatusOr<KeyMatch> IntAgainstFloat(KeyType column, double value) {
  if (!std::isfinite(value) || std::trunc(value) != value) return kNoMatch;
  // Below 2^53 each integer has a float8 of its own; above, several bigints equal one float8.
  if (std::fabs(value) < 9007199254740992.0) return MatchInt(column, static_cast<std::int64_t>(value));
  if (column != KeyType::kInt8) return kNoMatch;
  return CannotDecide("a bigint shard key compared with a floating-point value beyond 2^53");
}

absl::StatusOr<KeyMatch> AgainstInt(KeyType column, Oid value_type, Format format, std::string_view bytes) {
  if (const auto type = KeyTypeOf(value_type); type && IsInt(*type)) {
    auto value = ReadInt(*type, format, bytes);
    if (!value.ok()) return value.status();
    return MatchInt(column, *value);
  }
  if (value_type == oid::kNumeric) {
    auto value = ReadNumeric(format, bytes);
    if (!value.ok()) return value.status();
    const auto whole = ExactInt64(*value);
    return whole ? MatchInt(column, *whole) : kNoMatch;
  }
  if (value_type == oid::kFloat4 || value_type == oid::kFloat8) {
    auto value = ReadFloat(value_type, format, bytes);
    if (!value.ok()) return value.status();
    return IntAgainstFloat(column, *value);
  }
  return NoConversion(column, value_type);
}

absl::StatusOr<KeyMatch> AgainstString(KeyType column, Oid value_type, std::string_view bytes) {
  const bool strips = column == KeyType::kBpchar;
  switch (value_type) {
    case oid::kText:
      // text wins: the column's trailing blanks are cut, the value's are not.
      if (strips && bytes.ends_with(' ')) return kNoMatch;
      return Hash(HashBytes(bytes));
    case oid::kVarchar:
      // char(n) wins against varchar: neither side's trailing blanks count.
      return Hash(HashBytes(strips ? StripBlanks(bytes) : bytes));
    case oid::kBpchar:
      if (column == KeyType::kVarchar) return NoConversion(column, value_type);
      return Hash(HashBytes(StripBlanks(bytes)));
    case oid::kName:
      if (column != KeyType::kText || bytes.size() > kMaxNameBytes) return NoConversion(column, value_type);
      return Hash(HashBytes(bytes));
    default:
      return NoConversion(column, value_type);
  }
}

absl::StatusOr<KeyMatch> DateAgainstTimestamp(Format format, std::string_view bytes) {
  auto value = ReadTimestamp(KeyType::kTimestamp, format, bytes);
  if (!value.ok()) return value.status();
  const Days day = DayOf(*value);
  if (MidnightOf(day) != *value) return kNoMatch;
  return Hash(HashDate(day));
}

absl::StatusOr<KeyMatch> TimestampAgainstDate(Format format, std::string_view bytes) {
  auto value = ReadDate(format, bytes);
  if (!value.ok()) return value.status();
  const auto midnight = MidnightOf(*value);
  return midnight ? Hash(HashInt64(*midnight)) : kNoMatch;
}

}  // namespace

absl::StatusOr<KeyMatch> CoerceForComparison(KeyType column, Oid value_type, Format format, WireValue value) {
  if (!value) return KeyMatch{};
  const bool untyped = value_type == oid::kUnspecified || value_type == oid::kUnknown;
  if (untyped || value_type == OidOf(column)) {
    auto hash = HashWire(column, format, *value);
    if (!hash.ok()) return hash.status();
    return Hash(*hash);
  }
  if (IsInt(column)) return AgainstInt(column, value_type, format, *value);
  if (IsString(column)) return AgainstString(column, value_type, *value);
  if (column == KeyType::kNumeric) {
    const auto type = KeyTypeOf(value_type);
    if (!type || !IsInt(*type)) return NoConversion(column, value_type);
    auto number = ReadInt(*type, format, *value);
    if (!number.ok()) return number.status();
    return Hash(HashDecimal(DecimalFromInt64(*number)));
  }
  if (column == KeyType::kDate && value_type == oid::kTimestamp) return DateAgainstTimestamp(format, *value);
  if (column == KeyType::kTimestamp && value_type == oid::kDate) return TimestampAgainstDate(format, *value);
  return NoConversion(column, value_type);
}

}  // namespace pgshoal::shardmap
