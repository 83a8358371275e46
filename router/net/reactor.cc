#include "router/net/reactor.hpp"

#include <cassert>

#include "router/net/reactor_core.hpp"

namespace pgshoal::net {

using internal::ReactorCore;

absl::StatusOr<std::unique_ptr<Reactor>> Reactor::Create(Backend backend) {
  auto core = std::make_unique<ReactorCore>();
  if (absl::Status status = core->Init(backend); !status.ok()) return status;
  auto reactor = std::unique_ptr<Reactor>(new Reactor(std::move(core)));
  reactor->core_->owner = reactor.get();
  return reactor;
}

Reactor::Reactor(std::unique_ptr<ReactorCore> core) : core_(std::move(core)) {}

Reactor::~Reactor() = default;

void Reactor::Run() {
  core_->Run();
}
void Reactor::Stop() {
  core_->Stop();
}
void Reactor::Post(absl::AnyInvocable<void()> function) {
  core_->mailbox()->Post(std::move(function));
}
void Reactor::Spawn(Task<void> task) {
  core_->Spawn(std::move(task));
}
Clock::time_point Reactor::Now() const {
  return core_->now();
}
Backend Reactor::backend() const {
  return core_->backend().kind();
}
ReactorStats Reactor::Stats() const {
  return core_->stats;
}

Poster Reactor::MakePoster() const {
  Poster poster;
  poster.mailbox_ = core_->mailbox();
  return poster;
}

bool Poster::Post(absl::AnyInvocable<void()> function) const {
  return mailbox_->Post(std::move(function));
}

Reactor& Reactor::Current() {
  assert(ReactorCore::current != nullptr);
  return *ReactorCore::current->owner;
}

Reactor* Reactor::CurrentOrNull() {
  return ReactorCore::current == nullptr ? nullptr : ReactorCore::current->owner;
}

struct Timer::Node : internal::TimerNode {
  absl::AnyInvocable<void()> function;
  ReactorCore* reactor = nullptr;
};

Timer::Timer(Reactor& reactor, absl::AnyInvocable<void()> function) : Timer(std::move(function)) {
  node_->reactor = &reactor.core();
}

Timer::Timer(absl::AnyInvocable<void()> function) : node_(std::make_unique<Node>()) {
  node_->function = std::move(function);
  node_->fire = [](internal::TimerNode* node) { static_cast<Node*>(node)->function(); };
}

Timer::~Timer() = default;

void Timer::Set(Deadline deadline) {
  ReactorCore* reactor = node_->reactor != nullptr ? node_->reactor : ReactorCore::current;
  reactor->SetTimer(*node_, deadline);
}
void Timer::Cancel() {
  node_->Unlink();
}
bool Timer::IsSet() const {
  return node_->Linked();
}

}  // namespace pgshoal::net
