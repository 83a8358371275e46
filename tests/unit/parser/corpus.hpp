#pragma once
// The sample corpus.

#include <string>
#include <vector>

namespace pgshoal::parser::testing {

// All statements of tests/unit/parser/corpus.jsonl, or of the file that PGSHOAL_STATEMENTS names: an object a line, the
// statement in its `sql`. The working directory is the repository's root.
const std::vector<std::string>& Corpus();

// What oracle and parser make of a statement, side by side.
struct Comparison {
  std::string why;  // whether it is accepted, or its tree, or the printed tree's tree differ: empty when nothing does
  bool accepted = false;
  std::string error;         // the oracle's
  std::string other_errors;  // both refuse it, but with another message or position: which
};
Comparison Compare(const std::string& sql);

// What disagrees between the oracle and us on `sql`: empty when nothing does.
std::string Disagreement(const std::string& sql);

}  // namespace pgshoal::parser::testing
