// The extended query protocol.
//
// A batch is what a client sends up to its Sync. Its requests go on, as they come, to the server that its plans choose,
// and the answers come back in order; nothing is waited for until Flush, Sync, or until the batch turns to another
// server. Whatever the session answers itself takes its place in the same order (Request::kLocal).

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "parser/parser.hpp"
#include "router/merge/merger.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// The answer of several requests that only the session sees.
class DescriptionSink : public MessageSink {
 public:
  void OnMessage(Backend&, char type, std::string_view body) override {
    if (type == wire::backend::kRowDescription) description = std::string(body);
  }
  bool Wants(const Backend&) const override { return true; }
  std::optional<std::string> description;
};

bool AllowedInFailedBlock(const plan::Plan& plan) {
  if (std::holds_alternative<plan::EmptyQuery>(plan.action)) return true;
  const auto* control = std::get_if<plan::TransactionControl>(&plan.action);
  return control != nullptr &&
         (control->verb == plan::TransactionVerb::kCommit || control->verb == plan::TransactionVerb::kRollback ||
          control->verb == plan::TransactionVerb::kRollbackTo);
}

SqlError AbortedBlock() {
  return {std::string(sqlstate::kInFailedSqlTransaction),
          "current transaction is aborted, commands ignored until end of transaction block"};
}

std::string Frame(void (*append)(std::string*)) {
  std::string bytes;
  append(&bytes);
  return bytes;
}

bool IsShow(const plan::Plan& plan) {
  const auto* setting = std::get_if<plan::SessionSetting>(&plan.action);
  return setting != nullptr && setting->verb == plan::SettingVerb::kShow;
}

}  // namespace

net::Task<void> Session::Extended(char type, std::string body) {
  using namespace wire::frontend;
  if (type == kSync) {
    co_await OnSync();
    co_return;
  }
  if (skip_until_sync_) co_return;
  switch (type) {
    case kParse:
      co_await OnParse(body);
      break;
    case kBind:
      co_await OnBind(body);
      break;
    case kDescribe:
      co_await OnDescribe(body);
      break;
    case kExecute:
      co_await OnExecute(body);
      break;
    case kClose:
      co_await OnClose(body);
      break;
    default:  // Flush
      co_await ResolveParse();
      for (auto& backend : backends_) {
        if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
      }
      co_await AwaitAnswers();
      break;
  }
}

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
  for (auto& backend : backends_) {
    if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
  }
  co_await AwaitAnswers();
  if (skip_until_sync_) co_return;  // an earlier request failed: its error counts
  SendError(batch_error_);
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

net::Task<absl::StatusOr<PreparedPtr>> Session::NewStatement(std::string name, std::string text,
                                                             std::vector<Oid> types) {
  absl::StatusOr<std::unique_ptr<parser::ParsedScript>> script = parser::Parse(text);
  if (!script.ok()) co_return script.status();
  const auto& statements = (*script)->statements();
  if (statements.size() > 1) {
    co_return SqlStatus(sqlstate::kSyntaxError, "cannot insert multiple commands into a prepared statement");
  }
  auto statement = std::make_shared<PreparedStatement>();
  statement->name = std::move(name);
  if (statements.size() == 0) {
    auto empty = std::make_shared<plan::Plan>();
    empty->action = plan::EmptyQuery{};
    statement->plan = std::move(empty);
  } else {
    statement->plan = co_await PlanFor(**script, statements[0], types);
  }
  statement->planned_for = PlanningVersion();
  statement->parameter_count = std::max(types.size(), static_cast<std::size_t>((*script)->max_param()));
  statement->id = shared_.StatementId(text, types, statement->planned_for);
  statement->text = std::move(text);
  statement->types = std::move(types);
  co_return statement;
}

