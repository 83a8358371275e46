// A pool's line: who is lent what, and when.

#include "router/exec/connection_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.hpp"
#include "router/exec/connect_failure.hpp"
#include "router/exec/idle_connection.hpp"

namespace pgshoal::exec {

using internal::ConnectionRecord;
using internal::Host;

namespace internal {

bool ServerIsAbsent(const absl::Status& status) {
  const std::string state = ToSqlError(status).sqlstate;
  return state.starts_with("08") || state.starts_with("57") || state.starts_with("58");
}

}  // namespace internal

using internal::ServerIsAbsent;

// ---- Lease

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Close();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
  }
  return *this;
}

void Lease::Return() {
  if (!connection_) return;
  connection_->stream->Attach(nullptr);
  if (connection_->doubtful || !IdleIsHealthy(*connection_)) return Close();
  std::shared_ptr<Pool> pool = std::move(pool_);
  pool->GiveBack(std::move(connection_));
}

void Lease::Close() {
  if (!connection_) return;
  std::shared_ptr<Pool> pool = std::move(pool_);
  internal::Later later;
  absl::MutexLock lock(&pool->host_->mutex);
  pool->Drop(std::move(connection_), false, &later);
  pool->host_->ServeLines(&later);
}

// ---- Place

Place::Place(std::shared_ptr<Pool> pool, Asker asker, net::Event* event)
    : pool_(std::move(pool)), waiter_(std::make_shared<internal::Waiter>()) {
  waiter_->worker = asker.worker;
  waiter_->client = asker.client;
  waiter_->holds_others = asker.holds_others;
  waiter_->patience = asker.patience;
  waiter_->event = event;
  waiter_->since = waiter_->patience_from = net::Clock::now();
  internal::Later later;
  absl::MutexLock lock(&pool_->host_->mutex);
  pool_->last_used_ = waiter_->since;
  pool_->Enqueue(waiter_, false);
  pool_->host_->ServeLines(&later);
}

Place::~Place() {
  std::unique_ptr<ServerConnection> left;
  {
    absl::MutexLock lock(&pool_->host_->mutex);
    if (waiter_->state == internal::Waiter::State::kWaiting) {
      std::erase(pool_->line_, waiter_);
      --pool_->host_->waiting;
    }
    left = std::move(waiter_->connection);
    waiter_->state = internal::Waiter::State::kGone;
  }
  if (left) pool_->GiveBack(std::move(left));
}

bool Place::Settled() const {
  absl::MutexLock lock(&pool_->host_->mutex);
  return waiter_->state == internal::Waiter::State::kSettled;
}

absl::StatusOr<Lease> Place::Take() {
  absl::MutexLock lock(&pool_->host_->mutex);
  if (waiter_->connection) return Lease(pool_, std::move(waiter_->connection));
  return waiter_->status;
}

bool Place::TimedOut() const {
  absl::MutexLock lock(&pool_->host_->mutex);
  return waiter_->timed_out;
}

net::Deadline Place::NextLook() const {
  absl::MutexLock lock(&pool_->host_->mutex);
  const PoolSettings& settings = *pool_->settings_;
  net::Deadline next = net::Deadline::Never();
  const Millis patience = waiter_->patience.value_or(settings.query_wait_timeout);
  if (patience.count() > 0 && (!pool_->paused_ || waiter_->holds_others)) {
    next = net::Deadline::At(waiter_->patience_from + patience);
  }
  if (pool_->limits_.reserve > 0) {
    const net::Clock::time_point reserve = waiter_->since + settings.reserve_pool_timeout;
    if (reserve > net::Clock::now()) next = std::min(next, net::Deadline::At(reserve));
  }
  return next;
}

void Place::Look() {
  internal::Later later;
  absl::MutexLock lock(&pool_->host_->mutex);
  if (waiter_->state != internal::Waiter::State::kWaiting) return;
  const Millis patience = waiter_->patience.value_or(pool_->settings_->query_wait_timeout);
  const bool held_up = pool_->paused_ && !waiter_->holds_others;
  if (patience.count() > 0 && !held_up && net::Clock::now() >= waiter_->patience_from + patience) {
    std::erase(pool_->line_, waiter_);
    --pool_->host_->waiting;
    waiter_->timed_out = true;
    waiter_->status = SqlStatus(sqlstate::kProtocolViolation, "query_wait_timeout");
    waiter_->state = internal::Waiter::State::kSettled;
    return;
  }
  pool_->host_->ServeLines(&later);
}

// ---- Pool: taking

