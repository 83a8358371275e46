#include "router/admin/console.hpp"

#include <fmt/format.h>

#include "router/admin/commands.hpp"

namespace pgshoal::admin {
namespace {

Reply ShowHelp(Call& call);

struct Command {
  std::vector<std::string_view> words;  // what it begins with
  std::size_t arguments;                // how many words may follow
  Reply (*run)(Call&);
  bool needs_admin;
  std::string_view help;  // empty: of no interest
};

constexpr std::size_t kAny = 1'000;

const Command kCommands[] = {
    {{"show", "help"}, 0, ShowHelp, false, "SHOW HELP"},
    {{"show", "config"}, 0, ShowConfig, false, "SHOW CONFIG: the settings"},
    {{"show", "databases"}, 0, ShowDatabases, false, "SHOW DATABASES"},
    {{"show", "pools"}, 0, ShowPools, false, "SHOW POOLS: server connections by shard, database and user"},
    {{"show", "clients"}, 0, ShowClients, false, "SHOW CLIENTS"},
    {{"show", "servers"}, 0, ShowServers, false, "SHOW SERVERS: connections to the shards"},
    {{"show", "users"}, 0, ShowUsers, false, "SHOW USERS"},
    {{"show", "peers"}, 0, ShowPeers, false, "SHOW PEERS: there are none"},
    {{"show", "peer_pools"}, 0, ShowPeerPools, false, "SHOW PEER_POOLS: there are none"},
    {{"show", "version"}, 0, ShowVersion, false, "SHOW VERSION"},
    {{"show", "fds"}, 0, ShowFds, true, "SHOW FDS"},
    {{"show", "sockets"}, 0, ShowSockets, false, "SHOW SOCKETS"},
    {{"show", "active_sockets"}, 0, ShowSockets, false, "SHOW ACTIVE_SOCKETS"},
    {{"show", "lists"}, 0, ShowLists, false, "SHOW LISTS: how many there are of what"},
    {{"show", "mem"}, 0, ShowMem, false, "SHOW MEM"},
    {{"show", "state"}, 0, ShowState, false, "SHOW STATE"},
    {{"show", "dns_hosts"}, 0, ShowDnsHosts, false, "SHOW DNS_HOSTS"},
    {{"show", "dns_zones"}, 0, ShowDnsZones, false, "SHOW DNS_ZONES"},
    {{"show", "stats"}, 0, ShowStats, false, "SHOW STATS: totals and averages by database"},
    {{"show", "stats_totals"}, 0, ShowStatsTotals, false, "SHOW STATS_TOTALS"},
    {{"show", "stats_averages"}, 0, ShowStatsAverages, false, "SHOW STATS_AVERAGES"},
    {{"show", "totals"}, 0, ShowTotals, false, "SHOW TOTALS: of all databases together"},
    {{"show", "shards"}, 0, ShowShards, false, "SHOW SHARDS: the shards and how many slots they own"},
    {{"show", "map"}, 2, ShowMap, false, "SHOW MAP [db] [TOML]: the tables of a shard map, or all of it as TOML"},
    {{"show", "prepared"}, 0, ShowPrepared, false, "SHOW PREPARED: clients' prepared statements, without constants"},
    {{"show", "plans"}, 0, ShowPlans, false, "SHOW PLANS: the plan cache of each worker"},
    {{"show", "queries"}, 0, ShowQueries, false, "SHOW QUERIES: statements without constants, calls and times"},
    {{"show", "client_encoding"}, 0, ShowParameter, false, ""},
    {{"show", "datestyle"}, 0, ShowParameter, false, ""},
    {{"show", "timezone"}, 0, ShowParameter, false, ""},
    {{"show", "standard_conforming_strings"}, 0, ShowParameter, false, ""},
    {{"set"}, kAny, Set, true, "SET name = value: until the next reload"},
    {{"reload"}, 0, Reload, true, "RELOAD: read settings, map and catalog again"},
    {{"load", "map"}, 1, LoadMap, true, "LOAD MAP 'toml': install the next epoch of the shard map"},
    {{"pause"}, 1, Pause, true, "PAUSE [db]: let transactions end, close server connections, hold up new ones"},
    {{"resume"}, 1, Resume, true, "RESUME [db]: after PAUSE or KILL"},
    {{"disable"}, 1, Disable, true, "DISABLE db: no new clients"},
    {{"enable"}, 1, Enable, true, "ENABLE db"},
    {{"reconnect"}, 1, Reconnect, true, "RECONNECT [db]: replace server connections as they become free"},
    {{"wait_close"}, 1, WaitClose, true, "WAIT_CLOSE [db]: wait until they are replaced"},
    {{"kill"}, 1, Kill, true, "KILL [db]: end clients and server connections at once; then as PAUSE"},
    {{"suspend"}, 0, Suspend, true, "SUSPEND: stop clients between queries, inside transactions, too, until RESUME"},
    {{"kill_client"}, 1, KillClient, true, "KILL_CLIENT id: end one client; id (or ptr) as in SHOW CLIENTS"},
    {{"shutdown"}, 1, Shutdown, true, "SHUTDOWN [WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS]"},
};

Reply ShowHelp(Call&) {
  ConsoleReply reply = Done("SHOW");
  SqlError notice{std::string(sqlstate::kSuccessfulCompletion), "Console usage"};
  for (const Command& command : kCommands) {
    if (!command.help.empty()) notice.detail += fmt::format("\n\t{}", command.help);
  }
  reply.notice = std::move(notice);
  return reply;
}

bool Fits(const Command& command, const std::vector<Word>& words) {
  if (words.size() < command.words.size() || words.size() > command.words.size() + command.arguments) return false;
  for (std::size_t i = 0; i < command.words.size(); ++i) {
    if (words[i].literal || words[i].text != command.words[i]) return false;
  }
  return true;
}

}  // namespace

Reply RunConsoleCommand(Shared& shared, SettingsControl& settings, const session::ConsoleCaller& caller,
                        const std::string& text) {
  absl::StatusOr<std::vector<Word>> words = SplitCommand(text);
  if (!words.ok()) return words.status();
  for (const Command& command : kCommands) {
    if (!Fits(command, *words)) continue;
    if (command.needs_admin && !caller.admin) return Refused("admin access needed");
    Call call{shared, settings, caller, *words};
    return command.run(call);
  }
  return Refused(fmt::format("invalid command '{}', use SHOW HELP;", text), "SHOW HELP lists the commands.");
}

}  // namespace pgshoal::admin
