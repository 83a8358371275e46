// How streams end: half closed, reset, destroyed at any moment, closed once all is sent.
#include "router/net/stream.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <string>

#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::AwaitInput;
using testing::kPatience;
using testing::ReactorTest;
using namespace std::chrono_literals;

class StreamEndTest : public ReactorTest {};
PGSHOAL_BOTH_BACKENDS(StreamEndTest);

using StreamPair = std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>;

TEST_P(StreamEndTest, HalfCloseStillSends) {
  auto [a, b] = Pair();
  RunTask([](Stream& a, Stream& b) -> Task<void> {
    Event event;
    Event other;
    b.Attach(&event);
    a.Attach(&other);
    a.Write("last words");
    a.ShutdownOutput();
    while (!b.AtEof()) EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    EXPECT_EQ(b.Input(), "last words");
    EXPECT_EQ(b.Error(), 0);
    b.Write("answer");
    Task<void> answer = AwaitInput(a, other, 6);
    co_await answer;
    EXPECT_EQ(a.Input(), "answer");
    EXPECT_FALSE(a.AtEof());
    a.Attach(nullptr);
    b.Attach(nullptr);
  }(*a, *b));
}

TEST_P(StreamEndTest, EndWithoutInputIsToldOnceAndDoesNotSpin) {
  auto [a, fd] = HalfPair();
  RunTask([](Stream& a, int fd, Reactor& reactor) -> Task<void> {
    Event event;
    a.Attach(&event);
    close(fd);
    EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    EXPECT_TRUE(a.AtEof());
    const auto turns = reactor.Stats().turns;
    EXPECT_FALSE(co_await event.Wait(Deadline::After(30ms)));
    EXPECT_LE(reactor.Stats().turns - turns, 10u);
    // Writing to somebody who is gone ends in an error, not in a signal.
    a.Write("anybody?");
    EXPECT_TRUE(co_await event.Wait(Deadline::After(kPatience)));
    EXPECT_EQ(a.Error(), EPIPE);
    EXPECT_EQ(a.PendingOutput(), 0u);
    a.Attach(nullptr);
  }(*a, fd, *reactor));
}

