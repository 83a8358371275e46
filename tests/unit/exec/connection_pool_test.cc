// Pools over a real server, from several worker threads.

#include "router/exec/pools.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
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
    const Asker asker{worker, 0, false};
    absl::StatusOr<Lease> lease = co_await pool->Acquire(asker);
    if (!lease.ok()) break;
    const bool fine = co_await Ping(*lease);
    if (fine) good->fetch_add(1);
    lease->Return();
  }
  running->fetch_sub(1);
}

// Worker threads with pools; the keepers run.
class Workers {
 public:
  Workers(int count, PoolSettings settings) {
    std::vector<net::Reactor*> pointers;
    for (int i = 0; i < count; ++i) {
      auto reactor = net::Reactor::Create(net::Backend::kAuto);
      EXPECT_TRUE(reactor.ok());
      reactors.push_back(std::move(*reactor));
      pointers.push_back(reactors.back().get());
    }
    pools = std::make_unique<Pools>(std::move(settings), pointers);
    for (int i = 0; i < count; ++i) {
      net::Task<void> keep = pools->Keep(i);
      reactors[static_cast<std::size_t>(i)]->Spawn(std::move(keep));
    }
  }
  ~Workers() { Stop(); }

  void Start() {
    for (std::size_t i = 0; i < reactors.size(); ++i) {
      threads.emplace_back([this, i] {
        reactors[i]->Run();
        pools->CloseIdle(static_cast<int>(i));
      });
    }
  }
  void Stop() {
    for (auto& reactor : reactors) reactor->Stop();
    for (auto& thread : threads) thread.join();
    threads.clear();
  }
  void Spawn(int worker, net::Task<void> task) {
    net::Reactor* reactor = reactors[static_cast<std::size_t>(worker)].get();
    reactor->Post([reactor, task = std::move(task)]() mutable { reactor->Spawn(std::move(task)); });
  }
  // Waits for something that the workers bring about.
  static bool Await(const std::function<bool()>& condition) {
    for (int i = 0; i < 3000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return condition();
  }

  std::vector<std::unique_ptr<net::Reactor>> reactors;
  std::unique_ptr<Pools> pools;
  std::vector<std::thread> threads;
};

PoolSettings OfSize(int size) {
  PoolSettings settings;
  settings.default_pool_size = size;
  return settings;
}

// Takes one, keeps it until told, gives it back.
struct Holder {
  std::atomic<bool> has{false}, done{false}, let_go{false};
  absl::Status status;
  std::atomic<int> pid{0};

  static net::Task<void> Hold(std::shared_ptr<Pool> pool, int worker, Holder* self) {
    const Asker asker{worker, 7, false};
    absl::StatusOr<Lease> lease = co_await pool->Acquire(asker);
    self->status = lease.status();
    if (lease.ok()) {
      self->pid = (*lease)->pid;
      self->has = true;
      while (!self->let_go) {
        const net::Deadline soon = net::Deadline::After(std::chrono::milliseconds(5));
        co_await net::SleepUntil(soon);
      }
      lease->Return();
    }
    self->done = true;
  }
};

TEST_F(PoolTest, TwoWorkersShareOneLimit) {
  constexpr int kBorrowers = 8, kTimes = 40;
  Workers workers(2, OfSize(3));
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  std::atomic<int> good{0}, running{2 * kBorrowers};
  for (int worker = 0; worker < 2; ++worker) {
    for (int i = 0; i < kBorrowers; ++i) workers.Spawn(worker, Borrow(pool.get(), worker, kTimes, &good, &running));
  }
  workers.Start();
  EXPECT_TRUE(Workers::Await([&] {
    EXPECT_LE(pool->Open(), 3);
    return running == 0;
  }));
  EXPECT_EQ(good.load(), 2 * kBorrowers * kTimes);
  workers.Stop();
  EXPECT_EQ(pool->Open(), 0);
}

TEST_F(PoolTest, WaitingHasAnEnd) {
  PoolSettings settings = OfSize(1);
  settings.query_wait_timeout = Millis(200);
  Workers workers(1, settings);
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  Holder first, second;
  workers.Start();
  workers.Spawn(0, Holder::Hold(pool, 0, &first));
  ASSERT_TRUE(Workers::Await([&] { return first.has.load(); }));
  workers.Spawn(0, Holder::Hold(pool, 0, &second));
  ASSERT_TRUE(Workers::Await([&] { return second.done.load(); }));
  EXPECT_EQ(ToSqlError(second.status).message, "query_wait_timeout");
  EXPECT_EQ(pool->View().cl_waiting, 0);
  first.let_go = true;
  workers.Stop();
}

TEST_F(PoolTest, FirstComeFirstServedOverWorkers) {
  Workers workers(2, OfSize(1));
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  Holder holders[5];
  workers.Start();
  for (int i = 0; i < 5; ++i) {
    workers.Spawn(i % 2, Holder::Hold(pool, i % 2, &holders[i]));
    ASSERT_TRUE(Workers::Await([&] { return holders[0].has && pool->View().cl_waiting == i; }));
  }
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Workers::Await([&] { return holders[i].has.load(); })) << i;
    if (i < 4) {
      EXPECT_FALSE(holders[i + 1].has);
    }
    EXPECT_EQ(pool->View().sv_active, 1);
    holders[i].let_go = true;
  }
  workers.Stop();
}

