#pragma once
// The running router: worker threads, listeners, sessions.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "router/exec/pool_settings.hpp"
#include "router/net/endpoint.hpp"
#include "router/net/reactor.hpp"
#include "router/session/console.hpp"
#include "router/session/security.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::session {

struct RouterOptions {
  std::vector<net::Endpoint> listen;  // at least one; TCP port 0: any free port (the first TCP one is reported)
  unsigned unix_socket_mode = 0777;   // permission bits of the unix sockets among them
  shardmap::MapPtr map;               // what to start with
  std::string map_file;               // read again on SIGHUP and RELOAD, written by LOAD MAP; empty: neither
  std::string database;               // the name that clients connect to; empty: the map's
  // As whom to log in to the shards. Empty user: as the client.
  std::string server_user;
  std::optional<std::string> server_password;
  // As whom the control plane reads catalogs. Empty: server_user, or the name that runs this process.
  std::string control_user;
  int threads = 2;
  net::Backend io = net::Backend::kAuto;
  exec::PoolSettings pool;  // to start with
  std::chrono::milliseconds client_login_timeout{60'000};
  SecurityOptions security;
  ConsoleHandler console;  // what the database `pgshoal` answers
};

// Serves until SIGINT or SIGTERM (then it stops accepting, ends the sessions and returns OK); SIGHUP reads the map file
// and the files of `security` again. `ready` is called once queries are accepted, with the TCP port. Call it before any
// other thread exists. Errors: the home shard cannot be reached, an address is in use, …
absl::Status RunRouter(RouterOptions options, absl::AnyInvocable<void(int port)> ready);

}  // namespace pgshoal::session