TEST_P(StreamEndTest, ResetByPeer) {
  RunTask([](StreamEndTest* self) -> Task<void> {
    Task<StreamPair> connecting = self->TcpPair();
    StreamPair pair = co_await connecting;
    Event event;
    pair.first->Attach(&event);
    const linger hard{1, 0};
    setsockopt(pair.second->Fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    pair.second.reset();
    while (!pair.first->IsClosed()) {
      const bool notified = co_await event.Wait(Deadline::After(kPatience));
      EXPECT_TRUE(notified);
      if (!notified) co_return;
    }
    EXPECT_EQ(pair.first->Error(), ECONNRESET);
    pair.first->Attach(nullptr);
  }(this));
}

// A server that reports a fatal error and goes: its words are read although our next send fails.
TEST_P(StreamEndTest, LastWordsArriveBeforeTheError) {
  auto [a, fd] = HalfPair();
  RunTask([](Stream& a, int fd) -> Task<void> {
    Event event;
    a.Attach(&event);
    co_await SleepUntil(Deadline::After(2ms));
    EXPECT_EQ(write(fd, "FATAL", 5), 5);
    close(fd);
    a.Write("a question");
    while (!a.IsClosed()) {
      const bool notified = co_await event.Wait(Deadline::After(kPatience));
      EXPECT_TRUE(notified);
      if (!notified) co_return;
    }
    EXPECT_EQ(a.Input(), "FATAL");
    a.Attach(nullptr);
  }(*a, fd));
}

TEST_P(StreamEndTest, DestroyedInFlight) {
  RunTask([](StreamEndTest* self) -> Task<void> {
    std::mt19937 random(3);
    const std::string big(300'000, 'b');
    for (int round = 0; round < 300; ++round) {
      auto [a, b] = self->Pair();
      if (random() % 2) a->Write(big);
      if (random() % 2) b->Write(big);
      if (random() % 3 == 0) co_await SleepUntil(Deadline::After(0ms));
      if (random() % 3 == 0) co_await SleepUntil(Deadline::After(1ms));
      if (random() % 2) a->PauseReading();
      if (random() % 2) b.reset();
      if (random() % 2) a.reset();
      if (random() % 4 == 0) co_await SleepUntil(Deadline::After(0ms));
    }
    co_await SleepUntil(Deadline::After(10ms));
    EXPECT_EQ(self->reactor->Stats().streams, 0u);
  }(this));
}

TEST_P(StreamEndTest, DescriptorsAreClosedSoonAfterTheStream) {
  auto [a, fd] = HalfPair();
  const int own = a->Fd();
  RunTask([](std::unique_ptr<Stream> a, int own) -> Task<void> {
    const std::string big(4 << 20, 'b');
    a->Write(big);  // more than fits: a send is under way
    co_await SleepUntil(Deadline::After(5ms));
    EXPECT_GT(a->PendingOutput(), 0u);
    a.reset();
    co_await SleepUntil(Deadline::After(5ms));
    EXPECT_EQ(fcntl(own, F_GETFD), -1);
  }(std::move(a), own));
  close(fd);
}

TEST_P(StreamEndTest, StreamsMayOutliveLoopAndReactor) {
  auto [a, fd] = HalfPair();
  auto [b, fd_b] = HalfPair();
  a->Write("never sent");
  RunTask([]() -> Task<void> { co_await SleepUntil(Deadline::After(2ms)); }());
  b.reset();
  reactor.reset();
  a->Write("nothing");
  EXPECT_EQ(a->Fd(), -1);
  a.reset();
  close(fd);
  close(fd_b);
}

TEST_P(StreamEndTest, CloseAfterFlushDeliversAll) {
  RunTask([](StreamEndTest* self) -> Task<void> {
    Task<StreamPair> connecting = self->TcpPair();
    StreamPair pair = co_await connecting;
    Event event;
    pair.first->Attach(&event);
    // The peer has sent what nobody will read: a plain close would reset the connection and lose the answer.
    pair.first->Write("unread request");
    co_await SleepUntil(Deadline::After(5ms));
    const std::string answer(3 << 20, 'e');
    pair.second->Write(answer);
    Stream::CloseAfterFlush(std::move(pair.second), Deadline::After(kPatience));
    std::size_t got = 0;
    while (!pair.first->IsClosed()) {
      got += pair.first->Input().size();
      pair.first->Consume(pair.first->Input().size());
      const bool notified = co_await event.Wait(Deadline::After(kPatience));
      EXPECT_TRUE(notified);
      if (!notified) co_return;
    }
    got += pair.first->Input().size();
    EXPECT_EQ(pair.first->Error(), 0);
    EXPECT_EQ(got, answer.size());
    pair.first.reset();
    co_await SleepUntil(Deadline::After(20ms));
    EXPECT_EQ(self->reactor->Stats().streams, 0u);
  }(this));
}

TEST_P(StreamEndTest, CloseAfterFlushEndsAtItsDeadline) {
  auto [a, fd] = HalfPair();
  RunTask([](std::unique_ptr<Stream> a, Reactor& reactor) -> Task<void> {
    a->Write(std::string(8 << 20, 'x'));
    Stream::CloseAfterFlush(std::move(a), Deadline::After(30ms));
    co_await SleepUntil(Deadline::After(10ms));
    EXPECT_EQ(reactor.Stats().streams, 1u);
    co_await SleepUntil(Deadline::After(100ms));
    EXPECT_EQ(reactor.Stats().streams, 0u);
  }(std::move(a), *reactor));
  close(fd);
}

}  // namespace
}  // namespace pgshoal::net
