// Whether a SELECT gives, shard by shard, exactly the rows of the whole.
//
// It does when every output row holds a row of some sharded table (a driver), and every other sharded row that can
// matter to it lies on the driver's shard because their shard keys are equal. Reference tables are whole everywhere.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"
#include "router/plan/query.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

namespace {

constexpr char kJoinHint[] = "Join sharded tables of one colocation group on their whole shard keys, or give the key.";

struct Shape {
  bool replicated = true;  // the same rows on every shard
  std::vector<int> drivers;
};

class ShapeChecker {
 public:
  ShapeChecker(Job& job, Analysis& analysis) : job_(job), analysis_(analysis) {}

  // Whether equal keys tie `item` to `to` under what is known of the rows of `item`.
  bool TiedTo(int item, int to) const {
    const FromItem& a = analysis_.items[static_cast<std::size_t>(item)];
    const FromItem& b = analysis_.items[static_cast<std::size_t>(to)];
    if (!shardmap::ShardMap::Colocated(a.info.rule, b.info.rule) || a.info.key.size() != b.info.key.size())
      return false;
    const TermClasses classes(analysis_.terms, analysis_.FactsFor(item));
    for (std::size_t k = 0; k < a.info.key.size(); ++k) {
      if (!shardmap::HashAlike(a.info.key[k].type, b.info.key[k].type)) return false;
      if (!classes.Same(a.first_term + a.info.key[k].column, b.first_term + b.info.key[k].column)) return false;
    }
    return true;
  }

  // A subquery's sharded tables must each be tied to a table of the top level.
  Blocker CheckInner(const QueryScope& top, int index) const {
    const FromItem& item = analysis_.items[static_cast<std::size_t>(index)];
    for (int candidate : top.items) {
      const FromItem& outer = analysis_.items[static_cast<std::size_t>(candidate)];
      if (outer.kind == FromItem::Kind::kRelation && outer.info.kind == RelationClass::kSharded &&
          TiedTo(index, candidate)) {
        return std::nullopt;
      }
    }
    return job_.Refuse(
        fmt::format("a subquery reads sharded table \"{}\" off the outer query's shard key", item.info.relation->name),
        item.node, "Correlate the subquery on the shard key, or give the key as a constant.");
  }

  Blocker Visit(const JoinTree& tree, Shape* shape) const {
    if (tree.item >= 0) return Leaf(tree.item, shape);
    Shape left, right;
    if (Blocker blocker = Visit(*tree.left, &left)) return blocker;
    if (Blocker blocker = Visit(*tree.right, &right)) return blocker;
    const parser::Node* at = tree.node != nullptr ? tree.node : NodeOf(tree);
    if (left.replicated && right.replicated) {
      return std::nullopt;
    }
    shape->replicated = false;
    switch (tree.type) {
      case parser::JoinType::JOIN_INNER:
        break;
      case parser::JoinType::JOIN_LEFT:
        if (left.replicated) return Preserved(at);
        shape->drivers = left.drivers;
        break;
      case parser::JoinType::JOIN_RIGHT:
        if (right.replicated) return Preserved(at);
        shape->drivers = right.drivers;
        break;
      default:
        return job_.Refuse("FULL JOIN over several shards", at, "Use LEFT JOIN, or give the shard key.");
    }
    if (!left.replicated && !right.replicated) {
      // What is known when the nullable side's row takes part; either side will do for an inner join.
      const bool left_nullable = tree.type == parser::JoinType::JOIN_RIGHT;
      const std::vector<int>& inner = left_nullable ? left.drivers : right.drivers;
      const std::vector<int>& outer = left_nullable ? right.drivers : left.drivers;
      const bool tied = std::any_of(inner.begin(), inner.end(), [&](int a) {
        return std::any_of(outer.begin(), outer.end(), [&](int b) { return TiedTo(a, b); });
      });
      if (!tied) return job_.Refuse("sharded tables are joined off their shard keys", at, kJoinHint);
    }
    if (tree.type == parser::JoinType::JOIN_INNER) {
      shape->drivers = left.drivers;
      shape->drivers.insert(shape->drivers.end(), right.drivers.begin(), right.drivers.end());
    }
    return std::nullopt;
  }

 private:
  SqlError Preserved(const parser::Node* at) const {
    return job_.Refuse("an outer join keeps all rows of a table that every shard holds: they would appear once a shard",
                       at, "Put the sharded table on the preserved side, or give the shard key.");
  }

  const parser::Node* NodeOf(const JoinTree& tree) const {
    if (tree.item >= 0) return analysis_.items[static_cast<std::size_t>(tree.item)].node;
    return tree.right != nullptr ? NodeOf(*tree.right) : nullptr;
  }

  Blocker Leaf(int index, Shape* shape) const {
    const FromItem& item = analysis_.items[static_cast<std::size_t>(index)];
    if (item.sampled) return job_.Refuse("TABLESAMPLE over several shards", item.node, "Use a condition instead.");
    switch (item.kind) {
      case FromItem::Kind::kRelation:
        if (item.info.kind == RelationClass::kSharded) {
          shape->replicated = false;
          shape->drivers.push_back(index);
        }
        return std::nullopt;
      case FromItem::Kind::kSubquery:
      case FromItem::Kind::kFunction:
        return std::nullopt;
      case FromItem::Kind::kOther:
        break;
    }
    return job_.Refuse("this FROM item over several shards", item.node, "Use tables, subqueries and functions.");
  }

