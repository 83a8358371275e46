// Timeouts of a client: idle, idle inside a transaction, a query's and a transaction's. Texts are PgBouncer's.

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

constexpr net::Clock::time_point kNotUnderWay{};

}  // namespace

void Session::NoteRequest() {
  if (clock_->request == kNotUnderWay) clock_->request = worker_->reactor->Now();
  SetAlarm();
}

void Session::NoteReady() {
  if (!clock_) {
    clock_ = std::make_unique<Clock>();
    clock_->alarm = std::make_unique<net::Timer>([this] { OnAlarm(); });
  }
  clock_->request = kNotUnderWay;
  clock_->ready = worker_->reactor->Now();
  if (block_ == Block::kNone) {
    clock_->transaction = kNotUnderWay;
  } else if (clock_->transaction == kNotUnderWay) {
    clock_->transaction = clock_->ready;
  }
  SetAlarm();
}

void Session::SetAlarm() {
  const exec::ClientRules& rules = View().rules;
  net::Deadline next = net::Deadline::Never();
  const auto consider = [&next](net::Clock::time_point since, exec::Millis timeout) {
    if (since != kNotUnderWay && timeout.count() > 0) next = std::min(next, net::Deadline::At(since + timeout));
  };
  consider(clock_->transaction, rules.transaction_timeout);
  if (clock_->request != kNotUnderWay) {
    consider(clock_->request, rules.query_timeout);
  } else {
    consider(clock_->ready, block_ == Block::kNone ? rules.client_idle_timeout : rules.idle_transaction_timeout);
  }
  if (next.IsNever()) {
    clock_->alarm->Cancel();
  } else {
    clock_->alarm->Set(next);
  }
}

void Session::OnAlarm() {
  const exec::ClientRules& rules = View().rules;
  const net::Clock::time_point now = worker_->reactor->Now();
  const auto over = [now](net::Clock::time_point since, exec::Millis timeout) {
    return since != kNotUnderWay && timeout.count() > 0 && now >= since + timeout;
  };
  if (over(clock_->transaction, rules.transaction_timeout)) return End("transaction timeout");
  if (clock_->request != kNotUnderWay) {
    if (over(clock_->request, rules.query_timeout)) return End("query timeout");
  } else if (block_ != Block::kNone) {
    if (over(clock_->ready, rules.idle_transaction_timeout)) return End("idle transaction timeout");
  } else if (over(clock_->ready, rules.client_idle_timeout)) {
    return End("client_idle_timeout");
  }
  SetAlarm();
}

void Session::End(std::string_view reason, std::string_view sqlstate) {
  if (ended_) return;
  bool in_message = false;  // half a message has gone out: nothing can be said
  for (auto& backend : backends_) {
    in_message = in_message || (backend->body_left > 0 && backend->body_forwarded);
    backend->body_forwarded = false;
    for (Pending& pending : backend->pending) {
      if (pending.handling == Handling::kForward || pending.handling == Handling::kSwallowForwardError) {
        pending.handling = Handling::kSwallow;
      }
    }
  }
  if (!in_message) {
    SqlError error;
    error.sqlstate = std::string(sqlstate);
    error.message = std::string(reason);
    SendError(error, wire::Severity::kFatal);
  }
  EndClient();
  if (AnyBusy()) Cancel();
  event_.Notify();
}

}  // namespace pgshoal::session
