// Mergers over real rows: a table with a column that says on which shard a row would be, the shards' statements run
// once for each, and their merged result against what PostgreSQL says over the whole table.

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/oids.hpp"
#include "base/status.hpp"
#include "router/merge/merger.hpp"
#include "router/wire/message.hpp"
#include "tests/support/pg_cluster.hpp"
#include "tests/unit/merge/live_connection.hpp"

namespace pgshoal::merge {
namespace {

using plan::Combine;
using plan::OutputColumn;
using plan::SortKey;
using plan::SortType;
using plan::StreamSpec;
using test::LiveConnection;
using test::LiveResult;

constexpr int kShards = 3;

class MergerLive : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!test::PgCluster::Available()) return;
    auto cluster = test::PgCluster::Start(1);
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = cluster->release();
  }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  void SetUp() override {
    if (cluster_ == nullptr) GTEST_SKIP() << "PostgreSQL's server programs are not installed";
    connection_ = std::make_unique<LiveConnection>(cluster_->port(0), cluster_->user(), cluster_->database());
  }

  void Script(const std::string& sql) {
    const LiveResult result = connection_->Script(sql);
    ASSERT_FALSE(result.error.has_value()) << result.error->message << "\n" << sql;
  }
  LiveResult Run(const std::string& sql, std::span<const std::int16_t> formats = {}) {
    LiveResult result = connection_->Run(sql, formats);
    EXPECT_FALSE(result.error.has_value()) << result.error->message << "\n" << sql;
    return result;
  }

  // Runs spec.shard_sql (with {} for the shard's number) for every shard and merges.
  LiveResult Merge(const StreamSpec& spec, int columns, std::vector<std::int16_t> client_formats) {
    LiveResult merged;
    const auto formats = ShardFormats(spec, columns, client_formats);
    EXPECT_TRUE(formats.ok()) << formats.status();
    MergeOptions options;
    options.client_formats = client_formats;
    const auto merger = Merger::Create(spec, kShards, columns, options);
    EXPECT_TRUE(merger.ok()) << merger.status();
    if (!formats.ok() || !merger.ok()) return merged;
    for (int shard = 0; shard < kShards; ++shard) {
      const LiveResult part = Run(fmt::format(fmt::runtime(spec.shard_sql), shard), *formats);
      merged.row_description = *DescribeForClient(spec, part.row_description, client_formats);
      for (const std::string& row : part.rows) {
        const absl::Status status = (*merger)->AddRow(static_cast<std::size_t>(shard), row);
        EXPECT_TRUE(status.ok()) << ToSqlError(status).message;
      }
      (*merger)->SourceDone(static_cast<std::size_t>(shard));
    }
    std::string out;
    while (!(*merger)->Finished()) {
      const auto drained = (*merger)->Drain(&out, 7);
      EXPECT_TRUE(drained.ok()) << ToSqlError(drained.status()).message;
      if (!drained.ok() || *drained == 0) break;
    }
    std::string_view rest = out;
    while (!rest.empty()) {
      const wire::Next next = wire::NextMessage(rest, limits::kMaxMessage);
      merged.rows.emplace_back(next.message.body);
      rest.remove_prefix(next.length);
    }
    return merged;
  }

  static test::PgCluster* cluster_;
  std::unique_ptr<LiveConnection> connection_;
};

test::PgCluster* MergerLive::cluster_ = nullptr;

