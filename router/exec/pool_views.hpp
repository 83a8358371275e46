#pragma once
// What the admin console shows of pools and of server connections: copies, true at one moment.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "router/exec/pool_settings.hpp"

namespace pgshoal::exec {

// A server connection's state is PgBouncer's.
enum class ServerState : std::uint8_t {
  kLogin,   // connecting, or logging in
  kActive,  // lent to a client, or on its way to one
  kTested,  // being made as new after a client in session mode
  kIdle     // free
};
std::string_view NameOf(ServerState state);  // "login", "active", "tested", "idle"

// One line of SHOW POOLS: a shard, a user, a database. The names are PgBouncer's.
struct PoolView {
  std::string database, user, shard;  // shard: its name in the map
  std::string address;                // "host:port" or a socket's path
  std::string server_database;        // its name on the shard
  PoolMode mode = PoolMode::kTransaction;
  int cl_active = 0;       // clients that hold a connection of the pool
  int cl_waiting = 0;      // clients in line
  int cl_cancelling = 0;   // cancel requests on their way to the server
  int sv_active = 0, sv_idle = 0, sv_tested = 0, sv_login = 0;
  int pool_size = 0, min_pool_size = 0, reserve_pool_size = 0;
  std::chrono::microseconds maxwait{0};  // how long the first in line has waited
  bool paused = false, failing = false;
  std::string last_error;  // of the last attempt to connect, while `failing`
};

// One line of SHOW SERVERS.
struct ServerView {
  std::uint64_t id = 0;  // of the connection, for as long as the router runs
  std::string database, user, shard;
  ServerState state = ServerState::kIdle;
  std::string remote_address, local_address;  // "host:port" or "unix"
  std::chrono::system_clock::time_point connected, changed;  // since when; since when in this state
  std::int32_t pid = 0;      // of the server's process
  std::int32_t client = 0;   // the pid that the client which holds it was told; 0: none
  int worker = 0;
  int fd = -1;
  std::string tls;  // version and cipher; empty: none
  // Of connections that are free; who holds one knows them better.
  std::string application_name;
  std::size_t prepared_statements = 0;
  bool close_needed = false;  // goes when it is returned (RECONNECT, PAUSE, a shard that has moved)
};

}  // namespace pgshoal::exec
