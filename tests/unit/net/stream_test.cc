#include "router/net/stream.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::AwaitInput;
using testing::kPatience;
using testing::ReactorTest;
using namespace std::chrono_literals;

class StreamTest : public ReactorTest {};
PGSHOAL_BOTH_BACKENDS(StreamTest);

using StreamPair = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

TEST_P(StreamTest, CarriesBytesBothWays) {
  auto [a, b] = Pair();
  RunTask([](Stream& a, Stream& b, Reactor&) -> Task<void> {
    Event at_b;
    Event at_a;
    b.Attach(&at_b);
    a.Attach(&at_a);
    a.Write("hello ");
    a.Write("world");
    EXPECT_EQ(a.PendingOutput(), 11u);
    Task<void> first = AwaitInput(b, at_b, 11);
    co_await first;
    EXPECT_EQ(a.PendingOutput(), 0u);
    EXPECT_EQ(b.Input(), "hello world");
    b.Consume(6);
    EXPECT_EQ(b.Input(), "world");
    b.OutputBuffer() += "back";
    Task<void> second = AwaitInput(a, at_a, 4);
    co_await second;
    EXPECT_EQ(a.Input(), "back");
    b.Consume(5);
    EXPECT_TRUE(b.Input().empty());
    a.Attach(nullptr);
    b.Attach(nullptr);
  }(*a, *b, *reactor));
}

TEST_P(StreamTest, SeveralWritesOfATurnLeaveAsOne) {
  auto [a, fd] = HalfPair();
  RunTask([](Stream& a, int fd, Reactor& reactor) -> Task<void> {
    co_await SleepUntil(Deadline::After(1ms));
    const auto before = reactor.Stats().system_calls;
    for (int i = 0; i < 100; ++i) a.Write("0123456789");
    co_await SleepUntil(Deadline::After(5ms));
    EXPECT_LE(reactor.Stats().system_calls - before, 30u);  // the loop's own waits among them
    char buffer[2000];
    EXPECT_EQ(read(fd, buffer, sizeof buffer), 1000);
  }(*a, fd, *reactor));
  close(fd);
}

TEST_P(StreamTest, AttachingTellsOldNews) {
  auto [a, fd] = HalfPair();
  ASSERT_EQ(write(fd, "x", 1), 1);
  RunTask([](Stream& a) -> Task<void> {
    co_await SleepUntil(Deadline::After(10ms));
    Event event;
    a.Attach(&event);
    EXPECT_TRUE(co_await event.Wait(Deadline::After(-1s)));
    EXPECT_EQ(a.Input(), "x");
    a.Attach(nullptr);
  }(*a));
  close(fd);
}

// Sends `total` patterned bytes in pieces of random size and keeps little in memory.
Task<void> SendPattern(Stream& stream, std::size_t total, unsigned seed, Event& done) {
  Event event;
  stream.SetLowWater(32 << 10);
  stream.Attach(&event);
  std::mt19937 random(seed);
  std::size_t sent = 0;
  while (sent < total) {
    const std::size_t n = std::min<std::size_t>(total - sent, 1 + random() % 50'000);
    std::string& out = stream.OutputBuffer();
    for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<char>((sent + i) * 31 >> 3));
    sent += n;
    while (stream.PendingOutput() > (64 << 10) && stream.Error() == 0) {
      const bool notified = co_await event.Wait(Deadline::After(kPatience));
      EXPECT_TRUE(notified);
      if (!notified) co_return;
    }
  }
  stream.Attach(nullptr);
  stream.ShutdownOutput();
  done.Notify();
}

