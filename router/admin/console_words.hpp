#pragma once
// A console command as words. Pure functions.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::admin {

struct Word {
  std::string text;      // a keyword or name in lower case, or a literal's value
  bool literal = false;  // '…', quotes doubled inside
};

// Splits at blanks; one semicolon may end the command. 42601 for an unterminated literal or text after the semicolon.
absl::StatusOr<std::vector<Word>> SplitCommand(std::string_view command);

}  // namespace pgshoal::admin
