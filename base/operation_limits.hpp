#pragma once
// The bounds of console, log, notifications and cursors; a part of base/limits.hpp that few files need.

#include <cstddef>

namespace pgshoal::limits {

inline constexpr int kMaxConsoleCommandsAtOnce = 64;
inline constexpr int kMaxLogLinesPerSecond = 1'000;               // more are counted, errors are written
inline constexpr std::size_t kMaxQueryFigures = 1'000;            // statements of SHOW QUERIES, for each worker
inline constexpr std::size_t kMaxLoggedStatement = 4u << 10;       // bytes of a slow statement in the log

inline constexpr std::size_t kMaxChannelsPerClient = 10'000;          // LISTEN
inline constexpr std::size_t kMaxPendingNotifications = 16u << 20;    // bytes that wait for one client
inline constexpr std::size_t kMaxMergedRows = 1'000;                  // cursors and portals over several shards, of a client
inline constexpr std::size_t kFetchedAtATime = 1'000;                 // rows asked of a shard, when more are wanted
inline constexpr std::size_t kMaxStatementName = 64u << 10;           // Describe and Close of prepared statements

}  // namespace pgshoal::limits
