#include "router/auth/hba.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "router/auth/ident_map.hpp"

namespace pgshoal::auth {
namespace {

using ::testing::HasSubstr;

// Which line decides: its number, 0 when none fits.
int Decides(const HbaRules& rules, std::optional<std::string> address, bool tls, const std::string& database,
            const std::string& user) {
  Peer peer;
  if (address.has_value()) peer.address = ParseAddress(*address);
  peer.tls = tls;
  peer.database = database;
  peer.user = user;
  const HbaRule* rule = rules.Find(peer);
  return rule == nullptr ? 0 : rule->line;
}

HbaRules Parsed(std::string_view text) {
  absl::StatusOr<HbaRules> rules = HbaRules::Parse(text, "hba");
  EXPECT_TRUE(rules.ok()) << rules.status();
  return rules.ok() ? *rules : HbaRules();
}

std::string MistakeIn(std::string_view text) {
  const absl::StatusOr<HbaRules> rules = HbaRules::Parse(text, "hba");
  if (rules.ok()) return "none";
  EXPECT_EQ(ToSqlError(rules.status()).sqlstate, "F0000");
  return ToSqlError(rules.status()).message;
}

TEST(Hba, TheFirstRuleThatFitsDecides) {
  const HbaRules rules = Parsed(
      "# a comment\n"
      "local all all trust\n"
      "host app alice,bob 10.0.0.0/8 md5   # both\n"
      "\n"
      "host app,\"other db\" all 10.0.0.0 255.0.0.0 scram-sha-256\n"
      "hostssl all all all password\n"
      "host sameuser all ::1/128 reject\n");
  EXPECT_EQ(Decides(rules, std::nullopt, false, "x", "y"), 2);
  EXPECT_EQ(Decides(rules, "10.1.1.1", false, "app", "bob"), 3);
  EXPECT_EQ(Decides(rules, "10.1.1.1", false, "app", "carol"), 5);
  EXPECT_EQ(Decides(rules, "10.1.1.1", false, "other db", "alice"), 5);
  EXPECT_EQ(Decides(rules, "11.1.1.1", false, "app", "alice"), 0);
  EXPECT_EQ(Decides(rules, "11.1.1.1", true, "app", "alice"), 6);
  EXPECT_EQ(Decides(rules, "::1", false, "alice", "alice"), 7);
  EXPECT_EQ(Decides(rules, "::1", false, "bob", "alice"), 0);
  EXPECT_EQ(rules.rules()[1].method, Method::kMd5);
}

TEST(Hba, QuotedWordsHaveNoMeaning) {
  const HbaRules rules = Parsed("host \"all\" \"sa\"\"me\" all trust\nhost replication \"+x\" all trust\n");
  EXPECT_EQ(Decides(rules, "10.0.0.1", false, "app", "sa\"me"), 0);
  EXPECT_EQ(Decides(rules, "10.0.0.1", false, "all", "sa\"me"), 1);
  EXPECT_EQ(Decides(rules, "10.0.0.1", false, "replication", "+x"), 0);  // as in PostgreSQL, no database of that name
}

TEST(Hba, LinesThatGoOn) {
  const HbaRules rules = Parsed("host all \\\n  all all \\\n trust\nlocal all all reject");
  EXPECT_EQ(Decides(rules, "10.0.0.1", false, "d", "u"), 1);
  EXPECT_EQ(Decides(rules, std::nullopt, false, "d", "u"), 4);
}

TEST(Hba, EncryptionTypes) {
  const HbaRules rules = Parsed("hostssl all all all cert\nhostnossl all all all reject\nhostnogssenc all all all trust");
  EXPECT_EQ(Decides(rules, "10.0.0.1", true, "d", "u"), 1);
  EXPECT_EQ(Decides(rules, "10.0.0.1", false, "d", "u"), 2);
  EXPECT_EQ(Decides(rules, std::nullopt, false, "d", "u"), 0);
  EXPECT_EQ(rules.rules()[0].client_cert, ClientCert::kVerifyFull);
}

TEST(Hba, Options) {
  const HbaRules rules = Parsed(
      "hostssl all all all scram-sha-256 clientcert=verify-ca\n"
      "hostssl all all all md5 clientcert=verify-full\n"
      "hostssl all all all cert map=people\n");
  EXPECT_EQ(rules.rules()[0].client_cert, ClientCert::kVerifyCa);
  EXPECT_EQ(rules.rules()[1].client_cert, ClientCert::kVerifyFull);
  EXPECT_EQ(rules.rules()[2].map, "people");
}

TEST(Hba, FilesOfNames) {
  const FileReader read = [](const std::string& path) -> absl::StatusOr<std::string> {
    if (path == "/etc/shoal/admins") return "alice bob\n\"carol\", dave # all of them\n@more";
    if (path == "/etc/shoal/more") return "erin";
    if (path == "/etc/shoal/loop") return "@loop";
    return SqlStatus(sqlstate::kUndefinedFile, "cannot read " + path);
  };
  const auto rules = HbaRules::Parse("host all @admins,frank all trust", "/etc/shoal/hba", read);
  ASSERT_TRUE(rules.ok()) << rules.status();
  for (const char* user : {"alice", "bob", "carol", "dave", "erin", "frank"}) {
    EXPECT_EQ(Decides(*rules, "10.0.0.1", false, "d", user), 1) << user;
  }
  EXPECT_EQ(Decides(*rules, "10.0.0.1", false, "d", "@admins"), 0);
  EXPECT_THAT(ToSqlError(HbaRules::Parse("host all @none all trust", "/etc/shoal/hba", read).status()).message,
              HasSubstr("cannot read /etc/shoal/none"));
  EXPECT_THAT(ToSqlError(HbaRules::Parse("host all @loop all trust", "/etc/shoal/hba", read).status()).message,
              HasSubstr("too deeply"));
}

TEST(Hba, Mistakes) {
  EXPECT_EQ(MistakeIn("host all all all trust\nhost all +staff all trust"),
            "hba:2: \"+staff\": the router does not know who is a member of a role; list the users");
  EXPECT_THAT(MistakeIn("host samerole all all trust"), HasSubstr("hba:1: \"samerole\""));
  EXPECT_THAT(MistakeIn("host /^a all all trust"), HasSubstr("regular expressions are not supported"));
  EXPECT_THAT(MistakeIn("hostgssenc all all all trust"), HasSubstr("connection type \"hostgssenc\" is not supported"));
  EXPECT_THAT(MistakeIn("host all all db.example.com trust"), HasSubstr("host names are not looked up"));
  EXPECT_THAT(MistakeIn("host all all samenet trust"), HasSubstr("samenet"));
  EXPECT_THAT(MistakeIn("host all all 10.0.0.1 trust"), HasSubstr("neither a prefix length nor a mask"));
  EXPECT_THAT(MistakeIn("host all all 10.0.0.1/33 trust"), HasSubstr("is not a network"));
  EXPECT_THAT(MistakeIn("host all all 10.0.0.1 255.0.255.0 trust"), HasSubstr("is not a mask"));
  EXPECT_THAT(MistakeIn("host all all all gss"), HasSubstr("authentication method \"gss\" is not supported"));
  EXPECT_THAT(MistakeIn("host all all all cert"), HasSubstr("only supported on hostssl"));
  EXPECT_THAT(MistakeIn("host all all all peer"), HasSubstr("only supported on local sockets"));
  EXPECT_THAT(MistakeIn("host all all all md5 clientcert=verify-ca"), HasSubstr("only be given for hostssl"));
  EXPECT_THAT(MistakeIn("hostssl all all all md5 clientcert=1"), HasSubstr("verify-ca or verify-full"));
  EXPECT_THAT(MistakeIn("hostssl all all all md5 map=x"), HasSubstr("only be given for the methods cert and peer"));
  EXPECT_THAT(MistakeIn("host all all all md5 radius=x"), HasSubstr("option \"radius\" is not supported"));
  EXPECT_THAT(MistakeIn("host all all all md5 radius"), HasSubstr("name=value"));
  EXPECT_THAT(MistakeIn("host all all all trust,md5"), HasSubstr("several values"));
  EXPECT_THAT(MistakeIn("host all all all"), HasSubstr("ends before its method"));
  EXPECT_THAT(MistakeIn("host all"), HasSubstr("ends before its user"));
  EXPECT_THAT(MistakeIn("host all \"open all trust"), HasSubstr("not closed"));
  EXPECT_THAT(MistakeIn("host all a, \n"), HasSubstr("ends with a comma"));
  EXPECT_THAT(MistakeIn("# nothing\n"), HasSubstr("contains no rules"));
}

TEST(IdentMaps, AllMeansEveryUserUnlessQuoted) {
  const auto maps = IdentMaps::Parse("any admin.org all\nnamed admin.org \"all\"\n", "ident");
  ASSERT_TRUE(maps.ok()) << maps.status();
  EXPECT_TRUE(maps->Allows("any", "admin.org", "joe"));
  EXPECT_FALSE(maps->Allows("any", "other.org", "joe"));
  EXPECT_FALSE(maps->Allows("named", "admin.org", "joe"));
  EXPECT_TRUE(maps->Allows("named", "admin.org", "all"));
  const auto empty = IdentMaps::Parse("any admin.org \"\"\n", "ident");
  EXPECT_EQ(ToSqlError(empty.status()).sqlstate, "F0000");
}

}  // namespace
}  // namespace pgshoal::auth
