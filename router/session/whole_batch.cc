// The straight way of the extended protocol: a batch that has come whole, about one statement that is known and needs
// one shard, goes there as it stands.
//
// Drivers send Parse, Bind, Describe, Execute and Sync at once, or all but Parse of what they have prepared. Everything
// is looked at before anything is changed: what is no such batch, or would have to wait, takes the way of
// extended_query.cc message by message, and to the client there is no difference.

#include "base/limits.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// What may follow Bind, as it travels: about the unnamed portal each.
constexpr std::string_view kDescribe("D\0\0\0\6P\0", 7);
constexpr std::string_view kExecute("E\0\0\0\x09\0", 6);  // then the number of rows
constexpr std::string_view kSync("S\0\0\0\4", 5);
constexpr std::size_t kExecuteSize = kExecute.size() + sizeof(std::int32_t);

struct WholeBatch {
  bool parses = false;
  bool describes = false;
  std::string_view parse, bind;  // their bodies
  std::string_view after_bind;   // whole messages, to the end
  std::size_t size = 0;          // of all
};

std::optional<WholeBatch> FindWholeBatch(std::string_view input) {
  if (!input.starts_with(wire::frontend::kParse) && !input.starts_with(wire::frontend::kBind)) return std::nullopt;
  WholeBatch batch;
  wire::Next next = wire::NextMessage(input, limits::kMaxCachedStatement);
  if (next.progress == wire::Progress::kOk && next.message.type == wire::frontend::kParse) {
    batch.parses = true;
    batch.parse = next.message.body;
    batch.size = next.length;
    next = wire::NextMessage(input.substr(batch.size), limits::kMaxCachedStatement);
  }
  if (next.progress != wire::Progress::kOk || next.message.type != wire::frontend::kBind) return std::nullopt;
  batch.bind = next.message.body;
  batch.size += next.length;
  std::string_view rest = input.substr(batch.size);
  batch.describes = rest.starts_with(kDescribe);
  const std::size_t execute = batch.describes ? kDescribe.size() : 0;
  const std::size_t sync = execute + kExecuteSize;
  const std::size_t end = sync + kSync.size();
  if (rest.size() < end || !rest.substr(execute).starts_with(kExecute)) return std::nullopt;
  if (!rest.substr(sync).starts_with(kSync)) return std::nullopt;
  batch.after_bind = rest.substr(0, end);
  batch.size += end;
  return batch;
}

}  // namespace

// Whether nothing is under way, nor has happened, that a batch must be seen message by message for.
bool Session::TakesWholeBatches() const {
  if (encoding_ != nullptr || block_ == Block::kBatch || skip_until_sync_ || failed_ || pending_parse_ ||
      batch_backend_ != nullptr || untold_loss_ || ClientGone() || listening_ || !unconfirmed_.empty() ||
      TemporaryDoubtful() || !SharesPlans() || worker_->live->log_min_duration_statement >= 0) {
    return false;
  }
  if (worker_->suspended && !meter_.in_query()) return false;
  for (const auto& backend : backends_) {
    if (backend->lost || backend->Busy() || backend->in_batch || backend->skipping || backend->copy_in) return false;
  }
  return true;
}

// The client's unnamed statement, made anew. The memory of the last one serves again when nobody else has it.
PreparedPtr Session::RenewUnnamed(const PlannedTextPtr& planned) {
  PreparedPtr statement;
  if (const PreparedPtr* last = prepared_.Find(""); last != nullptr && last->use_count() == 1) {
    statement = *last;
  } else {
    statement = std::make_shared<PreparedStatement>();
    prepared_.Set("", statement);
  }
  statement->planned = planned;
  statement->planned_for = PlanningVersion();
  statement->planned_path = PathNumber();
  statement->confirmed = false;
  return statement;
}

