#include "shardmap/key_errors.hpp"

#include <cstddef>
#include <utility>

#include "base/status.hpp"
#include "fmt/format.h"

namespace pgshoal::shardmap {
namespace {

// A value may be megabytes long; the message quotes its beginning.
std::string Excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 100;
  if (text.size() <= kLongest) return std::string(text);
  return std::string(text.substr(0, kLongest)) + "…";
}

}  // namespace

absl::Status CannotDecide(std::string reason) {
  return Refuse(std::move(reason), 0, "Write the value as a constant of the shard key's own type.");
}

absl::Status InvalidText(std::string_view type, std::string_view text) {
  return SqlStatus(sqlstate::kInvalidTextRepresentation,
                   fmt::format("invalid input syntax for type {}: \"{}\"", type, Excerpt(text)));
}

absl::Status InvalidBinary(std::string_view type) {
  return SqlStatus(sqlstate::kInvalidBinaryRepresentation, fmt::format("invalid binary format of type {}", type));
}

absl::Status OutOfRange(std::string_view type, std::string_view text) {
  return SqlStatus(sqlstate::kNumericValueOutOfRange,
                   fmt::format("value \"{}\" is out of range for type {}", Excerpt(text), type));
}

}  // namespace pgshoal::shardmap
