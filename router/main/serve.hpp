#pragma once
// From a settings struct to a running router.

#include <functional>

#include "absl/status/status.h"
#include "router/main/config.hpp"
#include "router/session/security.hpp"

namespace pgshoal::main {

// What the settings say of authentication and TLS; a reload hands it to session::Security::Load.
[[nodiscard]] session::SecurityOptions SecurityOf(const RouterConfig& config);

// Serves clients until SIGINT or SIGTERM comes, then ends their sessions and returns OK; SIGHUP reads the map file
// again. `ready` is called once, from the first moment clients are accepted, with the port they may use.
// Call before other threads exist.
[[nodiscard]] absl::Status Serve(const RouterConfig& config, std::function<void(int port)> ready);

}  // namespace pgshoal::main
