#include "shardmap/shard_set.hpp"

#include <algorithm>

namespace pgshoal::shardmap {

ShardSet ShardSet::Of(ShardId shard) {
  ShardSet set;
  set.Add(shard);
  return set;
}

ShardSet ShardSet::All(int count) {
  ShardSet set;
  set.low_ = count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  for (int done = 64; done < count; done += 64) {
    set.high_.push_back(count - done >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (count - done)) - 1);
  }
  return set;
}

void ShardSet::Add(ShardId shard) {
  const std::size_t word = shard.value / 64;
  const std::uint64_t bit = std::uint64_t{1} << (shard.value % 64);
  if (word == 0) {
    low_ |= bit;
    return;
  }
  if (high_.size() < word) high_.resize(word, 0);
  high_[word - 1] |= bit;
}

void ShardSet::Remove(ShardId shard) {
  if (!Contains(shard)) return;
  const std::size_t word = shard.value / 64;
  const std::uint64_t bit = std::uint64_t{1} << (shard.value % 64);
  (word == 0 ? low_ : high_[word - 1]) &= ~bit;
  Trim();
}

ShardSet ShardSet::Intersect(const ShardSet& other) const {
  ShardSet result;
  result.low_ = low_ & other.low_;
  const std::size_t shared = std::min(high_.size(), other.high_.size());
  for (std::size_t i = 0; i < shared; ++i) result.high_.push_back(high_[i] & other.high_[i]);
  result.Trim();
  return result;
}

ShardSet ShardSet::Unite(const ShardSet& other) const {
  ShardSet result = high_.size() >= other.high_.size() ? *this : other;
  const ShardSet& smaller = high_.size() >= other.high_.size() ? other : *this;
  result.low_ |= smaller.low_;
  for (std::size_t i = 0; i < smaller.high_.size(); ++i) result.high_[i] |= smaller.high_[i];
  return result;
}

ShardSet ShardSet::Without(const ShardSet& other) const {
  ShardSet result = *this;
  result.low_ &= ~other.low_;
  const std::size_t shared = std::min(high_.size(), other.high_.size());
  for (std::size_t i = 0; i < shared; ++i) result.high_[i] &= ~other.high_[i];
  result.Trim();
  return result;
}

int ShardSet::count() const {
  int total = std::popcount(low_);
  for (std::uint64_t word : high_) total += std::popcount(word);
  return total;
}

std::optional<ShardId> ShardSet::single() const {
  if (count() != 1) return std::nullopt;
  return *begin();
}

int ShardSet::Next(int position) const {
  if (position >= kEnd) return kEnd;
  std::size_t word = static_cast<std::size_t>(position) / 64;
  if (word >= WordCount()) return kEnd;
  std::uint64_t rest = Word(word) & (~std::uint64_t{0} << (position % 64));
  while (rest == 0) {
    if (++word >= WordCount()) return kEnd;
    rest = Word(word);
  }
  return static_cast<int>(word * 64) + std::countr_zero(rest);
}

}  // namespace pgshoal::shardmap
