#pragma once
// Stream: one connected byte stream (TCP or unix socket, later perhaps TLS).
//
// Input: the reactor receives by itself as long as reading is not paused, the peer has not ended, and fewer than the
// input limit's bytes wait unconsumed; that is the back-pressure. Output: Write() only appends; the bytes of one turn
// leave in one send at the turn's end. News (input, end, error, output drained) notify the attached Event. An idle
// stream holds no buffer.
//
// Used on its reactor's thread only. May be destroyed at any time there, whatever is under way; unsent output is lost.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "router/net/deadline.hpp"
#include "router/net/event.hpp"
#include "router/net/stream_core.hpp"
#include "router/net/task.hpp"

namespace pgshoal::net {

class Reactor;
class TlsContext;

// A connection on its way from one reactor to another; closed if it is not adopted. May cross threads.
class DetachedStream {
 public:
  DetachedStream(DetachedStream&&) noexcept;
  DetachedStream& operator=(DetachedStream&&) noexcept;
  ~DetachedStream();

 private:
  friend class Stream;
  explicit DetachedStream(internal::StreamCore* core) : core_(core) {}
  internal::StreamCore* core_;
};

struct PeerCredentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};

struct KeepAlive {
  int idle_seconds = 0;  // 0: the system's default
  int interval_seconds = 0;
  int count = 0;
  int user_timeout_ms = 0;  // TCP_USER_TIMEOUT
};

class Stream {
 public:
  // Takes ownership of a connected socket (e.g. of a socketpair, or handed over by another process).
  static std::unique_ptr<Stream> FromFd(Reactor& reactor, int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Who is notified of news; nullptr detaches. If the stream has news to tell already (input, end, error), the event
  // is notified at once.
  void Attach(Event* event) {
    core_->event = event;
    if (event != nullptr && core_->HasNews()) event->Notify();
  }

  // --- input
  // All bytes received and not consumed, contiguous. Valid until Consume() or the next suspension.
  std::string_view Input() const { return core_->input.View(); }
  // REQUIRES: n <= Input().size()
  void Consume(std::size_t n) { core_->Consume(n); }
  // Receiving stops at this many unconsumed bytes (a little more may arrive). Default 64 KiB. Raise it to await a
  // whole large message; the buffer grows to what has really arrived, not to the limit.
  void SetInputLimit(std::size_t limit);
  // After PauseReading a few bytes already under way may still arrive.
  void PauseReading();
  void ResumeReading();
  // The peer has ended its side and all its bytes are in Input().
  bool AtEof() const { return core_->eof; }
  // errno of the first failed operation, 0 if none; after one, nothing more is received or sent.
  int Error() const { return core_->error; }
  bool IsClosed() const { return AtEof() || Error() != 0; }
  // Asks the kernel, after AtEof: whether the peer takes nothing either. Over TCP that is known only after something
  // was sent to it.
  bool PeerIsGone() const;

  // --- output
  void Write(std::string_view bytes) {
    if (core_->error == 0 && !bytes.empty()) core_->Output().append(bytes);
  }
  // For composing in place: append only, within the current turn. Counts as a Write.
  std::string& OutputBuffer() { return core_->Output(); }
  // Bytes written and not yet taken by the kernel.
  std::size_t PendingOutput() const { return core_->Pending(); }
  // The event is notified when PendingOutput() falls from above `mark` to `mark` or less. Default 128 KiB.
  void SetLowWater(std::size_t mark);
  // From now on output passes through `filter` before it leaves; what is in OutputBuffer() already does, too.
  void SetOutputFilter(std::unique_ptr<OutputFilter> filter);
  // Ends our side once the output has left; the peer reads EOF. Nothing may be written after it.
  void ShutdownOutput();
  // Sends what is pending, then closes, without losing it to a reset when the peer is still sending: the peer's bytes
  // are discarded until it ends too. Closes at the deadline at the latest.
  static void CloseAfterFlush(std::unique_ptr<Stream> stream, Deadline deadline);

  // --- moving to another reactor
  // Stops receiving; unconsumed input travels along. FAILED_PRECONDITION (and the connection is closed) when output is
  // pending or an error has happened. The deadline-free wait is short: until the kernel has let go of the socket.
  static Task<absl::StatusOr<DetachedStream>> Release(std::unique_ptr<Stream> stream);
  static std::unique_ptr<Stream> Adopt(Reactor& reactor, DetachedStream detached);

  // --- the peer
  // "192.0.2.1:5432", "[2001:db8::1]:5432" or "unix".
  std::string PeerAddress() const;
  std::string LocalAddress() const;
  bool IsUnix() const;
  // Of a unix peer, as at connect.
  std::optional<PeerCredentials> Credentials() const;
  void SetKeepAlive(const KeepAlive& options);  // no effect on unix sockets
  int Fd() const;                               // to show only (SHOW FDS); -1 after the reactor is gone

  // For this room's own files.
  explicit Stream(internal::StreamCore* core) : core_(core) {}
  internal::StreamCore& core() const { return *core_; }

 private:
  internal::StreamCore* core_;
};

}  // namespace pgshoal::net