Lease Pool::TryTake(const Asker& asker) {
  internal::Later later;
  absl::MutexLock lock(&host_->mutex);
  if (!line_.empty() || (paused_ && !asker.holds_others)) return Lease();
  auto& idle = idle_[static_cast<std::size_t>(asker.worker)];
  while (!idle.empty()) {
    std::unique_ptr<ServerConnection> connection = std::move(idle.back());
    idle.pop_back();
    if (!IdleIsHealthy(*connection)) {
      Drop(std::move(connection), false, &later);
      continue;
    }
    const net::Clock::time_point now = workers_.reactors[static_cast<std::size_t>(asker.worker)]->Now();
    last_used_ = now;
    ConnectionRecord& record = *connection->record;
    record.state = ServerState::kActive;
    record.client = asker.client;
    record.changed = now;
    return Lease(shared_from_this(), std::move(connection));
  }
  return Lease();
}

net::Task<absl::StatusOr<Lease>> Pool::Acquire(Asker asker) {
  Lease taken = TryTake(asker);
  if (taken) co_return std::move(taken);
  net::Event event;
  Place place(shared_from_this(), asker, &event);
  while (!place.Settled()) {
    const net::Deadline next = place.NextLook();
    const bool notified = co_await event.Wait(next);
    if (!notified) place.Look();
  }
  co_return place.Take();
}

void Pool::Enqueue(std::shared_ptr<Waiter> waiter, bool first) {
  waiter->state = Waiter::State::kWaiting;
  if (first) {
    line_.push_front(std::move(waiter));
  } else {
    line_.push_back(std::move(waiter));
  }
  ++host_->waiting;
}

std::shared_ptr<internal::Waiter> Pool::FirstInLine() const {
  for (const auto& waiter : line_) {
    if (!paused_ || waiter->holds_others) return waiter;
  }
  return nullptr;
}

int Pool::InLine() const {
  if (!paused_) return static_cast<int>(line_.size());
  return static_cast<int>(
      std::count_if(line_.begin(), line_.end(), [](const auto& waiter) { return waiter->holds_others; }));
}

// ---- Pool: serving

void Pool::ServeLine(Later* later) {
  const int wanting = InLine();
  int coming = opening_;
  for (std::size_t worker = 0; worker < idle_.size() && coming < wanting; ++worker) {
    if (idle_[worker].empty()) continue;
    coming += static_cast<int>(idle_[worker].size());
    auto give = [self = shared_from_this(), worker] { self->GiveIdleAway(static_cast<int>(worker)); };
    later->Do([to = workers_.reactors[worker], give = std::move(give)]() mutable { to->Post(std::move(give)); });
  }
  while (coming < wanting) {
    const Why why = MayOpen();
    if (why == Why::kMayOpen) {
      Launch(FirstInLine()->worker, later);
      ++coming;
      continue;
    }
    // Nobody can be counted on to give one back: they are told now, in the words of the last attempt.
    if (why == Why::kFailing && opening_ == 0 && (Usable() == 0 || ServerIsAbsent(last_error_))) {
      SqlError error = ToSqlError(last_error_);
      error.message = fmt::format("server login has been failing, cached error: {} (server_login_retry)", error.message);
      FailLine(ToStatus(error), later);
    }
    if (why == Why::kHost || why == Why::kUser) host_->EvictFor(*this, why == Why::kUser, later);
    return;
  }
}

void Pool::GiveIdleAway(int worker) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  auto& idle = idle_[static_cast<std::size_t>(worker)];
  while (!idle.empty()) {
    const std::shared_ptr<Waiter> first = FirstInLine();
    if (!first) return;
    std::unique_ptr<ServerConnection> connection = std::move(idle.back());
    idle.pop_back();
    connection->stream->Attach(nullptr);
    if (IdleIsHealthy(*connection)) {
      Serve(first, std::move(connection), &later);
    } else {
      Drop(std::move(connection), false, &later);
    }
  }
  host_->ServeLines(&later);
}

// On the connection's thread.
void Pool::Serve(std::shared_ptr<Waiter> waiter, std::unique_ptr<ServerConnection> connection, Later* later) {
  std::erase(line_, waiter);
  --host_->waiting;
  ConnectionRecord& record = *connection->record;
  record.state = ServerState::kActive;
  record.client = waiter->client;
  record.changed = net::Clock::now();
  if (record.worker == waiter->worker) {
    waiter->connection = std::move(connection);
    waiter->state = Waiter::State::kSettled;
    later->Do([waiter = std::move(waiter)] {
      if (waiter->event != nullptr) waiter->event->Notify();
    });
    return;
  }
  waiter->state = Waiter::State::kServed;
  net::Task<void> move = Move(std::move(waiter), std::move(connection));
  later->Do([move = std::move(move)]() mutable {
    if (net::Reactor* here = net::Reactor::CurrentOrNull()) here->Spawn(std::move(move));
  });
}

