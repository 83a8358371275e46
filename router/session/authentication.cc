#include "router/session/authentication.hpp"

#include <fmt/format.h>
#include <pwd.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/limits.hpp"
#include "base/status.hpp"
#include "router/log/log.hpp"
#include "router/net/tls.hpp"
#include "router/session/shared.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::session {
namespace {

using auth::ClientCert;
using auth::Method;
using auth::StoredSecret;

std::string Escaped(const std::string& text) { return absl::CHexEscape(absl::string_view(text.data(), text.size())); }

// One client's login. Everything lives on the frame of Authenticate.
class Dialogue {
 public:
  Dialogue(net::Stream& client, net::Event& event, Worker& worker, const Login& login, net::Deadline deadline)
      : client_(client),
        event_(event),
        worker_(worker),
        login_(login),
        deadline_(deadline),
        security_(worker.shared->security().Current()),
        tls_(net::GetTlsInfo(client)) {}

  net::Task<absl::Status> Run() {
    auth::Peer peer;
    if (!client_.IsUnix() && security_->rules.DependOnAddress()) {
      peer.address = auth::ParsePeerAddress(client_.PeerAddress()).value_or(auth::Address{});
    }
    peer.tls = tls_.has_value();
    peer.database = login_.database;
    peer.user = login_.user;
    absl::StatusOr<auth::Demand> demand = security_->rules.DemandOf(peer);
    absl::Status status = demand.status();
    if (demand.ok()) {
      demand_ = *std::move(demand);
      status = co_await Prove();
    }
    if (status.ok() || absl::IsCancelled(status)) co_return status;
    log::Info(fmt::format("login of user \"{}\" to database \"{}\" from {} failed: {}", Escaped(login_.user),
                 Escaped(login_.database), client_.PeerAddress(), Escaped(ToSqlError(status).message)));
    // Guessing is to cost time. Other logins of the user are not held up.
    worker_.shared->security().cache().Forget(UserOf(login_.database, login_.user));
    const net::Deadline later = net::Deadline::After(security_->options.failure_delay);
    while (!client_.IsClosed()) {
      const bool news = co_await event_.Wait(later);
      if (!news) break;
      if (client_.Input().size() >= limits::kMaxPreAuthMessage) client_.PauseReading();
    }
    co_return status;
  }

 private:
  net::Task<absl::Status> Prove() {
    if (demand_.client_cert != ClientCert::kNotAsked && !(tls_.has_value() && tls_->peer_trusted)) {
      co_return SqlStatus(sqlstate::kInvalidAuthorizationSpecification, "connection requires a valid client certificate");
    }
    absl::Status status;
    switch (demand_.method) {
      case Method::kTrust:
      case Method::kCert:
        break;
      case Method::kPeer:
        if (!security_->rules.NameFits(demand_, PeerName(), login_.user)) co_return Failed();
        break;
      case Method::kReject:
        co_return Failed();
      case Method::kPassword:
        status = co_await ByPassword();
        break;
      case Method::kMd5:
        status = co_await ByMd5OrScram();
        break;
      case Method::kScram:
        status = co_await LookUp();
        if (status.ok()) status = co_await ByScram();
        break;
    }
    if (!status.ok()) co_return status;
    if (demand_.client_cert == ClientCert::kVerifyFull &&
        !security_->rules.NameFits(demand_, tls_->peer_common_name, login_.user)) {
      co_return Failed();
    }
    co_return absl::OkStatus();
  }

