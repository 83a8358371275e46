// Arguments of EXECUTE that are more than constants: a server computes them, and turns them into what the statement's
// parameters want, by PostgreSQL's own rules. It is given a statement of the same name and parameters that does nothing
// but show its parameters, and then the client's own EXECUTE.

#include <fmt/format.h>

#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

class ArgumentSink : public MessageSink {
 public:
  void OnMessage(Backend&, char type, std::string_view body) override {
    if (type == wire::backend::kParameterDescription) {
      absl::StatusOr<std::vector<Oid>> described = wire::DecodeParameterDescription(body);
      if (described.ok()) types = *std::move(described);
    } else if (type == wire::backend::kDataRow) {
      std::vector<wire::Value> columns;
      if (!wire::DecodeDataRow(body, &columns).ok()) return;
      using Kind = plan::ExecuteStatement::Argument::Kind;
      for (const wire::Value& column : columns) {
        row.push_back({column.is_null ? Kind::kNull : Kind::kText, std::string(column.bytes)});
      }
    }
  }
  bool Wants(const Backend&) const override { return true; }
  std::optional<std::vector<Oid>> types;
  std::vector<plan::ExecuteStatement::Argument> row;
};

}  // namespace

net::Task<bool> Session::EvaluateArguments(PreparedPtr statement, const plan::Plan& plan, int position_shift,
                                           std::vector<plan::ExecuteStatement::Argument>* values) {
  const std::string name = std::get<plan::ExecuteStatement>(plan.action).name;
  const std::string* date_style = reported_.Find("DateStyle");
  const std::string* interval_style = reported_.Find("IntervalStyle");
  const bool plain = date_style != nullptr && date_style->starts_with("ISO") && interval_style != nullptr &&
                     *interval_style == "postgres";
  if (!plain || name.starts_with("pgshoal_")) {
    // What a server shows of a value might not be read as the same value again.
    co_return Fail(
        ToSqlError(Refuse("EXECUTE with arguments that are not constants, under this DateStyle, IntervalStyle "
                          "or name of the statement",
                          0, "Write the values as constants.")));
  }
  absl::StatusOr<Backend*> enlisted = co_await Enlist(Current()->map->home(), Intent::kRead);
  if (!enlisted.ok()) co_return Fail(ToSqlError(enlisted.status()));
  Backend& backend = **enlisted;
  ArgumentSink sink;
  backend.error.reset();
  backend.sink = &sink;
  backend.unnamed_statement = 0;
  wire::AppendParse(backend.Output(), "", statement->planned->text, statement->planned->types);
  backend.Expect(Request::kParse, Handling::kSink);
  wire::AppendDescribe(backend.Output(), 'S', "");
  backend.Expect(Request::kDescribeStatement, Handling::kSink);
  wire::AppendSync(backend.Output());
  backend.Expect(Request::kSync, Handling::kSwallow);
  co_await AwaitServers();
  bool own_words = false;
  if (!backend.error.has_value() && !backend.lost && sink.types.has_value()) {
    std::string show = "SELECT ";
    for (std::size_t i = 0; i < sink.types->size(); ++i) show += fmt::format("${}, ", i + 1);
    show += "pg_catalog.current_setting('extra_float_digits')";
    wire::AppendParse(backend.Output(), name, show, *sink.types);
    backend.Expect(Request::kParse, Handling::kSwallow);
    wire::AppendSync(backend.Output());
    backend.Expect(Request::kSync, Handling::kSwallow);
    SendSimple(backend, plan.text, Handling::kSink);
    wire::AppendClose(backend.Output(), 'S', name);
    backend.Expect(Request::kClose, Handling::kSwallow);
    wire::AppendSync(backend.Output());
    backend.Expect(Request::kSync, Handling::kSwallow);
    co_await AwaitServers();
    own_words = true;
  }
  backend.sink = nullptr;
  if (ClientGone()) co_return false;
  if (backend.error.has_value()) {
    SqlError error = *std::move(backend.error);
    backend.error.reset();
    error.position = own_words && error.position > 0 ? error.position + position_shift : 0;
    co_return Fail(error);
  }
  if (backend.lost || sink.row.empty()) {
    co_return Fail({std::string(sqlstate::kConnectionFailure), "the connection to a shard was lost"});
  }
  const std::string digits = sink.row.back().value;
  if (digits.empty() || digits.front() == '-' || digits == "0") {
    co_return Fail(
        ToSqlError(Refuse("EXECUTE with arguments that are not constants while extra_float_digits is below 1", 0,
                          "Set extra_float_digits to 1.")));
  }
  sink.row.pop_back();
  *values = std::move(sink.row);
  co_return true;
}

}  // namespace pgshoal::session
