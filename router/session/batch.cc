// A batch of the extended protocol as a whole: which server it is at, what the session answers in between, how it fails
// and how it ends. Up to one Sync it is one transaction, on each server that it used.

#include <fmt/format.h>

#include <algorithm>

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

bool IsShow(const plan::Plan& plan) {
  const auto* setting = std::get_if<plan::SessionSetting>(&plan.action);
  return setting != nullptr && setting->verb == plan::SettingVerb::kShow;
}

// Who has not got a server does not wait for one again, to tell of an earlier Parse.
bool IsOfServers(const SqlError& error) {
  static constexpr std::string_view kClasses[] = {"08", "53", "57", "58"};
  return std::any_of(std::begin(kClasses), std::end(kClasses),
                     [&](std::string_view prefix) { return error.sqlstate.starts_with(prefix); });
}

}  // namespace

// Our own answer, in its place behind what servers still owe.
void Session::Reply(std::string bytes, PreparedPtr confirms) {
  if (batch_backend_ != nullptr && batch_backend_->Busy()) {
    batch_backend_->pending.push_back({Request::kLocal, Handling::kForward, std::move(confirms), nullptr});
    batch_backend_->local_replies.push_back(std::move(bytes));
    return;
  }
  client_->Write(bytes);
  if (confirms) confirms->confirmed = true;
}

// An error of our own ends the batch: what was asked before it is answered first, and must not be committed.
net::Task<void> Session::FailBatch() {
  if (pending_parse_ != nullptr && !failing_batch_) {
    // A server has not seen it yet; to the client it came before the error.
    std::unique_ptr<SqlError> error = std::move(batch_error_);
    failing_batch_ = true;
    co_await ResolveParse();
    failing_batch_ = false;
    if (skip_until_sync_ || ClientGone()) co_return;
    batch_error_ = std::move(error);
  }
  for (auto& backend : backends_) {
    if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
  }
  co_await AwaitAnswers();
  if (skip_until_sync_) co_return;  // an earlier request failed: its error counts
  SendError(*batch_error_);
  FailBlock();
  skip_until_sync_ = true;
  if (block_ != Block::kNone) co_return;
  for (auto& backend : backends_) {
    if (!backend->in_batch || backend->lost || backend->skipping) continue;
    // Makes the server roll its part of the batch back at Sync.
    wire::AppendParse(backend->Output(), "", "batch aborted by pgshoal", {});
    backend->unnamed_statement = 0;
    backend->Expect(Request::kParse, Handling::kSwallow);
  }
}

// Where a statement can be parsed when it is not yet known where it will run; nothing: no server need see it.
std::optional<ShardId> Session::ShardForParse(const plan::Plan& plan) const {
  const shardmap::ShardMap& map = *local_->snapshot->map;
  if (const auto* routed = std::get_if<plan::RunRouted>(&plan.action)) {
    if (routed->selector.op == plan::Selector::Op::kHome) return map.home();
    if (batch_backend_ != nullptr) return batch_backend_->shard;
    if (!backends_.empty()) return backends_.front()->shard;
    return map.home();
  }
  if (IsShow(plan) || (plan.returns_rows && std::holds_alternative<plan::SessionSetting>(plan.action)))
    return backends_.empty() ? map.home() : backends_.front()->shard;
  if (std::holds_alternative<plan::RunEverywhere>(plan.action)) return map.home();
  if (const auto* cursor = std::get_if<plan::CursorCommand>(&plan.action)) return CursorShard(*cursor);
  return std::nullopt;
}

net::Task<void> Session::ResolveParse() {
  if (!pending_parse_) co_return;
  const PreparedPtr statement = pending_parse_;
  const ShardId shard = *ShardForParse(statement->plan());
  Backend* backend = BatchBackendNow(shard, Intent::kRead);
  if (backend == nullptr) backend = co_await BatchBackend(shard, Intent::kRead);
  if (backend == nullptr) co_return;
  EnsureStatement(*backend, statement);
}

