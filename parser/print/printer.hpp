#pragma once
// Inside of Print(): one overload of P() for each kind of node, in files by family.
//
// Parentheses are not in the tree, so operands are put into them unless they are primaries; type names and function
// names may always be written with their schema. What is printed parses to the same tree.

#include <string>
#include <string_view>

#include "parser/ast.hpp"

namespace pgshoal::parser {

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  void Print(const Node* node);     // whatever its kind; nothing for null
  void Operand(const Node* node);   // an expression as operand of an operator: c_expr or in parentheses
  void CExpr(const Node* node);     // an expression where only c_expr may stand

#define PGSHOAL_DECLARE(T) void P(const T& n);
  PGSHOAL_NODES(PGSHOAL_DECLARE)
#undef PGSHOAL_DECLARE

 private:
  // --- text ---
  Printer& operator<<(std::string_view text) {
    out_ += text;
    return *this;
  }
  Printer& operator<<(int64_t value) {
    out_ += std::to_string(value);
    return *this;
  }
  void Ident(Str name);               // quoted when needed
  void AnyKeywordIdent(Str name);     // quoted also when it is any keyword: names of functions and types
  void Literal(Str value);
  void Dotted(const Names& names);
  void FunctionName(const Names& names);
  void IdentList(const Names& names);  // a, b, c
  void ParenIdents(const Names& names);  // (a, b, c); nothing when empty
  template <class L>
  void Commas(const L& list) {
    bool first = true;
    for (const auto* item : list) {
      if (!first) *this << ", ";
      first = false;
      Print(item);
    }
  }
  template <class L>
  void ParenList(const L& list) {  // (a, b); nothing when empty
    if (list.empty()) return;
    *this << "(";
    Commas(list);
    *this << ")";
  }
  void If(bool condition, std::string_view text) {
    if (condition) *this << text;
  }

  // --- expressions (print_expr.cc) ---
  static bool IsPrimary(const Node* node);
  void OperatorName(const Names& name);
  void SqlCall(const FuncCall& n);
  void Window(const WindowDef& n, bool with_name);
  void Frame(const WindowDef& n);
  void FrameBound(int32_t options, const Node* offset);
  void Typmods(const Nodes& mods);
  void Indirection(const Nodes& indirection);
  void TypeBase(const TypeName& n);

  // --- queries (print_query.cc) ---
  void With(const WithClause* with);
  void SetOperand(const SelectStmt& operand, bool left, SetOperation op);
  void Where(const Node* condition);
  void Targets(const List<ResTarget*>& list);     // expr AS name
  void Assignments(const List<ResTarget*>& list);  // name = expr
  void Columns(const List<ResTarget*>& list);      // (name, name.field)
  void Target(const ResTarget& n);
  void ColumnTarget(const ResTarget& n);
  void RelationName(const RangeVar& n);
  void AliasOf(const Alias* alias);
  void Order(const List<SortBy*>& list);

  // --- utility statements ---
  void UtilityOptions(const List<DefElem*>& options);
  void OptionValue(const Node* value);
  void VarName(Str name);
  void SetRest(const VariableSetStmt& n);
  void TransactionModes(const List<DefElem*>& modes);
  void TransactionModes(const Nodes& modes);
  void TransactionMode(const DefElem& mode);
  void Cascade(DropBehavior behavior) { If(behavior == DropBehavior::DROP_CASCADE, " CASCADE"); }
  void TypeNames(const Nodes& names);

  // --- DDL ---
  void Key(Str name, const Node* expr, const Names& collation, const Names& opclass);  // of an index or PARTITION BY
  void Definition(const List<DefElem*>& definition);   // (name = value, …)
  void DefinitionValue(const Node* value);
  void RelOptions(std::string_view keyword, const List<DefElem*>& options);
  void GenericOptions(const List<DefElem*>& options);  // OPTIONS (…)
  void SequenceOptions(const List<DefElem*>& options);
  void ObjectTypeWord(ObjectType type);
  void ObjectName(ObjectType type, const Node* object);
  void ColumnBody(const ColumnDef& n);
  void ConstraintBody(const Constraint& n);
  void ConstraintAttributes(const Constraint& n);
  void CreateTableBody(const CreateStmt& n);
  void PersistenceWord(char persistence);
  void ColumnCollate(const CollateClause* clause);
  void RoleOptions(const List<DefElem*>& options);
  void FunctionOptions(const List<DefElem*>& options);
  void FunctionOption(const DefElem& option);
  void DatabaseOptions(const List<DefElem*>& options);
  void AlterCommand(const AlterTableCmd& cmd, ObjectType type);
  void AggregateArgs(const Nodes& args);
  void FdwFunctions(const List<DefElem*>& options);
  void Privileges(const GrantStmt& n, bool defaults);

  std::string& out_;
};

}  // namespace pgshoal::parser
