// Statements of the corpus and of the grammar with tokens dropped, doubled, swapped and taken from each other.
#include <cstdlib>

#include "gtest/gtest.h"
#include "parser/lexer.hpp"
#include "tests/unit/parser/corpus.hpp"
#include "tests/unit/parser/grammar_generator.hpp"

namespace pgshoal::parser::testing {
namespace {

std::vector<std::string> TokensOf(const std::string& sql) {
  Arena arena;
  std::vector<Token> tokens;
  SourceError error;
  Lex(sql, arena, tokens, error);
  std::vector<std::string> texts;
  for (const Token& token : tokens) {
    if (token.kind != Tok::END && token.kind != Tok::INVALID) texts.push_back(sql.substr(token.begin, token.end - token.begin));
  }
  return texts;
}

TEST(Mutants, AgreeWithPostgres) {
  const char* rounds = std::getenv("PGSHOAL_PARSER_ROUNDS");
  const char* seed = std::getenv("PGSHOAL_PARSER_SEED");
  int wanted = 5'000 * (rounds != nullptr ? std::atoi(rounds) : 1);
  GrammarGenerator generator(seed != nullptr ? static_cast<uint32_t>(std::atoi(seed)) : 20230115);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(generator.random()() % n); };
  auto any = [&] {
    if (below(2) == 0) return TokensOf(Corpus()[below(Corpus().size())]);
    return TokensOf(generator.Statement(below(generator.productions().size())));
  };
  int wrong = 0, refused = 0, other_errors = 0;
  for (int i = 0; i < wanted; ++i) {
    std::vector<std::string> tokens = any(), donor = any();
    if (donor.empty() || tokens.size() > 120) continue;
    for (int times = below(4) == 0 ? 2 : 1; times > 0 && !tokens.empty(); --times) {
      auto at = tokens.begin() + static_cast<std::ptrdiff_t>(below(tokens.size()));
      switch (below(5)) {
        case 0: tokens.erase(at); break;
        case 1: tokens.insert(at, std::string(*at)); break;
        case 2: std::swap(*at, tokens[below(tokens.size())]); break;
        case 3: *at = donor[below(donor.size())]; break;
        default: tokens.insert(at, donor[below(donor.size())]); break;
      }
    }
    std::string sql;
    for (const std::string& token : tokens) sql += token + " ";
    Comparison result = Compare(sql);
    refused += !result.accepted;
    other_errors += !result.other_errors.empty();
    if (!result.why.empty() && ++wrong <= 20) ADD_FAILURE() << sql << "\n  " << result.why.substr(0, 600);
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(other_errors * 100, refused) << other_errors << " of " << refused;
}

}  // namespace
}  // namespace pgshoal::parser::testing
