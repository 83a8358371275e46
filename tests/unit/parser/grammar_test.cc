// Statements derived from PostgreSQL's productions, every production in its turn, and token mutants of them.
#include <cstdlib>

#include "gtest/gtest.h"
#include "tests/unit/parser/corpus.hpp"
#include "tests/unit/parser/grammar_generator.hpp"
#include "tests/unit/parser/oracle.hpp"

namespace pgshoal::parser::testing {
namespace {

int FromEnvironment(const char* name, int otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::atoi(value) : otherwise;
}

TEST(Grammar, EveryProductionAgreesWithPostgres) {
  GrammarGenerator generator(static_cast<uint32_t>(FromEnvironment("PGSHOAL_PARSER_SEED", 15)));
  const auto& productions = generator.productions();
  ASSERT_GT(productions.size(), 3000u);
  // Rare productions are tried until they are reached, common ones once a round.
  int rounds = FromEnvironment("PGSHOAL_PARSER_ROUNDS", 1);
  int wrong = 0, refused = 0, other_errors = 0;
  auto check = [&](std::size_t goal) {
    std::string sql = generator.Statement(goal);
    Comparison result = Compare(sql);
    refused += !result.accepted;
    other_errors += !result.other_errors.empty();
    if (!result.why.empty()) {
      if (++wrong <= 50) ADD_FAILURE() << sql << "\n  " << result.why.substr(0, 600);
    } else if (productions[goal].always_fails) {
      if (!result.accepted && result.error.find("syntax error") == std::string::npos) generator.Confirm(goal);
    } else if (result.accepted) {
      generator.Confirm();
    }
  };
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t goal = 0; goal < productions.size(); ++goal) check(goal);
  }
  // Of a statement with several errors each parser may meet another one first.
  EXPECT_LE(other_errors * 100, refused) << other_errors << " of " << refused;
  for (std::size_t goal = 0; goal < productions.size(); ++goal) {
    for (int attempt = 0; attempt < 5'000 && productions[goal].covered == 0; ++attempt) check(goal);
    EXPECT_GT(productions[goal].covered, 0u) << generator.Text(productions[goal]);
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Grammar, GraftsAgreeWithPostgres) {
  GrammarGenerator generator(static_cast<uint32_t>(FromEnvironment("PGSHOAL_PARSER_SEED", 1501)));
  int rounds = FromEnvironment("PGSHOAL_PARSER_ROUNDS", 1);
  int wrong = 0, refused = 0, other_errors = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t goal = 0; goal < generator.productions().size(); ++goal) {
      std::string sql = generator.Graft(goal);
      Comparison result = Compare(sql);
      refused += !result.accepted;
      other_errors += !result.other_errors.empty();
      if (!result.why.empty() && ++wrong <= 50) ADD_FAILURE() << sql << "\n  " << result.why.substr(0, 600);
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(refused, rounds * 1'000);
  EXPECT_LE(other_errors * 100, refused) << other_errors << " of " << refused;
}

}  // namespace
}  // namespace pgshoal::parser::testing
