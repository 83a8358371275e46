#pragma once
// Connect: opens a connection without blocking the reactor.

#include <memory>

#include "absl/status/statusor.h"
#include "router/net/endpoint.hpp"
#include "router/net/reactor.hpp"
#include "router/net/stream.hpp"
#include "router/net/task.hpp"

namespace pgshoal::net {

// Host names are resolved by a helper thread and remembered for a short while; a name's addresses are tried in order.
// Errors: UNAVAILABLE with what the system said (refused, no such file, unknown host, and all else that may pass),
// DEADLINE_EXCEEDED. Destroying the task gives the attempt up. Runs on `reactor`'s thread.
Task<absl::StatusOr<std::unique_ptr<Stream>>> Connect(Reactor& reactor, Endpoint endpoint, Deadline deadline);

}  // namespace pgshoal::net
