// Peers that behave badly: that send more than anybody takes, all at once, or reset the connection at any point.

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::kPatience;
using testing::ReactorTest;
using namespace std::chrono_literals;
using StreamPair = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

class StressTest : public ReactorTest {};
PGSHOAL_BOTH_BACKENDS(StressTest);

char PatternAt(std::size_t at, std::size_t which) {
  return static_cast<char>((at * 31 >> 3) + which);
}

// The limit, one receive beyond it, and what the kernel may have been receiving already when it was reached.
constexpr std::size_t kMostHeld = (std::size_t{64} << 10) + (std::size_t{300} << 10);

// Many senders, each with more than its reader wants; readers that take it in portions, now and then raise or lower
// their limits, or pause.
TEST_P(StressTest, SlowReadersHoldLittleAndMissNothing) {
  static constexpr std::size_t kStreams = 12;
  static constexpr std::size_t kEach = std::size_t{4} << 20;
  struct Local {
    static Task<void> Send(Stream& stream, std::size_t which, int& left) {
      Event event;
      stream.SetLowWater(64 << 10);
      stream.Attach(&event);
      for (std::size_t sent = 0; sent < kEach;) {
        std::string& out = stream.OutputBuffer();
        for (const std::size_t end = std::min<std::size_t>(kEach, sent + 200'000); sent < end; ++sent) {
          out.push_back(PatternAt(sent, which));
        }
        while (stream.PendingOutput() > 100'000 && stream.Error() == 0) {
          const bool notified = co_await event.Wait(Deadline::After(kPatience));
          EXPECT_TRUE(notified) << "sender " << which << " is stuck";
          if (!notified) co_return;
        }
      }
      stream.Attach(nullptr);
      stream.ShutdownOutput();
      --left;
    }
    static Task<void> Receive(Stream& stream, std::size_t which, int& left) {
      Event event;
      stream.Attach(&event);
      std::mt19937 random(static_cast<unsigned>(which));
      std::size_t got = 0;
      std::size_t limit = std::size_t{64} << 10;
      while (got < kEach || !stream.AtEof()) {
        EXPECT_EQ(stream.Error(), 0);
        if (stream.Error() != 0) co_return;
        const std::string_view input = stream.Input();
        EXPECT_LE(input.size(), kMostHeld + limit);
        const std::size_t n = std::min<std::size_t>(input.size(), 1 + random() % 90'000);
        for (std::size_t i = 0; i < n; ++i) {
          if (input[i] != PatternAt(got + i, which)) {
            ADD_FAILURE() << "stream " << which << ": wrong byte at " << got + i;
            co_return;
          }
        }
        got += n;
        stream.Consume(n);
        switch (random() % 8) {
          case 0:
            limit = 1 + random() % 300'000;
            stream.SetInputLimit(std::max(limit, stream.Input().size() + 1));
            break;
          case 1:
            stream.PauseReading();
            co_await SleepUntil(Deadline::After(std::chrono::milliseconds(random() % 3)));
            stream.ResumeReading();
            break;
          case 2:
            co_await SleepUntil(Deadline::After(1ms));
            break;
          default:
            break;
        }
        if (!stream.Input().empty() || got == kEach) {
          if (got == kEach && !stream.AtEof()) co_await SleepUntil(Deadline::After(1ms));
          continue;
        }
        const bool notified = co_await event.Wait(Deadline::After(kPatience));
        EXPECT_TRUE(notified) << "stream " << which << ": nothing after " << got;
        if (!notified) co_return;
      }
      EXPECT_EQ(got, std::size_t{kEach});
      stream.Attach(nullptr);
      --left;
    }
  };
  std::vector<StreamPair> pairs;  // these outlive the tasks that use them, also when the test fails
  int left = 2 * kStreams;
  RunTask([](StressTest* self, std::vector<StreamPair>& pairs, int& left) -> Task<void> {
    for (std::size_t i = 0; i < kStreams; ++i) {
      if (i % 2 == 0) {
        Task<StreamPair> connecting = self->TcpPair();
        StreamPair pair = co_await connecting;
        pairs.push_back(std::move(pair));
      } else {
        pairs.push_back(self->Pair());
      }
    }
    for (std::size_t i = 0; i < kStreams; ++i) {
      self->reactor->Spawn(Local::Send(*pairs[i].first, i, left));
      self->reactor->Spawn(Local::Receive(*pairs[i].second, i, left));
    }
    for (int i = 0; i < 50'000 && left > 0 && !HasFailure(); ++i) co_await SleepUntil(Deadline::After(1ms));
    EXPECT_EQ(left, 0);
  }(this, pairs, left));
}

// Whoever does not read at all holds what the limit says and little more, however much waits in the kernel.
TEST_P(StressTest, NobodyReads) {
  RunTask([](StressTest* self) -> Task<void> {
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<int> fds;
    const std::string chunk(64 << 10, 'c');
    for (int i = 0; i < 20; ++i) {
      auto [stream, fd] = self->HalfPair();
      const int large = 4 << 20;
      setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
      streams.push_back(std::move(stream));
      fds.push_back(fd);
    }
    for (int round = 0; round < 60; ++round) {
      for (const int fd : fds) {
        while (write(fd, chunk.data(), chunk.size()) > 0) {
        }
      }
      co_await SleepUntil(Deadline::After(1ms));
    }
    for (const auto& stream : streams) {
      EXPECT_GE(stream->Input().size(), std::size_t{64} << 10);
      EXPECT_LE(stream->Input().size(), kMostHeld);
    }
    for (const int fd : fds) close(fd);
  }(this));
}

// More streams with news than there are buffers for the kernel to fill.
TEST_P(StressTest, AllAtOnce) {
  RunTask([](StressTest* self) -> Task<void> {
    constexpr std::size_t kStreams = 200;
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<int> fds;
    for (std::size_t i = 0; i < kStreams; ++i) {
      auto [stream, fd] = self->HalfPair();
      streams.push_back(std::move(stream));
      fds.push_back(fd);
    }
    co_await SleepUntil(Deadline::After(2ms));
    for (int round = 0; round < 5; ++round) {
      std::string bytes;
      for (std::size_t i = 0; i < kStreams; ++i) {
        bytes.assign(1 + (i * 977) % 20'000, static_cast<char>('a' + (i + static_cast<std::size_t>(round)) % 26));
        EXPECT_EQ(write(fds[i], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
      }
      for (std::size_t i = 0; i < kStreams; ++i) {
        bytes.assign(1 + (i * 977) % 20'000, static_cast<char>('a' + (i + static_cast<std::size_t>(round)) % 26));
        for (int tries = 0; tries < 20'000 && streams[i]->Input().size() < bytes.size(); ++tries) {
          co_await SleepUntil(Deadline::After(1ms));
        }
        EXPECT_TRUE(streams[i]->Input() == bytes) << i << ": " << streams[i]->Input().size();
        streams[i]->Consume(streams[i]->Input().size());
      }
    }
    for (const int fd : fds) close(fd);
  }(this));
}

void Reset(int fd) {
  const linger hard{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(fd);
}

// The peer resets the connection after any number of bytes, while we send, receive, pause, release or close.
TEST_P(StressTest, ResetsAtEveryPoint) {
  RunTask([](StressTest* self) -> Task<void> {
    std::vector<int> accepted;
    const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listening, 100), 0);
    socklen_t length = sizeof address;
    getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length);
    const Endpoint there = Endpoint::Tcp("127.0.0.1", ntohs(address.sin_port));
    std::mt19937 random(11);
    const std::string big(3 << 20, 'b');
    for (int round = 0; round < 400; ++round) {
      auto connecting = Connect(*self->reactor, there, Deadline::After(kPatience));
      auto connected = co_await connecting;
      EXPECT_TRUE(connected.ok()) << connected.status();
      if (!connected.ok()) break;
      std::unique_ptr<Stream> stream = *std::move(connected);
      const int peer = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      Event event;
      stream->Attach(&event);
      bool writes = random() % 2 == 0;
      if (writes) stream->Write(std::string_view(big).substr(0, 1 + random() % big.size()));
      if (random() % 4 == 0) stream->PauseReading();
      if (random() % 4 == 0) stream->SetInputLimit(1 + random() % 5000);
      const std::size_t given = random() % 300'000;
      if (random() % 4 != 0) {
        EXPECT_GE(write(peer, big.data(), given), 0);
      }
      if (random() % 3 == 0) co_await SleepUntil(Deadline::After(std::chrono::milliseconds(random() % 3)));
      const std::size_t before = stream->Input().size();
      stream->Consume(before == 0 ? 0 : random() % before);
      const int way = static_cast<int>(random() % 4);
      if (way == 0) shutdown(peer, SHUT_WR);
      if (way != 3) Reset(peer);
      if (random() % 3 == 0) co_await SleepUntil(Deadline::After(0ms));
      switch (random() % 5) {
        case 0:  // waits for the end
          stream->ResumeReading();
          for (int i = 0; i < 1000 && way != 3 && !stream->IsClosed(); ++i) {
            stream->Consume(stream->Input().size());
            const bool notified = co_await event.Wait(Deadline::After(kPatience));
            EXPECT_TRUE(notified) << "the reset is not told";
            if (!notified) break;
          }
          break;
        case 1:
          stream->Write(big);
          co_await SleepUntil(Deadline::After(0ms));
          break;
        case 2: {
          Task<absl::StatusOr<DetachedStream>> releasing = Stream::Release(std::move(stream));
          absl::StatusOr<DetachedStream> detached = co_await releasing;
          if (detached.ok()) {
            stream = Stream::Adopt(*self->reactor, *std::move(detached));
            co_await SleepUntil(Deadline::After(0ms));
          }
          break;
        }
        case 3:
          Stream::CloseAfterFlush(std::move(stream), Deadline::After(20ms));
          break;
        default:
          break;
      }
      stream.reset();
      if (way == 3) close(peer);
    }
    close(listening);
    for (int i = 0; i < 1000 && self->reactor->Stats().streams > 0; ++i) co_await SleepUntil(Deadline::After(5ms));
    EXPECT_EQ(self->reactor->Stats().streams, 0u);
  }(this));
}

}  // namespace
}  // namespace pgshoal::net
