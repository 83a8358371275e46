// What the catalogs say, as rows of text: the queries to run and the reading of their results, whoever runs them.
// Above 300 lines because the queries and their readers are to be read together.

#include "router/catalog/catalog_rows.hpp"

#include <charconv>

#include "absl/container/flat_hash_map.h"
#include "base/status.hpp"

namespace pgshoal::catalog {
namespace {

// to_jsonb of the row reads columns that only some versions have. Providers: 'b' built in (bytes), 'c' libc, 'i' ICU.
constexpr char kDatabaseQuery[] = R"sql(
  select case when r->>'datlocprovider' = 'b' then 'c'
              when coalesce(r->>'datlocprovider', 'c') = 'c' and d.datcollate in ('C', 'POSIX') then 'c'
              else 'd' end
  from pg_database d, to_jsonb(d) r where d.datname = current_database())sql";

constexpr char kSchemaQuery[] = R"sql(
  select nspname from pg_namespace where nspname !~ '^pg_(toast|temp_|toast_temp_)')sql";

constexpr char kRelationQuery[] = R"sql(
  select c.oid, n.nspname, c.relname, c.relkind,
         exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal),
         exists (select from pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN'),
         c.relrowsecurity, c.relispartition,
         not c.relispartition and c.relkind <> 'p'
           and exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)),
         coalesce((select t.relname from pg_index i join pg_class t on t.oid = i.indrelid where i.indexrelid = c.oid),
                  '')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I', 'c') and n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
    and not (c.relkind in ('i', 'I') and n.nspname in ('pg_catalog', 'information_schema')))sql";

constexpr char kColumnQuery[] = R"sql(
  select a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity <> '', a.attgenerated <> '',
         case when a.attcollation = 0 then 'n'
              when a.attcollation = 100 then 'x'
              when not l.collisdeterministic then 'i'
              when l.collprovider = 'b' or l.collname in ('C', 'POSIX')
                or (l.collprovider = 'c' and l.collcollate in ('C', 'POSIX')) then 'c'
              else 'd' end,
         case when a.attgenerated = '' then coalesce(pg_get_expr(d.adbin, 0), '') else '' end
  from pg_attribute a
    join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_collation l on l.oid = a.attcollation
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f', 'v', 'm', 'c')
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
  order by a.attrelid, a.attnum)sql";

constexpr char kUniqueQuery[] = R"sql(
  select i.indrelid, x.relname, i.indisprimary,
         i.indisunique and i.indpred is null and i.indexprs is null,
         coalesce((select array_to_string(array_agg(a.attname::text order by k.position), E'\x01')
                   from unnest(i.indkey::int2[]) with ordinality k(attnum, position)
                     join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
                   where k.position <= i.indnkeyatts), '')
  from pg_index i
    join pg_class x on x.oid = i.indexrelid
    join pg_namespace n on n.oid = x.relnamespace
  where (i.indisunique or i.indisexclusion) and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast'))sql";

constexpr char kFunctionQuery[] = R"sql(
  select n.nspname, p.proname,
         max(case p.provolatile when 'i' then 0 when 's' then 1 else 2 end),
         bool_or(p.proretset), bool_or(p.prokind = 'f'), bool_or(p.prokind = 'a'), bool_or(p.prokind = 'w'),
         bool_or(p.prokind = 'p'),
         bool_and(l.lanname in ('internal', 'c')),
         bool_and(l.lanname in ('internal', 'c', 'sql', 'plpgsql')),
         case when n.nspname in ('pg_catalog', 'information_schema') then ''
              else coalesce(string_agg(case when l.lanname in ('sql', 'plpgsql')
                                            then coalesce(pg_get_functiondef(case when p.prokind in ('f', 'p', 'w')
                                                                                  then p.oid end), p.prosrc) end,
                                       E'\n'), '') end
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where n.nspname !~ '^pg_(temp_|toast_temp_)'
  group by n.nspname, p.proname)sql";

constexpr char kTypeQuery[] = R"sql(
  select n.nspname, t.typname, t.oid, t.typtype, t.typelem, t.typbasetype, t.oid >= 16384
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
    and not (n.nspname in ('pg_catalog', 'information_schema') and t.typrelid <> 0)
    and not (n.nspname in ('pg_catalog', 'information_schema') and t.typelem <> 0 and t.typcategory = 'A'
             and exists (select from pg_type e where e.oid = t.typelem and e.typrelid <> 0)))sql";

