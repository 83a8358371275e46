#pragma once
// What people read: tables in aligned columns. What scripts read: one JSON document on one line.

#include <string>
#include <string_view>
#include <vector>

#include "nlohmann/json_fwd.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::shoalctl {

// Prints a heading row and the rows on stdout, columns aligned.
void PrintTable(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows);

// Prints a JSON document and a line end on stdout.
void PrintJson(const nlohmann::json& document);

// "id" or "tenant_id, day".
[[nodiscard]] std::string Joined(const std::vector<std::string>& words, std::string_view separator = ", ");

// The runs of slots that a shard owns: "0-1023", "2048".
[[nodiscard]] std::vector<std::string> SlotRuns(const shardmap::ShardMap& map, ShardId shard);
[[nodiscard]] int SlotCount(const shardmap::ShardMap& map, ShardId shard);

// {"schema", "name", "kind", "key", "group"}.
[[nodiscard]] nlohmann::json ToJson(const shardmap::TableRule& rule);

}  // namespace pgshoal::shoalctl
