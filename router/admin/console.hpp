#pragma once
// The commands of the admin console. Runs on the control thread: may block.

#include <string>

#include "absl/status/statusor.h"
#include "router/session/console.hpp"

namespace pgshoal::admin {

// SHOW HELP lists the commands. Errors: 42601 for what is no command, and whatever a command reports.
absl::StatusOr<session::ConsoleReply> RunConsoleCommand(session::Shared& shared, const std::string& command);

}  // namespace pgshoal::admin
