// The simple query protocol: one message, any number of statements, one ReadyForQuery.

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

}  // namespace

net::Task<void> Session::SimpleQuery(std::string text) {
  error_sent_ = false;
  // As PostgreSQL: a simple query ends an extended batch that had no Sync yet.
  if (pending_parse_ || batch_backend_ != nullptr) {
    co_await EndBatch();
    if (ClientGone()) co_return;
  }
  prepared_.erase("");
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
  const bool several = statements.size() > 1;
  bool ok = true;
  std::uint32_t counted_bytes = 0;
  int characters = 0;  // before the statement
  for (std::size_t i = 0; ok && i < statements.size(); ++i) {
    const parser::Statement& statement = statements[i];
    const std::vector<Oid> no_types;
    const PlanPtr plan = co_await PlanFor(**script, statement, no_types);
    if (failed_ && !EndsFailedBlock(*plan)) {
      SendError({std::string(sqlstate::kInFailedSqlTransaction),
                 "current transaction is aborted, commands ignored until end of transaction block"});
      ok = false;
      break;
    }
    for (; counted_bytes < statement.begin; ++counted_bytes) {
      if ((static_cast<unsigned char>(text[counted_bytes]) & 0xC0) != 0x80) ++characters;
    }
    if (several && block_ == Block::kNone && !std::holds_alternative<plan::TransactionControl>(plan->action)) {
      BeginBlock(Block::kImplicit, "BEGIN");
    }
    ok = co_await RunAction(plan, nullptr, characters);
    if (ClientGone()) co_return;
    const bool reads = co_await ClientReads();
    if (!reads) co_return;
  }
  if (block_ == Block::kImplicit) {
    if (ok && !failed_) {
      co_await CommitBlock("");
    } else {
      co_await RollbackBlock();
    }
  }
  ReleaseBackends();
  SendReady();
}

}  // namespace pgshoal::session
