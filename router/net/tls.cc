#include "router/net/tls.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "router/net/reactor_core.hpp"
#include "router/net/socket.hpp"
#include "router/net/stream_core.hpp"
#include "router/net/tls_context.hpp"
#include "router/net/tls_layer.hpp"

namespace pgshoal::net {
namespace {

// Lends the stream another event for a while.
class BorrowedStream {
 public:
  BorrowedStream(internal::StreamCore& core, Event& event) : core_(core), owners_(std::exchange(core.event, &event)) {}
  BorrowedStream(const BorrowedStream&) = delete;
  BorrowedStream& operator=(const BorrowedStream&) = delete;
  ~BorrowedStream() { core_.event = owners_; }
  void TellOwner() {
    if (owners_ != nullptr && core_.HasNews()) owners_->Notify();
  }

 private:
  internal::StreamCore& core_;
  Event* owners_;
};

absl::Status HandshakeFailure(internal::StreamCore& core) {
  internal::TlsLayer& tls = *core.tls;
  if (!tls.error().empty()) {
    if (core.fd >= 0) tls.SendAlert(core.fd);
    const std::string message = fmt::format("TLS handshake failed: {}", tls.error());
    return tls.refused_peer() ? absl::UnauthenticatedError(message) : absl::UnavailableError(message);
  }
  if (core.error != 0) return internal::SystemError("TLS handshake failed", core.error);
  return absl::UnavailableError("TLS handshake failed: the peer has closed the connection");
}

}  // namespace

Task<absl::Status> StartTls(Stream& stream, std::shared_ptr<const TlsContext> context, TlsStart start,
                            std::string host_name, Deadline deadline) {
  internal::StreamCore& core = stream.core();
  if (core.reactor == nullptr || core.tls != nullptr) {
    co_return absl::FailedPreconditionError("TLS cannot start on this stream");
  }
  if (context->impl().check == TlsPeerCheck::kHostName && host_name.empty()) {
    co_return absl::InvalidArgumentError("checking the server's host name needs a host name");
  }
  const bool direct = start == TlsStart::kDirect;
  if (!direct && core.input.Size() != 0) {
    co_return absl::FailedPreconditionError("received unencrypted data after the request for TLS");
  }
  Event event;
  BorrowedStream borrowed(core, event);
  const std::string received(core.input.View());
  core.input.Consume(received.size(), core.reactor->blocks());
  core.tls = std::make_unique<internal::TlsLayer>(core, std::move(context), direct, host_name);
  core.tls->Begin(core, received);
  while (!core.tls->ready() && core.error == 0 && !core.eof) {
    const bool news = co_await event.Wait(deadline);
    if (!news) co_return absl::DeadlineExceededError("TLS handshake timed out");
  }
  if (!core.tls->ready()) co_return HandshakeFailure(core);
  borrowed.TellOwner();
  co_return absl::OkStatus();
}

bool IsTls(const Stream& stream) {
  return stream.core().tls != nullptr && stream.core().tls->ready();
}

std::optional<TlsInfo> GetTlsInfo(const Stream& stream) {
  if (!IsTls(stream)) return std::nullopt;
  return stream.core().tls->Info();
}

std::string TlsNameOf(const Stream& stream) {
  const std::optional<TlsInfo> info = GetTlsInfo(stream);
  return info.has_value() ? fmt::format("{}/{}", info->version, info->cipher) : std::string();
}

absl::StatusOr<std::string> TlsServerEndPoint(const Stream& stream) {
  if (!IsTls(stream)) return absl::FailedPreconditionError("the connection is not encrypted");
  return stream.core().tls->ServerEndPoint();
}

}  // namespace pgshoal::net
