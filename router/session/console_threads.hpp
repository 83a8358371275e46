#pragma once
// Threads for console commands, which may block: one for each command under way, at most
// limits::kMaxConsoleCommandsAtOnce. Thread-safe.

#include <list>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace pgshoal::session {

class ConsoleThreads {
 public:
  ConsoleThreads() = default;
  ~ConsoleThreads();  // waits for all of them
  ConsoleThreads(const ConsoleThreads&) = delete;
  ConsoleThreads& operator=(const ConsoleThreads&) = delete;

  // False, and nothing is run, when there are too many.
  bool Run(absl::AnyInvocable<void()> work);

 private:
  struct Running {
    std::thread thread;
    bool done = false;
  };
  absl::Mutex mutex_;
  std::list<Running> running_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pgshoal::session
