#pragma once
// The bounds of console and log; a part of base/limits.hpp that few files need.

#include <cstddef>

namespace pgshoal::limits {

inline constexpr int kMaxConsoleCommandsAtOnce = 64;
inline constexpr int kMaxLogLinesPerSecond = 1'000;               // more are counted, errors are written
inline constexpr std::size_t kMaxQueryFigures = 1'000;            // statements of SHOW QUERIES, for each worker
inline constexpr std::size_t kMaxLoggedStatement = 4u << 10;       // bytes of a slow statement in the log

}  // namespace pgshoal::limits
