#include "router/net/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "router/net/reactor_core.hpp"
#include "router/net/resolver.hpp"
#include "router/net/socket.hpp"

namespace pgshoal::net {
namespace {

using internal::SocketAddress;

// Connections taken in one go before others get their turn.
constexpr int kAcceptsPerTurn = 32;
// How long to leave connections waiting after running out of descriptors or memory.
constexpr auto kPause = std::chrono::milliseconds(100);

// Removes a unix socket's file when the last listener on it is gone.
class SocketFile {
 public:
  explicit SocketFile(std::string path) : path_(std::move(path)) {
    struct stat info {};
    if (stat(path_.c_str(), &info) == 0) inode_ = info.st_ino;
  }
  ~SocketFile() {
    struct stat info {};  // a successor may have put its own in place
    if (stat(path_.c_str(), &info) == 0 && info.st_ino == inode_) unlink(path_.c_str());
  }

 private:
  std::string path_;
  ino_t inode_ = 0;
};

bool SomebodyListens(const SocketAddress& address) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const bool answered = fd >= 0 && (connect(fd, address.get(), address.length) == 0 || errno == EAGAIN);
  if (fd >= 0) close(fd);
  return answered;
}

bool IsSocketFile(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

absl::StatusOr<int> BindAndListen(const SocketAddress& address, const ListenOptions& options, bool any,
                                  const std::string& name) {
  const std::string what = fmt::format("cannot listen on {}", name);
  const int fd = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return internal::SystemError(what, errno);
  const int on = 1;
  const int off = 0;
  if (address.family() != AF_UNIX) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (options.reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
    if (options.defer_seconds > 0) {
      setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &options.defer_seconds, sizeof options.defer_seconds);
    }
    if (address.family() == AF_INET6) {
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? &off : &on, sizeof on);
    }
  }
  if (bind(fd, address.get(), address.length) != 0 || listen(fd, options.backlog) != 0) {
    const int error = errno;
    close(fd);
    return internal::SystemError(what, error);
  }
  return fd;
}

absl::StatusOr<int> ListenTcp(const Endpoint& endpoint, const ListenOptions& options) {
  if (endpoint.host.empty() || endpoint.host == "*") {
    absl::StatusOr<int> both =
        BindAndListen(*internal::NumericAddress("::", endpoint.port), options, true, endpoint.ToString());
    if (both.ok() || absl::IsAlreadyExists(both.status()) || absl::IsPermissionDenied(both.status())) return both;
    return BindAndListen(*internal::NumericAddress("0.0.0.0", endpoint.port), options, true, endpoint.ToString());
  }
  std::optional<SocketAddress> address = internal::NumericAddress(endpoint.host, endpoint.port);
  if (!address.has_value()) {
    absl::StatusOr<std::vector<SocketAddress>> resolved = internal::ResolveNow(endpoint.host);
    if (!resolved.ok()) return absl::InvalidArgumentError(std::string(resolved.status().message()));
    address = resolved->front();
    internal::SetPort(*address, endpoint.port);
  }
  return BindAndListen(*address, options, false, endpoint.ToString());
}

// Puts a socket of our own in the place of one on which somebody listens, without a moment in which there is none.
absl::StatusOr<int> TakeOverUnix(const std::string& path, const ListenOptions& options) {
  const std::string ours = fmt::format("{}.{}", path, getpid());
  absl::StatusOr<SocketAddress> address = internal::UnixAddress(ours);
  if (!address.ok()) return address.status();
  unlink(ours.c_str());
  absl::StatusOr<int> fd = BindAndListen(*address, options, false, path);
  if (!fd.ok()) return fd;
  if (chmod(ours.c_str(), options.unix_mode) != 0 || rename(ours.c_str(), path.c_str()) != 0) {
    const int error = errno;
    close(*fd);
    unlink(ours.c_str());
    return internal::SystemError(fmt::format("cannot take over {}", path), error);
  }
  return fd;
}

absl::StatusOr<int> ListenUnix(const std::string& path, const ListenOptions& options) {
  absl::StatusOr<SocketAddress> address = internal::UnixAddress(path);
  if (!address.ok()) return address.status();
  absl::StatusOr<int> fd = BindAndListen(*address, options, false, path);
  if (absl::IsAlreadyExists(fd.status()) && IsSocketFile(path)) {
    if (!SomebodyListens(*address)) {
      unlink(path.c_str());
      fd = BindAndListen(*address, options, false, path);
    } else if (options.reuse_port) {
      return TakeOverUnix(path, options);
    }
  }
  if (fd.ok() && path.front() != '@' && chmod(path.c_str(), options.unix_mode) != 0) {
    const int error = errno;
    close(*fd);
    unlink(path.c_str());
    return internal::SystemError(fmt::format("cannot set the mode of {}", path), error);
  }
  return fd;
}

}  // namespace

