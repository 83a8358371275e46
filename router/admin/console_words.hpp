#pragma once
// A console command as words. Pure functions.

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::admin {

struct Word {
  std::string text;      // a keyword in lower case, or what stands between quotes
  bool literal = false;  // '…' or "…", quotes doubled inside
  std::string written;   // as it was written, without quotes: names keep their case
};

// Splits at blanks, commas and equals signs; one semicolon may end the command. 42601 for an unterminated literal or
// text after the semicolon.
absl::StatusOr<std::vector<Word>> SplitCommand(std::string_view command);

}  // namespace pgshoal::admin
