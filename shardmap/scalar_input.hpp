#pragma once
// PostgreSQL's input syntax for integers, booleans, uuid, bytea and float8, as far as every supported version reads it
// alike. Errors as key_hash.hpp describes.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pgshoal::shardmap {

// Without the blanks, tabs and line ends that input functions skip at both ends.
[[nodiscard]] std::string_view TrimSpace(std::string_view text);
[[nodiscard]] bool EqualsIgnoreCase(std::string_view text, std::string_view lower);

// Within [−2^(8·bytes−1), 2^(8·bytes−1)); `type` names the type in errors. REQUIRES: bytes is 2, 4 or 8.
[[nodiscard]] absl::StatusOr<std::int64_t> IntFromText(std::string_view text, int bytes, std::string_view type);
[[nodiscard]] absl::StatusOr<bool> BoolFromText(std::string_view text);
[[nodiscard]] absl::StatusOr<std::string> UuidFromText(std::string_view text);   // 16 bytes
[[nodiscard]] absl::StatusOr<std::string> ByteaFromText(std::string_view text);  // hex or escape form
[[nodiscard]] absl::StatusOr<double> FloatFromText(std::string_view text);       // float8
[[nodiscard]] absl::StatusOr<float> Float4FromText(std::string_view text);

}  // namespace pgshoal::shardmap
