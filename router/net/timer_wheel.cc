#include "router/net/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace pgshoal::net::internal {

void TimerWheel::Insert(TimerNode& node, std::uint64_t when) {
  constexpr std::uint64_t kHorizon = (std::uint64_t{1} << (kBits * kLevels)) - 1;
  node.when = std::clamp(when, elapsed_, kHorizon);
  next_wake_ = std::min(next_wake_, node.when);
  Place(node);
}

void TimerWheel::Place(TimerNode& node) {
  const int highest_bit = 63 - std::countl_zero((node.when ^ elapsed_) | (kSlots - 1));
  const int level = highest_bit / kBits;
  const auto index = (node.when >> (level * kBits)) & (kSlots - 1);
  occupied_[level] |= std::uint64_t{1} << index;
  slots_[level][index].PushBack(node);
}

TimerWheel::Slot TimerWheel::FirstSlot() const {
  // Slots of a level lie ahead of now within the level above, so the lowest occupied level holds the earliest.
  for (int level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const int index = std::countr_zero(occupied_[level]);
    const int shift = level * kBits;
    const std::uint64_t base = elapsed_ >> (shift + kBits) << (shift + kBits);
    return {level, index, base + (static_cast<std::uint64_t>(index) << shift)};
  }
  return {-1, 0, kNever};
}

void TimerWheel::Advance(std::uint64_t now) {
  if (now < next_wake_) return;  // elapsed_ may stay behind: nothing depends on it but placement
  ListNode due;
  for (Slot slot = FirstSlot(); slot.start <= now && slot.level >= 0; slot = FirstSlot()) {
    elapsed_ = std::max(elapsed_, slot.start);
    occupied_[slot.level] &= ~(std::uint64_t{1} << slot.index);
    ListNode moved;
    slots_[slot.level][slot.index].SpliceInto(moved);
    while (moved.Linked()) {
      auto& node = static_cast<TimerNode&>(*moved.next);
      node.Unlink();
      if (node.when <= elapsed_) {
        due.PushBack(node);
      } else {
        Place(node);
      }
    }
  }
  elapsed_ = std::max(elapsed_, now);
  next_wake_ = FirstSlot().start;
  while (due.Linked()) {
    auto& node = static_cast<TimerNode&>(*due.next);
    node.Unlink();
    node.fire(&node);
  }
}

}  // namespace pgshoal::net::internal
