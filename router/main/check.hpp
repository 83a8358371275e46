#pragma once
// `pgshoal run --check`: whether a router could start with these settings, found out without starting one.

#include <string>
#include <vector>

#include "router/main/config.hpp"

namespace pgshoal::main {

// One line for each mistake in the files that the settings name: the map, who may connect, certificates and keys, the
// place of the log and of the unix socket. Nothing is made, no server is asked. Empty: none found.
[[nodiscard]] std::vector<std::string> MistakesIn(const RouterConfig& config);

}  // namespace pgshoal::main
