#include "router/net/signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "router/net/reactor_core.hpp"
#include "router/net/socket.hpp"

namespace pgshoal::net {

struct SignalWatcher::Impl {
  Impl(internal::ReactorCore& reactor, int fd, Callback callback) : reactor(reactor), callback(std::move(callback)) {
    watch.fd = fd;
    watch.ready = [this] { Read(); };
    reactor.backend().AddWatch(watch, internal::WatchMode::kReadable);
  }
  ~Impl() {
    reactor.backend().RemoveWatch(watch);
    close(watch.fd);
  }
  void Read() {
    signalfd_siginfo info{};
    if (read(watch.fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      callback(static_cast<int>(info.ssi_signo));
    }
  }

  internal::ReactorCore& reactor;
  Callback callback;
  internal::Watch watch;
};

SignalWatcher::SignalWatcher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SignalWatcher::~SignalWatcher() = default;

absl::StatusOr<std::unique_ptr<SignalWatcher>> SignalWatcher::Create(Reactor& reactor, const std::vector<int>& signals,
                                                                     Callback callback) {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return internal::SystemError("cannot watch signals", errno);
  if (const int error = pthread_sigmask(SIG_BLOCK, &set, nullptr); error != 0) {
    close(fd);
    return internal::SystemError("cannot block signals", error);
  }
  auto impl = std::make_unique<Impl>(reactor.core(), fd, std::move(callback));
  return std::unique_ptr<SignalWatcher>(new SignalWatcher(std::move(impl)));
}

}  // namespace pgshoal::net
