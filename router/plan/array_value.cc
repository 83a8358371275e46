#include "router/plan/array_value.hpp"

#include <cctype>

#include "base/oids.hpp"

namespace pgshoal::plan {
namespace {

constexpr std::size_t kMaxElements = 100'000;

bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

bool IsNullWord(std::string_view word) {
  if (word.size() != 4) return false;
  const std::string_view null = "null";
  for (std::size_t i = 0; i < 4; ++i) {
    if (std::tolower(static_cast<unsigned char>(word[i])) != null[i]) return false;
  }
  return true;
}

std::uint32_t Load32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

std::optional<ArrayElements> ReadTextArray(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  ArrayElements array;
  std::size_t i = 0;
  auto skip = [&] {
    while (i < text.size() && IsSpace(text[i])) ++i;
  };
  skip();
  if (i == text.size()) return array;
  while (array.values.size() < kMaxElements) {
    skip();
    std::string value;
    bool quoted = false;
    if (i < text.size() && text[i] == '"') {
      quoted = true;
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
        value += text[i];
      }
      if (i++ >= text.size()) return std::nullopt;
      skip();
      if (i < text.size() && text[i] != ',') return std::nullopt;
    } else {
      std::size_t significant = 0;
      for (; i < text.size() && text[i] != ','; ++i) {
        if (text[i] == '{' || text[i] == '}' || text[i] == '"') return std::nullopt;
        const bool escaped = text[i] == '\\';
        if (escaped && ++i == text.size()) return std::nullopt;
        value += text[i];
        if (escaped || !IsSpace(text[i])) significant = value.size();
        quoted |= escaped;
      }
      value.resize(significant);
      if (value.empty()) return std::nullopt;
    }
    if (!quoted && IsNullWord(value)) {
      array.values.emplace_back(std::nullopt);
    } else {
      array.values.emplace_back(std::move(value));
    }
    if (i == text.size()) return array;
    ++i;  // the comma
  }
  return std::nullopt;
}

std::optional<ArrayElements> ReadBinaryArray(std::string_view bytes) {
  if (bytes.size() < 12) return std::nullopt;
  const std::uint32_t dimensions = Load32(bytes, 0);
  ArrayElements array;
  array.element_type = Load32(bytes, 8);
  if (dimensions == 0) return array;
  if (dimensions != 1 || bytes.size() < 20) return std::nullopt;
  const std::uint32_t count = Load32(bytes, 12);
  if (count > kMaxElements) return std::nullopt;
  std::size_t at = 20;
  for (std::uint32_t n = 0; n < count; ++n) {
    if (bytes.size() - at < 4) return std::nullopt;
    const std::uint32_t length = Load32(bytes, at);
    at += 4;
    if (length == 0xffffffffu) {
      array.values.emplace_back(std::nullopt);
      continue;
    }
    if (length > bytes.size() - at) return std::nullopt;
    array.values.emplace_back(std::string(bytes.substr(at, length)));
    at += length;
  }
  if (at != bytes.size()) return std::nullopt;
  return array;
}

Oid ElementTypeOf(Oid array_type) {
  switch (array_type) {
    case 1000:
      return oid::kBool;
    case 1001:
      return oid::kBytea;
    case oid::kInt2Array:
      return oid::kInt2;
    case oid::kInt4Array:
      return oid::kInt4;
    case oid::kInt8Array:
      return oid::kInt8;
    case oid::kTextArray:
      return oid::kText;
    case 1014:
      return oid::kBpchar;
    case oid::kVarcharArray:
      return oid::kVarchar;
    case 1115:
      return oid::kTimestamp;
    case 1182:
      return oid::kDate;
    case 1185:
      return oid::kTimestamptz;
    case 1231:
      return oid::kNumeric;
    case oid::kUuidArray:
      return oid::kUuid;
    default:
      return 0;
  }
}

}  // namespace pgshoal::plan
