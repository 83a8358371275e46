// The hash of every key type against a live server: edge values and ten thousand random ones, from text and binary.

#include <gtest/gtest.h>

#include <map>

#include "base/oids.hpp"
#include "fmt/format.h"
#include "tests/unit/shardmap/live_server.hpp"

namespace pgshoal::shardmap {
namespace {

constexpr int kRandomValues = 10'000;

struct Population {
  std::string edges;   // a VALUES list's rows
  std::string random;  // an expression of i (1 … 10000) and random()
};

const std::map<KeyType, Population>& Populations() {
  static const std::map<KeyType, Population> populations = {
      {KeyType::kBool, {"(true), (false)", "random() < 0.5"}},
      {KeyType::kInt2, {"(0), (1), (-1), (32767), (-32768)", "(random() * 65535 - 32768)::int"}},
      {KeyType::kInt4, {"(0), (1), (-1), (2147483647), (-2147483648)", "(random() * 4294967295 - 2147483648)::int8"}},
      {KeyType::kInt8,
       {"(0), (1), (-1), (9223372036854775807), (-9223372036854775808), (4294967296), (-4294967296), (2147483648)",
        "(random() * 1.8e19 - 9e18)::numeric::int8 + i"}},
      {KeyType::kNumeric,
       {"('0'), ('-0.000'), ('NaN'), ('Infinity'), ('-Infinity'), ('1'), ('-1'), ('10000'), ('9999'), ('0.0001'), "
        "('0.00001'), ('1e131071'), ('1e-16383'), ('-12345678901234567890.0987654321'), ('100.00'), ('1.50'), "
        "('99999999.99999999'), ('1000000000000000000000000000000000000000'), ('0.10'), ('123456789e20')",
        "round(((random() - 0.5) * 10 ^ (random() * 40 - 20))::numeric, (random() * 25)::int - 3)"}},
      {KeyType::kText,
       {"(''), (' '), ('a'), ('a '), ('abcd'), ('abcdefghijk'), ('abcdefghijkl'), ('abcdefghijklm'), "
        "('äöü€😀'), (repeat('x', 100000)), (E'tab\\t\\n\\\\')",
        "substr(repeat(md5(random()::text), 3) || 'é', 1 + (random() * 90)::int)"}},
      {KeyType::kVarchar,
       {"(''), ('  '), ('a'), ('a '), ('Zürich')", "substr(md5(random()::text), 1 + (random() * 30)::int)"}},
      {KeyType::kBpchar,
       {"(''), ('  '), ('a'), ('a   '), (' a '), (E'a\\t '), ('Zürich  ')",
        "rpad(substr(md5(random()::text), 1 + (random() * 30)::int), (random() * 40)::int)"}},
      {KeyType::kBytea,
       {R"((''), ('\x00'), ('\x0000'), ('\xff'), ('\x5c'), ('\x0102030405060708090a0b0c0d'))",
        "decode(substr(md5(random()::text), 1, 2 * (random() * 16)::int), 'hex')"}},
      {KeyType::kUuid,
       {"('00000000-0000-0000-0000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff')", "gen_random_uuid()"}},
      {KeyType::kDate,
       {"('2000-01-01'), ('1999-12-31'), ('0001-01-01'), ('9999-12-31'), ('10000-01-01'), ('294276-12-31'), "
        "('infinity'), ('-infinity'), ('2000-02-29'), ('1900-02-28'), ('1900-03-01'), ('2024-02-29'), ('1970-01-01')",
        "date '0001-01-01' + (random() * 4000000)::int"}},
      {KeyType::kTimestamp,
       {"('2000-01-01'), ('1999-12-31 23:59:59.999999'), ('0001-01-01'), ('294276-12-31 23:59:59.999999'), "
        "('infinity'), ('-infinity'), ('2024-02-29 12:34:56.7')",
        "timestamp '0001-01-01' + random() * interval '9000 years' + i * interval '1 microsecond'"}},
      {KeyType::kTimestamptz,
       {"('2000-01-01'), ('1999-12-31 23:59:59.999999+00'), ('0002-01-01'), ('infinity'), ('-infinity'), "
        "('2024-02-29 12:34:56.7-09:30'), ('1910-06-01 00:00+00')",
        "timestamptz '1800-01-01' + random() * interval '9000 years' + i * interval '1 microsecond'"}},
  };
  return populations;
}

class KeyHashLive : public testing::TestWithParam<KeyType> {};

TEST_P(KeyHashLive, EqualsTheServersForEdgesAndRandomValues) {
  const KeyType type = GetParam();
  LiveServer& server = LiveServer::Get();
  const Population& population = Populations().at(type);
  // A cast to character means character(1), so that type is named as the catalog does.
  const std::string name = type == KeyType::kBpchar ? "bpchar" : std::string(NameOf(type));
  server.Must("DROP TABLE IF EXISTS v; ");
  server.Must(fmt::format("CREATE TABLE v (n serial, k {})", name));
  server.Must("SELECT setseed(0.42)");
  server.Must(fmt::format("INSERT INTO v (k) SELECT c::{} FROM (VALUES {}) e(c)", name, population.edges));
  server.Must(fmt::format("INSERT INTO v (k) SELECT ({})::{} FROM generate_series(1, {}) i", population.random, name,
                          kRandomValues));
  const LiveResult hashes = server.Must(fmt::format("SELECT {} FROM v ORDER BY n", HashOf("k")));
  const LiveResult texts = server.Must("SELECT k FROM v ORDER BY n");
  const LiveResult binaries = server.Must("SELECT k FROM v ORDER BY n", Format::kBinary);
  ASSERT_GT(hashes.rows.size(), static_cast<std::size_t>(kRandomValues));
  ASSERT_EQ(hashes.rows.size(), texts.rows.size());
  ASSERT_EQ(hashes.rows.size(), binaries.rows.size());
  for (std::size_t i = 0; i < hashes.rows.size(); ++i) {
    const KeyMatch expected{KeyMatch::Kind::kHash, ParseHash(*hashes.rows[i][0])};
    const std::string& text = *texts.rows[i][0];
    for (const Oid value_type : {oid::kUnspecified, OidOf(type)}) {
      auto from_text = CoerceForComparison(type, value_type, Format::kText, text);
      ASSERT_TRUE(from_text.ok()) << text << ": " << from_text.status();
      ASSERT_EQ(*from_text, expected) << text;
      auto from_binary = CoerceForComparison(type, value_type, Format::kBinary, binaries.rows[i][0]);
      ASSERT_TRUE(from_binary.ok()) << text << ": " << from_binary.status();
      ASSERT_EQ(*from_binary, expected) << text;
      auto assigned = CoerceForAssignment(type, -1, value_type, Format::kText, text);
      ASSERT_TRUE(assigned.ok()) << text << ": " << assigned.status();
      ASSERT_EQ(*assigned, expected) << text;
      assigned = CoerceForAssignment(type, -1, value_type, Format::kBinary, binaries.rows[i][0]);
      ASSERT_TRUE(assigned.ok()) << text << ": " << assigned.status();
      ASSERT_EQ(*assigned, expected) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, KeyHashLive, testing::ValuesIn(kAllKeyTypes),
                         [](const testing::TestParamInfo<KeyType>& info) {
                           std::string name;
                           for (char c : NameOf(info.param)) name += c == ' ' ? '_' : c;
                           return name;
                         });

TEST(KeyHashLive, NamedFunctionsThatUsersWriteInSql) {
  const LiveResult result = LiveServer::Get().Must(
      "SELECT hashint2extended(-7::int2, 0), hashint4extended(-7, 0), hashint8extended(-7, 0),"
      " hashtextextended('Zürich', 0), uuid_hash_extended('00112233-4455-6677-8899-aabbccddeeff', 0),"
      " hash_numeric_extended(-7.50, 0), hashbpcharextended('ab  ', 0),"
      " timestamp_hash_extended('2024-01-02 03:04:05', 0)");
  const auto hash = [](KeyType type, std::string_view text) {
    return CoerceForAssignment(type, -1, 0, Format::kText, text)->hash;
  };
  const auto& row = result.rows.at(0);
  EXPECT_EQ(hash(KeyType::kInt2, "-7"), ParseHash(*row[0]));
  EXPECT_EQ(hash(KeyType::kInt4, "-7"), ParseHash(*row[1]));
  EXPECT_EQ(hash(KeyType::kInt8, "-7"), ParseHash(*row[2]));
  EXPECT_EQ(hash(KeyType::kText, "Zürich"), ParseHash(*row[3]));
  EXPECT_EQ(hash(KeyType::kUuid, "00112233-4455-6677-8899-aabbccddeeff"), ParseHash(*row[4]));
  EXPECT_EQ(hash(KeyType::kNumeric, "-7.50"), ParseHash(*row[5]));
  EXPECT_EQ(hash(KeyType::kBpchar, "ab  "), ParseHash(*row[6]));
  EXPECT_EQ(hash(KeyType::kTimestamp, "2024-01-02 03:04:05"), ParseHash(*row[7]));
}

TEST(KeyHashLive, KeysOfSeveralColumns) {
  LiveServer& server = LiveServer::Get();
  const LiveResult rows = server.Must(
      "SELECT a, b, c, hash_record_extended(ROW(a, b), 0), hash_record_extended(ROW(a, b, c), 0) FROM"
      " (SELECT nullif((random() * 20)::int, 3) AS a, nullif(left(md5(i::text), i % 4), '') AS b,"
      "   (random() * 1e6)::numeric(12,3) AS c FROM generate_series(1, 10000) i) s");
  ASSERT_EQ(rows.rows.size(), 10'000u);
  const auto hash = [](KeyType type, const std::optional<std::string>& value) {
    return CoerceForAssignment(type, -1, 0, Format::kText, value)->hash;
  };
  for (const auto& row : rows.rows) {
    const std::uint64_t columns[] = {hash(KeyType::kInt4, row[0]), hash(KeyType::kText, row[1]),
                                     hash(KeyType::kNumeric, row[2])};
    ASSERT_EQ(CombineHashes({columns, 2}), ParseHash(*row[3]));
    ASSERT_EQ(CombineHashes(columns), ParseHash(*row[4]));
  }
}

}  // namespace
}  // namespace pgshoal::shardmap
