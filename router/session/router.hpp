#pragma once
// The running router: worker threads, listeners, sessions.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/exec/pool_settings.hpp"
#include "router/net/endpoint.hpp"
#include "router/net/reactor.hpp"
#include "router/session/console.hpp"
#include "router/session/live_settings.hpp"
#include "router/session/security.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::session {

enum class ShutdownMode : std::uint8_t {
  kNow,             // clients are told (57P01) and go
  kWaitForServers,  // each client goes as soon as it has no transaction open
  kWaitForClients   // nobody new is accepted; those that are there are served until they leave
};
// What clients are told then, as PostgreSQL says it.
inline constexpr std::string_view kAdministratorCommand = "terminating connection due to administrator command";

// A database as clients name it.
struct DatabaseOptions {
  std::string name;
  shardmap::MapPtr map;
  std::string map_file;  // where the map comes from and LOAD MAP puts the next one; empty: nowhere
  // In place of SecurityOptions' own: as whom to look up users that are not in the file, and how.
  std::optional<std::string> auth_user, auth_query;
  // The database whose home shard is asked for them; empty: this one.
  std::string auth_dbname;
  bool automatic = false;  // made by FallbackDatabase
};

// Makes the database of a name that no other one has; null: there is none.
using FallbackDatabase = std::function<absl::StatusOr<DatabaseOptions>(const std::string& name)>;

struct RouterOptions {
  std::vector<net::Endpoint> listen;  // TCP port 0: any free port (the first TCP one is reported)
  unsigned unix_socket_mode = 0777;   // permission bits of the unix sockets among them
  std::vector<int> listen_fds;     // listening sockets to take over (socket activation); then `listen` does not count
  bool reuse_port = false;         // share the addresses with a router that runs already, and with a later one
  int defer_accept_seconds = 1;    // see net::ListenOptions::defer_seconds
  bool stop_at_once = false;       // SIGINT and SIGTERM: kNow
  std::vector<DatabaseOptions> databases;  // to start with; the first is the one that the console's map commands mean
  FallbackDatabase fallback;               // for names that are not among them
  // As whom to log in to the shards. Empty user: as the client.
  std::string server_user;
  std::optional<std::string> server_password;
  // As whom catalogs are read. Empty: server_user. Where that is empty or not let in: the client who needs one.
  std::string control_user;
  int threads = 2;
  net::Backend io = net::Backend::kAuto;
  exec::PoolSettings pool;  // to start with
  SecurityOptions security;
  ConsoleHandler console;  // what the database `pgshoal` answers
  LiveSettings live;
  // Reads settings, map and catalog again (SIGHUP, RELOAD), on the control thread. Empty: Shared::ReloadMapFile.
  std::function<absl::Status(Shared& shared)> reload;
  std::function<void()> stopping;  // called when the router begins to end
};

// Serves until SIGTERM (kWaitForClients), SIGINT (kWaitForServers), SIGQUIT (kNow) or SHUTDOWN, then returns OK; a
// second SIGTERM or SIGINT is kNow. SIGHUP reloads, SIGUSR1 pauses, SIGUSR2 resumes. `ready` is called once queries are
// accepted, with the TCP port. Call it before any other thread exists. Errors: the home shard cannot be reached, an
// address is in use, …
absl::Status RunRouter(RouterOptions options, absl::AnyInvocable<void(int port)> ready);

}  // namespace pgshoal::session
