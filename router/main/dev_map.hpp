#pragma once
// The shard map of `pgshoal dev`, kept in DIR/map.toml.

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "router/main/dev_cluster.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::main {

// What the file given by --map says of tables. It is a map file in which shards, home and database may be missing, and
// do not count if they are there.
struct DevTables {
  std::string file;
  int slots = 0;
  std::vector<shardmap::TableRule> tables;
  std::vector<shardmap::ColumnRule> column_rules;
};
// F0000 with file, line and mistake.
[[nodiscard]] absl::StatusOr<DevTables> ReadDevTables(const std::string& file);

// Reads `map_file`, or when there is none begins a map: `wanted` slots (or the default number) dealt evenly, shard0 the
// home, and the wanted tables. Then puts the servers' present addresses into it and saves it, its epoch unchanged.
// An existing map keeps its tables, which say where rows lie already: 55000 when `wanted` has what it has not.
[[nodiscard]] absl::Status PrepareDevMap(const std::string& map_file, const DevFacts& facts,
                                         const std::vector<DevServer>& servers, const std::optional<DevTables>& wanted);

}  // namespace pgshoal::main
