#include "router/net/deadline.hpp"

#include "router/net/reactor_core.hpp"

namespace pgshoal::net {
namespace {

Clock::time_point CurrentTime() {
  const internal::ReactorCore* core = internal::ReactorCore::current;
  return core != nullptr ? core->now() : Clock::now();
}

}  // namespace

Deadline Deadline::After(std::chrono::nanoseconds duration) {
  const Clock::time_point now = CurrentTime();
  if (duration >= Clock::time_point::max() - now) return Never();
  return Deadline(now + duration);
}

bool Deadline::Passed() const {
  return when_ <= CurrentTime();
}

}  // namespace pgshoal::net
