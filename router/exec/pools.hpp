#pragma once
// All pools of a router, and what the admin console does to them. Thread-safe.
//
// A pool exists for each shard, user (as whom the router logs in there) and database (as clients name it). It is made
// when a client first needs it and forgotten when it has been empty for a while. Commands name a database; an empty name
// means all. They return at once: what takes time is waited for with WhenEmpty and WhenRenewed.

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "router/exec/connection_pool.hpp"

namespace pgshoal::exec {

class Pools {
 public:
  Pools(PoolSettings settings, std::vector<net::Reactor*> reactors);
  ~Pools();

  // The pool for `target`, made if it is not there; its next connections log in with the password that is given.
  std::shared_ptr<Pool> Get(const Pool::Identity& identity, const ServerTarget& target);
  // Runs on each worker as long as its reactor does: closes idle connections that servers have ended or that are too
  // old, keeps minimum sizes, tries servers again that could not be reached.
  net::Task<void> Keep(int worker);
  void CloseIdle(int worker);  // on the worker's thread, after its reactor has stopped

  // ---- settings. New ones hold for what happens from now on; pools above their size shrink as connections come back.
  void Configure(PoolSettings settings);
  std::shared_ptr<const PoolSettings> settings() const;
  // Changes whenever what `settings` says may have changed, or a pool may be another one.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  // ---- the console
  std::vector<PoolView> Views() const;
  std::vector<ServerView> Servers() const;
  // PAUSE: nobody is lent a connection any longer but clients whose transaction already holds another; connections are
  // closed as they come back. Clients wait, and query_wait_timeout waits with them. RESUME ends it.
  void Pause(std::string_view database);
  void Resume(std::string_view database);
  bool Paused(std::string_view database) const;
  bool PausedByName(std::string_view database) const;  // not merely because all are; empty: any of them
  // RECONNECT: connections that exist now are closed, the idle ones at once, the others as they come back.
  void Reconnect(std::string_view database);
  // DISABLE: no new client may log in; those that are there stay. Sessions ask when a client comes.
  void Disable(std::string_view database);
  void Enable(std::string_view database);
  bool Disabled(std::string_view database) const;
  // Connections to servers other than `wanted` go as with Reconnect: the shard map has changed.
  void KeepOnly(const std::vector<ServerTarget>& wanted);
  // `done` is posted once no connection of the database exists (after Pause), or none of those that existed at the last
  // Reconnect. Never, if that never happens: sessions in session mode keep theirs until the client leaves. Giving up:
  // Forget(ticket), after which `done` is not posted.
  std::uint64_t WhenEmpty(std::string_view database, net::Poster poster, absl::AnyInvocable<void()> done);
  std::uint64_t WhenRenewed(std::string_view database, net::Poster poster, absl::AnyInvocable<void()> done);
  void Forget(std::uint64_t ticket);

 private:
  struct Watcher {
    std::uint64_t ticket = 0;
    std::string database;
    bool renewed = false;
    net::Poster poster;
    absl::AnyInvocable<void()> done;
  };
  std::vector<std::shared_ptr<Pool>> Matching(std::string_view database) const;
  std::uint64_t Watch(Watcher watcher);
  void TellWatchers();
  void ResolveDeadlocks();  // pool_deadlock.cc
  void ForgetEmptyPools();
  void Nudge();  // every worker looks after its connections now

  std::vector<std::unique_ptr<net::Event>> news_;  // of each worker: an idle connection has some, or there is work
  PoolWorkers workers_;
  std::atomic<std::uint64_t> version_{1};
  std::atomic<int> watching_{0};
  mutable absl::Mutex mutex_;
  std::shared_ptr<const PoolSettings> settings_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<Pool>> pools_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<internal::Host>> hosts_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> paused_ ABSL_GUARDED_BY(mutex_), disabled_ ABSL_GUARDED_BY(mutex_);  // "": all
  std::vector<Watcher> watchers_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t next_ticket_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace pgshoal::exec
