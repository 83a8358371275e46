#pragma once
// The command line of pgshoal.

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pgshoal::main {

// pgshoal dev
struct DevOptions {
  std::optional<int> shards;  // none: as the directory was made, 4 for a new one
  std::string dir;
  int port = 6432;
  std::optional<std::string> database;         // none: as the directory was made, the user's name for a new one
  std::optional<std::string> user;             // none: as the directory was made, the caller's name for a new one
  std::string map_file;                        // empty: no tables but those of DIR/map.toml
  std::vector<std::string> postgres_settings;  // name=value
  std::string postgres_bin;                    // empty: searched for
  bool fresh = false;
  int threads = 0;  // 0: one for each processor
  std::string io = "auto";
};

// pgshoal run
struct RunOptions {
  std::string config_file;
  bool print_settings = false;
  bool check = false;  // the files only
};

// What to do, or the code to exit with at once (help and version were printed, or a usage error: 2).
using Command = std::variant<DevOptions, RunOptions, int>;
[[nodiscard]] Command ParseCommandLine(int argc, const char* const* argv);

}  // namespace pgshoal::main
