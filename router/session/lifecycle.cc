#include "router/session/lifecycle.hpp"

#include <utility>

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

using std::chrono::milliseconds;

constexpr auto kLook = milliseconds(20);
// For connections whose handshake had begun when the successor took over.
constexpr auto kAcceptOn = milliseconds(500);
// For the last words to clients; one that does not read is not waited for.
constexpr auto kLastWords = milliseconds(2000);

}  // namespace

Lifecycle::Lifecycle(Shared& shared, net::Reactor& reactor, bool shares_port, Actions actions)
    : shared_(shared), shares_port_(shares_port), actions_(std::move(actions)), timer_(reactor, [this] { Look(); }) {}

void Lifecycle::Begin(ShutdownMode mode) {
  if (mode_.has_value() && *mode_ <= mode) return;
  if (!mode_.has_value()) {
    shared_.SetEnding();
    actions_.give_way();
    accept_until_ = net::Deadline::After(shares_port_ ? kAcceptOn : milliseconds(0));
  }
  mode_ = mode;
  told_ = false;
  Look();
}

void Lifecycle::Look() {
  if (listening_) {
    if (!accept_until_.Passed()) return timer_.Set(accept_until_);
    listening_ = false;
    shared_.SetRefusing();
    actions_.close_to_clients();
  }
  if (!told_) {
    told_ = true;
    if (*mode_ == ShutdownMode::kWaitForServers) shared_.OnEachSession([](Session& session) { session.Drain(); });
    if (*mode_ == ShutdownMode::kNow) EndClients();
  }
  if (*mode_ == ShutdownMode::kNow) {
    // One look later, so that what was written last has left.
    if (std::exchange(silent_, shared_.clients.load() == 0) || give_up_.Passed()) return actions_.stop();
  } else if (shared_.clients.load() <= shared_.consoles.load() + shared_.late.load()) {
    mode_ = ShutdownMode::kNow;
    EndClients();
  }
  timer_.Set(net::Deadline::After(kLook));
}

void Lifecycle::EndClients() {
  give_up_ = net::Deadline::After(kLastWords);
  actions_.close_listeners();
  shared_.SetStopping();
  shared_.OnEachSession([](Session& session) { session.Terminate(std::string(kAdministratorCommand)); });
}

}  // namespace pgshoal::session