TEST_F(PoolTest, TheReserveHelpsThoseWhoWaited) {
  PoolSettings settings = OfSize(1);
  settings.reserve_pool_size = 1;
  settings.reserve_pool_timeout = Millis(100);
  Workers workers(1, settings);
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  Holder holders[3];
  workers.Start();
  for (Holder& holder : holders) workers.Spawn(0, Holder::Hold(pool, 0, &holder));
  ASSERT_TRUE(Workers::Await([&] { return pool->View().sv_active == 2; }));
  EXPECT_EQ(pool->View().cl_waiting, 1);
  for (Holder& holder : holders) holder.let_go = true;
  EXPECT_TRUE(Workers::Await([&] { return std::all_of(holders, holders + 3, [](auto& h) { return h.done.load(); }); }));
  workers.Stop();
}

TEST_F(PoolTest, AnIdleConnectionOfAnotherPoolMakesRoom) {
  PoolSettings settings = OfSize(5);
  settings.max_db_connections = 2;
  Workers workers(2, settings);
  std::shared_ptr<Pool> one = workers.pools->Get({"one", "a"}, Target());
  std::shared_ptr<Pool> two = workers.pools->Get({"two", "a"}, Target());
  Holder a, b, c;
  workers.Start();
  workers.Spawn(0, Holder::Hold(one, 0, &a));
  workers.Spawn(0, Holder::Hold(one, 0, &b));
  ASSERT_TRUE(Workers::Await([&] { return a.has && b.has; }));
  workers.Spawn(1, Holder::Hold(two, 1, &c));
  ASSERT_TRUE(Workers::Await([&] { return two->View().cl_waiting == 1; }));
  EXPECT_FALSE(c.has);
  a.let_go = true;
  ASSERT_TRUE(Workers::Await([&] { return c.has.load(); }));
  EXPECT_EQ(one->Open() + two->Open(), 2);
  b.let_go = c.let_go = true;
  EXPECT_TRUE(Workers::Await([&] { return b.done && c.done; }));
  // One that is idle already goes as well.
  Holder d, e;
  workers.Spawn(0, Holder::Hold(two, 0, &d));
  workers.Spawn(1, Holder::Hold(two, 1, &e));
  EXPECT_TRUE(Workers::Await([&] { return d.has && e.has; }));
  EXPECT_EQ(one->Open(), 0);
  d.let_go = e.let_go = true;
  workers.Stop();
}

TEST_F(PoolTest, IdleAndOldConnectionsAreClosedDownToTheMinimum) {
  PoolSettings settings = OfSize(3);
  settings.server_idle_timeout = Millis(100);
  settings.min_pool_size = 1;
  Workers workers(1, settings);
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  Holder holders[3];
  workers.Start();
  for (Holder& holder : holders) workers.Spawn(0, Holder::Hold(pool, 0, &holder));
  ASSERT_TRUE(Workers::Await([&] { return pool->View().sv_active == 3; }));
  for (Holder& holder : holders) holder.let_go = true;
  ASSERT_TRUE(Workers::Await([&] { return pool->View().sv_idle == 1 && pool->Open() == 1; }));
  settings.server_lifetime = Millis(1);
  settings.min_pool_size = 0;
  workers.pools->Configure(settings);
  EXPECT_TRUE(Workers::Await([&] { return pool->Open() == 0; }));
  workers.Stop();
}

TEST_F(PoolTest, PauseWaitsForThoseAtWork) {
  Workers workers(2, OfSize(3));
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  Holder a, b;
  workers.Start();
  workers.Spawn(0, Holder::Hold(pool, 0, &a));
  ASSERT_TRUE(Workers::Await([&] { return a.has.load(); }));
  workers.pools->Pause("app");
  std::atomic<bool> empty{false};
  workers.pools->WhenEmpty("app", workers.reactors[1]->MakePoster(), [&] { empty = true; });
  workers.Spawn(1, Holder::Hold(pool, 1, &b));
  ASSERT_TRUE(Workers::Await([&] { return pool->View().cl_waiting == 1; }));
  EXPECT_FALSE(empty);
  a.let_go = true;
  ASSERT_TRUE(Workers::Await([&] { return empty.load(); }));
  EXPECT_FALSE(b.has);
  EXPECT_EQ(pool->Open(), 0);
  workers.pools->Resume("app");
  EXPECT_TRUE(Workers::Await([&] { return b.has.load(); }));
  b.let_go = true;
  workers.Stop();
}

