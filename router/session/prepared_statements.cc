// Prepared statements: made by Parse or PREPARE, planned again when what they depend on has changed, put on servers
// when they are used there, run by EXECUTE.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/oids.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// An EXECUTE that Parse has given a name can name another, or itself. So many may follow each other.
constexpr int kMostExecutes = 50;

bool ExecutesTooDeep(PreparedPtr statement, Named<PreparedPtr>& all) {
  for (int depth = 0; depth < kMostExecutes; ++depth) {
    const auto* execute = std::get_if<plan::ExecuteStatement>(&statement->plan().action);
    if (execute == nullptr) return false;
    const PreparedPtr* next = all.Find(execute->name);
    if (next == nullptr) return false;
    statement = *next;
  }
  return true;
}

// Whether a server has to look at the arguments of EXECUTE: those that are more than constants, and numbers for
// parameters of which it is not plain that they take them as they are written.
bool NeedsServer(const plan::ExecuteStatement& execute, const PlannedText& planned) {
  using Kind = plan::ExecuteStatement::Argument::Kind;
  constexpr std::size_t kSurelyFits = 18;  // digits of a bigint
  for (std::size_t i = 0; i < execute.arguments.size(); ++i) {
    const auto& [kind, value] = execute.arguments[i];
    if (kind == Kind::kText || kind == Kind::kNull) continue;
    if (kind == Kind::kExpression) return true;
    Oid type = i < planned.types.size() ? planned.types[i] : 0;
    if (type == 0 && planned.parameter_types && i < planned.parameter_types->size()) type = (*planned.parameter_types)[i];
    constexpr Oid kTakeIntegers[] = {oid::kInt4, oid::kText, oid::kVarchar, oid::kFloat4, oid::kFloat8};
    const bool fits = type == oid::kNumeric || (type == oid::kInt8 && value.size() <= kSurelyFits) ||
                      (kind == Kind::kInteger && std::find(std::begin(kTakeIntegers), std::end(kTakeIntegers), type) !=
                                                     std::end(kTakeIntegers));
    if (!fits) return true;
  }
  return false;
}

}  // namespace

net::Task<absl::StatusOr<PreparedPtr>> Session::NewStatement(std::string name, std::string_view text,
                                                             std::vector<Oid> types) {
  if (TemporaryDoubtful()) co_await RefreshTemporary();
  PlannedTextPtr planned = FindPlanned(text, types);
  if (!planned) {
    absl::StatusOr<PlannedTextPtr> made = co_await PlanText(text, types);
    if (!made.ok()) co_return made.status();
    planned = *std::move(made);
  }
  auto statement = std::make_shared<PreparedStatement>();
  statement->name = std::move(name);
  statement->planned = std::move(planned);
  statement->planned_for = PlanningVersion();
  statement->planned_path = PathNumber();
  co_return statement;
}

bool Session::PlanIsFresh(const PreparedStatement& statement) {
  Current();
  return !TemporaryDoubtful() && statement.planned_for == PlanningVersion() && statement.planned_for != 0 &&
         statement.planned_path == PathNumber();
}

// Plans again when the map, the catalog or the search_path has changed since. False: `error` says why not, or an error
// has been sent.
net::Task<bool> Session::RefreshPlan(PreparedPtr statement, SqlError* error) {
  if (TemporaryDoubtful()) co_await RefreshTemporary();
  if (PlanIsFresh(*statement)) co_return true;
  absl::StatusOr<PlannedTextPtr> fresh = co_await PlanText(statement->planned->text, statement->planned->types);
  if (!fresh.ok()) {
    *error = ToSqlError(fresh.status());
    co_return false;
  }
  const PlannedTextPtr made = *std::move(fresh);
  const bool same = co_await KeepsShape(statement, made, error);
  if (!same) co_return false;
  statement->planned = made;
  statement->planned_for = PlanningVersion();
  statement->planned_path = PathNumber();
  co_return true;
}

