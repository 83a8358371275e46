// The program itself, run as a user runs it: on a map file and against a router's console.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "tests/unit/shoalctl/fake_router.hpp"
#include "tests/unit/shoalctl/program.hpp"

namespace pgshoal::shoalctl {
namespace {

constexpr std::string_view kMap = R"(database = "app"
slots = 4096
epoch = 1
home = "shard0"

[[shard]]
name = "shard0"
host = "127.0.0.1"
port = 5501
password = "it's"
slots = ["0-1023"]

[[shard]]
name = "shard1"
host = "127.0.0.1"
port = 5502
slots = ["1024-4095"]

[[table]]
name = "customers"
key = ["id"]

[[column_rule]]
key = ["tenant_id"]
)";

class Shoalctl : public testing::Test {
 protected:
  Shoalctl() {
    unsetenv("PGSHOAL_URL");
    std::string pattern = "/tmp/pgshoal-ctl-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    file_ = directory_ + "/map.toml";
    std::ofstream(file_) << kMap;
  }
  ~Shoalctl() override { std::filesystem::remove_all(directory_); }

  static Outcome Run(const std::string& arguments) { return RunProgram(arguments); }
  Outcome OnFile(const std::string& arguments) const { return Run(fmt::format("{} --map {}", arguments, file_)); }
  static nlohmann::json Json(const Outcome& outcome) { return ParseJson(outcome); }

  std::string directory_;
  std::string file_;
};

TEST_F(Shoalctl, EveryCommandHasHelp) {
  for (const char* command : {"", "map", "map show", "map check", "map load", "table", "table shard", "table reference",
                              "table home", "table forget", "where", "reload", "explain", "parse"}) {
    const Outcome outcome = Run(fmt::format("{} --help", command));
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_NE(outcome.out.find("Usage:"), std::string::npos) << command;
  }
}

TEST_F(Shoalctl, ExitCodesTellTheKindOfFailure) {
  EXPECT_EQ(Run("").code, 2);
  EXPECT_EQ(Run("nonsense").code, 2);
  EXPECT_EQ(OnFile("table shard t").code, 2);
  EXPECT_EQ(OnFile("reload").code, 2);
  EXPECT_EQ(Run("map show --map /no/such/file").code, 4);
  EXPECT_EQ(Run("map show --url postgresql://127.0.0.1:1/").code, 3);
  EXPECT_EQ(OnFile("table forget nothing").code, 1);
  EXPECT_EQ(OnFile("table shard 'a b' --key id").code, 1);
}

TEST_F(Shoalctl, CheckNamesTheLine) {
  EXPECT_EQ(OnFile("map check").code, 0);
  std::ofstream(file_, std::ios::app) << "\n[[table]]\nname = \"customers\"\nkind = \"reference\"\n";
  const Outcome outcome = Run("map check " + file_);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, fmt::format("shoalctl: {}:26: table \"customers\" is named twice\n", file_));
}

TEST_F(Shoalctl, DeclaresTablesInAFile) {
  EXPECT_EQ(OnFile("table shard Sales.Orders --key customer_id --colocate-with customers").code, 0);
  EXPECT_EQ(OnFile("table shard events --key tenant,day --group events").code, 0);
  EXPECT_EQ(OnFile("table reference countries").code, 0);
  EXPECT_EQ(OnFile("table home settings").code, 0);
  const nlohmann::json map = Json(OnFile("map show --json"));
  EXPECT_EQ(map["epoch"], 5);
  ASSERT_EQ(map["tables"].size(), 5u);
  EXPECT_EQ(map["tables"][1]["schema"], "sales");
  EXPECT_EQ(map["tables"][1]["group"], "default");
  EXPECT_EQ(map["tables"][2]["key"], (nlohmann::json{"tenant", "day"}));
  EXPECT_EQ(map["tables"][3]["kind"], "reference");
  EXPECT_EQ(map["tables"][4]["kind"], "home");
  EXPECT_EQ(map["shards"][1]["slots"], nlohmann::json{"1024-4095"});
}

TEST_F(Shoalctl, SayingTheSameTwiceChangesNothing) {
  const nlohmann::json answer = Json(OnFile("table shard customers --key id --json"));
  EXPECT_EQ(answer["changed"], false);
  EXPECT_EQ(answer["epoch"], 1);
}

TEST_F(Shoalctl, DoesNotRedeclareInAFileUnlessForced) {
  const Outcome refused = OnFile("table reference customers");
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.out.find("already says that customers is sharded by id"), std::string::npos) << refused.out;
  EXPECT_EQ(Json(OnFile("map show --json"))["epoch"], 1);
  EXPECT_EQ(OnFile("table reference customers --force").code, 0);
  EXPECT_EQ(Json(OnFile("map show --json"))["tables"][0]["kind"], "reference");
}

