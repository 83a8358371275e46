#include "router/net/event.hpp"

#include <utility>

#include "router/net/reactor_core.hpp"

namespace pgshoal::net {

using internal::ReactorCore;

Event::Event() {
  ready_.event = this;
  ready_.run = [](internal::ReadyNode* node) {
    Event& event = *static_cast<Ready*>(node)->event;
    event.timer_.Unlink();
    std::exchange(event.waiter_, nullptr).resume();
  };
  timer_.event = this;
  timer_.fire = [](internal::TimerNode* node) {
    Event& event = *static_cast<Timer*>(node)->event;
    if (event.waiter_ && !event.ready_.Linked()) ReactorCore::current->MakeReady(event.ready_);
  };
}

Event::~Event() = default;

void Event::Notify() {
  set_ = true;
  if (waiter_ && !ready_.Linked()) ReactorCore::current->MakeReady(ready_);
}

void Event::Suspend(std::coroutine_handle<> waiter, Deadline deadline) {
  waiter_ = waiter;
  ReactorCore::current->SetTimer(timer_, deadline);
}

void Event::Forget() {
  waiter_ = nullptr;
  ready_.Unlink();
  timer_.Unlink();
}

}  // namespace pgshoal::net
