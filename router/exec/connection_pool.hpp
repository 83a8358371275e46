#pragma once
// Pools of server connections, shared by all worker threads under one set of limits.
//
// A pool is made of all connections to one shard's database as one user. Each worker keeps its own idle connections
// (they belong to its reactor) and prefers them; a worker that has none opens one, when the limit allows it, or takes
// another worker's idle one, or waits in line with everybody else. First come, first served.

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "router/exec/server_connection.hpp"
#include "router/net/reactor.hpp"
#include "router/net/task.hpp"

namespace pgshoal::exec {

struct PoolLimits {
  int size = 20;                                      // open connections of one pool
  std::chrono::milliseconds connect_timeout{15'000};  // to connect and log in
  std::chrono::milliseconds wait_timeout{120'000};    // for a connection to become free
};

class Pool;

// A lent connection. Destroying it closes the connection; Return() gives it back.
class [[nodiscard]] Lease {
 public:
  Lease() = default;
  Lease(Pool* pool, std::unique_ptr<ServerConnection> connection) : pool_(pool), connection_(std::move(connection)) {}
  Lease(Lease&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { Close(); }

  explicit operator bool() const { return connection_ != nullptr; }
  ServerConnection* operator->() const { return connection_.get(); }
  ServerConnection& operator*() const { return *connection_; }

  // REQUIRES: the server is idle, outside a transaction, and every byte that it sent has been consumed; a connection
  // that is doubtful or closed is closed instead.
  void Return();
  void Close();

 private:
  Pool* pool_ = nullptr;
  std::unique_ptr<ServerConnection> connection_;
};

struct PoolFigures {
  int open = 0, idle = 0, waiting = 0;
};

class Pool {
 public:
  // `reactors`: one for each worker, in the workers' order; they outlive the pool's use.
  Pool(ServerTarget target, PoolLimits limits, std::vector<net::Reactor*> reactors);
  ~Pool();

  // On worker `worker`'s thread. Errors: those of OpenServerConnection, 53300 when none becomes free in time.
  net::Task<absl::StatusOr<Lease>> Acquire(int worker);

  const ServerTarget& target() const { return target_; }
  PoolFigures Figures() const;
  // Closes idle connections and, when they come back, those that are lent now: the target has changed.
  void Retire();
  // Closes this worker's idle connections; called on its thread when it ends.
  void CloseIdle(int worker);

 private:
  friend class Lease;
  struct Waiter;
  void GiveBack(std::unique_ptr<ServerConnection> connection);
  void Closed();
  // Hands a connection, or the right to open one, to the first in line. The mutex must not be held.
  void Deliver(std::shared_ptr<Waiter> waiter, std::unique_ptr<ServerConnection> connection);
  void AskOtherWorkers(int worker);
  void GiveIdleAway(int worker);

  const ServerTarget target_;
  const PoolLimits limits_;
  const std::vector<net::Reactor*> reactors_;

  mutable absl::Mutex mutex_;
  int open_ ABSL_GUARDED_BY(mutex_) = 0;  // connections that exist or are being opened
  bool retired_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::vector<std::unique_ptr<ServerConnection>>> idle_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Waiter>> waiters_ ABSL_GUARDED_BY(mutex_);  // first come first
};

}  // namespace pgshoal::exec
