#include "router/merge/merger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/oids.hpp"
#include "base/status.hpp"
#include "router/merge/binary_copy.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/message.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::merge {
namespace {

using namespace std::string_literals;
using plan::Combine;
using plan::OutputColumn;
using plan::SortKey;
using plan::SortType;
using plan::StreamSpec;
using testing::ElementsAre;

using Cell = std::optional<std::string>;

std::string Int8(std::int64_t value) {
  std::string bytes;
  wire::AppendInt64(&bytes, value);
  return bytes;
}

std::string Row(const std::vector<Cell>& cells) {
  std::vector<wire::Value> values;
  for (const Cell& cell : cells) values.push_back({!cell.has_value(), cell.has_value() ? std::string_view(*cell) : std::string_view()});
  std::string message;
  wire::AppendDataRow(&message, values);
  return message.substr(wire::kHeaderSize);
}

// The rows in a run of DataRow messages, cells joined with '|', NULL as '~'.
std::vector<std::string> Shown(std::string_view bytes) {
  std::vector<std::string> rows;
  while (!bytes.empty()) {
    const wire::Next next = wire::NextMessage(bytes, limits::kMaxMessage);
    EXPECT_EQ(next.progress, wire::Progress::kOk);
    EXPECT_EQ(next.message.type, 'D');
    bytes.remove_prefix(next.length);
    std::vector<wire::Value> values;
    EXPECT_TRUE(wire::DecodeDataRow(next.message.body, &values).ok());
    std::string row;
    for (const wire::Value& value : values) row += (row.empty() ? "" : "|") + (value.is_null ? "~" : std::string(value.bytes));
    rows.push_back(row);
  }
  return rows;
}

std::unique_ptr<Merger> Make(const StreamSpec& spec, std::size_t sources, int columns, MergeOptions options = {}) {
  auto merger = Merger::Create(spec, sources, columns, std::move(options));
  EXPECT_TRUE(merger.ok()) << merger.status();
  return merger.ok() ? *std::move(merger) : nullptr;
}

std::vector<std::string> DrainAll(Merger& merger) {
  std::string out;
  EXPECT_TRUE(merger.Drain(&out, UINT64_MAX).ok());
  return Shown(out);
}

TEST(Concat, RowsAsTheyCome) {
  const StreamSpec spec;
  const auto merger = Make(spec, 2, 2);
  EXPECT_EQ(DrainAll(*merger), std::vector<std::string>{});
  ASSERT_TRUE(merger->AddRow(0, Row({"a", "1"})).ok());
  ASSERT_TRUE(merger->AddRow(1, Row({"b", std::nullopt})).ok());
  EXPECT_THAT(DrainAll(*merger), ElementsAre("a|1", "b|~"));
  merger->SourceDone(0);
  EXPECT_FALSE(merger->Finished());
  ASSERT_TRUE(merger->AddRow(1, Row({"c", ""})).ok());
  merger->SourceDone(1);
  merger->SourceDone(1);
  EXPECT_FALSE(merger->Finished());
  EXPECT_THAT(DrainAll(*merger), ElementsAre("c|"));
  EXPECT_TRUE(merger->Finished());
}

TEST(Concat, HiddenColumnsAreCut) {
  StreamSpec spec;
  spec.hidden_columns = 1;
  const auto merger = Make(spec, 1, 3);
  ASSERT_TRUE(merger->AddRow(0, Row({"a", "b", "hidden"})).ok());
  EXPECT_THAT(DrainAll(*merger), ElementsAre("a|b"));
}

TEST(Concat, LimitAndOffset) {
  const StreamSpec spec;
  MergeOptions options;
  options.limit = 2;
  options.offset = 1;
  const auto merger = Make(spec, 2, 1, options);
  for (const char* cell : {"1", "2", "3", "4"}) {
    ASSERT_TRUE(merger->AddRow(0, Row({cell})).ok());
  }
  EXPECT_FALSE(merger->Wants(0));
  EXPECT_FALSE(merger->Finished());
  EXPECT_THAT(DrainAll(*merger), ElementsAre("2", "3"));
  EXPECT_TRUE(merger->Finished());
  options.limit = 0;
  EXPECT_TRUE(Make(spec, 2, 1, options)->Finished());
  options.limit = -1;
  EXPECT_EQ(ToSqlError(Merger::Create(spec, 2, 1, options).status()).sqlstate, "2201W");
  options.limit.reset();
  options.offset = -1;
  EXPECT_EQ(ToSqlError(Merger::Create(spec, 2, 1, options).status()).sqlstate, "2201X");
}

TEST(Concat, DrainsInPortions) {
  const StreamSpec spec;
  const auto merger = Make(spec, 1, 1);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(merger->AddRow(0, Row({std::to_string(i)})).ok());
  std::string out;
  EXPECT_EQ(*merger->Drain(&out, 2), 2u);
  EXPECT_EQ(*merger->Drain(&out, 100, 1), 1u);
  EXPECT_THAT(Shown(out), ElementsAre("0", "1", "2"));
  ASSERT_TRUE(merger->AddRow(0, Row({"5"})).ok());
  EXPECT_THAT(DrainAll(*merger), ElementsAre("3", "4", "5"));
}

TEST(Concat, ASlowClientStopsTheShards) {
  const StreamSpec spec;
  const auto merger = Make(spec, 2, 1);
  const std::string row = Row({std::string(1000, 'x')});
  int rows = 0;
  while (merger->Wants(0)) {
    ASSERT_TRUE(merger->AddRow(0, row).ok());
    ASSERT_LT(++rows, 1000);
  }
  EXPECT_FALSE(merger->Wants(1));
  std::string out;
  EXPECT_EQ(*merger->Drain(&out, UINT64_MAX, SIZE_MAX), static_cast<std::uint64_t>(rows));
  EXPECT_TRUE(merger->Wants(0));
}

StreamSpec Ordered(std::vector<SortKey> keys) {
  StreamSpec spec;
  spec.order = std::move(keys);
  spec.hidden_columns = 1;
  return spec;
}

TEST(Order, MergesAndWaitsForTheSlowest) {
  const StreamSpec spec = Ordered({{1, SortType::kInt8}});
  const auto merger = Make(spec, 3, 2);
  const auto add = [&](std::size_t source, std::int64_t value) {
    ASSERT_TRUE(merger->AddRow(source, Row({std::to_string(value), Int8(value)})).ok());
  };
  add(0, -5);
  add(0, 1);
  add(0, 7);
  add(1, 0);
  EXPECT_THAT(DrainAll(*merger), ElementsAre());
  merger->SourceDone(2);
  EXPECT_THAT(DrainAll(*merger), ElementsAre("-5", "0"));
  EXPECT_TRUE(merger->Wants(1));
  EXPECT_FALSE(merger->Wants(2));
  add(1, 3);
  EXPECT_THAT(DrainAll(*merger), ElementsAre("1", "3"));
  merger->SourceDone(1);
  EXPECT_THAT(DrainAll(*merger), ElementsAre("7"));
  EXPECT_FALSE(merger->Finished());
  merger->SourceDone(0);
  EXPECT_TRUE(merger->Finished());
}

TEST(Order, NullsAndSecondKeys) {
  StreamSpec spec;
  spec.order = {{0, SortType::kTextC, true, true}, {1, SortType::kTextC, false, false}};
  const auto merger = Make(spec, 2, 2);
  const auto add = [&](std::size_t source, std::vector<Cell> cells) {
    ASSERT_TRUE(merger->AddRow(source, Row(cells)).ok());
  };
  add(0, {std::nullopt, "b"});
  add(0, {"z", "a"});
  add(0, {"z", std::nullopt});
  add(1, {std::nullopt, "a"});
  add(1, {std::nullopt, std::nullopt});
  add(1, {"z", "b"});
  merger->SourceDone(0);
  merger->SourceDone(1);
  EXPECT_THAT(DrainAll(*merger), ElementsAre("~|a", "~|b", "~|~", "z|a", "z|b", "z|~"));
}

TEST(Order, WindowAndPortions) {
  const StreamSpec spec = Ordered({{1, SortType::kInt8, true}});
  MergeOptions options;
  options.limit = 3;
  options.offset = 2;
  const auto merger = Make(spec, 2, 2, options);
  for (std::int64_t i = 10; i > 0; --i) {
    ASSERT_TRUE(merger->AddRow(static_cast<std::size_t>(i % 2), Row({std::to_string(i), Int8(i)})).ok());
  }
  merger->SourceDone(0);
  merger->SourceDone(1);
  std::string out;
  EXPECT_EQ(*merger->Drain(&out, 2), 2u);
  EXPECT_EQ(*merger->Drain(&out, 2), 1u);
  EXPECT_THAT(Shown(out), ElementsAre("8", "7", "6"));
  EXPECT_TRUE(merger->Finished());
}

TEST(Order, AnotherOrderOnAShardIsAnError) {
  StreamSpec spec;
  spec.order = {{0, SortType::kTextC}};
  const auto merger = Make(spec, 1, 1);
  ASSERT_TRUE(merger->AddRow(0, Row({"b"})).ok());
  ASSERT_TRUE(merger->AddRow(0, Row({"B"})).ok());
  std::string out;
  EXPECT_EQ(ToSqlError(merger->Drain(&out, UINT64_MAX).status()).sqlstate, "XX000");
}

TEST(Order, MalformedKeysAreErrors) {
  const StreamSpec spec = Ordered({{1, SortType::kInt8}});
  EXPECT_EQ(ToSqlError(Make(spec, 1, 2)->AddRow(0, Row({"a", "short"}))).sqlstate, "22P03");
  EXPECT_EQ(ToSqlError(Make(spec, 1, 2)->AddRow(0, Row({"a"}))).sqlstate, "08P01");
  EXPECT_EQ(ToSqlError(Make(spec, 1, 2)->AddRow(0, "nonsense")).sqlstate, "08P01");
}

TEST(Order, WaitingRowsAreBounded) {
  const StreamSpec spec = Ordered({{1, SortType::kInt8}});
  const auto merger = Make(spec, 2, 2);
  const std::string row = Row({std::string(1000, 'x'), Int8(1)});
  int rows = 0;
  while (merger->Wants(0)) {
    ASSERT_TRUE(merger->AddRow(0, row).ok());
    ASSERT_LT(++rows, 10'000);
  }
  EXPECT_TRUE(merger->Wants(1));  // or nothing would ever go on
}

OutputColumn Out(Combine combine, int column, SortType type = SortType::kInt8, Oid result = 0) {
  OutputColumn output;
  output.combine = combine;
  output.column = column;
  output.type = type;
  output.result_type = result;
  return output;
}

TEST(CombineRows, OneRowEvenFromNoShard) {
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kCount, 0), Out(Combine::kSum, 1), Out(Combine::kMax, 1)};
  const auto merger = Make(spec, 0, 2);
  EXPECT_FALSE(merger->Finished());
  EXPECT_THAT(DrainAll(*merger), ElementsAre("0|~|~"));
  EXPECT_TRUE(merger->Finished());
}

