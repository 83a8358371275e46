#pragma once
// Where PostgreSQL's server programs are on this machine.

#include <string>

#include "absl/status/statusor.h"

namespace pgshoal::main {

struct PostgresPrograms {
  std::string initdb;
  std::string postgres;
};

// Looks in `bin_dir` if that is not empty, and nowhere else; otherwise in the directory that `pg_config --bindir`
// names, in /usr/lib/postgresql/*/bin with the newest version first, and in PATH. The error lists where it looked.
[[nodiscard]] absl::StatusOr<PostgresPrograms> FindPostgresPrograms(const std::string& bin_dir);

}  // namespace pgshoal::main
