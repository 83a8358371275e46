#pragma once
// Figures about what clients do, as PgBouncer defines them: counters that each worker keeps for each database, sums and
// averages over them.
//
// A counter has one writer, the worker's thread, and any number of readers: counting is a load, an addition and a
// store, without a lock. Times come from the reactor's cached clock.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "router/net/deadline.hpp"

namespace pgshoal::session {

class Counter {
 public:
  void Add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Times in microseconds.
struct Totals {
  std::uint64_t xact_count = 0;   // transactions that have ended
  std::uint64_t query_count = 0;  // simple queries, and batches of the extended protocol up to their Sync
  std::uint64_t received = 0;     // bytes from clients
  std::uint64_t sent = 0;         // bytes to clients
  std::uint64_t xact_time = 0, query_time = 0;
  std::uint64_t wait_time = 0;  // that clients waited for a server connection
  std::uint64_t server_assignments = 0;  // server connections lent to clients
  // Prepared statements with a name, of the protocol and of SQL: those that clients made, those that the router made on
  // servers, those that clients ran.
  std::uint64_t client_parses = 0, server_parses = 0, binds = 0;

  Totals& operator+=(const Totals& other);
};

struct DatabaseCounters {
  Counter xact_count, query_count, received, sent, xact_time, query_time, wait_time;
  Counter server_assignments, client_parses, server_parses, binds;
  Totals Read() const;
};

// Thread-safe.
class Statistics {
 public:
  // The counters of one worker for one database; valid as long as this object. The number of databases is bounded by
  // what logins succeed, not by what clients ask for.
  DatabaseCounters* For(int worker, const std::string& database);

  // A period ends: averages are over the last whole one. Called once at the start, too.
  void EndPeriod(net::Clock::time_point now);

  struct Line {
    std::string database;
    Totals total;
    // Each second: counts and bytes; each transaction, query, assignment: their times. Zero before the second period.
    Totals average;
  };
  std::vector<Line> Lines() const;  // by name
  // Of all databases together; the name is empty.
  Line Sum() const;

 private:
  using Sums = std::map<std::string, Totals>;
  Sums SumUp() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::pair<std::string, int>, std::unique_ptr<DatabaseCounters>> counters_ ABSL_GUARDED_BY(mutex_);
  // At the end of the last period and of the one before.
  std::array<Sums, 2> marks_ ABSL_GUARDED_BY(mutex_);
  std::array<net::Clock::time_point, 2> marked_at_ ABSL_GUARDED_BY(mutex_){};
};

// The clock of one client's queries and transactions, and what it adds to its database's counters.
class ClientMeter {
 public:
  void Attach(DatabaseCounters* counters) { counters_ = counters; }

  // A message that begins something to answer has come; only the first one until Ended counts.
  void Began(net::Clock::time_point now) {
    if (in_query_) return;
    in_query_ = true;
    query_began_ = now;
    if (!in_transaction_) transaction_began_ = now;
    in_transaction_ = true;
  }
  // ReadyForQuery. How long it took; zero when nothing had begun.
  net::Clock::duration Ended(net::Clock::time_point now, bool transaction_open) {
    if (!in_query_) return {};
    in_query_ = false;
    const net::Clock::duration took = now - query_began_;
    if (counters_ == nullptr) return took;
    counters_->query_count.Add(1);
    counters_->query_time.Add(Microseconds(took));
    if (!transaction_open) {
      in_transaction_ = false;
      counters_->xact_count.Add(1);
      counters_->xact_time.Add(Microseconds(now - transaction_began_));
    }
    return took;
  }
  void Waited(net::Clock::duration time) {
    if (counters_ != nullptr && time.count() > 0) counters_->wait_time.Add(Microseconds(time));
  }
  void Assigned() { Count(&DatabaseCounters::server_assignments); }
  void Prepared() { Count(&DatabaseCounters::client_parses); }
  void PreparedOnServer() { Count(&DatabaseCounters::server_parses); }
  void Bound() { Count(&DatabaseCounters::binds); }
  // The totals of the client's stream so far.
  void Moved(std::uint64_t received, std::uint64_t sent) {
    if (counters_ == nullptr) return;
    counters_->received.Add(received - std::exchange(received_, received));
    counters_->sent.Add(sent - std::exchange(sent_, sent));
  }

  bool in_query() const { return in_query_; }
  net::Clock::time_point query_began() const { return query_began_; }

 private:
  void Count(Counter DatabaseCounters::*counter) {
    if (counters_ != nullptr) (counters_->*counter).Add(1);
  }
  static std::uint64_t Microseconds(net::Clock::duration time) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  }

  DatabaseCounters* counters_ = nullptr;
  bool in_query_ = false, in_transaction_ = false;
  net::Clock::time_point query_began_{}, transaction_began_{};
  std::uint64_t received_ = 0, sent_ = 0;
};

}  // namespace pgshoal::session
