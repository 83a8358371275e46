#pragma once
// One statement's rows from several shards, made into the rows that one PostgreSQL would send.
//
// Three ways, chosen by the StreamSpec: concatenation (no order), k-way merge of sorted shards (order), and combining of
// partial aggregates (combines). LIMIT and OFFSET apply to all three. Memory is bounded: a source whose rows wait is
// not wanted until they are taken, and combined groups have limits::kMaxGroupsInMemory and kMaxGroupBytes.
//
// Life of one: ShardFormats -> (ask the shards) -> Create -> AddRow / SourceDone while Wants -> Drain until Finished.
// Errors carry a SQLSTATE and end the statement. Threads: one at a time. The StreamSpec must outlive the merger.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/limits.hpp"
#include "router/plan/plan.hpp"

namespace pgshoal::merge {

struct MergeOptions {
  // As in the client's Bind: none (all text), one for all, or one for each column that the client sees.
  std::vector<std::int16_t> client_formats;
  // LIMIT and OFFSET with their parameters resolved; nothing for NULL or none. Below zero: 2201W, 2201X.
  std::optional<std::int64_t> limit, offset;
};

// How many columns the client sees. `shard_columns`: how many a shard returns.
int ClientColumns(const plan::StreamSpec& spec, int shard_columns);

// How the shards must be asked (Bind's result formats), one code for each shard column. 08P01 when the client gave
// another number of formats than there are columns; XX000 when a column would have to be text and binary at once.
absl::StatusOr<std::vector<std::int16_t>> ShardFormats(const plan::StreamSpec& spec, int shard_columns,
                                                       std::span<const std::int16_t> client_formats);

// The RowDescription body that the client sees, from a shard's: hidden columns cut, names and types of combined
// columns, formats as the client asked (none for the answer to a Describe of a statement).
absl::StatusOr<std::string> DescribeForClient(const plan::StreamSpec& spec, std::string_view row_description_body,
                                              std::span<const std::int16_t> client_formats);

class Merger {
 public:
  // `shard_columns`: how many columns the shards return (spec.shard_columns, or what they described).
  static absl::StatusOr<std::unique_ptr<Merger>> Create(const plan::StreamSpec& spec, std::size_t sources,
                                                        int shard_columns, MergeOptions options);
  virtual ~Merger() = default;

  // One DataRow body from a shard; copied as far as it is needed later. The rows of a source come in its own order.
  // Accepts a row even when the source is not wanted. REQUIRES: source < sources, not done.
  virtual absl::Status AddRow(std::size_t source, std::string_view data_row_body) = 0;

  // The source sends no more rows (CommandComplete came). Idempotent.
  virtual void SourceDone(std::size_t source) = 0;

  // False: enough rows of this source wait; stop reading from it until Drain has taken some. False for all once no
  // more rows matter (LIMIT reached): what still comes can be thrown away.
  virtual bool Wants(std::size_t source) const = 0;

  // Appends complete DataRow messages to `out`, at most `max_rows`, stopping after `out` has grown by `max_bytes`.
  // Returns how many. Zero (with both bounds above zero): a wanted source must bring something first, or Finished.
  virtual absl::StatusOr<std::uint64_t> Drain(std::string* out, std::uint64_t max_rows,
                                              std::size_t max_bytes = limits::kMaxBufferedOutput) = 0;

  // No more output will come: the limit is reached, or every source is done and drained.
  virtual bool Finished() const = 0;
};

}  // namespace pgshoal::merge
