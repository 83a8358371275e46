// Scopes: FROM items, CTEs, subqueries, the queries inside a statement.
#include "router/plan/analysis.hpp"

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

void Analysis::Block(SqlError error) {
  if (!problem) problem = std::move(error);
}

QueryScope* Analysis::NewScope(QueryScope::Role role, QueryScope* parent, std::vector<int> outer_visible) {
  scopes.push_back(std::make_unique<QueryScope>());
  QueryScope* scope = scopes.back().get();
  scope->role = role;
  scope->id = static_cast<int>(scopes.size()) - 1;
  scope->parent = parent;
  scope->outer_visible = std::move(outer_visible);
  return scope;
}

void Analysis::Run(const parser::Node& statement) {
  parser::Walk(statement, [&](const parser::Node& node) {
    if (const auto* param = As<parser::ParamRef>(&node)) {
      ++parameter_uses[param->number - 1];
    } else if (const auto* cast = As<parser::TypeCast>(&node)) {
      const Oid type = ResolveType(job_, *cast->typeName);
      if (type != 0) Explain(cast->arg, type);
    }
    return true;
  });
  AnalyzeQueryNode(statement, NewScope(QueryScope::Role::kTop, nullptr, {}));
  FindOuterAggregate();
}

void Analysis::AnalyzeQueryNode(const parser::Node& node, QueryScope* scope) {
  if (const auto* select = As<parser::SelectStmt>(&node)) {
    AnalyzeSelect(*select, scope);
    return;
  }
  scope->data_modifying = true;
  scope->statement = &node;
  if (scope->role != QueryScope::Role::kTop) writes_in_cte = true;
  if (const auto* insert = As<parser::InsertStmt>(&node)) {
    AnalyzeInsert(*insert, scope);
  } else if (const auto* update = As<parser::UpdateStmt>(&node)) {
    AnalyzeUpdate(*update, scope);
  } else if (const auto* del = As<parser::DeleteStmt>(&node)) {
    AnalyzeDelete(*del, scope);
  } else if (const auto* merge = As<parser::MergeStmt>(&node)) {
    AnalyzeMerge(*merge, scope);
  } else {
    Block(job_.Refuse("this kind of subquery is not understood", &node, "Use SELECT, INSERT, UPDATE or DELETE."));
  }
}

void Analysis::AnalyzeWith(const parser::WithClause* with, QueryScope* scope) {
  if (with == nullptr) return;
  const auto entry_of = [](const parser::CommonTableExpr& cte) {
    QueryScope::Cte entry;
    entry.name = std::string(cte.ctename);
    for (std::string_view alias : cte.aliascolnames) entry.aliases.emplace_back(alias);
    return entry;
  };
  // RECURSIVE: each may name itself, and those that come later.
  if (with->recursive) {
    for (const parser::CommonTableExpr* cte : with->ctes) scope->ctes.push_back(entry_of(*cte));
  }
  for (const parser::CommonTableExpr* cte : with->ctes) {
    QueryScope* query = NewScope(QueryScope::Role::kCte, scope, {});
    AnalyzeQueryNode(*cte->ctequery, query);
    if (!with->recursive) {
      scope->ctes.push_back(entry_of(*cte));
      scope->ctes.back().query = query;
    }
    if (cte->cycle_clause != nullptr) WalkHere(cte->cycle_clause, scope);
  }
}

void Analysis::WalkHere(const parser::Node* node, QueryScope* scope) {
  WalkExpression(node, scope, scope->items, QueryScope::Role::kExpression);
}

template <class T>
void Analysis::WalkAll(const parser::List<T*>& nodes, QueryScope* scope) {
  for (const T* node : nodes) WalkHere(node, scope);
}

void Analysis::AnalyzeTargets(const parser::List<parser::ResTarget*>& targets, QueryScope* scope) {
  WalkAll(targets, scope);
}

