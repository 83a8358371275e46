#pragma once
// How many bytes a stream has moved in its life, as the network sees them (with TLS: encrypted).

#include <cstdint>

#include "router/net/stream.hpp"

namespace pgshoal::net {

struct Traffic {
  std::uint64_t received = 0, sent = 0;
};
// On the stream's thread.
Traffic TrafficOf(const Stream& stream);

}  // namespace pgshoal::net