Backend* Session::BatchBackendNow(ShardId shard, Intent intent) {
  if (batch_backend_ != nullptr && batch_backend_->shard != shard) return nullptr;
  Backend* backend = EnlistNow(shard, intent);
  if (backend == nullptr) return nullptr;
  batch_backend_ = backend;
  backend->position_shift = 0;
  if (intent == Intent::kWrite) batch_written_ = shard;
  return backend;
}

// The backend of `shard` for requests of this batch; null when an error has been sent instead.
net::Task<Backend*> Session::BatchBackend(ShardId shard, Intent intent) {
  if (batch_backend_ != nullptr && batch_backend_->shard != shard) {
    // The batch turns to another server: first the answers of the one before.
    if (batch_backend_->Busy()) wire::AppendFlush(batch_backend_->Output());
    const bool alive = co_await AwaitAnswers();
    if (!alive || skip_until_sync_) co_return nullptr;
    const bool wrote_elsewhere = batch_written_.has_value() && *batch_written_ != shard;
    if (block_ == Block::kNone && (wrote_elsewhere || (intent == Intent::kWrite && batch_backend_->bound))) {
      RaiseInBatch({std::string(sqlstate::kFeatureNotSupported),
                    "a batch of extended-protocol statements that writes and uses several shards is not supported yet",
                    0, "Statements up to one Sync form one transaction.",
                    "Send Sync after each statement, or keep to one shard key."});
      co_await FailBatch();
      co_return nullptr;
    }
  }
  absl::StatusOr<Backend*> enlisted = co_await Enlist(shard, intent);
  if (!enlisted.ok()) {
    RaiseInBatch(ToSqlError(enlisted.status()));
    if (IsOfServers(*batch_error_)) pending_parse_.reset();
    co_await FailBatch();
    co_return nullptr;
  }
  batch_backend_ = *enlisted;
  batch_backend_->position_shift = 0;
  if (intent == Intent::kWrite) batch_written_ = shard;
  co_return batch_backend_;
}

// Waits for all answers so far. False: an error has ended the batch, or the client is gone.
net::Task<bool> Session::FlushBatch() {
  for (auto& backend : backends_) {
    if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
  }
  const bool alive = co_await AwaitAnswers();
  co_return alive && !skip_until_sync_;
}

// Ends the servers' part of the batch and waits. False: an error was sent, or the client is gone.
net::Task<bool> Session::SyncServers() {
  for (auto& backend : backends_) {
    if (!backend->in_batch || backend->lost) continue;
    wire::AppendSync(backend->Output());
    backend->Expect(Request::kSync, Handling::kForward);
  }
  const bool alive = co_await AwaitAnswers();
  co_return alive && !skip_until_sync_;
}

net::Task<bool> Session::JoinBatch(const plan::Plan& plan) {
  bool touched = false, ran = false;
  for (const auto& backend : backends_) {
    touched |= backend->in_batch;
    ran |= backend->in_batch && backend->bound;
  }
  const auto* control = std::get_if<plan::TransactionControl>(&plan.action);
  // What it changes is to be undone when something after it fails.
  const auto* setting = std::get_if<plan::SessionSetting>(&plan.action);
  const auto* everywhere = std::get_if<plan::RunEverywhere>(&plan.action);
  const bool changes = (control != nullptr && control->verb == plan::TransactionVerb::kSetTransaction) ||
                       (setting != nullptr && setting->verb != plan::SettingVerb::kShow) ||
                       (everywhere != nullptr && everywhere->transactional) ||
                       std::holds_alternative<plan::CopyIn>(plan.action) ||
                       std::holds_alternative<plan::ExecuteStatement>(plan.action) ||
                       std::holds_alternative<plan::ListenCommand>(plan.action);
  const bool commits = control != nullptr && control->verb == plan::TransactionVerb::kCommit && !control->chain;
  const bool last = client_->Input().starts_with(wire::frontend::kSync);
  if ((ran && !commits) || (changes && !last)) co_return co_await OpenBatchBlock();
  // What its servers have begun for the batch ends here: what has been asked of them changes nothing, or is committed.
  if (!touched) co_return true;
  co_return co_await SyncServers();
}

