// Combining of partial aggregates: every shard's rows are taken in, those of equal groups become one row, and only when
// all shards are done rows go out.
#include <algorithm>
#include <deque>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "absl/container/flat_hash_map.h"
#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/accumulator.hpp"
#include "router/merge/mergers.hpp"
#include "router/merge/row_window.hpp"
#include "router/merge/sort_key.hpp"
#include "router/wire/backend.hpp"

namespace pgshoal::merge {
namespace {

using plan::Combine;
using plan::OutputColumn;

struct Group {
  std::string row;                        // body of the first row, when something passes or sorts by it; or empty
  std::vector<Accumulator> accumulators;  // one for each output that is not kPass
};

class CombineMerger final : public Merger {
 public:
  explicit CombineMerger(MergeShape shape)
      : shape_(std::move(shape)),
        spec_(*shape_.spec),
        window_(shape_.limit, shape_.offset),
        done_(shape_.sources, false),
        running_(shape_.sources) {
    for (const OutputColumn& output : spec_.output) {
      if (output.combine == Combine::kPass) {
        keeps_rows_ = true;
      } else {
        aggregates_.push_back(&output);
      }
    }
    for (const plan::SortKey& key : spec_.order) keeps_rows_ |= !key.of_output;
    if (spec_.groups.empty()) groups_.emplace_back().accumulators.resize(aggregates_.size());
  }

  absl::Status AddRow(std::size_t, std::string_view body) override {
    if (window_.closed()) return absl::OkStatus();
    if (absl::Status status = wire::DecodeDataRow(body, &row_); !status.ok()) return status;
    if (row_.size() != static_cast<std::size_t>(shape_.shard_columns)) {
      return SqlStatus(sqlstate::kProtocolViolation, "a shard sent a row with another number of columns");
    }
    absl::StatusOr<Group*> group = FindGroup(body);
    if (!group.ok()) return group.status();
    for (std::size_t i = 0; i < aggregates_.size(); ++i) {
      Accumulator& accumulator = (*group)->accumulators[i];
      bytes_ -= accumulator.Bytes();
      if (absl::Status status = accumulator.Add(*aggregates_[i], row_); !status.ok()) return status;
      bytes_ += accumulator.Bytes();
    }
    return CheckBounds();
  }

  void SourceDone(std::size_t source) override {
    if (!done_[source]) --running_;
    done_[source] = true;
  }

  bool Wants(std::size_t source) const override { return !window_.closed() && !done_[source]; }

  absl::StatusOr<std::uint64_t> Drain(std::string* out, std::uint64_t max_rows, std::size_t max_bytes) override {
    if (running_ > 0 || window_.closed()) return 0;
    if (!sorted_) {
      if (absl::Status status = Sort(); !status.ok()) return status;
    }
    const std::size_t start = out->size();
    std::uint64_t rows = 0;
    while (next_ < sequence_.size() && !window_.closed() && rows < max_rows && out->size() - start < max_bytes) {
      const Group& group = groups_[sequence_[next_++]];
      if (!window_.Admit()) continue;
      if (absl::Status status = Emit(group, out); !status.ok()) return status;
      ++rows;
    }
    return rows;
  }

  bool Finished() const override { return window_.closed() || (sorted_ && next_ == sequence_.size()); }

 private:
  absl::StatusOr<Group*> FindGroup(std::string_view body) {
    if (spec_.groups.empty()) {
      if (groups_[0].row.empty()) return KeepRow(&groups_[0], body);
      return &groups_[0];
    }
    key_.clear();
    for (const plan::SortKey& key : spec_.groups) {
      const wire::Value& value = row_[static_cast<std::size_t>(key.column)];
      if (absl::Status status = Check(key, value); !status.ok()) return status;
      AppendGroupKey(&key_, key.type, value);
    }
    const auto [entry, is_new] = index_.try_emplace(key_, static_cast<std::uint32_t>(groups_.size()));
    if (!is_new) return &groups_[entry->second];
    Group& group = groups_.emplace_back();
    group.accumulators.resize(aggregates_.size());
    bytes_ += key_.size() + sizeof(std::string) + sizeof(Group) + sizeof(Accumulator) * aggregates_.size();
    return KeepRow(&group, body);
  }

  absl::StatusOr<Group*> KeepRow(Group* group, std::string_view body) {
    for (const plan::SortKey& key : spec_.order) {
      if (key.of_output) continue;
      if (absl::Status status = Check(key, row_[static_cast<std::size_t>(key.column)]); !status.ok()) return status;
    }
    if (keeps_rows_) {
      group->row.assign(body);
      bytes_ += body.size();
    }
    return group;
  }

  static absl::Status Check(const plan::SortKey& key, const wire::Value& value) {
    return value.is_null ? absl::OkStatus() : CheckValue(key.type, value.bytes);
  }

