#pragma once
// The shard map of `pgshoal dev`, kept in DIR/map.toml.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "router/main/dev_cluster.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::main {

// Tables and column rules of the file given by --map. Shards, slots, home and database in it are allowed and ignored.
struct DevTables {
  std::vector<shardmap::TableRule> tables;
  std::vector<shardmap::ColumnRule> column_rules;
};
[[nodiscard]] absl::StatusOr<DevTables> ReadDevTables(const std::string& file);

// Reads `map_file`, or when there is none begins a map: the default number of slots dealt evenly, shard0 the home, and
// `wanted` tables. Then puts the servers' present addresses into it and saves it, its epoch unchanged.
// An existing map keeps its tables, which say where rows lie already: 55000 when `wanted` disagrees with it.
[[nodiscard]] absl::Status PrepareDevMap(const std::string& map_file, const DevFacts& facts,
                                         const std::vector<DevServer>& servers, const std::optional<DevTables>& wanted);

}  // namespace pgshoal::main
