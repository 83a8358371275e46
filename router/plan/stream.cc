// The stream proof: SELECTs whose merge the router can do while rows arrive.
#include "router/plan/stream.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

std::optional<SortType> SortTypeOf(const Job& job, Oid type, catalog::Collation collation, bool only_equality) {
  const bool by_bytes =
      collation == catalog::Collation::kC || (only_equality && collation == catalog::Collation::kDeterministic);
  switch (BaseType(job.context.catalog, type)) {
    case oid::kBool:
      return SortType::kBool;
    case oid::kInt2:
      return SortType::kInt2;
    case oid::kInt4:
      return SortType::kInt4;
    case oid::kInt8:
      return SortType::kInt8;
    case oid::kOid:
      return SortType::kOid;
    case oid::kFloat4:
      return SortType::kFloat4;
    case oid::kFloat8:
      return SortType::kFloat8;
    case oid::kNumeric:
      return SortType::kNumeric;
    case oid::kDate:
      return SortType::kDate;
    case oid::kTime:
      return SortType::kTime;
    case oid::kTimestamp:
      return SortType::kTimestamp;
    case oid::kTimestamptz:
      return SortType::kTimestamptz;
    case oid::kUuid:
      return SortType::kUuid;
    case oid::kText:
    case oid::kVarchar:
      return by_bytes ? std::optional(SortType::kTextC) : std::nullopt;
    case oid::kBpchar:
      return by_bytes ? std::optional(SortType::kBpcharC) : std::nullopt;
    default:
      return std::nullopt;
  }
}

std::optional<std::vector<StreamJob::Output>> StreamJob::Outputs() const {
  if (!top.outputs_known) {
    // Names may be unknown where positions are not: only * needs the columns of tables.
    std::vector<Output> outputs;
    for (const parser::ResTarget* target : select.targetList) {
      const auto* ref = As<parser::ColumnRef>(target->val);
      if (ref != nullptr && ref->star) return std::nullopt;
      const std::string name = target->name.data() != nullptr ? std::string(target->name) : std::string();
      outputs.push_back({target->val, analysis.Resolve(top, target->val), name});
    }
    return outputs;
  }
  std::vector<Output> outputs;
  for (const OutputName& output : top.outputs) outputs.push_back({nullptr, output.term, output.name});
  if (outputs.size() == select.targetList.size()) {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto* ref = As<parser::ColumnRef>(select.targetList[i]->val);
      if (ref == nullptr || !ref->star) outputs[i].expression = select.targetList[i]->val;
    }
  } else {
    std::size_t next = 0;
    const bool one_star = std::count_if(select.targetList.begin(), select.targetList.end(), [](const auto* target) {
                            const auto* ref = As<parser::ColumnRef>(target->val);
                            return ref != nullptr && ref->star;
                          }) == 1;
    const std::size_t width = one_star ? outputs.size() - (select.targetList.size() - 1) : 0;
    for (const parser::ResTarget* target : select.targetList) {
      const auto* ref = As<parser::ColumnRef>(target->val);
      if (ref != nullptr && ref->star) {
        if (!one_star) break;  // the rest stay without expressions
        next += width;
      } else if (next < outputs.size()) {
        outputs[next++].expression = target->val;
      }
    }
  }
  return outputs;
}

std::optional<int> StreamJob::CountTargets() const {
  auto outputs = Outputs();
  return outputs ? std::optional(static_cast<int>(outputs->size())) : std::nullopt;
}

