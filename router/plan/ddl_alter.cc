// ALTER TABLE, RENAME and SET SCHEMA: a table stays what the map says it is.
#include <algorithm>

#include <fmt/format.h>

#include "router/plan/ddl.hpp"
#include "router/plan/functions.hpp"

namespace pgshoal::plan {

using parser::As;
using shardmap::TableKind;

namespace {

bool IsKey(const TableShape& table, std::string_view column) {
  const auto& key = table.rule.key;
  return std::find(key.begin(), key.end(), column) != key.end();
}

// A DEFAULT that fills rows which exist already, or a column that counts by itself.
Blocker CheckAddedColumn(Job& job, const TableShape& table, const parser::ColumnDef& column) {
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
  if (table.rule.kind == TableKind::kHome) return std::nullopt;
  const FunctionClass bound = table.rule.kind == TableKind::kSharded ? FunctionClass::kRandom : FunctionClass::kSession;
  if (!counts && ClassifyExpression(job, value) <= bound) return std::nullopt;
  return job.Refuse(fmt::format("the new column \"{}\" would be filled differently on each shard", column.colname),
                    &column, "Add the column without a default, then SET DEFAULT, and update the rows.");
}

Blocker CheckAlterCommand(Job& job, TableShape& table, const catalog::Relation& relation,
                          const parser::AlterTableCmd& command) {
  const bool is_key = IsKey(table, command.name);
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
    case parser::AlterTableType::AT_ColumnDefault:
      return CheckDefaultClause(job, table, command.def);
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
      if (SameRule(info.rule, table.rule)) return std::nullopt;
      return job.Refuse(fmt::format("\"{}\" and \"{}\" are not sharded alike", relation.name, other->relname), other,
                        "Declare parent and child alike in the shard map.");
    }
    default:
      return std::nullopt;
  }
}

}  // namespace

PlanPtr PlanAlterTable(Job& job, const parser::AlterTableStmt& alter) {
  const std::string command = CommandName(alter);
  // A composite type's relation is the type: every shard has it.
  if (alter.objtype == parser::ObjectType::OBJECT_TYPE) return EverywherePlan(job, command, true, "a type");
  const RelationInfo info = ClassifyOwner(job, *alter.relation);
  if (alter.missing_ok && Unknown(info)) return MissingOk(job, command);
  if (IsTemporary(info)) {
    for (const parser::AlterTableCmd* change : alter.cmds) {
      if (change->subtype != parser::AlterTableType::AT_AddInherit &&
          change->subtype != parser::AlterTableType::AT_AttachPartition) {
        continue;
      }
      return RefusalPlan(job, command,
                         job.Refuse("a temporary table in a family of tables", alter.relation, "Use LIKE."));
    }
    return TemporaryPlan(job, command);
  }
  // A rule or row-level security stops queries; ALTER TABLE must still be able to take it away.
  const catalog::Relation* relation =
      info.relation != nullptr ? info.relation
                               : job.context.catalog.FindRelation(alter.relation->schemaname, alter.relation->relname,
                                                                  job.context.search_path);
  const bool is_table = relation != nullptr && (relation->kind == catalog::RelationKind::kTable ||
                                                relation->kind == catalog::RelationKind::kPartitionedTable);
  if (!is_table) return ByKind(job, command, info);
  TableShape table = ShapeOf(job, *relation);
  const shardmap::TableRule before = table.rule;
  for (const parser::AlterTableCmd* cmd : alter.cmds) {
    if (Blocker blocker = CheckAlterCommand(job, table, *relation, *cmd)) {
      return RefusalPlan(job, command, *std::move(blocker));
    }
  }
  const shardmap::TableRule after = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
  if (!SameRule(before, after)) {
    return RefusalPlan(
        job, command,
        job.Refuse(fmt::format("with these columns \"{}\" would become a {} table", table.name, NameOf(after.kind)),
                   alter.relation, "Name the table in the shard map before changing its columns."));
  }
  return ByKind(job, command, table);
}

PlanPtr PlanRename(Job& job, const parser::RenameStmt& rename) {
  using enum parser::ObjectType;
  const std::string command = CommandName(rename);
  if (rename.relation == nullptr) return nullptr;
  if (rename.renameType == OBJECT_ATTRIBUTE) return EverywherePlan(job, command, true, "a type");
  const RelationInfo info = ClassifyOwner(job, *rename.relation);
  if (rename.missing_ok && Unknown(info)) return MissingOk(job, command);
  if (IsTemporary(info)) return TemporaryPlan(job, command);
  // ALTER TABLE also renames indexes and views.
  const bool renames_table =
      rename.renameType == OBJECT_TABLE && info.relation != nullptr && info.relation->name == rename.relation->relname;
  if (info.relation == nullptr || (!renames_table && rename.renameType != OBJECT_COLUMN)) {
    return ByKind(job, command, info);
  }
  TableShape table = ShapeOf(job, *info.relation);
  const shardmap::TableRule before = table.rule;
  if (!renames_table && IsKey(table, rename.subname)) {
    return RefusalPlan(job, command,
                       job.Refuse("renaming a shard key column", rename.relation,
                                  "The shard map knows the column by its name: make a new table and copy the rows."));
  }
  if (renames_table) table.name = std::string(rename.newname);
  for (NewColumn& column : table.columns) {
    if (!renames_table && column.name == rename.subname) column.name = std::string(rename.newname);
  }
  if (SameRule(before, job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns)))) {
    return ByKind(job, command, info);
  }
  return RefusalPlan(job, command,
                     job.Refuse("under its new name the shard map would treat the table otherwise", rename.relation,
                                "Name the new table in the shard map first."));
}

PlanPtr PlanMove(Job& job, const parser::AlterObjectSchemaStmt& move) {
  const std::string command = CommandName(move);
  if (move.relation == nullptr) return nullptr;
  const RelationInfo info = ClassifyOwner(job, *move.relation);
  if (move.missing_ok && Unknown(info)) return MissingOk(job, command);
  if (IsTemporary(info)) return TemporaryPlan(job, command);
  if (info.relation == nullptr) return ByKind(job, command, info);
  const TableShape table = ShapeOf(job, *info.relation);
  if (SameRule(table.rule, job.context.map.Resolve(move.newschema, table.name, NamesOf(table.columns)))) {
    return ByKind(job, command, info);
  }
  return RefusalPlan(job, command,
                     job.Refuse("in another schema the shard map would treat the table otherwise", move.relation,
                                "Name the table in the shard map under its new schema first."));
}

}  // namespace pgshoal::plan
