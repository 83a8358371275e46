#include "router/plan/schema_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "base/status.hpp"
#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"

namespace pgshoal::plan {
namespace {

using catalog::CatalogBuilder;
using parser::As;

constexpr Oid kFirstUserOid = 16384;

struct BuiltinType {
  const char* name;
  Oid oid;
  Oid array;
  char kind;
  bool collatable;
};

constexpr BuiltinType kTypes[] = {
    {"bool", oid::kBool, 1000, 'b', false},
    {"bytea", oid::kBytea, 1001, 'b', false},
    {"char", oid::kChar, 1002, 'b', false},
    {"name", oid::kName, 1003, 'b', true},
    {"int8", oid::kInt8, 1016, 'b', false},
    {"int2", oid::kInt2, 1005, 'b', false},
    {"int4", oid::kInt4, 1007, 'b', false},
    {"text", oid::kText, 1009, 'b', true},
    {"oid", oid::kOid, 1028, 'b', false},
    {"json", oid::kJson, 199, 'b', false},
    {"jsonb", oid::kJsonb, 3807, 'b', false},
    {"float4", oid::kFloat4, 1021, 'b', false},
    {"float8", oid::kFloat8, 1022, 'b', false},
    {"money", oid::kMoney, 791, 'b', false},
    {"bpchar", oid::kBpchar, 1014, 'b', true},
    {"varchar", oid::kVarchar, 1015, 'b', true},
    {"date", oid::kDate, 1182, 'b', false},
    {"time", oid::kTime, 1183, 'b', false},
    {"timestamp", oid::kTimestamp, 1115, 'b', false},
    {"timestamptz", oid::kTimestamptz, 1185, 'b', false},
    {"interval", oid::kInterval, 1187, 'b', false},
    {"numeric", oid::kNumeric, 1231, 'b', false},
    {"uuid", oid::kUuid, 2951, 'b', false},
    {"timetz", 1266, 1270, 'b', false},
    {"bit", 1560, 1561, 'b', false},
    {"varbit", 1562, 1563, 'b', false},
    {"inet", 869, 1041, 'b', false},
    {"cidr", 650, 651, 'b', false},
    {"macaddr", 829, 1040, 'b', false},
    {"xml", 142, 143, 'b', false},
    {"point", 600, 1017, 'b', false},
    {"tsvector", 3614, 3643, 'b', false},
    {"tsquery", 3615, 3645, 'b', false},
    {"regclass", 2205, 2210, 'b', false},
    {"int4range", 3904, 3905, 'r', false},
    {"int8range", 3926, 3927, 'r', false},
    {"tstzrange", 3910, 3911, 'r', false},
    {"daterange", 3912, 3913, 'r', false},
};

class Reader {
 public:
  explicit Reader(bool by_bytes) : collation_(by_bytes ? catalog::Collation::kC : catalog::Collation::kDeterministic) {
    builder_.AddSchema("public");
    builder_.SetDefaultCollation(collation_);
    for (const BuiltinType& type : kTypes) {
      AddType({"pg_catalog", type.name, type.oid, type.kind, 0, 0, false});
      AddType({"pg_catalog", std::string("_") + type.name, type.array, 'b', type.oid, 0, false});
    }
  }

