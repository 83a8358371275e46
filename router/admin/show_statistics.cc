// SHOW STATS and its relatives. What the figures mean: session/statistics.hpp.

#include "router/admin/commands.hpp"
#include "router/session/statistics.hpp"

namespace pgshoal::admin {
namespace {

using session::Statistics;
using session::Totals;

Reply OneKind(Call& call, Totals Statistics::Line::*kind) {
  // PgBouncer has three names of its own among the averages.
  const std::string prefix = kind == &Statistics::Line::average ? "avg_" : "";
  const std::string parses = prefix + "client_parse_count", server_parses = prefix + "server_parse_count",
                    binds = prefix + "bind_count";
  ConsoleReply reply =
      Table(Text{"database"}, Numeric{"server_assignment_count"}, Numeric{"xact_count"}, Numeric{"query_count"},
            Numeric{"bytes_received"}, Numeric{"bytes_sent"}, Numeric{"xact_time"}, Numeric{"query_time"},
            Numeric{"wait_time"}, Numeric{parses}, Numeric{server_parses}, Numeric{binds});
  call.shared.RefreshStatistics();
  for (const Statistics::Line& line : call.shared.statistics().Lines()) {
    const Totals& t = line.*kind;
    AddRow(&reply, line.database, t.server_assignments, t.xact_count, t.query_count, t.received, t.sent, t.xact_time,
           t.query_time, t.wait_time, t.client_parses, t.server_parses, t.binds);
  }
  return reply;
}

}  // namespace

Reply ShowStats(Call& call) {
  ConsoleReply reply =
      Table(Text{"database"}, Numeric{"total_server_assignment_count"}, Numeric{"total_xact_count"},
            Numeric{"total_query_count"}, Numeric{"total_received"}, Numeric{"total_sent"}, Numeric{"total_xact_time"},
            Numeric{"total_query_time"}, Numeric{"total_wait_time"}, Numeric{"total_client_parse_count"},
            Numeric{"total_server_parse_count"}, Numeric{"total_bind_count"}, Numeric{"avg_server_assignment_count"},
            Numeric{"avg_xact_count"}, Numeric{"avg_query_count"}, Numeric{"avg_recv"}, Numeric{"avg_sent"},
            Numeric{"avg_xact_time"}, Numeric{"avg_query_time"}, Numeric{"avg_wait_time"},
            Numeric{"avg_client_parse_count"}, Numeric{"avg_server_parse_count"}, Numeric{"avg_bind_count"});
  call.shared.RefreshStatistics();
  for (const Statistics::Line& line : call.shared.statistics().Lines()) {
    const Totals &t = line.total, &a = line.average;
    AddRow(&reply, line.database, t.server_assignments, t.xact_count, t.query_count, t.received, t.sent, t.xact_time,
           t.query_time, t.wait_time, t.client_parses, t.server_parses, t.binds, a.server_assignments, a.xact_count,
           a.query_count, a.received, a.sent, a.xact_time, a.query_time, a.wait_time, a.client_parses, a.server_parses,
           a.binds);
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
    AddRow(&reply, prefix + "server_assignment_count", t.server_assignments);
    AddRow(&reply, prefix + "xact_count", t.xact_count);
    AddRow(&reply, prefix + "query_count", t.query_count);
    AddRow(&reply, prefix + "client_bytes", t.received);
    AddRow(&reply, prefix + "server_bytes", t.sent);
    AddRow(&reply, prefix + "xact_time", t.xact_time);
    AddRow(&reply, prefix + "query_time", t.query_time);
    AddRow(&reply, prefix + "wait_time", t.wait_time);
    AddRow(&reply, prefix + "ps_client_parse_count", t.client_parses);
    AddRow(&reply, prefix + "ps_server_parse_count", t.server_parses);
    AddRow(&reply, prefix + "ps_bind_count", t.binds);
  };
  add("total_", sum.total);
  add("avg_", sum.average);
  return reply;
}

}  // namespace pgshoal::admin
