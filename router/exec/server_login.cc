#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "router/exec/server_connection.hpp"
#include "router/net/reactor.hpp"
#include "router/net/tls.hpp"
#include "router/plan/fixed_settings.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"
#include "router/wire/scram.hpp"

namespace pgshoal::exec {
namespace {

absl::Status Unreachable(const ServerTarget& target, std::string_view why) {
  return SqlStatus(sqlstate::kConnectionFailure,
                   fmt::format("could not connect to shard at {}: {}", target.endpoint.ToString(), why));
}

// The dialogue between the startup message and the first ReadyForQuery.
class Login {
 public:
  // `end_point`: what SCRAM can be bound to, empty without TLS.
  Login(const ServerTarget& target, ServerConnection* connection, std::string end_point)
      : target_(target), connection_(connection), end_point_(std::move(end_point)) {
    if (target.password.has_value()) {
      secret_.password = wire::Secret(*target.password);
    } else if (target.security != nullptr) {
      secret_ = target.security->SecretOf(target.user);
    }
  }

  void Start() {
    wire::StartupMessage startup;
    startup.parameters.emplace_back("user", target_.user);
    startup.parameters.emplace_back("database", target_.database);
    startup.parameters.emplace_back("client_encoding", "UTF8");
    for (const auto& [name, value] : plan::kFixedSettings) startup.parameters.emplace_back(name, value);
    for (const auto& parameter : target_.parameters) startup.parameters.push_back(parameter);
    wire::AppendStartupMessage(&connection_->stream->OutputBuffer(), startup);
  }

  // True when the server is ready for queries, false when more input is needed.
  absl::StatusOr<bool> Read() {
    net::Stream& stream = *connection_->stream;
    while (true) {
      const wire::Next next = wire::NextMessage(stream.Input(), limits::kMaxPreAuthMessage * 4);
      if (next.progress == wire::Progress::kNeedMore) return false;
      if (next.progress == wire::Progress::kMalformed) return Unreachable(target_, "it does not speak the protocol");
      absl::StatusOr<bool> ready = Handle(next.message);
      stream.Consume(next.length);
      if (!ready.ok() || *ready) return ready;
    }
  }

 private:
  absl::StatusOr<bool> Handle(const wire::MessageView& message) {
    switch (message.type) {
      case wire::backend::kAuthentication: {
        if (absl::Status status = Authenticate(message.body); !status.ok()) return status;
        return false;
      }
      case wire::backend::kBackendKeyData: {
        absl::StatusOr<wire::BackendKeyData> key = wire::DecodeBackendKeyData(message.body);
        if (!key.ok()) return key.status();
        connection_->pid = key->pid;
        connection_->secret = key->key;
        return false;
      }
      case wire::backend::kParameterStatus: {
        absl::StatusOr<wire::ParameterStatusView> parameter = wire::DecodeParameterStatus(message.body);
        if (!parameter.ok()) return parameter.status();
        connection_->parameters[std::string(parameter->name)] = std::string(parameter->value);
        return false;
      }
      case wire::backend::kError: {
        absl::StatusOr<wire::ReportView> report = wire::DecodeReport(message.body);
        if (!report.ok()) return report.status();
        return ToStatus(report->ToSqlError());
      }
      case wire::backend::kReadyForQuery:
        return true;
      case wire::backend::kNotice:
      case wire::backend::kNegotiateProtocol:
        return false;
      default:
        return Unreachable(target_, fmt::format("unexpected message of type {} during login", int{message.type}));
    }
  }

