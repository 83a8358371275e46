// The backend for Linux 6.1 and up where io_uring is allowed: one system call per turn of the loop.
//
// Each stream has one receive that stays armed and takes its buffers from a ring shared by all. How much one takes at a
// time is not ours to say: it is cancelled when more has come than the stream may hold, and what waits in the kernel is
// then fetched by receives of limited size, until a short one says that nothing is left. Sends are made so that
// the kernel does them while it takes them: whoever has no completion after the call has been sent. So a turn that
// relays messages submits its sends and sleeps until the next bytes arrive in a single call that nothing cuts short.
// A send that does not fit is submitted again as one that waits for room. Other descriptors (listeners, wake-ups,
// timer) sit in an epoll instance that the ring watches.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "router/net/backend.hpp"
#include "router/net/epoll_set.hpp"
#include "router/net/reactor_core.hpp"
#include "router/net/stream_core.hpp"
#include "router/net/uring.hpp"

namespace pgshoal::net::internal {
namespace {

constexpr unsigned kSubmissions = 2048;
// More than this is not expected to fit a socket at once.
constexpr std::size_t kMaxInlineSend = std::size_t{1} << 20;
constexpr std::size_t kMaxInlineReceive = std::size_t{64} << 10;
constexpr std::size_t kMaxSend = std::size_t{1} << 30;
constexpr int kStopRounds = 100;

// What a completion is about, in the low bits of user_data; the rest is the stream.
enum Tag : std::uint64_t { kNothing, kReceive, kInlineSend, kSend, kWatches, kInlineReceive, kTagMask = 7 };

struct InlineReceive {
  StreamCore* stream;
  InputBuffer::Tail tail;
};

class UringBackend final : public IoBackend {
 public:
  explicit UringBackend(ReactorCore& reactor) : reactor_(reactor), uring_(reactor.blocks()) {}
  ~UringBackend() override { Stop(); }
  absl::Status Open() { return uring_.Open(kSubmissions); }

  Backend kind() const override { return Backend::kIoUring; }

  absl::Status Start() override {
    started_ = true;
    return uring_.Enable();
  }

  void Update(StreamCore& stream) override {
    if (stream.error != 0 || stream.send_error != 0) {
      DropOutput(stream);
    } else if (!stream.want_write) {
      Send(stream);
    }
    const bool wants = stream.WantsInput() && stream.send_error == 0;
    if (wants && !stream.registered && stream.readable) {
      ReceiveInline(stream);
    } else if (wants && !stream.registered) {
      uring_.PrepareReceive(New(&stream, kReceive), stream.fd);
      stream.registered = true;
      stream.stalled = false;
      ++under_way_;
    } else if (!wants && stream.registered && !stream.cancelling) {
      io_uring_sqe* sqe = New(nullptr, kNothing);
      io_uring_prep_cancel64(sqe, Data(&stream, kReceive), 0);
      sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
      stream.cancelling = true;
      stream.stalled = true;
    } else if (!wants) {
      stream.stalled = true;
    }
  }

  void Close(StreamCore* stream) override {
    if (!stream->registered && !stream->want_write) {
      ++reactor_.stats.system_calls;
      delete stream;
      return;
    }
    io_uring_sqe* sqe = New(nullptr, kNothing);
    io_uring_prep_cancel_fd(sqe, stream->fd, IORING_ASYNC_CANCEL_ALL);
    sqe->user_data = kNothing;
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  }

  bool TryForget(StreamCore& stream) override {
    if (stream.registered || stream.want_write) return false;
    stream.stalled = stream.readable = false;
    return true;
  }

  void Wait(bool block) override {
    if (!watching_) {
      io_uring_sqe* sqe = New(nullptr, kWatches);
      io_uring_prep_poll_add(sqe, watches_.fd(), POLLIN);
      sqe->user_data = kWatches;
      watching_ = true;
      ++under_way_;
    }
    ++reactor_.stats.system_calls;
    if (block && !sends_awaited_) {
      io_uring_submit_and_wait(&uring_.ring, 1);
    } else {
      io_uring_submit_and_get_events(&uring_.ring);
    }
    // Rarely (out of memory) the kernel takes only a part; what it has not taken has not been sent.
    while (io_uring_sq_ready(&uring_.ring) > 0) {
      ++reactor_.stats.system_calls;
      io_uring_submit_and_get_events(&uring_.ring);
    }
    Reap();
    FinishInlineSends();
    inline_receives_.clear();
    if (watch_news_) {
      watch_news_ = false;
      ++reactor_.stats.system_calls;
      watches_.Dispatch(0, nullptr, nullptr);
    }
  }

