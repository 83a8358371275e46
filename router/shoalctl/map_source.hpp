#pragma once
// Where the map comes from and where a changed one goes: a file, or a running router by way of its console.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.hpp"
#include "router/shoalctl/command.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::shoalctl {

// The map that the global options name.
[[nodiscard]] absl::StatusOr<shardmap::MapPtr> FetchMap(const Context& context);

// Saves the map to the file, or has the router check, install and save it. The router takes it only if nobody else has
// changed the map since FetchMap.
[[nodiscard]] absl::Status InstallMap(const Context& context, const shardmap::ShardMap& map);

[[nodiscard]] inline bool FromRouter(const Context& context) {
  return context.map_file.empty();
}

struct Column {
  std::string name;
  Oid type = 0;
  std::int32_t typmod = -1;
};

// The columns of a table as the router's database shows them; none when there is no such table.
// REQUIRES: FromRouter(context).
[[nodiscard]] absl::StatusOr<std::vector<Column>> FetchColumns(const Context& context, const shardmap::ShardMap& map,
                                                               const std::string& schema, const std::string& name);

}  // namespace pgshoal::shoalctl
