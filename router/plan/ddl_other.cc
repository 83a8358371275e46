// DDL of everything but tables: views, sequences, schemas, types, functions, roles; maintenance.
#include <algorithm>

#include <fmt/format.h>

#include "parser/print.hpp"
#include "parser/walk.hpp"
#include "router/plan/ddl.hpp"
#include "router/plan/functions.hpp"

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

// The names that a query's columns will have; nullopt when they cannot be told from its text.
std::optional<std::vector<std::string>> OutputNames(const parser::Node& query) {
  const auto* select = As<parser::SelectStmt>(&query);
  while (select != nullptr && select->larg != nullptr) select = select->larg;
  if (select == nullptr || select->targetList.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const parser::ResTarget* target : select->targetList) {
    const auto* column = As<parser::ColumnRef>(target->val);
    const auto* call = As<parser::FuncCall>(target->val);
    if (!target->name.empty()) {
      names.emplace_back(target->name);
    } else if (column != nullptr && !column->star) {
      names.emplace_back(column->fields.back());
    } else if (call != nullptr) {
      names.emplace_back(call->funcname.back());
    } else {
      return std::nullopt;
    }
  }
  return names;
}

// A view, materialized view or new table whose rows come from a query: the query must be the home shard's.
PlanPtr PlanFromQuery(Job& job, const parser::Node& node, const parser::Node& query, const parser::RangeVar& name,
                      bool stores_rows, const parser::Names* columns) {
  const std::string command = CommandName(node);
  const bool temporary = IsTemporaryName(job, name);
  PlanPtr inner = PlanQuery(job, query);
  if (inner == nullptr) {
    return Refused(job, node, "CREATE TABLE AS something other than a query", "Use a SELECT.");
  }
  if (std::holds_alternative<Refusal>(inner->action)) {
    inner->command = command;
    return inner;
  }
  auto* routed = std::get_if<RunRouted>(&inner->action);
  if (temporary && stores_rows && routed != nullptr) {
    PlanPtr plan = TemporaryPlan(job, command);
    RunRouted create = std::move(*routed);
    create.stream.reset();
    std::vector<Selector> places;
    places.push_back(SelectorOf(Selector::Op::kHome));
    places.push_back(std::move(create.selector));
    create.selector = UnionOf(std::move(places));
    create.if_several = job.Refuse("a temporary table made from rows that are not on the home shard", &node,
                                   "Create the table first and load it with COPY.");
    plan->action = std::move(create);
    plan->leaves_state = inner->leaves_state;
    return plan;
  }
  const bool home =
      routed != nullptr && (routed->selector.op == Selector::Op::kHome || routed->selector.op == Selector::Op::kAny);
  if (!home) {
    return Refused(job, node, fmt::format("{} over sharded tables", command),
                   stores_rows ? "Create the table first and load it with COPY." : "Query the tables themselves.");
  }
  if (temporary) return TemporaryPlan(job, command);
  if (stores_rows) {
    const std::string schema = name.schemaname.empty() ? job.context.catalog.CreationSchema(job.context.search_path)
                                                       : std::string(name.schemaname);
    const shardmap::TableRule* rule = job.context.map.FindTable(schema, name.relname);
    // Names given after the table's cover the first columns only.
    std::optional<std::vector<std::string>> names = OutputNames(query);
    if (names && columns != nullptr) {
      for (std::size_t i = 0; i < columns->size() && i < names->size(); ++i) (*names)[i] = (*columns)[i];
    }
    const bool by_column = rule == nullptr && !job.context.map.column_rules().empty();
    const bool spread =
        by_column ? !names || job.context.map.Resolve(schema, name.relname, *names).kind != shardmap::TableKind::kHome
                  : rule != nullptr && rule->kind != shardmap::TableKind::kHome;
    if (spread) {
      return Refused(job, node, fmt::format("\"{}\" would not be a home table, or it cannot be told", name.relname),
                     "Create the table first and load it with COPY.");
    }
  }
  PlanPtr plan = Home(job, node, "it reads the home shard only");
  plan->leaves_state = inner->leaves_state;
  return plan;
}

