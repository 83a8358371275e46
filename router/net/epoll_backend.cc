// The backend for every Linux: readiness from an edge-triggered epoll, then plain recv and send.
//
// A stream is registered once and for all for input; readiness is remembered in `readable`, so pausing, resuming and
// limits cost no system call. Only a send that does not fit registers for room.

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "router/net/backend.hpp"
#include "router/net/epoll_set.hpp"
#include "router/net/reactor_core.hpp"
#include "router/net/stream_core.hpp"

namespace pgshoal::net::internal {
namespace {

// Receives from one stream in a row before others get their turn.
constexpr int kReceivesPerTurn = 4;

// recv and send themselves are cancellation points, which threads here never use and which cost more than the call's
// own way through the library.
ssize_t ReceiveNow(int fd, char* data, std::size_t size) {
  return syscall(SYS_recvfrom, fd, data, size, MSG_DONTWAIT, nullptr, nullptr);
}
ssize_t SendNow(int fd, std::string_view bytes) {
  return syscall(SYS_sendto, fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT, nullptr, 0);
}

constexpr std::uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLET;

class EpollBackend final : public IoBackend {
 public:
  explicit EpollBackend(ReactorCore& reactor) : reactor_(reactor) {}
  int fd() const { return set_.fd(); }

  Backend kind() const override { return Backend::kEpoll; }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

  void Update(StreamCore& stream) override {
    if (!stream.registered) {
      if (stream.readable) Receive(stream);  // what has come before it was accepted
      Register(stream);
    }
    Send(stream);
    if (stream.readable) Receive(stream);
  }

  void Close(StreamCore* stream) override {
    set_.ForgetStream(*stream);
    ++reactor_.stats.system_calls;
    delete stream;
  }

  bool TryForget(StreamCore& stream) override {
    if (stream.registered) set_.RemoveStream(stream);
    stream.registered = stream.readable = stream.want_write = stream.stalled = false;
    return true;
  }

  void Wait(bool block) override {
    ++reactor_.stats.system_calls;
    set_.Dispatch(
        block ? -1 : 0,
        [](void* self, StreamCore& stream, std::uint32_t events) {
          static_cast<EpollBackend*>(self)->OnEvents(stream, events);
        },
        this);
  }

  void AddWatch(Watch& watch, WatchMode mode) override { set_.AddWatch(watch, mode); }
  void RemoveWatch(Watch& watch) override { set_.RemoveWatch(watch); }

 private:
  void Register(StreamCore& stream) {
    stream.registered = true;
    stream.readable = false;  // adding tells what has come before
    ++reactor_.stats.system_calls;
    if (const int error = set_.AddStream(stream, kInput); error != 0) stream.Fail(error);
  }

  void OnEvents(StreamCore& stream, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && stream.want_write) Send(stream);
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) stream.hung_up = true;
    if ((events & ~EPOLLOUT) != 0) {
      stream.readable = true;
      Receive(stream);
    }
  }

  void Receive(StreamCore& stream) {
    BlockPool& pool = reactor_.blocks();
    for (int i = 0; stream.WantsInput(); ++i) {
      if (i == kReceivesPerTurn) {
        stream.MarkDirty();
        return;
      }
      // What is encrypted does not go to the input as it comes.
      char* const block = stream.tls != nullptr ? pool.Get(kBlockSize) : nullptr;
      InputBuffer::Tail tail = block != nullptr ? InputBuffer::Tail{block, kBlockSize} : stream.input.GetTail(pool);
      tail.size = std::min(tail.size, std::max(stream.input_limit - stream.input.Size(), kBlockSize));
      ++reactor_.stats.system_calls;
      const ssize_t n = ReceiveNow(stream.fd, tail.data, tail.size);
      if (n > 0) {
        if (block != nullptr) {
          stream.Encrypted({block, static_cast<std::size_t>(n)});
          pool.Put(block, kBlockSize);
        } else {
          stream.InputFilled(static_cast<std::size_t>(n));
        }
        if (static_cast<std::size_t>(n) == tail.size) continue;
        // A short receive has emptied the socket; but the end after it is no new edge. Whoever sent its last words is
        // often closed before that is looked at.
        if (stream.hung_up) return stream.MarkDirty();
        stream.readable = stream.stalled = false;
        return;
      }
      const int error = errno;
      if (block != nullptr) {
        pool.Put(block, kBlockSize);
      } else {
        stream.input.DropTail(pool);
      }
      if (n < 0 && error == EINTR) continue;
      stream.readable = stream.stalled = false;
      if (n == 0) {
        stream.End();
      } else if (error != EAGAIN) {
        stream.Fail(error);
      }
      return;
    }
    stream.stalled = true;
  }

  void Send(StreamCore& stream) {
    if (stream.error != 0) {
      stream.DropOutput();
      return;
    }
    while (true) {
      const std::string_view bytes = stream.Outgoing();
      if (bytes.empty()) break;
      ++reactor_.stats.system_calls;
      const ssize_t n = SendNow(stream.fd, bytes);
      if (n >= 0) {
        stream.Sent(static_cast<std::size_t>(n));
        if (static_cast<std::size_t>(n) == bytes.size()) continue;
      } else if (errno == EINTR) {
        continue;
      } else if (errno != EAGAIN) {
        SendFailed(stream, errno);
        return;
      }
      WantRoom(stream, true);
      return;
    }
    if (stream.want_write) WantRoom(stream, false);
    if (stream.WantsShutdown()) {
      stream.shutdown_done = true;
      ++reactor_.stats.system_calls;
      shutdown(stream.fd, SHUT_WR);
    }
  }

  // What the peer said before it went (a server's last error message) is still to be had.
  void SendFailed(StreamCore& stream, int error) {
    stream.DropOutput();
    if (!stream.eof) Receive(stream);
    stream.Fail(error);
  }

  void WantRoom(StreamCore& stream, bool wanted) {
    if (stream.want_write == wanted) return;
    // Registered for room, a unix socket wakes us at each of its peer's receives; a TCP one only after a full buffer.
    if (!wanted && !stream.is_unix) return;
    stream.want_write = wanted;
    ++reactor_.stats.system_calls;
    set_.ModifyStream(stream, wanted ? kInput | EPOLLOUT : kInput);
  }

  ReactorCore& reactor_;
  EpollSet set_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<IoBackend>> MakeEpollBackend(ReactorCore& reactor) {
  auto backend = std::make_unique<EpollBackend>(reactor);
  if (backend->fd() < 0) return absl::UnavailableError(fmt::format("epoll_create1: {}", std::strerror(errno)));
  return backend;
}

}  // namespace pgshoal::net::internal
