#pragma once
// Socket addresses and options as small functions. Includes the system's socket headers: for .cc files only.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/net/endpoint.hpp"
#include "router/net/stream.hpp"

namespace pgshoal::net::internal {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

// "192.0.2.1:80", "[::1]:80", "unix" with or without a path.
std::string ToString(const SocketAddress& address);
// The address of a unix path; INVALID_ARGUMENT when it is too long.
absl::StatusOr<SocketAddress> UnixAddress(const std::string& path);
// Of a numeric IPv4 or IPv6 address ("::1", "fe80::1%eth0", "[::1]"); nothing when `host` is a name.
std::optional<SocketAddress> NumericAddress(const std::string& host, std::uint16_t port);
std::uint16_t PortOf(const SocketAddress& address);
void SetPort(SocketAddress& address, std::uint16_t port);

SocketAddress LocalName(int fd);
SocketAddress PeerName(int fd);

// On a TCP socket; on one that listens for those that it accepts. Zeros change nothing.
void SetKeepAlive(int fd, bool wanted, const KeepAlive& options);
// The same with the system's defaults instead of zeros.
KeepAlive WithDefaults(KeepAlive options);

// "<what>: <text of errno_value>" under the code that fits (see Listener and Connect).
absl::Status SystemError(const std::string& what, int errno_value);

}  // namespace pgshoal::net::internal
