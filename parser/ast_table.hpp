#pragma once
// Tables, indexes, views, sequences, triggers, policies, and the generic DROP / RENAME / OWNER / SCHEMA statements.
// Node and field names are those of PostgreSQL 15's raw parse tree (parsenodes.h, primnodes.h).

#include "parser/ast_utility.hpp"

namespace pgshoal::parser {

struct ColumnDef : Node {  // a column of a table or type: columnDef, TableFuncElement, columnOptions
  Str colname;
  TypeName* typeName = nullptr;
  Str compression;
  bool is_local = false;
  bool is_not_null = false;
  Str storage;
  Node* raw_default = nullptr;
  char identity = 0;
  char generated = 0;
  CollateClause* collClause = nullptr;
  Nodes constraints;
  List<DefElem*> fdwoptions;
  PGSHOAL_NODE(ColumnDef, colname, typeName, compression, is_local, is_not_null, storage, raw_default, identity,
               generated, collClause, constraints, fdwoptions)
};

struct Constraint : Node {  // of a column or table: ColConstraint, ConstraintAttr, TableConstraint
  ConstrType contype = ConstrType::CONSTR_NULL;
  Str conname;
  bool deferrable = false;
  bool initdeferred = false;
  bool is_no_inherit = false;
  Node* raw_expr = nullptr;
  char generated_when = 0;
  bool nulls_not_distinct = false;
  Names keys;
  Names including;
  Nodes exclusions;
  List<DefElem*> options;
  Str indexname;
  Str indexspace;
  Str access_method;
  Node* where_clause = nullptr;
  RangeVar* pktable = nullptr;
  Names fk_attrs;
  Names pk_attrs;
  char fk_matchtype = 0;
  char fk_upd_action = 0;
  char fk_del_action = 0;
  Names fk_del_set_cols;
  bool skip_validation = false;
  bool initially_valid = false;
  PGSHOAL_NODE(Constraint, contype, conname, deferrable, initdeferred, is_no_inherit, raw_expr, generated_when,
               nulls_not_distinct, keys, including, exclusions, options, indexname, indexspace, access_method,
               where_clause, pktable, fk_attrs, pk_attrs, fk_matchtype, fk_upd_action, fk_del_action, fk_del_set_cols,
               skip_validation, initially_valid)
};

struct TableLikeClause : Node {  // LIKE t INCLUDING …: TableLikeClause
  RangeVar* relation = nullptr;
  uint32_t options = 0;
  PGSHOAL_NODE(TableLikeClause, relation, options)
};

struct PartitionElem : Node {  // a key of PARTITION BY: part_elem
  Str name;
  Node* expr = nullptr;
  Names collation;
  Names opclass;
  PGSHOAL_NODE(PartitionElem, name, expr, collation, opclass)
};

struct PartitionSpec : Node {  // PARTITION BY …: PartitionSpec
  Str strategy;
  List<PartitionElem*> partParams;
  PGSHOAL_NODE(PartitionSpec, strategy, partParams)
};

struct PartitionRangeDatum : Node {  // a value of a range bound: made in analysis, not by the grammar
  PartitionRangeDatumKind kind = PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MINVALUE;
  Node* value = nullptr;
  PGSHOAL_NODE(PartitionRangeDatum, kind, value)
};

struct PartitionBoundSpec : Node {  // FOR VALUES …, DEFAULT: PartitionBoundSpec
  char strategy = 0;
  bool is_default = false;
  int32_t modulus = 0;
  int32_t remainder = 0;
  Nodes listdatums;
  Nodes lowerdatums;
  Nodes upperdatums;
  PGSHOAL_NODE(PartitionBoundSpec, strategy, is_default, modulus, remainder, listdatums, lowerdatums, upperdatums)
};

struct CreateStmt : Node {  // CREATE TABLE: CreateStmt
  RangeVar* relation = nullptr;
  Nodes tableElts;
  List<RangeVar*> inhRelations;
  PartitionBoundSpec* partbound = nullptr;
  PartitionSpec* partspec = nullptr;
  TypeName* ofTypename = nullptr;
  Nodes constraints;
  List<DefElem*> options;
  OnCommitAction oncommit = OnCommitAction::ONCOMMIT_NOOP;
  Str tablespacename;
  Str accessMethod;
  bool if_not_exists = false;
  PGSHOAL_NODE(CreateStmt, relation, tableElts, inhRelations, partbound, partspec, ofTypename, constraints, options,
               oncommit, tablespacename, accessMethod, if_not_exists)
};

struct CreateTableAsStmt : Node {  // CREATE TABLE AS, CREATE MATERIALIZED VIEW: CreateAsStmt, CreateMatViewStmt
  Node* query = nullptr;
  IntoClause* into = nullptr;
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  bool is_select_into = false;
  bool if_not_exists = false;
  PGSHOAL_NODE(CreateTableAsStmt, query, into, objtype, is_select_into, if_not_exists)
};

struct CreateForeignTableStmt : Node {  // CREATE FOREIGN TABLE: CreateForeignTableStmt
  CreateStmt* base = nullptr;
  Str servername;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateForeignTableStmt, base, servername, options)
};

