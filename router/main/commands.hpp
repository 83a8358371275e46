#pragma once
// What the subcommands of pgshoal do. Both block until the router ends, and return the program's exit code: 0 after
// SIGINT or SIGTERM, 1 after an error, which they have printed on standard error.

#include "absl/status/status.h"
#include "router/main/options.hpp"

namespace pgshoal::main {

[[nodiscard]] int RunDevCommand(const DevOptions& options);
[[nodiscard]] int RunRunCommand(const RunOptions& options);

// Prints an error on standard error, with its hint.
void PrintError(const absl::Status& status);

}  // namespace pgshoal::main
