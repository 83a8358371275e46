#pragma once
// A set of shards: what a predicate leaves of the shards that a table lies on. A value type; up to 64 shards it owns
// no memory. Not thread-safe for writing, as any value.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"

namespace pgshoal::shardmap {

class ShardSet {
 public:
  // Walks the members in ascending order.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = ShardId;
    using difference_type = std::ptrdiff_t;
    using pointer = const ShardId*;
    using reference = ShardId;

    Iterator() = default;
    ShardId operator*() const { return ShardId(static_cast<std::uint16_t>(position_)); }
    Iterator& operator++() {
      position_ = set_->Next(position_ + 1);
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.position_ == b.position_; }

   private:
    friend class ShardSet;
    Iterator(const ShardSet* set, int position) : set_(set), position_(position) {}
    const ShardSet* set_ = nullptr;
    int position_ = kEnd;
  };

  ShardSet() = default;
  static ShardSet None() { return ShardSet(); }
  static ShardSet Of(ShardId shard);
  // Shards 0 … count − 1. REQUIRES: 0 <= count <= limits::kMaxShards.
  static ShardSet All(int count);

  // REQUIRES: shard.value < limits::kMaxShards.
  void Add(ShardId shard);
  void Remove(ShardId shard);
  [[nodiscard]] bool Contains(ShardId shard) const {
    const std::size_t word = shard.value / 64;
    return word < WordCount() && ((Word(word) >> (shard.value % 64)) & 1) != 0;
  }

  [[nodiscard]] ShardSet Intersect(const ShardSet& other) const;
  [[nodiscard]] ShardSet Unite(const ShardSet& other) const;
  [[nodiscard]] ShardSet Without(const ShardSet& other) const;
  [[nodiscard]] bool IsSubsetOf(const ShardSet& other) const { return Without(other).empty(); }

  [[nodiscard]] bool empty() const { return low_ == 0 && high_.empty(); }
  [[nodiscard]] int count() const;
  // The member of a set of one; nullopt for any other set.
  [[nodiscard]] std::optional<ShardId> single() const;

  [[nodiscard]] Iterator begin() const { return Iterator(this, Next(0)); }
  [[nodiscard]] Iterator end() const { return Iterator(this, kEnd); }

  friend bool operator==(const ShardSet&, const ShardSet&) = default;

 private:
  static constexpr int kEnd = limits::kMaxShards;

  [[nodiscard]] std::size_t WordCount() const { return 1 + high_.size(); }
  [[nodiscard]] std::uint64_t Word(std::size_t i) const { return i == 0 ? low_ : high_[i - 1]; }
  // The first member at or after `position`; kEnd when there is none.
  [[nodiscard]] int Next(int position) const;
  // Drops trailing empty words, so that equal sets have equal parts.
  void Trim() {
    while (!high_.empty() && high_.back() == 0) high_.pop_back();
  }

  std::uint64_t low_ = 0;            // shards 0 … 63
  std::vector<std::uint64_t> high_;  // shards 64 and above; its last word is never 0
};

}  // namespace pgshoal::shardmap