  void Stop() override {
    if (!uring_.IsOpen()) return;
    if (started_) {
      io_uring_sqe* sqe = New(nullptr, kNothing);
      io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY);
      for (int round = 0; round < kStopRounds && under_way_ > 0; ++round) {
        io_uring_cqe* cqe = nullptr;
        __kernel_timespec limit{0, 10'000'000};
        io_uring_submit_and_wait_timeout(&uring_.ring, &cqe, 1, &limit, nullptr);
        Reap();
        FinishInlineSends();
      }
    }
    uring_.Close();
  }

  void AddWatch(Watch& watch, WatchMode mode) override { watches_.AddWatch(watch, mode); }
  void RemoveWatch(Watch& watch) override { watches_.RemoveWatch(watch); }

 private:
  static std::uint64_t Data(StreamCore* stream, Tag tag) { return reinterpret_cast<std::uintptr_t>(stream) | tag; }
  io_uring_sqe* New(StreamCore* stream, Tag tag) {
    return uring_.NewSubmission(Data(stream, tag), reactor_.stats.system_calls);
  }

  // REQUIRES: no send is under way.
  void Send(StreamCore& stream) {
    const std::string_view bytes = stream.Outgoing();
    if (bytes.empty()) {
      if (stream.WantsShutdown()) {
        stream.shutdown_done = true;
        ++reactor_.stats.system_calls;
        shutdown(stream.fd, SHUT_WR);
      }
      return;
    }
    if (stream.blocked || bytes.size() > kMaxInlineSend) {
      io_uring_sqe* sqe = New(&stream, kSend);
      io_uring_prep_send(sqe, stream.fd, bytes.data(), std::min(bytes.size(), kMaxSend), MSG_NOSIGNAL);
      sqe->user_data = Data(&stream, kSend);
      stream.want_write = true;
      ++under_way_;
    } else {
      uring_.PrepareInlineSend(New(&stream, kInlineSend), stream.fd, bytes.data(), bytes.size());
      stream.sending_inline = true;
      inline_sends_.push_back(&stream);
      sends_awaited_ |= stream.shutdown_wanted || stream.Pending() > stream.low_water;
    }
    stream.blocked = false;
  }

  // REQUIRES: no receive is under way.
  void ReceiveInline(StreamCore& stream) {
    InputBuffer::Tail tail{nullptr, kBlockSize};
    if (stream.tls != nullptr) {
      tail.data = reactor_.blocks().Get(kBlockSize);
    } else {
      const std::size_t wanted = std::max(stream.input_limit - stream.input.Size(), kBlockSize);
      tail = stream.input.GetTail(reactor_.blocks(), std::min(wanted, kMaxInlineReceive));
      tail.size = std::min(tail.size, wanted);
    }
    // Its place in the list instead of the stream itself, aligned as one.
    const std::uint64_t data = (inline_receives_.size() * (kTagMask + 1)) | kInlineReceive;
    io_uring_sqe* sqe = uring_.NewSubmission(data, reactor_.stats.system_calls);
    uring_.PrepareInlineReceive(sqe, stream.fd, tail.data, tail.size);
    inline_receives_.push_back({&stream, tail});
    stream.stalled = false;
  }

  void OnInlineReceive(const InlineReceive& receive, int result) {
    StreamCore& stream = *receive.stream;
    BlockPool& pool = reactor_.blocks();
    const std::size_t n = result > 0 ? static_cast<std::size_t>(result) : 0;
    if (stream.tls != nullptr) {
      if (n > 0) stream.Encrypted({receive.tail.data, n});
      pool.Put(receive.tail.data, kBlockSize);
    } else if (n > 0) {
      stream.InputFilled(n);
    } else {
      stream.input.DropTail(pool);
    }
    if (n < receive.tail.size && result != -EINTR) stream.readable = false;
    if (result == 0) {
      stream.End();
    } else if (result < 0 && result != -EAGAIN && result != -EINTR) {
      stream.Fail(-result);
    }
    stream.stalled = true;
    if (stream.WantsInput()) stream.MarkDirty();
    if (stream.releasing) stream.Notify();
  }

  void FinishInlineSends() {
    sends_awaited_ = false;
    for (StreamCore* stream : inline_sends_) {
      if (!stream->sending_inline) continue;
      stream->sending_inline = false;
      stream->Sent(stream->Outgoing().size());
      if (stream->shutdown_wanted) stream->MarkDirty();
    }
    inline_sends_.clear();
  }

