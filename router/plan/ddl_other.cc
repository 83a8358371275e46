// DDL of everything but tables: views, sequences, schemas, types, functions, roles; maintenance.
#include <algorithm>

#include <fmt/format.h>

#include "router/plan/ddl.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;
using parser::NodeTag;

namespace {

PlanPtr Home(Job& job, const parser::Node& node, const char* why) {
  PlanPtr plan = HomePlan(job, CommandName(node), why);
  plan->changes_catalog = true;
  return plan;
}

PlanPtr Everywhere(Job& job, const parser::Node& node) {
  return EverywherePlan(job, CommandName(node), true, "every shard has it alike");
}

PlanPtr Refused(Job& job, const parser::Node& node, std::string message, std::string hint) {
  return RefusalPlan(job, CommandName(node), job.Refuse(std::move(message), &node, std::move(hint)));
}

// A view, materialized view or new table whose rows come from a query: the query must be the home shard's.
PlanPtr PlanFromQuery(Job& job, const parser::Node& node, const parser::Node& query, const parser::RangeVar& name,
                      bool stores_rows, const parser::Names* columns) {
  const std::string command = CommandName(node);
  if (name.relpersistence == 't') {
    return Refused(job, node, "temporary views and tables cannot be used through the router yet", "Leave TEMP out.");
  }
  PlanPtr inner = PlanQuery(job, query);
  if (inner == nullptr) {
    return Refused(job, node, "CREATE TABLE AS something other than a query", "Use a SELECT.");
  }
  if (std::holds_alternative<Refusal>(inner->action)) {
    inner->command = command;
    return inner;
  }
  const auto* routed = std::get_if<RunRouted>(&inner->action);
  const bool home =
      routed != nullptr && (routed->selector.op == Selector::Op::kHome || routed->selector.op == Selector::Op::kAny);
  if (!home) {
    return Refused(job, node, fmt::format("{} over sharded tables", command),
                   stores_rows ? "Create the table first and load it with COPY." : "Query the tables themselves.");
  }
  if (stores_rows) {
    const std::string schema = name.schemaname.empty() ? job.context.catalog.CreationSchema(job.context.search_path)
                                                       : std::string(name.schemaname);
    const shardmap::TableRule* rule = job.context.map.FindTable(schema, name.relname);
    const bool by_column = rule == nullptr && !job.context.map.column_rules().empty();
    const bool named = columns != nullptr && !columns->empty();
    std::vector<std::string> names;
    if (named) names.assign(columns->begin(), columns->end());
    const bool spread =
        by_column ? !named || job.context.map.Resolve(schema, name.relname, names).kind != shardmap::TableKind::kHome
                  : rule != nullptr && rule->kind != shardmap::TableKind::kHome;
    if (spread) {
      return Refused(job, node, fmt::format("\"{}\" would not be a home table, or it cannot be told", name.relname),
                     "Create the table first and use INSERT … SELECT or COPY.");
    }
  }
  return Home(job, node, "it reads the home shard only");
}

PlanPtr PlanByRelation(Job& job, const parser::Node& node, const parser::RangeVar& var, const char* what) {
  const RelationInfo info = ClassifyRelation(job, var);
  const std::string command = CommandName(node);
  if (info.problem) return RefusalPlan(job, command, *info.problem);
  if (info.kind == RelationClass::kHome || info.kind == RelationClass::kSystem) {
    return Home(job, node, "its table is a home table");
  }
  return Refused(job, node, fmt::format("{} on a table that is spread over shards", what),
                 "Do its work in statements of their own.");
}

// Objects that live where their relation lives: COMMENT, ALTER … OWNER, CREATE STATISTICS.
PlanPtr PlanAlongRelation(Job& job, const parser::Node& node, std::string_view schema, std::string_view name) {
  RelationInfo info = ClassifyByName(job, schema, name, &node);
  if (info.relation != nullptr && info.relation->kind == catalog::RelationKind::kIndex) {
    info = ClassifyByName(job, info.relation->schema, info.relation->owning_table, &node);
  }
  if (info.problem) return RefusalPlan(job, CommandName(node), *info.problem);
  const bool spread = info.kind == RelationClass::kSharded || info.kind == RelationClass::kReference;
  return spread ? Everywhere(job, node) : Home(job, node, "the home shard holds it");
}

PlanPtr PlanComment(Job& job, const parser::CommentStmt& comment) {
  using enum parser::ObjectType;
  switch (comment.objtype) {
    case OBJECT_TABLE:
    case OBJECT_COLUMN:
    case OBJECT_INDEX:
    case OBJECT_VIEW:
    case OBJECT_MATVIEW:
    case OBJECT_SEQUENCE:
    case OBJECT_TABCONSTRAINT:
    case OBJECT_TRIGGER:
    case OBJECT_RULE:
    case OBJECT_POLICY:
      break;
    case OBJECT_DATABASE:
    case OBJECT_TABLESPACE:
      return Refused(job, comment, "a comment on this kind of object", "Set it on the servers.");
    default:
      return Everywhere(job, comment);
  }
  const auto* list = As<parser::ListNode>(comment.object);
  if (list == nullptr) return Refused(job, comment, "a comment on this kind of object", "Set it on the servers.");
  std::vector<std::string_view> names;
  for (const parser::Node* item : list->items) {
    const auto* text = As<parser::String>(item);
    if (text != nullptr) names.push_back(text->sval);
  }
  const bool part = comment.objtype == OBJECT_COLUMN || comment.objtype == OBJECT_TABCONSTRAINT ||
                    comment.objtype == OBJECT_TRIGGER || comment.objtype == OBJECT_RULE ||
                    comment.objtype == OBJECT_POLICY;
  if (part && !names.empty()) names.pop_back();
  if (names.empty()) return Refused(job, comment, "a comment on this kind of object", "Set it on the servers.");
  return PlanAlongRelation(job, comment, names.size() > 1 ? names[names.size() - 2] : std::string_view(), names.back());
}

PlanPtr PlanReindex(Job& job, const parser::ReindexStmt& reindex) {
  const bool concurrent = std::any_of(reindex.params.begin(), reindex.params.end(),
                                      [](const parser::DefElem* option) { return option->defname == "concurrently"; });
  PlanPtr plan;
  switch (reindex.kind) {
    case parser::ReindexObjectType::REINDEX_OBJECT_INDEX:
    case parser::ReindexObjectType::REINDEX_OBJECT_TABLE:
      plan = PlanAlongRelation(job, reindex, reindex.relation->schemaname, reindex.relation->relname);
      break;
    case parser::ReindexObjectType::REINDEX_OBJECT_SCHEMA:
      plan = Everywhere(job, reindex);
      break;
    default:
      return Refused(job, reindex, "REINDEX of a whole database", "Reindex schemas or tables.");
  }
  plan->changes_catalog = false;
  if (auto* everywhere = std::get_if<RunEverywhere>(&plan->action)) {
    everywhere->changes_catalog = false;
    everywhere->transactional = !concurrent && reindex.kind != parser::ReindexObjectType::REINDEX_OBJECT_SCHEMA;
  }
  return plan;
}

}  // namespace

