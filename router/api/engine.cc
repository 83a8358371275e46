#include "router/api/engine.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "fmt/format.h"
#include "parser/parser.hpp"
#include "parser/walk.hpp"
#include "router/api/sources.hpp"
#include "router/plan/explain.hpp"
#include "router/plan/planner.hpp"

namespace pgshoal::api {
namespace {

constexpr std::array<std::string_view, 7> kWayNames = {"relay", "home",    "stream", "everywhere",
                                                       "copy",  "session", "refuse"};

Way WayNamed(std::string_view name) {
  const auto* found = std::find(kWayNames.begin(), kWayNames.end(), name);
  return found == kWayNames.end() ? Way::kRefuse : static_cast<Way>(found - kWayNames.begin());
}

bool UsesParameters(const plan::Selector& selector) {
  return std::any_of(selector.operands.begin(), selector.operands.end(),
                     [](const plan::KeyOperand& operand) { return operand.parameter.has_value(); }) ||
         std::any_of(selector.children.begin(), selector.children.end(), UsesParameters);
}

// Whether no values of the parameters can lead to more than one shard.
bool IsOneShard(const plan::Selector& selector) {
  using Op = plan::Selector::Op;
  switch (selector.op) {
    case Op::kAll: return false;
    case Op::kNone:
    case Op::kHome:
    case Op::kAny: return true;
    case Op::kKey:
      return selector.assigns || std::none_of(selector.operands.begin(), selector.operands.end(),
                                              [](const plan::KeyOperand& operand) { return operand.is_array; });
    case Op::kAnd: return std::any_of(selector.children.begin(), selector.children.end(), IsOneShard);
    case Op::kOr: return selector.children.size() == 1 && IsOneShard(selector.children[0]);
  }
  return false;
}

int HighestParameter(const parser::Node& root) {
  int highest = 0;
  parser::Walk(root, [&highest](const parser::Node& node) {
    if (const auto* parameter = parser::As<parser::ParamRef>(&node)) highest = std::max(highest, parameter->number);
    return true;
  });
  return highest;
}

}  // namespace

std::string_view NameOf(Way way) {
  return kWayNames[static_cast<std::size_t>(way)];
}

struct Engine::State {
  shardmap::MapPtr map;
  std::shared_ptr<const catalog::Catalog> catalog;
};

struct StatementPlan::Parts {
  std::shared_ptr<const void> engine;  // the state that it was planned with
  std::shared_ptr<const plan::Plan> plan;
  std::vector<Oid> parameter_types;
  int parameter_count = 0;
  bool routed_by_parameters = false;
  std::vector<Way> possible_ways;
  std::string shard_sql;
};

const std::string& StatementPlan::text() const {
  return parts_->plan->text;
}
const std::string& StatementPlan::command() const {
  return parts_->plan->command;
}
const std::string& StatementPlan::why() const {
  return parts_->plan->why;
}
int StatementPlan::parameter_count() const {
  return parts_->parameter_count;
}
bool StatementPlan::routed_by_parameters() const {
  return parts_->routed_by_parameters;
}
const std::vector<Way>& StatementPlan::possible_ways() const {
  return parts_->possible_ways;
}
const std::string& StatementPlan::shard_sql() const {
  return parts_->shard_sql;
}
const SqlError* StatementPlan::error() const {
  if (const auto* refusal = std::get_if<plan::Refusal>(&parts_->plan->action)) return &refusal->error;
  if (parts_->possible_ways != std::vector<Way>{Way::kRefuse}) return nullptr;
  const auto* routed = std::get_if<plan::RunRouted>(&parts_->plan->action);
  return routed == nullptr ? nullptr : &routed->if_several;
}

absl::StatusOr<Engine> Engine::Create(const MapSource& map_source, const CatalogSource& catalog_source) {
  auto map = ReadMap(map_source);
  if (!map.ok()) return map.status();
  auto catalog = ReadCatalog(catalog_source, **map);
  if (!catalog.ok()) return catalog.status();
  return Engine(std::make_shared<const State>(State{*std::move(map), *std::move(catalog)}));
}

absl::StatusOr<std::vector<StatementPlan>> Engine::PlanScript(std::string_view sql, const PlanOptions& options) const {
  auto script = parser::Parse(sql);
  if (!script.ok()) return script.status();
  const plan::PlanContext context{*state_->map, *state_->catalog, options.search_path, options.parameter_types};
  std::vector<StatementPlan> plans;
  for (const parser::Statement& statement : (*script)->statements()) {
    auto parts = std::make_shared<StatementPlan::Parts>();
    parts->engine = state_;
    parts->plan = plan::PlanStatement(statement, (*script)->text(), context);
    parts->parameter_types = options.parameter_types;
    parts->parameter_count = HighestParameter(*statement.root);
    const auto* routed = std::get_if<plan::RunRouted>(&parts->plan->action);
    parts->routed_by_parameters = routed != nullptr && UsesParameters(routed->selector);
    const plan::Explanation explanation = plan::Explain(*parts->plan, *state_->map, {});
    if (!parts->routed_by_parameters) {
      parts->possible_ways = {WayNamed(explanation.way)};
      parts->shard_sql = explanation.shard_sql;
    } else {
      parts->possible_ways = {Way::kRelay};
      if (!IsOneShard(routed->selector)) {
        parts->possible_ways.push_back(routed->stream ? Way::kStream : Way::kRefuse);
        if (routed->stream) parts->shard_sql = routed->stream->shard_sql;
      }
    }
    plans.push_back(StatementPlan(std::move(parts)));
  }
  return plans;
}

absl::StatusOr<StatementPlan> Engine::Plan(std::string_view sql, const PlanOptions& options) const {
  auto plans = PlanScript(sql, options);
  if (!plans.ok()) return plans.status();
  if (plans->empty()) return SqlStatus(sqlstate::kSyntaxError, "there is no statement in the text");
  if (plans->size() > 1) return SqlStatus(sqlstate::kSyntaxError, "there are several statements in the text");
  return plans->front();
}

absl::StatusOr<plan::Explanation> Engine::Tell(const StatementPlan& plan,
                                               const std::vector<Parameter>& parameters) const {
  const StatementPlan::Parts& parts = *plan.parts_;
  if (parts.engine != state_) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState, "the plan was made by another engine", 0,
                     "Plan the statement with the engine that routes it.");
  }
  if (parameters.size() != static_cast<std::size_t>(parts.parameter_count) &&
      (parts.routed_by_parameters || !parameters.empty())) {
    return SqlStatus(sqlstate::kInvalidParameterValue,
                     fmt::format("the statement has {} parameters, but {} values are given", parts.parameter_count,
                                 parameters.size()));
  }
  std::vector<plan::ParameterValue> values;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    plan::ParameterValue& value = values.emplace_back();
    if (i < parts.parameter_types.size()) value.type = parts.parameter_types[i];
    value.is_null = !parameters[i].value.has_value();
    value.is_binary = parameters[i].binary;
    if (!value.is_null) value.bytes = *parameters[i].value;
  }
  return plan::Explain(*parts.plan, *state_->map, values);
}

