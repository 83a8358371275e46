// Aggregates and groups that span shards: what each shard computes, and how the router puts it together.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"
#include "router/plan/stream.hpp"

namespace pgshoal::plan {

using parser::As;

namespace {

constexpr char kHint[] =
    "Over several shards: count, sum, min, max and avg of plain columns, with GROUP BY plain columns; or put the shard "
    "key into GROUP BY.";

Blocker AddGroup(StreamJob& work, TermId term, const parser::Node* at) {
  const catalog::Column* column = work.analysis.ColumnOf(term);
  const auto type =
      column == nullptr ? std::nullopt : SortTypeOf(work.job, column->type, column->collation, /*only_equality=*/true);
  if (!type) {
    return work.job.Refuse("grouping by this over several shards: the router cannot tell which values are equal", at,
                           kHint);
  }
  work.group_terms.push_back(term);
  SortKey key;
  key.type = *type;
  work.spec.groups.push_back(key);
  return std::nullopt;
}

struct Aggregate {
  Combine combine = Combine::kCount;
  const parser::Node* argument = nullptr;  // null: count(*)
  const catalog::Column* column = nullptr;
};

// count, sum, min, max, avg called plainly.
std::optional<Aggregate> ReadAggregate(const StreamJob& work, const parser::Node* value) {
  const auto* call = As<parser::FuncCall>(value);
  if (call == nullptr || call->over != nullptr || call->agg_distinct || call->agg_filter != nullptr ||
      !call->agg_order.empty() || call->agg_within_group || call->func_variadic) {
    return std::nullopt;
  }
  if (call->funcname.size() != 1 && call->funcname[0] != "pg_catalog") return std::nullopt;
  const std::string_view name = call->funcname.back();
  Aggregate aggregate;
  if (name == "count") {
    if (call->agg_star) return aggregate;
    if (call->args.size() != 1) return std::nullopt;
    aggregate.argument = call->args[0];
    return aggregate;
  }
  if (call->args.size() != 1) return std::nullopt;
  aggregate.argument = call->args[0];
  aggregate.column = work.analysis.ColumnOf(work.analysis.Resolve(work.top, call->args[0]));
  if (aggregate.column == nullptr) return std::nullopt;
  if (name == "sum") {
    aggregate.combine = Combine::kSum;
  } else if (name == "min") {
    aggregate.combine = Combine::kMin;
  } else if (name == "max") {
    aggregate.combine = Combine::kMax;
  } else if (name == "avg") {
    aggregate.combine = Combine::kAvg;
  } else {
    return std::nullopt;
  }
  return aggregate;
}

parser::Node* Call(StreamJob& work, std::string_view name, const parser::Node* argument) {
  auto* call = work.arena.New<parser::FuncCall>();
  call->funcname.push_back(work.arena, name);
  if (argument == nullptr) {
    call->agg_star = true;
  } else {
    call->args.push_back(work.arena, parser::Clone(argument, work.arena));
  }
  return call;
}

// Sums of floats are added as PostgreSQL adds them: float4 in float4, averages from sums in float8.
void AddFloatSum(StreamJob& work, const Aggregate& aggregate, SortType type, std::size_t index, OutputColumn* output) {
  output->type = type;
  if (aggregate.combine == Combine::kAvg) {
    output->type = SortType::kFloat8;
    auto* sum = static_cast<parser::FuncCall*>(work.tree->targetList[index]->val);
    if (type == SortType::kFloat4) {
      auto* cast = static_cast<parser::TypeCast*>(work.Expression("NULL::pg_catalog.float8"));
      cast->arg = sum->args[0];
      sum->args[0] = cast;
    }
    output->result_type = oid::kFloat8;
    output->variance_column =
        work.AddHidden(Call(work, "var_pop", aggregate.argument), kNoTerm, work.spec.hidden_columns + 1);
  }
  const auto same = std::find_if(work.spec.output.begin(), work.spec.output.end(),
                                 [](const OutputColumn& other) { return other.digits_column >= 0; });
  output->digits_column =
      same != work.spec.output.end()
          ? same->digits_column
          : work.AddHidden(work.Expression("pg_catalog.current_setting('extra_float_digits')::pg_catalog.int4"),
                           kNoTerm, work.spec.hidden_columns + 1);
}

Blocker AddAggregate(StreamJob& work, const Aggregate& aggregate, std::size_t index, const parser::ResTarget& target,
                     OutputColumn* output) {
  output->combine = aggregate.combine;
  output->type = SortType::kInt8;
  const auto type = aggregate.column == nullptr
                        ? std::nullopt
                        : SortTypeOf(work.job, aggregate.column->type, aggregate.column->collation, false);
  const bool whole = type == SortType::kInt2 || type == SortType::kInt4;
  const bool exact = whole || type == SortType::kInt8 || type == SortType::kNumeric;
  const bool real = type == SortType::kFloat4 || type == SortType::kFloat8;
  const SortType sum_type = whole ? SortType::kInt8 : SortType::kNumeric;
  switch (aggregate.combine) {
    case Combine::kPass:
    case Combine::kCount:
      break;
    case Combine::kSum:
      if (!exact && !real) return work.job.Refuse("sum of this type over several shards", target.val, kHint);
      output->type = sum_type;
      if (real) AddFloatSum(work, aggregate, *type, index, output);
      break;
    case Combine::kAvg:
      if (!exact && !real) return work.job.Refuse("avg of this type over several shards", target.val, kHint);
      output->type = sum_type;
      output->result_type = oid::kNumeric;
      output->name = target.name.data() != nullptr && !target.name.empty() ? std::string(target.name) : "avg";
      work.tree->targetList[index]->val = Call(work, "sum", aggregate.argument);
      output->count_column =
          work.AddHidden(Call(work, "count", aggregate.argument), kNoTerm, work.spec.hidden_columns + 1);
      if (real) AddFloatSum(work, aggregate, *type, index, output);
      break;
    case Combine::kMin:
    case Combine::kMax:
      if (!type) return work.job.Refuse("min or max of this type or collation over several shards", target.val, kHint);
      output->type = *type;
      output->compare_column = work.AddHidden(target.val, kNoTerm, work.spec.hidden_columns + 1);
      break;
  }
  if (aggregate.combine == Combine::kSum || aggregate.combine == Combine::kCount ||
      aggregate.combine == Combine::kAvg) {
    work.spec.binary_columns.push_back(static_cast<int>(index));
  }
  return std::nullopt;
}

}  // namespace

Blocker PlanCombine(StreamJob& work) {
  const parser::SelectStmt& select = work.select;
  if (select.havingClause != nullptr) {
    return work.job.Refuse("HAVING on groups of several shards", select.havingClause, kHint);
  }
  const auto outputs = work.Outputs();
  if (!outputs) return work.job.Refuse("* in groups of several shards", &select, "Name the columns.");
  work.spec.combines = true;
  const bool distinct = !select.distinctClause.empty();
  for (const parser::Node* group : select.groupClause) {
    auto resolved = work.ResolveSortItem(group, false);
    if (!resolved.ok()) return ToSqlError(resolved.status());
    if (Blocker blocker = AddGroup(work, resolved->term, group)) return blocker;
  }
  if (!distinct && outputs->size() != select.targetList.size()) {
    return work.job.Refuse("* in groups of several shards", &select, "Name the columns.");
  }
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    OutputColumn output;
    output.column = static_cast<int>(i);
    const TermId term = (*outputs)[i].term;
    const bool known = std::find(work.group_terms.begin(), work.group_terms.end(), term) != work.group_terms.end();
    if (distinct && !known) {
      const parser::Node* at = (*outputs)[i].expression != nullptr ? (*outputs)[i].expression : &select;
      if (Blocker blocker = AddGroup(work, term, at)) return blocker;
    } else if (term == kNoTerm || !known) {
      const parser::ResTarget& target = *select.targetList[i];
      const auto aggregate = ReadAggregate(work, target.val);
      if (!aggregate) {
        return work.job.Refuse("this output of groups of several shards cannot be combined", target.val, kHint);
      }
      if (Blocker blocker = AddAggregate(work, *aggregate, i, target, &output)) return blocker;
    }
    work.spec.output.push_back(std::move(output));
  }
  for (std::size_t i = 0; i < work.spec.groups.size(); ++i) {
    work.spec.groups[i].column = work.AddHidden(nullptr, work.group_terms[i], work.spec.hidden_columns + 1);
  }
  return std::nullopt;
}

}  // namespace pgshoal::plan
