#include "router/main/database_config.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/status.hpp"
#include "router/session/console.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::main {
namespace {

absl::Status Wrong(const std::string& database, std::string_view message) {
  return SqlStatus(sqlstate::kConfigFileError, fmt::format("[databases.{}]: {}", database, message));
}

constexpr const char* kAnyOther = "*";

bool NamesServer(const DatabaseConfig& config) {
  return config.host || config.port || config.dbname || config.user || config.password;
}

// One server that has everything.
absl::StatusOr<shardmap::MapPtr> UnshardedMap(const std::string& name, const DatabaseConfig& config) {
  shardmap::Shard server;
  server.name = "home";
  server.host = config.host.value_or("127.0.0.1");
  server.port = config.port.value_or(5432);
  server.dbname = config.dbname.value_or(name);
  server.user = config.user.value_or("");
  server.password = config.password;
  shardmap::MapSpec spec;
  spec.database = name;
  spec.slot_owner = shardmap::EvenSlotOwners(spec.slots, 1);
  spec.shards.push_back(std::move(server));
  return shardmap::ShardMap::Create(std::move(spec));
}

session::DatabaseOptions OptionsOf(const std::string& name, shardmap::MapPtr map, const DatabaseConfig* config) {
  session::DatabaseOptions options;
  options.name = name;
  options.map = std::move(map);
  if (config == nullptr) return options;
  options.map_file = config->map_file.value_or("");
  options.auth_user = config->auth_user;
  options.auth_query = config->auth_query;
  options.auth_dbname = config->auth_dbname.value_or("");
  return options;
}

}  // namespace

session::FallbackDatabase FallbackOf(const RouterConfig& config) {
  const auto any = config.databases.find(kAnyOther);
  if (any == config.databases.end() || !NamesServer(any->second)) return nullptr;
  return [own = any->second](const std::string& name) -> absl::StatusOr<session::DatabaseOptions> {
    absl::StatusOr<shardmap::MapPtr> map = UnshardedMap(name, own);
    if (!map.ok()) return map.status();
    session::DatabaseOptions options = OptionsOf(name, *std::move(map), &own);
    options.automatic = true;
    return options;
  };
}

absl::StatusOr<std::vector<session::DatabaseOptions>> DatabasesOf(const RouterConfig& config) {
  std::vector<session::DatabaseOptions> databases;
  std::string main;
  if (!config.map_file.empty()) {
    absl::StatusOr<shardmap::MapPtr> map = shardmap::LoadMap(config.map_file);
    if (!map.ok()) return map.status();
    main = (*map)->database();
    const auto own = config.databases.find(main);
    databases.push_back(OptionsOf(main, *std::move(map), own == config.databases.end() ? nullptr : &own->second));
    databases.back().map_file = config.map_file;
  }
  for (const auto& [name, own] : config.databases) {
    if (name == kAnyOther) {
      if (own.map_file) return Wrong(name, "other databases are on one server each: a map has rows of one database");
      continue;
    }
    const bool is_main = name == main && !config.map_file.empty();
    if (!own.map_file && !NamesServer(own)) continue;
    if (own.map_file && NamesServer(own)) return Wrong(name, "a map file and a server exclude each other");
    if (is_main) return Wrong(name, "map_file says already where it lies");
    if (session::IsConsoleDatabase(name)) return Wrong(name, "the name is the console's");
    absl::StatusOr<shardmap::MapPtr> map = own.map_file ? shardmap::LoadMap(*own.map_file) : UnshardedMap(name, own);
    if (!map.ok()) return own.map_file ? map.status() : Wrong(name, std::string(map.status().message()));
    databases.push_back(OptionsOf(name, *std::move(map), &own));
  }
  // Somebody's home shard must be asked by auth_query for clients of databases that are not known yet.
  if (const session::FallbackDatabase fallback = FallbackOf(config); fallback && databases.empty()) {
    absl::StatusOr<session::DatabaseOptions> first = fallback("postgres");
    if (!first.ok()) return first.status();
    databases.push_back(*std::move(first));
    databases.back().automatic = false;
  }
  if (databases.empty()) return SqlStatus(sqlstate::kConfigFileError, "there is no database");
  return databases;
}

}  // namespace pgshoal::main
