#pragma once
// Internal to plan/: parts shared by the planners of DDL.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "router/plan/query.hpp"

namespace pgshoal::plan {

// A column as CREATE TABLE or ALTER TABLE gives it.
struct NewColumn {
  std::string name;
  Oid type = 0;
  const parser::Node* node = nullptr;
};

// The table that a DDL statement makes or changes, as the map sees it.
struct TableShape {
  std::string schema, name;
  shardmap::TableRule rule;
  std::vector<NewColumn> columns;
  std::vector<std::string> primary_key;
};

inline constexpr char kUniqueHint[] =
    "Include the shard key's columns in the constraint: uniqueness is kept by each shard alone.";

TableShape ShapeOf(const Job& job, const catalog::Relation& relation);
std::vector<std::string> NamesOf(const std::vector<NewColumn>& columns);
// A column definition's type, seen through domains and serial; 0 when unknown.
Oid ColumnType(const Job& job, const parser::ColumnDef& column);
bool HoldsKey(const shardmap::TableRule& rule, const std::vector<std::string>& columns);
// Whether the map treats a table alike under both rules.
bool SameRule(const shardmap::TableRule& a, const shardmap::TableRule& b);
// PostgreSQL's utility commands report a missing relation without its place in the text.
Blocker WithoutPlace(Blocker blocker);

// `column`: the column that a column constraint stands at, else empty.
Blocker CheckConstraint(Job& job, const TableShape& table, const parser::Constraint& constraint,
                        std::string_view column);
Blocker CheckKeyColumns(Job& job, const TableShape& table, const parser::Node& at);
// A DEFAULT that draws from a sequence, which only the home shard has.
Blocker CheckDefaultClause(Job& job, const TableShape& table, const parser::Node* value);

// Looks a relation up; an index counts as the table that it indexes.
RelationInfo ClassifyOwner(Job& job, const parser::RangeVar& var);
bool Unknown(const RelationInfo& info);
// Whether a relation that is created under this name is temporary.
bool IsTemporaryName(const Job& job, const parser::RangeVar& name);
// The client's text on the home shard, which makes or changes a temporary table.
PlanPtr TemporaryPlan(Job& job, const std::string& command);
// DDL of a relation runs where the relation is: on every shard, or on the home shard.
PlanPtr ByKind(Job& job, const std::string& command, const RelationInfo& info);
PlanPtr ByKind(Job& job, const std::string& command, const TableShape& table);
// IF EXISTS of something that is not there: the home shard says so.
PlanPtr MissingOk(Job& job, const std::string& command);

// A statement over a list of relations, some of which live on the home shard only. `keep(indexes)` prints the statement
// with only these members of the list.
PlanPtr SplitPlan(Job& job, const std::string& command, const std::vector<RelationInfo>& members,
                  const std::function<std::string(const std::vector<std::size_t>&)>& keep, bool changes_catalog,
                  bool transactional);

PlanPtr PlanAlterTable(Job& job, const parser::AlterTableStmt& alter);
PlanPtr PlanRename(Job& job, const parser::RenameStmt& rename);
// ALTER … SET SCHEMA of a relation.
PlanPtr PlanMove(Job& job, const parser::AlterObjectSchemaStmt& move);
// Null when the statement drops something else than tables, indexes, views or sequences.
PlanPtr PlanDropRelations(Job& job, const parser::DropStmt& drop);
PlanPtr PlanTruncate(Job& job, const parser::TruncateStmt& truncate);
PlanPtr PlanVacuum(Job& job, const parser::VacuumStmt& vacuum);
PlanPtr PlanGrant(Job& job, const parser::GrantStmt& grant);

}  // namespace pgshoal::plan
