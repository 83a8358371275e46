#include "router/auth/access_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/status.hpp"

namespace pgshoal::auth {
namespace {

class AccessRulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("pgshoal-access-" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return (directory_ / name).string();
  }

  static Peer From(const char* address, bool tls = false) {
    Peer peer;
    if (address != nullptr) peer.address = ParseAddress(address);
    peer.tls = tls;
    peer.database = "d";
    peer.user = "u";
    return peer;
  }

  static std::string MistakeIn(const AccessOptions& options) {
    const auto rules = AccessRules::Load(options);
    return rules.ok() ? "none" : ToSqlError(rules.status()).message;
  }

  std::filesystem::path directory_;
};

TEST_F(AccessRulesTest, OneMethodForEverybody) {
  for (const auto& [name, method] : {std::pair{"trust", Method::kTrust}, {"plain", Method::kPassword},
                                     {"md5", Method::kMd5}, {"scram-sha-256", Method::kScram}, {"cert", Method::kCert}}) {
    AccessOptions options;
    options.auth = name;
    const auto rules = AccessRules::Load(options);
    ASSERT_TRUE(rules.ok()) << name;
    EXPECT_EQ(rules->DemandOf(From(nullptr))->method, method);
    EXPECT_EQ(rules->NeedsCertificates(), method == Method::kCert);
  }
  for (const char* name : {"", "reject", "any", "gss"}) {
    AccessOptions options;
    options.auth = name;
    EXPECT_NE(MistakeIn(options), "none") << name;
  }
}

TEST_F(AccessRulesTest, RefusalsNameTheConnection) {
  AccessOptions options;
  options.auth = "hba";
  options.hba_file = Write("hba", "host all all 10.0.0.0/8 reject\n");
  const auto rules = AccessRules::Load(options);
  ASSERT_TRUE(rules.ok()) << rules.status();
  const SqlError rejected = ToSqlError(rules->DemandOf(From("10.0.0.7")).status());
  EXPECT_EQ(rejected.sqlstate, "28000");
  EXPECT_EQ(rejected.message,
            "hba rule rejects connection for host \"10.0.0.7\", user \"u\", database \"d\", no encryption");
  EXPECT_EQ(ToSqlError(rules->DemandOf(From("::1", true)).status()).message,
            "no hba rule for host \"::1\", user \"u\", database \"d\", SSL encryption");
  EXPECT_EQ(ToSqlError(rules->DemandOf(From(nullptr)).status()).message,
            "no hba rule for host \"[local]\", user \"u\", database \"d\", no encryption");
}

TEST_F(AccessRulesTest, NothingIsAllowedBeforeTheRulesAreRead) {
  EXPECT_FALSE(AccessRules().DemandOf(From(nullptr)).ok());
}

TEST_F(AccessRulesTest, CertificatesAndMaps) {
  AccessOptions options;
  options.auth = "hba";
  options.hba_file = Write("hba", "hostssl all all all cert map=people\n");
  EXPECT_THAT(MistakeIn(options), ::testing::HasSubstr("there is no map \"people\""));
  options.ident_file = Write("ident", "# map name user\npeople \"Joe Doe\" u\nother joe v\n");
  const auto rules = AccessRules::Load(options);
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_TRUE(rules->NeedsCertificates());
  const Demand demand = *rules->DemandOf(From("10.0.0.1", true));
  EXPECT_TRUE(rules->NameFits(demand, "Joe Doe", "u"));
  EXPECT_FALSE(rules->NameFits(demand, "u", "u"));
  EXPECT_FALSE(rules->NameFits(demand, "joe", "v"));
  EXPECT_TRUE(rules->NameFits(Demand{}, "u", "u"));
  EXPECT_FALSE(rules->NameFits(Demand{}, "", ""));
  options.ident_file = Write("ident", "people /^x u\n");
  EXPECT_THAT(MistakeIn(options), ::testing::HasSubstr("regular expressions"));
  options.ident_file = Write("ident", "people joe\n");
  EXPECT_THAT(MistakeIn(options), ::testing::HasSubstr("ident:1: "));
}

TEST_F(AccessRulesTest, UnknownUsersLookLikeMost) {
  AccessOptions options;
  options.auth = "md5";
  EXPECT_TRUE(AccessRules::Load(options)->UnknownUsersSeeScram());
  options.user_file = Write("users", "\"a\" \"md5" + std::string(32, '0') + "\"\n");
  EXPECT_FALSE(AccessRules::Load(options)->UnknownUsersSeeScram());
  options.user_file =
      Write("users", "\"a\" \"b\"\n\"c\" \"" + wire::ScramVerifier::FromPassword("x", "salt", 10).ToText() + "\"\n");
  EXPECT_TRUE(AccessRules::Load(options)->UnknownUsersSeeScram());
}

TEST_F(AccessRulesTest, FilesThatCannotBeRead) {
  AccessOptions options;
  options.auth = "hba";
  EXPECT_THAT(MistakeIn(options), ::testing::HasSubstr("auth_hba_file"));
  options.hba_file = directory_ / "none";
  EXPECT_THAT(MistakeIn(options), ::testing::HasSubstr("cannot read"));
  options.hba_file = Write("hba", "local all all trust\n");
  options.user_file = directory_ / "none";
  EXPECT_THAT(MistakeIn(options), ::testing::HasSubstr("cannot read"));
  options.user_file = directory_;
  EXPECT_NE(MistakeIn(options), "none");
}

}  // namespace
}  // namespace pgshoal::auth
