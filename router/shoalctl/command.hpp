#pragma once
// What the families of commands share. Each family is one source file whose Add…Commands function registers its
// subcommands on the program; a subcommand's callback leaves its work in Context::run, which main calls after parsing.

#include <functional>
#include <string>

#include "absl/status/status.h"

namespace CLI {
class App;
}

namespace pgshoal::shoalctl {

// The program's exit codes, documented in docs/shard-map.md.
enum ExitCode : int {
  kOk = 0,
  kRefused = 1,        // invalid map, unknown table, refused change, an error that the router reports
  kUsage = 2,          // wrong command line
  kCannotConnect = 3,  // no router there, or the connection broke
  kFileError = 4,      // the map file cannot be read or written
};

// Global options and the chosen command.
struct Context {
  std::string map_file;  // --map; empty when the router is meant
  std::string url;       // --url
  bool json = false;     // --json
  std::function<int()> run;
};

// Prints the error on stderr with its detail and hint; the exit code that fits it. REQUIRES: !status.ok()
int Fail(const absl::Status& status);
// A wrong command line that the option parser cannot see.
int FailUsage(const std::string& message);

void AddMapCommands(CLI::App& program, Context& context);
void AddTableCommands(CLI::App& program, Context& context);
void AddWhereCommand(CLI::App& program, Context& context);
void AddReloadCommand(CLI::App& program, Context& context);
void AddExplainCommand(CLI::App& program, Context& context);
void AddParseCommand(CLI::App& program, Context& context);

}  // namespace pgshoal::shoalctl
