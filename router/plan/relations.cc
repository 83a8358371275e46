#include "router/plan/relations.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "parser/print.hpp"
#include "router/plan/functions.hpp"

namespace pgshoal::plan {
namespace {

using catalog::RelationKind;
using shardmap::TableKind;

constexpr int kMaxViewDepth = 16;
constexpr std::size_t kMaxFamily = 10'000;

std::vector<std::string> ColumnNames(const catalog::Relation& relation) {
  std::vector<std::string> names;
  for (const catalog::Column& column : relation.columns) names.push_back(column.name);
  return names;
}

shardmap::TableRule RuleOf(const Job& job, const catalog::Relation& relation) {
  return job.context.map.Resolve(relation.schema, relation.name, ColumnNames(relation));
}

bool IsSystemSchema(std::string_view schema) {
  return schema == "pg_catalog" || schema == "information_schema";
}

RelationInfo Broken(SqlError error) {
  RelationInfo info;
  info.kind = RelationClass::kBroken;
  info.problem = std::move(error);
  return info;
}

// Partitions and inheritance children hold a part of what their parent shows: all must be treated alike.
Blocker CheckFamily(Job& job, const catalog::Relation& relation, const shardmap::TableRule& rule,
                    const parser::Node* at) {
  if (relation.parents.empty() && relation.children.empty()) return std::nullopt;
  std::vector<const catalog::Relation*> seen = {&relation};
  for (std::size_t i = 0; i < seen.size() && seen.size() < kMaxFamily; ++i) {
    for (const auto* names : {&seen[i]->parents, &seen[i]->children}) {
      for (const catalog::QualifiedName& name : *names) {
        const catalog::Relation* member = job.context.catalog.FindRelation(name.schema, name.name, {});
        if (member == nullptr || std::find(seen.begin(), seen.end(), member) != seen.end()) continue;
        seen.push_back(member);
        const shardmap::TableRule other = RuleOf(job, *member);
        if (other.kind == rule.kind && other.key == rule.key && other.group == rule.group) continue;
        return job.Refuse(fmt::format("\"{}\" is a {} table, but \"{}\", which it shares rows with, is a {} table",
                                      relation.name, NameOf(rule.kind), member->name, NameOf(other.kind)),
                          at, "Declare parents, children and partitions alike in the shard map.");
      }
    }
  }
  return std::nullopt;
}

RelationInfo ClassifyView(Job& job, const catalog::Relation& view, const parser::Node* at, int depth);

RelationInfo ClassifyFound(Job& job, const catalog::Relation& relation, const parser::Node* at, int depth) {
  RelationInfo info;
  info.relation = &relation;
  if (IsSystemSchema(relation.schema)) {
    if (relation.name == "pg_prepared_statements" || (relation.name == "pg_cursors" && MapSpreadsTables(job.context))) {
      return Broken(job.Refuse(fmt::format("{} shows what a server session has, which is not what the client has",
                                           relation.name),
                               at, "Keep a list of your own."));
    }
    info.kind = RelationClass::kSystem;
    return info;
  }
  switch (relation.kind) {
    case RelationKind::kView:
      return ClassifyView(job, relation, at, depth);
    case RelationKind::kMaterializedView:
    case RelationKind::kSequence:
    case RelationKind::kIndex:
    case RelationKind::kCompositeType:
      return info;
    case RelationKind::kForeignTable:
      if (RuleOf(job, relation).kind == TableKind::kHome) return info;
      return Broken(job.Refuse(fmt::format("foreign table \"{}\" cannot be sharded or replicated", relation.name), at,
                               "Make it a home table in the shard map."));
    case RelationKind::kTable:
    case RelationKind::kPartitionedTable:
      break;
  }
  info.rule = RuleOf(job, relation);
  if (Blocker blocker = CheckFamily(job, relation, info.rule, at)) return Broken(*std::move(blocker));
  if (info.rule.kind == TableKind::kHome) return info;
  info.kind = info.rule.kind == TableKind::kSharded ? RelationClass::kSharded : RelationClass::kReference;
  const std::string_view kind = NameOf(info.rule.kind);
  if (relation.has_rules) {
    return Broken(job.Refuse(fmt::format("{} table \"{}\" has rewrite rules", kind, relation.name), at,
                             "Drop the rules: what they rewrite to cannot be routed."));
  }
  if (relation.row_security) {
    return Broken(job.Refuse(fmt::format("{} table \"{}\" has row-level security", kind, relation.name), at,
                             "Policies may read other tables; put their conditions into the statements instead."));
  }
  if (info.kind == RelationClass::kReference) return info;
  for (const std::string& name : info.rule.key) {
    const catalog::Column* column = relation.FindColumn(name);
    if (column == nullptr) {
      return Broken(job.Refuse(
          fmt::format("table \"{}\" has no column \"{}\", by which the shard map shards it", relation.name, name), at,
          "Correct the table's key in the shard map."));
    }
    const auto type = shardmap::KeyTypeOf(BaseType(job.context.catalog, column->type));
    if (!type || column->collation == catalog::Collation::kNondeterministic) {
      return Broken(job.Refuse(fmt::format("column \"{}\" of table \"{}\" has a type or collation that cannot be a "
                                           "shard key",
                                           name, relation.name),
                               at, "Shard by a column of a plain built-in type with a deterministic collation."));
    }
    info.key.push_back({static_cast<int>(column - relation.columns.data()), *type, column->typmod});
  }
  return info;
}

// A view is a home object: right only when everything it reads is whole on the home shard.
RelationInfo ClassifyView(Job& job, const catalog::Relation& view, const parser::Node* at, int depth) {
  RelationInfo info;
  info.relation = &view;
  if (!MapSpreadsTables(job.context)) return info;
  const std::string hint = "Query the tables themselves.";
  if (depth > kMaxViewDepth) return Broken(job.Refuse("views are nested too deep", at, hint));
  for (const catalog::QualifiedName& name : view.reads_relations) {
    const catalog::Relation* read = job.context.catalog.FindRelation(name.schema, name.name, {});
    if (read == nullptr) {
      return Broken(
          job.Refuse(fmt::format("view \"{}\" reads something that is not in the catalog", view.name), at, hint));
    }
    const RelationInfo inner = ClassifyFound(job, *read, at, depth + 1);
    if (inner.kind == RelationClass::kBroken) return inner;
    if (inner.kind == RelationClass::kSharded) {
      return Broken(
          job.Refuse(fmt::format("view \"{}\" reads the sharded table \"{}\"", view.name, read->name), at, hint));
    }
  }
  for (const catalog::QualifiedName& name : view.reads_functions) {
    if (FunctionMayTouchSharded(job, name)) {
      return Broken(job.Refuse(
          fmt::format("view \"{}\" calls function {}, which may read sharded tables", view.name, name.name), at, hint));
    }
  }
  return info;
}

// A temporary relation of this session. Without a schema it hides all others of its name, unless search_path puts
// pg_temp behind them (PostgreSQL manual, search_path).
const catalog::Relation* FindTemporary(const Job& job, std::string_view schema, std::string_view name) {
  if (!schema.empty() && schema != kTemporarySchema) return nullptr;
  const auto& all = job.context.temporary;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& relation) { return relation.name == name; });
  if (found == all.end()) return nullptr;
  const std::vector<std::string>& path = job.context.search_path;
  const auto placed = std::find(path.begin(), path.end(), kTemporarySchema);
  if (schema.empty() && placed != path.end()) {
    const std::vector<std::string> before(path.begin(), placed);
    if (job.context.catalog.FindRelation("", name, before) != nullptr) return nullptr;
  }
  return &*found;
}

