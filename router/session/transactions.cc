// Transaction blocks: a shard joins when a statement first needs it, and all that joined end together.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <random>

#include "parser/parser.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

bool Mentions(std::string_view sql, std::string_view lower_word) {
  std::string lower(sql);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.find(lower_word) != std::string::npos;
}

}  // namespace

void Session::BeginBlock(Block block, std::string begin_sql) {
  block_ = block;
  failed_ = false;
  lost_participant_ = false;
  catalog_changed_ = false;
  begin_sql_ = std::move(begin_sql);
  script_.Reset();
  savepoints_.Reset();
  written_shard_.reset();
  settings_.Begin();
}

void Session::FailBlock() {
  if (block_ != Block::kNone) failed_ = true;
}

SqlError Session::BlockFailure() const {
  if (untold_loss_ != nullptr) return *untold_loss_;
  return {std::string(sqlstate::kInFailedSqlTransaction),
          "current transaction is aborted, commands ignored until end of transaction block"};
}

void Session::EndBlock() {
  block_ = Block::kNone;
  untold_loss_.reset();
  failed_ = false;
  lost_participant_ = false;
  block_snapshot_.reset();
  // The client may be idle for long: nothing is kept for its next block.
  script_.Reset();
  savepoints_.Reset();
  written_shard_.reset();
  portals_.Clear();
  used_temporary_ = false;
  if (cursors_ && cursors_->EndTransaction()) cursors_.reset();
  for (auto& backend : backends_) {
    temporary_changed_ |= backend->suspect;
    backend->joined = false;
    backend->wrote = false;
  }
  local_paths_.reset();
  RememberSearchPath();
}

std::vector<Session::ScriptLine> Session::ModeLines() const {
  std::vector<ScriptLine> modes;
  std::copy_if(script_->begin(), script_->end(), std::back_inserter(modes),
               [](const ScriptLine& line) { return line.is_mode; });
  return modes;
}

bool Session::IsSerializable() const {
  const auto by_default = settings_.current().find("default_transaction_isolation");
  return Mentions(begin_sql_, "serializable") ||
         (by_default != settings_.current().end() && Mentions(by_default->second, "serializable")) ||
         std::any_of(script_->begin(), script_->end(),
                     [](const ScriptLine& line) { return Mentions(line.sql, "serializable"); });
}

net::Task<bool> Session::ChangeModes(const std::string& sql) {
  for (auto& backend : backends_) {
    if (!backend->joined) continue;
    absl::Status status = co_await RunQuietly(*backend, sql);
    if (!status.ok()) co_return Fail(ToSqlError(status));
  }
  script_.Make().push_back({sql, false, true});
  co_return true;
}

SqlError Session::BarredInBlock(std::string_view command) const {
  return {std::string(sqlstate::kActiveSqlTransaction),
          fmt::format("{} cannot {}", command,
                      block_ == Block::kBatch ? "be executed within a pipeline" : "run inside a transaction block")};
}

