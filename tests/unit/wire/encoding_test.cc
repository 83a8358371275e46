#include "router/wire/encoding.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/status.hpp"

namespace pgshoal::wire {
namespace {

std::string NameOf(std::string_view name) {
  const Encoding* encoding = FindEncoding(name);
  return encoding == nullptr ? "none" : std::string(encoding->name);
}

TEST(Encoding, Names) {
  EXPECT_EQ(NameOf("latin1"), "LATIN1");
  EXPECT_EQ(NameOf("ISO-8859-15"), "LATIN9");
  EXPECT_EQ(NameOf("Windows-1252"), "WIN1252");
  EXPECT_EQ(NameOf("windows_949"), "UHC");
  EXPECT_EQ(NameOf("'utf-8'"), "UTF8");
  EXPECT_EQ(NameOf("Unicode"), "UTF8");
  EXPECT_EQ(NameOf("iso88595"), "ISO_8859_5");
  EXPECT_EQ(NameOf("koi8"), "KOI8R");
  EXPECT_EQ(NameOf("sqlascii"), "SQL_ASCII");
  EXPECT_EQ(NameOf("shift_jis_2004"), "SHIFT_JIS_2004");
  for (const char* name : {"", "-", "latin", "latin11", "utf16", "windows", "windows1", "é"}) {
    EXPECT_EQ(NameOf(name), "none") << name;
  }
}

TEST(Encoding, ThereAndBack) {
  for (const char* name : {"LATIN1", "LATIN7", "WIN1252", "WIN1258", "WIN874", "KOI8R", "ISO_8859_8"}) {
    const SingleByteCodec* codec = SingleByteCodec::For(*FindEncoding(name));
    ASSERT_NE(codec, nullptr) << name;
    for (int byte = 1; byte < 256; ++byte) {
      const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
      std::string utf8, back;
      if (!codec->ToUtf8(text, &utf8).ok()) continue;
      ASSERT_TRUE(codec->FromUtf8(utf8, &back).ok()) << name << " " << byte;
      EXPECT_EQ(back, text) << name << " " << byte;
    }
  }
}

TEST(Encoding, WhatHasNoEquivalent) {
  const SingleByteCodec* codec = SingleByteCodec::For(*FindEncoding("WIN1252"));
  ASSERT_NE(codec, nullptr);
  std::string out;
  SqlError error = ToSqlError(codec->ToUtf8("a\x81", &out));
  EXPECT_EQ(error.sqlstate, "22P05");
  EXPECT_EQ(error.message,
            "character with byte sequence 0x81 in encoding \"WIN1252\" has no equivalent in encoding \"UTF8\"");
  EXPECT_TRUE(codec->FromUtf8("\u20ac", &out).ok());
  EXPECT_EQ(out, "\x80");
  error = ToSqlError(codec->FromUtf8("x\u0436y", &out));
  EXPECT_EQ(error.message,
            "character with byte sequence 0xd0 0xb6 in encoding \"UTF8\" has no equivalent in encoding \"WIN1252\"");
  codec->FromUtf8Anyway("x\u0436\U0001F600\u00e9", &out);
  EXPECT_EQ(out, "x??\xe9");
  for (const char* cut : {"\xe2", "\xe2\x82", "\xf0\x9f", "\xff", "\x80"}) {
    EXPECT_FALSE(codec->FromUtf8(cut, &out).ok());
  }
}

}  // namespace
}  // namespace pgshoal::wire
