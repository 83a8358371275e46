#pragma once
// What the pools of one shard's database share: one mutex, the limit of connections, and the order in which clients of
// different pools are served. Internal to this room.

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "router/exec/pool_views.hpp"
#include "router/exec/server_connection.hpp"
#include "router/net/event.hpp"
#include "router/net/reactor.hpp"

namespace pgshoal::exec {

class Pool;

namespace internal {

// Things to do once the mutex is released: declared before the lock, so that it ends after it.
class Later {
 public:
  Later() = default;
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;
  ~Later() {
    for (auto& action : actions_) action();
  }
  void Do(absl::AnyInvocable<void()> action) { actions_.push_back(std::move(action)); }

 private:
  std::vector<absl::AnyInvocable<void()>> actions_;
};

// A client in line. All under the host's mutex, but `event`, which its own thread notifies while it is not kGone.
struct Waiter {
  enum class State : std::uint8_t { kWaiting, kServed, kSettled, kGone };  // kServed: its connection is on the way
  int worker = 0;
  std::int32_t client = 0;
  bool holds_others = false;
  bool timed_out = false;
  net::Event* event = nullptr;
  net::Clock::time_point since, patience_from;
  std::optional<std::chrono::milliseconds> patience;  // nothing: the settings' query_wait_timeout
  State state = State::kWaiting;
  absl::Status status;
  std::unique_ptr<ServerConnection> connection;
};

// What SHOW SERVERS needs of a connection that exists. Under the host's mutex.
struct ConnectionRecord {
  std::uint64_t id = 0;
  Pool* pool = nullptr;
  int worker = 0;
  int generation = 0;
  ServerState state = ServerState::kActive;
  std::chrono::system_clock::time_point connected_at;
  net::Clock::time_point connected, changed;
  std::int32_t pid = 0, client = 0;
  int fd = -1;
  std::string remote, local, tls;
  std::list<ConnectionRecord>::iterator self;
};

struct Host {
  absl::Mutex mutex;
  std::vector<Pool*> pools ABSL_GUARDED_BY(mutex);
  int open ABSL_GUARDED_BY(mutex) = 0;     // over all pools
  int waiting ABSL_GUARDED_BY(mutex) = 0;  // clients in all lines
  std::list<ConnectionRecord> records ABSL_GUARDED_BY(mutex);

  // Serves whoever can be served now, those who have waited longest first.
  void ServeLines(Later* later) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // An idle connection of another pool (of the same user, if so asked) goes, the one that has been idle longest, so that
  // `wanting` may open one.
  void EvictFor(const Pool& wanting, bool of_user, Later* later) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  // Whether a connection of `pool` should rather be closed for a client of another pool, who has waited longer than
  // `first` of its own (null: has nobody) and whom only the shard's limit holds up, or the limit of the user of both.
  bool OwedElsewhere(const Pool& pool, const Waiter* first) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
  int OpenOfUser(std::string_view user) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

}  // namespace internal
}  // namespace pgshoal::exec
