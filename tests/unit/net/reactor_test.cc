#include "router/net/reactor.hpp"

#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "router/net/signals.hpp"
#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::ReactorTest;
using namespace std::chrono_literals;

class ReactorLoopTest : public ReactorTest {};
PGSHOAL_BOTH_BACKENDS(ReactorLoopTest);

TEST_P(ReactorLoopTest, RunsWhatOtherThreadsPost) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 20'000;
  std::thread runner([&] { reactor->Run(); });
  std::vector<int> counts(kThreads, 0);
  std::atomic<int> left{kThreads * kPosts};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        reactor->Post([&, t, i] {
          EXPECT_EQ(counts[t]++, i);  // in order, on one thread
          if (--left == 0) reactor->Stop();
        });
        if (i % 1000 == 0) std::this_thread::sleep_for(1ms);  // lets the reactor fall asleep
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  runner.join();
  EXPECT_EQ(left, 0);
}

TEST_P(ReactorLoopTest, PostsWakeASleeper) {
  std::thread runner([&] { reactor->Run(); });
  for (int i = 0; i < 200; ++i) {
    std::atomic<bool> done{false};
    reactor->Post([&] { done = true; });
    const auto begin = Clock::now();
    while (!done && Clock::now() - begin < 10s) std::this_thread::sleep_for(20us);
    ASSERT_TRUE(done);
  }
  reactor->Stop();
  runner.join();
}

TEST_P(ReactorLoopTest, StopBeforeRunReturnsAtOnce) {
  reactor->Stop();
  reactor->Run();
}

TEST_P(ReactorLoopTest, PosterOutlivesTheReactor) {
  const Poster poster = reactor->MakePoster();
  auto held = std::make_shared<int>(0);
  EXPECT_TRUE(poster.Post([held] { ++*held; }));
  EXPECT_EQ(held.use_count(), 2);
  reactor.reset();
  EXPECT_EQ(held.use_count(), 1);  // destroyed unrun
  EXPECT_FALSE(poster.Post([held] { ++*held; }));
  EXPECT_EQ(*held, 0);
}

TEST_P(ReactorLoopTest, CurrentIsTheReactorOfTheThread) {
  EXPECT_EQ(&Reactor::Current(), reactor.get());
  std::thread other([] { EXPECT_EQ(Reactor::CurrentOrNull(), nullptr); });
  other.join();
  auto second = Reactor::Create(GetParam());
  ASSERT_TRUE(second.ok());
  std::thread runner([&] {
    (*second)->Post([&] {
      EXPECT_EQ(&Reactor::Current(), second->get());
      (*second)->Stop();
    });
    (*second)->Run();
  });
  runner.join();
}

TEST_P(ReactorLoopTest, DeliversSignals) {
  int got = 0;
  auto watcher = SignalWatcher::Create(*reactor, {SIGUSR1}, [&](int signal) {
    got = signal;
    reactor->Stop();
  });
  ASSERT_TRUE(watcher.ok()) << watcher.status();
  reactor->Post([] { pthread_kill(pthread_self(), SIGUSR1); });
  reactor->Run();
  EXPECT_EQ(got, SIGUSR1);
}

}  // namespace
}  // namespace pgshoal::net
