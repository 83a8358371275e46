#include "shardmap/shard_map.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/status.hpp"
#include "fmt/format.h"
#include "shardmap/qualified_name.hpp"

namespace pgshoal::shardmap {
namespace {

using Item = MapProblem::Item;

std::string TableKey(std::string_view schema, std::string_view name) {
  std::string key(schema.empty() ? std::string_view("public") : schema);
  key += '\0';
  key += name;
  return key;
}

// Schemas whose tables are never sharded by a column rule.
bool AlwaysHome(std::string_view schema) {
  return schema.starts_with("pg_") || schema == "information_schema" || schema == "pgshoal";
}

std::optional<std::string> ProblemOfShape(const MapSpec& spec) {
  if (spec.database.empty()) return "the database has no name";
  if (spec.epoch.value == 0) return "the epoch must be 1 or more";
  if (spec.slots < 1 || spec.slots > limits::kMaxSlots || !std::has_single_bit(static_cast<unsigned>(spec.slots))) {
    return fmt::format("slots must be a power of two from 1 to {}, not {}", limits::kMaxSlots, spec.slots);
  }
  if (spec.shards.empty()) return "there is no shard";
  if (spec.shards.size() > static_cast<std::size_t>(limits::kMaxShards)) {
    return fmt::format("there are {} shards; at most {} are possible", spec.shards.size(), limits::kMaxShards);
  }
  if (spec.home.value >= spec.shards.size()) return "there is no home shard";
  if (spec.slot_owner.size() != static_cast<std::size_t>(spec.slots)) {
    return fmt::format("{} slots have an owner; there are {} slots", spec.slot_owner.size(), spec.slots);
  }
  for (std::size_t slot = 0; slot < spec.slot_owner.size(); ++slot) {
    if (spec.slot_owner[slot].value >= spec.shards.size()) return fmt::format("slot {} has no owner", slot);
  }
  return std::nullopt;
}

std::optional<std::string> ProblemOfShard(const Shard& shard, std::size_t index) {
  if (shard.id.value != index) return "a shard's id must be its place in the list";
  if (shard.name.empty()) return "a shard has no name";
  if (shard.host.empty()) return fmt::format("shard \"{}\" has no host", shard.name);
  if (shard.port < 1 || shard.port > 65'535) {
    return fmt::format("shard \"{}\": port {} is not between 1 and 65535", shard.name, shard.port);
  }
  return std::nullopt;
}

std::optional<std::string> ProblemOfKey(const std::vector<std::string>& key, std::string_view of) {
  if (key.empty()) return fmt::format("{} has no key", of);
  if (key.size() > static_cast<std::size_t>(limits::kMaxKeyColumns)) {
    return fmt::format("{} has a key of {} columns; at most {} are possible", of, key.size(), limits::kMaxKeyColumns);
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i].empty()) return fmt::format("{} has a key column without a name", of);
    if (std::find(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(i), key[i]) !=
        key.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fmt::format("{} names key column \"{}\" twice", of, key[i]);
    }
  }
  return std::nullopt;
}

std::optional<std::string> ProblemOfTable(const TableRule& table) {
  if (table.name.empty() || table.schema.empty()) return "a table has no name";
  const std::string of = fmt::format("table \"{}\"", PrintQualifiedName(table.schema, table.name));
  if (table.kind == TableKind::kSharded) {
    if (AlwaysHome(table.schema)) return fmt::format("{} is in a schema that cannot be sharded", of);
    if (table.group.empty()) return fmt::format("{} has no colocation group", of);
    return ProblemOfKey(table.key, of);
  }
  if (!table.key.empty()) return fmt::format("{} is a {} table and cannot have a key", of, NameOf(table.kind));
  if (!table.group.empty()) return fmt::format("{} is a {} table and has no colocation", of, NameOf(table.kind));
  if (table.kind == TableKind::kReference && AlwaysHome(table.schema)) {
    return fmt::format("{} is in a schema that always lies on the home shard", of);
  }
  return std::nullopt;
}

// Equal keys of one group must hash alike, so all its keys have as many columns.
class GroupWidths {
 public:
  std::optional<std::string> Add(const std::string& group, std::size_t width) {
    auto [it, is_new] = widths_.emplace(group, width);
    if (is_new || it->second == width) return std::nullopt;
    return fmt::format(
        "colocation group \"{}\" already has keys of {} column{}, this key has {}; give it a group of its own", group,
        it->second, it->second == 1 ? "" : "s", width);
  }

 private:
  absl::flat_hash_map<std::string, std::size_t> widths_;
};

}  // namespace

std::string_view NameOf(TableKind kind) {
  switch (kind) {
    case TableKind::kSharded:
      return "sharded";
    case TableKind::kReference:
      return "reference";
    case TableKind::kHome:
      return "home";
  }
  return "home";
}

