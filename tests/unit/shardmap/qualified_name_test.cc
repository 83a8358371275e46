#include "shardmap/qualified_name.hpp"

#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::shardmap {
namespace {

TEST(QualifiedName, FoldsUnquotedPartsAndKeepsQuotedOnes) {
  EXPECT_EQ(*ParseQualifiedName("Orders"), (QualifiedName{"public", "orders"}));
  EXPECT_EQ(*ParseQualifiedName("Sales.Orders"), (QualifiedName{"sales", "orders"}));
  EXPECT_EQ(*ParseQualifiedName("\"Sales\".\"Or\"\"d.ers\""), (QualifiedName{"Sales", "Or\"d.ers"}));
  EXPECT_EQ(*ParseQualifiedName("größe_$1"), (QualifiedName{"public", "größe_$1"}));
}

TEST(QualifiedName, SaysWhyATextIsNoName) {
  for (const char* text : {"", ".", "a.", ".a", "a b", "1a", "\"a", "\"\"", "a.b.c", "a-b", "a\"b\""}) {
    auto name = ParseQualifiedName(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_EQ(ToSqlError(name.status()).sqlstate, "42602");
  }
  EXPECT_FALSE(ParseQualifiedName(std::string(64, 'a')).ok());
  EXPECT_TRUE(ParseQualifiedName(std::string(63, 'a')).ok());
  EXPECT_FALSE(ParseIdentifier("a.b").ok());
}

TEST(QualifiedName, PrintedNamesReadBack) {
  for (const QualifiedName& name :
       {QualifiedName{"public", "orders"}, QualifiedName{"Sales", "orders"}, QualifiedName{"public", "a.b"},
        QualifiedName{"x", "q\"uote"}, QualifiedName{"public", "1st"}, QualifiedName{"public", "UPPER"}}) {
    EXPECT_EQ(*ParseQualifiedName(PrintQualifiedName(name.schema, name.name)), name);
  }
  EXPECT_EQ(PrintQualifiedName("public", "orders"), "orders");
}

}  // namespace
}  // namespace pgshoal::shardmap
