#include "router/plan/leftovers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "parser/parser.hpp"
#include "parser/walk.hpp"
#include "router/plan/functions.hpp"

namespace pgshoal::plan {
namespace {

// Functions of users, unless they are written in C.
bool RunsCode(const FunctionUse& use) {
  if (use.kind == FunctionClass::kSessionState && IsSessionLock(use.name)) return false;
  const bool native = !use.candidates.empty() && std::all_of(use.candidates.begin(), use.candidates.end(),
                                                             [](const auto* function) { return function->is_native; });
  return use.kind >= FunctionClass::kUser && (use.kind != FunctionClass::kUser || !native);
}

bool RunsCode(Job& job, const std::string& expression) {
  const auto script = parser::Parse(fmt::format("SELECT {}", expression));
  if (!script.ok() || (*script)->statements().size() != 1) return true;
  bool runs = false;
  parser::Walk(static_cast<const parser::Node&>(*(*script)->statements()[0].root), [&](const parser::Node& node) {
    if (const auto* call = As<parser::FuncCall>(&node)) runs = runs || RunsCode(ClassifyFunction(job, *call));
    return !runs;
  });
  return runs;
}

bool HasCode(const catalog::Relation& relation) {
  return relation.has_triggers || relation.has_rules || relation.row_security;
}

// Foreign keys lead only from and to columns of unique keys, as far as what they refer to is changed.
bool MayCascade(const parser::Node* statement, const catalog::Relation* relation) {
  const auto* update = As<parser::UpdateStmt>(statement);
  const auto* insert = As<parser::InsertStmt>(statement);
  if (update == nullptr && (insert == nullptr || insert->onConflictClause == nullptr)) return insert == nullptr;
  if (relation == nullptr) return true;
  const auto& assigned = update != nullptr ? update->targetList : insert->onConflictClause->targetList;
  return std::any_of(assigned.begin(), assigned.end(), [relation](const parser::ResTarget* target) {
    return std::any_of(relation->unique_keys.begin(), relation->unique_keys.end(), [target](const auto& key) {
      return std::find(key.columns.begin(), key.columns.end(), target->name) != key.columns.end();
    });
  });
}

}  // namespace

bool WriteMayLeaveState(Job& job, const catalog::Relation* relation, bool cascades) {
  if (relation == nullptr || HasCode(*relation)) return true;
  const bool alone = relation->kind == catalog::RelationKind::kTable && relation->children.empty();
  if (relation->kind != catalog::RelationKind::kTable && relation->kind != catalog::RelationKind::kPartitionedTable) {
    return true;
  }
  if (cascades || !alone) {
    const auto all = job.context.catalog.relations();
    if (std::any_of(all.begin(), all.end(), HasCode)) return true;
  }
  return std::any_of(relation->columns.begin(), relation->columns.end(), [&job](const catalog::Column& column) {
    return !column.default_text.empty() && RunsCode(job, column.default_text);
  });
}

// An UPDATE of pg_settings sets a setting; policies and views call functions on behalf of who reads.
bool MayLeaveState(Job& job, const Analysis& analysis) {
  for (const auto& [use, scope] : analysis.calls) {
    if (RunsCode(use)) return true;
  }
  return std::any_of(analysis.items.begin(), analysis.items.end(), [&job](const FromItem& item) {
    const catalog::Relation* relation = item.info.relation;
    if (relation != nullptr && (relation->row_security || !relation->reads_functions.empty())) return true;
    // Nothing is known of the defaults and views of temporary relations.
    if (IsTemporary(item.info)) return item.is_target || relation->kind == catalog::RelationKind::kView;
    if (!item.is_target) return false;
    if (item.info.kind == RelationClass::kSystem) return true;
    return item.info.kind == RelationClass::kHome &&
           WriteMayLeaveState(job, relation, MayCascade(item.owner->statement, relation));
  });
}

}  // namespace pgshoal::plan
