#pragma once
// Event: "something happened" for one waiting coroutine.
//
// A session owns one Event and attaches all its streams to it. It waits for the event and then looks at the streams:
// that is how it waits for its client and several shards at once. The event is a flag, not a count: any number of
// notifications before the next Wait make one.

#include <coroutine>

#include "router/net/deadline.hpp"
#include "router/net/node.hpp"

namespace pgshoal::net {

// Belongs to one reactor thread, as does everything that is attached to it; other threads use Reactor::Post.
// Must outlive the streams attached to it, or they must be detached: declare it before them.
class Event : private internal::ReadyNode, private internal::TimerNode {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Sets the flag. A waiter is resumed by the reactor's loop in its next round, never inside this call.
  void Notify();
  bool IsSet() const { return set_; }
  void Clear() { set_ = false; }

  // co_await gives true, and clears the flag, once the event is notified; false once the deadline has passed.
  // A flag already set makes it true without suspending. At most one coroutine may wait at a time.
  class Waiter;
  [[nodiscard]] Waiter Wait(Deadline deadline = Deadline::Never());

 private:
  void Suspend(std::coroutine_handle<> waiter, Deadline deadline);
  void Forget();
  ReadyNode& ready() { return *this; }
  TimerNode& timer() { return *this; }

  std::coroutine_handle<> waiter_;
  bool set_ = false;
};

class [[nodiscard]] Event::Waiter {
 public:
  Waiter(Event* event, Deadline deadline) : event_(event), deadline_(deadline) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() {
    if (suspended_) event_->Forget();
  }
  bool await_ready() const noexcept { return event_->set_; }
  void await_suspend(std::coroutine_handle<> waiter) {
    suspended_ = true;
    event_->Suspend(waiter, deadline_);
  }
  bool await_resume() noexcept {
    suspended_ = false;
    const bool notified = event_->set_;
    event_->set_ = false;
    return notified;
  }

 private:
  Event* event_;
  Deadline deadline_;
  bool suspended_ = false;
};

inline Event::Waiter Event::Wait(Deadline deadline) {
  return Waiter(this, deadline);
}

// co_await SleepUntil(deadline) suspends until the deadline has passed.
class [[nodiscard]] SleepUntil {
 public:
  explicit SleepUntil(Deadline deadline) : waiter_(&event_, deadline) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_.await_suspend(waiter); }
  void await_resume() noexcept { waiter_.await_resume(); }

 private:
  Event event_;
  Event::Waiter waiter_;
};

}  // namespace pgshoal::net
