#pragma once
// Host names to addresses, off the reactors' threads.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "router/net/deadline.hpp"
#include "router/net/reactor.hpp"
#include "router/net/socket.hpp"
#include "router/net/task.hpp"

namespace pgshoal::net::internal {

// The addresses of `host` in the system's order of preference, with `port` set; never empty. Answers are remembered
// for kRememberSeconds, for the whole process. UNAVAILABLE for an unknown host, DEADLINE_EXCEEDED.
Task<absl::StatusOr<std::vector<SocketAddress>>> Resolve(Reactor& reactor, std::string host, std::uint16_t port,
                                                         Deadline deadline);

// The same at once, blocking.
absl::StatusOr<std::vector<SocketAddress>> ResolveNow(const std::string& host);

inline constexpr int kRememberSeconds = 10;
inline constexpr std::size_t kRememberedHosts = 1024;

}  // namespace pgshoal::net::internal
