#include "router/session/literal_plans.hpp"

#include <algorithm>
#include <utility>

#include "base/oids.hpp"
#include "parser/walk.hpp"

namespace pgshoal::session {
namespace {

using parser::Node;
using parser::NodeTag;

// As PostgreSQL types a constant. 0: a string, which has no type yet. Nothing: a kind that is left alone.
std::optional<Oid> TypeOf(const parser::ConstantSpan& constant) {
  switch (constant.type) {
    case parser::ConstantType::kInt4:
      return oid::kInt4;
    case parser::ConstantType::kInt8:
      return oid::kInt8;
    case parser::ConstantType::kNumeric:
      return oid::kNumeric;
    case parser::ConstantType::kString:
      return 0;
    default:
      return std::nullopt;
  }
}

bool CanHaveLiterals(const Node& root) {
  return root.tag == NodeTag::SelectStmt || root.tag == NodeTag::InsertStmt || root.tag == NodeTag::UpdateStmt ||
         root.tag == NodeTag::DeleteStmt;
}

}  // namespace

bool Literals::Take(std::string_view sql) {
  sql_ = sql;
  if (!key_.Scan(sql)) return false;
  types_.clear();
  for (const parser::ConstantSpan& constant : key_.constants()) {
    const std::optional<Oid> type = TypeOf(constant);
    if (!type.has_value()) return false;
    types_.push_back(*type);
  }
  return true;
}

std::span<const plan::ParameterValue> Literals::Values(const std::vector<bool>& negative) {
  const std::span<const parser::ConstantSpan> constants = key_.constants();
  values_.resize(constants.size());
  if (decoded_.size() < constants.size()) decoded_.resize(constants.size());
  for (std::size_t i = 0; i < constants.size(); ++i) {
    values_[i].type = types_[i];
    values_[i].bytes = parser::DecodeConstant(sql_, constants[i], &decoded_[i]);
    if (i < negative.size() && negative[i]) {
      decoded_[i] = "-" + std::string(values_[i].bytes);
      values_[i].bytes = decoded_[i];
    }
  }
  return values_;
}

std::optional<CachedPlan> Literals::PlanForAll(parser::ParsedScript& script, const plan::Plan& plan,
                                               const plan::PlanContext& context) const {
  const auto* routed = std::get_if<plan::RunRouted>(&plan.action);
  const parser::Statement& statement = script.statements()[0];
  if (script.max_param() > 0 || routed == nullptr || plan.names_unknown || plan.changes_catalog ||
      !CanHaveLiterals(*statement.root)) {
    return std::nullopt;
  }
  const std::span<const parser::ConstantSpan> constants = key_.constants();
  Node* root = parser::Clone(statement.root, script.arena());
  CachedPlan cached;
  std::vector<int> places(count(), 0);
  root = parser::Rewrite(root, [&](Node* node) -> Node* {
    const int index = parser::FindConstant(constants, *node);
    if (index < 0) return node;
    if (parser::IsNegated(static_cast<const parser::A_Const&>(*node))) {
      cached.negative.resize(constants.size());
      cached.negative[index] = true;
    }
    ++places[index];
    auto* parameter = script.arena().New<parser::ParamRef>();
    parameter->begin = node->begin;
    parameter->end = node->end;
    parameter->number = index + 1;
    return parameter;
  });
  if (std::any_of(places.begin(), places.end(), [](int n) { return n != 1; })) return std::nullopt;
  std::size_t parameters = 0;
  parser::Walk(std::as_const(*root), [&](const Node& node) {
    if (node.tag == NodeTag::ParamRef) ++parameters;
    return true;
  });
  if (parameters != count()) return std::nullopt;

  const plan::PlanContext typed{context.map, context.catalog, context.search_path, types_};
  cached.plan = plan::PlanStatement({root, statement.begin, statement.end}, script.text(), typed);
  // Both were proven of their own; they agree on what is more than the choice of a shard.
  const auto* general = std::get_if<plan::RunRouted>(&cached.plan->action);
  if (general == nullptr || general->writes != routed->writes || cached.plan->names_unknown ||
      cached.plan->changes_catalog || cached.plan->leaves_state != plan.leaves_state || cached.plan->may_pin != plan.may_pin ||
      cached.plan->returns_rows != plan.returns_rows ||
      cached.plan->command != plan.command) {
    return std::nullopt;
  }
  return cached;
}

}  // namespace pgshoal::session