TEST(CombineRows, SumsOverflowAsInPostgres) {
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kSum, 0)};
  const auto run = [&](std::int64_t second) {
    const auto merger = Make(spec, 2, 1);
    EXPECT_TRUE(merger->AddRow(0, Row({Int8(INT64_MAX)})).ok());
    EXPECT_TRUE(merger->AddRow(1, Row({Int8(second)})).ok());
    merger->SourceDone(0);
    merger->SourceDone(1);
    std::string out;
    const auto rows = merger->Drain(&out, UINT64_MAX);
    return rows.ok() ? Shown(out)[0] : ToSqlError(rows.status()).message;
  };
  EXPECT_EQ(run(1), "bigint out of range");
  EXPECT_EQ(run(-1), "9223372036854775806");
  spec.output[0].result_type = oid::kNumeric;
  EXPECT_EQ(run(1), "9223372036854775808");
}

TEST(CombineRows, GroupsSortedByTheirCounts) {
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kPass, 0), Out(Combine::kCount, 1)};
  spec.groups = {{0, SortType::kBpcharC}};
  spec.order = {{1, SortType::kInt8, true, true, true}, {0, SortType::kBpcharC}};
  MergeOptions options;
  options.limit = 3;
  const auto merger = Make(spec, 2, 2, options);
  const auto add = [&](std::size_t source, Cell group, std::int64_t count) {
    ASSERT_TRUE(merger->AddRow(source, Row({std::move(group), Int8(count)})).ok());
  };
  add(0, "a", 1);
  add(0, "b ", 5);
  add(0, std::nullopt, 2);
  add(1, std::nullopt, 3);
  add(1, "b", 5);
  add(1, "c", 1);
  merger->SourceDone(0);
  EXPECT_THAT(DrainAll(*merger), ElementsAre());
  merger->SourceDone(1);
  EXPECT_THAT(DrainAll(*merger), ElementsAre("b |10", "~|5", "a|1"));
  EXPECT_TRUE(merger->Finished());
}

