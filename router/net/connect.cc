#include "router/net/connect.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "router/net/event.hpp"
#include "router/net/reactor_core.hpp"
#include "router/net/resolver.hpp"
#include "router/net/socket.hpp"

namespace pgshoal::net {
namespace {

using internal::SocketAddress;

// How soon a unix socket whose queue of connections is full is tried again.
constexpr auto kRetryFullQueue = std::chrono::milliseconds(5);

// A socket being connected: closed, and no longer watched, when the attempt is given up.
class Attempt {
 public:
  explicit Attempt(internal::ReactorCore& reactor) : reactor_(reactor) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    StopWatching();
    if (fd_ >= 0) close(fd_);
  }

  // 0 when connected, EINPROGRESS when `event` will tell, or why not.
  int Begin(const SocketAddress& address, Event& event) {
    if (fd_ < 0) fd_ = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return errno;
    if (address.family() != AF_UNIX) {
      const int on = 1;
      setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (connect(fd_, address.get(), address.length) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    watch_.fd = fd_;
    watch_.ready = [this, &event] {
      StopWatching();
      event.Notify();
    };
    reactor_.backend().AddWatch(watch_, internal::WatchMode::kWritable);
    watching_ = true;
    return EINPROGRESS;
  }

  int Outcome() const {
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
  }

  std::unique_ptr<Stream> TakeStream(bool is_unix) {
    auto* core = new internal::StreamCore(std::exchange(fd_, -1), is_unix);
    reactor_.AddStream(*core);
    return std::make_unique<Stream>(core);
  }

 private:
  void StopWatching() {
    if (std::exchange(watching_, false)) reactor_.backend().RemoveWatch(watch_);
  }

  internal::ReactorCore& reactor_;
  int fd_ = -1;
  bool watching_ = false;
  internal::Watch watch_;
};

Task<absl::StatusOr<std::unique_ptr<Stream>>> ConnectTo(internal::ReactorCore& reactor, const SocketAddress& address,
                                                        std::string name, Deadline deadline) {
  Event event;
  Attempt attempt(reactor);
  int error = attempt.Begin(address, event);
  while (error == EAGAIN && address.family() == AF_UNIX) {
    const Deadline retry = std::min(deadline, Deadline::After(kRetryFullQueue));
    co_await SleepUntil(retry);
    if (deadline.Passed()) co_return absl::DeadlineExceededError(fmt::format("timed out connecting to {}", name));
    error = attempt.Begin(address, event);
  }
  if (error == EINPROGRESS) {
    const bool finished = co_await event.Wait(deadline);
    if (!finished) co_return absl::DeadlineExceededError(fmt::format("timed out connecting to {}", name));
    error = attempt.Outcome();
  }
  if (error != 0) {
    const absl::Status status = internal::SystemError(fmt::format("cannot connect to {}", name), error);
    if (absl::IsDeadlineExceeded(status)) co_return status;
    co_return absl::UnavailableError(std::string(status.message()));
  }
  co_return attempt.TakeStream(address.family() == AF_UNIX);
}

}  // namespace

Task<absl::StatusOr<std::unique_ptr<Stream>>> Connect(Reactor& reactor, Endpoint endpoint, Deadline deadline) {
  std::vector<SocketAddress> addresses;
  if (endpoint.IsUnix()) {
    absl::StatusOr<SocketAddress> address = internal::UnixAddress(endpoint.unix_path);
    if (!address.ok()) co_return absl::UnavailableError(std::string(address.status().message()));
    addresses.push_back(*address);
  } else {
    Task<absl::StatusOr<std::vector<SocketAddress>>> resolving =
        internal::Resolve(reactor, endpoint.host, endpoint.port, deadline);
    absl::StatusOr<std::vector<SocketAddress>> resolved = co_await resolving;
    if (!resolved.ok()) co_return resolved.status();
    addresses = *std::move(resolved);
  }
  absl::Status status;
  for (const SocketAddress& address : addresses) {
    std::string name = endpoint.IsUnix() ? endpoint.unix_path : internal::ToString(address);
    Task<absl::StatusOr<std::unique_ptr<Stream>>> connecting =
        ConnectTo(reactor.core(), address, std::move(name), deadline);
    absl::StatusOr<std::unique_ptr<Stream>> stream = co_await connecting;
    if (stream.ok()) co_return stream;
    status = stream.status();
    if (deadline.Passed()) break;
  }
  co_return status;
}

}  // namespace pgshoal::net