RelationInfo FoundTemporary(Job& job, const catalog::Relation& relation) {
  job.names_temporary = true;
  RelationInfo info;
  info.relation = &relation;
  return info;
}

RelationInfo MissingRelation(Job& job, std::string_view schema, std::string_view name, const parser::Node* at) {
  job.names_unknown = true;
  if (!schema.empty() && !job.context.catalog.HasSchema(schema)) job.missing_schema = schema;
  const std::string shown = schema.empty() ? std::string(name) : fmt::format("{}.{}", schema, name);
  return Broken(job.Error(sqlstate::kUndefinedTable, fmt::format("relation \"{}\" does not exist", shown), at));
}

}  // namespace

bool IsTemporary(const RelationInfo& info) {
  return info.relation != nullptr && info.relation->schema == kTemporarySchema;
}

RelationInfo ClassifyRelation(Job& job, const parser::RangeVar& var) {
  const PlanContext& context = job.context;
  if (!var.catalogname.empty() && var.catalogname != context.map.database()) {
    return Broken(job.Error(sqlstate::kFeatureNotSupported,
                            fmt::format("cross-database references are not implemented: \"{}.{}.{}\"", var.catalogname,
                                        var.schemaname, var.relname),
                            &var));
  }
  if (const catalog::Relation* temporary = FindTemporary(job, var.schemaname, var.relname)) {
    return FoundTemporary(job, *temporary);
  }
  job.names_other = true;
  const catalog::Relation* relation = context.catalog.FindRelation(var.schemaname, var.relname, context.search_path);
  if (relation != nullptr) return ClassifyFound(job, *relation, &var, 0);
  const bool looks_like_catalog =
      IsSystemSchema(var.schemaname) || (var.schemaname.empty() && var.relname.substr(0, 3) == "pg_");
  if (!context.catalog.complete() && looks_like_catalog) {
    RelationInfo info;
    info.kind = RelationClass::kSystem;
    return info;
  }
  return MissingRelation(job, var.schemaname, var.relname, &var);
}

