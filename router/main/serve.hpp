#pragma once
// From a settings struct to a running router.

#include <functional>

#include "absl/status/status.h"
#include "router/main/config.hpp"
#include "router/session/security.hpp"

namespace pgshoal::main {

// What the settings say of authentication and TLS; a reload hands it to session::Security::Load.
[[nodiscard]] session::SecurityOptions SecurityOf(const RouterConfig& config);

struct ServeOptions {
  std::string config_file;         // read again on SIGHUP and RELOAD; empty: only the map is
  bool stop_at_once = false;       // SIGINT and SIGTERM wait for nobody
};

// Serves clients until a signal or SHUTDOWN ends it (session/router.hpp). `ready` is called once, from the first moment
// clients are accepted, with the port they may use. Call before other threads exist.
[[nodiscard]] absl::Status Serve(const RouterConfig& config, const ServeOptions& how,
                                 std::function<void(int port)> ready);

}  // namespace pgshoal::main