// Numbers of every size and scale, NULLs, specials, few and many to a group.
constexpr char kNumbers[] = R"(
  SELECT setseed(0.42);
  CREATE TEMP TABLE t (shard int, g int, i2 int2, i4 int4, i8 int8, n numeric, money numeric(12,2), f8 float8, f4 float4,
                       w float8, d date, ts timestamptz, tx text COLLATE "C", c char(6) COLLATE "C", u uuid, b bool);
  INSERT INTO t SELECT floor(random() * 3), CASE WHEN i % 97 = 0 THEN NULL ELSE floor(random() * random() * 1500) END,
    CASE WHEN random() < 0.9 THEN floor((random() - 0.5) * 65000) END,
    CASE WHEN random() < 0.9 THEN floor((random() - 0.5) * 4e9) END,
    CASE WHEN random() < 0.9 THEN floor((random() - 0.5) * 1.8e19) END,
    CASE WHEN random() < 0.9 THEN round((random() - 0.5)::numeric * 10::numeric ^ floor(random() * 40 - 8)::int,
                                        floor(random() * 25)::int) END,
    CASE WHEN random() < 0.9 THEN (random() * 10000)::numeric(12,2) END,
    CASE WHEN random() < 0.9 THEN floor((random() - 0.5) * 1000) * 10::float8 ^ floor(random() * 60 - 30) END,
    CASE WHEN random() < 0.9 THEN ((random() - 0.5) * 10::float8 ^ floor(random() * 60 - 30))::float4 END,
    floor(random() * 1000000),
    '2000-01-01'::date + floor((random() - 0.5) * 200000)::int,
    '2000-01-01'::timestamptz + (random() - 0.5) * '200 years'::interval,
    CASE WHEN random() < 0.9 THEN substr(md5(random()::text), 1, floor(random() * 4)::int) END,
    substr(md5(random()::text), 1, floor(random() * 3)::int), md5(random()::text)::uuid, random() < 0.5
    FROM generate_series(1, 20000) i;
  INSERT INTO t (shard, g, n) VALUES (0, 2001, 'NaN'), (1, 2001, 1), (0, 2002, 'Infinity'), (1, 2002, '-Infinity'),
    (0, 2003, 'Infinity'), (2, 2003, 5), (0, 2004, 0.000), (1, 2004, 0.0), (0, 2005, 9.99e130000), (1, 2005, 1e-16000);
)";

OutputColumn Out(Combine combine, int column, SortType type, Oid result = 0, std::string name = {}) {
  OutputColumn output;
  output.combine = combine;
  output.column = column;
  output.type = type;
  output.result_type = result;
  output.name = std::move(name);
  return output;
}
OutputColumn Average(int column, int count_column, SortType type) {
  OutputColumn output = Out(Combine::kAvg, column, type);
  output.count_column = count_column;
  return output;
}

void ExpectSameRows(const LiveResult& merged, const LiveResult& expected) {
  EXPECT_EQ(merged.row_description, expected.row_description);
  ASSERT_EQ(merged.rows.size(), expected.rows.size());
  const auto fields = wire::DecodeRowDescription(expected.row_description);
  ASSERT_TRUE(fields.ok());
  for (std::size_t column = 0; column < fields->size(); ++column) {
    const auto ours = merged.Column(column), theirs = expected.Column(column);
    for (std::size_t i = 0; i < ours.size(); ++i) {
      ASSERT_EQ(ours[i], theirs[i]) << "row " << i << ", column " << column << " " << (*fields)[column].name;
    }
  }
}

TEST_F(MergerLive, Aggregates) {
  Script(kNumbers);
  StreamSpec spec;
  spec.combines = true;
  const std::string columns = "g, count(*), count(n), sum(i2), sum(i4), sum(i8), sum(n), sum(money), sum(w), ";
  const std::string shown = "avg(i2), avg(i4), avg(i8), avg(n), avg(money), min(n), max(i8), min(f8), max(f8), "
      "min(f4), max(f4), min(tx), max(u::text COLLATE \"C\"), max(d), min(ts), max(c), min(i2)";
  const std::string source = " FROM t {}GROUP BY g ORDER BY g";
  spec.shard_sql = "SELECT " + columns +
                   "sum(i2), count(i2), sum(i4), count(i4), sum(i8), count(i8), sum(n), count(n), sum(money), "
                   "count(money), min(n), max(i8), min(f8), max(f8), min(f4), max(f4), min(tx), "
                   "max(u::text COLLATE \"C\"), max(d), max(d), min(ts), min(ts), max(c), min(i2), g" +
                   " FROM t WHERE shard = {} GROUP BY g";
  spec.output = {Out(Combine::kPass, 0, SortType::kInt4),
                 Out(Combine::kCount, 1, SortType::kInt8),
                 Out(Combine::kCount, 2, SortType::kInt8),
                 Out(Combine::kSum, 3, SortType::kInt8),
                 Out(Combine::kSum, 4, SortType::kInt8, oid::kInt8),
                 Out(Combine::kSum, 5, SortType::kNumeric),
                 Out(Combine::kSum, 6, SortType::kNumeric, oid::kNumeric),
                 Out(Combine::kSum, 7, SortType::kNumeric),
                 Out(Combine::kSum, 8, SortType::kFloat8),
                 Average(9, 10, SortType::kInt8),
                 Average(11, 12, SortType::kInt8),
                 Average(13, 14, SortType::kNumeric),
                 Average(15, 16, SortType::kNumeric),
                 Average(17, 18, SortType::kNumeric),
                 Out(Combine::kMin, 19, SortType::kNumeric),
                 Out(Combine::kMax, 20, SortType::kInt8),
                 Out(Combine::kMin, 21, SortType::kFloat8),
                 Out(Combine::kMax, 22, SortType::kFloat8),
                 Out(Combine::kMin, 23, SortType::kFloat4),
                 Out(Combine::kMax, 24, SortType::kFloat4),
                 Out(Combine::kMin, 25, SortType::kTextC),
                 Out(Combine::kMax, 26, SortType::kTextC),
                 Out(Combine::kMax, 27, SortType::kDate),
                 Out(Combine::kMin, 29, SortType::kTimestamptz),
                 Out(Combine::kMax, 31, SortType::kBpcharC),
                 Out(Combine::kMin, 32, SortType::kInt2)};
  spec.output[22].compare_column = 28;
  spec.output[23].compare_column = 30;
  spec.groups = {{33, SortType::kInt4}};
  spec.order = {{33, SortType::kInt4}};
  const std::string whole = "SELECT " + columns + shown + fmt::format(fmt::runtime(source), "");
  for (const std::int16_t format : {0, 1}) {
    const std::vector<std::int16_t> formats = {format};
    ExpectSameRows(Merge(spec, 34, formats), Run(whole, formats));
  }
}

