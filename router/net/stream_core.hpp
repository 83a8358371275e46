#pragma once
// The state of one stream, shared by its owner's handle, the reactor and the backend.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "router/net/buffers.hpp"
#include "router/net/event.hpp"
#include "router/net/node.hpp"
#include "router/net/output_filter.hpp"

namespace pgshoal::net::internal {

class ReactorCore;
class TlsLayer;

// The lists of its reactor that a stream is in: of all streams, and of those to update at the end of the turn.
struct InReactor : ListNode {};
struct InDirty : ListNode {};

class StreamCore : private InReactor, private InDirty {
 public:
  StreamCore(int fd, bool is_unix);
  ~StreamCore();  // closes fd

  // --- for the handle
  bool HasNews() const { return input.Size() != 0 || eof || error != 0; }
  std::size_t Pending() const { return out.size() + sending.size() - sent + (tls == nullptr ? 0 : PendingInTls()); }
  // Marks the stream for the end of the turn.
  std::string& Output() {
    if (out.empty() || !dirty().Linked()) PrepareOutput();
    return out;
  }
  void Consume(std::size_t n);
  void MarkDirty();

  // --- for backends
  bool WantsInput() const { return !paused && !releasing && !eof && error == 0 && input.Size() < input_limit; }
  // The bytes to hand to the kernel next, empty if none; stable until Sent() has covered them.
  std::string_view Outgoing() {
    if (sending.empty()) {
      sent = 0;
      if (tls == nullptr && out.empty()) return {};
      TakeOutput();
    }
    return std::string_view(sending).substr(sent);
  }
  void Sent(std::size_t n);
  void DropOutput();  // after an error
  bool WantsShutdown() const { return shutdown_wanted && !shutdown_done && error == 0 && Pending() == 0; }

  // What has happened. Each notifies the event.
  void TakeInput(char* block, std::size_t size);  // a small block of the reactor's pool
  void InputFilled(std::size_t n);                // n bytes in the tail of `input`
  void Encrypted(std::string_view bytes);         // received; `tls` makes input of them
  void End();
  void Fail(int errno_value);
  void Notify() {
    if (event != nullptr) event->Notify();
  }

  ReactorCore* reactor = nullptr;
  std::unique_ptr<TlsLayer> tls;
  std::unique_ptr<OutputFilter> filter;  // of `out`, before anything else sees it
  int fd;
  int error = 0;
  Event* event = nullptr;
  InputBuffer input;
  std::uint32_t input_limit = std::uint32_t{64} << 10;
  std::uint32_t low_water = limits::kMaxBufferedOutput / 2;
  std::string out;      // written, not yet offered
  std::string sending;  // offered; its first `sent` bytes are gone
  std::size_t sent = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;  // over its life

  bool is_unix : 1;
  bool paused : 1 = false;
  bool eof : 1 = false;
  bool shutdown_wanted : 1 = false;
  bool shutdown_done : 1 = false;
  bool releasing : 1 = false;
  bool closed : 1 = false;  // the handle is gone, the backend finishes
  // The backend is not receiving at the moment although it could: tell it when input is wanted again.
  bool stalled : 1 = false;

  // The backend's own.
  bool registered : 1 = false;
  bool readable : 1 = false;        // the kernel may have more, which nothing will tell: to be received at once
  bool hung_up : 1 = false;         // epoll: the peer has ended
  bool want_write : 1 = false;      // epoll: waiting for room; io_uring: a send is under way
  bool cancelling : 1 = false;      // io_uring: the receive is being cancelled
  bool sending_inline : 1 = false;  // io_uring: sent by this turn's system call unless that says otherwise
  bool blocked : 1 = false;         // io_uring: the last send did not fit
  int send_error = 0;               // io_uring: the send has failed, the receive is still ending

  ListNode& in_reactor() { return static_cast<InReactor&>(*this); }
  ListNode& dirty() { return static_cast<InDirty&>(*this); }
  // Of nodes that the two above have given.
  static StreamCore& FromReactor(ListNode* node) { return *static_cast<StreamCore*>(static_cast<InReactor*>(node)); }
  static StreamCore& FromDirty(ListNode* node) { return *static_cast<StreamCore*>(static_cast<InDirty*>(node)); }

 private:
  std::size_t PendingInTls() const;
  void PrepareOutput();
  void TakeOutput();  // into `sending`
};

}  // namespace pgshoal::net::internal