  absl::Status Read(const parser::Node& node) {
    if (const auto* create = As<parser::CreateStmt>(&node)) return Table(*create);
    if (const auto* index = As<parser::IndexStmt>(&node)) {
      Index(*index);
    } else if (const auto* view = As<parser::ViewStmt>(&node)) {
      View(*view);
    } else if (const auto* sequence = As<parser::CreateSeqStmt>(&node)) {
      catalog::Relation relation = Named(*sequence->sequence);
      relation.kind = catalog::RelationKind::kSequence;
      builder_.AddRelation(std::move(relation));
    } else if (const auto* schema = As<parser::CreateSchemaStmt>(&node)) {
      builder_.AddSchema(std::string(schema->schemaname));
    } else if (const auto* enumeration = As<parser::CreateEnumStmt>(&node)) {
      AddUserType(enumeration->typeName, 'e', 0);
    } else if (const auto* composite = As<parser::CompositeTypeStmt>(&node)) {
      AddType({SchemaOf(composite->typevar->schemaname), std::string(composite->typevar->relname), next_oid_++, 'c', 0,
               0, true});
    } else if (const auto* domain = As<parser::CreateDomainStmt>(&node)) {
      AddUserType(domain->domainname, 'd', FindType(*domain->typeName));
    } else if (const auto* trigger = As<parser::CreateTrigStmt>(&node)) {
      if (catalog::Relation* relation = Find(*trigger->relation)) {
        relation->has_triggers = true;
        relation->trigger_functions.push_back(
            {trigger->funcname.size() > 1 ? std::string(trigger->funcname[0]) : "public",
             std::string(trigger->funcname.back())});
      }
    } else if (const auto* function = As<parser::CreateFunctionStmt>(&node)) {
      Function(*function);
    } else if (const auto* alter = As<parser::AlterTableStmt>(&node)) {
      Alter(*alter);
    }
    return absl::OkStatus();
  }

  std::shared_ptr<const catalog::Catalog> Take() && { return std::move(builder_).Build(); }

 private:
  static std::string SchemaOf(std::string_view schema) { return schema.empty() ? "public" : std::string(schema); }

  static catalog::Relation Named(const parser::RangeVar& var) {
    catalog::Relation relation;
    relation.schema = SchemaOf(var.schemaname);
    relation.name = std::string(var.relname);
    return relation;
  }

  catalog::Relation* Find(const parser::RangeVar& var) {
    return builder_.MutableRelation(SchemaOf(var.schemaname), var.relname);
  }

  void AddType(catalog::Type type) {
    types_.push_back(type);
    builder_.AddType(std::move(type));
  }

  void AddUserType(const parser::Names& name, char kind, Oid base) {
    const std::string schema = name.size() > 1 ? std::string(name[0]) : "public";
    AddType({schema, std::string(name.back()), next_oid_++, kind, 0, base, true});
  }

  Oid FindType(const parser::TypeName& type) const {
    if (type.names.empty()) return 0;
    std::string_view name = type.names.back();
    if (name == "serial" || name == "serial4") name = "int4";
    if (name == "bigserial" || name == "serial8") name = "int8";
    if (name == "smallserial" || name == "serial2") name = "int2";
    const std::string wanted = type.arrayBounds.empty() ? std::string(name) : fmt::format("_{}", name);
    for (auto found = types_.rbegin(); found != types_.rend(); ++found) {
      if (found->name == wanted) return found->oid;
      if (!type.arrayBounds.empty() && found->user_defined && found->name == name) return found->oid;
    }
    return 0;
  }

  // atttypmod of the types that take lengths.
  static std::int32_t TypmodOf(Oid type, const parser::TypeName& name) {
    std::vector<std::int32_t> values;
    for (const parser::Node* node : name.typmods) {
      const auto* constant = As<parser::A_Const>(node);
      if (constant == nullptr || constant->type != parser::ConstType::kInteger) return -1;
      values.push_back(constant->ival);
    }
    if (values.empty()) return -1;
    if (type == oid::kNumeric) {
      const std::int32_t scale = values.size() > 1 ? values[1] : 0;
      return ((values[0] << 16) | (scale & 0x7ff)) + 4;
    }
    if (type == oid::kBpchar || type == oid::kVarchar) return values[0] + 4;
    return values[0];
  }

  bool Collatable(Oid type) const {
    for (int depth = 0; depth < 32; ++depth) {
      const auto found = std::find_if(types_.begin(), types_.end(), [&](const auto& t) { return t.oid == type; });
      if (found == types_.end() || found->base == 0) break;
      type = found->base;
    }
    return std::any_of(std::begin(kTypes), std::end(kTypes),
                       [&](const BuiltinType& t) { return t.oid == type && t.collatable; });
  }

