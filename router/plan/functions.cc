#include "router/plan/functions.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "absl/container/flat_hash_set.h"
#include "parser/walk.hpp"
#include "router/plan/builtin_functions.hpp"
#include "router/plan/relations.hpp"

namespace pgshoal::plan {
namespace {

constexpr int kMaxCallDepth = 8;

// Functions of extensions that are volatile or stable, yet read no table.
bool IsHarmlessExtension(std::string_view name) {
  static const absl::flat_hash_set<std::string>* const names =
      new absl::flat_hash_set<std::string>{"uuid_generate_v1",
                                           "uuid_generate_v1mc",
                                           "uuid_generate_v4",
                                           "gen_random_bytes",
                                           "gen_salt",
                                           "gen_random_uuid",
                                           "crypt",
                                           "digest",
                                           "hmac"};
  return names->contains(std::string(name));
}

// The identifiers in a piece of code, in lower case, quoted or not.
absl::flat_hash_set<std::string> WordsOf(std::string_view body) {
  absl::flat_hash_set<std::string> words;
  std::string word;
  for (std::size_t i = 0; i <= body.size(); ++i) {
    const unsigned char c = i < body.size() ? static_cast<unsigned char>(body[i]) : ' ';
    if (std::isalnum(c) != 0 || c == '_' || c >= 0x80) {
      word += static_cast<char>(std::tolower(c));
    } else if (!word.empty()) {
      words.insert(std::move(word));
      word.clear();
    }
  }
  return words;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

FunctionClass ClassifyCandidate(const catalog::Function& function) {
  if (function.schema == "pg_catalog" || function.schema == "information_schema") {
    return ClassifyBuiltin(function.name, function.worst == catalog::Volatility::kImmutable);
  }
  if (function.is_native && IsHarmlessExtension(function.name)) return FunctionClass::kRandom;
  if (function.is_aggregate || function.worst != catalog::Volatility::kImmutable) return FunctionClass::kUser;
  return FunctionClass::kPure;
}

}  // namespace

FunctionUse ClassifyFunctionName(Job& job, std::string_view schema, std::string_view name, const parser::Node* at) {
  FunctionUse use;
  use.node = at;
  use.name = std::string(name);
  use.candidates = job.context.catalog.FindFunctions(schema, name, job.context.search_path);
  for (const catalog::Function* function : use.candidates) {
    use.kind = std::max(use.kind, ClassifyCandidate(*function));
    use.aggregate |= function->is_aggregate;
    use.window |= function->is_window;
    use.returns_set |= function->returns_set;
  }
  const bool may_be_builtin = schema.empty() || schema == "pg_catalog";
  if (!job.context.catalog.complete() && may_be_builtin) {
    if (auto builtin = FindBuiltin(name)) {
      use.kind = std::max(use.kind, builtin->kind);
      use.aggregate |= builtin->aggregate;
      use.window |= builtin->window;
      use.returns_set |= builtin->returns_set;
      return use;
    }
  }
  if (use.candidates.empty()) {
    use.known = false;
    use.kind = FunctionClass::kUser;
    job.names_unknown = true;
  }
  return use;
}

FunctionUse ClassifyFunction(Job& job, const parser::FuncCall& call) {
  const std::string_view schema = call.funcname.size() > 1 ? call.funcname[call.funcname.size() - 2] : "";
  FunctionUse use = ClassifyFunctionName(job, schema, call.funcname.back(), &call);
  // A window or aggregate of the same name as a plain function is told apart by how it is called.
  if (call.over != nullptr) use.window = true, use.aggregate = false;
  return use;
}

FunctionClass ClassifyValueFunction(const Job& job, const parser::SQLValueFunction& function) {
  using enum parser::SQLValueFunctionOp;
  switch (function.op) {
    case SVFOP_CURRENT_DATE:
    case SVFOP_CURRENT_TIME:
    case SVFOP_CURRENT_TIME_N:
    case SVFOP_CURRENT_TIMESTAMP:
    case SVFOP_CURRENT_TIMESTAMP_N:
    case SVFOP_LOCALTIME:
    case SVFOP_LOCALTIME_N:
    case SVFOP_LOCALTIMESTAMP:
    case SVFOP_LOCALTIMESTAMP_N:
      return FunctionClass::kNow;
    case SVFOP_CURRENT_ROLE:
    case SVFOP_CURRENT_USER:
    case SVFOP_USER:
    case SVFOP_SESSION_USER: {
      const auto& shards = job.context.map.shards();
      const bool same = std::all_of(shards.begin(), shards.end(),
                                    [&](const shardmap::Shard& shard) { return shard.user == shards[0].user; });
      return same ? FunctionClass::kSession : FunctionClass::kServer;
    }
    case SVFOP_CURRENT_CATALOG:
    case SVFOP_CURRENT_SCHEMA:
      return FunctionClass::kServer;
  }
  return FunctionClass::kServer;
}

bool BodyMayTouchSharded(Job& job, std::string_view body, int depth) {
  if (!MapSpreadsTables(job.context)) return false;
  if (depth > kMaxCallDepth) return true;
  const absl::flat_hash_set<std::string> words = WordsOf(body);
  if (words.contains("execute")) return true;
  for (const shardmap::TableRule& rule : job.context.map.tables()) {
    if (rule.kind != shardmap::TableKind::kHome && words.contains(Lower(rule.name))) return true;
  }
  for (const catalog::Relation& relation : job.context.catalog.relations()) {
    if (relation.schema == "pg_catalog" || relation.schema == "information_schema") continue;
    if (!words.contains(Lower(relation.name))) continue;
    const RelationInfo info = ClassifyByName(job, relation.schema, relation.name, nullptr);
    if (info.kind != RelationClass::kHome) return true;
  }
  for (const catalog::Function& function : job.context.catalog.functions()) {
    if (!words.contains(Lower(function.name))) continue;
    if (function.schema == "pg_catalog" || function.schema == "information_schema") {
      if (ClassifyCandidate(function) == FunctionClass::kReadsByText) return true;
    } else if (function.worst != catalog::Volatility::kImmutable && FunctionMayTouchSharded(job, function, depth + 1)) {
      return true;
    }
  }
  return false;
}

bool IsSessionLock(std::string_view function) {
  return function.starts_with("pg_advisory_lock") || function.starts_with("pg_advisory_unlock") ||
         function.starts_with("pg_try_advisory_lock");
}

void NotePins(Job& job, std::span<const std::string> bodies) {
  if (!job.context.temporary.empty()) job.may_pin = job.changes_temporary = true;
  for (const std::string& body : bodies) {
    for (const std::string_view word : WordsOf(body)) {
      if (word == "temp" || word == "temporary" || word == "pg_temp") job.may_pin = job.changes_temporary = true;
      if (word == "hold" || word.starts_with("pg_advisory_") || word.starts_with("pg_try_advisory_")) job.may_pin = true;
    }
  }
}

bool BodyNamesHomeRelation(Job& job, std::string_view body) {
  const absl::flat_hash_set<std::string> words = WordsOf(body);
  const auto relations = job.context.catalog.relations();
  return std::any_of(relations.begin(), relations.end(), [&](const catalog::Relation& relation) {
    if (relation.schema == "pg_catalog" || relation.schema == "information_schema") return false;
    if (!words.contains(Lower(relation.name))) return false;
    return ClassifyByName(job, relation.schema, relation.name, nullptr).kind == RelationClass::kHome;
  });
}

bool FunctionMayTouchSharded(Job& job, const catalog::Function& function, int depth) {
  if (!MapSpreadsTables(job.context)) return false;
  if (function.schema == "pg_catalog" || function.schema == "information_schema") {
    return ClassifyCandidate(function) == FunctionClass::kReadsByText;
  }
  if (depth > kMaxCallDepth) return true;
  if (function.is_native && IsHarmlessExtension(function.name)) return false;
  if (function.worst == catalog::Volatility::kImmutable && !function.is_aggregate) return false;
  // Code in C or another language says nothing about what it reads.
  if (!function.is_sql_visible || function.bodies.empty()) return true;
  // Every body names its own function: calls of what is being judged already add nothing.
  if (std::find(job.judging.begin(), job.judging.end(), &function) != job.judging.end()) return false;
  job.judging.push_back(&function);
  const bool may = std::any_of(function.bodies.begin(), function.bodies.end(),
                               [&](const std::string& body) { return BodyMayTouchSharded(job, body, depth + 1); });
  job.judging.pop_back();
  return may;
}

bool FunctionMayTouchSharded(Job& job, const catalog::QualifiedName& name, int depth) {
  const auto candidates = job.context.catalog.FindFunctions(name.schema, name.name, {});
  if (candidates.empty()) return MapSpreadsTables(job.context);
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](const catalog::Function* function) { return FunctionMayTouchSharded(job, *function, depth); });
}