// Plans again when the map, the catalog or the search_path has changed since. False: `error` says why not.
net::Task<bool> Session::RefreshPlan(PreparedPtr statement, SqlError* error) {
  Current();
  if (statement->planned_for == PlanningVersion() && statement->planned_for != 0 &&
      statement->planned_path == search_path_) {
    co_return true;
  }
  absl::StatusOr<PreparedPtr> fresh = co_await NewStatement(statement->name, statement->text, statement->types);
  if (!fresh.ok()) {
    *error = ToSqlError(fresh.status());
    co_return false;
  }
  statement->plan = (*fresh)->plan;
  statement->id = (*fresh)->id;
  statement->planned_for = (*fresh)->planned_for;
  statement->planned_path = search_path_;
  co_return true;
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
  std::string name(parse->statement);
  if (!name.empty() && prepared_.contains(name)) {
    RaiseInBatch({std::string(sqlstate::kDuplicatePreparedStatement),
                  fmt::format("prepared statement \"{}\" already exists", name)});
    co_await FailBatch();
    co_return;
  }
  if (prepared_.size() >= limits::kMaxPreparedPerClient) {
    RaiseInBatch({std::string(sqlstate::kProgramLimitExceeded), "too many prepared statements", 0, "",
                  "Close those that are no longer used."});
    co_await FailBatch();
    co_return;
  }
  if (name.empty()) prepared_.erase("");
  std::string query(parse->query);
  std::vector<Oid> types(parse->types.begin(), parse->types.end());
  absl::StatusOr<PreparedPtr> made = co_await NewStatement(name, std::move(query), std::move(types));
  if (!made.ok()) {
    RaiseInBatch(ToSqlError(made.status()));
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr statement = *std::move(made);
  statement->planned_path = search_path_;
  if (failed_ && !AllowedInFailedBlock(*statement->plan)) {
    RaiseInBatch(AbortedBlock());
    co_await FailBatch();
    co_return;
  }
  if (const auto* refusal = std::get_if<plan::Refusal>(&statement->plan->action)) {
    RaiseInBatch(refusal->error);
    co_await FailBatch();
    co_return;
  }
  prepared_[name] = statement;
  unconfirmed_.push_back(statement);
  if (ShardForParse(*statement->plan).has_value()) {
    pending_parse_ = statement;
  } else {
    Reply(Frame(wire::AppendParseComplete), statement);
  }
}

// Where a statement can be parsed when it is not yet known where it will run; nothing: no server need see it.
std::optional<ShardId> Session::ShardForParse(const plan::Plan& plan) const {
  const shardmap::ShardMap& map = *worker_->snapshot->map;
  if (const auto* routed = std::get_if<plan::RunRouted>(&plan.action)) {
    if (routed->selector.op == plan::Selector::Op::kHome) return map.home();
    if (batch_backend_ != nullptr) return batch_backend_->shard;
    if (!backends_.empty()) return backends_.front()->shard;
    return map.home();
  }
  if (IsShow(plan) || (plan.returns_rows && std::holds_alternative<plan::SessionSetting>(plan.action)))
    return backends_.empty() ? map.home() : backends_.front()->shard;
  if (std::holds_alternative<plan::RunEverywhere>(plan.action)) return map.home();
  return std::nullopt;
}

net::Task<void> Session::ResolveParse() {
  if (!pending_parse_) co_return;
  const PreparedPtr statement = pending_parse_;
  const ShardId shard = *ShardForParse(*statement->plan);
  Backend* backend = co_await BatchBackend(shard, Intent::kRead);
  if (backend == nullptr) co_return;
  EnsureStatement(*backend, statement);
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
    co_await FailBatch();
    co_return nullptr;
  }
  batch_backend_ = *enlisted;
  batch_backend_->position_shift = 0;
  if (intent == Intent::kWrite) batch_written_ = shard;
  co_return batch_backend_;
}

// Sees to it that the server has the statement, and that the client's ParseComplete, if it is due, comes now.
void Session::EnsureStatement(Backend& backend, const PreparedPtr& statement) {
  const bool due = pending_parse_ == statement;
  if (due) pending_parse_.reset();
  exec::ServerConnection& server = *backend.lease;
  backend.in_batch = true;
  const bool unnamed = statement->name.empty() && !statement->from_sql;
  const bool there =
      unnamed ? backend.unnamed_statement == statement->id && !due : server.prepared.Touch(statement->id);
  if (there) {
    if (due) {
      batch_backend_ = &backend;
      Reply(Frame(wire::AppendParseComplete), statement);
    }
    return;
  }
  std::string name;
  if (unnamed) {
    backend.unnamed_statement = statement->id;
  } else {
    name = exec::ServerStatementName(statement->id);
    if (std::optional<std::uint64_t> evicted = server.prepared.Add(statement->id); evicted.has_value()) {
      wire::AppendClose(backend.Output(), 'S', exec::ServerStatementName(*evicted));
      backend.Expect(Request::kClose, Handling::kSwallow);
    }
  }
  wire::AppendParse(backend.Output(), name, statement->text, statement->types);
  backend.pending.push_back({Request::kParse, due ? Handling::kForward : Handling::kSwallowForwardError,
                             due ? statement : nullptr, statement});
}

