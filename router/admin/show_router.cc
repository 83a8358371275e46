// SHOW VERSION, CONFIG, MEM, DNS_*, SHARDS, MAP: the router itself.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>

#include "router/admin/commands.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::admin {

int ListenPort(Shared& shared) {
  for (const auto& endpoint : shared.options().listen) {
    if (!endpoint.IsUnix()) return endpoint.port;
  }
  for (const auto& endpoint : shared.options().listen) {
    const std::string& path = endpoint.unix_path;
    return SplitAddress("unix:" + path.substr(path.rfind('.') + 1), 0).second;
  }
  return 0;
}

Reply ShowVersion(Call&) {
  ConsoleReply reply = Table(Text{"version"});
  AddRow(&reply, "pgshoal " PGSHOAL_VERSION);
  return reply;
}

Reply ShowConfig(Call& call) {
  ConsoleReply reply = Table(Text{"key"}, Text{"value"}, Text{"default"}, Text{"changeable"});
  std::vector<SettingsControl::Row> rows = call.settings.Rows();
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const SettingsControl::Row& row : rows) {
    AddRow(&reply, row.name, row.value, row.initial, row.reloadable ? "yes" : "no");
  }
  return reply;
}

Reply ShowMem(Call& call) {
  ConsoleReply reply = Table(Text{"name"}, Int4{"size"}, Int4{"used"}, Int4{"free"}, Int4{"memtotal"});
  struct Sums {
    absl::Mutex mutex;
    std::size_t streams = 0, tasks = 0, buffer_bytes = 0;
  };
  auto sums = std::make_shared<Sums>();
  call.shared.OnEachWorker([sums](session::Worker& worker) {
    const auto stats = worker.reactor->Stats();
    absl::MutexLock lock(&sums->mutex);
    sums->streams += stats.streams;
    sums->tasks += stats.tasks;
    sums->buffer_bytes += stats.buffer_bytes;
  });
  absl::MutexLock lock(&sums->mutex);
  const std::size_t session_size = Shared::SessionSize();
  const auto clients = static_cast<std::size_t>(call.shared.clients.load());
  AddRow(&reply, "client_cache", Capped(session_size), Capped(clients), 0, Capped(session_size * clients));
  constexpr std::size_t kBlock = limits::kReceiveBuffer;
  AddRow(&reply, "iobuf_cache", Capped(kBlock), Capped(sums->buffer_bytes / kBlock), 0, Capped(sums->buffer_bytes));
  AddRow(&reply, "stream_cache", 0, Capped(sums->streams), 0, 0);
  AddRow(&reply, "task_cache", 0, Capped(sums->tasks), 0, 0);
  return reply;
}

Reply ShowDnsHosts(Call&) {
  // Names are looked up by the system's resolver at each connect, which keeps what it likes.
  return Table(Text{"hostname"}, Int8{"ttl"}, Text{"addrs"});
}

Reply ShowDnsZones(Call&) {
  return Table(Text{"zonename"}, Int8{"serial"}, Int4{"count"});
}

// Peers pass cancel requests of one port to each other: here every thread of a router knows all of its clients.
Reply ShowPeers(Call&) {
  return Table(Int4{"peer_id"}, Text{"host"}, Int4{"port"}, Int4{"pool_size"});
}

Reply ShowPeerPools(Call&) {
  return Table(Int4{"peer_id"}, Int4{"cl_active_cancel_req"}, Int4{"cl_waiting_cancel_req"}, Int4{"sv_active_cancel"},
               Int4{"sv_login"});
}

Reply ShowMap(Call& call) {
  std::size_t at = 2;
  const auto is_toml = [&call](std::size_t i) { return i < call.words.size() && call.words[i].text == "toml"; };
  session::DatabasePtr database = call.shared.MainDatabase();
  if (call.words.size() == 4 || (call.words.size() == 3 && !is_toml(2))) {
    database = call.shared.FindDatabase(call.words[at++].text);
    if (database == nullptr) return Refused(fmt::format("no such database: {}", call.words[2].text));
  }
  const shardmap::MapPtr map = database->map();
  if (call.words.size() > at) {
    if (!is_toml(at)) return Refused("SHOW MAP may be followed by a database and TOML only");
    ConsoleReply reply = Table(Text{"toml"});
    AddRow(&reply, shardmap::PrintMap(*map));
    return reply;
  }
  ConsoleReply reply = Table(Text{"schema"}, Text{"table"}, Text{"kind"}, Text{"key"}, Text{"group"});
  for (const shardmap::TableRule& rule : map->tables()) {
    AddRow(&reply, rule.schema, rule.name, shardmap::NameOf(rule.kind), fmt::format("{}", fmt::join(rule.key, ",")),
           rule.group);
  }
  for (const shardmap::ColumnRule& rule : map->column_rules()) {
    AddRow(&reply, "*", "*", "sharded", fmt::format("{}", fmt::join(rule.key, ",")), rule.group);
  }
  return reply;
}