RelationInfo ClassifyByName(Job& job, std::string_view schema, std::string_view name, const parser::Node* at) {
  if (const catalog::Relation* temporary = FindTemporary(job, schema, name)) return FoundTemporary(job, *temporary);
  job.names_other = true;
  const catalog::Relation* relation = job.context.catalog.FindRelation(schema, name, job.context.search_path);
  if (relation != nullptr) return ClassifyFound(job, *relation, at, 0);
  return MissingRelation(job, schema, name, at);
}

Oid BaseType(const catalog::Catalog& catalog, Oid type) {
  for (int depth = 0; depth < 32; ++depth) {
    const catalog::Type* found = catalog.FindType(type);
    if (found == nullptr || found->kind != 'd') return type;
    type = found->base;
  }
  return 0;
}

Oid ResolveType(const Job& job, const parser::TypeName& type) {
  if (type.names.empty() || type.names.size() > 2 || type.pct_type || type.setof) return 0;
  const catalog::Catalog& catalog = job.context.catalog;
  const std::string_view schema = type.names.size() == 2 ? type.names[0] : std::string_view();
  const catalog::Type* found = catalog.FindType(schema, type.names.back(), job.context.search_path);
  if (found == nullptr) return 0;
  if (type.arrayBounds.empty()) return found->oid;
  for (const catalog::Type& candidate : catalog.types()) {
    if (candidate.element == found->oid && candidate.name.size() > 1 && candidate.name[0] == '_') return candidate.oid;
  }
  return 0;
}

bool MapSpreadsTables(const PlanContext& context) {
  if (context.map.shard_count() <= 1) return false;
  if (!context.map.column_rules().empty()) return true;
  return std::any_of(context.map.tables().begin(), context.map.tables().end(),
                     [](const shardmap::TableRule& rule) { return rule.kind != TableKind::kHome; });
}

std::string DisplayName(const catalog::Relation& relation) {
  return parser::QuoteIdentifier(relation.schema) + "." + parser::QuoteIdentifier(relation.name);
}

}  // namespace pgshoal::plan
