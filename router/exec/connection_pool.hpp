#pragma once
// A pool: all connections to one shard's database as one user, for the clients of one database.
//
// Each worker keeps its own idle connections (they belong to its reactor) and prefers them; who finds none stands in
// line with the clients of all workers, first come, first served, and is given what another worker has idle, what comes
// back, or a new connection when the limits allow one. New connections are opened for the line, not for one client: a
// client that goes away leaves what was begun for it to the next. Pools of one shard share limits: see pool_host.hpp.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "router/exec/pool_host.hpp"
#include "router/exec/pool_settings.hpp"
#include "router/exec/pool_views.hpp"
#include "router/exec/server_connection.hpp"
#include "router/net/reactor.hpp"
#include "router/net/task.hpp"

namespace pgshoal::exec {

class Pool;

// A lent connection. Destroying it closes the connection; Return() gives it back.
class [[nodiscard]] Lease {
 public:
  Lease() = default;
  Lease(std::shared_ptr<Pool> pool, std::unique_ptr<ServerConnection> connection)
      : pool_(std::move(pool)), connection_(std::move(connection)) {}
  Lease(Lease&& other) noexcept : pool_(std::move(other.pool_)), connection_(std::move(other.connection_)) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { Close(); }

  explicit operator bool() const { return connection_ != nullptr; }
  ServerConnection* operator->() const { return connection_.get(); }
  ServerConnection& operator*() const { return *connection_; }
  const std::shared_ptr<Pool>& pool() const { return pool_; }

  // REQUIRES: the server is idle, outside a transaction, and every byte that it sent has been consumed; a connection
  // that is doubtful or closed is closed instead.
  void Return();
  void Close();

 private:
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<ServerConnection> connection_;
};

// Who asks for a connection.
struct Asker {
  int worker = 0;
  std::int32_t client = 0;    // the pid that the client was told, for SHOW SERVERS
  bool holds_others = false;  // its transaction is under way: PAUSE lets it finish
  std::optional<Millis> patience = {};  // how long it waits in line; nothing: the settings' query_wait_timeout
};

// A place in a pool's line. Used on the asker's worker's thread.
class Place {
 public:
  // `event` is notified once the place is settled; it must outlive the place.
  Place(std::shared_ptr<Pool> pool, Asker asker, net::Event* event);
  ~Place();  // leaves the line; what had been given goes to the next in it
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool Settled() const;
  // REQUIRES: Settled(), once. Errors: those of OpenServerConnection; 08P01 "query_wait_timeout", see TimedOut().
  absl::StatusOr<Lease> Take();
  bool TimedOut() const;
  // Nothing need be notified at this moment, but Look() is to be called then: the reserve may be due, the wait over.
  net::Deadline NextLook() const;
  void Look();

 private:
  std::shared_ptr<Pool> pool_;
  std::shared_ptr<internal::Waiter> waiter_;
};

// The workers, in their order; both outlive the pool's use.
struct PoolWorkers {
  std::vector<net::Reactor*> reactors;
  std::vector<net::Event*> news;  // notified on its worker's thread when an idle connection has some; empty: nobody
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  struct Identity {
    std::string database;  // as clients name it
    std::string shard;     // its name in the map
  };
  Pool(std::shared_ptr<internal::Host> host, Identity identity, ServerTarget target, PoolWorkers workers,
       std::shared_ptr<const PoolSettings> settings);
  ~Pool();

  // What is idle at this worker, when nobody is in line: the common case, without an allocation. Empty otherwise.
  Lease TryTake(const Asker& asker);
  // Takes, or waits in line. On the asker's thread.
  net::Task<absl::StatusOr<Lease>> Acquire(Asker asker);

  const ServerTarget& target() const { return target_; }
  const Identity& identity() const { return identity_; }
  PoolView View() const;
  ServerView ViewOf(const internal::ConnectionRecord& record) const;  // with the host's mutex held

