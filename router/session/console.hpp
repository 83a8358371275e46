#pragma once
// The admin console as sessions see it: a text goes in, a table or an error comes out. The commands themselves belong
// to router/admin, which main puts into RouterOptions::console.

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pgshoal::session {

class Shared;

struct ConsoleReply {
  std::vector<std::string> columns;  // none: no rows are described
  std::vector<std::vector<std::string>> rows;
  std::string tag;  // command tag
};

// Runs on the control thread and may block.
using ConsoleHandler = std::function<absl::StatusOr<ConsoleReply>(Shared& shared, const std::string& command)>;

}  // namespace pgshoal::session