PlanPtr PlanOtherDdl(Job& job, const parser::Node& node) {
  switch (node.tag) {
    case NodeTag::ViewStmt: {
      const auto& view = static_cast<const parser::ViewStmt&>(node);
      return PlanFromQuery(job, node, *view.query, *view.view, false, nullptr);
    }
    case NodeTag::CreateTableAsStmt: {
      const auto& create = static_cast<const parser::CreateTableAsStmt&>(node);
      return PlanFromQuery(job, node, *create.query, *create.into->rel,
                           create.objtype != parser::ObjectType::OBJECT_MATVIEW, &create.into->colNames);
    }
    case NodeTag::RefreshMatViewStmt: {
      const auto& refresh = static_cast<const parser::RefreshMatViewStmt&>(node);
      const RelationInfo info = ClassifyRelation(job, *refresh.relation);
      if (info.problem) return RefusalPlan(job, CommandName(node), *info.problem);
      for (const catalog::QualifiedName& name : info.relation->reads_relations) {
        const RelationInfo read = ClassifyByName(job, name.schema, name.name, &node);
        if (read.kind != RelationClass::kHome && read.kind != RelationClass::kSystem &&
            read.kind != RelationClass::kReference) {
          return Refused(job, node, fmt::format("it reads \"{}\", which is spread over shards", name.name),
                         "Query the tables themselves.");
        }
      }
      return HomePlan(job, CommandName(node), "it reads the home shard only");
    }
    case NodeTag::CreateSeqStmt:
      if (static_cast<const parser::CreateSeqStmt&>(node).sequence->relpersistence == 't') {
        return Refused(job, node, "temporary sequences", "Leave TEMP out.");
      }
      return Home(job, node, "sequences live on the home shard");
    case NodeTag::AlterSeqStmt:
      return Home(job, node, "sequences live on the home shard");
    case NodeTag::CreateTrigStmt:
      return PlanByRelation(job, node, *static_cast<const parser::CreateTrigStmt&>(node).relation, "a trigger");
    case NodeTag::RuleStmt:
      return PlanByRelation(job, node, *static_cast<const parser::RuleStmt&>(node).relation, "a rule");
    case NodeTag::CreatePolicyStmt:
      return PlanByRelation(job, node, *static_cast<const parser::CreatePolicyStmt&>(node).table, "a policy");
    case NodeTag::AlterPolicyStmt:
      return PlanByRelation(job, node, *static_cast<const parser::AlterPolicyStmt&>(node).table, "a policy");
    case NodeTag::ClusterStmt: {
      const auto& cluster = static_cast<const parser::ClusterStmt&>(node);
      if (cluster.relation == nullptr) return Refused(job, node, "CLUSTER of all tables", "Name the table.");
      return PlanAlongRelation(job, node, cluster.relation->schemaname, cluster.relation->relname);
    }
    case NodeTag::CreateStatsStmt: {
      const auto& stats = static_cast<const parser::CreateStatsStmt&>(node);
      const auto* var = stats.relations.size() == 1 ? As<parser::RangeVar>(stats.relations[0]) : nullptr;
      if (var == nullptr) return nullptr;
      return PlanAlongRelation(job, node, var->schemaname, var->relname);
    }
    case NodeTag::CommentStmt:
      return PlanComment(job, static_cast<const parser::CommentStmt&>(node));
    case NodeTag::ReindexStmt:
      return PlanReindex(job, static_cast<const parser::ReindexStmt&>(node));
    case NodeTag::AlterOwnerStmt:
    case NodeTag::AlterObjectSchemaStmt: {
      const parser::RangeVar* relation = node.tag == NodeTag::AlterOwnerStmt
                                             ? static_cast<const parser::AlterOwnerStmt&>(node).relation
                                             : static_cast<const parser::AlterObjectSchemaStmt&>(node).relation;
      if (relation == nullptr) return Everywhere(job, node);
      const RelationInfo info = ClassifyRelation(job, *relation);
      const bool moves = node.tag == NodeTag::AlterObjectSchemaStmt;
      const bool spread = info.kind == RelationClass::kSharded || info.kind == RelationClass::kReference;
      if (moves && spread) {
        return Refused(job, node, "in another schema the shard map may treat the table otherwise",
                       "Name the table in the shard map under its new schema first.");
      }
      return PlanAlongRelation(job, node, relation->schemaname, relation->relname);
    }
    case NodeTag::CreateSchemaStmt:
      if (!static_cast<const parser::CreateSchemaStmt&>(node).schemaElts.empty()) {
        return Refused(job, node, "CREATE SCHEMA with objects in it", "Create the objects one by one.");
      }
      return Everywhere(job, node);
    case NodeTag::AlterRoleSetStmt:
      if (!static_cast<const parser::AlterRoleSetStmt&>(node).database.empty()) {
        return Refused(job, node, "a role's setting for one database", "Set it on the servers directly.");
      }
      return Everywhere(job, node);
    // DROP and RENAME of relations were planned with their tables: what is left is the same on every shard.
    case NodeTag::DropStmt: {
      using enum parser::ObjectType;
      const auto type = static_cast<const parser::DropStmt&>(node).removeType;
      if (type == OBJECT_TRIGGER || type == OBJECT_RULE || type == OBJECT_POLICY || type == OBJECT_STATISTIC_EXT) {
        const auto& drop = static_cast<const parser::DropStmt&>(node);
        const auto* list = drop.objects.size() == 1 ? As<parser::ListNode>(drop.objects[0]) : nullptr;
        if (list == nullptr || list->items.size() < 2 || type == OBJECT_STATISTIC_EXT) {
          return Refused(job, node, "this object cannot be found by its name here", "Drop it on the servers directly.");
        }
        std::vector<std::string_view> names;
        for (const parser::Node* item : list->items) {
          const auto* text = As<parser::String>(item);
          names.push_back(text != nullptr ? text->sval : std::string_view());
        }
        const std::string_view schema = names.size() > 2 ? names[names.size() - 3] : std::string_view();
        const catalog::Relation* table =
            job.context.catalog.FindRelation(schema, names[names.size() - 2], job.context.search_path);
        std::vector<std::string> columns;
        if (table == nullptr) return PlanAlongRelation(job, node, schema, names[names.size() - 2]);
        for (const catalog::Column& column : table->columns) columns.push_back(column.name);
        const bool home =
            job.context.map.Resolve(table->schema, table->name, columns).kind == shardmap::TableKind::kHome;
        return home ? Home(job, node, "its table is a home table") : Everywhere(job, node);
      }
      if (type == OBJECT_FDW || type == OBJECT_FOREIGN_SERVER)
        return Home(job, node, "foreign data is the home shard's");
      if (type == OBJECT_EVENT_TRIGGER || type == OBJECT_PUBLICATION || type == OBJECT_SUBSCRIPTION) return nullptr;
      return Everywhere(job, node);
    }
    case NodeTag::RenameStmt: {
      using enum parser::ObjectType;
      const auto type = static_cast<const parser::RenameStmt&>(node).renameType;
      if (type == OBJECT_DATABASE || type == OBJECT_TABLESPACE || type == OBJECT_EVENT_TRIGGER ||
          type == OBJECT_PUBLICATION || type == OBJECT_SUBSCRIPTION || type == OBJECT_STATISTIC_EXT ||
          type == OBJECT_SCHEMA) {
        return Refused(job, node, "renaming this kind of object", "Rename it on the servers, and in the shard map.");
      }
      if (type == OBJECT_FDW || type == OBJECT_FOREIGN_SERVER)
        return Home(job, node, "foreign data is the home shard's");
      return Everywhere(job, node);
    }
    case NodeTag::CreateExtensionStmt:
    case NodeTag::AlterExtensionStmt:
    case NodeTag::CreateFunctionStmt:
    case NodeTag::AlterFunctionStmt:
    case NodeTag::DefineStmt:
    case NodeTag::CompositeTypeStmt:
    case NodeTag::CreateEnumStmt:
    case NodeTag::CreateRangeStmt:
    case NodeTag::AlterEnumStmt:
    case NodeTag::AlterTypeStmt:
    case NodeTag::CreateDomainStmt:
    case NodeTag::AlterDomainStmt:
    case NodeTag::CreateCastStmt:
    case NodeTag::CreateTransformStmt:
    case NodeTag::CreateConversionStmt:
    case NodeTag::CreatePLangStmt:
    case NodeTag::CreateAmStmt:
    case NodeTag::CreateOpClassStmt:
    case NodeTag::CreateOpFamilyStmt:
    case NodeTag::AlterOpFamilyStmt:
    case NodeTag::AlterOperatorStmt:
    case NodeTag::AlterCollationStmt:
    case NodeTag::AlterTSDictionaryStmt:
    case NodeTag::AlterTSConfigurationStmt:
    case NodeTag::CreateRoleStmt:
    case NodeTag::AlterRoleStmt:
    case NodeTag::DropRoleStmt:
    case NodeTag::GrantRoleStmt:
    case NodeTag::AlterDefaultPrivilegesStmt:
    case NodeTag::DropOwnedStmt:
    case NodeTag::ReassignOwnedStmt:
      return Everywhere(job, node);
    case NodeTag::CheckPointStmt:
      return EverywherePlan(job, "CHECKPOINT", false, "every shard for itself");
    case NodeTag::CreateFdwStmt:
    case NodeTag::AlterFdwStmt:
    case NodeTag::CreateForeignServerStmt:
    case NodeTag::AlterForeignServerStmt:
    case NodeTag::CreateUserMappingStmt:
    case NodeTag::AlterUserMappingStmt:
    case NodeTag::DropUserMappingStmt:
      return Home(job, node, "foreign data is the home shard's");
    default:
      return nullptr;
  }
}

}  // namespace pgshoal::plan
