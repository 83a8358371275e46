#pragma once
// Internal to plan/: one walk over a SELECT, INSERT, UPDATE, DELETE or MERGE that resolves names scope by scope and
// collects tables, functions, parameters and facts.
//
// Names that cannot be resolved for certain give no term, so nothing follows from them.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parser/ast.hpp"
#include "router/plan/facts.hpp"
#include "router/plan/functions.hpp"
#include "router/plan/job.hpp"
#include "router/plan/relations.hpp"

namespace pgshoal::plan {

struct QueryScope;

// One item that a FROM clause (or the target of a write) brings into scope.
struct FromItem {
  enum class Kind : std::uint8_t { kRelation, kSubquery, kFunction, kOther };
  Kind kind = Kind::kOther;
  std::string alias;
  bool has_alias = false;  // an explicit one: the schema-qualified name is hidden
  bool hidden = false;     // inside an aliased join
  bool columns_known = false;
  std::vector<std::string> columns;  // visible names; term = first_term + index
  TermId first_term = 0;
  RelationInfo info;  // kRelation
  const parser::Node* node = nullptr;
  QueryScope* query = nullptr;  // kSubquery, and a CTE that is used once
  QueryScope* owner = nullptr;
  bool is_target = false;  // what INSERT, UPDATE, DELETE, MERGE write
  bool sampled = false;    // TABLESAMPLE
};

struct JoinTree {
  int item = -1;  // index into Analysis::items; -1: a join
  parser::JoinType type = parser::JoinType::JOIN_INNER;
  const parser::Node* node = nullptr;
  std::unique_ptr<JoinTree> left, right;
  Facts on;
};

struct OutputName {
  std::string name;
  TermId term = kNoTerm;  // the column that it passes through
};

// One query level.
struct QueryScope {
  enum class Role : std::uint8_t { kTop, kFrom, kExpression, kOn, kCte, kBranch };
  Role role = Role::kTop;
  int id = 0;
  QueryScope* parent = nullptr;
  std::vector<int> outer_visible;              // the parent's items that names in here may mean
  const parser::SelectStmt* select = nullptr;  // null for INSERT, UPDATE, DELETE
  const parser::Node* statement = nullptr;     // the INSERT, UPDATE, DELETE or MERGE of a level that is one
  std::vector<int> items;                      // of this level
  std::unique_ptr<JoinTree> from;
  Facts where;
  Facts membership;  // kExpression under IN: the output equals the tested column
  int as_item = -1;  // kFrom, kCte used once: the item in the parent that shows it
  bool outputs_known = false;
  std::vector<OutputName> outputs;
  std::vector<bool> transparent;  // outputs on which a condition may be applied inside just as well
  struct Merged {
    std::string name;
    std::vector<int> items;
    TermId term = kNoTerm;
  };
  std::vector<Merged> merged;  // columns of JOIN … USING
  struct Cte {
    std::string name;
    QueryScope* query = nullptr;  // null while a recursive one is being analysed
    std::vector<std::string> aliases;
    int uses = 0;
  };
  std::vector<Cte> ctes;
  bool grouping_sets = false;
  bool data_modifying = false;
};

class Analysis {
 public:
  explicit Analysis(Job& job) : job_(job) {}
  Analysis(const Analysis&) = delete;
  Analysis& operator=(const Analysis&) = delete;

  // Fills everything below from a statement. The first problem, if any, in `problem`.
  void Run(const parser::Node& statement);

  // Every fact that must hold for the rows of an item that matter.
  [[nodiscard]] Facts FactsFor(int item) const;
  // The facts of one level that hold for all its output rows.
  [[nodiscard]] Facts OutputFacts(const QueryScope& scope) const;
  // Aggregates without GROUP BY: a row comes out whatever WHERE says.
  [[nodiscard]] bool AlwaysGivesRow(const QueryScope& scope) const;
  [[nodiscard]] Selector SelectorFor(int item) const;
  [[nodiscard]] ParameterRules Parameters() const;
  // Resolves a column reference as seen from all items of a level. kNoTerm when not certain.
  [[nodiscard]] TermId Resolve(const QueryScope& scope, const parser::Node* expression) const;
  [[nodiscard]] const catalog::Column* ColumnOf(TermId term) const;
  [[nodiscard]] int ItemOf(TermId term) const;
  // A constant or parameter as a key; nullopt when it is anything else.
  [[nodiscard]] std::optional<KeyOperand> Operand(const parser::Node* expression) const;
  // Whether a call stands in FROM rather than in an expression.
  [[nodiscard]] bool IsFromFunction(const parser::Node* call) const { return from_calls_.contains(call); }
  // Notes that a parameter stands where a value of `type` is wanted.
  void Explain(const parser::Node* expression, Oid type);

