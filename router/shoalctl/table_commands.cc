// shoalctl table …: declaring what a table is.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "router/shoalctl/command.hpp"
#include "router/shoalctl/map_source.hpp"
#include "router/shoalctl/output.hpp"
#include "shardmap/qualified_name.hpp"

namespace pgshoal::shoalctl {
namespace {

using shardmap::ShardMap;
using shardmap::TableKind;
using shardmap::TableRule;

struct Arguments {
  std::string name;
  std::vector<std::string> key;
  std::string colocate_with;
  std::string group;
  bool force = false;
};

std::string Described(const TableRule& rule) {
  const std::string name = shardmap::PrintQualifiedName(rule.schema, rule.name);
  if (rule.kind != TableKind::kSharded) return fmt::format("{} is a {} table", name, NameOf(rule.kind));
  return fmt::format("{} is sharded by {} in group {}", name, Joined(rule.key), rule.group);
}

int Report(const Context& context, const ShardMap& map, const TableRule& rule, bool changed) {
  if (context.json) {
    PrintJson({{"table", ToJson(rule)}, {"epoch", map.epoch().value}, {"changed", changed}});
  } else {
    fmt::print("{}{} (epoch {})\n", Described(rule), changed ? "" : " already", map.epoch().value);
    if (changed && !FromRouter(context)) {
      fmt::print(stderr, "A running router reads the file at \"shoalctl reload\" or SIGHUP.\n");
    }
  }
  return kOk;
}

// A declaration says where rows will lie; it moves none. So a table that exists must not change what it is.
absl::Status ExistingRowsStay(const Context& context, const ShardMap& before, const ShardMap& after,
                              const TableRule& rule) {
  if (!FromRouter(context)) {
    const TableRule* declared = before.FindTable(rule.schema, rule.name);
    if (declared == nullptr) return absl::OkStatus();
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     fmt::format("the map already says that {}", Described(*declared)), 0,
                     "If the table does not exist yet, or holds no rows, add --force.");
  }
  auto columns = FetchColumns(context, before, rule.schema, rule.name);
  if (!columns.ok()) return columns.status();
  if (columns->empty()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const Column& column : *columns) names.push_back(column.name);
  if (before.Resolve(rule.schema, rule.name, names) == after.Resolve(rule.schema, rule.name, names)) {
    return absl::OkStatus();
  }
  return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                   fmt::format("table \"{}\" exists, and declaring it would not move its rows",
                               shardmap::PrintQualifiedName(rule.schema, rule.name)),
                   0, "Declare a table before it is created: rename or drop this one, declare, create, copy the rows.");
}

int Change(const Context& context, const ShardMap& before, const absl::StatusOr<shardmap::MapPtr>& after,
           const TableRule& rule, bool force) {
  if (!after.ok()) return Fail(after.status());
  if (!force) {
    if (absl::Status status = ExistingRowsStay(context, before, **after, rule); !status.ok()) return Fail(status);
  }
  if (absl::Status status = InstallMap(context, **after); !status.ok()) return Fail(status);
  return Report(context, **after, rule, true);
}

absl::StatusOr<std::string> GroupOf(const ShardMap& map, const Arguments& arguments) {
  if (arguments.colocate_with.empty()) {
    return arguments.group.empty() ? std::string(shardmap::kDefaultGroup) : arguments.group;
  }
  auto name = shardmap::ParseQualifiedName(arguments.colocate_with);
  if (!name.ok()) return name.status();
  const TableRule* other = map.FindTable(name->schema, name->name);
  if (other == nullptr || other->kind != TableKind::kSharded) {
    return SqlStatus(sqlstate::kUndefinedTable,
                     fmt::format("the map has no sharded table \"{}\" to colocate with", arguments.colocate_with));
  }
  return other->group;
}

int Declare(const Context& context, const Arguments& arguments, TableKind kind) {
  auto name = shardmap::ParseQualifiedName(arguments.name);
  if (!name.ok()) return Fail(name.status());
  auto map = FetchMap(context);
  if (!map.ok()) return Fail(map.status());
  TableRule rule{std::move(name->schema), std::move(name->name), kind, {}, {}};
  if (kind == TableKind::kSharded) {
    for (const std::string& text : arguments.key) {
      auto column = shardmap::ParseIdentifier(text);
      if (!column.ok()) return Fail(column.status());
      rule.key.push_back(*std::move(column));
    }
    auto group = GroupOf(**map, arguments);
    if (!group.ok()) return Fail(group.status());
    rule.group = *std::move(group);
  }
  const TableRule* declared = (*map)->FindTable(rule.schema, rule.name);
  if (declared != nullptr && *declared == rule) return Report(context, **map, rule, false);
  return Change(context, **map, WithTable(**map, rule), rule, arguments.force);
}

int Forget(const Context& context, const Arguments& arguments) {
  auto name = shardmap::ParseQualifiedName(arguments.name);
  if (!name.ok()) return Fail(name.status());
  auto map = FetchMap(context);
  if (!map.ok()) return Fail(map.status());
  auto after = WithoutTable(**map, name->schema, name->name);
  if (!after.ok()) return Fail(after.status());
  TableRule rule{name->schema, name->name, TableKind::kHome, {}, {}};
  if (!arguments.force) {
    if (absl::Status status = ExistingRowsStay(context, **map, **after, rule); !status.ok()) return Fail(status);
  }
  if (absl::Status status = InstallMap(context, **after); !status.ok()) return Fail(status);
  if (context.json) {
    PrintJson({{"forgotten", ToJson(*(*map)->FindTable(rule.schema, rule.name))},
               {"epoch", (*after)->epoch().value},
               {"changed", true}});
  } else {
    fmt::print("the map does not name {} any more (epoch {})\n", shardmap::PrintQualifiedName(rule.schema, rule.name),
               (*after)->epoch().value);
  }
  return kOk;
}

}  // namespace

void AddTableCommands(CLI::App& program, Context& context) {
  CLI::App* table = program.add_subcommand("table", "Declare a table, which need not exist yet");
  table->fallthrough()->require_subcommand(1);
  auto arguments = std::make_shared<Arguments>();
  const auto add = [&](const std::string& name, const std::string& description, auto run) {
    CLI::App* command = table->add_subcommand(name, description);
    command->fallthrough();
    command->add_option("NAME", arguments->name, "The table, as SQL writes it: orders, sales.orders, '\"Orders\"'")
        ->required();
    command->add_flag("--force", arguments->force, "Even if the table exists already; its rows are not moved");
    command->callback([=, &context] { context.run = [=, &context] { return run(context, *arguments); }; });
    return command;
  };

  CLI::App* shard = add("shard", "Split the table's rows over the shards by a key",
                        [](const Context& c, const Arguments& a) { return Declare(c, a, TableKind::kSharded); });
  shard->add_option("--key", arguments->key, "The key column, or several with commas between")
      ->required()
      ->delimiter(',')
      ->type_name("COL[,COL]");
  auto* with = shard
                   ->add_option("--colocate-with", arguments->colocate_with,
                                "A sharded table whose rows with equal keys lie on the same shard")
                   ->type_name("TABLE");
  shard->add_option("--group", arguments->group, "The colocation group (default: \"default\")")->excludes(with);

  add("reference", "Keep the whole table on every shard",
      [](const Context& c, const Arguments& a) { return Declare(c, a, TableKind::kReference); });
  add("home", "Keep the whole table on the home shard, whatever the column rules say",
      [](const Context& c, const Arguments& a) { return Declare(c, a, TableKind::kHome); });
  add("forget", "Take the table's declaration out of the map", &Forget);
}

}  // namespace pgshoal::shoalctl
