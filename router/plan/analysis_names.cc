// Names: which column a reference means, and what a query's own columns are called.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"
#include "router/plan/analysis.hpp"

namespace pgshoal::plan {

using parser::As;

namespace {

bool IsSubset(const std::vector<int>& inner, const std::vector<int>& outer) {
  return std::all_of(inner.begin(), inner.end(),
                     [&](int i) { return std::find(outer.begin(), outer.end(), i) != outer.end(); });
}

// How PostgreSQL names an output column without AS (FigureColname): a name, and whether it is better than that of a
// cast around it.
struct ColumnName {
  std::string name;
  bool strong = false;
};

std::string_view NameOfValueFunction(parser::SQLValueFunctionOp op) {
  using enum parser::SQLValueFunctionOp;
  switch (op) {
    case SVFOP_CURRENT_DATE:
      return "current_date";
    case SVFOP_CURRENT_TIME:
    case SVFOP_CURRENT_TIME_N:
      return "current_time";
    case SVFOP_CURRENT_TIMESTAMP:
    case SVFOP_CURRENT_TIMESTAMP_N:
      return "current_timestamp";
    case SVFOP_LOCALTIME:
    case SVFOP_LOCALTIME_N:
      return "localtime";
    case SVFOP_LOCALTIMESTAMP:
    case SVFOP_LOCALTIMESTAMP_N:
      return "localtimestamp";
    case SVFOP_CURRENT_ROLE:
      return "current_role";
    case SVFOP_CURRENT_USER:
      return "current_user";
    case SVFOP_USER:
      return "user";
    case SVFOP_SESSION_USER:
      return "session_user";
    case SVFOP_CURRENT_CATALOG:
      return "current_catalog";
    case SVFOP_CURRENT_SCHEMA:
      return "current_schema";
  }
  return {};
}

// No name: "?column?". nullopt where the rules are longer than is worth knowing here.
std::optional<ColumnName> FigureName(const parser::Node* value);

std::optional<ColumnName> NameOfSubLink(const parser::SubLink& link) {
  if (link.subLinkType == parser::SubLinkType::EXISTS_SUBLINK) return ColumnName{"exists", true};
  if (link.subLinkType == parser::SubLinkType::ARRAY_SUBLINK) return ColumnName{"array", true};
  if (link.subLinkType != parser::SubLinkType::EXPR_SUBLINK) return ColumnName{};
  const auto* select = As<parser::SelectStmt>(link.subselect);
  if (select == nullptr || select->targetList.size() != 1) return std::nullopt;
  const parser::ResTarget& target = *select->targetList[0];
  if (!target.name.empty()) return ColumnName{std::string(target.name), true};
  auto inner = FigureName(target.val);
  if (!inner) return std::nullopt;
  return ColumnName{inner->name.empty() ? "?column?" : inner->name, true};
}

std::optional<ColumnName> FigureName(const parser::Node* value) {
  using parser::Is;
  if (value == nullptr) return ColumnName{};
  if (const auto* ref = As<parser::ColumnRef>(value)) {
    if (ref->star || ref->fields.empty()) return std::nullopt;
    return ColumnName{std::string(ref->fields.back()), true};
  }
  if (const auto* call = As<parser::FuncCall>(value)) return ColumnName{std::string(call->funcname.back()), true};
  if (const auto* constant = As<parser::A_Const>(value)) {
    if (constant->type == parser::ConstType::kBoolean) return ColumnName{"bool", false};
    return ColumnName{};
  }
  if (const auto* expr = As<parser::A_Expr>(value)) {
    if (expr->kind == parser::A_Expr_Kind::AEXPR_NULLIF) return ColumnName{"nullif", true};
    return ColumnName{};
  }
  if (Is<parser::ParamRef>(value) || Is<parser::BoolExpr>(value) || Is<parser::NullTest>(value) ||
      Is<parser::BooleanTest>(value)) {
    return ColumnName{};
  }
  if (const auto* cast = As<parser::TypeCast>(value)) {
    auto inner = FigureName(cast->arg);
    if (!inner || inner->strong || cast->typeName->names.empty()) return inner;
    return ColumnName{std::string(cast->typeName->names.back()), false};
  }
  if (const auto* choice = As<parser::CaseExpr>(value)) {
    auto inner = FigureName(choice->defresult);
    if (!inner || inner->strong) return inner;
    return ColumnName{"case", false};
  }
  if (const auto* collate = As<parser::CollateClause>(value)) return FigureName(collate->arg);
  if (const auto* link = As<parser::SubLink>(value)) return NameOfSubLink(*link);
  if (const auto* op = As<parser::MinMaxExpr>(value)) {
    return ColumnName{op->op == parser::MinMaxOp::IS_GREATEST ? "greatest" : "least", true};
  }
  if (const auto* function = As<parser::SQLValueFunction>(value)) {
    return ColumnName{std::string(NameOfValueFunction(function->op)), true};
  }
  if (Is<parser::CoalesceExpr>(value)) return ColumnName{"coalesce", true};
  if (Is<parser::A_ArrayExpr>(value)) return ColumnName{"array", true};
  if (Is<parser::RowExpr>(value)) return ColumnName{"row", true};
  if (Is<parser::GroupingFunc>(value)) return ColumnName{"grouping", true};
  return std::nullopt;
}

std::optional<std::string> DefaultName(const parser::Node* value) {
  auto name = FigureName(value);
  if (!name) return std::nullopt;
  return name->name.empty() ? "?column?" : std::move(name->name);
}

}  // namespace

TermId Analysis::ResolveUnqualified(const Env& env, std::string_view name) const {
  const QueryScope* scope = env.scope;
  const std::vector<int>* visible = env.visible;
  while (scope != nullptr) {
    for (auto merged = scope->merged.rbegin(); merged != scope->merged.rend(); ++merged) {
      if (merged->name != name || !IsSubset(merged->items, *visible)) continue;
      const bool shown = std::none_of(merged->items.begin(), merged->items.end(),
                                      [&](int index) { return items[static_cast<std::size_t>(index)].hidden; });
      if (shown) return merged->term;
    }
    TermId found = kNoTerm;
    int matches = 0;
    for (int index : *visible) {
      const FromItem& item = items[static_cast<std::size_t>(index)];
      if (item.hidden) continue;
      if (!item.columns_known) return kNoTerm;
      for (std::size_t i = 0; i < item.columns.size(); ++i) {
        if (item.columns[i] != name) continue;
        ++matches;
        found = item.first_term + static_cast<TermId>(i);
      }
      static constexpr std::string_view kSystem[] = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
      if (std::find(std::begin(kSystem), std::end(kSystem), name) != std::end(kSystem)) return kNoTerm;
    }
    if (matches > 1) return kNoTerm;
    if (matches == 1) return found;
    visible = &scope->outer_visible;
    scope = scope->parent;
  }
  return kNoTerm;
}

const FromItem* Analysis::ItemNamed(const Env& env, std::string_view schema, std::string_view table) const {
  const QueryScope* scope = env.scope;
  const std::vector<int>* visible = env.visible;
  while (scope != nullptr) {
    const FromItem* found = nullptr;
    int matches = 0;
    for (int index : *visible) {
      const FromItem& item = items[static_cast<std::size_t>(index)];
      if (item.hidden || item.alias != table) continue;
      if (!schema.empty() &&
          (item.has_alias || item.info.relation == nullptr || item.info.relation->schema != schema)) {
        continue;
      }
      ++matches;
      found = &item;
    }
    if (matches > 0) return matches == 1 ? found : nullptr;
    visible = &scope->outer_visible;
    scope = scope->parent;
  }
  return nullptr;
}

TermId Analysis::ResolveQualified(const Env& env, const parser::ColumnRef& ref) const {
  const std::size_t count = ref.fields.size();
  const FromItem* found = ItemNamed(env, count == 3 ? ref.fields[0] : std::string_view(), ref.fields[count - 2]);
  if (found == nullptr || (!found->columns_known && found->kind != FromItem::Kind::kRelation)) return kNoTerm;
  TermId term = kNoTerm;
  for (std::size_t i = 0; i < found->columns.size(); ++i) {
    if (found->columns[i] != ref.fields[count - 1]) continue;
    if (term != kNoTerm) return kNoTerm;
    term = found->first_term + static_cast<TermId>(i);
  }
  return term;
}

TermId Analysis::ResolveIn(const Env& env, const parser::Node* expression) const {
  const auto* ref = As<parser::ColumnRef>(expression);
  if (ref == nullptr || ref->star) return kNoTerm;
  if (ref->fields.size() == 1) return ResolveUnqualified(env, ref->fields[0]);
  if (ref->fields.size() == 2 || ref->fields.size() == 3) return ResolveQualified(env, *ref);
  return kNoTerm;
}

TermId Analysis::Resolve(const QueryScope& scope, const parser::Node* expression) const {
  return ResolveIn(Env{&scope, &scope.items}, expression);
}

int Analysis::ItemOf(TermId term) const {
  return term_item[static_cast<std::size_t>(term)];
}

const catalog::Column* Analysis::ColumnOf(TermId term) const {
  if (term == kNoTerm) return nullptr;
  const FromItem& item = items[static_cast<std::size_t>(ItemOf(term))];
  if (item.kind != FromItem::Kind::kRelation || item.info.relation == nullptr) return nullptr;
  return &item.info.relation->columns[static_cast<std::size_t>(term - item.first_term)];
}

// An aggregate belongs to the innermost level that its arguments name (PostgreSQL manual, "Aggregate Expressions").
void Analysis::FindOuterAggregate() {
  for (const auto& [use, scope] : calls) {
    bool correlated = false;
    for (const QueryScope* level = scope; level != nullptr; level = level->parent) {
      correlated |= !level->outer_visible.empty();
    }
    if (!use.aggregate || !correlated || use.node == nullptr) continue;
    bool names_columns = false, own = false;
    parser::Walk(*use.node, [&](const parser::Node& node) {
      if (parser::Is<parser::SubLink>(&node)) {
        names_columns = true;
        return false;
      }
      const auto* ref = As<parser::ColumnRef>(&node);
      if (ref == nullptr) return true;
      names_columns = true;
      const TermId term = Resolve(*scope, ref);
      own |= term != kNoTerm && items[static_cast<std::size_t>(ItemOf(term))].owner == scope;
      for (int index : scope->items) {
        const FromItem& item = items[static_cast<std::size_t>(index)];
        own |= term == kNoTerm && !ref->fields.empty() && item.alias == ref->fields[0];
      }
      return true;
    });
    if (names_columns && !own) outer_aggregate = use.node;
  }
}

void Analysis::ComputeOutputs(QueryScope* scope) {
  const parser::SelectStmt& select = *scope->select;
  scope->outputs_known = true;
  if (select.op != parser::SetOperation::SETOP_NONE) {
    // Names are the left branch's; values come from both.
    const QueryScope* left = nullptr;
    for (const auto& candidate : scopes) {
      if (candidate->parent == scope && candidate->select == select.larg) left = candidate.get();
    }
    scope->outputs_known = left != nullptr && left->outputs_known;
    if (left != nullptr) {
      for (const OutputName& output : left->outputs) scope->outputs.push_back({output.name, kNoTerm});
    }
    scope->transparent.assign(scope->outputs.size(), false);
    return;
  }
  if (!select.valuesLists.empty()) {
    for (std::size_t i = 0; i < select.valuesLists[0]->items.size(); ++i) {
      scope->outputs.push_back({fmt::format("column{}", i + 1), kNoTerm});
    }
    scope->transparent.assign(scope->outputs.size(), false);
    return;
  }
  for (const parser::ResTarget* target : select.targetList) {
    const auto* ref = As<parser::ColumnRef>(target->val);
    if (ref == nullptr || !ref->star) {
      std::optional<std::string> name = target->name.data() != nullptr && !target->name.empty()
                                            ? std::string(target->name)
                                            : DefaultName(target->val);
      if (!name) scope->outputs_known = false;
      scope->outputs.push_back({name.value_or("?"), Resolve(*scope, target->val)});
      continue;
    }
    if (!scope->merged.empty() && ref->fields.empty()) {
      scope->outputs_known = false;  // USING moves the joined columns to the front
      continue;
    }
    for (int index : scope->items) {
      const FromItem& item = items[static_cast<std::size_t>(index)];
      if (!ref->fields.empty() && item.alias != ref->fields.back()) continue;
      if (!item.columns_known || item.hidden) scope->outputs_known = false;
      for (std::size_t i = 0; i < item.columns.size(); ++i) {
        scope->outputs.push_back({item.columns[i], item.first_term + static_cast<TermId>(i)});
      }
    }
  }
  if (!scope->outputs_known) {
    scope->outputs.clear();
    scope->transparent.clear();
    return;
  }
  bool plain = select.limitCount == nullptr && select.limitOffset == nullptr && select.lockingClause.empty() &&
               select.windowClause.empty() && select.groupClause.empty() && select.havingClause == nullptr;
  for (const parser::Node* distinct : select.distinctClause) plain = plain && distinct == nullptr;
  for (const auto& [call, owner] : calls) {
    if (owner == scope && (call.aggregate || call.window || call.returns_set)) plain = false;
  }
  for (const OutputName& output : scope->outputs) scope->transparent.push_back(plain && output.term != kNoTerm);
}

}  // namespace pgshoal::plan
