#pragma once
// Every bound of the system in one place. docs/limits.md lists them for users.

#include <cstddef>
#include <cstdint>

namespace pgshoal::limits {

// Wire protocol.
inline constexpr std::size_t kMaxStartupPacket = 10'000;          // PostgreSQL's MAX_STARTUP_PACKET_LENGTH
inline constexpr std::size_t kMaxPreAuthMessage = 10'000;         // any message before authentication is over
inline constexpr std::size_t kMaxMessage = 0x3fffffff;            // PostgreSQL's own bound, one gigabyte
inline constexpr std::size_t kMaxSmallMessage = 10'000;           // Sync, Describe, Execute …: PostgreSQL's own bound
inline constexpr std::size_t kMaxStatement = 64u << 20;           // one simple Query or Parse that we parse
inline constexpr std::size_t kMaxBufferedOutput = 256u << 10;     // per stream, before the producer must wait
inline constexpr std::size_t kReceiveBuffer = 16u << 10;          // one receive

// Authentication.
inline constexpr std::size_t kMaxRuleFile = 64u << 20;            // hba, ident and user files, each
inline constexpr std::size_t kMaxCachedSecrets = 10'000;          // users that auth_query has told of

// Parser.
inline constexpr std::size_t kParserStackBytes = 1u << 20;        // nesting deeper than this is 54001

// Shard map.
inline constexpr int kMaxShards = 1024;
inline constexpr int kMaxSlots = 65'536;
inline constexpr int kDefaultSlots = 4096;
inline constexpr int kMaxKeyColumns = 8;

// Planning and merging.
inline constexpr std::size_t kMaxGroupsInMemory = 1u << 20;       // groups combined by the router in one statement
inline constexpr std::size_t kMaxGroupBytes = 256u << 20;

// Sessions.
inline constexpr std::size_t kMaxPreparedPerClient = 10'000;
inline constexpr std::size_t kMaxPreparedPerServer = 1'000;
inline constexpr std::size_t kMaxCachedPlans = 10'000;            // statements whose plans one worker keeps
inline constexpr std::size_t kMaxCachedPlanBytes = 16u << 20;     // of their texts
inline constexpr std::size_t kMaxCachedStatement = 32u << 10;     // longer statements are planned each time
inline constexpr std::size_t kMaxSearchPaths = 10'000;            // different ones that one worker tells apart

}  // namespace pgshoal::limits
