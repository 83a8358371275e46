// shoalctl reload: the router reads its configuration and map file again.

#include "CLI/CLI.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "router/shoalctl/command.hpp"
#include "router/shoalctl/console.hpp"
#include "router/shoalctl/map_source.hpp"
#include "router/shoalctl/output.hpp"

namespace pgshoal::shoalctl {
namespace {

absl::Status AskForReload(const Context& context) {
  auto console = Console::Connect(context.url, kConsoleDatabase);
  if (!console.ok()) return console.status();
  return console->Query("RELOAD").status();
}

int Reload(const Context& context) {
  if (!FromRouter(context)) return FailUsage("reload speaks to a router: use --url, not --map");
  if (absl::Status status = AskForReload(context); !status.ok()) return Fail(status);
  auto map = FetchMap(context);
  if (!map.ok()) return Fail(map.status());
  if (context.json) {
    PrintJson({{"epoch", (*map)->epoch().value}});
  } else {
    fmt::print("reloaded: the router's map has epoch {}\n", (*map)->epoch().value);
  }
  return kOk;
}

}  // namespace

void AddReloadCommand(CLI::App& program, Context& context) {
  CLI::App* reload = program.add_subcommand("reload", "Have a running router read its configuration and map again");
  reload->fallthrough();
  reload->callback([&context] { context.run = [&context] { return Reload(context); }; });
}

}  // namespace pgshoal::shoalctl
