// Pools over a real server, from several worker threads.

#include "router/exec/connection_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/limits.hpp"
#include "base/status.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"
#include "tests/support/pg_cluster.hpp"

namespace pgshoal::exec {
namespace {

class PoolTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = test::PgCluster::Start(1);
    ASSERT_TRUE(started.ok()) << started.status();
    cluster_ = std::move(*started).release();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }

  static ServerTarget Target() {
    ServerTarget target;
    target.endpoint = net::Endpoint::Tcp(cluster_->host(), static_cast<std::uint16_t>(cluster_->port(0)));
    target.database = cluster_->database();
    target.user = cluster_->user();
    return target;
  }

  static test::PgCluster* cluster_;
};

test::PgCluster* PoolTest::cluster_ = nullptr;

// SELECT 1 on a lent connection; false when anything is odd.
net::Task<bool> Ping(Lease& lease) {
  net::Event event;
  net::Stream& stream = *lease->stream;
  stream.Attach(&event);
  wire::AppendQuery(&stream.OutputBuffer(), "SELECT 1");
  while (true) {
    const wire::Next next = wire::NextMessage(stream.Input(), 1 << 20);
    if (next.progress == wire::Progress::kOk) {
      const char type = next.message.type;
      stream.Consume(next.length);
      if (type == wire::backend::kError) co_return false;
      if (type == wire::backend::kReadyForQuery) {
        stream.Attach(nullptr);
        co_return true;
      }
      continue;
    }
    if (stream.IsClosed() || next.progress == wire::Progress::kMalformed) co_return false;
    co_await event.Wait();
  }
}

net::Task<void> Borrow(Pool* pool, int worker, int times, std::atomic<int>* good, std::atomic<int>* running) {
  for (int i = 0; i < times; ++i) {
    absl::StatusOr<Lease> lease = co_await pool->Acquire(worker);
    if (!lease.ok()) break;
    const bool fine = co_await Ping(*lease);
    if (fine) good->fetch_add(1);
    lease->Return();
  }
  running->fetch_sub(1);
}

TEST_F(PoolTest, TwoWorkersShareOneLimit) {
  constexpr int kBorrowers = 8, kTimes = 40;
  std::vector<std::unique_ptr<net::Reactor>> reactors;
  std::vector<net::Reactor*> pointers;
  for (int i = 0; i < 2; ++i) {
    auto reactor = net::Reactor::Create(net::Backend::kAuto);
    ASSERT_TRUE(reactor.ok());
    reactors.push_back(std::move(*reactor));
    pointers.push_back(reactors.back().get());
  }
  PoolLimits limits;
  limits.size = 3;
  Pool pool(Target(), limits, pointers);
  std::atomic<int> good{0}, running{2 * kBorrowers};
  std::vector<std::thread> threads;
  for (int worker = 0; worker < 2; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < kBorrowers; ++i) {
        net::Task<void> task = Borrow(&pool, worker, kTimes, &good, &running);
        reactors[worker]->Post([&, worker, task = std::move(task)]() mutable { reactors[worker]->Spawn(std::move(task)); });
      }
      reactors[worker]->Run();
      pool.CloseIdle(worker);
    });
  }
  for (int i = 0; i < 3000 && running.load() > 0; ++i) {
    EXPECT_LE(pool.Figures().open, limits.size);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(running.load(), 0);
  EXPECT_EQ(good.load(), 2 * kBorrowers * kTimes);
  for (auto& reactor : reactors) reactor->Stop();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pool.Figures().open, 0);
}

// Runs one coroutine on a reactor of its own.
template <class Body>
void RunOn(net::Reactor& reactor, Body body) {
  struct Run {
    static net::Task<void> Then(net::Task<void> task, net::Reactor* reactor) {
      co_await task;
      reactor->Stop();
    }
  };
  net::Task<void> whole = Run::Then(body(), &reactor);
  reactor.Spawn(std::move(whole));
  reactor.Run();
}

net::Task<void> WaitInVain(Pool* pool, absl::Status* result) {
  absl::StatusOr<Lease> held = co_await pool->Acquire(0);
  EXPECT_TRUE(held.ok());
  absl::StatusOr<Lease> second = co_await pool->Acquire(0);
  *result = second.status();
}

TEST_F(PoolTest, WaitingHasAnEnd) {
  auto reactor = net::Reactor::Create(net::Backend::kAuto);
  ASSERT_TRUE(reactor.ok());
  PoolLimits limits;
  limits.size = 1;
  limits.wait_timeout = std::chrono::seconds(1);
  Pool pool(Target(), limits, {reactor->get()});
  absl::Status result;
  RunOn(**reactor, [&] { return WaitInVain(&pool, &result); });
  EXPECT_EQ(ToSqlError(result).sqlstate, "53300");
  EXPECT_EQ(pool.Figures().waiting, 0);
}

net::Task<void> AcquireOnce(Pool* pool, absl::Status* result) {
  absl::StatusOr<Lease> lease = co_await pool->Acquire(0);
  *result = lease.status();
}

TEST_F(PoolTest, TheServersOwnErrorIsReported) {
  auto reactor = net::Reactor::Create(net::Backend::kAuto);
  ASSERT_TRUE(reactor.ok());
  ServerTarget target = Target();
  target.database = "no_such_database";
  Pool pool(target, PoolLimits{}, {reactor->get()});
  absl::Status result;
  RunOn(**reactor, [&] { return AcquireOnce(&pool, &result); });
  EXPECT_EQ(ToSqlError(result).sqlstate, "3D000");
  EXPECT_EQ(pool.Figures().open, 0);
}

TEST_F(PoolTest, AnUnreachableServerIsAConnectionFailure) {
  auto reactor = net::Reactor::Create(net::Backend::kAuto);
  ASSERT_TRUE(reactor.ok());
  ServerTarget target = Target();
  target.endpoint.port = 1;
  Pool pool(target, PoolLimits{}, {reactor->get()});
  absl::Status result;
  RunOn(**reactor, [&] { return AcquireOnce(&pool, &result); });
  EXPECT_EQ(ToSqlError(result).sqlstate, "08006");
  EXPECT_EQ(pool.Figures().open, 0);
}

TEST(PreparedCache, ForgetsTheLeastRecentlyUsed) {
  PreparedCache cache;
  for (std::uint64_t id = 1; id <= limits::kMaxPreparedPerServer; ++id) EXPECT_FALSE(cache.Add(id).has_value());
  EXPECT_TRUE(cache.Touch(1));
  EXPECT_EQ(cache.Add(limits::kMaxPreparedPerServer + 1), std::optional<std::uint64_t>(2));
  EXPECT_TRUE(cache.Touch(1));
  EXPECT_FALSE(cache.Touch(2));
  cache.Remove(1);
  EXPECT_FALSE(cache.Touch(1));
}

}  // namespace
}  // namespace pgshoal::exec
