// The table of all settings. Reading a file: config_file.cc; the reference page: config_reference.cc.

#include "router/main/config.hpp"

namespace pgshoal::main {

using namespace std::chrono_literals;

const std::vector<Setting>& Settings() {
  static const std::vector<Setting> settings = {
      {.name = "listen_addresses",
       .member = &RouterConfig::listen_addresses,
       .description = "Addresses on which clients are accepted; \"*\" means all. An empty array: unix socket only."},
      {.name = "port",
       .member = &RouterConfig::port,
       .description = "TCP port for clients, and the number in the unix socket's name.",
       .min = 1,
       .max = 65535},
      {.name = "unix_socket_dir",
       .member = &RouterConfig::unix_socket_dir,
       .description = "Directory in which the unix socket `.s.PGSQL.PORT` is made; empty: none."},
      {.name = "map_file",
       .member = &RouterConfig::map_file,
       .description = "The shard map (shard-map.md), which also names the database. A relative path is taken from the "
                      "directory of the settings file. The map in it is read again on SIGHUP.",
       .required = true},
      {.name = "auth",
       .member = &RouterConfig::auth,
       .description = "How clients prove who they are. `trust` asks for no password: listen only where every client "
                      "may be trusted.",
       .choices = {"trust"}},
      {.name = "server_user",
       .member = &RouterConfig::server_user,
       .description = "User name towards the shards for which the map names none; empty: the client's own."},
      {.name = "server_password",
       .member = &RouterConfig::server_password,
       .description = "Password towards the shards for which the map has none.",
       .secret = true},
      {.name = "control_user",
       .member = &RouterConfig::control_user,
       .description = "As whom the router reads the shards' catalogs; empty: server_user."},
      {.name = "pool_size",
       .member = &RouterConfig::pool_size,
       .description = "Most connections to one shard for one user.",
       .min = 1,
       .max = 10'000},
      {.name = "pool_wait_timeout",
       .member = &RouterConfig::pool_wait_timeout,
       .description = "How long a statement waits for a connection to become free before it fails.",
       .shortest = 1s,
       .longest = 24h},
      {.name = "connect_timeout",
       .member = &RouterConfig::connect_timeout,
       .description = "Time to connect and log in to a shard.",
       .shortest = 1s,
       .longest = 1h},
      {.name = "max_clients",
       .member = &RouterConfig::max_clients,
       .description = "Most clients at one time; more are turned away.",
       .min = 1,
       .max = 1'000'000},
      {.name = "login_timeout",
       .member = &RouterConfig::login_timeout,
       .description = "Time within which a client must have logged in.",
       .shortest = 1s,
       .longest = 1h},
      {.name = "worker_threads",
       .member = &RouterConfig::worker_threads,
       .description = "Threads that serve clients; 0: one for each processor.",
       .min = 0,
       .max = 1024},
      {.name = "io",
       .member = &RouterConfig::io,
       .description = "How bytes move: io_uring, or epoll; auto takes io_uring where the kernel allows it.",
       .choices = {"auto", "io_uring", "epoll"}},
  };
  return settings;
}

const std::vector<SettingOf<UserConfig>>& UserSettings() {
  static const std::vector<SettingOf<UserConfig>> settings = {};
  return settings;
}

const std::vector<SettingOf<DatabaseConfig>>& DatabaseSettings() {
  static const std::vector<SettingOf<DatabaseConfig>> settings = {};
  return settings;
}

}  // namespace pgshoal::main
