#include <fmt/format.h>

#include <cstdio>

#include "base/status.hpp"
#include "router/main/check.hpp"
#include "router/main/child_process.hpp"
#include "router/main/commands.hpp"
#include "router/main/config.hpp"
#include "router/main/serve.hpp"

namespace pgshoal::main {

void PrintError(const absl::Status& status) {
  const SqlError error = ToSqlError(status);
  fmt::print(stderr, "pgshoal: {}\n", error.message);
  if (!error.hint.empty()) fmt::print(stderr, "HINT: {}\n", error.hint);
}

int RunRunCommand(const RunOptions& options) {
  if (options.print_settings) {
    fmt::print("{}", SettingsReference());
    return 0;
  }
  HoldStopSignals();
  const absl::StatusOr<RouterConfig> config = ReadConfig(options.config_file);
  absl::Status status = config.status();
  if (status.ok() && options.check) {
    const std::vector<std::string> mistakes = MistakesIn(*config);
    for (const std::string& mistake : mistakes) fmt::print(stderr, "pgshoal: {}\n", mistake);
    if (!mistakes.empty()) return 1;
    fmt::print("{} and the files that it names are in order\n", options.config_file);
  } else if (status.ok()) {
    ServeOptions how;
    how.config_file = options.config_file;
    status =
        Serve(*config, how, [](int port) { fmt::print(stderr, "pgshoal: accepting connections on port {}\n", port); });
  }
  if (!status.ok()) PrintError(status);
  return status.ok() ? 0 : 1;
}

}  // namespace pgshoal::main
