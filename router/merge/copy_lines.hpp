#pragma once
// Where the lines of COPY data end: newline styles, quoted newlines, the end marker (PostgreSQL's CopyReadLineText).

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "router/plan/plan.hpp"

namespace pgshoal::merge {

enum class LineEnd : std::uint8_t {
  kNeedMore,
  kNewline,
  kEnd,       // the data is over; the line may be empty
  kEndMarker  // `\.`: what precedes it on its line counts, whatever follows does not
};

// A resumable scan: keeps its place in the current line between calls.
class LineScanner {
 public:
  explicit LineScanner(const plan::CopyOptions& options);

  // Looks for the end of the line that `line` begins with. kNeedMore only when not `at_end`; then the next call gets the
  // same line with more bytes. Otherwise content() and length() say what the line is, and the next call is about the
  // next line. Errors: 22P04.
  absl::StatusOr<LineEnd> Scan(std::string_view line, bool at_end);

  std::size_t content() const { return content_; }  // bytes of the line without its newline
  std::size_t length() const { return length_; }    // with it
  std::uint64_t line_number() const { return line_number_; }

 private:
  enum class Eol : std::uint8_t { kUnknown, kNl, kCr, kCrNl };
  enum class Marker : std::uint8_t { kNo, kYes, kNeedMore };

  // The byte at `at`; `\0` behind the end of all data; nothing when it has yet to come.
  std::optional<char> Look(std::string_view line, std::size_t at, bool at_end) const;
  absl::StatusOr<Marker> CheckMarker(std::string_view line, bool at_end) const;
  absl::StatusOr<LineEnd> CarriageReturn(std::string_view line, bool at_end);
  absl::StatusOr<LineEnd> Newline();
  LineEnd Finish(LineEnd end, std::size_t content, std::size_t length);
  void TrackQuotes(char c);
  absl::Status LiteralNewline(std::string_view name, std::string_view escape) const;

  const bool csv_;
  const char quote_;
  const char escape_;  // `\0` when it is the quote: no special handling then
  std::array<bool, 256> special_{};  // bytes that the scan must look at

  Eol eol_ = Eol::kUnknown;
  std::uint64_t line_number_ = 0;
  std::size_t content_ = 0, length_ = 0;

  // In the current line.
  std::size_t at_ = 0;
  bool started_ = false;
  bool in_quote_ = false;
  bool after_escape_ = false;
};

}  // namespace pgshoal::merge
