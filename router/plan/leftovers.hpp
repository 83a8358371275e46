#pragma once
// What a statement may leave behind in its server's session besides what the router follows (SET, PREPARE): code of
// users may set settings and make temporary tables. Such a connection is made as new before another client gets it.

#include "router/catalog/catalog.hpp"
#include "router/plan/analysis.hpp"
#include "router/plan/job.hpp"

namespace pgshoal::plan {

// Of a query or a write.
bool MayLeaveState(Job& job, const Analysis& analysis);

// Of rows that go into `relation`, or of changes to it: triggers, rules, policies, defaults. `relation` null: unknown.
// `cascades`: the change may reach other tables through foreign keys.
bool WriteMayLeaveState(Job& job, const catalog::Relation* relation, bool cascades);

}  // namespace pgshoal::plan