TEST_F(Shoalctl, TellsWhereAKeyLies) {
  // hashint8extended(42, 0) on any server.
  const nlohmann::json place = Json(OnFile("where customers 42 --type int8 --json"));
  EXPECT_EQ(place["hash"], 8010225493015854792);
  EXPECT_EQ(place["slot"], 3784);
  EXPECT_EQ(place["shard"], "shard1");
  EXPECT_EQ(place["guessed"], false);
  const Outcome guessed = OnFile("where customers -42");
  EXPECT_EQ(guessed.code, 0);
  EXPECT_NE(guessed.out.find("guess"), std::string::npos);
  EXPECT_EQ(Json(OnFile("where customers abc --json"))["types"], nlohmann::json{"text"});
  EXPECT_EQ(OnFile("where customers abc --type int4").code, 1);
  EXPECT_EQ(OnFile("where customers 1 2").code, 2);
  EXPECT_EQ(OnFile("where customers 1 --type money").code, 1);
  EXPECT_EQ(Json(OnFile("where notes 7 --columns id,tenant_id --json"))["table"]["key"], nlohmann::json{"tenant_id"});
  EXPECT_EQ(Json(OnFile("where settings --json"))["shards"], nlohmann::json{"shard0"});
}

TEST_F(Shoalctl, PasswordsAreShownOnlyWhenAskedFor) {
  EXPECT_EQ(OnFile("map show").out.find("it's"), std::string::npos);
  EXPECT_EQ(OnFile("map show --json").out.find("it's"), std::string::npos);
  EXPECT_EQ(OnFile("map show --toml").out.find("it's"), std::string::npos);
  EXPECT_EQ(OnFile("map show --toml --passwords").out, kMap);
}

TEST_F(Shoalctl, ChangesTheMapOfARouter) {
  FakeRouter router{std::string(kMap)};
  const Outcome outcome = Run("table reference countries --json --url " + router.Url());
  ASSERT_EQ(outcome.code, 0) << outcome.out;
  EXPECT_EQ(Json(outcome)["epoch"], 2);
  EXPECT_NE(router.map().find("epoch = 2"), std::string::npos);
  EXPECT_NE(router.map().find("name = \"countries\""), std::string::npos);
  EXPECT_NE(router.map().find("password = \"it's\""), std::string::npos);
  EXPECT_EQ(router.statements(), (std::vector<std::string>{"pgshoal: SHOW MAP TOML", "app: SELECT a.attname, a.",
                                                           "pgshoal: LOAD MAP 'database ="}));
}

TEST_F(Shoalctl, DoesNotRedeclareATableThatExists) {
  FakeRouter router{std::string(kMap)};
  router.SetColumns("orders", {{"id", "20", "-1"}, {"tenant_id", "23", "-1"}});
  EXPECT_EQ(Run("table home orders --url " + router.Url()).code, 1);
  EXPECT_EQ(router.map(), kMap);
  EXPECT_EQ(Run("table home orders --force --url " + router.Url()).code, 0);
  EXPECT_NE(router.map(), kMap);
}

TEST_F(Shoalctl, DeclaringWhatAColumnRuleSaysAlreadyIsFine) {
  FakeRouter router{std::string(kMap)};
  router.SetColumns("orders", {{"id", "20", "-1"}, {"tenant_id", "23", "-1"}});
  EXPECT_EQ(Run("table shard orders --key tenant_id --url " + router.Url()).code, 0);
}

TEST_F(Shoalctl, PassesOnWhatTheRouterRefuses) {
  FakeRouter router{std::string(kMap)};
  router.RefuseNextLoad("the map has changed meanwhile");
  const Outcome outcome = Run("table reference countries --url " + router.Url());
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out, "shoalctl: the map has changed meanwhile\n  hint: a hint\n");
}

TEST_F(Shoalctl, TakesTheTypeFromTheRoutersCatalog) {
  FakeRouter router{std::string(kMap)};
  router.SetColumns("customers", {{"id", "1700", "-1"}, {"name", "25", "-1"}});
  const nlohmann::json place = Json(Run("where customers 42.0 --json --url " + router.Url()));
  EXPECT_EQ(place["types"], nlohmann::json{"numeric"});
  EXPECT_EQ(place["guessed"], false);
  router.SetColumns("notes", {{"tenant_id", "25", "-1"}});
  EXPECT_EQ(Json(Run("where notes 42 --json --url " + router.Url()))["types"], nlohmann::json{"text"});
}

TEST_F(Shoalctl, ReloadsAndLoads) {
  FakeRouter router{std::string(kMap)};
  EXPECT_EQ(Run("reload --url " + router.Url()).out, "reloaded: the router's map has epoch 1\n");
  EXPECT_EQ(OnFile("table reference countries").code, 0);
  EXPECT_EQ(Run(fmt::format("map load {} --url {}", file_, router.Url())).code, 0);
  EXPECT_NE(router.map().find("countries"), std::string::npos);
  EXPECT_NE(router.map().find("epoch = 2"), std::string::npos);
}

}  // namespace
}  // namespace pgshoal::shoalctl
