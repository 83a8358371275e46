#pragma once
// An io_uring with a ring of receive buffers, as the io_uring backend uses it. Includes liburing: for .cc files only.

#include <liburing.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "router/net/buffers.hpp"

namespace pgshoal::net::internal {

// Owned and entered by one thread, the one that calls Enable(); made by any.
class Uring {
 public:
  static constexpr unsigned kReceiveBuffers = 64;  // small blocks lent to the kernel at any time
  static constexpr int kBufferGroup = 0;

  explicit Uring(BlockPool& pool) : pool_(pool) {}
  ~Uring() { Close(); }
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  // UNAVAILABLE when the kernel or its policy does not give such a ring.
  absl::Status Open(unsigned entries);
  absl::Status Enable();
  // REQUIRES: nothing is under way.
  void Close();
  bool IsOpen() const { return open_; }

  // Never null: submits what is queued when the queue is full. `system_calls` counts that.
  io_uring_sqe* NewSubmission(std::uint64_t user_data, std::uint64_t& system_calls);
  // A receive that goes on until cancelled or failed, each time into a fresh buffer.
  void PrepareReceive(io_uring_sqe* sqe, int fd);
  // A receive that completes during submission: with what is there, or EAGAIN.
  void PrepareInlineReceive(io_uring_sqe* sqe, int fd, void* data, std::size_t size);
  // A send that completes during submission: only failure and partial success have a completion.
  void PrepareInlineSend(io_uring_sqe* sqe, int fd, const void* data, std::size_t size);

  // The buffer of a receive completion, which becomes the caller's; the kernel is lent another in its place after
  // ReturnBuffers().
  char* TakeBuffer(unsigned completion_flags);
  void ReturnBuffers();

  io_uring ring{};

 private:
  BlockPool& pool_;
  bool open_ = false;
  io_uring_buf_ring* buffers_ = nullptr;
  std::array<char*, kReceiveBuffers> blocks_{};
  int replaced_ = 0;
};

// Whether this machine's io_uring can do all that the backend relies on, tried out on a socket pair. OK or UNAVAILABLE
// with the reason; found out once per process.
const absl::Status& UringWorks();

}  // namespace pgshoal::net::internal