  absl::Status Authenticate(std::string_view body) {
    absl::StatusOr<wire::AuthenticationView> request = wire::DecodeAuthentication(body);
    if (!request.ok()) return request.status();
    std::string* out = &connection_->stream->OutputBuffer();
    switch (request->code) {
      case wire::Auth::kOk:
        if (scram_.has_value() && !server_proven_) {
          return SqlStatus(sqlstate::kInvalidPassword, "the server accepted the login without proving who it is");
        }
        return absl::OkStatus();
      case wire::Auth::kCleartext:
        if (secret_.password.empty()) return NoSecret("a password");
        wire::AppendPassword(out, secret_.password.view());
        return absl::OkStatus();
      case wire::Auth::kMd5: {
        std::string verifier = secret_.password.empty() ? std::string(secret_.md5.view())
                                                        : wire::Md5Verifier(secret_.password.view(), target_.user);
        if (verifier.empty()) return NoSecret("a password");
        wire::AppendPassword(out, wire::Md5Response(verifier, request->data));
        wire::Wipe(&verifier);
        return absl::OkStatus();
      }
      case wire::Auth::kSasl:
        return BeginScram(*request, out);
      case wire::Auth::kSaslContinue: {
        if (!scram_) break;
        absl::StatusOr<std::string> final_message = scram_->Final(request->data);
        if (!final_message.ok()) return final_message.status();
        wire::AppendSaslResponse(out, *final_message);
        return absl::OkStatus();
      }
      case wire::Auth::kSaslFinal:
        if (!scram_) break;
        if (absl::Status proof = scram_->CheckServer(request->data); !proof.ok()) return proof;
        server_proven_ = true;
        return absl::OkStatus();
      default:
        break;
    }
    return Unreachable(target_,
                       fmt::format("authentication method {} is not supported", static_cast<int>(request->code)));
  }

  absl::Status NoSecret(std::string_view what) {
    return SqlStatus(sqlstate::kInvalidPassword,
                     fmt::format("shard at {} asks for {} of user \"{}\" and none is configured",
                                 target_.endpoint.ToString(), what, target_.user));
  }

  absl::Status BeginScram(const wire::AuthenticationView& request, std::string* out) {
    const auto offers = [&request](std::string_view mechanism) {
      return std::find(request.mechanisms.begin(), request.mechanisms.end(), mechanism) != request.mechanisms.end();
    };
    const bool bound = !end_point_.empty() && offers(wire::kScramPlusMechanism);
    if (!bound && !offers(wire::kScramMechanism)) {
      return Unreachable(target_, "none of the SASL mechanisms that it offers is supported");
    }
    if (!secret_.password.empty()) {
      scram_.emplace(secret_.password.view());
    } else if (secret_.keys.has_value()) {
      scram_.emplace(*secret_.keys);
    } else {
      return NoSecret(secret_.md5.empty() ? "a password" : "SCRAM authentication");
    }
    using wire::ChannelBinding;
    scram_->Bind(bound                ? ChannelBinding::kUsed
                 : end_point_.empty() ? ChannelBinding::kNone
                                      : ChannelBinding::kOffered,
                 end_point_);
    wire::AppendSaslInitial(out, bound ? wire::kScramPlusMechanism : wire::kScramMechanism, scram_->First());
    return absl::OkStatus();
  }

