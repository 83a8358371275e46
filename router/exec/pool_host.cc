#include "router/exec/pool_host.hpp"

#include <algorithm>

#include "router/exec/connection_pool.hpp"

namespace pgshoal::exec::internal {
namespace {

// A busy pool gives a connection up for another user's client only when that has waited this long: each time costs the
// opening of a connection.
constexpr std::chrono::milliseconds kFairWait{200};

}  // namespace

void Host::ServeLines(Later* later) {
  if (waiting == 0) return;
  std::vector<std::pair<net::Clock::time_point, Pool*>> order;
  for (Pool* pool : pools) {
    if (const std::shared_ptr<Waiter> first = pool->FirstInLine()) order.emplace_back(first->since, pool);
  }
  std::sort(order.begin(), order.end());
  for (const auto& [since, pool] : order) pool->ServeLine(later);
}

void Host::EvictFor(const Pool& wanting, bool of_user, Later* later) {
  Pool* from = nullptr;
  std::size_t worker = 0;
  net::Clock::time_point oldest{};
  for (Pool* pool : pools) {
    if (pool == &wanting || (of_user && pool->target_.user != wanting.target_.user)) continue;
    for (std::size_t i = 0; i < pool->idle_.size(); ++i) {
      if (pool->idle_[i].empty()) continue;
      const net::Clock::time_point since = pool->idle_[i].front()->record->changed;
      if (from != nullptr && since >= oldest) continue;
      from = pool;
      worker = i;
      oldest = since;
    }
  }
  if (from == nullptr) return;
  auto evict = [pool = from->shared_from_this(), worker] { pool->EvictOne(static_cast<int>(worker)); };
  later->Do([to = from->workers_.reactors[worker], evict = std::move(evict)]() mutable { to->Post(std::move(evict)); });
}

bool Host::OwedElsewhere(const Pool& pool, const Waiter* first) {
  for (const Pool* other : pools) {
    if (other == &pool) continue;
    const std::shared_ptr<Waiter> waiter = other->FirstInLine();
    if (!waiter || other->opening_ >= other->InLine()) continue;  // nobody, or one comes for each
    const Pool::Why why = other->MayOpen();
    const bool helps = why == Pool::Why::kHost || (why == Pool::Why::kUser && other->target_.user == pool.target_.user);
    if (!helps) continue;
    if (first == nullptr) return true;
    if (waiter->since < first->since && net::Clock::now() - waiter->since >= kFairWait) return true;
  }
  return false;
}

int Host::OpenOfUser(std::string_view user) const {
  int count = 0;
  for (const Pool* pool : pools) {
    if (pool->target_.user == user) count += pool->open_;
  }
  return count;
}

}  // namespace pgshoal::exec::internal
