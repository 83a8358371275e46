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
  for (const parser::CommonTableExpr* cte : with->ctes) {
    QueryScope::Cte entry;
    entry.name = std::string(cte->ctename);
    for (std::string_view alias : cte->aliascolnames) entry.aliases.emplace_back(alias);
    std::size_t index = scope->ctes.size();
    if (with->recursive) scope->ctes.push_back(entry);
    QueryScope* query = NewScope(QueryScope::Role::kCte, scope, {});
    AnalyzeQueryNode(*cte->ctequery, query);
    if (!with->recursive) {
      scope->ctes.push_back(entry);
      index = scope->ctes.size() - 1;
      scope->ctes[index].query = query;
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

std::unique_ptr<JoinTree> Analysis::BuildFromList(const parser::Nodes& from, QueryScope* scope,
                                                  std::unique_ptr<JoinTree> left) {
  for (const parser::Node* node : from) {
    auto right = BuildFrom(node, scope);
    if (left == nullptr) {
      left = std::move(right);
      continue;
    }
    auto join = std::make_unique<JoinTree>();
    join->left = std::move(left);
    join->right = std::move(right);
    left = std::move(join);
  }
  return left;
}

std::unique_ptr<JoinTree> Analysis::BuildFrom(const parser::Node* node, QueryScope* scope) {
  if (const auto* join = As<parser::JoinExpr>(node)) return BuildJoin(*join, scope);
  auto leaf = std::make_unique<JoinTree>();
  leaf->node = node;
  if (const auto* var = As<parser::RangeVar>(node)) {
    leaf->item = AddRelation(*var, scope, false);
    return leaf;
  }
  if (const auto* sample = As<parser::RangeTableSample>(node)) {
    auto inner = BuildFrom(sample->relation, scope);
    if (inner->item >= 0) items[static_cast<std::size_t>(inner->item)].sampled = true;
    for (const parser::Node* arg : sample->args) WalkHere(arg, scope);
    WalkHere(sample->repeatable, scope);
    return inner;
  }
  FromItem item;
  item.node = node;
  const parser::Alias* alias = nullptr;
  if (const auto* sub = As<parser::RangeSubselect>(node)) {
    item.kind = FromItem::Kind::kSubquery;
    alias = sub->alias;
    QueryScope* inner = NewScope(QueryScope::Role::kFrom, scope, sub->lateral ? scope->items : std::vector<int>());
    AnalyzeQueryNode(*sub->subquery, inner);
    item.query = inner;
    item.columns_known = inner->outputs_known;
    for (const OutputName& output : inner->outputs) item.columns.push_back(output.name);
  } else if (const auto* function = As<parser::RangeFunction>(node)) {
    item.kind = FromItem::Kind::kFunction;
    alias = function->alias;
    WalkExpression(node, scope, scope->items, QueryScope::Role::kOn);
    const auto* call = function->functions.size() == 1 ? As<parser::ListNode>(function->functions[0]) : nullptr;
    const auto* func = call != nullptr && !call->items.empty() ? As<parser::FuncCall>(call->items[0])
                       : function->functions.size() == 1       ? As<parser::FuncCall>(function->functions[0])
                                                               : nullptr;
    // Functions that are known to return one column, named by the alias.
    if (func != nullptr && function->coldeflist.empty() && func->funcname.size() == 1 &&
        (func->funcname[0] == "generate_series" || func->funcname[0] == "generate_subscripts" ||
         (func->funcname[0] == "unnest" && func->args.size() == 1))) {
      item.columns_known = true;
      item.columns.emplace_back(alias != nullptr ? alias->aliasname : func->funcname[0]);
      if (function->ordinality) item.columns.emplace_back("ordinality");
    }
    for (const parser::Node* entry : function->functions) {
      const auto* pair = As<parser::ListNode>(entry);
      from_calls_.insert(pair != nullptr && !pair->items.empty() ? pair->items[0] : entry);
    }
    if (func != nullptr && alias == nullptr) item.alias = std::string(func->funcname.back());
  } else if (const auto* table = As<parser::RangeTableFunc>(node)) {
    alias = table->alias;
    WalkExpression(node, scope, scope->items, QueryScope::Role::kOn);
  } else {
    Block(job_.Refuse("this FROM item is not understood", node, "Use tables, subqueries and functions."));
  }
  NameColumns(&item, alias);
  QueryScope* inner = item.query;
  leaf->item = AddItem(std::move(item), scope);
  if (inner != nullptr) inner->as_item = leaf->item;
  return leaf;
}

std::unique_ptr<JoinTree> Analysis::BuildJoin(const parser::JoinExpr& join, QueryScope* scope) {
  auto tree = std::make_unique<JoinTree>();
  tree->node = &join;
  tree->type = join.jointype;
  tree->left = BuildFrom(join.larg, scope);
  tree->right = BuildFrom(join.rarg, scope);
  std::vector<int> visible;
  ItemsUnder(*tree, &visible);
  if (!join.usingClause.empty() || join.isNatural) AddUsing(join, *tree->left, *tree->right, scope, &tree->on);
  Facts on = ExtractFacts(join.quals, Env{scope, &visible});
  tree->on.insert(tree->on.end(), on.begin(), on.end());
  WalkExpression(join.quals, scope, visible, QueryScope::Role::kOn);
  if (join.alias != nullptr) {
    // The join's alias hides what is inside; its own columns are not followed.
    for (int item : visible) items[static_cast<std::size_t>(item)].hidden = true;
    FromItem item;
    item.node = &join;
    NameColumns(&item, join.alias);
    item.columns_known = false;
    AddItem(std::move(item), scope);
  }
  return tree;
}

void Analysis::AddUsing(const parser::JoinExpr& join, const JoinTree& left, const JoinTree& right, QueryScope* scope,
                        Facts* on) {
  std::vector<int> left_items, right_items;
  ItemsUnder(left, &left_items);
  ItemsUnder(right, &right_items);
  std::vector<std::string> names;
  if (join.isNatural) {
    auto columns_of = [&](const std::vector<int>& list, bool* known) {
      std::set<std::string> columns;
      for (int i : list) {
        const FromItem& item = items[static_cast<std::size_t>(i)];
        *known = *known && item.columns_known;
        columns.insert(item.columns.begin(), item.columns.end());
      }
      return columns;
    };
    bool known = true;
    const auto left_columns = columns_of(left_items, &known);
    for (const std::string& name : columns_of(right_items, &known)) {
      if (left_columns.contains(name)) names.push_back(name);
    }
    if (!known) {
      // Which columns are joined is unknown: no unqualified name is certain any more.
      FromItem opaque;
      opaque.node = &join;
      AddItem(std::move(opaque), scope);
      return;
    }
  } else {
    for (std::string_view name : join.usingClause) names.emplace_back(name);
  }
  for (const std::string& name : names) {
    const TermId a = ResolveUnqualified(Env{scope, &left_items}, name);
    const TermId b = ResolveUnqualified(Env{scope, &right_items}, name);
    if (a != kNoTerm && b != kNoTerm) on->push_back(Fact{Fact::Kind::kEqual, a, b, {}, {}});
    QueryScope::Merged merged;
    merged.name = name;
    merged.items = left_items;
    merged.items.insert(merged.items.end(), right_items.begin(), right_items.end());
    switch (join.jointype) {
      case parser::JoinType::JOIN_INNER:
      case parser::JoinType::JOIN_LEFT:
        merged.term = a;
        break;
      case parser::JoinType::JOIN_RIGHT:
        merged.term = b;
        break;
      default:
        break;
    }
    scope->merged.push_back(std::move(merged));
  }
}

void Analysis::NameColumns(FromItem* item, const parser::Alias* alias) {
  if (alias == nullptr) return;
  item->alias = std::string(alias->aliasname);
  item->has_alias = true;
  for (std::size_t i = 0; i < alias->colnames.size(); ++i) {
    if (i < item->columns.size()) {
      item->columns[i] = std::string(alias->colnames[i]);
    } else {
      item->columns_known = false;
    }
  }
}

int Analysis::AddItem(FromItem item, QueryScope* scope) {
  const int index = static_cast<int>(items.size());
  item.owner = scope;
  item.first_term = static_cast<TermId>(terms.size());
  for (std::size_t i = 0; i < item.columns.size(); ++i) {
    TermInfo info;
    if (item.kind == FromItem::Kind::kRelation && item.info.relation != nullptr) {
      const catalog::Column& column = item.info.relation->columns[i];
      info.type = BaseType(job_.context.catalog, column.type);
      info.deterministic = column.collation != catalog::Collation::kNondeterministic;
    } else if (item.query != nullptr && item.query->outputs[i].term != kNoTerm) {
      info = terms[static_cast<std::size_t>(item.query->outputs[i].term)];
    }
    terms.push_back(info);
    term_item.push_back(index);
  }
  items.push_back(std::move(item));
  scope->items.push_back(index);
  return index;
}

int Analysis::AddRelation(const parser::RangeVar& var, QueryScope* scope, bool is_target) {
  FromItem item;
  item.node = &var;
  item.alias = std::string(var.relname);
  item.is_target = is_target;
  if (var.schemaname.empty() && !is_target) {
    for (QueryScope* level = scope; level != nullptr; level = level->parent) {
      for (auto cte = level->ctes.rbegin(); cte != level->ctes.rend(); ++cte) {
        if (cte->name != var.relname) continue;
        item.kind = FromItem::Kind::kSubquery;
        ++cte->uses;
        QueryScope* query = cte->query;
        if (query != nullptr) {
          item.columns_known = query->outputs_known;
          for (const OutputName& output : query->outputs) item.columns.push_back(output.name);
          for (std::size_t i = 0; i < cte->aliases.size(); ++i) {
            if (i < item.columns.size()) item.columns[i] = cte->aliases[i];
          }
          if (cte->uses == 1) item.query = query;
        }
        NameColumns(&item, var.alias);
        QueryScope* inner = item.query;
        const int index = AddItem(std::move(item), scope);
        if (inner != nullptr) {
          inner->as_item = index;
        } else if (query != nullptr && query->as_item >= 0) {
          // Used twice: what one use needs says nothing about the other.
          items[static_cast<std::size_t>(query->as_item)].query = nullptr;
          query->as_item = -1;
        }
        return index;
      }
    }
  }
  item.kind = FromItem::Kind::kRelation;
  item.info = ClassifyRelation(job_, var);
  if (item.info.problem) Block(*item.info.problem);
  if (item.info.relation != nullptr && item.info.kind != RelationClass::kSystem) {
    item.columns_known = item.info.relation->kind != catalog::RelationKind::kSequence;
    for (const catalog::Column& column : item.info.relation->columns) item.columns.push_back(column.name);
  }
  NameColumns(&item, var.alias);
  return AddItem(std::move(item), scope);
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

void Analysis::ItemsUnder(const JoinTree& tree, std::vector<int>* out) {
  if (tree.item >= 0) {
    out->push_back(tree.item);
    return;
  }
  if (tree.left != nullptr) ItemsUnder(*tree.left, out);
  if (tree.right != nullptr) ItemsUnder(*tree.right, out);
}

bool Analysis::Contains(const JoinTree& tree, int item) {
  if (tree.item >= 0) return tree.item == item;
  return (tree.left != nullptr && Contains(*tree.left, item)) || (tree.right != nullptr && Contains(*tree.right, item));
}

}  // namespace pgshoal::plan