  const ServerTarget& target_;
  ServerConnection* connection_;
  std::string end_point_;
  LoginSecret secret_;
  std::optional<wire::ScramClient> scram_;
  bool server_proven_ = false;
};

enum class TlsUse { kNever, kIfOffered, kAlways };

// Agrees on TLS and starts it. True: the connection is encrypted.
net::Task<absl::StatusOr<bool>> Encrypt(net::Stream& stream, net::Event& event, const ServerTarget& target,
                                        ServerTls tls, TlsUse use, net::Deadline deadline) {
  wire::AppendSslRequest(&stream.OutputBuffer());
  while (stream.Input().empty()) {
    if (stream.IsClosed()) co_return Unreachable(target, "it closed the connection when asked for TLS");
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) co_return Unreachable(target, "login took too long");
  }
  const char answer = stream.Input().front();
  if (answer != 'S') {
    // Anything behind the letter cannot be what was asked for yet.
    if (answer != 'N' || stream.Input().size() != 1) co_return Unreachable(target, "it gave no answer to SSLRequest");
    if (use == TlsUse::kAlways) co_return Unreachable(target, "it does not support TLS, which is required");
    stream.Consume(1);
    co_return false;
  }
  stream.Consume(1);
  net::Task<absl::Status> start =
      net::StartTls(stream, tls.context, net::TlsStart::kAgreed, target.endpoint.host, deadline);
  const absl::Status started = co_await start;
  if (!started.ok()) co_return Unreachable(target, std::string(started.message()));
  co_return true;
}

using Opened = absl::StatusOr<std::unique_ptr<ServerConnection>>;

// One attempt over a connection of its own. `encrypted` says in the end whether it was.
net::Task<Opened> TryToOpen(net::Reactor& reactor, const ServerTarget& target, ServerTls tls, TlsUse use,
                            net::Deadline deadline, bool* encrypted) {
  net::Event event;
  auto connection = std::make_unique<ServerConnection>();
  connection->endpoint = target.endpoint;
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::Connect(reactor, target.endpoint, deadline);
  if (!stream.ok()) co_return Unreachable(target, std::string(stream.status().message()));
  connection->stream = std::move(*stream);
  connection->stream->Attach(&event);
  std::string end_point;
  *encrypted = false;
  if (use != TlsUse::kNever) {
    *encrypted = true;  // also when the handshake fails
    net::Task<absl::StatusOr<bool>> encrypt = Encrypt(*connection->stream, event, target, tls, use, deadline);
    const absl::StatusOr<bool> done = co_await encrypt;
    if (!done.ok()) co_return done.status();
    *encrypted = *done;
    if (*done) connection->tls = tls.context;
    if (*done) end_point = net::TlsServerEndPoint(*connection->stream).value_or("");
  }
  Login login(target, connection.get(), std::move(end_point));
  login.Start();
  while (true) {
    absl::StatusOr<bool> ready = login.Read();
    if (!ready.ok()) co_return ready.status();
    if (*ready) break;
    if (connection->stream->IsClosed()) co_return Unreachable(target, "it closed the connection during login");
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) co_return Unreachable(target, "login took too long");
  }
  connection->stream->Attach(nullptr);
  co_return std::move(connection);
}

}  // namespace

net::Task<absl::StatusOr<std::unique_ptr<ServerConnection>>> OpenServerConnection(net::Reactor& reactor,
                                                                                  ServerTarget target,
                                                                                  net::Deadline deadline) {
  ServerTls tls;
  if (target.security != nullptr && !target.endpoint.IsUnix()) tls = target.security->Tls();
  TlsUse use = TlsUse::kNever;
  if (tls.mode == ServerTlsMode::kPrefer) use = TlsUse::kIfOffered;
  if (tls.mode == ServerTlsMode::kRequire) use = TlsUse::kAlways;
  bool encrypted = false;
  net::Task<Opened> attempt = TryToOpen(reactor, target, tls, use, deadline, &encrypted);
  Opened opened = co_await attempt;
  if (opened.ok() || tls.mode == ServerTlsMode::kDisable || tls.mode == ServerTlsMode::kRequire) co_return opened;
  // The modes between try the other way when the server's rules, or TLS itself, are in the way of the first.
  const bool by_rules = ToSqlError(opened.status()).sqlstate == sqlstate::kInvalidAuthorizationSpecification;
  const bool by_tls = encrypted && ToSqlError(opened.status()).sqlstate == sqlstate::kConnectionFailure;
  if (!by_rules && !by_tls) co_return opened;
  if (tls.mode == ServerTlsMode::kPrefer && !encrypted) co_return opened;
  const TlsUse other = tls.mode == ServerTlsMode::kAllow ? TlsUse::kAlways : TlsUse::kNever;
  net::Task<Opened> second_attempt = TryToOpen(reactor, target, tls, other, deadline, &encrypted);
  Opened second = co_await second_attempt;
  if (second.ok()) co_return second;
  co_return opened;
}

}  // namespace pgshoal::exec
