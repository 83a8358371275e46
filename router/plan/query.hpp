#pragma once
// Internal to plan/: the parts of planning a query that do not fit in one file.

#include "absl/status/statusor.h"
#include "router/plan/analysis.hpp"

namespace pgshoal::plan {

// What a statement's tables and functions come to.
struct Census {
  bool sharded = false, reference = false, home = false, system = false;
  bool server_bound = false;  // something that only the home shard answers
  bool writes = false;        // writes, locks or calls something volatile
  const FromItem* first_sharded = nullptr;
  const FromItem* first_home = nullptr;
  const parser::Node* server_node = nullptr;
};

// Counts, and finds the first thing that cannot be answered wherever it ran.
Blocker TakeCensus(Job& job, Analysis& analysis, Census* census);

// Checks and selectors of the tables that a statement writes (INSERT, UPDATE, DELETE at any depth).
Blocker CheckWrites(Job& job, Analysis& analysis, std::vector<Selector>* selectors);
// Whether omitting these columns (or DEFAULT) is right on a table that is not on the home shard alone.
Blocker CheckDefault(Job& job, const RelationInfo& info, const catalog::Column& column, bool replicated,
                     const parser::Node* at);
// A write of reference tables: null when it may run on every shard.
Blocker CheckReplicatedWrite(Job& job, Analysis& analysis, const parser::Node& statement);

// The stream form of a SELECT whose rows lie on several shards, or what is in the way.
struct StreamResult {
  std::optional<StreamSpec> spec;
  SqlError in_the_way;
  std::string why;
};
StreamResult PlanStream(Job& job, Analysis& analysis, const parser::SelectStmt& select);

// Whether the FROM clause and all subqueries give, shard by shard, the rows of the whole; `drivers` are the sharded
// items one of whose rows is in every output row.
Blocker CheckShardLocal(Job& job, Analysis& analysis, const QueryScope& top, std::vector<int>* drivers);

// How a column sorts when it is merged or grouped; nullopt when the router cannot compare it.
std::optional<SortType> SortTypeOf(const Job& job, Oid type, catalog::Collation collation, bool only_equality);

}  // namespace pgshoal::plan
