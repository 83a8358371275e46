#include "router/net/tls.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/net/certificates.hpp"
#include "tests/unit/net/harness.hpp"

namespace pgshoal::net {
namespace {

using testing::AwaitInput;
using testing::Certificate;
using testing::kPatience;
using testing::ReactorTest;
using namespace std::chrono_literals;
using Context = std::shared_ptr<const TlsContext>;

class TlsTest : public ReactorTest {
 public:
  Certificate authority{"test authority", "", nullptr};
  Certificate server_cert{"server", "db.example.test", &authority};
  Certificate client_cert{"alice", "", &authority};
  Certificate stranger{"stranger", "db.example.test", nullptr};

  static Context Make(bool server, const TlsConfig& config) {
    auto made = server ? TlsContext::Server(config) : TlsContext::Client(config);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : nullptr;
  }
  Context ServerContext(TlsPeerCheck check = TlsPeerCheck::kNone) const {
    TlsConfig config;
    config.cert_file = server_cert.CertFile();
    config.key_file = server_cert.KeyFile();
    config.check = check;
    if (check != TlsPeerCheck::kNone) config.ca_file = authority.CertFile();
    return Make(true, config);
  }
  Context ClientContext(TlsPeerCheck check, const Certificate* own = nullptr) const {
    TlsConfig config;
    config.check = check;
    if (check != TlsPeerCheck::kNone) config.ca_file = authority.CertFile();
    if (own != nullptr) {
      config.cert_file = own->CertFile();
      config.key_file = own->KeyFile();
    }
    return Make(false, config);
  }

  struct Ends {
    std::unique_ptr<Stream> client;
    std::unique_ptr<Stream> server;
    absl::Status client_status = absl::UnknownError("not finished");
    absl::Status server_status = absl::UnknownError("not finished");
    bool server_done = false;
  };

  static Task<void> ServeTls(Ends& ends, Context context, TlsStart start) {
    Task<absl::Status> starting = StartTls(*ends.server, context, start, "", Deadline::After(kPatience));
    ends.server_status = co_await starting;
    ends.server_done = true;
    if (!ends.server_status.ok()) ends.server.reset();
  }

