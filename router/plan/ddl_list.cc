// Statements over a list of relations: DROP, TRUNCATE, VACUUM, GRANT.
#include <algorithm>

#include <fmt/format.h>

#include "parser/print.hpp"
#include "parser/walk.hpp"
#include "router/plan/ddl.hpp"
#include "router/plan/functions.hpp"

namespace pgshoal::plan {

using parser::As;
using shardmap::TableKind;

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
    // Triggers fire on TRUNCATE.
    plan->leaves_state = std::any_of(members.begin(), members.end(), [](const RelationInfo& member) {
      return member.relation != nullptr && member.relation->has_triggers;
    });
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

namespace {

std::string_view WordFor(parser::ObjectType type) {
  using enum parser::ObjectType;
  switch (type) {
    case OBJECT_TABLE:
      return "table";
    case OBJECT_INDEX:
      return "index";
    case OBJECT_SEQUENCE:
      return "sequence";
    case OBJECT_VIEW:
      return "view";
    case OBJECT_MATVIEW:
      return "materialized view";
    case OBJECT_FOREIGN_TABLE:
      return "foreign table";
    default:
      return {};
  }
}

// The relation that one member of DROP's list names. Whatever keeps queries from a table (rules, row-level security)
// does not keep it from being dropped.
RelationInfo ClassifyDropped(Job& job, const parser::DropStmt& drop, const parser::RangeVar& var) {
  RelationInfo info = ClassifyOwner(job, var);
  if (!info.problem) return info;
  const auto& catalog = job.context.catalog;
  const catalog::Relation* relation = catalog.FindRelation(var.schemaname, var.relname, job.context.search_path);
  if (relation != nullptr && relation->kind == catalog::RelationKind::kIndex) {
    relation = catalog.FindRelation(relation->schema, relation->owning_table, {});
  }
  if (relation != nullptr) {
    const bool is_table =
        relation->kind == catalog::RelationKind::kTable || relation->kind == catalog::RelationKind::kPartitionedTable;
    const bool home = !is_table || ShapeOf(job, *relation).rule.kind == TableKind::kHome;
    info.kind = home ? RelationClass::kHome : RelationClass::kReference;
    info.problem.reset();
  } else if (Unknown(info) && drop.missing_ok) {
    info.kind = RelationClass::kHome;
    info.problem.reset();
  } else if (Unknown(info)) {
    using enum parser::ObjectType;
    const bool is_object = drop.removeType == OBJECT_INDEX || drop.removeType == OBJECT_FOREIGN_TABLE;
    const auto code = is_object ? sqlstate::kUndefinedObject : sqlstate::kUndefinedTable;
    info.problem =
        job.Error(code, fmt::format("{} \"{}\" does not exist", WordFor(drop.removeType), var.relname), nullptr);
  }
  return info;
}

// Triggers fire on TRUNCATE: on a table that is spread over shards never, elsewhere when they stay on the home shard.
Blocker CheckTruncateTriggers(Job& job, const RelationInfo& info, const parser::RangeVar& var) {
  if (info.problem || info.relation == nullptr || !info.relation->has_triggers) return std::nullopt;
  const bool home = info.kind == RelationClass::kHome || info.kind == RelationClass::kSystem;
  const auto& functions = info.relation->trigger_functions;
  const bool harmless = home && std::none_of(functions.begin(), functions.end(), [&](const auto& function) {
                          return FunctionMayTouchSharded(job, function);
                        });
  if (harmless) return std::nullopt;
  return job.Refuse(fmt::format("table \"{}\" has triggers, which may touch other tables", info.relation->name), &var,
                    "Drop the triggers first.");
}

}  // namespace

PlanPtr PlanDropRelations(Job& job, const parser::DropStmt& drop) {
  const std::string command = CommandName(drop);
  if (WordFor(drop.removeType).empty()) return nullptr;
  std::vector<RelationInfo> members;
  for (const parser::Node* object : drop.objects) {
    const auto* list = As<parser::ListNode>(object);
    if (list == nullptr || list->items.empty() || list->items.size() > 3) return nullptr;
    const auto name_at = [&](std::size_t i) {
      const auto* text = As<parser::String>(list->items[i]);
      return text != nullptr ? text->sval : std::string_view();
    };
    parser::RangeVar var;
    var.begin = object->begin;
    var.end = object->end;
    var.relname = name_at(list->items.size() - 1);
    if (list->items.size() > 1) var.schemaname = name_at(list->items.size() - 2);
    members.push_back(ClassifyDropped(job, drop, var));
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
    if (Blocker blocker = CheckTruncateTriggers(job, info, *var)) info.problem = std::move(blocker);
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

}  // namespace pgshoal::plan
