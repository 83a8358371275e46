#include "router/session/router.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "router/net/listener.hpp"
#include "router/net/signals.hpp"
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

}  // namespace

absl::Status RunRouter(RouterOptions options, absl::AnyInvocable<void(int port)> ready) {
  // Debian builds abseil so that each lock is entered into a graph of who waits for whom: a search for deadlocks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const int count = std::max(1, options.threads);
  // Standard output belongs to what `pgshoal dev` promises to print there.
  static const auto logger = spdlog::stderr_logger_mt("pgshoal");
  spdlog::set_default_logger(logger);
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
  Shared* running = nullptr;
  net::Poster main_poster = threads.front()->reactor->MakePoster();
  auto on_signal = [&](int signal) {
    if (signal == SIGHUP) {
      running->RunBlocking([&] { return running->ReloadMapFile(); }, main_poster,
                           [](absl::Status status) {
                             if (status.ok()) {
                               spdlog::info("map and catalog reloaded");
                             } else {
                               spdlog::error("reload failed, the old map stays: {}", ToSqlError(status).message);
                             }
                           });
      return;
    }
    spdlog::info("received {}, shutting down", signal == SIGINT ? "SIGINT" : "SIGTERM");
    for (auto& thread : threads) thread->reactor->Stop();
  };
  absl::StatusOr<std::unique_ptr<net::SignalWatcher>> signals =
      net::SignalWatcher::Create(*threads.front()->reactor, {SIGINT, SIGTERM, SIGHUP}, on_signal);
  if (!signals.ok()) return signals.status();

  const std::vector<net::Endpoint> endpoints = options.listen;
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
  if (absl::Status loaded = shared.LoadSecurity(); !loaded.ok()) return loaded;
  if (absl::Status loaded = shared.Reload(); !loaded.ok()) return loaded;

  int port = 0;
  for (const net::Endpoint& asked : endpoints) {
    net::Endpoint endpoint = asked;
    for (auto& thread : threads) {
      Thread* t = thread.get();
      auto accept = [t](std::unique_ptr<net::Stream> client) {
        net::Task<void> serve = ServeClient(&t->worker, std::move(client));
        t->reactor->Spawn(std::move(serve));
      };
      absl::StatusOr<std::unique_ptr<net::Listener>> listener = absl::UnknownError("");
      if (t == threads.front().get()) {
        // The first one finds out whether somebody else has the address.
        net::ListenOptions listen;
        listen.unix_mode = shared.options().unix_socket_mode;
        listener = net::Listener::Listen(*t->reactor, endpoint, listen, accept);
      } else {
        net::Listener& shared_listener = *threads.front()->listeners.back();
        listener = shared_listener.Share(*t->reactor, accept);
      }
      if (!listener.ok()) {
        return SqlStatus(sqlstate::kConnectionException, fmt::format("could not listen on {}: {}", endpoint.ToString(),
                                                                     std::string(listener.status().message())));
      }
      if (!endpoint.IsUnix() && endpoint.port == 0) endpoint.port = (*listener)->Port();
      t->listeners.push_back(*std::move(listener));
    }
    if (!endpoint.IsUnix() && port == 0) port = endpoint.port;
  }

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
  ready(port);
  serve(threads.front().get());
  for (int i = 1; i < count; ++i) {
    threads[i]->reactor->Stop();
    threads[i]->thread.join();
  }
  return absl::OkStatus();
}

}  // namespace pgshoal::session
