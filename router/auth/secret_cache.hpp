#pragma once
// What the servers have told of users' secrets, for a short while: a bounded cache in front of the auth_query.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "router/auth/stored_secret.hpp"

namespace pgshoal::auth {

// Thread-safe.
class SecretCache {
 public:
  using Clock = std::chrono::steady_clock;

  // `capacity`: the most users that are remembered. REQUIRES: capacity > 0
  explicit SecretCache(std::size_t capacity) : capacity_(capacity) {}

  // Nothing when the user has not been asked for since now − `age`. A user who does not exist is remembered as a secret
  // of kind kNone.
  std::optional<StoredSecret> Find(const std::string& user, Clock::duration age, Clock::time_point now) const;
  void Put(const std::string& user, StoredSecret secret, Clock::time_point now);
  void Forget(const std::string& user);
  void Clear();
  std::size_t size() const;

 private:
  struct Entry {
    StoredSecret secret;
    Clock::time_point known_at;
  };
  const std::size_t capacity_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pgshoal::auth
