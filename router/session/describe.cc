// Describe, and what a client is told of names that do not exist.

#include <fmt/format.h>

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

}  // namespace

std::string Frame(void (*append)(std::string*)) {
  std::string bytes;
  append(&bytes);
  return bytes;
}

SqlError NoSuchStatement(std::string_view name) {
  SqlError error;
  error.sqlstate = std::string(sqlstate::kInvalidSqlStatementName);
  error.message = name.empty() ? "unnamed prepared statement does not exist"
                               : fmt::format("prepared statement \"{}\" does not exist", name);
  return error;
}

SqlError NoSuchPortal(std::string_view name) {
  SqlError error;
  error.sqlstate = std::string(sqlstate::kInvalidCursorName);
  error.message = fmt::format("portal \"{}\" does not exist", name);
  return error;
}

net::Task<void> Session::OnDescribe(const std::string& body) {
  absl::StatusOr<wire::TargetView> target = wire::DecodeDescribe(body);
  if (!target.ok()) {
    RaiseInBatch(ToSqlError(target.status()));
    co_await FailBatch();
    co_return;
  }
  if (target->kind == 'P') {
    Portal* found = portals_.Find(target->name);
    if (found == nullptr && FindCursor(target->name) != nullptr) {
      const std::string name(target->name);
      co_await OnCursor(wire::frontend::kDescribe, name, body);
      co_return;
    }
    if (found == nullptr) {
      RaiseInBatch(NoSuchPortal(target->name));
      co_await FailBatch();
      co_return;
    }
    Portal& portal = *found;
    if (portal.shard.has_value()) {
      Backend* backend = BatchBackendNow(*portal.shard, Intent::kRead);
      if (backend == nullptr) backend = co_await BatchBackend(*portal.shard, Intent::kRead);
      if (backend == nullptr) co_return;
      backend->in_batch = true;
      wire::AppendDescribe(backend->Output(), 'P', target->name);
      backend->Expect(Request::kDescribePortal, Handling::kForward);
    } else if (portal.plan->declares.has_value()) {
      Reply(Frame(wire::AppendNoData));
    } else if (std::holds_alternative<plan::RunRouted>(portal.plan->action)) {
      co_await DescribeMerged(portal);
    } else if (const auto* cursor = std::get_if<plan::CursorCommand>(&portal.plan->action)) {
      Reply(DescribeCursor(*cursor));
    } else if (portal.plan->returns_rows && ShardForParse(*portal.plan).has_value()) {
      co_await DescribeMerged(portal);
    } else {
      Reply(Frame(wire::AppendNoData));
    }
    co_return;
  }
  const PreparedPtr* known = prepared_.Find(target->name);
  if (known == nullptr) {
    RaiseInBatch(NoSuchStatement(target->name));
    co_await FailBatch();
    co_return;
  }
  const PreparedPtr statement = *known;
  if (pending_parse_ && pending_parse_ != statement) co_await ResolveParse();
  if (skip_until_sync_) co_return;
  if (!failed_ && !PlanIsFresh(*statement)) {
    SqlError stale;
    const bool planned = co_await RefreshPlan(statement, &stale);
    if (!planned) {
      // Parameters do not change: PostgreSQL tells of them before it looks at the columns.
      const std::optional<std::vector<Oid>>& types = statement->planned->parameter_types;
      if (types.has_value() && !skip_until_sync_) {
        std::string parameters;
        wire::AppendParameterDescription(&parameters, *types);
        Reply(std::move(parameters));
      }
      RaiseInBatch(std::move(stale));
      co_await FailBatch();
      co_return;
    }
  }
  const std::optional<ShardId> shard = ShardForParse(statement->plan());
  if (!shard.has_value()) {
    std::string bytes;
    wire::AppendParameterDescription(&bytes, {});
    if (const auto* cursor = std::get_if<plan::CursorCommand>(&statement->plan().action)) {
      bytes += DescribeCursor(*cursor);
    } else {
      wire::AppendNoData(&bytes);
    }
    Reply(std::move(bytes));
    co_return;
  }
  Backend* backend = BatchBackendNow(*shard, Intent::kRead);
  if (backend == nullptr) backend = co_await BatchBackend(*shard, Intent::kRead);
  if (backend == nullptr) co_return;
  EnsureStatement(*backend, statement);
  const bool unnamed = statement->IsUnnamed();
  wire::AppendDescribe(backend->Output(), 'S', unnamed ? std::string() : exec::ServerStatementName(statement->planned->id));
  backend->Expect(Request::kDescribeStatement, Handling::kForward);
  if (!backend->lost && !statement->planned->shape.has_value()) backend->pending.back().describes = statement->planned;
}

// Describe of a portal whose rows come from several shards: one of them knows the columns.
net::Task<bool> Session::DescribeMerged(Portal& portal) {
  const auto* routed = std::get_if<plan::RunRouted>(&portal.plan->action);
  const bool merged = routed != nullptr && routed->stream.has_value();
  const ShardId shard = routed != nullptr ? AnyShard(portal.selection) : local_->snapshot->map->home();
  Backend* backend = BatchBackendNow(shard, Intent::kRead);
  if (backend == nullptr) backend = co_await BatchBackend(shard, Intent::kRead);
  if (backend == nullptr) co_return false;
  const bool earlier = co_await FlushBatch();
  if (!earlier) co_return false;
  DescriptionSink sink;
  backend->sink = &sink;
  backend->error.reset();
  backend->in_batch = true;
  backend->unnamed_statement = 0;
  wire::AppendParse(backend->Output(), "", merged ? routed->stream->shard_sql : portal.plan->text,
                    portal.statement->planned->types);
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
  if (Converts()) {
    if (const absl::Status convertible = KeepRepresentable(&message, 0); !convertible.ok()) {
      RaiseInBatch(ToSqlError(convertible));
      co_await FailBatch();
      co_return false;
    }
  }
  Reply(std::move(message));
  co_return true;
}

}  // namespace pgshoal::session
