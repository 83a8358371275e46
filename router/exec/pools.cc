#include "router/exec/pools.hpp"

#include <algorithm>
#include <utility>

namespace pgshoal::exec {
namespace {

constexpr std::chrono::milliseconds kKeepEvery{1'000};
constexpr std::chrono::milliseconds kWatchEvery{50};  // while somebody waits for connections to go
constexpr std::chrono::minutes kForgetAfter{60};

constexpr std::string_view kServerStates[] = {"login", "active", "tested", "idle"};

std::string KeyOf(const ServerTarget& target) {
  std::string key = target.endpoint.ToString();
  key.push_back('\0');
  key += target.database;
  return key;
}

}  // namespace

std::string_view NameOf(ServerState state) {
  return kServerStates[static_cast<int>(state)];
}

Pools::Pools(PoolSettings settings, std::vector<net::Reactor*> reactors)
    : settings_(std::make_shared<const PoolSettings>(std::move(settings))) {
  workers_.reactors = std::move(reactors);
  for (std::size_t i = 0; i < workers_.reactors.size(); ++i) {
    news_.push_back(std::make_unique<net::Event>());
    workers_.news.push_back(news_.back().get());
  }
}

Pools::~Pools() = default;

std::shared_ptr<Pool> Pools::Get(const Pool::Identity& identity, const ServerTarget& target) {
  const std::string host_key = KeyOf(target);
  std::string key = host_key;
  for (const std::string* part : {&target.user, &identity.database, &identity.shard}) {
    key.push_back('\0');
    key += *part;
  }
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<Pool>& pool = pools_[key];
  if (!pool) {
    std::shared_ptr<internal::Host>& host = hosts_[host_key];
    if (!host) host = std::make_shared<internal::Host>();
    pool = std::make_shared<Pool>(host, identity, target, workers_, settings_);
    if (paused_.contains("") || paused_.contains(identity.database)) pool->Pause(true);
  } else {
    pool->SetLogin(target);
  }
  return pool;
}

std::vector<std::shared_ptr<Pool>> Pools::Matching(std::string_view database) const {
  std::vector<std::shared_ptr<Pool>> matching;
  absl::MutexLock lock(&mutex_);
  for (const auto& [key, pool] : pools_) {
    if (database.empty() || pool->identity().database == database) matching.push_back(pool);
  }
  return matching;
}

net::Task<void> Pools::Keep(int worker) {
  net::Event& news = *news_[static_cast<std::size_t>(worker)];
  while (true) {
    const bool watching = worker == 0 && watching_.load(std::memory_order_relaxed) > 0;
    const net::Deadline next = net::Deadline::After(watching ? kWatchEvery : kKeepEvery);
    co_await news.Wait(next);
    for (const std::shared_ptr<Pool>& pool : Matching("")) {
      pool->Tend(worker);
      if (worker == 0) pool->Replenish();
    }
    if (worker != 0) continue;
    TellWatchers();
    ResolveDeadlocks();
    ForgetEmptyPools();
  }
}

void Pools::CloseIdle(int worker) {
  for (const std::shared_ptr<Pool>& pool : Matching("")) pool->CloseIdle(worker);
}

void Pools::Nudge() {
  for (std::size_t i = 0; i < workers_.reactors.size(); ++i) {
    workers_.reactors[i]->Post([news = news_[i].get()] { news->Notify(); });
  }
}

void Pools::ForgetEmptyPools() {
  std::vector<std::shared_ptr<Pool>> gone;  // destroyed after the mutex is released
  absl::MutexLock lock(&mutex_);
  for (auto it = pools_.begin(); it != pools_.end();) {
    auto here = it++;
    if (!here->second->Forget(kForgetAfter)) continue;
    gone.push_back(std::move(here->second));
    pools_.erase(here);
  }
  if (!gone.empty()) version_.fetch_add(1, std::memory_order_release);
}

void Pools::Configure(PoolSettings settings) {
  auto fresh = std::make_shared<const PoolSettings>(std::move(settings));
  {
    absl::MutexLock lock(&mutex_);
    settings_ = fresh;
  }
  for (const std::shared_ptr<Pool>& pool : Matching("")) pool->Configure(fresh);
  version_.fetch_add(1, std::memory_order_release);
  Nudge();
}

std::shared_ptr<const PoolSettings> Pools::settings() const {
  absl::MutexLock lock(&mutex_);
  return settings_;
}

std::vector<PoolView> Pools::Views() const {
  std::vector<PoolView> views;
  for (const std::shared_ptr<Pool>& pool : Matching("")) views.push_back(pool->View());
  std::sort(views.begin(), views.end(), [](const PoolView& a, const PoolView& b) {
    return std::tie(a.database, a.user, a.shard) < std::tie(b.database, b.user, b.shard);
  });
  return views;
}

std::vector<ServerView> Pools::Servers() const {
  std::vector<std::shared_ptr<internal::Host>> hosts;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [key, host] : hosts_) hosts.push_back(host);
  }
  std::vector<ServerView> views;
  for (const std::shared_ptr<internal::Host>& host : hosts) {
    absl::MutexLock lock(&host->mutex);
    for (const internal::ConnectionRecord& record : host->records) views.push_back(record.pool->ViewOf(record));
  }
  std::sort(views.begin(), views.end(), [](const ServerView& a, const ServerView& b) { return a.id < b.id; });
  return views;
}

