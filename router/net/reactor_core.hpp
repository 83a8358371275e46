#pragma once
// The loop behind Reactor, as the other files of this room see it.

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "router/net/backend.hpp"
#include "router/net/buffers.hpp"
#include "router/net/node.hpp"
#include "router/net/reactor.hpp"
#include "router/net/stream_core.hpp"
#include "router/net/timer_wheel.hpp"

namespace pgshoal::net::internal {

// Functions on their way to a reactor. Outlives it in the hands of Posters.
class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  int fd() const { return fd_; }

  bool Post(absl::AnyInvocable<void()> function);  // any thread; false once closed
  void Wake();                                     // any thread

  // The reactor's thread.
  void Drain(std::vector<absl::AnyInvocable<void()>>& into);
  void Close();
  bool PrepareToSleep();  // false when there is mail: do not sleep
  void Awake() { sleeping_.store(false, std::memory_order_relaxed); }

 private:
  const int fd_;
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> has_mail_{false};
  std::mutex mutex_;
  std::vector<absl::AnyInvocable<void()>> functions_;  // under mutex_
  bool closed_ = false;                                // under mutex_
};

class ReactorCore {
 public:
  ReactorCore();
  ~ReactorCore();
  absl::Status Init(Backend backend);

  // The core running, or being prepared, on this thread.
  static thread_local ReactorCore* current;

  void Run();
  void Stop();
  void Spawn(Task<void> task);

  void MakeReady(ReadyNode& node) { ready_.PushBack(node); }
  void MarkDirty(StreamCore& stream) {
    if (!stream.dirty().Linked()) dirty_.PushBack(stream.dirty());
  }
  void SetTimer(TimerNode& node, Deadline deadline);
  void AddStream(StreamCore& stream);
  void CloseStream(StreamCore* stream);

  IoBackend& backend() { return *backend_; }
  BlockPool& blocks() { return blocks_; }
  StringPool& strings() { return strings_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  Clock::time_point now() const { return now_; }

  ReactorStats stats;
  Reactor* owner = nullptr;

 private:
  void Turn();
  void RunReady();
  void RunMail();
  void UpdateStreams();
  void ArmTimer();
  void DestroyTasks();

  Clock::time_point now_;
  std::atomic<bool> stop_{false};
  ListNode ready_;
  ListNode dirty_;
  ListNode streams_;
  ListNode tasks_;
  BlockPool blocks_;
  StringPool strings_;
  TimerWheel wheel_;
  int timer_fd_ = -1;
  std::uint64_t armed_ = TimerWheel::kNever;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<absl::AnyInvocable<void()>> mail_;
  Watch mail_watch_;
  Watch timer_watch_;
  std::unique_ptr<IoBackend> backend_;
};

}  // namespace pgshoal::net::internal