absl::StatusOr<StreamJob::Resolved> StreamJob::ResolveSortItem(const parser::Node* item, bool output_name_first) const {
  const std::string hint = "Order and group by plain columns.";
  auto outputs = Outputs();
  const auto* constant = As<parser::A_Const>(item);
  if (constant != nullptr) {
    if (constant->type != parser::ConstType::kInteger || !outputs || constant->ival < 1 ||
        static_cast<std::size_t>(constant->ival) > outputs->size()) {
      return ToStatus(job.Refuse("this position cannot be followed over several shards", item, hint));
    }
    const Output& output = (*outputs)[static_cast<std::size_t>(constant->ival - 1)];
    return Resolved{output.expression, output.term, constant->ival - 1};
  }
  const auto* ref = As<parser::ColumnRef>(item);
  const bool plain_name = ref != nullptr && !ref->star && ref->fields.size() == 1;
  const TermId term = analysis.Resolve(top, item);
  if (plain_name && outputs && (output_name_first || term == kNoTerm)) {
    int found = -1;
    for (std::size_t i = 0; i < outputs->size(); ++i) {
      if ((*outputs)[i].name != ref->fields[0]) continue;
      const bool same = found >= 0 && (*outputs)[i].term != kNoTerm &&
                        (*outputs)[i].term == (*outputs)[static_cast<std::size_t>(found)].term;
      if (found >= 0 && !same) return ToStatus(job.Refuse("this name means several output columns", item, hint));
      if (found < 0) found = static_cast<int>(i);
    }
    if (found >= 0) {
      const Output& output = (*outputs)[static_cast<std::size_t>(found)];
      return Resolved{output.expression, output.term, found};
    }
    if (!top.outputs_known) {
      return ToStatus(job.Refuse("this name cannot be followed over several shards", item,
                                 "Give every output column a name with AS."));
    }
  }
  Resolved resolved{item, term, -1};
  if (outputs && term != kNoTerm) {
    for (std::size_t i = 0; i < outputs->size(); ++i) {
      if ((*outputs)[i].term == term) resolved.output = static_cast<int>(i);
    }
  }
  if (outputs && resolved.output < 0) {
    for (std::size_t i = 0; i < outputs->size(); ++i) {
      if ((*outputs)[i].expression != nullptr && parser::Equal((*outputs)[i].expression, item)) {
        resolved.output = static_cast<int>(i);
      }
    }
  }
  return resolved;
}

std::optional<SortType> StreamJob::TypeOf(const Resolved& resolved, bool only_equality) const {
  if (const catalog::Column* column = analysis.ColumnOf(resolved.term)) {
    return SortTypeOf(job, column->type, column->collation, only_equality);
  }
  const parser::Node* expression = resolved.expression;
  if (const auto* collate = As<parser::CollateClause>(expression)) {
    const bool is_c =
        !collate->collname.empty() && (collate->collname.back() == "C" || collate->collname.back() == "POSIX");
    const catalog::Column* column = analysis.ColumnOf(analysis.Resolve(top, collate->arg));
    if (!is_c || column == nullptr) return std::nullopt;
    return SortTypeOf(job, column->type, catalog::Collation::kC, only_equality);
  }
  if (const auto* cast = As<parser::TypeCast>(expression)) {
    const Oid type = ResolveType(job, *cast->typeName);
    return SortTypeOf(job, type, catalog::Collation::kNone, only_equality);
  }
  if (const auto* call = As<parser::FuncCall>(expression)) {
    const std::string_view name = call->funcname.back();
    const bool builtin = call->funcname.size() == 1 || call->funcname[0] == "pg_catalog";
    if (!builtin || call->over != nullptr) return std::nullopt;
    if (name == "count") return SortType::kInt8;
    const catalog::Column* column =
        call->args.size() == 1 ? analysis.ColumnOf(analysis.Resolve(top, call->args[0])) : nullptr;
    if (column == nullptr) return std::nullopt;
    const auto type = SortTypeOf(job, column->type, column->collation, only_equality);
    if (name == "min" || name == "max") return type;
    const bool whole = type == SortType::kInt2 || type == SortType::kInt4;
    if (name == "sum" && whole) return SortType::kInt8;
    if ((name == "sum" || name == "avg") && (whole || type == SortType::kInt8 || type == SortType::kNumeric)) {
      return SortType::kNumeric;
    }
    const bool real = type == SortType::kFloat4 || type == SortType::kFloat8;
    if (name == "sum" && real) return type;
    if (name == "avg" && real) return SortType::kFloat8;
  }
  return std::nullopt;
}

parser::Node* StreamJob::Reference(TermId term) {
  const FromItem& item = analysis.items[static_cast<std::size_t>(analysis.ItemOf(term))];
  auto* ref = arena.New<parser::ColumnRef>();
  ref->fields.push_back(arena, arena.Copy(item.alias));
  ref->fields.push_back(arena, arena.Copy(item.columns[static_cast<std::size_t>(term - item.first_term)]));
  return ref;
}