struct Listener::Impl {
  Impl(internal::ReactorCore& reactor, int fd, Endpoint endpoint, bool shared, Callback callback)
      : reactor(reactor), endpoint(std::move(endpoint)), shared(shared), callback(std::move(callback)) {
    watch.fd = fd;
    watch.ready = [this] { Accept(); };
    is_unix = this->endpoint.IsUnix();
    int defer = 0;
    socklen_t length = sizeof defer;
    speaks_first = getsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &defer, &length) == 0 && defer > 0;
    StartWatching();
  }
  ~Impl() {
    if (watching) reactor.backend().RemoveWatch(watch);
    close(watch.fd);
  }

  void StartWatching() {
    watching = true;
    reactor.backend().AddWatch(watch,
                               shared ? internal::WatchMode::kReadableExclusive : internal::WatchMode::kReadable);
  }

  // Mostly there is one, and to ask for a second costs a system call: as many as were there in one turn are expected in
  // the next.
  void Accept() {
    const bool in_a_row = reactor.stats.turns == last_turn + 1;
    expected = in_a_row ? std::min(2 * expected, kAcceptsPerTurn) : 1;
    last_turn = reactor.stats.turns;
    for (int i = 0; i < expected; ++i) {
      const int fd = accept4(watch.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      ++reactor.stats.system_calls;
      if (fd < 0) {
        expected = 1;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) Pause();
        if (errno == EINTR || errno == ECONNABORTED) continue;
        return;
      }
      auto* core = new internal::StreamCore(fd, is_unix);
      core->readable = speaks_first;
      reactor.AddStream(*core);
      callback(std::make_unique<Stream>(core));
    }
  }

  void Pause() {
    reactor.backend().RemoveWatch(watch);
    watching = false;
    resume.Set(Deadline::After(kPause));
  }

  internal::ReactorCore& reactor;
  Endpoint endpoint;
  bool shared;
  bool is_unix = false;
  bool speaks_first = false;  // who is accepted has said something
  bool watching = false;
  int expected = 1;
  std::uint64_t last_turn = 0;
  Callback callback;
  internal::Watch watch;
  Timer resume{*reactor.owner, [this] { StartWatching(); }};
  std::shared_ptr<SocketFile> file;
};

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() = default;

absl::StatusOr<std::unique_ptr<Listener>> Listener::Listen(Reactor& reactor, const Endpoint& endpoint,
                                                           const ListenOptions& options, Callback callback) {
  absl::StatusOr<int> fd = endpoint.IsUnix() ? ListenUnix(endpoint.unix_path, options) : ListenTcp(endpoint, options);
  if (!fd.ok()) return fd.status();
  Endpoint bound = endpoint;
  bound.port = internal::PortOf(internal::LocalName(*fd));
  auto impl = std::make_unique<Impl>(reactor.core(), *fd, bound, endpoint.IsUnix(), std::move(callback));
  if (endpoint.IsUnix() && endpoint.unix_path.front() != '@') {
    impl->file = std::make_shared<SocketFile>(endpoint.unix_path);
  }
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Share(Reactor& reactor, Callback callback) {
  const int fd = fcntl(impl_->watch.fd, F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return internal::SystemError("cannot share a listening socket", errno);
  auto impl = std::make_unique<Impl>(reactor.core(), fd, impl_->endpoint, true, std::move(callback));
  impl->file = impl_->file;
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::FromFd(Reactor& reactor, int fd, Callback callback) {
  int listening = 0;
  socklen_t length = sizeof listening;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || listening == 0) {
    return absl::InvalidArgumentError(fmt::format("descriptor {} is not a listening socket", fd));
  }
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  const SocketAddress name = internal::LocalName(fd);
  Endpoint endpoint;
  if (name.family() == AF_UNIX) {
    endpoint.unix_path = reinterpret_cast<const sockaddr_un&>(name.storage).sun_path;
    if (endpoint.unix_path.empty()) endpoint.unix_path = "@";
  } else {
    endpoint.host = internal::ToString(name);
    endpoint.host.resize(endpoint.host.rfind(':'));
    endpoint.port = internal::PortOf(name);
  }
  auto impl = std::make_unique<Impl>(reactor.core(), fd, endpoint, true, std::move(callback));
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

void Listener::SetKeepAlive(bool wanted, const KeepAlive& options) {
  if (impl_->is_unix) return;
  const int fd = impl_->watch.fd;
  internal::SetKeepAlive(fd, wanted, internal::WithDefaults(options));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &options.user_timeout_ms, sizeof options.user_timeout_ms);
}

void Listener::GiveWay() {
  if (impl_->endpoint.IsUnix()) return;
  // Listeners of one address are numbered in the order in which they came, from 0. A number that nobody has leaves the
  // choice to the kernel.
  sock_filter second[] = {{BPF_RET | BPF_K, 0, 0, 1}};
  const sock_fprog program{1, second};
  setsockopt(impl_->watch.fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

std::uint16_t Listener::Port() const {
  return impl_->endpoint.port;
}
const Endpoint& Listener::endpoint() const {
  return impl_->endpoint;
}

}  // namespace pgshoal::net
