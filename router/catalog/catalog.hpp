#pragma once
// What planning must know of the servers' own catalogs: relations, columns, functions, types, operators.
//
// A Catalog is an immutable snapshot, shared between threads by shared_ptr. It is filled by catalog_loader.hpp from a
// running server, or by hand through CatalogBuilder. Names are as stored in the catalogs: already case-folded.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.hpp"

namespace pgshoal::catalog {

enum class RelationKind : std::uint8_t {
  kTable,
  kPartitionedTable,
  kForeignTable,
  kView,
  kMaterializedView,
  kSequence,
  kIndex,
  kCompositeType
};

// How values of a column sort and group.
enum class Collation : std::uint8_t {
  kNone,             // the type has no collation
  kC,                // by bytes
  kDeterministic,    // by some locale, yet equal only when the bytes are equal
  kNondeterministic  // different bytes may be equal
};

struct Column {
  std::string name;
  Oid type = 0;
  std::int32_t typmod = -1;
  bool not_null = false;
  bool identity = false;   // GENERATED … AS IDENTITY
  bool generated = false;  // GENERATED … AS (…) STORED
  Collation collation = Collation::kNone;
  std::string default_text;  // the DEFAULT (or generation) expression as the server prints it; empty: none
};

// A PRIMARY KEY, UNIQUE or EXCLUDE constraint or a unique index.
struct UniqueKey {
  std::string name;
  bool primary = false;
  bool exact = true;  // false: partial, over expressions or an exclusion: `columns` holds only its plain columns
  std::vector<std::string> columns;
};

struct QualifiedName {
  std::string schema;
  std::string name;
  friend bool operator==(const QualifiedName&, const QualifiedName&) = default;
};

struct Relation {
  std::string schema;
  std::string name;
  RelationKind kind = RelationKind::kTable;
  std::vector<Column> columns;  // in attnum order, without dropped and system columns; empty for system catalogs
  std::vector<UniqueKey> unique_keys;
  bool has_triggers = false;  // user triggers, enabled or not
  bool has_rules = false;     // rules other than a view's own SELECT rule
  bool row_security = false;
  bool is_partition = false;
  bool inherits = false;               // has an inheritance parent or child (partitions excluded)
  std::vector<QualifiedName> parents;  // direct, by inheritance or partitioning
  std::vector<QualifiedName> children;
  std::vector<QualifiedName> trigger_functions;  // of user triggers
  std::string owning_table;                      // kIndex: the table that it indexes
  std::vector<QualifiedName> reads_relations;    // what the rules (a view's definition is one) name
  std::vector<QualifiedName> reads_functions;    // user functions that the rules name
  [[nodiscard]] const Column* FindColumn(std::string_view column) const;
};

enum class Volatility : std::uint8_t { kImmutable, kStable, kVolatile };

// All overloads of one name in one schema, taken together.
struct Function {
  std::string schema;
  std::string name;
  Volatility worst = Volatility::kVolatile;
  bool returns_set = false;  // some overload does
  bool is_plain = false, is_aggregate = false, is_window = false, is_procedure = false;
  bool is_native = false;           // every overload is written in C or built in: no SQL body
  bool is_sql_visible = false;      // every overload that is not native is in SQL or PL/pgSQL
  std::vector<std::string> bodies;  // source of the overloads in SQL and PL/pgSQL
};

struct Type {
  std::string schema;
  std::string name;
  Oid oid = 0;
  char kind = 'b';  // pg_type.typtype
  Oid element = 0;  // arrays: the element's type
  Oid base = 0;     // domains: the base type
  bool user_defined = false;
};

// An operator outside pg_catalog, all overloads taken together.
struct UserOperator {
  std::string name;
  Volatility worst = Volatility::kVolatile;
};

class Catalog {
 public:
  // Lookups. An empty `schema` walks `search_path`, with pg_catalog first unless the path names it. Null: not there.
  [[nodiscard]] const Relation* FindRelation(std::string_view schema, std::string_view name,
                                             std::span<const std::string> search_path) const;
  // Every function that such a call might mean (overloads are resolved over the whole path). Empty: unknown.
  [[nodiscard]] std::vector<const Function*> FindFunctions(std::string_view schema, std::string_view name,
                                                           std::span<const std::string> search_path) const;
  [[nodiscard]] const Type* FindType(std::string_view schema, std::string_view name,
                                     std::span<const std::string> search_path) const;
  [[nodiscard]] const Type* FindType(Oid oid) const;
  [[nodiscard]] const UserOperator* FindUserOperator(std::string_view name) const;
  [[nodiscard]] bool HasSchema(std::string_view schema) const;
  // The schema in which an unqualified CREATE puts its object: the first existing one of the path. Empty: none.
  [[nodiscard]] std::string CreationSchema(std::span<const std::string> search_path) const;

  [[nodiscard]] std::span<const Relation> relations() const { return relations_; }
  [[nodiscard]] std::span<const Function> functions() const { return functions_; }
  [[nodiscard]] std::span<const Type> types() const { return types_; }
  [[nodiscard]] Collation default_collation() const { return default_collation_; }
  // False: made from a schema file; what it does not hold may exist all the same.
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  friend class CatalogBuilder;
  using NameMap = absl::flat_hash_map<std::pair<std::string, std::string>, std::size_t>;
  std::vector<Relation> relations_;
  std::vector<Function> functions_;
  std::vector<Type> types_;
  absl::flat_hash_map<std::string, UserOperator> operators_;
  std::vector<std::string> schemas_;
  NameMap relation_index_, function_index_, type_index_;
  absl::flat_hash_map<Oid, std::size_t> type_by_oid_;
  Collation default_collation_ = Collation::kDeterministic;
  bool complete_ = false;
  std::uint64_t version_ = 0;
};

// Collects a catalog. Not thread-safe. A second object of the same name replaces the first.
class CatalogBuilder {
 public:
  CatalogBuilder();
  void AddSchema(std::string name);
  void AddRelation(Relation relation);
  void AddFunction(Function function);
  void AddType(Type type);
  void AddOperator(UserOperator op);
  void SetDefaultCollation(Collation collation);
  void SetComplete(bool complete);
  void SetVersion(std::uint64_t version);
  // The relation added last under that name, to be amended; null when there is none.
  [[nodiscard]] Relation* MutableRelation(std::string_view schema, std::string_view name);
  [[nodiscard]] std::shared_ptr<const Catalog> Build() &&;

 private:
  std::shared_ptr<Catalog> catalog_;
};

}  // namespace pgshoal::catalog
