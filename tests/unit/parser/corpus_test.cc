#include <fstream>
#include <string>

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

TEST(Corpus, RareFormsAgreeWithPostgres) {
  std::ifstream file("tests/unit/parser/rare.sql");
  int statements = 0;
  for (std::string sql; std::getline(file, sql); ++statements) {
    Comparison result = Compare(sql);
    EXPECT_EQ(result.why, "") << sql;
    EXPECT_EQ(result.other_errors, "") << sql;
  }
  EXPECT_GT(statements, 60);
}

}  // namespace
}  // namespace pgshoal::parser::testing
