#pragma once
// From settings to what the pools are told.

#include "router/exec/pool_settings.hpp"
#include "router/main/config.hpp"

namespace pgshoal::main {

[[nodiscard]] net::KeepAlive KeepAliveOf(const RouterConfig& config);  // of clients' connections and of servers'
[[nodiscard]] exec::PoolSettings PoolSettingsOf(const RouterConfig& config);

}  // namespace pgshoal::main