std::optional<MapProblem> Validate(const MapSpec& spec) {
  absl::flat_hash_set<std::string> shard_names;
  for (std::size_t i = 0; i < spec.shards.size(); ++i) {
    if (auto problem = ProblemOfShard(spec.shards[i], i)) return MapProblem{Item::kShard, i, *std::move(problem)};
    if (!shard_names.insert(spec.shards[i].name).second) {
      return MapProblem{Item::kShard, i, fmt::format("there are two shards \"{}\"", spec.shards[i].name)};
    }
  }
  if (auto problem = ProblemOfShape(spec)) return MapProblem{Item::kMap, 0, *std::move(problem)};
  absl::flat_hash_set<std::string> table_names;
  GroupWidths widths;
  for (std::size_t i = 0; i < spec.tables.size(); ++i) {
    const TableRule& table = spec.tables[i];
    if (auto problem = ProblemOfTable(table)) return MapProblem{Item::kTable, i, *std::move(problem)};
    if (!table_names.insert(TableKey(table.schema, table.name)).second) {
      return MapProblem{Item::kTable, i,
                        fmt::format("table \"{}\" is named twice", PrintQualifiedName(table.schema, table.name))};
    }
    if (table.kind != TableKind::kSharded) continue;
    if (auto problem = widths.Add(table.group, table.key.size())) return MapProblem{Item::kTable, i, *problem};
  }
  for (std::size_t i = 0; i < spec.column_rules.size(); ++i) {
    const ColumnRule& rule = spec.column_rules[i];
    if (auto problem = ProblemOfKey(rule.key, "a column rule")) return MapProblem{Item::kColumnRule, i, *problem};
    if (rule.group.empty()) return MapProblem{Item::kColumnRule, i, "a column rule has no colocation group"};
    if (auto problem = widths.Add(rule.group, rule.key.size())) return MapProblem{Item::kColumnRule, i, *problem};
    for (std::size_t j = 0; j < i; ++j) {
      if (spec.column_rules[j].key == rule.key) return MapProblem{Item::kColumnRule, i, "a column rule stands twice"};
    }
  }
  return std::nullopt;
}

ShardMap::ShardMap(MapSpec spec) : spec_(std::move(spec)) {
  for (std::size_t i = 0; i < spec_.tables.size(); ++i) {
    table_index_.emplace(TableKey(spec_.tables[i].schema, spec_.tables[i].name), i);
  }
}

absl::StatusOr<MapPtr> ShardMap::Create(MapSpec spec) {
  if (auto problem = Validate(spec)) {
    return SqlStatus(sqlstate::kConfigFileError, fmt::format("shard map: {}", problem->message));
  }
  return MapPtr(new ShardMap(std::move(spec)));
}

const Shard* ShardMap::FindShard(std::string_view name) const {
  for (const Shard& shard : spec_.shards) {
    if (shard.name == name) return &shard;
  }
  return nullptr;
}

const TableRule* ShardMap::FindTable(std::string_view schema, std::string_view name) const {
  auto found = table_index_.find(TableKey(schema, name));
  return found == table_index_.end() ? nullptr : &spec_.tables[found->second];
}

TableRule ShardMap::Resolve(std::string_view schema, std::string_view name,
                            std::span<const std::string> column_names) const {
  if (const TableRule* rule = FindTable(schema, name)) return *rule;
  TableRule rule;
  if (!schema.empty()) rule.schema = std::string(schema);
  rule.name = std::string(name);
  if (AlwaysHome(rule.schema)) return rule;
  for (const ColumnRule& candidate : spec_.column_rules) {
    const bool has_all = std::all_of(candidate.key.begin(), candidate.key.end(), [&](const std::string& column) {
      return std::find(column_names.begin(), column_names.end(), column) != column_names.end();
    });
    if (!has_all) continue;
    rule.kind = TableKind::kSharded;
    rule.key = candidate.key;
    rule.group = candidate.group;
    return rule;
  }
  return rule;
}

bool ShardMap::Colocated(const TableRule& a, const TableRule& b) {
  return a.kind == TableKind::kSharded && b.kind == TableKind::kSharded && a.group == b.group &&
         a.key.size() == b.key.size();
}

absl::StatusOr<MapPtr> WithTable(const ShardMap& map, TableRule rule) {
  if (rule.kind == TableKind::kSharded && rule.group.empty()) rule.group = kDefaultGroup;
  MapSpec spec = map.spec();
  ++spec.epoch.value;
  auto same = std::find_if(spec.tables.begin(), spec.tables.end(), [&](const TableRule& table) {
    return table.schema == rule.schema && table.name == rule.name;
  });
  if (same == spec.tables.end()) {
    spec.tables.push_back(std::move(rule));
  } else {
    *same = std::move(rule);
  }
  return ShardMap::Create(std::move(spec));
}

absl::StatusOr<MapPtr> WithoutTable(const ShardMap& map, std::string_view schema, std::string_view name) {
  const TableRule* rule = map.FindTable(schema, name);
  if (rule == nullptr) {
    return SqlStatus(sqlstate::kUndefinedTable,
                     fmt::format("the map does not name table \"{}\"", PrintQualifiedName(schema, name)));
  }
  MapSpec spec = map.spec();
  ++spec.epoch.value;
  spec.tables.erase(spec.tables.begin() + (rule - map.tables().data()));
  return ShardMap::Create(std::move(spec));
}

std::vector<ShardId> EvenSlotOwners(int slots, int shards) {
  std::vector<ShardId> owners;
  owners.reserve(static_cast<std::size_t>(slots));
  for (int slot = 0; slot < slots; ++slot) {
    owners.emplace_back(static_cast<std::uint16_t>(static_cast<std::int64_t>(slot) * shards / slots));
  }
  return owners;
}

}  // namespace pgshoal::shardmap
