#pragma once
// libpg_query as the judge: PostgreSQL's own parser, and a form of trees in which two of them can be compared.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgshoal::parser::testing {

struct OracleResult {
  bool ok = false;
  std::string tree;   // canonical JSON of all statements' trees, without negative integers
  std::vector<int32_t> negatives;  // those, sorted
  std::string error;  // PostgreSQL's message
  int position = 0;   // 1-based, in characters
};

// What PostgreSQL 15's parser makes of `sql`.
OracleResult AskOracle(const std::string& sql);

// What pgshoal's parser makes of it, in the same form. `printed` is the tree printed back, statements joined by "; ".
struct OurResult : OracleResult {
  std::string sqlstate;
  std::string printed;
};
OurResult ParseOurs(std::string_view sql, bool print = true);

// JSON with members sorted and all source locations left out.
std::string CanonicalJson(std::string_view json);

}  // namespace pgshoal::parser::testing
