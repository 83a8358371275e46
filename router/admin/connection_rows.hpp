#pragma once
// Lines of connections, which several commands show. Internal to this room.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router/admin/commands.hpp"
#include "router/session/client_view.hpp"

namespace pgshoal::admin {

// PgBouncer's columns of clients and servers.
ConsoleReply ConnectionTable();
void AddColumns(ConsoleReply* reply, std::vector<session::ConsoleColumn> columns);

// Clients and servers have no address in memory that is of use to anybody: clients are named by the process number
// that they were told, servers by the number of the connection.
std::string Pointer(std::int32_t pid);
std::string ServerPointer(std::uint64_t id);

constexpr std::string_view kNoReplication = "none";  // replication connections are refused

std::vector<session::ClientView> SortedClients(Shared& shared, bool with_statements = false);  // by pid
// "login", "waiting", "in query", "in transaction" or "idle".
std::string_view PhaseOf(const session::ClientView& client);
// `prefix`: of the state.
void AddClient(ConsoleReply* reply, const session::ClientView& client, int unix_port, std::string_view prefix);

}  // namespace pgshoal::admin