TEST_F(MergerLive, AggregatesWithoutGroups) {
  Script(kNumbers);
  StreamSpec spec;
  spec.combines = true;
  spec.output = {Out(Combine::kCount, 0, SortType::kInt8), Out(Combine::kSum, 1, SortType::kNumeric),
                 Average(2, 3, SortType::kInt8), Out(Combine::kMax, 4, SortType::kTextC)};
  for (const std::string where : {"g < 900", "g = 1", "g = -1", "g = 2001"}) {
    spec.shard_sql =
        "SELECT count(*), sum(n), sum(i4), count(i4), max(tx) FROM t WHERE shard = {} AND " + where;
    ExpectSameRows(Merge(spec, 5, {}), Run("SELECT count(*), sum(n), avg(i4), max(tx) FROM t WHERE " + where));
  }
}

// Which values fall together, and the order of groups by what was computed.
TEST_F(MergerLive, GroupsByEveryType) {
  Script(kNumbers);
  Script("UPDATE t SET n = round(i2 / 1000) + CASE WHEN i2 % 2 = 0 THEN 0.000 ELSE 0 END, "
         "f8 = CASE WHEN i2 % 5 = 0 THEN '-0'::float8 WHEN i2 % 5 = 1 THEN 0 WHEN i2 % 5 = 2 THEN 'NaN' ELSE i2 % 7 END");
  const std::pair<const char*, SortType> columns[] = {
      {"n", SortType::kNumeric}, {"f8", SortType::kFloat8}, {"c", SortType::kBpcharC}, {"tx", SortType::kTextC},
      {"b", SortType::kBool},    {"i2", SortType::kInt2},   {"d", SortType::kDate}};
  for (const auto& [column, type] : columns) {
    StreamSpec spec;
    spec.combines = true;
    spec.output = {Out(Combine::kCount, 0, SortType::kInt8), Average(1, 2, SortType::kInt8)};
    spec.groups = {{3, type}};
    spec.order = {{0, SortType::kInt8, true, true, true}, {1, SortType::kNumeric, false, false, true}};
    spec.shard_sql = fmt::format("SELECT count(*), sum(i4), count(i4), {0} FROM t WHERE shard = {{}} GROUP BY {0}", column);
    ExpectSameRows(Merge(spec, 4, {}),
                   Run(fmt::format("SELECT count(*), avg(i4) FROM t GROUP BY {} ORDER BY 1 DESC, 2", column)));
  }
}

struct Ordering {
  const char* type;
  SortType sort;
  const char* values;  // a list for VALUES
};

