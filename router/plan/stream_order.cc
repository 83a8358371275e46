// ORDER BY, LIMIT and OFFSET of a stream.
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "router/plan/stream.hpp"

namespace pgshoal::plan {

using parser::As;

namespace {

constexpr std::int64_t kMaxInt8 = std::numeric_limits<std::int64_t>::max();

// A combined row is sorted by its group columns, or by what has been combined.
Blocker CombinedKey(StreamJob& work, const StreamJob::Resolved& resolved, const parser::SortBy& sort, SortKey* key) {
  for (std::size_t i = 0; i < work.spec.groups.size(); ++i) {
    if (resolved.term == kNoTerm || work.group_terms[i] != resolved.term) continue;
    key->column = work.spec.groups[i].column;
    return std::nullopt;
  }
  if (resolved.output < 0 || static_cast<std::size_t>(resolved.output) >= work.spec.output.size()) {
    return work.job.Refuse("ORDER BY something that is not among the output columns of groups of several shards",
                           sort.node, "Put the expression into the select list too.");
  }
  key->of_output = true;
  key->column = resolved.output;
  return std::nullopt;
}

// `cast`: the type that the client casts a parameter to, which decides how its bytes are read.
absl::StatusOr<std::optional<RowBound>> ReadBound(const StreamJob& work, const parser::Node* node, bool is_limit,
                                                  std::string_view* cast_to) {
  if (node == nullptr) return std::optional<RowBound>();
  std::int64_t highest = kMaxInt8;
  if (const auto* cast = As<parser::TypeCast>(node)) {
    const Oid type = ResolveType(work.job, *cast->typeName);
    if (type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8) node = cast->arg;
    if (type == oid::kInt2) *cast_to = "::int2";
    if (type == oid::kInt4) *cast_to = "::int4";
    if (type == oid::kInt2) highest = std::numeric_limits<std::int16_t>::max();
    if (type == oid::kInt4) highest = std::numeric_limits<std::int32_t>::max();
  }
  if (const auto* param = As<parser::ParamRef>(node)) {
    RowBound bound;
    bound.parameter = param->number - 1;
    return std::optional<RowBound>(bound);
  }
  const auto* constant = As<parser::A_Const>(node);
  if (constant != nullptr && constant->type == parser::ConstType::kNull) return std::optional<RowBound>();
  RowBound bound;
  if (constant != nullptr && constant->type == parser::ConstType::kInteger) {
    bound.constant = constant->ival;
  } else if (constant != nullptr && constant->type != parser::ConstType::kBoolean) {
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(constant->sval.data(), constant->sval.data() + constant->sval.size(), value);
    if (error == std::errc() && end == constant->sval.data() + constant->sval.size()) bound.constant = value;
  }
  // Beyond the range of its cast the value is an error: the server's to report.
  if (bound.constant > highest) bound.constant.reset();
  if (!bound.constant) {
    return ToStatus(
        work.job.Refuse(fmt::format("{} by an expression over several shards", is_limit ? "LIMIT" : "OFFSET"), node,
                        "Use a constant or a parameter."));
  }
  if (*bound.constant < 0) {
    return SqlStatus(is_limit ? "2201W" : "2201X",
                     is_limit ? "LIMIT must not be negative" : "OFFSET must not be negative");
  }
  return std::optional<RowBound>(bound);
}

std::string Operand(const RowBound& bound, std::string_view cast) {
  if (bound.constant) return fmt::format("{}::bigint", *bound.constant);
  return fmt::format("${}{}::bigint", *bound.parameter + 1, cast);
}

}  // namespace

Blocker PlanOrder(StreamJob& work) {
  int number = work.spec.hidden_columns;
  for (const parser::SortBy* sort : work.select.sortClause) {
    if (!sort->useOp.empty()) {
      return work.job.Refuse("ORDER BY … USING over several shards", sort, "Use ASC or DESC.");
    }
    auto resolved = work.ResolveSortItem(sort->node, true);
    if (!resolved.ok()) return ToSqlError(resolved.status());
    const std::optional<SortType> type = work.TypeOf(*resolved, false);
    if (!type) {
      return work.job.Refuse("ORDER BY over several shards needs a column whose order the router knows", sort->node,
                             "Order by plain columns of numbers, dates, times, uuid or bool, or of text in collation "
                             "\"C\" (ORDER BY x COLLATE \"C\").");
    }
    SortKey key;
    key.type = *type;
    key.descending = sort->sortby_dir == parser::SortByDir::SORTBY_DESC;
    key.nulls_first = sort->sortby_nulls == parser::SortByNulls::SORTBY_NULLS_DEFAULT
                          ? key.descending
                          : sort->sortby_nulls == parser::SortByNulls::SORTBY_NULLS_FIRST;
    if (work.spec.combines) {
      if (Blocker blocker = CombinedKey(work, *resolved, *sort, &key)) return blocker;
    } else {
      key.column = work.AddHidden(resolved->expression, resolved->term, ++number);
    }
    work.spec.order.push_back(key);
  }
  if (work.spec.combines) work.tree->sortClause = {};
  return std::nullopt;
}

Blocker PlanLimit(StreamJob& work) {
  std::string_view offset_cast, limit_cast;
  // PostgreSQL evaluates OFFSET first.
  auto offset = ReadBound(work, work.select.limitOffset, false, &offset_cast);
  if (!offset.ok()) return ToSqlError(offset.status());
  auto limit = ReadBound(work, work.select.limitCount, true, &limit_cast);
  if (!limit.ok()) return ToSqlError(limit.status());
  work.spec.limit = *limit;
  work.spec.offset = *offset;
  work.tree->limitCount = nullptr;
  work.tree->limitOffset = nullptr;
  work.tree->limitOption = parser::LimitOption::LIMIT_OPTION_DEFAULT;
  const bool limit_is_parameter = *limit && (*limit)->parameter;
  const bool offset_is_parameter = *offset && (*offset)->parameter;
  std::string text;
  if (work.spec.combines) {
    // Groups are limited after combining. Parameters stay in the text, so that the server can infer and check them.
    if (limit_is_parameter) text = fmt::format("CASE WHEN {0} < 0 THEN {0} END", Operand(**limit, limit_cast));
  } else if (*limit && !limit_is_parameter && !offset_is_parameter) {
    const std::int64_t skipped = *offset ? *(*offset)->constant : 0;
    const std::int64_t wanted = *(*limit)->constant;
    text = fmt::format("{}", wanted > kMaxInt8 - skipped ? kMaxInt8 : wanted + skipped);
  } else if (*limit) {
    // A shard must give the first limit + offset rows. A NULL limit is none; sums beyond bigint are its highest value.
    const std::string skipped = *offset ? fmt::format("coalesce({}, 0)", Operand(**offset, offset_cast)) : "0";
    text = fmt::format("CASE WHEN {0} < 0 THEN {0} WHEN {0} > {1} - {2} THEN {1} ELSE {0} + {2} END",
                       Operand(**limit, limit_cast), kMaxInt8, skipped);
  }
  if (!text.empty()) {
    work.tree->limitCount = work.Expression(text);
    work.tree->limitOption = parser::LimitOption::LIMIT_OPTION_COUNT;
  }
  if (offset_is_parameter) {
    work.tree->limitOffset = work.Expression(fmt::format("least({}, 0)", Operand(**offset, offset_cast)));
  }
  return std::nullopt;
}

}  // namespace pgshoal::plan
