#pragma once
// What an administrator sets about pools: limits, timeouts and pooling modes, for all and for single users and
// databases. Plain data; PgBouncer's names and meanings wherever it has them (docs/user-guide.md, "Pools").

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "router/net/stream.hpp"

namespace pgshoal::exec {

// When a client's server connections go back to their pools.
enum class PoolMode : std::uint8_t {
  kSession,      // when the client leaves
  kTransaction,  // at the end of each transaction
  kStatement     // after each statement; transaction blocks are refused
};
std::string_view NameOf(PoolMode mode);  // "session", "transaction", "statement"
std::optional<PoolMode> PoolModeNamed(std::string_view name);

using Millis = std::chrono::milliseconds;

// What [users.NAME] and [databases.NAME] may say; a user's word counts before a database's. The limits of connections
// and sizes are those of the user that logs in to the shards, the rest of the one that the client names.
struct PoolOverrides {
  std::optional<PoolMode> pool_mode;
  std::optional<int> pool_size, min_pool_size, reserve_pool_size;
  std::optional<int> max_connections;         // max_user_connections, max_db_connections
  std::optional<int> max_client_connections;  // max_user_client_connections, max_db_client_connections
  std::optional<Millis> query_timeout, transaction_timeout, idle_transaction_timeout, client_idle_timeout;
  std::optional<Millis> query_wait_timeout, server_lifetime;

  friend bool operator==(const PoolOverrides&, const PoolOverrides&) = default;
};

// The limits of one pool.
struct PoolLimits {
  static constexpr int kNoLimit = 1'000'000;  // more than any server takes
  int size = 20;                              // kNoLimit where the settings say 0
  int SizeAsSet() const { return size == kNoLimit ? 0 : size; }
  int min_size = 0;
  int reserve = 0;
  int max_db_connections = 0;    // of all pools of one shard; 0: no limit
  int max_user_connections = 0;  // of all pools of one user on one shard; 0: no limit
  Millis server_lifetime{3'600'000};
};

// What holds for one client.
struct ClientRules {
  PoolMode mode = PoolMode::kTransaction;
  bool always_reset = false;  // connections are made as new whenever they go back
  std::optional<Millis> query_wait_timeout;  // nothing: the settings'
  // Zero: none.
  Millis client_idle_timeout{0}, idle_transaction_timeout{0}, query_timeout{0}, transaction_timeout{0};

  bool AnyTimeout() const {
    return client_idle_timeout.count() + idle_transaction_timeout.count() + query_timeout.count() +
               transaction_timeout.count() >
           0;
  }
};

struct PoolSettings {
  PoolMode pool_mode = PoolMode::kTransaction;
  int default_pool_size = 20;  // of one shard, user and database; 0: no limit
  int min_pool_size = 0;
  int reserve_pool_size = 0;
  Millis reserve_pool_timeout{5'000};
  int max_db_connections = 0;    // of one shard; 0: no limit, as below
  int max_user_connections = 0;  // of one user on one shard
  int max_client_conn = 10'000;
  int max_user_client_connections = 0;
  int max_db_client_connections = 0;
  Millis query_wait_timeout{120'000};  // 0: for ever
  Millis server_lifetime{3'600'000};   // 0: once and no more
  Millis server_idle_timeout{600'000};  // 0: for ever
  Millis server_connect_timeout{15'000};
  Millis server_login_retry{1'000};
  Millis client_idle_timeout{0}, idle_transaction_timeout{0}, query_timeout{0}, transaction_timeout{0};
  // Run after DISCARD ALL wherever a connection is made as new (router/exec/server_reset.hpp).
  std::string server_reset_query = "DISCARD ALL";
  bool server_reset_query_always = false;
  bool tcp_keepalive = true;
  net::KeepAlive keepalive;  // zeros: the system's
  std::map<std::string, PoolOverrides, std::less<>> users, databases;

  PoolLimits LimitsFor(std::string_view database, std::string_view server_user) const;
  // What is to run besides DISCARD ALL; empty: nothing.
  std::string_view ResetQuery() const;
  ClientRules RulesFor(std::string_view database, std::string_view client_user) const;
  // How many clients a user, or a database, may have; 0: no limit.
  int MaxClientsOfUser(std::string_view user) const;
  int MaxClientsOfDatabase(std::string_view database) const;
};

}  // namespace pgshoal::exec
