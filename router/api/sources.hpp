#pragma once
// Internal to api/: reading what an Engine is made from. Blocking.

#include <memory>

#include "absl/status/statusor.h"
#include "router/api/engine.hpp"
#include "router/catalog/catalog.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::api {

[[nodiscard]] absl::StatusOr<shardmap::MapPtr> ReadMap(const MapSource& source);

// `map` is asked for the home shard's address.
[[nodiscard]] absl::StatusOr<std::shared_ptr<const catalog::Catalog>> ReadCatalog(const CatalogSource& source,
                                                                                  const shardmap::ShardMap& map);

}  // namespace pgshoal::api
