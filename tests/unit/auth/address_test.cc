#include "router/auth/address.hpp"

#include <gtest/gtest.h>

namespace pgshoal::auth {
namespace {

TEST(Address, Text) {
  EXPECT_TRUE(ParseAddress("192.0.2.1").has_value());
  EXPECT_TRUE(ParseAddress("2001:db8::1").has_value());
  EXPECT_EQ(ParseAddress("::ffff:192.0.2.1"), ParseAddress("192.0.2.1"));
  EXPECT_NE(ParseAddress("::c000:201"), ParseAddress("192.0.2.1"));
  for (const char* bad : {"", "192.0.2", "192.0.2.256", "host", "1.2.3.4.5", "2001:db8:::1", "192.0.2.1 "}) {
    EXPECT_FALSE(ParseAddress(bad).has_value()) << bad;
  }
}

TEST(Address, OfPeers) {
  EXPECT_EQ(ParsePeerAddress("192.0.2.1:5432"), ParseAddress("192.0.2.1"));
  EXPECT_EQ(ParsePeerAddress("[2001:db8::1]:5432"), ParseAddress("2001:db8::1"));
  EXPECT_FALSE(ParsePeerAddress("unix").has_value());
  EXPECT_FALSE(ParsePeerAddress("unknown").has_value());
}

bool Contains(const char* network, const char* address) {
  return ParseNetwork(network)->Contains(*ParseAddress(address));
}

TEST(Network, Prefixes) {
  EXPECT_TRUE(Contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(Contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(Contains("192.0.2.77/24", "192.0.2.1"));  // as in PostgreSQL: host bits do not count
  EXPECT_TRUE(Contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(Contains("0.0.0.0/0", "::1"));
  EXPECT_TRUE(Contains("::/0", "::1"));
  EXPECT_TRUE(Contains("10.0.0.0/9", "10.127.255.255"));
  EXPECT_FALSE(Contains("10.0.0.0/9", "10.128.0.0"));
  EXPECT_TRUE(Contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(Contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(Contains("::1/128", "::1"));
  EXPECT_FALSE(Contains("::1/128", "::2"));
  for (const char* bad : {"192.0.2.0", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "::/129", "x/8", "1.2.3.4/8x"}) {
    EXPECT_FALSE(ParseNetwork(bad).has_value()) << bad;
  }
}

TEST(Network, Masks) {
  EXPECT_EQ(ParseNetwork("192.0.2.0", "255.255.255.0")->prefix, 24);
  EXPECT_EQ(ParseNetwork("192.0.2.0", "0.0.0.0")->prefix, 0);
  EXPECT_EQ(ParseNetwork("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")->prefix, 128);
  EXPECT_FALSE(ParseNetwork("192.0.2.0", "255.0.255.0").has_value());
  EXPECT_FALSE(ParseNetwork("192.0.2.0", "ffff::").has_value());
  EXPECT_FALSE(ParseNetwork("192.0.2.0", "24").has_value());
}

}  // namespace
}  // namespace pgshoal::auth
