// What constraints, key columns and defaults may be on a table that is spread over shards.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"
#include "router/plan/ddl.hpp"

namespace pgshoal::plan {

using parser::As;
using shardmap::TableKind;

namespace {

template <class List>
bool Holds(const List& columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

// The table that a foreign key refers to.
struct Target {
  shardmap::TableRule rule;
  std::vector<shardmap::KeyType> key_types;
  std::vector<std::string> primary_key;
};

std::vector<shardmap::KeyType> KeyTypesOf(const TableShape& table) {
  std::vector<shardmap::KeyType> types;
  for (const std::string& key : table.rule.key) {
    for (const NewColumn& column : table.columns) {
      const auto type = shardmap::KeyTypeOf(column.type);
      if (column.name == key && type) types.push_back(*type);
    }
  }
  return types;
}

Blocker FindTarget(Job& job, const TableShape& table, const parser::RangeVar& var, Target* target) {
  const bool self =
      var.relname == table.name &&
      (var.schemaname == table.schema ||
       (var.schemaname.empty() && table.schema == kTemporarySchema) ||
       (var.schemaname.empty() && table.schema == job.context.catalog.CreationSchema(job.context.search_path)));
  if (self) {
    *target = {table.rule, KeyTypesOf(table), table.primary_key};
    return std::nullopt;
  }
  const RelationInfo info = ClassifyRelation(job, var);
  if (info.problem) return info.problem;
  target->rule = info.rule;
  for (const KeyColumnInfo& key : info.key) target->key_types.push_back(key.type);
  if (info.relation == nullptr) return std::nullopt;
  for (const catalog::UniqueKey& key : info.relation->unique_keys) {
    if (key.primary) target->primary_key = key.columns;
  }
  return std::nullopt;
}

// Whether rows that refer to each other lie on one shard: the key columns refer to the key columns, in order.
bool PairsKeys(const TableShape& table, const Target& target, const parser::Constraint& constraint,
               const std::vector<std::string>& columns) {
  const std::vector<shardmap::KeyType> types = KeyTypesOf(table);
  if (!shardmap::ShardMap::Colocated(table.rule, target.rule)) return false;
  if (types.size() != table.rule.key.size() || target.key_types.size() != types.size()) return false;
  std::vector<std::string> referenced(constraint.pk_attrs.begin(), constraint.pk_attrs.end());
  if (referenced.empty()) referenced = target.primary_key;
  for (std::size_t k = 0; k < types.size(); ++k) {
    bool found = false;
    for (std::size_t i = 0; i < columns.size() && i < referenced.size(); ++i) {
      found |= columns[i] == table.rule.key[k] && referenced[i] == target.rule.key[k];
    }
    if (!found || !shardmap::HashAlike(types[k], target.key_types[k])) return false;
  }
  return true;
}

// What a referential action writes, it writes on the shard where the referring row lies: never into its shard key.
Blocker CheckActions(Job& job, const TableShape& table, const parser::Constraint& constraint,
                     const std::vector<std::string>& columns, bool paired) {
  const auto holds_key = [&](const auto& list) {
    return std::any_of(list.begin(), list.end(), [&](const auto& name) { return Holds(table.rule.key, name); });
  };
  const auto sets = [](char action) { return action == 'n' || action == 'd'; };
  const bool on_delete =
      sets(constraint.fk_del_action) &&
      (constraint.fk_del_set_cols.empty() ? holds_key(columns) : holds_key(constraint.fk_del_set_cols));
  // The key of a sharded table cannot be changed in place: CASCADE from there leaves ours alone.
  const bool cascades = constraint.fk_upd_action == 'c' && !paired;
  const bool on_update = (sets(constraint.fk_upd_action) || cascades) && holds_key(columns);
  if (!on_delete && !on_update) return std::nullopt;
  return job.Refuse(fmt::format("ON {} would change the shard key of \"{}\", and leave the row on the wrong shard",
                                on_delete ? "DELETE" : "UPDATE", table.name),
                    &constraint, "Use NO ACTION, RESTRICT or CASCADE, or name the columns: SET NULL (column).");
}

Blocker CheckForeignKey(Job& job, const TableShape& table, const parser::Constraint& constraint,
                        const std::vector<std::string>& columns) {
  Target target;
  if (Blocker blocker = FindTarget(job, table, *constraint.pktable, &target)) return blocker;
  const TableKind from = table.rule.kind, to = target.rule.kind;
  if (from == TableKind::kHome && to != TableKind::kSharded) return std::nullopt;
  if (from == TableKind::kReference && to == TableKind::kReference) return std::nullopt;
  const std::string pair = fmt::format("a foreign key from {} table \"{}\" to {} table \"{}\"", NameOf(from),
                                       table.name, NameOf(to), constraint.pktable->relname);
  const bool both = from == TableKind::kSharded && to == TableKind::kSharded;
  if (!both && to != TableKind::kReference) {
    return job.Refuse(pair + " cannot be checked on one server", &constraint,
                      "Make the referenced table a reference table, or shard both by the same key.");
  }
  if (both && !PairsKeys(table, target, constraint, columns)) {
    return job.Refuse(pair + " that does not pair their shard keys", &constraint,
                      "Put the shard key columns into the foreign key, on both sides, and shard both alike.");
  }
  return CheckActions(job, table, constraint, columns, both);
}

}  // namespace

bool HoldsKey(const shardmap::TableRule& rule, const std::vector<std::string>& columns) {
  return std::all_of(rule.key.begin(), rule.key.end(), [&](const std::string& key) { return Holds(columns, key); });
}

bool SameRule(const shardmap::TableRule& a, const shardmap::TableRule& b) {
  return a.kind == b.kind && a.key == b.key && a.group == b.group;
}

Blocker WithoutPlace(Blocker blocker) {
  if (blocker && blocker->sqlstate == sqlstate::kUndefinedTable) blocker->position = 0;
  return blocker;
}

TableShape ShapeOf(const Job& job, const catalog::Relation& relation) {
  TableShape table;
  table.schema = relation.schema;
  table.name = relation.name;
  for (const catalog::Column& column : relation.columns) {
    table.columns.push_back({column.name, BaseType(job.context.catalog, column.type), nullptr});
  }
  for (const catalog::UniqueKey& key : relation.unique_keys) {
    if (key.primary) table.primary_key = key.columns;
  }
  table.rule = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
  return table;
}

std::vector<std::string> NamesOf(const std::vector<NewColumn>& columns) {
  std::vector<std::string> names;
  for (const NewColumn& column : columns) names.push_back(column.name);
  return names;
}

Oid ColumnType(const Job& job, const parser::ColumnDef& column) {
  if (column.typeName == nullptr) return 0;
  const std::string_view name = column.typeName->names.empty() ? "" : column.typeName->names.back();
  if (name == "serial" || name == "serial4") return oid::kInt4;
  if (name == "bigserial" || name == "serial8") return oid::kInt8;
  if (name == "smallserial" || name == "serial2") return oid::kInt2;
  return BaseType(job.context.catalog, ResolveType(job, *column.typeName));
}

Blocker CheckConstraint(Job& job, const TableShape& table, const parser::Constraint& constraint,
                        std::string_view column) {
  const bool spread = table.rule.kind == TableKind::kSharded;
  switch (constraint.contype) {
    case parser::ConstrType::CONSTR_PRIMARY:
    case parser::ConstrType::CONSTR_UNIQUE: {
      if (!spread) return std::nullopt;
      std::vector<std::string> columns(constraint.keys.begin(), constraint.keys.end());
      if (!column.empty()) columns.emplace_back(column);
      if (!constraint.indexname.empty()) {
        // An index that exists: unique indexes without the key were refused when they were made.
        const auto* relation = job.context.catalog.FindRelation(table.schema, table.name, {});
        if (relation == nullptr) break;
        for (const catalog::UniqueKey& key : relation->unique_keys) {
          if (key.name == constraint.indexname && HoldsKey(table.rule, key.columns)) return std::nullopt;
        }
        return job.Refuse("this index does not hold the shard key", &constraint, kUniqueHint);
      }
      if (HoldsKey(table.rule, columns)) return std::nullopt;
      return job.Refuse(fmt::format("a unique constraint on sharded table \"{}\" leaves out its shard key", table.name),
                        &constraint, kUniqueHint);
    }
    case parser::ConstrType::CONSTR_EXCLUSION: {
      if (!spread) return std::nullopt;
      std::vector<std::string> equal;
      for (const parser::Node* item : constraint.exclusions) {
        const auto* pair = As<parser::ListNode>(item);
        if (pair == nullptr || pair->items.size() != 2) continue;
        const auto* element = As<parser::IndexElem>(pair->items[0]);
        const auto* op = As<parser::ListNode>(pair->items[1]);
        const auto* symbol =
            op != nullptr && !op->items.empty() ? As<parser::String>(op->items.begin()[op->items.size() - 1]) : nullptr;
        if (element != nullptr && element->expr == nullptr && symbol != nullptr && symbol->sval == "=") {
          equal.emplace_back(element->name);
        }
      }
      if (HoldsKey(table.rule, equal)) return std::nullopt;
      return job.Refuse(
          fmt::format("an exclusion constraint on sharded table \"{}\" leaves out its shard key", table.name),
          &constraint, kUniqueHint);
    }
    case parser::ConstrType::CONSTR_FOREIGN: {
      if (constraint.pktable == nullptr) return std::nullopt;
      std::vector<std::string> columns(constraint.fk_attrs.begin(), constraint.fk_attrs.end());
      if (columns.empty() && !column.empty()) columns.emplace_back(column);
      return WithoutPlace(CheckForeignKey(job, table, constraint, columns));
    }
    default:
      break;
  }
  return std::nullopt;
}

Blocker CheckKeyColumns(Job& job, const TableShape& table, const parser::Node& at) {
  if (table.rule.kind != TableKind::kSharded) return std::nullopt;
  for (const std::string& key : table.rule.key) {
    const auto column =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const NewColumn& c) { return c.name == key; });
    if (column == table.columns.end()) {
      return job.Error(
          sqlstate::kUndefinedColumn,
          fmt::format("the shard map shards \"{}\" by column \"{}\", which it does not have", table.name, key), &at,
          "Add the column, or correct the table's key in the shard map.");
    }
    if (!shardmap::KeyTypeOf(column->type)) {
      return job.Refuse(fmt::format("shard key column \"{}\" has a type that cannot be a shard key", key), column->node,
                        "Use bool, an integer, numeric, text, varchar, char(n), uuid, bytea, date or a timestamp.");
    }
    const auto* definition = As<parser::ColumnDef>(column->node);
    if (definition != nullptr && definition->collClause != nullptr) {
      const auto& name = definition->collClause->collname.back();
      if (name != "C" && name != "POSIX" && name != "default") {
        return job.Refuse(fmt::format("shard key column \"{}\" has a collation that may be nondeterministic", key),
                          definition->collClause, "Leave COLLATE out, or use \"C\".");
      }
    }
  }
  return std::nullopt;
}

Blocker CheckDefaultClause(Job& job, const TableShape& table, const parser::Node* value) {
  if (value == nullptr || table.rule.kind == TableKind::kHome) return std::nullopt;
  const parser::Node* call = nullptr;
  parser::Walk(*value, [&](const parser::Node& node) {
    const auto* function = As<parser::FuncCall>(&node);
    if (function != nullptr && function->funcname.back() == "nextval") call = &node;
    return call == nullptr;
  });
  if (call == nullptr) return std::nullopt;
  return job.Refuse(
      fmt::format("a default of {} table \"{}\" would draw from a sequence, which only the home shard has",
                  NameOf(table.rule.kind), table.name),
      call, "Leave the default out and give the value in the statement, or use a uuid.");
}

}  // namespace pgshoal::plan