  absl::Status CheckBounds() const {
    if (groups_.size() <= limits::kMaxGroupsInMemory && bytes_ <= limits::kMaxGroupBytes) return absl::OkStatus();
    const std::string hint = "Group by the shard key, or select fewer groups in WHERE.";
    if (groups_.size() > limits::kMaxGroupsInMemory) {
      return SqlStatus(sqlstate::kProgramLimitExceeded,
                       fmt::format("more than {} groups from several shards", limits::kMaxGroupsInMemory), 0, hint);
    }
    return SqlStatus(sqlstate::kOutOfMemory,
                     fmt::format("groups from several shards take more than {} bytes", limits::kMaxGroupBytes), 0,
                     hint);
  }

  // Columns of the group's first row; all NULL when there was none.
  absl::Status LoadRow(const Group& group, std::vector<wire::Value>* columns) const {
    if (!group.row.empty()) return wire::DecodeDataRow(group.row, columns);
    columns->assign(static_cast<std::size_t>(shape_.shard_columns), wire::Value{true, {}});
    return absl::OkStatus();
  }

  std::size_t AggregateIndex(const OutputColumn& output) const {
    return static_cast<std::size_t>(std::find(aggregates_.begin(), aggregates_.end(), &output) - aggregates_.begin());
  }

  // Fills sequence_ with the groups in the order in which they go out.
  absl::Status Sort() {
    sorted_ = true;
    sequence_.resize(groups_.size());
    std::iota(sequence_.begin(), sequence_.end(), 0u);
    const std::vector<plan::SortKey>& order = spec_.order;
    if (order.empty() || groups_.size() < 2) return absl::OkStatus();

    std::deque<std::string> computed;  // values of combined columns, in binary
    std::vector<wire::Value> keys;     // order.size() for each group
    keys.reserve(groups_.size() * order.size());
    for (const Group& group : groups_) {
      if (absl::Status status = LoadRow(group, &row_); !status.ok()) return status;
      for (const plan::SortKey& key : order) {
        absl::StatusOr<wire::Value> value = SortValue(key, group, &computed);
        if (!value.ok()) return value.status();
        keys.push_back(*value);
      }
    }
    const auto before = [&](std::uint32_t a, std::uint32_t b) {
      for (std::size_t i = 0; i < order.size(); ++i) {
        const int result = CompareByKey(order[i], keys[a * order.size() + i], keys[b * order.size() + i]);
        if (result != 0) return result < 0;
      }
      return a < b;
    };
    std::sort(sequence_.begin(), sequence_.end(), before);
    return absl::OkStatus();
  }

  // REQUIRES: row_ holds the group's first row.
  absl::StatusOr<wire::Value> SortValue(const plan::SortKey& key, const Group& group,
                                        std::deque<std::string>* computed) {
    if (!key.of_output) return row_[static_cast<std::size_t>(key.column)];
    const OutputColumn& output = spec_.output[static_cast<std::size_t>(key.column)];
    wire::Value value;
    if (output.combine == Combine::kPass) {
      value = row_[static_cast<std::size_t>(output.column)];
    } else {
      std::string& bytes = computed->emplace_back();
      absl::StatusOr<bool> present = group.accumulators[AggregateIndex(output)].FinishForSort(output, &bytes);
      if (!present.ok()) return present.status();
      value = {!*present, bytes};
    }
    if (absl::Status status = Check(key, value); !status.ok()) return status;
    return value;
  }

  absl::Status Emit(const Group& group, std::string* out) {
    if (absl::Status status = LoadRow(group, &row_); !status.ok()) return status;
    texts_.resize(aggregates_.size());
    values_.clear();
    std::size_t aggregate = 0;
    for (std::size_t i = 0; i < spec_.output.size(); ++i) {
      const OutputColumn& output = spec_.output[i];
      if (output.combine == Combine::kPass) {
        values_.push_back(row_[static_cast<std::size_t>(output.column)]);
        continue;
      }
      std::string& text = texts_[aggregate];
      absl::StatusOr<bool> present = group.accumulators[aggregate].Finish(output, shape_.client_formats[i], &text);
      if (!present.ok()) return present.status();
      values_.push_back({!*present, text});
      ++aggregate;
    }
    wire::AppendDataRow(out, values_);
    return absl::OkStatus();
  }

  MergeShape shape_;
  const plan::StreamSpec& spec_;
  RowWindow window_;
  std::vector<bool> done_;
  std::size_t running_;
  std::vector<const OutputColumn*> aggregates_;
  bool keeps_rows_ = false;

  absl::flat_hash_map<std::string, std::uint32_t> index_;  // group key -> groups_
  std::deque<Group> groups_;
  std::size_t bytes_ = 0;

  bool sorted_ = false;
  std::vector<std::uint32_t> sequence_;  // groups_ in output order
  std::size_t next_ = 0;

  // Scratch space.
  std::string key_;
  std::vector<wire::Value> row_, values_;
  std::vector<std::string> texts_;
};

}  // namespace

std::unique_ptr<Merger> MakeCombineMerger(MergeShape shape) {
  return std::make_unique<CombineMerger>(std::move(shape));
}

}  // namespace pgshoal::merge
