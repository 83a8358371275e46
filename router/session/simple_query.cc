// The simple query protocol: one message, any number of statements, one ReadyForQuery.

#include <algorithm>

#include "base/limits.hpp"
#include "parser/parser.hpp"
#include "parser/unicode.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// What PostgreSQL still accepts in a failed transaction block.
bool EndsFailedBlock(const plan::Plan& plan) {
  const auto* control = std::get_if<plan::TransactionControl>(&plan.action);
  return control != nullptr &&
         (control->verb == plan::TransactionVerb::kCommit || control->verb == plan::TransactionVerb::kRollback ||
          control->verb == plan::TransactionVerb::kRollbackTo);
}

int CharactersIn(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

void KeyOfLiterals(std::string* key, std::uint32_t path, const Literals& literals) {
  KeyOfText(key, path, "");
  key->front() = 'L';
  *key += literals.key();
}

}  // namespace

net::Task<void> Session::SimpleQuery(std::string_view text) {
  error_sent_ = false;
  // As PostgreSQL: a simple query ends an extended batch that had no Sync yet.
  if (pending_parse_ || batch_backend_ != nullptr || block_ == Block::kBatch) {
    co_await ResolveParse();
    const bool earlier = co_await FlushBatch();
    if (!earlier) co_return;  // nothing but Sync counts after an error
    co_await EndBatch();
    if (ClientGone()) co_return;
  }
  prepared_.Erase("");
  if (const Portal* unnamed = portals_.Find(""); unnamed != nullptr) {
    const std::shared_ptr<MergedRows> rows = unnamed->rows;
    portals_.Erase("");
    if (rows != nullptr) co_await CloseRows(rows);
    if (ClientGone()) co_return;
  }
  // A statement seen before, alone in its message, is not parsed again.
  Current();
  if (TemporaryDoubtful()) co_await RefreshTemporary();
  const bool cacheable = SharesPlans() && text.size() <= limits::kMaxCachedStatement;
  const bool has_literal_key = cacheable && worker_->literals.Take(text);
  if (cacheable) {
    KnownStatement known = FindKnown(text, has_literal_key);
    if (known.plan) {
      co_await RunAlone(std::move(known), text);
      co_return;
    }
  }
  absl::StatusOr<std::unique_ptr<parser::ParsedScript>> script = parser::Parse(text);
  if (!script.ok()) {
    SqlError error = ToSqlError(script.status());
    if (!parser::IsValidUtf8(text)) {
      error = SqlError{std::string(sqlstate::kCharacterNotInRepertoire), parser::InvalidUtf8Message(text)};
    }
    SendError(error);
    FailBlock();
    SendReady();
    co_return;
  }
  const auto& statements = (*script)->statements();
  if (statements.size() == 0) {
    wire::AppendEmptyQueryResponse(&ToClient());
    SendReady();
    co_return;
  }
  const std::vector<Oid> no_types;
  if (statements.size() == 1) {
    KnownStatement known;
    known.plan = co_await PlanFor(**script, statements[0], no_types);
    known.position_shift = CharactersIn(text.substr(0, statements[0].begin));
    if (cacheable) known.figures = worker_->queries.For(text);
    if (cacheable && !known.plan->names_unknown) Remember(**script, known);
    script->reset();
    co_await RunAlone(std::move(known), text);
    co_return;
  }
  bool ok = true;
  std::uint32_t counted_bytes = 0;
  int characters = 0;  // before the statement
  for (std::size_t i = 0; ok && i < statements.size(); ++i) {
    const parser::Statement& statement = statements[i];
    const PlanPtr plan = co_await PlanFor(**script, statement, no_types);
    if (failed_ && !EndsFailedBlock(*plan)) {
      SendError(BlockFailure());
      ok = false;
      break;
    }
    if (const std::optional<SqlError> barred = EncodingBars(*plan, plan->text)) {
      ok = Fail(*barred);
      break;
    }
    characters += CharactersIn(text.substr(counted_bytes, statement.begin - counted_bytes));
    counted_bytes = statement.begin;
    const auto* control = std::get_if<plan::TransactionControl>(&plan->action);
    if (block_ == Block::kNone && (control == nullptr || control->verb == plan::TransactionVerb::kSetTransaction)) {
      BeginBlock(Block::kImplicit, "BEGIN");
    }
    ok = co_await RunAction(plan, nullptr, characters);
    if (ClientGone()) co_return;
    const bool reads = co_await ClientReads();
    if (!reads) co_return;
  }
  skip_until_sync_ = false;  // EXECUTE speaks the extended protocol with servers
  if (block_ == Block::kImplicit) {
    if (ok && !failed_) {
      co_await CommitBlock("");
    } else {
      const std::shared_ptr<const SqlError> loss = untold_loss_;
      co_await RollbackBlock();
      if (loss != nullptr) SendError(*loss);
    }
  }
  if (MustSettle()) co_await Settle();
  if (AwaitsItself()) co_await AwaitOwnNotifications();
  ReleaseBackends();
  SendReady();
}

