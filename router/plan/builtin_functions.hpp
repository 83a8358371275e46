#pragma once
// Internal to plan/: what is known of PostgreSQL's own functions without asking a server.

#include <optional>
#include <string_view>

#include "router/plan/functions.hpp"

namespace pgshoal::plan {

// The class of a pg_catalog function that is not immutable as a whole; kServer for any that is not listed.
// `immutable`: what the catalog says of all its overloads.
FunctionClass ClassifyBuiltin(std::string_view name, bool immutable);

struct BuiltinFunction {
  FunctionClass kind = FunctionClass::kPure;
  bool aggregate = false, window = false, returns_set = false;
};

// For catalogs made from a schema file. nullopt: not a function that users call, or unknown.
std::optional<BuiltinFunction> FindBuiltin(std::string_view name);

}  // namespace pgshoal::plan
