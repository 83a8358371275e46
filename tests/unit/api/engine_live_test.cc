// An engine over the catalog of a running server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "router/api/engine.hpp"
#include "tests/support/pg_cluster.hpp"

namespace pgshoal::api {
namespace {

using testing::ElementsAre;

TEST(EngineLiveTest, ReadsTheCatalogOfAServer) {
  if (!test::PgCluster::Available()) GTEST_SKIP() << "no PostgreSQL server is installed";
  auto cluster = test::PgCluster::Start({.servers = 1, .settings = {}, .database = "shop"});
  ASSERT_TRUE(cluster.ok()) << cluster.status();
  ASSERT_TRUE((*cluster)
                  ->Query(0, "CREATE TABLE customers (id bigint PRIMARY KEY, name text);"
                             "CREATE VIEW named AS SELECT * FROM customers WHERE name IS NOT NULL")
                  .ok());
  // The home shard is the server; the other is never asked.
  const MapText map{fmt::format(R"(
database = "shop"
home = "here"
[[shard]]
name = "here"
host = "127.0.0.1"
port = {}
password = "it's not asked for"
slots = ["0-2047"]
[[shard]]
name = "there"
host = "127.0.0.1"
port = 1
slots = ["2048-4095"]
[[table]]
name = "customers"
key = "id"
)",
                                (*cluster)->port(0))};
  for (const CatalogSource& source :
       {CatalogSource{HomeServer{(*cluster)->user()}}, CatalogSource{Server{(*cluster)->Conninfo(0)}}}) {
    auto engine = Engine::Create(map, source);
    ASSERT_TRUE(engine.ok()) << engine.status();
    auto plan = engine->Plan("SELECT name FROM customers WHERE id = $1");
    ASSERT_TRUE(plan.ok()) << plan.status();
    auto routing = engine->Route(*plan, {{"42"}});
    ASSERT_TRUE(routing.ok()) << routing.status();
    EXPECT_EQ(routing->way, Way::kRelay);
    EXPECT_THAT(routing->shards, ElementsAre("there"));  // slot 3784
    auto missing = engine->Plan("SELECT * FROM orders");
    ASSERT_TRUE(missing.ok());
    ASSERT_NE(missing->error(), nullptr);
    EXPECT_EQ(missing->error()->sqlstate, sqlstate::kUndefinedTable);
  }
}

}  // namespace
}  // namespace pgshoal::api
