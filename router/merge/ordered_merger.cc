// k-way merge of shards that are each sorted already: a binary heap of the sources' first rows.
#include <algorithm>
#include <utility>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/mergers.hpp"
#include "router/merge/row_window.hpp"
#include "router/merge/sort_key.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/message.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::merge {
namespace {

// Rows that wait behind one source's first row. A row is its length and its bytes.
class RowQueue {
 public:
  void Push(std::string_view row) {
    wire::AppendUint32(&bytes_, static_cast<std::uint32_t>(row.size()));
    bytes_.append(row);
  }
  bool empty() const { return taken_ == bytes_.size(); }
  std::size_t waiting() const { return bytes_.size() - taken_; }
  // The view lives until the next call.
  std::string_view Pop() {
    const std::size_t size = wire::LoadUint32(bytes_.data() + taken_);
    const std::string_view row = std::string_view(bytes_).substr(taken_ + 4, size);
    taken_ += 4 + size;
    return row;
  }
  // Gives back the room of rows that were popped.
  void Compact() {
    if (taken_ < bytes_.size() && taken_ < bytes_.size() / 2) return;
    bytes_.erase(0, taken_);
    taken_ = 0;
  }

 private:
  std::string bytes_;
  std::size_t taken_ = 0;
};

struct Row {
  std::vector<char> body;           // not a string: swapping two rows must leave their bytes where they are
  std::vector<wire::Value> values;  // views into `body`
};

struct Source {
  RowQueue queue;
  Row first;     // when has_row
  Row previous;  // the one before it; no values when there was none
  bool has_row = false;
  bool done = false;
};

class OrderedMerger final : public Merger {
 public:
  explicit OrderedMerger(MergeShape shape)
      : shape_(std::move(shape)),
        window_(shape_.limit, shape_.offset),
        sources_(shape_.sources),
        missing_(shape_.sources),
        budget_(std::clamp<std::size_t>(kAllSourcesBytes / std::max<std::size_t>(shape_.sources, 1), 16u << 10,
                                        limits::kMaxBufferedOutput)) {
    heap_.reserve(shape_.sources);
  }

  absl::Status AddRow(std::size_t index, std::string_view body) override {
    if (window_.closed()) return absl::OkStatus();
    Source& source = sources_[index];
    if (source.has_row) {
      source.queue.Push(body);
      return absl::OkStatus();
    }
    if (absl::Status status = Load(&source, body); !status.ok()) return status;
    --missing_;
    PushHeap(index);
    return absl::OkStatus();
  }

  void SourceDone(std::size_t index) override {
    Source& source = sources_[index];
    if (!source.done && !source.has_row) --missing_;
    source.done = true;
  }

  bool Wants(std::size_t index) const override {
    const Source& source = sources_[index];
    return !window_.closed() && !source.done && source.queue.waiting() < budget_;
  }

  absl::StatusOr<std::uint64_t> Drain(std::string* out, std::uint64_t max_rows, std::size_t max_bytes) override {
    const std::size_t start = out->size();
    std::uint64_t rows = 0;
    while (missing_ == 0 && !heap_.empty() && !window_.closed() && rows < max_rows &&
           out->size() - start < max_bytes) {
      const std::size_t index = heap_.front();
      if (window_.Admit()) {
        Emit(sources_[index], out);
        ++rows;
      }
      if (absl::Status status = Advance(index); !status.ok()) return status;
    }
    return rows;
  }

  bool Finished() const override { return window_.closed() || (missing_ == 0 && heap_.empty()); }

 private:
  static constexpr std::size_t kAllSourcesBytes = 16u << 20;

  // Makes `body` the source's first row; checks the columns that will be compared, and the order.
  absl::Status Load(Source* source, std::string_view body) {
    std::swap(source->first, source->previous);
    Row& row = source->first;
    row.body.assign(body.begin(), body.end());
    if (absl::Status status = wire::DecodeDataRow(std::string_view(row.body.data(), row.body.size()), &row.values);
        !status.ok()) {
      return status;
    }
    if (row.values.size() != static_cast<std::size_t>(shape_.shard_columns)) {
      return SqlStatus(sqlstate::kProtocolViolation, "a shard sent a row with another number of columns");
    }
    for (const plan::SortKey& key : shape_.spec->order) {
      const wire::Value& value = row.values[static_cast<std::size_t>(key.column)];
      if (value.is_null) continue;
      if (absl::Status status = CheckValue(key.type, value.bytes); !status.ok()) return status;
    }
    // A shard that sorts by other rules (another collation, say) would make the whole result wrong.
    if (!source->previous.values.empty() && CompareRows(row, source->previous) < 0) {
      return SqlStatus(sqlstate::kInternalError, "a shard's rows are not in the order that the merge expects");
    }
    source->has_row = true;
    return absl::OkStatus();
  }

  void Emit(const Source& source, std::string* out) {
    if (shape_.projection.empty()) {
      const std::string_view body(source.first.body.data(), source.first.body.size());
      wire::AppendMessage(out, wire::backend::kDataRow, body);
      return;
    }
    scratch_.clear();
    for (const int column : shape_.projection) {
      scratch_.push_back(source.first.values[static_cast<std::size_t>(column)]);
    }
    wire::AppendDataRow(out, scratch_);
  }

  // The heap's first source gives its next row, or leaves the heap.
  absl::Status Advance(std::size_t index) {
    Source& source = sources_[index];
    source.has_row = false;
    if (source.queue.empty()) {
      if (!source.done) ++missing_;
      heap_.front() = heap_.back();
      heap_.pop_back();
    } else {
      if (absl::Status status = Load(&source, source.queue.Pop()); !status.ok()) return status;
      source.queue.Compact();
    }
    SiftDown();
    return absl::OkStatus();
  }

  int CompareRows(const Row& a, const Row& b) const {
    for (const plan::SortKey& key : shape_.spec->order) {
      const auto column = static_cast<std::size_t>(key.column);
      const int order = CompareByKey(key, a.values[column], b.values[column]);
      if (order != 0) return order;
    }
    return 0;
  }

  // Ties go to the lower source, so that equal input gives equal output.
  bool Before(std::size_t a, std::size_t b) const {
    const int order = CompareRows(sources_[a].first, sources_[b].first);
    return order != 0 ? order < 0 : a < b;
  }

  void PushHeap(std::size_t index) {
    heap_.push_back(index);
    std::push_heap(heap_.begin(), heap_.end(), [this](std::size_t a, std::size_t b) { return Before(b, a); });
  }

  // Restores the heap after its first element has changed.
  void SiftDown() {
    std::size_t at = 0;
    for (std::size_t child = 1; child < heap_.size(); child = 2 * at + 1) {
      if (child + 1 < heap_.size() && Before(heap_[child + 1], heap_[child])) ++child;
      if (!Before(heap_[child], heap_[at])) return;
      std::swap(heap_[at], heap_[child]);
      at = child;
    }
  }

  MergeShape shape_;
  RowWindow window_;
  std::vector<Source> sources_;
  std::vector<std::size_t> heap_;  // sources that have a row, the next one to go out first
  std::size_t missing_;            // sources that are not done and have no row: nothing can go out before they do
  std::size_t budget_;             // bytes that may wait for each source
  std::vector<wire::Value> scratch_;
};

}  // namespace

std::unique_ptr<Merger> MakeOrderedMerger(MergeShape shape) {
  return std::make_unique<OrderedMerger>(std::move(shape));
}

}  // namespace pgshoal::merge
