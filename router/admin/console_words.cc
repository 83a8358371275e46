#include "router/admin/console_words.hpp"

#include <cctype>

#include "base/status.hpp"

namespace pgshoal::admin {

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
    if (c == ',' || c == '=') {
      words.push_back({std::string(1, c), false});
      ++i;
      continue;
    }
    Word word;
    if (c == '\'') {
      word.literal = true;
      bool closed = false;
      for (++i; i < command.size(); ++i) {
        if (command[i] != '\'') {
          word.text.push_back(command[i]);
        } else if (i + 1 < command.size() && command[i + 1] == '\'') {
          word.text.push_back('\'');
          ++i;
        } else {
          closed = true;
          ++i;
          break;
        }
      }
      if (!closed) return SqlStatus(sqlstate::kSyntaxError, "unterminated quoted string");
    } else {
      while (i < command.size() && !std::isspace(static_cast<unsigned char>(command[i])) && command[i] != ';' &&
             command[i] != '\'' && command[i] != ',' && command[i] != '=') {
        word.text.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(command[i]))));
        ++i;
      }
    }
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace pgshoal::admin