parser::Node* StreamJob::Expression(const std::string& sql) {
  auto script = parser::Parse("SELECT " + sql);
  if (!script.ok() || (*script)->statements().empty()) return nullptr;
  const auto* parsed = As<parser::SelectStmt>((*script)->statements()[0].root);
  parser::Node* copy = parser::Clone(static_cast<const parser::Node*>(parsed->targetList[0]->val), arena);
  made.push_back(*std::move(script));
  return copy;
}

int StreamJob::AddHidden(const parser::Node* expression, TermId term, int number) {
  auto* target = arena.New<parser::ResTarget>();
  target->name = arena.Copy(fmt::format("pgshoal_sort_{}", number));
  target->val = expression != nullptr ? parser::Clone(expression, arena) : Reference(term);
  tree->targetList.push_back(arena, target);
  const int column = spec.shard_columns++;
  ++spec.hidden_columns;
  spec.binary_columns.push_back(column);
  return column;
}

bool StreamJob::IsDriverKey(const std::vector<TermId>& columns) const {
  const TermClasses classes(analysis.terms, analysis.OutputFacts(top));
  return std::any_of(drivers.begin(), drivers.end(), [&](int index) {
    const FromItem& item = analysis.items[static_cast<std::size_t>(index)];
    return std::all_of(item.info.key.begin(), item.info.key.end(), [&](const KeyColumnInfo& key) {
      return std::any_of(columns.begin(), columns.end(), [&](TermId column) {
        return column != kNoTerm && classes.Same(column, item.first_term + key.column);
      });
    });
  });
}

bool StreamJob::HasAggregates() const {
  return std::any_of(analysis.calls.begin(), analysis.calls.end(),
                     [&](const auto& call) { return call.second == &top && call.first.aggregate; });
}

