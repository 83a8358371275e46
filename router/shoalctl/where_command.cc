// shoalctl where TABLE KEY…: the slot and the shard of a key. The key's type comes from --type, from the router's
// catalog, or from the look of the value; in the last case the answer says that it is a guess.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/oids.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "router/shoalctl/command.hpp"
#include "router/shoalctl/map_source.hpp"
#include "router/shoalctl/output.hpp"
#include "shardmap/key_hash.hpp"
#include "shardmap/qualified_name.hpp"

namespace pgshoal::shoalctl {
namespace {

using shardmap::Format;
using shardmap::KeyType;
using shardmap::ShardMap;
using shardmap::TableKind;
using shardmap::TableRule;

struct Arguments {
  std::string name;
  std::vector<std::string> values;
  std::vector<std::string> types;
  std::vector<std::string> columns;
};

struct KeyColumn {
  KeyType type = KeyType::kText;
  std::int32_t typmod = -1;
};

// What a bare value looks like; text when like nothing else.
KeyType Guess(const std::string& value) {
  for (KeyType type : {KeyType::kInt8, KeyType::kUuid, KeyType::kDate, KeyType::kTimestamptz, KeyType::kTimestamp}) {
    if (shardmap::CoerceForAssignment(type, -1, oid::kUnknown, Format::kText, value).ok()) return type;
  }
  return KeyType::kText;
}

absl::StatusOr<std::vector<KeyColumn>> TypesFromOption(const Arguments& arguments) {
  std::vector<KeyColumn> result;
  for (const std::string& name : arguments.types) {
    const auto type = shardmap::KeyTypeFromName(name);
    if (!type) {
      return SqlStatus(sqlstate::kUndefinedObject, fmt::format("\"{}\" is no type of a shard key", name), 0,
                       "Types: bool, int2, int4, int8, numeric, text, varchar, bpchar, bytea, uuid, date, timestamp, "
                       "timestamptz.");
    }
    result.push_back({*type, -1});
  }
  return result;
}

absl::StatusOr<std::vector<KeyColumn>> TypesFromCatalog(const TableRule& rule, const std::vector<Column>& columns) {
  std::vector<KeyColumn> result;
  for (const std::string& name : rule.key) {
    const Column* found = nullptr;
    for (const Column& column : columns) {
      if (column.name == name) found = &column;
    }
    if (found == nullptr) {
      return SqlStatus(sqlstate::kUndefinedColumn, fmt::format("the table has no key column \"{}\"", name));
    }
    const auto type = shardmap::KeyTypeOf(found->type);
    if (!type) {
      return SqlStatus(sqlstate::kFeatureNotSupported,
                       fmt::format("key column \"{}\" has a type that cannot be hashed", name));
    }
    result.push_back({*type, found->typmod});
  }
  return result;
}

int ReportUnsplit(const Context& context, const ShardMap& map, const TableRule& rule) {
  const bool reference = rule.kind == TableKind::kReference;
  const std::string name = shardmap::PrintQualifiedName(rule.schema, rule.name);
  if (context.json) {
    nlohmann::json json = {{"table", ToJson(rule)}, {"shards", nlohmann::json::array()}};
    for (const shardmap::Shard& shard : map.shards()) {
      if (reference || shard.id == map.home()) json["shards"].push_back(shard.name);
    }
    PrintJson(json);
  } else if (reference) {
    fmt::print("{} is a reference table: all its rows are on every shard\n", name);
  } else {
    fmt::print("{} is a home table: all its rows are on {}\n", name, map.shard(map.home()).name);
    if (rule.kind == TableKind::kHome && map.FindTable(rule.schema, rule.name) == nullptr && !FromRouter(context) &&
        !map.column_rules().empty()) {
      fmt::print(stderr, "The map has column rules: name the table's columns with --columns.\n");
    }
  }
  return kOk;
}

int ReportPlace(const Context& context, const ShardMap& map, const TableRule& rule, std::uint64_t hash,
                const std::vector<KeyColumn>& types, bool guessed) {
  const SlotId slot = map.SlotOf(hash);
  const shardmap::Shard& shard = map.shard(map.OwnerOf(slot));
  std::vector<std::string> type_names;
  for (const KeyColumn& column : types) type_names.emplace_back(NameOf(column.type));
  if (context.json) {
    // The hash as PostgreSQL shows it: a signed integer.
    PrintJson({{"table", ToJson(rule)},
               {"types", type_names},
               {"guessed", guessed},
               {"hash", static_cast<std::int64_t>(hash)},
               {"slot", slot.value},
               {"shard", shard.name},
               {"host", shard.host},
               {"port", shard.port}});
    return kOk;
  }
  PrintTable({"table", "key", "type", "hash", "slot", "shard", "host", "port"},
             {{shardmap::PrintQualifiedName(rule.schema, rule.name), Joined(rule.key), Joined(type_names),
               std::to_string(static_cast<std::int64_t>(hash)), std::to_string(slot.value), shard.name, shard.host,
               std::to_string(shard.port)}});
  if (guessed) {
    fmt::print(stderr, "The type is a guess from the value; another type may hash elsewhere. Say which with --type.\n");
  }
  return kOk;
}

int Where(const Context& context, const Arguments& arguments) {
  auto name = shardmap::ParseQualifiedName(arguments.name);
  if (!name.ok()) return Fail(name.status());
  auto map = FetchMap(context);
  if (!map.ok()) return Fail(map.status());
  std::vector<Column> catalog;
  std::vector<std::string> columns;
  for (const std::string& text : arguments.columns) {
    auto column = shardmap::ParseIdentifier(text);
    if (!column.ok()) return Fail(column.status());
    columns.push_back(*std::move(column));
  }
  if (FromRouter(context) && columns.empty()) {
    auto fetched = FetchColumns(context, **map, name->schema, name->name);
    if (!fetched.ok()) return Fail(fetched.status());
    catalog = *std::move(fetched);
    for (const Column& column : catalog) columns.push_back(column.name);
  }
  const TableRule rule = (*map)->Resolve(name->schema, name->name, columns);
  if (rule.kind != TableKind::kSharded) return ReportUnsplit(context, **map, rule);
  if (arguments.values.size() != rule.key.size()) {
    return FailUsage(fmt::format("the key of {} is ({}): give {} value{}, not {}", arguments.name, Joined(rule.key),
                                 rule.key.size(), rule.key.size() == 1 ? "" : "s", arguments.values.size()));
  }
  std::vector<KeyColumn> types;
  const bool guessed = arguments.types.empty() && catalog.empty();
  if (guessed) {
    for (const std::string& value : arguments.values) types.push_back({Guess(value), -1});
  } else {
    auto found = arguments.types.empty() ? TypesFromCatalog(rule, catalog) : TypesFromOption(arguments);
    if (!found.ok()) return Fail(found.status());
    types = *std::move(found);
    if (types.size() != rule.key.size()) return FailUsage("--type needs as many types as the key has columns");
  }
  std::vector<std::uint64_t> hashes;
  for (std::size_t i = 0; i < types.size(); ++i) {
    auto key = shardmap::CoerceForAssignment(types[i].type, types[i].typmod, oid::kUnknown, Format::kText,
                                             arguments.values[i]);
    if (!key.ok()) return Fail(key.status());
    hashes.push_back(key->hash);
  }
  return ReportPlace(context, **map, rule, shardmap::CombineHashes(hashes), types, guessed);
}

}  // namespace

void AddWhereCommand(CLI::App& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* where = program.add_subcommand("where", "Tell the slot and the shard of a key");
  where->fallthrough();
  where->add_option("TABLE", arguments->name, "The table, as SQL writes it")->required();
  where->add_option("KEY", arguments->values, "The key's value; several for a key of several columns");
  where->add_option("--type", arguments->types, "The key columns' types: int4, text, uuid, …")
      ->delimiter(',')
      ->type_name("TYPE[,TYPE]");
  where->add_option("--columns", arguments->columns, "Columns that the table has, for the map's column rules")
      ->delimiter(',')
      ->type_name("COL[,COL]");
  where->callback([=, &context] { context.run = [=, &context] { return Where(context, *arguments); }; });
}

}  // namespace pgshoal::shoalctl