constexpr char kOperatorQuery[] = R"sql(
  select o.oprname, max(case p.provolatile when 'i' then 0 when 's' then 1 else 2 end)
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace join pg_proc p on p.oid = o.oprcode
  where n.nspname <> 'pg_catalog' group by 1)sql";

constexpr char kInheritanceQuery[] = R"sql(
  select i.inhrelid, i.inhparent from pg_inherits i join pg_class c on c.oid = i.inhrelid
  where c.relkind in ('r', 'p', 'f'))sql";

constexpr char kTriggerQuery[] = R"sql(
  select distinct t.tgrelid, n.nspname, p.proname
  from pg_trigger t join pg_proc p on p.oid = t.tgfoid join pg_namespace n on n.oid = p.pronamespace
  where not t.tgisinternal)sql";

constexpr char kViewQuery[] = R"sql(
  select distinct r.ev_class, d.refclassid = 'pg_proc'::regclass,
         coalesce(tn.nspname, fn.nspname), coalesce(t.relname, f.proname)
  from pg_rewrite r
    join pg_class v on v.oid = r.ev_class
    join pg_namespace vn on vn.oid = v.relnamespace and vn.nspname not in ('pg_catalog', 'information_schema')
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid in ('pg_class'::regclass, 'pg_proc'::regclass)
    left join pg_class t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
    left join pg_namespace tn on tn.oid = t.relnamespace
    left join pg_proc f on d.refclassid = 'pg_proc'::regclass and f.oid = d.refobjid
    left join pg_namespace fn on fn.oid = f.pronamespace
  where not (d.refclassid = 'pg_class'::regclass and d.refobjid = r.ev_class)
    and coalesce(t.oid, f.oid) is not null)sql";

// The results' places, in the order of CatalogQueries().
enum Place : std::size_t {
  kDatabase, kSchema, kRelation, kColumn, kUnique, kFunction, kType, kOperator, kInheritance, kTrigger, kView, kPlaces
};

RelationKind KindOf(char relkind) {
  switch (relkind) {
    case 'p':
      return RelationKind::kPartitionedTable;
    case 'f':
      return RelationKind::kForeignTable;
    case 'v':
      return RelationKind::kView;
    case 'm':
      return RelationKind::kMaterializedView;
    case 'S':
      return RelationKind::kSequence;
    case 'i':
    case 'I':
      return RelationKind::kIndex;
    case 'c':
      return RelationKind::kCompositeType;
    default:
      return RelationKind::kTable;
  }
}

bool IsTrue(const Field& field) {
  return !field.is_null() && field.c_str()[0] == 't';
}

Volatility VolatilityOf(const Field& field) {
  const int rank = field.as<int>();
  return rank == 0 ? Volatility::kImmutable : rank == 1 ? Volatility::kStable : Volatility::kVolatile;
}