namespace {

// Which output columns or grouping expressions are plain columns, and whether they hold a driver's key.
absl::StatusOr<std::vector<TermId>> GroupColumns(const StreamJob& work) {
  std::vector<TermId> columns;
  for (const parser::Node* group : work.select.groupClause) {
    absl::StatusOr<StreamJob::Resolved> resolved = work.ResolveSortItem(group, false);
    if (!resolved.ok()) return resolved.status();
    columns.push_back(resolved->term);
  }
  return columns;
}

Blocker CheckOneLevel(const StreamJob& work) {
  const parser::SelectStmt& select = work.select;
  const Job& job = work.job;
  if (select.op != parser::SetOperation::SETOP_NONE) {
    return job.Refuse("UNION, INTERSECT or EXCEPT over several shards", &select, "Run the branches one by one.");
  }
  if (select.withClause != nullptr) {
    return job.Refuse("WITH over several shards", select.withClause, "Write the query without WITH, or give the key.");
  }
  if (!select.windowClause.empty()) {
    return job.Refuse("window functions over several shards", select.windowClause[0], "Give the shard key.");
  }
  if (!select.lockingClause.empty()) {
    return job.Refuse("locking rows on several shards", select.lockingClause[0], "Give the shard key.");
  }
  if (select.limitOption == parser::LimitOption::LIMIT_OPTION_WITH_TIES) {
    return job.Refuse("FETCH … WITH TIES over several shards", select.limitCount, "Use LIMIT.");
  }
  if (work.analysis.outer_aggregate != nullptr) {
    return job.Refuse("an aggregate in a subquery that may belong to the query around it",
                      work.analysis.outer_aggregate, "Write the aggregate where it belongs, or give the shard key.");
  }
  if (work.top.grouping_sets) {
    return job.Refuse("GROUPING SETS over several shards", select.groupClause[0], "Group by plain columns.");
  }
  for (const parser::ResTarget* target : select.targetList) {
    const auto* ref = As<parser::ColumnRef>(target->val);
    if (ref == nullptr || ref->star || ref->fields.size() != 1 || work.analysis.Resolve(work.top, ref) != kNoTerm) {
      continue;
    }
    for (int index : work.top.items) {
      if (work.analysis.items[static_cast<std::size_t>(index)].alias == ref->fields[0]) {
        return job.Refuse("whole rows as values over several shards", ref, "Name the columns.");
      }
    }
  }
  const bool shapes_rows = !select.sortClause.empty() || select.limitCount != nullptr ||
                           select.limitOffset != nullptr || !select.distinctClause.empty() ||
                           !select.groupClause.empty() || work.HasAggregates();
  for (const auto& [use, scope] : work.analysis.calls) {
    const bool in_from = As<parser::FuncCall>(use.node) == nullptr;
    if (scope != &work.top || !use.returns_set || !shapes_rows || in_from) continue;
    if (work.analysis.IsFromFunction(use.node)) continue;
    return job.Refuse(
        fmt::format("{} returns a set, in a query that sorts, groups or limits over several shards", use.name),
        use.node, "Give the shard key.");
  }
  return std::nullopt;
}

// DISTINCT and GROUP BY: whether groups stay on one shard, or are combined, or cannot be.
Blocker PlanGroups(StreamJob& work) {
  const parser::SelectStmt& select = work.select;
  const bool distinct = !select.distinctClause.empty();
  const bool distinct_on = distinct && select.distinctClause[0] != nullptr;
  const bool grouped = !select.groupClause.empty();
  const bool aggregates = work.HasAggregates() || select.havingClause != nullptr;
  bool groups_local = false;
  if (grouped) {
    auto columns = GroupColumns(work);
    if (!columns.ok()) return ToSqlError(columns.status());
    groups_local = work.IsDriverKey(*columns);
  }
  if ((grouped || aggregates) && !groups_local) {
    if (distinct) return work.job.Refuse("DISTINCT over groups of several shards", &select, "Leave DISTINCT out.");
    return PlanCombine(work);
  }
  if (!distinct) return std::nullopt;
  std::vector<TermId> columns;
  if (distinct_on) {
    for (const parser::Node* item : select.distinctClause) {
      auto resolved = work.ResolveSortItem(item, true);
      if (!resolved.ok()) return ToSqlError(resolved.status());
      columns.push_back(resolved->term);
    }
  } else if (auto outputs = work.Outputs()) {
    for (const auto& output : *outputs) columns.push_back(output.term);
  }
  if (work.IsDriverKey(columns)) {
    work.keyed_groups = true;
    return std::nullopt;
  }
  if (distinct_on) {
    return work.job.Refuse("DISTINCT ON without the shard key over several shards", select.distinctClause[0],
                           "Add the shard key to DISTINCT ON.");
  }
  if (grouped) return work.job.Refuse("DISTINCT over groups of several shards", &select, "Leave DISTINCT out.");
  return PlanCombine(work);
}

}  // namespace

StreamResult PlanStream(Job& job, Analysis& analysis, const parser::SelectStmt& select) {
  StreamResult result;
  auto stop = [&](SqlError error) {
    result.in_the_way = std::move(error);
    return std::move(result);
  };
  const QueryScope& top = *analysis.scopes.front();
  parser::Arena arena;
  StreamJob work{job, analysis, top, select, arena, parser::Clone(&select, arena), {}, {}, false, {}, {}};
  if (Blocker blocker = CheckOneLevel(work)) return stop(*blocker);
  if (Blocker blocker = CheckShardLocal(job, analysis, top, &work.drivers)) return stop(*blocker);
  const auto columns = work.CountTargets();
  if (!columns) {
    return stop(job.Refuse("the columns of * cannot be counted here", &select, "Name the columns."));
  }
  work.spec.shard_columns = *columns;
  if (Blocker blocker = PlanGroups(work)) return stop(*blocker);
  if (Blocker blocker = PlanOrder(work)) return stop(*blocker);
  if (select.targetList.empty() && work.spec.hidden_columns > 0) {
    return stop(job.Refuse("ORDER BY without output columns over several shards", &select, "Select a column."));
  }
  if (Blocker blocker = PlanLimit(work)) return stop(*blocker);
  work.spec.shard_sql = parser::Print(*work.tree);
  result.why = work.spec.combines         ? "groups of several shards are combined"
               : !work.spec.order.empty() ? "sorted rows of several shards are merged"
                                          : "rows of several shards follow one another";
  result.spec = std::move(work.spec);
  return result;
}

}  // namespace pgshoal::plan