// Sees to it that the server has the statement, and that the client's ParseComplete, if it is due, comes now.
void Session::EnsureStatement(Backend& backend, const PreparedPtr& statement) {
  const bool due = pending_parse_ == statement;
  if (due) pending_parse_.reset();
  exec::ServerConnection& server = *backend.lease;
  backend.in_batch = true;
  const bool unnamed = statement->IsUnnamed();
  const bool there =
      unnamed ? backend.unnamed_statement == statement->planned->id && !due : server.prepared.Touch(statement->planned->id);
  if (there) {
    if (due) {
      batch_backend_ = &backend;
      std::string complete;
      wire::AppendParseComplete(&complete);
      Reply(std::move(complete), statement);
    }
    // Sent there by another worker, perhaps.
    if (!unnamed && !statement->planned->shape.has_value()) {
      AskForShape(backend, statement->planned, exec::ServerStatementName(statement->planned->id));
    }
    return;
  }
  std::string name;
  if (unnamed) {
    backend.unnamed_statement = statement->planned->id;
  } else {
    name = exec::ServerStatementName(statement->planned->id);
    meter_.PreparedOnServer();
    if (std::optional<std::uint64_t> evicted = server.prepared.Add(statement->planned->id); evicted.has_value()) {
      wire::AppendClose(backend.Output(), 'S', exec::ServerStatementName(*evicted));
      backend.Expect(Request::kClose, Handling::kSwallow);
    }
  }
  wire::AppendParse(backend.Output(), name, statement->planned->text, statement->planned->types);
  backend.pending.push_back({Request::kParse, due ? Handling::kForward : Handling::kSwallowForwardError,
                             due ? statement : nullptr, statement->planned});
  AskForShape(backend, statement->planned, name);
}

// Statements whose Parse was skipped after an error do not exist.
void Session::ForgetUnconfirmed() {
  for (const PreparedPtr& statement : unconfirmed_) {
    if (statement->confirmed) continue;
    const PreparedPtr* known = prepared_.Find(statement->name);
    if (known != nullptr && *known == statement) prepared_.Erase(statement->name);
  }
  unconfirmed_.clear();
}

net::Task<bool> Session::RunPrepare(const plan::PrepareStatement& action) {
  if (prepared_.Contains(action.name)) {
    co_return Fail({std::string(sqlstate::kDuplicatePreparedStatement),
                    fmt::format("prepared statement \"{}\" already exists", action.name)});
  }
  if (!action.types_known) {
    co_return Fail({std::string(sqlstate::kFeatureNotSupported),
                    "PREPARE with parameters of types that are not built in is not supported", 0, "",
                    "Leave the types out, or cast the parameters in the statement."});
  }
  absl::StatusOr<PreparedPtr> statement = co_await NewStatement(action.name, action.query, action.types);
  if (!statement.ok()) co_return Fail(ToSqlError(statement.status()));
  if (const std::optional<SqlError> barred = EncodingBars((*statement)->plan(), action.query)) co_return Fail(*barred);
  if (const auto* refusal = std::get_if<plan::Refusal>(&(*statement)->plan().action)) {
    SqlError error = refusal->error;
    error.position = 0;
    co_return Fail(std::move(error));
  }
  // A server must accept it too: the error belongs to PREPARE.
  if (std::optional<ShardId> shard = ShardForParse((*statement)->plan()); shard.has_value()) {
    absl::StatusOr<Backend*> enlisted = co_await Enlist(*shard, Intent::kRead);
    if (!enlisted.ok()) co_return Fail(ToSqlError(enlisted.status()));
    Backend& backend = **enlisted;
    backend.error.reset();
    wire::AppendParse(backend.Output(), "", (*statement)->planned->text, (*statement)->planned->types);
    backend.unnamed_statement = 0;
    backend.Expect(Request::kParse, Handling::kSwallow);
    AskForShape(backend, (*statement)->planned, "");
    wire::AppendSync(backend.Output());
    backend.Expect(Request::kSync, Handling::kSwallow);
    const bool alive = co_await AwaitAnswers();
    if (!alive || error_sent_) co_return false;
    if (backend.lost) {
      co_return Fail({std::string(sqlstate::kConnectionFailure), "the connection to a shard was lost"});
    }
    if (backend.error.has_value()) {
      SqlError error = *std::move(backend.error);
      backend.error.reset();
      error.position = 0;
      co_return Fail(std::move(error));
    }
  }
  (*statement)->confirmed = true;
  (*statement)->from_sql = true;
  prepared_.Set(action.name, *std::move(statement));
  meter_.Prepared();
  SendComplete("PREPARE");
  co_return true;
}

