#include "router/net/task.hpp"

#include <memory>
#include <string>

#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::ReactorTest;
using namespace std::chrono_literals;

class TaskTest : public ReactorTest {};
PGSHOAL_BOTH_BACKENDS(TaskTest);

Task<int> Immediately(int value) {
  co_return value;
}

Task<std::string> Later(std::string value) {
  co_await SleepUntil(Deadline::After(1ms));
  co_return value;
}

Task<int> Depth(int n) {
  if (n == 0) co_return 0;
  Task<int> below = Depth(n - 1);
  const int depth = co_await below;
  co_return depth + 1;
}

TEST_P(TaskTest, ReturnsValues) {
  RunTask([]() -> Task<void> {
    Task<int> one = Immediately(1);
    EXPECT_EQ(co_await one, 1);
    Task<std::string> later = Later("a text too long for the small string buffer");
    EXPECT_EQ(co_await later, "a text too long for the small string buffer");
    Task<int> deep = Depth(1000);
    EXPECT_EQ(co_await deep, 1000);
  }());
}

TEST_P(TaskTest, ManyChildrenThatDoNotSuspendNeedNoStack) {
  RunTask([]() -> Task<void> {
    std::int64_t sum = 0;
    for (int i = 0; i < 1'000'000; ++i) {
      Task<int> child = Immediately(i);
      sum += co_await child;
    }
    EXPECT_EQ(sum, 499'999'500'000);
  }());
}

TEST_P(TaskTest, MoveOnlyResults) {
  RunTask([]() -> Task<void> {
    auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
    Task<std::unique_ptr<int>> making = make();
    std::unique_ptr<int> value = co_await making;
    EXPECT_EQ(*value, 7);
  }());
}

TEST_P(TaskTest, ATaskNeverAwaitedNeverRuns) {
  bool ran = false;
  {
    auto run = [](bool& flag) -> Task<void> {
      flag = true;
      co_return;
    };
    Task<void> task = run(ran);
    EXPECT_TRUE(task.Valid());
  }
  EXPECT_FALSE(ran);
}

struct Counter {
  explicit Counter(int& count) : count(count) { ++count; }
  ~Counter() { --count; }
  int& count;
};

Task<void> HoldForEver(int& alive, int depth) {
  const Counter counter(alive);
  if (depth > 0) {
    Task<void> inner = HoldForEver(alive, depth - 1);
    co_await inner;
  }
  Event never;
  co_await never.Wait();
}

TEST_P(TaskTest, SuspendedTasksAreDestroyedWithTheirChildrenWhenTheLoopEnds) {
  int alive = 0;
  for (int i = 0; i < 10; ++i) reactor->Spawn(HoldForEver(alive, 5));
  RunTask([](int& count) -> Task<void> {
    co_await SleepUntil(Deadline::After(5ms));
    EXPECT_EQ(count, 60);
  }(alive));
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(reactor->Stats().tasks, 0u);
}

TEST_P(TaskTest, TasksSpawnedButNeverRunAreDestroyed) {
  auto flag = std::make_shared<int>(0);
  reactor->Spawn([](std::shared_ptr<int> held) -> Task<void> {
    *held = 1;
    co_return;
  }(flag));
  EXPECT_EQ(flag.use_count(), 2);
  reactor.reset();
  EXPECT_EQ(flag.use_count(), 1);
  EXPECT_EQ(*flag, 0);
}

TEST_P(TaskTest, DestroyingASuspendedTaskForgetsItsWait) {
  RunTask([]() -> Task<void> {
    Event event;
    bool resumed = false;
    auto wait = [](Event& event, bool& resumed) -> Task<void> {
      co_await event.Wait(Deadline::After(1ms));
      resumed = true;
    };
    // An outer coroutine that starts the waiting one and is destroyed while it waits.
    auto holder = std::make_unique<Task<void>>(wait(event, resumed));
    struct Eager {
      struct promise_type {
        Eager get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
      };
      std::coroutine_handle<promise_type> handle;
    };
    auto run = [](Task<void>& task) -> Eager { co_await task; };
    Eager eager = run(*holder);
    event.Notify();
    eager.handle.destroy();
    holder.reset();
    co_await SleepUntil(Deadline::After(10ms));
    EXPECT_FALSE(resumed);
    EXPECT_TRUE(event.IsSet());
  }());
}

}  // namespace
}  // namespace pgshoal::net
