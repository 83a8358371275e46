#include "shardmap/shard_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace pgshoal::shardmap {
namespace {

ShardId Id(int id) {
  return ShardId(static_cast<std::uint16_t>(id));
}

std::set<int> Members(const ShardSet& set) {
  std::set<int> members;
  for (ShardId id : set) members.insert(id.value);
  return members;
}

TEST(ShardSet, AllHasEveryShardUpToTheCount) {
  for (int count : {0, 1, 63, 64, 65, 127, 128, 129, 1000, limits::kMaxShards}) {
    const ShardSet set = ShardSet::All(count);
    EXPECT_EQ(set.count(), count);
    EXPECT_EQ(set.empty(), count == 0);
    EXPECT_EQ(Members(set).size(), static_cast<std::size_t>(count));
    EXPECT_EQ(set.Contains(Id(limits::kMaxShards - 1)), count == limits::kMaxShards);
  }
}

TEST(ShardSet, SingleIsTheOnlyMember) {
  EXPECT_EQ(ShardSet::None().single(), std::nullopt);
  EXPECT_EQ(ShardSet::Of(Id(3)).single(), Id(3));
  EXPECT_EQ(ShardSet::Of(Id(700)).single(), Id(700));
  EXPECT_EQ(ShardSet::All(2).single(), std::nullopt);
}

TEST(ShardSet, EqualSetsAreEqualHoweverMade) {
  ShardSet set = ShardSet::Of(Id(900));
  set.Add(Id(1));
  set.Remove(Id(900));
  EXPECT_EQ(set, ShardSet::Of(Id(1)));
  EXPECT_EQ(ShardSet::All(200).Intersect(ShardSet::All(10)), ShardSet::All(10));
  EXPECT_EQ(ShardSet::All(200).Without(ShardSet::All(200)), ShardSet::None());
}

TEST(ShardSet, AgreesWithAPlainSet) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    const int range = round % 2 == 0 ? 64 : limits::kMaxShards;
    ShardSet a, b;
    std::set<int> plain_a, plain_b;
    for (unsigned i = random() % 20; i > 0; --i) {
      const int x = static_cast<int>(random() % static_cast<unsigned>(range));
      const int y = static_cast<int>(random() % static_cast<unsigned>(range));
      a.Add(Id(x)), plain_a.insert(x);
      b.Add(Id(y)), plain_b.insert(y);
    }
    std::set<int> both, either = plain_a, rest;
    either.insert(plain_b.begin(), plain_b.end());
    for (int x : plain_a) (plain_b.contains(x) ? both : rest).insert(x);
    EXPECT_EQ(Members(a.Intersect(b)), both);
    EXPECT_EQ(Members(a.Unite(b)), either);
    EXPECT_EQ(Members(a.Without(b)), rest);
    EXPECT_EQ(a.IsSubsetOf(b), rest.empty());
    EXPECT_EQ(a.count(), static_cast<int>(plain_a.size()));
  }
}

}  // namespace
}  // namespace pgshoal::shardmap
