#include "router/main/dev_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/status.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::main {
namespace {

using testing::HasSubstr;

class DevMapTest : public testing::Test {
 protected:
  DevMapTest() {
    std::string dir = testing::TempDir() + "pgshoal-dev-map-XXXXXX";
    dir_ = mkdtemp(dir.data());
  }
  ~DevMapTest() override { std::filesystem::remove_all(dir_); }

  std::string Write(const std::string& text) const {
    std::ofstream(dir_ + "/tables.toml") << text;
    return dir_ + "/tables.toml";
  }
  std::string MistakeIn(const std::string& text) const {
    return ToSqlError(ReadDevTables(Write(text)).status()).message;
  }
  std::string map_file() const { return dir_ + "/map.toml"; }

  static std::vector<DevServer> Servers(int first_port) {
    return {{"shard0", "/run/a", first_port}, {"shard1", "/run/a", first_port + 1}};
  }

  std::string dir_;
  const DevFacts facts_{2, "ann", "shop"};
};

constexpr char kTables[] =
    "[[table]]\nname = \"orders\"\nkey = \"customer_id\"\n\n"
    "[[table]]\nname = \"countries\"\nkind = \"reference\"\n\n"
    "[[column_rule]]\nkey = \"tenant_id\"\n";

TEST_F(DevMapTest, TablesAloneAreAMapFileForDev) {
  const auto tables = ReadDevTables(Write(kTables));
  ASSERT_TRUE(tables.ok()) << tables.status();
  EXPECT_EQ(tables->tables.size(), 2u);
  EXPECT_EQ(tables->column_rules.size(), 1u);
  EXPECT_EQ(tables->slots, limits::kDefaultSlots);
}

TEST_F(DevMapTest, WholeMapIsAcceptedToo) {
  const auto tables = ReadDevTables(
      Write("database = \"shop\"\nhome = \"a\"\nslots = 16\n[[shard]]\nname = \"a\"\nhost = \"h\"\nslots = \"0-15\"\n" +
            std::string(kTables)));
  ASSERT_TRUE(tables.ok()) << tables.status();
  EXPECT_EQ(tables->tables.size(), 2u);
  EXPECT_EQ(tables->slots, 16);
}

TEST_F(DevMapTest, MistakesKeepTheirLines) {
  EXPECT_EQ(MistakeIn("slots = 8\n[[table]]\nname = \"t\"\nkeys = \"a\"\n").substr(dir_.size()).substr(0, 32),
            "/tables.toml:4: unknown key \"key");
  EXPECT_THAT(MistakeIn("[[table]]\nname = \n"), HasSubstr("/tables.toml:2: "));
  EXPECT_THAT(MistakeIn("colour = 1\n"), HasSubstr("/tables.toml:1: unknown key \"colour\""));
}

TEST_F(DevMapTest, NewMapDealsSlotsEvenly) {
  const auto tables = ReadDevTables(Write(kTables));
  ASSERT_TRUE(PrepareDevMap(map_file(), facts_, Servers(5000), *tables).ok());
  const auto map = shardmap::LoadMap(map_file());
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ((*map)->database(), "shop");
  EXPECT_EQ((*map)->shard((*map)->home()).name, "shard0");
  EXPECT_EQ((*map)->OwnerOf(SlotId(2047)), ShardId(0));
  EXPECT_EQ((*map)->OwnerOf(SlotId(2048)), ShardId(1));
  EXPECT_NE((*map)->FindTable("public", "orders"), nullptr);
  EXPECT_EQ((*map)->shards()[1].port, 5001);
}

TEST_F(DevMapTest, LaterStartsChangeAddressesOnly) {
  ASSERT_TRUE(PrepareDevMap(map_file(), facts_, Servers(5000), *ReadDevTables(Write(kTables))).ok());
  auto map = shardmap::LoadMap(map_file());
  ASSERT_TRUE(map.ok());
  auto changed = shardmap::WithTable(**map, {.name = "notes", .kind = shardmap::TableKind::kReference});
  ASSERT_TRUE(changed.ok());
  ASSERT_TRUE(shardmap::SaveMap(**changed, map_file()).ok());

  ASSERT_TRUE(PrepareDevMap(map_file(), facts_, Servers(7000), std::nullopt).ok());
  map = shardmap::LoadMap(map_file());
  ASSERT_TRUE(map.ok());
  EXPECT_EQ((*map)->epoch(), (*changed)->epoch());
  EXPECT_EQ((*map)->tables(), (*changed)->tables());
  EXPECT_EQ((*map)->shards()[0].port, 7000);
}

TEST_F(DevMapTest, TablesThatRowsDoNotLieByAreRefused) {
  ASSERT_TRUE(PrepareDevMap(map_file(), facts_, Servers(5000), *ReadDevTables(Write(kTables))).ok());
  const auto same = ReadDevTables(Write(kTables));
  EXPECT_TRUE(PrepareDevMap(map_file(), facts_, Servers(5000), *same).ok());
  for (const char* text : {"[[table]]\nname = \"orders\"\nkey = \"id\"\n", "[[table]]\nname = \"more\"\nkey = \"id\"\n",
                           "[[column_rule]]\nkey = \"id\"\n", "slots = 8\n"}) {
    const auto other = ReadDevTables(Write(text));
    ASSERT_TRUE(other.ok()) << other.status();
    const absl::Status status = PrepareDevMap(map_file(), facts_, Servers(5000), *other);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(ToSqlError(status).sqlstate, "55000") << text;
  }
}

}  // namespace
}  // namespace pgshoal::main
