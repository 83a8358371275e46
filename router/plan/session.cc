// Transactions, settings, prepared statements, cursors, EXPLAIN: what concerns the session rather than tables.
#include <limits>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/walk.hpp"
#include "router/plan/ddl.hpp"
#include "router/plan/fixed_settings.hpp"
#include "router/plan/query.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return lower;
}

PlanPtr PlanTransaction(Job& job, const parser::TransactionStmt& statement) {
  const std::string command = CommandName(statement);
  TransactionControl control;
  control.sql = std::string(job.text);
  control.chain = statement.chain;
  control.has_modes = !statement.options.empty();
  control.savepoint = std::string(statement.savepoint_name);
  switch (statement.kind) {
    case parser::TransactionStmtKind::TRANS_STMT_START:
      control.is_start = true;
      [[fallthrough]];
    case parser::TransactionStmtKind::TRANS_STMT_BEGIN:
      control.verb = TransactionVerb::kBegin;
      break;
    case parser::TransactionStmtKind::TRANS_STMT_COMMIT:
      control.verb = TransactionVerb::kCommit;
      break;
    case parser::TransactionStmtKind::TRANS_STMT_ROLLBACK:
      control.verb = TransactionVerb::kRollback;
      break;
    case parser::TransactionStmtKind::TRANS_STMT_SAVEPOINT:
      control.verb = TransactionVerb::kSavepoint;
      break;
    case parser::TransactionStmtKind::TRANS_STMT_RELEASE:
      control.verb = TransactionVerb::kRelease;
      break;
    case parser::TransactionStmtKind::TRANS_STMT_ROLLBACK_TO:
      control.verb = TransactionVerb::kRollbackTo;
      break;
    case parser::TransactionStmtKind::TRANS_STMT_PREPARE:
    case parser::TransactionStmtKind::TRANS_STMT_COMMIT_PREPARED:
    case parser::TransactionStmtKind::TRANS_STMT_ROLLBACK_PREPARED:
      return RefusalPlan(job, command,
                         job.Refuse(fmt::format("{}: two-phase commit is the router's own", command), &statement,
                                    "Use COMMIT: it is atomic on one shard."));
  }
  PlanPtr plan = NewPlan(job, command);
  plan->action = std::move(control);
  plan->why = "controls the session's transaction";
  return plan;
}

PlanPtr PlanListen(Job& job, const parser::Node& node, ListenVerb verb, std::string_view channel) {
  PlanPtr plan = NewPlan(job, CommandName(node));
  plan->action = ListenCommand{verb, std::string(channel)};
  plan->why = "one connection to the home shard listens for all clients";
  return plan;
}

// The constants of SET, decoded. nullopt when something is not a constant.
std::optional<std::vector<std::string>> SettingValues(const parser::Nodes& args) {
  std::vector<std::string> values;
  for (const parser::Node* arg : args) {
    if (const auto* cast = As<parser::TypeCast>(arg)) arg = cast->arg;
    const auto* constant = As<parser::A_Const>(arg);
    if (constant == nullptr) return std::nullopt;
    switch (constant->type) {
      case parser::ConstType::kInteger:
        values.push_back(fmt::format("{}", constant->ival));
        break;
      case parser::ConstType::kBoolean:
        values.emplace_back(constant->ival != 0 ? "true" : "false");
        break;
      case parser::ConstType::kFloat:
      case parser::ConstType::kString:
        values.emplace_back(constant->sval);
        break;
      default:
        return std::nullopt;
    }
  }
  return values;
}

