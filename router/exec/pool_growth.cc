// How a pool grows and shrinks: opening connections, failures to, and looking after those that are idle.

#include <algorithm>
#include <utility>

#include "base/status.hpp"
#include "router/exec/connect_failure.hpp"
#include "router/exec/connection_pool.hpp"
#include "router/exec/idle_connection.hpp"
#include "router/net/tls.hpp"

namespace pgshoal::exec {

using internal::ConnectionRecord;
using internal::Host;

namespace {

// Whether the server was not there, or would not have anybody: an answer for all that ask, for a while.
bool IsTransient(const absl::Status& status) {
  const std::string state = ToSqlError(status).sqlstate;
  const std::string_view kind = std::string_view(state).substr(0, 2);
  return kind == "08" || kind == "53" || kind == "57" || kind == "58";
}

}  // namespace

Pool::Pool(std::shared_ptr<Host> host, Identity identity, ServerTarget target, PoolWorkers workers,
           std::shared_ptr<const PoolSettings> settings)
    : host_(std::move(host)),
      identity_(std::move(identity)),
      target_(std::move(target)),
      workers_(std::move(workers)),
      settings_(std::move(settings)),
      limits_(settings_->LimitsFor(identity_.database, target_.user)),
      login_(target_),
      last_used_(net::Clock::now()),
      idle_(workers_.reactors.size()) {
  absl::MutexLock lock(&host_->mutex);
  host_->pools.push_back(this);
}

Pool::~Pool() {
  absl::MutexLock lock(&host_->mutex);
  std::erase(host_->pools, this);
}

void Pool::Configure(std::shared_ptr<const PoolSettings> settings) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  settings_ = std::move(settings);
  limits_ = settings_->LimitsFor(identity_.database, target_.user);
  host_->ServeLines(&later);
}

void Pool::SetLogin(const ServerTarget& login) {
  absl::MutexLock lock(&host_->mutex);
  if (login_ == login) return;
  login_ = login;
  failing_ = false;
}

void Pool::Renew(bool retire) {
  absl::MutexLock lock(&host_->mutex);
  ++generation_;
  retired_ = retire;
  failing_ = false;
}

void Pool::Pause(bool paused) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  paused_ = paused;
  if (paused) return;
  for (const auto& waiter : line_) waiter->patience_from = net::Clock::now();
  host_->ServeLines(&later);
}

Pool::Why Pool::MayOpen() const {
  const net::Clock::time_point now = net::Clock::now();
  if (failing_) {
    if (opening_ > 0) return Why::kFailing;
    if (now < retry_at_ && (transient_ || Usable() > 0)) return Why::kFailing;
  }
  int size = limits_.size;
  if (limits_.reserve > 0) {
    const std::shared_ptr<Waiter> first = FirstInLine();
    if (first && now - first->since >= settings_->reserve_pool_timeout) size += limits_.reserve;
  }
  if (open_ >= size) return Why::kSize;
  if (limits_.max_user_connections > 0 && host_->OpenOfUser(target_.user) >= limits_.max_user_connections) {
    return Why::kUser;
  }
  if (limits_.max_db_connections > 0 && host_->open >= limits_.max_db_connections) return Why::kHost;
  return Why::kMayOpen;
}

int Pool::Usable() const {
  const auto stale = [this](const ConnectionRecord& record) {
    return record.pool == this && record.generation != generation_;
  };
  return open_ - static_cast<int>(std::count_if(host_->records.begin(), host_->records.end(), stale));
}

void Pool::Launch(int worker, Later* later) {
  ++open_;
  ++opening_;
  ++host_->open;
  net::Reactor* to = workers_.reactors[static_cast<std::size_t>(worker)];
  auto open = [self = shared_from_this(), to, worker] {
    net::Task<void> task = self->OpenOne(worker);
    to->Spawn(std::move(task));
  };
  later->Do([to, open = std::move(open)]() mutable { to->Post(std::move(open)); });
}

