// LISTEN and UNLISTEN: they count at commit; what comes is passed on when no transaction is open.

#include "router/session/listening.hpp"

#include <algorithm>
#include <iterator>

#include "base/operation_limits.hpp"
#include "router/session/notifications.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {

std::set<std::string> Listening::After() const {
  std::set<std::string> after = channels;
  for (const Step& step : steps) {
    switch (step.verb) {
      case plan::ListenVerb::kListen:
        after.insert(step.channel);
        break;
      case plan::ListenVerb::kUnlisten:
        after.erase(step.channel);
        break;
      case plan::ListenVerb::kUnlistenAll:
        after.clear();
        break;
    }
  }
  return after;
}

void Listening::RollbackTo(std::size_t depth) {
  std::erase_if(steps, [depth](const Step& step) { return step.depth > depth; });
}

void Listening::Release(std::size_t depth) {
  for (Step& step : steps) step.depth = std::min(step.depth, depth);
}

net::Task<bool> Session::RunListen(const plan::ListenCommand& action) {
  if (!listening_) listening_ = std::make_unique<Listening>();
  if (listening_->steps.size() >= limits::kMaxChannelsPerClient) {
    const SqlError error{std::string(sqlstate::kProgramLimitExceeded), "too many LISTEN and UNLISTEN in one transaction"};
    co_return Fail(error);
  }
  listening_->steps.push_back({action.verb, action.channel, savepoints_->size()});
  if (block_ == Block::kNone) {
    absl::Status status = co_await ListenBeforeCommit();
    ListenAfterCommit(status.ok());
    if (!status.ok()) co_return Fail(ToSqlError(status));
  }
  SendComplete(action.verb == plan::ListenVerb::kListen ? "LISTEN" : "UNLISTEN");
  co_return true;
}

net::Task<absl::Status> Session::ListenBeforeCommit() {
  if (listening_->steps.empty()) co_return absl::OkStatus();
  const std::set<std::string> after = listening_->After();
  if (after.size() > limits::kMaxChannelsPerClient) {
    co_return SqlStatus(sqlstate::kProgramLimitExceeded, "a client listens to too many channels");
  }
  std::vector<std::string> added;
  std::set_difference(after.begin(), after.end(), listening_->channels.begin(), listening_->channels.end(),
                      std::back_inserter(added));
  if (added.empty()) co_return absl::OkStatus();
  listening_->joining.insert(added.begin(), added.end());
  absl::Status status = co_await AskListener(std::move(added));
  co_return status;
}

void Session::ListenAfterCommit(bool committed) {
  NotificationHub& hub = shared_.notifications();
  if (committed) {
    std::set<std::string> after = listening_->After();
    for (const std::string& channel : listening_->channels) {
      if (!after.contains(channel)) hub.Leave(key_.pid, channel);
    }
    listening_->channels = std::move(after);
  } else {
    for (const std::string& channel : listening_->joining) hub.Leave(key_.pid, channel);
  }
  listening_->joining.clear();
  listening_->steps.clear();
}

// Returns once the server listens to the channels, and all that was notified before has come.
net::Task<absl::Status> Session::AskListener(std::vector<std::string> channels) {
  struct Answer {
    absl::Status status;
    bool arrived = false;
  };
  auto answer = std::make_shared<Answer>();
  auto done = [answer, ticket = Ticket(), hub = &shared_.notifications(), pid = key_.pid](absl::Status status) {
    answer->status = std::move(status);
    answer->arrived = true;
    if (ticket->event != nullptr) {
      ticket->event->Notify();
    } else {
      hub->LeaveAll(pid);  // the client went while the server was being asked
    }
  };
  const std::shared_ptr<exec::Pool> pool = PoolOf(Current()->map->home());
  shared_.notifications().Ask(worker_, key_.pid, pool->target(), std::move(channels), std::move(done));
  while (!answer->arrived) {
    co_await event_.Wait();
    if (ClientGone()) co_return SqlStatus(sqlstate::kConnectionException, "the client is gone");
  }
  // What has come to the servers' streams meanwhile is looked at by whoever waits for them.
  event_.Notify();
  co_return answer->status;
}

net::Task<void> Session::BeforeNotify(Backend& backend) {
  const std::int32_t pid = backend.lease->pid;
  if (listening_->own_pid == pid) co_return;
  // What that server process has sent for other clients comes first.
  std::vector<std::string> nothing_more;
  const absl::Status asked = co_await AskListener(std::move(nothing_more));
  asked.IgnoreError();  // whoever listens by a connection that is lost is told of that by the hub
  listening_->own_pid = pid;
}

net::Task<void> Session::AwaitOwnNotifications() {
  std::vector<std::string> nothing_more;
  const absl::Status asked = co_await AskListener(std::move(nothing_more));
  asked.IgnoreError();
  listening_->own_pid = 0;
}

void Session::OnNotification(const Notification& notification) {
  if (ended_ || !listening_ || !listening_->Hears(notification.channel)) return;
  // The client knows itself by its own number. Another's server process may have the same: it must not be taken for it.
  std::int32_t pid = notification.pid;
  if (pid == listening_->own_pid) {
    pid = key_.pid;
  } else if (pid == key_.pid) {
    pid = 0;
  }
  std::string message;
  wire::AppendNotification(&message, pid, notification.channel, notification.payload);
  if (listening_->waiting_bytes + client_->PendingOutput() + message.size() > limits::kMaxPendingNotifications) {
    return End("too many notifications wait for the client", sqlstate::kProgramLimitExceeded);
  }
  if (AtRest()) {
    client_->Write(message);
    return;
  }
  listening_->waiting_bytes += message.size();
  listening_->waiting.emplace_back(notification.channel, std::move(message));
}

void Session::OnListenerLost() {
  if (ended_ || !listening_) return;
  End("the connection that listens for this client was lost", sqlstate::kConnectionFailure);
}

void Session::SendNotifications() {
  for (const auto& [channel, message] : listening_->waiting) {
    if (listening_->channels.contains(channel)) ToClient() += message;
  }
  listening_->waiting.clear();
  listening_->waiting_bytes = 0;
}

}  // namespace pgshoal::session
