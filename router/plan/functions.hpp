#pragma once
// Internal to plan/: what calling a function means when there are several servers.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/ast.hpp"
#include "router/plan/job.hpp"

namespace pgshoal::plan {

// In order of how much it takes away; of several overloads the last one counts.
enum class FunctionClass : std::uint8_t {
  kPure,         // immutable
  kSession,      // depends on settings only, which are equal on every connection of a client
  kRandom,       // a fresh value for each row wherever it runs
  kNow,          // the moment: differs between servers
  kServer,       // about one server or one database: answered by the home shard
  kUser,         // user-defined and not immutable: may read tables
  kReadsByText,  // runs SQL given as text, or reads tables given by name
  kSessionState  // leaves something behind in the session, or reads it: unsafe on pooled connections
};

struct FunctionUse {
  const parser::Node* node = nullptr;
  FunctionClass kind = FunctionClass::kPure;
  std::string name;
  bool aggregate = false;
  bool window = false;
  bool returns_set = false;
  bool known = true;
  std::vector<const catalog::Function*> candidates;
};

FunctionUse ClassifyFunction(Job& job, const parser::FuncCall& call);
FunctionUse ClassifyFunctionName(Job& job, std::string_view schema, std::string_view name, const parser::Node* at);
// CURRENT_TIMESTAMP and the like.
FunctionClass ClassifyValueFunction(const Job& job, const parser::SQLValueFunction& function);

// Whether code in SQL or PL/pgSQL may touch a sharded or reference table, judged by the words in it: a table's name, a
// function that may, or EXECUTE. False only when it cannot.
bool BodyMayTouchSharded(Job& job, std::string_view body, int depth = 0);
bool FunctionMayTouchSharded(Job& job, const catalog::Function& function, int depth = 0);
bool FunctionMayTouchSharded(Job& job, const catalog::QualifiedName& name, int depth = 0);
// The first function that is called in `tree` and may do so; null: none.
const catalog::Function* CallOverShards(Job& job, const parser::Node& tree);

// Advisory locks of the session: they stay until they are given back, on the home shard's connection.
bool IsSessionLock(std::string_view function);

// Notes in the job what code may do to temporary tables, held cursors and advisory locks of its session. Judged by the
// words in it; when the client has temporary tables already, any code may.
void NotePins(Job& job, std::span<const std::string> bodies);

// Whether code may name a relation that only the home shard has, judged by the words in it.
bool BodyNamesHomeRelation(Job& job, std::string_view body);

// The worst class of all functions and operators in an expression given as text (a column's DEFAULT); kReadsByText when
// the text does not parse.
FunctionClass ClassifyExpressionText(Job& job, std::string_view expression);
// The same for a tree. Subqueries count as kUser.
FunctionClass ClassifyExpression(Job& job, const parser::Node* expression);

}  // namespace pgshoal::plan
