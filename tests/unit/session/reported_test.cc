#include "router/session/reported.hpp"

#include <gtest/gtest.h>

namespace pgshoal::session {
namespace {

using Map = Reported::Map;

TEST(ReportedTest, LoginsShareWhatTheyAreTold) {
  Reported::Common common;
  const Map first = {{"DateStyle", "ISO"}, {"TimeZone", "UTC"}, {"application_name", "a"}};
  Reported a;
  a.Start(first, &common);
  EXPECT_EQ(a.All(), first);
  const Reported::Common before = common;
  Map second = first;
  second["application_name"] = "b";
  Reported b;
  b.Start(second, &common);
  EXPECT_EQ(b.All(), second);
  EXPECT_EQ(common, before);
  EXPECT_EQ(a.All(), first);
}

TEST(ReportedTest, WhatDiffersTooMuchIsNotShared) {
  Reported::Common common;
  Reported a;
  a.Start({{"a", "1"}, {"b", "1"}, {"c", "1"}}, &common);
  const Map other = {{"a", "2"}, {"b", "2"}, {"c", "2"}};
  Reported b;
  b.Start(other, &common);
  EXPECT_EQ(b.All(), other);
  EXPECT_EQ(*common, other);
  // One that is told less must not be believed to know more.
  const Map fewer = {{"a", "2"}, {"b", "2"}};
  Reported c;
  c.Start(fewer, &common);
  EXPECT_EQ(c.All(), fewer);
  EXPECT_EQ(c.Find("c"), nullptr);
  EXPECT_EQ(a.All(), (Map{{"a", "1"}, {"b", "1"}, {"c", "1"}}));
}

TEST(ReportedTest, LikeOthersButForOneValue) {
  const auto common = std::make_shared<const Map>(Map{{"TimeZone", "UTC"}, {"application_name", "a"}});
  Reported same, other;
  same.StartAs(common, "application_name", "a");
  EXPECT_EQ(same.All(), *common);
  EXPECT_EQ(same.Share(), common);
  other.StartAs(common, "application_name", "b");
  const Map expected = {{"TimeZone", "UTC"}, {"application_name", "b"}};
  EXPECT_EQ(other.All(), expected);
  EXPECT_EQ(*other.Share(), expected);
  EXPECT_FALSE(other.Learn("application_name", "b"));
  EXPECT_TRUE(other.Learn("application_name", "a"));
}

TEST(ReportedTest, NewsAreToldOnce) {
  Reported::Common common;
  Reported a;
  EXPECT_TRUE(a.Learn("TimeZone", "UTC"));
  EXPECT_FALSE(a.Learn("TimeZone", "UTC"));
  a.Start({{"TimeZone", "UTC"}, {"DateStyle", "ISO"}}, &common);
  EXPECT_FALSE(a.Learn("TimeZone", "UTC"));
  EXPECT_TRUE(a.Learn("TimeZone", "Europe/Berlin"));
  EXPECT_FALSE(a.Learn("TimeZone", "Europe/Berlin"));
  EXPECT_EQ(*a.Find("TimeZone"), "Europe/Berlin");
  EXPECT_TRUE(a.Learn("TimeZone", "UTC"));
  EXPECT_TRUE(a.Learn("is_superuser", "on"));
  EXPECT_FALSE(a.Learn("is_superuser", "on"));
  EXPECT_EQ(a.All(), (Map{{"TimeZone", "UTC"}, {"DateStyle", "ISO"}, {"is_superuser", "on"}}));
  EXPECT_EQ(common->at("TimeZone"), "UTC");
}

}  // namespace
}  // namespace pgshoal::session
