// SELECT set_config(…), …: as SET, but the values may be parameters, and each gives a column of one row.

#include <fmt/format.h>

#include <algorithm>

#include "router/plan/set_config.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

constexpr std::string_view kNoRole = "SET ROLE NONE";

struct Call {
  std::string name, value;  // name: lower case
  std::string given_name;
  bool local = false;
};

// The one row, and the tag; from the server that speaks for all.
class RowSink : public MessageSink {
 public:
  explicit RowSink(bool with_description) : with_description_(with_description) {}
  void OnMessage(Backend&, char type, std::string_view body) override {
    if (type == wire::backend::kDataRow || (type == wire::backend::kRowDescription && with_description_)) {
      wire::AppendMessage(&bytes, type, body);
    }
  }
  bool Wants(const Backend&) const override { return true; }
  std::string bytes;

 private:
  bool with_description_;
};

std::string QuotedName(std::string_view name) {
  std::string out(1, '"');
  for (const char c : name) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

// As PostgreSQL reads text as a boolean: any beginning of its words that is unambiguous.
std::optional<bool> ReadBoolean(std::string_view text) {
  const std::string lower = plan::LowerName(text);
  const auto begins = [&](std::string_view word, std::size_t least) {
    return lower.size() >= least && word.starts_with(lower);
  };
  if (begins("true", 1) || begins("yes", 1) || lower == "on" || lower == "1") return true;
  if (begins("false", 1) || begins("no", 1) || begins("off", 2) || lower == "0") return false;
  return std::nullopt;
}

// The value of one argument; nothing: NULL.
absl::StatusOr<std::optional<std::string>> ValueOf(const plan::ConfigArgument& argument, const Portal* portal, std::string_view text) {
  if (!argument.parameter.has_value()) return argument.constant;
  const auto index = static_cast<std::size_t>(*argument.parameter);
  if (portal == nullptr || index >= portal->parameters.size()) {
    const std::string_view before = text.substr(0, argument.begin);
    const auto characters = std::count_if(before.begin(), before.end(), [](char c) { return (c & 0xC0) != 0x80; });
    return SqlStatus("42P02", fmt::format("there is no parameter ${}", index + 1), static_cast<int>(characters) + 1);
  }
  const plan::ParameterValue& value = portal->parameters[index];
  if (value.is_null) return std::nullopt;
  return std::string(value.bytes);
}

absl::StatusOr<Call> Resolve(const plan::ConfigCall& call, const Portal* portal, std::string_view text) {
  Call resolved;
  absl::StatusOr<std::optional<std::string>> name = ValueOf(call.name, portal, text);
  if (!name.ok()) return name.status();
  if (!name->has_value()) return SqlStatus("22004", "SET requires parameter name");
  resolved.given_name = **name;
  resolved.name = plan::LowerName(**name);
  absl::StatusOr<std::optional<std::string>> value = ValueOf(call.value, portal, text);
  if (!value.ok()) return value.status();
  if (!value->has_value()) return Refuse("set_config with NULL as the value", 0, "Use RESET.");
  resolved.value = **value;
  absl::StatusOr<std::optional<std::string>> local = ValueOf(call.is_local, portal, text);
  if (!local.ok()) return local.status();
  if (!local->has_value()) return resolved;
  const bool binary = call.is_local.parameter.has_value() &&
                      portal->parameters[static_cast<std::size_t>(*call.is_local.parameter)].is_binary;
  const std::optional<bool> read = binary ? std::optional<bool>(**local != std::string(1, '\0')) : ReadBoolean(**local);
  if (!read.has_value()) {
    return SqlStatus(sqlstate::kInvalidTextRepresentation,
                     fmt::format("invalid input syntax for type boolean: \"{}\"", **local));
  }
  resolved.local = *read;
  return resolved;
}

bool IsIdentity(std::string_view name) {
  return name == "role" || name == "session_authorization";
}

}  // namespace

