#pragma once
// What SHOW QUERIES shows: statements without their constants, how often they were asked, how long that took.
//
// One registry for each worker, used on its thread. A statement is normalised once, when it is planned; whoever keeps
// its plan keeps its figures, and asking it again costs a few additions.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace pgshoal::session {

struct QueryFigures {
  std::string text;  // normalised
  std::uint64_t calls = 0;
  std::uint64_t total_time = 0, max_time = 0;  // microseconds
};
using QueryFiguresPtr = std::shared_ptr<QueryFigures>;

class QueryRegistry {
 public:
  // The figures of a statement, by its text as the client wrote it. At most limits::kMaxQueryFigures are kept: when
  // there are more, those of half the statements, the least called ones, are forgotten.
  QueryFiguresPtr For(std::string_view text);

  std::vector<QueryFigures> All() const;

 private:
  void ForgetHalf();

  absl::flat_hash_map<std::string, QueryFiguresPtr> by_text_;
};

// A text without constants and comments, at most limits::kMaxLoggedStatement bytes of it; for what no scanner can read,
// words that say so.
std::string WithoutConstants(std::string_view text);

}  // namespace pgshoal::session
