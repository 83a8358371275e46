#pragma once
// Making a connection as new after a client that had it for itself (session mode, or anything that pins it).

#include "router/exec/connection_pool.hpp"

namespace pgshoal::exec {

// Runs DISCARD ALL, then what the settings add to it (server_reset_query), and gives the connection back; closes it
// when that fails or takes too long. Runs on its own: spawn it on the connection's reactor. REQUIRES: the server is
// idle, outside a transaction, and nothing is expected from it.
net::Task<void> ResetAndReturn(Lease lease);

}  // namespace pgshoal::exec
