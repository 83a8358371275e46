#pragma once
// What the commands share: what they are given, how they answer, and where each is. Internal to this room.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/oids.hpp"
#include "base/status.hpp"
#include "router/admin/console.hpp"
#include "router/admin/console_words.hpp"
#include "router/session/console.hpp"
#include "router/session/shared.hpp"

namespace pgshoal::admin {

using session::ConsoleReply;
using session::Shared;
using Reply = absl::StatusOr<ConsoleReply>;

struct Call {
  Shared& shared;
  SettingsControl& settings;
  const session::ConsoleCaller& caller;
  const std::vector<Word>& words;  // the whole command

  bool Abandoned() const { return caller.gone->load() || shared.stopping(); }
};

// ---- tables
struct Text {  // a text column
  std::string_view name;
};
struct Int4 {
  std::string_view name;
};
struct Int8 {
  std::string_view name;
};
struct Numeric {
  std::string_view name;
};

inline session::ConsoleColumn ColumnOf(Text column) {
  return {std::string(column.name), oid::kText};
}
inline session::ConsoleColumn ColumnOf(Int4 column) {
  return {std::string(column.name), oid::kInt4};
}
inline session::ConsoleColumn ColumnOf(Int8 column) {
  return {std::string(column.name), oid::kInt8};
}
inline session::ConsoleColumn ColumnOf(Numeric column) {
  return {std::string(column.name), oid::kNumeric};
}

template <class... Columns>
ConsoleReply Table(Columns... columns) {
  ConsoleReply reply;
  reply.columns = {ColumnOf(columns)...};
  reply.tag = "SHOW";
  return reply;
}

using Cell = std::optional<std::string>;
inline Cell CellOf(std::string text) {
  return text;
}
inline Cell CellOf(std::string_view text) {
  return std::string(text);
}
inline Cell CellOf(const char* text) {
  return std::string(text);
}
inline Cell CellOf(std::nullopt_t) {
  return std::nullopt;
}
inline Cell CellOf(Cell cell) {
  return cell;
}
inline Cell CellOf(bool value) {
  return std::string(value ? "1" : "0");
}
template <class Number>
requires std::is_integral_v<Number> Cell CellOf(Number value) {
  return std::to_string(value);
}

template <class... Cells>
void AddRow(ConsoleReply* reply, Cells... cells) {
  reply->rows.push_back({CellOf(std::move(cells))...});
}

inline ConsoleReply Done(std::string tag) {
  ConsoleReply reply;
  reply.tag = std::move(tag);
  return reply;
}

// 08P01, the state of all errors of PgBouncer's console.
inline absl::Status Refused(std::string message, std::string hint = {}) {
  return SqlStatus(sqlstate::kProtocolViolation, std::move(message), 0, std::move(hint));
}

// An int4 column cannot hold more.
inline std::int64_t Capped(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, INT32_MAX));
}

// "2026-01-31 12:00:00 UTC", in the zone of the router.
std::string ShowTime(std::chrono::system_clock::time_point when);
// "192.0.2.1:5432" -> {"192.0.2.1", 5432}; "unix" -> {"unix", unix_port}.
std::pair<std::string, int> SplitAddress(std::string_view address, int unix_port);
// The first TCP port on which clients are accepted, or the number in the unix socket's name.
int ListenPort(Shared& shared);

// ---- show_clients.cc
Reply ShowClients(Call& call);
Reply ShowFds(Call& call);
Reply ShowPrepared(Call& call);
// ---- show_pools.cc
Reply ShowPools(Call& call);
Reply ShowServers(Call& call);
Reply ShowSockets(Call& call);
Reply ShowState(Call& call);
// ---- show_limits.cc
Reply ShowDatabases(Call& call);
Reply ShowUsers(Call& call);
Reply ShowLists(Call& call);
// ---- show_statistics.cc
Reply ShowStats(Call& call);
Reply ShowStatsTotals(Call& call);
Reply ShowStatsAverages(Call& call);
Reply ShowTotals(Call& call);
// ---- show_router.cc
Reply ShowVersion(Call& call);
Reply ShowConfig(Call& call);
Reply ShowMem(Call& call);
Reply ShowDnsHosts(Call& call);
Reply ShowDnsZones(Call& call);
Reply ShowPeers(Call& call);
Reply ShowPeerPools(Call& call);
Reply ShowShards(Call& call);
Reply ShowMap(Call& call);
Reply ShowParameter(Call& call);
Reply ShowPlans(Call& call);
Reply ShowQueries(Call& call);
// ---- change.cc
Reply LoadMap(Call& call);
Reply Reload(Call& call);
Reply Set(Call& call);
Reply KillClient(Call& call);
Reply Shutdown(Call& call);
// ---- pool_commands.cc
Reply Pause(Call& call);
Reply Resume(Call& call);
Reply Disable(Call& call);
Reply Enable(Call& call);
Reply Reconnect(Call& call);
Reply Kill(Call& call);
Reply WaitClose(Call& call);
Reply Suspend(Call& call);

}  // namespace pgshoal::admin