TEST(CombineRows, ExtremesShowTheColumnBesideTheOneCompared) {
  StreamSpec spec;
  spec.combines = true;
  OutputColumn latest = Out(Combine::kMax, 0, SortType::kTimestamp);
  EXPECT_EQ(ToSqlError(Merger::Create({.output = {latest}, .combines = true}, 1, 2, {}).status()).sqlstate, "XX000");
  latest.compare_column = 1;
  spec.output = {latest};
  const auto merger = Make(spec, 2, 2);
  ASSERT_TRUE(merger->AddRow(0, Row({"yesterday", Int8(1)})).ok());
  ASSERT_TRUE(merger->AddRow(1, Row({"today", Int8(2)})).ok());
  ASSERT_TRUE(merger->AddRow(1, Row({std::nullopt, std::nullopt})).ok());
  merger->SourceDone(0);
  merger->SourceDone(1);
  EXPECT_THAT(DrainAll(*merger), ElementsAre("today"));
}

TEST(CombineRows, TooManyGroups) {
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kCount, 1)};
  spec.groups = {{0, SortType::kInt8}};
  const auto merger = Make(spec, 1, 2);
  const std::string one = Int8(1);
  absl::Status status;
  std::int64_t groups = 0;
  while (status.ok() && groups <= static_cast<std::int64_t>(limits::kMaxGroupsInMemory)) {
    status = merger->AddRow(0, Row({Int8(groups++), one}));
  }
  EXPECT_EQ(groups, static_cast<std::int64_t>(limits::kMaxGroupsInMemory) + 1);
  EXPECT_EQ(ToSqlError(status).sqlstate, "54000");
  EXPECT_NE(ToSqlError(status).hint, "");

  StreamSpec wide = spec;
  wide.output = {Out(Combine::kPass, 0)};
  wide.groups = {{0, SortType::kTextC}};
  const auto other = Make(wide, 1, 1);
  status = absl::OkStatus();
  for (int i = 0; status.ok() && i < 1000; ++i) status = other->AddRow(0, Row({std::to_string(i) + std::string(1 << 20, 'x')}));
  EXPECT_EQ(ToSqlError(status).sqlstate, "53200");
}

