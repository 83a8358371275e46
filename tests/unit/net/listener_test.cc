#include "router/net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::kPatience;
using testing::ReactorTest;
using namespace std::chrono_literals;

class ListenerTest : public ReactorTest {
 public:
  void SetUp() override {
    ReactorTest::SetUp();
    char name[] = "/tmp/pgshoal-net-XXXXXX";
    directory = mkdtemp(name);
  }
  void TearDown() override { rmdir(directory.c_str()); }
  std::string SocketPath() const { return directory + "/.s.PGSQL.1"; }

  Task<void> ConnectOnce(Endpoint endpoint, bool expected) {
    auto connecting = Connect(*reactor, endpoint, Deadline::After(kPatience));
    auto stream = co_await connecting;
    EXPECT_EQ(stream.ok(), expected) << stream.status();
  }

  std::string directory;
};
PGSHOAL_BOTH_BACKENDS(ListenerTest);

TEST_P(ListenerTest, AcceptsOnTcp) {
  int accepted = 0;
  std::string peer;
  auto listener = Listener::Listen(*reactor, Endpoint::Tcp("127.0.0.1", 0), {}, [&](std::unique_ptr<Stream> stream) {
    ++accepted;
    peer = stream->PeerAddress();
    EXPECT_FALSE(stream->IsUnix());
    EXPECT_FALSE(stream->Credentials().has_value());
  });
  ASSERT_TRUE(listener.ok()) << listener.status();
  const std::uint16_t port = (*listener)->Port();
  ASSERT_NE(port, 0);
  RunTask([](ListenerTest* self, std::uint16_t port) -> Task<void> {
    for (int i = 0; i < 50; ++i) {
      Task<void> one = self->ConnectOnce(Endpoint::Tcp("127.0.0.1", port), true);
      co_await one;
      Task<void> named = self->ConnectOnce(Endpoint::Tcp("localhost", port), true);
      co_await named;
    }
    co_await SleepUntil(Deadline::After(20ms));
  }(this, port));
  EXPECT_EQ(accepted, 100);
  EXPECT_TRUE(peer.starts_with("127.0.0.1:")) << peer;
}

TEST_P(ListenerTest, ListensOnAllAddressesOfBothFamilies) {
  int accepted = 0;
  std::vector<std::string> peers;
  auto listener = Listener::Listen(*reactor, Endpoint::Tcp("*", 0), {}, [&](std::unique_ptr<Stream> stream) {
    ++accepted;
    peers.push_back(stream->PeerAddress());
  });
  ASSERT_TRUE(listener.ok()) << listener.status();
  RunTask([](ListenerTest* self, std::uint16_t port) -> Task<void> {
    Task<void> v4 = self->ConnectOnce(Endpoint::Tcp("127.0.0.1", port), true);
    co_await v4;
    co_await SleepUntil(Deadline::After(10ms));
  }(this, (*listener)->Port()));
  EXPECT_EQ(accepted, 1);
  ASSERT_EQ(peers.size(), 1u);
  EXPECT_TRUE(peers[0].starts_with("127.0.0.1:")) << peers[0];
}