  // What follows is for Pools, Place and Lease.
  void Configure(std::shared_ptr<const PoolSettings> settings);
  // What new connections log in with: the same place and user, another password or other parameters.
  void SetLogin(const ServerTarget& login);
  // Connections that exist now are closed when they are free. A retired pool opens none for its minimum.
  void Renew(bool retire);
  void Pause(bool paused);
  // Looks after this worker's idle connections: closes those that have ended, are not wanted or too old.
  void Tend(int worker);
  // Opens connections up to the minimum.
  void Replenish();
  void CloseIdle(int worker);  // all; on the worker's thread when it ends, or while it runs
  // True when nothing is open, nobody waits, and it was not used for `since`: it is to be forgotten. Whoever still has it
  // may go on with it, but it keeps nothing idle any longer.
  bool Forget(std::chrono::milliseconds since);
  // Connections of before the last Renew that still exist; all that exist.
  int Stale() const;
  int Open() const;
  void CancelBegins() { cancelling_.fetch_add(1, std::memory_order_relaxed); }
  void CancelEnds() { cancelling_.fetch_sub(1, std::memory_order_relaxed); }
  // For finding clients that wait for each other: who holds connections of this pool, and who is in line.
  struct Standing {
    bool moves = false;  // somebody will be served whatever the holders do
    std::vector<std::int32_t> holders;
    std::vector<std::shared_ptr<internal::Waiter>> line;
  };
  Standing LookAtLine();
  // Ends a waiter's wait with 40P01, if it still waits. False: it does not.
  bool Sacrifice(const std::shared_ptr<internal::Waiter>& waiter);
  // Says that the connection is being made as new: SHOW SERVERS' "tested". What it is made as new with.
  std::shared_ptr<const PoolSettings> NoteTested(ServerConnection& connection);

 private:
  friend class Lease;
  friend class Place;
  friend struct internal::Host;
  using Waiter = internal::Waiter;
  using Later = internal::Later;

  // All of these with the host's mutex held; `later` runs after it is released.
  enum class Why : std::uint8_t { kMayOpen, kSize, kUser, kHost, kFailing };
  Why MayOpen() const;
  int Usable() const;  // of open_, without those that go when they come back: of before the last Renew
  std::shared_ptr<Waiter> FirstInLine() const;  // that may be served now; null: nobody
  int InLine() const;
  void ServeLine(Later* later);
  void Serve(std::shared_ptr<Waiter> waiter, std::unique_ptr<ServerConnection> connection, Later* later);
  void Settle(const std::shared_ptr<Waiter>& waiter, absl::Status status, Later* later);
  void Enqueue(std::shared_ptr<Waiter> waiter, bool first);
  void Launch(int worker, Later* later);
  void Drop(std::unique_ptr<ServerConnection> connection, bool gently, Later* later);
  bool MustGo(const ServerConnection& connection);
  bool LifetimeIsOver(const internal::ConnectionRecord& record, net::Clock::time_point now);
  void PutBack(std::unique_ptr<ServerConnection> connection, Later* later);
  void FailLine(const absl::Status& status, Later* later);

  net::Task<void> OpenOne(int worker);
  net::Task<void> Move(std::shared_ptr<Waiter> waiter, std::unique_ptr<ServerConnection> connection);
  void Opened(int worker, absl::StatusOr<std::unique_ptr<ServerConnection>> opened);
  void GiveBack(std::unique_ptr<ServerConnection> connection);
  void Arrive(const std::shared_ptr<Waiter>& waiter, std::unique_ptr<ServerConnection> connection);
  void Lost(const std::shared_ptr<Waiter>& waiter, std::unique_ptr<ServerConnection> connection);
  void GiveIdleAway(int worker);
  void EvictOne(int worker);

  const std::shared_ptr<internal::Host> host_;
  const Identity identity_;
  const ServerTarget target_;
  const PoolWorkers workers_;
  std::atomic<int> cancelling_{0};

  // Under the host's mutex.
  std::shared_ptr<const PoolSettings> settings_;
  PoolLimits limits_;
  ServerTarget login_;  // as target_, with the latest credentials
  int open_ = 0;     // connections that exist or are being opened
  int opening_ = 0;  // those being opened
  int generation_ = 0;
  bool retired_ = false, paused_ = false, forgotten_ = false;
  bool failing_ = false;    // the last attempt to connect failed; the next one is not before retry_at_,
  bool transient_ = false;  // and, if the server was not there, clients are told at once
  net::Clock::time_point retry_at_{};
  absl::Status last_error_;
  net::Clock::time_point last_used_, last_lifetime_close_{};
  std::vector<std::deque<std::unique_ptr<ServerConnection>>> idle_;  // of each worker; the last returned at the back
  std::deque<std::shared_ptr<Waiter>> line_;                         // first come first
};

}  // namespace pgshoal::exec
