// Which pool a session borrows from, standing in its line, and what session mode keeps.

#include <algorithm>

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

constexpr std::chrono::milliseconds kSoon{100};
// In PgBouncer's words: programs wait for them.
constexpr std::string_view kQueued = "No server connection available in postgres backend, client being queued";

}  // namespace

const UserView& Session::View() {
  static const UserView nobody;
  if (local_ == nullptr) return nobody;
  if (!view_ || !local_->IsCurrent(*view_)) view_ = local_->ViewOf(user_);
  return *view_;
}

const std::shared_ptr<exec::Pool>& Session::PoolOf(ShardId shard) {
  View();
  const auto index = static_cast<std::size_t>(shard.value);
  if (index >= view_->pools.size()) view_->pools.resize(index + 1);
  std::shared_ptr<exec::Pool>& pool = view_->pools[index];
  if (!pool) pool = shared_.PoolFor(*local_->database, *local_->snapshot->map, shard, user_);
  return pool;
}

net::Task<absl::StatusOr<exec::Lease>> Session::Borrow(std::shared_ptr<exec::Pool> pool) {
  // In a transaction that already holds another connection: PAUSE must let it finish.
  exec::Asker asker{worker_->index, key_.pid, !backends_.empty()};
  if (local_ != nullptr && local_->snapshot != nullptr) asker.patience = View().rules.query_wait_timeout;
  exec::Lease taken = pool->TryTake(asker);
  if (taken) co_return std::move(taken);
  exec::Place place(std::move(pool), asker, &event_);
  struct InLine {
    bool& flag;
    ~InLine() { flag = false; }
  };
  in_line_ = true;
  leave_line_ = false;
  const InLine in_line{in_line_};
  const auto patience = worker_->live->query_wait_notify;
  net::Deadline notice_due =
      welcomed_ && patience.count() > 0 ? net::Deadline::After(patience) : net::Deadline::Never();
  while (!place.Settled()) {
    if (ClientGone()) co_return SqlStatus(sqlstate::kConnectionException, "the client is gone");
    if (leave_line_) co_return SqlStatus(sqlstate::kQueryCanceled, "canceling statement due to user request");
    const net::Deadline next = std::min(place.NextLook(), notice_due);
    const bool notified = co_await event_.Wait(next);
    if (!notified) place.Look();
    // Servers that are held may have gone, or have more to say to the client.
    PumpAll();
    // Not into the middle of an answer that another shard is giving.
    if (!notice_due.Passed() || place.Settled()) continue;
    notice_due = AnyBusy() ? net::Deadline::After(kSoon) : net::Deadline::Never();
    if (notice_due.IsNever()) {
      SendNotice(sqlstate::kSuccessfulCompletion, std::string(kQueued), wire::Severity::kNotice);
    }
  }
  absl::StatusOr<exec::Lease> lease = place.Take();
  // As PgBouncer, whose clients know it so: whoever has waited too long is sent away.
  if (place.TimedOut()) End("query_wait_timeout");
  co_return lease;
}

bool Session::AnyJoined() const {
  return std::any_of(backends_.begin(), backends_.end(), [](const auto& backend) { return backend->joined; });
}

bool Session::KeepsBackends() {
  return !leaving_ && welcomed_ && !ended_ && View().rules.mode == exec::PoolMode::kSession;
}

// What the client had on a connection of its own (temporary tables, locks, listening) is gone with it, and nobody could
// tell when that matters.
bool Session::EndIfKeptIsLost() {
  for (const auto& backend : backends_) {
    if (!backend->lost || (!backend->kept && !KeepsBackends()) || block_ != Block::kNone) continue;
    End("the connection to a shard was lost");
    return true;
  }
  return false;
}

}  // namespace pgshoal::session
