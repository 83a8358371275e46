#include "router/merge/copy_fields.hpp"

#include "base/sqlstate.hpp"
#include "base/status.hpp"

namespace pgshoal::merge {
namespace {

bool IsOctal(char c) { return c >= '0' && c <= '7'; }
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes the escape whose character (behind the backslash) is at `*at`, and steps over it.
char TakeEscape(std::string_view line, std::size_t* at) {
  const char c = line[(*at)++];
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case 'x': {
      int value = 0, digits = 0;
      for (; digits < 2 && *at < line.size() && HexValue(line[*at]) >= 0; ++digits) {
        value = value * 16 + HexValue(line[(*at)++]);
      }
      return digits == 0 ? c : static_cast<char>(value);
    }
    default: break;
  }
  if (!IsOctal(c)) return c;
  int value = c - '0';
  for (int digits = 1; digits < 3 && *at < line.size() && IsOctal(line[*at]); ++digits) {
    value = value * 8 + (line[(*at)++] - '0');
  }
  return static_cast<char>(value);
}

void SplitText(char delimiter, std::string_view line, std::vector<RawField>* fields) {
  std::size_t start = 0, at = 0;
  bool plain = true;
  while (at < line.size()) {
    const char c = line[at];
    if (c == delimiter) {
      fields->push_back({line.substr(start, at - start), plain});
      start = ++at;
      plain = true;
    } else if (c == '\\') {
      plain = false;
      if (at + 1 == line.size()) {
        // A lone backslash at the end of the line belongs to no value.
        line.remove_suffix(1);
        break;
      }
      ++at;
      TakeEscape(line, &at);
    } else {
      ++at;
    }
  }
  fields->push_back({line.substr(start), plain});
}

// Steps over a quoted section; `at` is behind the opening quote. False when it does not end. `store` may be null.
bool TakeQuoted(const plan::CopyOptions& options, std::string_view line, std::size_t* at, std::string* store) {
  while (*at < line.size()) {
    const char c = line[(*at)++];
    if (c == options.escape && *at < line.size() && (line[*at] == options.escape || line[*at] == options.quote)) {
      if (store != nullptr) store->push_back(line[*at]);
      ++*at;
      continue;
    }
    if (c == options.quote) return true;
    if (store != nullptr) store->push_back(c);
  }
  return false;
}

absl::Status SplitCsv(const plan::CopyOptions& options, std::string_view line, std::vector<RawField>* fields) {
  std::size_t start = 0, at = 0;
  bool plain = true;
  while (at < line.size()) {
    const char c = line[at++];
    if (c == options.delimiter) {
      fields->push_back({line.substr(start, at - 1 - start), plain});
      start = at;
      plain = true;
    } else if (c == options.quote) {
      plain = false;
      if (!TakeQuoted(options, line, &at, nullptr)) {
        return SqlStatus(sqlstate::kBadCopyFileFormat, "unterminated CSV quoted field");
      }
    }
  }
  fields->push_back({line.substr(start), plain});
  return absl::OkStatus();
}

}  // namespace

absl::Status SplitFields(const plan::CopyOptions& options, std::string_view line, std::vector<RawField>* fields) {
  fields->clear();
  if (options.format == plan::CopyFormat::kCsv) return SplitCsv(options, line, fields);
  SplitText(options.delimiter, line, fields);
  return absl::OkStatus();
}

std::optional<std::string_view> DecodeField(const plan::CopyOptions& options, const RawField& field,
                                            std::string* store) {
  const bool csv = options.format == plan::CopyFormat::kCsv;
  if ((!csv || field.plain) && field.bytes == options.null_text) return std::nullopt;
  if (field.plain) return field.bytes;
  const std::size_t start = store->size();
  std::size_t at = 0;
  while (at < field.bytes.size()) {
    const char c = field.bytes[at++];
    if (csv && c == options.quote) {
      TakeQuoted(options, field.bytes, &at, store);
    } else if (!csv && c == '\\' && at < field.bytes.size()) {
      store->push_back(TakeEscape(field.bytes, &at));
    } else {
      store->push_back(c);
    }
  }
  return std::string_view(*store).substr(start);
}

}  // namespace pgshoal::merge