net::Task<bool> Session::RunTransaction(const plan::TransactionControl& action) {
  using plan::TransactionVerb;
  const bool in_block = block_ == Block::kExplicit;
  const Block before = block_;
  switch (action.verb) {
    case TransactionVerb::kBegin:
      if (in_block) {
        SendNotice(sqlstate::kActiveSqlTransaction, "there is already a transaction in progress",
                   wire::Severity::kWarning);
      } else if (block_ != Block::kNone) {
        block_ = Block::kExplicit;  // what ran before in the same message or batch belongs to it
      } else {
        BeginBlock(Block::kExplicit, action.sql);
        SendComplete(action.is_start ? "START TRANSACTION" : "BEGIN");
        co_return true;
      }
      if (action.has_modes) {
        const bool changed = co_await ChangeModes(action.sql);
        if (!changed) {
          block_ = before;
          co_return false;
        }
      }
      SendComplete(action.is_start ? "START TRANSACTION" : "BEGIN");
      co_return true;

    case TransactionVerb::kSetTransaction:
      if (block_ == Block::kNone || block_ == Block::kBatch) {
        SendNotice(sqlstate::kNoActiveSqlTransaction, "SET TRANSACTION can only be used in transaction blocks",
                   wire::Severity::kWarning);
      }
      if (block_ != Block::kNone) {
        const bool changed = co_await ChangeModes(action.sql);
        if (!changed) co_return false;
      }
      SendComplete("SET");
      co_return true;

    case TransactionVerb::kCommit: {
      const std::string begin = begin_sql_;
      std::vector<ScriptLine> modes = ModeLines();
      if (!in_block) {
        if (action.chain) {
          co_return Fail({std::string(sqlstate::kNoActiveSqlTransaction),
                          "COMMIT AND CHAIN can only be used in transaction blocks"});
        }
        SendNotice(sqlstate::kNoActiveSqlTransaction, "there is no transaction in progress", wire::Severity::kWarning);
        if (block_ == Block::kNone) {
          SendComplete("COMMIT");
          co_return true;
        }
      }
      if (failed_) {
        // Few clients look at COMMIT's tag: a failure that they do not know of must be an error.
        const std::shared_ptr<const SqlError> loss = untold_loss_;
        co_await RollbackBlock();
        if (loss != nullptr) co_return Fail(*loss);
        SendComplete("ROLLBACK");
      } else {
        const bool committed = co_await CommitBlock("COMMIT");
        if (!committed) co_return false;
      }
      if (action.chain) {
        BeginBlock(Block::kExplicit, begin);
        if (!modes.empty()) script_.Make() = std::move(modes);
      }
      co_return true;
    }

    case TransactionVerb::kRollback: {
      const std::string begin = begin_sql_;
      std::vector<ScriptLine> modes = ModeLines();
      if (!in_block) {
        if (action.chain) {
          co_return Fail({std::string(sqlstate::kNoActiveSqlTransaction),
                          "ROLLBACK AND CHAIN can only be used in transaction blocks"});
        }
        SendNotice(sqlstate::kNoActiveSqlTransaction, "there is no transaction in progress", wire::Severity::kWarning);
      }
      if (block_ != Block::kNone) co_await RollbackBlock();
      SendComplete("ROLLBACK");
      if (action.chain) {
        BeginBlock(Block::kExplicit, begin);
        if (!modes.empty()) script_.Make() = std::move(modes);
      }
      co_return true;
    }

    case TransactionVerb::kSavepoint:
    case TransactionVerb::kRelease:
    case TransactionVerb::kRollbackTo: {
      const std::string_view command = action.verb == TransactionVerb::kSavepoint ? "SAVEPOINT"
                                       : action.verb == TransactionVerb::kRelease ? "RELEASE SAVEPOINT"
                                                                                  : "ROLLBACK TO SAVEPOINT";
      if (!in_block) {
        co_return Fail({std::string(sqlstate::kNoActiveSqlTransaction),
                        fmt::format("{} can only be used in transaction blocks", command)});
      }
      std::size_t depth = savepoints_->size();
      if (action.verb != TransactionVerb::kSavepoint) {
        auto it = std::find(savepoints_->rbegin(), savepoints_->rend(), action.savepoint);
        if (it == savepoints_->rend()) {
          co_return Fail({std::string(sqlstate::kInvalidSavepointSpecification),
                          fmt::format("savepoint \"{}\" does not exist", action.savepoint)});
        }
        depth = static_cast<std::size_t>(savepoints_->rend() - it) - 1;
        if (lost_participant_) {
          co_return Fail({std::string(sqlstate::kInFailedSqlTransaction),
                          "the connection to a shard of this transaction was lost", 0, "",
                          "Roll the whole transaction back."});
        }
      }
      for (auto& backend : backends_) {
        if (!backend->joined) continue;
        absl::Status status = co_await RunQuietly(*backend, action.sql);
        if (!status.ok()) co_return Fail(ToSqlError(status));
      }
      // Where the savepoint's own line stands in the script: lines of savepoints are as many as savepoints.
      auto line_of = [this](std::size_t n) {
        std::size_t at = 0;
        for (; at < script_->size(); ++at) {
          if ((*script_)[at].is_savepoint && n-- == 0) break;
        }
        return at;
      };
      if (action.verb == TransactionVerb::kSavepoint) {
        savepoints_.Make().push_back(action.savepoint);
        script_.Make().push_back({action.sql, true});
        settings_.Savepoint();
        SendComplete("SAVEPOINT");
      } else if (action.verb == TransactionVerb::kRelease) {
        const std::size_t from = line_of(depth);
        std::vector<ScriptLine>& script = script_.Make();
        script.erase(std::remove_if(script.begin() + static_cast<std::ptrdiff_t>(from), script.end(),
                                    [](const ScriptLine& line) { return line.is_savepoint; }),
                     script.end());
        savepoints_.Make().resize(depth);
        settings_.Release(depth);
        if (local_paths_) {
          for (LocalPath& local : *local_paths_) local.depth = std::min(local.depth, depth);
        }
        if (listening_) listening_->Release(depth);
        if (cursors_) cursors_->Release(depth);
        ReleasePortals(depth);
        SendComplete("RELEASE");
      } else {
        script_.Make().resize(line_of(depth) + 1);
        savepoints_.Make().resize(depth + 1);
        settings_.RollbackTo(depth);
        if (listening_) listening_->RollbackTo(depth);
        if (cursors_) cursors_->RollbackTo(depth);
        RollbackPortals(depth);
        for (auto& backend : backends_) {
          if (backend->joined) backend->lease->applied_settings = settings_.current();
          temporary_changed_ |= backend->suspect;
        }
        if (local_paths_) std::erase_if(*local_paths_, [depth](const LocalPath& local) { return local.depth > depth; });
        if (local_paths_ && local_paths_->empty()) local_paths_.reset();
        RememberSearchPath();
        failed_ = false;
        if (catalog_changed_) {
          absl::Status reloaded = co_await ReloadCatalog();
          if (!reloaded.ok()) co_return Fail(ToSqlError(reloaded));
        }
        SendComplete("ROLLBACK");
      }
      co_return true;
    }
  }
  co_return false;
}

