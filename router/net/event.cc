#include "router/net/event.hpp"

#include <utility>

#include "router/net/reactor_core.hpp"

namespace pgshoal::net {

using internal::ReactorCore;

Event::Event() {
  run = [](internal::ReadyNode* node) {
    Event& event = *static_cast<Event*>(node);
    event.timer().Unlink();
    std::exchange(event.waiter_, nullptr).resume();
  };
  fire = [](internal::TimerNode* node) {
    Event& event = *static_cast<Event*>(node);
    if (event.waiter_ && !event.ready().Linked()) ReactorCore::current->MakeReady(event.ready());
  };
}

Event::~Event() = default;

void Event::Notify() {
  set_ = true;
  if (waiter_ && !ready().Linked()) ReactorCore::current->MakeReady(ready());
}

void Event::Suspend(std::coroutine_handle<> waiter, Deadline deadline) {
  waiter_ = waiter;
  ReactorCore::current->SetTimer(timer(), deadline);
}

void Event::Forget() {
  waiter_ = nullptr;
  ready().Unlink();
  timer().Unlink();
}

}  // namespace pgshoal::net
