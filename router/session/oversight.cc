// What others than the client want of a session: a view of it, its end, lines in the log.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "router/log/log.hpp"
#include "router/net/tls.hpp"
#include "router/net/traffic.hpp"
#include "router/session/query_figures.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// Errors whose messages are ours alone. Others may quote what the client wrote, constants included.
bool MayBeLogged(std::string_view sqlstate) {
  for (std::string_view group : {"08", "28", "3D", "53", "57", "58"}) {
    if (sqlstate.starts_with(group)) return true;
  }
  return false;
}

// The value in SET … TO 'value', as SetStatement makes it.
std::string ValueIn(std::string_view statement) {
  const std::size_t begin = statement.find('\'');
  const std::size_t end = statement.rfind('\'');
  if (begin == std::string_view::npos || end <= begin) return {};
  std::string value;
  for (std::size_t i = begin + 1; i < end; ++i) {
    value.push_back(statement[i]);
    if (statement[i] == '\'') ++i;
  }
  return value;
}

}  // namespace

ClientView Session::Describe(bool with_statements) const {
  using std::chrono::duration_cast;
  ClientView view;
  const net::Clock::time_point now = worker_->reactor->Now();
  const auto wall = std::chrono::system_clock::now();
  view.pid = key_.pid;
  view.user = user_;
  view.database = database_;
  if (auto it = settings_.current().find("application_name"); it != settings_.current().end()) {
    view.application_name = ValueIn(it->second);
  }
  view.worker = worker_->index;
  view.logged_in = welcomed_;
  view.console = console_;
  view.in_query = meter_.in_query();
  view.in_transaction = block_ != Block::kNone;
  view.closing = ended_ || draining_;
  view.waiting = waiting_since_ != net::Clock::time_point{};
  if (view.waiting) view.waited = duration_cast<std::chrono::microseconds>(now - waiting_since_);
  view.connected = wall - duration_cast<std::chrono::system_clock::duration>(now - connected_at_);
  const net::Clock::time_point asked = std::max(meter_.query_began(), connected_at_);
  view.requested = wall - duration_cast<std::chrono::system_clock::duration>(now - asked);
  view.prepared_statements = prepared_.named().size();
  if (client_) {
    view.address = client_->PeerAddress();
    view.local_address = client_->LocalAddress();
    view.fd = client_->Fd();
    view.tls = net::TlsNameOf(*client_);
    if (const auto peer = client_->Credentials()) view.remote_pid = peer->pid;
    view.input_bytes = client_->Input().size();
    view.output_bytes = client_->PendingOutput();
  }
  for (const auto& backend : backends_) {
    if (!backend->lease) continue;
    const exec::ServerConnection& server = *backend->lease;
    const auto name = server.parameters.find("application_name");
    view.servers.push_back({local_->snapshot->map->shard(backend->shard).name, server.id,
                            name == server.parameters.end() ? std::string() : name->second, server.prepared.size()});
  }
  if (with_statements) {
    for (const auto& [name, statement] : prepared_.named())
      view.statements.push_back({name, WithoutConstants(statement->planned->text)});
  }
  return view;
}

void Session::CountAnswer() {
  const net::Clock::duration took = meter_.Ended(worker_->reactor->Now(), block_ != Block::kNone);
  CountBytes();
  if (asked_) {
    const auto time = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    ++asked_->calls;
    asked_->total_time += time;
    asked_->max_time = std::max(asked_->max_time, time);
    asked_.reset();
  }
  const int slow = worker_->live->log_min_duration_statement;
  if (slow < 0) return watched_.reset();
  if (took >= std::chrono::milliseconds(slow)) LogSlow(took);
  watched_.reset();
  // Those that an open transaction holds stay; the next statement may use them again.
  for (const auto& backend : backends_) WatchedStatement().shards.push_back(backend->shard);
}

void Session::CountBytes() {
  if (!client_) return;
  const net::Traffic traffic = net::TrafficOf(*client_);
  meter_.Moved(traffic.received, traffic.sent);
}

Session::Watched& Session::WatchedStatement() {
  if (!watched_) watched_ = std::make_unique<Watched>();
  return *watched_;
}

void Session::NoteStatement(char type, std::string_view body) {
  std::string& text = WatchedStatement().text;
  if (type == wire::frontend::kQuery) {
    if (auto query = wire::DecodeQuery(body); query.ok()) text = std::string(*query);
  } else if (type == wire::frontend::kParse) {
    auto parse = wire::DecodeParse(body);
    if (parse.ok() && parse->statement.empty()) text = std::string(parse->query);
  } else if (type == wire::frontend::kBind) {
    auto bind = wire::DecodeBind(body);
    if (!bind.ok()) return;
    if (const PreparedPtr* found = prepared_.Find(bind->statement)) text = (*found)->planned->text;
  }
}

void Session::LogSlow(net::Clock::duration took) {
  const Watched& watched = WatchedStatement();
  const std::string statement = WithoutConstants(watched.text);
  std::string shards;
  for (ShardId shard : watched.shards) {
    if (!shards.empty()) shards += ",";
    shards += local_->snapshot->map->shard(shard).name;
  }
  log::Info("slow statement", {.database = database_,
                               .user = user_,
                               .shard = shards,
                               .client = client_->PeerAddress(),
                               .pid = key_.pid,
                               .milliseconds = std::chrono::duration<double, std::milli>(took).count(),
                               .statement = statement});
}

bool Session::AtRest() const {
  return welcomed_ && !meter_.in_query() && block_ == Block::kNone;
}

bool Session::HoldsServers() {
  if (AtRest()) return KeepsBackends() && !backends_.empty();
  // Who stands in line and holds nothing yet has nothing to finish.
  return welcomed_ && (!in_line_ || !backends_.empty());
}

void Session::Terminate(std::string message) {
  if (ended_ || !client_) return;
  if (welcomed_) {
    End(message, sqlstate::kAdminShutdown);
  } else {
    // The client may be in the middle of a TLS handshake: nothing can be said.
    EndClient();
    event_.Notify();
  }
  end_reason_ = "administrator command";
}

void Session::Drain() {
  if (draining_) return;
  draining_ = true;
  if (console_) return;
  if (!HoldsServers()) Terminate(std::string(kAdministratorCommand));
}

void Session::LogConnected() const {
  if (!worker_->live->log_connections) return;
  log::Info(console_ ? "console login" : "login",
            {.database = database_, .user = user_, .client = client_->PeerAddress(), .pid = key_.pid});
}

void Session::LogDisconnected() const {
  if (!welcomed_ || !worker_->live->log_disconnections) return;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(worker_->reactor->Now() - connected_at_);
  log::Info(fmt::format("closing because: {} (age={}s)", end_reason_, age.count()),
            {.database = database_, .user = user_, .client = client_->PeerAddress(), .pid = key_.pid});
}

void Session::LogError(const SqlError& error, wire::Severity severity) const {
  const bool fatal = severity == wire::Severity::kFatal;
  if (!worker_->live->log_pooler_errors || (!fatal && !MayBeLogged(error.sqlstate))) return;
  const std::string message = fatal || MayBeLogged(error.sqlstate) ? error.message : "refused";
  log::Warning(fmt::format("pooler error: {}", message), {.database = database_,
                                                          .user = user_,
                                                          .client = client_->PeerAddress(),
                                                          .pid = key_.pid,
                                                          .sqlstate = error.sqlstate});
}

}  // namespace pgshoal::session
