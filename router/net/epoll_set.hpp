#pragma once
// An epoll instance: all of the epoll backend, and the watched descriptors beside the ring with io_uring.

#include <sys/epoll.h>

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "router/net/backend.hpp"

namespace pgshoal::net::internal {

class EpollSet {
 public:
  // What an event says about a stream.
  using StreamHandler = void (*)(void* context, StreamCore& stream, std::uint32_t events);

  EpollSet();
  ~EpollSet();
  EpollSet(const EpollSet&) = delete;
  EpollSet& operator=(const EpollSet&) = delete;
  int fd() const { return fd_; }

  void AddWatch(Watch& watch, WatchMode mode);
  void RemoveWatch(Watch& watch);
  // 0 or errno.
  int AddStream(StreamCore& stream, std::uint32_t events);
  void ModifyStream(StreamCore& stream, std::uint32_t events);
  void RemoveStream(StreamCore& stream);
  // The stream's descriptor is about to be closed, which takes it out of the kernel's set.
  void ForgetStream(StreamCore& stream) { ForgetTag(Tag(stream)); }

  // Waits (timeout in ms, -1 for ever) and dispatches what has come. The number of events.
  int Dispatch(int timeout, StreamHandler handler, void* context);

 private:
  static constexpr int kBatch = 256;
  static std::uint64_t Tag(StreamCore& stream) { return reinterpret_cast<std::uintptr_t>(&stream); }
  static std::uint64_t Tag(Watch& watch) { return reinterpret_cast<std::uintptr_t>(&watch) | 1; }
  void ForgetTag(std::uint64_t tag);

  int fd_;
  std::array<epoll_event, kBatch> events_;
  int next_ = 0;  // events_[next_, count_) are still to be dispatched
  int count_ = 0;
};

}  // namespace pgshoal::net::internal
