// Commands that change something but the pools.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "router/admin/commands.hpp"
#include "router/log/log.hpp"

namespace pgshoal::admin {
namespace {

void LogCommand(const Call& call, std::string message) {
  log::Info(message, {.database = "pgshoal", .user = call.caller.user, .pid = call.caller.pid});
}

}  // namespace

Reply LoadMap(Call& call) {
  if (call.words.size() != 3 || !call.words[2].literal) {
    return SqlStatus(sqlstate::kSyntaxError, "LOAD MAP takes the map's text as one literal");
  }
  if (absl::Status status = call.shared.InstallMap(call.words[2].text); !status.ok()) return status;
  LogCommand(call, fmt::format("LOAD MAP: epoch {}", call.shared.MainDatabase()->map()->epoch().value));
  return Done("LOAD MAP");
}

Reply Reload(Call& call) {
  absl::StatusOr<SettingsControl::Reloaded> reloaded = call.settings.Reload(call.shared);
  if (!reloaded.ok()) return reloaded.status();
  ConsoleReply reply = Done("RELOAD");
  if (!reloaded->needs_restart.empty()) {
    SqlError notice{std::string(sqlstate::kWarning), fmt::format("changes of these settings need a restart: {}",
                                                                 fmt::join(reloaded->needs_restart, ", "))};
    reply.notice = std::move(notice);
  }
  return reply;
}

// SET name = value, SET name TO value; a list's values with commas between them.
Reply Set(Call& call) {
  const std::vector<Word>& words = call.words;
  const bool shaped = words.size() >= 4 && !words[1].literal && (words[2].text == "=" || words[2].text == "to");
  if (!shaped) return Refused("SET takes name = value");
  std::string value;
  for (std::size_t i = 3; i < words.size(); ++i) {
    if (i > 3 && words[i].text != "," && words[i - 1].text != ",") value += ' ';
    value += words[i].written;
  }
  const std::string& name = words[1].text;
  // What drivers set by themselves.
  for (std::string_view ignored : {"client_encoding", "extra_float_digits", "application_name", "datestyle"}) {
    if (name != ignored) continue;
    ConsoleReply reply = Done("SET");
    reply.notice = SqlError{std::string(sqlstate::kSuccessfulCompletion), "SET ignored"};
    return reply;
  }
  if (absl::Status set = call.settings.Set(call.shared, name, value); !set.ok()) return set;
  LogCommand(call, fmt::format("SET {}", name));
  return Done("SET");
}

Reply KillClient(Call& call) {
  if (call.words.size() != 2) return Refused("a client pointer is required");
  std::string_view text = call.words[1].text;
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return Refused("invalid client pointer supplied");
  const auto pid = static_cast<std::int32_t>(number);
  const int ended = call.shared.EndClients([pid](const session::ClientView& client) { return client.pid == pid; },
                                           std::string(session::kAdministratorCommand));
  if (ended == 0) return Refused("client not found");
  LogCommand(call, fmt::format("KILL_CLIENT {:#x}", number));
  return Done("KILL_CLIENT");
}

Reply Shutdown(Call& call) {
  session::ShutdownMode mode = session::ShutdownMode::kNow;
  if (call.words.size() == 2) {
    const std::string& how = call.words[1].text;
    if (how == "wait_for_servers") {
      mode = session::ShutdownMode::kWaitForServers;
    } else if (how == "wait_for_clients") {
      mode = session::ShutdownMode::kWaitForClients;
    } else {
      return Refused(fmt::format("invalid command 'SHUTDOWN {}', use SHOW HELP;", call.words[1].written));
    }
  }
  LogCommand(call, "SHUTDOWN command issued");
  call.shared.RequestShutdown(mode);
  return Done("SHUTDOWN");
}

}  // namespace pgshoal::admin
