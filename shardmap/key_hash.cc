#include "shardmap/key_hash.hpp"

#include "base/oids.hpp"
#include "base/status.hpp"

namespace pgshoal::shardmap {
namespace {

struct TypeRow {
  KeyType type;
  Oid oid;
  std::string_view name;
  std::string_view short_name;
};

constexpr TypeRow kTypes[] = {
    {KeyType::kBool, oid::kBool, "boolean", "bool"},
    {KeyType::kInt2, oid::kInt2, "smallint", "int2"},
    {KeyType::kInt4, oid::kInt4, "integer", "int4"},
    {KeyType::kInt8, oid::kInt8, "bigint", "int8"},
    {KeyType::kNumeric, oid::kNumeric, "numeric", "decimal"},
    {KeyType::kText, oid::kText, "text", "text"},
    {KeyType::kVarchar, oid::kVarchar, "character varying", "varchar"},
    {KeyType::kBpchar, oid::kBpchar, "character", "bpchar"},
    {KeyType::kBytea, oid::kBytea, "bytea", "bytea"},
    {KeyType::kUuid, oid::kUuid, "uuid", "uuid"},
    {KeyType::kDate, oid::kDate, "date", "date"},
    {KeyType::kTimestamp, oid::kTimestamp, "timestamp without time zone", "timestamp"},
    {KeyType::kTimestamptz, oid::kTimestamptz, "timestamp with time zone", "timestamptz"},
};

// Types equal under `=` across each other, by the operator PostgreSQL picks.
int Family(KeyType type) {
  switch (type) {
    case KeyType::kInt2:
    case KeyType::kInt4:
    case KeyType::kInt8:
      return 1;
    case KeyType::kText:
    case KeyType::kVarchar:
      return 2;
    default:
      return 100 + static_cast<int>(type);
  }
}

}  // namespace

std::optional<KeyType> KeyTypeOf(Oid type) {
  for (const TypeRow& row : kTypes) {
    if (row.oid == type) return row.type;
  }
  return std::nullopt;
}

Oid OidOf(KeyType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row.oid;
  }
  return oid::kUnspecified;
}

std::string_view NameOf(KeyType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row.name;
  }
  return {};
}

std::optional<KeyType> KeyTypeFromName(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (row.name == name || row.short_name == name) return row.type;
  }
  if (name == "int") return KeyType::kInt4;
  if (name == "char") return KeyType::kBpchar;
  return std::nullopt;
}

bool HashAlike(KeyType a, KeyType b) {
  // text = char(n) compares as text, after char(n) has lost its trailing blanks, as its hash does. varchar = char(n)
  // compares as char(n): trailing blanks of the varchar do not count, but its hash counts them.
  const auto is_text_and_bpchar = [](KeyType x, KeyType y) { return x == KeyType::kText && y == KeyType::kBpchar; };
  return Family(a) == Family(b) || is_text_and_bpchar(a, b) || is_text_and_bpchar(b, a);
}

std::uint64_t CombineHashes(std::span<const std::uint64_t> columns) {
  if (columns.size() == 1) return columns[0];
  std::uint64_t result = 0;
  for (std::uint64_t hash : columns) result = (result << 5) - result + hash;
  return result;
}

bool ServerRejects(const absl::Status& status) {
  return !status.ok() && ToSqlError(status).sqlstate.starts_with("22");
}

}  // namespace pgshoal::shardmap
