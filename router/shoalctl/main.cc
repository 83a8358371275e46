// shoalctl: the admin command line.

#include <cstdlib>
#include <exception>
#include <string>

#include "CLI/CLI.hpp"
#include "base/status.hpp"
#include "fmt/format.h"
#include "router/shoalctl/command.hpp"

namespace pgshoal::shoalctl {
namespace {

constexpr char kDefaultUrl[] = "postgresql://127.0.0.1:6432/";

constexpr char kFooter[] =
    "\nWithout --map, commands act on a running router's map.\n"
    "Exit codes: 0 done, 1 refused or invalid, 2 wrong command line, 3 cannot connect, 4 cannot read or write a file.";

int Main(int argc, char** argv) {
  Context context;
  context.url = kDefaultUrl;
  CLI::App program("Looks at and changes the shard map of pgshoal: a map file, or the one of a running router. Tells what "
                   "becomes of statements.",
                   "shoalctl");
  program.footer(kFooter);
  program.require_subcommand(1);
  auto* map = program.add_option("--map", context.map_file, "Act on this map file")->type_name("FILE");
  program.add_option("--url", context.url, "Act on the router at this address (or set PGSHOAL_URL)")
      ->type_name("URL")
      ->envname("PGSHOAL_URL")
      ->capture_default_str();
  program.add_flag("--json", context.json, "Print JSON, for scripts");
  AddMapCommands(program, context);
  AddTableCommands(program, context);
  AddWhereCommand(program, context);
  AddReloadCommand(program, context);
  AddExplainCommand(program, context);
  AddParseCommand(program, context);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? kOk : kUsage;
  }
  if (map->count() > 0 && context.map_file.empty()) return FailUsage("--map needs a file name");
  return context.run ? context.run() : kUsage;
}

}  // namespace

int Fail(const absl::Status& status) {
  const SqlError error = ToSqlError(status);
  fmt::print(stderr, "shoalctl: {}\n", error.message);
  if (error.position > 0) fmt::print(stderr, "  position: {}\n", error.position);
  if (!error.detail.empty()) fmt::print(stderr, "  {}\n", error.detail);
  if (!error.hint.empty()) fmt::print(stderr, "  hint: {}\n", error.hint);
  if (error.sqlstate.starts_with("08")) return kCannotConnect;
  if (error.sqlstate.starts_with("58")) return kFileError;
  return kRefused;
}

int FailUsage(const std::string& message) {
  fmt::print(stderr, "shoalctl: {}\nRun with --help for more information.\n", message);
  return kUsage;
}

}  // namespace pgshoal::shoalctl

int main(int argc, char** argv) {
  try {
    return pgshoal::shoalctl::Main(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "shoalctl: {}\n", error.what());
    return pgshoal::shoalctl::kRefused;
  }
}
