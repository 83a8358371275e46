#include "router/net/socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace pgshoal::net {

Endpoint Endpoint::Tcp(std::string host, std::uint16_t port) {
  return Endpoint{std::move(host), port, {}};
}
Endpoint Endpoint::Unix(std::string path) {
  return Endpoint{{}, 0, std::move(path)};
}

std::string Endpoint::ToString() const {
  if (IsUnix()) return unix_path;
  if (host.find(':') != std::string::npos && host.front() != '[') return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

namespace internal {
namespace {

void SetNumber(int fd, int level, int name, int value) { setsockopt(fd, level, name, &value, sizeof value); }

// What a new socket has.
int SystemDefault(int name) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int value = 0;
  socklen_t length = sizeof value;
  if (fd < 0 || getsockopt(fd, IPPROTO_TCP, name, &value, &length) != 0) value = 0;
  if (fd >= 0) close(fd);
  return value;
}

}  // namespace

void SetKeepAlive(int fd, bool wanted, const KeepAlive& options) {
  SetNumber(fd, SOL_SOCKET, SO_KEEPALIVE, wanted ? 1 : 0);
  if (!wanted) return;
  if (options.idle_seconds > 0) SetNumber(fd, IPPROTO_TCP, TCP_KEEPIDLE, options.idle_seconds);
  if (options.interval_seconds > 0) SetNumber(fd, IPPROTO_TCP, TCP_KEEPINTVL, options.interval_seconds);
  if (options.count > 0) SetNumber(fd, IPPROTO_TCP, TCP_KEEPCNT, options.count);
  if (options.user_timeout_ms > 0) SetNumber(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, options.user_timeout_ms);
}

KeepAlive WithDefaults(KeepAlive options) {
  if (options.idle_seconds == 0) options.idle_seconds = SystemDefault(TCP_KEEPIDLE);
  if (options.interval_seconds == 0) options.interval_seconds = SystemDefault(TCP_KEEPINTVL);
  if (options.count == 0) options.count = SystemDefault(TCP_KEEPCNT);
  return options;
}

std::string ToString(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family() == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return fmt::format("{}:{}", text, ntohs(v4.sin_port));
  }
  if (address.family() == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof text);
      return fmt::format("{}:{}", text, ntohs(v6.sin6_port));
    }
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, ntohs(v6.sin6_port));
  }
  if (address.family() == AF_UNIX && address.length > 0) return "unix";
  return "unknown";
}

absl::StatusOr<SocketAddress> UnixAddress(const std::string& path) {
  SocketAddress address;
  auto& name = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.empty() || path.size() >= sizeof name.sun_path || path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        fmt::format("unix socket path \"{}\" is not between 1 and {} bytes long", path, sizeof name.sun_path - 1));
  }
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  if (path.front() == '@') {  // Linux's abstract names begin with a zero byte and have no terminator
    name.sun_path[0] = '\0';
    --address.length;
  }
  return address;
}

std::optional<SocketAddress> NumericAddress(const std::string& host, std::uint16_t port) {
  std::string bare = host;
  if (bare.size() > 2 && bare.front() == '[' && bare.back() == ']') bare = bare.substr(1, bare.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (bare.empty() || getaddrinfo(bare.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  freeaddrinfo(found);
  SetPort(address, port);
  return address;
}

std::uint16_t PortOf(const SocketAddress& address) {
  if (address.family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
  if (address.family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port);
  return 0;
}

void SetPort(SocketAddress& address, std::uint16_t port) {
  if (address.family() == AF_INET) reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
  if (address.family() == AF_INET6) reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
}

SocketAddress LocalName(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getsockname(fd, address.get(), &address.length) != 0) address = {};
  return address;
}

SocketAddress PeerName(int fd) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (getpeername(fd, address.get(), &address.length) != 0) address = {};
  return address;
}

absl::Status SystemError(const std::string& what, int errno_value) {
  const std::string message = fmt::format("{}: {}", what, std::generic_category().message(errno_value));
  switch (errno_value) {
    case EADDRINUSE:
      return absl::AlreadyExistsError(message);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EINVAL:
      return absl::InvalidArgumentError(message);
    case ETIMEDOUT:
      return absl::DeadlineExceededError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace internal
}  // namespace pgshoal::net
