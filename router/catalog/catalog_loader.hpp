#pragma once
// Reads a Catalog from a running server. Control plane: blocking, a few queries, never on a client's path.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "router/catalog/catalog.hpp"

namespace pgshoal::catalog {

// Connects with `conninfo` (libpq's form), reads everything in one snapshot and disconnects. The home shard is the one
// to ask: what clients see of the catalogs is its own.
// Errors: 08006 when the server cannot be reached or the connection breaks, 28P01 when it does not let the user in, else
// the server's SQLSTATE.
absl::StatusOr<std::shared_ptr<const Catalog>> LoadCatalog(const std::string& conninfo, std::uint64_t version);

}  // namespace pgshoal::catalog
