// Shared's part that looks at all workers and clients: for the console, for settings that change, for the end.

#include "absl/synchronization/notification.h"
#include "router/session/session.hpp"
#include "router/session/shared.hpp"

namespace pgshoal::session {

void Shared::SetWorkers(std::vector<Worker*> workers) {
  workers_ = std::move(workers);
}

void Shared::OnEachWorker(std::function<void(Worker&)> run) {
  struct Round {
    explicit Round(std::function<void(Worker&)> f) : run(std::move(f)) {}
    const std::function<void(Worker&)> run;
    absl::Notification over;
  };
  // Held by what is posted: the last one, run or destroyed unrun, ends the round.
  struct Part {
    explicit Part(std::shared_ptr<Round> r) : round(std::move(r)) {}
    ~Part() { round->over.Notify(); }
    std::shared_ptr<Round> round;
  };
  auto round = std::make_shared<Round>(std::move(run));
  {
    auto part = std::make_shared<Part>(round);
    for (Worker* worker : workers_) {
      worker->reactor->Post([part, worker] { part->round->run(*worker); });
    }
  }
  while (!round->over.WaitForNotificationWithTimeout(absl::Milliseconds(100))) {
    if (stopping()) return;
  }
}

absl::Status Shared::OnControlThread(std::function<absl::Status()> work) {
  struct Job {
    absl::Status status;
    absl::Notification over;
  };
  auto job = std::make_shared<Job>();
  auto run = [job, work = std::move(work)] {
    job->status = work();
    job->over.Notify();
    return absl::OkStatus();
  };
  RunBlocking(std::move(run), AnyPoster(), [](absl::Status) {});
  while (!job->over.WaitForNotificationWithTimeout(absl::Milliseconds(100))) {
    if (stopping()) return SqlStatus(sqlstate::kAdminShutdown, std::string(kAdministratorCommand));
  }
  return job->status;
}

net::Poster Shared::AnyPoster() const {
  return workers_.front()->reactor->MakePoster();
}

void Shared::RefreshStatistics() {
  OnEachWorker([this](Worker& worker) {
    for (Session* session : SessionsOf(worker)) session->CountBytes();
  });
}

std::size_t Shared::SessionSize() {
  return sizeof(Session);
}

LivePtr Shared::live() const {
  absl::MutexLock lock(&live_mutex_);
  return live_;
}

void Shared::SetLive(LiveSettings settings) {
  auto fresh = std::make_shared<const LiveSettings>(std::move(settings));
  {
    absl::MutexLock lock(&live_mutex_);
    live_ = fresh;
  }
  for (Worker* worker : workers_) {
    worker->reactor->Post([worker, fresh] {
      worker->live = fresh;
      worker->live_changed();
    });
  }
}

std::vector<Session*> Shared::SessionsOf(const Worker& worker) const {
  std::vector<Session*> sessions;
  absl::MutexLock lock(&keys_mutex_);
  for (const auto& [pid, registered] : keys_) {
    if (registered.worker == &worker) sessions.push_back(registered.session);
  }
  return sessions;
}

std::vector<ClientView> Shared::Clients(bool with_statements) {
  struct Found {
    absl::Mutex mutex;
    std::vector<ClientView> views ABSL_GUARDED_BY(mutex);
  };
  auto found = std::make_shared<Found>();
  OnEachWorker([this, found, with_statements](Worker& worker) {
    std::vector<ClientView> views;
    for (Session* session : SessionsOf(worker)) views.push_back(session->Describe(with_statements));
    absl::MutexLock lock(&found->mutex);
    for (ClientView& view : views) found->views.push_back(std::move(view));
  });
  absl::MutexLock lock(&found->mutex);
  return found->views;
}

int Shared::EndClients(std::function<bool(const ClientView&)> chosen, std::string message) {
  auto ended = std::make_shared<std::atomic<int>>(0);
  OnEachWorker([this, ended, chosen = std::move(chosen), message = std::move(message)](Worker& worker) {
    for (Session* session : SessionsOf(worker)) {
      if (!chosen(session->Describe(false))) continue;
      session->Terminate(message);
      ended->fetch_add(1);
    }
  });
  return ended->load();
}

void Shared::OnEachSession(void (*act)(Session&)) {
  for (Worker* worker : workers_) {
    worker->reactor->Post([this, worker, act] {
      for (Session* session : SessionsOf(*worker)) act(*session);
    });
  }
}

void Shared::SetSuspended(bool suspended) {
  suspended_.store(suspended);
  for (Worker* worker : workers_) {
    worker->reactor->Post([this, worker, suspended] {
      worker->suspended = suspended;
      if (suspended) return;
      for (Session* session : SessionsOf(*worker)) session->Wake();
    });
  }
}

int Shared::Asking() {
  auto asking = std::make_shared<std::atomic<int>>(0);
  OnEachWorker([this, asking](Worker& worker) {
    for (const Session* session : SessionsOf(worker)) asking->fetch_add(session->asking() ? 1 : 0);
  });
  return asking->load();
}

void Shared::RequestShutdown(ShutdownMode mode) {
  SetEnding();
  absl::MutexLock lock(&live_mutex_);
  if (shutdown_) shutdown_(mode);
}

void Shared::SetShutdown(std::function<void(ShutdownMode)> shutdown) {
  absl::MutexLock lock(&live_mutex_);
  shutdown_ = std::move(shutdown);
}

}  // namespace pgshoal::session