  // The system's name of whoever runs the client; empty: not known.
  std::string PeerName() const {
    const std::optional<net::PeerCredentials> credentials = client_.Credentials();
    if (!credentials.has_value()) return {};
    passwd entry{};
    passwd* found = nullptr;
    std::vector<char> memory(16 * 1024);
    if (getpwuid_r(credentials->uid, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) return {};
    return found->pw_name;
  }

  absl::Status Failed() const {
    if (demand_.method == Method::kPeer) {
      return SqlStatus(sqlstate::kInvalidAuthorizationSpecification,
                       fmt::format("Peer authentication failed for user \"{}\"", login_.user));
    }
    if (demand_.method == Method::kCert) {
      return SqlStatus(sqlstate::kInvalidAuthorizationSpecification,
                       fmt::format("certificate authentication failed for user \"{}\"", login_.user));
    }
    if (demand_.method == Method::kTrust || demand_.method == Method::kReject) {
      return SqlStatus(sqlstate::kInvalidAuthorizationSpecification,
                       fmt::format("authentication failed for user \"{}\"", login_.user));
    }
    return SqlStatus(sqlstate::kInvalidPassword,
                     fmt::format("password authentication failed for user \"{}\"", login_.user));
  }

  // The user file comes first; who is not in it is asked for, if somebody can be asked.
  net::Task<absl::Status> LookUp() {
    if (const auth::UserRecord* record = security_->rules.FindUser(login_.user); record != nullptr) {
      secret_ = record->secret;
      co_return absl::OkStatus();
    }
    net::Task<absl::StatusOr<StoredSecret>> ask = AskForSecret(worker_, *security_, login_, event_, deadline_);
    absl::StatusOr<StoredSecret> secret = co_await ask;
    if (!secret.ok()) {
      log::Error(fmt::format("auth_query for user \"{}\" failed: {}", Escaped(login_.user),
                             Escaped(ToSqlError(secret.status()).message)));
      // What the administrator has done may be told; what the server says may not.
      if (ToSqlError(secret.status()).sqlstate == sqlstate::kCannotConnectNow) co_return secret.status();
      co_return SqlStatus(sqlstate::kConnectionFailure, "the user's password could not be looked up");
    }
    secret_ = *std::move(secret);
    co_return absl::OkStatus();
  }

  net::Task<absl::Status> ByPassword() {
    absl::Status status = co_await LookUp();
    if (!status.ok()) co_return status;
    wire::AppendAuthenticationCleartext(&client_.OutputBuffer());
    status = co_await Receive("password");
    if (!status.ok()) co_return status;
    const wire::Secret password = TakePassword(&status);
    if (!status.ok()) co_return status;
    if (!secret_.Accepts(password.view(), login_.user)) co_return Failed();
    exec::LoginSecret learned;
    learned.password = password;
    worker_.shared->security().Learn(login_.database, login_.user, std::move(learned));
    co_return absl::OkStatus();
  }

  net::Task<absl::Status> ByMd5OrScram() {
    absl::Status status = co_await LookUp();
    if (!status.ok()) co_return status;
    const bool scram = secret_.kind() == StoredSecret::Kind::kScram ||
                       (secret_.kind() == StoredSecret::Kind::kNone && security_->rules.UnknownUsersSeeScram());
    if (scram) {
      status = co_await ByScram();
      co_return status;
    }
    const std::string salt = wire::RandomBytes(4);
    wire::AppendAuthenticationMd5(&client_.OutputBuffer(), salt);
    status = co_await Receive("password");
    if (!status.ok()) co_return status;
    const wire::Secret response = TakePassword(&status);
    if (!status.ok()) co_return status;
    if (!secret_.AcceptsMd5(response.view(), salt, login_.user)) co_return Failed();
    if (secret_.kind() == StoredSecret::Kind::kMd5) Learn(secret_);
    co_return absl::OkStatus();
  }

  net::Task<absl::Status> ByScram() {
    const std::string end_point = net::TlsServerEndPoint(client_).value_or("");
    const std::string_view both[] = {wire::kScramPlusMechanism, wire::kScramMechanism};
    const std::span<const std::string_view> mechanisms(both + (end_point.empty() ? 1 : 0), both + 2);
    wire::AppendAuthenticationSasl(&client_.OutputBuffer(), mechanisms);
    absl::Status status = co_await Receive("SASL");
    if (!status.ok()) co_return status;

    absl::StatusOr<wire::SaslInitialView> initial = wire::DecodeSaslInitial(body_);
    if (!initial.ok()) co_return initial.status();
    const bool plus = initial->mechanism == wire::kScramPlusMechanism && !end_point.empty();
    if (!plus && initial->mechanism != wire::kScramMechanism) {
      co_return SqlStatus(sqlstate::kProtocolViolation, "client selected an invalid SASL authentication mechanism");
    }
    std::string first(initial->response);
    if (!initial->has_response) {
      const std::string nothing;
      wire::AppendAuthenticationSaslContinue(&client_.OutputBuffer(), nothing);
      status = co_await Receive("SASL");
      if (!status.ok()) co_return status;
      first = body_;
    }
    wire::ScramServer exchange(secret_.Verifier(), login_.user);
    exchange.Bind(plus                ? wire::ChannelBinding::kUsed
                  : end_point.empty() ? wire::ChannelBinding::kNone
                                      : wire::ChannelBinding::kOffered,
                  end_point);
    const absl::StatusOr<std::string> challenge = exchange.First(first);
    if (!challenge.ok()) co_return challenge.status();
    wire::AppendAuthenticationSaslContinue(&client_.OutputBuffer(), *challenge);
    status = co_await Receive("SASL");
    if (!status.ok()) co_return status;
    const absl::StatusOr<std::string> outcome = exchange.Final(body_);
    if (!outcome.ok()) co_return outcome.status();
    wire::AppendAuthenticationSaslFinal(&client_.OutputBuffer(), *outcome);
    if (secret_.kind() == StoredSecret::Kind::kPlain) {
      Learn(secret_);
    } else {
      exec::LoginSecret learned;
      learned.keys = exchange.Keys();
      worker_.shared->security().Learn(login_.database, login_.user, std::move(learned));
    }
    co_return absl::OkStatus();
  }

  // What servers may be shown in the user's name; one from the file is found there.
  void Learn(const StoredSecret& secret) {
    if (security_->rules.FindUser(login_.user) != nullptr) return;
    exec::LoginSecret learned;
    (secret.kind() == StoredSecret::Kind::kPlain ? learned.password : learned.md5) = wire::Secret(secret.text());
    worker_.shared->security().Learn(login_.database, login_.user, std::move(learned));
  }

  // The next message's body into body_.
  net::Task<absl::Status> Receive(std::string_view expected) {
    while (true) {
      const wire::Next next = wire::NextMessage(client_.Input(), limits::kMaxPreAuthMessage);
      if (next.progress == wire::Progress::kMalformed) {
        co_return SqlStatus(sqlstate::kProtocolViolation, "invalid message length");
      }
      if (next.progress == wire::Progress::kOk) {
        if (next.message.type != wire::frontend::kPassword) {
          // Who ends in order is gone: psql asks its user for the password, and then comes back.
          if (next.message.type == wire::frontend::kTerminate) co_return absl::CancelledError();
          co_return SqlStatus(sqlstate::kProtocolViolation,
                              fmt::format("expected {} response, got message type {}", expected,
                                          static_cast<int>(static_cast<unsigned char>(next.message.type))));
        }
        body_.assign(next.message.body);
        wire::Wipe(client_.Input().substr(0, next.length));
        client_.Consume(next.length);
        co_return absl::OkStatus();
      }
      if (client_.IsClosed()) co_return absl::CancelledError();
      const bool in_time = co_await event_.Wait(deadline_);
      if (!in_time) co_return SqlStatus(sqlstate::kQueryCanceled, "canceling authentication due to timeout");
    }
  }

  // Out of body_, which is erased.
  wire::Secret TakePassword(absl::Status* status) {
    const absl::StatusOr<std::string_view> text = wire::DecodePassword(body_);
    wire::Secret password(text.value_or(std::string_view()));
    *status = text.status();
    if (status->ok() && password.empty()) {
      *status = SqlStatus(sqlstate::kInvalidPassword, "empty password returned by client");
    }
    wire::Wipe(&body_);
    return password;
  }

  net::Stream& client_;
  net::Event& event_;
  Worker& worker_;
  const Login& login_;
  const net::Deadline deadline_;
  const std::shared_ptr<const SecuritySnapshot> security_;
  const std::optional<net::TlsInfo> tls_;
  auth::Demand demand_;
  StoredSecret secret_;
  std::string body_;
};

}  // namespace

net::Task<absl::Status> Authenticate(net::Stream& client, net::Event& event, Worker& worker, Login login,
                                     net::Deadline deadline) {
  Dialogue dialogue(client, event, worker, login, deadline);
  const absl::Status status = co_await dialogue.Run();
  co_return status;
}

}  // namespace pgshoal::session
