#include "router/api/sources.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "fmt/format.h"
#include "router/catalog/catalog_loader.hpp"
#include "router/plan/schema_file.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::api {
namespace {

using CatalogPtr = std::shared_ptr<const catalog::Catalog>;

// A libpq connection string, values quoted.
std::string HomeConnInfo(const shardmap::ShardMap& map, const std::string& default_user) {
  const shardmap::Shard& home = map.shard(map.home());
  std::string conninfo;
  const auto add = [&conninfo](std::string_view name, std::string_view value) {
    conninfo += fmt::format("{}{}='", conninfo.empty() ? "" : " ", name);
    for (char c : value) {
      if (c == '\'' || c == '\\') conninfo.push_back('\\');
      conninfo.push_back(c);
    }
    conninfo.push_back('\'');
  };
  add("host", home.host);
  add("port", std::to_string(home.port));
  add("dbname", home.dbname.empty() ? map.database() : home.dbname);
  if (const std::string& user = home.user.empty() ? default_user : home.user; !user.empty()) add("user", user);
  if (home.password) add("password", *home.password);
  add("connect_timeout", "10");
  add("application_name", "pgshoal");
  return conninfo;
}

// Names the file in front of the message; what the message is about stays.
absl::Status InFile(const std::string& path, const absl::Status& status) {
  SqlError error = ToSqlError(status);
  error.message = fmt::format("{}: {}", path, error.message);
  return ToStatus(error);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path, ignored)) {
    return SqlStatus(sqlstate::kUndefinedFile, fmt::format("\"{}\" cannot be read", path));
  }
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

struct CatalogReader {
  const shardmap::ShardMap& map;

  absl::StatusOr<CatalogPtr> operator()(const SchemaText& schema) const { return plan::CatalogFromSchema(schema.sql); }
  absl::StatusOr<CatalogPtr> operator()(const SchemaFile& schema) const {
    auto sql = ReadFile(schema.path);
    if (!sql.ok()) return sql.status();
    auto catalog = plan::CatalogFromSchema(*sql);
    if (!catalog.ok()) return InFile(schema.path, catalog.status());
    return catalog;
  }
  absl::StatusOr<CatalogPtr> operator()(const Server& server) const { return catalog::LoadCatalog(server.conninfo, 1); }
  absl::StatusOr<CatalogPtr> operator()(const HomeServer& server) const {
    return catalog::LoadCatalog(HomeConnInfo(map, server.user), 1);
  }
};

}  // namespace

absl::StatusOr<shardmap::MapPtr> ReadMap(const MapSource& source) {
  if (const auto* file = std::get_if<MapFile>(&source)) return shardmap::LoadMap(file->path);
  return shardmap::ParseMap(std::get<MapText>(source).toml, "map");
}

absl::StatusOr<CatalogPtr> ReadCatalog(const CatalogSource& source, const shardmap::ShardMap& map) {
  return std::visit(CatalogReader{map}, source);
}

}  // namespace pgshoal::api
