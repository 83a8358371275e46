// SHOW POOLS, SERVERS, DATABASES, USERS, LISTS, STATE, SOCKETS: what the pools and the clients together say.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "router/admin/commands.hpp"
#include "router/admin/connection_rows.hpp"
#include "router/exec/pools.hpp"

namespace pgshoal::admin {
namespace {

using exec::PoolView;
using exec::ServerState;
using exec::ServerView;
using session::ClientView;

constexpr std::string_view kConsole = "pgshoal";

std::vector<ServerView> SortedServers(Shared& shared) {
  std::vector<ServerView> servers = shared.pools().Servers();
  std::sort(servers.begin(), servers.end(), [](const ServerView& a, const ServerView& b) { return a.id < b.id; });
  return servers;
}

void AddServer(ConsoleReply* reply, const ServerView& server, std::string_view prefix) {
  const auto [address, port] = SplitAddress(server.remote_address, 0);
  const auto [local_address, local_port] = SplitAddress(server.local_address, 0);
  AddRow(reply, "S", server.user, server.database, fmt::format("{}{}", prefix, exec::NameOf(server.state)), address,
         port, local_address, local_port, ShowTime(server.connected), ShowTime(server.changed), 0, 0,
         server.close_needed, fmt::format("{:#x}", server.id), server.client == 0 ? "" : Pointer(server.client),
         server.pid, "", "");
}

}  // namespace

Reply ShowPools(Call& call) {
  ConsoleReply reply =
      Table(Text{"database"}, Text{"user"}, Int4{"cl_active"}, Int4{"cl_waiting"}, Int4{"cl_active_cancel_req"},
            Int4{"cl_waiting_cancel_req"}, Int4{"sv_active"}, Int4{"sv_active_cancel"}, Int4{"sv_being_canceled"},
            Int4{"sv_idle"}, Int4{"sv_used"}, Int4{"sv_tested"}, Int4{"sv_login"}, Int4{"maxwait"}, Int4{"maxwait_us"},
            Text{"pool_mode"}, Text{"shard"}, Text{"address"}, Int4{"pool_size"}, Text{"last_error"});
  std::vector<PoolView> pools = call.shared.pools().Views();
  std::sort(pools.begin(), pools.end(), [](const PoolView& a, const PoolView& b) {
    return std::tie(a.database, a.user, a.shard) < std::tie(b.database, b.user, b.shard);
  });
  for (const PoolView& pool : pools) {
    const std::int64_t wait = pool.maxwait.count();
    AddRow(&reply, pool.database, pool.user, pool.cl_active, pool.cl_waiting, pool.cl_cancelling, 0, pool.sv_active, 0,
           pool.cl_cancelling, pool.sv_idle, 0, pool.sv_tested, pool.sv_login, wait / 1'000'000, wait % 1'000'000,
           exec::NameOf(pool.mode), pool.shard, pool.address, pool.pool_size, pool.last_error);
  }
  const auto consoles = call.shared.consoles.load();
  if (consoles > 0) {
    AddRow(&reply, kConsole, kConsole, consoles, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "statement", "", "", 0, "");
  }
  return reply;
}

Reply ShowServers(Call& call) {
  ConsoleReply reply = ConnectionTable();
  AddColumns(&reply, {{"shard"}, {"client_pid", oid::kInt4}, {"worker", oid::kInt4}});
  for (const ServerView& server : SortedServers(call.shared)) {
    AddServer(&reply, server, "");
    for (Cell cell : {CellOf(server.shard), CellOf(server.client), CellOf(server.worker)}) {
      reply.rows.back().push_back(std::move(cell));
    }
  }
  return reply;
}

Reply ShowSockets(Call& call) {
  ConsoleReply reply = ConnectionTable();
  AddColumns(&reply, {{"recv_pos", oid::kInt4},
                      {"pkt_pos", oid::kInt4},
                      {"pkt_remain", oid::kInt4},
                      {"send_pos", oid::kInt4},
                      {"send_remain", oid::kInt4},
                      {"pkt_avail", oid::kInt4},
                      {"send_avail", oid::kInt4}});
  const bool active_only = call.words[1].text == "active_sockets";
  const int unix_port = ListenPort(call.shared);
  auto finish = [&reply](std::size_t received, std::size_t unsent) {
    for (std::size_t value : {std::size_t{0}, std::size_t{0}, received, std::size_t{0}, unsent, received, unsent}) {
      reply.rows.back().push_back(CellOf(Capped(value)));
    }
  };
  for (const ClientView& client : SortedClients(call.shared)) {
    if (active_only && !client.in_query) continue;
    AddClient(&reply, client, unix_port, "cl_");
    finish(client.input_bytes, client.output_bytes);
  }
  for (const ServerView& server : SortedServers(call.shared)) {
    if (active_only && server.state != ServerState::kActive) continue;
    AddServer(&reply, server, "sv_");
    finish(0, 0);
  }
  return reply;
}

Reply ShowDatabases(Call& call) {
  ConsoleReply reply =
      Table(Text{"name"}, Text{"host"}, Int4{"port"}, Text{"database"}, Text{"force_user"}, Int4{"pool_size"},
            Int4{"min_pool_size"}, Int4{"reserve_pool"}, Text{"pool_mode"}, Int4{"max_connections"},
            Int4{"current_connections"}, Int4{"paused"}, Int4{"disabled"}, Int4{"shards"});
  const exec::Pools& pools = call.shared.pools();
  const auto settings = pools.settings();
  const std::string name = ServedDatabase(call.shared);
  const shardmap::MapPtr map = call.shared.snapshot()->map;
  const shardmap::Shard& home = map->shard(map->home());
  int connections = 0;
  for (const PoolView& pool : pools.Views()) {
    if (pool.database == name) connections += pool.sv_active + pool.sv_idle + pool.sv_tested + pool.sv_login;
  }
  const std::string& forced = call.shared.options().server_user;
  const exec::PoolLimits limits = settings->LimitsFor(name, forced);
  Cell mode = std::nullopt;
  if (auto own = settings->databases.find(name); own != settings->databases.end() && own->second.pool_mode) {
    mode = std::string(exec::NameOf(*own->second.pool_mode));
  }
  AddRow(&reply, name, home.host, home.port, home.dbname.empty() ? map->database() : home.dbname,
         forced.empty() ? Cell() : Cell(forced), limits.size, limits.min_size, limits.reserve, mode,
         limits.max_db_connections, connections, pools.Paused(name), pools.Disabled(name), map->shard_count());
  AddRow(&reply, kConsole, std::nullopt, ListenPort(call.shared), kConsole, kConsole, 2, 0, 0, "statement", 0, 0, 0, 0,
         0);
  return reply;
}

Reply ShowUsers(Call& call) {
  ConsoleReply reply = Table(Text{"name"}, Text{"pool_mode"});
  const auto settings = call.shared.pools().settings();
  std::map<std::string, Cell> users;
  for (const ClientView& client : call.shared.Clients()) {
    if (client.logged_in) users.try_emplace(client.user);
  }
  for (const PoolView& pool : call.shared.pools().Views()) users.try_emplace(pool.user);
  for (const auto& [name, own] : settings->users) {
    Cell& mode = users[name];
    if (own.pool_mode) mode = std::string(exec::NameOf(*own.pool_mode));
  }
  for (const auto& [name, mode] : users) AddRow(&reply, name, mode);
  return reply;
}

Reply ShowLists(Call& call) {
  ConsoleReply reply = Table(Text{"list"}, Int4{"items"});
  std::set<std::string> users;
  int used = 0, logging_in = 0;
  for (const ClientView& client : call.shared.Clients()) {
    ++(client.logged_in ? used : logging_in);
    if (client.logged_in) users.insert(client.user);
  }
  int idle_servers = 0, used_servers = 0;
  const std::vector<PoolView> pools = call.shared.pools().Views();
  for (const PoolView& pool : pools) {
    idle_servers += pool.sv_idle;
    used_servers += pool.sv_active + pool.sv_tested + pool.sv_login;
    users.insert(pool.user);
  }
  AddRow(&reply, "databases", 2);
  AddRow(&reply, "users", users.size());
  AddRow(&reply, "pools", pools.size());
  AddRow(&reply, "free_clients", 0);
  AddRow(&reply, "used_clients", used);
  AddRow(&reply, "login_clients", logging_in);
  AddRow(&reply, "free_servers", 0);
  AddRow(&reply, "used_servers", idle_servers + used_servers);
  for (std::string_view none : {"dns_names", "dns_zones", "dns_queries", "dns_pending"}) AddRow(&reply, none, 0);
  AddRow(&reply, "shards", call.shared.snapshot()->map->shard_count());
  return reply;
}

Reply ShowState(Call& call) {
  ConsoleReply reply = Table(Text{"key"}, Text{"value"});
  const bool paused = call.shared.pools().Paused("");
  AddRow(&reply, "active", paused || call.shared.stopping() ? "no" : "yes");
  AddRow(&reply, "paused", paused ? "yes" : "no");
  AddRow(&reply, "suspended", "no");
  return reply;
}

}  // namespace pgshoal::admin