const Ordering kOrderings[] = {
    {"int2", SortType::kInt2, "(-32768), (32767), (0), (-1), (1), (256)"},
    {"int4", SortType::kInt4, "(-2147483648), (2147483647), (0), (-1), (65536)"},
    {"int8", SortType::kInt8, "(-9223372036854775808), (9223372036854775807), (0), (-1), (4294967296)"},
    {"oid", SortType::kOid, "(0), (1), (2147483648), (4294967295)"},
    {"bool", SortType::kBool, "(true), (false)"},
    {"float4", SortType::kFloat4, "('NaN'), ('Infinity'), ('-Infinity'), ('-0'), (0), (1e-45), (-1.5), (3.4e38)"},
    {"float8", SortType::kFloat8, "('NaN'), ('Infinity'), ('-Infinity'), ('-0'), (0), (5e-324), (-1.5), (1e308)"},
    {"numeric", SortType::kNumeric,
     "('NaN'), ('Infinity'), ('-Infinity'), (0), (0.00), (1), (1.0), (1.00000001), (-1), (-1.00000001), (10000), (9999.9999),"
     "(99999999), (100000000), (1e100), (1e-100), (-1e100), (-1e-100), (12345678.9), (12345678.90001)"},
    {"date", SortType::kDate, "('infinity'), ('-infinity'), ('2000-01-01'), ('1999-12-31'), ('4713-01-01 BC'), ('2022-11-22')"},
    {"time", SortType::kTime, "('00:00'), ('24:00'), ('12:34:56.789')"},
    {"timestamp", SortType::kTimestamp, "('infinity'), ('-infinity'), ('2000-01-01'), ('1999-12-31 23:59:59.999999')"},
    {"timestamptz", SortType::kTimestamptz, "('infinity'), ('-infinity'), ('2000-01-01'), ('1970-01-01')"},
    {"uuid", SortType::kUuid,
     "('00000000-0000-0000-0000-000000000000'), ('ffffffff-ffff-ffff-ffff-ffffffffffff'),"
     "('7fffffff-0000-0000-0000-000000000000'), ('80000000-0000-0000-0000-000000000000')"},
    {"text COLLATE \"C\"", SortType::kTextC, "(''), ('a'), ('B'), ('aa'), ('a '), ('ä'), ('ÿ'), ('😀'), (E'\\x01')"},
    {"char(4) COLLATE \"C\"", SortType::kBpcharC, "(''), ('a'), ('a '), ('a!'), (E'a\\x01'), ('ab'), ('ä')"},
};

TEST_F(MergerLive, OrdersEveryType) {
  for (const Ordering& ordering : kOrderings) {
    Script(fmt::format(
        "DROP TABLE IF EXISTS o; CREATE TEMP TABLE o (shard int, v {}, rank int);"
        "INSERT INTO o SELECT floor(random() * 3), v::{} FROM (VALUES (NULL), {}) x (v), generate_series(1, 9);",
        ordering.type, ordering.type, ordering.values));
    for (const bool descending : {false, true}) {
      for (const bool nulls_first : {false, true}) {
        const std::string order =
            fmt::format("ORDER BY v {} NULLS {}", descending ? "DESC" : "ASC", nulls_first ? "FIRST" : "LAST");
        // Equal values may look different (0 and -0), so ranks are compared.
        Script(fmt::format("UPDATE o SET rank = r FROM (SELECT ctid AS at, dense_rank() OVER ({}) AS r FROM o) x "
                           "WHERE o.ctid = at",
                           order));
        StreamSpec spec;
        spec.shard_sql = "SELECT rank, v FROM o WHERE shard = {} " + order;
        spec.hidden_columns = 1;
        spec.order = {{1, ordering.sort, descending, nulls_first}};
        const LiveResult merged = Merge(spec, 2, {});
        EXPECT_EQ(merged.Column(0), Run("SELECT rank FROM o " + order).Column(0)) << ordering.type << " " << order;
      }
    }
  }
}

TEST_F(MergerLive, OrdersRandomNumerics) {
  Script(kNumbers);
  StreamSpec spec;
  spec.shard_sql = "SELECT trim_scale(n), i8, n, i8 FROM t WHERE shard = {} ORDER BY n DESC, i8";
  spec.hidden_columns = 2;
  spec.order = {{2, SortType::kNumeric, true, true}, {3, SortType::kInt8}};
  const LiveResult merged = Merge(spec, 4, {});
  const LiveResult expected = Run("SELECT trim_scale(n), i8 FROM t ORDER BY n DESC, i8");
  EXPECT_EQ(merged.Column(1), expected.Column(1));
  EXPECT_EQ(merged.Column(0), expected.Column(0));
}

}  // namespace
}  // namespace pgshoal::merge
