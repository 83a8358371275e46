#pragma once
// A server connection that nobody uses. On its reactor's thread.

#include <memory>

#include "router/exec/server_connection.hpp"

namespace pgshoal::exec {

// Takes in what a server may say at any time (changed parameters, notices); false when it has said anything else or has
// ended: it must not be lent.
bool IdleIsHealthy(ServerConnection& connection);

// Says goodbye, as the protocol asks, and closes.
void CloseIdleConnection(std::unique_ptr<ServerConnection> connection);

}  // namespace pgshoal::exec