std::vector<std::string> SplitAt(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

void ReadRelations(const CatalogResults& results, Collation database_collation, CatalogBuilder& builder) {
  std::vector<Relation> relations;
  absl::flat_hash_map<Oid, std::size_t> by_oid;
  for (const auto& row : results[kRelation]) {
    by_oid[row[0].as<Oid>()] = relations.size();
    Relation& relation = relations.emplace_back();
    relation.schema = row[1].c_str();
    relation.name = row[2].c_str();
    relation.kind = KindOf(row[3].c_str()[0]);
    relation.has_triggers = IsTrue(row[4]);
    relation.has_rules = IsTrue(row[5]);
    relation.row_security = IsTrue(row[6]);
    relation.is_partition = IsTrue(row[7]);
    relation.inherits = IsTrue(row[8]);
    relation.owning_table = row[9].c_str();
  }
  auto find = [&](const Field& oid) -> Relation* {
    auto it = by_oid.find(oid.as<Oid>());
    return it == by_oid.end() ? nullptr : &relations[it->second];
  };
  for (const auto& row : results[kColumn]) {
    Relation* relation = find(row[0]);
    if (relation == nullptr) continue;
    Column& column = relation->columns.emplace_back();
    column.name = row[1].c_str();
    column.type = row[2].as<Oid>();
    column.typmod = row[3].as<std::int32_t>();
    column.not_null = IsTrue(row[4]);
    column.identity = IsTrue(row[5]);
    column.generated = IsTrue(row[6]);
    switch (row[7].c_str()[0]) {
      case 'n':
        column.collation = Collation::kNone;
        break;
      case 'x':
        column.collation = database_collation;
        break;
      case 'c':
        column.collation = Collation::kC;
        break;
      case 'i':
        column.collation = Collation::kNondeterministic;
        break;
      default:
        column.collation = Collation::kDeterministic;
        break;
    }
    column.default_text = row[8].c_str();
  }
  for (const auto& row : results[kUnique]) {
    Relation* relation = find(row[0]);
    if (relation == nullptr) continue;
    UniqueKey& key = relation->unique_keys.emplace_back();
    key.name = row[1].c_str();
    key.primary = IsTrue(row[2]);
    key.exact = IsTrue(row[3]);
    key.columns = SplitAt(row[4].c_str(), '\x01');
  }
  for (const auto& row : results[kView]) {
    Relation* relation = find(row[0]);
    if (relation == nullptr) continue;
    QualifiedName name{row[2].c_str(), row[3].c_str()};
    (IsTrue(row[1]) ? relation->reads_functions : relation->reads_relations).push_back(std::move(name));
  }
  for (const auto& row : results[kInheritance]) {
    Relation* child = find(row[0]);
    Relation* parent = find(row[1]);
    if (child == nullptr || parent == nullptr) continue;
    child->parents.push_back({parent->schema, parent->name});
    parent->children.push_back({child->schema, child->name});
  }
  for (const auto& row : results[kTrigger]) {
    if (Relation* relation = find(row[0])) relation->trigger_functions.push_back({row[1].c_str(), row[2].c_str()});
  }
  for (Relation& relation : relations) builder.AddRelation(std::move(relation));
}

void ReadFunctions(const CatalogResults& results, CatalogBuilder& builder) {
  for (const auto& row : results[kFunction]) {
    Function function;
    function.schema = row[0].c_str();
    function.name = row[1].c_str();
    function.worst = VolatilityOf(row[2]);
    function.returns_set = IsTrue(row[3]);
    function.is_plain = IsTrue(row[4]);
    function.is_aggregate = IsTrue(row[5]);
    function.is_window = IsTrue(row[6]);
    function.is_procedure = IsTrue(row[7]);
    function.is_native = IsTrue(row[8]);
    function.is_sql_visible = IsTrue(row[9]);
    if (row[10].size() > 0) function.bodies.emplace_back(row[10].c_str());
    builder.AddFunction(std::move(function));
  }
}

void ReadTypesAndOperators(const CatalogResults& results, CatalogBuilder& builder) {
  for (const auto& row : results[kType]) {
    Type type;
    type.schema = row[0].c_str();
    type.name = row[1].c_str();
    type.oid = row[2].as<Oid>();
    type.kind = row[3].c_str()[0];
    type.element = row[4].as<Oid>();
    type.base = row[5].as<Oid>();
    type.user_defined = IsTrue(row[6]);
    builder.AddType(std::move(type));
  }
  for (const auto& row : results[kOperator]) {
    builder.AddOperator(UserOperator{row[0].c_str(), VolatilityOf(row[1])});
  }
}

}  // namespace

std::span<const std::string_view> CatalogQueries() {
  static constexpr std::string_view kQueries[] = {kDatabaseQuery, kSchemaQuery, kRelationQuery, kColumnQuery, kUniqueQuery, kFunctionQuery, kTypeQuery, kOperatorQuery, kInheritanceQuery, kTriggerQuery, kViewQuery};
  static_assert(std::size(kQueries) == kPlaces);
  return kQueries;
}

absl::StatusOr<std::shared_ptr<const Catalog>> BuildCatalog(const CatalogResults& results, std::uint64_t version) {
  if (results.size() != kPlaces) return SqlStatus(sqlstate::kInternalError, "the catalog was not read whole");
  CatalogBuilder builder;
  builder.SetVersion(version);
  builder.SetComplete(true);
  const bool by_bytes = !results[kDatabase].empty() && results[kDatabase][0][0].c_str()[0] == 'c';
  const Collation collation = by_bytes ? Collation::kC : Collation::kDeterministic;
  builder.SetDefaultCollation(collation);
  for (const auto& row : results[kSchema]) builder.AddSchema(row[0].c_str());
  ReadRelations(results, collation, builder);
  ReadFunctions(results, builder);
  ReadTypesAndOperators(results, builder);
  return std::move(builder).Build();
}

}  // namespace pgshoal::catalog
