#include "router/auth/secret_cache.hpp"

#include <utility>

namespace pgshoal::auth {

std::optional<StoredSecret> SecretCache::Find(const std::string& user, Clock::duration age,
                                              Clock::time_point now) const {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(user);
  if (found == entries_.end() || now - found->second.known_at >= age) return std::nullopt;
  return found->second.secret;
}

void SecretCache::Put(const std::string& user, StoredSecret secret, Clock::time_point now) {
  absl::MutexLock lock(&mutex_);
  // Any other one makes room: it costs that user no more than a query.
  if (entries_.size() >= capacity_ && !entries_.contains(user)) entries_.erase(entries_.begin());
  entries_[user] = {std::move(secret), now};
}

void SecretCache::Forget(const std::string& user) {
  absl::MutexLock lock(&mutex_);
  entries_.erase(user);
}

void SecretCache::Clear() {
  absl::MutexLock lock(&mutex_);
  entries_.clear();
}

std::size_t SecretCache::size() const {
  absl::MutexLock lock(&mutex_);
  return entries_.size();
}

}  // namespace pgshoal::auth