  static void AddKey(catalog::Relation* relation, const parser::Constraint& constraint, std::string_view column) {
    catalog::UniqueKey key;
    key.name = std::string(constraint.conname);
    key.primary = constraint.contype == parser::ConstrType::CONSTR_PRIMARY;
    for (std::string_view name : constraint.keys) key.columns.emplace_back(name);
    if (key.columns.empty() && !column.empty()) key.columns.emplace_back(column);
    relation->unique_keys.push_back(std::move(key));
  }

  static bool IsUnique(const parser::Constraint& constraint) {
    return constraint.contype == parser::ConstrType::CONSTR_PRIMARY ||
           constraint.contype == parser::ConstrType::CONSTR_UNIQUE;
  }

  absl::Status Column(const parser::ColumnDef& definition, catalog::Relation* relation) {
    catalog::Column column;
    column.name = std::string(definition.colname);
    column.type = definition.typeName == nullptr ? 0 : FindType(*definition.typeName);
    if (column.type == 0) {
      return SqlStatus(sqlstate::kUndefinedObject,
                       fmt::format("column \"{}\" of \"{}\" has a type that is neither built in nor in the file",
                                   column.name, relation->name));
    }
    column.typmod = TypmodOf(column.type, *definition.typeName);
    column.not_null = definition.is_not_null;
    if (Collatable(column.type)) column.collation = collation_;
    const parser::CollateClause* collate = definition.collClause;
    if (collate != nullptr && collate->arg == nullptr && !collate->collname.empty()) {
      const std::string_view name = collate->collname.back();
      column.collation = name == "C" || name == "POSIX" ? catalog::Collation::kC
                         : name == "default"            ? collation_
                                                        : catalog::Collation::kNondeterministic;
    }
    const std::string_view type = definition.typeName->names.back();
    if (type.find("serial") != std::string_view::npos) {
      column.default_text = fmt::format("nextval('{}_{}_seq'::regclass)", relation->name, column.name);
      column.not_null = true;
    }
    if (definition.raw_default != nullptr) column.default_text = parser::Print(*definition.raw_default);
    for (const parser::Node* node : definition.constraints) {
      const auto* constraint = As<parser::Constraint>(node);
      if (constraint == nullptr) continue;
      switch (constraint->contype) {
        case parser::ConstrType::CONSTR_NOTNULL:
          column.not_null = true;
          break;
        case parser::ConstrType::CONSTR_IDENTITY:
          column.identity = column.not_null = true;
          break;
        case parser::ConstrType::CONSTR_GENERATED:
          column.generated = true;
          [[fallthrough]];
        case parser::ConstrType::CONSTR_DEFAULT:
          if (constraint->raw_expr != nullptr) column.default_text = parser::Print(*constraint->raw_expr);
          break;
        case parser::ConstrType::CONSTR_PRIMARY:
          column.not_null = true;
          [[fallthrough]];
        case parser::ConstrType::CONSTR_UNIQUE:
          AddKey(relation, *constraint, column.name);
          break;
        default:
          break;
      }
    }
    relation->columns.push_back(std::move(column));
    return absl::OkStatus();
  }

  absl::Status Table(const parser::CreateStmt& create) {
    catalog::Relation relation = Named(*create.relation);
    if (create.partspec != nullptr) relation.kind = catalog::RelationKind::kPartitionedTable;
    relation.is_partition = create.partbound != nullptr;
    for (const parser::RangeVar* var : create.inhRelations) {
      catalog::Relation* parent = Find(*var);
      if (parent == nullptr) continue;
      relation.columns.insert(relation.columns.end(), parent->columns.begin(), parent->columns.end());
      relation.parents.push_back({parent->schema, parent->name});
      parent->children.push_back({relation.schema, relation.name});
    }
    for (const parser::Node* element : create.tableElts) {
      if (const auto* column = As<parser::ColumnDef>(element)) {
        if (absl::Status status = Column(*column, &relation); !status.ok()) return status;
      } else if (const auto* constraint = As<parser::Constraint>(element)) {
        if (IsUnique(*constraint)) AddKey(&relation, *constraint, {});
      } else if (const auto* like = As<parser::TableLikeClause>(element)) {
        if (const catalog::Relation* source = Find(*like->relation)) {
          relation.columns.insert(relation.columns.end(), source->columns.begin(), source->columns.end());
        }
      }
    }
    builder_.AddSchema(relation.schema);
    builder_.AddRelation(std::move(relation));
    return absl::OkStatus();
  }

