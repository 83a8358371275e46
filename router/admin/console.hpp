#pragma once
// The commands of the admin console. They run on threads of their own and may block.

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "router/session/console.hpp"

namespace pgshoal::admin {

// What the console needs of the settings; main has them. Thread-safe.
class SettingsControl {
 public:
  struct Row {
    std::string name, value, initial;  // as SHOW CONFIG shows them: no secrets
    bool reloadable = false;
  };
  struct Reloaded {
    std::vector<std::string> changed;        // took effect
    std::vector<std::string> needs_restart;  // differ from what runs
  };
  virtual ~SettingsControl() = default;
  virtual std::vector<Row> Rows() const = 0;
  // Takes effect at once and lasts until the next reload.
  virtual absl::Status Set(session::Shared& shared, const std::string& name, const std::string& value) = 0;
  // Reads settings file, map and catalog again. A mistake changes nothing.
  virtual absl::StatusOr<Reloaded> Reload(session::Shared& shared) = 0;
};

// SHOW HELP lists the commands. Errors: 08P01, as PgBouncer, for what is no command, is not allowed to the caller or
// names what does not exist; otherwise whatever a command reports.
absl::StatusOr<session::ConsoleReply> RunConsoleCommand(session::Shared& shared, SettingsControl& settings,
                                                        const session::ConsoleCaller& caller,
                                                        const std::string& command);

}  // namespace pgshoal::admin
