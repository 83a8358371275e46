#include <fmt/format.h>

#include <utility>

#include "base/limits.hpp"
#include "router/exec/server_connection.hpp"
#include "router/net/reactor.hpp"
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
  Login(const ServerTarget& target, ServerConnection* connection) : target_(target), connection_(connection) {}

  void Start() {
    wire::StartupMessage startup;
    startup.parameters.emplace_back("user", target_.user);
    startup.parameters.emplace_back("database", target_.database);
    startup.parameters.emplace_back("client_encoding", "UTF8");
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
    if (request->code == wire::Auth::kOk) return absl::OkStatus();
    if (!target_.password.has_value()) {
      return SqlStatus(sqlstate::kInvalidPassword,
                       fmt::format("shard at {} asks for a password of user \"{}\" and none is configured",
                                   target_.endpoint.ToString(), target_.user));
    }
    switch (request->code) {
      case wire::Auth::kCleartext:
        wire::AppendPassword(out, *target_.password);
        return absl::OkStatus();
      case wire::Auth::kMd5:
        wire::AppendPassword(out, wire::Md5Response(wire::Md5Verifier(*target_.password, target_.user), request->data));
        return absl::OkStatus();
      case wire::Auth::kSasl: {
        scram_.emplace(*target_.password);
        wire::AppendSaslInitial(out, wire::kScramMechanism, scram_->First());
        return absl::OkStatus();
      }
      case wire::Auth::kSaslContinue: {
        if (!scram_) break;
        absl::StatusOr<std::string> final_message = scram_->Final(request->data);
        if (!final_message.ok()) return final_message.status();
        wire::AppendSaslResponse(out, *final_message);
        return absl::OkStatus();
      }
      case wire::Auth::kSaslFinal:
        if (!scram_) break;
        return scram_->CheckServer(request->data);
      default:
        break;
    }
    return Unreachable(target_,
                       fmt::format("authentication method {} is not supported", static_cast<int>(request->code)));
  }

  const ServerTarget& target_;
  ServerConnection* connection_;
  std::optional<wire::ScramClient> scram_;
};

}  // namespace

net::Task<absl::StatusOr<std::unique_ptr<ServerConnection>>> OpenServerConnection(net::Reactor& reactor,
                                                                                  ServerTarget target,
                                                                                  net::Deadline deadline) {
  net::Event event;
  auto connection = std::make_unique<ServerConnection>();
  connection->endpoint = target.endpoint;
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::Connect(reactor, target.endpoint, deadline);
  if (!stream.ok()) co_return Unreachable(target, std::string(stream.status().message()));
  connection->stream = std::move(*stream);
  connection->stream->Attach(&event);
  Login login(target, connection.get());
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

}  // namespace pgshoal::exec
