#include "router/wire/backend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::ElementsAre;

std::string_view Body(const std::string& bytes, char type) {
  const Next next = NextMessage(bytes, limits::kMaxMessage);
  EXPECT_EQ(next.progress, Progress::kOk);
  EXPECT_EQ(next.length, bytes.size());
  EXPECT_EQ(next.message.type, type);
  return next.message.body;
}

TEST(Backend, ErrorsKeepEveryField) {
  const SqlError error{"42601", "syntax error", 7, "why", "do this"};
  std::string out;
  AppendErrorResponse(&out, error, Severity::kFatal);
  EXPECT_EQ(out.substr(5), "SFATAL\0VFATAL\0C42601\0Msyntax error\0Dwhy\0Hdo this\0P7\0\0"s);
  const absl::StatusOr<ReportView> report = DecodeReport(Body(out, 'E'));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->ToSqlError(), error);
  EXPECT_EQ(report->Get('V'), "FATAL");
  EXPECT_EQ(report->Get('W'), "");
  for (const std::string& bad : {""s, "M"s, "Mx"s, "Mx\0"s, "\0\0"s, "Mx\0\0y"s}) {
    EXPECT_FALSE(DecodeReport(bad).ok()) << testing::PrintToString(bad);
  }
}

TEST(Backend, ShiftedReportMovesThePositionAlone) {
  std::string out;
  AppendShiftedReport(&out, 'E', "SERROR\0C42601\0P12\0p3\0Rscanner_yyerror\0\0"s, 30);
  EXPECT_EQ(Body(out, 'E'), "SERROR\0C42601\0P42\0p3\0Rscanner_yyerror\0\0"s);
  out.clear();
  AppendShiftedReport(&out, 'N', "Pnonsense\0\0"s, 30);
  EXPECT_EQ(Body(out, 'N'), "Pnonsense\0\0"s);
}

TEST(Backend, CommandTags) {
  EXPECT_EQ(ParseCommandTag("INSERT 0 5").rows, 5u);
  EXPECT_EQ(ParseCommandTag("INSERT 0 5").command, "INSERT");
  EXPECT_EQ(ParseCommandTag("SELECT 18446744073709551615").rows, 18446744073709551615u);
  EXPECT_EQ(ParseCommandTag("CREATE TABLE").rows, std::nullopt);
  EXPECT_EQ(ParseCommandTag("CREATE TABLE").command, "CREATE TABLE");
  EXPECT_EQ(ParseCommandTag("").command, "");
  EXPECT_EQ(ParseCommandTag("SELECT 99999999999999999999").rows, std::nullopt);
  std::string out;
  AppendCommandComplete(&out, "INSERT", 12);
  AppendCommandComplete(&out, "COPY", 0);
  AppendCommandComplete(&out, "BEGIN");
  EXPECT_EQ(out, "C\0\0\0\x10INSERT 0 12\0C\0\0\0\x0b" "COPY 0\0C\0\0\0\x0a" "BEGIN\0"s);
}

TEST(Backend, RowDescriptionAndRows) {
  const Field fields[] = {{"id", 16384, 1, 23, 4, -1, 1}, {"", 0, 0, 25, -1, 7, 0}};
  std::string out;
  AppendRowDescription(&out, fields);
  const auto read = DecodeRowDescription(Body(out, 'T'));
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].name, "id");
  EXPECT_EQ((*read)[0].table, 16384u);
  EXPECT_EQ((*read)[0].type_size, 4);
  EXPECT_EQ((*read)[1].typmod, 7);
  EXPECT_EQ((*read)[0].format, 1);
  EXPECT_FALSE(DecodeRowDescription(Body(out, 'T').substr(0, 20)).ok());
  EXPECT_FALSE(DecodeRowDescription("\xff\xff"s).ok());

  const Value row[] = {{false, "\0\0\0\1"sv}, {true, {}}, {false, ""}};
  out.clear();
  AppendDataRow(&out, row);
  std::vector<Value> columns = {{false, "left from before"}};
  ASSERT_TRUE(DecodeDataRow(Body(out, 'D'), &columns).ok());
  EXPECT_THAT(columns, ElementsAre(row[0], row[1], row[2]));
  EXPECT_FALSE(DecodeDataRow("\0\1\0\0\0\2x"s, &columns).ok());
  EXPECT_FALSE(DecodeDataRow("\0\1\xff\xff\xff\xfe"s, &columns).ok());
  EXPECT_FALSE(DecodeDataRow("\0\0x"s, &columns).ok());
}

TEST(Backend, Authentication) {
  std::string out;
  const std::string_view mechanisms[] = {"SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"};
  AppendAuthenticationSasl(&out, mechanisms);
  const auto sasl = DecodeAuthentication(Body(out, 'R'));
  ASSERT_TRUE(sasl.ok());
  EXPECT_EQ(sasl->code, Auth::kSasl);
  EXPECT_THAT(sasl->mechanisms, ElementsAre("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"));
  out.clear();
  AppendAuthenticationMd5(&out, "salt");
  EXPECT_EQ(DecodeAuthentication(Body(out, 'R'))->data, "salt");
  EXPECT_FALSE(DecodeAuthentication("\0\0\0\5sal"s).ok());
  EXPECT_FALSE(DecodeAuthentication("\0\0\0\x0aSCRAM-SHA-256\0"s).ok());
  EXPECT_FALSE(DecodeAuthentication("\0\0"s).ok());
}

TEST(Backend, SmallMessages) {
  std::string out;
  AppendReadyForQuery(&out, TransactionState::kFailed);
  EXPECT_EQ(*DecodeReadyForQuery(Body(out, 'Z')), TransactionState::kFailed);
  EXPECT_FALSE(DecodeReadyForQuery("X").ok());
  EXPECT_FALSE(DecodeReadyForQuery("II").ok());
  out.clear();
  AppendParameterStatus(&out, "TimeZone", "UTC");
  EXPECT_EQ(DecodeParameterStatus(Body(out, 'S'))->value, "UTC");
  out.clear();
  AppendBackendKeyData(&out, {123, 0xffffffff});
  EXPECT_EQ(DecodeBackendKeyData(Body(out, 'K'))->key, 0xffffffffu);
  out.clear();
  AppendNotification(&out, 5, "channel", "payload");
  EXPECT_EQ(DecodeNotification(Body(out, 'A'))->payload, "payload");
  out.clear();
  AppendCopyResponse(&out, backend::kCopyIn, 1, 3);
  const auto copy = DecodeCopyResponse(Body(out, 'G'));
  ASSERT_TRUE(copy.ok());
  EXPECT_EQ(copy->format, 1);
  EXPECT_THAT(copy->columns, ElementsAre(1, 1, 1));
  out.clear();
  const std::string_view unknown[] = {"_pq_.a"};
  AppendNegotiateProtocolVersion(&out, 0, unknown);
  EXPECT_EQ(Body(out, 'v'), "\0\0\0\0\0\0\0\1_pq_.a\0"s);
  out.clear();
  const Oid types[] = {20, 25};
  AppendParameterDescription(&out, types);
  EXPECT_THAT(*DecodeParameterDescription(Body(out, 't')), ElementsAre(20, 25));
}

}  // namespace
}  // namespace pgshoal::wire
