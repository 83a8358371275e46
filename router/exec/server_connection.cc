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

namespace {

// False: there is no encrypted connection.
net::Task<bool> EncryptCancel(net::Stream& stream, net::Event& event, const CancelTarget& target,
                              net::Deadline deadline) {
  wire::AppendSslRequest(&stream.OutputBuffer());
  while (stream.Input().empty()) {
    if (stream.IsClosed()) co_return false;
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) co_return false;
  }
  const bool agreed = stream.Input() == "S";
  stream.Consume(stream.Input().size());
  if (!agreed) co_return false;
  net::Task<absl::Status> start =
      net::StartTls(stream, target.tls, net::TlsStart::kAgreed, target.endpoint.host, deadline);
  const absl::Status started = co_await start;
  co_return started.ok();
}

}  // namespace

net::Task<void> CancelServer(net::Reactor& reactor, CancelTarget target, net::Deadline deadline) {
  net::Event event;
  absl::StatusOr<std::unique_ptr<net::Stream>> stream = co_await net::Connect(reactor, target.endpoint, deadline);
  if (!stream.ok()) co_return;
  (*stream)->Attach(&event);
  if (target.tls != nullptr) {
    net::Task<bool> encrypt = EncryptCancel(**stream, event, target, deadline);
    const bool encrypted = co_await encrypt;
    if (!encrypted) co_return;
  }
  wire::AppendCancelRequest(&(*stream)->OutputBuffer(), wire::CancelRequest{target.pid, target.secret});
  while (!(*stream)->IsClosed()) {
    (*stream)->Consume((*stream)->Input().size());
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) break;
  }
}

}  // namespace pgshoal::exec
