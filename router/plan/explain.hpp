#pragma once
// A plan told to a person: which way, where, why, and what the shards would run.

#include <span>
#include <string>

#include "router/plan/plan.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::plan {

struct Explanation {
  std::string way;                  // "relay", "stream", "home", "everywhere", "copy", "session", "refuse"
  std::vector<std::string> shards;  // names, in the map's order; empty for "session" and "refuse"
  bool any_shard = false;           // one shard, whichever: `shards` names the home shard
  std::string why;
  std::string shard_sql;  // what the shards run, where that is not the client's own text
  std::string home_sql;   // what the home shard runs instead, if anything
  SqlError error;         // way "refuse"
};

// With the parameters' values the shards are exact. A plan whose shards cannot be told is explained as its error.
Explanation Explain(const Plan& plan, const shardmap::ShardMap& map, std::span<const ParameterValue> parameters);

// Lines of "name: value", ending in a newline.
std::string ToText(const Explanation& explanation);

}  // namespace pgshoal::plan
