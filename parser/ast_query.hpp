#pragma once
// Queries and what they are made of: SELECT, INSERT, UPDATE, DELETE, MERGE, FROM items, WITH.
// Node and field names are those of PostgreSQL 15's raw parse tree (parsenodes.h, primnodes.h).

#include "parser/ast_expr.hpp"

namespace pgshoal::parser {

struct Alias : Node {  // AS x (a, b): alias_clause
  Str aliasname;
  Names colnames;
  PGSHOAL_NODE(Alias, aliasname, colnames)
};

struct RangeVar : Node {  // [ONLY] [catalog.][schema.]relation [AS alias]: qualified_name, relation_expr
  Str catalogname;
  Str schemaname;
  Str relname;
  bool inh = true;
  char relpersistence = 'p';
  Alias* alias = nullptr;
  PGSHOAL_NODE(RangeVar, catalogname, schemaname, relname, inh, relpersistence, alias)
};

struct RangeSubselect : Node {  // [LATERAL] (query) AS alias: table_ref
  bool lateral = false;
  Node* subquery = nullptr;
  Alias* alias = nullptr;
  PGSHOAL_NODE(RangeSubselect, lateral, subquery, alias)
};

struct RangeFunction : Node {  // f(…) or ROWS FROM (…) in FROM: func_table
  bool lateral = false;
  bool ordinality = false;
  bool is_rowsfrom = false;
  Nodes functions;
  Alias* alias = nullptr;
  List<ColumnDef*> coldeflist;
  PGSHOAL_NODE(RangeFunction, lateral, ordinality, is_rowsfrom, functions, alias, coldeflist)
};

struct RangeTableSample : Node {  // relation TABLESAMPLE …: tablesample_clause
  Node* relation = nullptr;
  Names method;
  Nodes args;
  Node* repeatable = nullptr;
  PGSHOAL_NODE(RangeTableSample, relation, method, args, repeatable)
};

struct RangeTableFunc : Node {  // XMLTABLE (…): xmltable
  bool lateral = false;
  Node* docexpr = nullptr;
  Node* rowexpr = nullptr;
  List<ResTarget*> namespaces;
  List<RangeTableFuncCol*> columns;
  Alias* alias = nullptr;
  PGSHOAL_NODE(RangeTableFunc, lateral, docexpr, rowexpr, namespaces, columns, alias)
};

struct RangeTableFuncCol : Node {  // a column of XMLTABLE: xmltable_column_el
  Str colname;
  TypeName* typeName = nullptr;
  bool for_ordinality = false;
  bool is_not_null = false;
  Node* colexpr = nullptr;
  Node* coldefexpr = nullptr;
  PGSHOAL_NODE(RangeTableFuncCol, colname, typeName, for_ordinality, is_not_null, colexpr, coldefexpr)
};

struct JoinExpr : Node {  // a JOIN b ON, USING …: joined_table
  JoinType jointype = JoinType::JOIN_INNER;
  bool isNatural = false;
  Node* larg = nullptr;
  Node* rarg = nullptr;
  Names usingClause;
  Alias* join_using_alias = nullptr;
  Node* quals = nullptr;
  Alias* alias = nullptr;
  PGSHOAL_NODE(JoinExpr, jointype, isNatural, larg, rarg, usingClause, join_using_alias, quals, alias)
};

struct ResTarget : Node {  // x AS name; column of INSERT; column = x of SET: target_el, insert_column_item, set_clause
  Str name;
  Nodes indirection;
  Node* val = nullptr;
  PGSHOAL_NODE(ResTarget, name, indirection, val)
};

struct GroupingSet : Node {  // (), ROLLUP, CUBE, GROUPING SETS: group_by_item
  GroupingSetKind kind = GroupingSetKind::GROUPING_SET_EMPTY;
  Nodes content;
  PGSHOAL_NODE(GroupingSet, kind, content)
};

struct LockingClause : Node {  // FOR UPDATE OF … NOWAIT: for_locking_item
  List<RangeVar*> lockedRels;
  LockClauseStrength strength = LockClauseStrength::LCS_NONE;
  LockWaitPolicy waitPolicy = LockWaitPolicy::LockWaitBlock;
  PGSHOAL_NODE(LockingClause, lockedRels, strength, waitPolicy)
};

struct IntoClause : Node {  // INTO t; what CREATE … AS makes: into_clause, create_as_target, create_mv_target
  RangeVar* rel = nullptr;
  Names colNames;
  Str accessMethod;
  List<DefElem*> options;
  OnCommitAction onCommit = OnCommitAction::ONCOMMIT_NOOP;
  Str tableSpaceName;
  bool skipData = false;
  PGSHOAL_NODE(IntoClause, rel, colNames, accessMethod, options, onCommit, tableSpaceName, skipData)
};

struct WithClause : Node {  // WITH [RECURSIVE] …: with_clause
  List<CommonTableExpr*> ctes;
  bool recursive = false;
  PGSHOAL_NODE(WithClause, ctes, recursive)
};

struct CTESearchClause : Node {  // SEARCH … SET: opt_search_clause
  Names search_col_list;
  bool search_breadth_first = false;
  Str search_seq_column;
  PGSHOAL_NODE(CTESearchClause, search_col_list, search_breadth_first, search_seq_column)
};

struct CTECycleClause : Node {  // CYCLE … SET … USING: opt_cycle_clause
  Names cycle_col_list;
  Str cycle_mark_column;
  Node* cycle_mark_value = nullptr;
  Node* cycle_mark_default = nullptr;
  Str cycle_path_column;
  PGSHOAL_NODE(CTECycleClause, cycle_col_list, cycle_mark_column, cycle_mark_value, cycle_mark_default,
               cycle_path_column)
};

struct CommonTableExpr : Node {  // name AS (query): common_table_expr
  Str ctename;
  Names aliascolnames;
  CTEMaterialize ctematerialized = CTEMaterialize::CTEMaterializeDefault;
  Node* ctequery = nullptr;
  CTESearchClause* search_clause = nullptr;
  CTECycleClause* cycle_clause = nullptr;
  PGSHOAL_NODE(CommonTableExpr, ctename, aliascolnames, ctematerialized, ctequery, search_clause, cycle_clause)
};

struct InferClause : Node {  // ON CONFLICT (columns) or ON CONSTRAINT c: opt_conf_expr
  List<IndexElem*> indexElems;
  Node* whereClause = nullptr;
  Str conname;
  PGSHOAL_NODE(InferClause, indexElems, whereClause, conname)
};

struct OnConflictClause : Node {  // ON CONFLICT … DO …: opt_on_conflict
  OnConflictAction action = OnConflictAction::ONCONFLICT_NONE;
  InferClause* infer = nullptr;
  List<ResTarget*> targetList;
  Node* whereClause = nullptr;
  PGSHOAL_NODE(OnConflictClause, action, infer, targetList, whereClause)
};

struct MergeWhenClause : Node {  // WHEN [NOT] MATCHED … THEN …: merge_when_clause
  bool matched = false;
  CmdType commandType = CmdType::CMD_UNKNOWN;
  OverridingKind override = OverridingKind::OVERRIDING_NOT_SET;
  Node* condition = nullptr;
  List<ResTarget*> targetList;
  Nodes values;
  PGSHOAL_NODE(MergeWhenClause, matched, commandType, override, condition, targetList, values)
};

struct IndexElem : Node {  // a key of an index: index_elem
  Str name;
  Node* expr = nullptr;
  Names collation;
  Names opclass;
  List<DefElem*> opclassopts;
  SortByDir ordering = SortByDir::SORTBY_DEFAULT;
  SortByNulls nulls_ordering = SortByNulls::SORTBY_NULLS_DEFAULT;
  PGSHOAL_NODE(IndexElem, name, expr, collation, opclass, opclassopts, ordering, nulls_ordering)
};

struct DefElem : Node {  // name = value in any list of options: def_elem, reloption_elem, SeqOptElem …
  Str defnamespace;
  Str defname;
  Node* arg = nullptr;
  DefElemAction defaction = DefElemAction::DEFELEM_UNSPEC;
  PGSHOAL_NODE(DefElem, defnamespace, defname, arg, defaction)
};

struct SelectStmt : Node {  // SELECT, VALUES, TABLE, and set operations of two: select_no_parens, simple_select
  Nodes distinctClause;
  IntoClause* intoClause = nullptr;
  List<ResTarget*> targetList;
  Nodes fromClause;
  Node* whereClause = nullptr;
  Nodes groupClause;
  bool groupDistinct = false;
  Node* havingClause = nullptr;
  List<WindowDef*> windowClause;
  List<ListNode*> valuesLists;
  List<SortBy*> sortClause;
  Node* limitOffset = nullptr;
  Node* limitCount = nullptr;
  LimitOption limitOption = LimitOption::LIMIT_OPTION_DEFAULT;
  List<LockingClause*> lockingClause;
  WithClause* withClause = nullptr;
  SetOperation op = SetOperation::SETOP_NONE;
  bool all = false;
  SelectStmt* larg = nullptr;
  SelectStmt* rarg = nullptr;
  PGSHOAL_NODE(SelectStmt, distinctClause, intoClause, targetList, fromClause, whereClause, groupClause,
               groupDistinct, havingClause, windowClause, valuesLists, sortClause, limitOffset, limitCount,
               limitOption, lockingClause, withClause, op, all, larg, rarg)
};

struct InsertStmt : Node {  // INSERT: InsertStmt
  RangeVar* relation = nullptr;
  List<ResTarget*> cols;
  Node* selectStmt = nullptr;
  OnConflictClause* onConflictClause = nullptr;
  List<ResTarget*> returningList;
  WithClause* withClause = nullptr;
  OverridingKind override = OverridingKind::OVERRIDING_NOT_SET;
  PGSHOAL_NODE(InsertStmt, relation, cols, selectStmt, onConflictClause, returningList, withClause, override)
};

struct UpdateStmt : Node {  // UPDATE: UpdateStmt
  RangeVar* relation = nullptr;
  List<ResTarget*> targetList;
  Node* whereClause = nullptr;
  Nodes fromClause;
  List<ResTarget*> returningList;
  WithClause* withClause = nullptr;
  PGSHOAL_NODE(UpdateStmt, relation, targetList, whereClause, fromClause, returningList, withClause)
};

struct DeleteStmt : Node {  // DELETE: DeleteStmt
  RangeVar* relation = nullptr;
  Nodes usingClause;
  Node* whereClause = nullptr;
  List<ResTarget*> returningList;
  WithClause* withClause = nullptr;
  PGSHOAL_NODE(DeleteStmt, relation, usingClause, whereClause, returningList, withClause)
};

struct MergeStmt : Node {  // MERGE: MergeStmt
  RangeVar* relation = nullptr;
  Node* sourceRelation = nullptr;
  Node* joinCondition = nullptr;
  List<MergeWhenClause*> mergeWhenClauses;
  WithClause* withClause = nullptr;
  PGSHOAL_NODE(MergeStmt, relation, sourceRelation, joinCondition, mergeWhenClauses, withClause)
};

struct ReturnStmt : Node {  // RETURN x as a routine's body: ReturnStmt
  Node* returnval = nullptr;
  PGSHOAL_NODE(ReturnStmt, returnval)
};

}  // namespace pgshoal::parser
