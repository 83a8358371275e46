#include "router/merge/binary_copy.hpp"

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/binary_copy_format.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::merge {
namespace {

constexpr std::uint32_t kMaxExtension = 1u << 20;
constexpr std::size_t kHeaderSize = kBinaryHeaderSize;
constexpr std::string_view kTrailer = kBinaryTrailer;

absl::Status Malformed(std::string message) { return SqlStatus(sqlstate::kBadCopyFileFormat, std::move(message)); }

}  // namespace

absl::Status BinaryCopyJoiner::Add(std::string_view piece, std::string* out) {
  held_.append(piece);
  if (!past_header_) {
    if (held_.size() < kHeaderSize) return absl::OkStatus();
    if (!held_.starts_with(kBinarySignature)) return Malformed("COPY file signature not recognized");
    const std::uint32_t extension = wire::LoadUint32(held_.data() + kHeaderSize - 4);
    if (extension > kMaxExtension) return Malformed("invalid COPY file header (wrong length)");
    if (held_.size() < kHeaderSize + extension) return absl::OkStatus();
    if (!header_sent_) out->append(held_, 0, kHeaderSize + extension);
    held_.erase(0, kHeaderSize + extension);
    header_sent_ = true;
    past_header_ = true;
  }
  // The last two bytes may be the trailer.
  if (held_.size() > kTrailer.size()) {
    out->append(held_, 0, held_.size() - kTrailer.size());
    held_.erase(0, held_.size() - kTrailer.size());
  }
  return absl::OkStatus();
}

absl::Status BinaryCopyJoiner::EndSource() {
  if (!past_header_ || held_ != kTrailer) return Malformed("unexpected EOF in COPY data");
  held_.clear();
  past_header_ = false;
  return absl::OkStatus();
}

void BinaryCopyJoiner::Finish(std::string* out) {
  if (!header_sent_) out->append(kPlainBinaryHeader);
  out->append(kTrailer);
}

}  // namespace pgshoal::merge
