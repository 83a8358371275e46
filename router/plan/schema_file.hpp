#pragma once
// A Catalog made from the text of a schema file, for planning without a server (shoalctl explain, tests, the library).

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "router/catalog/catalog.hpp"

namespace pgshoal::plan {

// Reads CREATE TABLE, CREATE [UNIQUE] INDEX, CREATE VIEW, CREATE SEQUENCE, CREATE SCHEMA, CREATE TYPE … AS ENUM,
// CREATE DOMAIN, CREATE TRIGGER, CREATE FUNCTION, ALTER TABLE … ADD CONSTRAINT / ENABLE ROW LEVEL SECURITY; other
// statements are passed over. Names without a schema are in public. The catalog is marked incomplete: built-in
// functions are known from a table in the program.
// `by_bytes`: the database's own collation is C.
// Errors: those of the parser; 42704 for a column type that is neither built in nor in the file.
absl::StatusOr<std::shared_ptr<const catalog::Catalog>> CatalogFromSchema(std::string_view sql, bool by_bytes = false);

}  // namespace pgshoal::plan