PlanPtr PlanSet(Job& job, const parser::VariableSetStmt& statement) {
  const std::string command = CommandName(statement);
  const std::string name = Lower(statement.name);
  if (statement.kind == parser::VariableSetKind::VAR_SET_MULTI) {
    if (name == "transaction") {
      TransactionControl control;
      control.verb = TransactionVerb::kSetTransaction;
      control.sql = std::string(job.text);
      PlanPtr plan = NewPlan(job, command);
      plan->action = std::move(control);
      plan->why = "controls the session's transaction";
      return plan;
    }
    // SET SESSION CHARACTERISTICS AS TRANSACTION is another spelling of the defaults of these modes.
    SessionSetting characteristics;
    characteristics.verb = SettingVerb::kSet;
    for (const parser::Node* arg : statement.args) {
      const auto* mode = As<parser::DefElem>(arg);
      const auto* value = mode == nullptr ? nullptr : As<parser::A_Const>(mode->arg);
      if (value == nullptr || name != "session characteristics") {
        return RefusalPlan(job, command,
                           job.Refuse(fmt::format("SET {} cannot be carried to several servers", name), &statement,
                                      "Set default_transaction_isolation, default_transaction_read_only and "
                                      "default_transaction_deferrable instead."));
      }
      const bool is_switch = value->type == parser::ConstType::kInteger || value->type == parser::ConstType::kBoolean;
      characteristics.several.emplace_back(
          fmt::format("default_{}", mode->defname),
          is_switch ? std::string(value->ival != 0 ? "on" : "off") : std::string(value->sval));
    }
    PlanPtr plan = NewPlan(job, command);
    plan->action = std::move(characteristics);
    plan->why = "a setting of the session";
    return plan;
  }
  SessionSetting setting;
  setting.name = name;
  switch (statement.kind) {
    case parser::VariableSetKind::VAR_RESET:
      setting.verb = SettingVerb::kReset;
      break;
    case parser::VariableSetKind::VAR_RESET_ALL:
      setting.verb = SettingVerb::kResetAll;
      break;
    case parser::VariableSetKind::VAR_SET_DEFAULT:
      setting.is_default = true;
      setting.verb = statement.is_local ? SettingVerb::kSetLocal : SettingVerb::kSet;
      break;
    case parser::VariableSetKind::VAR_SET_VALUE: {
      setting.verb = statement.is_local ? SettingVerb::kSetLocal : SettingVerb::kSet;
      auto values = SettingValues(statement.args);
      if (!values) {
        return RefusalPlan(
            job, command,
            job.Refuse("SET with something that is not a constant", &statement, "Give the value as a string."));
      }
      setting.values = *std::move(values);
      if (NamesTemporarySchema(name, setting.values)) {
        return RefusalPlan(job, command, job.Refuse(kTemporarySchemaMessage, &statement, kTemporarySchemaHint));
      }
      if (!setting.values.empty() && ChangesMeaning(name, setting.values.front())) {
        return RefusalPlan(job, command, job.Refuse(MeaningMessage(name), &statement, kMeaningHint));
      }
      break;
    }
    default:
      return RefusalPlan(
          job, command,
          job.Refuse("this form of SET cannot be carried to several servers", &statement, "Use SET name = value."));
  }
  PlanPtr plan = NewPlan(job, command);
  plan->action = std::move(setting);
  plan->why = "a setting of the session";
  return plan;
}

PlanPtr PlanPrepare(Job& job, const parser::PrepareStmt& statement) {
  PrepareStatement prepare;
  prepare.name = std::string(statement.name);
  if (statement.query != nullptr && statement.query->end <= job.script.size()) {
    // To the end of the statement: a query's own span may leave out closing parts.
    const std::size_t begin = statement.query->begin;
    const std::size_t end = static_cast<std::size_t>(job.text.data() - job.script.data()) + job.text.size();
    prepare.query = std::string(job.script.substr(begin, end - begin));
  }
  for (const parser::TypeName* type : statement.argtypes) {
    const Oid oid = ResolveType(job, *type);
    const catalog::Type* found = job.context.catalog.FindType(oid);
    if (oid == 0 || found == nullptr || found->user_defined) prepare.types_known = false;
    prepare.types.push_back(oid);
  }
  PlanPtr plan = NewPlan(job, "PREPARE");
  plan->action = std::move(prepare);
  plan->why = "a prepared statement of the session";
  return plan;
}

// A whole number cast to an integer type that holds it: the same text.
bool IsWholeCast(const Job& job, const parser::TypeCast& cast) {
  const auto* constant = As<parser::A_Const>(cast.arg);
  if (constant == nullptr || constant->type != parser::ConstType::kInteger) return false;
  const Oid type = ResolveType(job, *cast.typeName);
  if (type == oid::kInt4 || type == oid::kInt8) return true;
  return type == oid::kInt2 && constant->ival >= std::numeric_limits<std::int16_t>::min() &&
         constant->ival <= std::numeric_limits<std::int16_t>::max();
}

