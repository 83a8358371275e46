#pragma once
// What differs between epoll and io_uring: how streams' bytes reach the kernel, and how the reactor sleeps.

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/net/reactor.hpp"

namespace pgshoal::net::internal {

class ReactorCore;
class StreamCore;

// Calls back when a file descriptor is ready: for listeners, connects, wake-ups, all that is not a stream's bytes.
// The descriptor stays the owner's, who removes the watch before closing it.
struct Watch {
  int fd = -1;
  absl::AnyInvocable<void()> ready;  // may add and remove watches, this one too, but not destroy itself while running
};

enum class WatchMode {
  kReadable,           // level-triggered
  kReadableExclusive,  // level-triggered; of several reactors watching the same socket one is woken
  kReadableEdge,       // once per arrival
  kWritable,
};

class IoBackend {
 public:
  virtual ~IoBackend() = default;
  virtual Backend kind() const = 0;

  // First call on the thread that runs the loop.
  virtual absl::Status Start() = 0;
  // The stream's wishes have changed (new, output pending, reading wanted or not, releasing): act on them. Called once
  // per turn and stream, at the turn's end.
  virtual void Update(StreamCore& stream) = 0;
  // The owner is gone: end what is under way, then close the descriptor and delete the stream, now or later.
  virtual void Close(StreamCore* stream) = 0;
  // True once the kernel holds nothing of the stream; until then its event is notified of progress. The stream is not
  // reading (see StreamCore::releasing).
  virtual bool TryForget(StreamCore& stream) = 0;
  // Waits for news, or only looks when !block, and marks those whom it concerns.
  virtual void Wait(bool block) = 0;
  // End of the loop: no operation is under way after it, and streams are closed at once.
  virtual void Stop() = 0;

  virtual void AddWatch(Watch& watch, WatchMode mode) = 0;
  virtual void RemoveWatch(Watch& watch) = 0;
};

absl::StatusOr<std::unique_ptr<IoBackend>> MakeEpollBackend(ReactorCore& reactor);
// UNAVAILABLE when the kernel or its policy lacks what is needed.
absl::StatusOr<std::unique_ptr<IoBackend>> MakeUringBackend(ReactorCore& reactor);

}  // namespace pgshoal::net::internal
