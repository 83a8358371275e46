#pragma once
// Dates and timestamps: the ISO 8601 forms that PostgreSQL reads alike under every DateStyle and TimeZone. Any other
// form (other orders of the fields, zone names, a timestamptz without offset, 'now', BC) is 0A000, never a guess.

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace pgshoal::shardmap {

using Days = std::int32_t;          // since 2000-01-01
using Microseconds = std::int64_t;  // since 2000-01-01 00:00:00 (UTC for timestamptz)

inline constexpr Days kDateInfinity = std::numeric_limits<Days>::max();
inline constexpr Days kDateMinusInfinity = std::numeric_limits<Days>::min();
inline constexpr Microseconds kInfinity = std::numeric_limits<Microseconds>::max();
inline constexpr Microseconds kMinusInfinity = std::numeric_limits<Microseconds>::min();
inline constexpr Microseconds kMicrosecondsPerDay = 86'400'000'000;

[[nodiscard]] absl::StatusOr<Days> DateFromText(std::string_view text);
[[nodiscard]] absl::StatusOr<Microseconds> TimestampFromText(std::string_view text);
[[nodiscard]] absl::StatusOr<Microseconds> TimestamptzFromText(std::string_view text);

// Midnight of the day; nullopt when it is beyond a timestamp's range.
[[nodiscard]] std::optional<Microseconds> MidnightOf(Days date);
// The day a timestamp falls on.
[[nodiscard]] Days DayOf(Microseconds timestamp);

// What timestamp(p) stores; typmod −1 or 6 changes nothing.
[[nodiscard]] Microseconds RoundToPrecision(Microseconds timestamp, std::int32_t typmod);

}  // namespace pgshoal::shardmap
