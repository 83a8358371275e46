// PAUSE, RESUME, DISABLE, ENABLE, RECONNECT, KILL, WAIT_CLOSE, SUSPEND: what is done to the pools.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "router/admin/commands.hpp"
#include "router/exec/pools.hpp"
#include "router/log/log.hpp"
#include "router/session/client_view.hpp"

namespace pgshoal::admin {
namespace {

constexpr auto kLook = std::chrono::milliseconds(20);

// The database that the command names; empty: all.
absl::StatusOr<std::string> DatabaseOf(const Call& call, bool required) {
  if (call.words.size() < 2) {
    if (required) return Refused("a database is required");
    return std::string();
  }
  const std::string& name = call.words[1].written;
  if (session::IsConsoleDatabase(name)) {
    return Refused(fmt::format("cannot {} admin db: {}", call.words[0].text, name));
  }
  if (call.shared.FindDatabase(name) == nullptr) return Refused(fmt::format("no such database: {}", name));
  return name;
}

void LogCommand(const Call& call, const std::string& database) {
  std::string text = call.words[0].text;
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  if (!database.empty()) text += " " + database;
  log::Info(text + " command issued",
            {.database = "pgshoal", .user = call.caller.user, .pid = call.caller.pid});
}

// Waits for what `watch` announces. False: nobody waits for the answer any longer.
bool Wait(const Call& call, std::uint64_t (exec::Pools::*watch)(std::string_view, net::Poster, absl::AnyInvocable<void()>),
          const std::string& database) {
  auto over = std::make_shared<absl::Notification>();
  exec::Pools& pools = call.shared.pools();
  const std::uint64_t ticket =
      (pools.*watch)(database, call.shared.AnyPoster(), [over] { over->Notify(); });
  while (!over->WaitForNotificationWithTimeout(absl::FromChrono(kLook))) {
    if (!call.Abandoned()) continue;
    pools.Forget(ticket);
    return false;
  }
  return true;
}

}  // namespace

// Returns when every server connection has come back and is closed.
Reply Pause(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, false);
  if (!database.ok()) return database.status();
  exec::Pools& pools = call.shared.pools();
  if (pools.Paused("") || call.shared.suspended()) return Refused("already suspended/paused");
  LogCommand(call, *database);
  pools.Pause(*database);
  Wait(call, &exec::Pools::WhenEmpty, *database);
  return Done("PAUSE");
}

Reply Resume(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, false);
  if (!database.ok()) return database.status();
  exec::Pools& pools = call.shared.pools();
  if (!database->empty()) {
    if (!pools.PausedByName(*database)) return Refused(fmt::format("database {} is not paused", *database));
  } else if (call.shared.ending()) {
    return Refused("pooler is shutting down");
  } else if (!pools.Paused("") && !pools.PausedByName("") && !call.shared.suspended()) {
    return Refused("pooler is not paused/suspended");
  }
  LogCommand(call, *database);
  if (database->empty() && call.shared.suspended()) call.shared.SetSuspended(false);
  pools.Resume(*database);
  return Done("RESUME");
}

Reply Disable(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, true);
  if (!database.ok()) return database.status();
  LogCommand(call, *database);
  call.shared.pools().Disable(*database);
  return Done("DISABLE");
}

Reply Enable(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, true);
  if (!database.ok()) return database.status();
  LogCommand(call, *database);
  call.shared.pools().Enable(*database);
  return Done("ENABLE");
}

Reply Reconnect(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, false);
  if (!database.ok()) return database.status();
  LogCommand(call, *database);
  call.shared.pools().Reconnect(*database);
  return Done("RECONNECT");
}

// Returns when no server connection is left that is to be closed.
Reply WaitClose(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, false);
  if (!database.ok()) return database.status();
  Wait(call, &exec::Pools::WhenRenewed, *database);
  return Done("WAIT_CLOSE");
}

// Clients and server connections go at once; until RESUME nobody is served. Each database is paused by its name, so that
// RESUME may name it.
Reply Kill(Call& call) {
  absl::StatusOr<std::string> database = DatabaseOf(call, false);
  if (!database.ok()) return database.status();
  if (call.shared.pools().Paused("") || call.shared.suspended()) return Refused("already suspended/paused");
  LogCommand(call, *database);
  for (const session::DatabasePtr& one : call.shared.Databases()) {
    if (database->empty() || one->name() == *database) call.shared.pools().Pause(one->name());
  }
  call.shared.EndClients(
      [&database](const session::ClientView& client) {
        return client.logged_in && !client.console && (database->empty() || client.database == *database);
      },
      std::string(session::kAdministratorCommand));
  Wait(call, &exec::Pools::WhenEmpty, *database);
  return Done("KILL");
}

// Returns when no client waits for an answer any longer.
Reply Suspend(Call& call) {
  Shared& shared = call.shared;
  if (shared.pools().Paused("") || shared.suspended()) return Refused("already suspended/paused");
  if (shared.pools().PausedByName("")) return Refused("a database is paused: RESUME it before SUSPEND");
  LogCommand(call, {});
  shared.SetSuspended(true);
  const auto end = std::chrono::steady_clock::now() + shared.live()->suspend_timeout;
  while (shared.Asking() > 0 && shared.suspended() && !call.Abandoned()) {
    if (std::chrono::steady_clock::now() >= end) {
      shared.EndClients([](const session::ClientView& client) { return !client.console && client.in_query; },
                        "suspend_timeout");
      break;
    }
    absl::SleepFor(absl::FromChrono(kLook));
  }
  return Done("SUSPEND");
}

}  // namespace pgshoal::admin
