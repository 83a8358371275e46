#include "router/session/console_threads.hpp"

#include <system_error>
#include <utility>

#include "base/operation_limits.hpp"

namespace pgshoal::session {

ConsoleThreads::~ConsoleThreads() {
  std::list<Running> left;
  {
    absl::MutexLock lock(&mutex_);
    left.swap(running_);
  }
  // Those that still run look for their entry in `left`: splicing moves no node.
  for (Running& running : left) running.thread.join();
}

bool ConsoleThreads::Run(absl::AnyInvocable<void()> work) {
  std::list<Running> finished;
  {
    absl::MutexLock lock(&mutex_);
    for (auto it = running_.begin(); it != running_.end();) {
      const auto next = std::next(it);
      if (it->done) finished.splice(finished.end(), running_, it);
      it = next;
    }
  }
  for (Running& running : finished) running.thread.join();
  absl::MutexLock lock(&mutex_);
  if (running_.size() >= limits::kMaxConsoleCommandsAtOnce) return false;
  Running& entry = running_.emplace_back();
  try {
    entry.thread = std::thread([this, &entry, work = std::move(work)]() mutable {
      work();
      absl::MutexLock done_lock(&mutex_);
      entry.done = true;
    });
  } catch (const std::system_error&) {
    running_.pop_back();
    return false;
  }
  return true;
}

}  // namespace pgshoal::session
