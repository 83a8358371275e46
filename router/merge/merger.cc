#include "router/merge/merger.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/accumulator.hpp"
#include "router/merge/mergers.hpp"

namespace pgshoal::merge {
namespace {

using plan::Combine;

constexpr std::string_view kInvalidRowCountInLimit = "2201W";
constexpr std::string_view kInvalidRowCountInOffset = "2201X";

absl::Status Internal(std::string_view what) {
  return SqlStatus(sqlstate::kInternalError, fmt::format("cannot merge the shards' results: {}", what));
}

bool Inside(int column, std::size_t columns) { return column >= 0 && static_cast<std::size_t>(column) < columns; }

// A sort key that counts in the output must find its value in binary there.
absl::Status CheckOutputKey(const MergeShape& shape, const plan::SortKey& key) {
  const plan::StreamSpec& spec = *shape.spec;
  if (!spec.combines || !Inside(key.column, spec.output.size())) return Internal("a sort key is not in the output");
  const auto index = static_cast<std::size_t>(key.column);
  const bool text = key.type == plan::SortType::kTextC || key.type == plan::SortType::kBpcharC;
  if (spec.output[index].combine == Combine::kPass && shape.client_formats[index] == 0 && !text) {
    return Internal("a sort key is there as text only");
  }
  return absl::OkStatus();
}

// Every column number is inside the shards' rows, and every combined column can be combined.
absl::Status CheckShape(const MergeShape& shape) {
  const plan::StreamSpec& spec = *shape.spec;
  const auto columns = static_cast<std::size_t>(shape.shard_columns);
  for (std::size_t i = 0; i < spec.output.size(); ++i) {
    const plan::OutputColumn& output = spec.output[i];
    if (!Inside(output.column, columns) || output.compare_column >= shape.shard_columns ||
        output.variance_column >= shape.shard_columns || output.digits_column >= shape.shard_columns ||
        (output.combine == Combine::kAvg && !Inside(output.count_column, columns))) {
      return Internal("a column is missing");
    }
    if (!spec.combines && output.combine != Combine::kPass) return Internal("an aggregate that is not combined");
    if (absl::Status status = CheckCombinable(output, shape.client_formats[i]); !status.ok()) return status;
  }
  for (const plan::SortKey& key : spec.order) {
    if (key.of_output) {
      if (absl::Status status = CheckOutputKey(shape, key); !status.ok()) return status;
    } else if (!Inside(key.column, columns)) {
      return Internal("a sort key is missing");
    }
  }
  for (const plan::SortKey& key : spec.groups) {
    if (key.of_output || !Inside(key.column, columns)) return Internal("a group key is missing");
  }
  if (spec.combines && spec.output.empty()) return Internal("nothing to combine");
  return absl::OkStatus();
}

// Empty when each client column is the shard's column of the same number, and there are no others.
std::vector<int> Projection(const plan::StreamSpec& spec, int shard_columns) {
  std::vector<int> projection;
  bool same = ClientColumns(spec, shard_columns) == shard_columns;
  for (int i = 0; i < ClientColumns(spec, shard_columns); ++i) {
    projection.push_back(spec.output.empty() ? i : spec.output[static_cast<std::size_t>(i)].column);
    same &= projection.back() == i;
  }
  if (same) projection.clear();
  return projection;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Merger>> Merger::Create(const plan::StreamSpec& spec, std::size_t sources,
                                                       int shard_columns, MergeOptions options) {
  if (options.limit.value_or(0) < 0) return SqlStatus(kInvalidRowCountInLimit, "LIMIT must not be negative");
  if (options.offset.value_or(0) < 0) return SqlStatus(kInvalidRowCountInOffset, "OFFSET must not be negative");
  const absl::StatusOr<std::vector<std::int16_t>> formats =
      ShardFormats(spec, shard_columns, options.client_formats);
  if (!formats.ok()) return formats.status();
  const int client_columns = ClientColumns(spec, shard_columns);
  if (client_columns < 0) return Internal("more hidden columns than columns");

  MergeShape shape;
  shape.spec = &spec;
  shape.sources = sources;
  shape.shard_columns = shard_columns;
  shape.projection = Projection(spec, shard_columns);
  shape.client_formats = std::move(options.client_formats);
  if (shape.client_formats.empty()) shape.client_formats.push_back(0);
  shape.client_formats.resize(static_cast<std::size_t>(client_columns), shape.client_formats.front());
  shape.limit = options.limit;
  shape.offset = options.offset;
  if (absl::Status status = CheckShape(shape); !status.ok()) return status;

  if (spec.combines) return MakeCombineMerger(std::move(shape));
  if (!spec.order.empty()) return MakeOrderedMerger(std::move(shape));
  return MakeConcatMerger(std::move(shape));
}

}  // namespace pgshoal::merge