TEST(Layout, FormatsForTheShards) {
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kPass, 0), Out(Combine::kAvg, 1), Out(Combine::kMin, 3, SortType::kTextC)};
  spec.output[1].count_column = 2;
  spec.groups = {{4, SortType::kInt4}};
  const std::int16_t all_binary[] = {1}, each[] = {0, 1, 0}, two[] = {0, 1};
  EXPECT_THAT(*ShardFormats(spec, 5, {}), ElementsAre(0, 1, 1, 0, 1));
  EXPECT_THAT(*ShardFormats(spec, 5, all_binary), ElementsAre(1, 1, 1, 1, 1));
  EXPECT_THAT(*ShardFormats(spec, 5, each), ElementsAre(0, 1, 1, 0, 1));
  EXPECT_EQ(ToSqlError(ShardFormats(spec, 5, two).status()).message,
            "bind message has 2 result formats but query has 3 columns");
  EXPECT_EQ(ToSqlError(ShardFormats(spec, 4, {}).status()).sqlstate, "XX000");

  StreamSpec clash;
  clash.order = {{0, SortType::kInt8}};
  EXPECT_EQ(ToSqlError(ShardFormats(clash, 1, {}).status()).sqlstate, "XX000");
  EXPECT_THAT(*ShardFormats(clash, 1, all_binary), ElementsAre(1));
  clash.order[0].type = SortType::kTextC;
  clash.binary_columns = {0};
  EXPECT_THAT(*ShardFormats(clash, 1, {}), ElementsAre(0));
}

