// shoalctl map …: looking at a map, checking one, giving one to a router.

#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "router/shoalctl/command.hpp"
#include "router/shoalctl/map_source.hpp"
#include "router/shoalctl/output.hpp"
#include "shardmap/map_file.hpp"
#include "shardmap/qualified_name.hpp"

namespace pgshoal::shoalctl {
namespace {

using shardmap::ShardMap;

nlohmann::json MapToJson(const ShardMap& map) {
  nlohmann::json json = {{"database", map.database()},
                         {"epoch", map.epoch().value},
                         {"slots", map.slots()},
                         {"home", map.shard(map.home()).name},
                         {"shards", nlohmann::json::array()},
                         {"tables", nlohmann::json::array()},
                         {"column_rules", nlohmann::json::array()}};
  for (const shardmap::Shard& shard : map.shards()) {
    json["shards"].push_back({{"name", shard.name},
                              {"host", shard.host},
                              {"port", shard.port},
                              {"dbname", shard.dbname.empty() ? map.database() : shard.dbname},
                              {"slot_count", SlotCount(map, shard.id)},
                              {"slots", SlotRuns(map, shard.id)}});
  }
  for (const shardmap::TableRule& rule : map.tables()) json["tables"].push_back(ToJson(rule));
  for (const shardmap::ColumnRule& rule : map.column_rules()) {
    json["column_rules"].push_back({{"key", rule.key}, {"group", rule.group}});
  }
  return json;
}

void PrintForPeople(const ShardMap& map) {
  fmt::print("database {}, epoch {}, {} slots, home shard {}\n\n", map.database(), map.epoch().value, map.slots(),
             map.shard(map.home()).name);
  std::vector<std::vector<std::string>> rows;
  for (const shardmap::Shard& shard : map.shards()) {
    rows.push_back({shard.name, shard.host, std::to_string(shard.port),
                    shard.dbname.empty() ? map.database() : shard.dbname, std::to_string(SlotCount(map, shard.id)),
                    Joined(SlotRuns(map, shard.id), ",")});
  }
  PrintTable({"shard", "host", "port", "dbname", "slots", "ranges"}, rows);
  rows.clear();
  for (const shardmap::TableRule& rule : map.tables()) {
    rows.push_back({shardmap::PrintQualifiedName(rule.schema, rule.name), std::string(NameOf(rule.kind)),
                    Joined(rule.key), rule.group});
  }
  for (const shardmap::ColumnRule& rule : map.column_rules()) {
    rows.push_back({"(any table with the key)", "sharded", Joined(rule.key), rule.group});
  }
  fmt::print("\n");
  if (rows.empty()) {
    fmt::print("no table is named: all tables lie on the home shard\n");
  } else {
    PrintTable({"table", "kind", "key", "group"}, rows);
  }
}

int Show(const Context& context, bool toml, bool with_passwords) {
  auto map = FetchMap(context);
  if (!map.ok()) return Fail(map.status());
  if (toml) {
    fmt::print("{}", with_passwords ? PrintMap(**map) : PrintMapWithoutPasswords(**map));
  } else if (context.json) {
    PrintJson(MapToJson(**map));
  } else {
    PrintForPeople(**map);
  }
  return kOk;
}

int Check(Context context, const std::string& file) {
  if (!file.empty()) context.map_file = file;
  auto map = FetchMap(context);
  if (!map.ok()) return Fail(map.status());
  const ShardMap& it = **map;
  if (context.json) {
    PrintJson({{"ok", true}, {"epoch", it.epoch().value}});
  } else {
    fmt::print("ok: database {}, epoch {}, {} shards, {} slots, {} tables, {} column rules\n", it.database(),
               it.epoch().value, it.shard_count(), it.slots(), it.tables().size(), it.column_rules().size());
  }
  return kOk;
}

int Load(const Context& context, const std::string& file) {
  if (!FromRouter(context)) return FailUsage("map load gives a file to a router: use --url, not --map");
  auto current = FetchMap(context);
  if (!current.ok()) return Fail(current.status());
  auto parsed = shardmap::LoadMap(file);
  if (!parsed.ok()) return Fail(parsed.status());
  shardmap::MapSpec spec = (*parsed)->spec();
  spec.epoch = Epoch((*current)->epoch().value + 1);
  auto map = ShardMap::Create(std::move(spec));
  if (!map.ok()) return Fail(map.status());
  if (absl::Status status = InstallMap(context, **map); !status.ok()) return Fail(status);
  if (context.json) {
    PrintJson({{"epoch", (*map)->epoch().value}});
  } else {
    fmt::print("the router has the map of {} as epoch {}\n", file, (*map)->epoch().value);
  }
  return kOk;
}

}  // namespace

void AddMapCommands(CLI::App& program, Context& context) {
  CLI::App* map = program.add_subcommand("map", "Look at the shard map, check a map file, give one to a router");
  map->fallthrough()->require_subcommand(1);

  CLI::App* show = map->add_subcommand("show", "Show shards, slots and tables");
  show->fallthrough();
  struct ShowFlags {
    bool toml = false;
    bool passwords = false;
  };
  auto flags = std::make_shared<ShowFlags>();
  auto* toml = show->add_flag("--toml", flags->toml, "Print the map as a map file, without passwords");
  show->add_flag("--passwords", flags->passwords, "With --toml: print passwords too")->needs(toml);
  show->callback(
      [=, &context] { context.run = [=, &context] { return Show(context, flags->toml, flags->passwords); }; });

  auto file = std::make_shared<std::string>();
  CLI::App* check = map->add_subcommand("check", "Check a map file, or the router's map, and say what is wrong where");
  check->fallthrough();
  check->add_option("FILE", *file, "The map file; without it, what --map or --url names");
  check->callback([=, &context] { context.run = [=, &context] { return Check(context, *file); }; });

  CLI::App* load = map->add_subcommand("load", "Give a map file to a running router, as the next epoch");
  load->fallthrough();
  load->add_option("FILE", *file, "The map file")->required();
  load->callback([=, &context] { context.run = [=, &context] { return Load(context, *file); }; });
}

}  // namespace pgshoal::shoalctl