PlanPtr PlanByRelation(Job& job, const parser::Node& node, const parser::RangeVar& var, const char* what) {
  const RelationInfo info = ClassifyRelation(job, var);
  const std::string command = CommandName(node);
  if (info.problem) return RefusalPlan(job, command, *WithoutPlace(info.problem));
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
  if (info.problem) return RefusalPlan(job, CommandName(node), *WithoutPlace(info.problem));
  const bool spread = info.kind == RelationClass::kSharded || info.kind == RelationClass::kReference;
  return spread ? Everywhere(job, node) : Home(job, node, "the home shard holds it");
}

// Objects that belong to no relation: most are alike on every shard.
PlanPtr PlanByObject(Job& job, const parser::Node& node, parser::ObjectType type) {
  using enum parser::ObjectType;
  switch (type) {
    case OBJECT_FDW:
    case OBJECT_FOREIGN_SERVER:
      return Home(job, node, "foreign data is the home shard's");
    case OBJECT_DATABASE:
    case OBJECT_TABLESPACE:
    case OBJECT_LARGEOBJECT:
    case OBJECT_STATISTIC_EXT:
    case OBJECT_EVENT_TRIGGER:
    case OBJECT_PUBLICATION:
    case OBJECT_SUBSCRIPTION:
      return Refused(job, node, fmt::format("{} cannot be routed", CommandName(node)),
                     "Connect to the servers directly for this command.");
    default:
      return Everywhere(job, node);
  }
}

// Runs the client's text on the home shard and `other` elsewhere.
PlanPtr HomeAndOthers(Job& job, const parser::Node& node, std::string other, const char* why) {
  PlanPtr plan = EverywherePlan(job, CommandName(node), true, why);
  auto& action = std::get<RunEverywhere>(plan->action);
  action.home_sql = std::string(job.text);
  action.other_sql = std::move(other);
  return plan;
}

// Statistics are where their tables are, which their name does not tell.
PlanPtr PlanDropStatistics(Job& job, const parser::DropStmt& drop) {
  parser::Arena arena;
  parser::DropStmt* mine = parser::Clone(&drop, arena);
  mine->missing_ok = true;
  return HomeAndOthers(job, drop, parser::Print(*mine), "statistics are where their tables are");
}

// Triggers, rules and policies go with their table, whose name stands before theirs; the rest by its kind.
PlanPtr PlanDrop(Job& job, const parser::DropStmt& drop) {
  using enum parser::ObjectType;
  const auto type = drop.removeType;
  if (type == OBJECT_STATISTIC_EXT) return PlanDropStatistics(job, drop);
  if (type != OBJECT_TRIGGER && type != OBJECT_RULE && type != OBJECT_POLICY) return PlanByObject(job, drop, type);
  const auto* list = drop.objects.size() == 1 ? As<parser::ListNode>(drop.objects[0]) : nullptr;
  if (list == nullptr || list->items.size() < 2) return nullptr;
  std::vector<std::string_view> names;
  for (const parser::Node* item : list->items) {
    const auto* text = As<parser::String>(item);
    names.push_back(text != nullptr ? text->sval : std::string_view());
  }
  const std::string_view name = names[names.size() - 2];
  const std::string_view schema = names.size() > 2 ? names[names.size() - 3] : std::string_view();
  const catalog::Relation* table = job.context.catalog.FindRelation(schema, name, job.context.search_path);
  if (table == nullptr && drop.missing_ok) return MissingOk(job, CommandName(drop));
  // The rules and policies that keep queries from a table can be taken away.
  if (table == nullptr) return PlanAlongRelation(job, drop, schema, name);
  const bool is_table =
      table->kind == catalog::RelationKind::kTable || table->kind == catalog::RelationKind::kPartitionedTable;
  const bool home = !is_table || ShapeOf(job, *table).rule.kind == shardmap::TableKind::kHome;
  return home ? Home(job, drop, "its table is a home table") : Everywhere(job, drop);
}

