#include "router/admin/console_words.hpp"

#include <cctype>

#include "base/status.hpp"

namespace pgshoal::admin {
namespace {

bool EndsWord(char c) {
  return std::isspace(static_cast<unsigned char>(c)) || c == ';' || c == '\'' || c == '"' || c == ',' || c == '=';
}

// `at` is at the opening quote, and behind the closing one afterwards. False when there is none.
bool ReadQuoted(std::string_view command, std::size_t* at, std::string* text) {
  const char quote = command[*at];
  for (++*at; *at < command.size(); ++*at) {
    if (command[*at] != quote) {
      text->push_back(command[*at]);
    } else if (*at + 1 < command.size() && command[*at + 1] == quote) {
      text->push_back(quote);
      ++*at;
    } else {
      ++*at;
      return true;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<std::vector<Word>> SplitCommand(std::string_view command) {
  std::vector<Word> words;
  bool ended = false;
  for (std::size_t i = 0; i < command.size();) {
    const char c = command[i];
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
      continue;
    }
    if (ended) return SqlStatus(sqlstate::kSyntaxError, "one command at a time");
    if (c == ';') {
      ended = true;
      ++i;
      continue;
    }
    Word word;
    if (c == ',' || c == '=') {
      word.text = std::string(1, c);
      ++i;
    } else if (c == '\'' || c == '"') {
      word.literal = true;
      if (!ReadQuoted(command, &i, &word.text)) {
        return SqlStatus(sqlstate::kSyntaxError, "unterminated quoted string");
      }
      word.written = word.text;
    } else {
      for (; i < command.size() && !EndsWord(command[i]); ++i) {
        word.written.push_back(command[i]);
        word.text.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(command[i]))));
      }
    }
    if (word.written.empty()) word.written = word.text;
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace pgshoal::admin