net::Task<void> Session::OnBind(const std::string& body) {
  absl::StatusOr<wire::BindView> bind = wire::DecodeBind(body);
  if (!bind.ok()) {
    RaiseInBatch(ToSqlError(bind.status()));
    co_await FailBatch();
    co_return;
  }
  auto it = prepared_.find(bind->statement);
  if (it == prepared_.end()) {
    RaiseInBatch({std::string(sqlstate::kInvalidSqlStatementName),
                  bind->statement.empty() ? std::string("unnamed prepared statement does not exist")
                                          : fmt::format("prepared statement \"{}\" does not exist", bind->statement)});
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr statement = it->second;
  if (pending_parse_ && pending_parse_ != statement) co_await ResolveParse();
  if (skip_until_sync_) co_return;
  SqlError stale;
  const bool planned = co_await RefreshPlan(statement, &stale);
  if (!planned) {
    RaiseInBatch(std::move(stale));
    co_await FailBatch();
    co_return;
  }
  const PlanPtr plan = statement->plan;
  if (failed_ && !AllowedInFailedBlock(*plan)) {
    RaiseInBatch(AbortedBlock());
    co_await FailBatch();
    co_return;
  }
  if (bind->values.size() != statement->parameter_count) {
    RaiseInBatch({std::string(sqlstate::kProtocolViolation),
                  fmt::format("bind message supplies {} parameters, but prepared statement \"{}\" requires {}",
                              bind->values.size(), bind->statement, statement->parameter_count)});
    co_await FailBatch();
    co_return;
  }
  const std::string portal_name(bind->portal);
  if (!portal_name.empty() && portals_.contains(portal_name)) {
    RaiseInBatch({std::string(sqlstate::kDuplicateCursor), fmt::format("cursor \"{}\" already exists", portal_name)});
    co_await FailBatch();
    co_return;
  }
  Portal portal;
  portal.statement = statement;
  portal.plan = plan;
  std::vector<plan::ParameterValue> parameters(bind->values.size());
  for (std::size_t i = 0; i < bind->values.size(); ++i) {
    parameters[i].type = i < statement->types.size() ? statement->types[i] : 0;
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
      RaiseInBatch(routed->if_several);
      co_await FailBatch();
      co_return;
    }
  } else if (IsShow(*plan)) {
    shard = ShardForParse(*plan);
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
    portals_[portal_name] = std::move(portal);
    Reply(Frame(wire::AppendBindComplete));
    co_return;
  }
  Backend* backend = co_await BatchBackend(*shard, writes ? Intent::kWrite : Intent::kRead);
  if (backend == nullptr) co_return;
  EnsureStatement(*backend, statement);
  const bool unnamed = statement->name.empty() && !statement->from_sql;
  wire::AppendBindAs(backend->Output(), body, unnamed ? std::string() : exec::ServerStatementName(statement->id));
  backend->Expect(Request::kBind, Handling::kForward);
  backend->bound = true;
  portal.shard = shard;
  portals_[portal_name] = std::move(portal);
}

