// SHOW STATS and its relatives. What the figures mean: session/statistics.hpp.

#include "router/admin/commands.hpp"
#include "router/session/statistics.hpp"

namespace pgshoal::admin {
namespace {

using session::Statistics;
using session::Totals;

Reply OneKind(Call& call, Totals Statistics::Line::*kind) {
  ConsoleReply reply = Table(Text{"database"}, Numeric{"xact_count"}, Numeric{"query_count"}, Numeric{"bytes_received"},
                             Numeric{"bytes_sent"}, Numeric{"xact_time"}, Numeric{"query_time"}, Numeric{"wait_time"});
  call.shared.RefreshStatistics();
  for (const Statistics::Line& line : call.shared.statistics().Lines()) {
    const Totals& t = line.*kind;
    AddRow(&reply, line.database, t.xact_count, t.query_count, t.received, t.sent, t.xact_time, t.query_time,
           t.wait_time);
  }
  return reply;
}

}  // namespace

Reply ShowStats(Call& call) {
  ConsoleReply reply =
      Table(Text{"database"}, Numeric{"total_xact_count"}, Numeric{"total_query_count"}, Numeric{"total_received"},
            Numeric{"total_sent"}, Numeric{"total_xact_time"}, Numeric{"total_query_time"}, Numeric{"total_wait_time"},
            Numeric{"avg_xact_count"}, Numeric{"avg_query_count"}, Numeric{"avg_recv"}, Numeric{"avg_sent"},
            Numeric{"avg_xact_time"}, Numeric{"avg_query_time"}, Numeric{"avg_wait_time"});
  call.shared.RefreshStatistics();
  for (const Statistics::Line& line : call.shared.statistics().Lines()) {
    const Totals &t = line.total, &a = line.average;
    AddRow(&reply, line.database, t.xact_count, t.query_count, t.received, t.sent, t.xact_time, t.query_time,
           t.wait_time, a.xact_count, a.query_count, a.received, a.sent, a.xact_time, a.query_time, a.wait_time);
  }
  return reply;
}

Reply ShowStatsTotals(Call& call) {
  return OneKind(call, &Statistics::Line::total);
}

Reply ShowStatsAverages(Call& call) {
  return OneKind(call, &Statistics::Line::average);
}

Reply ShowTotals(Call& call) {
  ConsoleReply reply = Table(Text{"name"}, Numeric{"value"});
  call.shared.RefreshStatistics();
  const Statistics::Line sum = call.shared.statistics().Sum();
  const auto add = [&reply](std::string prefix, const Totals& t) {
    AddRow(&reply, prefix + "xact_count", t.xact_count);
    AddRow(&reply, prefix + "query_count", t.query_count);
    AddRow(&reply, prefix + "client_bytes", t.received);
    AddRow(&reply, prefix + "server_bytes", t.sent);
    AddRow(&reply, prefix + "xact_time", t.xact_time);
    AddRow(&reply, prefix + "query_time", t.query_time);
    AddRow(&reply, prefix + "wait_time", t.wait_time);
  };
  add("total_", sum.total);
  add("avg_", sum.average);
  return reply;
}

}  // namespace pgshoal::admin
