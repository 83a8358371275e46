#pragma once
// Settings that may change while the router runs, besides those of pools and of authentication. Immutable; replaced as
// a whole (Shared::SetLive), and every worker holds the one that counts on its thread.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "router/net/stream.hpp"

namespace pgshoal::session {

struct LiveSettings {
  std::vector<std::string> admin_users;  // may do everything in the console
  std::vector<std::string> stats_users;  // may look, but for what shows keys
  std::chrono::milliseconds stats_period{60'000};
  bool log_connections = true;
  bool log_disconnections = true;
  bool log_pooler_errors = true;
  bool log_stats = true;
  std::chrono::milliseconds client_login_timeout{60'000};
  std::chrono::milliseconds query_wait_notify{5'000};  // when a client in line is told; 0: never
  std::chrono::milliseconds suspend_timeout{10'000};
  bool tcp_keepalive = true;  // whether TCP connections of clients are probed, and how
  net::KeepAlive keepalive;
  int log_min_duration_statement = -1;  // milliseconds; negative: no statement is logged
};
using LivePtr = std::shared_ptr<const LiveSettings>;

}  // namespace pgshoal::session
