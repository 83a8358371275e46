#include "router/admin/console_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::admin {
namespace {

using testing::ElementsAre;

std::vector<std::string> TextsOf(std::string_view command) {
  absl::StatusOr<std::vector<Word>> words = SplitCommand(command);
  EXPECT_TRUE(words.ok()) << words.status();
  std::vector<std::string> texts;
  for (const Word& word : *words) texts.push_back(word.literal ? "<" + word.text + ">" : word.text);
  return texts;
}

TEST(ConsoleWordsTest, WordsAndQuotes) {
  EXPECT_THAT(TextsOf("  SHOW\tPools ; "), ElementsAre("show", "pools"));
  EXPECT_THAT(TextsOf("set a='it''s'"), ElementsAre("set", "a", "=", "<it's>"));
  EXPECT_THAT(TextsOf("PAUSE \"My \"\"DB\"\"\""), ElementsAre("pause", "<My \"DB\">"));
  EXPECT_THAT(TextsOf("SET a = b,c"), ElementsAre("set", "a", "=", "b", ",", "c"));
  EXPECT_THAT(TextsOf(";"), ElementsAre());
}

TEST(ConsoleWordsTest, NamesKeepTheirCase) {
  EXPECT_EQ((*SplitCommand("PAUSE MyDb"))[1].written, "MyDb");
  EXPECT_EQ((*SplitCommand("PAUSE 'MyDb'"))[1].written, "MyDb");
}

TEST(ConsoleWordsTest, Mistakes) {
  for (const char* command : {"a 'b", "a \"b", "a; b", "LOAD MAP 'x' ; ;"}) {
    EXPECT_EQ(ToSqlError(SplitCommand(command).status()).sqlstate, "42601") << command;
  }
}

}  // namespace
}  // namespace pgshoal::admin
