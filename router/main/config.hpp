#pragma once
// The settings of a router, and the TOML file of `pgshoal run` that gives them.

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::main {

// The initial values are the settings' defaults. What each means stands in the table in config.cc, from which the
// parser, the checks and docs/reference-settings.md come.
struct RouterConfig {
  std::vector<std::string> listen_addresses = {"127.0.0.1"};
  int port = 6432;
  std::string unix_socket_dir;
  std::string map_file;
  std::string auth = "trust";
  std::string server_user;
  std::string server_password;
  std::string control_user;
  int pool_size = 20;
  int pool_wait_timeout = 120;  // seconds
  int connect_timeout = 15;     // seconds
  int max_clients = 10'000;
  int login_timeout = 60;  // seconds
  int worker_threads = 0;
  std::string io = "auto";
};

// One line of the table.
struct Setting {
  using Member =
      std::variant<int RouterConfig::*, std::string RouterConfig::*, std::vector<std::string> RouterConfig::*>;

  std::string_view name;
  Member member;
  bool reloadable = false;  // takes effect on SIGHUP, without a restart
  std::string_view description;
  std::vector<std::string_view> choices;  // of a string: the only values allowed; empty: any
  int min = 0, max = 0;                   // of an int, both included
  bool required = false;
};

[[nodiscard]] const std::vector<Setting>& Settings();

// Reads a settings file. F0000 with "file:line: what is wrong" for the first mistake: TOML syntax, an unknown name, a
// wrong type, a value out of bounds, a required setting that is missing. A relative map_file is taken from the
// directory of the settings file.
[[nodiscard]] absl::StatusOr<RouterConfig> ReadConfig(const std::string& file);

// The same from text; `file` is for the messages and for map_file.
[[nodiscard]] absl::StatusOr<RouterConfig> ParseConfig(const std::string& text, const std::string& file);

// The text of docs/reference-settings.md.
[[nodiscard]] std::string SettingsReference();

}  // namespace pgshoal::main