net::Task<void> Pool::OpenOne(int worker) {
  const std::shared_ptr<Pool> self = shared_from_this();
  net::Deadline deadline;
  ServerTarget login;
  {
    absl::MutexLock lock(&host_->mutex);
    login = login_;
    if (settings_->server_connect_timeout.count() > 0) {
      deadline = net::Deadline::After(settings_->server_connect_timeout);
    }
  }
  net::Reactor& reactor = *workers_.reactors[static_cast<std::size_t>(worker)];
  net::Task<absl::StatusOr<std::unique_ptr<ServerConnection>>> opening =
      OpenServerConnection(reactor, std::move(login), deadline);
  absl::StatusOr<std::unique_ptr<ServerConnection>> opened = co_await opening;
  Opened(worker, std::move(opened));
}

void Pool::Opened(int worker, absl::StatusOr<std::unique_ptr<ServerConnection>> opened) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  --opening_;
  if (!opened.ok()) {
    --open_;
    --host_->open;
    failing_ = true;
    transient_ = IsTransient(opened.status());
    retry_at_ = net::Clock::now() + settings_->server_login_retry;
    last_error_ = opened.status();
    // Nobody can be counted on to give one back to those in line.
    if (Usable() == 0 || internal::ServerIsAbsent(last_error_)) FailLine(last_error_, &later);
    host_->ServeLines(&later);
    return;
  }
  failing_ = false;
  std::unique_ptr<ServerConnection> connection = *std::move(opened);
  if (settings_->tcp_keepalive) connection->stream->SetKeepAlive(settings_->keepalive);
  static std::atomic<std::uint64_t> next_id{1};
  ConnectionRecord& record = host_->records.emplace_back();
  record.self = std::prev(host_->records.end());
  record.id = connection->id = next_id.fetch_add(1, std::memory_order_relaxed);
  record.pool = this;
  record.worker = worker;
  record.generation = generation_;
  record.connected_at = std::chrono::system_clock::now();
  record.connected = record.changed = net::Clock::now();
  record.pid = connection->pid;
  record.fd = connection->stream->Fd();
  record.remote = connection->stream->PeerAddress();
  record.local = connection->stream->LocalAddress();
  if (connection->tls != nullptr) record.tls = net::TlsNameOf(*connection->stream);
  connection->record = &record;
  if (limits_.server_lifetime.count() == 0 || forgotten_) {
    // To be used once: it must not be judged too old before that.
    if (std::shared_ptr<Waiter> first = FirstInLine()) return Serve(std::move(first), std::move(connection), &later);
  }
  PutBack(std::move(connection), &later);
}

void Pool::Tend(int worker) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  auto& idle = idle_[static_cast<std::size_t>(worker)];
  const net::Clock::time_point now = net::Clock::now();
  const Millis idle_timeout = settings_->server_idle_timeout;
  bool dropped = false;
  for (std::size_t i = 0; i < idle.size();) {
    const ConnectionRecord& record = *idle[i]->record;
    const bool healthy = IdleIsHealthy(*idle[i]);
    const int least = retired_ ? 0 : limits_.min_size;
    const bool unwanted = paused_ || record.generation != generation_ || open_ > limits_.size + limits_.reserve ||
                          (idle_timeout.count() > 0 && open_ > least && now - record.changed >= idle_timeout) ||
                          (limits_.server_lifetime.count() > 0 && LifetimeIsOver(record, now));
    if (healthy && !unwanted) {
      ++i;
      continue;
    }
    std::unique_ptr<ServerConnection> connection = std::move(idle[i]);
    idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
    Drop(std::move(connection), healthy, &later);
    dropped = true;
  }
  if (dropped || host_->waiting > 0) host_->ServeLines(&later);
}

void Pool::Replenish() {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  // A user that the server does not let in is tried when somebody asks.
  if (retired_ || paused_ || (failing_ && !transient_)) return;
  const int least = std::min(limits_.min_size, limits_.size);
  for (int worker = 0; open_ < least && MayOpen() == Why::kMayOpen; ++worker) {
    Launch(worker % static_cast<int>(workers_.reactors.size()), &later);
    if (failing_) return;
  }
}

