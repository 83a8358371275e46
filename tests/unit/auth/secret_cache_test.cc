#include "router/auth/secret_cache.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pgshoal::auth {
namespace {

using namespace std::chrono_literals;

TEST(SecretCache, ForgetsInTime) {
  SecretCache cache(10);
  const SecretCache::Clock::time_point start{};
  cache.Put("a", StoredSecret("x"), start);
  EXPECT_EQ(cache.Find("a", 10s, start + 9s)->text(), "x");
  EXPECT_FALSE(cache.Find("a", 10s, start + 10s).has_value());
  EXPECT_FALSE(cache.Find("a", 0s, start).has_value());
  EXPECT_FALSE(cache.Find("b", 10s, start).has_value());
  cache.Put("a", StoredSecret("y"), start + 5s);
  EXPECT_EQ(cache.Find("a", 10s, start + 14s)->text(), "y");
  cache.Forget("a");
  EXPECT_FALSE(cache.Find("a", 10s, start + 5s).has_value());
}

TEST(SecretCache, IsBounded) {
  SecretCache cache(5);
  for (int i = 0; i < 100; ++i) {
    cache.Put(std::to_string(i), StoredSecret("x"), {});
    EXPECT_TRUE(cache.Find(std::to_string(i), 1s, {}).has_value());
  }
  EXPECT_EQ(cache.size(), 5u);
  cache.Put("99", StoredSecret("y"), {});
  EXPECT_EQ(cache.size(), 5u);
  cache.Clear();
  EXPECT_EQ(cache.size(), 0u);
}

}  // namespace
}  // namespace pgshoal::auth
