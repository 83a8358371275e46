// CREATE TABLE, ALTER TABLE, CREATE INDEX, DROP, TRUNCATE, GRANT: tables and what hangs on them.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"
#include "router/plan/ddl.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;
using shardmap::TableKind;

namespace {

// The table that a DDL statement makes or changes, as the map sees it.
struct TableShape {
  std::string schema, name;
  shardmap::TableRule rule;
  std::vector<NewColumn> columns;
  bool family = false;  // a partition or inheritance child
};

const char kUniqueHint[] = "Include the shard key's columns in the constraint: uniqueness is kept by each shard alone.";

template <class List>
bool Holds(const List& columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

template <class List>
bool HoldsKey(const shardmap::TableRule& rule, const List& columns) {
  return std::all_of(rule.key.begin(), rule.key.end(), [&](const std::string& key) { return Holds(columns, key); });
}

Blocker CheckForeignKey(Job& job, const TableShape& table, const parser::Constraint& constraint,
                        const parser::Names& columns) {
  const parser::RangeVar& target = *constraint.pktable;
  shardmap::TableRule other;
  std::vector<std::string> other_key_columns;
  const bool self = target.relname == table.name && (target.schemaname.empty() || target.schemaname == table.schema);
  const catalog::Relation* relation = nullptr;
  if (self) {
    other = table.rule;
  } else {
    const RelationInfo info = ClassifyRelation(job, target);
    if (info.problem) return info.problem;
    other = info.rule;
    relation = info.relation;
  }
  const std::string pair = fmt::format("a foreign key from {} table \"{}\" to {} table \"{}\"", NameOf(table.rule.kind),
                                       table.name, NameOf(other.kind), target.relname);
  if (other.kind == TableKind::kReference) return std::nullopt;
  if (table.rule.kind == TableKind::kHome && other.kind == TableKind::kHome) return std::nullopt;
  if (table.rule.kind != TableKind::kSharded || other.kind != TableKind::kSharded) {
    return job.Refuse(pair + " cannot be checked on one server", &constraint,
                      "Make the referenced table a reference table, or shard both by the same key.");
  }
  // Both sharded: the key columns must be paired with the key columns.
  bool paired = shardmap::ShardMap::Colocated(table.rule, other);
  for (std::size_t k = 0; paired && k < table.rule.key.size(); ++k) {
    bool found = false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      std::string referenced;
      if (i < constraint.pk_attrs.size()) {
        referenced = std::string(constraint.pk_attrs[i]);
      } else if (relation != nullptr) {
        for (const catalog::UniqueKey& key : relation->unique_keys) {
          if (key.primary && i < key.columns.size()) referenced = key.columns[i];
        }
      }
      found |= columns[i] == table.rule.key[k] && referenced == other.key[k];
    }
    paired = found;
  }
  if (paired) return std::nullopt;
  return job.Refuse(pair + " that does not pair their shard keys", &constraint,
                    "Put the shard key columns into the foreign key, on both sides.");
}

Blocker CheckConstraint(Job& job, const TableShape& table, const parser::Constraint& constraint,
                        std::string_view column) {
  const bool spread = table.rule.kind == TableKind::kSharded;
  switch (constraint.contype) {
    case parser::ConstrType::CONSTR_PRIMARY:
    case parser::ConstrType::CONSTR_UNIQUE: {
      if (!spread) return std::nullopt;
      std::vector<std::string_view> columns(constraint.keys.begin(), constraint.keys.end());
      if (!column.empty()) columns.push_back(column);
      if (constraint.indexname.data() != nullptr && !constraint.indexname.empty()) {
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
      std::vector<std::string_view> equal;
      for (const parser::Node* item : constraint.exclusions) {
        const auto* pair = As<parser::ListNode>(item);
        if (pair == nullptr || pair->items.size() != 2) continue;
        const auto* element = As<parser::IndexElem>(pair->items[0]);
        const auto* op = As<parser::ListNode>(pair->items[1]);
        const auto* symbol =
            op != nullptr && !op->items.empty() ? As<parser::String>(op->items.begin()[op->items.size() - 1]) : nullptr;
        if (element != nullptr && element->expr == nullptr && symbol != nullptr && symbol->sval == "=") {
          equal.push_back(element->name);
        }
      }
      if (HoldsKey(table.rule, equal)) return std::nullopt;
      return job.Refuse(
          fmt::format("an exclusion constraint on sharded table \"{}\" leaves out its shard key", table.name),
          &constraint, kUniqueHint);
    }
    case parser::ConstrType::CONSTR_FOREIGN: {
      if (constraint.pktable == nullptr) return std::nullopt;
      parser::Arena arena;
      parser::Names columns = constraint.fk_attrs;
      if (columns.empty() && !column.empty()) columns.push_back(arena, column);
      return CheckForeignKey(job, table, constraint, columns);
    }
    default:
      break;
  }
  return std::nullopt;
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

Blocker AddColumnsOf(Job& job, const parser::RangeVar& var, TableShape* table, bool family) {
  const RelationInfo info = ClassifyRelation(job, var);
  if (info.problem) return info.problem;
  if (info.relation == nullptr) return std::nullopt;
  table->family |= family;
  for (const catalog::Column& column : info.relation->columns) {
    table->columns.push_back({column.name, BaseType(job.context.catalog, column.type), &var});
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

PlanPtr PlaceTable(Job& job, const std::string& command, const TableShape& table) {
  switch (table.rule.kind) {
    case TableKind::kHome: {
      PlanPtr plan = HomePlan(job, command, fmt::format("\"{}\" is a home table", table.name));
      plan->changes_catalog = true;
      return plan;
    }
    case TableKind::kReference:
      return EverywherePlan(job, command, true, fmt::format("\"{}\" is a reference table", table.name));
    case TableKind::kSharded:
      break;
  }
  return EverywherePlan(job, command, true, fmt::format("\"{}\" is sharded: every shard holds a part", table.name));
}

PlanPtr PlanCreate(Job& job, const parser::CreateStmt& create) {
  const std::string command = "CREATE TABLE";
  const parser::RangeVar& name = *create.relation;
  if (name.relpersistence == 't' || name.schemaname == "pg_temp") {
    return RefusalPlan(
        job, command,
        job.Refuse("temporary tables cannot be used through the router yet", &name, "Use a plain or unlogged table."));
  }
  TableShape table;
  table.schema = name.schemaname.empty() ? job.context.catalog.CreationSchema(job.context.search_path)
                                         : std::string(name.schemaname);
  table.name = std::string(name.relname);
  Blocker problem;
  auto check = [&](Blocker blocker) {
    if (!problem && blocker) problem = std::move(blocker);
  };
  for (const parser::Node* element : create.tableElts) {
    if (const auto* column = As<parser::ColumnDef>(element)) {
      table.columns.push_back({std::string(column->colname), ColumnType(job, *column), column});
    } else if (const auto* like = As<parser::TableLikeClause>(element)) {
      check(AddColumnsOf(job, *like->relation, &table, false));
    }
  }
  for (const parser::RangeVar* parent : create.inhRelations) check(AddColumnsOf(job, *parent, &table, true));
  if (problem) return RefusalPlan(job, command, *problem);
  table.rule = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
  if (create.ofTypename != nullptr && MapSpreadsTables(job.context)) {
    return RefusalPlan(job, command, job.Refuse("CREATE TABLE OF a type", create.ofTypename, "List the columns."));
  }
  check(CheckKeyColumns(job, table, name));
  for (const parser::RangeVar* parent : create.inhRelations) {
    const RelationInfo info = ClassifyRelation(job, *parent);
    if (info.rule.kind != table.rule.kind || info.rule.key != table.rule.key || info.rule.group != table.rule.group) {
      check(job.Refuse(fmt::format("\"{}\" would be a {} table under a {} table", table.name, NameOf(table.rule.kind),
                                   NameOf(info.rule.kind)),
                       parent, "Declare parent and child alike in the shard map."));
    }
  }
  for (const parser::Node* element : create.tableElts) {
    if (const auto* constraint = As<parser::Constraint>(element)) {
      check(CheckConstraint(job, table, *constraint, {}));
    } else if (const auto* column = As<parser::ColumnDef>(element)) {
      for (const parser::Node* inner : column->constraints) {
        if (const auto* constraint = As<parser::Constraint>(inner)) {
          check(CheckConstraint(job, table, *constraint, column->colname));
        }
      }
    } else if (const auto* like = As<parser::TableLikeClause>(element); like != nullptr && like->options != 0) {
      const auto* source = job.context.catalog.FindRelation(like->relation->schemaname, like->relation->relname,
                                                            job.context.search_path);
      if (source == nullptr || table.rule.kind != TableKind::kSharded) continue;
      for (const catalog::UniqueKey& key : source->unique_keys) {
        if (!HoldsKey(table.rule, key.columns)) {
          check(job.Refuse(fmt::format("the copied unique index \"{}\" leaves out the shard key", key.name), like,
                           kUniqueHint));
        }
      }
    }
  }
  for (const parser::Node* element : create.constraints) {
    if (const auto* constraint = As<parser::Constraint>(element)) check(CheckConstraint(job, table, *constraint, {}));
  }
  if (problem) return RefusalPlan(job, command, *problem);
  return PlaceTable(job, command, table);
}

// A DEFAULT that fills rows which exist already, or a column that counts by itself.
Blocker CheckAddedColumn(Job& job, const TableShape& table, const parser::ColumnDef& column) {
  if (table.rule.kind == TableKind::kHome) return std::nullopt;
  const std::string_view type = column.typeName != nullptr ? column.typeName->names.back() : std::string_view();
  bool counts = column.identity != 0 || type.find("serial") != std::string_view::npos;
  const parser::Node* value = column.raw_default;
  for (const parser::Node* inner : column.constraints) {
    const auto* constraint = As<parser::Constraint>(inner);
    if (constraint == nullptr) continue;
    counts |= constraint->contype == parser::ConstrType::CONSTR_IDENTITY;
    if (constraint->contype == parser::ConstrType::CONSTR_DEFAULT) value = constraint->raw_expr;
    if (Blocker blocker = CheckConstraint(job, table, *constraint, column.colname)) return blocker;
  }
  if (!counts && ClassifyExpression(job, value) == FunctionClass::kPure) return std::nullopt;
  return job.Refuse(fmt::format("the new column \"{}\" would be filled differently on each shard", column.colname),
                    &column, "Add the column without a default, then SET DEFAULT, and update the rows.");
}

Blocker CheckAlterCommand(Job& job, TableShape& table, const catalog::Relation& relation,
                          const parser::AlterTableCmd& command) {
  const bool is_key = Holds(table.rule.key, command.name);
  const bool spread = table.rule.kind != TableKind::kHome;
  switch (command.subtype) {
    case parser::AlterTableType::AT_AddColumn:
      if (const auto* column = As<parser::ColumnDef>(command.def)) {
        table.columns.push_back({std::string(column->colname), ColumnType(job, *column), column});
        return CheckAddedColumn(job, table, *column);
      }
      return std::nullopt;
    case parser::AlterTableType::AT_DropColumn:
      std::erase_if(table.columns, [&](const NewColumn& column) { return column.name == command.name; });
      if (is_key) return job.Refuse("dropping a shard key column", &command, "Shard the table by another key first.");
      return std::nullopt;
    case parser::AlterTableType::AT_AlterColumnType:
      if (is_key) {
        return job.Refuse("changing the type of a shard key column may move rows", &command,
                          "Make a new table and copy the rows.");
      }
      if (spread) {
        const auto* column = As<parser::ColumnDef>(command.def);
        if (column != nullptr && ClassifyExpression(job, column->raw_default) > FunctionClass::kSession) {
          return job.Refuse("USING with an expression that may differ between servers", &command,
                            "Update the rows first.");
        }
      }
      return std::nullopt;
    case parser::AlterTableType::AT_AddConstraint:
      if (const auto* constraint = As<parser::Constraint>(command.def)) {
        return CheckConstraint(job, table, *constraint, {});
      }
      return std::nullopt;
    case parser::AlterTableType::AT_AddIdentity:
    case parser::AlterTableType::AT_SetIdentity:
      if (spread) return job.Refuse("identity columns count on each shard by itself", &command, "Use a uuid.");
      return std::nullopt;
    case parser::AlterTableType::AT_EnableRowSecurity:
    case parser::AlterTableType::AT_ForceRowSecurity:
      if (spread) {
        return job.Refuse("row-level security on a table that is spread over shards", &command,
                          "Put the policies' conditions into the statements.");
      }
      return std::nullopt;
    case parser::AlterTableType::AT_AttachPartition:
    case parser::AlterTableType::AT_DetachPartition:
    case parser::AlterTableType::AT_DetachPartitionFinalize:
    case parser::AlterTableType::AT_AddInherit:
    case parser::AlterTableType::AT_DropInherit: {
      const auto* partition = As<parser::PartitionCmd>(command.def);
      const auto* parent = As<parser::RangeVar>(command.def);
      const parser::RangeVar* other = partition != nullptr ? partition->name : parent;
      if (partition != nullptr && partition->concurrent && spread) {
        return job.Refuse("DETACH PARTITION CONCURRENTLY over several shards", &command, "Leave CONCURRENTLY out.");
      }
      if (other == nullptr) return std::nullopt;
      const RelationInfo info = ClassifyRelation(job, *other);
      if (info.problem) return info.problem;
      if (info.rule.kind == table.rule.kind && info.rule.key == table.rule.key && info.rule.group == table.rule.group) {
        return std::nullopt;
      }
      return job.Refuse(fmt::format("\"{}\" and \"{}\" are not sharded alike", relation.name, other->relname), other,
                        "Declare parent and child alike in the shard map.");
    }
    default:
      return std::nullopt;
  }
}

TableShape ShapeOf(const Job& job, const catalog::Relation& relation) {
  TableShape table;
  table.schema = relation.schema;
  table.name = relation.name;
  for (const catalog::Column& column : relation.columns) {
    table.columns.push_back({column.name, BaseType(job.context.catalog, column.type), nullptr});
  }
  table.rule = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
  return table;
}

// What holds for an index: the table's kind.
RelationInfo ClassifyOwner(Job& job, const parser::RangeVar& var) {
  RelationInfo info = ClassifyRelation(job, var);
  if (info.relation != nullptr && info.relation->kind == catalog::RelationKind::kIndex) {
    return ClassifyByName(job, info.relation->schema, info.relation->owning_table, &var);
  }
  return info;
}

PlanPtr ByKind(Job& job, const std::string& command, const RelationInfo& info) {
  if (info.problem) return RefusalPlan(job, command, *info.problem);
  if (info.kind == RelationClass::kSharded || info.kind == RelationClass::kReference) {
    return EverywherePlan(job, command, true, "every shard holds the table");
  }
  PlanPtr plan = HomePlan(job, command, "the home shard holds it");
  plan->changes_catalog = true;
  return plan;
}

PlanPtr MissingOk(Job& job, const std::string& command) {
  PlanPtr plan = HomePlan(job, command, "it does not exist");
  plan->changes_catalog = true;
  return plan;
}

bool Unknown(const RelationInfo& info) {
  return info.problem && info.problem->sqlstate == sqlstate::kUndefinedTable;
}

PlanPtr PlanAlter(Job& job, const parser::AlterTableStmt& alter) {
  const std::string command = CommandName(alter);
  const RelationInfo info = ClassifyOwner(job, *alter.relation);
  if (alter.missing_ok && Unknown(info)) return MissingOk(job, command);
  // A rule or row-level security stops queries; ALTER TABLE must still be able to take it away.
  const catalog::Relation* relation =
      info.relation != nullptr ? info.relation
                               : job.context.catalog.FindRelation(alter.relation->schemaname, alter.relation->relname,
                                                                  job.context.search_path);
  if (relation == nullptr) return RefusalPlan(job, command, *info.problem);
  const bool is_table =
      relation->kind == catalog::RelationKind::kTable || relation->kind == catalog::RelationKind::kPartitionedTable;
  if (!is_table) return ByKind(job, command, info);
  TableShape table = ShapeOf(job, *relation);
  const shardmap::TableRule before = table.rule;
  for (const parser::Node* node : alter.cmds) {
    const auto* cmd = As<parser::AlterTableCmd>(node);
    if (cmd == nullptr) continue;
    if (Blocker blocker = CheckAlterCommand(job, table, *relation, *cmd)) return RefusalPlan(job, command, *blocker);
  }
  const shardmap::TableRule after = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
  if (after.kind != before.kind || after.key != before.key) {
    return RefusalPlan(
        job, command,
        job.Refuse(fmt::format("with these columns \"{}\" would become a {} table", table.name, NameOf(after.kind)),
                   alter.relation, "Name the table in the shard map before changing its columns."));
  }
  return PlaceTable(job, command, table);
}

PlanPtr PlanIndex(Job& job, const parser::IndexStmt& index) {
  const std::string command = "CREATE INDEX";
  const RelationInfo info = ClassifyRelation(job, *index.relation);
  if (info.kind == RelationClass::kSharded && index.unique) {
    std::vector<std::string_view> columns;
    for (const parser::IndexElem* element : index.indexParams) {
      if (element->expr == nullptr) columns.push_back(element->name);
    }
    if (!HoldsKey(info.rule, columns)) {
      return RefusalPlan(job, command,
                         job.Refuse(fmt::format("a unique index on sharded table \"{}\" leaves out its "
                                                "shard key",
                                                info.relation->name),
                                    &index, kUniqueHint));
    }
  }
  PlanPtr plan = ByKind(job, command, info);
  if (auto* everywhere = std::get_if<RunEverywhere>(&plan->action)) everywhere->transactional = !index.concurrent;
  return plan;
}

PlanPtr PlanRename(Job& job, const parser::RenameStmt& rename) {
  const std::string command = CommandName(rename);
  if (rename.relation == nullptr) return nullptr;
  const RelationInfo info = ClassifyOwner(job, *rename.relation);
  if (rename.missing_ok && Unknown(info)) return MissingOk(job, command);
  const bool renames_table = rename.renameType == parser::ObjectType::OBJECT_TABLE && info.relation != nullptr &&
                             info.relation->kind != catalog::RelationKind::kIndex &&
                             info.relation->name == rename.relation->relname;
  if (info.relation != nullptr && (renames_table || rename.renameType == parser::ObjectType::OBJECT_COLUMN)) {
    TableShape table = ShapeOf(job, *info.relation);
    const shardmap::TableRule before = table.rule;
    if (renames_table) table.name = std::string(rename.newname);
    for (NewColumn& column : table.columns) {
      if (!renames_table && column.name == rename.subname) column.name = std::string(rename.newname);
    }
    const shardmap::TableRule after = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
    const bool key_renamed = !renames_table && Holds(before.key, rename.subname);
    if (after.kind != before.kind || after.key != before.key || after.group != before.group || key_renamed) {
      return RefusalPlan(job, command,
                         job.Refuse("under its new name the shard map would treat the table otherwise", rename.relation,
                                    "Name the new table in the shard map first."));
    }
  }
  return ByKind(job, command, info);
}

PlanPtr PlanDropTables(Job& job, const parser::DropStmt& drop) {
  using enum parser::ObjectType;
  const std::string command = CommandName(drop);
  const bool listed = drop.removeType == OBJECT_TABLE || drop.removeType == OBJECT_INDEX ||
                      drop.removeType == OBJECT_VIEW || drop.removeType == OBJECT_MATVIEW ||
                      drop.removeType == OBJECT_SEQUENCE || drop.removeType == OBJECT_FOREIGN_TABLE;
  if (!listed) return nullptr;
  std::vector<RelationInfo> members;
  for (const parser::Node* object : drop.objects) {
    const auto* list = As<parser::ListNode>(object);
    if (list == nullptr || list->items.empty() || list->items.size() > 3) return nullptr;
    parser::RangeVar var;
    var.begin = object->begin;
    var.end = object->end;
    const auto name_at = [&](std::size_t i) {
      const auto* text = As<parser::String>(list->items[i]);
      return text != nullptr ? text->sval : std::string_view();
    };
    var.relname = name_at(list->items.size() - 1);
    if (list->items.size() > 1) var.schemaname = name_at(list->items.size() - 2);
    RelationInfo info = ClassifyOwner(job, var);
    const catalog::Relation* relation =
        job.context.catalog.FindRelation(var.schemaname, var.relname, job.context.search_path);
    if (relation != nullptr && info.problem) {
      // Whatever keeps queries from a table need not keep it from being dropped.
      info.kind = RelationClass::kHome;
      if (relation->kind == catalog::RelationKind::kTable && ShapeOf(job, *relation).rule.kind != TableKind::kHome) {
        info.kind = RelationClass::kReference;
      }
      info.problem.reset();
    } else if (info.problem && Unknown(info)) {
      if (drop.missing_ok) {
        info.kind = RelationClass::kHome;
        info.problem.reset();
      } else {
        const std::string_view word = drop.removeType == OBJECT_TABLE      ? "table"
                                      : drop.removeType == OBJECT_INDEX    ? "index"
                                      : drop.removeType == OBJECT_SEQUENCE ? "sequence"
                                      : drop.removeType == OBJECT_VIEW     ? "view"
                                                                           : "relation";
        info.problem =
            job.Error(sqlstate::kUndefinedTable, fmt::format("{} \"{}\" does not exist", word, var.relname), nullptr);
      }
    }
    members.push_back(std::move(info));
  }
  auto keep = [&](const std::vector<std::size_t>& indexes) {
    parser::Arena arena;
    parser::DropStmt* mine = parser::Clone(&drop, arena);
    parser::Nodes kept;
    for (std::size_t i : indexes) kept.push_back(arena, mine->objects[i]);
    mine->objects = kept;
    return parser::Print(*mine);
  };
  return SplitPlan(job, command, members, keep, true, !drop.concurrent);
}

PlanPtr PlanTruncate(Job& job, const parser::TruncateStmt& truncate) {
  std::vector<RelationInfo> members;
  for (const parser::RangeVar* var : truncate.relations) {
    RelationInfo info = ClassifyRelation(job, *var);
    const bool spread = info.kind == RelationClass::kSharded || info.kind == RelationClass::kReference;
    if (spread && info.relation->has_triggers) {
      info.problem =
          job.Refuse(fmt::format("table \"{}\" has triggers, which may touch other tables", info.relation->name), var,
                     "Drop the triggers first.");
    }
    members.push_back(std::move(info));
  }
  auto keep = [&](const std::vector<std::size_t>& indexes) {
    parser::Arena arena;
    parser::TruncateStmt* mine = parser::Clone(&truncate, arena);
    parser::List<parser::RangeVar*> kept;
    for (std::size_t i : indexes) kept.push_back(arena, mine->relations[i]);
    mine->relations = kept;
    return parser::Print(*mine);
  };
  return SplitPlan(job, "TRUNCATE TABLE", members, keep, false, true);
}

PlanPtr PlanVacuum(Job& job, const parser::VacuumStmt& vacuum) {
  const std::string command = CommandName(vacuum);
  std::vector<RelationInfo> members;
  for (const parser::VacuumRelation* item : vacuum.rels) {
    members.push_back(item->relation != nullptr ? ClassifyRelation(job, *item->relation) : RelationInfo{});
  }
  if (members.empty()) {
    PlanPtr plan = EverywherePlan(job, command, false, "every shard for itself");
    std::get<RunEverywhere>(plan->action).transactional = !vacuum.is_vacuumcmd;
    return plan;
  }
  auto keep = [&](const std::vector<std::size_t>& indexes) {
    parser::Arena arena;
    parser::VacuumStmt* mine = parser::Clone(&vacuum, arena);
    parser::List<parser::VacuumRelation*> kept;
    for (std::size_t i : indexes) kept.push_back(arena, mine->rels[i]);
    mine->rels = kept;
    return parser::Print(*mine);
  };
  return SplitPlan(job, command, members, keep, false, !vacuum.is_vacuumcmd);
}

PlanPtr PlanGrant(Job& job, const parser::GrantStmt& grant) {
  using enum parser::ObjectType;
  const std::string command = CommandName(grant);
  if (grant.objtype == OBJECT_DATABASE || grant.objtype == OBJECT_TABLESPACE || grant.objtype == OBJECT_LARGEOBJECT ||
      grant.objtype == OBJECT_FDW || grant.objtype == OBJECT_FOREIGN_SERVER || grant.objtype == OBJECT_PARAMETER_ACL) {
    return RefusalPlan(job, command,
                       job.Refuse("privileges on this kind of object", &grant, "Grant them on the servers directly."));
  }
  const bool names_tables = grant.targtype == parser::GrantTargetType::ACL_TARGET_OBJECT &&
                            (grant.objtype == OBJECT_TABLE || grant.objtype == OBJECT_SEQUENCE);
  if (!names_tables) return EverywherePlan(job, command, false, "privileges are the same on every shard");
  std::vector<RelationInfo> members;
  for (const parser::Node* object : grant.objects) {
    const auto* var = As<parser::RangeVar>(object);
    members.push_back(var != nullptr ? ClassifyRelation(job, *var) : RelationInfo{});
  }
  auto keep = [&](const std::vector<std::size_t>& indexes) {
    parser::Arena arena;
    parser::GrantStmt* mine = parser::Clone(&grant, arena);
    parser::Nodes kept;
    for (std::size_t i : indexes) kept.push_back(arena, mine->objects[i]);
    mine->objects = kept;
    return parser::Print(*mine);
  };
  return SplitPlan(job, command, members, keep, false, true);
}

}  // namespace

PlanPtr SplitPlan(Job& job, const std::string& command, const std::vector<RelationInfo>& members,
                  const std::function<std::string(const std::vector<std::size_t>&)>& keep, bool changes_catalog,
                  bool transactional) {
  std::vector<std::size_t> spread;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].problem) return RefusalPlan(job, command, *members[i].problem);
    const bool everywhere = members[i].kind == RelationClass::kSharded || members[i].kind == RelationClass::kReference;
    if (everywhere) spread.push_back(i);
  }
  if (spread.empty()) {
    PlanPtr plan = HomePlan(job, command, "everything it names is on the home shard");
    plan->changes_catalog = changes_catalog;
    return plan;
  }
  PlanPtr plan = EverywherePlan(job, command, changes_catalog, "tables that every shard holds");
  auto& action = std::get<RunEverywhere>(plan->action);
  action.transactional = transactional;
  if (spread.size() < members.size()) {
    action.home_sql = std::string(job.text);
    action.other_sql = keep(spread);
    plan->why = "tables that every shard holds, and tables of the home shard on that alone";
  }
  return plan;
}

PlanPtr PlanTableDdl(Job& job, const parser::Node& node) {
  if (const auto* create = As<parser::CreateStmt>(&node)) return PlanCreate(job, *create);
  if (const auto* alter = As<parser::AlterTableStmt>(&node)) return PlanAlter(job, *alter);
  if (const auto* index = As<parser::IndexStmt>(&node)) return PlanIndex(job, *index);
  if (const auto* rename = As<parser::RenameStmt>(&node)) return PlanRename(job, *rename);
  if (const auto* drop = As<parser::DropStmt>(&node)) return PlanDropTables(job, *drop);
  if (const auto* truncate = As<parser::TruncateStmt>(&node)) return PlanTruncate(job, *truncate);
  if (const auto* vacuum = As<parser::VacuumStmt>(&node)) return PlanVacuum(job, *vacuum);
  if (const auto* grant = As<parser::GrantStmt>(&node)) return PlanGrant(job, *grant);
  return nullptr;
}

}  // namespace pgshoal::plan
