#pragma once
// Notifications for all clients: for each login at the home shard one server connection, outside the pools, listens to
// the union of what its clients listen to, and hands what comes to the clients' sessions.
//
// A client's LISTEN is complete only when that connection has executed it. When the connection is lost, its clients'
// sessions are told, for they may have missed something.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "router/exec/server_connection.hpp"
#include "router/net/event.hpp"
#include "router/net/reactor.hpp"
#include "router/net/task.hpp"
#include "router/session/listening.hpp"

namespace pgshoal::session {

class Shared;
struct Worker;

// Thread-safe. Each connection lives on the worker of the client that first needed it, until nobody listens.
class NotificationHub {
 public:
  explicit NotificationHub(Shared* shared) : shared_(shared) {}

  // On a worker's thread, for the client `pid` of that worker: listens to `channels` on the server that `target` names,
  // from then on also for this client. `done` runs on the worker's thread, after all that was notified before has been
  // handed over; without channels that is all that happens.
  void Ask(Worker* worker, std::int32_t pid, const exec::ServerTarget& target, std::vector<std::string> channels,
           absl::AnyInvocable<void(absl::Status)> done);
  // The client listens to it no longer.
  void Leave(std::int32_t pid, const std::string& channel);
  void LeaveAll(std::int32_t pid);
  // The home shards are there: connections to other places are lost.
  void KeepOnly(const std::vector<net::Endpoint>& homes);

 private:
  struct Request {
    std::int32_t pid = 0;
    std::vector<std::string> channels;
    net::Poster poster;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  struct Listener;
  using ListenerPtr = std::shared_ptr<Listener>;

  net::Task<void> Serve(ListenerPtr listener);
  // Until the connection ends or nobody listens any longer.
  net::Task<void> Listen(Listener& listener, exec::ServerConnection& connection, net::Event& event);
  // Takes what has come; what went wrong with the statement that is running goes to `failure`. False: the protocol is
  // broken.
  bool Receive(Listener& listener, net::Stream& stream, absl::Status* failure, bool* busy);
  // What to send for the requests that wait; they are then among those asked.
  std::string TakeRequests(Listener& listener);
  void Answer(Listener& listener, const absl::Status& status);
  void HandOver(Listener& listener, Notification notification);
  void Lose(Listener& listener, const absl::Status& why);
  static void Wake(const ListenerPtr& listener);

  Shared* const shared_;
  absl::Mutex mutex_;
  std::map<std::string, ListenerPtr> listeners_ ABSL_GUARDED_BY(mutex_);  // by address, database and user
};

}  // namespace pgshoal::session
