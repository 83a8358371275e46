#include "router/merge/numeric.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::merge {
namespace {

using namespace std::string_literals;

Numeric Of(std::string_view text) {
  absl::StatusOr<Numeric> numeric = Numeric::FromText(text);
  EXPECT_TRUE(numeric.ok()) << text;
  return numeric.ok() ? *numeric : Numeric();
}

std::string Sum(std::initializer_list<std::string_view> texts) {
  Numeric sum = Of(*texts.begin());
  for (auto it = texts.begin() + 1; it != texts.end(); ++it) sum.Add(Of(*it));
  return sum.ToText();
}

TEST(Numeric, TextAndWireComeBack) {
  for (const std::string_view text :
       {"0", "0.00", "1", "-1", "10000", "9999", "99999999", "100000000", "0.1", "0.0001", "0.00001", "-0.00010000",
        "12345678901234567890.123456789", "NaN", "Infinity", "-Infinity", "1.10", "100", "20000000000000000000"}) {
    EXPECT_EQ(Of(text).ToText(), text);
    const absl::StatusOr<Numeric> again = Numeric::FromWire(Of(text).ToWire());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->ToText(), text);
  }
}

// numeric_send on PostgreSQL 15.
TEST(Numeric, WireBytes) {
  EXPECT_EQ(Of("0.00").ToWire(), "\0\0\0\0\0\0\0\2"s);
  EXPECT_EQ(Of("Infinity").ToWire(), "\0\0\0\0\xd0\0\0\x20"s);
  EXPECT_EQ(Of("-Infinity").ToWire(), "\0\0\0\0\xf0\0\0\x20"s);
  EXPECT_EQ(Of("NaN").ToWire(), "\0\0\0\0\xc0\0\0\0"s);
  EXPECT_EQ(Of("-10000.5").ToWire(), "\0\3\0\1\x40\0\0\1\0\1\0\0\x13\x88"s);
}

TEST(Numeric, Sums) {
  EXPECT_EQ(Sum({"0.1", "0.20"}), "0.30");
  EXPECT_EQ(Sum({"9999", "1"}), "10000");
  EXPECT_EQ(Sum({"1", "-1.00"}), "0.00");
  EXPECT_EQ(Sum({"-5", "3"}), "-2");
  EXPECT_EQ(Sum({"3", "-5"}), "-2");
  EXPECT_EQ(Sum({"99999999999999999999", "0.00000000000000000001"}), "99999999999999999999.00000000000000000001");
  EXPECT_EQ(Sum({"Infinity", "1"}), "Infinity");
  EXPECT_EQ(Sum({"1", "-Infinity"}), "-Infinity");
  EXPECT_EQ(Sum({"Infinity", "-Infinity"}), "NaN");
  EXPECT_EQ(Sum({"1", "NaN", "Infinity"}), "NaN");
}

TEST(Numeric, FromIntegers) {
  EXPECT_EQ(Numeric::FromInt(0).ToText(), "0");
  EXPECT_EQ(Numeric::FromInt(-10000).ToText(), "-10000");
  const __int128 most = static_cast<__int128>(INT64_MAX) * 1'000'000;
  EXPECT_EQ(Numeric::FromInt(most).ToText(), "9223372036854775807000000");
  EXPECT_EQ(Numeric::FromInt(-most).ToText(), "-9223372036854775807000000");
}

// Quotients as PostgreSQL 15 prints them.
TEST(Numeric, QuotientsByCounts) {
  EXPECT_EQ(Of("1").DividedBy(3).ToText(), "0.33333333333333333333");
  EXPECT_EQ(Of("2").DividedBy(3).ToText(), "0.66666666666666666667");
  EXPECT_EQ(Of("-2").DividedBy(3).ToText(), "-0.66666666666666666667");
  EXPECT_EQ(Of("10").DividedBy(4).ToText(), "2.5000000000000000");
  EXPECT_EQ(Of("0").DividedBy(7).ToText(), "0.00000000000000000000");
  EXPECT_EQ(Of("100000").DividedBy(7).ToText(), "14285.714285714286");
  EXPECT_EQ(Of("NaN").DividedBy(7).ToText(), "NaN");
  EXPECT_EQ(Of("-Infinity").DividedBy(7).ToText(), "-Infinity");
}

TEST(Numeric, ComparesWireForms) {
  const std::string_view ascending[] = {"-Infinity", "-10000.1", "-10000", "-1.5", "-0.0001", "0",
                                        "0.00001",   "0.1",      "1",      "1.0001", "9999",  "10000",
                                        "10000.0001", "123456789", "Infinity", "NaN"};
  for (std::size_t i = 0; i < std::size(ascending); ++i) {
    for (std::size_t j = 0; j < std::size(ascending); ++j) {
      const int order = CompareNumericWire(Of(ascending[i]).ToWire(), Of(ascending[j]).ToWire());
      EXPECT_EQ(order < 0, i < j) << ascending[i] << ' ' << ascending[j];
      EXPECT_EQ(order > 0, i > j) << ascending[i] << ' ' << ascending[j];
    }
  }
  EXPECT_EQ(CompareNumericWire(Of("1.0").ToWire(), Of("1.000").ToWire()), 0);
  // Zero digits at the ends, which PostgreSQL does not send but reads.
  const std::string padded = "\0\3\0\1\0\0\0\0\0\0\0\1\0\0"s;
  EXPECT_EQ(CompareNumericWire(padded, Of("1").ToWire()), 0);
}

TEST(Numeric, EqualValuesHaveEqualKeys) {
  const auto key = [](std::string_view text) {
    std::string out;
    AppendNumericKey(&out, Of(text).ToWire());
    return out;
  };
  EXPECT_EQ(key("1.0"), key("1.00"));
  EXPECT_EQ(key("0"), key("0.000"));
  EXPECT_NE(key("1"), key("-1"));
  EXPECT_NE(key("1"), key("10000"));
  EXPECT_NE(key("NaN"), key("Infinity"));
}

TEST(Numeric, MalformedWireForms) {
  for (const std::string& bad : {""s, "\0\0\0\0\0\0\0"s, "\0\1\0\0\0\0\0\0"s, "\0\0\0\0\0\0\0\0\0"s, "\0\0\0\0\x12\0\0\0"s,
                                 "\0\1\0\0\0\0\0\0\x27\x10"s, "\0\0\0\0\0\0\x40\0"s, "\xff\xff\0\0\0\0\0\0\0\0"s}) {
    EXPECT_FALSE(CheckNumericWire(bad).ok()) << testing::PrintToString(bad);
    EXPECT_FALSE(Numeric::FromWire(bad).ok());
  }
  for (const std::string_view bad : {"", "-", ".", "1e5", "1.2.3", "nan", "+1", " 1"}) {
    EXPECT_FALSE(Numeric::FromText(bad).ok()) << bad;
  }
}

TEST(Numeric, Range) {
  EXPECT_TRUE(Of(std::string(131072, '9')).CheckRange().ok());
  EXPECT_EQ(ToSqlError(Of(std::string(131073, '9')).CheckRange()).sqlstate, "22003");
}

}  // namespace
}  // namespace pgshoal::merge
