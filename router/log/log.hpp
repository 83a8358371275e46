#pragma once
// The log. Thread-safe; everything may be called at any time, before the settings are known too (text on standard
// error).

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace pgshoal::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

struct Settings {
  Level level = Level::kInfo;  // what is less important is not written
  bool json = false;           // one object a line; otherwise text
  std::string file;            // empty: standard error
  bool syslog = false;         // as well
  std::string syslog_ident = "pgshoal", syslog_facility = "daemon";

  friend bool operator==(const Settings&, const Settings&) = default;
};

// Of whom an event tells, as far as that is known. Borrowed for the time of the call.
struct About {
  std::string_view database, user, shard;
  std::string_view client;     // its address
  std::int32_t pid = 0;        // that the client was told; 0: none
  double milliseconds = -1;    // how long it took; negative: does not count
  std::string_view statement;  // normalised: without constants
  std::string_view sqlstate;
};

// Takes effect as a whole, or, when the file cannot be opened (58P01), not at all.
[[nodiscard]] absl::Status Configure(const Settings& settings);
// Opens the file anew: the old one has been moved away.
[[nodiscard]] absl::Status Reopen();

namespace internal {
inline std::atomic<Level> level{Level::kInfo};
}
inline bool Enabled(Level level) {
  return level >= internal::level.load(std::memory_order_relaxed);
}

// One line. More than limits::kMaxLogLinesPerSecond in a second are counted instead of written, errors aside.
void Write(Level level, std::string_view message, const About& about = {});

inline void Debug(std::string_view message, const About& about = {}) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, message, about);
}
inline void Info(std::string_view message, const About& about = {}) {
  if (Enabled(Level::kInfo)) Write(Level::kInfo, message, about);
}
inline void Warning(std::string_view message, const About& about = {}) {
  if (Enabled(Level::kWarning)) Write(Level::kWarning, message, about);
}
inline void Error(std::string_view message, const About& about = {}) {
  Write(Level::kError, message, about);
}

}  // namespace pgshoal::log
