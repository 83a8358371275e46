#pragma once
// Security: who may connect and how connections are encrypted, on both sides; read from files, replaced as a whole.

#include <chrono>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "router/auth/access_rules.hpp"
#include "router/auth/secret_cache.hpp"
#include "router/exec/server_security.hpp"
#include "router/net/tls.hpp"

namespace pgshoal::session {

// As the settings client_tls_… and server_tls_… say; file names, not contents.
struct TlsOptions {
  std::string sslmode = "disable";  // disable, allow, prefer, require, verify-ca, verify-full
  std::string key_file, cert_file, ca_file;
  std::string protocols = "secure";  // or a list: tlsv1.2, tlsv1.3
  std::string ciphers;               // of TLS 1.2, in OpenSSL's form; empty: OpenSSL's own choice

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

inline constexpr std::string_view kDefaultAuthQuery = "SELECT usename, passwd FROM pg_shadow WHERE usename=$1";

struct SecurityOptions {
  auth::AccessOptions access;
  std::string auth_user;  // as whom users that are not in the file are asked for; empty: they are not
  std::string auth_query = std::string(kDefaultAuthQuery);
  std::string auth_dbname;  // the database whose home shard is asked; empty: the client's own
  std::chrono::milliseconds auth_query_age{10'000};  // how long its answers are believed
  std::chrono::milliseconds failure_delay{1'000};    // before a client is told that its login has failed
  TlsOptions client_tls, server_tls;

  friend bool operator==(const SecurityOptions&, const SecurityOptions&) = default;
};

// What one login goes by from beginning to end.
struct SecuritySnapshot {
  SecurityOptions options;
  auth::AccessRules rules;
  std::shared_ptr<const net::TlsContext> client_tls;  // null: not offered
  bool client_tls_required = false;                   // of TCP clients
  exec::ServerTls server_tls;
};

// A user of a database, as a key.
std::string UserOf(const std::string& database, const std::string& user);

// Thread-safe.
class Security {
 public:
  Security();

  // Blocking: reads all files. After an error everything stays as it was. F0000 or 58P01.
  absl::Status Load(const SecurityOptions& options);
  // The same with the options of the last success.
  absl::Status Reload() { return Load(Current()->options); }
  // Never null; before Load, everybody is rejected.
  std::shared_ptr<const SecuritySnapshot> Current() const;

  auth::SecretCache& cache() { return cache_; }
  // Notes what a client has proven, or shown, to be the secret of `user`, for logins to the database's servers in its
  // name.
  void Learn(const std::string& database, const std::string& user, exec::LoginSecret secret);

  // A password in the user file comes first, then what was learned, then the rest of the file.
  exec::LoginSecret SecretOf(const std::string& database, const std::string& user) const;
  exec::ServerTls Tls() const;

 private:
  auth::SecretCache cache_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const SecuritySnapshot> current_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, exec::LoginSecret> learned_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pgshoal::session
