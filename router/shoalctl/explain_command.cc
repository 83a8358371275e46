// shoalctl explain 'SQL': which way a statement takes, to which shards and why; nothing is run.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "router/api/engine.hpp"
#include "router/shoalctl/command.hpp"
#include "router/shoalctl/console.hpp"
#include "router/shoalctl/map_source.hpp"
#include "router/shoalctl/output.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::shoalctl {
namespace {

struct Arguments {
  std::string sql;
  std::string schema;
  std::vector<std::string> parameters;
};

// With a map file: that and the schema file. With a router: its map, and its home server's catalog or the schema file.
absl::StatusOr<api::Engine> MakeEngine(const Context& context, const Arguments& arguments) {
  auto map = FetchMap(context);
  if (!map.ok()) return map.status();
  const api::MapText text{shardmap::PrintMap(**map)};
  if (!arguments.schema.empty()) return api::Engine::Create(text, api::SchemaFile{arguments.schema});
  return api::Engine::Create(text, api::HomeServer{UserOf(context.url)});
}

nlohmann::json ToJson(const SqlError& error) {
  nlohmann::json json = {{"sqlstate", error.sqlstate}, {"message", error.message}, {"position", error.position}};
  if (!error.detail.empty()) json["detail"] = error.detail;
  if (!error.hint.empty()) json["hint"] = error.hint;
  return json;
}

// Without a routing the parameters are open: "way" is null unless there is but one.
int ReportJson(const api::Engine& engine, const api::StatementPlan& plan, const std::optional<api::Routing>& routing) {
  nlohmann::json json = {{"command", plan.command()},
                         {"why", plan.why()},
                         {"epoch", engine.epoch().value},
                         {"parameters", plan.parameter_count()},
                         {"routed_by_parameters", plan.routed_by_parameters()}};
  for (api::Way way : plan.possible_ways()) json["possible_ways"].push_back(NameOf(way));
  if (!plan.shard_sql().empty()) json["shard_sql"] = plan.shard_sql();
  if (!routing) {
    json["way"] = nullptr;
    json["shards"] = nullptr;
    if (plan.possible_ways().size() == 1) json["way"] = NameOf(plan.possible_ways()[0]);
  } else {
    json["way"] = NameOf(routing->way);
    json["shards"] = routing->shards;
    json["any_shard"] = routing->any_shard;
    if (routing->error) json["error"] = ToJson(*routing->error);
  }
  PrintJson(json);
  return routing && routing->error ? kRefused : kOk;
}

int Explain(const Context& context, const Arguments& arguments) {
  if (!FromRouter(context) && arguments.schema.empty()) return FailUsage("explain with --map needs --schema FILE");
  auto engine = MakeEngine(context, arguments);
  if (!engine.ok()) return Fail(engine.status());
  auto plan = engine->Plan(arguments.sql);
  if (!plan.ok()) return Fail(plan.status());
  std::vector<api::Parameter> parameters;
  for (const std::string& value : arguments.parameters) {
    auto& parameter = parameters.emplace_back();
    if (value != "\\N") parameter.value = value;
  }
  std::optional<api::Routing> routing;  // none: the parameters are left open
  if (!parameters.empty() || !plan->routed_by_parameters()) {
    auto routed = engine->Route(*plan, parameters);
    if (!routed.ok()) return Fail(routed.status());
    routing = *std::move(routed);
  }
  if (context.json) return ReportJson(*engine, *plan, routing);
  auto text = routing ? engine->Explain(*plan, parameters) : engine->Explain(*plan);
  if (!text.ok()) return Fail(text.status());
  fmt::print("{}", *text);
  return routing && routing->error ? kRefused : kOk;
}

}  // namespace

void AddExplainCommand(CLI::App& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* explain = program.add_subcommand("explain", "Tell which way a statement takes, to which shards, and why");
  explain->fallthrough();
  explain->add_option("SQL", arguments->sql, "One statement")->required();
  explain->add_option("--schema", arguments->schema, "The tables' definitions; else the home server is asked")
      ->type_name("FILE");
  explain
      ->add_option("--param", arguments->parameters,
                   "The value of $1, and so on, as text; \\N is NULL. Left out, the parameters are open")
      ->type_name("VALUE")
      ->allow_extra_args(false);
  explain->callback([=, &context] { context.run = [=, &context] { return Explain(context, *arguments); }; });
}

}  // namespace pgshoal::shoalctl
