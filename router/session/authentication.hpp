#pragma once
// The dialogue in which a client proves who it is.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/auth/stored_secret.hpp"
#include "router/net/deadline.hpp"
#include "router/net/event.hpp"
#include "router/net/stream.hpp"
#include "router/net/task.hpp"
#include "router/session/security.hpp"

namespace pgshoal::session {

struct Worker;

// As whom and where to a client wants to log in.
struct Login {
  std::string user, database;
};

// Asks the client for what the rules demand and checks it. OK: it is who it says; nothing but the messages of the
// dialogue has been written. An error is meant for the client (28P01, 28000, 08P01, 57014 …), after the delay that failed
// logins get; CANCELLED: the client has gone. A user who does not exist goes through the same dialogue as one who does.
// `client` is attached to `event`, which nobody else waits for meanwhile; both and `worker` outlive the task.
net::Task<absl::Status> Authenticate(net::Stream& client, net::Event& event, Worker& worker, Login login,
                                     net::Deadline deadline);

// Runs auth_query on the home shard of the database, or of its auth_dbname, or remembers its last answer; kind kNone for
// a user it does not know, and when there is no auth_user. The client stays attached to `event` meanwhile. Errors are
// the server's: not for the client.
net::Task<absl::StatusOr<auth::StoredSecret>> AskForSecret(Worker& worker, const SecuritySnapshot& security,
                                                           Login login, net::Event& event, net::Deadline deadline);

}  // namespace pgshoal::session
