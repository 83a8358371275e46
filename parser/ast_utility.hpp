#pragma once
// Session, transaction, cursor, maintenance, role and privilege statements.
// Node and field names are those of PostgreSQL 15's raw parse tree (parsenodes.h, primnodes.h).

#include "parser/ast_query.hpp"

namespace pgshoal::parser {

struct CopyStmt : Node {  // COPY: CopyStmt
  RangeVar* relation = nullptr;
  Node* query = nullptr;
  Names attlist;
  bool is_from = false;
  bool is_program = false;
  Str filename;
  List<DefElem*> options;
  Node* whereClause = nullptr;
  PGSHOAL_NODE(CopyStmt, relation, query, attlist, is_from, is_program, filename, options, whereClause)
};

struct ExplainStmt : Node {  // EXPLAIN: ExplainStmt
  Node* query = nullptr;
  List<DefElem*> options;
  PGSHOAL_NODE(ExplainStmt, query, options)
};

struct PrepareStmt : Node {  // PREPARE: PrepareStmt
  Str name;
  List<TypeName*> argtypes;
  Node* query = nullptr;
  PGSHOAL_NODE(PrepareStmt, name, argtypes, query)
};

struct ExecuteStmt : Node {  // EXECUTE: ExecuteStmt
  Str name;
  Nodes params;
  PGSHOAL_NODE(ExecuteStmt, name, params)
};

struct DeallocateStmt : Node {  // DEALLOCATE; no name: ALL: DeallocateStmt
  Str name;
  PGSHOAL_NODE(DeallocateStmt, name)
};

struct DeclareCursorStmt : Node {  // DECLARE … CURSOR: DeclareCursorStmt
  Str portalname;
  int32_t options = 0;
  Node* query = nullptr;
  PGSHOAL_NODE(DeclareCursorStmt, portalname, options, query)
};

struct FetchStmt : Node {  // FETCH, MOVE: FetchStmt
  FetchDirection direction = FetchDirection::FETCH_FORWARD;
  int64_t howMany = 0;
  Str portalname;
  bool ismove = false;
  PGSHOAL_NODE(FetchStmt, direction, howMany, portalname, ismove)
};

struct ClosePortalStmt : Node {  // CLOSE; no name: ALL: ClosePortalStmt
  Str portalname;
  PGSHOAL_NODE(ClosePortalStmt, portalname)
};

struct TransactionStmt : Node {  // BEGIN, COMMIT, SAVEPOINT …: TransactionStmt, TransactionStmtLegacy
  TransactionStmtKind kind = TransactionStmtKind::TRANS_STMT_BEGIN;
  List<DefElem*> options;
  Str savepoint_name;
  Str gid;
  bool chain = false;
  PGSHOAL_NODE(TransactionStmt, kind, options, savepoint_name, gid, chain)
};

struct VariableSetStmt : Node {  // SET, RESET: VariableSetStmt, VariableResetStmt, SetResetClause
  VariableSetKind kind = VariableSetKind::VAR_SET_VALUE;
  Str name;
  Nodes args;
  bool is_local = false;
  PGSHOAL_NODE(VariableSetStmt, kind, name, args, is_local)
};

struct VariableShowStmt : Node {  // SHOW: VariableShowStmt
  Str name;
  PGSHOAL_NODE(VariableShowStmt, name)
};

struct DiscardStmt : Node {  // DISCARD: DiscardStmt
  DiscardMode target = DiscardMode::DISCARD_ALL;
  PGSHOAL_NODE(DiscardStmt, target)
};

struct ListenStmt : Node {  // LISTEN: ListenStmt
  Str conditionname;
  PGSHOAL_NODE(ListenStmt, conditionname)
};

struct NotifyStmt : Node {  // NOTIFY: NotifyStmt
  Str conditionname;
  Str payload;
  PGSHOAL_NODE(NotifyStmt, conditionname, payload)
};

struct UnlistenStmt : Node {  // UNLISTEN; no name: *: UnlistenStmt
  Str conditionname;
  PGSHOAL_NODE(UnlistenStmt, conditionname)
};

struct LockStmt : Node {  // LOCK TABLE: LockStmt
  List<RangeVar*> relations;
  int32_t mode = 0;
  bool nowait = false;
  PGSHOAL_NODE(LockStmt, relations, mode, nowait)
};

struct ConstraintsSetStmt : Node {  // SET CONSTRAINTS; no names: ALL: ConstraintsSetStmt
  List<RangeVar*> constraints;
  bool deferred = false;
  PGSHOAL_NODE(ConstraintsSetStmt, constraints, deferred)
};

struct TruncateStmt : Node {  // TRUNCATE: TruncateStmt
  List<RangeVar*> relations;
  bool restart_seqs = false;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  PGSHOAL_NODE(TruncateStmt, relations, restart_seqs, behavior)
};

struct VacuumRelation : Node {  // a table with columns: vacuum_relation
  RangeVar* relation = nullptr;
  Names va_cols;
  PGSHOAL_NODE(VacuumRelation, relation, va_cols)
};

struct VacuumStmt : Node {  // VACUUM, ANALYZE: VacuumStmt, AnalyzeStmt
  List<DefElem*> options;
  List<VacuumRelation*> rels;
  bool is_vacuumcmd = false;
  PGSHOAL_NODE(VacuumStmt, options, rels, is_vacuumcmd)
};

struct ClusterStmt : Node {  // CLUSTER: ClusterStmt
  RangeVar* relation = nullptr;
  Str indexname;
  List<DefElem*> params;
  PGSHOAL_NODE(ClusterStmt, relation, indexname, params)
};

struct ReindexStmt : Node {  // REINDEX: ReindexStmt
  ReindexObjectType kind = ReindexObjectType::REINDEX_OBJECT_INDEX;
  RangeVar* relation = nullptr;
  Str name;
  List<DefElem*> params;
  PGSHOAL_NODE(ReindexStmt, kind, relation, name, params)
};

struct RefreshMatViewStmt : Node {  // REFRESH MATERIALIZED VIEW: RefreshMatViewStmt
  bool concurrent = false;
  bool skipData = false;
  RangeVar* relation = nullptr;
  PGSHOAL_NODE(RefreshMatViewStmt, concurrent, skipData, relation)
};

struct CheckPointStmt : Node {  // CHECKPOINT: CheckPointStmt
  PGSHOAL_NODE(CheckPointStmt)
};

struct LoadStmt : Node {  // LOAD: LoadStmt
  Str filename;
  PGSHOAL_NODE(LoadStmt, filename)
};

struct DoStmt : Node {  // DO: DoStmt
  List<DefElem*> args;
  PGSHOAL_NODE(DoStmt, args)
};

struct CallStmt : Node {  // CALL: CallStmt
  FuncCall* funccall = nullptr;
  PGSHOAL_NODE(CallStmt, funccall)
};

struct RoleSpec : Node {  // a role, CURRENT_USER, PUBLIC …: RoleSpec, auth_ident
  RoleSpecType roletype = RoleSpecType::ROLESPEC_CSTRING;
  Str rolename;
  PGSHOAL_NODE(RoleSpec, roletype, rolename)
};

struct ObjectWithArgs : Node {  // a routine or operator with its types: function_with_argtypes …
  Names objname;
  Nodes objargs;
  List<FunctionParameter*> objfuncargs;
  bool args_unspecified = false;
  PGSHOAL_NODE(ObjectWithArgs, objname, objargs, objfuncargs, args_unspecified)
};

struct AccessPriv : Node {  // a privilege with columns, or a granted role: privilege
  Str priv_name;
  Names cols;
  PGSHOAL_NODE(AccessPriv, priv_name, cols)
};

struct GrantStmt : Node {  // GRANT, REVOKE … ON: GrantStmt, RevokeStmt, DefACLAction
  bool is_grant = false;
  GrantTargetType targtype = GrantTargetType::ACL_TARGET_OBJECT;
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  Nodes objects;
  List<AccessPriv*> privileges;
  List<RoleSpec*> grantees;
  bool grant_option = false;
  RoleSpec* grantor = nullptr;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  PGSHOAL_NODE(GrantStmt, is_grant, targtype, objtype, objects, privileges, grantees, grant_option, grantor, behavior)
};

struct GrantRoleStmt : Node {  // GRANT, REVOKE role: GrantRoleStmt, RevokeRoleStmt
  List<AccessPriv*> granted_roles;
  List<RoleSpec*> grantee_roles;
  bool is_grant = false;
  bool admin_opt = false;
  RoleSpec* grantor = nullptr;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  PGSHOAL_NODE(GrantRoleStmt, granted_roles, grantee_roles, is_grant, admin_opt, grantor, behavior)
};

struct AlterDefaultPrivilegesStmt : Node {  // ALTER DEFAULT PRIVILEGES: AlterDefaultPrivilegesStmt
  List<DefElem*> options;
  GrantStmt* action = nullptr;
  PGSHOAL_NODE(AlterDefaultPrivilegesStmt, options, action)
};

struct CommentStmt : Node {  // COMMENT ON: CommentStmt
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  Node* object = nullptr;
  Str comment;
  PGSHOAL_NODE(CommentStmt, objtype, object, comment)
};

struct SecLabelStmt : Node {  // SECURITY LABEL: SecLabelStmt
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  Node* object = nullptr;
  Str provider;
  Str label;
  PGSHOAL_NODE(SecLabelStmt, objtype, object, provider, label)
};

struct DropOwnedStmt : Node {  // DROP OWNED BY: DropOwnedStmt
  List<RoleSpec*> roles;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  PGSHOAL_NODE(DropOwnedStmt, roles, behavior)
};

struct ReassignOwnedStmt : Node {  // REASSIGN OWNED BY: ReassignOwnedStmt
  List<RoleSpec*> roles;
  RoleSpec* newrole = nullptr;
  PGSHOAL_NODE(ReassignOwnedStmt, roles, newrole)
};

struct CreateRoleStmt : Node {  // CREATE ROLE, USER, GROUP: CreateRoleStmt, CreateUserStmt, CreateGroupStmt
  RoleStmtType stmt_type = RoleStmtType::ROLESTMT_ROLE;
  Str role;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateRoleStmt, stmt_type, role, options)
};

struct AlterRoleStmt : Node {  // ALTER ROLE … options, ALTER GROUP … ADD, DROP USER: AlterRoleStmt, AlterGroupStmt
  RoleSpec* role = nullptr;
  List<DefElem*> options;
  int32_t action = 0;
  PGSHOAL_NODE(AlterRoleStmt, role, options, action)
};

struct AlterRoleSetStmt : Node {  // ALTER ROLE … SET, RESET: AlterRoleSetStmt
  RoleSpec* role = nullptr;
  Str database;
  VariableSetStmt* setstmt = nullptr;
  PGSHOAL_NODE(AlterRoleSetStmt, role, database, setstmt)
};

struct DropRoleStmt : Node {  // DROP ROLE, USER, GROUP: DropRoleStmt
  List<RoleSpec*> roles;
  bool missing_ok = false;
  PGSHOAL_NODE(DropRoleStmt, roles, missing_ok)
};

struct AlterSystemStmt : Node {  // ALTER SYSTEM: AlterSystemStmt
  VariableSetStmt* setstmt = nullptr;
  PGSHOAL_NODE(AlterSystemStmt, setstmt)
};

}  // namespace pgshoal::parser
