#include "router/plan/planner.hpp"

#include <fmt/format.h>

#include "parser/walk.hpp"
#include "router/plan/functions.hpp"
#include "router/plan/relations.hpp"

namespace pgshoal::plan {
namespace {

// DDL of temporary relations changes nothing that others see, and nothing that a commit must keep.
void AdjustForTemporary(const Job& job, const parser::Node& node, PlanPtr& plan) {
  if (std::holds_alternative<RunEverywhere>(plan->action) && job.text.find("pg_temp") != std::string_view::npos) {
    plan = RefusalPlan(job, plan->command,
                       job.Refuse("functions, types and the like cannot be temporary through the router", &node,
                                  "Create them in a schema of their own."));
    return;
  }
  if (!job.names_temporary) return;
  if (const auto* everywhere = std::get_if<RunEverywhere>(&plan->action);
      everywhere != nullptr && everywhere->transactional && job.context.map.shard_count() > 1) {
    plan = RefusalPlan(job, plan->command,
                       job.Refuse("a temporary relation together with tables that every shard holds", &node,
                                  "Name it in a statement of its own."));
    return;
  }
  plan->changes_temporary = true;
  const bool makes = plan->command.starts_with("CREATE ") && plan->command != "CREATE INDEX";
  if (job.names_other || makes) return;
  plan->changes_catalog = false;
  if (auto* routed = std::get_if<RunRouted>(&plan->action)) routed->writes = false;
}

// A table's or view's row type, or one of its columns' (%TYPE), where other shards do not have the relation.
bool IsRowOfHomeRelation(Job& job, const parser::TypeName& type) {
  const std::size_t used = type.names.size() - (type.pct_type ? 1 : 0);
  if (type.names.size() == 0 || used == 0 || used > 2) return false;
  const std::string_view schema = used == 2 ? std::string_view(type.names[0]) : std::string_view();
  const catalog::Relation* relation =
      job.context.catalog.FindRelation(schema, type.names[used - 1], job.context.search_path);
  if (relation == nullptr || relation->kind == catalog::RelationKind::kCompositeType) return false;
  return ClassifyByName(job, relation->schema, relation->name, nullptr).kind == RelationClass::kHome;
}

// What every shard is to have may not need what only the home shard has.
void RefuseRowsOfHome(Job& job, const parser::Node& node, PlanPtr& plan) {
  const auto* everywhere = std::get_if<RunEverywhere>(&plan->action);
  if (everywhere == nullptr || job.context.map.shard_count() <= 1) return;
  const parser::TypeName* found = nullptr;
  parser::Walk(node, [&](const parser::Node& inner) {
    const auto* type = As<parser::TypeName>(&inner);
    if (found == nullptr && type != nullptr && IsRowOfHomeRelation(job, *type)) found = type;
    return found == nullptr;
  });
  if (found == nullptr) return;
  plan = RefusalPlan(job, plan->command,
                     job.Refuse("the row type of a relation that only the home shard has", found,
                                "Name columns of the relation, or a type made with CREATE TYPE."));
}

// Defaults, checks, casts: what a server will call by itself reads its own part of a table only.
void RefuseCodeOverShards(Job& job, const parser::Node& node, PlanPtr& plan) {
  if (std::holds_alternative<Refusal>(plan->action) || parser::Is<parser::CreateFunctionStmt>(&node)) return;
  const catalog::Function* function = CallOverShards(job, node);
  if (function == nullptr) return;
  plan = RefusalPlan(
      job, plan->command,
      job.Refuse(fmt::format("function {} may touch tables that are spread over shards, and each server would call it "
                             "by itself",
                             function->name),
                 &node, "Call the function in statements of their own."));
}

// Utility commands, which do not tell the place of an unknown relation, tell of its schema when that is what is
// missing.
void NameMissingSchema(const Job& job, Plan& plan) {
  auto* refusal = std::get_if<Refusal>(&plan.action);
  if (refusal == nullptr || job.missing_schema.empty()) return;
  const bool tells_place = refusal->error.position != 0 && As<parser::CreateStmt>(job.root) == nullptr;
  const std::string_view code = refusal->error.sqlstate;
  if ((code != sqlstate::kUndefinedTable && code != sqlstate::kUndefinedObject) || tells_place) return;
  const int position = refusal->error.position;
  refusal->error =
      job.Error(sqlstate::kInvalidSchemaName, fmt::format("schema \"{}\" does not exist", job.missing_schema), nullptr);
  refusal->error.position = position;
}

}  // namespace

std::shared_ptr<const Plan> PlanStatement(const parser::Statement& statement, std::string_view script_text,
                                          const PlanContext& context) {
  Job job{context, script_text, {}, statement.root, false, {}};
  if (statement.begin <= statement.end && statement.end <= script_text.size()) {
    job.text = script_text.substr(statement.begin, statement.end - statement.begin);
  }
  if (statement.root == nullptr) {
    PlanPtr plan = NewPlan(job, "");
    plan->action = EmptyQuery{};
    return plan;
  }
  PlanPtr plan;
  bool is_ddl = false;
  for (auto* planner : {PlanQuery, PlanCopy, PlanSession, PlanTableDdl, PlanOtherDdl}) {
    plan = planner(job, *statement.root);
    is_ddl = planner == PlanTableDdl || planner == PlanOtherDdl;
    if (plan != nullptr) break;
  }
  if (plan != nullptr && is_ddl) AdjustForTemporary(job, *statement.root, plan);
  if (plan != nullptr && is_ddl) RefuseRowsOfHome(job, *statement.root, plan);
  if (plan != nullptr && is_ddl) RefuseCodeOverShards(job, *statement.root, plan);
  if (plan == nullptr) {
    const std::string command = CommandName(*statement.root);
    plan = RefusalPlan(job, command,
                       job.Refuse(fmt::format("{} cannot be routed yet", command), statement.root,
                                  "Connect to the servers directly for this command."));
  }
  NameMissingSchema(job, *plan);
  plan->names_unknown = job.names_unknown;
  plan->changes_temporary |= job.changes_temporary;
  plan->may_pin |= job.may_pin || plan->changes_temporary;
  plan->names_temporary = job.names_temporary;
  return plan;
}

}  // namespace pgshoal::plan
