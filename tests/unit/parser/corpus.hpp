#pragma once
// The sample corpus.

#include <string>
#include <vector>

namespace pgshoal::parser::testing {

// All statements of tests/unit/parser/corpus.jsonl. The working directory is the repository's root.
const std::vector<std::string>& Corpus();

// What oracle and parser make of a statement, side by side.
struct Comparison {
  std::string why;    // what they disagree on: empty when on nothing
  bool accepted = false;
  std::string error;  // the oracle's
};
Comparison Compare(const std::string& sql);

// What disagrees between the oracle and us on `sql`: empty when nothing does.
std::string Disagreement(const std::string& sql);

}  // namespace pgshoal::parser::testing
