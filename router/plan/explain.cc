#include "router/plan/explain.hpp"

#include <fmt/format.h>

namespace pgshoal::plan {
namespace {

std::vector<std::string> NamesOf(const shardmap::ShardSet& set, const shardmap::ShardMap& map) {
  std::vector<std::string> names;
  for (ShardId id : set) names.push_back(map.shard(id).name);
  return names;
}

Explanation Refused(Explanation explanation, SqlError error) {
  explanation.way = "refuse";
  explanation.shards.clear();
  explanation.error = std::move(error);
  return explanation;
}

struct Teller {
  const Plan& plan;
  const shardmap::ShardMap& map;
  std::span<const ParameterValue> parameters;
  Explanation explanation;

  Explanation All() {
    explanation.shards = NamesOf(shardmap::ShardSet::All(map.shard_count()), map);
    return explanation;
  }

  Explanation operator()(const RunRouted& routed) {
    absl::StatusOr<Selection> selection = Evaluate(routed.selector, map, parameters);
    if (!selection.ok()) return Refused(explanation, ToSqlError(selection.status()));
    explanation.any_shard = selection->any || selection->shards.empty();
    if (explanation.any_shard) selection->shards = shardmap::ShardSet::Of(map.home());
    explanation.shards = NamesOf(selection->shards, map);
    explanation.way = routed.selector.op == Selector::Op::kHome ? "home" : "relay";
    if (explanation.shards.size() <= 1) return explanation;
    if (!routed.stream) return Refused(explanation, routed.if_several);
    explanation.way = "stream";
    explanation.shard_sql = routed.stream->shard_sql;
    return explanation;
  }
  Explanation operator()(const RunEverywhere& everywhere) {
    explanation.way = "everywhere";
    explanation.shard_sql = everywhere.other_sql;
    explanation.home_sql = everywhere.home_sql;
    return All();
  }
  Explanation operator()(const CopyOut& copy) {
    absl::StatusOr<Selection> selection = Evaluate(copy.selector, map, parameters);
    if (!selection.ok()) return Refused(explanation, ToSqlError(selection.status()));
    explanation.way = "copy";
    explanation.shards = NamesOf(selection->shards, map);
    explanation.shard_sql = copy.shard_sql;
    return explanation;
  }
  Explanation operator()(const CopyIn& copy) {
    explanation.way = "copy";
    explanation.shard_sql = copy.shard_sql;
    return All();
  }
  Explanation operator()(const Refusal& refusal) { return Refused(explanation, refusal.error); }
  template <class SessionAction>
  Explanation operator()(const SessionAction&) {
    explanation.way = "session";
    return explanation;
  }
};

}  // namespace

Explanation Explain(const Plan& plan, const shardmap::ShardMap& map, std::span<const ParameterValue> parameters) {
  Teller teller{plan, map, parameters, {}};
  teller.explanation.why = plan.why;
  return std::visit(teller, plan.action);
}

std::string ToText(const Explanation& explanation) {
  std::string text = fmt::format("way: {}\n", explanation.way);
  if (!explanation.shards.empty()) {
    text += fmt::format("shards: {}{}\n", fmt::join(explanation.shards, ", "),
                        explanation.any_shard ? " (any would do)" : "");
  }
  if (explanation.way != "refuse") text += fmt::format("why: {}\n", explanation.why);
  if (!explanation.home_sql.empty()) text += fmt::format("home shard runs: {}\n", explanation.home_sql);
  if (!explanation.shard_sql.empty()) text += fmt::format("shards run: {}\n", explanation.shard_sql);
  if (explanation.way == "refuse") {
    text += fmt::format("error: {} ({})\n", explanation.error.message, explanation.error.sqlstate);
    if (explanation.error.position > 0) text += fmt::format("position: {}\n", explanation.error.position);
    if (!explanation.error.hint.empty()) text += fmt::format("hint: {}\n", explanation.error.hint);
  }
  return text;
}

}  // namespace pgshoal::plan
