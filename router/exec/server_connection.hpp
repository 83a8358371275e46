#pragma once
// One logged-in connection to a shard, and all that must be known of its state to lend it to another client.
//
// Owned by a session while it is lent, by the pool while it is idle. Used on its reactor's thread only.

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "router/exec/server_security.hpp"
#include "router/net/connect.hpp"
#include "router/net/stream.hpp"
#include "router/net/task.hpp"

namespace pgshoal::exec {

namespace internal {
struct ConnectionRecord;
}

// Where a shard is and as whom to log in.
struct ServerTarget {
  net::Endpoint endpoint;
  std::string database;
  std::string user;
  std::optional<std::string> password;
  // Secrets for users without `password`, and TLS. Null: none, and no TLS.
  std::shared_ptr<const ServerSecurity> security;
  // Session defaults given at startup besides client_encoding, which is always UTF8.
  std::vector<std::pair<std::string, std::string>> parameters;

  friend bool operator==(const ServerTarget&, const ServerTarget&) = default;
};

// Which statements a server connection has prepared, by the router's statement id; bounded, the least recently used
// one leaves first.
class PreparedCache {
 public:
  // True when the statement is prepared there; it becomes the most recently used.
  bool Touch(std::uint64_t id);
  // Notes a new one. The id that must be closed on the server to stay in bounds, if any.
  std::optional<std::uint64_t> Add(std::uint64_t id);
  void Remove(std::uint64_t id);
  void Clear();
  std::size_t size() const { return index_.size(); }

 private:
  std::list<std::uint64_t> order_;  // most recent first
  absl::flat_hash_map<std::uint64_t, std::list<std::uint64_t>::iterator> index_;
};

struct ServerConnection {
  std::uint64_t id = 0;  // given by the pool, never twice
  std::unique_ptr<net::Stream> stream;
  net::Endpoint endpoint;  // for cancel requests
  std::shared_ptr<const net::TlsContext> tls;  // with which it was encrypted; null: it is not
  std::int32_t pid = 0;
  std::uint32_t secret = 0;
  // ParameterStatus as last reported.
  std::map<std::string, std::string, std::less<>> parameters;
  // Settings that a client's session left on it: name -> the statement that made it (see session/settings).
  std::map<std::string, std::string, std::less<>> applied_settings;
  PreparedCache prepared;
  bool doubtful = false;  // must be closed, not lent again
  internal::ConnectionRecord* record = nullptr;  // the pool's own
};

// The name under which statement `id` is prepared on servers.
std::string ServerStatementName(std::uint64_t id);

// Connects and logs in, encrypted or not as target.security says (unix sockets never are). Errors: 08006 when the server
// cannot be reached or TLS fails, 08P01 when it does not speak the protocol,
// otherwise the server's own error (28P01, 3D000, 53300 …).
net::Task<absl::StatusOr<std::unique_ptr<ServerConnection>>> OpenServerConnection(net::Reactor& reactor,
                                                                                  ServerTarget target,
                                                                                  net::Deadline deadline);

// Whose backend is to be asked to stop.
struct CancelTarget {
  net::Endpoint endpoint;
  std::shared_ptr<const net::TlsContext> tls;  // as in ServerConnection
  std::int32_t pid = 0;
  std::uint32_t secret = 0;
};

// Sends a CancelRequest for the connection's backend and waits until the server has closed its end: after that the
// signal has been sent and no later statement on the connection can be hit. The key is told over TLS, with the same
// checks, when the connection was encrypted, and not at all when that fails.
net::Task<void> CancelServer(net::Reactor& reactor, CancelTarget target, net::Deadline deadline);

}  // namespace pgshoal::exec