// EXECUTE is Bind, Describe and Execute of the statement with its arguments as text.
net::Task<bool> Session::RunExecute(const plan::Plan& plan, const plan::ExecuteStatement& action, int position_shift) {
  const PreparedPtr* known = prepared_.Find(action.name);
  if (known == nullptr) {
    co_return Fail({std::string(sqlstate::kInvalidSqlStatementName),
                    fmt::format("prepared statement \"{}\" does not exist", action.name)});
  }
  const PreparedPtr statement = *known;
  SqlError stale;
  const bool planned = co_await RefreshPlan(statement, &stale);
  if (!planned) co_return Fail(std::move(stale));
  if (ExecutesTooDeep(statement, prepared_)) {
    co_return Fail({std::string(sqlstate::kStatementTooComplex), "stack depth limit exceeded", 0, "",
                    "EXECUTE statements name each other in a circle, or too many in a row."});
  }
  if (const std::optional<SqlError> barred = EncodingBars(statement->plan(), statement->planned->text)) {
    co_return Fail(*barred);
  }
  if (action.arguments.size() != statement->planned->parameter_count) {
    SqlError error{
        std::string(sqlstate::kSyntaxError),
        fmt::format("wrong number of parameters for prepared statement \"{}\"", action.name), 0,
        fmt::format("Expected {} parameters but got {}.", statement->planned->parameter_count, action.arguments.size())};
    co_return Fail(error);
  }
  meter_.Bound();
  std::vector<plan::ExecuteStatement::Argument> computed;
  const bool evaluate = NeedsServer(action, *statement->planned);
  if (evaluate) {
    const bool known_now = co_await EvaluateArguments(statement, plan, position_shift, &computed);
    if (!known_now) co_return false;
  }
  const std::vector<plan::ExecuteStatement::Argument>& arguments = evaluate ? computed : action.arguments;
  Portal portal;
  portal.statement = statement;
  portal.plan = statement->planned->plan;
  std::vector<wire::Value> values;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    const bool is_null = argument.kind == plan::ExecuteStatement::Argument::Kind::kNull;
    values.push_back({is_null, argument.value});
    plan::ParameterValue parameter;
    parameter.type = i < statement->planned->types.size() ? statement->planned->types[i] : 0;
    parameter.is_null = is_null;
    parameter.bytes = argument.value;
    portal.parameters.push_back(parameter);
  }
  std::string bind;
  wire::AppendBind(&bind, "", "", std::span<const std::int16_t>(), values, {});
  absl::StatusOr<wire::BindView> view = wire::DecodeBind(std::string_view(bind).substr(wire::kHeaderSize));
  if (!view.ok()) co_return Fail(ToSqlError(view.status()));
  portal.raw_parameters = std::string(view->parameters);
  const auto* routed = std::get_if<plan::RunRouted>(&portal.plan->action);
  portal.describe_rows = true;
  if (routed == nullptr) co_return co_await RunAction(portal.plan, &portal, 0);
  absl::StatusOr<plan::Selection> selection = plan::Evaluate(routed->selector, *Current()->map, portal.parameters);
  if (!selection.ok()) co_return Fail(ToSqlError(selection.status()));
  portal.selection = *std::move(selection);
  if (!portal.selection.any && portal.selection.shards.count() > 1) {
    if (!routed->stream.has_value()) co_return Fail(routed->if_several);
    if (portal.plan->declares.has_value()) {
      co_return co_await RunDeclareMerged(portal.plan, *routed, portal.selection, &portal, 0);
    }
    co_return co_await RunMerged(portal.plan, *routed->stream, portal.selection, &portal, 0);
  }
  const ShardId shard = AnyShard(portal.selection);
  absl::StatusOr<Backend*> enlisted = co_await Enlist(shard, routed->writes ? Intent::kWrite : Intent::kRead);
  if (!enlisted.ok()) co_return Fail(ToSqlError(enlisted.status()));
  Backend& backend = **enlisted;
  backend.position_shift = 0;
  NoteEffects(backend, *portal.plan);
  if (HearsItself(*portal.plan)) co_await BeforeNotify(backend);
  EnsureStatement(backend, statement);
  const std::string name = exec::ServerStatementName(statement->planned->id);
  wire::AppendBind(backend.Output(), "", name, portal.raw_parameters, {});
  backend.Expect(Request::kBind, Handling::kSwallow);
  if (portal.plan->returns_rows) {
    wire::AppendDescribe(backend.Output(), 'P', "");
    backend.Expect(Request::kDescribePortal, Handling::kForward);
  }
  wire::AppendExecute(backend.Output(), "", 0);
  backend.Expect(Request::kExecute, Handling::kForward);
  wire::AppendSync(backend.Output());
  backend.Expect(Request::kSync, Handling::kSwallow);
  backend.in_batch = true;
  const bool alive = co_await AwaitAnswers();
  skip_until_sync_ = false;
  if (backend.error.has_value()) {
    SqlError error = *std::move(backend.error);
    backend.error.reset();
    error.position = 0;
    co_return Fail(std::move(error));
  }
  if (alive && !error_sent_ && portal.plan->declares.has_value()) NoteCursor(*portal.plan, shard);
  co_return alive && !error_sent_;
}

net::Task<bool> Session::RunDeallocate(const plan::DeallocateStatement& action) {
  if (action.name.empty()) {
    prepared_.ClearNamed();  // as PostgreSQL
    SendComplete("DEALLOCATE ALL");
    co_return true;
  }
  if (!prepared_.Erase(action.name)) {
    co_return Fail({std::string(sqlstate::kInvalidSqlStatementName),
                    fmt::format("prepared statement \"{}\" does not exist", action.name)});
  }
  SendComplete("DEALLOCATE");
  co_return true;
}

}  // namespace pgshoal::session