bool Session::SendWholeBatch() {
  const std::string_view input = client_->Input();
  const std::optional<WholeBatch> batch = FindWholeBatch(input);
  if (!batch.has_value()) return false;
  Current();
  if (!TakesWholeBatches()) return false;
  // Rows of several shards in portions: they are to be closed first.
  if (const Portal* unnamed = portals_.Find(""); unnamed != nullptr && unnamed->rows != nullptr) return false;
  const absl::StatusOr<wire::BindView> bind = wire::DecodeBind(batch->bind);
  if (!bind.ok() || !bind->portal.empty()) return false;

  PreparedPtr statement;
  PlannedTextPtr planned;
  if (batch->parses) {
    const absl::StatusOr<wire::ParseView> parse = wire::DecodeParse(batch->parse);
    if (!parse.ok() || !parse->statement.empty() || !bind->statement.empty()) return false;
    if (prepared_.Size() >= limits::kMaxPreparedPerClient) return false;
    planned = FindPlanned(parse->query, parse->types);
    if (planned == nullptr || !planned->shape.has_value()) return false;
  } else {
    const PreparedPtr* known = prepared_.Find(bind->statement);
    if (known == nullptr || !PlanIsFresh(**known)) return false;
    statement = *known;
    planned = statement->planned;
  }
  const plan::Plan& plan = *planned->plan;
  const auto* routed = std::get_if<plan::RunRouted>(&plan.action);
  if (routed == nullptr || plan.declares.has_value() || bind->values.size() != planned->parameter_count) return false;

  absl::InlinedVector<plan::ParameterValue, 4> parameters(bind->values.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    parameters[i].type = i < planned->types.size() ? planned->types[i] : 0;
    parameters[i].is_null = bind->values[i].is_null;
    parameters[i].is_binary = bind->FormatOf(i) == 1;
    parameters[i].bytes = bind->values[i].bytes;
  }
  const absl::StatusOr<plan::Selection> selection = plan::Evaluate(routed->selector, *Current()->map, parameters);
  if (!selection.ok() || (!selection->any && selection->shards.count() > 1)) return false;
  const ShardId shard = AnyShard(*selection);
  Backend* backend = BatchBackendNow(shard, routed->writes ? Intent::kWrite : Intent::kRead);
  if (backend == nullptr) return false;

  if (batch->parses) {
    statement = RenewUnnamed(planned);
    backend->Output()->append(input.substr(0, batch->size));  // what has no name there has none here
    backend->unnamed_statement = planned->id;
    backend->pending.push_back({Request::kParse, Handling::kForward, statement, planned});
    unconfirmed_.push_back(statement);
  } else {
    EnsureStatement(*backend, statement);
    const std::string name = statement->IsUnnamed() ? std::string() : exec::ServerStatementName(planned->id);
    wire::AppendBindAs(backend->Output(), batch->bind, "", name);
    backend->Output()->append(batch->after_bind);
  }
  backend->in_batch = backend->bound = true;
  backend->Expect(Request::kBind, Handling::kForward);
  if (batch->describes) backend->Expect(Request::kDescribePortal, Handling::kForward);
  backend->Expect(Request::kExecute, Handling::kForward);
  backend->Expect(Request::kSync, Handling::kForward);
  if (!bind->statement.empty()) meter_.Bound();
  Asked(planned->figures);
  NoteEffects(*backend, plan);
  if (plan.changes_catalog) batch_changes_catalog_ = true;
  if (block_ != Block::kNone) {
    Portal portal;
    portal.statement = statement;
    portal.plan = planned->plan;
    portal.shard = shard;
    portals_.Set("", std::move(portal));
  }
  client_->Consume(batch->size);
  return true;
}

net::Task<void> Session::EndWholeBatch() {
  while (true) {  // as AwaitAnswers, in a frame less
    if (ClientGone()) co_return;
    PumpAll();
    if (AnyCopyIn()) RelayCopyData();
    if (!AnyBusy() && !Cancelling()) break;
    co_await event_.Wait();
  }
  for (const auto& backend : backends_) {
    if (backend->in_batch && !backend->lost) co_return;  // a COPY has swallowed its Sync: the client sends another
  }
  if (untold_loss_ || batch_changes_catalog_ || MustSettle()) {
    const bool ended = co_await EndBatch();
    if (!ended) co_return;
  } else {
    CloseBatch();
    ReleaseBackends();
  }
  SendReady();
}

}  // namespace pgshoal::session
