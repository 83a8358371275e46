// SHOW CLIENTS, SERVERS, SOCKETS, FDS, PREPARED: one line for each connection.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include "router/admin/commands.hpp"
#include "router/admin/connection_rows.hpp"
#include "router/session/client_view.hpp"

namespace pgshoal::admin {
using session::ClientView;

Reply ShowClients(Call& call) {
  ConsoleReply reply = ConnectionTable();
  AddColumns(&reply, {{"pid", oid::kInt4}, {"phase"}, {"shards"}, {"worker", oid::kInt4}});
  const int unix_port = ListenPort(call.shared);
  for (const ClientView& client : SortedClients(call.shared)) {
    if (!client.logged_in && !client.waiting) continue;  // SHOW SOCKETS has them
    AddClient(&reply, client, unix_port, "");
    std::vector<std::string> shards;
    for (const auto& server : client.servers) shards.push_back(server.shard);
    auto& row = reply.rows.back();
    for (Cell cell : {CellOf(client.pid), CellOf(PhaseOf(client)), CellOf(fmt::format("{}", fmt::join(shards, ","))),
                      CellOf(client.worker)}) {
      row.push_back(std::move(cell));
    }
  }
  return reply;
}

Reply ShowPrepared(Call& call) {
  ConsoleReply reply = Table(Int4{"pid"}, Text{"user"}, Text{"database"}, Text{"name"}, Text{"statement"});
  for (const ClientView& client : SortedClients(call.shared, true)) {
    for (const auto& statement : client.statements) {
      AddRow(&reply, client.pid, client.user, client.database, statement.name, statement.text);
    }
  }
  return reply;
}

Reply ShowFds(Call& call) {
  ConsoleReply reply = Table(Int4{"fd"}, Text{"task"}, Text{"user"}, Text{"database"}, Text{"addr"}, Int4{"port"},
                             Int8{"cancel"}, Int4{"link"}, Text{"client_encoding"}, Text{"std_strings"},
                             Text{"datestyle"}, Text{"timezone"}, Text{"password"});
  AddColumns(&reply, {{"scram_client_key", oid::kBytea}, {"scram_server_key", oid::kBytea}});
  // Keys and passwords are nobody's business: PgBouncer has them for a successor, to which nothing is handed here.
  const int unix_port = ListenPort(call.shared);
  const std::vector<ClientView> clients = SortedClients(call.shared);
  const std::vector<exec::ServerView> servers = call.shared.pools().Servers();
  // Who is linked with whom, by descriptors.
  std::map<std::int32_t, int> fd_of_client, fd_for_client;
  for (const ClientView& client : clients) fd_of_client[client.pid] = client.fd;
  for (const exec::ServerView& server : servers) {
    if (server.client != 0) fd_for_client[server.client] = server.fd;
  }
  const auto link = [](const std::map<std::int32_t, int>& fds, std::int32_t pid) {
    const auto found = fds.find(pid);
    return found == fds.end() ? 0 : found->second;
  };
  const auto add = [&](int fd, std::string_view task, const auto& view, const std::string& peer, int linked) {
    const auto [address, port] = SplitAddress(peer, unix_port);
    AddRow(&reply, fd, task, view.user, view.database, address, port, 0, linked, "UTF8", "on", std::nullopt,
           std::nullopt, std::nullopt, std::nullopt, std::nullopt);
  };
  for (const ClientView& client : clients) {
    add(client.fd, "client", client, client.address, link(fd_for_client, client.pid));
  }
  for (const exec::ServerView& server : servers) {
    add(server.fd, "server", server, server.remote_address, link(fd_of_client, server.client));
  }
  return reply;
}

}  // namespace pgshoal::admin