const catalog::Function* CallOverShards(Job& job, const parser::Node& tree) {
  const catalog::Function* found = nullptr;
  parser::Walk(tree, [&](const parser::Node& node) {
    const parser::Names* name = nullptr;
    if (const auto* call = parser::As<parser::FuncCall>(&node)) name = &call->funcname;
    if (const auto* cast = parser::As<parser::CreateCastStmt>(&node); cast != nullptr && cast->func != nullptr) {
      name = &cast->func->objname;
    }
    if (name == nullptr) return found == nullptr;
    const std::string_view schema = name->size() > 1 ? (*name)[name->size() - 2] : std::string_view();
    for (const catalog::Function* function :
         job.context.catalog.FindFunctions(schema, name->back(), job.context.search_path)) {
      if (found == nullptr && FunctionMayTouchSharded(job, *function)) found = function;
    }
    return found == nullptr;
  });
  return found;
}

FunctionClass ClassifyExpression(Job& job, const parser::Node* expression) {
  FunctionClass worst = FunctionClass::kPure;
  if (expression == nullptr) return worst;
  parser::Walk(*expression, [&](const parser::Node& node) {
    if (const auto* call = parser::As<parser::FuncCall>(&node)) {
      worst = std::max(worst, ClassifyFunction(job, *call).kind);
    } else if (const auto* value = parser::As<parser::SQLValueFunction>(&node)) {
      worst = std::max(worst, ClassifyValueFunction(job, *value));
    } else if (parser::Is<parser::SubLink>(&node)) {
      worst = std::max(worst, FunctionClass::kUser);
    } else if (const auto* expr = parser::As<parser::A_Expr>(&node)) {
      const catalog::UserOperator* op = job.context.catalog.FindUserOperator(expr->name.back());
      if (op != nullptr && op->worst != catalog::Volatility::kImmutable) worst = std::max(worst, FunctionClass::kUser);
    }
    return true;
  });
  return worst;
}

FunctionClass ClassifyExpressionText(Job& job, std::string_view expression) {
  auto script = parser::Parse(fmt::format("SELECT {}", expression));
  if (!script.ok() || (*script)->statements().size() != 1) return FunctionClass::kReadsByText;
  return ClassifyExpression(job, (*script)->statements()[0].root);
}

}  // namespace pgshoal::plan
