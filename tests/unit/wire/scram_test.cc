#include "router/wire/scram.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::wire {
namespace {

std::string StateOf(const absl::Status& status) { return status.ok() ? "ok" : ToSqlError(status).sqlstate; }

// RFC 7677, chapter 3, with the user name that PostgreSQL's clients leave empty put back by hand on the server's side.
TEST(Scram, ServerAcceptsTheExampleOfTheRfc) {
  const std::string salt = "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
  ScramServer server(ScramVerifier::FromPassword("pencil", salt, 4096), "user", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  const auto first = server.First("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*first, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto final = server.Final(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  ASSERT_TRUE(final.ok());
  EXPECT_EQ(*final, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

// What PostgreSQL 15 stored for CREATE ROLE … PASSWORD 'päncil'.
TEST(Scram, VerifierOfPostgres) {
  const std::string stored =
      "SCRAM-SHA-256$4096:5e3GxKUyGifLt+JDezATXg==$R7y5Z+nywEVS72YqZxfEh6fPZkSLEB+JyOdGVIyxSm0=:"
      "YCaXHF+RPZFvjfO2fgTpHRP/XxZFZNhYAepWv9FSVO4=";
  const auto parsed = ScramVerifier::Parse(stored);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->ToText(), stored);
  EXPECT_EQ(ScramVerifier::FromPassword("päncil", parsed->salt, parsed->iterations).ToText(), stored);
}

TEST(Scram, VerifierText) {
  const ScramVerifier made = ScramVerifier::FromPassword("pencil", "0123456789abcdef", 4096);
  const auto parsed = ScramVerifier::Parse(made.ToText());
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->iterations, 4096);
  EXPECT_EQ(parsed->salt, "0123456789abcdef");
  EXPECT_EQ(parsed->stored_key, made.stored_key);
  EXPECT_EQ(parsed->server_key, made.server_key);
  const std::string text = made.ToText();
  for (std::size_t n = 0; n < text.size(); ++n) EXPECT_FALSE(ScramVerifier::Parse(text.substr(0, n)).has_value()) << n;
  for (const std::string bad : {"md5d41d8cd98f00b204e9800998ecf8427e", "SCRAM-SHA-256$", "SCRAM-SHA-256$:::$::",
                                "SCRAM-SHA-256$0:YWJj$YWJj:YWJj", "SCRAM-SHA-256$-1:YWJj$YWJj:YWJj"}) {
    EXPECT_FALSE(ScramVerifier::Parse(bad).has_value()) << bad;
  }
}

absl::Status Exchange(const std::string& password, std::optional<ScramVerifier> verifier) {
  ScramClient client(password);
  ScramServer server(std::move(verifier), "u");
  const auto server_first = server.First(client.First());
  if (!server_first.ok()) return server_first.status();
  const auto client_final = client.Final(*server_first);
  if (!client_final.ok()) return client_final.status();
  const auto server_final = server.Final(*client_final);
  if (!server_final.ok()) return server_final.status();
  return client.CheckServer(*server_final);
}

TEST(Scram, BothEndsAgree) {
  const auto verifier = ScramVerifier::FromPassword("päss", "salt", 10);
  EXPECT_EQ(StateOf(Exchange("päss", verifier)), "ok");
  EXPECT_EQ(StateOf(Exchange("pass", verifier)), "28P01");
  EXPECT_EQ(StateOf(Exchange("", verifier)), "28P01");
  EXPECT_EQ(StateOf(Exchange("päss", std::nullopt)), "28P01");
  EXPECT_EQ(ToSqlError(Exchange("x", std::nullopt)).message, "password authentication failed for user \"u\"");
}

TEST(Scram, UnknownUsersLookLikeOthers) {
  const std::string first = "n,,n=,r=abc";
  ScramServer a(std::nullopt, "nobody", "N"), b(std::nullopt, "nobody", "N"), c(std::nullopt, "other", "N");
  EXPECT_EQ(*a.First(first), *b.First(first));
  ScramServer d(std::nullopt, "nobody", "N");
  EXPECT_NE(*d.First(first), *c.First(first));
}

TEST(Scram, ServerRefusesWhatItMust) {
  const auto verifier = ScramVerifier::FromPassword("p", "salt", 10);
  const auto first = [&](std::string_view message) {
    return StateOf(ScramServer(verifier, "u").First(message).status());
  };
  EXPECT_EQ(first("n,,n=,r=abc"), "ok");
  EXPECT_EQ(first("y,,n=,r=abc"), "ok");
  EXPECT_EQ(first("p=tls-server-end-point,,n=,r=abc"), "08P01");
  EXPECT_EQ(first("n,a=me,n=,r=abc"), "0A000");
  EXPECT_EQ(first("n,,m=x,n=,r=abc"), "0A000");
  for (const std::string bad : {"", "n", "n,", "x,,n=,r=abc", "n,,n=,r=", "n,,r=abc", "n,,n=", "n,,n=,r=a b"}) {
    EXPECT_NE(first(bad), "ok") << bad;
  }
  const auto final = [&](std::string_view message) {
    ScramServer server(verifier, "u", "S");
    EXPECT_TRUE(server.First("n,,n=,r=abc").ok());
    return StateOf(server.Final(message).status());
  };
  const std::string proof = ",p=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  EXPECT_EQ(final("c=biws,r=abcS" + proof), "28P01");
  EXPECT_EQ(final("c=biws,r=abcX" + proof), "08P01");
  EXPECT_EQ(final("c=eSws,r=abcS" + proof), "08P01");
  EXPECT_EQ(final("c=biws,r=abcS"), "08P01");
  EXPECT_EQ(final("c=biws,r=abcS,p=AAAA"), "08P01");
  EXPECT_EQ(final(""), "08P01");
}

TEST(Scram, ClientChecksTheServer) {
  const auto final = [](std::string_view message) {
    return StateOf(ScramClient("p", "abc").Final(message).status());
  };
  EXPECT_EQ(final("r=abcS,s=c2FsdA==,i=10"), "ok");
  for (const std::string bad : {"", "r=abc,s=c2FsdA==,i=10", "r=xbcS,s=c2FsdA==,i=10", "r=abcS,s=c2FsdA=,i=10",
                                "r=abcS,s=c2FsdA==,i=0", "r=abcS,s=c2FsdA==,i=2000000000", "r=abcS,s=,i=10",
                                "r=abcS,i=10", "r=abcS,s=c2FsdA==,i=10x"}) {
    EXPECT_EQ(final(bad), "08P01") << bad;
  }
  ScramClient client("p", "abc");
  ASSERT_TRUE(client.Final("r=abcS,s=c2FsdA==,i=10").ok());
  EXPECT_EQ(StateOf(client.CheckServer("e=invalid-proof")), "28P01");
  EXPECT_EQ(StateOf(client.CheckServer("v=AAAA")), "28P01");
  EXPECT_EQ(StateOf(client.CheckServer("")), "08P01");
}

struct Bound {
  ChannelBinding client = ChannelBinding::kNone, server = ChannelBinding::kNone;
  std::string client_end_point, server_end_point;
};

absl::Status Exchange(ScramClient client, const ScramVerifier& verifier, const Bound& bound, ScramKeys* keys = nullptr) {
  client.Bind(bound.client, bound.client_end_point);
  ScramServer server(verifier, "u");
  server.Bind(bound.server, bound.server_end_point);
  const auto server_first = server.First(client.First());
  if (!server_first.ok()) return server_first.status();
  const auto client_final = client.Final(*server_first);
  if (!client_final.ok()) return client_final.status();
  const auto server_final = server.Final(*client_final);
  if (!server_final.ok()) return server_final.status();
  if (keys != nullptr) *keys = server.Keys();
  return client.CheckServer(*server_final);
}

TEST(Scram, ChannelBinding) {
  using enum ChannelBinding;
  const auto verifier = ScramVerifier::FromPassword("p", "salt", 10);
  const auto outcome = [&](const Bound& bound) { return StateOf(Exchange(ScramClient("p"), verifier, bound)); };
  EXPECT_EQ(outcome({kUsed, kUsed, "hash", "hash"}), "ok");
  EXPECT_EQ(outcome({kUsed, kUsed, "hash", "another server's"}), "28000");
  EXPECT_EQ(outcome({kNone, kOffered, "", "hash"}), "ok");      // a client that cannot
  EXPECT_EQ(outcome({kOffered, kOffered, "", "hash"}), "28000");  // the offer was hidden from it
  EXPECT_EQ(outcome({kOffered, kNone, "", ""}), "ok");
  EXPECT_EQ(outcome({kNone, kUsed, "", "hash"}), "08P01");
  EXPECT_EQ(outcome({kOffered, kUsed, "", "hash"}), "08P01");
  EXPECT_EQ(outcome({kUsed, kNone, "hash", ""}), "08P01");
  EXPECT_EQ(outcome({kUsed, kOffered, "hash", "hash"}), "08P01");
  ScramServer server(verifier, "u");
  server.Bind(kUsed, "hash");
  EXPECT_EQ(ToSqlError(server.First("p=tls-unique,,n=,r=abc").status()).message,
            "unsupported SCRAM channel-binding type \"tls-unique\"");
}

TEST(Scram, KeysOpenServersWithTheSameVerifier) {
  const auto verifier = ScramVerifier::FromPassword("p", "salt", 10);
  ScramKeys keys;
  ASSERT_EQ(StateOf(Exchange(ScramClient("p"), verifier, {}, &keys)), "ok");
  EXPECT_EQ(StateOf(Exchange(ScramClient(keys), verifier, {})), "ok");
  EXPECT_EQ(StateOf(Exchange(ScramClient(keys), ScramVerifier::FromPassword("p", "tlas", 10), {})), "28P01");
  EXPECT_EQ(StateOf(Exchange(ScramClient(keys), ScramVerifier::FromPassword("p", "salt", 11), {})), "28P01");
  EXPECT_EQ(StateOf(Exchange(ScramClient(keys), ScramVerifier::FromPassword("q", "salt", 10), {})), "28P01");
}

TEST(SecretText, IsCopiedMovedAndCompared) {
  Secret a("open sesame");
  Secret b = a;
  EXPECT_TRUE(a == b);
  Secret c = std::move(a);
  EXPECT_EQ(c.view(), "open sesame");
  b = Secret("other");
  EXPECT_FALSE(b == c);
  c = b;
  EXPECT_EQ(c.view(), "other");
  EXPECT_TRUE(Secret().empty());
  EXPECT_TRUE(Secret() == Secret(""));
  std::string text = "open sesame";
  const char* place = text.data();
  Wipe(&text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(place, 4), std::string(4, '\0'));
}

// Values from PostgreSQL: 'md5' || md5('secretjoe'), and the same over those digits with the salt appended.
TEST(Md5, BothForms) {
  EXPECT_EQ(Md5Verifier("", ""), "md5d41d8cd98f00b204e9800998ecf8427e");
  const std::string verifier = Md5Verifier("secret", "joe");
  EXPECT_EQ(verifier, "md5c59ec932d911ffdf487595b5a2adf973");
  EXPECT_EQ(Md5Response(verifier, "salt"), "md589a05ee0d60158e17acbce32396bfc53");
  EXPECT_EQ(Md5Response(verifier, "salt"), Md5Response(verifier.substr(3), "salt"));
}

TEST(Secrets, Comparison) {
  EXPECT_TRUE(SecretsEqual("", ""));
  EXPECT_TRUE(SecretsEqual("abc", "abc"));
  EXPECT_FALSE(SecretsEqual("abc", "abd"));
  EXPECT_FALSE(SecretsEqual("abc", "abcd"));
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

}  // namespace
}  // namespace pgshoal::wire
