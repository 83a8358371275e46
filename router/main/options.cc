#include "router/main/options.hpp"

#include <CLI/CLI.hpp>

#include "base/limits.hpp"

namespace pgshoal::main {
namespace {

constexpr int kUsageError = 2;

CLI::App* AddDev(CLI::App& app, DevOptions& dev) {
  CLI::App* command = app.add_subcommand("dev", "Make and start PostgreSQL servers in a directory, and route to them");
  command->add_option("--shards", dev.shards, "How many servers (4; later starts keep the number)")
      ->check(CLI::Range(1, limits::kMaxShards));
  command->add_option("--dir", dev.dir, "Directory for the servers' data; made if need be")->required();
  command->add_option("--port", dev.port, "Port for clients on 127.0.0.1")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command->add_option("--database", dev.database, "Name of the database (the user's name)");
  command->add_option("--user", dev.user, "Superuser of the servers (your user name; postgres when you are root)");
  command->add_option("--map", dev.map_file, "Map file whose tables and column rules are taken on the first start");
  command->add_option("--postgres-set", dev.postgres_settings, "name=value: a setting for every server; repeatable")
      ->allow_extra_args(false);
  command->add_option("--postgres-bin", dev.postgres_bin, "Directory of initdb and postgres (searched for)");
  command->add_flag("--fresh", dev.fresh, "Throw away the servers' data and the map first");
  command->add_option("--threads", dev.threads, "Threads that serve clients; 0: one for each processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_option("--io", dev.io, "How bytes move")
      ->check(CLI::IsMember({"auto", "io_uring", "epoll"}))
      ->capture_default_str();
  return command;
}

CLI::App* AddRun(CLI::App& app, RunOptions& run) {
  CLI::App* command = app.add_subcommand("run", "Route to servers that exist already");
  CLI::Option* config = command->add_option("--config", run.config_file, "The settings file (TOML)");
  command->add_flag("--print-settings", run.print_settings, "Print what the settings file may hold, and leave")
      ->excludes(config);
  command->add_flag("--check", run.check,
                    "Read settings, map and all files they name, say what is wrong with them, and leave");
  command->callback([&run] {
    if (!run.print_settings && run.config_file.empty()) throw CLI::RequiredError("--config");
  });
  return command;
}

}  // namespace

Command ParseCommandLine(int argc, const char* const* argv) {
  DevOptions dev;
  RunOptions run;
  CLI::App app("pgshoal: many PostgreSQL servers behind one connection string", "pgshoal");
  app.set_version_flag("--version", "pgshoal " PGSHOAL_VERSION);
  app.require_subcommand(1);
  const CLI::App* dev_command = AddDev(app, dev);
  AddRun(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  if (dev_command->parsed()) return dev;
  return run;
}

}  // namespace pgshoal::main
