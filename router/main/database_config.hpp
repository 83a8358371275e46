#pragma once
// From settings to the databases that clients can name: that of the main map file, and those of the sections
// [databases.NAME] that say where their data lie.

#include <vector>

#include "absl/status/statusor.h"
#include "router/main/config.hpp"
#include "router/session/router.hpp"

namespace pgshoal::main {

// Blocking: reads the map files. The main one comes first. Errors name the section or the map file: F0000, 58P01.
absl::StatusOr<std::vector<session::DatabaseOptions>> DatabasesOf(const RouterConfig& config);

// The section [databases."*"]: any other database, by its name on that server. Null: there is no such section, or it says
// nothing of a server.
session::FallbackDatabase FallbackOf(const RouterConfig& config);

}  // namespace pgshoal::main
