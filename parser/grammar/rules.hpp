#pragma once
// Every rule of the grammar that more than one rule uses, named as in PostgreSQL's gram.y, with what it produces.
// Each is defined in the file named in the heading above it.

#include "parser/grammar/kit.hpp"

namespace pgshoal::parser::grammar {

// statement.cc
PGSHOAL_RULE(stmt, Node*)
PGSHOAL_RULE(PreparableStmt, Node*)

// expr.cc: the expressions proper, by precedence climbing
PGSHOAL_RULE(a_expr, Node*)
PGSHOAL_RULE(b_expr, Node*)
PGSHOAL_RULE(c_expr, Node*)
PGSHOAL_RULE(target_expr, Node*)  // a_expr in front of a possible label
PGSHOAL_RULE(func_expr_windowless, Node*)
PGSHOAL_RULE(indirection, Nodes)      // one or more
PGSHOAL_RULE(opt_indirection, Nodes)  // none or more
PGSHOAL_RULE(any_operator, Names)
PGSHOAL_RULE(AexprConst, Node*)

// function.cc: the functions with a syntax of their own, and what follows a function call
PGSHOAL_RULE(func_application, FuncCall)
PGSHOAL_RULE(func_suffix, FuncCall)
PGSHOAL_RULE(func_expr_common_subexpr, Node*)
PGSHOAL_RULE(case_expr, Node*)
PGSHOAL_RULE(func_arg_expr, Node*)
PGSHOAL_RULE(window_specification, WindowDef*)
PGSHOAL_RULE(window_clause, List<WindowDef*>)
PGSHOAL_RULE(array_expr, Node*)

// type.cc
PGSHOAL_RULE(Typename, TypeName*)
PGSHOAL_RULE(SimpleTypename, TypeName*)
PGSHOAL_RULE(ConstTypename, TypeName*)
PGSHOAL_RULE(ConstInterval_literal, Node*)
PGSHOAL_RULE(opt_interval, Nodes)
PGSHOAL_RULE(func_type, TypeName*)

// name.cc: names of objects
PGSHOAL_RULE(qualified_name, RangeVar*)
PGSHOAL_RULE(any_name, Names)
PGSHOAL_RULE(func_name, Names)
PGSHOAL_RULE(RoleSpec, ast::RoleSpec*)
PGSHOAL_RULE(RoleId, Str)
PGSHOAL_RULE(SignedIconst, int32_t)
PGSHOAL_RULE(NumericOnly, Node*)
PGSHOAL_RULE(relation_expr, RangeVar*)
PGSHOAL_RULE(relation_expr_opt_alias, RangeVar*)
PGSHOAL_RULE(opt_boolean_or_string, Str)
PGSHOAL_RULE(opt_drop_behavior, DropBehavior)
PGSHOAL_RULE(columnList, Names)      // '(' … ')'
PGSHOAL_RULE(opt_column_list, Names)

// select.cc
PGSHOAL_RULE(SelectStmt, Node*)
PGSHOAL_RULE(select_no_parens, Node*)
PGSHOAL_RULE(select_with_parens, Node*)
PGSHOAL_RULE(select_clause, Node*)  // simple_select, select_with_parens and set operations
PGSHOAL_RULE(simple_select, Node*)
PGSHOAL_RULE(with_clause, WithClause*)
PGSHOAL_RULE(sort_clause, List<SortBy*>)
PGSHOAL_RULE(target_list, List<ResTarget*>)
PGSHOAL_RULE(into_clause, IntoClause*)
PGSHOAL_RULE(OptTempTableName, RangeVar*)

// from.cc
PGSHOAL_RULE(from_list, Nodes)
PGSHOAL_RULE(table_ref, Node*)
PGSHOAL_RULE(alias_clause, Alias*)
PGSHOAL_RULE(TableFuncElement, ColumnDef*)
PGSHOAL_RULE(xmlexists_argument, Node*)

// dml.cc
PGSHOAL_RULE(InsertStmt, Node*)
PGSHOAL_RULE(UpdateStmt, Node*)
PGSHOAL_RULE(DeleteStmt, Node*)
PGSHOAL_RULE(MergeStmt, Node*)
PGSHOAL_RULE(set_clause_list, List<ResTarget*>)
PGSHOAL_RULE(index_elem, IndexElem*)

// session.cc: transactions, settings, cursors, prepared statements
PGSHOAL_RULE(TransactionStmt, Node*)
PGSHOAL_RULE(VariableSetStmt, Node*)
PGSHOAL_RULE(VariableResetStmt, Node*)
PGSHOAL_RULE(VariableShowStmt, Node*)
PGSHOAL_RULE(set_rest, ast::VariableSetStmt)
PGSHOAL_RULE(set_rest_more, ast::VariableSetStmt)
PGSHOAL_RULE(generic_set, ast::VariableSetStmt)
PGSHOAL_RULE(generic_reset, ast::VariableSetStmt)
PGSHOAL_RULE(SetResetClause, ast::VariableSetStmt*)
PGSHOAL_RULE(FunctionSetResetClause, ast::VariableSetStmt*)
PGSHOAL_RULE(PrepareStmt, Node*)
PGSHOAL_RULE(ExecuteStmt, Node*)
PGSHOAL_RULE(DeallocateStmt, Node*)
PGSHOAL_RULE(DeclareCursorStmt, Node*)
PGSHOAL_RULE(FetchStmt, Node*)
PGSHOAL_RULE(ClosePortalStmt, Node*)
PGSHOAL_RULE(ConstraintsSetStmt, Node*)
PGSHOAL_RULE(notification_stmt, Node*)  // LISTEN, NOTIFY, UNLISTEN

// maintenance.cc: COPY, EXPLAIN, VACUUM, LOCK, TRUNCATE and the like
PGSHOAL_RULE(CopyStmt, Node*)
PGSHOAL_RULE(ExplainStmt, Node*)
PGSHOAL_RULE(VacuumStmt, Node*)
PGSHOAL_RULE(maintenance_stmt, Node*)
PGSHOAL_RULE(TruncateStmt, Node*)
PGSHOAL_RULE(LockStmt, Node*)
PGSHOAL_RULE(DiscardStmt, Node*)
PGSHOAL_RULE(utility_option_list, List<DefElem*>)  // '(' … ')'
PGSHOAL_RULE(RefreshMatViewStmt, Node*)

// create_table.cc, create.cc, alter.cc, drop.cc
PGSHOAL_RULE(create_stmt, Node*)
PGSHOAL_RULE(CreateAsStmt, Node*)

}  // namespace pgshoal::parser::grammar
