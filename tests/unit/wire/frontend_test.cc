#include "router/wire/frontend.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "base/status.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::ElementsAre;

// The body of the only message in `bytes`.
std::string_view Body(const std::string& bytes, char type) {
  const Next next = NextMessage(bytes, limits::kMaxMessage);
  EXPECT_EQ(next.progress, Progress::kOk);
  EXPECT_EQ(next.length, bytes.size());
  EXPECT_EQ(next.message.type, type);
  return next.message.body;
}

template <class T>
std::string StateOf(const absl::StatusOr<T>& result) {
  return result.ok() ? "ok" : ToSqlError(result.status()).sqlstate;
}

TEST(Frontend, Query) {
  std::string out;
  AppendQuery(&out, "select 1");
  EXPECT_EQ(out, "Q\0\0\0\x0dselect 1\0"s);
  EXPECT_EQ(*DecodeQuery(Body(out, 'Q')), "select 1");
  EXPECT_EQ(StateOf(DecodeQuery("select 1")), "08P01");
  EXPECT_EQ(StateOf(DecodeQuery("select\0 1\0"s)), "08P01");
  EXPECT_EQ(*DecodeQuery("\0"s), "");
}

TEST(Frontend, ParseAndItsRenaming) {
  const Oid types[] = {23, 0, 4'000'000'000};
  std::string out;
  AppendParse(&out, "name", "select $1", types);
  const absl::StatusOr<ParseView> parse = DecodeParse(Body(out, 'P'));
  ASSERT_TRUE(parse.ok());
  EXPECT_EQ(parse->statement, "name");
  EXPECT_EQ(parse->query, "select $1");
  EXPECT_THAT(parse->types, ElementsAre(23, 0, 4'000'000'000));

  std::string renamed, expected;
  AppendParseAs(&renamed, Body(out, 'P'), "other_name");
  AppendParse(&expected, "other_name", "select $1", types);
  EXPECT_EQ(renamed, expected);

  for (const std::string& bad : {"n\0q\0\0\2\0\0\0\1"s, "n\0q\0\0\0x"s, "n\0q"s, "n\0q\0\0"s, ""s}) {
    EXPECT_EQ(StateOf(DecodeParse(bad)), "08P01") << testing::PrintToString(bad);
  }
}

TEST(Frontend, BindViewsItsValues) {
  const std::int16_t formats[] = {0, 1, 0};
  const Value values[] = {{false, "one"}, {false, "\0\0\0\2"sv}, {true, {}}};
  const std::int16_t result_formats[] = {1};
  std::string out;
  AppendBind(&out, "portal", "statement", formats, values, result_formats);
  const absl::StatusOr<BindView> bind = DecodeBind(Body(out, 'B'));
  ASSERT_TRUE(bind.ok());
  EXPECT_EQ(bind->portal, "portal");
  EXPECT_EQ(bind->statement, "statement");
  EXPECT_THAT(bind->formats, ElementsAre(0, 1, 0));
  EXPECT_THAT(bind->values, ElementsAre(values[0], values[1], values[2]));
  EXPECT_THAT(bind->result_formats, ElementsAre(1));
  EXPECT_EQ(bind->FormatOf(1), 1);
  EXPECT_EQ(bind->values[0].bytes.data(), out.data() + out.find("one"));  // a view, not a copy

  std::string renamed, expected;
  AppendBindAs(&renamed, Body(out, 'B'), "s2");
  AppendBind(&expected, "portal", "s2", formats, values, result_formats);
  EXPECT_EQ(renamed, expected);

  const std::int16_t other_formats[] = {0, 1};
  renamed.clear();
  expected.clear();
  AppendBind(&renamed, "", "s2", bind->parameters, other_formats);
  AppendBind(&expected, "", "s2", formats, values, other_formats);
  EXPECT_EQ(renamed, expected);
}

TEST(Frontend, BindIsChecked) {
  const std::string head = "\0\0"s;
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\0\0\0\0\0"s)), "ok");
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\0\0\0\0"s)), "08P01");
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\0\0\0\0\0x"s)), "08P01");
  EXPECT_EQ(StateOf(DecodeBind(head + "\xff\xff\0\0\0\0"s)), "08P01");
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\0\xff\xff\0\0"s)), "08P01");
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\0\0\1\xff\xff\xff\xfe\0\0"s)), "08P01");  // length -2
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\0\0\1\x7f\xff\xff\xff\0\0"s)), "08P01");
  EXPECT_EQ(StateOf(DecodeBind(head + "\0\1\0\2\0\0\0\0"s)), "22023");              // format 2
  const absl::StatusOr<BindView> bind = DecodeBind(head + "\0\2\0\0\0\0\0\1\xff\xff\xff\xff\0\0"s);
  EXPECT_EQ(ToSqlError(bind.status()).message, "bind message has 2 parameter formats but 1 parameters");
}

TEST(Frontend, SmallMessages) {
  std::string out;
  AppendDescribe(&out, 'S', "x");
  EXPECT_EQ(DecodeDescribe(Body(out, 'D'))->name, "x");
  out.clear();
  AppendClose(&out, 'P', "y");
  EXPECT_EQ(DecodeClose(Body(out, 'C'))->kind, 'P');
  EXPECT_EQ(ToSqlError(DecodeClose("Xy\0"s).status()).message, "invalid CLOSE message subtype 88");
  EXPECT_EQ(StateOf(DecodeDescribe("S")), "08P01");
  out.clear();
  AppendExecute(&out, "p", 10);
  EXPECT_EQ(DecodeExecute(Body(out, 'E'))->max_rows, 10);
  EXPECT_EQ(DecodeExecute("p\0\xff\xff\xff\xff"s)->max_rows, 0);
  out.clear();
  AppendSaslInitial(&out, "SCRAM-SHA-256", "n,,");
  const absl::StatusOr<SaslInitialView> initial = DecodeSaslInitial(Body(out, 'p'));
  ASSERT_TRUE(initial.ok());
  EXPECT_EQ(initial->mechanism, "SCRAM-SHA-256");
  EXPECT_EQ(initial->response, "n,,");
  EXPECT_FALSE(DecodeSaslInitial("M\0\xff\xff\xff\xff"s)->has_response);
  EXPECT_EQ(StateOf(DecodeSaslInitial("M\0\0\0\0\5abc"s)), "08P01");
  EXPECT_EQ(StateOf(DecodeSaslInitial("M\0\xff\xff\xff\xfe"s)), "08P01");
  out.clear();
  AppendSync(&out);
  AppendFlush(&out);
  AppendTerminate(&out);
  AppendCopyDone(&out);
  EXPECT_EQ(out, "S\0\0\0\4H\0\0\0\4X\0\0\0\4c\0\0\0\4"s);
}

}  // namespace
}  // namespace pgshoal::wire
