#include "router/main/dev_map.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/status.hpp"
#include "shardmap/map_file.hpp"
#include "shardmap/qualified_name.hpp"

namespace pgshoal::main {
namespace {

using shardmap::MapPtr;
using shardmap::MapSpec;

// What a map file needs besides the text of a --map file, to be read as a whole one.
struct Complement {
  std::string before;
  int lines_before = 0;
  std::string after;
};

Complement ComplementOf(const std::string& text) {
  Complement complement;
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error&) {
    return complement;  // the map's own reader reports it
  }
  if (root.contains("shard")) return complement;
  const auto add_line = [&complement](std::string_view line) {
    complement.before += fmt::format("{}\n", line);
    ++complement.lines_before;
  };
  if (!root.contains("database")) add_line("database = \"any\"");
  if (!root.contains("home")) add_line("home = \"any\"");
  const std::string home = root["home"].value_or(std::string("any"));
  const auto slots = root["slots"].value_or(std::int64_t{limits::kDefaultSlots});
  complement.after = fmt::format("\n[[shard]]\nname = '{}'\nhost = 'any'\nslots = '0-{}'\n", home, slots - 1);
  return complement;
}

// Takes the lines that were put before the text off the line number in "file:line: message".
absl::Status WithOwnLine(const absl::Status& status, const std::string& file, int lines_before) {
  SqlError error = ToSqlError(status);
  const std::size_t start = file.size() + 1;
  int line = 0;
  if (lines_before == 0 || !error.message.starts_with(file + ":")) return status;
  const char* digits = error.message.data() + start;
  const auto [end, problem] = std::from_chars(digits, error.message.data() + error.message.size(), line);
  if (problem != std::errc()) return status;
  error.message.replace(start, static_cast<std::size_t>(end - digits),
                        std::to_string(std::max(1, line - lines_before)));
  return ToStatus(error);
}

MapSpec NewSpec(const DevFacts& facts, const std::optional<DevTables>& wanted) {
  MapSpec spec;
  spec.database = facts.database;
  if (wanted) {
    spec.slots = wanted->slots;
    spec.tables = wanted->tables;
    spec.column_rules = wanted->column_rules;
  }
  spec.slot_owner = shardmap::EvenSlotOwners(spec.slots, facts.shards);
  spec.shards.resize(static_cast<std::size_t>(facts.shards));
  return spec;
}

absl::Status Disagrees(const std::string& map_file, const DevTables& wanted, const std::string& about) {
  return SqlStatus(
      sqlstate::kObjectNotInPrerequisiteState,
      fmt::format("{} and the map that rows already lie by, {}, disagree about {}", wanted.file, map_file, about), 0,
      "Leave out --map and change the map with shoalctl, or throw the data away with --fresh.");
}

absl::Status CheckAgreement(const std::string& map_file, const MapSpec& spec, const DevTables& wanted) {
  if (wanted.slots != spec.slots) return Disagrees(map_file, wanted, "the number of slots");
  for (const shardmap::TableRule& table : wanted.tables) {
    if (std::find(spec.tables.begin(), spec.tables.end(), table) == spec.tables.end()) {
      return Disagrees(map_file, wanted, "table " + shardmap::PrintQualifiedName(table.schema, table.name));
    }
  }
  for (const shardmap::ColumnRule& rule : wanted.column_rules) {
    if (std::find(spec.column_rules.begin(), spec.column_rules.end(), rule) == spec.column_rules.end()) {
      return Disagrees(map_file, wanted, "the column rule for " + rule.key.front());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<MapSpec> ExistingSpec(const std::string& map_file, const DevFacts& facts,
                                     const std::optional<DevTables>& wanted) {
  const absl::StatusOr<MapPtr> map = shardmap::LoadMap(map_file);
  if (!map.ok()) return map.status();
  const MapSpec& spec = (*map)->spec();
  if (spec.shards.size() != static_cast<std::size_t>(facts.shards) || spec.database != facts.database) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     fmt::format("{} is not the map of these {} servers", map_file, facts.shards));
  }
  if (wanted) {
    if (absl::Status status = CheckAgreement(map_file, spec, *wanted); !status.ok()) return status;
  }
  return spec;
}

}  // namespace

absl::StatusOr<DevTables> ReadDevTables(const std::string& file) {
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad()) return SqlStatus(sqlstate::kUndefinedFile, fmt::format("cannot read {}", file));
  const Complement complement = ComplementOf(text);
  const absl::StatusOr<MapPtr> map = shardmap::ParseMap(complement.before + text + complement.after, file);
  if (!map.ok()) return WithOwnLine(map.status(), file, complement.lines_before);
  return DevTables{file, (*map)->slots(), (*map)->tables(), (*map)->column_rules()};
}

absl::Status PrepareDevMap(const std::string& map_file, const DevFacts& facts, const std::vector<DevServer>& servers,
                           const std::optional<DevTables>& wanted) {
  absl::StatusOr<MapSpec> spec = NewSpec(facts, wanted);
  if (std::filesystem::exists(map_file)) spec = ExistingSpec(map_file, facts, wanted);
  if (!spec.ok()) return spec.status();
  for (std::size_t i = 0; i < spec->shards.size(); ++i) {
    shardmap::Shard& shard = spec->shards[i];
    shard.id = ShardId(static_cast<std::uint16_t>(i));
    shard.name = servers[i].name;
    shard.host = servers[i].socket_dir;
    shard.port = servers[i].port;
  }
  const absl::StatusOr<MapPtr> map = shardmap::ShardMap::Create(*std::move(spec));
  if (!map.ok()) return map.status();
  return shardmap::SaveMap(**map, map_file);
}

}  // namespace pgshoal::main
