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
PGSHOAL_RULE(any_indirection, Nodes)  // one or more, with "*" anywhere
PGSHOAL_RULE(any_operator, Names)
PGSHOAL_RULE(qual_all_Op, Names)
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
bool ToRangeVar(ParseContext& state, It begin, const Names& names, RangeVar& target);  // [[catalog.]schema.]name
PGSHOAL_RULE(qualified_name, RangeVar*)
PGSHOAL_RULE(any_name, Names)
PGSHOAL_RULE(func_name, Names)
PGSHOAL_RULE(any_function_name, Names)  // func_name, or any word where no arguments follow
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
// ColId | func_expr_windowless | '(' a_expr ')', as in index_elem, part_elem and stats_param.
struct KeyPart {
  Str name;
  Node* expr = nullptr;
};
PGSHOAL_RULE(key_part, KeyPart)
template <class Element>
bool SetKeyPart(ParseContext&, It, It, KeyPart& part, Element& element) {
  element.name = part.name;
  element.expr = part.expr;
  return true;
}

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

// create.cc
PGSHOAL_RULE(createdb_opt_list, List<DefElem*>)

// object.cc: a reference to any kind of object, as in COMMENT ON
struct ObjectRef {
  ObjectType type = ObjectType::OBJECT_TABLE;
  Node* object = nullptr;
};
PGSHOAL_RULE(object_reference, ObjectRef)
PGSHOAL_RULE(object_type_any_name, ObjectType)  // TABLE, SEQUENCE …: objects with qualified names
PGSHOAL_RULE(drop_type_name, ObjectType)        // SCHEMA, EXTENSION …: objects with plain names
PGSHOAL_RULE(using_name, Node*)                 // any_name USING name, as the list {name, any_name …}
PGSHOAL_RULE(name_on_any_name, Node*)           // name ON any_name, as the list {any_name …, name}
PGSHOAL_RULE(cast_key, Node*)                   // '(' Typename AS Typename ')'
PGSHOAL_RULE(transform_key_, Node*)             // FOR Typename LANGUAGE name
PGSHOAL_RULE(range_var_from_any_name, RangeVar*)
PGSHOAL_RULE(opclass_item, CreateOpClassItem*)
PGSHOAL_RULE(handler_name, Names)

// foreign.cc
PGSHOAL_RULE(auth_ident, ast::RoleSpec*)
PGSHOAL_RULE(create_foreign, Node*)
PGSHOAL_RULE(alter_foreign, Node*)
PGSHOAL_RULE(ImportForeignSchemaStmt, Node*)

// definition.cc: what many DDL statements share
PGSHOAL_RULE(def_arg, Node*)
PGSHOAL_RULE(definition, List<DefElem*>)
PGSHOAL_RULE(reloptions, List<DefElem*>)
PGSHOAL_RULE(opt_reloptions, List<DefElem*>)
PGSHOAL_RULE(create_generic_options, List<DefElem*>)
PGSHOAL_RULE(alter_generic_options, List<DefElem*>)
PGSHOAL_RULE(SeqOptElem, DefElem*)
PGSHOAL_RULE(func_arg, FunctionParameter*)
PGSHOAL_RULE(func_args_with_defaults, List<FunctionParameter*>)
PGSHOAL_RULE(aggr_args, Nodes)
PGSHOAL_RULE(function_with_argtypes, ObjectWithArgs*)
PGSHOAL_RULE(aggregate_with_argtypes, ObjectWithArgs*)
PGSHOAL_RULE(operator_with_argtypes, ObjectWithArgs*)

// table.cc: tables, columns, constraints, partitions
PGSHOAL_RULE(CreateStmt, Node*)
PGSHOAL_RULE(CreateAsStmt, Node*)
PGSHOAL_RULE(CreateMatViewStmt, Node*)
PGSHOAL_RULE(CreateForeignTableStmt, Node*)
PGSHOAL_RULE(columnDef, ColumnDef*)
PGSHOAL_RULE(ColQualList, ColumnDef)
PGSHOAL_RULE(TableConstraint, Constraint*)
PGSHOAL_RULE(PartitionBoundSpec, ast::PartitionBoundSpec*)
PGSHOAL_RULE(ConstraintAttributeSpec, int32_t)
PGSHOAL_RULE(opt_temp, char)

// index.cc: indexes, views, sequences, statistics, triggers, rules, policies
PGSHOAL_RULE(IndexStmt, Node*)
PGSHOAL_RULE(ViewStmt, Node*)
PGSHOAL_RULE(CreateSeqStmt, Node*)
PGSHOAL_RULE(CreateStatsStmt, Node*)
PGSHOAL_RULE(CreateTrigStmt, Node*)
PGSHOAL_RULE(RuleStmt, Node*)
PGSHOAL_RULE(CreatePolicyStmt, Node*)
PGSHOAL_RULE(AlterPolicyStmt, Node*)

// create.cc: the other CREATE statements
PGSHOAL_RULE(create_stmt, Node*)
PGSHOAL_RULE(create_other, Node*)
PGSHOAL_RULE(CreateFunctionStmt, Node*)
PGSHOAL_RULE(DefineStmt, Node*)
PGSHOAL_RULE(common_func_opt_item, DefElem*)

// alter.cc, alter_table.cc, drop.cc, grant.cc, role.cc
PGSHOAL_RULE(alter_stmt, Node*)
PGSHOAL_RULE(AlterTableStmt, Node*)
PGSHOAL_RULE(AlterTypeCommands, Node*)
PGSHOAL_RULE(drop_stmt, Node*)
PGSHOAL_RULE(privileges, List<ast::AccessPriv*>)
PGSHOAL_RULE(GrantStmt, Node*)
PGSHOAL_RULE(RevokeStmt, Node*)
PGSHOAL_RULE(AlterDefaultPrivilegesStmt, Node*)
PGSHOAL_RULE(CreateRoleStmt, Node*)
PGSHOAL_RULE(AlterRoleStmt, Node*)
PGSHOAL_RULE(DropRoleStmt, Node*)
PGSHOAL_RULE(CommentStmt, Node*)
PGSHOAL_RULE(SecLabelStmt, Node*)

}  // namespace pgshoal::parser::grammar
