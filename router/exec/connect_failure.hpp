#pragma once
// What the failure of a connection attempt says of the server.

#include "absl/status/status.h"

namespace pgshoal::exec::internal {

// Whether the server could not be reached or is going down or coming up: connections that are lent will hardly come back
// either. A server that is there and full is not absent: they will.
bool ServerIsAbsent(const absl::Status& status);

}  // namespace pgshoal::exec::internal
