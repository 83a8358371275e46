#include "router/net/event.hpp"

#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::kPatience;
using testing::ReactorTest;
using namespace std::chrono_literals;

class EventTest : public ReactorTest {};
PGSHOAL_BOTH_BACKENDS(EventTest);

TEST_P(EventTest, ASetFlagIsTakenWithoutWaiting) {
  RunTask([]() -> Task<void> {
    Event event;
    event.Notify();
    event.Notify();
    EXPECT_TRUE(co_await event.Wait(Deadline::After(-1s)));
    EXPECT_FALSE(event.IsSet());
    EXPECT_FALSE(co_await event.Wait(Deadline::After(-1s)));
  }());
}

TEST_P(EventTest, AnotherTaskNotifies) {
  Event event;
  Event answer;
  int order = 0;
  reactor->Spawn([](Event& event, Event& answer, int& order) -> Task<void> {
    EXPECT_TRUE(co_await event.Wait());
    EXPECT_EQ(order++, 1);  // not inside Notify
    answer.Notify();
  }(event, answer, order));
  RunTask([](Event& event, Event& answer, int& order) -> Task<void> {
    co_await SleepUntil(Deadline::After(2ms));
    event.Notify();
    EXPECT_EQ(order++, 0);
    EXPECT_TRUE(co_await answer.Wait(Deadline::After(kPatience)));
    EXPECT_EQ(order, 2);
  }(event, answer, order));
}

TEST_P(EventTest, DeadlinesPassNeitherEarlyNorLate) {
  RunTask([]() -> Task<void> {
    Event event;
    for (const auto wait : {1ms, 7ms, 64ms, 130ms}) {
      const auto begin = Clock::now();
      EXPECT_FALSE(co_await event.Wait(Deadline::After(wait)));
      const auto took = Clock::now() - begin;
      EXPECT_GE(took, wait - 1ms);  // counted from the start of the turn
      EXPECT_LE(took, wait + 100ms);
    }
  }());
}

TEST_P(EventTest, AShorterDeadlineAfterALongerOne) {
  Event slow;
  bool slow_done = false;
  reactor->Spawn([](Event& slow, bool& done) -> Task<void> {
    EXPECT_FALSE(co_await slow.Wait(Deadline::After(300ms)));
    done = true;
  }(slow, slow_done));
  RunTask([](bool& slow_done) -> Task<void> {
    co_await SleepUntil(Deadline::After(5ms));
    const auto begin = Clock::now();
    co_await SleepUntil(Deadline::After(10ms));
    EXPECT_LE(Clock::now() - begin, 200ms);
    EXPECT_FALSE(slow_done);
    co_await SleepUntil(Deadline::After(400ms));
    EXPECT_TRUE(slow_done);
  }(slow_done));
}

TEST_P(EventTest, DeadlinesSetAndCancelledCostNoSystemCalls) {
  RunTask([](Reactor& reactor) -> Task<void> {
    Event event;
    co_await SleepUntil(Deadline::After(1ms));
    const auto before = reactor.Stats();
    Event other;
    for (int i = 0; i < 1000; ++i) {
      event.Notify();
      EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    }
    EXPECT_LE(reactor.Stats().system_calls - before.system_calls, 3u);
  }(*reactor));
}

TEST_P(EventTest, TimersFireAgainAndCancel) {
  int fired = 0;
  Timer* self = nullptr;
  Timer timer([&] {
    if (++fired < 3) self->Set(Deadline::After(1ms));
  });
  self = &timer;
  Timer cancelled([&] { fired += 100; });
  cancelled.Set(Deadline::After(1ms));
  timer.Set(Deadline::After(1ms));
  cancelled.Cancel();
  EXPECT_FALSE(cancelled.IsSet());
  RunTask([](int& fired) -> Task<void> {
    co_await SleepUntil(Deadline::After(50ms));
    EXPECT_EQ(fired, 3);
  }(fired));
}

TEST_P(EventTest, ATimerFiresOnTheReactorItWasMadeFor) {
  auto other = Reactor::Create(GetParam());  // now the current one of this thread
  ASSERT_TRUE(other.ok());
  bool fired = false;
  Timer timer(*reactor, [&] { fired = true; });
  timer.Set(Deadline::At(Clock::now()));
  RunTask([](bool& fired) -> Task<void> {
    co_await SleepUntil(Deadline::After(20ms));
    EXPECT_TRUE(fired);
  }(fired));
}

}  // namespace
}  // namespace pgshoal::net
