#include "router/session/router.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include <memory>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "router/log/log.hpp"
#include "router/net/listener.hpp"
#include "router/net/signals.hpp"
#include "router/session/lifecycle.hpp"
#include "router/session/session.hpp"
#include "router/session/shared.hpp"

namespace pgshoal::session {
namespace {

net::Task<void> ServeClient(Worker* worker, std::unique_ptr<net::Stream> client) {
  Session session(worker, std::move(client));
  const bool serves = co_await session.LogIn();
  if (serves) co_await session.Serve();
  session.Leave();
}

struct Thread {
  std::unique_ptr<net::Reactor> reactor;
  Worker worker;
  std::vector<std::unique_ptr<net::Listener>> listeners;
  std::thread thread;
};

void ReloadAfterSignal(Shared& shared, const net::Poster& poster) {
  auto reload = [&shared] {
    return shared.options().reload ? shared.options().reload(shared) : shared.ReloadMapFile();
  };
  shared.RunBlocking(std::move(reload), poster, [](absl::Status status) {
    if (status.ok()) {
      log::Info("settings, map and catalog reloaded");
    } else {
      log::Error(fmt::format("reload failed, all stays as it was: {}", ToSqlError(status).message));
    }
  });
}

void PauseAfterSignal(Shared& shared) {
  const bool paused = shared.pools().Paused("") || shared.suspended();
  log::Info(paused ? "received SIGUSR1: already paused" : "received SIGUSR1: PAUSE");
  if (!paused) shared.pools().Pause("");
}

void ResumeAfterSignal(Shared& shared) {
  if (shared.ending()) return log::Info("received SIGUSR2 while shutting down: ignored");
  log::Info("received SIGUSR2: RESUME");
  if (shared.suspended()) shared.SetSuspended(false);
  shared.pools().Resume("");
}

// Averages are made of what the counters say at the ends of periods.
class StatisticsPeriod {
 public:
  StatisticsPeriod(Shared& shared, net::Reactor& reactor)
      : shared_(shared), reactor_(reactor), timer_(reactor, [this] { End(); }) {
    End();
  }

 private:
  void End() {
    shared_.statistics().EndPeriod(reactor_.Now());
    const LivePtr live = shared_.live();
    if (live->log_stats && periods_++ > 0) {
      const Totals now = shared_.statistics().Sum().average;
      log::Info(fmt::format(
          "stats: {} xacts/s, {} queries/s, {} client parses/s, {} server parses/s, {} binds/s, in {} B/s, out {} B/s, "
          "xact {} us, query {} us, wait {} us",
          now.xact_count, now.query_count, now.client_parses, now.server_parses, now.binds, now.received, now.sent,
          now.xact_time, now.query_time, now.wait_time));
    }
    timer_.Set(net::Deadline::After(live->stats_period));
  }