void Pool::EvictOne(int worker) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  auto& idle = idle_[static_cast<std::size_t>(worker)];
  if (!idle.empty() && host_->waiting > 0) {
    std::unique_ptr<ServerConnection> connection = std::move(idle.front());
    idle.pop_front();
    Drop(std::move(connection), true, &later);
  }
  host_->ServeLines(&later);
}

void Pool::CloseIdle(int worker) {
  Later later;
  absl::MutexLock lock(&host_->mutex);
  auto& idle = idle_[static_cast<std::size_t>(worker)];
  while (!idle.empty()) {
    std::unique_ptr<ServerConnection> connection = std::move(idle.front());
    idle.pop_front();
    Drop(std::move(connection), false, &later);
  }
}

bool Pool::Forget(std::chrono::milliseconds since) {
  absl::MutexLock lock(&host_->mutex);
  forgotten_ = open_ == 0 && line_.empty() && net::Clock::now() - last_used_ >= since;
  return forgotten_;
}

int Pool::Open() const {
  absl::MutexLock lock(&host_->mutex);
  return open_;
}

int Pool::Stale() const {
  absl::MutexLock lock(&host_->mutex);
  return static_cast<int>(std::count_if(host_->records.begin(), host_->records.end(), [this](const auto& record) {
    return record.pool == this && record.generation != generation_;
  }));
}

std::shared_ptr<const PoolSettings> Pool::NoteTested(ServerConnection& connection) {
  absl::MutexLock lock(&host_->mutex);
  connection.record->state = ServerState::kTested;
  connection.record->client = 0;
  connection.record->changed = net::Clock::now();
  return settings_;
}

PoolView Pool::View() const {
  PoolView view;
  view.database = identity_.database;
  view.user = target_.user;
  view.shard = identity_.shard;
  view.address = target_.endpoint.ToString();
  view.server_database = target_.database;
  view.cl_cancelling = cancelling_.load(std::memory_order_relaxed);
  absl::MutexLock lock(&host_->mutex);
  view.mode = settings_->RulesFor(identity_.database, target_.user).mode;
  for (const ConnectionRecord& record : host_->records) {
    if (record.pool != this) continue;
    if (record.state == ServerState::kActive) ++view.sv_active;
    if (record.state == ServerState::kIdle) ++view.sv_idle;
    if (record.state == ServerState::kTested) ++view.sv_tested;
  }
  view.sv_login = opening_;
  view.cl_active = view.sv_active;
  view.cl_waiting = static_cast<int>(line_.size());
  view.pool_size = limits_.SizeAsSet();
  view.min_pool_size = limits_.min_size;
  view.reserve_pool_size = limits_.reserve;
  if (!line_.empty()) {
    view.maxwait = std::chrono::duration_cast<std::chrono::microseconds>(net::Clock::now() - line_.front()->since);
  }
  view.paused = paused_;
  view.failing = failing_;
  if (failing_) view.last_error = ToSqlError(last_error_).message;
  return view;
}

ServerView Pool::ViewOf(const ConnectionRecord& record) const {
  ServerView view;
  view.id = record.id;
  view.database = identity_.database;
  view.user = target_.user;
  view.shard = identity_.shard;
  view.state = record.state;
  view.remote_address = record.remote;
  view.local_address = record.local;
  view.connected = record.connected_at;
  view.changed = record.connected_at + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                           record.changed - record.connected);
  view.pid = record.pid;
  view.client = record.client;
  view.worker = record.worker;
  view.fd = record.fd;
  view.tls = record.tls;
  view.close_needed = paused_ || record.generation != generation_;
  if (record.state != ServerState::kIdle) return view;
  for (const auto& connection : idle_[static_cast<std::size_t>(record.worker)]) {
    if (connection->record != &record) continue;
    view.prepared_statements = connection->prepared.size();
    const auto name = connection->parameters.find("application_name");
    if (name != connection->parameters.end()) view.application_name = name->second;
  }
  return view;
}

}  // namespace pgshoal::exec
