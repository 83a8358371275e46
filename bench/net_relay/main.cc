// A bare relay over router/net: each connection accepted is paired with one opened to the target, and bytes go across
// untouched. The floor under pgshoal's cost per query; compared with PgBouncer by run.sh.
//
//   net_relay --backend epoll|io_uring --listen PORT --target HOST:PORT|/path/to/socket

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "router/net/connect.hpp"
#include "router/net/listener.hpp"
#include "router/net/reactor.hpp"
#include "router/net/signals.hpp"

namespace {

using namespace pgshoal::net;  // NOLINT: a program of one page

// Moves what has come from one side to the other, as far as the other keeps up.
void Forward(Stream& from, Stream& to) {
  if (to.PendingOutput() < pgshoal::limits::kMaxBufferedOutput && !from.Input().empty()) {
    to.Write(from.Input());
    from.Consume(from.Input().size());
  }
}

Task<void> Relay(Reactor& reactor, std::unique_ptr<Stream> given, Endpoint target) {
  Event event;
  std::unique_ptr<Stream> client = std::move(given);
  Task<absl::StatusOr<std::unique_ptr<Stream>>> connecting =
      Connect(reactor, target, Deadline::After(std::chrono::seconds(5)));
  absl::StatusOr<std::unique_ptr<Stream>> connected = co_await connecting;
  if (!connected.ok()) co_return;
  std::unique_ptr<Stream> server = *std::move(connected);
  client->Attach(&event);
  server->Attach(&event);
  while (!client->IsClosed() && !server->IsClosed()) {
    Forward(*client, *server);
    Forward(*server, *client);
    co_await event.Wait(Deadline::After(std::chrono::minutes(10)));
  }
  Forward(*client, *server);
  Forward(*server, *client);
  const Deadline soon = Deadline::After(std::chrono::seconds(2));
  Stream::CloseAfterFlush(std::move(client), soon);
  Stream::CloseAfterFlush(std::move(server), soon);
}

Endpoint ParseTarget(std::string_view text) {
  if (text.starts_with('/')) return Endpoint::Unix(std::string(text));
  const std::size_t colon = text.rfind(':');
  return Endpoint::Tcp(std::string(text.substr(0, colon)),
                       static_cast<std::uint16_t>(std::atoi(std::string(text.substr(colon + 1)).c_str())));
}

}  // namespace

int main(int argc, char** argv) {
  Backend backend = Backend::kAuto;
  Endpoint target;
  int port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::string_view value = argv[i + 1];
    if (option == "--backend") backend = value == "epoll" ? Backend::kEpoll : Backend::kIoUring;
    if (option == "--listen") port = std::atoi(argv[i + 1]);
    if (option == "--target") target = ParseTarget(value);
  }
  auto created = Reactor::Create(backend);
  if (!created.ok()) {
    std::fprintf(stderr, "%s\n", created.status().ToString().c_str());
    return 1;
  }
  Reactor& reactor = **created;
  auto signals = SignalWatcher::Create(reactor, {SIGINT, SIGTERM}, [&](int) { reactor.Stop(); });
  auto listener = Listener::Listen(
      reactor, Endpoint::Tcp("127.0.0.1", static_cast<std::uint16_t>(port)), {},
      [&](std::unique_ptr<Stream> stream) { reactor.Spawn(Relay(reactor, std::move(stream), target)); });
  if (!listener.ok()) {
    std::fprintf(stderr, "%s\n", listener.status().ToString().c_str());
    return 1;
  }
  std::printf("listening on %d\n", (*listener)->Port());
  std::fflush(stdout);
  reactor.Run();
  const ReactorStats stats = reactor.Stats();
  std::printf("turns %llu, system calls %llu, received %llu, sent %llu\n", static_cast<unsigned long long>(stats.turns),
              static_cast<unsigned long long>(stats.system_calls),
              static_cast<unsigned long long>(stats.received_bytes), static_cast<unsigned long long>(stats.sent_bytes));
  return 0;
}
