#include "router/api/engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/oids.hpp"

namespace pgshoal::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// Four shards with 1024 slots each. hashint8extended(42, 0) & 4095 is 3784 on any server: west.
constexpr char kMap[] = "examples/embed/map.toml";

constexpr char kSchema[] = R"(
CREATE TABLE countries (country char(2) PRIMARY KEY, name text NOT NULL);
CREATE TABLE customers (customer_id int PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL);
CREATE TABLE orders (customer_id int NOT NULL, order_id bigint NOT NULL, total numeric(12, 2) NOT NULL,
                     PRIMARY KEY (customer_id, order_id));
CREATE TABLE settings (name text PRIMARY KEY, value text);
)";

class EngineTest : public testing::Test {
 protected:
  static Engine Make() {
    auto engine = Engine::Create(MapFile{kMap}, SchemaText{kSchema});
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }
  StatementPlan Plan(std::string_view sql, const PlanOptions& options = {}) const {
    auto plan = engine_.Plan(sql, options);
    EXPECT_TRUE(plan.ok()) << sql << ": " << plan.status();
    return *std::move(plan);
  }
  Routing Route(std::string_view sql, const std::vector<Parameter>& parameters = {}) const {
    auto routing = engine_.Route(Plan(sql), parameters);
    EXPECT_TRUE(routing.ok()) << sql << ": " << routing.status();
    return *std::move(routing);
  }
  SqlError PlanError(std::string_view sql) const {
    auto plan = engine_.Plan(sql);
    EXPECT_FALSE(plan.ok()) << sql;
    return plan.ok() ? SqlError{} : ToSqlError(plan.status());
  }

  const Engine engine_ = Make();
};

TEST_F(EngineTest, TellsTheMap) {
  EXPECT_THAT(engine_.shards(), ElementsAre("north", "east", "south", "west"));
  EXPECT_EQ(engine_.epoch(), Epoch(1));
}

TEST_F(EngineTest, RelaysWhatBelongsToOneShard) {
  for (const char* sql : {"SELECT * FROM customers WHERE customer_id = 42",
                          "SELECT * FROM customers c JOIN orders o USING (customer_id) WHERE c.customer_id = 42",
                          "UPDATE orders SET total = 0 WHERE customer_id = 42 AND order_id = 1",
                          "INSERT INTO orders VALUES (42, 1, 9.90)"}) {
    const Routing routing = Route(sql);
    EXPECT_EQ(routing.way, Way::kRelay) << sql;
    EXPECT_THAT(routing.shards, ElementsAre("west")) << sql;
    EXPECT_FALSE(routing.any_shard) << sql;
    EXPECT_FALSE(routing.error) << sql;
  }
}

TEST_F(EngineTest, RoutesByParameters) {
  const StatementPlan plan = Plan("SELECT name FROM customers WHERE customer_id = $1 AND name <> $2");
  EXPECT_EQ(plan.parameter_count(), 2);
  EXPECT_TRUE(plan.routed_by_parameters());
  EXPECT_THAT(plan.possible_ways(), ElementsAre(Way::kRelay));
  EXPECT_EQ(plan.error(), nullptr);
  auto routing = engine_.Route(plan, {{"42"}, {"x"}});
  ASSERT_TRUE(routing.ok()) << routing.status();
  EXPECT_EQ(routing->way, Way::kRelay);
  EXPECT_THAT(routing->shards, ElementsAre("west"));
  // Nothing equals NULL: any shard answers with no rows.
  routing = engine_.Route(plan, {{std::nullopt}, {"x"}});
  ASSERT_TRUE(routing.ok()) << routing.status();
  EXPECT_TRUE(routing->any_shard);
  EXPECT_THAT(routing->shards, ElementsAre("north"));
}

TEST_F(EngineTest, ReadsBinaryParameters) {
  const StatementPlan plan =
      Plan("SELECT name FROM customers WHERE customer_id = $1", {.parameter_types = {oid::kInt4}});
  auto routing = engine_.Route(plan, {{std::string("\0\0\0\x2a", 4), true}});
  ASSERT_TRUE(routing.ok()) << routing.status();
  EXPECT_THAT(routing->shards, ElementsAre("west"));
}

