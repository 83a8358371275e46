// Statements of the corpus with tokens dropped, doubled, swapped and taken from each other.
#include <cstdlib>
#include <random>

#include "gtest/gtest.h"
#include "parser/lexer.hpp"
#include "tests/unit/parser/corpus.hpp"

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
  std::mt19937 random(20230115);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const char* rounds = std::getenv("PGSHOAL_PARSER_ROUNDS");
  int wanted = 5'000 * (rounds != nullptr ? std::atoi(rounds) : 1);
  int wrong = 0;
  for (int i = 0; i < wanted; ++i) {
    std::vector<std::string> tokens = TokensOf(Corpus()[below(Corpus().size())]);
    std::vector<std::string> donor = TokensOf(Corpus()[below(Corpus().size())]);
    if (tokens.empty() || donor.empty() || tokens.size() > 120) continue;
    std::size_t at = below(tokens.size());
    switch (below(4)) {
      case 0: tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(at), tokens[at]); break;
      case 2: std::swap(tokens[at], tokens[below(tokens.size())]); break;
      default: tokens[at] = donor[below(donor.size())]; break;
    }
    std::string sql;
    for (const std::string& token : tokens) sql += token + " ";
    std::string why = Disagreement(sql);
    if (!why.empty() && ++wrong <= 20) ADD_FAILURE() << sql << "\n  " << why.substr(0, 600);
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace pgshoal::parser::testing
