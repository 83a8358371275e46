#pragma once
// Every kind of tree node, once: PGSHOAL_NODES(X) calls X(Name) for each.

namespace pgshoal::parser {

#define PGSHOAL_NODES(X) \
  X(Integer) X(Float) X(Boolean) X(String) X(BitString) X(ListNode) X(A_Const) X(ColumnRef) X(ParamRef) X(A_Expr)     \
  X(BoolExpr) X(NullTest) X(BooleanTest) X(SubLink) X(FuncCall) X(WindowDef) X(SortBy) X(TypeName) X(TypeCast)        \
  X(CollateClause) X(NamedArgExpr) X(CaseExpr) X(CaseWhen) X(RowExpr) X(CoalesceExpr) X(MinMaxExpr) X(GroupingFunc)   \
  X(SQLValueFunction) X(XmlExpr) X(XmlSerialize) X(A_Indices) X(A_Indirection) X(A_ArrayExpr) X(A_Star)               \
  X(MultiAssignRef) X(SetToDefault) X(CurrentOfExpr) X(Alias) X(RangeVar) X(RangeSubselect) X(RangeFunction)          \
  X(RangeTableSample) X(RangeTableFunc) X(RangeTableFuncCol) X(JoinExpr) X(ResTarget) X(GroupingSet)                  \
  X(LockingClause) X(IntoClause) X(WithClause) X(CTESearchClause) X(CTECycleClause) X(CommonTableExpr)                \
  X(InferClause) X(OnConflictClause) X(MergeWhenClause) X(IndexElem) X(DefElem) X(SelectStmt) X(InsertStmt)           \
  X(UpdateStmt) X(DeleteStmt) X(MergeStmt) X(ReturnStmt) X(CopyStmt) X(ExplainStmt) X(PrepareStmt) X(ExecuteStmt)     \
  X(DeallocateStmt) X(DeclareCursorStmt) X(FetchStmt) X(ClosePortalStmt) X(TransactionStmt) X(VariableSetStmt)        \
  X(VariableShowStmt) X(DiscardStmt) X(ListenStmt) X(NotifyStmt) X(UnlistenStmt) X(LockStmt) X(ConstraintsSetStmt)    \
  X(TruncateStmt) X(VacuumRelation) X(VacuumStmt) X(ClusterStmt) X(ReindexStmt) X(RefreshMatViewStmt)                 \
  X(CheckPointStmt) X(LoadStmt) X(DoStmt) X(CallStmt) X(RoleSpec) X(ObjectWithArgs) X(AccessPriv) X(GrantStmt)        \
  X(GrantRoleStmt) X(AlterDefaultPrivilegesStmt) X(CommentStmt) X(SecLabelStmt) X(DropOwnedStmt)                      \
  X(ReassignOwnedStmt) X(CreateRoleStmt) X(AlterRoleStmt) X(AlterRoleSetStmt) X(DropRoleStmt) X(AlterSystemStmt)      \
  X(ColumnDef) X(Constraint) X(TableLikeClause) X(PartitionElem) X(PartitionSpec) X(PartitionRangeDatum)              \
  X(PartitionBoundSpec) X(CreateStmt) X(CreateTableAsStmt) X(CreateForeignTableStmt) X(AlterTableStmt)                \
  X(AlterTableCmd) X(ReplicaIdentityStmt) X(PartitionCmd) X(IndexStmt) X(StatsElem) X(CreateStatsStmt)                \
  X(AlterStatsStmt) X(ViewStmt) X(RuleStmt) X(CreateSeqStmt) X(AlterSeqStmt) X(DropStmt) X(RenameStmt)                \
  X(AlterObjectSchemaStmt) X(AlterOwnerStmt) X(AlterObjectDependsStmt) X(TriggerTransition) X(CreateTrigStmt)         \
  X(CreatePolicyStmt) X(AlterPolicyStmt) X(AlterTableMoveAllStmt) X(CreateSchemaStmt) X(CreatedbStmt) X(DropdbStmt)   \
  X(AlterDatabaseStmt) X(AlterDatabaseRefreshCollStmt) X(AlterDatabaseSetStmt) X(CreateTableSpaceStmt)                \
  X(DropTableSpaceStmt) X(AlterTableSpaceOptionsStmt) X(CreateExtensionStmt) X(AlterExtensionStmt)                    \
  X(AlterExtensionContentsStmt) X(FunctionParameter) X(CreateFunctionStmt) X(AlterFunctionStmt) X(DefineStmt)         \
  X(CompositeTypeStmt) X(CreateEnumStmt) X(CreateRangeStmt) X(AlterEnumStmt) X(AlterTypeStmt) X(CreateDomainStmt)     \
  X(AlterDomainStmt) X(CreateCastStmt) X(CreateTransformStmt) X(CreateConversionStmt) X(CreatePLangStmt)              \
  X(CreateAmStmt) X(CreateOpClassItem) X(CreateOpClassStmt) X(CreateOpFamilyStmt) X(AlterOpFamilyStmt)                \
  X(AlterOperatorStmt) X(AlterCollationStmt) X(AlterTSDictionaryStmt) X(AlterTSConfigurationStmt)                     \
  X(CreateEventTrigStmt) X(AlterEventTrigStmt) X(CreateFdwStmt) X(AlterFdwStmt) X(CreateForeignServerStmt)            \
  X(AlterForeignServerStmt) X(CreateUserMappingStmt) X(AlterUserMappingStmt) X(DropUserMappingStmt)                   \
  X(ImportForeignSchemaStmt) X(PublicationTable) X(PublicationObjSpec) X(CreatePublicationStmt)                       \
  X(AlterPublicationStmt) X(CreateSubscriptionStmt) X(AlterSubscriptionStmt) X(DropSubscriptionStmt)

#define PGSHOAL_FORWARD(T) struct T;
struct Node;
PGSHOAL_NODES(PGSHOAL_FORWARD)
#undef PGSHOAL_FORWARD

}  // namespace pgshoal::parser
