#include "router/main/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "router/main/dev_cluster.hpp"

namespace pgshoal::main {
namespace {

using testing::ElementsAre;

Command Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "pgshoal");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data());
}

TEST(OptionsTest, DevWithEverything) {
  const Command command = Parse(
      {"dev",       "--shards", "3",         "--dir", "/d",     "--port",         "7000",         "--database",
       "shop",      "--user",   "ann",       "--map", "m.toml", "--postgres-set", "work_mem=8MB", "--postgres-set",
       "fsync=off", "--fresh",  "--threads", "2",     "--io",   "epoll"});
  const auto* dev = std::get_if<DevOptions>(&command);
  ASSERT_NE(dev, nullptr);
  EXPECT_EQ(dev->shards, 3);
  EXPECT_EQ(dev->dir, "/d");
  EXPECT_EQ(dev->port, 7000);
  EXPECT_EQ(dev->database, "shop");
  EXPECT_EQ(dev->user, "ann");
  EXPECT_EQ(dev->map_file, "m.toml");
  EXPECT_THAT(dev->postgres_settings, ElementsAre("work_mem=8MB", "fsync=off"));
  EXPECT_TRUE(dev->fresh);
  EXPECT_EQ(dev->threads, 2);
  EXPECT_EQ(dev->io, "epoll");
}

TEST(OptionsTest, DevLeavesOpenWhatTheDirectoryKnows) {
  const Command command = Parse({"dev", "--dir", "/d"});
  const auto* dev = std::get_if<DevOptions>(&command);
  ASSERT_NE(dev, nullptr);
  EXPECT_FALSE(dev->shards.has_value());
  EXPECT_FALSE(dev->user.has_value());
  EXPECT_FALSE(dev->database.has_value());
  EXPECT_EQ(dev->port, 6432);
}

TEST(OptionsTest, Run) {
  const Command command = Parse({"run", "--config", "p.toml"});
  const auto* run = std::get_if<RunOptions>(&command);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->config_file, "p.toml");
}

TEST(OptionsTest, UsageErrorsExitWith2) {
  const std::vector<std::vector<const char*>> wrong = {{},
                                                       {"dev"},
                                                       {"run"},
                                                       {"dance"},
                                                       {"dev", "--dir", "/d", "--shards", "0"},
                                                       {"dev", "--dir", "/d", "--port", "65536"},
                                                       {"dev", "--dir", "/d", "--io", "kqueue"},
                                                       {"dev", "--dir", "/d", "stray"}};
  for (const auto& arguments : wrong) {
    const Command command = Parse(arguments);
    const int* code = std::get_if<int>(&command);
    ASSERT_NE(code, nullptr) << testing::PrintToString(arguments);
    EXPECT_EQ(*code, 2) << testing::PrintToString(arguments);
  }
}

TEST(OptionsTest, HelpAndVersionExitWith0) {
  for (const char* argument : {"--help", "--version"}) {
    const Command command = Parse({argument});
    ASSERT_NE(std::get_if<int>(&command), nullptr) << argument;
    EXPECT_EQ(std::get<int>(command), 0) << argument;
  }
}

TEST(ServerSettingTest, SplitsAtTheFirstEqualsSign) {
  const auto setting = ParseServerSetting("Log_Line_Prefix=a=b");
  ASSERT_TRUE(setting.ok()) << setting.status();
  EXPECT_EQ(setting->first, "log_line_prefix");
  EXPECT_EQ(setting->second, "a=b");
}

TEST(ServerSettingTest, RejectsWhatIsNoSettingOrNotTheUsersToDecide) {
  for (const char* text : {"", "work_mem", "=1", "a b=1", "port=1", "PORT=1", "unix_socket_directories=/x"}) {
    EXPECT_EQ(ToSqlError(ParseServerSetting(text).status()).sqlstate, "22023") << text;
  }
}

}  // namespace
}  // namespace pgshoal::main
