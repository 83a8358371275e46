#pragma once
// Key values and their 64-bit hashes, equal to PostgreSQL's own extended hash functions with seed 0 (hashint8extended,
// hashtextextended, uuid_hash_extended, …; hash_record_extended(ROW(a, b), 0) for a key of several columns).
//
// Values come as the wire carries them: text in PostgreSQL's input syntax or the binary send format, in the server's
// encoding (UTF-8 is assumed only where bytes above 127 would have to be counted, and then nothing is decided).
// Text keys must have a deterministic collation; the caller checks the column.
//
// Every function either proves its answer or fails. Failure is one of two, told apart by ServerRejects:
//   class 22 (22P02, 22003, 22P03, 22008, 22001): PostgreSQL itself will reject the value, on whatever shard it sees
//   it; 0A000: cannot be decided here (depends on settings, or no provable conversion). Send to all shards, or refuse.
// Pure functions, callable from any thread.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ids.hpp"

namespace pgshoal::shardmap {

enum class KeyType : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kNumeric,
  kText,
  kVarchar,
  kBpchar,
  kBytea,
  kUuid,
  kDate,
  kTimestamp,
  kTimestamptz,
};

// nullopt for a type that cannot be a shard key.
[[nodiscard]] std::optional<KeyType> KeyTypeOf(Oid type);
[[nodiscard]] Oid OidOf(KeyType type);
// PostgreSQL's name: "integer", "character varying", … KeyTypeFromName also takes the short names (int4, varchar, …).
[[nodiscard]] std::string_view NameOf(KeyType type);
[[nodiscard]] std::optional<KeyType> KeyTypeFromName(std::string_view name);

// Whether values of the two types that are equal under `=` always hash alike (int2, int4 and int8; text, varchar and
// bpchar; each type with itself): then a join on them stays on one shard.
[[nodiscard]] bool HashAlike(KeyType a, KeyType b);

enum class Format : std::uint8_t { kText = 0, kBinary = 1 };  // the protocol's format codes

// A value on the wire; nullopt is SQL NULL.
using WireValue = std::optional<std::string_view>;

// Where a NULL key lies: the hash that PostgreSQL gives a NULL inside a record.
inline constexpr std::uint64_t kNullHash = 0;

struct KeyMatch {
  enum class Kind : std::uint8_t {
    kNull,     // the value is NULL: `=` matches nothing; a row stored with it lies at kNullHash
    kNoMatch,  // no value of the column's type is equal to it
    kHash,     // only rows whose key has this hash can be equal
  };
  Kind kind = Kind::kNull;
  std::uint64_t hash = kNullHash;

  friend bool operator==(const KeyMatch&, const KeyMatch&) = default;
};

// Which rows `column = value` can match. `value_type` is the value's type as PostgreSQL would see it in the statement;
// 0 or unknown (705) for an untyped literal or a parameter whose type is the column's.
[[nodiscard]] absl::StatusOr<KeyMatch> CoerceForComparison(KeyType column, Oid value_type, Format format,
                                                           WireValue value);

// Where a row lies whose key column is assigned the value (INSERT, COPY, UPDATE … SET). `typmod` is the column's
// atttypmod (−1 for none): char(n) and varchar(n) cut trailing blanks, numeric(p, s) and timestamp(p) round.
// `value_type` 0 or unknown: the value is read by the column type's own input function (every COPY field; untyped
// literals). Never kNoMatch.
[[nodiscard]] absl::StatusOr<KeyMatch> CoerceForAssignment(KeyType column, std::int32_t typmod, Oid value_type,
                                                           Format format, WireValue value);

// The hash of a key of several columns. One column: its own hash; several: PostgreSQL's record hash; nullopt or
// kNullHash for NULL. REQUIRES: !columns.empty().
[[nodiscard]] std::uint64_t CombineHashes(std::span<const std::uint64_t> columns);

// Whether `status`, an error of a function above, means that PostgreSQL is certain to reject the value.
[[nodiscard]] bool ServerRejects(const absl::Status& status);

}  // namespace pgshoal::shardmap