net::Task<void> Session::OnDescribe(const std::string& body) {
  absl::StatusOr<wire::TargetView> target = wire::DecodeDescribe(body);
  if (!target.ok()) {
    RaiseInBatch(ToSqlError(target.status()));
    co_await FailBatch();
    co_return;
  }
  if (target->kind == 'P') {
    auto it = portals_.find(target->name);
    if (it == portals_.end()) {
      RaiseInBatch(
          {std::string(sqlstate::kInvalidCursorName), fmt::format("portal \"{}\" does not exist", target->name)});
      co_await FailBatch();
      co_return;
    }
    Portal& portal = it->second;
    if (portal.shard.has_value()) {
      Backend* backend = co_await BatchBackend(*portal.shard, Intent::kRead);
      if (backend == nullptr) co_return;
      backend->in_batch = true;
      wire::AppendDescribe(backend->Output(), 'P', target->name);
      backend->Expect(Request::kDescribePortal, Handling::kForward);
    } else if (std::holds_alternative<plan::RunRouted>(portal.plan->action)) {
      co_await DescribeMerged(portal);
    } else if (portal.plan->returns_rows && ShardForParse(*portal.plan).has_value()) {
      co_await DescribeMerged(portal);
    } else {
      Reply(Frame(wire::AppendNoData));
    }
    co_return;
  }
  auto it = prepared_.find(target->name);
  if (it == prepared_.end()) {
    RaiseInBatch({std::string(sqlstate::kInvalidSqlStatementName),
                  target->name.empty() ? std::string("unnamed prepared statement does not exist")
                                       : fmt::format("prepared statement \"{}\" does not exist", target->name)});
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr statement = it->second;
  if (pending_parse_ && pending_parse_ != statement) co_await ResolveParse();
  if (skip_until_sync_) co_return;
  const std::optional<ShardId> shard = ShardForParse(*statement->plan);
  if (!shard.has_value()) {
    std::string bytes;
    wire::AppendParameterDescription(&bytes, {});
    wire::AppendNoData(&bytes);
    Reply(std::move(bytes));
    co_return;
  }
  Backend* backend = co_await BatchBackend(*shard, Intent::kRead);
  if (backend == nullptr) co_return;
  EnsureStatement(*backend, statement);
  const bool unnamed = statement->name.empty() && !statement->from_sql;
  wire::AppendDescribe(backend->Output(), 'S', unnamed ? std::string() : exec::ServerStatementName(statement->id));
  backend->Expect(Request::kDescribeStatement, Handling::kForward);
}

// Describe of a portal whose rows come from several shards: one of them knows the columns.
net::Task<bool> Session::DescribeMerged(Portal& portal) {
  const auto* routed = std::get_if<plan::RunRouted>(&portal.plan->action);
  const bool merged = routed != nullptr && routed->stream.has_value();
  const ShardId shard = routed != nullptr ? AnyShard(portal.selection) : worker_->snapshot->map->home();
  Backend* backend = co_await BatchBackend(shard, Intent::kRead);
  if (backend == nullptr) co_return false;
  const bool earlier = co_await FlushBatch();
  if (!earlier) co_return false;
  DescriptionSink sink;
  backend->sink = &sink;
  backend->error.reset();
  backend->in_batch = true;
  backend->unnamed_statement = 0;
  wire::AppendParse(backend->Output(), "", merged ? routed->stream->shard_sql : portal.plan->text,
                    portal.statement->types);
  wire::AppendDescribe(backend->Output(), 'S', "");
  wire::AppendFlush(backend->Output());
  backend->Expect(Request::kParse, Handling::kSink);
  backend->Expect(Request::kDescribeStatement, Handling::kSink);
  const bool alive = co_await AwaitAnswers();
  backend->sink = nullptr;
  if (!alive) co_return false;
  if (backend->error.has_value()) {
    SqlError error = *std::move(backend->error);
    backend->error.reset();
    error.position = 0;
    RaiseInBatch(std::move(error));
    co_await FailBatch();
    co_return false;
  }
  if (!sink.description.has_value()) {
    Reply(Frame(wire::AppendNoData));
    co_return true;
  }
  static const plan::StreamSpec kAsItStands{};
  absl::StatusOr<std::string> description =
      merge::DescribeForClient(merged ? *routed->stream : kAsItStands, *sink.description, portal.result_formats);
  if (!description.ok()) {
    RaiseInBatch(ToSqlError(description.status()));
    co_await FailBatch();
    co_return false;
  }
  std::string message;
  wire::AppendMessage(&message, wire::backend::kRowDescription, *description);
  Reply(std::move(message));
  co_return true;
}

// Waits for all answers so far. False: an error has ended the batch, or the client is gone.
net::Task<bool> Session::FlushBatch() {
  for (auto& backend : backends_) {
    if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
  }
  const bool alive = co_await AwaitAnswers();
  co_return alive && !skip_until_sync_;
}

net::Task<void> Session::OnExecute(const std::string& body) {
  absl::StatusOr<wire::ExecuteView> execute = wire::DecodeExecute(body);
  if (!execute.ok()) {
    RaiseInBatch(ToSqlError(execute.status()));
    co_await FailBatch();
    co_return;
  }
  auto it = portals_.find(execute->portal);
  if (it == portals_.end()) {
    RaiseInBatch(
        {std::string(sqlstate::kInvalidCursorName), fmt::format("portal \"{}\" does not exist", execute->portal)});
    co_await FailBatch();
    co_return;
  }
  Portal& portal = it->second;
  if (portal.shard.has_value()) {
    Backend* backend = co_await BatchBackend(*portal.shard, Intent::kRead);
    if (backend == nullptr) co_return;
    backend->in_batch = true;
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
    RaiseInBatch(AbortedBlock());
    co_await FailBatch();
    co_return;
  }
  if (portal.suspended) {
    RaiseInBatch({std::string(sqlstate::kFeatureNotSupported),
                  "fetching further portions of rows from several shards is not supported yet", 0, "",
                  "Fetch all rows at once (fetch size 0), or restrict the query to one shard key."});
    co_await FailBatch();
    co_return;
  }
  if (portal.done) {
    SendComplete(plan->command);
    co_return;
  }
  const bool begins = std::holds_alternative<plan::TransactionControl>(plan->action);
  bool touched = false;
  for (auto& backend : backends_) touched = touched || backend->in_batch;
  if (touched && block_ == Block::kNone && (begins || !std::holds_alternative<plan::RunRouted>(plan->action))) {
    // Requests of this batch are in a transaction of their servers' own: it must end before another begins.
    const bool ended = co_await SyncServers();
    if (!ended) co_return;
  }
  const bool merges = std::holds_alternative<plan::RunRouted>(plan->action);
  portal.max_rows = merges && execute->max_rows > 0 ? execute->max_rows : 0;
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
    if (auto it = prepared_.find(target->name); it != prepared_.end()) prepared_.erase(it);
  } else if (auto it = portals_.find(target->name); it != portals_.end()) {
    if (it->second.shard.has_value()) {
      Backend* backend = co_await BatchBackend(*it->second.shard, Intent::kRead);
      if (backend == nullptr) co_return;
      backend->in_batch = true;
      wire::AppendClose(backend->Output(), 'P', target->name);
      backend->Expect(Request::kClose, Handling::kForward);
      portals_.erase(it);
      co_return;
    }
    portals_.erase(it);
  }
  Reply(Frame(wire::AppendCloseComplete));
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

net::Task<bool> Session::EndBatch() {
  if (!skip_until_sync_) co_await ResolveParse();
  pending_parse_.reset();
  co_await SyncServers();
  if (ClientGone()) co_return false;
  for (auto& backend : backends_) {
    if (backend->in_batch && !backend->lost) co_return false;  // its Sync was swallowed by a COPY
    if (block_ != Block::kNone && backend->joined && backend->status == 'E') failed_ = true;
  }
  ForgetUnconfirmed();
  skip_until_sync_ = false;
  batch_backend_ = nullptr;
  batch_written_.reset();
  if (block_ == Block::kNone) portals_.clear();
  if (std::exchange(batch_changes_catalog_, false)) {
    if (block_ != Block::kNone) catalog_changed_ = true;
    if (!failed_) co_await ReloadCatalog();
  }
  ReleaseBackends();
  co_return true;
}

net::Task<void> Session::OnSync() {
  const bool ended = co_await EndBatch();
  if (ended) SendReady();
}

// Statements whose Parse was skipped after an error do not exist.
void Session::ForgetUnconfirmed() {
  for (const PreparedPtr& statement : unconfirmed_) {
    if (statement->confirmed) continue;
    auto it = prepared_.find(statement->name);
    if (it != prepared_.end() && it->second == statement) prepared_.erase(it);
  }
  unconfirmed_.clear();
}

}  // namespace pgshoal::session
