#include "router/net/stream.hpp"

#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>
#include <utility>

#include "router/net/reactor_core.hpp"
#include "router/net/socket.hpp"
#include "router/net/stream_core.hpp"

namespace pgshoal::net {

using internal::StreamCore;

namespace {
constexpr std::size_t kMaxMark = std::size_t{2} << 30;  // above any message
}  // namespace

DetachedStream::DetachedStream(DetachedStream&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}
DetachedStream& DetachedStream::operator=(DetachedStream&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}
DetachedStream::~DetachedStream() {
  delete core_;
}

std::unique_ptr<Stream> Stream::FromFd(Reactor& reactor, int fd) {
  const bool is_unix = internal::LocalName(fd).family() == AF_UNIX;
  if (!is_unix) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  auto* core = new StreamCore(fd, is_unix);
  reactor.core().AddStream(*core);
  return std::make_unique<Stream>(core);
}

Stream::~Stream() {
  if (core_ == nullptr) return;
  if (core_->reactor == nullptr) {
    delete core_;
  } else {
    core_->reactor->CloseStream(core_);
  }
}

void Stream::SetInputLimit(std::size_t limit) {
  core_->input_limit = static_cast<std::uint32_t>(std::min(limit, kMaxMark));
  if (core_->stalled && core_->WantsInput()) core_->MarkDirty();
}

void Stream::PauseReading() {
  if (core_->paused) return;
  core_->paused = true;
  core_->MarkDirty();
}

void Stream::ResumeReading() {
  if (!core_->paused) return;
  core_->paused = false;
  core_->MarkDirty();
}

bool Stream::PeerIsGone() const {
  pollfd peer{core_->fd, 0, 0};
  return core_->fd < 0 || (poll(&peer, 1, 0) == 1 && (peer.revents & (POLLERR | POLLHUP)) != 0);
}

void Stream::SetLowWater(std::size_t mark) {
  core_->low_water = static_cast<std::uint32_t>(std::min(mark, kMaxMark));
}

void Stream::SetOutputFilter(std::unique_ptr<OutputFilter> filter) {
  core_->filter = std::move(filter);
}

void Stream::ShutdownOutput() {
  core_->shutdown_wanted = true;
  core_->MarkDirty();
}

namespace {

Task<void> Linger(std::unique_ptr<Stream> given, Deadline deadline) {
  Event event;
  std::unique_ptr<Stream> stream = std::move(given);
  stream->Attach(&event);
  stream->SetLowWater(0);
  stream->ShutdownOutput();
  stream->ResumeReading();
  for (;;) {
    stream->Consume(stream->Input().size());
    if (stream->Error() != 0 || (stream->AtEof() && stream->PendingOutput() == 0)) co_return;
    const bool notified = co_await event.Wait(deadline);
    if (!notified) co_return;
  }
}

}  // namespace

void Stream::CloseAfterFlush(std::unique_ptr<Stream> stream, Deadline deadline) {
  internal::ReactorCore* reactor = stream->core_->reactor;
  if (reactor == nullptr || stream->Error() != 0) return;
  stream->Attach(nullptr);
  reactor->Spawn(Linger(std::move(stream), deadline));
}

Task<absl::StatusOr<DetachedStream>> Stream::Release(std::unique_ptr<Stream> given) {
  Event event;
  std::unique_ptr<Stream> stream = std::move(given);
  StreamCore& core = *stream->core_;
  core.releasing = true;
  core.MarkDirty();
  stream->Attach(&event);
  while (core.error == 0 && core.Pending() == 0 && !core.reactor->backend().TryForget(core)) {
    co_await event.Wait();
  }
  if (core.error != 0 || core.Pending() != 0) {
    co_return absl::FailedPreconditionError("the connection is not idle");
  }
  core.event = nullptr;
  core.in_reactor().Unlink();
  core.dirty().Unlink();
  --core.reactor->stats.streams;
  core.reactor = nullptr;
  core.releasing = false;
  co_return DetachedStream(std::exchange(stream->core_, nullptr));
}

std::unique_ptr<Stream> Stream::Adopt(Reactor& reactor, DetachedStream detached) {
  StreamCore* core = std::exchange(detached.core_, nullptr);
  reactor.core().AddStream(*core);
  return std::make_unique<Stream>(core);
}

std::string Stream::PeerAddress() const {
  return internal::ToString(internal::PeerName(core_->fd));
}
std::string Stream::LocalAddress() const {
  return internal::ToString(internal::LocalName(core_->fd));
}
bool Stream::IsUnix() const {
  return core_->is_unix;
}
int Stream::Fd() const {
  return core_->fd;
}

std::optional<PeerCredentials> Stream::Credentials() const {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (!core_->is_unix || getsockopt(core_->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
  return PeerCredentials{peer.uid, peer.gid, peer.pid};
}

void Stream::SetKeepAlive(const KeepAlive& options) {
  if (!core_->is_unix) internal::SetKeepAlive(core_->fd, true, options);
}

}  // namespace pgshoal::net
