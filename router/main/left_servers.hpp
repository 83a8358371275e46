#pragma once
// Servers that a killed `pgshoal dev` may have left running.

#include <string>

#include "absl/status/status.h"

namespace pgshoal::main {

// Ends every PostgreSQL process that works in `data_dir`: by a fast shutdown first, by an immediate one when that takes
// too long; then removes a lock file that none of them holds. A process is known by its working directory, which is the
// data directory for all of PostgreSQL's, not by a process id in a file, which may be another's by now.
// 55006 when one cannot be ended.
[[nodiscard]] absl::Status EndServersLeftIn(const std::string& data_dir);

}  // namespace pgshoal::main