PlanPtr PlanExecute(Job& job, const parser::ExecuteStmt& statement) {
  ExecuteStatement execute;
  execute.name = std::string(statement.name);
  for (const parser::Node* param : statement.params) {
    const auto* constant = As<parser::A_Const>(param);
    const auto* cast = As<parser::TypeCast>(param);
    if (cast != nullptr && IsWholeCast(job, *cast)) constant = As<parser::A_Const>(cast->arg);
    using Kind = ExecuteStatement::Argument::Kind;
    ExecuteStatement::Argument argument;
    argument.kind = Kind::kExpression;
    if (constant != nullptr) {
      switch (constant->type) {
        case parser::ConstType::kInteger:
          argument.kind = Kind::kInteger;
          argument.value = fmt::format("{}", constant->ival);
          break;
        case parser::ConstType::kString:
          argument.kind = Kind::kText;
          argument.value = std::string(constant->sval);
          break;
        case parser::ConstType::kFloat:
          // What becomes of a fraction or an exponent depends on the parameter's type: text keeps no ".5".
          if (!constant->sval.empty() && constant->sval.find_first_not_of("-0123456789") == std::string_view::npos) {
            argument.kind = Kind::kLongNumber;
            argument.value = std::string(constant->sval);
          }
          break;
        case parser::ConstType::kNull:
          argument.kind = Kind::kNull;
          break;
        case parser::ConstType::kBoolean:
        case parser::ConstType::kBitString:
          break;
      }
    }
    // Computed once, by one server, before it is known where the statement runs.
    if (argument.kind == Kind::kExpression && ClassifyExpression(job, param) > FunctionClass::kServer) {
      return RefusalPlan(job, "EXECUTE",
                         job.Refuse("EXECUTE with an argument that may read tables or change the session", param,
                                    "Compute the value first, and write it as a constant."));
    }
    execute.arguments.push_back(std::move(argument));
  }
  PlanPtr plan = NewPlan(job, "EXECUTE");
  plan->action = std::move(execute);
  plan->why = "a prepared statement of the session";
  return plan;
}

bool ExplainRuns(const parser::ExplainStmt& statement) {
  for (const parser::DefElem* option : statement.options) {
    if (option->defname != "analyze") continue;
    if (option->arg == nullptr) return true;
    const auto* text = As<parser::String>(option->arg);
    const auto* number = As<parser::Integer>(option->arg);
    const auto* flag = As<parser::Boolean>(option->arg);
    const bool off = (text != nullptr && (Lower(text->sval) == "false" || Lower(text->sval) == "off")) ||
                     (number != nullptr && number->ival == 0) || (flag != nullptr && !flag->boolval);
    if (!off) return true;
  }
  return false;
}

PlanPtr PlanExplain(Job& job, const parser::ExplainStmt& statement) {
  const bool runs = ExplainRuns(statement);
  PlanPtr inner = PlanQuery(job, *statement.query);
  if (inner == nullptr) {
    return RefusalPlan(job, "EXPLAIN",
                       job.Refuse("EXPLAIN of this statement cannot be routed", statement.query,
                                  "Explain a SELECT, INSERT, UPDATE or DELETE."));
  }
  if (auto* everywhere = std::get_if<RunEverywhere>(&inner->action)) {
    (void)everywhere;
    if (runs) {
      return RefusalPlan(
          job, "EXPLAIN",
          job.Refuse("EXPLAIN ANALYZE of a write on every shard", statement.query, "Leave ANALYZE out."));
    }
    PlanPtr home = HomePlan(job, "EXPLAIN", "the copy on the home shard stands for all");
    home->returns_rows = true;
    return home;
  }
  auto* routed = std::get_if<RunRouted>(&inner->action);
  if (std::holds_alternative<SessionSetting>(inner->action)) {
    if (runs) {
      return RefusalPlan(job, "EXPLAIN",
                         job.Refuse("EXPLAIN ANALYZE of set_config", statement.query, "Leave ANALYZE out."));
    }
    PlanPtr home = HomePlan(job, "EXPLAIN", "any server can say it");
    home->returns_rows = true;
    return home;
  }
  if (routed == nullptr) {
    inner->command = "EXPLAIN";
    return inner;
  }
  PlanPtr plan = NewPlan(job, "EXPLAIN");
  plan->returns_rows = true;
  plan->leaves_state = inner->leaves_state && runs;
  plan->why = inner->why;
  RunRouted explain = std::move(*routed);
  explain.stream.reset();
  explain.writes = explain.writes && runs;
  explain.if_several = job.Refuse("EXPLAIN of a statement that needs several shards", statement.query,
                                  "Give the shard key to see one shard's plan; `shoalctl explain` shows the routing.");
  plan->action = std::move(explain);
  return plan;
}