// The servers' own transactions, with what has run in them, become parts of one block.
net::Task<bool> Session::OpenBatchBlock() {
  BeginBlock(Block::kBatch, "BEGIN");
  written_shard_ = batch_written_;
  catalog_changed_ = batch_changes_catalog_;
  used_temporary_ = false;
  for (auto& backend : backends_) {
    if (!backend->in_batch) continue;
    used_temporary_ |= backend->suspect || (temporary_ != nullptr && backend->bound);
    backend->joined = true;
    backend->wrote = batch_written_ == backend->shard;
    SendSimple(*backend, "BEGIN", Handling::kSwallow);
    if (backend->lost) lost_participant_ = true;
  }
  const bool alive = co_await AwaitAnswers();
  if (!alive) co_return false;
  bool begun = !lost_participant_ && !failed_;
  for (auto& backend : backends_) begun = begun && (!backend->joined || backend->status == 'T');
  if (begun) co_return true;
  RaiseInBatch({std::string(sqlstate::kConnectionFailure), "the connection to a shard was lost", 0, "",
                "What the batch has done has been rolled back."});
  co_await FailBatch();
  co_return false;
}

net::Task<bool> Session::SeeOwnChanges() {
  const bool earlier = co_await FlushBatch();
  if (!earlier) co_return false;
  if (block_ == Block::kNone) {
    const bool opened = co_await OpenBatchBlock();
    if (!opened) co_return false;
  }
  batch_changes_catalog_ = false;
  catalog_changed_ = true;
  const absl::Status reloaded = co_await ReloadCatalog();
  if (reloaded.ok()) co_return true;
  RaiseInBatch(ToSqlError(reloaded));
  co_await FailBatch();
  co_return false;
}

// What has lasted up to Sync is over. False: it is not yet, for a COPY has swallowed the Sync.
bool Session::CloseBatch() {
  for (auto& backend : backends_) {
    if (backend->in_batch && !backend->lost) return false;
    if (block_ != Block::kNone && backend->joined && backend->status == 'E') failed_ = true;
  }
  if (untold_loss_ != nullptr) {
    const SqlError loss = *untold_loss_;
    SendError(loss);
  }
  ForgetUnconfirmed();
  skip_until_sync_ = false;
  batch_backend_ = nullptr;
  batch_written_.reset();
  if (block_ == Block::kNone) {
    portals_.Clear();
    if (cursors_ && cursors_->EndTransaction()) cursors_.reset();
  }
  return true;
}

net::Task<bool> Session::EndBatch() {
  if (!skip_until_sync_ && pending_parse_) co_await ResolveParse();
  pending_parse_.reset();
  if (Converts()) co_await FlushBatch();  // whatever cannot be converted is undone
  co_await SyncServers();
  const bool failed = skip_until_sync_;
  if (ClientGone() || !CloseBatch()) co_return false;
  if (std::exchange(batch_changes_catalog_, false)) {
    if (block_ != Block::kNone) catalog_changed_ = true;
    if (!failed_) {
      const absl::Status reloaded = co_await ReloadCatalog();
      if (!reloaded.ok()) SendError(ToSqlError(reloaded));
    }
  }
  if (block_ == Block::kBatch) {
    if (failed || failed_) {
      co_await RollbackBlock();
    } else {
      error_sent_ = false;
      co_await CommitBlock("");
    }
    if (ClientGone()) co_return false;
  }
  if (MustSettle()) co_await Settle();
  if (AwaitsItself()) co_await AwaitOwnNotifications();
  ReleaseBackends();
  co_return true;
}

net::Task<void> Session::OnSync() {
  const bool ended = co_await EndBatch();
  if (ended) SendReady();
}

}  // namespace pgshoal::session
