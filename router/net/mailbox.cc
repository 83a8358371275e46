#include <sys/eventfd.h>
#include <unistd.h>

#include "router/net/reactor_core.hpp"

namespace pgshoal::net::internal {

Mailbox::Mailbox() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Mailbox::~Mailbox() {
  close(fd_);
}

bool Mailbox::Post(absl::AnyInvocable<void()> function) {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    functions_.push_back(std::move(function));
  }
  has_mail_.store(true);
  Wake();
  return true;
}

// The sleeper announces its sleep and then looks for mail; the sender leaves mail and then looks for the sleeper. Both
// in the one order of sequentially consistent operations, so at least one of them sees the other.
void Mailbox::Wake() {
  if (!sleeping_.exchange(false)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(fd_, &one, sizeof one);
}

bool Mailbox::PrepareToSleep() {
  sleeping_.store(true);
  if (!has_mail_.load()) return true;
  sleeping_.store(false);
  return false;
}

void Mailbox::Drain(std::vector<absl::AnyInvocable<void()>>& into) {
  if (!has_mail_.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(mutex_);
  has_mail_.store(false);
  into.swap(functions_);
}

void Mailbox::Close() {
  std::vector<absl::AnyInvocable<void()>> unrun;
  std::lock_guard lock(mutex_);
  closed_ = true;
  unrun.swap(functions_);
}

}  // namespace pgshoal::net::internal
