#include "router/merge/render.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "router/wire/writer.hpp"

namespace pgshoal::merge {
namespace {

// As PostgreSQL 15 prints them. 1e23 and 8.41e21 lie exactly between two floats: the shortest digits are not used.
TEST(Render, Float8) {
  EXPECT_EQ(Float8Text(0.0), "0");
  EXPECT_EQ(Float8Text(-0.0), "-0");
  EXPECT_EQ(Float8Text(1), "1");
  EXPECT_EQ(Float8Text(-1.5), "-1.5");
  EXPECT_EQ(Float8Text(0.0001), "0.0001");
  EXPECT_EQ(Float8Text(0.00001), "1e-05");
  EXPECT_EQ(Float8Text(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(Float8Text(123456789012345), "123456789012345");
  EXPECT_EQ(Float8Text(1e15), "1e+15");
  EXPECT_EQ(Float8Text(1e23), "9.999999999999999e+22");
  EXPECT_EQ(Float8Text(8.41e21), "8.409999999999999e+21");
  EXPECT_EQ(Float8Text(9007199254740993.0), "9.007199254740992e+15");
  EXPECT_EQ(Float8Text(5e-324), "5e-324");
  EXPECT_EQ(Float8Text(std::numeric_limits<double>::max()), "1.7976931348623157e+308");
  EXPECT_EQ(Float8Text(std::numeric_limits<double>::infinity()), "Infinity");
  EXPECT_EQ(Float8Text(-std::numeric_limits<double>::infinity()), "-Infinity");
  EXPECT_EQ(Float8Text(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(Render, Float4) {
  EXPECT_EQ(Float4Text(999999), "999999");
  EXPECT_EQ(Float4Text(1000000), "1e+06");
  EXPECT_EQ(Float4Text(0.1f), "0.1");
  EXPECT_EQ(Float4Text(std::numeric_limits<float>::max()), "3.4028235e+38");
  EXPECT_EQ(Float4Text(std::numeric_limits<float>::denorm_min()), "1e-45");
}

TEST(Render, OtherTypes) {
  std::string bytes;
  wire::AppendInt64(&bytes, -42);
  EXPECT_EQ(RenderAsText(plan::SortType::kInt8, bytes), "-42");
  EXPECT_EQ(RenderAsText(plan::SortType::kOid, "\xff\xff\xff\xff"), "4294967295");
  EXPECT_EQ(RenderAsText(plan::SortType::kBool, "\1"), "t");
  EXPECT_EQ(RenderAsText(plan::SortType::kUuid, "0123456789abcdef"), "30313233-3435-3637-3839-616263646566");
  EXPECT_FALSE(CanRenderAsText(plan::SortType::kTimestamptz));
}

}  // namespace
}  // namespace pgshoal::merge