// Checks the pattern until the end; consumes in pieces and now and then pauses.
Task<void> CheckPattern(Stream& stream, std::size_t total, unsigned seed) {
  Event event;
  stream.Attach(&event);
  std::mt19937 random(seed);
  std::size_t got = 0;
  for (;;) {
    std::string_view input = stream.Input();
    const std::size_t n = std::min<std::size_t>(input.size(), 1 + random() % 40'000);
    for (std::size_t i = 0; i < n; ++i) {
      if (input[i] != static_cast<char>((got + i) * 31 >> 3)) {
        ADD_FAILURE() << "wrong byte at " << got + i;
        co_return;
      }
    }
    got += n;
    stream.Consume(n);
    if (stream.Input().empty()) {
      if (stream.IsClosed()) break;
      if (random() % 16 == 0) {
        stream.PauseReading();
        co_await SleepUntil(Deadline::After(1ms));
        stream.ResumeReading();
      }
      const bool notified = stream.Input().empty() ? co_await event.Wait(Deadline::After(kPatience)) : true;
      EXPECT_TRUE(notified) << "nothing after " << got;
      if (!notified) co_return;
    } else {
      EXPECT_LE(stream.Input().size(), 3u << 20);
    }
  }
  EXPECT_EQ(stream.Error(), 0);
  EXPECT_EQ(got, total);
  stream.Attach(nullptr);
}

TEST_P(StreamTest, ManyMegabytesBothWays) {
  for (const bool tcp : {false, true}) {
    SetUp();
    RunTask([](StreamTest* self, bool tcp, Reactor& reactor) -> Task<void> {
      StreamPair pair;
      if (tcp) {
        Task<StreamPair> connecting = self->TcpPair();
        pair = co_await connecting;
      } else {
        pair = self->Pair();
      }
      // A middle stage that sends everything back: a -> b -> (relay) -> b -> a.
      constexpr std::size_t kTotal = 24u << 20;
      const int small = 16 << 10;
      for (Stream* stream : {pair.first.get(), pair.second.get()}) {
        setsockopt(stream->Fd(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
        setsockopt(stream->Fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
      }
      struct Local {
        static Task<void> Echo(Stream& stream, Event& done) {
          Event event;
          stream.Attach(&event);
          while (!(stream.AtEof() && stream.Input().empty()) && stream.Error() == 0) {
            if (stream.PendingOutput() < (64 << 10)) {
              stream.Write(stream.Input());
              stream.Consume(stream.Input().size());
            }
            if (stream.AtEof() && stream.Input().empty()) break;
            const bool notified = co_await event.Wait(Deadline::After(kPatience));
            EXPECT_TRUE(notified) << "the echo hears nothing";
            if (!notified) co_return;
          }
          stream.Attach(nullptr);
          stream.ShutdownOutput();
          done.Notify();
        }
        static Task<void> Send(Stream& stream, Event& done) {
          // Only one event can be attached: the sender watches its mark by time.
          std::size_t sent = 0;
          while (sent < kTotal) {
            std::string& out = stream.OutputBuffer();
            const std::size_t n = std::min<std::size_t>(kTotal - sent, 100'000);
            for (std::size_t i = 0; i < n; ++i) out.push_back(static_cast<char>((sent + i) * 31 >> 3));
            sent += n;
            while (stream.PendingOutput() > 0) co_await SleepUntil(Deadline::After(1ms));
          }
          stream.ShutdownOutput();
          done.Notify();
        }
      };
      Event echoed;
      Event sent;
      pair.second->SetLowWater(32 << 10);
      reactor.Spawn(Local::Echo(*pair.second, echoed));
      reactor.Spawn(Local::Send(*pair.first, sent));
      Task<void> checking = CheckPattern(*pair.first, kTotal, 5);
      co_await checking;
      EXPECT_TRUE(co_await echoed.Wait(Deadline::After(kPatience)));
      EXPECT_TRUE(co_await sent.Wait(Deadline::After(kPatience)));
    }(this, tcp, *reactor));
    if (HasFatalFailure()) return;
  }
}

TEST_P(StreamTest, OneWayWithBackPressure) {
  RunTask([](StreamTest* self, Reactor& reactor) -> Task<void> {
    StreamPair pair = self->Pair();
    constexpr std::size_t kTotal = 16u << 20;
    Event done;
    reactor.Spawn(SendPattern(*pair.first, kTotal, 1, done));
    Task<void> checking = CheckPattern(*pair.second, kTotal, 2);
    co_await checking;
    EXPECT_TRUE(co_await done.Wait(Deadline::After(kPatience)));
  }(this, *reactor));
}

TEST_P(StreamTest, AReaderThatDoesNotConsumeStopsTheSender) {
  auto [a, fd] = HalfPair();
  RunTask([](Stream& a, int fd) -> Task<void> {
    const std::string chunk(64 << 10, 'c');
    std::size_t written = 0;
    for (int i = 0; i < 200; ++i) {
      const ssize_t n = write(fd, chunk.data(), chunk.size());
      if (n > 0) written += static_cast<std::size_t>(n);
      if (n < 0) co_await SleepUntil(Deadline::After(1ms));
    }
    EXPECT_GE(a.Input().size(), std::size_t{64} << 10);
    EXPECT_LE(a.Input().size(), std::size_t{3} << 20);
    EXPECT_LE(written, std::size_t{5} << 20);
    // A larger limit lets a whole message in.
    Event event;
    a.Attach(&event);
    const std::size_t before = a.Input().size();
    a.SetInputLimit(before + 1);
    Task<void> more = AwaitInput(a, event, before + 1);
    co_await more;
    EXPECT_GT(a.Input().size(), before);
    // And all of it comes out.
    std::size_t got = 0;
    while (got < written) {
      got += a.Input().size();
      a.Consume(a.Input().size());
      if (got < written) {
        const bool notified = co_await event.Wait(Deadline::After(kPatience));
        EXPECT_TRUE(notified);
        if (!notified) break;
      }
    }
    EXPECT_EQ(got, written);
    a.Attach(nullptr);
  }(*a, fd));
  close(fd);
}

TEST_P(StreamTest, PausedReadingReceivesNothing) {
  auto [a, fd] = HalfPair();
  RunTask([](Stream& a, int fd) -> Task<void> {
    Event event;
    a.Attach(&event);
    a.PauseReading();
    co_await SleepUntil(Deadline::After(5ms));
    EXPECT_EQ(write(fd, "abc", 3), 3);
    EXPECT_FALSE(co_await event.Wait(Deadline::After(20ms)));
    EXPECT_EQ(a.Input(), "");
    a.ResumeReading();
    EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    EXPECT_EQ(a.Input(), "abc");
    // Paused and resumed in the same turn, and again.
    a.PauseReading();
    a.ResumeReading();
    EXPECT_EQ(write(fd, "def", 3), 3);
    EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    EXPECT_EQ(a.Input(), "abcdef");
    a.PauseReading();
    co_await SleepUntil(Deadline::After(1ms));
    a.ResumeReading();
    co_await SleepUntil(Deadline::After(0ms));
    a.PauseReading();
    co_await SleepUntil(Deadline::After(1ms));
    a.ResumeReading();
    EXPECT_EQ(write(fd, "ghi", 3), 3);
    EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    EXPECT_EQ(a.Input(), "abcdefghi");
    a.Attach(nullptr);
  }(*a, fd));
  close(fd);
}

TEST_P(StreamTest, MovesToAnotherReactor) {
  auto other = Reactor::Create(GetParam());
  ASSERT_TRUE(other.ok());
  std::thread runner([&] { (*other)->Run(); });
  auto [a, fd] = HalfPair();
  auto [busy, busy_fd] = HalfPair();
  RunTask([](std::unique_ptr<Stream> a, std::unique_ptr<Stream> busy, int fd, Reactor& other) -> Task<void> {
    Event event;
    a->Attach(&event);
    EXPECT_EQ(write(fd, "taken along", 11), 11);
    Task<void> input = AwaitInput(*a, event, 11);
    co_await input;
    Task<absl::StatusOr<DetachedStream>> releasing = Stream::Release(std::move(a));
    absl::StatusOr<DetachedStream> detached = co_await releasing;
    EXPECT_TRUE(detached.ok()) << detached.status();
    if (!detached.ok()) co_return;
    std::atomic<bool> done{false};
    struct Local {
      static Task<void> Use(std::unique_ptr<Stream> stream, std::atomic<bool>& done) {
        Event event;
        stream->Attach(&event);
        EXPECT_EQ(stream->Input(), "taken along");
        stream->Consume(11);
        stream->Write("from the other side");
        Task<void> input = AwaitInput(*stream, event, 4);
        co_await input;
        EXPECT_EQ(stream->Input(), "more");
        stream.reset();
        done = true;
      }
    };
    other.Post([&other, &done, moved = *std::move(detached)]() mutable {
      other.Spawn(Local::Use(Stream::Adopt(other, std::move(moved)), done));
    });
    char buffer[100];
    ssize_t n = -1;
    for (int i = 0; i < 60'000 && n < 0; ++i) {
      co_await SleepUntil(Deadline::After(1ms));
      n = read(fd, buffer, sizeof buffer);
    }
    EXPECT_EQ(n, 19);
    EXPECT_EQ(write(fd, "more", 4), 4);
    for (int i = 0; i < 60'000 && !done; ++i) co_await SleepUntil(Deadline::After(1ms));
    EXPECT_TRUE(done);

    busy->Write(std::string(8 << 20, 'x'));
    co_await SleepUntil(Deadline::After(1ms));
    Task<absl::StatusOr<DetachedStream>> refused = Stream::Release(std::move(busy));
    absl::StatusOr<DetachedStream> none = co_await refused;
    EXPECT_TRUE(absl::IsFailedPrecondition(none.status()));
  }(std::move(a), std::move(busy), fd, **other));
  (*other)->Stop();
  runner.join();
  close(fd);
  close(busy_fd);
}

TEST_P(StreamTest, ADetachedStreamNobodyAdoptsIsClosed) {
  auto [a, fd] = HalfPair();
  RunTask([](std::unique_ptr<Stream> a) -> Task<void> {
    Task<absl::StatusOr<DetachedStream>> releasing = Stream::Release(std::move(a));
    absl::StatusOr<DetachedStream> detached = co_await releasing;
    EXPECT_TRUE(detached.ok());
  }(std::move(a)));
  char byte;
  EXPECT_EQ(read(fd, &byte, 1), 0);
  close(fd);
}

std::size_t ResidentBytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file != nullptr) {
    if (fscanf(file, "%zu %zu", &total, &resident) != 2) resident = 0;
    fclose(file);
  }
  return resident * 4096;
}

TEST_P(StreamTest, ThousandsOfIdleStreamsHoldNoBuffers) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const int count = std::min<int>(8000, (static_cast<int>(files.rlim_cur) - 200) / 2);
  RunTask([](StreamTest* self, int count) -> Task<void> {
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<int> fds;
    streams.reserve(count);
    fds.reserve(count);
    std::vector<std::unique_ptr<Event>> events;
    events.reserve(count);
    const std::size_t before = ResidentBytes();
    for (int i = 0; i < count; ++i) {
      auto [stream, fd] = self->HalfPair();
      events.push_back(std::make_unique<Event>());
      stream->Attach(events.back().get());
      streams.push_back(std::move(stream));
      fds.push_back(fd);
    }
    co_await SleepUntil(Deadline::After(20ms));
    // Each has been busy once.
    for (int i = 0; i < count; ++i) {
      EXPECT_EQ(write(fds[i], "ping", 4), 4);
      Task<void> input = AwaitInput(*streams[i], *events[i], 4);
      co_await input;
      streams[i]->Consume(4);
      streams[i]->Write("pong");
    }
    co_await SleepUntil(Deadline::After(20ms));
    const std::size_t after = ResidentBytes();
    const std::size_t each = (after - before) / static_cast<std::size_t>(count);
    std::printf("%d idle streams: %zu bytes each\n", count, each);
    self->RecordProperty("bytes_per_idle_stream", static_cast<int>(each));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LE(each, 2048u);
#endif
    for (const int fd : fds) close(fd);
    int closed = 0;
    for (int i = 0; i < 1000 && closed < count; ++i) {
      co_await SleepUntil(Deadline::After(10ms));
      closed = 0;
      for (const auto& stream : streams) closed += stream->IsClosed() ? 1 : 0;
    }
    EXPECT_EQ(closed, count);
    streams.clear();
  }(this, count));
}

}  // namespace
}  // namespace pgshoal::net
