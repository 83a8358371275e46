#include "router/plan/selector.hpp"

#include <fmt/format.h>

#include "absl/container/inlined_vector.h"
#include "base/oids.hpp"
#include "base/status.hpp"
#include "router/plan/array_value.hpp"

namespace pgshoal::plan {
namespace {

using shardmap::Format;
using shardmap::KeyMatch;
using shardmap::ShardSet;

constexpr std::size_t kMaxKeys = 100'000;  // keys computed for one selector

// The values of one key column. `unknown`: any hash is possible.
struct ColumnHashes {
  absl::InlinedVector<std::uint64_t, 2> hashes;
  bool unknown = false;
  bool rejected = false;  // PostgreSQL will raise an error wherever the statement runs
};

class Evaluator {
 public:
  Evaluator(const shardmap::ShardMap& map, std::span<const ParameterValue> parameters)
      : map_(map), parameters_(parameters) {}

  absl::StatusOr<Selection> Evaluate(const Selector& selector) const {
    switch (selector.op) {
      case Selector::Op::kAll:
        return Of(ShardSet::All(map_.shard_count()));
      case Selector::Op::kNone:
        return Of(ShardSet::None());
      case Selector::Op::kHome:
        return Of(ShardSet::Of(map_.home()));
      case Selector::Op::kAny:
        return Selection{true, ShardSet::None()};
      case Selector::Op::kKey:
        return Key(selector);
      case Selector::Op::kAnd:
      case Selector::Op::kOr:
        return Combined(selector);
    }
    return Of(ShardSet::All(map_.shard_count()));
  }

 private:
  static Selection Of(ShardSet shards) { return Selection{false, std::move(shards)}; }

  absl::StatusOr<Selection> Combined(const Selector& selector) const {
    const bool intersects = selector.op == Selector::Op::kAnd;
    Selection result{true, ShardSet::None()};
    for (const Selector& child : selector.children) {
      absl::StatusOr<Selection> next = Evaluate(child);
      if (!next.ok()) return next.status();
      if (next->any) continue;
      if (result.any) {
        result = *std::move(next);
      } else {
        result.shards = intersects ? result.shards.Intersect(next->shards) : result.shards.Unite(next->shards);
      }
    }
    return result;
  }

  ShardId ShardOfOne(std::uint64_t hash) const { return map_.ShardOf(shardmap::CombineHashes({&hash, 1})); }

  absl::StatusOr<Selection> Key(const Selector& selector) const {
    absl::InlinedVector<ColumnHashes, 2> columns;
    std::size_t combinations = 1;
    bool rejected = false;
    for (std::size_t i = 0; i < selector.key_types.size(); ++i) {
      absl::StatusOr<ColumnHashes> column = Column(selector, i);
      if (!column.ok()) return column.status();
      rejected |= column->rejected;
      if (column->unknown) return Of(ShardSet::All(map_.shard_count()));
      combinations *= column->hashes.size();
      if (combinations > kMaxKeys) return Of(ShardSet::All(map_.shard_count()));
      columns.push_back(*std::move(column));
    }
    if (rejected || columns.empty()) return Of(ShardSet::Of(map_.home()));
    if (columns.size() == 1 && combinations == 1) return Of(ShardSet::Of(ShardOfOne(columns[0].hashes[0])));
    ShardSet shards;
    absl::InlinedVector<std::size_t, 2> odometer(columns.size(), 0);
    absl::InlinedVector<std::uint64_t, 2> hashes(columns.size());
    for (std::size_t n = 0; n < combinations; ++n) {
      for (std::size_t c = 0; c < columns.size(); ++c) hashes[c] = columns[c].hashes[odometer[c]];
      shards.Add(map_.ShardOf(shardmap::CombineHashes(hashes)));
      for (std::size_t c = 0; c < columns.size() && ++odometer[c] == columns[c].hashes.size(); ++c) odometer[c] = 0;
    }
    return Of(std::move(shards));
  }

