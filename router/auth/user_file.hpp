#pragma once
// Users and their secrets from a file, in the format of PgBouncer's userlist.txt: one user a line, name and secret in
// double quotes (two of them inside for one), ; begins a comment. What stands after the two is ignored.

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "router/auth/stored_secret.hpp"

namespace pgshoal::auth {

struct UserRecord {
  StoredSecret secret;
};

using UserTable = absl::flat_hash_map<std::string, UserRecord>;

// F0000 with "file:line: what is wrong"; the line itself is never told. A name that comes twice: the last one counts.
absl::StatusOr<UserTable> ParseUserFile(std::string_view text, const std::string& file);

}  // namespace pgshoal::auth
