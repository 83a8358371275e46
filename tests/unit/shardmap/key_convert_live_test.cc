// Values of one type against a key column of another: every pair of types, compared and assigned, beside a live server.

#include <gtest/gtest.h>

#include <map>

#include "base/oids.hpp"
#include "fmt/format.h"
#include "tests/unit/shardmap/live_server.hpp"

namespace pgshoal::shardmap {
namespace {

struct ValueType {
  Oid oid;
  std::string name;
  std::vector<std::string> values;
};

const std::vector<ValueType>& ValueTypes() {
  static const std::vector<std::string> strings = {"",    " ",  "a", "a ",  "a  ", "b", "ab",
                                                   "ab ", "42", "t", "a\t", "ä",   "ä "};
  static const std::vector<std::string> dates = {"2024-01-02", "1999-12-31", "2000-01-01",   "infinity",
                                                 "-infinity",  "0001-01-01", "294276-12-31", "300000-01-01"};
  static const std::vector<ValueType> types = {
      {oid::kBool, "bool", {"t", "f"}},
      {oid::kInt2, "int2", {"0", "1", "-1", "42", "32767", "-32768"}},
      {oid::kInt4,
       "int4",
       {"0", "1", "-1", "42", "32767", "32768", "-32768", "16777216", "16777217", "2147483647", "-2147483648"}},
      {oid::kInt8,
       "int8",
       {"0", "1", "-1", "42", "32768", "2147483648", "16777217", "9007199254740991", "9007199254740992",
        "9007199254740993", "9223372036854775807", "-9223372036854775808"}},
      {oid::kNumeric,
       "numeric",
       {"0",
        "-0.0",
        "1.0",
        "-1.00",
        "42",
        "42.5",
        "-42.5",
        "42.4999",
        "0.5",
        "1.5",
        "-0.5",
        "32767.5",
        "2147483647.5",
        "9223372036854775807",
        "9223372036854775807.5",
        "9223372036854775808",
        "1e20",
        "NaN",
        "Infinity",
        "-Infinity",
        "9007199254740993",
        "1e-5",
        "149.95",
        "150",
        "12300"}},
      {oid::kFloat4,
       "float4",
       {"0", "-0", "1", "42", "42.5", "0.1", "16777216", "2147483648", "1e20", "NaN", "Infinity", "9007199254740992",
        "0.5", "1.5", "2.5"}},
      {oid::kFloat8,
       "float8",
       {"0",
        "-0",
        "1",
        "42",
        "42.5",
        "-42.5",
        "0.1",
        "16777217",
        "2147483647",
        "2147483648",
        "9007199254740991",
        "9007199254740992",
        "9223372036854775807",
        "-9223372036854775808",
        "1e300",
        "NaN",
        "Infinity",
        "-Infinity",
        "0.5",
        "1.5",
        "2.5"}},
      {oid::kText, "text", strings},
      {oid::kVarchar, "varchar", strings},
      {oid::kBpchar, "bpchar", strings},
      {oid::kName, "name", strings},
      {oid::kBytea, "bytea", {R"(\x)", R"(\x61)"}},
      {oid::kUuid, "uuid", {"00112233-4455-6677-8899-aabbccddeeff"}},
      {oid::kDate, "date", dates},
      {oid::kTimestamp,
       "timestamp",
       {"2024-01-02 00:00:00", "2024-01-02 00:00:00.000001", "2024-01-02 03:04:05.678901", "1999-12-31 23:59:59.5",
        "1999-12-31 00:00:00", "infinity", "-infinity", "0001-01-01 00:00:00", "294276-12-31 23:59:59.999999"}},
      {oid::kTimestamptz,
       "timestamptz",
       {"2024-01-02 00:00:00+05:30", "2024-01-02 00:00:00+00", "1999-12-31 23:59:59.5+00", "infinity", "-infinity"}},
  };
  return types;
}

const ValueType& TypeOf(Oid oid) {
  for (const ValueType& type : ValueTypes()) {
    if (type.oid == oid) return type;
  }
  return ValueTypes().front();
}

std::string ValuesList(LiveServer& server, const ValueType& type) {
  std::string list;
  for (std::size_t i = 0; i < type.values.size(); ++i) {
    list += fmt::format("{}({}, {}::{})", i == 0 ? "" : ", ", i, server.Quote(type.values[i]), type.name);
  }
  return list;
}

// Pairs that must be decided, or the router would send too much to all shards.
bool MustDecide(KeyType column, Oid value) {
  const bool int_column = column == KeyType::kInt2 || column == KeyType::kInt4 || column == KeyType::kInt8;
  const bool int_value = value == oid::kInt2 || value == oid::kInt4 || value == oid::kInt8;
  const bool string_value = value == oid::kText || value == oid::kVarchar || value == oid::kBpchar;
  if (int_column) return int_value || value == oid::kNumeric;
  if (column == KeyType::kNumeric) return int_value || value == oid::kNumeric;
  if (column == KeyType::kText || column == KeyType::kBpchar) return string_value;
  if (column == KeyType::kVarchar) return value == oid::kText || value == oid::kVarchar;
  if (column == KeyType::kDate || column == KeyType::kTimestamp) return value == oid::kDate || value == oid::kTimestamp;
  return OidOf(column) == value;
}

class KeyConvertLive : public testing::TestWithParam<KeyType> {};

TEST_P(KeyConvertLive, ComparisonMatchesNoRowElsewhere) {
  const KeyType column = GetParam();
  LiveServer& server = LiveServer::Get();
  const ValueType& column_type = TypeOf(OidOf(column));
  // Every value of every type that the column can hold is in the column.
  server.Must("DROP TABLE IF EXISTS c");
  server.Must(fmt::format("CREATE TABLE c (k {})", column_type.name));
  for (const ValueType& type : ValueTypes()) {
    for (const std::string& value : type.values) {
      (void)server.Query(fmt::format("INSERT INTO c VALUES ({})", server.Quote(value)));
    }
  }
  int compared = 0;
  for (const ValueType& type : ValueTypes()) {
    const std::string values = ValuesList(server, type);
    const LiveResult matches = server.Query(
        fmt::format("SELECT DISTINCT v.i, {} FROM c JOIN (VALUES {}) v(i, x) ON c.k = v.x", HashOf("k"), values));
    if (!matches.sqlstate.empty()) continue;  // no such operator
    ++compared;
    const std::string select = fmt::format("SELECT x FROM (VALUES {}) v(i, x) ORDER BY i", values);
    const LiveResult texts = server.Must(select);
    const LiveResult binaries = server.Must(select, Format::kBinary);
    for (std::size_t i = 0; i < type.values.size(); ++i) {
      auto ours = CoerceForComparison(column, type.oid, Format::kText, texts.rows[i][0]);
      auto binary = CoerceForComparison(column, type.oid, Format::kBinary, binaries.rows[i][0]);
      ASSERT_EQ(ours.ok(), binary.ok()) << column_type.name << " = " << type.name << " " << type.values[i];
      if (!ours.ok()) {
        EXPECT_FALSE(MustDecide(column, type.oid))
            << column_type.name << " = " << type.name << " " << type.values[i] << " " << ours.status();
        EXPECT_FALSE(ServerRejects(ours.status()));
        continue;
      }
      EXPECT_EQ(*ours, *binary);
      for (const auto& match : matches.rows) {
        if (*match[0] != std::to_string(i)) continue;
        EXPECT_EQ(ours->kind, KeyMatch::Kind::kHash) << column_type.name << " = " << type.name << " " << type.values[i];
        EXPECT_EQ(ours->hash, ParseHash(*match[1])) << column_type.name << " = " << type.name << " " << type.values[i];
      }
    }
  }
  EXPECT_GE(compared, 1);
}

std::vector<std::string> TypmodsOf(KeyType column) {
  switch (column) {
    case KeyType::kNumeric:
      return {"numeric", "numeric(5,2)", "numeric(10,0)", "numeric(3,-2)", "numeric(4,6)"};
    case KeyType::kVarchar:
      return {"varchar", "varchar(1)", "varchar(2)"};
    case KeyType::kBpchar:
      return {"bpchar", "char(1)", "char(2)", "char(40)"};
    case KeyType::kTimestamp:
      return {"timestamp", "timestamp(0)", "timestamp(3)"};
    case KeyType::kTimestamptz:
      return {"timestamptz", "timestamptz(0)", "timestamptz(3)"};
    default:
      return {TypeOf(OidOf(column)).name};
  }
}

TEST_P(KeyConvertLive, AssignmentPlacesWhatTheServerStores) {
  const KeyType column = GetParam();
  LiveServer& server = LiveServer::Get();
  int placed = 0;
  for (const std::string& declared : TypmodsOf(column)) {
    server.Must("DROP TABLE IF EXISTS a");
    server.Must(fmt::format("CREATE TABLE a (k {})", declared));
    const LiveResult catalog =
        server.Must("SELECT atttypmod FROM pg_attribute WHERE attrelid = 'a'::regclass AND attnum = 1");
    const std::int32_t typmod = std::stoi(*catalog.rows.at(0).at(0));
    for (const ValueType& type : ValueTypes()) {
      for (const std::string& value : type.values) {
        for (const bool typed : {true, false}) {
          const std::string literal =
              typed ? fmt::format("{}::{}", server.Quote(value), type.name) : server.Quote(value);
          const std::string text = typed ? *server.Must("SELECT " + literal).rows.at(0).at(0) : value;
          auto ours = CoerceForAssignment(column, typmod, typed ? type.oid : 0, Format::kText, text);
          if (typed) {
            const LiveResult raw = server.Must("SELECT " + literal, Format::kBinary);
            auto binary = CoerceForAssignment(column, typmod, type.oid, Format::kBinary, raw.rows.at(0).at(0));
            ASSERT_EQ(ours.ok(), binary.ok()) << declared << " <- " << literal;
            if (ours.ok()) {
              ASSERT_EQ(*ours, *binary) << declared << " <- " << literal;
            }
          }
          const LiveResult stored =
              server.Query(fmt::format("INSERT INTO a VALUES ({}) RETURNING {}", literal, HashOf("k")));
          if (!ours.ok()) {
            if (ServerRejects(ours.status())) {
              EXPECT_EQ(stored.sqlstate.substr(0, 2), "22") << declared << " <- " << literal << " " << ours.status();
            }
            continue;
          }
          if (!stored.sqlstate.empty()) continue;  // never becomes a row
          EXPECT_EQ(ours->hash, ParseHash(*stored.rows.at(0).at(0))) << declared << " <- " << literal;
          ++placed;
        }
      }
    }
  }
  EXPECT_GE(placed, 2);
}

INSTANTIATE_TEST_SUITE_P(AllTypes, KeyConvertLive, testing::ValuesIn(kAllKeyTypes),
                         [](const testing::TestParamInfo<KeyType>& info) {
                           std::string name;
                           for (char c : NameOf(info.param)) name += c == ' ' ? '_' : c;
                           return name;
                         });

TEST(KeyConvertLive, TypesThatHashAlikeJoinOnOneShard) {
  LiveServer& server = LiveServer::Get();
  int alike = 0;
  for (KeyType a : kAllKeyTypes) {
    for (KeyType b : kAllKeyTypes) {
      EXPECT_EQ(HashAlike(a, b), HashAlike(b, a));
      if (!HashAlike(a, b)) continue;
      const LiveResult strays = server.Must(fmt::format(
          "SELECT count(*) FROM (VALUES {}) l(i, x) JOIN (VALUES {}) r(i, y) ON x = y WHERE {} <> {}",
          ValuesList(server, TypeOf(OidOf(a))), ValuesList(server, TypeOf(OidOf(b))), HashOf("x"), HashOf("y")));
      EXPECT_EQ(*strays.rows.at(0).at(0), "0") << NameOf(a) << " = " << NameOf(b);
      ++alike;
    }
  }
  EXPECT_GT(alike, 13);
}

}  // namespace
}  // namespace pgshoal::shardmap
