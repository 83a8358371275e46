// SELECT set_config('name', 'value', false), …: settings in a query's clothes.

#include "router/plan/set_config.hpp"
#include "base/oids.hpp"
#include "router/plan/fixed_settings.hpp"
#include "router/plan/query.hpp"
#include "router/plan/relations.hpp"

namespace pgshoal::plan {

using parser::As;

namespace {

bool IsPlain(const parser::SelectStmt& select) {
  return !select.targetList.empty() && select.distinctClause.empty() && select.intoClause == nullptr &&
         select.fromClause.empty() && select.whereClause == nullptr && select.groupClause.empty() &&
         select.havingClause == nullptr && select.windowClause.empty() && select.valuesLists.empty() &&
         select.sortClause.empty() && select.limitOffset == nullptr && select.limitCount == nullptr &&
         select.lockingClause.empty() && select.withClause == nullptr && select.op == parser::SetOperation::SETOP_NONE;
}

// A string, a boolean where one is wanted, or a parameter; each perhaps cast to what it is anyway.
// `job` null: casts have been looked at before.
std::optional<ConfigArgument> ArgumentOf(const Job* job, const parser::Node* node, bool boolean) {
  if (const auto* cast = As<parser::TypeCast>(node)) {
    if (job != nullptr && ResolveType(*job, *cast->typeName) != (boolean ? oid::kBool : oid::kText)) return std::nullopt;
    node = cast->arg;
  }
  ConfigArgument argument;
  if (const auto* param = As<parser::ParamRef>(node)) {
    argument.parameter = param->number - 1;
    argument.begin = param->begin;
    return argument;
  }
  const auto* constant = As<parser::A_Const>(node);
  if (constant == nullptr) return std::nullopt;
  if (constant->type == parser::ConstType::kString) {
    argument.constant = std::string(constant->sval);
  } else if (boolean && constant->type == parser::ConstType::kBoolean) {
    argument.constant = constant->ival != 0 ? "true" : "false";
  } else {
    return std::nullopt;
  }
  return argument;
}

std::optional<ConfigCall> CallOf(const Job* job, const parser::ResTarget& target) {
  const auto* call = As<parser::FuncCall>(target.val);
  if (call == nullptr || call->funcname.back() != "set_config" || call->args.size() != 3 || call->over != nullptr ||
      call->agg_filter != nullptr || call->agg_distinct || call->func_variadic || !call->agg_order.empty()) {
    return std::nullopt;
  }
  if (call->funcname.size() == 2 && call->funcname[0] != "pg_catalog") return std::nullopt;
  const auto name = ArgumentOf(job, call->args[0], false);
  const auto value = ArgumentOf(job, call->args[1], false);
  const auto local = ArgumentOf(job, call->args[2], true);
  if (!name || !value || !local) return std::nullopt;
  return ConfigCall{*name, *value, *local, target.name.empty() ? "set_config" : std::string(target.name)};
}

}  // namespace

std::optional<std::vector<std::string>> SplitSearchPath(std::string_view text) {
  std::vector<std::string> names;
  const auto skip = [&] {
    while (!text.empty() && (text.front() == ' ' || (text.front() >= '\t' && text.front() <= '\r'))) {
      text.remove_prefix(1);
    }
  };
  skip();
  while (!text.empty()) {
    std::string name;
    if (text.front() == '"') {
      for (text.remove_prefix(1);; text.remove_prefix(1)) {
        if (text.empty()) return std::nullopt;
        if (text.front() != '"') {
          name += text.front();
        } else if (text.size() > 1 && text[1] == '"') {
          name += '"';
          text.remove_prefix(1);
        } else {
          break;
        }
      }
      text.remove_prefix(1);
    } else {
      while (!text.empty() && text.front() != ',' && text.front() != ' ' &&
             !(text.front() >= '\t' && text.front() <= '\r')) {
        const char c = text.front();
        name += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        text.remove_prefix(1);
      }
      if (name.empty()) return std::nullopt;
    }
    names.push_back(std::move(name));
    skip();
    if (text.empty()) break;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);
    skip();
    if (text.empty()) return std::nullopt;
  }
  return names;
}

std::optional<SqlError> SettingProblem(std::string_view name, std::string_view value) {
  const auto refusal = [](std::string message, std::string hint) {
    return ToSqlError(Refuse(std::move(message), 0, std::move(hint)));
  };
  if (name == "search_path") {
    const auto names = SplitSearchPath(value);
    if (names.has_value() && NamesTemporarySchema(name, *names)) {
      return refusal(kTemporarySchemaMessage, kTemporarySchemaHint);
    }
  }
  if (ChangesMeaning(name, value)) return refusal(MeaningMessage(name), kMeaningHint);
  return std::nullopt;
}

std::vector<ConfigCall> ConfigCallsOf(std::string_view text) {
  std::vector<ConfigCall> calls;
  const auto script = parser::Parse(text);
  if (!script.ok() || (*script)->statements().size() != 1) return calls;
  const auto* select = As<parser::SelectStmt>((*script)->statements()[0].root);
  if (select == nullptr) return calls;
  for (const parser::ResTarget* target : select->targetList) {
    std::optional<ConfigCall> call = CallOf(nullptr, *target);
    if (!call) return {};
    calls.push_back(*std::move(call));
  }
  return calls;
}

PlanPtr PlanSetConfig(Job& job, const parser::SelectStmt& select) {
  if (!IsPlain(select)) return nullptr;
  for (const parser::ResTarget* target : select.targetList) {
    const std::optional<ConfigCall> call = CallOf(&job, *target);
    if (!call) return nullptr;
    if (call->name.parameter || call->value.parameter) continue;
    if (std::optional<SqlError> problem = SettingProblem(LowerName(call->name.constant), call->value.constant)) {
      problem->position = job.PositionOf(target->val);
      return RefusalPlan(job, "SELECT", *std::move(problem));
    }
  }
  PlanPtr plan = NewPlan(job, "SELECT");
  plan->returns_rows = true;
  plan->action = SessionSetting{};
  plan->why = "a setting of the session";
  return plan;
}

}  // namespace pgshoal::plan
