#pragma once
// Wire values read as what they are: shared by comparison and assignment. Errors as key_hash.hpp describes.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shardmap/datetime_input.hpp"
#include "shardmap/decimal.hpp"
#include "shardmap/key_hash.hpp"

namespace pgshoal::shardmap {

// Width of kInt2, kInt4 and kInt8 in bytes; 0 for other types.
[[nodiscard]] int IntWidth(KeyType type);
[[nodiscard]] inline bool IsInt(KeyType type) {
  return IntWidth(type) != 0;
}
[[nodiscard]] inline bool IsString(KeyType type) {
  return type == KeyType::kText || type == KeyType::kVarchar || type == KeyType::kBpchar;
}
// Whether an integer type of `bytes` bytes holds the value.
[[nodiscard]] bool FitsInt(std::int64_t value, int bytes);

// REQUIRES for each: `type` is one the function's name speaks of.
[[nodiscard]] absl::StatusOr<std::int64_t> ReadInt(KeyType type, Format format, std::string_view bytes);
[[nodiscard]] absl::StatusOr<Decimal> ReadNumeric(Format format, std::string_view bytes);
[[nodiscard]] absl::StatusOr<Days> ReadDate(Format format, std::string_view bytes);
[[nodiscard]] absl::StatusOr<Microseconds> ReadTimestamp(KeyType type, Format format, std::string_view bytes);
// float4 and float8, exactly.
[[nodiscard]] absl::StatusOr<double> ReadFloat(Oid type, Format format, std::string_view bytes);

// The hash of a value that is of the column's type already.
[[nodiscard]] absl::StatusOr<std::uint64_t> HashWire(KeyType type, Format format, std::string_view bytes);

// date is hashed as a 32-bit integer.
[[nodiscard]] std::uint64_t HashDate(Days date);

}  // namespace pgshoal::shardmap
