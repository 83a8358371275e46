// SHOW DATABASES, USERS, LISTS: who may have how much, and has.

#include <algorithm>
#include <map>
#include <set>

#include "router/admin/commands.hpp"
#include "router/exec/pools.hpp"
#include "router/session/client_view.hpp"

namespace pgshoal::admin {
namespace {

using exec::PoolView;
using session::ClientView;

constexpr std::string_view kConsole = "pgshoal";

int ConnectionsOf(const PoolView& pool) {
  return pool.sv_active + pool.sv_idle + pool.sv_tested + pool.sv_login;
}

// Those of the settings file and of the user file, and those who are or have lately been here.
std::set<std::string> Users(Shared& shared, const std::vector<ClientView>& clients,
                            const std::vector<PoolView>& pools) {
  std::set<std::string> users;
  for (const ClientView& client : clients) {
    if (client.logged_in) users.insert(client.user);
  }
  for (const PoolView& pool : pools) users.insert(pool.user);
  const auto settings = shared.pools().settings();
  for (const auto& [name, own] : settings->users) users.insert(name);
  for (std::string& name : shared.security().Current()->rules.UserNames()) users.insert(std::move(name));
  return users;
}

Cell NameOfMode(const std::optional<exec::PoolMode>& mode) {
  return mode.has_value() ? Cell(std::string(exec::NameOf(*mode))) : std::nullopt;
}

template <class Number>
Cell CellOfOptional(const std::optional<Number>& value) {
  return value.has_value() ? CellOf(*value) : Cell(std::string());
}

}  // namespace

Reply ShowDatabases(Call& call) {
  ConsoleReply reply = Table(Text{"name"}, Text{"host"}, Int4{"port"}, Text{"database"}, Text{"force_user"},
                             Int4{"pool_size"}, Int4{"min_pool_size"}, Int4{"reserve_pool_size"},
                             Int4{"server_lifetime"}, Text{"pool_mode"}, Text{"load_balance_hosts"},
                             Int4{"max_connections"}, Int4{"current_connections"}, Int4{"max_client_connections"},
                             Int4{"current_client_connections"}, Int4{"paused"}, Int4{"disabled"}, Int4{"shards"});
  Shared& shared = call.shared;
  const exec::Pools& pools = shared.pools();
  const auto settings = pools.settings();
  const std::string& forced = shared.options().server_user;
  const std::vector<PoolView> views = pools.Views();
  for (const session::DatabasePtr& database : shared.Databases()) {
    const std::string& name = database->name();
    const shardmap::MapPtr map = database->map();
    const shardmap::Shard& home = map->shard(map->home());
    const std::string& user = forced.empty() ? home.user : forced;
    int connections = 0;
    for (const PoolView& pool : views) {
      if (pool.database == name) connections += ConnectionsOf(pool);
    }
    const exec::PoolLimits limits = settings->LimitsFor(name, user);
    Cell mode = std::nullopt;
    if (auto own = settings->databases.find(name); own != settings->databases.end()) {
      mode = NameOfMode(own->second.pool_mode);
    }
    const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(limits.server_lifetime).count();
    AddRow(&reply, name, home.host, home.port, home.dbname.empty() ? map->database() : home.dbname,
           user.empty() ? Cell() : Cell(user), limits.SizeAsSet(), limits.min_size, limits.reserve,
           Capped(static_cast<std::uint64_t>(lifetime)), mode, std::nullopt, limits.max_db_connections, connections,
           settings->MaxClientsOfDatabase(name), shared.ClientsOfDatabase(name), pools.Paused(name), pools.Disabled(name),
           map->shard_count());
  }
  AddRow(&reply, kConsole, std::nullopt, ListenPort(shared), kConsole, kConsole, 2, 0, 0, 0, "statement", std::nullopt,
         0, 0, settings->MaxClientsOfDatabase(kConsole), shared.ClientsOfDatabase(std::string(kConsole)), 0, 0, 0);
  return reply;
}

Reply ShowUsers(Call& call) {
  ConsoleReply reply =
      Table(Text{"name"}, Text{"pool_size"}, Text{"reserve_pool_size"}, Text{"pool_mode"}, Int4{"max_user_connections"},
            Int4{"current_connections"}, Int4{"max_user_client_connections"}, Int4{"current_client_connections"});
  Shared& shared = call.shared;
  const auto settings = shared.pools().settings();
  const std::vector<PoolView> pools = shared.pools().Views();
  for (const std::string& user : Users(shared, shared.Clients(), pools)) {
    int connections = 0;
    for (const PoolView& pool : pools) {
      if (pool.user == user) connections += ConnectionsOf(pool);
    }
    const auto found = settings->users.find(user);
    const exec::PoolOverrides own = found == settings->users.end() ? exec::PoolOverrides() : found->second;
    AddRow(&reply, user, CellOfOptional(own.pool_size), CellOfOptional(own.reserve_pool_size),
           NameOfMode(own.pool_mode), own.max_connections.value_or(settings->max_user_connections), connections,
           settings->MaxClientsOfUser(user), shared.ClientsOfUser(user));
  }
  return reply;
}

Reply ShowLists(Call& call) {
  ConsoleReply reply = Table(Text{"list"}, Int4{"items"});
  const std::vector<ClientView> clients = call.shared.Clients();
  const auto used = std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client.logged_in; });
  const std::vector<PoolView> pools = call.shared.pools().Views();
  int servers = 0;
  for (const PoolView& pool : pools) servers += ConnectionsOf(pool);
  const std::vector<session::DatabasePtr> databases = call.shared.Databases();
  AddRow(&reply, "databases", databases.size() + 1);  // and the console's own
  AddRow(&reply, "users", Users(call.shared, clients, pools).size());
  AddRow(&reply, "peers", 0);
  AddRow(&reply, "pools", pools.size());
  AddRow(&reply, "peer_pools", 0);
  AddRow(&reply, "free_clients", 0);
  AddRow(&reply, "used_clients", used);
  AddRow(&reply, "login_clients", static_cast<std::int64_t>(clients.size()) - used);
  AddRow(&reply, "free_servers", 0);
  AddRow(&reply, "used_servers", servers);
  for (std::string_view none : {"dns_names", "dns_zones", "dns_queries", "dns_pending"}) AddRow(&reply, none, 0);
  int shards = 0;
  for (const session::DatabasePtr& database : databases) shards += database->map()->shard_count();
  AddRow(&reply, "shards", shards);
  return reply;
}

}  // namespace pgshoal::admin
