#include "gtest/gtest.h"
#include "tests/unit/parser/corpus.hpp"

namespace pgshoal::parser::testing {
namespace {

TEST(Corpus, AgreesWithPostgres) {
  ASSERT_GT(Corpus().size(), 2000u);
  for (const std::string& sql : Corpus()) {
    Comparison result = Compare(sql);
    EXPECT_EQ(result.why, "") << sql;
    EXPECT_EQ(result.other_errors, "") << sql;
  }
}

}  // namespace
}  // namespace pgshoal::parser::testing