void Analysis::AnalyzeSelect(const parser::SelectStmt& select, QueryScope* scope) {
  scope->select = &select;
  AnalyzeWith(select.withClause, scope);
  if (select.intoClause != nullptr) {
    Block(job_.Refuse("SELECT INTO makes a table whose rows would have to be placed", select.intoClause,
                      "Create the table first and use INSERT … SELECT."));
  }
  if (select.limitCount != nullptr) limit = select.limitCount;
  if (select.limitOffset != nullptr) limit = select.limitOffset;
  if (!select.lockingClause.empty() && lock == nullptr) lock = select.lockingClause.front();
  Explain(select.limitCount, oid::kInt8);
  Explain(select.limitOffset, oid::kInt8);
  if (select.op != parser::SetOperation::SETOP_NONE) {
    for (const parser::SelectStmt* branch : {select.larg, select.rarg}) {
      AnalyzeSelect(*branch, NewScope(QueryScope::Role::kBranch, scope, {}));
    }
    WalkAll(select.sortClause, scope);
    WalkHere(select.limitCount, scope);
    WalkHere(select.limitOffset, scope);
    ComputeOutputs(scope);
    return;
  }
  scope->from = BuildFromList(select.fromClause, scope, nullptr);
  for (const parser::Node* group : select.groupClause) {
    if (Is<parser::GroupingSet>(group)) scope->grouping_sets = true;
  }
  scope->where = ExtractFacts(select.whereClause, Env{scope, &scope->items});
  WalkHere(select.whereClause, scope);
  AnalyzeTargets(select.targetList, scope);
  WalkAll(select.distinctClause, scope);
  WalkAll(select.groupClause, scope);
  WalkHere(select.havingClause, scope);
  WalkAll(select.windowClause, scope);
  WalkAll(select.valuesLists, scope);
  WalkAll(select.sortClause, scope);
  WalkHere(select.limitCount, scope);
  WalkHere(select.limitOffset, scope);
  ComputeOutputs(scope);
}

void Analysis::ExplainAssignments(const parser::List<parser::ResTarget*>& targets, int item) {
  const FromItem& target = items[static_cast<std::size_t>(item)];
  if (target.info.relation == nullptr) return;
  for (const parser::ResTarget* assignment : targets) {
    const catalog::Column* column = target.info.relation->FindColumn(assignment->name);
    if (column == nullptr || !assignment->indirection.empty()) continue;
    Explain(assignment->val, BaseType(job_.context.catalog, column->type));
  }
}

void Analysis::AnalyzeInsert(const parser::InsertStmt& insert, QueryScope* scope) {
  AnalyzeWith(insert.withClause, scope);
  // The source does not see the target; RETURNING and ON CONFLICT do.
  if (insert.selectStmt != nullptr) {
    AnalyzeQueryNode(*insert.selectStmt, NewScope(QueryScope::Role::kFrom, scope, {}));
  }
  const int target = AddRelation(*insert.relation, scope, true);
  const auto* source = As<parser::SelectStmt>(insert.selectStmt);
  if (source != nullptr) {
    for (const parser::ListNode* row : source->valuesLists) {
      for (std::size_t i = 0; i < row->items.size(); ++i) {
        const FromItem& item = items[static_cast<std::size_t>(target)];
        std::size_t column = i;
        if (!insert.cols.empty()) {
          column = 0;
          while (column < item.columns.size() && i < insert.cols.size() &&
                 item.info.relation->columns[column].name != insert.cols[i]->name) {
            ++column;
          }
        }
        if (column >= item.columns.size() || item.info.relation == nullptr) continue;
        Explain(row->items[i], terms[static_cast<std::size_t>(item.first_term) + column].type);
      }
    }
  }
  ExplainAssignments(
      insert.onConflictClause != nullptr ? insert.onConflictClause->targetList : parser::List<parser::ResTarget*>(),
      target);
  if (insert.onConflictClause != nullptr) {
    FromItem excluded;
    excluded.alias = "excluded";
    excluded.node = insert.onConflictClause;
    AddItem(std::move(excluded), scope);
    WalkHere(insert.onConflictClause, scope);
    scope->items.pop_back();
  }
  AnalyzeTargets(insert.returningList, scope);
}

void Analysis::AnalyzeUpdate(const parser::UpdateStmt& update, QueryScope* scope) {
  AnalyzeWith(update.withClause, scope);
  auto target = std::make_unique<JoinTree>();
  target->item = AddRelation(*update.relation, scope, true);
  ExplainAssignments(update.targetList, target->item);
  scope->from = BuildFromList(update.fromClause, scope, std::move(target));
  scope->where = ExtractFacts(update.whereClause, Env{scope, &scope->items});
  WalkHere(update.whereClause, scope);
  AnalyzeTargets(update.targetList, scope);
  AnalyzeTargets(update.returningList, scope);
}

