#pragma once
// Strong integer ids: a shard cannot be passed where a slot is meant.

#include <compare>
#include <cstdint>
#include <functional>

namespace pgshoal {

// REQUIRES: Tag is an empty struct unique to the id's meaning.
template <class Tag, class Rep>
struct StrongId {
  Rep value{};

  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep v) : value(v) {}
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
  template <class H>
  friend H AbslHashValue(H h, StrongId id) {
    return H::combine(std::move(h), id.value);
  }
};

using ShardId = StrongId<struct ShardTag, std::uint16_t>;  // index into the map's list of shards
using SlotId = StrongId<struct SlotTag, std::uint16_t>;    // 0 … slots − 1
using Epoch = StrongId<struct EpochTag, std::uint64_t>;    // version of a shard map; grows
using Oid = std::uint32_t;                                 // PostgreSQL's object id

}  // namespace pgshoal
