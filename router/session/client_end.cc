// Clients that have ended their side. What they sent before is answered all the same: a script may shut its output down
// and read on, and one that has sent its statements and a Terminate wants them carried out. But a socket that is closed
// altogether looks the same until something is written to it. So whatever takes long is given a little time, then the
// client is told something that it knows already: a closed socket answers with a reset, and the work is abandoned.

#include "base/limits.hpp"
#include "router/net/reactor.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// Of statements whose client has ended its side, before it is looked whether anybody is there.
constexpr auto kGrace = std::chrono::seconds(2);
// A reset needs about one round trip to come back.
constexpr auto kLookAgain = std::chrono::milliseconds(300);

}  // namespace

bool Session::ClientIsSlow() const {
  return client_->Error() == 0 && client_->PendingOutput() >= limits::kMaxBufferedOutput;
}

void Session::WatchClientEnd() {
  if (client_watch_ || !client_->AtEof()) return;
  client_watch_ = std::make_unique<net::Timer>([this] { LookForClient(); });
  client_watch_->Set(net::Deadline::After(kGrace));
}

// Whether the last thing that the client has sent is Terminate.
bool Session::SaidGoodbye() const {
  std::string_view input = client_->Input();
  while (true) {
    const wire::Next next = wire::NextMessage(input, limits::kMaxMessage);
    if (next.progress != wire::Progress::kOk) return false;
    if (next.message.type == wire::frontend::kTerminate) return true;
    input.remove_prefix(next.length);
  }
}

void Session::LookForClient() {
  if (ended_ || !client_ || SaidGoodbye()) return;
  if (client_->Error() != 0 || client_->PeerIsGone()) {
    end_reason_ = "client unexpected eof";
    EndClient();
    event_.Notify();
    return;
  }
  // Between two messages any client takes a ParameterStatus.
  bool in_message = client_->PendingOutput() > 0;
  for (const auto& backend : backends_) in_message = in_message || (backend->body_left > 0 && backend->body_forwarded);
  constexpr std::string_view kKnown = "server_encoding";
  const std::string* known = reported_.Find(kKnown);
  if (welcomed_ && !in_message && !client_asked_ && known != nullptr) {
    client_asked_ = true;
    wire::AppendParameterStatus(&ToClient(), kKnown, *known);
    client_watch_->Set(net::Deadline::After(kLookAgain));
  } else {
    client_watch_->Set(net::Deadline::After(kGrace));
  }
}

// A COPY whose data will not be completed. What PostgreSQL says then, if anybody listens.
void Session::LoseCopyData() {
  SendError({std::string(sqlstate::kConnectionFailure),
             "unexpected EOF on client connection with an open transaction"});
  SendError(
      {std::string(sqlstate::kProtocolViolation), "terminating connection because protocol synchronization was lost"},
      wire::Severity::kFatal);
  EndClient();
  event_.Notify();
}

}  // namespace pgshoal::session