struct AlterTableStmt : Node {  // ALTER TABLE …, TYPE … ATTRIBUTE: AlterTableStmt, AlterCompositeTypeStmt
  RangeVar* relation = nullptr;
  List<AlterTableCmd*> cmds;
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterTableStmt, relation, cmds, objtype, missing_ok)
};

struct AlterTableCmd : Node {  // one command of these: alter_table_cmd, partition_cmd, alter_type_cmd
  AlterTableType subtype = AlterTableType::AT_AddColumn;
  Str name;
  int32_t num = 0;
  RoleSpec* newowner = nullptr;
  Node* def = nullptr;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  bool missing_ok = false;
  bool recurse = false;
  PGSHOAL_NODE(AlterTableCmd, subtype, name, num, newowner, def, behavior, missing_ok, recurse)
};

struct ReplicaIdentityStmt : Node {  // REPLICA IDENTITY …: replica_identity
  char identity_type = 0;
  Str name;
  PGSHOAL_NODE(ReplicaIdentityStmt, identity_type, name)
};

struct PartitionCmd : Node {  // ATTACH, DETACH PARTITION: partition_cmd
  RangeVar* name = nullptr;
  PartitionBoundSpec* bound = nullptr;
  bool concurrent = false;
  PGSHOAL_NODE(PartitionCmd, name, bound, concurrent)
};

struct IndexStmt : Node {  // CREATE INDEX: IndexStmt
  Str idxname;
  RangeVar* relation = nullptr;
  Str accessMethod;
  Str tableSpace;
  List<IndexElem*> indexParams;
  List<IndexElem*> indexIncludingParams;
  List<DefElem*> options;
  Node* whereClause = nullptr;
  Nodes excludeOpNames;
  bool unique = false;
  bool nulls_not_distinct = false;
  bool primary = false;
  bool isconstraint = false;
  bool deferrable = false;
  bool initdeferred = false;
  bool concurrent = false;
  bool if_not_exists = false;
  PGSHOAL_NODE(IndexStmt, idxname, relation, accessMethod, tableSpace, indexParams, indexIncludingParams, options,
               whereClause, excludeOpNames, unique, nulls_not_distinct, primary, isconstraint, deferrable,
               initdeferred, concurrent, if_not_exists)
};

struct StatsElem : Node {  // a column or expression of CREATE STATISTICS: stats_param
  Str name;
  Node* expr = nullptr;
  PGSHOAL_NODE(StatsElem, name, expr)
};

struct CreateStatsStmt : Node {  // CREATE STATISTICS: CreateStatsStmt
  Names defnames;
  Names stat_types;
  List<StatsElem*> exprs;
  Nodes relations;
  bool if_not_exists = false;
  PGSHOAL_NODE(CreateStatsStmt, defnames, stat_types, exprs, relations, if_not_exists)
};

struct AlterStatsStmt : Node {  // ALTER STATISTICS … SET STATISTICS: AlterStatsStmt
  Names defnames;
  int32_t stxstattarget = -1;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterStatsStmt, defnames, stxstattarget, missing_ok)
};

struct ViewStmt : Node {  // CREATE VIEW: ViewStmt
  RangeVar* view = nullptr;
  Names aliases;
  Node* query = nullptr;
  bool replace = false;
  List<DefElem*> options;
  ViewCheckOption withCheckOption = ViewCheckOption::NO_CHECK_OPTION;
  PGSHOAL_NODE(ViewStmt, view, aliases, query, replace, options, withCheckOption)
};

struct RuleStmt : Node {  // CREATE RULE: RuleStmt
  RangeVar* relation = nullptr;
  Str rulename;
  Node* whereClause = nullptr;
  CmdType event = CmdType::CMD_UNKNOWN;
  bool instead = false;
  Nodes actions;
  bool replace = false;
  PGSHOAL_NODE(RuleStmt, relation, rulename, whereClause, event, instead, actions, replace)
};

struct CreateSeqStmt : Node {  // CREATE SEQUENCE: CreateSeqStmt
  RangeVar* sequence = nullptr;
  List<DefElem*> options;
  bool for_identity = false;
  bool if_not_exists = false;
  PGSHOAL_NODE(CreateSeqStmt, sequence, options, for_identity, if_not_exists)
};

