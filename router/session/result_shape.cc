#include "router/session/result_shape.hpp"

#include "router/session/session.hpp"
#include "router/wire/backend.hpp"

namespace pgshoal::session {
namespace {

constexpr Oid kFirstUserOid = 16384;

}  // namespace

std::optional<ResultShape> ShapeOfDescription(std::string_view body) {
  absl::StatusOr<std::vector<wire::Field>> columns = wire::DecodeRowDescription(body);
  if (!columns.ok()) return std::nullopt;
  ResultShape shape;
  for (const wire::Field& column : *columns) {
    const Oid type = std::min(column.type, kFirstUserOid);
    shape += column.name;
    shape.push_back('\0');
    shape.append(reinterpret_cast<const char*>(&type), sizeof type);
    shape.append(reinterpret_cast<const char*>(&column.typmod), sizeof column.typmod);
  }
  return shape;
}

SqlError ResultTypeChanged() {
  SqlError error{std::string(sqlstate::kFeatureNotSupported), "cached plan must not change result type"};
  error.other_fields.emplace_back('R', "RevalidateCachedQuery");
  return error;
}

// Asks a server for the columns and parameters of a statement that it has or is being sent, unless they are known.
void Session::AskForShape(Backend& backend, const PlannedTextPtr& planned, std::string_view server_name) {
  if (planned->shape.has_value() && planned->parameter_types.has_value()) return;
  wire::AppendDescribe(backend.Output(), 'S', server_name);
  backend.Expect(Request::kDescribeStatement, Handling::kSwallowForwardError);
  if (!backend.lost) backend.pending.back().describes = planned;
}

void Session::LearnShape(const Pending& pending, char type, std::string_view body) {
  if (!pending.describes) return;
  if (type == wire::backend::kParameterDescription && !pending.describes->parameter_types.has_value()) {
    absl::StatusOr<std::vector<Oid>> types = wire::DecodeParameterDescription(body);
    if (types.ok()) pending.describes->parameter_types = *std::move(types);
  }
  if (pending.describes->shape.has_value()) return;
  if (type == wire::backend::kRowDescription) pending.describes->shape = ShapeOfDescription(body);
  if (type == wire::backend::kNoData) pending.describes->shape.emplace();
}

// Whether `planned`, made anew for a statement whose plan was outdated, still gives the columns that it gave. False:
// `error` says it, or an error has been sent, or the client is gone.
net::Task<bool> Session::KeepsShape(PreparedPtr statement, PlannedTextPtr planned, SqlError* error) {
  const std::optional<ResultShape>& before = statement->planned->shape;
  const std::optional<ShardId> shard = ShardForParse(*planned->plan);
  if (!before.has_value() || !shard.has_value()) co_return true;
  if (!planned->shape.has_value()) {
    const bool earlier = co_await FlushBatch();
    if (!earlier) co_return false;
    absl::StatusOr<Backend*> enlisted = co_await Enlist(*shard, Intent::kRead);
    if (!enlisted.ok()) {
      *error = ToSqlError(enlisted.status());
      co_return false;
    }
    Backend& backend = **enlisted;
    const bool begun = backend.in_batch;
    const auto fresh = std::make_shared<PreparedStatement>(*statement);
    fresh->planned = planned;
    EnsureStatement(backend, fresh);
    if (!begun) {
      wire::AppendSync(backend.Output());
      backend.Expect(Request::kSync, Handling::kSwallow);
    }
    const bool answered = co_await FlushBatch();
    if (!answered) co_return false;
  }
  if (!planned->shape.has_value() || *planned->shape == *before) co_return true;
  *error = ResultTypeChanged();
  co_return false;
}

}  // namespace pgshoal::session
