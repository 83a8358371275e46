#include "base/status.hpp"

#include <gtest/gtest.h>

namespace pgshoal {
namespace {

TEST(SqlStatus, KeepsEveryField) {
  SqlError error{"42601", "syntax error at or near \"x\"", 7, "a detail", "a hint", {{'t', "table"}, {'W', "context\nline 2"}}};
  EXPECT_EQ(ToSqlError(ToStatus(error)), error);
}

TEST(SqlStatus, ForeignStatusBecomesInternalError) {
  SqlError error = ToSqlError(absl::InternalError("boom"));
  EXPECT_EQ(error.sqlstate, "XX000");
  EXPECT_EQ(error.message, "boom");
  EXPECT_EQ(error.position, 0);
}

TEST(SqlStatus, RefusalIsFeatureNotSupportedWithHint) {
  SqlError error = ToSqlError(Refuse("cannot", 3, "do this"));
  EXPECT_EQ(error.sqlstate, "0A000");
  EXPECT_EQ(error.position, 3);
  EXPECT_EQ(error.hint, "do this");
}

}  // namespace
}  // namespace pgshoal
