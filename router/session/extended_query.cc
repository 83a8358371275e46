// The extended query protocol.
//
// A batch is what a client sends up to its Sync. Its requests go on, as they come, to the server that its plans choose,
// and the answers come back in order; nothing is waited for until Flush, Sync, or until the batch turns to another
// server. Whatever the session answers itself takes its place in the same order (Request::kLocal).

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "router/merge/merger.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

bool AllowedInFailedBlock(const plan::Plan& plan) {
  if (std::holds_alternative<plan::EmptyQuery>(plan.action)) return true;
  const auto* control = std::get_if<plan::TransactionControl>(&plan.action);
  return control != nullptr &&
         (control->verb == plan::TransactionVerb::kCommit || control->verb == plan::TransactionVerb::kRollback ||
          control->verb == plan::TransactionVerb::kRollbackTo);
}

bool IsShow(const plan::Plan& plan) {
  const auto* setting = std::get_if<plan::SessionSetting>(&plan.action);
  return setting != nullptr && setting->verb == plan::SettingVerb::kShow;
}

}  // namespace

net::Task<void> Session::Extended(char type, const std::string& body) {
  using namespace wire::frontend;
  switch (type) {
    case kParse:
      return OnParse(body);
    case kBind:
      return OnBind(body);
    case kDescribe:
      return OnDescribe(body);
    case kExecute:
      return OnExecute(body);
    case kClose:
      return OnClose(body);
    default:
      if (!body.empty() && !skip_until_sync_) return RefuseBody(type);
      return type == kSync ? OnSync() : OnFlush();
  }
}

// Sync and Flush have no body.
net::Task<void> Session::RefuseBody(char type) {
  RaiseInBatch({std::string(sqlstate::kProtocolViolation), "invalid message format"});
  co_await FailBatch();
  if (type == wire::frontend::kSync) co_await OnSync();
}

net::Task<void> Session::OnFlush() {
  co_await ResolveParse();
  for (auto& backend : backends_) {
    if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
  }
  co_await AwaitAnswers();
}

