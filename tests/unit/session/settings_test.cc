#include "router/session/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgshoal::session {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Settings, NothingToDoOnAConnectionThatHasThem) {
  Settings settings;
  settings.Set("timezone", "SET timezone TO 'UTC'");
  EXPECT_THAT(settings.PrepareStatements(settings.current()), IsEmpty());
}

TEST(Settings, AnotherClientsSettingsAreResetAndOursMade) {
  Settings settings;
  settings.Set("datestyle", "SET datestyle TO 'ISO, DMY'");
  const Settings::Map applied = {{"timezone", "SET timezone TO 'UTC'"}};
  EXPECT_THAT(settings.PrepareStatements(applied), ElementsAre("RESET \"timezone\"", "SET datestyle TO 'ISO, DMY'"));
}

TEST(Settings, RoleIsLeftBeforeAndTakenAfterOtherSettings) {
  Settings settings;
  settings.Set("role", "SET ROLE b");
  settings.Set("work_mem", "SET work_mem TO '1MB'");
  const Settings::Map applied = {{"role", "SET ROLE a"}};
  EXPECT_THAT(settings.PrepareStatements(applied), ElementsAre("RESET ROLE", "SET work_mem TO '1MB'", "SET ROLE b"));
}

TEST(Settings, SessionAuthorizationTakesTheRoleBack) {
  Settings settings;
  settings.Set("role", "SET ROLE a");
  settings.Set("session_authorization", "SET SESSION AUTHORIZATION b");
  EXPECT_THAT(settings.current(), ElementsAre(Pair("session_authorization", "SET SESSION AUTHORIZATION b")));
}

TEST(Settings, ResetGoesBackToTheStartupDefault) {
  Settings settings;
  settings.SetDefault("search_path", "SET search_path TO \"app\"");
  settings.Set("search_path", "SET search_path TO other");
  settings.Reset("search_path");
  EXPECT_EQ(settings.current().at("search_path"), "SET search_path TO \"app\"");
  settings.Set("work_mem", "SET work_mem TO '1MB'");
  settings.Set("role", "SET ROLE a");
  settings.ResetAll(false);
  EXPECT_EQ(settings.current().size(), 2u);
  settings.ResetAll(true);
  EXPECT_EQ(settings.current().size(), 1u);
}

TEST(Settings, ClientsThatBeginAlikeShareTheirDefaultsAndChangeOnlyTheirOwn) {
  Settings one, other;
  one.SetDefault("application_name", "SET application_name TO 'app'");
  one.SetDefault("datestyle", "SET datestyle TO 'German'");
  EXPECT_EQ(&one.current(), one.defaults().get());
  other.AdoptDefaults(one.defaults());
  EXPECT_EQ(&one.current(), &other.current());
  other.Set("application_name", "SET application_name TO 'other'");
  other.Set("work_mem", "SET work_mem TO '1MB'");
  other.Reset("datestyle");
  EXPECT_THAT(one.current(), ElementsAre(Pair("application_name", "SET application_name TO 'app'"),
                                         Pair("datestyle", "SET datestyle TO 'German'")));
  EXPECT_EQ(other.current().size(), 3u);
  other.ResetAll(true);
  EXPECT_EQ(other.current(), one.current());
}

TEST(Settings, DefaultsAfterASettingLeaveTheSettingAlone) {
  Settings settings;
  settings.Set("work_mem", "SET work_mem TO '1MB'");
  settings.SetDefault("datestyle", "SET datestyle TO 'German'");
  EXPECT_EQ(settings.current().size(), 2u);
  settings.ResetAll(true);
  EXPECT_THAT(settings.current(), ElementsAre(Pair("datestyle", "SET datestyle TO 'German'")));
}

TEST(Settings, RollbackTakesChangesBack) {
  Settings settings;
  settings.Set("a.b", "SET a.b TO '1'");
  settings.Begin();
  settings.Set("a.b", "SET a.b TO '2'");
  settings.Savepoint();
  settings.Set("a.b", "SET a.b TO '3'");
  settings.RollbackTo(0);
  EXPECT_EQ(settings.current().at("a.b"), "SET a.b TO '2'");
  settings.Set("a.b", "SET a.b TO '4'");
  settings.RollbackTo(0);
  EXPECT_EQ(settings.current().at("a.b"), "SET a.b TO '2'");
  settings.Rollback();
  EXPECT_EQ(settings.current().at("a.b"), "SET a.b TO '1'");
}

TEST(Settings, CommitKeepsThem) {
  Settings settings;
  settings.Begin();
  settings.Set("work_mem", "SET work_mem TO '1MB'");
  settings.Commit();
  settings.Rollback();
  EXPECT_TRUE(settings.current().contains("work_mem"));
}

TEST(SetStatement, Quotes) {
  EXPECT_EQ(SetStatement("application_name", "it's"), "SET \"application_name\" TO 'it''s'");
  EXPECT_EQ(SetStatement("application_name", "a\\b"), "SET \"application_name\" TO E'a\\\\b'");
  EXPECT_EQ(SetStatement("my.app", "1"), "SET \"my\".\"app\" TO '1'");
  EXPECT_EQ(SetStatement("search_path", "App, \"Two, Three\" ,public"),
            "SET search_path TO \"app\", \"Two, Three\", \"public\"");
  EXPECT_EQ(SetStatement("search_path", ""), "SET search_path TO ''");
}

TEST(StartupOptions, AreReadAsPostgresReadsThem) {
  std::vector<std::pair<std::string, std::string>> settings;
  EXPECT_TRUE(ParseStartupOptions("-c geqo=off --statement-timeout=5min  -csearch_path=a\\ b", &settings));
  EXPECT_THAT(settings, ElementsAre(Pair("geqo", "off"), Pair("statement_timeout", "5min"), Pair("search_path", "a b")));
  EXPECT_FALSE(ParseStartupOptions("-x", &settings));
  EXPECT_FALSE(ParseStartupOptions("-c", &settings));
  EXPECT_FALSE(ParseStartupOptions("-c novalue", &settings));
}

}  // namespace
}  // namespace pgshoal::session