net::Task<bool> Session::CommitBlock(std::string_view tag) {
  absl::Status status = absl::OkStatus();
  if (listening_) status = co_await ListenBeforeCommit();
  if (status.ok()) status = co_await CommitParticipants();
  if (ClientGone()) co_return false;
  if (!status.ok()) {
    // Whatever did not commit is rolled back; the block is over either way.
    co_await RollbackBlock();
    if (!error_sent_) SendError(ToSqlError(status));
    co_return false;
  }
  settings_.Commit();
  if (listening_) ListenAfterCommit(true);
  const bool reload = catalog_changed_;
  catalog_changed_ = false;
  EndBlock();
  if (reload) {
    absl::Status reloaded = co_await ReloadCatalog();
    if (!reloaded.ok()) {
      SendNotice(sqlstate::kWarning,
                 fmt::format("the catalog could not be read again: {}", ToSqlError(reloaded).message),
                 wire::Severity::kWarning);
    }
  }
  if (!tag.empty()) SendComplete(tag);
  co_return true;
}

net::Task<absl::Status> Session::CommitParticipants() {
  if (lost_participant_) {
    co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard of this transaction was lost");
  }
  std::vector<Backend*> writers;
  for (auto& backend : backends_) {
    if (backend->joined && backend->wrote) writers.push_back(backend.get());
  }
  // What is deferred on temporary tables must be known to hold before the rows elsewhere are kept.
  if (Backend* home = Find(local_->snapshot->map->home());
      used_temporary_ && !writers.empty() && home != nullptr && home->joined && !home->wrote) {
    absl::Status status = co_await RunQuietly(*home, "SET CONSTRAINTS ALL IMMEDIATE");
    if (!status.ok()) co_return status;
  }
  if (writers.size() > 1) {
    absl::Status status = co_await CommitInTwoPhases(std::move(writers));
    if (!status.ok()) co_return status;
  } else if (writers.size() == 1) {
    absl::Status status = co_await RunQuietly(*writers.front(), "COMMIT");
    if (!status.ok()) co_return status;
    writers.front()->joined = false;
  }
  // Those that only read have nothing to lose.
  for (auto& backend : backends_) {
    if (backend->joined && !backend->lost) SendSimple(*backend, "COMMIT", Handling::kSwallow);
  }
  const bool alive = co_await AwaitAnswers();
  if (!alive) co_return SqlStatus(sqlstate::kConnectionException, "the client is gone");
  absl::Status result = absl::OkStatus();
  for (auto& backend : backends_) {
    if (!backend->error.has_value()) continue;
    // A reader whose COMMIT fails had a deferred trigger, or is gone: its rows were read all the same.
    if (writers.empty() && result.ok()) result = ToStatus(*backend->error);
    backend->error.reset();
  }
  co_return result;
}

