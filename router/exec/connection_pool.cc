#include "router/exec/connection_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status.hpp"

namespace pgshoal::exec {

// Somebody in line. Written by whoever serves it, under the pool's mutex for `state`, then on its own thread.
struct Pool::Waiter {
  enum class State { kWaiting, kServed, kGone };
  int worker = 0;
  net::Event* event = nullptr;  // on the waiter's coroutine frame; valid while state is not kGone
  State state = State::kWaiting;
  bool arrived = false;                          // waiter's thread only
  std::unique_ptr<ServerConnection> connection;  // null when served: may open one
};

namespace {

int WorkerOfThisThread(const std::vector<net::Reactor*>& reactors) {
  const net::Reactor* current = net::Reactor::CurrentOrNull();
  auto it = std::find(reactors.begin(), reactors.end(), current);
  return it == reactors.end() ? -1 : static_cast<int>(it - reactors.begin());
}

bool Usable(const ServerConnection& connection) {
  return !connection.doubtful && !connection.stream->IsClosed() && connection.stream->Input().empty() &&
         connection.stream->PendingOutput() == 0;
}

// Moves a connection's stream to another reactor and hands it to `deliver` there.
net::Task<void> MoveConnection(net::Reactor* to, std::unique_ptr<ServerConnection> connection,
                               absl::AnyInvocable<void(std::unique_ptr<ServerConnection>)> deliver) {
  std::unique_ptr<net::Stream> stream = std::move(connection->stream);
  absl::StatusOr<net::DetachedStream> detached = co_await net::Stream::Release(std::move(stream));
  if (!detached.ok()) {
    to->Post([deliver = std::move(deliver)]() mutable { deliver(nullptr); });
    co_return;
  }
  to->Post(
      [to, deliver = std::move(deliver), connection = std::move(connection), moved = std::move(*detached)]() mutable {
        connection->stream = net::Stream::Adopt(*to, std::move(moved));
        deliver(std::move(connection));
      });
}

}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Close();
    pool_ = std::exchange(other.pool_, nullptr);
    connection_ = std::move(other.connection_);
  }
  return *this;
}

void Lease::Return() {
  if (!connection_) return;
  connection_->stream->Attach(nullptr);
  if (!Usable(*connection_)) return Close();
  std::exchange(pool_, nullptr)->GiveBack(std::move(connection_));
}

void Lease::Close() {
  if (!connection_) return;
  connection_.reset();
  std::exchange(pool_, nullptr)->Closed();
}

Pool::Pool(ServerTarget target, PoolLimits limits, std::vector<net::Reactor*> reactors)
    : target_(std::move(target)), limits_(limits), reactors_(std::move(reactors)), idle_(reactors_.size()) {}

Pool::~Pool() = default;

net::Task<absl::StatusOr<Lease>> Pool::Acquire(int worker) {
  const net::Deadline give_up = net::Deadline::After(limits_.wait_timeout);
  net::Event event;
  auto waiter = std::make_shared<Waiter>();
  waiter->worker = worker;
  waiter->event = &event;
  bool open_one = false;
  {
    absl::MutexLock lock(&mutex_);
    auto& idle = idle_[worker];
    while (waiters_.empty() && !idle.empty()) {
      std::unique_ptr<ServerConnection> connection = std::move(idle.back());
      idle.pop_back();
      if (Usable(*connection)) co_return Lease(this, std::move(connection));
      --open_;
    }
    if (waiters_.empty() && open_ < limits_.size) {
      ++open_;
      open_one = true;
    } else {
      waiters_.push_back(waiter);
    }
  }
  if (!open_one) {
    AskOtherWorkers(worker);
    // Whoever destroys this coroutine while it waits must leave the line in order.
    struct Leave {
      Pool* pool;
      std::shared_ptr<Waiter> waiter;
      ~Leave() {
        absl::MutexLock lock(&pool->mutex_);
        waiter->state = Waiter::State::kGone;
        std::erase(pool->waiters_, waiter);
      }
    };
    Leave leave{this, waiter};
    while (!waiter->arrived) {
      const bool in_time = co_await event.Wait(give_up);
      if (in_time || waiter->arrived) continue;
      absl::MutexLock lock(&mutex_);
      if (waiter->state == Waiter::State::kServed) continue;  // on its way to this thread
      waiter->state = Waiter::State::kGone;
      std::erase(waiters_, waiter);
      co_return SqlStatus(sqlstate::kTooManyConnections,
                          fmt::format("no connection to shard at {} became free in {} s", target_.endpoint.ToString(),
                                      static_cast<double>(limits_.wait_timeout.count()) / 1000),
                          0, "Raise pool_size, or keep transactions shorter.");
    }
    if (waiter->connection) {
      std::unique_ptr<ServerConnection> connection = std::move(waiter->connection);
      if (Usable(*connection)) co_return Lease(this, std::move(connection));
    }
  }
  const net::Deadline deadline = net::Deadline::After(limits_.connect_timeout);
  absl::StatusOr<std::unique_ptr<ServerConnection>> opened =
      co_await OpenServerConnection(*reactors_[worker], target_, deadline);
  if (!opened.ok()) {
    Closed();
    co_return opened.status();
  }
  co_return Lease(this, std::move(*opened));
}

