// The FROM clause: tables, subqueries, functions, joins and the names that they bring into scope.
#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"
#include "router/plan/analysis.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

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
    if (a != kNoTerm && b != kNoTerm && !EqualsIsForeign()) on->push_back(Fact{Fact::Kind::kEqual, a, b, {}, {}});
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
