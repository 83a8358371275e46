#include "router/merge/copy_splitter.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/merge/copy_fields.hpp"
#include "router/merge/binary_copy_format.hpp"
#include "router/merge/copy_lines.hpp"
#include "router/merge/copy_splitter_impl.hpp"

namespace pgshoal::merge {
namespace {

class LineSplitter final : public CopySplitter::Impl {
 public:
  explicit LineSplitter(const plan::CopyIn& copy)
      : copy_(copy), lines_(copy.options), header_pending_(copy.options.header || copy.options.header_match) {}

  void Feed(std::string_view piece) override {
    if (at_end_marker_) return;
    if (unread_.empty()) {
      held_.clear();
      unread_ = piece;
    } else {
      held_.append(piece);
      unread_ = held_;
    }
  }

  void End() override { ended_ = true; }

  absl::StatusOr<bool> Next(CopyRow* row) override {
    while (!finished_) {
      const absl::StatusOr<LineEnd> end = lines_.Scan(unread_, ended_);
      if (!end.ok()) return WithLine(end.status(), unread_.substr(0, kShownBytes));
      if (*end == LineEnd::kNeedMore) {
        Hold();
        if (unread_.size() > limits::kMaxMessage) {
          return SqlStatus(sqlstate::kProgramLimitExceeded, "a row of COPY data is too long");
        }
        return false;
      }
      const std::string_view line = unread_.substr(0, lines_.content());
      const std::string_view bytes = unread_.substr(0, lines_.length());
      unread_.remove_prefix(bytes.size());
      finished_ = *end != LineEnd::kNewline;
      at_end_marker_ = *end == LineEnd::kEndMarker;
      if (header_pending_) {
        header_pending_ = false;
        if (absl::Status status = CheckHeader(line); !status.ok()) return WithLine(status, line);
        continue;
      }
      if (finished_ && line.empty()) break;
      row->bytes = bytes;
      if (absl::Status status = ReadKey(line, row); !status.ok()) return WithLine(status, line);
      return true;
    }
    unread_ = {};
    return false;
  }

  bool at_end_marker() const override { return at_end_marker_; }

 private:
  static constexpr std::size_t kShownBytes = 100;  // of a line, in an error's detail

  // Keeps the unfinished line, since the piece that it stands in goes away.
  void Hold() {
    if (unread_.data() == held_.data()) return;
    if (unread_.data() > held_.data() && unread_.data() <= held_.data() + held_.size()) {
      held_.erase(0, static_cast<std::size_t>(unread_.data() - held_.data()));
    } else {
      held_.assign(unread_);
    }
    unread_ = held_;
  }

  absl::Status WithLine(const absl::Status& status, std::string_view line) const {
    SqlError error = ToSqlError(status);
    std::string_view shown = line.substr(0, kShownBytes);
    // Not half a character.
    if (shown.size() < line.size()) {
      while (!shown.empty() && (static_cast<unsigned char>(line[shown.size()]) & 0xc0) == 0x80) shown.remove_suffix(1);
    }
    error.detail = fmt::format("COPY data, line {}: \"{}{}\"", lines_.line_number(), shown,
                               shown.size() < line.size() ? "..." : "");
    return ToStatus(error);
  }

  absl::Status BadRow(std::string message) const {
    return SqlStatus(sqlstate::kBadCopyFileFormat, std::move(message));
  }

