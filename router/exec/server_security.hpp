#pragma once
// How logins to servers prove who they are, and how the connections are encrypted. Whoever knows that implements
// ServerSecurity; a login asks at the moment it needs the answer, so that a reload counts from the next one on.

#include <memory>
#include <optional>
#include <string>

#include "router/net/tls.hpp"
#include "router/wire/scram.hpp"
#include "router/wire/secret.hpp"

namespace pgshoal::exec {

enum class ServerTlsMode {
  kDisable,
  kAllow,    // when the server wants no login without
  kPrefer,   // when the server can
  kRequire,  // always; what is checked of the certificate, the context knows
};

struct ServerTls {
  ServerTlsMode mode = ServerTlsMode::kDisable;
  std::shared_ptr<const net::TlsContext> context;  // null for kDisable
};

// What is known of a user's proof. All empty: nothing, which is enough where servers trust.
struct LoginSecret {
  wire::Secret password;  // in clear: good for every method
  wire::Secret md5;       // "md5" and 32 hex digits: good for md5
  std::optional<wire::ScramKeys> keys;  // good for SCRAM on servers with the same verifier
};

// Thread-safe.
class ServerSecurity {
 public:
  virtual ~ServerSecurity() = default;
  virtual LoginSecret SecretOf(const std::string& user) const = 0;
  virtual ServerTls Tls() const = 0;
};

}  // namespace pgshoal::exec