TEST(Layout, WhatTheClientSees) {
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kPass, 0), Out(Combine::kAvg, 1)};
  spec.output[1].count_column = 2;
  const wire::Field fields[] = {{"g", 16384, 2, oid::kText, -1, -1, 0}, {"sum", 0, 0, oid::kInt8, 8, -1, 1},
                                {"count", 0, 0, oid::kInt8, 8, -1, 1}};
  std::string message;
  wire::AppendRowDescription(&message, fields);
  const std::int16_t formats[] = {0, 1};
  const auto body = DescribeForClient(spec, std::string_view(message).substr(wire::kHeaderSize), formats);
  ASSERT_TRUE(body.ok());
  const auto seen = wire::DecodeRowDescription(*body);
  ASSERT_TRUE(seen.ok());
  ASSERT_EQ(seen->size(), 2u);
  EXPECT_EQ((*seen)[0].name, "g");
  EXPECT_EQ((*seen)[0].table, 16384u);
  EXPECT_EQ((*seen)[1].name, "avg");
  EXPECT_EQ((*seen)[1].type, oid::kNumeric);
  EXPECT_EQ((*seen)[1].type_size, -1);
  EXPECT_EQ((*seen)[1].format, 1);
}

TEST(Layout, PlansThatCannotBe) {
  StreamSpec spec;
  spec.order = {{3, SortType::kInt8}};
  EXPECT_EQ(ToSqlError(Merger::Create(spec, 1, 2, {}).status()).sqlstate, "XX000");
  spec = {};
  spec.hidden_columns = 3;
  EXPECT_EQ(ToSqlError(Merger::Create(spec, 1, 2, {}).status()).sqlstate, "XX000");
  spec = {};
  spec.output = {Out(Combine::kSum, 0)};
  EXPECT_EQ(ToSqlError(Merger::Create(spec, 1, 1, {}).status()).sqlstate, "XX000");
}

const std::string kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s;

TEST(BinaryCopy, OneHeaderAndOneTrailer) {
  for (std::size_t step = 1; step < 40; ++step) {
    BinaryCopyJoiner joiner;
    std::string out;
    for (const std::string& rows : {"row one"s, ""s, "\xff\xff row two"s}) {
      const std::string source = kHeader + rows + "\xff\xff";
      for (std::size_t at = 0; at < source.size(); at += step) {
        ASSERT_TRUE(joiner.Add(source.substr(at, step), &out).ok());
      }
      ASSERT_TRUE(joiner.EndSource().ok());
    }
    joiner.Finish(&out);
    EXPECT_EQ(out, kHeader + "row one\xff\xff row two\xff\xff");
  }
  BinaryCopyJoiner none;
  std::string out;
  none.Finish(&out);
  EXPECT_EQ(out, kHeader + "\xff\xff");
}

TEST(BinaryCopy, WhatIsNoCopyData) {
  std::string out;
  EXPECT_FALSE(BinaryCopyJoiner().Add("1\t2\n some text that is long enough", &out).ok());
  EXPECT_FALSE(BinaryCopyJoiner().EndSource().ok());
  BinaryCopyJoiner cut;
  ASSERT_TRUE(cut.Add(kHeader + "row", &out).ok());
  EXPECT_EQ(ToSqlError(cut.EndSource()).message, "unexpected EOF in COPY data");
}

}  // namespace
}  // namespace pgshoal::merge
