// Spellings of values: what is decided is what the server reads, and what is called invalid the server rejects.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "fmt/format.h"
#include "tests/unit/shardmap/live_server.hpp"

namespace pgshoal::shardmap {
namespace {

const std::map<KeyType, std::vector<std::string>>& Spellings() {
  static const std::map<KeyType, std::vector<std::string>> spellings = {
      {KeyType::kBool, {"t",  "T", "tr", "true", "TRUE", " yes ", "y", "on",   "of",        "off",  "o", "n",
                        "no", "0", "1",  "10",   "",     "truex", "f", "fals", "\tfalse\n", "nope", "00"}},
      {KeyType::kInt2, {"32767", "32768", "-32768", "-32769", " 7 ", "+7",    "+-7",
                        "-+7",   "--7",   "",       " ",      "7.0", "1e2",   "0x10",
                        "1_000", "7a",    "007",    "-0",     "+ 7", "\v7\f", "99999999999999999999"}},
      {KeyType::kInt4, {"2147483647", "2147483648", "-2147483648", "-2147483649", "0b1", "x", "1 2", "+"}},
      {KeyType::kInt8,
       {"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "000000000000000000000000000001"}},
      {KeyType::kNumeric,
       {"1",     "1.",        ".5",       ".",        "",         "-",    "+1.50", "1e3",  "1E-3", "1e+3",
        "1e+-3", "1e",        "e5",       "1e99999",  "1e131072", " 1 ",  "NaN",   "nan",  "-nan", "inf",
        "-inf",  "+Infinity", "infinit",  "0x1F",     "1_000",    "1..2", "1.2.3", "0000", "-0",   "00100.0010",
        "1 2",   "9e131071",  "1e-16383", "1e-16384", "1e-20000", "abc",  "12x",   "--1"}},
      {KeyType::kUuid,
       {"00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeeff",
        "{00112233-4455-6677-8899-AABBCCDDEEFF}", "0011-2233-4455-6677-8899-aabb-ccdd-eeff",
        "001122-33445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef", "{", "{}", "",
        " 00112233445566778899aabbccddeeff", "00112233445566778899aabbccddeeff-", "-0112233445566778899aabbccddeeff",
        "00112233445566778899aabbccddeeff0", "{00112233445566778899aabbccddeeff",
        "00112233--445566778899aabbccddeeff"}},
      {KeyType::kBytea,
       {"", "abc", R"(\x)", R"(\x00)", R"(\x0)", R"(\xAb cD)", R"(\x 0 1)", R"(\\)", R"(\)", R"(\000)", R"(\377)",
        R"(\400)", R"(\38)", R"(a\\b\101)", R"(\X00)", "a\xc3\xa4", R"(\xzz)", R"(\12)"}},
      {KeyType::kDate, {"2024-02-29",    "2023-02-29",      "2024-2-9",      "0000-01-01",   "0001-01-01",
                        "24-01-02",      "2024-13-01",      "2024-00-10",    "2024-01-00",   "2024-01-32",
                        "2024-01-02 BC", "0001-02-29 BC",   "0005-02-29 BC", "today",        "infinity",
                        "-Infinity",     "+infinity",       "epoch",         "01/02/2024",   "2024-01-02 10:00",
                        " 2024-01-02 ",  "20240102",        "2024-002",      "010000-01-01", "10000-01-01",
                        "99999-12-31",   "999999-12-31",    "5874897-12-31", "2024-01-02x",  "2024-01",
                        "2024-01-022",   "January 8, 1999", "12024-1-1"}},
      {KeyType::kTimestamp,
       {"2024-01-02",
        "2024-01-02 03:04",
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05.1234567",
        "2024-01-02 03:04:05.9999999",
        "2024-01-02 23:59:59.9999996",
        "2024-01-02 03:04:05.",
        "2024-01-02 24:00:00",
        "2024-01-02 23:59:60",
        "2024-01-02 03:04:05+02",
        "2024-01-02 03:04:05 UTC",
        "2024-01-02  03:04:05",
        "2024-01-02 3:04",
        "2024-01-02 03:60",
        "2024-01-02 25:00",
        "now",
        "infinity",
        "294276-12-31 23:59:59.999999",
        "294277-01-01",
        "0001-01-01 00:00:00",
        "2024-01-02t03:04",
        "2024-01-02 03:04:05.0000005",
        "2024-01-02 03:04:05.0000015",
        "2024-01-02 03:04:05 AM",
        "2024-02-30 00:00",
        "0005-02-29 00:00 BC"}},
      {KeyType::kTimestamptz,
       {"2024-01-02",
        "2024-01-02 03:04:05",
        "2024-01-02 03:04:05Z",
        "2024-01-02T03:04:05z",
        "2024-01-02 03:04:05+02",
        "2024-01-02 03:04:05-0930",
        "2024-01-02 03:04:05-09:30",
        "2024-01-02 03:04:05+05:53:28",
        "2024-01-02 03:04:05 +02",
        "2024-01-02 03:04:05+2",
        "2024-01-02 03:04:05+16",
        "2024-01-02 03:04:05+15:59:59",
        "2024-01-02 03:04:05-15:59",
        "2024-01-02 03:04+02",
        "2024-01-02 03:04:05.123456789+00",
        "2024-01-02 03:04:05 Europe/Berlin",
        "2024-01-02 03:04:05 CET",
        "infinity",
        "-infinity",
        "0001-01-01 00:00:00+15",
        "2024-01-02 03:04:05+02:60",
        "2024-01-02 03:04:05+021",
        "294276-12-31 23:59:59-15",
        "2024-01-02 03:04:05+00 x"}},
      {KeyType::kText, {"", " ", "a "}},
      {KeyType::kVarchar, {"", " ", "a "}},
      {KeyType::kBpchar, {"", " ", "a ", "a\t "}},
  };
  return spellings;
}

// Random edits of the spellings above.
std::vector<std::string> Mutations(const std::vector<std::string>& seeds, int count) {
  static constexpr std::string_view kLetters = "0123456789-+:. TZeExX_abcftnyo/{}\\\t";
  std::mt19937 random(20);
  std::vector<std::string> result;
  for (int i = 0; i < count; ++i) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned edits = 1 + random() % 2; edits > 0; --edits) {
      const std::size_t at = text.empty() ? 0 : random() % text.size();
      const char letter = kLetters[random() % kLetters.size()];
      if (random() % 3 == 0) {
        text.insert(at, 1, letter);
      } else if (!text.empty() && random() % 2 == 0) {
        text.erase(at, 1);
      } else if (!text.empty()) {
        text[at] = letter;
      }
    }
    result.push_back(text);
  }
  return result;
}

class KeyInputLive : public testing::TestWithParam<KeyType> {};

TEST_P(KeyInputLive, DecidesOnlyWhatTheServerDecides) {
  const KeyType type = GetParam();
  LiveServer& server = LiveServer::Get();
  const std::string name = type == KeyType::kBpchar ? "bpchar" : std::string(NameOf(type));
  std::vector<std::string> texts = Spellings().at(type);
  const std::size_t hand_written = texts.size();
  for (std::string& text : Mutations(texts, 3000)) texts.push_back(std::move(text));
  int decided = 0;
  for (const std::string_view settings : {"ISO, MDY|UTC", "SQL, DMY|Asia/Kolkata", "German, YMD|America/New_York"}) {
    const std::size_t bar = settings.find('|');
    server.Must(fmt::format("SET DateStyle = '{}'", settings.substr(0, bar)));
    server.Must(fmt::format("SET TimeZone = '{}'", settings.substr(bar + 1)));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const LiveResult answer =
          server.Query(fmt::format("SELECT {}", HashOf(fmt::format("$1::{}", name))), Format::kText, {texts[i]});
      auto ours = CoerceForAssignment(type, -1, 0, Format::kText, texts[i]);
      if (ours.ok()) {
        // What the server rejects may be placed anywhere: it never becomes a row.
        if (!answer.sqlstate.empty()) continue;
        ASSERT_EQ(ours->hash, ParseHash(*answer.rows.at(0).at(0))) << name << " " << texts[i] << " " << settings;
        ++decided;
      } else if (ServerRejects(ours.status())) {
        ASSERT_EQ(answer.sqlstate.substr(0, 2), "22") << name << " \"" << texts[i] << "\" " << ours.status();
      }
    }
  }
  server.Must("SET DateStyle = 'ISO, DMY'");
  server.Must("SET TimeZone = 'Asia/Kolkata'");
  EXPECT_GE(decided, static_cast<int>(hand_written) / 3);
}

INSTANTIATE_TEST_SUITE_P(AllTypes, KeyInputLive, testing::ValuesIn(kAllKeyTypes),
                         [](const testing::TestParamInfo<KeyType>& info) {
                           std::string name;
                           for (char c : NameOf(info.param)) name += c == ' ' ? '_' : c;
                           return name;
                         });

TEST(KeyInput, RefusesWhatDependsOnSettings) {
  const auto undecided = [](KeyType type, std::string_view text) {
    auto result = CoerceForAssignment(type, -1, 0, Format::kText, text);
    return !result.ok() && !ServerRejects(result.status());
  };
  EXPECT_TRUE(undecided(KeyType::kDate, "01/02/2024"));
  EXPECT_TRUE(undecided(KeyType::kDate, "today"));
  EXPECT_TRUE(undecided(KeyType::kTimestamptz, "2024-01-02 03:04:05"));
  EXPECT_TRUE(undecided(KeyType::kTimestamptz, "2024-01-02 03:04:05 CET"));
  EXPECT_TRUE(undecided(KeyType::kTimestamp, "now"));
  EXPECT_TRUE(undecided(KeyType::kInt4, "0x10"));
  EXPECT_TRUE(undecided(KeyType::kNumeric, "1_000"));
}

TEST(KeyInput, MalformedBinaryIsRejected) {
  const std::string_view junk("\x80\x00\x7f", 3);
  for (KeyType type : kAllKeyTypes) {
    auto result = CoerceForAssignment(type, -1, 0, Format::kBinary, junk);
    if (type == KeyType::kBytea || type == KeyType::kText || type == KeyType::kVarchar || type == KeyType::kBpchar) {
      EXPECT_TRUE(result.ok());
    } else {
      EXPECT_TRUE(!result.ok() && ServerRejects(result.status())) << NameOf(type);
    }
  }
}

}  // namespace
}  // namespace pgshoal::shardmap
