#pragma once
// What clients of one worker have had planned, so that a statement seen before is neither parsed nor planned again.
//
// One cache for each worker, used on its thread only. A plan depends on the text, the declared types, the search_path
// and the snapshot of map and catalog: the first three make the key, and a new snapshot empties the cache. Plans never
// depend on the values of parameters; with its constants taken out, a statement with literals is one with parameters.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/ids.hpp"
#include "router/plan/plan.hpp"
#include "router/session/query_figures.hpp"
#include "router/session/result_shape.hpp"

namespace pgshoal::session {

using PlanPtr = std::shared_ptr<const plan::Plan>;

// A text, the types that its parameters were declared with, and its plan. Immutable but for what a server is yet to tell;
// any number of clients' prepared statements, all of one worker, may share one.
struct PlannedText {
  std::string text;
  std::vector<Oid> types;  // 0 for those left to the server
  std::uint64_t id = 0;    // on servers: exec::ServerStatementName(id)
  PlanPtr plan;
  std::size_t parameter_count = 0;
  QueryFiguresPtr figures;  // null: nobody counts
  // Once a server has prepared it: the shape of its rows, and what its parameters are there.
  mutable std::optional<ResultShape> shape;
  mutable std::optional<std::vector<Oid>> parameter_types;
};
using PlannedTextPtr = std::shared_ptr<const PlannedText>;

struct CachedPlan {
  PlannedTextPtr prepared;  // of the extended protocol
  PlanPtr plan;             // of the simple protocol; null: nothing is to be had under this key
  int position_shift = 0;   // characters before the statement in the text that is the key
  // Of a key without constants: those that are written with a minus sign before them; empty: none is.
  std::vector<bool> negative;
  QueryFiguresPtr figures;  // of the simple protocol
};

struct PlanCacheFigures {
  std::uint64_t hits = 0, misses = 0, evictions = 0;
  std::size_t entries = 0, bytes = 0;
};

class PlanCache {
 public:
  // Forgets everything when `snapshot_version` is not that of the last call.
  void Use(std::uint64_t snapshot_version);
  // Null: not there. The answer is valid until the next call of a member that is not const.
  const CachedPlan* Find(std::string_view key);
  void Add(std::string_view key, CachedPlan plan);
  void Clear();
  const PlanCacheFigures& figures() const { return figures_; }

 private:
  // Two generations: what is found in the old one moves to the young one; when the young one is full, it becomes the
  // old one, and what nobody has asked for since is gone.
  using Generation = absl::flat_hash_map<std::string, std::unique_ptr<CachedPlan>>;
  const CachedPlan* Insert(std::string_view key, std::unique_ptr<CachedPlan> plan);

  std::uint64_t version_ = 0;
  Generation young_, old_;
  std::size_t young_bytes_ = 0, old_bytes_ = 0;
  PlanCacheFigures figures_;
};

// Small numbers for search paths: equal paths have equal numbers, and no number is ever used again for another path.
class SearchPathNumbers {
 public:
  std::uint32_t NumberOf(const std::vector<std::string>& path);

 private:
  absl::flat_hash_map<std::vector<std::string>, std::uint32_t> numbers_;
  std::uint32_t next_ = 1;
};

// Keys. Each writes over `key`, which the caller keeps for its memory.
void KeyOfPrepared(std::string* key, std::uint32_t path, std::string_view text, std::span<const Oid> types);
void KeyOfText(std::string* key, std::uint32_t path, std::string_view text);

}  // namespace pgshoal::session
