// Clients that wait for each other: each holds a connection to one shard inside a transaction and stands in line for
// another, and every connection that could end the wait is held by one of them. Without help they would all wait until
// query_wait_timeout. As PostgreSQL does with locks, one of them is told so and gives way: the one that came last.

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "base/status.hpp"
#include "router/exec/pools.hpp"

namespace pgshoal::exec {
namespace {

using WaiterPtr = std::shared_ptr<internal::Waiter>;

// A wait shorter than this is not looked at, as with deadlock_timeout.
constexpr std::chrono::seconds kDeadlockTimeout{1};

constexpr std::string_view kDeadlockDetected = "40P01";

struct Stuck {
  std::shared_ptr<Pool> pool;
  WaiterPtr waiter;
};

// Those who cannot be served unless another one of them gives way; the one that came last is the last.
std::vector<Stuck> FindStuck(const std::vector<std::shared_ptr<Pool>>& pools) {
  std::vector<Pool::Standing> standings;
  absl::flat_hash_map<std::int32_t, std::size_t> waits_in;  // client -> pool
  for (std::size_t i = 0; i < pools.size(); ++i) {
    standings.push_back(pools[i]->LookAtLine());
    for (const WaiterPtr& waiter : standings.back().line) waits_in[waiter->client] = i;
  }
  // A pool moves when one of its holders does not wait, or waits in a pool that moves.
  for (bool changed = true; changed;) {
    changed = false;
    for (Pool::Standing& standing : standings) {
      if (standing.moves) continue;
      for (std::int32_t holder : standing.holders) {
        auto it = waits_in.find(holder);
        if (it != waits_in.end() && !standings[it->second].moves) continue;
        standing.moves = changed = true;
        break;
      }
    }
  }
  std::vector<Stuck> stuck;
  for (std::size_t i = 0; i < pools.size(); ++i) {
    if (standings[i].moves) continue;
    for (const WaiterPtr& waiter : standings[i].line) {
      // Only who holds something else helps by giving way.
      if (waiter->holds_others) stuck.push_back({pools[i], waiter});
    }
  }
  std::sort(stuck.begin(), stuck.end(),
            [](const Stuck& a, const Stuck& b) { return a.waiter->since < b.waiter->since; });
  return stuck;
}

}  // namespace

void Pools::ResolveDeadlocks() {
  const std::vector<std::shared_ptr<Pool>> pools = Matching("");
  const net::Clock::time_point now = net::Clock::now();
  const std::vector<Stuck> first = FindStuck(pools);
  if (first.empty() || now - first.back().waiter->since < kDeadlockTimeout) return;
  // The pools are looked at one after the other: only what is seen twice was there at one moment.
  const std::vector<Stuck> second = FindStuck(pools);
  if (second.empty() || second.back().waiter != first.back().waiter) return;
  second.back().pool->Sacrifice(second.back().waiter);
}

Pool::Standing Pool::LookAtLine() {
  Standing standing;
  absl::MutexLock lock(&host_->mutex);
  // Nobody in line, a connection on its way or to be had, or a pause, which ends when an administrator says so.
  standing.moves = line_.empty() || opening_ > 0 || paused_ || MayOpen() == Why::kMayOpen || failing_;
  for (const auto& idle : idle_) standing.moves = standing.moves || !idle.empty();
  for (const internal::ConnectionRecord& record : host_->records) {
    // Where the shard's limit is what holds clients up, other pools' connections count as well.
    if (record.pool != this && limits_.max_db_connections == 0) continue;
    if (record.state != ServerState::kActive || record.client == 0) {
      standing.moves = true;
    } else {
      standing.holders.push_back(record.client);
    }
  }
  standing.line.assign(line_.begin(), line_.end());
  return standing;
}

bool Pool::Sacrifice(const std::shared_ptr<internal::Waiter>& waiter) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  if (waiter->state != Waiter::State::kWaiting) return false;
  std::erase(line_, waiter);
  --host_->waiting;
  Settle(waiter,
         SqlStatus(kDeadlockDetected, "deadlock detected", 0,
                   "Run the transaction again. Larger pools (default_pool_size) make this rarer.",
                   "Transactions that hold connections to some shards wait for each other's connections to other shards."),
         &later);
  return true;
}

}  // namespace pgshoal::exec
