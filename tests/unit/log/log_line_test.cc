#include "router/log/log_line.hpp"

#include <gtest/gtest.h>

namespace pgshoal::log {
namespace {

constexpr std::chrono::system_clock::time_point kWhen{std::chrono::milliseconds(1'769'860'800'007)};

TEST(LogLineTest, TextHasWhatIsKnown) {
  EXPECT_EQ(TextLine(kWhen, 17, Level::kWarning, "hello", {}), "2026-01-31 12:00:00.007 UTC [17] WARNING hello");
  const About about{.database = "app", .user = "me", .client = "192.0.2.1:99", .pid = 5};
  EXPECT_EQ(TextLine(kWhen, 17, Level::kInfo, "login", about),
            "2026-01-31 12:00:00.007 UTC [17] INFO app/me@192.0.2.1:99 pid=5: login");
  const About slow{.shard = "shard1", .milliseconds = 12.5, .statement = "SELECT $1", .sqlstate = "57014"};
  EXPECT_EQ(
      TextLine(kWhen, 17, Level::kInfo, "slow", slow),
      "2026-01-31 12:00:00.007 UTC [17] INFO shard shard1: slow (57014) duration: 12.500 ms statement: SELECT $1");
}

TEST(LogLineTest, TextStaysOneLine) {
  const About about{.user = "a\nb\x1b[1m", .client = "unix"};
  EXPECT_EQ(TextLine(kWhen, 17, Level::kInfo, "x\r\ny", about),
            "2026-01-31 12:00:00.007 UTC [17] INFO (nodb)/a?b?[1m@unix: x??y");
}

TEST(LogLineTest, JsonLeavesOutWhatIsNotKnown) {
  EXPECT_EQ(JsonLine(kWhen, 17, Level::kError, "hello", {}),
            R"({"time": "2026-01-31T12:00:00.007Z", "pid": 17, "level": "error", "message": "hello"})");
  const About about{.database = "app", .user = "me", .client = "unix", .pid = 5, .milliseconds = 1.25};
  EXPECT_EQ(JsonLine(kWhen, 17, Level::kInfo, "x", about),
            R"({"time": "2026-01-31T12:00:00.007Z", "pid": 17, "level": "info", "message": "x", "database": "app", )"
            R"("user": "me", "client": "unix", "client_pid": 5, "duration_ms": 1.250})");
}

TEST(LogLineTest, JsonStringsAreWellFormed) {
  const auto message = [](std::string_view text) {
    const std::string line = JsonLine(kWhen, 1, Level::kInfo, text, {});
    const std::string before = R"("message": )";
    return line.substr(line.find(before) + before.size(), line.size() - line.find(before) - before.size() - 1);
  };
  EXPECT_EQ(message("a\"b\\c\nd\te\x01"), R"("a\"b\\c\nd\te\u0001")");
  EXPECT_EQ(message("é€𝄞"), "\"é€𝄞\"");
  // Broken UTF-8: a lonely byte, a cut sequence, an overlong form, a surrogate, beyond the last code point.
  EXPECT_EQ(message("\x80"), R"("\ufffd")");
  EXPECT_EQ(message("\xe2\x82"), R"("\ufffd\ufffd")");
  EXPECT_EQ(message("\xc0\xaf"), R"("\ufffd\ufffd")");
  EXPECT_EQ(message("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(message("\xf4\x90\x80\x80"), R"("\ufffd\ufffd\ufffd\ufffd")");
}

}  // namespace
}  // namespace pgshoal::log
