#pragma once
// Internal to plan/: one statement being planned, and how its parts say what is in the way.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "parser/parser.hpp"
#include "router/plan/planner.hpp"

namespace pgshoal::plan {

// Nothing, or the error that stops the statement.
using Blocker = std::optional<SqlError>;

struct Job {
  const PlanContext& context;
  std::string_view script;
  std::string_view text;  // the statement's own
  const parser::Node* root = nullptr;
  bool names_unknown = false;
  std::string missing_schema;  // of a relation that is unknown, when there is no such schema at all
  std::vector<const catalog::Function*> judging;  // functions whose bodies are being read (functions.hpp)
  bool may_pin = false;            // see Plan
  bool changes_temporary = false;  // see Plan
  bool names_temporary = false;    // a temporary relation was named …
  bool names_other = false;        // … and one that is none, or is to be made

  [[nodiscard]] int PositionOf(const parser::Node* node) const;
  // 0A000 at `node` (which may be null).
  [[nodiscard]] SqlError Refuse(std::string message, const parser::Node* node, std::string hint) const;
  [[nodiscard]] SqlError Error(std::string_view sqlstate, std::string message, const parser::Node* node,
                               std::string hint = {}) const;
};

using PlanPtr = std::shared_ptr<Plan>;

// A plan with text and command filled in.
PlanPtr NewPlan(const Job& job, std::string command);
PlanPtr RefusalPlan(const Job& job, std::string command, SqlError error);

// The statement's own text at one place: the home shard, any shard, every shard.
PlanPtr HomePlan(const Job& job, std::string command, std::string why);
PlanPtr EverywherePlan(const Job& job, std::string command, bool changes_catalog, std::string why);

Selector SelectorOf(Selector::Op op);
// Union with the obvious simplifications: no members is kAny, one member is itself, kAny adds nothing to others.
Selector UnionOf(std::vector<Selector> members);
Selector IntersectionOf(std::vector<Selector> members);

// The planners of the kinds of statement. Each returns null for nodes that are not its own.
PlanPtr PlanQuery(Job& job, const parser::Node& node);     // SELECT, INSERT, UPDATE, DELETE, MERGE
PlanPtr PlanCopy(Job& job, const parser::Node& node);      // COPY
PlanPtr PlanSession(Job& job, const parser::Node& node);   // BEGIN, SET, PREPARE, DISCARD, cursors, EXPLAIN …
PlanPtr PlanTableDdl(Job& job, const parser::Node& node);  // tables, indexes and what hangs on them
PlanPtr PlanOtherDdl(Job& job, const parser::Node& node);  // every other object, maintenance
// SELECT … INTO: CREATE TABLE AS in an older dress.
PlanPtr PlanSelectInto(Job& job, const parser::SelectStmt& select);

// "SELECT", "CREATE TABLE" … as PostgreSQL's command tags name them.
std::string CommandName(const parser::Node& node);
std::string_view ObjectWord(parser::ObjectType type);

}  // namespace pgshoal::plan
