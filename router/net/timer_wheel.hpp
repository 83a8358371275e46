#pragma once
// A hierarchical timing wheel: setting and cancelling a timer is a list insertion and removal, whatever their number.

#include <array>
#include <cstdint>

#include "router/net/node.hpp"

namespace pgshoal::net::internal {

// Time is in milliseconds of any steady clock and never runs backwards. Level 0 has a slot for each of the next 64
// milliseconds, each further level slots 64 times as long. A node lies at the level of the highest base-64 digit in
// which its time differs from now; it moves down when that digit's turn comes.
class TimerWheel {
 public:
  static constexpr std::uint64_t kNever = UINT64_MAX;

  explicit TimerWheel(std::uint64_t now) : elapsed_(now) {}

  // Cancel by node.Unlink(). A time that has come already fires at the next Advance. REQUIRES: !node.Linked().
  void Insert(TimerNode& node, std::uint64_t when);
  // Fires all nodes whose time is `now` or earlier. `fire` may insert, unlink and destroy nodes.
  void Advance(std::uint64_t now);
  // No timer fires before this time; Advance must be called then. kNever when there is none.
  std::uint64_t NextWake() const { return next_wake_; }

 private:
  static constexpr int kBits = 6;
  static constexpr int kLevels = 8;  // more than the steady clock can count
  static constexpr std::uint64_t kSlots = 1u << kBits;

  struct Slot {
    int level;
    int index;
    std::uint64_t start;
  };
  Slot FirstSlot() const;
  void Place(TimerNode& node);

  std::uint64_t elapsed_;
  std::uint64_t next_wake_ = kNever;
  std::array<std::uint64_t, kLevels> occupied_{};  // a set bit may be stale: its slot may be empty
  std::array<std::array<ListNode, kSlots>, kLevels> slots_;
};

}  // namespace pgshoal::net::internal
