#include "router/auth/user_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::auth {
namespace {

using Kind = StoredSecret::Kind;

TEST(UserFile, EveryKindOfSecret) {
  const std::string verifier = wire::ScramVerifier::FromPassword("x", "salt", 4096).ToText();
  const auto users = ParseUserFile("; comment\n\n\"alice\" \"open sesame\" \"\"\r\n\"b\"\"ob\"\t\"md5" + std::string(32, 'a') +
                                       "\"\n\"carol\" \"" + verifier + "\"\n \"dave\" \"\" ignored\n\"eve\" \"a\"\"b\"",
                                   "users");
  ASSERT_TRUE(users.ok()) << users.status();
  EXPECT_EQ(users->size(), 5u);
  EXPECT_EQ(users->at("alice").secret.kind(), Kind::kPlain);
  EXPECT_EQ(users->at("alice").secret.text(), "open sesame");
  EXPECT_EQ(users->at("b\"ob").secret.kind(), Kind::kMd5);
  EXPECT_EQ(users->at("carol").secret.kind(), Kind::kScram);
  EXPECT_EQ(users->at("dave").secret.kind(), Kind::kNone);
  EXPECT_EQ(users->at("eve").secret.text(), "a\"b");
}

TEST(UserFile, TheLastOneCounts) {
  const auto users = ParseUserFile("\"a\" \"1\"\n\"a\" \"2\"", "users");
  ASSERT_TRUE(users.ok());
  EXPECT_EQ(users->at("a").secret.text(), "2");
}

TEST(UserFile, MistakesTellTheLineAndNoSecret) {
  for (const std::string line : {"a \"hunter2\"", "\"a\" hunter2", "\"a\"\"hunter2\"", "\"a\" \"hunter2", "\"\" \"hunter2\"",
                                 "\"a", "\"a\""}) {
    const auto users = ParseUserFile("\"ok\" \"ok\"\n" + line + "\n", "users");
    ASSERT_FALSE(users.ok()) << line;
    const SqlError error = ToSqlError(users.status());
    EXPECT_EQ(error.sqlstate, "F0000");
    EXPECT_THAT(error.message, ::testing::StartsWith("users:2: ")) << line;
    EXPECT_THAT(error.message, ::testing::Not(::testing::HasSubstr("hunter2"))) << line;
  }
}

}  // namespace
}  // namespace pgshoal::auth
