#include "router/catalog/catalog_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "base/oids.hpp"
#include "base/status.hpp"
#include "tests/unit/catalog/scratch_server.hpp"

namespace pgshoal::catalog {
namespace {

using testing::ElementsAre;

const std::vector<std::string> kPublic = {"public"};

class CatalogLoaderTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new ScratchServer;
    ASSERT_TRUE(server_->running()) << "no PostgreSQL server could be started";
    pqxx::connection connection(server_->conninfo());
    pqxx::work txn(connection);
    txn.exec(R"sql(
      create schema app;
      create type app.mood as enum ('sad', 'ok');
      create domain app.positive as int check (value > 0);
      create table t (id bigint primary key, a numeric(10,2) not null default 1.5, b text collate "C",
                      c text collate "en-x-icu", n serial, i int generated always as identity,
                      g int generated always as (n + 1) stored, m app.mood, dropped int, v varchar(5));
      alter table t drop column dropped;
      create unique index t_ab on t (a, b);
      create unique index t_part on t (b) where a > 0;
      create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table app.u (id int, x text collate ci);
      create view v as select * from t;
      create function app.f(int) returns int language sql stable as 'select count(*)::int from t where id > $1';
      create function app.f(text) returns int language sql volatile as 'select 1';
      create view app.w as select app.f(1) as y from app.u;
      create function trig() returns trigger language plpgsql as 'begin return new; end';
      create trigger tr before insert on app.u for each row execute function trig();
      create rule r as on delete to app.u do instead nothing;
      create table parent (id int) partition by range (id);
      create table part partition of parent for values from (1) to (2);
      create table inh (y int) inherits (app.u);
      create operator app.=== (leftarg = int, rightarg = int, function = int4eq);
      create sequence s;
    )sql");
    txn.commit();
    auto loaded = LoadCatalog(server_->conninfo(), 7);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    catalog_ = *loaded;
  }
  static void TearDownTestSuite() {
    catalog_.reset();
    delete server_;
    server_ = nullptr;
  }

  static ScratchServer* server_;
  static std::shared_ptr<const Catalog> catalog_;
};

ScratchServer* CatalogLoaderTest::server_ = nullptr;
std::shared_ptr<const Catalog> CatalogLoaderTest::catalog_;

TEST_F(CatalogLoaderTest, ColumnsCarryTypeDefaultAndCollation) {
  const Relation* t = catalog_->FindRelation("", "t", kPublic);
  ASSERT_NE(t, nullptr);
  EXPECT_EQ(t->schema, "public");
  EXPECT_EQ(t->kind, RelationKind::kTable);
  ASSERT_EQ(t->columns.size(), 9u);
  EXPECT_EQ(t->columns[0].type, oid::kInt8);
  EXPECT_TRUE(t->columns[0].not_null);
  EXPECT_EQ(t->FindColumn("a")->default_text, "1.5");
  EXPECT_EQ(t->FindColumn("a")->typmod, (10 << 16 | 2) + 4);
  EXPECT_EQ(t->FindColumn("a")->collation, Collation::kNone);
  EXPECT_EQ(t->FindColumn("b")->collation, Collation::kC);
  EXPECT_EQ(t->FindColumn("c")->collation, Collation::kDeterministic);
  EXPECT_EQ(t->FindColumn("v")->collation, Collation::kDeterministic);
  EXPECT_EQ(t->FindColumn("n")->default_text, "nextval('public.t_n_seq'::regclass)");
  EXPECT_TRUE(t->FindColumn("i")->identity);
  EXPECT_TRUE(t->FindColumn("g")->generated);
  EXPECT_EQ(t->FindColumn("dropped"), nullptr);
  EXPECT_EQ(catalog_->FindRelation("app", "u", kPublic)->FindColumn("x")->collation, Collation::kNondeterministic);
  EXPECT_EQ(catalog_->default_collation(), Collation::kDeterministic);
}

TEST_F(CatalogLoaderTest, UniqueKeysAreListedInOrder) {
  const Relation* t = catalog_->FindRelation("public", "t", {});
  ASSERT_EQ(t->unique_keys.size(), 3u);
  for (const UniqueKey& key : t->unique_keys) {
    if (key.name == "t_pkey") {
      EXPECT_TRUE(key.primary);
      EXPECT_THAT(key.columns, ElementsAre("id"));
    } else if (key.name == "t_ab") {
      EXPECT_TRUE(key.exact);
      EXPECT_THAT(key.columns, ElementsAre("a", "b"));
    } else {
      EXPECT_FALSE(key.exact);
    }
  }
}

