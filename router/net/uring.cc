#include "router/net/uring.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace pgshoal::net::internal {
namespace {

// Completions that may wait unread beside each submission slot.
constexpr unsigned kCompletionsPerSubmission = 4;

absl::Status Unavailable(const char* what, int error) {
  return absl::UnavailableError(fmt::format("io_uring: {}: {}", what, std::strerror(error)));
}

}  // namespace

absl::Status Uring::Open(unsigned entries) {
  io_uring_params params{};
  params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED |
                 IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = entries * kCompletionsPerSubmission;
  if (const int error = io_uring_queue_init_params(entries, &ring, &params); error != 0) {
    return Unavailable("setup", -error);
  }
  open_ = true;
  const std::size_t bytes = kReceiveBuffers * sizeof(io_uring_buf);
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), bytes) != 0) {
    return Unavailable("buffers", ENOMEM);
  }
  std::memset(memory, 0, bytes);
  buffers_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
  registration.ring_entries = kReceiveBuffers;
  registration.bgid = kBufferGroup;
  if (const int error = io_uring_register_buf_ring(&ring, &registration, 0); error != 0) {
    return Unavailable("buffers", -error);
  }
  io_uring_buf_ring_init(buffers_);
  for (unsigned i = 0; i < kReceiveBuffers; ++i) {
    blocks_[i] = pool_.Get(kSmallBlockSize);
    io_uring_buf_ring_add(buffers_, blocks_[i], kSmallBlockSize, static_cast<unsigned short>(i),
                          io_uring_buf_ring_mask(kReceiveBuffers), static_cast<int>(i));
  }
  io_uring_buf_ring_advance(buffers_, kReceiveBuffers);
  return absl::OkStatus();
}

absl::Status Uring::Enable() {
  // liburing 2.3 declares io_uring_enable_rings but its shared library lacks it.
  if (syscall(__NR_io_uring_register, ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) != 0) {
    return Unavailable("enable", errno);
  }
  io_uring_register_ring_fd(&ring);  // saves a look-up per call; no harm if refused
  return absl::OkStatus();
}

void Uring::Close() {
  if (!open_) return;
  open_ = false;
  io_uring_queue_exit(&ring);
  for (char*& block : blocks_) {
    if (block != nullptr) pool_.Put(block, kSmallBlockSize);
    block = nullptr;
  }
  std::free(buffers_);
  buffers_ = nullptr;
}

io_uring_sqe* Uring::NewSubmission(std::uint64_t user_data, std::uint64_t& system_calls) {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  while (sqe == nullptr) {
    ++system_calls;
    io_uring_submit_and_get_events(&ring);
    sqe = io_uring_get_sqe(&ring);
  }
  std::memset(sqe, 0, sizeof *sqe);
  sqe->user_data = user_data;
  return sqe;
}

void Uring::PrepareReceive(io_uring_sqe* sqe, int fd) {
  const std::uint64_t user_data = sqe->user_data;
  io_uring_prep_recv_multishot(sqe, fd, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = kBufferGroup;
  sqe->user_data = user_data;
}

void Uring::PrepareInlineReceive(io_uring_sqe* sqe, int fd, void* data, std::size_t size) {
  const std::uint64_t user_data = sqe->user_data;
  io_uring_prep_recv(sqe, fd, data, size, MSG_DONTWAIT);
  sqe->user_data = user_data;
}

// MSG_DONTWAIT keeps the kernel from waiting for room, MSG_WAITALL makes a partial send count as a failure, and
// failures alone are reported.
void Uring::PrepareInlineSend(io_uring_sqe* sqe, int fd, const void* data, std::size_t size) {
  const std::uint64_t user_data = sqe->user_data;
  io_uring_prep_send(sqe, fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_WAITALL);
  sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  sqe->user_data = user_data;
}

char* Uring::TakeBuffer(unsigned completion_flags) {
  const unsigned id = completion_flags >> IORING_CQE_BUFFER_SHIFT;
  char* const taken = blocks_[id];
  blocks_[id] = pool_.Get(kSmallBlockSize);
  io_uring_buf_ring_add(buffers_, blocks_[id], kSmallBlockSize, static_cast<unsigned short>(id),
                        io_uring_buf_ring_mask(kReceiveBuffers), replaced_++);
  return taken;
}

void Uring::ReturnBuffers() {
  if (replaced_ == 0) return;
  io_uring_buf_ring_advance(buffers_, replaced_);
  replaced_ = 0;
}

namespace {

absl::Status TryOut() {
  BlockPool pool;
  Uring uring(pool);
  if (absl::Status status = uring.Open(8); !status.ok()) return status;
  if (absl::Status status = uring.Enable(); !status.ok()) return status;
  if ((uring.ring.features & IORING_FEAT_CQE_SKIP) == 0) return Unavailable("silent completions", ENOSYS);
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0) return Unavailable("socket", errno);
  std::uint64_t calls = 0;
  uring.PrepareReceive(uring.NewSubmission(1, calls), fds[0]);
  uring.PrepareInlineSend(uring.NewSubmission(2, calls), fds[1], "?", 1);
  __kernel_timespec limit{5, 0};
  io_uring_cqe* cqe = nullptr;
  const int submitted = io_uring_submit_and_wait_timeout(&uring.ring, &cqe, 1, &limit, nullptr);
  absl::Status status;
  if (submitted < 0 || cqe == nullptr) {
    status = Unavailable("trial", submitted < 0 ? -submitted : ETIME);
  } else if (cqe->user_data != 1 || cqe->res != 1 || (cqe->flags & IORING_CQE_F_BUFFER) == 0 ||
             (cqe->flags & IORING_CQE_F_MORE) == 0) {
    status = Unavailable("multishot receive", cqe->res < 0 ? -cqe->res : ENOSYS);
  }
  close(fds[0]);
  close(fds[1]);
  return status;
}

}  // namespace

const absl::Status& UringWorks() {
  static const absl::Status* const status = new absl::Status(TryOut());
  return *status;
}

}  // namespace pgshoal::net::internal
