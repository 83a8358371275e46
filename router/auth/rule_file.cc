#include "router/auth/rule_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/limits.hpp"
#include "base/status.hpp"

namespace pgshoal::auth {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

// The words of one line, joined lines as one.
class Scanner {
 public:
  explicit Scanner(std::string_view line) : line_(line) {}

  // What is wrong, or nothing.
  std::string Fields(std::vector<WordList>* fields) {
    while (SkipSpace()) {
      WordList list;
      while (true) {
        Word word;
        if (std::string mistake = ReadWord(&word); !mistake.empty()) return mistake;
        list.push_back(std::move(word));
        const std::size_t after = at_;
        SkipSpace();
        if (at_ == line_.size() || line_[at_] != ',') {
          at_ = after;
          break;
        }
        ++at_;
        if (!SkipSpace()) return "a list ends with a comma";
      }
      fields->push_back(std::move(list));
    }
    return {};
  }

 private:
  // False at the end of the line or at a comment.
  bool SkipSpace() {
    while (at_ < line_.size() && IsSpace(line_[at_])) ++at_;
    if (at_ < line_.size() && line_[at_] == '#') at_ = line_.size();
    return at_ < line_.size();
  }

  std::string ReadWord(Word* word) {
    bool in_quotes = false;
    const std::size_t start = at_;
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '"') {
        // Two quotes inside quotes are one of the word's own.
        if (in_quotes && at_ + 1 < line_.size() && line_[at_ + 1] == '"') {
          word->text.push_back('"');
          ++at_;
          continue;
        }
        in_quotes = !in_quotes;
        if (at_ == start) word->quoted = true;
        continue;
      }
      if (!in_quotes && (IsSpace(c) || c == ',' || c == '#')) break;
      word->text.push_back(c);
    }
    if (in_quotes) return "a double quote is not closed";
    if (word->text.empty() && !word->quoted) return "a list has an empty entry";
    return {};
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

absl::Status RuleMistake(const std::string& file, int line, std::string_view what) {
  return SqlStatus(sqlstate::kConfigFileError, fmt::format("{}:{}: {}", file, line, what));
}

absl::StatusOr<std::vector<RuleLine>> ReadRuleLines(std::string_view text, const std::string& file) {
  std::vector<RuleLine> lines;
  int number = 0;
  while (!text.empty()) {
    RuleLine line;
    line.number = number + 1;
    std::string joined;
    bool goes_on = true;
    while (goes_on && !text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view part = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (part.ends_with('\r')) part.remove_suffix(1);
      goes_on = part.ends_with('\\');
      if (goes_on) part.remove_suffix(1);
      joined += part;
    }
    if (joined.find('\0') != std::string::npos) return RuleMistake(file, line.number, "a zero byte");
    const std::string mistake = Scanner(joined).Fields(&line.fields);
    if (!mistake.empty()) return RuleMistake(file, line.number, mistake);
    if (!line.fields.empty()) lines.push_back(std::move(line));
  }
  return lines;
}

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text;
  char block[16384];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > limits::kMaxRuleFile) {
      return SqlStatus(sqlstate::kConfigFileError, fmt::format("{} is larger than {} bytes", path, limits::kMaxRuleFile));
    }
  }
  if (!in.is_open() || in.bad()) {
    return SqlStatus(sqlstate::kUndefinedFile,
                     fmt::format("cannot read {}: {}", path, errno != 0 ? std::strerror(errno) : "read error"));
  }
  return text;
}

}  // namespace pgshoal::auth
