// SHOW POOLS, SERVERS, SOCKETS, STATE: what the pools and the clients together say.

#include <fmt/format.h>

#include <algorithm>
#include <map>
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

// What the clients that hold them know of connections, by id.
std::map<std::uint64_t, ClientView::Server> HeldServers(const std::vector<ClientView>& clients) {
  std::map<std::uint64_t, ClientView::Server> held;
  for (const ClientView& client : clients) {
    for (const ClientView::Server& server : client.servers) held.emplace(server.id, server);
  }
  return held;
}

void AddServer(ConsoleReply* reply, const ServerView& server, const std::map<std::uint64_t, ClientView::Server>& held,
               std::string_view prefix) {
  const auto holder = held.find(server.id);
  const bool is_held = holder != held.end() && server.state != ServerState::kIdle;
  const auto [address, port] = SplitAddress(server.remote_address, 0);
  const auto [local_address, local_port] = SplitAddress(server.local_address, 0);
  AddRow(reply, "S", server.user, server.database, kNoReplication,
         fmt::format("{}{}", prefix, exec::NameOf(server.state)), address, port, local_address, local_port,
         ShowTime(server.connected), ShowTime(server.changed), 0, 0, server.close_needed, ServerPointer(server.id),
         server.client == 0 ? "" : Pointer(server.client), server.pid, server.tls,
         is_held ? holder->second.application_name : server.application_name,
         is_held ? holder->second.prepared_statements : server.prepared_statements, server.id);
}

}  // namespace

Reply ShowPools(Call& call) {
  ConsoleReply reply =
      Table(Text{"database"}, Text{"user"}, Int4{"cl_active"}, Int4{"cl_waiting"}, Int4{"cl_active_cancel_req"},
            Int4{"cl_waiting_cancel_req"}, Int4{"sv_active"}, Int4{"sv_active_cancel"}, Int4{"sv_being_canceled"},
            Int4{"sv_idle"}, Int4{"sv_used"}, Int4{"sv_tested"}, Int4{"sv_login"}, Int4{"maxwait"}, Int4{"maxwait_us"},
            Text{"pool_mode"}, Text{"load_balance_hosts"}, Text{"shard"}, Text{"address"}, Int4{"pool_size"},
            Text{"last_error"});
  std::vector<PoolView> pools = call.shared.pools().Views();
  std::sort(pools.begin(), pools.end(), [](const PoolView& a, const PoolView& b) {
    return std::tie(a.database, a.user, a.shard) < std::tie(b.database, b.user, b.shard);
  });
  for (const PoolView& pool : pools) {
    const std::int64_t wait = pool.maxwait.count();
    AddRow(&reply, pool.database, pool.user, pool.cl_active, pool.cl_waiting, pool.cl_cancelling, 0, pool.sv_active, 0,
           pool.cl_cancelling, pool.sv_idle, 0, pool.sv_tested, pool.sv_login, wait / 1'000'000, wait % 1'000'000,
           exec::NameOf(pool.mode), std::nullopt, pool.shard, pool.address, pool.pool_size, pool.last_error);
  }
  const auto consoles = call.shared.consoles.load();
  if (consoles > 0) {
    AddRow(&reply, kConsole, kConsole, consoles, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "statement", std::nullopt, "", "",
           0, "");
  }
  return reply;
}

Reply ShowServers(Call& call) {
  ConsoleReply reply = ConnectionTable();
  AddColumns(&reply, {{"shard"}, {"client_pid", oid::kInt4}, {"worker", oid::kInt4}});
  const auto held = HeldServers(call.shared.Clients());
  for (const ServerView& server : SortedServers(call.shared)) {
    AddServer(&reply, server, held, "");
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
  const std::vector<ClientView> clients = SortedClients(call.shared);
  for (const ClientView& client : clients) {
    if (active_only && !client.in_query) continue;
    AddClient(&reply, client, unix_port, "cl_");
    finish(client.input_bytes, client.output_bytes);
  }
  const auto held = HeldServers(clients);
  for (const ServerView& server : SortedServers(call.shared)) {
    if (active_only && server.state != ServerState::kActive) continue;
    AddServer(&reply, server, held, "sv_");
    finish(0, 0);
  }
  return reply;
}

Reply ShowState(Call& call) {
  ConsoleReply reply = Table(Text{"key"}, Text{"value"});
  const bool paused = call.shared.pools().Paused(""), suspended = call.shared.suspended();
  AddRow(&reply, "active", paused || suspended || call.shared.stopping() ? "no" : "yes");
  AddRow(&reply, "paused", paused ? "yes" : "no");
  AddRow(&reply, "suspended", suspended ? "yes" : "no");
  return reply;
}

}  // namespace pgshoal::admin
