#include "router/exec/server_connection.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::exec {

bool PreparedCache::Touch(std::uint64_t id) {
  auto it = index_.find(id);
  if (it == index_.end()) return false;
  order_.splice(order_.begin(), order_, it->second);
  return true;
}

std::optional<std::uint64_t> PreparedCache::Add(std::uint64_t id) {
  if (Touch(id)) return std::nullopt;
  order_.push_front(id);
  index_[id] = order_.begin();
  if (index_.size() <= limits::kMaxPreparedPerServer) return std::nullopt;
  const std::uint64_t oldest = order_.back();
  Remove(oldest);
  return oldest;
}

void PreparedCache::Remove(std::uint64_t id) {
  auto it = index_.find(id);
  if (it == index_.end()) return;
  order_.erase(it->second);
  index_.erase(it);
}

void PreparedCache::Clear() {
  order_.clear();
  index_.clear();
}

std::string ServerStatementName(std::uint64_t id) {
  return fmt::format("pgshoal_{}", id);
}

net::Task<void> CancelServer(net::Reactor& reactor, net::Endpoint endpoint, std::int32_t pid, std::uint32_t secret,
                             net::Deadline deadline) {
  net::Event event;
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::Connect(reactor, endpoint, deadline);
  if (!stream.ok()) co_return;
  (*stream)->Attach(&event);
  wire::AppendCancelRequest(&(*stream)->OutputBuffer(), wire::CancelRequest{pid, secret});
  while (!(*stream)->IsClosed()) {
    (*stream)->Consume((*stream)->Input().size());
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) break;
  }
}

}  // namespace pgshoal::exec
