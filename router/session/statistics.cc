#include "router/session/statistics.hpp"

namespace pgshoal::session {
namespace {

// What happened from `before` to `after`, in `elapsed`.
Totals Average(const Totals& before, const Totals& after, net::Clock::duration elapsed) {
  Totals average;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
  if (microseconds <= 0) return average;
  const auto each_second = [microseconds](std::uint64_t from, std::uint64_t to) {
    return static_cast<std::uint64_t>(static_cast<double>(to - from) * 1e6 / static_cast<double>(microseconds));
  };
  average.xact_count = each_second(before.xact_count, after.xact_count);
  average.query_count = each_second(before.query_count, after.query_count);
  average.received = each_second(before.received, after.received);
  average.sent = each_second(before.sent, after.sent);
  average.server_assignments = each_second(before.server_assignments, after.server_assignments);
  average.client_parses = each_second(before.client_parses, after.client_parses);
  average.server_parses = each_second(before.server_parses, after.server_parses);
  average.binds = each_second(before.binds, after.binds);
  const std::uint64_t xacts = after.xact_count - before.xact_count;
  const std::uint64_t queries = after.query_count - before.query_count;
  const std::uint64_t assignments = after.server_assignments - before.server_assignments;
  if (xacts > 0) average.xact_time = (after.xact_time - before.xact_time) / xacts;
  if (queries > 0) average.query_time = (after.query_time - before.query_time) / queries;
  if (assignments > 0) average.wait_time = (after.wait_time - before.wait_time) / assignments;
  return average;
}

Totals Of(const std::map<std::string, Totals>& sums, const std::string& database) {
  const auto found = sums.find(database);
  return found == sums.end() ? Totals{} : found->second;
}

Totals All(const std::map<std::string, Totals>& sums) {
  Totals all;
  for (const auto& [database, totals] : sums) all += totals;
  return all;
}

}  // namespace

Totals& Totals::operator+=(const Totals& other) {
  xact_count += other.xact_count;
  query_count += other.query_count;
  received += other.received;
  sent += other.sent;
  xact_time += other.xact_time;
  query_time += other.query_time;
  wait_time += other.wait_time;
  server_assignments += other.server_assignments;
  client_parses += other.client_parses;
  server_parses += other.server_parses;
  binds += other.binds;
  return *this;
}

Totals DatabaseCounters::Read() const {
  return {xact_count.Get(),    query_count.Get(),   received.Get(),  sent.Get(),
          xact_time.Get(),     query_time.Get(),    wait_time.Get(), server_assignments.Get(),
          client_parses.Get(), server_parses.Get(), binds.Get()};
}

DatabaseCounters* Statistics::For(int worker, const std::string& database) {
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<DatabaseCounters>& counters = counters_[{database, worker}];
  if (!counters) counters = std::make_unique<DatabaseCounters>();
  return counters.get();
}

Statistics::Sums Statistics::SumUp() const {
  Sums sums;
  for (const auto& [key, counters] : counters_) sums[key.first] += counters->Read();
  return sums;
}

void Statistics::EndPeriod(net::Clock::time_point now) {
  absl::MutexLock lock(&mutex_);
  marks_[0] = std::move(marks_[1]);
  marked_at_[0] = marked_at_[1];
  marks_[1] = SumUp();
  marked_at_[1] = now;
}

std::vector<Statistics::Line> Statistics::Lines() const {
  absl::ReaderMutexLock lock(&mutex_);
  const bool averages = marked_at_[0] != net::Clock::time_point{};
  std::vector<Line> lines;
  for (const auto& [database, total] : SumUp()) {
    Line line{database, total, {}};
    if (averages) {
      line.average = Average(Of(marks_[0], database), Of(marks_[1], database), marked_at_[1] - marked_at_[0]);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Statistics::Line Statistics::Sum() const {
  absl::ReaderMutexLock lock(&mutex_);
  Line line{"", All(SumUp()), {}};
  if (marked_at_[0] != net::Clock::time_point{}) {
    line.average = Average(All(marks_[0]), All(marks_[1]), marked_at_[1] - marked_at_[0]);
  }
  return line;
}

}  // namespace pgshoal::session
