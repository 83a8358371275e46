#include "router/session/plan_cache.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/oids.hpp"
#include "router/session/literal_plans.hpp"

namespace pgshoal::session {
namespace {

CachedPlan PlanNamed(std::string name) {
  auto plan = std::make_shared<plan::Plan>();
  plan->command = std::move(name);
  return {nullptr, std::move(plan), 0, {}};
}

TEST(PlanCache, KeepsAnswersUntilTheSnapshotChanges) {
  PlanCache cache;
  cache.Use(1);
  EXPECT_EQ(cache.Find("a"), nullptr);
  cache.Add("a", PlanNamed("A"));
  cache.Use(1);
  ASSERT_NE(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.Find("a")->plan->command, "A");
  cache.Use(2);
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.figures().entries, 0u);
}

TEST(PlanCache, AnswersWithTheLatest) {
  PlanCache cache;
  cache.Add("a", PlanNamed("old"));
  cache.Add("a", PlanNamed("new"));
  EXPECT_EQ(cache.Find("a")->plan->command, "new");
  EXPECT_EQ(cache.figures().entries, 1u);
  EXPECT_EQ(cache.figures().bytes, 1u);
}

TEST(PlanCache, IsBoundedAndKeepsWhatIsUsed) {
  PlanCache cache;
  cache.Add("always", PlanNamed("used"));
  for (std::size_t i = 0; i < 3 * limits::kMaxCachedPlans; ++i) {
    cache.Add(fmt::format("key {}", i), PlanNamed(""));
    ASSERT_LE(cache.figures().entries, limits::kMaxCachedPlans);
    if (i % 1000 == 0) {
      ASSERT_NE(cache.Find("always"), nullptr) << i;
    }
  }
  EXPECT_EQ(cache.Find("always")->plan->command, "used");
  EXPECT_EQ(cache.Find("key 0"), nullptr);
  EXPECT_NE(cache.Find(fmt::format("key {}", 3 * limits::kMaxCachedPlans - 1)), nullptr);
  EXPECT_GT(cache.figures().evictions, limits::kMaxCachedPlans);
}

TEST(PlanCache, IsBoundedInBytes) {
  PlanCache cache;
  const std::string long_key(limits::kMaxCachedStatement, 'x');
  for (std::size_t i = 0; i < 2000; ++i) {
    cache.Add(long_key + std::to_string(i), PlanNamed(""));
    ASSERT_LE(cache.figures().bytes, limits::kMaxCachedPlanBytes);
  }
}

TEST(PlanCache, KeysTellApartWhatAPlanDependsOn) {
  std::string a, b;
  KeyOfPrepared(&a, 1, "SELECT $1", {});
  KeyOfPrepared(&b, 1, "SELECT $1", std::vector<Oid>{oid::kInt4});
  EXPECT_NE(a, b);
  KeyOfPrepared(&b, 2, "SELECT $1", {});
  EXPECT_NE(a, b);
  KeyOfText(&b, 1, "SELECT $1");
  EXPECT_NE(a, b);
  KeyOfPrepared(&b, 1, "SELECT $1", {});
  EXPECT_EQ(a, b);
}

TEST(SearchPathNumbers, AreEqualForEqualPathsOnly) {
  SearchPathNumbers numbers;
  const std::uint32_t first = numbers.NumberOf({"a", "b"});
  EXPECT_EQ(numbers.NumberOf({"a", "b"}), first);
  EXPECT_NE(numbers.NumberOf({"a,b"}), first);
  EXPECT_NE(numbers.NumberOf({}), first);
  // Beyond the bound it forgets; what it gave out is given to no other path.
  for (std::size_t i = 0; i < limits::kMaxSearchPaths; ++i) ASSERT_NE(numbers.NumberOf({std::to_string(i)}), first);
}

TEST(Literals, HaveTheTypesAndValuesThatPostgresGivesThem) {
  Literals literals;
  const std::string sql = "SELECT 1 + 3000000000 + 1.5 || 'it''s' || E'\\n' - 7";
  ASSERT_TRUE(literals.Take(sql));
  ASSERT_EQ(literals.count(), 6u);
  const auto values = literals.Values({false, false, false, false, false, true});
  const std::pair<Oid, std::string> expected[] = {{oid::kInt4, "1"}, {oid::kInt8, "3000000000"},
                                                  {oid::kNumeric, "1.5"}, {0, "it's"}, {0, "\n"}, {oid::kInt4, "-7"}};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(values[i].type, expected[i].first) << i;
    EXPECT_EQ(values[i].bytes, expected[i].second) << i;
    EXPECT_FALSE(values[i].is_null || values[i].is_binary);
  }
}

TEST(Literals, ShareAKeyOnlyWhenTheirTypesAgree) {
  Literals literals;
  const auto key = [&](std::string_view sql) {
    EXPECT_TRUE(literals.Take(sql)) << sql;
    return std::string(literals.key());
  };
  const std::string one = key("SELECT * FROM t WHERE id = 1");
  EXPECT_EQ(key("select *  from T where ID=22 -- twice"), one);
  EXPECT_NE(key("SELECT * FROM t WHERE id = 3000000000"), one);
  EXPECT_NE(key("SELECT * FROM t WHERE id = '1'"), one);
  EXPECT_NE(key("SELECT * FROM t WHERE id = -1"), one);
  EXPECT_NE(key("SELECT * FROM \"T\" WHERE id = 1"), one);
  EXPECT_NE(key("SELECT * FROM t WHERE id = 1 LIMIT 1"), key("SELECT * FROM t WHERE id = 1 LIMIT 2"));
}

}  // namespace
}  // namespace pgshoal::session
