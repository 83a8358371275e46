#include "router/net/backend.hpp"

namespace pgshoal::net::internal {

absl::StatusOr<std::unique_ptr<IoBackend>> MakeUringBackend(ReactorCore&) {
  return absl::UnavailableError("io_uring is not built in");
}

}  // namespace pgshoal::net::internal
