#include "gtest/gtest.h"
#include "tests/unit/parser/corpus.hpp"
#include "tests/unit/parser/oracle.hpp"

namespace pgshoal::parser::testing {
namespace {

TEST(Corpus, AgreesWithPostgres) {
  ASSERT_GT(Corpus().size(), 2000u);
  for (const std::string& sql : Corpus()) EXPECT_EQ(Disagreement(sql), "") << sql;
}

TEST(Corpus, ErrorsReadAsPostgres) {
  int rejected = 0, same = 0;
  for (const std::string& sql : Corpus()) {
    OracleResult theirs = AskOracle(sql);
    if (theirs.ok) continue;
    OurResult ours = ParseOurs(sql);
    ++rejected;
    if (theirs.error == ours.error && theirs.position == ours.position) ++same;
  }
  ASSERT_GT(rejected, 20);
  EXPECT_GE(same * 100, rejected * 90) << same << " of " << rejected;
}

}  // namespace
}  // namespace pgshoal::parser::testing
