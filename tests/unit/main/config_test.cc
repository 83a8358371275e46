#include "router/main/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/status.hpp"

namespace pgshoal::main {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SqlError MistakeIn(const std::string& text) {
  const absl::StatusOr<RouterConfig> config = ParseConfig(text, "/etc/pgshoal/pgshoal.toml");
  return config.ok() ? SqlError{.sqlstate = "00000"} : ToSqlError(config.status());
}

TEST(ConfigTest, DefaultsHoldForWhatTheFileLeavesOut) {
  const auto config = ParseConfig("map_file = \"/srv/map.toml\"\n", "pgshoal.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->port, 6432);
  EXPECT_EQ(config->io, "auto");
  EXPECT_THAT(config->listen_addresses, ElementsAre("127.0.0.1"));
  EXPECT_EQ(config->map_file, "/srv/map.toml");
}

TEST(ConfigTest, EveryTypeIsRead) {
  const auto config =
      ParseConfig("map_file = 'map.toml'\nport = 7000\nio = 'epoll'\nlisten_addresses = ['::1', '10.0.0.1']\n",
                  "/etc/pgshoal/pgshoal.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->port, 7000);
  EXPECT_EQ(config->io, "epoll");
  EXPECT_THAT(config->listen_addresses, ElementsAre("::1", "10.0.0.1"));
  EXPECT_EQ(config->map_file, "/etc/pgshoal/map.toml");
}

TEST(ConfigTest, EmptyListOfAddressesNeedsAUnixSocket) {
  EXPECT_THAT(MistakeIn("map_file = 'm'\nlisten_addresses = []\n").message, HasSubstr("place to listen"));
  EXPECT_EQ(MistakeIn("map_file = 'm'\nlisten_addresses = []\nunix_socket_dir = '/run'\n").sqlstate, "00000");
}

TEST(ConfigTest, SocketModeIsAnOctalNumber) {
  EXPECT_EQ(SocketMode("0777"), 0777u);
  EXPECT_EQ(SocketMode("600"), 0600u);
  EXPECT_EQ(SocketMode("0"), 0u);
  for (const char* wrong : {"", "0778", "1000", "-1", "0x1ff", "0600 ", "rwx"}) {
    EXPECT_EQ(SocketMode(wrong), std::nullopt) << wrong;
    const SqlError mistake = MistakeIn(std::string("map_file = 'm'\nunix_socket_mode = '") + wrong + "'\n");
    EXPECT_EQ(mistake.sqlstate, "F0000") << wrong;
    EXPECT_THAT(mistake.message, HasSubstr("unix_socket_mode is an octal number")) << wrong;
  }
}

TEST(ConfigTest, SectionsMayStandForTheMapFile) {
  const auto config = ParseConfig("[databases.a]\nhost = 'h'\nport = 7\n[databases.b]\nmap_file = 'b.toml'\n",
                                  "/etc/pgshoal/pgshoal.toml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->databases.at("a").host, "h");
  EXPECT_EQ(config->databases.at("a").port, 7);
  EXPECT_EQ(config->databases.at("b").map_file, "/etc/pgshoal/b.toml");
  EXPECT_EQ(MistakeIn("[databases.a]\npool_size = 3\n").sqlstate, "F0000");
}

TEST(ConfigTest, MistakesNameFileAndLine) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"map_file = 'm'\nprot = 1\n", "/etc/pgshoal/pgshoal.toml:2: there is no setting \"prot\""},
      {"\n\nport = '1'\n", "/etc/pgshoal/pgshoal.toml:3: port is an integer"},
      {"port = 0\n", "/etc/pgshoal/pgshoal.toml:1: port is between 1 and 65535"},
      {"port = 65536\n", "/etc/pgshoal/pgshoal.toml:1: port is between 1 and 65535"},
      {"port = 99999999999\n", "/etc/pgshoal/pgshoal.toml:1: port is between 1 and 65535"},
      {"port = 1.5\n", "/etc/pgshoal/pgshoal.toml:1: port is an integer"},
      {"server_user = 1\n", "/etc/pgshoal/pgshoal.toml:1: server_user is a string"},
      {"io = 'kqueue'\n", "/etc/pgshoal/pgshoal.toml:1: io is one of: auto, io_uring, epoll"},
      {"listen_addresses = '*'\n", "/etc/pgshoal/pgshoal.toml:1: listen_addresses is an array of strings"},
      {"listen_addresses = ['*', 1]\n", "/etc/pgshoal/pgshoal.toml:1: listen_addresses is an array of strings"},
      {"port = 6432\n", "/etc/pgshoal/pgshoal.toml: map_file is missing, and no section [databases.NAME] says where one lies"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(MistakeIn(text).message, message) << text;
    EXPECT_EQ(MistakeIn(text).sqlstate, "F0000") << text;
  }
  EXPECT_THAT(MistakeIn("port = 1\nport = 2\n").message, HasSubstr("pgshoal.toml:2: "));
  EXPECT_THAT(MistakeIn("port = \n").message, HasSubstr("pgshoal.toml:1: "));
}

TEST(ConfigTest, DurationsAreSecondsOrHaveAUnit) {
  const struct {
    const char* value;
    int milliseconds;
  } cases[] = {{"7", 7000}, {"1.5", 1500}, {"'2s'", 2000}, {"'1500ms'", 1500}, {"'2 min'", 120'000}, {"'1h'", 3'600'000}};
  for (const auto& [value, milliseconds] : cases) {
    const auto config = ParseConfig(std::string("map_file = 'm'\nclient_login_timeout = ") + value, "pgshoal.toml");
    ASSERT_TRUE(config.ok()) << value << ": " << config.status();
    EXPECT_EQ(config->client_login_timeout.count(), milliseconds) << value;
  }
  for (const char* value : {"'2 weeks'", "''", "true", "[1]", "'nan'", "{a = 1}", "2020-01-01"}) {
    EXPECT_THAT(MistakeIn(std::string("client_login_timeout = ") + value).message,
                HasSubstr("client_login_timeout is a duration")) << value;
  }
  for (const char* value : {"0", "-1", "'2h'", "1e300", "99999999999999"}) {
    EXPECT_THAT(MistakeIn(std::string("client_login_timeout = ") + value).message,
                HasSubstr("client_login_timeout is between 1 and 3600 seconds")) << value;
  }
}

TEST(ConfigTest, FileThatIsNotThere) {
  EXPECT_EQ(ToSqlError(ReadConfig("/nonexistent/pgshoal.toml").status()).sqlstate, "58P01");
}

TEST(ConfigTest, ReferencePageIsCurrent) {
  std::ifstream page("docs/reference-settings.md");
  const std::string text(std::istreambuf_iterator<char>(page), {});
  EXPECT_EQ(text, SettingsReference()) << "write it anew: pgshoal run --print-settings > docs/reference-settings.md";
}

}  // namespace
}  // namespace pgshoal::main
