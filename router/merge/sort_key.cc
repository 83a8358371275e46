#include "router/merge/sort_key.hpp"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/numeric.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::merge {
namespace {

using plan::SortType;

// Bytes of a value of that type; 0: any number.
std::size_t FixedSize(SortType type) {
  switch (type) {
    case SortType::kBool: return 1;
    case SortType::kInt2: return 2;
    case SortType::kInt4:
    case SortType::kOid:
    case SortType::kFloat4:
    case SortType::kDate: return 4;
    case SortType::kInt8:
    case SortType::kFloat8:
    case SortType::kTime:
    case SortType::kTimestamp:
    case SortType::kTimestamptz: return 8;
    case SortType::kUuid: return 16;
    case SortType::kNumeric:
    case SortType::kTextC:
    case SortType::kBpcharC: return 0;
  }
  return 0;
}

template <class T>
int Order(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

template <class T>
int OrderFloats(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return static_cast<int>(std::isnan(a)) - static_cast<int>(std::isnan(b));
  return Order(a, b);
}

int OrderBytes(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  return order != 0 ? order : Order(a.size(), b.size());
}

float ToFloat4(std::string_view bytes) { return std::bit_cast<float>(wire::LoadUint32(bytes.data())); }
double ToFloat8(std::string_view bytes) { return std::bit_cast<double>(wire::LoadUint64(bytes.data())); }

std::string_view WithoutTrailingBlanks(std::string_view bytes) {
  return bytes.substr(0, bytes.find_last_not_of(' ') + 1);
}

// One spelling for all NaNs and for both zeros.
double Canonical(double value) {
  if (std::isnan(value)) return std::numeric_limits<double>::quiet_NaN();
  return value == 0 ? 0.0 : value;
}

}  // namespace

absl::Status CheckValue(SortType type, std::string_view bytes) {
  if (type == SortType::kNumeric) return CheckNumericWire(bytes);
  const std::size_t size = FixedSize(type);
  if (size == 0 || bytes.size() == size) return absl::OkStatus();
  return SqlStatus(sqlstate::kInvalidBinaryRepresentation, "malformed binary value from server");
}

int CompareValues(SortType type, std::string_view a, std::string_view b) {
  switch (type) {
    case SortType::kInt2:
      return Order(static_cast<std::int16_t>(wire::LoadUint16(a.data())),
                   static_cast<std::int16_t>(wire::LoadUint16(b.data())));
    case SortType::kInt4:
    case SortType::kDate:
      return Order(static_cast<std::int32_t>(wire::LoadUint32(a.data())),
                   static_cast<std::int32_t>(wire::LoadUint32(b.data())));
    case SortType::kInt8:
    case SortType::kTime:
    case SortType::kTimestamp:
    case SortType::kTimestamptz:
      return Order(static_cast<std::int64_t>(wire::LoadUint64(a.data())),
                   static_cast<std::int64_t>(wire::LoadUint64(b.data())));
    case SortType::kFloat4: return OrderFloats(ToFloat4(a), ToFloat4(b));
    case SortType::kFloat8: return OrderFloats(ToFloat8(a), ToFloat8(b));
    case SortType::kNumeric: return CompareNumericWire(a, b);
    case SortType::kBool:
    case SortType::kOid:
    case SortType::kUuid:
    case SortType::kTextC: return OrderBytes(a, b);
    case SortType::kBpcharC: return OrderBytes(WithoutTrailingBlanks(a), WithoutTrailingBlanks(b));
  }
  return 0;
}

int CompareByKey(const plan::SortKey& key, const wire::Value& a, const wire::Value& b) {
  if (a.is_null || b.is_null) {
    if (a.is_null == b.is_null) return 0;
    return a.is_null == key.nulls_first ? -1 : 1;
  }
  const int order = CompareValues(key.type, a.bytes, b.bytes);
  return key.descending ? -order : order;
}

void AppendGroupKey(std::string* out, SortType type, const wire::Value& value) {
  if (value.is_null) {
    out->append(4, '\xff');
    return;
  }
  const std::size_t start = out->size();
  out->append(4, '\0');
  switch (type) {
    case SortType::kNumeric: AppendNumericKey(out, value.bytes); break;
    case SortType::kFloat4:
      wire::AppendUint64(out, std::bit_cast<std::uint64_t>(Canonical(ToFloat4(value.bytes))));
      break;
    case SortType::kFloat8:
      wire::AppendUint64(out, std::bit_cast<std::uint64_t>(Canonical(ToFloat8(value.bytes))));
      break;
    case SortType::kBpcharC: out->append(WithoutTrailingBlanks(value.bytes)); break;
    default: out->append(value.bytes);
  }
  wire::StoreUint32(out->data() + start, static_cast<std::uint32_t>(out->size() - start - 4));
}

}  // namespace pgshoal::merge