  Task<void> Shake(Ends& ends, Context server, Context client, std::string host, TlsStart start = TlsStart::kAgreed) {
    auto [a, b] = Pair();
    ends.client = std::move(a);
    ends.server = std::move(b);
    reactor->Spawn(ServeTls(ends, server, start));
    Task<absl::Status> starting = StartTls(*ends.client, client, start, host, Deadline::After(kPatience));
    ends.client_status = co_await starting;
    if (!ends.client_status.ok()) ends.client.reset();  // the server hears of it
    for (int i = 0; i < 60'000 && !ends.server_done; ++i) co_await SleepUntil(Deadline::After(1ms));
  }
};
PGSHOAL_BOTH_BACKENDS(TlsTest);

TEST_P(TlsTest, CarriesBytesEncrypted) {
  RunTask([](TlsTest* self) -> Task<void> {
    Ends ends;
    Task<void> shaking =
        self->Shake(ends, self->ServerContext(), self->ClientContext(TlsPeerCheck::kHostName), "db.example.test");
    co_await shaking;
    EXPECT_TRUE(ends.client_status.ok()) << ends.client_status;
    EXPECT_TRUE(ends.server_status.ok()) << ends.server_status;
    if (!ends.client_status.ok() || !ends.server_status.ok()) co_return;
    EXPECT_TRUE(IsTls(*ends.client));
    std::optional<TlsInfo> info = GetTlsInfo(*ends.client);
    EXPECT_EQ(info->version, "TLSv1.3");
    EXPECT_TRUE(info->has_peer_certificate);
    EXPECT_TRUE(info->peer_trusted);
    EXPECT_EQ(info->peer_common_name, "server");
    EXPECT_EQ(info->peer_subject, "CN=server");
    EXPECT_EQ(info->peer_issuer, "CN=test authority");
    EXPECT_EQ(info->peer_names, std::vector<std::string>{"db.example.test"});
    EXPECT_FALSE(GetTlsInfo(*ends.server)->has_peer_certificate);
    absl::StatusOr<std::string> at_client = TlsServerEndPoint(*ends.client);
    absl::StatusOr<std::string> at_server = TlsServerEndPoint(*ends.server);
    EXPECT_EQ(*at_client, self->server_cert.Sha256());
    EXPECT_EQ(*at_server, self->server_cert.Sha256());

    // Megabytes there and back.
    Event client_event;
    Event server_event;
    ends.client->Attach(&client_event);
    ends.server->Attach(&server_event);
    std::string sent;
    for (int i = 0; i < 5'000'000; ++i) sent.push_back(static_cast<char>(i * 7 >> 3));
    ends.client->Write(sent);
    std::string got;
    while (got.size() < sent.size()) {
      Task<void> input = AwaitInput(*ends.server, server_event, 1);
      co_await input;
      if (ends.server->IsClosed()) break;
      got += ends.server->Input();
      ends.server->Consume(ends.server->Input().size());
    }
    EXPECT_TRUE(got == sent);
    EXPECT_EQ(ends.client->PendingOutput(), 0u);
    ends.server->Write(got);
    ends.server->ShutdownOutput();
    got.clear();
    while (!ends.client->IsClosed() || !ends.client->Input().empty()) {
      got += ends.client->Input();
      ends.client->Consume(ends.client->Input().size());
      if (!ends.client->IsClosed()) {
        const bool news = co_await client_event.Wait(Deadline::After(kPatience));
        EXPECT_TRUE(news);
        if (!news) break;
      }
    }
    EXPECT_TRUE(got == sent);
    EXPECT_EQ(ends.client->Error(), 0);
    ends.client.reset();
    ends.server.reset();
  }(this));
}

TEST_P(TlsTest, ClientCertificatesAreShownAndChecked) {
  RunTask([](TlsTest* self) -> Task<void> {
    {
      Ends ends;
      Task<void> shaking = self->Shake(ends, self->ServerContext(TlsPeerCheck::kTrusted),
                                       self->ClientContext(TlsPeerCheck::kNone, &self->client_cert), "");
      co_await shaking;
      EXPECT_TRUE(ends.server_status.ok()) << ends.server_status;
      if (ends.server_status.ok()) {
        EXPECT_EQ(GetTlsInfo(*ends.server)->peer_common_name, "alice");
        EXPECT_TRUE(GetTlsInfo(*ends.server)->peer_trusted);
      }
    }
    {
      Ends ends;
      Task<void> shaking =
          self->Shake(ends, self->ServerContext(TlsPeerCheck::kTrusted), self->ClientContext(TlsPeerCheck::kNone), "");
      co_await shaking;
      EXPECT_FALSE(ends.server_status.ok());
    }
    {
      Ends ends;
      Task<void> shaking =
          self->Shake(ends, self->ServerContext(TlsPeerCheck::kIfGiven), self->ClientContext(TlsPeerCheck::kNone), "");
      co_await shaking;
      EXPECT_TRUE(ends.server_status.ok()) << ends.server_status;
      if (ends.server_status.ok()) {
        EXPECT_FALSE(GetTlsInfo(*ends.server)->peer_trusted && GetTlsInfo(*ends.server)->has_peer_certificate);
      }
    }
    {
      Ends ends;
      Task<void> shaking = self->Shake(ends, self->ServerContext(TlsPeerCheck::kIfGiven),
                                       self->ClientContext(TlsPeerCheck::kNone, &self->stranger), "");
      co_await shaking;
      EXPECT_TRUE(absl::IsUnauthenticated(ends.server_status)) << ends.server_status;
    }
  }(this));
}

TEST_P(TlsTest, ServersAreCheckedAsAsked) {
  struct Case {
    TlsPeerCheck check;
    std::string host;
    bool strange;
    bool accepted;
  };
  const std::vector<Case> cases = {
      {TlsPeerCheck::kHostName, "db.example.test", false, true},
      {TlsPeerCheck::kHostName, "127.0.0.1", false, true},
      {TlsPeerCheck::kHostName, "127.0.0.2", false, false},
      {TlsPeerCheck::kHostName, "other.example.test", false, false},
      {TlsPeerCheck::kHostName, "server", false, false},  // the common name does not count beside alternative names
      {TlsPeerCheck::kHostName, "", false, false},
      {TlsPeerCheck::kTrusted, "other.example.test", false, true},
      {TlsPeerCheck::kTrusted, "db.example.test", true, false},
      {TlsPeerCheck::kNone, "db.example.test", true, true},
  };
  RunTask([](TlsTest* self, const std::vector<Case>& cases) -> Task<void> {
    TlsConfig strange;
    strange.cert_file = self->stranger.CertFile();
    strange.key_file = self->stranger.KeyFile();
    for (const Case& c : cases) {
      Ends ends;
      Context server = c.strange ? Make(true, strange) : self->ServerContext();
      Task<void> shaking = self->Shake(ends, server, self->ClientContext(c.check), c.host);
      co_await shaking;
      EXPECT_EQ(ends.client_status.ok(), c.accepted) << c.host << ": " << ends.client_status;
      if (!c.accepted && !c.host.empty()) {
        EXPECT_TRUE(absl::IsUnauthenticated(ends.client_status)) << ends.client_status;
      }
    }
  }(this, cases));
}

TEST_P(TlsTest, UnencryptedBytesBeforeTheHandshakeAreRefused) {
  auto [server, fd] = HalfPair();
  ASSERT_EQ(write(fd, "stuffed", 7), 7);
  RunTask([](TlsTest* self, Stream& server) -> Task<void> {
    co_await SleepUntil(Deadline::After(5ms));
    Task<absl::Status> starting =
        StartTls(server, self->ServerContext(), TlsStart::kAgreed, "", Deadline::After(kPatience));
    const absl::Status status = co_await starting;
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_FALSE(IsTls(server));
  }(this, *server));
  close(fd);
}

TEST_P(TlsTest, TheAnswerBeforeTheHandshakeLeavesUnencrypted) {
  RunTask([](TlsTest* self) -> Task<void> {
    Ends ends;
    auto [a, b] = self->Pair();
    ends.client = std::move(a);
    ends.server = std::move(b);
    ends.server->Write("S");
    self->reactor->Spawn(ServeTls(ends, self->ServerContext(), TlsStart::kAgreed));
    Event event;
    ends.client->Attach(&event);
    Task<void> input = AwaitInput(*ends.client, event, 1);
    co_await input;
    EXPECT_EQ(ends.client->Input(), "S");
    ends.client->Consume(1);
    const Context client = self->ClientContext(TlsPeerCheck::kTrusted);
    Task<absl::Status> starting = StartTls(*ends.client, client, TlsStart::kAgreed, "", Deadline::After(kPatience));
    ends.client_status = co_await starting;
    EXPECT_TRUE(ends.client_status.ok()) << ends.client_status;
    for (int i = 0; i < 60'000 && !ends.server_done; ++i) co_await SleepUntil(Deadline::After(1ms));
    EXPECT_TRUE(ends.server_status.ok()) << ends.server_status;
    if (ends.server == nullptr) co_return;
    ends.server->Write("welcome");
    Task<void> welcome = AwaitInput(*ends.client, event, 7);
    co_await welcome;
    EXPECT_EQ(ends.client->Input(), "welcome");
    ends.client->Attach(nullptr);
  }(this));
}

TEST_P(TlsTest, DirectTlsMayHaveBegun) {
  RunTask([](TlsTest* self) -> Task<void> {
    Ends ends;
    auto [a, b] = self->Pair();
    ends.client = std::move(a);
    ends.server = std::move(b);
    struct Local {
      static Task<void> Dial(Ends& ends, Context context) {
        Task<absl::Status> starting =
            StartTls(*ends.client, context, TlsStart::kDirect, "db.example.test", Deadline::After(kPatience));
        ends.client_status = co_await starting;
      }
    };
    self->reactor->Spawn(Local::Dial(ends, self->ClientContext(TlsPeerCheck::kHostName)));
    Event event;
    ends.server->Attach(&event);
    Task<void> input = AwaitInput(*ends.server, event, 1);
    co_await input;
    EXPECT_EQ(ends.server->Input()[0], 0x16);  // a handshake record
    Task<void> serving = ServeTls(ends, self->ServerContext(), TlsStart::kDirect);
    co_await serving;
    EXPECT_TRUE(ends.server_status.ok()) << ends.server_status;
    EXPECT_TRUE(ends.client_status.ok()) << ends.client_status;
    if (ends.server != nullptr) ends.server->Attach(nullptr);
  }(this));
}

TEST_P(TlsTest, GarbageSilenceAndEndFailTheHandshake) {
  RunTask([](TlsTest* self) -> Task<void> {
    for (const std::string& said : {std::string("GET / HTTP/1.0\r\n\r\n"), std::string(3000, '\0'), std::string()}) {
      auto [server, fd] = self->HalfPair();
      Task<absl::Status> starting =
          StartTls(*server, self->ServerContext(), TlsStart::kAgreed, "", Deadline::After(30ms));
      if (!said.empty()) {
        EXPECT_EQ(write(fd, said.data(), said.size()), static_cast<ssize_t>(said.size()));
      }
      co_await SleepUntil(Deadline::After(0ms));
      const absl::Status status = co_await starting;
      if (said.empty()) {
        EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
      } else {
        EXPECT_FALSE(status.ok());
      }
      close(fd);
    }
    auto [server, fd] = self->HalfPair();
    close(fd);
    Task<absl::Status> starting =
        StartTls(*server, self->ServerContext(), TlsStart::kAgreed, "", Deadline::After(kPatience));
    const absl::Status status = co_await starting;
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  }(this));
}

TEST_P(TlsTest, MovesToAnotherReactorWithItsKeys) {
  RunTask([](TlsTest* self) -> Task<void> {
    Ends ends;
    Task<void> shaking = self->Shake(ends, self->ServerContext(), self->ClientContext(TlsPeerCheck::kNone), "");
    co_await shaking;
    EXPECT_TRUE(ends.server_status.ok()) << ends.server_status;
    if (!ends.server_status.ok()) co_return;
    Task<absl::StatusOr<DetachedStream>> releasing = Stream::Release(std::move(ends.server));
    absl::StatusOr<DetachedStream> detached = co_await releasing;
    EXPECT_TRUE(detached.ok()) << detached.status();
    ends.server = Stream::Adopt(*self->reactor, *std::move(detached));
    Event event;
    ends.server->Attach(&event);
    ends.client->Write("still private");
    Task<void> input = AwaitInput(*ends.server, event, 13);
    co_await input;
    EXPECT_EQ(ends.server->Input(), "still private");
    ends.server->Attach(nullptr);
  }(this));
}

TEST(TlsContextTest, SaysWhatIsWrongWithItsFiles) {
  Certificate one("one", "", nullptr);
  Certificate two("two", "", nullptr);
  TlsConfig config;
  EXPECT_FALSE(TlsContext::Server(config).ok());
  config.cert_file = "/nonexistent/cert.pem";
  config.key_file = one.KeyFile();
  auto missing = TlsContext::Server(config);
  EXPECT_NE(missing.status().message().find("/nonexistent/cert.pem"), missing.status().message().npos);
  config.cert_file = two.CertFile();
  auto mismatch = TlsContext::Server(config);
  EXPECT_TRUE(absl::IsInvalidArgument(mismatch.status())) << mismatch.status();
  config.cert_file = one.CertFile();
  EXPECT_TRUE(TlsContext::Server(config).ok());
  config.check = TlsPeerCheck::kTrusted;
  EXPECT_FALSE(TlsContext::Server(config).ok());
  config.ca_file = one.KeyFile();
  EXPECT_FALSE(TlsContext::Server(config).ok());
  config.ca_file = two.CertFile();
  EXPECT_TRUE(TlsContext::Server(config).ok());
}

}  // namespace
}  // namespace pgshoal::net