  Job& job_;
  std::vector<FromItem> items;
  std::vector<TermInfo> terms;
  std::vector<int> term_item;
  std::vector<std::unique_ptr<QueryScope>> scopes;
  std::vector<FunctionUse> functions;
  std::vector<std::pair<FunctionUse, QueryScope*>> calls;
  const parser::Node* server_reference = nullptr;  // an OID of this server: regclass, tableoid
  const parser::Node* system_column = nullptr;     // ctid, xmin …
  const parser::Node* lock = nullptr;              // FOR UPDATE and the like
  const parser::Node* cursor = nullptr;            // CURRENT OF
  const parser::Node* limit = nullptr;             // some LIMIT or OFFSET
  // A call in a subquery that may be an aggregate of a level further out: all its columns are from there.
  const parser::Node* outer_aggregate = nullptr;
  bool writes_in_cte = false;
  Blocker problem;
  std::map<int, int> parameter_uses;  // 0-based number → how often it stands in the text

 private:
  struct Env {
    const QueryScope* scope;
    const std::vector<int>* visible;
  };

  QueryScope* NewScope(QueryScope::Role role, QueryScope* parent, std::vector<int> outer_visible);
  void AnalyzeQueryNode(const parser::Node& node, QueryScope* scope);
  void AnalyzeSelect(const parser::SelectStmt& select, QueryScope* scope);
  void AnalyzeInsert(const parser::InsertStmt& insert, QueryScope* scope);
  void AnalyzeUpdate(const parser::UpdateStmt& update, QueryScope* scope);
  void AnalyzeDelete(const parser::DeleteStmt& del, QueryScope* scope);
  void AnalyzeMerge(const parser::MergeStmt& merge, QueryScope* scope);
  void ExplainAssignments(const parser::List<parser::ResTarget*>& targets, int item);
  void AnalyzeWith(const parser::WithClause* with, QueryScope* scope);
  void AnalyzeTargets(const parser::List<parser::ResTarget*>& targets, QueryScope* scope);
  void ComputeOutputs(QueryScope* scope);
  void FindOuterAggregate();

  std::unique_ptr<JoinTree> BuildFromList(const parser::Nodes& from, QueryScope* scope, std::unique_ptr<JoinTree> left);
  std::unique_ptr<JoinTree> BuildFrom(const parser::Node* node, QueryScope* scope);
  std::unique_ptr<JoinTree> BuildJoin(const parser::JoinExpr& join, QueryScope* scope);
  int AddRelation(const parser::RangeVar& var, QueryScope* scope, bool is_target);
  int AddItem(FromItem item, QueryScope* scope);
  void NameColumns(FromItem* item, const parser::Alias* alias);
  void AddUsing(const parser::JoinExpr& join, const JoinTree& left, const JoinTree& right, QueryScope* scope,
                Facts* on);

  // Walks an expression: subqueries, functions, parameters. `visible`: items that its names may mean.
  void WalkExpression(const parser::Node* node, QueryScope* scope, const std::vector<int>& visible,
                      QueryScope::Role role);
  template <class T>
  void WalkAll(const parser::List<T*>& nodes, QueryScope* scope);
  void WalkHere(const parser::Node* node, QueryScope* scope);

  // An operator = of the user's own, found before the built-in one, may mean anything.
  [[nodiscard]] bool EqualsIsForeign() const;
  Facts ExtractFacts(const parser::Node* condition, const Env& env);
  void PairFacts(const parser::Node* left, const parser::Node* right, const Env& env, Facts* facts);
  void AnyFacts(const parser::A_Expr& expr, const Env& env, Facts* facts);
  // t.f and (t).f call the function f(t) where t has no column f.
  void NoteFieldCall(std::string_view name, const parser::Node* at, const FromItem* item, bool value,
                     QueryScope* scope);
  void NoteFieldCalls(const parser::ColumnRef& ref, const Env& env, QueryScope* scope);
  void NoteFieldCalls(const parser::A_Indirection& fields, const Env& env, QueryScope* scope);
  // The one item that a qualified name may mean; null when there is none, or more than one in the nearest level.
  const FromItem* ItemNamed(const Env& env, std::string_view schema, std::string_view table) const;
  TermId ResolveIn(const Env& env, const parser::Node* expression) const;
  TermId ResolveQualified(const Env& env, const parser::ColumnRef& ref) const;
  TermId ResolveUnqualified(const Env& env, std::string_view name) const;
  [[nodiscard]] Facts CollectTree(const JoinTree* tree, int item) const;
  [[nodiscard]] Facts TreeOutput(const JoinTree* tree) const;
  [[nodiscard]] Facts OuterFacts(const QueryScope& scope) const;
  static void ItemsUnder(const JoinTree& tree, std::vector<int>* out);
  static bool Contains(const JoinTree& tree, int item);
  void Block(SqlError error);

  std::set<const parser::Node*> from_calls_;
  std::map<const parser::SubLink*, Facts> memberships_;  // outer column of IN (subquery), as a term, by its node
  std::map<int, std::map<const parser::Node*, Oid>> explained_;
};

}  // namespace pgshoal::plan
