#pragma once
// The settings of a router, and the TOML file of `pgshoal run` that gives them.
//
// Each setting is one line of a table in config.cc: from it come the parser, the checks, SHOW CONFIG, SET and
// docs/reference-settings.md. To add one: a member here, a line there.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "router/main/setting.hpp"

namespace pgshoal::main {

// A section [users.NAME]: what differs for one user. Its table is UserSettings(). An empty optional: as for everybody.
struct UserConfig {
  std::optional<std::string> pool_mode;
  std::optional<int> pool_size, min_pool_size, reserve_pool_size, max_user_connections, max_user_client_connections;
  std::optional<Duration> query_timeout, transaction_timeout, idle_transaction_timeout, client_idle_timeout;
  std::optional<Duration> query_wait_timeout, server_lifetime;

  friend bool operator==(const UserConfig&, const UserConfig&) = default;
};

// A section [databases.NAME], likewise; its table is DatabaseSettings().
struct DatabaseConfig {
  // Where it lies: a map file, or one server that has everything. None of these: the database of the main map_file.
  std::optional<std::string> map_file, host, dbname, user, password;
  std::optional<int> port;
  std::optional<std::string> auth_user, auth_query, auth_dbname;
  std::optional<std::string> pool_mode;
  std::optional<int> pool_size, min_pool_size, reserve_pool_size, max_db_connections, max_db_client_connections;
  std::optional<Duration> query_timeout, transaction_timeout, idle_transaction_timeout, client_idle_timeout;
  std::optional<Duration> query_wait_timeout, server_lifetime;

  friend bool operator==(const DatabaseConfig&, const DatabaseConfig&) = default;
};

// The initial values are the settings' defaults.
struct RouterConfig {
  std::vector<std::string> listen_addresses = {"127.0.0.1"};
  int port = 6432;
  std::string unix_socket_dir;
  std::string unix_socket_mode = "0777";
  std::string map_file;
  std::string auth = "trust";
  std::string auth_file;
  std::string auth_hba_file;
  std::string auth_ident_file;
  std::string auth_user;
  std::string auth_dbname;
  std::string auth_query = "SELECT usename, passwd FROM pg_shadow WHERE usename=$1";
  Duration auth_query_cache = std::chrono::seconds(10);
  Duration auth_failure_delay = std::chrono::seconds(1);
  std::string client_tls_sslmode = "disable";
  std::string client_tls_cert_file;
  std::string client_tls_key_file;
  std::string client_tls_ca_file;
  std::string client_tls_protocols = "secure";
  std::string client_tls_ciphers;
  std::string server_tls_sslmode = "prefer";
  std::string server_tls_cert_file;
  std::string server_tls_key_file;
  std::string server_tls_ca_file;
  std::string server_tls_protocols = "secure";
  std::string server_tls_ciphers;
  std::string server_user;
  std::string server_password;
  std::string control_user;
  std::string pool_mode = "transaction";
  int default_pool_size = 20;
  int min_pool_size = 0;
  int reserve_pool_size = 0;
  Duration reserve_pool_timeout = std::chrono::seconds(5);
  int max_db_connections = 0;
  int max_user_connections = 0;
  int max_client_conn = 10'000;
  int max_db_client_connections = 0;
  int max_user_client_connections = 0;
  Duration query_wait_timeout = std::chrono::seconds(120);
  Duration query_wait_notify = std::chrono::seconds(5);
  Duration server_lifetime = std::chrono::hours(1);
  Duration server_idle_timeout = std::chrono::minutes(10);
  Duration server_connect_timeout = std::chrono::seconds(15);
  Duration server_login_retry = std::chrono::seconds(1);
  std::string server_reset_query = "DISCARD ALL";
  bool server_reset_query_always = false;
  Duration client_login_timeout = std::chrono::seconds(60);
  Duration client_idle_timeout{0};
  Duration idle_transaction_timeout{0};
  Duration query_timeout{0};
  Duration transaction_timeout{0};
  Duration suspend_timeout = std::chrono::seconds(10);
  Duration tcp_defer_accept = std::chrono::seconds(1);
  bool tcp_keepalive = true;
  int tcp_keepidle = 0;
  int tcp_keepintvl = 0;
  int tcp_keepcnt = 0;
  Duration tcp_user_timeout{0};
  int worker_threads = 0;
  std::string io = "auto";
  bool so_reuseport = false;

  std::vector<std::string> admin_users, stats_users;
  Duration stats_period = std::chrono::seconds(60);
  std::string log_level = "info", log_format = "text", log_file;
  bool log_connections = true, log_disconnections = true, log_pooler_errors = true, log_stats = true;
  int log_min_duration_statement = -1;
  bool syslog = false;
  std::string syslog_ident = "pgshoal", syslog_facility = "daemon";

  std::map<std::string, UserConfig> users;
  std::map<std::string, DatabaseConfig> databases;
};

using Setting = SettingOf<RouterConfig>;

[[nodiscard]] const std::vector<Setting>& Settings();
[[nodiscard]] const std::vector<SettingOf<UserConfig>>& UserSettings();
[[nodiscard]] const std::vector<SettingOf<DatabaseConfig>>& DatabaseSettings();

// The permission bits in unix_socket_mode; nothing when it is not an octal number up to 0777.
[[nodiscard]] std::optional<unsigned> SocketMode(std::string_view text);

// Reads a settings file. F0000 with "file:line: what is wrong" for the first mistake: TOML syntax, an unknown name, a
// wrong type, a value out of bounds. Relative names of files are taken from the directory of the settings file.
[[nodiscard]] absl::StatusOr<RouterConfig> ReadConfig(const std::string& file);

// The same from text; `file` is for the messages and for map_file.
[[nodiscard]] absl::StatusOr<RouterConfig> ParseConfig(const std::string& text, const std::string& file);

// SET name = value. Errors: 42704 for an unknown name, 55P02 for one that is not reloadable, 22023 for a wrong value.
[[nodiscard]] absl::Status AssignText(RouterConfig& config, std::string_view name, const std::string& text);

// What a router that runs with `current` can take over from `fresh`: the reloadable settings and the sections.
// Names of settings that changed are added to the lists.
[[nodiscard]] RouterConfig TakeReloadable(const RouterConfig& current, const RouterConfig& fresh,
                                          std::vector<std::string>* changed, std::vector<std::string>* needs_restart);

// The text of docs/reference-settings.md.
[[nodiscard]] std::string SettingsReference();

}  // namespace pgshoal::main
