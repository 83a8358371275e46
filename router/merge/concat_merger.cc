// Concatenation: rows go out in the order in which they come.
#include <utility>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/mergers.hpp"
#include "router/merge/row_window.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/message.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::merge {
namespace {

class ConcatMerger final : public Merger {
 public:
  explicit ConcatMerger(MergeShape shape)
      : shape_(std::move(shape)),
        window_(shape_.limit, shape_.offset),
        done_(shape_.sources, false),
        running_(shape_.sources) {}

  absl::Status AddRow(std::size_t, std::string_view body) override {
    if (window_.closed() || !window_.Admit()) return absl::OkStatus();
    ++rows_;
    if (!shape_.projection.empty()) return AppendProjectedRow(&ready_, body, shape_.projection, &scratch_);
    if (body.size() < 2 || wire::LoadUint16(body.data()) != shape_.shard_columns) {
      return SqlStatus(sqlstate::kProtocolViolation, "a shard sent a row with another number of columns");
    }
    wire::AppendMessage(&ready_, wire::backend::kDataRow, body);
    return absl::OkStatus();
  }

  void SourceDone(std::size_t source) override {
    if (!done_[source]) --running_;
    done_[source] = true;
  }

  bool Wants(std::size_t source) const override {
    return !window_.closed() && !done_[source] && ready_.size() - taken_ < limits::kMaxBufferedOutput;
  }

  absl::StatusOr<std::uint64_t> Drain(std::string* out, std::uint64_t max_rows, std::size_t max_bytes) override {
    const std::size_t waiting = ready_.size() - taken_;
    if (rows_ <= max_rows && waiting <= max_bytes) {
      if (out->empty() && taken_ == 0) {
        out->swap(ready_);
      } else {
        out->append(ready_, taken_);
      }
      ready_.clear();
      taken_ = 0;
      return std::exchange(rows_, 0);
    }
    std::uint64_t rows = 0;
    std::size_t end = taken_;
    while (rows < max_rows && rows < rows_ && end - taken_ < max_bytes) {
      end += wire::LoadUint32(ready_.data() + end + 1) + std::size_t{1};
      ++rows;
    }
    out->append(ready_, taken_, end - taken_);
    taken_ = end;
    rows_ -= rows;
    return rows;
  }

  bool Finished() const override { return rows_ == 0 && (window_.closed() || running_ == 0); }

 private:
  MergeShape shape_;
  RowWindow window_;
  std::vector<bool> done_;
  std::size_t running_;
  std::string ready_;           // whole DataRow messages, the first taken_ bytes already given out
  std::size_t taken_ = 0;
  std::uint64_t rows_ = 0;      // that wait in ready_
  std::vector<wire::Value> scratch_;
};

}  // namespace

absl::Status AppendProjectedRow(std::string* out, std::string_view body, const std::vector<int>& projection,
                                std::vector<wire::Value>* columns) {
  if (absl::Status status = wire::DecodeDataRow(body, columns); !status.ok()) return status;
  const std::size_t shard_columns = columns->size();
  for (const int column : projection) {
    if (static_cast<std::size_t>(column) >= shard_columns) {
      return SqlStatus(sqlstate::kProtocolViolation, "a shard sent a row with another number of columns");
    }
    const wire::Value value = (*columns)[static_cast<std::size_t>(column)];
    columns->push_back(value);
  }
  wire::AppendDataRow(out, std::span(*columns).subspan(shard_columns));
  return absl::OkStatus();
}

std::unique_ptr<Merger> MakeConcatMerger(MergeShape shape) { return std::make_unique<ConcatMerger>(std::move(shape)); }

}  // namespace pgshoal::merge