  void Reap() {
    do {
      unsigned head = 0;
      unsigned count = 0;
      io_uring_cqe* cqe = nullptr;
      io_uring_for_each_cqe(&uring_.ring, head, cqe) {
        OnCompletion(*cqe);
        ++count;
      }
      io_uring_cq_advance(&uring_.ring, count);
      uring_.ReturnBuffers();
      // Completions that had no room: none may be missed, as silence means sent.
    } while (io_uring_cq_has_overflow(&uring_.ring) && io_uring_get_events(&uring_.ring) >= 0);
  }

  void OnCompletion(const io_uring_cqe& cqe) {
    auto* stream = reinterpret_cast<StreamCore*>(static_cast<std::uintptr_t>(cqe.user_data & ~std::uint64_t{kTagMask}));
    switch (static_cast<Tag>(cqe.user_data & kTagMask)) {
      case kReceive:
        OnReceive(*stream, cqe);
        break;
      case kInlineSend:
        stream->sending_inline = false;
        OnSent(*stream, cqe.res);
        break;
      case kSend:
        --under_way_;
        stream->want_write = false;
        if (stream->closed) {
          FinishClose(stream);
        } else {
          OnSent(*stream, cqe.res);
        }
        break;
      case kInlineReceive:
        OnInlineReceive(inline_receives_[cqe.user_data / (kTagMask + 1)], cqe.res);
        break;
      case kWatches:
        --under_way_;
        watching_ = false;
        watch_news_ = true;
        break;
      case kNothing:
      case kTagMask:
        break;
    }
  }

  void OnReceive(StreamCore& stream, const io_uring_cqe& cqe) {
    char* block = (cqe.flags & IORING_CQE_F_BUFFER) != 0 ? uring_.TakeBuffer(cqe.flags) : nullptr;
    const bool goes_on = (cqe.flags & IORING_CQE_F_MORE) != 0;
    if (!goes_on) {
      --under_way_;
      stream.registered = stream.cancelling = false;
    }
    if (block != nullptr && (stream.closed || cqe.res <= 0)) reactor_.blocks().Put(block, kSmallBlockSize);
    if (stream.closed) {
      if (!goes_on) FinishClose(&stream);
      return;
    }
    if (cqe.res > 0) {
      stream.TakeInput(block, static_cast<std::size_t>(cqe.res));
    } else if (stream.send_error != 0) {
      stream.Fail(stream.send_error);
    } else if (cqe.res == 0) {
      stream.End();
    } else if (cqe.res != -ENOBUFS && cqe.res != -ECANCELED && cqe.res != -EINTR && cqe.res != -EAGAIN) {
      stream.Fail(-cqe.res);
    }
    if (goes_on) {
      if (!stream.WantsInput()) stream.MarkDirty();  // cancel
      return;
    }
    // Nothing is received after a failed send, so whatever ended this receive is the end.
    if (stream.send_error != 0) stream.Fail(stream.send_error);
    stream.stalled = stream.readable = true;
    if (stream.WantsInput()) stream.MarkDirty();
    if (stream.releasing) stream.Notify();
  }

  void OnSent(StreamCore& stream, int result) {
    if (result >= 0) {
      stream.Sent(static_cast<std::size_t>(result));
    } else if (result != -EAGAIN && result != -EINTR) {
      // What the peer said before it went (a server's last error message) is still coming in.
      if (stream.registered) {
        stream.send_error = -result;
        DropOutput(stream);
      } else {
        DropOutput(stream);
        stream.Fail(-result);
      }
      return;
    }
    stream.blocked = stream.Pending() > 0;
    if (stream.blocked || stream.shutdown_wanted) stream.MarkDirty();
  }

  // The kernel may still read what has been offered to it.
  static void DropOutput(StreamCore& stream) {
    if (stream.want_write) {
      std::string().swap(stream.out);
    } else {
      stream.DropOutput();
    }
  }

  void FinishClose(StreamCore* stream) {
    if (stream->registered || stream->want_write) return;
    ++reactor_.stats.system_calls;
    delete stream;
  }

  ReactorCore& reactor_;
  Uring uring_;
  EpollSet watches_;
  bool started_ = false;
  bool watching_ = false;
  bool watch_news_ = false;
  std::size_t under_way_ = 0;  // operations that will have a last completion
  std::vector<StreamCore*> inline_sends_;
  std::vector<InlineReceive> inline_receives_;  // of this turn
  // Somebody is to be told when one of them is done. Its success has no completion, so it must not be slept for.
  bool sends_awaited_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<IoBackend>> MakeUringBackend(ReactorCore& reactor) {
  if (!UringWorks().ok()) return UringWorks();
  auto backend = std::make_unique<UringBackend>(reactor);
  if (absl::Status status = backend->Open(); !status.ok()) return status;
  return backend;
}

}  // namespace pgshoal::net::internal
