#include "router/net/reactor_core.hpp"

#include <fmt/format.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace pgshoal::net::internal {
namespace {

// Rounds of ready coroutines in one turn before the kernel is looked at again.
constexpr int kRoundsPerTurn = 16;

std::uint64_t MillisecondsDown(Clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

std::uint64_t MillisecondsUp(Clock::time_point time) {
  const auto since = time.time_since_epoch();
  if (since <= Clock::duration::zero()) return 0;
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(since).count());
}

// A spawned task: a coroutine that awaits it and then destroys itself.
struct Root {
  struct TaskNode : ListNode {};  // in the reactor's list of tasks
  struct promise_type : ReadyNode, TaskNode {
    ReactorCore* reactor = nullptr;

    ~promise_type() {
      if (reactor != nullptr) --reactor->stats.tasks;
    }
    Root get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Root MakeRoot(Task<void> task) {
  co_await task;
}

}  // namespace

thread_local ReactorCore* ReactorCore::current = nullptr;

ReactorCore::ReactorCore()
    : now_(Clock::now()), wheel_(MillisecondsDown(now_)), mailbox_(std::make_shared<Mailbox>()) {}

absl::Status ReactorCore::Init(Backend wanted) {
  absl::StatusOr<std::unique_ptr<IoBackend>> made =
      wanted == Backend::kEpoll ? MakeEpollBackend(*this) : MakeUringBackend(*this);
  if (!made.ok() && wanted == Backend::kAuto) made = MakeEpollBackend(*this);
  if (!made.ok()) return made.status();
  backend_ = *std::move(made);

  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (timer_fd_ < 0 || mailbox_->fd() < 0) {
    return absl::UnavailableError(fmt::format("cannot make a timer or event descriptor: {}", std::strerror(errno)));
  }
  timer_watch_.fd = timer_fd_;
  timer_watch_.ready = [this] { armed_ = TimerWheel::kNever; };
  backend_->AddWatch(timer_watch_, WatchMode::kReadableEdge);
  mail_watch_.fd = mailbox_->fd();
  mail_watch_.ready = [] {};  // being awake is enough, and an edge needs no reading
  backend_->AddWatch(mail_watch_, WatchMode::kReadableEdge);
  current = this;
  return absl::OkStatus();
}

ReactorCore::~ReactorCore() {
  ReactorCore* const outer = current == this ? nullptr : current;
  current = this;
  mailbox_->Close();
  DestroyTasks();
  if (backend_ != nullptr) {
    backend_->Stop();
    while (streams_.Linked()) {
      StreamCore& stream = StreamCore::FromReactor(streams_.next);
      stream.in_reactor().Unlink();
      stream.dirty().Unlink();
      stream.reactor = nullptr;
      close(stream.fd);
      stream.fd = -1;
    }
    backend_.reset();
  }
  if (timer_fd_ >= 0) close(timer_fd_);
  current = outer;
}

void ReactorCore::Run() {
  current = this;
  if (const absl::Status started = backend_->Start(); !started.ok()) {
    // Tried out before by Create(): a fault of the machine, and nobody could serve without it.
    fmt::print(stderr, "{}\n", started.ToString());
    std::abort();
  }
  while (!stop_.load(std::memory_order_relaxed)) Turn();
  mailbox_->Close();
  mail_.clear();
  DestroyTasks();
  backend_->Stop();
}

void ReactorCore::Stop() {
  stop_.store(true);
  // A function rather than a bare wake-up: mail is what keeps the loop from falling asleep just now.
  mailbox_->Post([] {});
}

void ReactorCore::Turn() {
  ++stats.turns;
  RunMail();
  for (int round = 0; round < kRoundsPerTurn && ready_.Linked(); ++round) RunReady();
  UpdateStreams();
  const bool block = !ready_.Linked() && !dirty_.Linked();
  ArmTimer();
  backend_->Wait(block && mailbox_->PrepareToSleep());
  mailbox_->Awake();
  now_ = Clock::now();
  wheel_.Advance(MillisecondsDown(now_));
}

void ReactorCore::RunMail() {
  mailbox_->Drain(mail_);
  for (auto& function : mail_) function();
  mail_.clear();
}

void ReactorCore::RunReady() {
  ListNode round;
  ready_.SpliceInto(round);
  while (round.Linked()) {
    auto* node = static_cast<ReadyNode*>(round.next);
    node->Unlink();
    node->run(node);
  }
}

void ReactorCore::UpdateStreams() {
  ListNode round;  // a stream may mark itself again for the next turn
  dirty_.SpliceInto(round);
  while (round.Linked()) {
    StreamCore& stream = StreamCore::FromDirty(round.next);
    stream.dirty().Unlink();
    backend_->Update(stream);
  }
}

void ReactorCore::SetTimer(TimerNode& node, Deadline deadline) {
  node.Unlink();
  if (!deadline.IsNever()) wheel_.Insert(node, MillisecondsUp(deadline.When()));
}

// The kernel's timer is only ever moved forward: a cancelled deadline leaves it, and it then fires for nothing.
void ReactorCore::ArmTimer() {
  const std::uint64_t wake = wheel_.NextWake();
  if (wake >= armed_) return;
  armed_ = wake;
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(wake / 1000);
  when.it_value.tv_nsec = static_cast<long>(wake % 1000) * 1'000'000;
  if (wake == 0) when.it_value.tv_nsec = 1;
  ++stats.system_calls;
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &when, nullptr);
}

void ReactorCore::AddStream(StreamCore& stream) {
  stream.reactor = this;
  streams_.PushBack(stream.in_reactor());
  ++stats.streams;
  MarkDirty(stream);
}

void ReactorCore::CloseStream(StreamCore* stream) {
  stream->closed = true;
  stream->event = nullptr;
  stream->in_reactor().Unlink();
  stream->dirty().Unlink();
  --stats.streams;
  backend_->Close(stream);
}

void ReactorCore::Spawn(Task<void> task) {
  const Root root = MakeRoot(std::move(task));
  Root::promise_type& promise = root.handle.promise();
  promise.reactor = this;
  promise.run = [](ReadyNode* node) {
    auto& self = static_cast<Root::promise_type&>(*node);
    std::coroutine_handle<Root::promise_type>::from_promise(self).resume();
  };
  tasks_.PushBack(static_cast<Root::TaskNode&>(promise));
  ++stats.tasks;
  MakeReady(promise);
}

void ReactorCore::DestroyTasks() {
  while (tasks_.Linked()) {
    auto& task = static_cast<Root::TaskNode&>(*tasks_.next);
    task.Unlink();
    std::coroutine_handle<Root::promise_type>::from_promise(static_cast<Root::promise_type&>(task)).destroy();
  }
}

}  // namespace pgshoal::net::internal