// From the worker's cache. Its keys are first the text without its constants, then the text itself.
Session::KnownStatement Session::FindKnown(std::string_view text, bool has_literal_key) {
  PlanCache& plans = local_->plans;
  plans.Use(local_->snapshot_version);
  KnownStatement known;
  if (has_literal_key) {
    KeyOfLiterals(&worker_->key, PathNumber(), worker_->literals);
    const CachedPlan* cached = plans.Find(worker_->key);
    if (cached == nullptr) return known;  // then the text itself is not there either
    if (cached->plan) {
      const auto* routed = std::get_if<plan::RunRouted>(&cached->plan->action);
      if (routed == nullptr) {
        known.plan = cached->plan;
        known.figures = cached->figures;
        return known;
      }
      absl::StatusOr<plan::Selection> selection =
          plan::Evaluate(routed->selector, *Current()->map, worker_->literals.Values(cached->negative));
      if (selection.ok() && (selection->any || selection->shards.count() <= 1)) {
        known.plan = cached->plan;
        known.figures = cached->figures;
        known.shard = AnyShard(*selection);
        return known;
      }
    }
  }
  KeyOfText(&worker_->key, PathNumber(), text);
  if (const CachedPlan* cached = plans.Find(worker_->key); cached != nullptr) {
    known.plan = cached->plan;
    known.figures = cached->figures;
    known.position_shift = cached->position_shift;
  }
  return known;
}

// Puts a statement that was planned just now into the worker's cache.
void Session::Remember(parser::ParsedScript& script, const KnownStatement& known) {
  if (!SharesPlans()) return;
  PlanCache& plans = local_->plans;
  plans.Use(local_->snapshot_version);
  // Planning may have waited, and others have used the worker's literals meanwhile.
  if (worker_->literals.Take(script.text())) {
    const SnapshotPtr& snapshot = Current();
    const plan::PlanContext context{*snapshot->map, *snapshot->catalog, SearchPath(), {}};
    std::optional<CachedPlan> general = worker_->literals.PlanForAll(script, *known.plan, context);
    if (!general.has_value() && worker_->literals.count() == 0 &&
        std::holds_alternative<plan::TransactionControl>(known.plan->action)) {
      general.emplace();
      general->plan = known.plan;
    }
    KeyOfLiterals(&worker_->key, PathNumber(), worker_->literals);
    const bool found = general.has_value();
    if (found) general->figures = known.figures;
    plans.Add(worker_->key, found ? *std::move(general) : CachedPlan());
    if (found) return;
  }
  KeyOfText(&worker_->key, PathNumber(), script.text());
  CachedPlan own;
  own.plan = known.plan;
  own.position_shift = known.position_shift;
  own.figures = known.figures;
  plans.Add(worker_->key, std::move(own));
}

// A statement that is alone in its message; `text` is the whole message.
net::Task<void> Session::RunAlone(KnownStatement known, std::string_view text) {
  bool ok = false;
  Asked(std::move(known.figures));
  if (failed_ && !EndsFailedBlock(*known.plan)) {
    SendError(BlockFailure());
  } else if (const std::optional<SqlError> barred = EncodingBars(*known.plan, text)) {
    ok = Fail(*barred);
  } else {
    if (NeedsBlock(*known.plan)) BeginBlock(Block::kImplicit, "BEGIN");
    if (known.shard.has_value()) {
      ok = co_await RelayText(*known.shard, *known.plan, text, 0);
    } else {
      ok = co_await RunAction(known.plan, nullptr, known.position_shift);
    }
  }
  if (ClientGone()) co_return;
  skip_until_sync_ = false;  // EXECUTE speaks the extended protocol with servers
  if (block_ == Block::kImplicit) {
    if (ok && !failed_) {
      co_await CommitBlock("");
    } else {
      co_await RollbackBlock();
    }
  }
  if (MustSettle()) co_await Settle();
  if (AwaitsItself()) co_await AwaitOwnNotifications();
  ReleaseBackends();
  SendReady();
}

}  // namespace pgshoal::session