  void Index(const parser::IndexStmt& index) {
    catalog::Relation* table = Find(*index.relation);
    if (table == nullptr || index.idxname.empty()) return;
    catalog::Relation relation;
    relation.schema = table->schema;
    relation.name = std::string(index.idxname);
    relation.kind = catalog::RelationKind::kIndex;
    relation.owning_table = table->name;
    if (index.unique) {
      catalog::UniqueKey key;
      key.name = relation.name;
      key.exact = index.whereClause == nullptr;
      for (const parser::IndexElem* element : index.indexParams) {
        if (element->expr == nullptr) key.columns.emplace_back(element->name);
        key.exact = key.exact && element->expr == nullptr;
      }
      table->unique_keys.push_back(std::move(key));
    }
    builder_.AddRelation(std::move(relation));
  }

  void View(const parser::ViewStmt& view) {
    catalog::Relation relation = Named(*view.view);
    relation.kind = catalog::RelationKind::kView;
    parser::Walk(*view.query, [&](const parser::Node& node) {
      if (const auto* var = As<parser::RangeVar>(&node)) {
        relation.reads_relations.push_back({SchemaOf(var->schemaname), std::string(var->relname)});
      }
      return true;
    });
    builder_.AddRelation(std::move(relation));
  }

  void Function(const parser::CreateFunctionStmt& create) {
    catalog::Function function;
    function.schema = create.funcname.size() > 1 ? std::string(create.funcname[0]) : "public";
    function.name = std::string(create.funcname.back());
    function.is_procedure = create.is_procedure;
    function.is_plain = !create.is_procedure;
    function.returns_set = create.returnType != nullptr && create.returnType->setof;
    function.is_sql_visible = true;
    for (const parser::DefElem* option : create.options) {
      const auto* text = As<parser::String>(option->arg);
      if (option->defname == "volatility" && text != nullptr) {
        function.worst = text->sval == "immutable" ? catalog::Volatility::kImmutable
                         : text->sval == "stable"  ? catalog::Volatility::kStable
                                                   : catalog::Volatility::kVolatile;
      } else if (option->defname == "language" && text != nullptr) {
        function.is_native = text->sval == "c" || text->sval == "internal";
        function.is_sql_visible = function.is_native || text->sval == "sql" || text->sval == "plpgsql";
      } else if (option->defname == "as") {
        if (const auto* list = As<parser::ListNode>(option->arg)) {
          for (const parser::Node* item : list->items) {
            if (const auto* body = As<parser::String>(item)) function.bodies.emplace_back(body->sval);
          }
        }
      }
    }
    builder_.AddFunction(std::move(function));
  }

  void Alter(const parser::AlterTableStmt& alter) {
    catalog::Relation* relation = Find(*alter.relation);
    if (relation == nullptr) return;
    for (const parser::Node* node : alter.cmds) {
      const auto* cmd = As<parser::AlterTableCmd>(node);
      if (cmd == nullptr) continue;
      const auto* constraint = As<parser::Constraint>(cmd->def);
      if (cmd->subtype == parser::AlterTableType::AT_EnableRowSecurity) relation->row_security = true;
      if (constraint != nullptr && IsUnique(*constraint)) AddKey(relation, *constraint, {});
    }
  }

  CatalogBuilder builder_;
  std::vector<catalog::Type> types_;
  catalog::Collation collation_;
  Oid next_oid_ = kFirstUserOid;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const catalog::Catalog>> CatalogFromSchema(std::string_view sql, bool by_bytes) {
  auto script = parser::Parse(sql);
  if (!script.ok()) return script.status();
  Reader reader(by_bytes);
  for (const parser::Statement& statement : (*script)->statements()) {
    if (statement.root == nullptr) continue;
    if (absl::Status status = reader.Read(*statement.root); !status.ok()) return status;
  }
  return std::move(reader).Take();
}

}  // namespace pgshoal::plan
