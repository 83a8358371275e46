#include "shardmap/key_value.hpp"

#include <bit>
#include <cstddef>

#include "base/oids.hpp"
#include "shardmap/key_errors.hpp"
#include "shardmap/pg_hash.hpp"
#include "shardmap/scalar_input.hpp"

namespace pgshoal::shardmap {
namespace {

// A big-endian two's complement number. REQUIRES: bytes.size() is 1, 2, 4 or 8.
std::int64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[0]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
  for (char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

absl::StatusOr<std::uint64_t> HashBool(Format format, std::string_view bytes) {
  if (format == Format::kBinary) {
    if (bytes.size() != 1) return InvalidBinary("boolean");
    return HashUint32(bytes[0] != 0 ? 1 : 0);
  }
  auto value = BoolFromText(bytes);
  if (!value.ok()) return value.status();
  return HashUint32(*value ? 1 : 0);
}

absl::StatusOr<std::uint64_t> HashUuid(Format format, std::string_view bytes) {
  if (format == Format::kBinary) {
    if (bytes.size() != 16) return InvalidBinary("uuid");
    return HashBytes(bytes);
  }
  auto value = UuidFromText(bytes);
  if (!value.ok()) return value.status();
  return HashBytes(*value);
}

absl::StatusOr<std::uint64_t> HashBytea(Format format, std::string_view bytes) {
  if (format == Format::kBinary) return HashBytes(bytes);
  auto value = ByteaFromText(bytes);
  if (!value.ok()) return value.status();
  return HashBytes(*value);
}

}  // namespace

int IntWidth(KeyType type) {
  if (type == KeyType::kInt2) return 2;
  if (type == KeyType::kInt4) return 4;
  return type == KeyType::kInt8 ? 8 : 0;
}

bool FitsInt(std::int64_t value, int bytes) {
  const int unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << unused) >> unused == value;
}

absl::StatusOr<std::int64_t> ReadInt(KeyType type, Format format, std::string_view bytes) {
  const int width = IntWidth(type);
  if (format == Format::kText) return IntFromText(bytes, width, NameOf(type));
  if (bytes.size() != static_cast<std::size_t>(width)) return InvalidBinary(NameOf(type));
  return ReadBigEndian(bytes);
}

absl::StatusOr<Decimal> ReadNumeric(Format format, std::string_view bytes) {
  return format == Format::kText ? DecimalFromText(bytes) : DecimalFromBinary(bytes);
}

absl::StatusOr<Days> ReadDate(Format format, std::string_view bytes) {
  if (format == Format::kText) return DateFromText(bytes);
  if (bytes.size() != 4) return InvalidBinary("date");
  return static_cast<Days>(ReadBigEndian(bytes));
}

absl::StatusOr<Microseconds> ReadTimestamp(KeyType type, Format format, std::string_view bytes) {
  if (format == Format::kText) {
    return type == KeyType::kTimestamptz ? TimestamptzFromText(bytes) : TimestampFromText(bytes);
  }
  if (bytes.size() != 8) return InvalidBinary(NameOf(type));
  return ReadBigEndian(bytes);
}

absl::StatusOr<double> ReadFloat(Oid type, Format format, std::string_view bytes) {
  if (type == oid::kFloat4) {
    if (format == Format::kText) return Float4FromText(bytes);
    if (bytes.size() != 4) return InvalidBinary("real");
    return std::bit_cast<float>(static_cast<std::uint32_t>(ReadBigEndian(bytes)));
  }
  if (format == Format::kText) return FloatFromText(bytes);
  if (bytes.size() != 8) return InvalidBinary("double precision");
  return std::bit_cast<double>(ReadBigEndian(bytes));
}

std::uint64_t HashDate(Days date) {
  return HashUint32(static_cast<std::uint32_t>(date));
}

absl::StatusOr<std::uint64_t> HashWire(KeyType type, Format format, std::string_view bytes) {
  switch (type) {
    case KeyType::kBool:
      return HashBool(format, bytes);
    case KeyType::kInt2:
    case KeyType::kInt4:
    case KeyType::kInt8: {
      auto value = ReadInt(type, format, bytes);
      if (!value.ok()) return value.status();
      return HashInt64(*value);
    }
    case KeyType::kNumeric: {
      auto value = ReadNumeric(format, bytes);
      if (!value.ok()) return value.status();
      return HashDecimal(*value);
    }
    case KeyType::kText:
    case KeyType::kVarchar:
      return HashBytes(bytes);
    case KeyType::kBpchar:
      return HashBytes(StripBlanks(bytes));
    case KeyType::kBytea:
      return HashBytea(format, bytes);
    case KeyType::kUuid:
      return HashUuid(format, bytes);
    case KeyType::kDate: {
      auto value = ReadDate(format, bytes);
      if (!value.ok()) return value.status();
      return HashDate(*value);
    }
    case KeyType::kTimestamp:
    case KeyType::kTimestamptz: {
      auto value = ReadTimestamp(type, format, bytes);
      if (!value.ok()) return value.status();
      return HashInt64(*value);
    }
  }
  return CannotDecide("a value of an unknown type");
}

}  // namespace pgshoal::shardmap
