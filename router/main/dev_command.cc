#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "base/status.hpp"
#include "router/main/commands.hpp"
#include "router/main/config.hpp"
#include "router/main/dev_cluster.hpp"
#include "router/main/dev_map.hpp"
#include "router/main/serve.hpp"

namespace pgshoal::main {
namespace {

constexpr int kDefaultShards = 4;

void PrintProgress(const std::string& line) {
  fmt::print(stderr, "{}\n", line);
}

// A name as it may stand in a URI.
std::string PercentEncoded(const std::string& name) {
  std::string encoded;
  for (const unsigned char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '-' || c == '.' || c == '~';
    encoded += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return encoded;
}

absl::Status Differs(const std::string& dir, const std::string& what, const std::string& has,
                     const std::string& asked) {
  return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                   fmt::format("{} was made with {} {}, not {}", dir, what, has, asked), 0,
                   fmt::format("Leave out --{}, choose another --dir, or throw the data away with --fresh.", what));
}

// What the directory was made with, if that is what the options ask for; for a new directory, what they ask for.
absl::StatusOr<DevFacts> ResolveFacts(const DevOptions& options, const std::string& dir, const DevFacts& made,
                                      const ProcessOwner& owner) {
  if (made.shards == 0) {
    DevFacts facts;
    facts.shards = options.shards.value_or(kDefaultShards);
    facts.user = options.user.value_or(owner.uid == geteuid() ? owner.name : "postgres");
    facts.database = options.database.value_or(facts.user);
    return facts;
  }
  if (options.shards && *options.shards != made.shards) {
    return Differs(dir, "shards", std::to_string(made.shards), std::to_string(*options.shards));
  }
  if (options.user && *options.user != made.user) return Differs(dir, "user", made.user, *options.user);
  if (options.database && *options.database != made.database) {
    return Differs(dir, "database", made.database, *options.database);
  }
  return made;
}

absl::StatusOr<ServerSettings> ParseServerSettings(const std::vector<std::string>& texts) {
  ServerSettings settings;
  for (const std::string& text : texts) {
    auto setting = ParseServerSetting(text);
    if (!setting.ok()) return setting.status();
    settings.push_back(*std::move(setting));
  }
  return settings;
}

// Everything up to running servers and a map file that names them.
absl::StatusOr<DevFacts> StartServers(const DevOptions& options, const ProcessOwner& owner, DevDirectory& directory,
                                      DevCluster& cluster) {
  const absl::StatusOr<ServerSettings> settings = ParseServerSettings(options.postgres_settings);
  if (!settings.ok()) return settings.status();
  std::optional<DevTables> tables;
  if (!options.map_file.empty()) {
    absl::StatusOr<DevTables> read = ReadDevTables(options.map_file);
    if (!read.ok()) return read.status();
    tables = *std::move(read);
  }

  if (absl::Status status = cluster.CleanUp(); !status.ok()) return status;
  if (options.fresh) {
    if (absl::Status status = directory.Wipe(); !status.ok()) return status;
  }
  const absl::StatusOr<DevFacts> made = directory.ReadFacts();
  if (!made.ok()) return made.status();
  absl::StatusOr<DevFacts> facts = ResolveFacts(options, directory.path(), *made, owner);
  if (!facts.ok()) return facts;
  if (made->shards == 0) {
    if (absl::Status status = directory.WriteFacts(*facts); !status.ok()) return status;
  }
  if (absl::Status status = cluster.Start(*facts, *settings); !status.ok()) return status;
  if (absl::Status status = PrepareDevMap(directory.map_file(), *facts, cluster.servers(), tables); !status.ok()) {
    return status;
  }
  return facts;
}

absl::Status Dev(const DevOptions& options) {
  const absl::StatusOr<ProcessOwner> owner = UnprivilegedOwner();
  if (!owner.ok()) return owner.status();
  const absl::StatusOr<PostgresPrograms> programs = FindPostgresPrograms(options.postgres_bin);
  if (!programs.ok()) return programs.status();
  absl::StatusOr<DevDirectory> directory = DevDirectory::Open(options.dir, *owner);
  if (!directory.ok()) return directory.status();
  DevCluster cluster(*directory, *owner, *programs, PrintProgress);
  const absl::StatusOr<DevFacts> facts = StartServers(options, *owner, *directory, cluster);
  if (!facts.ok()) return facts.status();

  RouterConfig config;
  config.port = options.port;
  config.map_file = directory->map_file();
  config.control_user = facts->user;
  config.worker_threads = options.threads;
  config.io = options.io;
  const auto ready = [&facts](int port) {
    fmt::print("ready: postgresql://{}@127.0.0.1:{}/{}\n", PercentEncoded(facts->user), port,
               PercentEncoded(facts->database));
    std::fflush(stdout);
  };
  cluster.Watch();
  config.admin_users = {facts->user};
  // Who comes and goes is of little interest to somebody who tries things out.
  config.log_connections = config.log_disconnections = false;
  ServeOptions how;
  how.stop_at_once = true;
  return Serve(config, how, ready);
}

}  // namespace

int RunDevCommand(const DevOptions& options) {
  HoldStopSignals();
  const absl::Status status = Dev(options);
  // The first stop signal may come while servers are starting: that, too, is an orderly end.
  if (status.ok() || Interrupted()) return 0;
  PrintError(status);
  return 1;
}

}  // namespace pgshoal::main
