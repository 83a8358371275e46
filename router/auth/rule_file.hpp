#pragma once
// Lines and words of rule files, by the rules of pg_hba.conf and pg_ident.conf (manual, chapter 21.1): words between white
// space, lists of words with commas, double quotes, # comments, a backslash at the end that joins lines.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pgshoal::auth {

struct Word {
  std::string text;
  bool quoted = false;  // then it has no special meaning
};
using WordList = std::vector<Word>;  // of one field, never empty

struct RuleLine {
  int number = 0;  // of the first line that it stands on, from 1
  std::vector<WordList> fields;
};

// F0000 with "file:line: what is wrong" (a quote that does not end, a comma with nothing after it, a line too long).
// Lines without words are left out.
absl::StatusOr<std::vector<RuleLine>> ReadRuleLines(std::string_view text, const std::string& file);

absl::Status RuleMistake(const std::string& file, int line, std::string_view what);

// A file's text, for @file. Errors name the file.
using FileReader = std::function<absl::StatusOr<std::string>(const std::string& path)>;
// Of the disk, at most limits::kMaxRuleFile bytes.
absl::StatusOr<std::string> ReadWholeFile(const std::string& path);

}  // namespace pgshoal::auth