// A function in SQL is checked against the tables when it is made. Where the body names tables of the home shard, the
// other shards make it unchecked: the setting in the function is in force for its own check.
PlanPtr PlanFunction(Job& job, const parser::CreateFunctionStmt& create) {
  std::string body;
  bool is_sql = create.sql_body != nullptr;
  for (const parser::DefElem* option : create.options) {
    const auto* text = As<parser::String>(option->arg);
    const auto* list = As<parser::ListNode>(option->arg);
    if (option->defname == "language" && text != nullptr) is_sql = text->sval == "sql";
    if (option->defname != "as" || list == nullptr) continue;
    for (const parser::Node* item : list->items) {
      if (const auto* part = As<parser::String>(item)) body += std::string(part->sval) + "\n";
    }
  }
  if (create.sql_body != nullptr) body = parser::Print(*create.sql_body);
  if (!is_sql || !BodyNamesHomeRelation(job, body)) return Everywhere(job, create);
  if (create.sql_body != nullptr) {
    return Refused(job, create, "a function whose body is bound to tables of the home shard",
                   "Give the body as a string: AS $$ … $$.");
  }
  parser::Arena arena;
  auto* mine = parser::Clone(&create, arena);
  auto* off = arena.New<parser::A_Const>();
  off->type = parser::ConstType::kString;
  off->sval = "off";
  auto* set = arena.New<parser::VariableSetStmt>();
  set->name = "check_function_bodies";
  set->args.push_back(arena, off);
  auto* option = arena.New<parser::DefElem>();
  option->defname = "set";
  option->arg = set;
  mine->options.push_back(arena, option);
  return HomeAndOthers(job, create, parser::Print(*mine), "it reads tables of the home shard");
}

PlanPtr PlanForeignTable(Job& job, const parser::Node& node, const parser::CreateStmt& base) {
  std::vector<std::string> columns;
  for (const parser::Node* element : base.tableElts) {
    if (const auto* column = As<parser::ColumnDef>(element)) columns.emplace_back(column->colname);
  }
  const std::string schema = base.relation->schemaname.empty()
                                 ? job.context.catalog.CreationSchema(job.context.search_path)
                                 : std::string(base.relation->schemaname);
  const bool alone = base.inhRelations.empty() && columns.size() == base.tableElts.size();
  if (alone && job.context.map.Resolve(schema, base.relation->relname, columns).kind == shardmap::TableKind::kHome) {
    return Home(job, node, "foreign data is the home shard's");
  }
  return Refused(job, node, "a foreign table that is not a home table of its own",
                 "Make it a home table in the shard map.");
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
    case OBJECT_FOREIGN_TABLE:
      break;
    case OBJECT_FDW:
    case OBJECT_FOREIGN_SERVER:
      return Home(job, comment, "foreign data is the home shard's");
    case OBJECT_DATABASE:
    case OBJECT_TABLESPACE:
    case OBJECT_LARGEOBJECT:
    case OBJECT_STATISTIC_EXT:
    case OBJECT_EVENT_TRIGGER:
    case OBJECT_PUBLICATION:
    case OBJECT_SUBSCRIPTION:
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

// REINDEX and CLUSTER of a partitioned table commit partition by partition.
bool IsPartitioned(Job& job, const parser::RangeVar& var) {
  const RelationInfo info = ClassifyOwner(job, var);
  return info.relation != nullptr && info.relation->kind == catalog::RelationKind::kPartitionedTable;
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
  const bool whole_schema = reindex.kind == parser::ReindexObjectType::REINDEX_OBJECT_SCHEMA;
  if (auto* everywhere = std::get_if<RunEverywhere>(&plan->action)) {
    everywhere->changes_catalog = false;
    everywhere->transactional = !concurrent && !whole_schema && !IsPartitioned(job, *reindex.relation);
  }
  return plan;
}

}  // namespace

