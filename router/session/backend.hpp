#pragma once
// A server connection while one session uses it: what has been asked of it and not yet answered, and what is to happen
// with the answers. Used on the session's thread only.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/status.hpp"
#include "router/exec/connection_pool.hpp"
#include "router/session/fifo.hpp"
#include "router/session/pins.hpp"

namespace pgshoal::session {

struct PlannedText;
struct PreparedStatement;

// One request that was sent; the message type that ends its answer is known from it.
enum class Request : std::uint8_t {
  kParse,              // '1'
  kBind,               // '2'
  kDescribeStatement,  // 't', then 'T' or 'n'
  kDescribePortal,     // 'T' or 'n'
  kExecute,            // 'C', 'I' or 's'
  kClose,              // '3'
  kSync,               // 'Z'
  kQuery,              // 'Z'
  kLocal,              // nothing was sent: bytes of our own that are due here
};

enum class Handling : std::uint8_t {
  kForward,              // to the client as it comes (but ReadyForQuery, which the session makes itself)
  kSwallow,              // nobody sees it; the first error is kept in Backend::error
  kSwallowForwardError,  // nobody sees it, but its error is the client's
  kSink,                 // to Backend::sink; the first error is kept in Backend::error
};

struct Backend;

// Takes the messages of requests handled by kSink.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // Whole messages only; `body` is valid during the call. Not called for errors, notices and ReadyForQuery.
  virtual void OnMessage(Backend& from, char type, std::string_view body) = 0;
  // False: the backend's bytes stay where they are until this is true.
  virtual bool Wants(const Backend& from) const = 0;
};

struct Pending {
  Request request = Request::kQuery;
  Handling handling = Handling::kForward;
  std::shared_ptr<PreparedStatement> confirms;  // kParse, kLocal: exists for the client once this is answered
  std::shared_ptr<const PlannedText> parses;    // kParse: the server does not have it if this fails
  std::shared_ptr<const PlannedText> describes = nullptr;  // kDescribeStatement: its columns are not known yet

  void Drop() {
    if (confirms) confirms.reset();
    if (parses) parses.reset();
    if (describes) describes.reset();
  }
};

// What a Backend is made as new by at once, when it goes from one session to another.
struct BackendState {
  ShardId shard;
  MessageSink* sink = nullptr;
  bool notices_pass = false;  // notices of sunk requests are the client's

  char status = 'I';                    // of the last ReadyForQuery
  bool joined = false;                  // the client's transaction block is open here
  bool wrote = false;                   // something in this transaction may have written here
  bool in_batch = false;                // extended-protocol requests were sent since the last Sync
  bool bound = false;                   // among them a Bind: what follows may have effects here
  bool skipping = false;                // the server discards requests until Sync
  bool settings_due = false;            // it has not got the client's settings yet
  bool copy_in = false;                 // the server waits for COPY data
  bool lost = false;                    // the connection broke while it was lent
  bool kept = false;                    // over more than one transaction: it is made as new before others get it
  Pins pins;                            // not empty: it stays with this client between transactions
  bool suspect = false;                 // what ran here may have changed what `pins` should say: see pins.cc
  bool touched = false;                 // code of users has run: others get it only when it is made as new
  std::uint64_t unnamed_statement = 0;  // id of what the unnamed statement holds here; 0: nothing of ours

  std::size_t body_left = 0;  // of a message that is passed on in pieces
  bool body_forwarded = false;
  int position_shift = 0;  // characters before the statement in the client's text
};

struct Backend : BackendState {
  exec::Lease lease;
  Fifo<Pending> pending;
  Fifo<std::string> local_replies;  // one for each pending kLocal
  std::optional<SqlError> error;

  // As new, but for memory that it keeps. REQUIRES: !lease
  void Recycle() {
    static_cast<BackendState&>(*this) = BackendState();
    pending.clear();
    local_replies.clear();
    error.reset();
  }
  bool Busy() const { return !pending.empty() || body_left > 0; }
  bool LocalComesNext() const { return !pending.empty() && pending.front().request == Request::kLocal; }
  std::string* Output() { return &lease->stream->OutputBuffer(); }
  // On a connection that is lost nothing can be expected: the answer is an error at once.
  void Expect(Request request, Handling handling) {
    if (!lost) {
      pending.push_back({request, handling, nullptr, nullptr});
    } else if (!error.has_value()) {
      error = SqlError{std::string(sqlstate::kConnectionFailure), "the connection to a shard was lost"};
    }
  }
};

}  // namespace pgshoal::session
