#pragma once
// The admin console as sessions see it: a text goes in, a table or an error comes out. The commands themselves belong
// to router/admin, which main puts into RouterOptions::console.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.hpp"
#include "base/oids.hpp"
#include "base/status.hpp"

namespace pgshoal::session {

class Shared;

struct ConsoleColumn {
  std::string name;
  Oid type = oid::kText;  // text, int4, int8 or numeric (whole numbers)
};

struct ConsoleReply {
  std::vector<ConsoleColumn> columns;                         // none: no rows are described
  std::vector<std::vector<std::optional<std::string>>> rows;  // each as wide as `columns`; none: NULL
  std::string tag;                                            // command tag
  std::optional<SqlError> notice;
};

// Who gives a command.
struct ConsoleCaller {
  std::string user;
  std::int32_t pid = 0;
  bool admin = false;                             // otherwise: may only look
  std::shared_ptr<const std::atomic<bool>> gone;  // the client does not wait for the answer any longer
};

// Runs on a thread of its own and may block; one that waits for long looks at caller.gone and Shared::stopping().
using ConsoleHandler = std::function<absl::StatusOr<ConsoleReply>(Shared& shared, const ConsoleCaller& caller,
                                                                  const std::string& command)>;

// Whether clients of this database are served by the console: "pgshoal", and "pgbouncer" for tools made for that one.
bool IsConsoleDatabase(std::string_view database);

}  // namespace pgshoal::session