// Every writer promises first; only when all have promised does any commit.
net::Task<absl::Status> Session::CommitInTwoPhases(std::vector<Backend*> writers) {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  const std::string gid = fmt::format("pgshoal_{:016x}{:016x}", random(), random());
  for (Backend* backend : writers) {
    backend->error.reset();
    SendSimple(*backend, fmt::format("PREPARE TRANSACTION '{}_{}'", gid, backend->shard.value), Handling::kSwallow);
  }
  const bool alive = co_await AwaitAnswers();
  absl::Status failure = absl::OkStatus();
  if (!alive) failure = SqlStatus(sqlstate::kConnectionException, "the client is gone");
  for (Backend* backend : writers) {
    if (backend->error.has_value() && failure.ok()) {
      SqlError error = *backend->error;
      if (error.sqlstate == sqlstate::kObjectNotInPrerequisiteState && error.hint.empty()) {
        error.hint = "Set max_prepared_transactions above zero on every shard.";
      }
      failure = ToStatus(error);
    } else if (backend->lost && failure.ok()) {
      failure = SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard was lost before it could commit");
    }
  }
  const std::string_view verb = failure.ok() ? "COMMIT" : "ROLLBACK";
  for (Backend* backend : writers) {
    const bool prepared = !backend->error.has_value() && !backend->lost;
    backend->error.reset();
    // A failed PREPARE has rolled its own transaction back.
    if (prepared || !failure.ok()) backend->joined = false;
    if (prepared) {
      SendSimple(*backend, fmt::format("{} PREPARED '{}_{}'", verb, gid, backend->shard.value), Handling::kSwallow);
    }
  }
  co_await AwaitServers();
  for (Backend* backend : writers) {
    if (!failure.ok() || (!backend->error.has_value() && !backend->lost)) continue;
    SqlError error = backend->error.value_or(SqlError{std::string(sqlstate::kConnectionFailure), "connection lost"});
    error.detail = fmt::format("Transaction '{}_{}' is prepared on shard \"{}\" and was decided to commit.", gid,
                               backend->shard.value, local_->snapshot->map->shard(backend->shard).name);
    error.hint = fmt::format("Run COMMIT PREPARED '{}_{}' on that shard.", gid, backend->shard.value);
    failure = ToStatus(error);
    backend->error.reset();
  }
  co_return failure;
}

net::Task<void> Session::RollbackBlock() {
  for (auto& backend : backends_) {
    if (!backend->joined || backend->lost) continue;
    backend->error.reset();
    SendSimple(*backend, "ROLLBACK", Handling::kSwallow);
  }
  co_await AwaitServers();
  settings_.Rollback();
  if (listening_) ListenAfterCommit(false);
  for (auto& backend : backends_) {
    backend->error.reset();
    if (backend->joined) backend->lease->applied_settings = settings_.current();
  }
  catalog_changed_ = false;
  EndBlock();
}

}  // namespace pgshoal::session