PlanPtr PlanSelectInto(Job& job, const parser::SelectStmt& select) {
  parser::Arena arena;
  parser::SelectStmt* query = parser::Clone(&select, arena);
  const parser::IntoClause* into = query->intoClause;
  query->intoClause = nullptr;
  PlanPtr plan = PlanFromQuery(job, select, *query, *into->rel, true, nullptr);
  plan->command = "SELECT";
  return plan;
}

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
      if (info.problem) return RefusalPlan(job, CommandName(node), *WithoutPlace(info.problem));
      if (info.relation == nullptr) return HomePlan(job, CommandName(node), "the home shard holds it");
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
      if (IsTemporaryName(job, *static_cast<const parser::CreateSeqStmt&>(node).sequence)) {
        return TemporaryPlan(job, CommandName(node));
      }
      return Home(job, node, "sequences live on the home shard");
    case NodeTag::AlterSeqStmt:
      return Home(job, node, "sequences live on the home shard");
    case NodeTag::CreateTrigStmt:
      if (IsTemporary(ClassifyRelation(job, *static_cast<const parser::CreateTrigStmt&>(node).relation))) {
        return Refused(job, node, "a trigger on a temporary table", "Do its work in statements of their own.");
      }
      return PlanByRelation(job, node, *static_cast<const parser::CreateTrigStmt&>(node).relation, "a trigger");
    case NodeTag::RuleStmt:
      if (IsTemporary(ClassifyRelation(job, *static_cast<const parser::RuleStmt&>(node).relation))) {
        return Refused(job, node, "a rule on a temporary table", "Do its work in statements of their own.");
      }
      return PlanByRelation(job, node, *static_cast<const parser::RuleStmt&>(node).relation, "a rule");
    case NodeTag::CreatePolicyStmt:
      return PlanByRelation(job, node, *static_cast<const parser::CreatePolicyStmt&>(node).table, "a policy");
    case NodeTag::AlterPolicyStmt:
      return PlanByRelation(job, node, *static_cast<const parser::AlterPolicyStmt&>(node).table, "a policy");
    case NodeTag::ClusterStmt: {
      const auto& cluster = static_cast<const parser::ClusterStmt&>(node);
      if (cluster.relation == nullptr) return Refused(job, node, "CLUSTER of all tables", "Name the table.");
      PlanPtr plan = PlanAlongRelation(job, node, cluster.relation->schemaname, cluster.relation->relname);
      if (auto* everywhere = std::get_if<RunEverywhere>(&plan->action)) {
        everywhere->transactional = !IsPartitioned(job, *cluster.relation);
      }
      return plan;
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
      return PlanByObject(job, node, static_cast<const parser::AlterOwnerStmt&>(node).objectType);
    case NodeTag::AlterObjectSchemaStmt:
      return PlanByObject(job, node, static_cast<const parser::AlterObjectSchemaStmt&>(node).objectType);
    case NodeTag::CreateForeignTableStmt: {
      const parser::CreateStmt& base = *static_cast<const parser::CreateForeignTableStmt&>(node).base;
      return PlanForeignTable(job, node, base);
    }
    case NodeTag::CreateFunctionStmt:
      return PlanFunction(job, static_cast<const parser::CreateFunctionStmt&>(node));
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
    // DROP and RENAME of relations were planned with their tables.
    case NodeTag::DropStmt:
      return PlanDrop(job, static_cast<const parser::DropStmt&>(node));
    case NodeTag::RenameStmt: {
      const auto type = static_cast<const parser::RenameStmt&>(node).renameType;
      if (type == parser::ObjectType::OBJECT_SCHEMA) {
        return Refused(job, node, "renaming a schema whose tables the shard map may name",
                       "Rename it on the servers, and in the shard map.");
      }
      return PlanByObject(job, node, type);
    }
    case NodeTag::CreateExtensionStmt:
    case NodeTag::AlterExtensionStmt:
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