  Shared& shared_;
  net::Reactor& reactor_;
  net::Timer timer_;
  std::uint64_t periods_ = 0;
};

using Threads = std::vector<std::unique_ptr<Thread>>;

// One listener for each worker on one socket, which `first` makes.
absl::StatusOr<net::Listener*> ListenOnce(
    const Threads& threads,
    const std::function<absl::StatusOr<std::unique_ptr<net::Listener>>(net::Reactor&, net::Listener::Callback)>&
        first) {
  for (const auto& thread : threads) {
    Thread* t = thread.get();
    auto accept = [t](std::unique_ptr<net::Stream> client) {
      net::Task<void> serve = ServeClient(&t->worker, std::move(client));
      t->reactor->Spawn(std::move(serve));
    };
    absl::StatusOr<std::unique_ptr<net::Listener>> listener = absl::UnknownError("");
    if (t == threads.front().get()) {
      listener = first(*t->reactor, accept);
    } else {
      listener = threads.front()->listeners.back()->Share(*t->reactor, accept);
    }
    if (!listener.ok()) return listener.status();
    t->listeners.push_back(*std::move(listener));
  }
  return threads.front()->listeners.back().get();
}

// The TCP port; 0 when there is none.
absl::StatusOr<int> ListenEverywhere(const RouterOptions& options, const Threads& threads) {
  int port = 0;
  auto failed = [](const std::string& what, const absl::Status& status) {
    return SqlStatus(sqlstate::kConnectionException,
                     fmt::format("could not listen on {}: {}", what, std::string(status.message())));
  };
  for (const int fd : options.listen_fds) {
    absl::StatusOr<net::Listener*> listener = ListenOnce(threads, [fd](net::Reactor& reactor, auto accept) {
      return net::Listener::FromFd(reactor, fd, std::move(accept));
    });
    if (!listener.ok()) return failed(fmt::format("descriptor {}", fd), listener.status());
    if (port == 0) port = (*listener)->Port();
  }
  if (!options.listen_fds.empty()) return port;
  for (const net::Endpoint& endpoint : options.listen) {
    net::ListenOptions listen;
    listen.reuse_port = options.reuse_port;
    listen.unix_mode = options.unix_socket_mode;
    listen.defer_seconds = options.defer_accept_seconds;
    absl::StatusOr<net::Listener*> listener = ListenOnce(threads, [&](net::Reactor& reactor, auto accept) {
      return net::Listener::Listen(reactor, endpoint, listen, std::move(accept));
    });
    if (!listener.ok()) return failed(endpoint.ToString(), listener.status());
    if (port == 0) port = (*listener)->Port();
  }
  return port;
}

}  // namespace

absl::Status RunRouter(RouterOptions options, absl::AnyInvocable<void(int port)> ready) {
  // Debian builds abseil so that each lock is entered into a graph of who waits for whom: a search for deadlocks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const int count = std::max(1, options.threads);
  // Signals are blocked before any thread starts, so that all of them go to the watcher.
  absl::StatusOr<std::unique_ptr<net::Reactor>> first = net::Reactor::Create(options.io);
  if (!first.ok()) return first.status();
  std::vector<std::unique_ptr<Thread>> threads;
  for (int i = 0; i < count; ++i) {
    auto thread = std::make_unique<Thread>();
    if (i == 0) {
      thread->reactor = *std::move(first);
    } else {
      absl::StatusOr<std::unique_ptr<net::Reactor>> reactor = net::Reactor::Create(options.io);
      if (!reactor.ok()) return reactor.status();
      thread->reactor = *std::move(reactor);
    }
    threads.push_back(std::move(thread));
  }
  // Set once there is something to end, on this thread.
  Shared* running = nullptr;
  Lifecycle* lifecycle = nullptr;
  net::Poster main_poster = threads.front()->reactor->MakePoster();
  auto on_signal = [&](int signal) {
    if (signal == SIGHUP) return ReloadAfterSignal(*running, main_poster);
    if (signal == SIGUSR1) return PauseAfterSignal(*running);
    if (signal == SIGUSR2) return ResumeAfterSignal(*running);
    const ShutdownMode mode = signal == SIGQUIT || running->options().stop_at_once || lifecycle->begun()
                                  ? ShutdownMode::kNow
                              : signal == SIGINT ? ShutdownMode::kWaitForServers
                                                 : ShutdownMode::kWaitForClients;
    log::Info(fmt::format("received SIG{}, shutting down{}", sigabbrev_np(signal),
                          mode == ShutdownMode::kNow              ? ""
                          : mode == ShutdownMode::kWaitForServers ? " as transactions end"
                                                                  : " as clients leave"));
    lifecycle->Begin(mode);
  };
  absl::StatusOr<std::unique_ptr<net::SignalWatcher>> signals = net::SignalWatcher::Create(
      *threads.front()->reactor, {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2}, on_signal);
  if (!signals.ok()) return signals.status();

  Shared shared(std::move(options));
  running = &shared;
  std::vector<net::Reactor*> reactors;
  for (int i = 0; i < count; ++i) {
    threads[i]->worker.index = i;
    threads[i]->worker.reactor = threads[i]->reactor.get();
    threads[i]->worker.shared = &shared;
    reactors.push_back(threads[i]->reactor.get());
  }
  shared.SetReactors(reactors);
  std::vector<Worker*> workers;
  const LivePtr live = shared.live();
  for (auto& thread : threads) {
    thread->worker.live = live;
    workers.push_back(&thread->worker);
  }
  shared.SetWorkers(std::move(workers));
  if (absl::Status loaded = shared.LoadSecurity(); !loaded.ok()) return loaded;
  if (absl::Status loaded = shared.LoadMain(); !loaded.ok()) return loaded;

  for (auto& thread : threads) {
    thread->worker.live_changed = [t = thread.get()] {
      const LiveSettings& now = *t->worker.live;
      for (auto& listener : t->listeners) listener->SetKeepAlive(now.tcp_keepalive, now.keepalive);
    };
  }
  absl::StatusOr<int> port = ListenEverywhere(shared.options(), threads);
  if (!port.ok()) return port.status();

  for (auto& thread : threads) thread->worker.live_changed();

  Lifecycle::Actions actions;
  actions.give_way = [&] {
    if (shared.options().stopping) shared.options().stopping();
    for (auto& listener : threads.front()->listeners) listener->GiveWay();
  };
  actions.close_to_clients = [&threads, &shared] {
    // Sockets that systemd holds are for the next router: who comes meanwhile shall wait for it.
    const bool own = shared.options().listen_fds.empty();
    for (auto& thread : threads) {
      Thread* t = thread.get();
      t->reactor->Post([t, own] {
        std::erase_if(t->listeners, [own](const auto& listener) { return !own || !listener->endpoint().IsUnix(); });
      });
    }
  };
  actions.close_listeners = [&threads] {
    for (auto& thread : threads) {
      Thread* t = thread.get();
      t->reactor->Post([t] { t->listeners.clear(); });
    }
  };
  actions.stop = [&threads] {
    for (auto& thread : threads) thread->reactor->Stop();
  };
  Lifecycle end(shared, *threads.front()->reactor, shared.options().reuse_port, std::move(actions));
  lifecycle = &end;
  shared.SetShutdown([main_poster, &end](ShutdownMode mode) { main_poster.Post([mode, &end] { end.Begin(mode); }); });
  net::Reactor& main_reactor = *threads.front()->reactor;
  StatisticsPeriod period(shared, main_reactor);

  auto serve = [&shared](Thread* t) {
    t->reactor->Run();
    // Its sessions have ended with the reactor's tasks; their servers' idle connections follow.
    t->listeners.clear();
    shared.pools().CloseIdle(t->worker.index);
  };
  for (auto& thread : threads) {
    net::Task<void> keep = shared.pools().Keep(thread->worker.index);
    thread->reactor->Spawn(std::move(keep));
  }
  for (int i = 1; i < count; ++i) threads[i]->thread = std::thread(serve, threads[i].get());
  shared.SetServing();
  shared.MakeForcedPools();
  ready(*port);
  serve(threads.front().get());
  shared.SetStopping();
  shared.SetShutdown(nullptr);
  for (int i = 1; i < count; ++i) {
    threads[i]->reactor->Stop();
    threads[i]->thread.join();
  }
  return absl::OkStatus();
}

}  // namespace pgshoal::session