struct AlterSeqStmt : Node {  // ALTER SEQUENCE … options: AlterSeqStmt
  RangeVar* sequence = nullptr;
  List<DefElem*> options;
  bool for_identity = false;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterSeqStmt, sequence, options, for_identity, missing_ok)
};

struct DropStmt : Node {  // DROP of most kinds: DropStmt, RemoveFuncStmt, RemoveOperStmt, DropCastStmt …
  Nodes objects;
  ObjectType removeType = ObjectType::OBJECT_ACCESS_METHOD;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  bool missing_ok = false;
  bool concurrent = false;
  PGSHOAL_NODE(DropStmt, objects, removeType, behavior, missing_ok, concurrent)
};

struct RenameStmt : Node {  // ALTER … RENAME: RenameStmt
  ObjectType renameType = ObjectType::OBJECT_ACCESS_METHOD;
  ObjectType relationType = ObjectType::OBJECT_ACCESS_METHOD;
  RangeVar* relation = nullptr;
  Node* object = nullptr;
  Str subname;
  Str newname;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  bool missing_ok = false;
  PGSHOAL_NODE(RenameStmt, renameType, relationType, relation, object, subname, newname, behavior, missing_ok)
};

struct AlterObjectSchemaStmt : Node {  // ALTER … SET SCHEMA: AlterObjectSchemaStmt
  ObjectType objectType = ObjectType::OBJECT_ACCESS_METHOD;
  RangeVar* relation = nullptr;
  Node* object = nullptr;
  Str newschema;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterObjectSchemaStmt, objectType, relation, object, newschema, missing_ok)
};

struct AlterOwnerStmt : Node {  // ALTER … OWNER TO: AlterOwnerStmt
  ObjectType objectType = ObjectType::OBJECT_ACCESS_METHOD;
  RangeVar* relation = nullptr;
  Node* object = nullptr;
  RoleSpec* newowner = nullptr;
  PGSHOAL_NODE(AlterOwnerStmt, objectType, relation, object, newowner)
};

struct AlterObjectDependsStmt : Node {  // ALTER … [NO] DEPENDS ON EXTENSION: AlterObjectDependsStmt
  ObjectType objectType = ObjectType::OBJECT_ACCESS_METHOD;
  RangeVar* relation = nullptr;
  Node* object = nullptr;
  String* extname = nullptr;
  bool remove = false;
  PGSHOAL_NODE(AlterObjectDependsStmt, objectType, relation, object, extname, remove)
};

struct TriggerTransition : Node {  // REFERENCING OLD, NEW …: TriggerTransition
  Str name;
  bool isNew = false;
  bool isTable = false;
  PGSHOAL_NODE(TriggerTransition, name, isNew, isTable)
};

struct CreateTrigStmt : Node {  // CREATE [CONSTRAINT] TRIGGER: CreateTrigStmt
  bool replace = false;
  bool isconstraint = false;
  Str trigname;
  RangeVar* relation = nullptr;
  Names funcname;
  Names args;
  bool row = false;
  int32_t timing = 0;
  int32_t events = 0;
  Names columns;
  Node* whenClause = nullptr;
  List<TriggerTransition*> transitionRels;
  bool deferrable = false;
  bool initdeferred = false;
  RangeVar* constrrel = nullptr;
  PGSHOAL_NODE(CreateTrigStmt, replace, isconstraint, trigname, relation, funcname, args, row, timing, events,
               columns, whenClause, transitionRels, deferrable, initdeferred, constrrel)
};

struct CreatePolicyStmt : Node {  // CREATE POLICY: CreatePolicyStmt
  Str policy_name;
  RangeVar* table = nullptr;
  Str cmd_name;
  bool permissive = false;
  List<RoleSpec*> roles;
  Node* qual = nullptr;
  Node* with_check = nullptr;
  PGSHOAL_NODE(CreatePolicyStmt, policy_name, table, cmd_name, permissive, roles, qual, with_check)
};

struct AlterPolicyStmt : Node {  // ALTER POLICY: AlterPolicyStmt
  Str policy_name;
  RangeVar* table = nullptr;
  List<RoleSpec*> roles;
  Node* qual = nullptr;
  Node* with_check = nullptr;
  PGSHOAL_NODE(AlterPolicyStmt, policy_name, table, roles, qual, with_check)
};

struct AlterTableMoveAllStmt : Node {  // ALTER TABLE ALL IN TABLESPACE: AlterTableStmt
  Str orig_tablespacename;
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  List<RoleSpec*> roles;
  Str new_tablespacename;
  bool nowait = false;
  PGSHOAL_NODE(AlterTableMoveAllStmt, orig_tablespacename, objtype, roles, new_tablespacename, nowait)
};

}  // namespace pgshoal::parser
