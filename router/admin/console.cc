#include "router/admin/console.hpp"

#include <fmt/format.h>

#include <functional>

#include "base/status.hpp"
#include "router/admin/console_words.hpp"
#include "router/session/shared.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::admin {
namespace {

using session::ConsoleReply;
using session::Shared;
using Words = std::vector<Word>;

ConsoleReply Table(std::vector<std::string> columns) {
  ConsoleReply reply;
  reply.columns = std::move(columns);
  reply.tag = "SHOW";
  return reply;
}

ConsoleReply Done(std::string tag) {
  ConsoleReply reply;
  reply.tag = std::move(tag);
  return reply;
}

absl::StatusOr<ConsoleReply> ShowMap(Shared& shared, const Words& words) {
  const shardmap::MapPtr map = shared.snapshot()->map;
  if (words.size() == 3 && words[2].text == "toml") {
    ConsoleReply reply = Table({"toml"});
    reply.rows.push_back({shardmap::PrintMap(*map)});
    return reply;
  }
  ConsoleReply reply = Table({"schema", "table", "kind", "key", "group"});
  for (const shardmap::TableRule& rule : map->tables()) {
    reply.rows.push_back({rule.schema, rule.name, std::string(shardmap::NameOf(rule.kind)),
                          fmt::format("{}", fmt::join(rule.key, ",")), rule.group});
  }
  for (const shardmap::ColumnRule& rule : map->column_rules()) {
    reply.rows.push_back({"*", "*", "sharded", fmt::format("{}", fmt::join(rule.key, ",")), rule.group});
  }
  return reply;
}

absl::StatusOr<ConsoleReply> ShowShards(Shared& shared, const Words&) {
  const shardmap::MapPtr map = shared.snapshot()->map;
  ConsoleReply reply = Table({"name", "host", "port", "database", "slots", "home"});
  std::vector<int> slots(static_cast<std::size_t>(map->shard_count()), 0);
  for (ShardId owner : map->spec().slot_owner) ++slots[owner.value];
  for (const shardmap::Shard& shard : map->shards()) {
    reply.rows.push_back({shard.name, shard.host, std::to_string(shard.port),
                          shard.dbname.empty() ? map->database() : shard.dbname, std::to_string(slots[shard.id.value]),
                          shard.id == map->home() ? "yes" : "no"});
  }
  return reply;
}

absl::StatusOr<ConsoleReply> ShowPools(Shared& shared, const Words&) {
  ConsoleReply reply = Table({"database", "user", "cl_waiting", "sv_active", "sv_idle", "server"});
  for (const exec::PoolView& view : shared.pools().Views()) {
    reply.rows.push_back({view.database, view.user, std::to_string(view.cl_waiting), std::to_string(view.sv_active),
                          std::to_string(view.sv_idle), view.address});
  }
  return reply;
}

absl::StatusOr<ConsoleReply> ShowVersion(Shared&, const Words&) {
  ConsoleReply reply = Table({"version"});
  reply.rows.push_back({"pgshoal 0.1.0"});
  return reply;
}

absl::StatusOr<ConsoleReply> LoadMap(Shared& shared, const Words& words) {
  if (words.size() != 3 || !words[2].literal) {
    return SqlStatus(sqlstate::kSyntaxError, "LOAD MAP takes the map's text as one literal");
  }
  if (absl::Status status = shared.InstallMap(words[2].text); !status.ok()) return status;
  return Done("LOAD MAP");
}

absl::StatusOr<ConsoleReply> Reload(Shared& shared, const Words&) {
  if (absl::Status status = shared.ReloadMapFile(); !status.ok()) return status;
  return Done("RELOAD");
}

absl::StatusOr<ConsoleReply> ShowHelp(Shared& shared, const Words& words);

struct Command {
  std::vector<std::string_view> words;  // what it begins with
  std::size_t arguments;                // how many words may follow
  absl::StatusOr<ConsoleReply> (*run)(Shared&, const Words&);
  std::string_view help;
};

const Command kCommands[] = {
    {{"show", "help"}, 0, ShowHelp, "SHOW HELP: the commands"},
    {{"show", "version"}, 0, ShowVersion, "SHOW VERSION"},
    {{"show", "pools"}, 0, ShowPools, "SHOW POOLS: server connections by server, database and user"},
    {{"show", "shards"}, 0, ShowShards, "SHOW SHARDS: the shards and how many slots they own"},
    {{"show", "map"}, 1, ShowMap, "SHOW MAP [TOML]: the tables of the shard map, or the whole map as TOML"},
    {{"load", "map"}, 1, LoadMap, "LOAD MAP 'toml': install the next epoch of the shard map"},
    {{"reload"}, 0, Reload, "RELOAD: read the map file and the catalog again"},
};

absl::StatusOr<ConsoleReply> ShowHelp(Shared&, const Words&) {
  ConsoleReply reply = Table({"command"});
  for (const Command& command : kCommands) reply.rows.push_back({std::string(command.help)});
  return reply;
}

bool Fits(const Command& command, const Words& words) {
  if (words.size() < command.words.size() || words.size() > command.words.size() + command.arguments) return false;
  for (std::size_t i = 0; i < command.words.size(); ++i) {
    if (words[i].literal || words[i].text != command.words[i]) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<ConsoleReply> RunConsoleCommand(Shared& shared, const std::string& text) {
  absl::StatusOr<Words> words = SplitCommand(text);
  if (!words.ok()) return words.status();
  for (const Command& command : kCommands) {
    if (Fits(command, *words)) return command.run(shared, *words);
  }
  return SqlStatus(sqlstate::kSyntaxError, fmt::format("invalid command \"{}\"", text), 0,
                   "SHOW HELP lists the commands.");
}

}  // namespace pgshoal::admin
