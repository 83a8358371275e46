#include "shardmap/shard_map.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::shardmap {
namespace {

MapSpec FourShards() {
  MapSpec spec;
  spec.database = "app";
  for (std::uint16_t i = 0; i < 4; ++i) {
    Shard shard;
    shard.id = ShardId(i);
    shard.name = "shard" + std::to_string(i);
    shard.host = "127.0.0.1";
    shard.port = 5501 + i;
    spec.shards.push_back(shard);
  }
  spec.slot_owner = EvenSlotOwners(spec.slots, 4);
  return spec;
}

TableRule Sharded(std::string name, std::vector<std::string> key, std::string group = "default") {
  return TableRule{"public", std::move(name), TableKind::kSharded, std::move(key), std::move(group)};
}

MapPtr Make(MapSpec spec) {
  auto map = ShardMap::Create(std::move(spec));
  EXPECT_TRUE(map.ok()) << map.status();
  return *map;
}

std::string ProblemOf(const MapSpec& spec) {
  auto problem = Validate(spec);
  EXPECT_EQ(ShardMap::Create(spec).ok(), !problem.has_value());
  return problem ? problem->message : "";
}

TEST(ShardMap, HashGoesToSlotGoesToShard) {
  const MapPtr map = Make(FourShards());
  EXPECT_EQ(map->SlotOf(4096 + 5), SlotId(5));
  EXPECT_EQ(map->SlotOf(~std::uint64_t{0}), SlotId(4095));
  EXPECT_EQ(map->ShardOf(0), ShardId(0));
  EXPECT_EQ(map->ShardOf(1023), ShardId(0));
  EXPECT_EQ(map->ShardOf(1024), ShardId(1));
  EXPECT_EQ(map->ShardOf(~std::uint64_t{0}), ShardId(3));
}

TEST(ShardMap, LargestSlotCountFitsASlotId) {
  MapSpec spec = FourShards();
  spec.slots = limits::kMaxSlots;
  spec.slot_owner = EvenSlotOwners(spec.slots, 4);
  EXPECT_EQ(Make(spec)->SlotOf(~std::uint64_t{0}), SlotId(65'535));
}

TEST(ShardMap, EvenSlotOwnersAreContiguousAndEven) {
  const auto owners = EvenSlotOwners(4096, 3);
  std::vector<int> counts(3, 0);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    ++counts[owners[i].value];
    if (i > 0) {
      EXPECT_LE(owners[i - 1], owners[i]);
    }
  }
  for (int count : counts) EXPECT_NEAR(count, 4096 / 3, 1);
}

TEST(ShardMap, UnqualifiedNamesArePublic) {
  MapSpec spec = FourShards();
  spec.tables = {Sharded("orders", {"customer_id"})};
  const MapPtr map = Make(spec);
  ASSERT_NE(map->FindTable("", "orders"), nullptr);
  EXPECT_EQ(map->FindTable("", "orders"), map->FindTable("public", "orders"));
  EXPECT_EQ(map->FindTable("sales", "orders"), nullptr);
  EXPECT_EQ(map->FindTable("public", "Orders"), nullptr);
}

TEST(ShardMap, ResolvePrefersExplicitThenColumnRuleThenHome) {
  MapSpec spec = FourShards();
  spec.tables = {TableRule{"public", "plans", TableKind::kReference, {}, {}}};
  spec.column_rules = {{{"tenant_id"}, "default"}, {{"account"}, "default"}};
  const MapPtr map = Make(spec);
  const std::vector<std::string> columns = {"id", "account", "tenant_id"};
  EXPECT_EQ(map->Resolve("", "plans", columns).kind, TableKind::kReference);
  const TableRule by_column = map->Resolve("sales", "notes", columns);
  EXPECT_EQ(by_column.kind, TableKind::kSharded);
  EXPECT_EQ(by_column.key, std::vector<std::string>{"tenant_id"});
  EXPECT_EQ(by_column.schema, "sales");
  EXPECT_EQ(map->Resolve("", "notes", std::vector<std::string>{"id"}).kind, TableKind::kHome);
  for (const char* schema : {"pg_catalog", "information_schema", "pgshoal", "pg_temp_3"}) {
    EXPECT_EQ(map->Resolve(schema, "notes", columns).kind, TableKind::kHome) << schema;
  }
}

TEST(ShardMap, ColumnRuleOfSeveralColumnsNeedsThemAll) {
  MapSpec spec = FourShards();
  spec.column_rules = {{{"tenant_id", "region"}, "default"}};
  const MapPtr map = Make(spec);
  EXPECT_EQ(map->Resolve("", "t", std::vector<std::string>{"tenant_id"}).kind, TableKind::kHome);
  EXPECT_EQ(map->Resolve("", "t", std::vector<std::string>{"region", "tenant_id"}).kind, TableKind::kSharded);
}

TEST(ShardMap, ColocatedMeansOneGroup) {
  EXPECT_TRUE(ShardMap::Colocated(Sharded("a", {"x"}), Sharded("b", {"y"})));
  EXPECT_FALSE(ShardMap::Colocated(Sharded("a", {"x"}), Sharded("b", {"y"}, "other")));
  EXPECT_FALSE(ShardMap::Colocated(Sharded("a", {"x"}), TableRule{"public", "r", TableKind::kReference, {}, {}}));
}

TEST(ShardMap, ChangedCopiesAreOneEpochLater) {
  const MapPtr before = Make(FourShards());
  const MapPtr with = *WithTable(*before, Sharded("orders", {"id"}, ""));
  EXPECT_EQ(with->epoch(), Epoch(2));
  EXPECT_EQ(with->FindTable("", "orders")->group, kDefaultGroup);
  EXPECT_EQ(before->FindTable("", "orders"), nullptr);
  const MapPtr replaced = *WithTable(*with, TableRule{"public", "orders", TableKind::kReference, {}, {}});
  EXPECT_EQ(replaced->tables().size(), 1u);
  EXPECT_EQ(replaced->FindTable("", "orders")->kind, TableKind::kReference);
  const MapPtr without = *WithoutTable(*replaced, "public", "orders");
  EXPECT_EQ(without->epoch(), Epoch(4));
  EXPECT_TRUE(without->tables().empty());
  EXPECT_EQ(ToSqlError(WithoutTable(*without, "", "orders").status()).sqlstate, "42P01");
  EXPECT_FALSE(WithTable(*before, Sharded("orders", {})).ok());
}

TEST(ShardMap, ValidateNamesTheMistake) {
  EXPECT_EQ(ProblemOf(FourShards()), "");
  const auto problem_after = [](auto change) {
    MapSpec spec = FourShards();
    change(spec);
    return ProblemOf(spec);
  };
  EXPECT_EQ(problem_after([](MapSpec& s) { s.slots = 1000; }),
            "slots must be a power of two from 1 to 65536, not 1000");
  EXPECT_EQ(problem_after([](MapSpec& s) { s.home = ShardId(4); }), "there is no home shard");
  EXPECT_EQ(problem_after([](MapSpec& s) { s.slot_owner[17] = ShardId(9); }), "slot 17 has no owner");
  EXPECT_EQ(problem_after([](MapSpec& s) { s.shards[2].name = "shard1"; }), "there are two shards \"shard1\"");
  EXPECT_EQ(problem_after([](MapSpec& s) {
              s.tables = {Sharded("t", {"a", "a"})};
            }),
            "table \"t\" names key column \"a\" twice");
  EXPECT_EQ(problem_after([](MapSpec& s) {
              s.tables = {Sharded("t", {"a"}), Sharded("t", {"b"})};
            }),
            "table \"t\" is named twice");
  EXPECT_EQ(problem_after([](MapSpec& s) { s.tables = {Sharded("t", std::vector<std::string>(9, "a"))}; }),
            "table \"t\" has a key of 9 columns; at most 8 are possible");
  EXPECT_NE(problem_after([](MapSpec& s) { s.tables = {Sharded("t", {"a"}), Sharded("u", {"a", "b"})}; }), "");
  EXPECT_EQ(problem_after([](MapSpec& s) { s.tables = {Sharded("t", {"a"}), Sharded("u", {"a", "b"}, "pairs")}; }), "");
  EXPECT_NE(problem_after([](MapSpec& s) {
              s.tables = {{"pg_catalog", "pg_class", TableKind::kReference, {}, {}}};
            }),
            "");
  EXPECT_NE(problem_after([](MapSpec& s) { s.shards.resize(limits::kMaxShards + 1); }), "");
  EXPECT_NE(problem_after([](MapSpec& s) { s.epoch = Epoch(0); }), "");
}

}  // namespace
}  // namespace pgshoal::shardmap
