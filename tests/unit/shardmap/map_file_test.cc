#include "shardmap/map_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/status.hpp"
#include "fmt/format.h"

namespace pgshoal::shardmap {
namespace {

constexpr std::string_view kGood = R"(# A web shop
database = "app"
slots = 16
epoch = 7
home = "s0"

[[shard]]
name = "s0"
host = "127.0.0.1"
port = 5501
slots = ["0-5", 7]

[[shard]]
name = "s1"
host = "/var/run/postgresql"
port = 5502
dbname = "app_1"
user = "router"
password = "se\"cret\n"
slots = ["6", "8-15"]

[[table]]
name = "customers"
key = "id"

[[table]]
name = "sales.Orders"
key = ["customer_id"]
colocate_with = "customers"

[[table]]
name = '"Events"'
key = ["tenant", '"Day"']
group = "events"

[[table]]
name = "clicks"
key = ["tenant", "day"]
colocate_with = '"Events"'

[[table]]
name = "countries"
kind = "reference"

[[table]]
name = "settings"
kind = "home"

[[column_rule]]
key = "tenant_id"
)";

TEST(MapFile, ReadsEveryPart) {
  auto parsed = ParseMap(kGood, "shop.toml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const ShardMap& map = **parsed;
  EXPECT_EQ(map.database(), "app");
  EXPECT_EQ(map.slots(), 16);
  EXPECT_EQ(map.epoch(), Epoch(7));
  EXPECT_EQ(map.shard(map.home()).name, "s0");
  EXPECT_EQ(map.OwnerOf(SlotId(5)), ShardId(0));
  EXPECT_EQ(map.OwnerOf(SlotId(6)), ShardId(1));
  EXPECT_EQ(map.OwnerOf(SlotId(7)), ShardId(0));
  EXPECT_EQ(map.FindShard("s1")->password, "se\"cret\n");
  EXPECT_EQ(map.FindTable("sales", "orders")->group, "default");
  EXPECT_EQ(map.FindTable("", "Events")->key, (std::vector<std::string>{"tenant", "Day"}));
  EXPECT_EQ(map.FindTable("", "clicks")->group, "events");
  EXPECT_EQ(map.FindTable("", "countries")->kind, TableKind::kReference);
  EXPECT_EQ(map.column_rules().size(), 1u);
}

TEST(MapFile, PrintedMapReadsBackEqual) {
  const MapPtr map = *ParseMap(kGood, "shop.toml");
  auto again = ParseMap(PrintMap(*map), "printed");
  ASSERT_TRUE(again.ok()) << again.status() << PrintMap(*map);
  EXPECT_EQ((*again)->spec(), map->spec());
}

TEST(MapFile, RandomMapsReadBackEqual) {
  std::mt19937 random(3);
  const auto name = [&](const char* stem) { return fmt::format("{} {}\"\\\t", stem, random() % 1000); };
  for (int round = 0; round < 100; ++round) {
    MapSpec spec;
    spec.database = name("db");
    spec.epoch = Epoch(1 + random() % 1000);
    spec.slots = 1 << (random() % 13);
    const int shards = 1 + static_cast<int>(random() % 20);
    for (int i = 0; i < shards; ++i) {
      Shard shard;
      shard.id = ShardId(static_cast<std::uint16_t>(i));
      shard.name = fmt::format("s\"{}", i);
      shard.host = name("h");
      shard.port = 1 + static_cast<int>(random() % 65'535);
      if (random() % 2 == 0) shard.user = name("u");
      if (random() % 2 == 0) shard.password = random() % 3 == 0 ? "" : name("p");
      spec.shards.push_back(shard);
    }
    spec.home = ShardId(static_cast<std::uint16_t>(random() % static_cast<unsigned>(shards)));
    for (int i = 0; i < spec.slots; ++i) {
      spec.slot_owner.emplace_back(static_cast<std::uint16_t>(random() % static_cast<unsigned>(shards)));
    }
    for (int i = 0; i < 5; ++i) {
      TableRule rule{"Sch\"ema", fmt::format("t.{}", i), static_cast<TableKind>(random() % 3), {}, {}};
      if (rule.kind == TableKind::kSharded) rule.key = {name("k")}, rule.group = name("g");
      spec.tables.push_back(rule);
    }
    auto map = ShardMap::Create(spec);
    ASSERT_TRUE(map.ok()) << map.status();
    auto again = ParseMap(PrintMap(**map), "printed");
    ASSERT_TRUE(again.ok()) << again.status() << PrintMap(**map);
    EXPECT_EQ((*again)->spec(), spec);
  }
}

TEST(MapFile, PasswordsCanBeLeftOut) {
  const MapPtr map = *ParseMap(kGood, "shop.toml");
  EXPECT_NE(PrintMap(*map).find("se\\\"cret"), std::string::npos);
  EXPECT_EQ(PrintMapWithoutPasswords(*map).find("cret"), std::string::npos);
}

// The text above with one piece replaced, and what is said about it.
struct Mistake {
  std::string_view from, to, message;
};

class MapMistake : public testing::TestWithParam<Mistake> {};

TEST_P(MapMistake, NamesFileLineAndMistake) {
  std::string text(kGood);
  const std::size_t at = text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, GetParam().from.size(), GetParam().to);
  auto map = ParseMap(text, "shop.toml");
  ASSERT_FALSE(map.ok());
  const SqlError error = ToSqlError(map.status());
  EXPECT_EQ(error.sqlstate, "F0000");
  EXPECT_EQ(error.message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    All, MapMistake,
    testing::Values(
        Mistake{"home = \"s0\"", "home = \"s9\"", "shop.toml:5: unknown shard \"s9\" as home"},
        Mistake{"home = \"s0\"", "", "shop.toml: there is no home shard: home = \"…\" is missing"},
        Mistake{"\"6\", \"8-15\"", "\"5-15\"", "shop.toml:20: slot 5 is owned twice, by \"s0\" and \"s1\""},
        Mistake{"\"6\", \"8-15\"", "\"8-15\"", "shop.toml: slot 6 is owned by nobody"},
        Mistake{"\"6\", \"8-15\"", "\"6\", \"8-12\"", "shop.toml: slots 13-15 are owned by nobody"},
        Mistake{"\"8-15\"", "\"8-16\"",
                "shop.toml:20: bad slot range \"8-16\": write \"first-last\" or \"slot\", from 0 to 15"},
        Mistake{"\"8-15\"", "\"15-8\"",
                "shop.toml:20: bad slot range \"15-8\": write \"first-last\" or \"slot\", from 0 to 15"},
        Mistake{"\"8-15\"", "\"8-\"",
                "shop.toml:20: bad slot range \"8-\": write \"first-last\" or \"slot\", from 0 to 15"},
        Mistake{"slots = 16", "slots = 12", "shop.toml:3: slots must be a power of two, not 12"},
        Mistake{"slots = 16", "slots = 0", "shop.toml:3: slots must be from 1 to 65536, not 0"},
        Mistake{"slots = 16", "slots = \"16\"", "shop.toml:3: slots must be an integer"},
        Mistake{"slots = 16", "slot = 16",
                "shop.toml:3: unknown key \"slot\" at the top (known are database, slots, epoch, home, shard, table, "
                "column_rule)"},
        Mistake{"port = 5501", "prot = 5501",
                "shop.toml:10: unknown key \"prot\" in [[shard]] (known are name, host, port, dbname, user, password, "
                "slots)"},
        Mistake{"port = 5501", "port = 70000", "shop.toml:10: port must be from 1 to 65535, not 70000"},
        Mistake{"name = \"s1\"", "name = \"s0\"", "shop.toml:13: there are two shards \"s0\""},
        Mistake{"name = \"s1\"", "", "shop.toml:13: this shard has no name"},
        Mistake{"name = \"countries\"", "name = \"customers\"", "shop.toml:41: table \"customers\" is named twice"},
        Mistake{"kind = \"reference\"", "kind = \"shared\"",
                "shop.toml:43: unknown kind \"shared\" (known are sharded, reference, home)"},
        Mistake{"kind = \"reference\"", "", "shop.toml:41: table \"countries\" needs a key or a kind"},
        Mistake{"kind = \"reference\"", "kind = \"sharded\"", "shop.toml:41: table \"countries\" has no key"},
        Mistake{"kind = \"reference\"", "kind = \"reference\"\nkey = \"id\"",
                "shop.toml:41: table \"countries\" is a reference table and cannot have a key"},
        Mistake{"colocate_with = \"customers\"", "colocate_with = \"custmers\"",
                "shop.toml:29: colocate_with names unknown table \"custmers\""},
        Mistake{"colocate_with = \"customers\"", "colocate_with = \"countries\"",
                "shop.toml:29: colocate_with names \"countries\", which is not sharded"},
        Mistake{"colocate_with = \"customers\"", "colocate_with = \"sales.orders\"",
                "shop.toml:29: colocate_with goes in a circle"},
        Mistake{"key = \"id\"", "key = [\"id\", \"x\"]",
                "shop.toml:26: colocation group \"default\" already has keys of 2 columns, this key has 1; give it a "
                "group of its own"},
        Mistake{"key = \"id\"", "key = []", "shop.toml:24: key names no column"},
        Mistake{"key = \"id\"", "key = 5", "shop.toml:24: key must be a column name or a list of column names"},
        Mistake{"key = \"id\"", "key = \"a b\"", "shop.toml:24: invalid name \"a b\": ' ' needs double quotes"},
        Mistake{"[[column_rule]]", "[column_rule]", "shop.toml:49: write [[column_rule]] with two brackets"},
        Mistake{"database = \"app\"", "", "shop.toml: database = \"…\" is missing"}));

TEST(MapFile, SyntaxErrorHasItsLine) {
  auto map = ParseMap("database = \"app\"\nslots = = 3\n", "x.toml");
  ASSERT_FALSE(map.ok());
  EXPECT_TRUE(ToSqlError(map.status()).message.starts_with("x.toml:2: ")) << map.status();
}

TEST(MapFile, TooManyShards) {
  std::string text = "database = \"app\"\nhome = \"s0\"\n";
  for (int i = 0; i <= limits::kMaxShards; ++i) text += fmt::format("[[shard]]\nname = \"s{}\"\nhost = \"h\"\n", i);
  auto map = ParseMap(text, "x.toml");
  ASSERT_FALSE(map.ok());
  EXPECT_EQ(ToSqlError(map.status()).message, "x.toml:3075: there are more than 1024 shards");
}

TEST(MapFile, RandomDamageNeverCrashes) {
  std::mt19937 random(11);
  int refused = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text(kGood);
    for (int edits = 0; edits < 3; ++edits) {
      const std::size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text.erase(at, 1 + random() % 10);
      } else {
        text[at] = static_cast<char>(random() % 256);
      }
    }
    auto map = ParseMap(text, "x.toml");
    if (!map.ok()) ++refused;
  }
  EXPECT_GT(refused, 1000);
}

class MapFileOnDisk : public testing::Test {
 protected:
  MapFileOnDisk() {
    std::string pattern = "/tmp/pgshoal-map-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~MapFileOnDisk() override { std::filesystem::remove_all(directory_); }
  std::string directory_;
};

TEST_F(MapFileOnDisk, SavesAndLoads) {
  const std::string path = directory_ + "/map.toml";
  const MapPtr map = *ParseMap(kGood, "shop.toml");
  ASSERT_TRUE(SaveMap(*map, path).ok());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  const MapPtr changed = *WithoutTable(*map, "", "countries");
  ASSERT_TRUE(SaveMap(*changed, path).ok());
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
  auto loaded = LoadMap(path);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ((*loaded)->spec(), changed->spec());
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory_)) ++files;
  EXPECT_EQ(files, 1);
}

TEST_F(MapFileOnDisk, KeepsASymbolicLink) {
  const MapPtr map = *ParseMap(kGood, "shop.toml");
  ASSERT_TRUE(SaveMap(*map, directory_ + "/real.toml").ok());
  std::filesystem::create_symlink("real.toml", directory_ + "/link.toml");
  ASSERT_TRUE(SaveMap(**WithoutTable(*map, "", "countries"), directory_ + "/link.toml").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(directory_ + "/link.toml"));
  EXPECT_EQ((*LoadMap(directory_ + "/real.toml"))->epoch(), Epoch(8));
}

TEST_F(MapFileOnDisk, SaysWhatIsMissing) {
  const SqlError error = ToSqlError(LoadMap(directory_ + "/none.toml").status());
  EXPECT_EQ(error.sqlstate, "58P01");
  EXPECT_FALSE(LoadMap(directory_).ok());
  EXPECT_FALSE(SaveMap(**ParseMap(kGood, "shop.toml"), directory_ + "/no/such/dir.toml").ok());
}

}  // namespace
}  // namespace pgshoal::shardmap
