#pragma once
// Listener: accepts connections on one endpoint and hands each over as a Stream.

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "router/net/endpoint.hpp"
#include "router/net/reactor.hpp"
#include "router/net/stream.hpp"

namespace pgshoal::net {

struct ListenOptions {
  // Several listeners of this process (one per worker) or of its successor share the TCP port. All of them must ask
  // for it. Without it an address in use is an error, whoever uses it. A unix socket's file is taken over: who connects
  // from then on reaches the newcomer.
  bool reuse_port = false;
  int backlog = 1024;
  // TCP_DEFER_ACCEPT: a connection is handed over when its client has said something, or after about this many seconds
  // of silence. One wake-up less for each client, as clients of PostgreSQL speak first. 0: at once.
  int defer_seconds = 0;
  unsigned unix_mode = 0777;  // permission bits of the socket file
};

// Lives on its reactor's thread. Destroying it stops accepting; streams already handed over stay. A unix socket's file
// is removed with the last listener that shares it.
class Listener {
 public:
  // Must not destroy the listener.
  using Callback = absl::AnyInvocable<void(std::unique_ptr<Stream>)>;

  // Binds, listens and begins to accept. A stale unix socket file (nobody answers on it) is replaced.
  // Errors: ALREADY_EXISTS when the address is in use, INVALID_ARGUMENT for an address that is none, PERMISSION_DENIED,
  // UNAVAILABLE otherwise. The name is resolved in place: give numeric addresses or "localhost".
  // One socket only: a host that has several addresses is bound to the first; "*" and "" bind IPv6 and IPv4 together
  // where the system has IPv6.
  static absl::StatusOr<std::unique_ptr<Listener>> Listen(Reactor& reactor, const Endpoint& endpoint,
                                                          const ListenOptions& options, Callback callback);
  // A further listener on the same socket, for another reactor: each connection wakes one of them.
  // Call it before either reactor runs, or on this listener's thread before the other reactor runs.
  absl::StatusOr<std::unique_ptr<Listener>> Share(Reactor& reactor, Callback callback);
  // Takes over a listening socket (socket activation).
  static absl::StatusOr<std::unique_ptr<Listener>> FromFd(Reactor& reactor, int fd, Callback callback);

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // For connections that are made from now on: whether they are probed while they are silent, and how. No effect on unix
  // sockets.
  void SetKeepAlive(bool wanted, const KeepAlive& options);

  // From now on the kernel gives new connections of a reuse_port address to the listener that came second to it, if
  // there is one: a successor. Those that had begun before still come here: keep the listener for a moment.
  void GiveWay();

  std::uint16_t Port() const;  // 0 for unix sockets
  const Endpoint& endpoint() const;

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgshoal::net