PlanPtr PlanCursor(Job& job, const parser::DeclareCursorStmt& statement) {
  // The bits of DeclareCursorStmt's options.
  constexpr std::int32_t kBinary = 0x0001, kScroll = 0x0002, kHold = 0x0020;
  PlanPtr inner = PlanQuery(job, *statement.query);
  auto* routed = inner == nullptr ? nullptr : std::get_if<RunRouted>(&inner->action);
  if (routed == nullptr && inner != nullptr && std::holds_alternative<Refusal>(inner->action)) return inner;
  if (routed == nullptr) {
    return RefusalPlan(job, "DECLARE CURSOR",
                       job.Refuse("a cursor of this statement", statement.query, "Run the statement by itself."));
  }
  CursorDeclaration declaration;
  declaration.name = std::string(statement.portalname);
  declaration.hold = (statement.options & kHold) != 0;
  PlanPtr plan = NewPlan(job, "DECLARE CURSOR");
  plan->why = inner->why;
  plan->leaves_state = inner->leaves_state;
  job.may_pin |= declaration.hold;
  if (declaration.hold || (statement.options & (kBinary | kScroll)) != 0) {
    routed->stream.reset();
    routed->if_several = job.Refuse("a cursor WITH HOLD, SCROLL or BINARY over several shards", &statement,
                                    "Declare it without them, or give the shard key.");
  }
  plan->action = std::move(*routed);
  plan->declares = std::move(declaration);
  return plan;
}

PlanPtr PlanFetch(Job& job, const parser::FetchStmt& statement) {
  CursorCommand command;
  command.verb = statement.ismove ? CursorVerb::kMove : CursorVerb::kFetch;
  command.name = std::string(statement.portalname);
  if (statement.direction == parser::FetchDirection::FETCH_FORWARD && statement.howMany > 0) {
    const bool all = statement.howMany == std::numeric_limits<std::int64_t>::max();
    command.rows = all ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(statement.howMany);
  }
  PlanPtr plan = NewPlan(job, CommandName(statement));
  plan->returns_rows = !statement.ismove;
  plan->why = "a cursor is where it was declared";
  plan->action = std::move(command);
  return plan;
}

PlanPtr PlanClose(Job& job, const parser::ClosePortalStmt& statement) {
  CursorCommand command;
  command.verb = CursorVerb::kClose;
  command.name = std::string(statement.portalname);
  PlanPtr plan = NewPlan(job, command.name.empty() ? "CLOSE CURSOR ALL" : "CLOSE CURSOR");
  plan->why = "a cursor is where it was declared";
  plan->action = std::move(command);
  return plan;
}

// Code that runs on the home shard: right when it touches nothing that is spread over shards.
PlanPtr PlanDo(Job& job, const parser::DoStmt& statement) {
  std::string body;
  for (const parser::DefElem* option : statement.args) {
    if (const auto* text = As<parser::String>(option->arg)) body += std::string(text->sval) + "\n";
  }
  if (BodyMayTouchSharded(job, body)) {
    return RefusalPlan(job, "DO",
                       job.Refuse("the code may touch tables that are spread over shards", &statement,
                                  "Send its statements one by one."));
  }
  NotePins(job, std::span(&body, 1));
  PlanPtr plan = HomePlan(job, "DO", "the code touches home tables only");
  plan->leaves_state = true;
  return plan;
}

PlanPtr PlanCall(Job& job, const parser::CallStmt& statement) {
  const FunctionUse use = ClassifyFunction(job, *statement.funccall);
  for (const catalog::Function* function : use.candidates) {
    NotePins(job, function->bodies);
    if (!FunctionMayTouchSharded(job, *function)) continue;
    return RefusalPlan(job, "CALL",
                       job.Refuse(fmt::format("procedure {} may touch tables that are spread over shards", use.name),
                                  &statement, "Send its statements one by one."));
  }
  Blocker bad;
  parser::Walk(*statement.funccall, [&](const parser::Node& node) {
    if (Is<parser::SubLink>(&node) && !bad) {
      bad = job.Refuse("a subquery as an argument of CALL", &node, "Run the query first.");
    }
    const auto* call = As<parser::FuncCall>(&node);
    if (call != nullptr && call != statement.funccall && ClassifyFunction(job, *call).kind >= FunctionClass::kUser &&
        !bad) {
      bad = job.Refuse("this function as an argument of CALL", &node, "Call the function first.");
    }
    return true;
  });
  if (bad) return RefusalPlan(job, "CALL", *bad);
  PlanPtr plan = HomePlan(job, "CALL", "the procedure touches home tables only");
  plan->returns_rows = true;
  plan->leaves_state = true;
  return plan;
}

}  // namespace