  Job& job_;
  Analysis& analysis_;
};

bool NamesAMoment(std::string_view text) {
  std::string word;
  for (char c : text.substr(0, 16)) {
    if (std::isalpha(static_cast<unsigned char>(c)) == 0) {
      if (word.empty()) continue;
      break;
    }
    word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return word == "now" || word == "today" || word == "tomorrow" || word == "yesterday";
}

// 'now' and the like are read by each server at its own time, unless it is plainly a text that is compared.
const parser::Node* FindMoment(const Analysis& analysis, const QueryScope& top, const parser::Node& root) {
  const parser::Node* found = nullptr;
  parser::Walk(root, [&](const parser::Node& node) {
    if (const auto* expr = As<parser::A_Expr>(&node)) {
      const TermId term = analysis.Resolve(top, expr->lexpr);
      const Oid type = term == kNoTerm ? 0 : analysis.terms[static_cast<std::size_t>(term)].type;
      const bool is_text = type == oid::kText || type == oid::kVarchar || type == oid::kBpchar;
      if (is_text && Is<parser::A_Const>(expr->rexpr)) return false;
    }
    const auto* constant = As<parser::A_Const>(&node);
    if (constant != nullptr && constant->type == parser::ConstType::kString && NamesAMoment(constant->sval)) {
      found = constant;
    }
    return true;
  });
  return found;
}

bool HasSharded(const Analysis& analysis, const QueryScope& scope) {
  return std::any_of(scope.items.begin(), scope.items.end(), [&](int index) {
    const FromItem& item = analysis.items[static_cast<std::size_t>(index)];
    return item.kind == FromItem::Kind::kRelation && item.info.kind == RelationClass::kSharded;
  });
}

Blocker CheckInnerQueries(Job& job, Analysis& analysis, const QueryScope& top) {
  for (const auto& scope : analysis.scopes) {
    if (scope.get() == &top) continue;
    const parser::SelectStmt* select = scope->select;
    if (scope->role == QueryScope::Role::kCte || select == nullptr) {
      return job.Refuse("WITH over several shards", select, "Write the query without WITH, or give the shard key.");
    }
    const bool picks_rows = select->limitCount != nullptr || select->limitOffset != nullptr ||
                            (!select->distinctClause.empty() && select->distinctClause[0] != nullptr);
    if (picks_rows && !HasSharded(analysis, *scope)) {
      return job.Refuse("a subquery picks rows, and each shard could pick others", select,
                        "Leave LIMIT out of the subquery, or give the shard key.");
    }
  }
  return std::nullopt;
}

Blocker CheckCalls(Job& job, Analysis& analysis, const QueryScope& top) {
  for (const auto& [use, scope] : analysis.calls) {
    if (use.kind == FunctionClass::kNow) {
      return job.Refuse(fmt::format("{} would be another moment on each shard", use.name), use.node,
                        "Pass the time as a parameter.");
    }
    if (use.kind > FunctionClass::kNow) {
      return job.Refuse(fmt::format("{} cannot run on several shards", use.name), use.node, "Give the shard key.");
    }
    if (use.kind == FunctionClass::kRandom && scope != &top) {
      return job.Refuse(fmt::format("{} in a subquery would give each shard another value", use.name), use.node,
                        "Pass the value as a parameter.");
    }
    if (use.window) {
      return job.Refuse("window functions over several shards", use.node, "Give the shard key.");
    }
  }
  return std::nullopt;
}

}  // namespace

Blocker CheckShardLocal(Job& job, Analysis& analysis, const QueryScope& top, std::vector<int>* drivers) {
  if (Blocker blocker = CheckInnerQueries(job, analysis, top)) return blocker;
  if (Blocker blocker = CheckCalls(job, analysis, top)) return blocker;
  if (analysis.system_column != nullptr) {
    return job.Refuse("system columns mean something on one server only", analysis.system_column,
                      "Use the table's own columns.");
  }
  if (const parser::Node* moment = FindMoment(analysis, top, *top.select)) {
    return job.Refuse("this constant may be read as a moment, another on each shard", moment,
                      "Pass the time as a parameter.");
  }
  if (top.from == nullptr) return job.Refuse("no sharded table in FROM", top.select, kJoinHint);
  const ShapeChecker checker(job, analysis);
  Shape shape;
  if (Blocker blocker = checker.Visit(*top.from, &shape)) return blocker;
  if (shape.replicated || shape.drivers.empty()) {
    return job.Refuse("sharded tables stand in subqueries only", top.select, "Give the shard key.");
  }
  for (std::size_t i = 0; i < analysis.items.size(); ++i) {
    const FromItem& item = analysis.items[i];
    if (item.kind != FromItem::Kind::kRelation || item.info.kind != RelationClass::kSharded) continue;
    if (item.owner == &top) continue;
    if (Blocker blocker = checker.CheckInner(top, static_cast<int>(i))) return blocker;
  }
  *drivers = std::move(shape.drivers);
  return std::nullopt;
}

}  // namespace pgshoal::plan
