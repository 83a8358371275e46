#pragma once
// Settings that may change while the router runs, besides those of pools and of authentication. Immutable; replaced as
// a whole (Shared::SetLive), and every worker holds the one that counts on its thread.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace pgshoal::session {

struct LiveSettings {
  std::vector<std::string> admin_users;  // may do everything in the console
  std::vector<std::string> stats_users;  // may look, but for what shows keys
  std::chrono::milliseconds stats_period{60'000};
  bool log_connections = true;
  bool log_disconnections = true;
  bool log_pooler_errors = true;
  bool log_stats = true;
  int log_min_duration_statement = -1;  // milliseconds; negative: no statement is logged
};
using LivePtr = std::shared_ptr<const LiveSettings>;

}  // namespace pgshoal::session
