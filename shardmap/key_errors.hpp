#pragma once
// The errors that reading key values ends in; see key_hash.hpp for what they tell the caller.

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pgshoal::shardmap {

inline constexpr std::string_view kStringTooLong = "22001";
inline constexpr std::string_view kDatetimeOutOfRange = "22008";

// 0A000: not decided here.
[[nodiscard]] absl::Status CannotDecide(std::string reason);

// Class 22: PostgreSQL rejects the value, in these or similar words.
[[nodiscard]] absl::Status InvalidText(std::string_view type, std::string_view text);
[[nodiscard]] absl::Status InvalidBinary(std::string_view type);
[[nodiscard]] absl::Status OutOfRange(std::string_view type, std::string_view text);

}  // namespace pgshoal::shardmap
