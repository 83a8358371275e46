#include "router/shoalctl/map_source.hpp"

#include <charconv>
#include <utility>

#include "base/status.hpp"
#include "fmt/format.h"
#include "router/shoalctl/console.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::shoalctl {
namespace {

template <class Number>
bool ReadNumber(const std::optional<std::string>& text, Number& out) {
  if (!text) return false;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, out);
  return error == std::errc() && stop == end;
}

absl::Status Unexpected() {
  return SqlStatus(sqlstate::kProtocolViolation, "the server's answer is not what a router answers", 0,
                   "Does --url name a pgshoal router?");
}

}  // namespace

absl::StatusOr<shardmap::MapPtr> FetchMap(const Context& context) {
  if (!FromRouter(context)) return shardmap::LoadMap(context.map_file);
  auto console = Console::Connect(context.url, kConsoleDatabase);
  if (!console.ok()) return console.status();
  auto rows = console->Query("SHOW MAP TOML");
  if (!rows.ok()) return rows.status();
  if (rows->size() != 1 || (*rows)[0].size() != 1 || !(*rows)[0][0]) return Unexpected();
  return shardmap::ParseMap(*(*rows)[0][0], "the router's map");
}

absl::Status InstallMap(const Context& context, const shardmap::ShardMap& map) {
  if (!FromRouter(context)) {
    auto current = shardmap::LoadMap(context.map_file);
    if (!current.ok()) return current.status();
    if ((*current)->epoch().value + 1 != map.epoch().value) {
      return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                       fmt::format("\"{}\" has changed meanwhile; nothing was written", context.map_file), 0,
                       "Run the command again.");
    }
    return shardmap::SaveMap(map, context.map_file);
  }
  auto console = Console::Connect(context.url, kConsoleDatabase);
  if (!console.ok()) return console.status();
  return console->Query("LOAD MAP " + QuoteLiteral(shardmap::PrintMap(map))).status();
}

absl::StatusOr<std::vector<Column>> FetchColumns(const Context& context, const shardmap::ShardMap& map,
                                                 const std::string& schema, const std::string& name) {
  auto console = Console::Connect(context.url, map.database());
  if (!console.ok()) return console.status();
  auto rows = console->Query(fmt::format(
      "SELECT a.attname, a.atttypid, a.atttypmod FROM pg_catalog.pg_attribute a"
      " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
      " WHERE n.nspname = {} AND c.relname = {} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0"
      " AND NOT a.attisdropped ORDER BY a.attnum",
      QuoteLiteral(schema), QuoteLiteral(name)));
  if (!rows.ok()) return rows.status();
  std::vector<Column> columns;
  for (auto& row : *rows) {
    Column column;
    if (row.size() != 3 || !row[0] || !ReadNumber(row[1], column.type) || !ReadNumber(row[2], column.typmod)) {
      return Unexpected();
    }
    column.name = *std::move(row[0]);
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace pgshoal::shoalctl