TEST_F(EngineTest, SeveralKeysMayMeanSeveralShards) {
  const StatementPlan read = Plan("SELECT name FROM customers WHERE customer_id IN ($1, $2)");
  EXPECT_THAT(read.possible_ways(), ElementsAre(Way::kRelay, Way::kStream));
  EXPECT_THAT(read.shard_sql(), HasSubstr("customer_id"));
  EXPECT_EQ(engine_.Route(read, {{"42"}, {"42"}})->way, Way::kRelay);
  const StatementPlan write = Plan("DELETE FROM customers WHERE customer_id IN ($1, $2)");
  EXPECT_THAT(write.possible_ways(), ElementsAre(Way::kRelay, Way::kRefuse));
  EXPECT_EQ(engine_.Route(write, {{"42"}, {"42"}})->way, Way::kRelay);
  // Among a hundred keys there is one that lies elsewhere.
  int streams = 0, refusals = 0;
  for (int key = 0; key < 100; ++key) {
    const std::vector<Parameter> parameters = {{"42"}, {std::to_string(key)}};
    const auto reading = engine_.Route(read, parameters);
    const auto writing = engine_.Route(write, parameters);
    ASSERT_TRUE(reading.ok() && writing.ok());
    EXPECT_EQ(reading->way == Way::kStream, writing->way == Way::kRefuse) << key;
    if (reading->way == Way::kStream) {
      EXPECT_THAT(reading->shards, SizeIs(2)) << key;
      ++streams;
    }
    if (writing->way == Way::kRefuse) {
      EXPECT_THAT(writing->shards, IsEmpty()) << key;
      ASSERT_TRUE(writing->error) << key;
      EXPECT_EQ(writing->error->sqlstate, sqlstate::kFeatureNotSupported) << key;
      EXPECT_NE(writing->error->hint, "") << key;
      ++refusals;
    }
  }
  EXPECT_GT(streams, 0);
  EXPECT_LT(streams, 100);
  EXPECT_EQ(streams, refusals);
}

TEST_F(EngineTest, KnowsTheOtherWays) {
  const Routing stream = Route("SELECT country, count(*) FROM customers GROUP BY country");
  EXPECT_EQ(stream.way, Way::kStream);
  EXPECT_THAT(stream.shards, ElementsAre("north", "east", "south", "west"));
  const Routing reference = Route("SELECT name FROM countries");
  EXPECT_EQ(reference.way, Way::kRelay);
  EXPECT_TRUE(reference.any_shard);
  EXPECT_THAT(reference.shards, ElementsAre("north"));
  const Routing home = Route("UPDATE settings SET value = 'x'");
  EXPECT_EQ(home.way, Way::kHome);
  EXPECT_THAT(home.shards, ElementsAre("north"));
  const Routing everywhere = Route("CREATE INDEX ON orders (order_id)");
  EXPECT_EQ(everywhere.way, Way::kEverywhere);
  EXPECT_THAT(everywhere.shards, SizeIs(4));
  EXPECT_EQ(Route("COPY orders FROM STDIN").way, Way::kCopy);
  const Routing session = Route("BEGIN");
  EXPECT_EQ(session.way, Way::kSession);
  EXPECT_THAT(session.shards, IsEmpty());
}

TEST_F(EngineTest, RefusesWithPlaceAndHint) {
  const std::string sql = "SELECT count(*) FROM customers a JOIN orders b ON a.country = b.order_id::text";
  const StatementPlan plan = Plan(sql);
  ASSERT_NE(plan.error(), nullptr);
  EXPECT_EQ(plan.error()->sqlstate, sqlstate::kFeatureNotSupported);
  EXPECT_THAT(plan.error()->message, HasSubstr("joined"));
  EXPECT_GT(plan.error()->position, 0);
  EXPECT_NE(plan.error()->hint, "");
  EXPECT_THAT(plan.possible_ways(), ElementsAre(Way::kRefuse));
  const Routing routing = Route(sql);
  EXPECT_EQ(routing.way, Way::kRefuse);
  EXPECT_THAT(routing.shards, IsEmpty());
  ASSERT_TRUE(routing.error);
  EXPECT_EQ(*routing.error, *plan.error());
  auto text = engine_.Explain(plan);
  ASSERT_TRUE(text.ok());
  EXPECT_THAT(*text, HasSubstr("way: refuse\n"));
  EXPECT_THAT(*text, HasSubstr(plan.error()->hint));
}

TEST_F(EngineTest, WritesOfAllShardsAreAnErrorOfThePlan) {
  const StatementPlan plan = Plan("UPDATE customers SET name = 'x'");
  ASSERT_NE(plan.error(), nullptr);
  EXPECT_EQ(plan.error()->sqlstate, sqlstate::kFeatureNotSupported);
}

TEST_F(EngineTest, ReportsWhatPostgresqlWould) {
  const StatementPlan unknown = Plan("SELECT * FROM nowhere");
  ASSERT_NE(unknown.error(), nullptr);
  EXPECT_EQ(unknown.error()->sqlstate, sqlstate::kUndefinedTable);
  EXPECT_EQ(unknown.error()->position, 15);
  const SqlError syntax = PlanError("SELECT é FORM customers x");
  EXPECT_EQ(syntax.sqlstate, sqlstate::kSyntaxError);
  EXPECT_EQ(syntax.message, "syntax error at or near \"customers\"");
  EXPECT_EQ(syntax.position, 15);
  EXPECT_EQ(PlanError(" ; -- nothing").sqlstate, sqlstate::kSyntaxError);
  EXPECT_EQ(PlanError("BEGIN; COMMIT").sqlstate, sqlstate::kSyntaxError);
}

