// Enlisting servers for a session and giving them back.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "router/exec/server_reset.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// Connections that may break one after the other before a statement fails because of it.
constexpr int kAttempts = 3;

}  // namespace

Backend* Session::Find(ShardId shard) {
  for (auto& backend : backends_) {
    if (backend->shard == shard) return backend.get();
  }
  return nullptr;
}

ShardId Session::AnyShard(const plan::Selection& selection) const {
  if (!selection.any && !selection.shards.empty()) return *selection.shards.begin();
  // No constraint: where we are already, else home.
  if (!backends_.empty()) return backends_.front()->shard;
  return local_->snapshot->map->home();
}

void Session::SendSimple(Backend& backend, std::string_view sql, Handling handling) {
  wire::AppendQuery(backend.Output(), sql);
  backend.unnamed_statement = 0;  // the server forgets it
  backend.Expect(Request::kQuery, handling);
  if (backend.lost && handling == Handling::kForward && !error_sent_) {
    const SqlError lost = *backend.error;
    SendError(lost);
  }
}

net::Task<absl::Status> Session::RunQuietly(Backend& backend, std::string_view sql) {
  backend.error.reset();
  SendSimple(backend, sql, Handling::kSwallow);
  const bool alive = co_await AwaitAnswers();
  if (!alive) co_return SqlStatus(sqlstate::kConnectionException, "the client is gone");
  if (backend.error.has_value()) {
    SqlError error = *std::move(backend.error);
    backend.error.reset();
    co_return ToStatus(error);
  }
  if (backend.lost) {
    co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard was lost");
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::ApplySettings(Backend& backend) {
  exec::ServerConnection& server = *backend.lease;
  if (server.applied_settings == settings_.committed()) co_return absl::OkStatus();
  // One statement a message: an error must not undo the ones before it, and none may share a transaction.
  std::vector<std::string> statements = settings_.PrepareStatements(server.applied_settings);
  backend.error.reset();
  for (const std::string& statement : statements) SendSimple(backend, statement, Handling::kSwallow);
  const bool alive = co_await AwaitAnswers();
  if (!alive) co_return SqlStatus(sqlstate::kConnectionException, "the client is gone");
  if (backend.lost) co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard was lost");
  if (backend.error.has_value()) {
    backend.lease->doubtful = true;
    SqlError error = *std::move(backend.error);
    backend.error.reset();
    co_return ToStatus(error);
  }
  server.applied_settings = settings_.committed();
  co_return absl::OkStatus();
}

Backend* Session::AddBackend(ShardId shard, exec::Lease lease) {
  std::unique_ptr<Backend> backend;
  if (worker_->spare_backends.empty()) {
    backend = std::make_unique<Backend>();
  } else {
    backend = std::move(worker_->spare_backends.back());
    worker_->spare_backends.pop_back();
  }
  backend->lease = std::move(lease);
  backend->shard = shard;
  backend->lease->stream->Attach(&event_);
  backend->settings_due = backend->lease->applied_settings != settings_.committed();
  backends_.push_back(std::move(backend));
  meter_.Assigned();
  if (worker_->live->log_min_duration_statement >= 0) WatchedStatement().shards.push_back(shard);
  return backends_.back().get();
}

Backend* Session::EnlistNow(ShardId shard, Intent intent) {
  const bool in_block = block_ != Block::kNone;
  if (in_block && intent == Intent::kWrite && written_shard_.has_value() && *written_shard_ != shard) return nullptr;
  Backend* backend = Find(shard);
  if (backend == nullptr) {
    if (in_block && (!backends_.empty() || begin_sql_ != "BEGIN" || !script_->empty())) return nullptr;
    exec::Lease lease = PoolOf(shard)->TryTake({worker_->index, key_.pid, !backends_.empty()});
    if (!lease) return nullptr;
    backend = AddBackend(shard, std::move(lease));
    if (backend->settings_due) return nullptr;
    if (in_block) {
      backend->joined = true;
      SendSimple(*backend, begin_sql_, Handling::kSwallow);  // cannot fail: need not be waited for
    }
  } else if (backend->lost || backend->kept || backend->settings_due || (in_block && !backend->joined)) {
    return nullptr;
  }
  if (in_block && intent == Intent::kWrite) written_shard_ = shard;
  if (intent != Intent::kRead) backend->wrote = true;
  return backend;
}

net::Task<absl::StatusOr<Backend*>> Session::Enlist(ShardId shard, Intent intent) {
  if (intent == Intent::kBulk && used_temporary_) {
    co_return Refuse("a transaction that has used temporary tables and changes every shard", 0,
                     "Commit first, or use the temporary tables in a transaction of their own.");
  }
  if (intent == Intent::kWrite && block_ != Block::kNone) {
    if (written_shard_.has_value() && *written_shard_ != shard) {
      co_return Refuse("a transaction that writes rows on several shards is not supported yet", 0,
                       "Write to one shard key in a transaction, or use one transaction for each.",
                       fmt::format("The transaction has already written on shard \"{}\".",
                                   local_->snapshot->map->shard(*written_shard_).name));
    }
    written_shard_ = shard;
  }
  Backend* backend = Find(shard);
  if (block_ != Block::kNone && (backend == nullptr || !backend->joined) && AnyJoined() && IsSerializable()) {
    co_return Refuse("a serializable transaction over several shards is not supported", 0,
                     "Use REPEATABLE READ, or stay on one shard key.");
  }
  // One that breaks before anything of the client's own was sent is no loss: another will do as well.
  for (int attempt = 1; backend == nullptr || (backend->settings_due && !backend->lost); ++attempt) {
    if (backend == nullptr) {
      waiting_since_ = worker_->reactor->Now();
      net::Task<absl::StatusOr<exec::Lease>> borrowing = Borrow(PoolOf(shard));
      absl::StatusOr<exec::Lease> borrowed = co_await borrowing;
      meter_.Waited(worker_->reactor->Now() - waiting_since_);
      waiting_since_ = {};
      if (!borrowed.ok()) co_return borrowed.status();
      backend = AddBackend(shard, *std::move(borrowed));
      if (!backend->settings_due) break;
    }
    absl::Status applied = co_await ApplySettings(*backend);
    if (applied.ok()) {
      backend->settings_due = false;
      break;
    }
    const bool again = backend->lost && !ClientGone() && attempt < kAttempts;
    const auto gone =
        std::find_if(backends_.begin(), backends_.end(), [=](const auto& b) { return b.get() == backend; });
    backends_.erase(gone);
    if (!again) co_return applied;
    backend = nullptr;
  }
  if (backend->lost) co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard was lost");
  if (backend->kept && !backend->joined && !backend->in_batch) {
    // What was set while it was not looked at.
    absl::Status applied = co_await ApplySettings(*backend);
    if (!applied.ok()) co_return applied;
  }
  if (block_ != Block::kNone && !backend->joined) {
    backend->joined = true;
    backend->wrote = false;
    std::string opening = begin_sql_;
    for (const ScriptLine& line : *script_) opening += "; " + line.sql;
    if (begin_sql_ == "BEGIN" && script_->empty()) {
      SendSimple(*backend, opening, Handling::kSwallow);  // cannot fail: need not be waited for
    } else {
      absl::Status begun = co_await RunQuietly(*backend, opening);
      if (!begun.ok()) co_return begun;
      if (backend->status != 'T') co_return SqlStatus(sqlstate::kInternalError, "a shard did not open a transaction");
      backend->lease->applied_settings = settings_.current();
    }
  }
  if (intent != Intent::kRead) backend->wrote = true;
  co_return backend;
}

net::Task<absl::Status> Session::EnlistAll(const shardmap::ShardSet& shards, Intent intent) {
  for (ShardId shard : shards) {
    absl::StatusOr<Backend*> backend = co_await Enlist(shard, intent);
    if (!backend.ok()) co_return backend.status();
  }
  co_return absl::OkStatus();
}

void Session::ReleaseBackends() {
  if (block_ != Block::kNone) return;
  batch_backend_ = nullptr;
  batch_written_.reset();
  const bool keep = KeepsBackends();
  const bool always_reset = welcomed_ && View().rules.always_reset;
  bool lost = keep;
  for (auto& backend : backends_) {
    const bool stays = keep || (!leaving_ && !ended_ && (backend->pins.Any() || (backend->suspect && backend->lost)));
    if (backend->lost || backend->Busy() || backend->copy_in || backend->status != 'I' || Cancelling() ||
        backend->in_batch || backend->skipping) {
      if (stays) backend->lost = backend->kept = lost = true;
      backend->lease.Close();
    } else if (stays) {
      backend->kept = true;
    } else if (backend->kept || backend->touched || backend->suspect || always_reset) {
      net::Task<void> reset = exec::ResetAndReturn(std::move(backend->lease));
      worker_->reactor->Spawn(std::move(reset));
    } else {
      backend->lease.Return();
    }
  }
  if (lost && EndIfKeptIsLost()) return;
  constexpr std::size_t kSpare = 64;
  const auto is_released = [this](auto& backend) {
    if (backend->kept && backend->lease) return false;
    if (worker_->spare_backends.size() < kSpare) {
      backend->Recycle();
      worker_->spare_backends.push_back(std::move(backend));
    }
    return true;
  };
  backends_.erase(std::remove_if(backends_.begin(), backends_.end(), is_released), backends_.end());
}

void Session::DropBackends() {
  batch_backend_ = nullptr;
  for (auto& backend : backends_) backend->lease.Close();
  backends_.clear();
}

}  // namespace pgshoal::session
