#pragma once
// How a router ends. Used on the thread of the first worker.

#include <functional>
#include <optional>

#include "router/net/deadline.hpp"
#include "router/net/reactor.hpp"
#include "router/session/shared.hpp"

namespace pgshoal::session {

class Lifecycle {
 public:
  struct Actions {
    std::function<void()> give_way;         // to a successor on the same addresses
    std::function<void()> close_to_clients;  // only the router's own unix sockets are left, for the console
    std::function<void()> close_listeners;   // nobody is accepted any longer
    std::function<void()> stop;              // all reactors
  };
  // `shares_port`: connections that have begun come here for a moment after giving way, and are still accepted.
  Lifecycle(Shared& shared, net::Reactor& reactor, bool shares_port, Actions actions);

  // What asks for less than what is under way already changes nothing.
  void Begin(ShutdownMode mode);
  bool begun() const { return mode_.has_value(); }

 private:
  void Look();
  void EndClients();

  Shared& shared_;
  const bool shares_port_;
  const Actions actions_;
  net::Timer timer_;
  std::optional<ShutdownMode> mode_;
  bool listening_ = true;
  bool told_ = false;    // clients have been told of the mode
  bool silent_ = false;  // there was no client at the last look
  net::Deadline give_up_;
  net::Deadline accept_until_;
};

}  // namespace pgshoal::session
