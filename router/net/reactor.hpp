#pragma once
// Reactor: one thread's loop over everything that can happen to its sockets, timers and coroutines.
//
// A turn of the loop: resume whoever is ready; hand what the streams' owners wrote to the kernel, once per stream;
// sleep until the kernel has news; mark who is ready. With io_uring a turn is one system call.
//
// Everything here and all that hangs on a reactor (streams, listeners, events, timers) is used on the thread that calls
// Run(), or before Run() by the thread that prepares it; only Post() and Stop() may be called from anywhere.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "router/net/deadline.hpp"
#include "router/net/task.hpp"

namespace pgshoal::net {

enum class Backend {
  kAuto,     // io_uring when this machine allows it, epoll otherwise
  kIoUring,  // needs Linux 6.1 and permission (containers often forbid it)
  kEpoll,
};

namespace internal {
class ReactorCore;
class Mailbox;
}  // namespace internal

// Posts to a reactor that may be gone by then: a copyable handle for other threads.
class Poster {
 public:
  // True when the reactor still existed; the function is then run on its thread, or destroyed unrun at its end.
  bool Post(absl::AnyInvocable<void()> function) const;

 private:
  friend class Reactor;
  std::shared_ptr<internal::Mailbox> mailbox_;
};

struct ReactorStats {
  std::uint64_t turns = 0;         // rounds of the loop
  std::uint64_t system_calls = 0;  // made by loop and streams: waits, receives, sends, control
  std::uint64_t received_bytes = 0;
  std::uint64_t sent_bytes = 0;
  std::size_t streams = 0;
  std::size_t tasks = 0;         // spawned and not finished
  std::size_t buffer_bytes = 0;  // receive blocks allocated: held by streams, lent to the kernel, pooled
};

class Reactor {
 public:
  // UNAVAILABLE when the backend asked for does not work here (kAuto falls back instead).
  static absl::StatusOr<std::unique_ptr<Reactor>> Create(Backend backend = Backend::kAuto);

  // Destroys whatever is still spawned. Streams that outlive their reactor are closed; only destroying them is allowed.
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  // Runs the loop on this thread until Stop(). At its end the spawned tasks that have not finished are destroyed, here.
  // At most once.
  void Run();
  // From any thread: Run() returns after its current turn.
  void Stop();

  // From any thread: `function` runs on the reactor's thread in one of the next turns, in order of posting.
  // Functions posted after Stop() are destroyed unrun.
  void Post(absl::AnyInvocable<void()> function);
  Poster MakePoster() const;

  // Owns the task and starts it in the next round of the loop. On the reactor's thread, or before Run().
  void Spawn(Task<void> task);

  // The time at which the current turn began to run.
  Clock::time_point Now() const;

  // The reactor running on this thread, or that this thread is preparing (the last one created and not yet run).
  // REQUIRES: there is one.
  static Reactor& Current();
  static Reactor* CurrentOrNull();

  Backend backend() const;  // kIoUring or kEpoll
  ReactorStats Stats() const;

  internal::ReactorCore& core() { return *core_; }

 private:
  explicit Reactor(std::unique_ptr<internal::ReactorCore> core);
  std::unique_ptr<internal::ReactorCore> core_;
};

// Calls a function on its reactor's thread when a deadline passes. Setting and cancelling cost no system call.
class Timer {
 public:
  Timer(Reactor& reactor, absl::AnyInvocable<void()> function);
  // Of the reactor current when it is set.
  explicit Timer(absl::AnyInvocable<void()> function);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Replaces an earlier deadline. The function may set the timer again, but not destroy it.
  void Set(Deadline deadline);
  void Cancel();
  bool IsSet() const;

 private:
  struct Node;
  std::unique_ptr<Node> node_;
};

}  // namespace pgshoal::net
