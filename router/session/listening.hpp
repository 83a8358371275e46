#pragma once
// What one client listens to, and what has come for it and not yet been sent.
//
// LISTEN and UNLISTEN count when the transaction commits; until then they are steps, which a rollback (also to a
// savepoint) takes back. Plain data; one session, one thread. Who receives from the server: notifications.hpp.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "router/plan/plan.hpp"

namespace pgshoal::session {

struct Notification {
  std::int32_t pid = 0;  // of the server process that sent it
  std::string channel;
  std::string payload;
};

struct Listening {
  struct Step {
    plan::ListenVerb verb = plan::ListenVerb::kListen;
    std::string channel;
    std::size_t depth = 0;  // how many savepoints there were
  };

  std::set<std::string> channels;                            // committed
  std::set<std::string> joining;                             // asked for by a transaction that is about to commit
  std::vector<Step> steps;                                   // of the open transaction block
  std::vector<std::pair<std::string, std::string>> waiting;  // channel, message: until the client may be told
  std::size_t waiting_bytes = 0;
  std::int32_t own_pid = 0;  // the server process that notifies for this client in its open transaction; 0: none

  bool Hears(const std::string& channel) const { return channels.contains(channel) || joining.contains(channel); }
  // The channels once the steps have been taken.
  std::set<std::string> After() const;
  // Savepoint number `depth` (0-based) is rolled back to, or released.
  void RollbackTo(std::size_t depth);
  void Release(std::size_t depth);
};

}  // namespace pgshoal::session