TEST_F(CatalogLoaderTest, RelationsCarryTriggersRulesPartitionsAndInheritance) {
  const Relation* u = catalog_->FindRelation("app", "u", {});
  EXPECT_TRUE(u->has_triggers);
  EXPECT_TRUE(u->has_rules);
  EXPECT_TRUE(u->inherits);
  EXPECT_TRUE(catalog_->FindRelation("public", "inh", {})->inherits);
  EXPECT_TRUE(catalog_->FindRelation("public", "part", {})->is_partition);
  EXPECT_FALSE(catalog_->FindRelation("public", "part", {})->inherits);
  EXPECT_THAT(u->trigger_functions, ElementsAre(QualifiedName{"public", "trig"}));
  EXPECT_THAT(u->children, ElementsAre(QualifiedName{"public", "inh"}));
  EXPECT_THAT(catalog_->FindRelation("public", "part", {})->parents, ElementsAre(QualifiedName{"public", "parent"}));
  EXPECT_EQ(catalog_->FindRelation("public", "parent", {})->kind, RelationKind::kPartitionedTable);
  EXPECT_EQ(catalog_->FindRelation("public", "s", {})->kind, RelationKind::kSequence);
  EXPECT_EQ(catalog_->FindRelation("public", "t_ab", {})->owning_table, "t");
  EXPECT_FALSE(catalog_->FindRelation("public", "t", {})->has_triggers);
}

TEST_F(CatalogLoaderTest, ViewsNameWhatTheyRead) {
  const Relation* v = catalog_->FindRelation("public", "v", {});
  EXPECT_EQ(v->kind, RelationKind::kView);
  EXPECT_FALSE(v->has_rules);
  EXPECT_THAT(v->reads_relations, ElementsAre(QualifiedName{"public", "t"}));
  const Relation* w = catalog_->FindRelation("app", "w", {});
  EXPECT_THAT(w->reads_functions, ElementsAre(QualifiedName{"app", "f"}));
}

TEST_F(CatalogLoaderTest, FunctionsOfOneNameAreTakenTogether) {
  auto f = catalog_->FindFunctions("app", "f", kPublic);
  ASSERT_EQ(f.size(), 1u);
  EXPECT_EQ(f[0]->worst, Volatility::kVolatile);
  EXPECT_FALSE(f[0]->is_native);
  EXPECT_TRUE(f[0]->is_sql_visible);
  ASSERT_EQ(f[0]->bodies.size(), 1u);
  EXPECT_NE(f[0]->bodies[0].find("from t where"), std::string::npos);
  EXPECT_TRUE(catalog_->FindFunctions("", "f", kPublic).empty());
  auto count = catalog_->FindFunctions("", "count", kPublic);
  ASSERT_EQ(count.size(), 1u);
  EXPECT_TRUE(count[0]->is_aggregate);
  EXPECT_TRUE(catalog_->FindFunctions("", "generate_series", kPublic)[0]->returns_set);
  EXPECT_EQ(catalog_->FindFunctions("", "now", kPublic)[0]->worst, Volatility::kStable);
}

TEST_F(CatalogLoaderTest, TypesOperatorsAndSystemCatalogs) {
  EXPECT_EQ(catalog_->FindType("", "int4", kPublic)->oid, oid::kInt4);
  EXPECT_EQ(catalog_->FindType("", "_int4", kPublic)->element, oid::kInt4);
  EXPECT_EQ(catalog_->FindType("app", "mood", {})->kind, 'e');
  EXPECT_EQ(catalog_->FindType("app", "positive", {})->base, oid::kInt4);
  EXPECT_EQ(catalog_->FindType("", "mood", kPublic), nullptr);
  EXPECT_NE(catalog_->FindUserOperator("==="), nullptr);
  EXPECT_EQ(catalog_->FindUserOperator("="), nullptr);
  EXPECT_EQ(catalog_->FindRelation("", "pg_class", kPublic)->schema, "pg_catalog");
  EXPECT_NE(catalog_->FindRelation("information_schema", "tables", {}), nullptr);
  EXPECT_TRUE(catalog_->complete());
  EXPECT_EQ(catalog_->version(), 7u);
  EXPECT_EQ(catalog_->CreationSchema(std::vector<std::string>{"nobody", "app", "public"}), "app");
}

TEST_F(CatalogLoaderTest, AnUnreachableServerIsAConnectionFailure) {
  auto loaded = LoadCatalog("host=/nonexistent dbname=x connect_timeout=1", 1);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(ToSqlError(loaded.status()).sqlstate, "08006");
}

}  // namespace
}  // namespace pgshoal::catalog
