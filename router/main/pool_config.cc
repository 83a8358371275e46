#include "router/main/pool_config.hpp"

namespace pgshoal::main {
namespace {

// Users and databases have the same settings but for two names.
template <class Config>
exec::PoolOverrides Common(const Config& config) {
  exec::PoolOverrides out;
  if (config.pool_mode.has_value()) out.pool_mode = exec::PoolModeNamed(*config.pool_mode);
  out.pool_size = config.pool_size;
  out.min_pool_size = config.min_pool_size;
  out.reserve_pool_size = config.reserve_pool_size;
  out.query_timeout = config.query_timeout;
  out.transaction_timeout = config.transaction_timeout;
  out.idle_transaction_timeout = config.idle_transaction_timeout;
  out.client_idle_timeout = config.client_idle_timeout;
  out.query_wait_timeout = config.query_wait_timeout;
  out.server_lifetime = config.server_lifetime;
  return out;
}

}  // namespace

net::KeepAlive KeepAliveOf(const RouterConfig& config) {
  net::KeepAlive keepalive;
  keepalive.idle_seconds = config.tcp_keepidle;
  keepalive.interval_seconds = config.tcp_keepintvl;
  keepalive.count = config.tcp_keepcnt;
  keepalive.user_timeout_ms = static_cast<int>(config.tcp_user_timeout.count());
  return keepalive;
}

exec::PoolSettings PoolSettingsOf(const RouterConfig& config) {
  exec::PoolSettings out;
  out.pool_mode = exec::PoolModeNamed(config.pool_mode).value_or(exec::PoolMode::kTransaction);
  out.default_pool_size = config.default_pool_size;
  out.min_pool_size = config.min_pool_size;
  out.reserve_pool_size = config.reserve_pool_size;
  out.reserve_pool_timeout = config.reserve_pool_timeout;
  out.max_db_connections = config.max_db_connections;
  out.max_user_connections = config.max_user_connections;
  out.max_client_conn = config.max_client_conn;
  out.max_user_client_connections = config.max_user_client_connections;
  out.max_db_client_connections = config.max_db_client_connections;
  out.query_wait_timeout = config.query_wait_timeout;
  out.server_lifetime = config.server_lifetime;
  out.server_idle_timeout = config.server_idle_timeout;
  out.server_connect_timeout = config.server_connect_timeout;
  out.server_login_retry = config.server_login_retry;
  out.client_idle_timeout = config.client_idle_timeout;
  out.idle_transaction_timeout = config.idle_transaction_timeout;
  out.query_timeout = config.query_timeout;
  out.transaction_timeout = config.transaction_timeout;
  out.server_reset_query = config.server_reset_query;
  out.server_reset_query_always = config.server_reset_query_always;
  out.tcp_keepalive = config.tcp_keepalive;
  out.keepalive = KeepAliveOf(config);
  for (const auto& [name, user] : config.users) {
    exec::PoolOverrides& overrides = out.users[name] = Common(user);
    overrides.max_connections = user.max_user_connections;
    overrides.max_client_connections = user.max_user_client_connections;
  }
  for (const auto& [name, database] : config.databases) {
    exec::PoolOverrides& overrides = out.databases[name] = Common(database);
    overrides.max_connections = database.max_db_connections;
    overrides.max_client_connections = database.max_db_client_connections;
  }
  return out;
}

}  // namespace pgshoal::main
