#include "router/wire/saslprep.hpp"

#include <gtest/gtest.h>

#include <string>

#include "router/wire/scram.hpp"

namespace pgshoal::wire {
namespace {

std::string Prepared(std::string_view password) {
  return std::string(SaslPrep(password).view());
}

// RFC 4013, chapter 3.
TEST(SaslPrep, ExamplesOfTheRfc) {
  EXPECT_EQ(Prepared("I\u00adX"), "IX");
  EXPECT_EQ(Prepared("user"), "user");
  EXPECT_EQ(Prepared("USER"), "USER");
  EXPECT_EQ(Prepared("\u00aa"), "a");
  EXPECT_EQ(Prepared("\u2168"), "IX");
}

TEST(SaslPrep, LooksAlikeIsAlike) {
  EXPECT_EQ(Prepared("pa\u0308ncil"), "p\u00e4ncil");
  EXPECT_EQ(Prepared("p\u00e4ncil"), "p\u00e4ncil");
  EXPECT_EQ(Prepared("a\u00a0b"), "a b");
  EXPECT_EQ(Prepared("\ufdfa").size(), 33u);  // one character, eighteen afterwards
}

TEST(SaslPrep, WhatItForbidsIsUsedAsItStands) {
  for (const std::string_view password :
       {std::string_view("\x07"),
        std::string_view("a\x07"
                         "\u00e4"),
        std::string_view("\u0627"
                         "1"),
        std::string_view("\u00ad"), std::string_view("\u0221"), std::string_view("\ue000x"),
        std::string_view("\xff\xfe"), std::string_view("a\xc3"), std::string_view("\xed\xa0\x80"),
        std::string_view("")}) {
    EXPECT_EQ(Prepared(password), password);
  }
}

TEST(SaslPrep, VerifiersAreMadeOfIt) {
  const std::string salt = "0123456789abcdef";
  EXPECT_EQ(ScramVerifier::FromPassword("pa\u0308ncil", salt, 1).ToText(),
            ScramVerifier::FromPassword("p\u00e4ncil", salt, 1).ToText());
  EXPECT_NE(ScramVerifier::FromPassword("p\xe4ncil", salt, 1).ToText(),
            ScramVerifier::FromPassword("p\u00e4ncil", salt, 1).ToText());
}

TEST(SaslPrep, ClientsProveIt) {
  ScramServer server(ScramVerifier::FromPassword("p\u00e4ncil", "0123456789abcdef", 1), "user");
  ScramClient client(std::string_view("pa\u0308ncil"));
  const auto challenge = server.First(client.First());
  ASSERT_TRUE(challenge.ok());
  const auto proof = client.Final(*challenge);
  ASSERT_TRUE(proof.ok());
  const auto outcome = server.Final(*proof);
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(client.CheckServer(*outcome).ok());
}

}  // namespace
}  // namespace pgshoal::wire
