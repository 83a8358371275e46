#pragma once
// Deadline: the moment until which somebody is ready to wait. Every wait takes one.

#include <chrono>
#include <compare>

namespace pgshoal::net {

using Clock = std::chrono::steady_clock;

class Deadline {
 public:
  // Never passes.
  constexpr Deadline() = default;
  static constexpr Deadline Never() { return Deadline(); }
  static constexpr Deadline At(Clock::time_point when) { return Deadline(when); }
  // Counted from the reactor's cached time on a reactor thread, from the clock elsewhere.
  // A duration of zero or less has passed already; one too long for the clock never passes.
  static Deadline After(std::chrono::nanoseconds duration);

  constexpr bool IsNever() const { return when_ == Clock::time_point::max(); }
  constexpr Clock::time_point When() const { return when_; }
  // By the same clock as After().
  bool Passed() const;

  friend constexpr auto operator<=>(Deadline, Deadline) = default;

 private:
  constexpr explicit Deadline(Clock::time_point when) : when_(when) {}
  Clock::time_point when_ = Clock::time_point::max();
};

}  // namespace pgshoal::net
