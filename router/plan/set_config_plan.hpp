#pragma once
// Internal to plan/: SELECT set_config(…), … and nothing else.

#include "router/plan/job.hpp"

namespace pgshoal::plan {

// Null for any other SELECT. What is set is known once the parameters are: the action says nothing of it.
PlanPtr PlanSetConfig(Job& job, const parser::SelectStmt& select);

}  // namespace pgshoal::plan