// Takes a connection to the waiter's worker.
net::Task<void> Pool::Move(std::shared_ptr<Waiter> waiter, std::unique_ptr<ServerConnection> connection) {
  const std::shared_ptr<Pool> self = shared_from_this();
  std::unique_ptr<net::Stream> stream = std::move(connection->stream);
  absl::StatusOr<net::DetachedStream> detached = co_await net::Stream::Release(std::move(stream));
  if (!detached.ok()) {
    Lost(waiter, std::move(connection));
    co_return;
  }
  net::Reactor* to = workers_.reactors[static_cast<std::size_t>(waiter->worker)];
  to->Post([self, to, waiter, connection = std::move(connection), moved = std::move(*detached)]() mutable {
    connection->stream = net::Stream::Adopt(*to, std::move(moved));
    self->Arrive(waiter, std::move(connection));
  });
}

// On the waiter's thread. One that has gone meanwhile leaves the connection to the next in line.
void Pool::Arrive(const std::shared_ptr<Waiter>& waiter, std::unique_ptr<ServerConnection> connection) {
  if (!IdleIsHealthy(*connection)) return Lost(waiter, std::move(connection));
  {
    absl::MutexLock lock(&host_->mutex);
    connection->record->worker = waiter->worker;
    if (waiter->state != Waiter::State::kGone) {
      waiter->connection = std::move(connection);
      waiter->state = Waiter::State::kSettled;
      waiter->event->Notify();
      return;
    }
  }
  GiveBack(std::move(connection));
}

// The connection broke on its way: the waiter is the first again.
void Pool::Lost(const std::shared_ptr<Waiter>& waiter, std::unique_ptr<ServerConnection> connection) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  Drop(std::move(connection), false, &later);
  if (waiter->state != Waiter::State::kGone) Enqueue(waiter, true);
  host_->ServeLines(&later);
}

void Pool::Settle(const std::shared_ptr<Waiter>& waiter, absl::Status status, Later* later) {
  waiter->status = std::move(status);
  waiter->state = Waiter::State::kSettled;
  net::Reactor* to = workers_.reactors[static_cast<std::size_t>(waiter->worker)];
  auto tell = [host = host_, waiter] {
    {
      absl::MutexLock lock(&host->mutex);
      if (waiter->state == Waiter::State::kGone) return;
    }
    waiter->event->Notify();  // its thread: it cannot go meanwhile
  };
  later->Do([to, tell = std::move(tell)]() mutable { to->Post(std::move(tell)); });
}

void Pool::FailLine(const absl::Status& status, Later* later) {
  host_->waiting -= static_cast<int>(line_.size());
  for (const auto& waiter : line_) Settle(waiter, status, later);
  line_.clear();
}

// ---- Pool: giving back

void Pool::GiveBack(std::unique_ptr<ServerConnection> connection) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  PutBack(std::move(connection), &later);
}

// On the connection's thread.
void Pool::PutBack(std::unique_ptr<ServerConnection> connection, Later* later) {
  if (MustGo(*connection)) {
    Drop(std::move(connection), true, later);
    host_->ServeLines(later);
    return;
  }
  if (host_->waiting > 0) {
    std::shared_ptr<Waiter> first = FirstInLine();
    if (host_->OwedElsewhere(*this, first.get())) {
      Drop(std::move(connection), true, later);
      host_->ServeLines(later);
      return;
    }
    if (first) return Serve(std::move(first), std::move(connection), later);
  }
  ConnectionRecord& record = *connection->record;
  const auto worker = static_cast<std::size_t>(record.worker);
  record.state = ServerState::kIdle;
  record.client = 0;
  record.changed = workers_.reactors[worker]->Now();
  connection->stream->Attach(worker < workers_.news.size() ? workers_.news[worker] : nullptr);
  idle_[worker].push_back(std::move(connection));
}

bool Pool::MustGo(const ServerConnection& connection) {
  const ConnectionRecord& record = *connection.record;
  if (record.generation != generation_ || open_ > limits_.size + limits_.reserve) return true;
  if (paused_ && !FirstInLine()) return true;
  if (limits_.server_lifetime.count() == 0 || forgotten_) return true;
  return LifetimeIsOver(record, workers_.reactors[static_cast<std::size_t>(record.worker)]->Now());
}

// Not all at once: no more than the pool's size in one lifetime.
bool Pool::LifetimeIsOver(const ConnectionRecord& record, net::Clock::time_point now) {
  if (now - record.connected < limits_.server_lifetime) return false;
  if (now - last_lifetime_close_ < limits_.server_lifetime / std::max(1, limits_.size)) return false;
  last_lifetime_close_ = now;
  return true;
}

// On the connection's thread. Whoever calls this then serves the lines: there may be room now.
void Pool::Drop(std::unique_ptr<ServerConnection> connection, bool gently, Later* later) {
  --open_;
  --host_->open;
  host_->records.erase(std::exchange(connection->record, nullptr)->self);
  later->Do([connection = std::move(connection), gently]() mutable {
    if (gently) CloseIdleConnection(std::move(connection));
  });
}

}  // namespace pgshoal::exec
