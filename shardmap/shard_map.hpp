#pragma once
// The shard map: an immutable snapshot of what is sharded how and who owns which slots.
//
// A MapSpec is the plain data; Validate says what is wrong with it; ShardMap::Create makes the snapshot that everybody
// shares. Snapshots never change and may be read by any number of threads; a statement keeps one MapPtr from its
// beginning to its end. Changes are made by With… functions, which return a new snapshot one epoch later.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "base/ids.hpp"
#include "base/limits.hpp"

namespace pgshoal::shardmap {

class ShardMap;
using MapPtr = std::shared_ptr<const ShardMap>;

inline constexpr std::string_view kDefaultGroup = "default";

// One PostgreSQL primary. `id` is its index in the list of shards.
struct Shard {
  ShardId id;
  std::string name;
  std::string host;  // a host name, an address, or the directory of a unix socket when it starts with '/'
  int port = 5432;
  std::string dbname;                   // empty: the map's database name
  std::string user;                     // empty: the client's user name
  std::optional<std::string> password;  // for servers that ask for one

  friend bool operator==(const Shard&, const Shard&) = default;
};

enum class TableKind : std::uint8_t { kSharded, kReference, kHome };

// "sharded", "reference" or "home".
[[nodiscard]] std::string_view NameOf(TableKind kind);

// What a table is. Names are catalog names: folded and unquoted.
struct TableRule {
  std::string schema = "public";
  std::string name;
  TableKind kind = TableKind::kHome;
  std::vector<std::string> key;  // columns, in the order of hashing; empty unless kSharded
  std::string group;             // colocation group; empty unless kSharded

  friend bool operator==(const TableRule&, const TableRule&) = default;
};

// Every table that has all of these columns is sharded by them, unless a TableRule names it.
struct ColumnRule {
  std::vector<std::string> key;
  std::string group{kDefaultGroup};

  friend bool operator==(const ColumnRule&, const ColumnRule&) = default;
};

// The data of a map, before it is known to be right.
struct MapSpec {
  std::string database;
  Epoch epoch{1};
  int slots = limits::kDefaultSlots;  // a power of two
  ShardId home;
  std::vector<Shard> shards;
  std::vector<ShardId> slot_owner;  // one for each slot
  std::vector<TableRule> tables;
  std::vector<ColumnRule> column_rules;  // the first that fits wins

  friend bool operator==(const MapSpec&, const MapSpec&) = default;
};

// The first mistake in a spec and the item it is about.
struct MapProblem {
  enum class Item : std::uint8_t { kMap, kShard, kTable, kColumnRule };
  Item item = Item::kMap;
  std::size_t index = 0;  // which shard, table or column rule
  std::string message;
};
[[nodiscard]] std::optional<MapProblem> Validate(const MapSpec& spec);

class ShardMap {
 public:
  // F0000 with the first problem that Validate finds.
  [[nodiscard]] static absl::StatusOr<MapPtr> Create(MapSpec spec);

  [[nodiscard]] const MapSpec& spec() const { return spec_; }
  [[nodiscard]] Epoch epoch() const { return spec_.epoch; }
  [[nodiscard]] const std::string& database() const { return spec_.database; }
  [[nodiscard]] int slots() const { return spec_.slots; }
  [[nodiscard]] const std::vector<Shard>& shards() const { return spec_.shards; }
  [[nodiscard]] int shard_count() const { return static_cast<int>(spec_.shards.size()); }
  // REQUIRES: id.value < shard_count().
  [[nodiscard]] const Shard& shard(ShardId id) const { return spec_.shards[id.value]; }
  [[nodiscard]] const Shard* FindShard(std::string_view name) const;  // nullptr when there is none
  [[nodiscard]] ShardId home() const { return spec_.home; }
  [[nodiscard]] const std::vector<TableRule>& tables() const { return spec_.tables; }
  [[nodiscard]] const std::vector<ColumnRule>& column_rules() const { return spec_.column_rules; }

  // The explicit rule for a table; an empty schema means public. nullptr when the map does not name it. Valid as long
  // as the map.
  [[nodiscard]] const TableRule* FindTable(std::string_view schema, std::string_view name) const;

  // What a table with these columns is: its explicit rule, else the first column rule all of whose columns it has,
  // else a home table. Tables of system schemas, of temporary schemas and of the schema pgshoal are home tables
  // whatever their columns. An explicit rule is returned even if the table lacks its key columns.
  [[nodiscard]] TableRule Resolve(std::string_view schema, std::string_view name,
                                  std::span<const std::string> column_names) const;

  // Slot = hash & (slots − 1).
  [[nodiscard]] SlotId SlotOf(std::uint64_t hash) const {
    return SlotId(static_cast<std::uint16_t>(hash & static_cast<std::uint64_t>(spec_.slots - 1)));
  }
  // REQUIRES: slot.value < slots().
  [[nodiscard]] ShardId OwnerOf(SlotId slot) const { return spec_.slot_owner[slot.value]; }
  [[nodiscard]] ShardId ShardOf(std::uint64_t hash) const { return OwnerOf(SlotOf(hash)); }

  // Whether rows of both tables with equal keys always lie on one shard: both sharded, in one group, by as many
  // columns. The key columns' types are not the map's knowledge: the caller also asks HashAlike for each pair.
  [[nodiscard]] static bool Colocated(const TableRule& a, const TableRule& b);

 private:
  explicit ShardMap(MapSpec spec);

  MapSpec spec_;
  absl::flat_hash_map<std::string, std::size_t> table_index_;  // schema, NUL, name → index into tables
};

// Changed copies, one epoch later.

// Adds the rule, or replaces the one of the same name. A sharded rule without a group goes to the default group.
[[nodiscard]] absl::StatusOr<MapPtr> WithTable(const ShardMap& map, TableRule rule);
// 42P01 when the map does not name the table.
[[nodiscard]] absl::StatusOr<MapPtr> WithoutTable(const ShardMap& map, std::string_view schema, std::string_view name);

// `slots` dealt to `shards` shards in even, contiguous runs.
[[nodiscard]] std::vector<ShardId> EvenSlotOwners(int slots, int shards);

}  // namespace pgshoal::shardmap
