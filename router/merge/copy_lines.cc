#include "router/merge/copy_lines.hpp"

#include <fmt/format.h>

#include "base/sqlstate.hpp"
#include "base/status.hpp"

namespace pgshoal::merge {
namespace {

absl::Status BadFormat(std::string message, std::string hint = {}) {
  return SqlStatus(sqlstate::kBadCopyFileFormat, std::move(message), 0, std::move(hint));
}

}  // namespace

LineScanner::LineScanner(const plan::CopyOptions& options)
    : csv_(options.format == plan::CopyFormat::kCsv),
      quote_(options.quote),
      escape_(options.escape == options.quote ? '\0' : options.escape) {
  special_[static_cast<unsigned char>('\r')] = true;
  special_[static_cast<unsigned char>('\n')] = true;
  special_[static_cast<unsigned char>('\\')] = true;
  if (csv_) {
    special_[static_cast<unsigned char>(quote_)] = true;
    special_[static_cast<unsigned char>(escape_)] = true;
  }
}

LineEnd LineScanner::Finish(LineEnd end, std::size_t content, std::size_t length) {
  content_ = content;
  length_ = length;
  at_ = 0;
  started_ = false;
  in_quote_ = false;
  after_escape_ = false;
  return end;
}

std::optional<char> LineScanner::Look(std::string_view line, std::size_t at, bool at_end) const {
  if (at < line.size()) return line[at];
  if (at_end) return '\0';
  return std::nullopt;
}

// An escape counts only inside quotes and directly before a quote, and not when it is itself escaped.
void LineScanner::TrackQuotes(char c) {
  if (in_quote_ && c == escape_) after_escape_ = !after_escape_;
  if (c == quote_ && !after_escape_) in_quote_ = !in_quote_;
  if (c != escape_) after_escape_ = false;
  if (in_quote_ && c == (eol_ == Eol::kNl ? '\n' : '\r')) ++line_number_;
}

absl::Status LineScanner::LiteralNewline(std::string_view name, std::string_view escape) const {
  if (csv_) {
    return BadFormat(fmt::format("unquoted {} found in data", name),
                     fmt::format("Use quoted CSV field to represent {}.", name));
  }
  return BadFormat(fmt::format("literal {} found in data", name),
                   fmt::format("Use \"{}\" to represent {}.", escape, name));
}

absl::StatusOr<LineEnd> LineScanner::CarriageReturn(std::string_view line, bool at_end) {
  if (eol_ == Eol::kNl) return LiteralNewline("carriage return", "\\r");
  if (eol_ != Eol::kCr) {
    const std::optional<char> next = Look(line, at_ + 1, at_end);
    if (!next.has_value()) return LineEnd::kNeedMore;
    if (*next == '\n') {
      eol_ = Eol::kCrNl;
      return Finish(LineEnd::kNewline, at_, at_ + 2);
    }
    if (eol_ == Eol::kCrNl) return LiteralNewline("carriage return", "\\r");
    eol_ = Eol::kCr;
  }
  return Finish(LineEnd::kNewline, at_, at_ + 1);
}

absl::StatusOr<LineEnd> LineScanner::Newline() {
  if (eol_ == Eol::kCr || eol_ == Eol::kCrNl) return LiteralNewline("newline", "\\n");
  eol_ = Eol::kNl;
  return Finish(LineEnd::kNewline, at_, at_ + 1);
}

// `\.` stands at at_; is it the end marker? In CSV anything else behind it makes it data, in text an error.
absl::StatusOr<LineScanner::Marker> LineScanner::CheckMarker(std::string_view line, bool at_end) const {
  const absl::Status mismatch = BadFormat("end-of-copy marker does not match previous newline style");
  const absl::Status corrupt = BadFormat("end-of-copy marker corrupt");
  std::size_t at = at_ + 2;
  if (eol_ == Eol::kCrNl) {
    const std::optional<char> c = Look(line, at++, at_end);
    if (!c.has_value()) return Marker::kNeedMore;
    if (*c != '\r') {
      if (csv_) return Marker::kNo;
      return *c == '\n' ? mismatch : corrupt;
    }
  }
  const std::optional<char> c = Look(line, at, at_end);
  if (!c.has_value()) return Marker::kNeedMore;
  if (*c != '\r' && *c != '\n') {
    if (csv_) return Marker::kNo;
    return corrupt;
  }
  const bool ends_in_newline = eol_ == Eol::kNl || eol_ == Eol::kCrNl;
  if ((ends_in_newline && *c != '\n') || (eol_ == Eol::kCr && *c != '\r')) return mismatch;
  return Marker::kYes;
}

absl::StatusOr<LineEnd> LineScanner::Scan(std::string_view line, bool at_end) {
  if (!started_) {
    started_ = true;
    ++line_number_;
  }
  while (true) {
    while (at_ < line.size() && !special_[static_cast<unsigned char>(line[at_])]) {
      ++at_;
      after_escape_ = false;
    }
    if (at_ >= line.size()) {
      return at_end ? Finish(LineEnd::kEnd, line.size(), line.size()) : LineEnd::kNeedMore;
    }
    const char c = line[at_];
    if (c == '\\' && (!csv_ || at_ == 0)) {
      if (at_ + 1 >= line.size()) {
        return at_end ? Finish(LineEnd::kEnd, line.size(), line.size()) : LineEnd::kNeedMore;
      }
      if (line[at_ + 1] == '.') {
        const absl::StatusOr<Marker> marker = CheckMarker(line, at_end);
        if (!marker.ok()) return marker.status();
        if (*marker == Marker::kNeedMore) return LineEnd::kNeedMore;
        if (*marker == Marker::kYes) return Finish(LineEnd::kEndMarker, at_, at_);
      }
      if (!csv_) {
        at_ += 2;  // whatever follows a backslash is data, a newline too
        continue;
      }
    }
    if (csv_) {
      // Quotes may be tracked once for each byte, so the byte behind a carriage return must be there first.
      if (c == '\r' && !Look(line, at_ + 1, at_end).has_value()) return LineEnd::kNeedMore;
      TrackQuotes(c);
    }
    if (c == '\r' && !in_quote_) return CarriageReturn(line, at_end);
    if (c == '\n' && !in_quote_) return Newline();
    ++at_;
  }
}

}  // namespace pgshoal::merge
