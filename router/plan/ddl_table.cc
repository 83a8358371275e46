// CREATE TABLE, CREATE INDEX, and where DDL of a relation runs.
#include <algorithm>

#include <fmt/format.h>

#include "router/plan/ddl.hpp"

namespace pgshoal::plan {

using parser::As;
using shardmap::TableKind;

RelationInfo ClassifyOwner(Job& job, const parser::RangeVar& var) {
  RelationInfo info = ClassifyRelation(job, var);
  if (info.relation != nullptr && info.relation->kind == catalog::RelationKind::kIndex) {
    return ClassifyByName(job, info.relation->schema, info.relation->owning_table, &var);
  }
  return info;
}

namespace {

// ADD COLUMN … DEFAULT and TYPE … USING evaluate an expression for each row.
bool RunsForRows(std::string_view command) { return command == "ALTER TABLE"; }

}  // namespace

PlanPtr ByKind(Job& job, const std::string& command, const RelationInfo& info) {
  if (info.problem) return RefusalPlan(job, command, *info.problem);
  if (info.kind == RelationClass::kSharded || info.kind == RelationClass::kReference) {
    return EverywherePlan(job, command, true, "every shard holds the table");
  }
  PlanPtr plan = HomePlan(job, command, "the home shard holds it");
  plan->changes_catalog = true;
  plan->leaves_state = RunsForRows(command);
  return plan;
}

PlanPtr MissingOk(Job& job, const std::string& command) {
  PlanPtr plan = HomePlan(job, command, "it does not exist");
  plan->changes_catalog = true;
  return plan;
}

bool IsTemporaryName(const Job& job, const parser::RangeVar& name) {
  if (name.relpersistence == 't' || name.schemaname == kTemporarySchema) return true;
  if (!name.schemaname.empty()) return false;
  for (const std::string& schema : job.context.search_path) {
    if (schema == kTemporarySchema) return true;
    if (job.context.catalog.HasSchema(schema)) return false;
  }
  return false;
}

PlanPtr TemporaryPlan(Job& job, const std::string& command) {
  PlanPtr plan = HomePlan(job, command, "temporary tables live on the home shard");
  std::get<RunRouted>(plan->action).writes = false;  // nothing that a commit must keep
  plan->changes_temporary = true;
  return plan;
}

bool Unknown(const RelationInfo& info) {
  return info.problem && info.problem->sqlstate == sqlstate::kUndefinedTable;
}

PlanPtr ByKind(Job& job, const std::string& command, const TableShape& table) {
  switch (table.rule.kind) {
    case TableKind::kHome: {
      PlanPtr plan = HomePlan(job, command, fmt::format("\"{}\" is a home table", table.name));
      plan->changes_catalog = true;
      plan->leaves_state = RunsForRows(command);
      return plan;
    }
    case TableKind::kReference:
      return EverywherePlan(job, command, true, fmt::format("\"{}\" is a reference table", table.name));
    case TableKind::kSharded:
      break;
  }
  return EverywherePlan(job, command, true, fmt::format("\"{}\" is sharded: every shard holds a part", table.name));
}

namespace {

void AddColumns(const Job& job, const catalog::Relation& relation, const parser::Node* at, TableShape* table) {
  for (const catalog::Column& column : relation.columns) {
    const bool known = std::any_of(table->columns.begin(), table->columns.end(),
                                   [&](const NewColumn& other) { return other.name == column.name; });
    if (!known) table->columns.push_back({column.name, BaseType(job.context.catalog, column.type), at});
  }
}

// Columns, primary key and, for the columns' sake, parents and LIKE sources.
Blocker ReadShape(Job& job, const parser::CreateStmt& create, TableShape* table) {
  const auto constraint_of = [&](const parser::Node* node, std::string_view column) {
    const auto* constraint = As<parser::Constraint>(node);
    if (constraint == nullptr || constraint->contype != parser::ConstrType::CONSTR_PRIMARY) return;
    table->primary_key.assign(constraint->keys.begin(), constraint->keys.end());
    if (!column.empty()) table->primary_key.emplace_back(column);
  };
  for (const parser::RangeVar* parent : create.inhRelations) {
    const RelationInfo info = ClassifyRelation(job, *parent);
    if (info.problem) return WithoutPlace(info.problem);
    if (info.relation != nullptr) AddColumns(job, *info.relation, parent, table);
  }
  for (const parser::Node* element : create.tableElts) {
    if (const auto* column = As<parser::ColumnDef>(element)) {
      const std::string name(column->colname);
      // A partition may give its parent's columns options; they have no type then.
      if (column->typeName != nullptr) {
        std::erase_if(table->columns, [&](const NewColumn& other) { return other.name == name; });
        table->columns.push_back({name, ColumnType(job, *column), column});
      }
      for (const parser::Node* inner : column->constraints) constraint_of(inner, column->colname);
    } else if (const auto* like = As<parser::TableLikeClause>(element)) {
      const RelationInfo info = ClassifyRelation(job, *like->relation);
      if (info.problem) return info.problem;
      if (info.relation != nullptr) AddColumns(job, *info.relation, like->relation, table);
    } else {
      constraint_of(element, {});
    }
  }
  for (const parser::Node* element : create.constraints) constraint_of(element, {});
  return std::nullopt;
}

Blocker CheckColumn(Job& job, const TableShape& table, const parser::ColumnDef& column) {
  if (Blocker blocker = CheckDefaultClause(job, table, column.raw_default)) return blocker;
  for (const parser::Node* inner : column.constraints) {
    const auto* constraint = As<parser::Constraint>(inner);
    if (constraint == nullptr) continue;
    if (Blocker blocker = CheckConstraint(job, table, *constraint, column.colname)) return blocker;
    if (constraint->contype != parser::ConstrType::CONSTR_DEFAULT) continue;
    if (Blocker blocker = CheckDefaultClause(job, table, constraint->raw_expr)) return blocker;
  }
  return std::nullopt;
}

Blocker CheckLike(Job& job, const TableShape& table, const parser::TableLikeClause& like) {
  const RelationInfo info = ClassifyRelation(job, *like.relation);
  if (table.rule.kind == TableKind::kHome || info.relation == nullptr) return std::nullopt;
  if (info.kind == RelationClass::kHome) {
    return job.Refuse(
        fmt::format("\"{}\" is on the home shard only and cannot be copied from on the others", info.relation->name),
        like.relation, "List the columns.");
  }
  if (table.rule.kind != TableKind::kSharded || like.options == 0) return std::nullopt;
  for (const catalog::UniqueKey& key : info.relation->unique_keys) {
    if (HoldsKey(table.rule, key.columns)) continue;
    return job.Refuse(fmt::format("the copied unique index \"{}\" leaves out the shard key", key.name), like.relation,
                      kUniqueHint);
  }
  return std::nullopt;
}

Blocker CheckParent(Job& job, const TableShape& table, const parser::RangeVar& parent) {
  const RelationInfo info = ClassifyRelation(job, parent);
  if (SameRule(info.rule, table.rule)) return std::nullopt;
  return job.Refuse(fmt::format("\"{}\" would be a {} table under the {} table \"{}\"", table.name,
                                NameOf(table.rule.kind), NameOf(info.rule.kind), parent.relname),
                    &parent, "Declare parent and child alike in the shard map.");
}

Blocker CheckCreate(Job& job, const TableShape& table, const parser::CreateStmt& create) {
  if (Blocker blocker = CheckKeyColumns(job, table, *create.relation)) return blocker;
  for (const parser::RangeVar* parent : create.inhRelations) {
    if (Blocker blocker = CheckParent(job, table, *parent)) return blocker;
  }
  for (const auto* list : {&create.tableElts, &create.constraints}) {
    for (const parser::Node* element : *list) {
      Blocker blocker;
      if (const auto* constraint = As<parser::Constraint>(element)) {
        blocker = CheckConstraint(job, table, *constraint, {});
      } else if (const auto* column = As<parser::ColumnDef>(element)) {
        blocker = CheckColumn(job, table, *column);
      } else if (const auto* like = As<parser::TableLikeClause>(element)) {
        blocker = CheckLike(job, table, *like);
      }
      if (blocker) return blocker;
    }
  }
  return std::nullopt;
}

// On the home shard, and nobody else's: the map has no say.
PlanPtr PlanTemporaryTable(Job& job, const parser::CreateStmt& create) {
  const std::string command = "CREATE TABLE";
  for (const parser::RangeVar* parent : create.inhRelations) {
    const RelationInfo info = ClassifyRelation(job, *parent);
    if (info.problem) return RefusalPlan(job, command, *WithoutPlace(info.problem));
    if (IsTemporary(info) || !MapSpreadsTables(job.context)) continue;
    return RefusalPlan(job, command,
                       job.Refuse("a temporary table under one that is not", parent, "Use LIKE, or list the columns."));
  }
  TableShape table;
  table.schema = std::string(kTemporarySchema);
  table.name = std::string(create.relation->relname);
  if (Blocker blocker = ReadShape(job, create, &table)) return RefusalPlan(job, command, *std::move(blocker));
  if (Blocker blocker = CheckCreate(job, table, create)) return RefusalPlan(job, command, *std::move(blocker));
  return TemporaryPlan(job, command);
}

PlanPtr PlanCreateTable(Job& job, const parser::CreateStmt& create) {
  const std::string command = "CREATE TABLE";
  const parser::RangeVar& name = *create.relation;
  if (IsTemporaryName(job, name)) return PlanTemporaryTable(job, create);
  TableShape table;
  table.schema = name.schemaname.empty() ? job.context.catalog.CreationSchema(job.context.search_path)
                                         : std::string(name.schemaname);
  table.name = std::string(name.relname);
  if (create.if_not_exists) {
    const catalog::Relation* relation = job.context.catalog.FindRelation(table.schema, table.name, {});
    if (relation != nullptr) return ByKind(job, command, ShapeOf(job, *relation));
  }
  if (Blocker blocker = ReadShape(job, create, &table)) return RefusalPlan(job, command, *std::move(blocker));
  table.rule = job.context.map.Resolve(table.schema, table.name, NamesOf(table.columns));
  if (create.ofTypename != nullptr && MapSpreadsTables(job.context)) {
    return RefusalPlan(job, command, job.Refuse("CREATE TABLE OF a type", create.ofTypename, "List the columns."));
  }
  if (Blocker blocker = CheckCreate(job, table, create)) return RefusalPlan(job, command, *std::move(blocker));
  return ByKind(job, command, table);
}

PlanPtr PlanIndex(Job& job, const parser::IndexStmt& index) {
  const std::string command = "CREATE INDEX";
  const RelationInfo info = ClassifyRelation(job, *index.relation);
  if (info.kind == RelationClass::kSharded && index.unique) {
    std::vector<std::string> columns;
    for (const parser::IndexElem* element : index.indexParams) {
      if (element->expr == nullptr) columns.emplace_back(element->name);
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

}  // namespace

PlanPtr PlanTableDdl(Job& job, const parser::Node& node) {
  if (const auto* create = As<parser::CreateStmt>(&node)) return PlanCreateTable(job, *create);
  PlanPtr plan;
  if (const auto* alter = As<parser::AlterTableStmt>(&node)) plan = PlanAlterTable(job, *alter);
  if (const auto* index = As<parser::IndexStmt>(&node)) plan = PlanIndex(job, *index);
  if (const auto* rename = As<parser::RenameStmt>(&node)) plan = PlanRename(job, *rename);
  if (const auto* move = As<parser::AlterObjectSchemaStmt>(&node)) plan = PlanMove(job, *move);
  if (const auto* drop = As<parser::DropStmt>(&node)) plan = PlanDropRelations(job, *drop);
  if (const auto* truncate = As<parser::TruncateStmt>(&node)) plan = PlanTruncate(job, *truncate);
  if (const auto* vacuum = As<parser::VacuumStmt>(&node)) plan = PlanVacuum(job, *vacuum);
  if (const auto* grant = As<parser::GrantStmt>(&node)) plan = PlanGrant(job, *grant);
  if (plan == nullptr) return nullptr;
  if (auto* refusal = std::get_if<Refusal>(&plan->action)) {
    refusal->error = *WithoutPlace(std::move(refusal->error));
  }
  return plan;
}

}  // namespace pgshoal::plan