void Pools::Pause(std::string_view database) {
  {
    absl::MutexLock lock(&mutex_);
    paused_.emplace(database);
  }
  for (const std::shared_ptr<Pool>& pool : Matching(database)) pool->Pause(true);
  Nudge();
}

void Pools::Resume(std::string_view database) {
  {
    absl::MutexLock lock(&mutex_);
    if (database.empty()) {
      paused_.clear();
    } else if (auto it = paused_.find(database); it != paused_.end()) {
      paused_.erase(it);
    }
  }
  for (const std::shared_ptr<Pool>& pool : Matching(database)) pool->Pause(Paused(pool->identity().database));
}

bool Pools::Paused(std::string_view database) const {
  absl::MutexLock lock(&mutex_);
  return paused_.contains("") || paused_.contains(database);
}

bool Pools::PausedByName(std::string_view database) const {
  absl::MutexLock lock(&mutex_);
  if (!database.empty()) return paused_.contains(database);
  return paused_.size() > paused_.count(std::string());
}

void Pools::Reconnect(std::string_view database) {
  for (const std::shared_ptr<Pool>& pool : Matching(database)) pool->Renew(false);
  Nudge();
}

void Pools::Disable(std::string_view database) {
  absl::MutexLock lock(&mutex_);
  disabled_.emplace(database);
}

void Pools::Enable(std::string_view database) {
  absl::MutexLock lock(&mutex_);
  if (database.empty()) {
    disabled_.clear();
  } else if (auto it = disabled_.find(database); it != disabled_.end()) {
    disabled_.erase(it);
  }
}

bool Pools::Disabled(std::string_view database) const {
  absl::MutexLock lock(&mutex_);
  return disabled_.contains("") || disabled_.contains(database);
}

void Pools::KeepOnly(const std::vector<ServerTarget>& wanted) {
  std::set<std::string> keys;
  for (const ServerTarget& target : wanted) keys.insert(KeyOf(target));
  bool renewed = false;
  for (const std::shared_ptr<Pool>& pool : Matching("")) {
    if (keys.contains(KeyOf(pool->target()))) continue;
    pool->Renew(true);
    renewed = true;
  }
  if (renewed) Nudge();
}

std::uint64_t Pools::Watch(Watcher watcher) {
  std::uint64_t ticket = 0;
  {
    absl::MutexLock lock(&mutex_);
    ticket = watcher.ticket = next_ticket_++;
    watchers_.push_back(std::move(watcher));
  }
  watching_.fetch_add(1, std::memory_order_relaxed);
  Nudge();
  return ticket;
}

std::uint64_t Pools::WhenEmpty(std::string_view database, net::Poster poster, absl::AnyInvocable<void()> done) {
  return Watch({0, std::string(database), false, std::move(poster), std::move(done)});
}

std::uint64_t Pools::WhenRenewed(std::string_view database, net::Poster poster, absl::AnyInvocable<void()> done) {
  return Watch({0, std::string(database), true, std::move(poster), std::move(done)});
}

void Pools::Forget(std::uint64_t ticket) {
  absl::MutexLock lock(&mutex_);
  const auto same = [ticket](const Watcher& watcher) { return watcher.ticket == ticket; };
  watching_.fetch_sub(static_cast<int>(std::erase_if(watchers_, same)), std::memory_order_relaxed);
}

void Pools::TellWatchers() {
  if (watching_.load(std::memory_order_relaxed) == 0) return;
  absl::MutexLock lock(&mutex_);
  std::erase_if(watchers_, [this](Watcher& watcher) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const auto& [key, pool] : pools_) {
      if (!watcher.database.empty() && pool->identity().database != watcher.database) continue;
      if ((watcher.renewed ? pool->Stale() : pool->Open()) > 0) return false;
    }
    watcher.poster.Post(std::move(watcher.done));
    watching_.fetch_sub(1, std::memory_order_relaxed);
    return true;
  });
}

}  // namespace pgshoal::exec