void Analysis::AnalyzeDelete(const parser::DeleteStmt& del, QueryScope* scope) {
  AnalyzeWith(del.withClause, scope);
  auto target = std::make_unique<JoinTree>();
  target->item = AddRelation(*del.relation, scope, true);
  scope->from = BuildFromList(del.usingClause, scope, std::move(target));
  scope->where = ExtractFacts(del.whereClause, Env{scope, &scope->items});
  WalkHere(del.whereClause, scope);
  AnalyzeTargets(del.returningList, scope);
}

void Analysis::AnalyzeMerge(const parser::MergeStmt& merge, QueryScope* scope) {
  AnalyzeWith(merge.withClause, scope);
  AddRelation(*merge.relation, scope, true);
  BuildFrom(merge.sourceRelation, scope);
  WalkHere(merge.joinCondition, scope);
  WalkAll(merge.mergeWhenClauses, scope);
}

void Analysis::WalkExpression(const parser::Node* node, QueryScope* scope, const std::vector<int>& visible,
                              QueryScope::Role role) {
  if (node == nullptr) return;
  parser::Walk(*node, [&](const parser::Node& n) {
    if (const auto* link = As<parser::SubLink>(&n)) {
      WalkExpression(link->testexpr, scope, visible, role);
      QueryScope* inner = NewScope(role, scope, visible);
      AnalyzeQueryNode(*link->subselect, inner);
      auto tested = memberships_.find(link);
      if (tested != memberships_.end() && inner->outputs.size() == 1 && inner->transparent.size() == 1 &&
          inner->transparent[0] && inner->outputs[0].term != kNoTerm) {
        inner->membership = tested->second;
        for (Fact& fact : inner->membership) fact.other = inner->outputs[0].term;
      }
      return false;
    }
    if (const auto* call = As<parser::FuncCall>(&n)) {
      calls.emplace_back(ClassifyFunction(job_, *call), scope);
    } else if (const auto* value = As<parser::SQLValueFunction>(&n)) {
      FunctionUse use;
      use.node = value;
      use.kind = ClassifyValueFunction(job_, *value);
      use.name = "this function";
      calls.emplace_back(std::move(use), scope);
    } else if (const auto* cast = As<parser::TypeCast>(&n)) {
      const std::string_view name = cast->typeName->names.empty() ? "" : cast->typeName->names.back();
      if (name.substr(0, 3) == "reg" && server_reference == nullptr) server_reference = cast;
    } else if (const auto* ref = As<parser::ColumnRef>(&n)) {
      const std::string_view name = ref->fields.empty() ? std::string_view() : ref->fields.back();
      if (name == "tableoid" && server_reference == nullptr) server_reference = ref;
      if (name == "ctid" || name == "tableoid" || name == "xmin" || name == "xmax" || name == "cmin" ||
          name == "cmax") {
        system_column = ref;
      }
      NoteFieldCalls(*ref, Env{scope, &visible}, scope);
    } else if (const auto* fields = As<parser::A_Indirection>(&n)) {
      NoteFieldCalls(*fields, Env{scope, &visible}, scope);
    } else if (Is<parser::CurrentOfExpr>(&n)) {
      cursor = &n;
    } else if (const auto* expr = As<parser::A_Expr>(&n); expr != nullptr && !expr->name.empty()) {
      const catalog::UserOperator* op = job_.context.catalog.FindUserOperator(expr->name.back());
      if (op != nullptr && op->worst != catalog::Volatility::kImmutable) {
        FunctionUse use;
        use.node = expr;
        use.kind = FunctionClass::kUser;
        use.name = fmt::format("operator {}", expr->name.back());
        calls.emplace_back(std::move(use), scope);
      }
    } else if (Is<parser::SelectStmt>(&n)) {
      Block(job_.Refuse("a query in this place is not understood", &n, "Use it as a subquery in parentheses."));
      return false;
    }
    return true;
  });
}

}  // namespace pgshoal::plan
