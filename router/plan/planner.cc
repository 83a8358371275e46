#include "router/plan/planner.hpp"

#include <fmt/format.h>

#include "router/plan/job.hpp"

namespace pgshoal::plan {

std::shared_ptr<const Plan> PlanStatement(const parser::Statement& statement, std::string_view script_text,
                                          const PlanContext& context) {
  Job job{context, script_text, {}, statement.root, false, {}};
  if (statement.begin <= statement.end && statement.end <= script_text.size()) {
    job.text = script_text.substr(statement.begin, statement.end - statement.begin);
  }
  if (statement.root == nullptr) {
    PlanPtr plan = NewPlan(job, "");
    plan->action = EmptyQuery{};
    return plan;
  }
  PlanPtr plan;
  for (auto* planner : {PlanQuery, PlanCopy, PlanSession, PlanTableDdl, PlanOtherDdl}) {
    plan = planner(job, *statement.root);
    if (plan != nullptr) break;
  }
  if (plan == nullptr) {
    const std::string command = CommandName(*statement.root);
    plan = RefusalPlan(job, command,
                       job.Refuse(fmt::format("{} cannot be routed yet", command), statement.root,
                                  "Connect to the servers directly for this command."));
  }
  plan->names_unknown = job.names_unknown;
  return plan;
}

}  // namespace pgshoal::plan