net::Task<void> Session::OnParse(const std::string& body) {
  absl::StatusOr<wire::ParseView> parse = wire::DecodeParse(body);
  if (!parse.ok()) {
    RaiseInBatch(ToSqlError(parse.status()));
    co_await FailBatch();
    co_return;
  }
  if (pending_parse_) co_await ResolveParse();
  if (skip_until_sync_) co_return;
  if (batch_changes_catalog_) {
    const bool current = co_await SeeOwnChanges();
    if (!current) co_return;
  }
  std::string name(parse->statement);
  if (!name.empty() && prepared_.Contains(name)) {
    RaiseInBatch({std::string(sqlstate::kDuplicatePreparedStatement),
                  fmt::format("prepared statement \"{}\" already exists", name)});
    co_await FailBatch();
    co_return;
  }
  if (prepared_.Size() >= limits::kMaxPreparedPerClient) {
    RaiseInBatch({std::string(sqlstate::kProgramLimitExceeded), "too many prepared statements", 0, "",
                  "Close those that are no longer used."});
    co_await FailBatch();
    co_return;
  }
  if (name.empty()) prepared_.Erase("");
  std::vector<Oid> types(parse->types.begin(), parse->types.end());
  absl::StatusOr<PreparedPtr> made = co_await NewStatement(name, parse->query, std::move(types));
  if (!made.ok()) {
    RaiseInBatch(ToSqlError(made.status()));
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr statement = *std::move(made);
  if (failed_ && !AllowedInFailedBlock(statement->plan())) {
    RaiseInBatch(BlockFailure());
    co_await FailBatch();
    co_return;
  }
  if (std::optional<SqlError> barred = EncodingBars(statement->plan(), parse->query); barred.has_value()) {
    RaiseInBatch(*std::move(barred));
    co_await FailBatch();
    co_return;
  }
  if (const auto* refusal = std::get_if<plan::Refusal>(&statement->plan().action)) {
    SqlError error = co_await Verdict(statement->plan(), parse->query, 0, statement->planned->types, refusal->error);
    RaiseInBatch(std::move(error));
    co_await FailBatch();
    co_return;
  }
  prepared_.Set(name, statement);
  if (!name.empty()) meter_.Prepared();
  unconfirmed_.push_back(statement);
  if (ShardForParse(statement->plan()).has_value()) {
    pending_parse_ = statement;
  } else {
    Reply(Frame(wire::AppendParseComplete), statement);
  }
}

net::Task<bool> Session::RefreshInBatch(PreparedPtr statement) {
  SqlError stale;
  const bool planned = co_await RefreshPlan(statement, &stale);
  if (planned) co_return true;
  RaiseInBatch(std::move(stale));
  co_await FailBatch();
  co_return false;
}

net::Task<void> Session::OnBind(const std::string& body) {
  absl::StatusOr<wire::BindView> bind = wire::DecodeBind(body);
  if (!bind.ok()) {
    RaiseInBatch(ToSqlError(bind.status()));
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr* known = prepared_.Find(bind->statement);
  if (known == nullptr) {
    RaiseInBatch(NoSuchStatement(bind->statement));
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr statement = *known;
  if (pending_parse_ && pending_parse_ != statement) co_await ResolveParse();
  if (skip_until_sync_) co_return;
  if (failed_ && !AllowedInFailedBlock(statement->plan())) {
    RaiseInBatch(BlockFailure());
    co_await FailBatch();
    co_return;
  }
  if (!PlanIsFresh(*statement)) {
    const bool planned = co_await RefreshInBatch(statement);
    if (!planned) co_return;
  }
  const PlanPtr plan = statement->planned->plan;
  Asked(statement->planned->figures);
  if (bind->values.size() != statement->planned->parameter_count) {
    RaiseInBatch({std::string(sqlstate::kProtocolViolation),
                  fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                              bind->values.size(), bind->statement, statement->planned->parameter_count)});
    co_await FailBatch();
    co_return;
  }
  const std::string portal_name(bind->portal);
  if (!portal_name.empty() && (portals_.Contains(portal_name) || FindCursor(portal_name) != nullptr)) {
    RaiseInBatch({std::string(sqlstate::kDuplicateCursor), fmt::format("cursor \"{}\" already exists", portal_name)});
    co_await FailBatch();
    co_return;
  }
  if (std::optional<SqlError> barred = EncodingBars(*bind, *statement); barred.has_value()) {
    RaiseInBatch(*std::move(barred));
    co_await FailBatch();
    co_return;
  }
  if (!bind->statement.empty()) meter_.Bound();
  if (const Portal* unnamed = portals_.Find(""); portal_name.empty() && unnamed != nullptr && unnamed->rows != nullptr) {
    const std::shared_ptr<MergedRows> rows = unnamed->rows;
    portals_.Erase("");
    const bool earlier = co_await FlushBatch();
    if (!earlier) co_return;
    co_await CloseRows(rows);
  }
  Portal portal;
  portal.statement = statement;
  portal.plan = plan;
  portal.binary_results = IsBinary(*bind);
  std::vector<plan::ParameterValue> parameters(bind->values.size());
  for (std::size_t i = 0; i < bind->values.size(); ++i) {
    parameters[i].type = i < statement->planned->types.size() ? statement->planned->types[i] : 0;
    parameters[i].is_null = bind->values[i].is_null;
    parameters[i].is_binary = bind->FormatOf(i) == 1;
    parameters[i].bytes = bind->values[i].bytes;
  }

  std::optional<ShardId> shard;
  bool writes = false;
  if (const auto* routed = std::get_if<plan::RunRouted>(&plan->action)) {
    absl::StatusOr<plan::Selection> selection = plan::Evaluate(routed->selector, *Current()->map, parameters);
    if (!selection.ok()) {
      RaiseInBatch(ToSqlError(selection.status()));
      co_await FailBatch();
      co_return;
    }
    portal.selection = *std::move(selection);
    writes = routed->writes;
    if (portal.selection.any || portal.selection.shards.count() <= 1) {
      shard = AnyShard(portal.selection);
      if (portal.selection.any && batch_backend_ != nullptr) shard = batch_backend_->shard;
    } else if (!routed->stream.has_value()) {
      // What PostgreSQL itself has against the text counts first.
      co_await ResolveParse();
      if (skip_until_sync_) co_return;
      RaiseInBatch(routed->if_several);
      co_await FailBatch();
      co_return;
    }
  } else if (IsShow(*plan)) {
    const bool own = encoding_ != nullptr && std::get<plan::SessionSetting>(plan->action).name == "client_encoding";
    if (!own) shard = ShardForParse(*plan);
  } else if (const auto* cursor = std::get_if<plan::CursorCommand>(&plan->action)) {
    shard = CursorShard(*cursor);
  }

  if (!shard.has_value()) {
    co_await ResolveParse();
    if (skip_until_sync_) co_return;
    portal.storage.reserve(bind->values.size());
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      portal.storage.emplace_back(parameters[i].bytes);
      parameters[i].bytes = portal.storage.back();
    }
    portal.parameters = std::move(parameters);
    portal.raw_parameters = std::string(bind->parameters);
    portal.result_formats.assign(bind->result_formats.begin(), bind->result_formats.end());
    portals_.Set(portal_name, std::move(portal));
    Reply(Frame(wire::AppendBindComplete));
    co_return;
  }
  Backend* backend = BatchBackendNow(*shard, writes ? Intent::kWrite : Intent::kRead);
  if (backend == nullptr) backend = co_await BatchBackend(*shard, writes ? Intent::kWrite : Intent::kRead);
  if (backend == nullptr) co_return;
  EnsureStatement(*backend, statement);
  const bool unnamed = statement->IsUnnamed();
  wire::AppendBindAs(backend->Output(), body, unnamed ? std::string() : exec::ServerStatementName(statement->planned->id));
  backend->Expect(Request::kBind, Handling::kForward);
  backend->bound = true;
  portal.shard = shard;
  portals_.Set(portal_name, std::move(portal));
}

net::Task<void> Session::OnExecute(const std::string& body) {
  absl::StatusOr<wire::ExecuteView> execute = wire::DecodeExecute(body);
  if (!execute.ok()) {
    RaiseInBatch(ToSqlError(execute.status()));
    co_await FailBatch();
    co_return;
  }
  Portal* found = portals_.Find(execute->portal);
  if (found == nullptr && FindCursor(execute->portal) != nullptr) {
    const std::string name(execute->portal);
    co_await OnCursor(wire::frontend::kExecute, name, body);
    co_return;
  }
  if (found == nullptr) {
    RaiseInBatch(NoSuchPortal(execute->portal));
    co_await FailBatch();
    co_return;
  }
  Portal& portal = *found;
  if (portal.binary_results && Converts()) {
    // Bound before the encoding was another one.
    RaiseInBatch(BinaryResultsBarred());
    co_await FailBatch();
    co_return;
  }
  if (portal.shard.has_value()) {
    Backend* backend = BatchBackendNow(*portal.shard, Intent::kRead);
    if (backend == nullptr) backend = co_await BatchBackend(*portal.shard, Intent::kRead);
    if (backend == nullptr) co_return;
    backend->in_batch = true;
    if (portal.plan->declares.has_value()) {
      if (std::optional<SqlError> taken = NameTaken(*portal.plan); taken.has_value()) {
        RaiseInBatch(*std::move(taken));
        co_await FailBatch();
        co_return;
      }
      NoteCursor(*portal.plan, *portal.shard);
    }
    NoteEffects(*backend, *portal.plan);
    if (HearsItself(*portal.plan)) co_await BeforeNotify(*backend);
    if (const auto* cursor = std::get_if<plan::CursorCommand>(&portal.plan->action);
        cursor != nullptr && cursor->verb == plan::CursorVerb::kClose) {
      backend->suspect |= backend->pins.Has(Pin::kHeldCursor);
      if (cursors_) cursors_->Erase(cursor->name);
      if (cursor->name != execute->portal) portals_.Erase(cursor->name);
    }
    wire::AppendMessage(backend->Output(), wire::frontend::kExecute, body);
    backend->Expect(Request::kExecute, Handling::kForward);
    if (portal.plan->changes_catalog) batch_changes_catalog_ = true;
    co_return;
  }
  // Run here. What came before must have succeeded, for this may have lasting effects.
  const bool earlier = co_await FlushBatch();
  if (!earlier) co_return;
  const PlanPtr plan = portal.plan;
  if (failed_ && !AllowedInFailedBlock(*plan)) {
    RaiseInBatch(BlockFailure());
    co_await FailBatch();
    co_return;
  }
  const bool merges = std::holds_alternative<plan::RunRouted>(plan->action) && !plan->declares.has_value();
  const bool open = block_ == Block::kNone && OpenMergedRows() > 0;  // until Sync
  portal.max_rows = merges && execute->max_rows > 0 ? execute->max_rows : 0;
  if (merges && !portal.done && block_ == Block::kNone && batch_written_.has_value()) {
    RaiseInBatch({std::string(sqlstate::kFeatureNotSupported),
                  "a batch of extended-protocol statements that writes and uses several shards is not supported yet", 0,
                  "Statements up to one Sync form one transaction.",
                  "Send Sync after each statement, or keep to one shard key."});
    co_await FailBatch();
    co_return;
  }
  if (portal.rows != nullptr || (merges && !portal.done && (portal.max_rows > 0 || open))) {
    error_sent_ = false;
    const bool fetched = co_await FetchPortal(plan, &portal);
    if (!fetched) skip_until_sync_ = true;
    co_return;
  }
  if (portal.done) {
    SendComplete(merges || plan->command == "SELECT" ? "SELECT 0" : plan->command);
    co_return;
  }
  if (open) {
    RaiseInBatch({std::string(sqlstate::kFeatureNotSupported),
                  "this statement cannot run while rows of several shards are fetched in portions", 0, "",
                  "Send Sync first, or fetch inside a transaction block."});
    co_await FailBatch();
    co_return;
  }
  if (block_ == Block::kNone && !std::holds_alternative<plan::RunRouted>(plan->action)) {
    const bool joined = co_await JoinBatch(*plan);
    if (!joined) co_return;
  }
  error_sent_ = false;
  portal.done = true;
  const bool ok = co_await RunAction(plan, &portal, 0);
  if (!ok) skip_until_sync_ = true;
}

net::Task<void> Session::OnClose(const std::string& body) {
  absl::StatusOr<wire::TargetView> target = wire::DecodeClose(body);
  if (!target.ok()) {
    RaiseInBatch(ToSqlError(target.status()));
    co_await FailBatch();
    co_return;
  }
  if (pending_parse_) co_await ResolveParse();
  if (skip_until_sync_) co_return;
  if (target->kind == 'S') {
    prepared_.Erase(target->name);
  } else if (Portal* portal = portals_.Find(target->name); portal != nullptr) {
    if (portal->shard.has_value()) {
      Backend* backend = BatchBackendNow(*portal->shard, Intent::kRead);
      if (backend == nullptr) backend = co_await BatchBackend(*portal->shard, Intent::kRead);
      if (backend == nullptr) co_return;
      backend->in_batch = true;
      wire::AppendClose(backend->Output(), 'P', target->name);
      backend->Expect(Request::kClose, Handling::kForward);
      portals_.Erase(target->name);
      co_return;
    }
    const std::shared_ptr<MergedRows> rows = portal->rows;
    portals_.Erase(target->name);
    if (rows != nullptr) {
      const bool earlier = co_await FlushBatch();
      if (!earlier) co_return;
      co_await CloseRows(rows);
    }
  } else if (FindCursor(target->name) != nullptr) {
    const std::string name(target->name);
    co_await OnCursor(wire::frontend::kClose, name, body);
    co_return;
  }
  Reply(Frame(wire::AppendCloseComplete));
}

// Describe, Execute or Close of a cursor that DECLARE has made: it is a portal, too. REQUIRES: FindCursor(name)
net::Task<void> Session::OnCursor(char type, const std::string& name, const std::string& body) {
  const Cursor cursor = *FindCursor(name);
  if (cursor.rows == nullptr) {
    Backend* backend = co_await BatchBackend(cursor.shard, Intent::kRead);
    if (backend == nullptr) co_return;
    backend->in_batch = true;
    wire::AppendMessage(backend->Output(), type, body);
    const Request request = type == wire::frontend::kDescribe  ? Request::kDescribePortal
                            : type == wire::frontend::kExecute ? Request::kExecute
                                                               : Request::kClose;
    backend->Expect(request, Handling::kForward);
    if (type != wire::frontend::kClose) co_return;
    backend->suspect |= cursor.hold;
    cursors_->Erase(name);
    co_return;
  }
  const bool earlier = co_await FlushBatch();
  if (!earlier) co_return;
  std::string message;
  if (type == wire::frontend::kExecute) {
    if (failed_) {
      RaiseInBatch(BlockFailure());
      co_await FailBatch();
      co_return;
    }
    error_sent_ = false;
    const bool fetched = co_await ExecuteRows(cursor.rows, wire::DecodeExecute(body)->max_rows);
    if (!fetched) skip_until_sync_ = true;
    co_return;
  }
  if (type == wire::frontend::kDescribe) {
    wire::AppendMessage(&message, wire::backend::kRowDescription, cursor.rows->description);
  } else {
    cursors_->Erase(name);
    co_await CloseRows(cursor.rows);
    wire::AppendCloseComplete(&message);
  }
  Reply(std::move(message));
}

}  // namespace pgshoal::session
