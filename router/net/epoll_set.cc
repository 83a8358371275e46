#include "router/net/epoll_set.hpp"

#include <unistd.h>

#include <cerrno>

#include "router/net/stream_core.hpp"

namespace pgshoal::net::internal {

EpollSet::EpollSet() : fd_(epoll_create1(EPOLL_CLOEXEC)) {}

EpollSet::~EpollSet() {
  if (fd_ >= 0) close(fd_);
}

void EpollSet::AddWatch(Watch& watch, WatchMode mode) {
  epoll_event event{};
  event.data.u64 = Tag(watch);
  switch (mode) {
    case WatchMode::kReadable:
      event.events = EPOLLIN;
      break;
    case WatchMode::kReadableExclusive:
      event.events = EPOLLIN | EPOLLEXCLUSIVE;
      break;
    case WatchMode::kReadableEdge:
      event.events = EPOLLIN | EPOLLET;
      break;
    case WatchMode::kWritable:
      event.events = EPOLLOUT;
      break;
  }
  epoll_ctl(fd_, EPOLL_CTL_ADD, watch.fd, &event);
}

void EpollSet::RemoveWatch(Watch& watch) {
  epoll_ctl(fd_, EPOLL_CTL_DEL, watch.fd, nullptr);
  ForgetTag(Tag(watch));
}

int EpollSet::AddStream(StreamCore& stream, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = Tag(stream);
  return epoll_ctl(fd_, EPOLL_CTL_ADD, stream.fd, &event) == 0 ? 0 : errno;
}

void EpollSet::ModifyStream(StreamCore& stream, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = Tag(stream);
  epoll_ctl(fd_, EPOLL_CTL_MOD, stream.fd, &event);
}

void EpollSet::RemoveStream(StreamCore& stream) {
  epoll_ctl(fd_, EPOLL_CTL_DEL, stream.fd, nullptr);
  ForgetTag(Tag(stream));
}

void EpollSet::ForgetTag(std::uint64_t tag) {
  for (int i = next_; i < count_; ++i) {
    if (events_[i].data.u64 == tag) events_[i].data.u64 = 0;
  }
}

int EpollSet::Dispatch(int timeout, StreamHandler handler, void* context) {
  const int count = epoll_wait(fd_, events_.data(), kBatch, timeout);
  if (count <= 0) return 0;
  count_ = count;
  for (next_ = 0; next_ < count_;) {
    const epoll_event event = events_[next_++];
    if (event.data.u64 == 0) continue;
    if ((event.data.u64 & 1) != 0) {
      reinterpret_cast<Watch*>(static_cast<std::uintptr_t>(event.data.u64 & ~std::uint64_t{1}))->ready();
    } else {
      handler(context, *reinterpret_cast<StreamCore*>(static_cast<std::uintptr_t>(event.data.u64)), event.events);
    }
  }
  next_ = count_ = 0;
  return count;
}

}  // namespace pgshoal::net::internal
