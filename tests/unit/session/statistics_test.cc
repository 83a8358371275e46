#include "router/session/statistics.hpp"

#include <gtest/gtest.h>

namespace pgshoal::session {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using Time = net::Clock::time_point;

constexpr Time kStart{seconds(1000)};

TEST(ClientMeterTest, QueriesAndTransactions) {
  DatabaseCounters counters;
  ClientMeter meter;
  meter.Attach(&counters);
  meter.Began(kStart);
  meter.Began(kStart + seconds(1));  // a further message of the same batch
  EXPECT_EQ(meter.Ended(kStart + seconds(2), /*transaction_open=*/true), seconds(2));
  meter.Began(kStart + seconds(5));
  meter.Ended(kStart + seconds(6), false);
  const Totals totals = counters.Read();
  EXPECT_EQ(totals.query_count, 2u);
  EXPECT_EQ(totals.query_time, 3'000'000u);
  EXPECT_EQ(totals.xact_count, 1u);
  EXPECT_EQ(totals.xact_time, 6'000'000u);
}

TEST(ClientMeterTest, AnswerToNothingCountsNothing) {
  DatabaseCounters counters;
  ClientMeter meter;
  EXPECT_EQ(meter.Ended(kStart, false), seconds(0));  // the ReadyForQuery of the login
  meter.Attach(&counters);
  EXPECT_EQ(meter.Ended(kStart, false), seconds(0));
  EXPECT_EQ(counters.Read().query_count, 0u);
}

TEST(ClientMeterTest, BytesAreCountedOnce) {
  DatabaseCounters counters;
  ClientMeter meter;
  meter.Attach(&counters);
  meter.Moved(100, 10);
  meter.Moved(100, 30);
  meter.Moved(150, 30);
  EXPECT_EQ(counters.Read().received, 150u);
  EXPECT_EQ(counters.Read().sent, 30u);
}

TEST(StatisticsTest, SumsOverWorkers) {
  Statistics statistics;
  statistics.For(0, "b")->query_count.Add(1);
  statistics.For(1, "b")->query_count.Add(2);
  statistics.For(1, "a")->query_count.Add(4);
  EXPECT_EQ(statistics.For(1, "a"), statistics.For(1, "a"));
  const std::vector<Statistics::Line> lines = statistics.Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].database, "a");
  EXPECT_EQ(lines[0].total.query_count, 4u);
  EXPECT_EQ(lines[1].total.query_count, 3u);
  EXPECT_EQ(statistics.Sum().total.query_count, 7u);
}

TEST(StatisticsTest, AveragesAreOverTheLastWholePeriod) {
  Statistics statistics;
  DatabaseCounters* counters = statistics.For(0, "db");
  statistics.EndPeriod(kStart);
  counters->query_count.Add(100);
  counters->query_time.Add(5'000);
  counters->wait_time.Add(3'000);
  counters->server_assignments.Add(30);
  counters->sent.Add(1'000);
  EXPECT_EQ(statistics.Lines()[0].average.query_count, 0u);  // no period has ended yet
  statistics.EndPeriod(kStart + seconds(10));
  counters->query_count.Add(1'000'000);
  const Totals average = statistics.Lines()[0].average;
  EXPECT_EQ(average.query_count, 10u);  // a second
  EXPECT_EQ(average.sent, 100u);
  EXPECT_EQ(average.server_assignments, 3u);
  EXPECT_EQ(average.wait_time, 100u);   // an assignment
  EXPECT_EQ(average.query_time, 50u);  // a query
  EXPECT_EQ(average.xact_time, 0u);    // there was none
  EXPECT_EQ(statistics.Sum().average.query_count, 10u);
  statistics.EndPeriod(kStart + seconds(20));
  EXPECT_EQ(statistics.Lines()[0].average.query_count, 100'000u);
}

}  // namespace
}  // namespace pgshoal::session