Reply ShowShards(Call& call) {
  ConsoleReply reply = Table(Text{"name"}, Text{"host"}, Int4{"port"}, Text{"database"}, Int4{"slots"}, Text{"home"},
                             Text{"logical_database"});
  for (const session::DatabasePtr& database : call.shared.Databases()) {
    const shardmap::MapPtr map = database->map();
    std::vector<int> slots(static_cast<std::size_t>(map->shard_count()), 0);
    for (ShardId owner : map->spec().slot_owner) ++slots[owner.value];
    for (const shardmap::Shard& shard : map->shards()) {
      AddRow(&reply, shard.name, shard.host, shard.port, shard.dbname.empty() ? map->database() : shard.dbname,
             slots[shard.id.value], shard.id == map->home() ? "yes" : "no", database->name());
    }
  }
  return reply;
}

Reply ShowPlans(Call& call) {
  ConsoleReply reply = Table(Int4{"worker"}, Numeric{"hits"}, Numeric{"misses"}, Numeric{"evictions"},
                             Int4{"entries"}, Numeric{"bytes"});
  struct Found {
    absl::Mutex mutex;
    std::map<int, session::PlanCacheFigures> of_worker;
  };
  auto found = std::make_shared<Found>();
  call.shared.OnEachWorker([found](session::Worker& worker) {
    session::PlanCacheFigures sum;
    for (const auto& [name, database] : worker.databases) {
      const session::PlanCacheFigures figures = database->plans.figures();
      sum.hits += figures.hits;
      sum.misses += figures.misses;
      sum.evictions += figures.evictions;
      sum.entries += figures.entries;
      sum.bytes += figures.bytes;
    }
    absl::MutexLock lock(&found->mutex);
    found->of_worker[worker.index] = sum;
  });
  absl::MutexLock lock(&found->mutex);
  for (const auto& [worker, f] : found->of_worker) {
    AddRow(&reply, worker, f.hits, f.misses, f.evictions, f.entries, f.bytes);
  }
  return reply;
}

// Over all workers, those that took the most time first.
Reply ShowQueries(Call& call) {
  ConsoleReply reply = Table(Text{"query"}, Numeric{"calls"}, Numeric{"total_time"}, Numeric{"avg_time"},
                             Numeric{"max_time"});
  struct Found {
    absl::Mutex mutex;
    std::map<std::string, session::QueryFigures> of_text;
  };
  auto found = std::make_shared<Found>();
  call.shared.OnEachWorker([found](session::Worker& worker) {
    const std::vector<session::QueryFigures> all = worker.queries.All();
    absl::MutexLock lock(&found->mutex);
    for (const session::QueryFigures& figures : all) {
      session::QueryFigures& sum = found->of_text[figures.text];
      sum.calls += figures.calls;
      sum.total_time += figures.total_time;
      sum.max_time = std::max(sum.max_time, figures.max_time);
    }
  });
  absl::MutexLock lock(&found->mutex);
  std::vector<std::pair<std::string, session::QueryFigures>> sorted(found->of_text.begin(), found->of_text.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.total_time > b.second.total_time; });
  for (const auto& [text, f] : sorted) AddRow(&reply, text, f.calls, f.total_time, f.total_time / f.calls, f.max_time);
  return reply;
}

// What drivers ask at login.
Reply ShowParameter(Call& call) {
  const std::string& name = call.words[1].text;
  ConsoleReply reply = Table(Text{name});
  AddRow(&reply, name == "client_encoding" ? "UTF8"
                 : name == "datestyle"     ? "ISO, MDY"
                 : name == "timezone"      ? "GMT"
                                           : "on");
  return reply;
}

}  // namespace pgshoal::admin