TEST_F(PoolTest, ReconnectReplacesConnections) {
  Workers workers(1, OfSize(1));
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, Target());
  Holder a, b;
  workers.Start();
  workers.Spawn(0, Holder::Hold(pool, 0, &a));
  ASSERT_TRUE(Workers::Await([&] { return a.has.load(); }));
  workers.pools->Reconnect("");
  std::atomic<bool> renewed{false};
  workers.pools->WhenRenewed("", workers.reactors[0]->MakePoster(), [&] { renewed = true; });
  EXPECT_TRUE(workers.pools->Servers().at(0).close_needed);
  EXPECT_EQ(workers.pools->Servers().at(0).client, 7);
  a.let_go = true;
  ASSERT_TRUE(Workers::Await([&] { return renewed.load(); }));
  workers.Spawn(0, Holder::Hold(pool, 0, &b));
  ASSERT_TRUE(Workers::Await([&] { return b.has.load(); }));
  EXPECT_NE(a.pid, b.pid);
  b.let_go = true;
  workers.Stop();
}

TEST_F(PoolTest, TheServersOwnErrorIsReported) {
  Workers workers(1, OfSize(2));
  ServerTarget target = Target();
  target.database = "no_such_database";
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, target);
  Holder a, b;
  workers.Start();
  workers.Spawn(0, Holder::Hold(pool, 0, &a));
  ASSERT_TRUE(Workers::Await([&] { return a.done.load(); }));
  EXPECT_EQ(ToSqlError(a.status).sqlstate, "3D000");
  // It is asked again, not told from memory.
  workers.Spawn(0, Holder::Hold(pool, 0, &b));
  ASSERT_TRUE(Workers::Await([&] { return b.done.load(); }));
  EXPECT_EQ(ToSqlError(b.status).message, ToSqlError(a.status).message);
  EXPECT_EQ(pool->Open(), 0);
  workers.Stop();
}

TEST_F(PoolTest, AnUnreachableServerFailsAtOnceAndIsTriedAgain) {
  PoolSettings settings = OfSize(2);
  settings.server_login_retry = std::chrono::hours(1);
  Workers workers(1, settings);
  ServerTarget target = Target();
  target.endpoint.port = 1;
  std::shared_ptr<Pool> pool = workers.pools->Get({"app", "a"}, target);
  Holder a, b, c;
  workers.Start();
  workers.Spawn(0, Holder::Hold(pool, 0, &a));
  ASSERT_TRUE(Workers::Await([&] { return a.done.load(); }));
  EXPECT_EQ(ToSqlError(a.status).sqlstate, "08006");
  workers.Spawn(0, Holder::Hold(pool, 0, &b));
  ASSERT_TRUE(Workers::Await([&] { return b.done.load(); }));
  EXPECT_EQ(ToSqlError(b.status).sqlstate, "08006");
  EXPECT_EQ(ToSqlError(b.status).message, "server login has been failing, cached error: " +
                                              ToSqlError(a.status).message + " (server_login_retry)");
  workers.pools->Reconnect("");  // forgets the failure
  workers.Spawn(0, Holder::Hold(pool, 0, &c));
  ASSERT_TRUE(Workers::Await([&] { return c.done.load(); }));
  EXPECT_EQ(ToSqlError(c.status).message, ToSqlError(a.status).message);
  EXPECT_EQ(pool->Open(), 0);
  workers.Stop();
}

TEST(PoolSettings, AUsersWordCountsBeforeADatabases) {
  PoolSettings settings;
  settings.databases["app"].pool_size = 7;
  settings.databases["app"].pool_mode = PoolMode::kSession;
  settings.databases["app"].max_connections = 9;
  settings.users["joe"].pool_size = 3;
  settings.users["joe"].query_timeout = Millis(5);
  EXPECT_EQ(settings.LimitsFor("app", "joe").size, 3);
  EXPECT_EQ(settings.LimitsFor("app", "ann").size, 7);
  EXPECT_EQ(settings.LimitsFor("app", "joe").max_db_connections, 9);
  EXPECT_EQ(settings.LimitsFor("other", "ann").size, 20);
  EXPECT_EQ(settings.RulesFor("app", "joe").mode, PoolMode::kSession);
  EXPECT_EQ(settings.RulesFor("other", "joe").mode, PoolMode::kTransaction);
  EXPECT_TRUE(settings.RulesFor("app", "joe").AnyTimeout());
  EXPECT_FALSE(settings.RulesFor("app", "ann").AnyTimeout());
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
