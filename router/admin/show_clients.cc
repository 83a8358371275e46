// SHOW CLIENTS, SERVERS, SOCKETS, FDS, PREPARED: one line for each connection.

#include <fmt/format.h>
#include <fmt/ranges.h>

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
  for (const ClientView& client : SortedClients(call.shared)) {
    const auto [address, port] = SplitAddress(client.address, unix_port);
    AddRow(&reply, client.fd, "client", client.user, client.database, address, port, 0, 0, "UTF8", "on", std::nullopt,
           std::nullopt, std::nullopt, std::nullopt, std::nullopt);
  }
  return reply;
}

}  // namespace pgshoal::admin