absl::StatusOr<Routing> Engine::Route(const StatementPlan& plan, const std::vector<Parameter>& parameters) const {
  auto explanation = Tell(plan, parameters);
  if (!explanation.ok()) return explanation.status();
  Routing routing;
  routing.way = WayNamed(explanation->way);
  routing.any_shard = explanation->any_shard;
  if (routing.way == Way::kRefuse) {
    routing.error = std::move(explanation->error);
  } else {
    routing.shards = std::move(explanation->shards);
  }
  return routing;
}

absl::StatusOr<std::string> Engine::Explain(const StatementPlan& plan, const std::vector<Parameter>& parameters) const {
  auto explanation = Tell(plan, parameters);
  if (!explanation.ok()) return explanation.status();
  return plan::ToText(*explanation);
}

absl::StatusOr<std::string> Engine::Explain(const StatementPlan& plan) const {
  if (!plan.routed_by_parameters()) return Explain(plan, {});
  const std::vector<Way>& ways = plan.possible_ways();
  std::string text = ways.size() == 1
                         ? fmt::format("way: {}\nshards: one, named by the parameters\n", NameOf(ways[0]))
                         : fmt::format("way: {} if the parameters name one shard, else {}\nshards: those that the "
                                       "parameters name\n",
                                       NameOf(ways[0]), NameOf(ways[1]));
  text += fmt::format("why: {}\n", plan.why());
  if (!plan.shard_sql().empty()) text += fmt::format("shards run: {}\n", plan.shard_sql());
  return text;
}

std::vector<std::string> Engine::shards() const {
  std::vector<std::string> names;
  for (const shardmap::Shard& shard : state_->map->shards()) names.push_back(shard.name);
  return names;
}

Epoch Engine::epoch() const {
  return state_->map->epoch();
}

}  // namespace pgshoal::api