  absl::Status CheckHeader(std::string_view line) {
    if (!copy_.options.header_match) return absl::OkStatus();
    if (absl::Status status = SplitFields(copy_.options, line, &fields_); !status.ok()) return status;
    if (fields_.size() != copy_.column_names.size()) {
      return BadRow(fmt::format("wrong number of fields in header line: got {}, expected {}", fields_.size(),
                                copy_.column_names.size()));
    }
    store_.clear();
    store_.reserve(line.size());
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      const std::string& expected = copy_.column_names[i];
      const std::optional<std::string_view> name = DecodeField(copy_.options, fields_[i], &store_);
      if (!name.has_value()) {
        return BadRow(fmt::format("column name mismatch in header line field {}: got null value (\"{}\"), expected \"{}\"",
                                  i + 1, copy_.options.null_text, expected));
      }
      if (*name != expected) {
        return BadRow(fmt::format("column name mismatch in header line field {}: got \"{}\", expected \"{}\"", i + 1,
                                  *name, expected));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadKey(std::string_view line, CopyRow* row) {
    row->key.clear();
    const auto columns = static_cast<std::size_t>(copy_.columns);
    if (columns == 0) return line.empty() ? absl::OkStatus() : BadRow("extra data after last expected column");
    if (absl::Status status = SplitFields(copy_.options, line, &fields_); !status.ok()) return status;
    if (fields_.size() > columns) return BadRow("extra data after last expected column");
    if (fields_.size() < columns) {
      const std::size_t missing = fields_.size();
      return BadRow(missing < copy_.column_names.size()
                        ? fmt::format("missing data for column \"{}\"", copy_.column_names[missing])
                        : fmt::format("missing data for column {}", missing + 1));
    }
    store_.clear();
    store_.reserve(line.size());
    for (const plan::CopyKeyColumn& key : copy_.key) row->key.push_back(KeyValue(static_cast<std::size_t>(key.column)));
    return absl::OkStatus();
  }

  CopyKeyValue KeyValue(std::size_t column) {
    const plan::CopyOptions& options = copy_.options;
    const std::optional<std::string_view> value = DecodeField(options, fields_[column], &store_);
    const auto forced = [&](const std::vector<bool>& flags) {
      return options.format == plan::CopyFormat::kCsv && column < flags.size() && flags[column];
    };
    if (!value.has_value()) {
      if (forced(options.force_not_null)) return {false, options.null_text};
      return {true, {}};
    }
    if (forced(options.force_null) && *value == options.null_text) return {true, {}};
    return {false, *value};
  }

  const plan::CopyIn& copy_;
  LineScanner lines_;
  bool header_pending_;
  bool ended_ = false;          // no more pieces
  bool finished_ = false;       // no more rows
  bool at_end_marker_ = false;

  std::string held_;            // an unfinished line, with what came after it
  std::string_view unread_;     // in held_ or in the piece that was fed
  std::vector<RawField> fields_;
  std::string store_;           // decoded values of the current row
};

}  // namespace

bool IsSplittable(std::string_view client_encoding) {
  static constexpr std::array<std::string_view, 7> kUnsafe = {"sjis",    "big5",  "gbk",           "uhc",
                                                             "gb18030", "johab", "shiftjis2004"};
  // Encoding names ignore case and anything but letters and digits.
  std::string name;
  for (const char c : client_encoding) {
    if (c >= 'A' && c <= 'Z') name.push_back(static_cast<char>(c - 'A' + 'a'));
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) name.push_back(c);
  }
  static constexpr std::array<std::string_view, 7> kAliases = {"mskanji", "shiftjis", "win932",      "windows932",
                                                              "win936",  "win949",   "windows949"};
  return std::find(kUnsafe.begin(), kUnsafe.end(), name) == kUnsafe.end() &&
         std::find(kAliases.begin(), kAliases.end(), name) == kAliases.end() && name != "win950" &&
         name != "windows950" && name != "windows936";
}

absl::StatusOr<std::unique_ptr<CopySplitter>> CopySplitter::Create(const plan::CopyIn& copy) {
  const bool names_known = copy.column_names.size() == static_cast<std::size_t>(std::max(copy.columns, 0));
  const bool keys_inside = std::all_of(copy.key.begin(), copy.key.end(), [&copy](const plan::CopyKeyColumn& key) {
    return key.column >= 0 && key.column < copy.columns;
  });
  if (copy.columns < 0 || !keys_inside || (copy.options.header_match && !names_known)) {
    return SqlStatus(sqlstate::kInternalError, "COPY plan does not name its columns");
  }
  if (copy.options.format == plan::CopyFormat::kBinary) {
    return std::unique_ptr<CopySplitter>(new CopySplitter(true, MakeBinaryCopySplitter(copy)));
  }
  return std::unique_ptr<CopySplitter>(new CopySplitter(false, std::make_unique<LineSplitter>(copy)));
}

CopySplitter::CopySplitter(bool binary, std::unique_ptr<Impl> impl) : binary_(binary), impl_(std::move(impl)) {}
CopySplitter::~CopySplitter() = default;
void CopySplitter::Feed(std::string_view piece) { impl_->Feed(piece); }
void CopySplitter::End() { impl_->End(); }
absl::StatusOr<bool> CopySplitter::Next(CopyRow* row) { return impl_->Next(row); }
std::string_view CopySplitter::Preamble() const { return binary_ ? kPlainBinaryHeader : std::string_view(); }
std::string_view CopySplitter::Epilogue() const { return binary_ ? kBinaryTrailer : std::string_view(); }
bool CopySplitter::AtEndMarker() const { return impl_->at_end_marker(); }

}  // namespace pgshoal::merge
