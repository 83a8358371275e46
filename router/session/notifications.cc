#include "router/session/notifications.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.hpp"
#include "parser/print.hpp"
#include "router/session/shared.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::session {

// `requests`, `clients`, `poster` and `abandoned` belong to the hub's mutex, the rest to the reactor's thread.
struct NotificationHub::Listener {
  exec::ServerTarget target;
  net::Reactor* reactor = nullptr;
  net::Poster poster;                                     // of that reactor
  std::vector<Request> requests;                          // not yet taken up
  std::map<std::string, std::set<std::int32_t>> clients;  // of each channel
  bool abandoned = false;
  net::Event* event = nullptr;  // of the task while it runs
  std::vector<Request> asked;   // sent, not yet answered
  std::set<std::string> listens;
};

void NotificationHub::Wake(const ListenerPtr& listener) {
  listener->poster.Post([listener] {
    if (listener->event != nullptr) listener->event->Notify();
  });
}

void NotificationHub::Ask(Worker* worker, std::int32_t pid, const exec::ServerTarget& target,
                          std::vector<std::string> channels, absl::AnyInvocable<void(absl::Status)> done) {
  const std::string key = fmt::format("{}\n{}\n{}", target.endpoint.ToString(), target.database, target.user);
  ListenerPtr listener;
  {
    absl::MutexLock lock(&mutex_);
    ListenerPtr& place = listeners_[key];
    const bool running = place != nullptr;
    if (!running) place = std::make_shared<Listener>();
    listener = place;
    listener->requests.push_back({pid, std::move(channels), worker->reactor->MakePoster(), std::move(done)});
    if (running) {
      Wake(listener);
      return;
    }
    listener->target = target;
    std::erase_if(listener->target.parameters, [](const auto& given) { return given.first == "application_name"; });
    listener->target.parameters.emplace_back("application_name", "pgshoal notifications");
    listener->reactor = worker->reactor;
    listener->poster = worker->reactor->MakePoster();
  }
  net::Task<void> serve = Serve(std::move(listener));
  worker->reactor->Spawn(std::move(serve));
}

void NotificationHub::Leave(std::int32_t pid, const std::string& channel) {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, listener] : listeners_) {
    auto it = listener->clients.find(channel);
    if (it == listener->clients.end() || it->second.erase(pid) == 0 || !it->second.empty()) continue;
    listener->clients.erase(it);
    Wake(listener);
  }
}

void NotificationHub::LeaveAll(std::int32_t pid) {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, listener] : listeners_) {
    for (auto& [channel, clients] : listener->clients) clients.erase(pid);
    const std::size_t left = std::erase_if(listener->clients, [](const auto& entry) { return entry.second.empty(); });
    if (left > 0) Wake(listener);
  }
}

void NotificationHub::KeepOnly(const std::vector<net::Endpoint>& homes) {
  absl::MutexLock lock(&mutex_);
  for (auto& [key, listener] : listeners_) {
    if (std::find(homes.begin(), homes.end(), listener->target.endpoint) != homes.end()) continue;
    listener->abandoned = true;
    Wake(listener);
  }
}

net::Task<void> NotificationHub::Serve(ListenerPtr listener) {
  net::Event event;
  // However this ends, nobody must wake it any longer. It is never served again: who comes later makes another.
  struct Attached {
    explicit Attached(Listener* to, net::Event* event) : listener(to) { listener->event = event; }
    ~Attached() { listener->event = nullptr; }
    Listener* const listener;
  };
  Attached attached(listener.get(), &event);
  while (true) {
    listener->listens.clear();
    const net::Deadline deadline = net::Deadline::After(std::chrono::seconds(15));
    absl::StatusOr<std::unique_ptr<exec::ServerConnection>> opened =
        co_await exec::OpenServerConnection(*listener->reactor, listener->target, deadline);
    if (opened.ok()) {
      (*opened)->stream->Attach(&event);
      co_await Listen(*listener, **opened, event);
      wire::AppendTerminate(&(*opened)->stream->OutputBuffer());
      net::Stream::CloseAfterFlush(std::move((*opened)->stream), deadline);
    } else {
      TakeRequests(*listener);
      Lose(*listener, opened.status());
    }
    absl::MutexLock lock(&mutex_);
    listener->abandoned = false;
    if (listener->requests.empty()) {
      std::erase_if(listeners_, [&listener](const auto& entry) { return entry.second == listener; });
      co_return;
    }
  }
}