TEST_P(ListenerTest, AnAddressInUseIsAnError) {
  auto first = Listener::Listen(*reactor, Endpoint::Tcp("127.0.0.1", 0), {}, [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(first.ok());
  const Endpoint same = Endpoint::Tcp("127.0.0.1", (*first)->Port());
  auto second = Listener::Listen(*reactor, same, {}, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(absl::IsAlreadyExists(second.status())) << second.status();
  ListenOptions shared;
  shared.reuse_port = true;
  auto third = Listener::Listen(*reactor, same, shared, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(absl::IsAlreadyExists(third.status())) << third.status();

  auto a = Listener::Listen(*reactor, Endpoint::Tcp("127.0.0.1", 0), shared, [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(a.ok());
  const Endpoint sharing = Endpoint::Tcp("127.0.0.1", (*a)->Port());
  auto b = Listener::Listen(*reactor, sharing, shared, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(b.ok()) << b.status();
  auto c = Listener::Listen(*reactor, sharing, {}, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(absl::IsAlreadyExists(c.status())) << c.status();
  auto bad = Listener::Listen(*reactor, Endpoint::Tcp("203.0.113.250", 0), {}, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(absl::IsInvalidArgument(bad.status())) << bad.status();
}

TEST_P(ListenerTest, ThePortIsFreeOnceTheListenerIsGone) {
  auto first = Listener::Listen(*reactor, Endpoint::Tcp("127.0.0.1", 0), {}, [](std::unique_ptr<Stream>) {});
  ASSERT_TRUE(first.ok());
  const Endpoint same = Endpoint::Tcp("127.0.0.1", (*first)->Port());
  RunTask([](ListenerTest* self, std::unique_ptr<Listener> listener, Endpoint same) -> Task<void> {
    co_await SleepUntil(Deadline::After(5ms));
    listener.reset();
    Task<void> refused = self->ConnectOnce(same, false);
    co_await refused;
    auto again = Listener::Listen(*self->reactor, same, {}, [](std::unique_ptr<Stream>) {});
    EXPECT_TRUE(again.ok()) << again.status();
    Task<void> accepted = self->ConnectOnce(same, true);
    co_await accepted;
  }(this, *std::move(first), same));
}

TEST_P(ListenerTest, UnixSocketsKnowTheirPeer) {
  const Endpoint endpoint = Endpoint::Unix(SocketPath());
  std::optional<PeerCredentials> credentials;
  int accepted = 0;
  auto listener = Listener::Listen(*reactor, endpoint, {}, [&](std::unique_ptr<Stream> stream) {
    credentials = stream->Credentials();
    EXPECT_EQ(stream->PeerAddress(), "unix");
    EXPECT_TRUE(stream->IsUnix());
    ++accepted;
  });
  ASSERT_TRUE(listener.ok()) << listener.status();
  auto second = Listener::Listen(*reactor, endpoint, {}, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(absl::IsAlreadyExists(second.status())) << second.status();
  accepted = 0;
  RunTask([](ListenerTest* self, Endpoint endpoint) -> Task<void> {
    Task<void> one = self->ConnectOnce(endpoint, true);
    co_await one;
    co_await SleepUntil(Deadline::After(10ms));
  }(this, endpoint));
  EXPECT_GE(accepted, 1);
  ASSERT_TRUE(credentials.has_value());
  EXPECT_EQ(credentials->uid, getuid());
  EXPECT_EQ(credentials->pid, getpid());
  listener->reset();
  EXPECT_NE(access(SocketPath().c_str(), F_OK), 0);
}

TEST_P(ListenerTest, AStaleSocketFileIsReplacedAndAPlainFileIsNot) {
  const Endpoint endpoint = Endpoint::Unix(SocketPath());
  {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    SocketPath().copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    close(fd);
  }
  auto listener = Listener::Listen(*reactor, endpoint, {}, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(listener.ok()) << listener.status();
  listener = absl::UnknownError("closed");
  close(open(SocketPath().c_str(), O_CREAT | O_WRONLY, 0600));
  auto refused = Listener::Listen(*reactor, endpoint, {}, [](std::unique_ptr<Stream>) {});
  EXPECT_TRUE(absl::IsAlreadyExists(refused.status())) << refused.status();
  EXPECT_EQ(access(SocketPath().c_str(), F_OK), 0);
  unlink(SocketPath().c_str());
}

TEST_P(ListenerTest, WorkersShareAUnixSocket) {
  const Endpoint endpoint = Endpoint::Unix(SocketPath());
  std::atomic<int> here{0};
  std::atomic<int> there{0};
  auto listener = Listener::Listen(*reactor, endpoint, {}, [&](std::unique_ptr<Stream>) { ++here; });
  ASSERT_TRUE(listener.ok()) << listener.status();
  auto other = Reactor::Create(GetParam());
  ASSERT_TRUE(other.ok());
  auto shared = (*listener)->Share(**other, [&](std::unique_ptr<Stream>) { ++there; });
  ASSERT_TRUE(shared.ok()) << shared.status();
  std::thread runner([&] { (*other)->Run(); });
  RunTask([](ListenerTest* self, Endpoint endpoint) -> Task<void> {
    for (int i = 0; i < 100; ++i) {
      Task<void> one = self->ConnectOnce(endpoint, true);
      co_await one;
    }
    co_await SleepUntil(Deadline::After(50ms));
  }(this, endpoint));
  (*other)->Stop();
  runner.join();
  EXPECT_EQ(here + there, 100);
  listener->reset();
  EXPECT_EQ(access(SocketPath().c_str(), F_OK), 0) << "still used by the other worker";
  shared->reset();
  EXPECT_NE(access(SocketPath().c_str(), F_OK), 0);
}

TEST_P(ListenerTest, SurvivesRunningOutOfDescriptors) {
  int accepted = 0;
  auto listener =
      Listener::Listen(*reactor, Endpoint::Tcp("127.0.0.1", 0), {}, [&](std::unique_ptr<Stream>) { ++accepted; });
  ASSERT_TRUE(listener.ok());
  RunTask([](ListenerTest* self, std::uint16_t port, int& accepted) -> Task<void> {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(client) + 1;
    setrlimit(RLIMIT_NOFILE, &tight);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const auto turns = self->reactor->Stats().turns;
    co_await SleepUntil(Deadline::After(150ms));
    EXPECT_LE(self->reactor->Stats().turns - turns, 50u) << "spins";
    EXPECT_EQ(accepted, 0);
    setrlimit(RLIMIT_NOFILE, &before);
    co_await SleepUntil(Deadline::After(250ms));
    EXPECT_EQ(accepted, 1);
    close(client);
  }(this, (*listener)->Port(), accepted));
}

TEST_P(ListenerTest, ConnectTellsWhyNot) {
  RunTask([](ListenerTest* self) -> Task<void> {
    Endpoint nobody = Endpoint::Tcp("127.0.0.1", 1);
    auto refused = Connect(*self->reactor, nobody, Deadline::After(kPatience));
    auto a = co_await refused;
    EXPECT_TRUE(absl::IsUnavailable(a.status())) << a.status();
    EXPECT_NE(a.status().message().find("127.0.0.1:1: Connection refused"), a.status().message().npos) << a.status();

    Endpoint missing = Endpoint::Unix(self->SocketPath());
    auto no_file = Connect(*self->reactor, missing, Deadline::After(kPatience));
    auto b = co_await no_file;
    EXPECT_TRUE(absl::IsUnavailable(b.status())) << b.status();

    Endpoint long_path = Endpoint::Unix(std::string(200, 'x'));
    auto too_long = Connect(*self->reactor, long_path, Deadline::After(kPatience));
    auto c = co_await too_long;
    EXPECT_FALSE(c.ok());

    Endpoint unknown = Endpoint::Tcp("no-such-host.invalid", 5432);
    auto unresolved = Connect(*self->reactor, unknown, Deadline::After(kPatience));
    auto d = co_await unresolved;
    EXPECT_FALSE(d.ok());
  }(this));
}

// A listening socket with a full queue answers nothing.
TEST_P(ListenerTest, ConnectGivesUpAtItsDeadline) {
  const int silent = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(silent, 0), 0);
  socklen_t length = sizeof address;
  getsockname(silent, reinterpret_cast<sockaddr*>(&address), &length);
  RunTask([](ListenerTest* self, std::uint16_t port) -> Task<void> {
    std::vector<std::unique_ptr<Stream>> queued;
    bool timed_out = false;
    for (int i = 0; i < 10 && !timed_out; ++i) {
      Endpoint endpoint = Endpoint::Tcp("127.0.0.1", port);
      auto connecting = Connect(*self->reactor, endpoint, Deadline::After(100ms));
      auto stream = co_await connecting;
      if (stream.ok()) {
        queued.push_back(*std::move(stream));
      } else {
        EXPECT_TRUE(absl::IsDeadlineExceeded(stream.status())) << stream.status();
        timed_out = true;
      }
    }
    EXPECT_TRUE(timed_out);
  }(this, ntohs(address.sin_port)));
  close(silent);
}

}  // namespace
}  // namespace pgshoal::net
