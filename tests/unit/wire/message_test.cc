#include "router/wire/message.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace pgshoal::wire {
namespace {

using namespace std::string_literals;

TEST(Message, NeedsMoreUntilWhole) {
  const std::string message = "Q\0\0\0\x09selec"s;
  for (std::size_t n = 0; n < message.size(); ++n) {
    const Next next = NextMessage(std::string_view(message).substr(0, n), 100);
    EXPECT_EQ(next.progress, Progress::kNeedMore) << n;
    EXPECT_EQ(next.length, n < kHeaderSize ? 0u : 10u) << n;
  }
  const std::string with_more = message + "more";
  const Next next = NextMessage(with_more, 100);
  ASSERT_EQ(next.progress, Progress::kOk);
  EXPECT_EQ(next.length, 10u);
  EXPECT_EQ(next.message.type, 'Q');
  EXPECT_EQ(next.message.body, "selec");
}

TEST(Message, PeekSeesTheFrameBeforeTheBody) {
  const Header header = Peek("D\0\1\0\0"s, limits::kMaxMessage);
  EXPECT_EQ(header.progress, Progress::kOk);
  EXPECT_EQ(header.type, 'D');
  EXPECT_EQ(header.length, 65537u);
}

TEST(Message, LengthsThatCannotBe) {
  EXPECT_EQ(Peek("Q\0\0\0\3"s, 100).progress, Progress::kMalformed);
  EXPECT_EQ(Peek("Q\xff\xff\xff\xff"s, limits::kMaxMessage).progress, Progress::kMalformed);
  EXPECT_EQ(Peek("Q\0\0\0\x64"s, 100).progress, Progress::kMalformed);  // 101 bytes with the type
  EXPECT_EQ(Peek("Q\0\0\0\x63"s, 100).progress, Progress::kOk);
}

TEST(Startup, SpecialRequests) {
  std::string bytes;
  AppendSslRequest(&bytes);
  EXPECT_EQ(bytes, "\0\0\0\x08\x04\xd2\x16\x2f"s);
  EXPECT_TRUE(std::holds_alternative<SslRequest>(NextStartupPacket(bytes).packet));
  EXPECT_TRUE(std::holds_alternative<GssencRequest>(NextStartupPacket("\0\0\0\x08\x04\xd2\x16\x30"s).packet));
  bytes.clear();
  AppendCancelRequest(&bytes, {-7, 0xdeadbeef});
  const NextStartup cancel = NextStartupPacket(bytes);
  ASSERT_EQ(cancel.progress, Progress::kOk);
  EXPECT_EQ(std::get<CancelRequest>(cancel.packet).pid, -7);
  EXPECT_EQ(std::get<CancelRequest>(cancel.packet).key, 0xdeadbeefu);
  EXPECT_EQ(NextStartupPacket("\0\0\0\x0c\x04\xd2\x16\x2e\0\0\0\1"s).progress, Progress::kMalformed);
  EXPECT_EQ(NextStartupPacket("\0\0\0\x09\x04\xd2\x16\x2f\0"s).progress, Progress::kMalformed);
}

TEST(Startup, ParametersInOrderAndTheLastCounts) {
  StartupMessage startup;
  startup.minor = 2;
  startup.parameters = {{"user", "u"}, {"_pq_.x", "1"}, {"database", ""}, {"user", "v"}};
  std::string bytes;
  AppendStartupMessage(&bytes, startup);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_EQ(NextStartupPacket(std::string_view(bytes).substr(0, n)).progress, Progress::kNeedMore);
  }
  const NextStartup next = NextStartupPacket(bytes + "p");
  ASSERT_EQ(next.progress, Progress::kOk);
  EXPECT_EQ(next.length, bytes.size());
  const auto& read = std::get<StartupMessage>(next.packet);
  EXPECT_EQ(read.parameters, startup.parameters);
  EXPECT_EQ(read.minor, 2);
  EXPECT_EQ(read.Find("user"), "v");
  EXPECT_EQ(read.Find("database"), "");
  EXPECT_EQ(read.Find("options"), std::nullopt);
  EXPECT_EQ(read.ProtocolOptions(), std::vector<std::string_view>{"_pq_.x"});
}

std::string StartupBytes(std::string_view after_version) {
  std::string bytes = "\0\0\0\0\0\3\0\0"s;
  bytes.append(after_version);
  bytes[3] = static_cast<char>(bytes.size());
  return bytes;
}

TEST(Startup, LayoutIsChecked) {
  EXPECT_EQ(NextStartupPacket(StartupBytes("user\0u\0\0"s)).progress, Progress::kOk);
  EXPECT_EQ(NextStartupPacket(StartupBytes("\0"s)).progress, Progress::kOk);
  for (const std::string& bad : {""s, "user\0u\0"s, "user\0u"s, "user\0\0"s, "user"s, "user\0u\0\0x"s, "user\0u\0\0\0"s,
                                 "user\0u\0name\0"s}) {
    const NextStartup next = NextStartupPacket(StartupBytes(bad));
    EXPECT_EQ(next.progress, Progress::kMalformed) << testing::PrintToString(bad);
    EXPECT_EQ(next.error.sqlstate, "08P01");
    EXPECT_EQ(next.error.message, "invalid startup packet layout: expected terminator as last byte");
  }
}

TEST(Startup, LengthAndVersionAreChecked) {
  EXPECT_EQ(NextStartupPacket("\0\0\0\7xxx"s).error.message, "invalid length of startup packet");
  EXPECT_EQ(NextStartupPacket("\0\0\x27\x15"s).progress, Progress::kMalformed);  // 10005
  EXPECT_EQ(NextStartupPacket("\0\0\x27\x14"s).progress, Progress::kNeedMore);   // 10004, PostgreSQL's bound
  EXPECT_EQ(NextStartupPacket("GET / HTTP/1.1\r\n\r\n").progress, Progress::kMalformed);
  const NextStartup old = NextStartupPacket("\0\0\0\x08\0\2\0\0"s);
  EXPECT_EQ(old.error.sqlstate, "0A000");
  EXPECT_EQ(old.error.message, "unsupported frontend protocol 2.0: server supports 3.0 to 3.0");
}

}  // namespace
}  // namespace pgshoal::wire
