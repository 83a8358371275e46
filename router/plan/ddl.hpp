#pragma once
// Internal to plan/: parts shared by the planners of DDL.

#include <functional>
#include <string>
#include <vector>

#include "router/plan/query.hpp"

namespace pgshoal::plan {

// A statement over a list of relations, some of which live on the home shard only. `keep(indexes)` prints the statement
// with only these members of the list.
PlanPtr SplitPlan(Job& job, const std::string& command, const std::vector<RelationInfo>& members,
                  const std::function<std::string(const std::vector<std::size_t>&)>& keep, bool changes_catalog,
                  bool transactional);

// A column list with types, as CREATE TABLE gives it.
struct NewColumn {
  std::string name;
  Oid type = 0;
  const parser::Node* node = nullptr;
};

}  // namespace pgshoal::plan
