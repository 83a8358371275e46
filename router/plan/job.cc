#include "router/plan/job.hpp"

#include <utility>

namespace pgshoal::plan {

int Job::PositionOf(const parser::Node* node) const {
  if (node == nullptr || (node->begin == 0 && node->end == 0)) return 0;
  return parser::CharPosition(script, node->begin);
}

SqlError Job::Refuse(std::string message, const parser::Node* node, std::string hint) const {
  return Error(sqlstate::kFeatureNotSupported, std::move(message), node, std::move(hint));
}

SqlError Job::Error(std::string_view sqlstate, std::string message, const parser::Node* node, std::string hint) const {
  return SqlError{std::string(sqlstate), std::move(message), PositionOf(node), {}, std::move(hint)};
}

PlanPtr NewPlan(const Job& job, std::string command) {
  auto plan = std::make_shared<Plan>();
  plan->text = std::string(job.text);
  plan->command = std::move(command);
  plan->names_unknown = job.names_unknown;
  return plan;
}

PlanPtr RefusalPlan(const Job& job, std::string command, SqlError error) {
  PlanPtr plan = NewPlan(job, std::move(command));
  plan->why = error.message;
  plan->action = Refusal{std::move(error)};
  return plan;
}

PlanPtr HomePlan(const Job& job, std::string command, std::string why) {
  PlanPtr plan = NewPlan(job, std::move(command));
  RunRouted routed;
  routed.selector = SelectorOf(Selector::Op::kHome);
  plan->action = std::move(routed);
  plan->why = std::move(why);
  return plan;
}

PlanPtr EverywherePlan(const Job& job, std::string command, bool changes_catalog, std::string why) {
  PlanPtr plan = NewPlan(job, std::move(command));
  RunEverywhere everywhere;
  everywhere.changes_catalog = changes_catalog;
  plan->changes_catalog = changes_catalog;
  plan->action = std::move(everywhere);
  plan->why = std::move(why);
  return plan;
}

Selector SelectorOf(Selector::Op op) {
  Selector selector;
  selector.op = op;
  return selector;
}

Selector UnionOf(std::vector<Selector> members) {
  std::vector<Selector> kept;
  for (Selector& member : members) {
    if (member.op == Selector::Op::kAll) return SelectorOf(Selector::Op::kAll);
    if (member.op != Selector::Op::kAny) kept.push_back(std::move(member));
  }
  if (kept.empty()) return SelectorOf(Selector::Op::kAny);
  if (kept.size() == 1) return std::move(kept[0]);
  Selector result = SelectorOf(Selector::Op::kOr);
  result.children = std::move(kept);
  return result;
}

Selector IntersectionOf(std::vector<Selector> members) {
  std::vector<Selector> kept;
  for (Selector& member : members) {
    if (member.op == Selector::Op::kNone) return SelectorOf(Selector::Op::kNone);
    if (member.op != Selector::Op::kAll) kept.push_back(std::move(member));
  }
  if (kept.empty()) return SelectorOf(Selector::Op::kAll);
  if (kept.size() == 1) return std::move(kept[0]);
  Selector result = SelectorOf(Selector::Op::kAnd);
  result.children = std::move(kept);
  return result;
}

}  // namespace pgshoal::plan
