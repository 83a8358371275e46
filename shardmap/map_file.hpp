#pragma once
// The map as a TOML text: reading with errors that name file, line and mistake; writing; atomic saving.
// docs/shard-map.md describes the form. Errors carry F0000 (content) or 58P01, 58030 (files).

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shardmap/shard_map.hpp"

namespace pgshoal::shardmap {

// `filename` is only for messages: "shop.toml:12: unknown key \"colum\" in [[table]]".
[[nodiscard]] absl::StatusOr<MapPtr> ParseMap(std::string_view text, std::string_view filename);

// A text that ParseMap reads back as an equal map; comments of an earlier text are not kept. Passwords are printed.
[[nodiscard]] std::string PrintMap(const ShardMap& map);

// The same text for people and logs: passwords are left out.
[[nodiscard]] std::string PrintMapWithoutPasswords(const ShardMap& map);

[[nodiscard]] absl::StatusOr<MapPtr> LoadMap(const std::string& path);

// Replaces the file in one step that survives a crash: a temporary file beside it, fsync, rename, fsync of the
// directory. The file keeps its permissions; a new one is readable by its owner only, for it may hold passwords.
[[nodiscard]] absl::Status SaveMap(const ShardMap& map, const std::string& path);

}  // namespace pgshoal::shardmap
