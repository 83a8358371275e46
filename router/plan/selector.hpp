#pragma once
// Which shards a statement needs, as an expression over its parameters.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.hpp"
#include "shardmap/key_hash.hpp"
#include "shardmap/shard_map.hpp"
#include "shardmap/shard_set.hpp"

namespace pgshoal::plan {

// One bound parameter value. `bytes` points into the Bind message and lives as long as it does.
struct ParameterValue {
  Oid type = 0;  // declared type; 0 when the client left it to the server
  bool is_null = false;
  bool is_binary = false;
  std::string_view bytes;
};

// A constant or parameter that a column of the shard key is compared with (or, in INSERT, set to).
struct KeyOperand {
  std::optional<int> parameter;  // 0-based
  bool is_array = false;         // key = ANY(parameter): the parameter is an array
  Oid type = 0;                  // of the constant, or to which the parameter is cast; 0: untyped
  bool is_null = false;          // comparing: matches nothing; assigning: the place of NULL keys
  bool is_null_test = false;     // key IS NULL: the place of NULL keys
  std::string text;              // the constant's decoded text form
};

// A tree of set operations whose leaves are key comparisons.
struct Selector {
  enum class Op : std::uint8_t {
    kAll,   // every shard
    kNone,  // no row can qualify
    kHome,  // the home shard
    kAny,   // any one shard (reference tables, no table at all): no constraint
    kKey,   // the shard of the key whose columns equal `operands`
    kAnd,   // intersection of `children`
    kOr,    // union of `children`
  };
  Op op = Op::kAll;
  bool assigns = false;  // kKey of an INSERT: values are stored, not compared; undecidable is an error, not "all"
  std::vector<shardmap::KeyType> key_types;
  std::vector<std::int32_t> key_typmods;
  std::vector<KeyOperand> operands;  // one for each key column
  std::vector<Selector> children;
};

// What a selector comes to once the parameters are known.
struct Selection {
  bool any = false;  // no constraint at all: the caller chooses (prefers a shard it already uses, else home)
  shardmap::ShardSet shards;
};

// Errors: only for selectors that assign, when the key's value cannot be decided here (0A000).
absl::StatusOr<Selection> Evaluate(const Selector& selector, const shardmap::ShardMap& map,
                                   std::span<const ParameterValue> parameters);

}  // namespace pgshoal::plan