PlanPtr PlanSession(Job& job, const parser::Node& node) {
  if (const auto* transaction = As<parser::TransactionStmt>(&node)) return PlanTransaction(job, *transaction);
  if (const auto* set = As<parser::VariableSetStmt>(&node)) return PlanSet(job, *set);
  if (const auto* show = As<parser::VariableShowStmt>(&node)) {
    PlanPtr plan = NewPlan(job, "SHOW");
    SessionSetting setting;
    setting.verb = SettingVerb::kShow;
    setting.name = Lower(show->name);
    plan->returns_rows = true;
    plan->why = "a setting of the session";
    plan->action = std::move(setting);
    return plan;
  }
  if (const auto* prepare = As<parser::PrepareStmt>(&node)) return PlanPrepare(job, *prepare);
  if (const auto* execute = As<parser::ExecuteStmt>(&node)) return PlanExecute(job, *execute);
  if (const auto* deallocate = As<parser::DeallocateStmt>(&node)) {
    PlanPtr plan = NewPlan(job, deallocate->name.empty() ? "DEALLOCATE ALL" : "DEALLOCATE");
    plan->action = DeallocateStatement{std::string(deallocate->name)};
    plan->why = "a prepared statement of the session";
    return plan;
  }
  if (const auto* discard = As<parser::DiscardStmt>(&node)) {
    DiscardTarget target = DiscardTarget::kAll;
    const char* command = "DISCARD ALL";
    switch (discard->target) {
      case parser::DiscardMode::DISCARD_ALL:
        break;
      case parser::DiscardMode::DISCARD_PLANS:
        target = DiscardTarget::kPlans, command = "DISCARD PLANS";
        break;
      case parser::DiscardMode::DISCARD_SEQUENCES:
        target = DiscardTarget::kSequences, command = "DISCARD SEQUENCES";
        break;
      case parser::DiscardMode::DISCARD_TEMP:
        target = DiscardTarget::kTemp, command = "DISCARD TEMP";
        break;
    }
    PlanPtr plan = NewPlan(job, command);
    plan->action = DiscardStatement{target};
    plan->why = "the state of the session";
    return plan;
  }
  if (const auto* explain = As<parser::ExplainStmt>(&node)) return PlanExplain(job, *explain);
  if (const auto* declare = As<parser::DeclareCursorStmt>(&node)) return PlanCursor(job, *declare);
  if (const auto* fetch = As<parser::FetchStmt>(&node)) return PlanFetch(job, *fetch);
  if (const auto* close = As<parser::ClosePortalStmt>(&node)) return PlanClose(job, *close);
  if (Is<parser::NotifyStmt>(&node)) {
    PlanPtr plan = HomePlan(job, "NOTIFY", "notifications belong to the home shard");
    std::get<RunRouted>(plan->action).writes = false;  // sent once the transaction has committed
    plan->notifies = true;
    return plan;
  }
  if (const auto* listen = As<parser::ListenStmt>(&node)) {
    return PlanListen(job, node, ListenVerb::kListen, listen->conditionname);
  }
  if (const auto* unlisten = As<parser::UnlistenStmt>(&node)) {
    const bool all = unlisten->conditionname.empty();
    return PlanListen(job, node, all ? ListenVerb::kUnlistenAll : ListenVerb::kUnlisten, unlisten->conditionname);
  }
  if (const auto* lock = As<parser::LockStmt>(&node)) {
    for (const parser::RangeVar* var : lock->relations) {
      const RelationInfo info = ClassifyRelation(job, *var);
      if (info.problem) return RefusalPlan(job, "LOCK TABLE", *WithoutPlace(info.problem));
      if (info.kind == RelationClass::kHome || info.kind == RelationClass::kSystem) continue;
      return RefusalPlan(job, "LOCK TABLE",
                         job.Refuse("LOCK TABLE on a table that is spread over shards", var,
                                    "Lock rows with SELECT … FOR UPDATE and a shard key."));
    }
    return HomePlan(job, "LOCK TABLE", "home tables only");
  }
  if (const auto* code = As<parser::DoStmt>(&node)) return PlanDo(job, *code);
  if (const auto* call = As<parser::CallStmt>(&node)) return PlanCall(job, *call);
  return nullptr;
}

}  // namespace pgshoal::plan