  absl::StatusOr<ColumnHashes> Column(const Selector& selector, std::size_t index) const {
    const KeyOperand& operand = selector.operands[index];
    ColumnHashes result;
    if (operand.is_null_test) {
      result.hashes.push_back(shardmap::kNullHash);
      return result;
    }
    if (operand.is_null) return FromMatch(selector, KeyMatch{}, std::move(result));
    Oid type = operand.type;
    Format format = Format::kText;
    std::string_view bytes = operand.text;
    if (operand.parameter) {
      const auto number = static_cast<std::size_t>(*operand.parameter);
      if (number >= parameters_.size()) {
        if (selector.assigns) return Undecided("the parameter has no value");
        result.unknown = true;
        return result;
      }
      const ParameterValue& value = parameters_[number];
      if (value.is_null) return FromMatch(selector, KeyMatch{}, std::move(result));
      format = value.is_binary ? Format::kBinary : Format::kText;
      bytes = value.bytes;
      const Oid declared = value.type == oid::kUnknown ? 0 : value.type;
      if (operand.is_array) return Array(selector, index, declared, format, bytes);
      // A cast of a parameter that the client declared otherwise is a conversion; only text form keeps it simple.
      if (declared != 0 && type != 0 && declared != type && !BothWhole(declared, type)) {
        if (selector.assigns) return Undecided("the parameter is converted from its declared type");
        result.unknown = true;
        return result;
      }
      if (declared != 0) type = declared;
    } else if (operand.is_array) {
      return Array(selector, index, 0, format, bytes);
    }
    return One(selector, index, type, format, bytes, std::move(result));
  }

  static bool BothWhole(Oid a, Oid b) {
    auto whole = [](Oid type) { return type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8; };
    return whole(a) && whole(b);
  }

  absl::StatusOr<ColumnHashes> One(const Selector& selector, std::size_t index, Oid type, Format format,
                                   std::string_view bytes, ColumnHashes result) const {
    const shardmap::KeyType key = selector.key_types[index];
    const std::int32_t typmod = index < selector.key_typmods.size() ? selector.key_typmods[index] : -1;
    absl::StatusOr<KeyMatch> match = selector.assigns ? shardmap::CoerceForAssignment(key, typmod, type, format, bytes)
                                                      : shardmap::CoerceForComparison(key, type, format, bytes);
    if (match.ok()) return FromMatch(selector, *match, std::move(result));
    if (shardmap::ServerRejects(match.status())) {
      result.rejected = true;
      result.hashes.push_back(shardmap::kNullHash);
      return result;
    }
    if (selector.assigns) return match.status();
    result.unknown = true;
    return result;
  }

  static absl::StatusOr<ColumnHashes> FromMatch(const Selector& selector, const KeyMatch& match, ColumnHashes result) {
    if (match.kind == KeyMatch::Kind::kHash) {
      result.hashes.push_back(match.hash);
    } else if (match.kind == KeyMatch::Kind::kNull && selector.assigns) {
      result.hashes.push_back(shardmap::kNullHash);
    }
    return result;
  }

  absl::StatusOr<ColumnHashes> Array(const Selector& selector, std::size_t index, Oid declared, Format format,
                                     std::string_view bytes) const {
    ColumnHashes result;
    const KeyOperand& operand = selector.operands[index];
    const auto array = format == Format::kBinary ? ReadBinaryArray(bytes) : ReadTextArray(bytes);
    const Oid declared_element = declared == 0 ? 0 : ElementTypeOf(declared);
    Oid element = operand.type;
    const bool unclear =
        !array || (declared != 0 && declared_element == 0) ||
        (declared_element != 0 && element != 0 && declared_element != element && !BothWhole(declared_element, element));
    if (unclear) {
      result.unknown = true;
      return result;
    }
    if (declared_element != 0) element = declared_element;
    if (array->element_type != 0) element = array->element_type;
    for (const std::optional<std::string>& value : array->values) {
      if (!value) continue;  // equal to nothing
      absl::StatusOr<ColumnHashes> next = One(selector, index, element, format, *value, std::move(result));
      if (!next.ok() || next->unknown) return next;
      result = *std::move(next);
    }
    return result;
  }

  static absl::Status Undecided(std::string_view why) {
    return Refuse(fmt::format("the shard of the new row cannot be told: {}", why), 0,
                  "Pass the shard key with the column's own type.");
  }

  const shardmap::ShardMap& map_;
  std::span<const ParameterValue> parameters_;
};

}  // namespace

absl::StatusOr<Selection> Evaluate(const Selector& selector, const shardmap::ShardMap& map,
                                   std::span<const ParameterValue> parameters) {
  return Evaluator(map, parameters).Evaluate(selector);
}

}  // namespace pgshoal::plan
