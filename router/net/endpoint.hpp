#pragma once
// Endpoint: where to listen or to connect.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pgshoal::net {

struct Endpoint {
  std::string host;        // name or numeric IPv4/IPv6 address; listening: "*" or "" for all addresses
  std::uint16_t port = 0;  // listening: 0 lets the kernel choose
  std::string unix_path;   // when not empty, a unix socket; host and port do not count. "@name" is an abstract one

  static Endpoint Tcp(std::string host, std::uint16_t port);
  static Endpoint Unix(std::string path);
  bool IsUnix() const { return !unix_path.empty(); }
  // "host:port", "[v6]:port" or the path.
  std::string ToString() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace pgshoal::net