TEST_F(EngineTest, PlansScripts) {
  auto plans = engine_.PlanScript("BEGIN;; SELECT * FROM customers WHERE customer_id = 42; COMMIT;");
  ASSERT_TRUE(plans.ok()) << plans.status();
  ASSERT_THAT(*plans, SizeIs(3));
  EXPECT_EQ((*plans)[0].command(), "BEGIN");
  EXPECT_EQ((*plans)[1].text(), "SELECT * FROM customers WHERE customer_id = 42");
  EXPECT_EQ((*plans)[2].command(), "COMMIT");
}

TEST_F(EngineTest, FindsNamesOnTheSearchPath) {
  auto engine = Engine::Create(MapFile{kMap}, SchemaText{"CREATE SCHEMA app; CREATE TABLE app.t (id int);"});
  ASSERT_TRUE(engine.ok()) << engine.status();
  auto missed = engine->Plan("SELECT * FROM t");
  ASSERT_TRUE(missed.ok());
  EXPECT_NE(missed->error(), nullptr);
  auto found = engine->Plan("SELECT * FROM t", {.search_path = {"app"}});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->error(), nullptr);
  EXPECT_EQ(engine->Route(*found)->way, Way::kHome);
}

TEST_F(EngineTest, ExplainsOpenAndGivenParameters) {
  const StatementPlan plan = Plan("SELECT name FROM customers WHERE customer_id = $1");
  EXPECT_THAT(*engine_.Explain(plan), HasSubstr("shards: one, named by the parameters\n"));
  EXPECT_THAT(*engine_.Explain(plan, {{"42"}}), HasSubstr("way: relay\nshards: west\nwhy: "));
  EXPECT_THAT(*engine_.Explain(Plan("SELECT name FROM customers WHERE customer_id = ANY ($1)")),
              HasSubstr("way: relay if the parameters name one shard, else stream\n"));
}

TEST_F(EngineTest, WantsAsManyValuesAsParameters) {
  const StatementPlan plan = Plan("SELECT name FROM customers WHERE customer_id = $1");
  for (const std::vector<Parameter>& parameters : {std::vector<Parameter>{}, {{"1"}, {"2"}}}) {
    auto routing = engine_.Route(plan, parameters);
    ASSERT_FALSE(routing.ok());
    EXPECT_EQ(ToSqlError(routing.status()).sqlstate, sqlstate::kInvalidParameterValue);
    EXPECT_FALSE(engine_.Explain(plan, parameters).ok());
  }
  EXPECT_TRUE(engine_.Route(Plan("SELECT $1 FROM settings")).ok());
}

TEST_F(EngineTest, PlansBelongToTheirEngine) {
  const StatementPlan plan = Plan("SELECT * FROM customers WHERE customer_id = 42");
  const Engine copy = engine_;
  EXPECT_TRUE(copy.Route(plan).ok());
  auto foreign = Make().Route(plan);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(ToSqlError(foreign.status()).sqlstate, sqlstate::kObjectNotInPrerequisiteState);
  std::optional<Engine> brief = Make();
  const auto outliving = brief->Plan("SELECT * FROM customers WHERE customer_id = 42");
  brief.reset();
  ASSERT_TRUE(outliving.ok());
  EXPECT_EQ(outliving->command(), "SELECT");
}

TEST_F(EngineTest, NamesWhatCannotBeRead) {
  const auto error = [](const MapSource& map, const CatalogSource& catalog) {
    auto engine = Engine::Create(map, catalog);
    EXPECT_FALSE(engine.ok());
    return engine.ok() ? SqlError{} : ToSqlError(engine.status());
  };
  EXPECT_EQ(error(MapFile{"no/such/map"}, SchemaText{kSchema}).sqlstate, sqlstate::kUndefinedFile);
  EXPECT_EQ(error(MapFile{kMap}, SchemaFile{"no/such/schema"}).sqlstate, sqlstate::kUndefinedFile);
  EXPECT_EQ(error(MapFile{kMap}, SchemaFile{"examples"}).sqlstate, sqlstate::kUndefinedFile);
  EXPECT_EQ(error(MapText{"slots = 3"}, SchemaText{kSchema}).sqlstate, sqlstate::kConfigFileError);
  EXPECT_EQ(error(MapFile{kMap}, SchemaText{"CREATE TABLE t ("}).sqlstate, sqlstate::kSyntaxError);
  EXPECT_THAT(error(MapFile{kMap}, SchemaFile{kMap}).message, HasSubstr("examples/embed/map.toml: "));
  EXPECT_EQ(error(MapFile{kMap}, Server{"host=127.0.0.1 port=1"}).sqlstate, sqlstate::kConnectionFailure);
}

TEST_F(EngineTest, ThreadsShareAnEngine) {
  const StatementPlan shared = Plan("SELECT name FROM customers WHERE customer_id = $1");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, &shared] {
      for (int i = 0; i < 50; ++i) {
        const auto own = engine_.Plan("SELECT name FROM customers WHERE customer_id = " + std::to_string(i));
        ASSERT_TRUE(own.ok());
        EXPECT_EQ(engine_.Route(*own)->shards, engine_.Route(shared, {{std::to_string(i)}})->shards);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pgshoal::api
