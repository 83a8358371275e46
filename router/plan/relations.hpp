#pragma once
// Internal to plan/: what a table name in a statement stands for.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/ast.hpp"
#include "router/plan/job.hpp"
#include "shardmap/key_hash.hpp"

namespace pgshoal::plan {

enum class RelationClass : std::uint8_t {
  kSharded,
  kReference,
  kHome,    // tables, views, sequences … that only the home shard holds
  kSystem,  // pg_catalog and information_schema: the home shard's
  kBroken   // `problem` says why nothing can be done with it
};

struct KeyColumnInfo {
  int column = 0;  // index in relation->columns
  shardmap::KeyType type = shardmap::KeyType::kInt8;
  std::int32_t typmod = -1;
};

struct RelationInfo {
  RelationClass kind = RelationClass::kHome;
  const catalog::Relation* relation = nullptr;  // null for kBroken and for system catalogs of an incomplete catalog
  shardmap::TableRule rule;
  std::vector<KeyColumnInfo> key;  // kSharded
  Blocker problem;                 // kBroken
};

// The schema of the session's own temporary relations, as it is written.
inline constexpr std::string_view kTemporarySchema = "pg_temp";
bool IsTemporary(const RelationInfo& info);

// Looks the name up and classifies what it finds. Sets job.names_unknown when there is no such relation.
RelationInfo ClassifyRelation(Job& job, const parser::RangeVar& var);
// The same for a name from the catalog, without a place in the text.
RelationInfo ClassifyByName(Job& job, std::string_view schema, std::string_view name, const parser::Node* at);

// A domain's base type, any other type itself.
Oid BaseType(const catalog::Catalog& catalog, Oid type);
// The type that a TypeName stands for, 0 when unknown. Arrays give the array's own type.
Oid ResolveType(const Job& job, const parser::TypeName& type);
// Whether the map splits or replicates anything at all, known by name or by a column rule.
bool MapSpreadsTables(const PlanContext& context);
// Schema-qualified, quoted when needed.
std::string DisplayName(const catalog::Relation& relation);

}  // namespace pgshoal::plan
