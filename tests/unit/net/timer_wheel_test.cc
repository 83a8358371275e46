#include "router/net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>

namespace pgshoal::net::internal {
namespace {

struct Recorded : TimerNode {
  int id = 0;
  std::vector<int>* fired = nullptr;
};

void Record(TimerNode* node) {
  auto* recorded = static_cast<Recorded*>(node);
  recorded->fired->push_back(recorded->id);
}

TEST(TimerWheelTest, FiresAtItsMillisecond) {
  std::vector<int> fired;
  TimerWheel wheel(1000);
  Recorded node;
  node.fire = Record;
  node.fired = &fired;
  for (const std::uint64_t delay : {0ull, 1ull, 63ull, 64ull, 65ull, 4095ull, 4096ull, 300'000ull, 90'000'000'000ull}) {
    TimerWheel fresh(1000);
    fresh.Insert(node, 1000 + delay);
    if (delay > 0) {
      fresh.Advance(1000 + delay - 1);
      EXPECT_TRUE(fired.empty()) << delay;
    }
    EXPECT_LE(fresh.NextWake(), 1000 + delay);
    fresh.Advance(1000 + delay);
    EXPECT_EQ(fired.size(), 1u) << delay;
    EXPECT_EQ(fresh.NextWake(), TimerWheel::kNever);
    fired.clear();
  }
}

TEST(TimerWheelTest, CancelledTimersDoNotFire) {
  std::vector<int> fired;
  TimerWheel wheel(5);
  Recorded node;
  node.fire = Record;
  node.fired = &fired;
  wheel.Insert(node, 50);
  node.Unlink();
  wheel.Advance(1000);
  EXPECT_TRUE(fired.empty());
  EXPECT_EQ(wheel.NextWake(), TimerWheel::kNever);
}

// Against a plain sorted map, with random times, cancellations and steps, waking only when the wheel asks for it.
TEST(TimerWheelTest, AgreesWithASortedMap) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    std::uint64_t now = random() % 10'000'000;
    TimerWheel wheel(now);
    std::vector<int> fired;
    std::deque<Recorded> nodes(500);
    std::multimap<std::uint64_t, int> expected;
    for (int step = 0; step < 2000; ++step) {
      const int id = static_cast<int>(random() % nodes.size());
      Recorded& node = nodes[id];
      if (node.Linked()) {
        node.Unlink();
        std::erase_if(expected, [&](const auto& item) { return item.second == id; });
      } else {
        node.id = id;
        node.fired = &fired;
        node.fire = Record;
        const std::uint64_t when = now + random() % (std::uint64_t{1} << (random() % 24));
        wheel.Insert(node, when);
        expected.emplace(when, id);
      }
      if (random() % 4 == 0) now += random() % (std::uint64_t{1} << (random() % 16));
      if (!expected.empty()) {
        ASSERT_LE(wheel.NextWake(), expected.begin()->first);
      }
      wheel.Advance(now);
      std::vector<int> due;
      while (!expected.empty() && expected.begin()->first <= now) {
        due.push_back(expected.begin()->second);
        expected.erase(expected.begin());
      }
      std::sort(due.begin(), due.end());
      std::sort(fired.begin(), fired.end());
      ASSERT_EQ(fired, due);
      fired.clear();
    }
  }
}

}  // namespace
}  // namespace pgshoal::net::internal