net::Task<bool> Session::RunConfigCalls(PlanPtr plan, Portal* portal, int position_shift) {
  const std::vector<plan::ConfigCall> wanted = plan::ConfigCallsOf(plan->text);
  std::vector<Call> calls;
  std::string text;
  for (const plan::ConfigCall& call : wanted) {
    absl::StatusOr<Call> resolved = Resolve(call, portal, plan->text);
    if (!resolved.ok()) {
      SqlError error = ToSqlError(resolved.status());
      if (error.position > 0) error.position += position_shift;
      co_return Fail(error);
    }
    if (std::optional<SqlError> problem = plan::SettingProblem(resolved->name, resolved->value); problem.has_value()) {
      co_return Fail(*problem);
    }
    if (resolved->name.starts_with("transaction_") || (resolved->name == "client_encoding" && wanted.size() > 1)) {
      co_return Fail(ToSqlError(Refuse(fmt::format("set_config of {}", resolved->name), 0, "Use SET.")));
    }
    text += fmt::format("{} pg_catalog.set_config({}, {}, {}) AS {}", text.empty() ? "SELECT" : ",",
                        QuotedLiteral(resolved->given_name), QuotedLiteral(resolved->value), resolved->local,
                        QuotedName(call.column));
    calls.push_back(*std::move(resolved));
  }
  if (calls.empty()) co_return Fail({std::string(sqlstate::kInternalError), "set_config was not understood"});
  if (calls.front().name == "client_encoding") {
    plan::SessionSetting encoding;
    encoding.verb = calls.front().local ? plan::SettingVerb::kSetLocal : plan::SettingVerb::kSet;
    encoding.name = calls.front().name;
    encoding.values.push_back(calls.front().value);
    co_return RunEncoding(encoding, portal, wanted.front().column);
  }
  plan::Selection anywhere;
  anywhere.any = true;
  absl::StatusOr<Backend*> first = co_await Enlist(AnyShard(anywhere), Intent::kRead);
  if (!first.ok()) co_return Fail(ToSqlError(first.status()));
  for (const Call& call : calls) {
    if (!IsIdentity(call.name)) continue;
    const absl::Status fits = co_await CheckIdentity(**first, call.name, call.value, call.local);
    if (!fits.ok()) co_return Fail(ToSqlError(fits));
  }
  std::vector<Backend*> concerned;
  for (auto& backend : backends_) {
    if (backend.get() == *first || backend->joined || backend->in_batch) concerned.push_back(backend.get());
  }
  RowSink row(portal == nullptr || portal->describe_rows);
  for (Backend* backend : concerned) {
    backend->error.reset();
    backend->sink = backend == *first ? &row : nullptr;
    SendSimple(*backend, text, backend == *first ? Handling::kSink : Handling::kSwallow);
  }
  co_await AwaitServers();
  for (Backend* backend : concerned) backend->sink = nullptr;
  if (ClientGone()) co_return false;
  for (Backend* backend : concerned) {
    if (!backend->error.has_value()) continue;
    SqlError error = *std::move(backend->error);
    backend->error.reset();
    error.position = 0;
    co_return Fail(error);
  }
  if (block_ != Block::kNone) script_.Make().push_back({text, false});
  if (std::any_of(calls.begin(), calls.end(), [](const Call& call) { return call.name == "session_authorization"; })) {
    // It makes the role inactive, but PostgreSQL would remember it.
    for (Backend* backend : concerned) SendSimple(*backend, kNoRole, Handling::kSwallow);
    co_await AwaitServers();
    if (block_ != Block::kNone) script_.Make().push_back({std::string(kNoRole), false});
  }
  bool path = false;
  for (const Call& call : calls) {
    const bool is_path = call.name == "search_path";
    if (!call.local) {
      settings_.Set(call.name, SetStatement(call.name, call.value));
      path |= is_path;
      if (is_path && local_paths_) NoteLocalPath(nullptr);
    } else if (is_path && block_ != Block::kNone) {
      const auto names = plan::SplitSearchPath(call.value);
      if (names.has_value()) NoteLocalPath(std::make_shared<const std::vector<std::string>>(*names));
    }
    if (IsIdentity(call.name)) NoteIdentity(call.value, call.local);
  }
  for (Backend* backend : concerned) backend->lease->applied_settings = settings_.current();
  if (path && !local_paths_) RememberSearchPath();
  ToClient() += row.bytes;
  wire::AppendCommandComplete(&ToClient(), "SELECT", 1);
  co_return true;
}

}  // namespace pgshoal::session
