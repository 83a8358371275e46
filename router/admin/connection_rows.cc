#include "router/admin/connection_rows.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pgshoal::admin {

using session::ClientView;

ConsoleReply ConnectionTable() {
  return Table(Text{"type"}, Text{"user"}, Text{"database"}, Text{"replication"}, Text{"state"}, Text{"addr"},
               Int4{"port"}, Text{"local_addr"}, Int4{"local_port"}, Text{"connect_time"}, Text{"request_time"},
               Int4{"wait"}, Int4{"wait_us"}, Int4{"close_needed"}, Text{"ptr"}, Text{"link"}, Int4{"remote_pid"},
               Text{"tls"}, Text{"application_name"}, Int4{"prepared_statements"}, Int4{"id"});
}

void AddColumns(ConsoleReply* reply, std::vector<session::ConsoleColumn> columns) {
  for (session::ConsoleColumn& column : columns) reply->columns.push_back(std::move(column));
}

std::string Pointer(std::int32_t pid) {
  return fmt::format("{:#x}", static_cast<std::uint32_t>(pid));
}

std::string ServerPointer(std::uint64_t id) {
  return fmt::format("{:#x}", id);
}

std::vector<ClientView> SortedClients(Shared& shared, bool with_statements) {
  std::vector<ClientView> clients = shared.Clients(with_statements);
  std::sort(clients.begin(), clients.end(), [](const ClientView& a, const ClientView& b) { return a.pid < b.pid; });
  return clients;
}

std::string_view PhaseOf(const ClientView& client) {
  if (!client.logged_in) return "login";
  if (client.waiting) return "waiting";
  if (client.in_query) return "in query";
  return client.in_transaction ? "in transaction" : "idle";
}

void AddClient(ConsoleReply* reply, const ClientView& client, int unix_port, std::string_view prefix) {
  const auto [address, port] = SplitAddress(client.address, unix_port);
  const auto [local_address, local_port] = SplitAddress(client.local_address, unix_port);
  const std::int64_t waited = client.waited.count();
  const std::string_view state = client.waiting                             ? "waiting"
                                 : !client.logged_in                        ? "login"
                                 : client.servers.empty() && prefix.empty() ? "idle"
                                                                            : "active";
  AddRow(reply, "C", client.user, client.database, kNoReplication, fmt::format("{}{}", prefix, state), address, port,
         local_address, local_port, ShowTime(client.connected), ShowTime(client.requested), waited / 1'000'000,
         waited % 1'000'000, client.closing, Pointer(client.pid),
         client.servers.empty() ? std::string() : ServerPointer(client.servers.front().id), client.remote_pid,
         client.tls, client.application_name, client.prepared_statements, client.pid);
}

std::string ShowTime(std::chrono::system_clock::time_point when) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S %Z}", fmt::localtime(std::chrono::system_clock::to_time_t(when)));
}

std::pair<std::string, int> SplitAddress(std::string_view address, int unix_port) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || address.starts_with('/')) return {"unix", unix_port};
  int port = 0;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), port};
}

}  // namespace pgshoal::admin
