#include "router/auth/stored_secret.hpp"

#include <gtest/gtest.h>

namespace pgshoal::auth {
namespace {

using Kind = StoredSecret::Kind;

const std::string& ScramText() {
  static const std::string text = wire::ScramVerifier::FromPassword("secret", "saltsalt", 4096).ToText();
  return text;
}

TEST(StoredSecret, Kinds) {
  EXPECT_EQ(StoredSecret().kind(), Kind::kNone);
  EXPECT_EQ(StoredSecret("").kind(), Kind::kNone);
  EXPECT_EQ(StoredSecret("md5").kind(), Kind::kPlain);
  EXPECT_EQ(StoredSecret("md5" + std::string(31, 'a')).kind(), Kind::kPlain);
  EXPECT_EQ(StoredSecret("md5" + std::string(32, 'g')).kind(), Kind::kPlain);
  EXPECT_EQ(StoredSecret("md5" + std::string(32, 'f')).kind(), Kind::kMd5);
  EXPECT_EQ(StoredSecret(ScramText()).kind(), Kind::kScram);
  EXPECT_EQ(StoredSecret("SCRAM-SHA-256$x").kind(), Kind::kPlain);
}

TEST(StoredSecret, PasswordsInClear) {
  for (const std::string& text : {std::string("secret"), wire::Md5Verifier("secret", "joe"), ScramText()}) {
    const StoredSecret secret(text);
    EXPECT_TRUE(secret.Accepts("secret", "joe")) << text;
    EXPECT_FALSE(secret.Accepts("Secret", "joe")) << text;
    EXPECT_FALSE(secret.Accepts("", "joe")) << text;
    EXPECT_FALSE(secret.Accepts("secret ", "joe")) << text;
  }
  EXPECT_FALSE(StoredSecret(wire::Md5Verifier("secret", "joe")).Accepts("secret", "jim"));
  EXPECT_FALSE(StoredSecret().Accepts("", "joe"));
  EXPECT_FALSE(StoredSecret().Accepts("secret", "joe"));
  // The stored form itself opens nothing.
  EXPECT_FALSE(StoredSecret(wire::Md5Verifier("secret", "joe")).Accepts(wire::Md5Verifier("secret", "joe"), "joe"));
  EXPECT_FALSE(StoredSecret(ScramText()).Accepts(ScramText(), "joe"));
}

TEST(StoredSecret, Md5) {
  const std::string answer = wire::Md5Response(wire::Md5Verifier("secret", "joe"), "abcd");
  EXPECT_TRUE(StoredSecret("secret").AcceptsMd5(answer, "abcd", "joe"));
  EXPECT_TRUE(StoredSecret(wire::Md5Verifier("secret", "joe")).AcceptsMd5(answer, "abcd", "joe"));
  EXPECT_FALSE(StoredSecret("secret").AcceptsMd5(answer, "abce", "joe"));
  EXPECT_FALSE(StoredSecret("secret").AcceptsMd5(answer, "abcd", "jim"));
  EXPECT_FALSE(StoredSecret("secret").AcceptsMd5("", "abcd", "joe"));
  EXPECT_FALSE(StoredSecret("secret").AcceptsMd5("secret", "abcd", "joe"));
  EXPECT_FALSE(StoredSecret(ScramText()).AcceptsMd5(answer, "abcd", "joe"));
  EXPECT_FALSE(StoredSecret().AcceptsMd5(wire::Md5Response("", "abcd"), "abcd", "joe"));
}

TEST(StoredSecret, VerifiersForScram) {
  EXPECT_EQ(StoredSecret(ScramText()).Verifier()->ToText(), ScramText());
  EXPECT_FALSE(StoredSecret().Verifier().has_value());
  EXPECT_FALSE(StoredSecret(wire::Md5Verifier("secret", "joe")).Verifier().has_value());
  const StoredSecret plain("secret"), copy = plain;
  const auto verifier = plain.Verifier();
  ASSERT_TRUE(verifier.has_value());
  EXPECT_EQ(verifier->ToText(), copy.Verifier()->ToText());  // the same salt at every login
  EXPECT_EQ(wire::ScramVerifier::FromPassword("secret", verifier->salt, verifier->iterations).ToText(),
            verifier->ToText());
}

}  // namespace
}  // namespace pgshoal::auth
