// COPY … FROM STDIN in binary, cut into tuples. What PostgreSQL says about the frame of the data is said here, in its words
// and its order; what a field holds is for the shard to judge.

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/binary_copy_format.hpp"
#include "router/merge/copy_splitter_impl.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::merge {
namespace {

constexpr std::uint32_t kWithOids = 1u << 16;  // of the flags, of which the upper half must be understood
constexpr std::size_t kCountSize = 2, kLengthSize = 4;

absl::Status Malformed(std::string message) { return SqlStatus(sqlstate::kBadCopyFileFormat, std::move(message)); }

class BinarySplitter final : public CopySplitter::Impl {
 public:
  explicit BinarySplitter(const plan::CopyIn& copy) : copy_(copy) {}

  void Feed(std::string_view piece) override {
    buffer_.erase(0, at_);
    at_ = 0;
    buffer_.append(piece);
  }

  void End() override { ended_ = true; }
  bool at_end_marker() const override { return false; }  // data after it is an error

  absl::StatusOr<bool> Next(CopyRow* row) override {
    if (!past_header_) {
      const absl::StatusOr<bool> whole = ReadHeader();
      if (!whole.ok()) return whole.status();
      if (!*whole) return false;
    }
    if (extension_left_ > 0) {
      const absl::StatusOr<bool> past = SkipExtension();
      if (!past.ok()) return past.status();
      if (!*past) return false;
    }
    if (past_trailer_) {
      if (at_ < buffer_.size()) return InRow(Malformed("received copy data after EOF marker"));
      return false;
    }
    if (buffer_.size() - at_ < kCountSize) return false;
    const auto count = static_cast<std::int16_t>(wire::LoadUint16(buffer_.data() + at_));
    if (count == -1) {
      at_ += kCountSize;
      past_trailer_ = true;
      return Next(row);
    }
    if (count != copy_.columns) {
      return InRow(Malformed(fmt::format("row field count is {}, expected {}", count, copy_.columns)));
    }
    return ReadTuple(row);
  }

 private:
  absl::StatusOr<bool> ReadHeader() {
    const std::string_view data(buffer_);
    const auto has = [&](std::size_t size) { return data.size() >= size; };
    if (!has(kBinarySignature.size())) {
      if (ended_) return Malformed("COPY file signature not recognized");
      return false;
    }
    if (!data.starts_with(kBinarySignature)) return Malformed("COPY file signature not recognized");
    const std::size_t flags_end = kBinarySignature.size() + kLengthSize;
    if (!has(flags_end)) {
      if (ended_) return Malformed("invalid COPY file header (missing flags)");
      return false;
    }
    const std::uint32_t flags = wire::LoadUint32(data.data() + kBinarySignature.size());
    if ((flags & kWithOids) != 0) return Malformed("invalid COPY file header (WITH OIDS)");
    if ((flags >> 16) != 0) return Malformed("unrecognized critical flags in COPY file header");
    if (!has(kBinaryHeaderSize)) {
      if (ended_) return Malformed("invalid COPY file header (missing length)");
      return false;
    }
    const auto extension = static_cast<std::int32_t>(wire::LoadUint32(data.data() + flags_end));
    if (extension < 0) return Malformed("invalid COPY file header (missing length)");
    at_ = kBinaryHeaderSize;
    extension_left_ = static_cast<std::size_t>(extension);
    past_header_ = true;
    return true;
  }

  // The header's extension means nothing to anybody: it is thrown away as it comes.
  absl::StatusOr<bool> SkipExtension() {
    const std::size_t here = std::min(extension_left_, buffer_.size() - at_);
    at_ += here;
    extension_left_ -= here;
    if (extension_left_ > 0 && ended_) return Malformed("invalid COPY file header (wrong length)");
    return extension_left_ == 0;
  }

  // The tuple at at_, whose count has been seen.
  absl::StatusOr<bool> ReadTuple(CopyRow* row) {
    const std::string_view data = std::string_view(buffer_).substr(at_);
    fields_.clear();
    std::size_t at = kCountSize;
    for (std::size_t column = 0; column < static_cast<std::size_t>(copy_.columns); ++column) {
      const auto more = [&]() -> absl::StatusOr<bool> {
        if (ended_) return InRow(Malformed("unexpected EOF in COPY data"), column);
        if (data.size() > limits::kMaxMessage) {
          return SqlStatus(sqlstate::kProgramLimitExceeded, "a row of COPY data is too long");
        }
        return false;
      };
      if (data.size() - at < kLengthSize) return more();
      const auto length = static_cast<std::int32_t>(wire::LoadUint32(data.data() + at));
      at += kLengthSize;
      if (length < -1) return InRow(Malformed("invalid field size"), column);
      if (length == -1) {
        fields_.push_back({true, {}});
        continue;
      }
      const auto size = static_cast<std::size_t>(length);
      if (data.size() - at < size) return more();
      fields_.push_back({false, data.substr(at, size)});
      at += size;
    }
    row->bytes = data.substr(0, at);
    row->key.clear();
    for (const plan::CopyKeyColumn& key : copy_.key) row->key.push_back(fields_[static_cast<std::size_t>(key.column)]);
    at_ += at;
    ++rows_;
    return true;
  }

  absl::Status InRow(const absl::Status& status, std::optional<std::size_t> column = std::nullopt) const {
    SqlError error = ToSqlError(status);
    error.detail = fmt::format("COPY data, line {}", rows_ + 1);
    if (column.has_value() && *column < copy_.column_names.size()) {
      error.detail += fmt::format(", column {}", copy_.column_names[*column]);
    }
    return ToStatus(error);
  }

  const plan::CopyIn& copy_;
  std::string buffer_;
  std::size_t at_ = 0;  // what of it has been given out
  bool ended_ = false;
  bool past_header_ = false;
  std::size_t extension_left_ = 0;  // of the header
  bool past_trailer_ = false;
  std::uint64_t rows_ = 0;
  std::vector<CopyKeyValue> fields_;  // of the current tuple
};

}  // namespace

std::unique_ptr<CopySplitter::Impl> MakeBinaryCopySplitter(const plan::CopyIn& copy) {
  return std::make_unique<BinarySplitter>(copy);
}

}  // namespace pgshoal::merge
