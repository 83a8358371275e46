#pragma once
// What the admin console shows of a client: a copy, true at one moment.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pgshoal::session {

struct ClientView {
  std::int32_t pid = 0;  // that the client was told
  std::string user, database, application_name;
  std::string address, local_address;  // "host:port" or "unix"
  int fd = -1;
  int worker = 0;
  bool logged_in = false;
  bool console = false;
  bool in_query = false, in_transaction = false;
  bool closing = false;
  bool waiting = false;                 // for a server connection
  std::chrono::microseconds waited{0};  // so far, while it is waiting
  std::chrono::system_clock::time_point connected, requested;
  std::string tls;              // empty: none
  std::int32_t remote_pid = 0;  // of the client's process, over a unix socket; otherwise 0
  std::size_t prepared_statements = 0;
  std::size_t input_bytes = 0, output_bytes = 0;  // received and not consumed; written and not sent
  struct Server {
    std::string shard;
    std::uint64_t id = 0;  // of the connection, as in exec::ServerView
    std::string application_name;
    std::size_t prepared_statements = 0;
  };
  std::vector<Server> servers;  // that it holds now
  struct Statement {
    std::string name, text;  // text: as the client gave it
  };
  std::vector<Statement> statements;  // only when asked for
};

}  // namespace pgshoal::session
