#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>

#include "router/session/fifo.hpp"
#include "router/session/named.hpp"

namespace pgshoal::session {
namespace {

TEST(Fifo, BehavesAsADeque) {
  std::mt19937 random(7);
  Fifo<int> fifo;
  std::deque<int> model;
  for (int i = 0; i < 100'000; ++i) {
    const unsigned what = random() % 16;
    if (what < 8) {
      fifo.push_back(i);
      model.push_back(i);
    } else if (!model.empty() && what < 14) {
      fifo.pop_front();
      model.pop_front();
    } else if (!model.empty() && what == 14) {
      fifo.pop_back();
      model.pop_back();
    } else if (random() % 100 == 0) {
      fifo.clear();
      model.clear();
    }
    ASSERT_EQ(fifo.size(), model.size());
    ASSERT_EQ(fifo.empty(), model.empty());
    if (!model.empty()) {
      ASSERT_EQ(fifo.front(), model.front());
      ASSERT_EQ(fifo.back(), model.back());
    }
    if (i % 1000 == 0) {
      ASSERT_TRUE(std::equal(fifo.begin(), fifo.end(), model.begin(), model.end()));
    }
  }
}

TEST(Fifo, LetsGoOfWhatIsTaken) {
  Fifo<std::shared_ptr<int>> fifo;
  auto thing = std::make_shared<int>(1);
  fifo.push_back(thing);
  fifo.push_back(nullptr);
  fifo.pop_front();
  EXPECT_EQ(thing.use_count(), 1);
}

TEST(Named, KeepsTheUnnamedOneApart) {
  Named<std::string> things;
  EXPECT_EQ(things.Find(""), nullptr);
  EXPECT_FALSE(things.Erase(""));
  things.Set("", "nobody");
  things.Set("a", "A");
  things.Set("a", "B");
  EXPECT_EQ(things.Size(), 2u);
  EXPECT_EQ(*things.Find(""), "nobody");
  EXPECT_EQ(*things.Find("a"), "B");
  EXPECT_EQ(things.named().size(), 1u);
  EXPECT_TRUE(things.Erase(""));
  EXPECT_TRUE(things.Erase("a"));
  EXPECT_FALSE(things.Erase("a"));
  things.Set("", "again");
  things.Clear();
  EXPECT_EQ(things.Size(), 0u);
}

}  // namespace
}  // namespace pgshoal::session
