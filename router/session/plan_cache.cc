#include "router/session/plan_cache.hpp"

#include <utility>

#include "base/limits.hpp"

namespace pgshoal::session {
namespace {

// abseil's containers look strings up by its own view.
absl::string_view View(std::string_view text) {
  return {text.data(), text.size()};
}

void Append(std::string* key, std::uint32_t number) {
  key->append(reinterpret_cast<const char*>(&number), sizeof(number));
}

}  // namespace

void PlanCache::Use(std::uint64_t snapshot_version) {
  if (version_ == snapshot_version) return;
  Clear();
  version_ = snapshot_version;
}

void PlanCache::Clear() {
  young_.clear();
  old_.clear();
  young_bytes_ = old_bytes_ = 0;
  figures_.entries = figures_.bytes = 0;
}

const CachedPlan* PlanCache::Find(std::string_view key) {
  if (auto it = young_.find(View(key)); it != young_.end()) {
    ++figures_.hits;
    return it->second.get();
  }
  auto it = old_.find(View(key));
  if (it == old_.end()) {
    ++figures_.misses;
    return nullptr;
  }
  ++figures_.hits;
  std::unique_ptr<CachedPlan> plan = std::move(it->second);
  old_bytes_ -= key.size();
  old_.erase(it);
  return Insert(key, std::move(plan));
}

void PlanCache::Add(std::string_view key, CachedPlan plan) {
  if (auto it = old_.find(View(key)); it != old_.end()) {
    old_bytes_ -= key.size();
    old_.erase(it);
  }
  Insert(key, std::make_unique<CachedPlan>(std::move(plan)));
}

const CachedPlan* PlanCache::Insert(std::string_view key, std::unique_ptr<CachedPlan> plan) {
  if (young_.size() >= limits::kMaxCachedPlans / 2 || young_bytes_ + key.size() > limits::kMaxCachedPlanBytes / 2) {
    figures_.evictions += old_.size();
    old_ = std::exchange(young_, Generation());
    old_bytes_ = std::exchange(young_bytes_, 0);
  }
  const CachedPlan* inserted = plan.get();
  auto [it, is_new] = young_.try_emplace(std::string(key));
  it->second = std::move(plan);
  if (is_new) young_bytes_ += key.size();
  figures_.entries = young_.size() + old_.size();
  figures_.bytes = young_bytes_ + old_bytes_;
  return inserted;
}

std::uint32_t SearchPathNumbers::NumberOf(const std::vector<std::string>& path) {
  auto it = numbers_.find(path);
  if (it != numbers_.end()) return it->second;
  if (numbers_.size() >= limits::kMaxSearchPaths) numbers_.clear();
  numbers_.emplace(path, next_);
  return next_++;
}

void KeyOfPrepared(std::string* key, std::uint32_t path, std::string_view text, std::span<const Oid> types) {
  key->assign(1, 'P');
  Append(key, path);
  Append(key, static_cast<std::uint32_t>(types.size()));
  for (const Oid type : types) Append(key, type);
  *key += text;
}

void KeyOfText(std::string* key, std::uint32_t path, std::string_view text) {
  key->assign(1, 'T');
  Append(key, path);
  *key += text;
}

}  // namespace pgshoal::session