std::string NotificationHub::TakeRequests(Listener& listener) {
  std::string sql;
  absl::MutexLock lock(&mutex_);
  std::set<std::string> wanted;
  for (const auto& [channel, clients] : listener.clients) wanted.insert(channel);
  for (Request& request : listener.requests) {
    wanted.insert(request.channels.begin(), request.channels.end());
    listener.asked.push_back(std::move(request));
  }
  listener.requests.clear();
  for (const std::string& channel : wanted) {
    if (listener.listens.insert(channel).second) sql += fmt::format("LISTEN {}; ", parser::QuoteIdentifier(channel));
  }
  for (auto it = listener.listens.begin(); it != listener.listens.end();) {
    if (wanted.contains(*it)) {
      ++it;
      continue;
    }
    sql += fmt::format("UNLISTEN {}; ", parser::QuoteIdentifier(*it));
    it = listener.listens.erase(it);
  }
  return sql;
}

bool NotificationHub::Receive(Listener& listener, net::Stream& stream, absl::Status* failure, bool* busy) {
  while (true) {
    const wire::Next next = wire::NextMessage(stream.Input(), limits::kMaxMessage);
    if (next.progress == wire::Progress::kMalformed) return false;
    if (next.progress == wire::Progress::kNeedMore) {
      if (next.length > 0) stream.SetInputLimit(next.length + limits::kReceiveBuffer);
      return true;
    }
    if (next.message.type == wire::backend::kNotification) {
      absl::StatusOr<wire::NotificationView> view = wire::DecodeNotification(next.message.body);
      if (!view.ok()) return false;
      HandOver(listener, Notification{view->pid, std::string(view->channel), std::string(view->payload)});
    } else if (next.message.type == wire::backend::kError) {
      absl::StatusOr<wire::ReportView> report = wire::DecodeReport(next.message.body);
      if (!report.ok()) return false;
      *failure = ToStatus(report->ToSqlError());
    } else if (next.message.type == wire::backend::kReadyForQuery) {
      *busy = false;
      Answer(listener, *failure);
      // None of the message's statements has taken effect: all is asked for again with the next one.
      if (!failure->ok()) listener.listens.clear();
      *failure = absl::OkStatus();
    }
    stream.Consume(next.length);
  }
}

net::Task<void> NotificationHub::Listen(Listener& listener, exec::ServerConnection& connection, net::Event& event) {
  net::Stream& stream = *connection.stream;
  bool busy = false;
  absl::Status failure = absl::OkStatus();
  while (true) {
    if (!busy) {
      const std::string sql = TakeRequests(listener);
      if (!sql.empty() || !listener.asked.empty()) {
        // Even an empty query makes the server send the notifications that it has before it is ready.
        wire::AppendQuery(&stream.OutputBuffer(), sql);
        busy = true;
      } else {
        absl::MutexLock lock(&mutex_);
        if (listener.clients.empty() && listener.requests.empty()) co_return;
      }
    }
    co_await event.Wait();
    const bool understood = Receive(listener, stream, &failure, &busy);
    bool abandoned = false;
    {
      absl::MutexLock lock(&mutex_);
      abandoned = listener.abandoned;
    }
    if (understood && !abandoned && !stream.IsClosed()) continue;
    if (failure.ok()) failure = SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard was lost");
    Lose(listener, failure);
    co_return;
  }
}

void NotificationHub::Answer(Listener& listener, const absl::Status& status) {
  if (status.ok()) {
    absl::MutexLock lock(&mutex_);
    for (const Request& request : listener.asked) {
      for (const std::string& channel : request.channels) listener.clients[channel].insert(request.pid);
    }
  }
  for (Request& request : listener.asked) {
    request.poster.Post([done = std::move(request.done), status]() mutable { done(status); });
  }
  listener.asked.clear();
}

void NotificationHub::HandOver(Listener& listener, Notification notification) {
  std::vector<std::int32_t> clients;
  {
    absl::MutexLock lock(&mutex_);
    auto it = listener.clients.find(notification.channel);
    if (it != listener.clients.end()) clients.assign(it->second.begin(), it->second.end());
  }
  if (clients.empty()) return;
  const auto shared = std::make_shared<const Notification>(std::move(notification));
  for (std::int32_t pid : clients) shared_->Notify(pid, shared);
}

void NotificationHub::Lose(Listener& listener, const absl::Status& why) {
  Answer(listener, why);
  std::set<std::int32_t> clients;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [channel, pids] : listener.clients) clients.insert(pids.begin(), pids.end());
    listener.clients.clear();
  }
  for (std::int32_t pid : clients) shared_->Notify(pid, nullptr);
}

}  // namespace pgshoal::session