void Pool::GiveBack(std::unique_ptr<ServerConnection> connection) {
  const int worker = WorkerOfThisThread(reactors_);
  std::shared_ptr<Waiter> first;
  {
    absl::MutexLock lock(&mutex_);
    if (retired_ || worker < 0) {
      --open_;
      return;
    }
    if (waiters_.empty()) {
      idle_[worker].push_back(std::move(connection));
      return;
    }
    first = waiters_.front();
    waiters_.erase(waiters_.begin());
    first->state = Waiter::State::kServed;
  }
  Deliver(std::move(first), std::move(connection));
}

void Pool::Closed() {
  std::shared_ptr<Waiter> first;
  {
    absl::MutexLock lock(&mutex_);
    --open_;
    if (waiters_.empty() || open_ >= limits_.size) return;
    first = waiters_.front();
    waiters_.erase(waiters_.begin());
    first->state = Waiter::State::kServed;
    ++open_;
  }
  Deliver(std::move(first), nullptr);
}

void Pool::Deliver(std::shared_ptr<Waiter> waiter, std::unique_ptr<ServerConnection> connection) {
  // Runs on the waiter's thread. A waiter that has gone leaves what it was given to the next in line.
  auto arrive = [this, waiter](std::unique_ptr<ServerConnection> given) mutable {
    {
      absl::MutexLock lock(&mutex_);
      if (waiter->state != Waiter::State::kGone) {
        waiter->connection = std::move(given);
        waiter->arrived = true;
        waiter->event->Notify();
        return;
      }
    }
    if (given) {
      GiveBack(std::move(given));
    } else {
      Closed();
    }
  };
  net::Reactor* to = reactors_[waiter->worker];
  net::Reactor* here = net::Reactor::CurrentOrNull();
  if (to == here) {
    arrive(std::move(connection));
  } else if (connection && here != nullptr) {
    net::Task<void> move = MoveConnection(to, std::move(connection), std::move(arrive));
    here->Spawn(std::move(move));
  } else {
    to->Post([arrive = std::move(arrive)]() mutable { arrive(nullptr); });
  }
}

void Pool::AskOtherWorkers(int worker) {
  absl::MutexLock lock(&mutex_);
  for (int other = 0; other < static_cast<int>(idle_.size()); ++other) {
    if (other != worker && !idle_[other].empty()) {
      reactors_[other]->Post([this, other] { GiveIdleAway(other); });
      return;
    }
  }
}

void Pool::GiveIdleAway(int worker) {
  while (true) {
    std::unique_ptr<ServerConnection> connection;
    std::shared_ptr<Waiter> first;
    {
      absl::MutexLock lock(&mutex_);
      if (waiters_.empty() || idle_[worker].empty()) return;
      connection = std::move(idle_[worker].back());
      idle_[worker].pop_back();
      first = waiters_.front();
      waiters_.erase(waiters_.begin());
      first->state = Waiter::State::kServed;
    }
    Deliver(std::move(first), std::move(connection));
  }
}

PoolFigures Pool::Figures() const {
  absl::MutexLock lock(&mutex_);
  PoolFigures figures{open_, 0, static_cast<int>(waiters_.size())};
  for (const auto& idle : idle_) figures.idle += static_cast<int>(idle.size());
  return figures;
}

void Pool::Retire() {
  absl::MutexLock lock(&mutex_);
  retired_ = true;
  for (int worker = 0; worker < static_cast<int>(reactors_.size()); ++worker) {
    reactors_[worker]->Post([this, worker] { CloseIdle(worker); });
  }
}

void Pool::CloseIdle(int worker) {
  std::vector<std::unique_ptr<ServerConnection>> closing;
  absl::MutexLock lock(&mutex_);
  closing.swap(idle_[worker]);
  open_ -= static_cast<int>(closing.size());
}

}  // namespace pgshoal::exec
