#pragma once
// From a parsed statement, the shard map and the catalog to a Plan.
//
// PlanStatement never fails: what cannot be proven right becomes a Plan that refuses (0A000), or that is the error
// which PostgreSQL itself would report for a name that does not exist.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "parser/parser.hpp"
#include "router/catalog/catalog.hpp"
#include "router/plan/plan.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::plan {

// What a plan depends on besides the text. Everything is borrowed for the length of the call; the plan keeps none of
// it.
struct PlanContext {
  const shardmap::ShardMap& map;
  const catalog::Catalog& catalog;
  std::vector<std::string> search_path;  // schemas in order, "$user" already replaced
  std::vector<Oid> parameter_types;      // as declared in Parse or PREPARE; 0: left to the server; may be shorter
  // The session's temporary tables and what belongs to them, in schema "pg_temp". They live on the home shard.
  std::span<const catalog::Relation> temporary = {};
};

// Plans one statement of a script. `script_text` is the whole text that the spans of the tree point into; positions in
// errors count its characters. The tree is only read. Thread-safe.
std::shared_ptr<const Plan> PlanStatement(const parser::Statement& statement, std::string_view script_text,
                                          const PlanContext& context);

}  // namespace pgshoal::plan
