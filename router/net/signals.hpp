#pragma once
// Signals as ordinary news of a reactor.

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "router/net/reactor.hpp"

namespace pgshoal::net {

// Blocks `signals` for the calling thread and the threads it starts from now on, and delivers them to `callback` on
// the reactor's thread. Create it in main before any other thread. SIGPIPE is ignored for the whole process.
class SignalWatcher {
 public:
  using Callback = absl::AnyInvocable<void(int signal)>;
  static absl::StatusOr<std::unique_ptr<SignalWatcher>> Create(Reactor& reactor, const std::vector<int>& signals,
                                                               Callback callback);
  // Stops delivering. The signals stay blocked.
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  struct Impl;
  explicit SignalWatcher(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgshoal::net
