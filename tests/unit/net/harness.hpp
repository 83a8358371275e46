#pragma once
// What the tests of this room share: a reactor per test, for each backend that works here.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "router/net/connect.hpp"
#include "router/net/listener.hpp"
#include "router/net/reactor.hpp"
#include "router/net/stream.hpp"

namespace pgshoal::net::testing {

using namespace std::chrono_literals;

// For what must happen soon: only a test that fails waits so long, however slow the machine.
constexpr auto kPatience = 60s;

inline std::string BackendName(const ::testing::TestParamInfo<Backend>& info) {
  return info.param == Backend::kEpoll ? "Epoll" : "IoUring";
}

// Runs the tests of a suite with both backends.
#define PGSHOAL_BOTH_BACKENDS(suite)                                                                              \
  INSTANTIATE_TEST_SUITE_P(Backends, suite,                                                                       \
                           ::testing::Values(::pgshoal::net::Backend::kEpoll, ::pgshoal::net::Backend::kIoUring), \
                           ::pgshoal::net::testing::BackendName)

class ReactorTest : public ::testing::TestWithParam<Backend> {
 public:
  void SetUp() override {
    auto made = Reactor::Create(GetParam());
    if (!made.ok()) GTEST_SKIP() << made.status();
    reactor = *std::move(made);
  }

  // Runs `task` to its end and stops the reactor; a task that takes too long is a failure.
  void RunTask(Task<void> task) {
    reactor->Spawn(Guarded(std::move(task)));
    bool timed_out = false;
    Timer guard(*reactor, [&] {
      timed_out = true;
      reactor->Stop();
    });
    guard.Set(Deadline::At(Clock::now() + 4 * kPatience));
    reactor->Run();
    guard.Cancel();
    EXPECT_FALSE(timed_out) << "the test's task did not finish";
  }

  Task<void> Guarded(Task<void> task) {
    co_await task;
    reactor->Stop();
  }

  // Two connected streams of this reactor.
  std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> Pair() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    return {Stream::FromFd(*reactor, fds[0]), Stream::FromFd(*reactor, fds[1])};
  }
  // A stream and the bare descriptor at its other end.
  std::pair<std::unique_ptr<Stream>, int> HalfPair() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    return {Stream::FromFd(*reactor, fds[0]), fds[1]};
  }

  // Connected over TCP on the loopback.
  Task<std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>> TcpPair() {
    std::unique_ptr<Stream> accepted;
    Event arrived;
    auto listener = Listener::Listen(*reactor, Endpoint::Tcp("127.0.0.1", 0), {}, [&](std::unique_ptr<Stream> stream) {
      accepted = std::move(stream);
      arrived.Notify();
    });
    EXPECT_TRUE(listener.ok()) << listener.status();
    Endpoint there = Endpoint::Tcp("127.0.0.1", (*listener)->Port());
    auto connecting = Connect(*reactor, there, Deadline::After(kPatience));
    auto connected = co_await connecting;
    EXPECT_TRUE(connected.ok()) << connected.status();
    if (accepted == nullptr) co_await arrived.Wait();
    co_return std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>>(*std::move(connected), std::move(accepted));
  }

  std::unique_ptr<Reactor> reactor;
};

// Waits until the stream has at least n bytes of input, has ended or failed.
inline Task<void> AwaitInput(Stream& stream, Event& event, std::size_t n) {
  while (stream.Input().size() < n && !stream.IsClosed()) {
    const bool notified = co_await event.Wait(Deadline::After(kPatience));
    EXPECT_TRUE(notified) << "no input";
    if (!notified) co_return;
  }
}

}  // namespace pgshoal::net::testing
