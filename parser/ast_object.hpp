#pragma once
// All other catalog objects: schemas, databases, extensions, functions, types, operators, foreign data, publications.
// Node and field names are those of PostgreSQL 15's raw parse tree (parsenodes.h, primnodes.h).

#include "parser/ast_table.hpp"

namespace pgshoal::parser {

struct CreateSchemaStmt : Node {
  Str schemaname;
  RoleSpec* authrole = nullptr;
  Nodes schemaElts;
  bool if_not_exists = false;
  PGSHOAL_NODE(CreateSchemaStmt, schemaname, authrole, schemaElts, if_not_exists)
};

struct CreatedbStmt : Node {
  Str dbname;
  List<DefElem*> options;
  PGSHOAL_NODE(CreatedbStmt, dbname, options)
};

struct DropdbStmt : Node {
  Str dbname;
  bool missing_ok = false;
  List<DefElem*> options;
  PGSHOAL_NODE(DropdbStmt, dbname, missing_ok, options)
};

struct AlterDatabaseStmt : Node {
  Str dbname;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterDatabaseStmt, dbname, options)
};

struct AlterDatabaseRefreshCollStmt : Node {
  Str dbname;
  PGSHOAL_NODE(AlterDatabaseRefreshCollStmt, dbname)
};

struct AlterDatabaseSetStmt : Node {
  Str dbname;
  VariableSetStmt* setstmt = nullptr;
  PGSHOAL_NODE(AlterDatabaseSetStmt, dbname, setstmt)
};

struct CreateTableSpaceStmt : Node {
  Str tablespacename;
  RoleSpec* owner = nullptr;
  Str location;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateTableSpaceStmt, tablespacename, owner, location, options)
};

struct DropTableSpaceStmt : Node {
  Str tablespacename;
  bool missing_ok = false;
  PGSHOAL_NODE(DropTableSpaceStmt, tablespacename, missing_ok)
};

struct AlterTableSpaceOptionsStmt : Node {
  Str tablespacename;
  List<DefElem*> options;
  bool isReset = false;
  PGSHOAL_NODE(AlterTableSpaceOptionsStmt, tablespacename, options, isReset)
};

struct CreateExtensionStmt : Node {
  Str extname;
  bool if_not_exists = false;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateExtensionStmt, extname, if_not_exists, options)
};

struct AlterExtensionStmt : Node {
  Str extname;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterExtensionStmt, extname, options)
};

struct AlterExtensionContentsStmt : Node {
  Str extname;
  int32_t action = 0;
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  Node* object = nullptr;
  PGSHOAL_NODE(AlterExtensionContentsStmt, extname, action, objtype, object)
};

struct FunctionParameter : Node {
  Str name;
  TypeName* argType = nullptr;
  FunctionParameterMode mode = FunctionParameterMode::FUNC_PARAM_IN;
  Node* defexpr = nullptr;
  PGSHOAL_NODE(FunctionParameter, name, argType, mode, defexpr)
};

struct CreateFunctionStmt : Node {
  bool is_procedure = false;
  bool replace = false;
  Names funcname;
  List<FunctionParameter*> parameters;
  TypeName* returnType = nullptr;
  List<DefElem*> options;
  Node* sql_body = nullptr;
  PGSHOAL_NODE(CreateFunctionStmt, is_procedure, replace, funcname, parameters, returnType, options, sql_body)
};

struct AlterFunctionStmt : Node {
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  ObjectWithArgs* func = nullptr;
  List<DefElem*> actions;
  PGSHOAL_NODE(AlterFunctionStmt, objtype, func, actions)
};

struct DefineStmt : Node {
  ObjectType kind = ObjectType::OBJECT_ACCESS_METHOD;
  bool oldstyle = false;
  Names defnames;
  Nodes args;
  List<DefElem*> definition;
  bool if_not_exists = false;
  bool replace = false;
  PGSHOAL_NODE(DefineStmt, kind, oldstyle, defnames, args, definition, if_not_exists, replace)
};

struct CompositeTypeStmt : Node {
  RangeVar* typevar = nullptr;
  List<ColumnDef*> coldeflist;
  PGSHOAL_NODE(CompositeTypeStmt, typevar, coldeflist)
};

struct CreateEnumStmt : Node {
  Names typeName;
  Names vals;
  PGSHOAL_NODE(CreateEnumStmt, typeName, vals)
};

struct CreateRangeStmt : Node {
  Names typeName;
  List<DefElem*> params;
  PGSHOAL_NODE(CreateRangeStmt, typeName, params)
};

struct AlterEnumStmt : Node {
  Names typeName;
  Str oldVal;
  Str newVal;
  Str newValNeighbor;
  bool newValIsAfter = false;
  bool skipIfNewValExists = false;
  PGSHOAL_NODE(AlterEnumStmt, typeName, oldVal, newVal, newValNeighbor, newValIsAfter, skipIfNewValExists)
};

struct AlterTypeStmt : Node {
  Names typeName;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterTypeStmt, typeName, options)
};

struct CreateDomainStmt : Node {
  Names domainname;
  TypeName* typeName = nullptr;
  CollateClause* collClause = nullptr;
  Nodes constraints;
  PGSHOAL_NODE(CreateDomainStmt, domainname, typeName, collClause, constraints)
};

struct AlterDomainStmt : Node {
  char subtype = 0;
  Names typeName;
  Str name;
  Node* def = nullptr;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterDomainStmt, subtype, typeName, name, def, behavior, missing_ok)
};

struct CreateCastStmt : Node {
  TypeName* sourcetype = nullptr;
  TypeName* targettype = nullptr;
  ObjectWithArgs* func = nullptr;
  CoercionContext context = CoercionContext::COERCION_IMPLICIT;
  bool inout = false;
  PGSHOAL_NODE(CreateCastStmt, sourcetype, targettype, func, context, inout)
};

struct CreateTransformStmt : Node {
  bool replace = false;
  TypeName* type_name = nullptr;
  Str lang;
  ObjectWithArgs* fromsql = nullptr;
  ObjectWithArgs* tosql = nullptr;
  PGSHOAL_NODE(CreateTransformStmt, replace, type_name, lang, fromsql, tosql)
};

struct CreateConversionStmt : Node {
  Names conversion_name;
  Str for_encoding_name;
  Str to_encoding_name;
  Names func_name;
  bool def = false;
  PGSHOAL_NODE(CreateConversionStmt, conversion_name, for_encoding_name, to_encoding_name, func_name, def)
};

struct CreatePLangStmt : Node {
  bool replace = false;
  Str plname;
  Names plhandler;
  Names plinline;
  Names plvalidator;
  bool pltrusted = false;
  PGSHOAL_NODE(CreatePLangStmt, replace, plname, plhandler, plinline, plvalidator, pltrusted)
};

struct CreateAmStmt : Node {
  Str amname;
  Names handler_name;
  char amtype = 0;
  PGSHOAL_NODE(CreateAmStmt, amname, handler_name, amtype)
};

struct CreateOpClassItem : Node {
  int32_t itemtype = 0;
  ObjectWithArgs* name = nullptr;
  int32_t number = 0;
  Names order_family;
  List<TypeName*> class_args;
  TypeName* storedtype = nullptr;
  PGSHOAL_NODE(CreateOpClassItem, itemtype, name, number, order_family, class_args, storedtype)
};

struct CreateOpClassStmt : Node {
  Names opclassname;
  Names opfamilyname;
  Str amname;
  TypeName* datatype = nullptr;
  List<CreateOpClassItem*> items;
  bool isDefault = false;
  PGSHOAL_NODE(CreateOpClassStmt, opclassname, opfamilyname, amname, datatype, items, isDefault)
};

struct CreateOpFamilyStmt : Node {
  Names opfamilyname;
  Str amname;
  PGSHOAL_NODE(CreateOpFamilyStmt, opfamilyname, amname)
};

struct AlterOpFamilyStmt : Node {
  Names opfamilyname;
  Str amname;
  bool isDrop = false;
  List<CreateOpClassItem*> items;
  PGSHOAL_NODE(AlterOpFamilyStmt, opfamilyname, amname, isDrop, items)
};

struct AlterOperatorStmt : Node {
  ObjectWithArgs* opername = nullptr;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterOperatorStmt, opername, options)
};

struct AlterCollationStmt : Node {
  Names collname;
  PGSHOAL_NODE(AlterCollationStmt, collname)
};

struct AlterTSDictionaryStmt : Node {
  Names dictname;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterTSDictionaryStmt, dictname, options)
};

struct AlterTSConfigurationStmt : Node {
  AlterTSConfigType kind = AlterTSConfigType::ALTER_TSCONFIG_ADD_MAPPING;
  Names cfgname;
  Names tokentype;
  Nodes dicts;
  bool override = false;
  bool replace = false;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterTSConfigurationStmt, kind, cfgname, tokentype, dicts, override, replace, missing_ok)
};

struct CreateEventTrigStmt : Node {
  Str trigname;
  Str eventname;
  List<DefElem*> whenclause;
  Names funcname;
  PGSHOAL_NODE(CreateEventTrigStmt, trigname, eventname, whenclause, funcname)
};

struct AlterEventTrigStmt : Node {
  Str trigname;
  char tgenabled = 0;
  PGSHOAL_NODE(AlterEventTrigStmt, trigname, tgenabled)
};

struct CreateFdwStmt : Node {
  Str fdwname;
  List<DefElem*> func_options;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateFdwStmt, fdwname, func_options, options)
};

struct AlterFdwStmt : Node {
  Str fdwname;
  List<DefElem*> func_options;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterFdwStmt, fdwname, func_options, options)
};

struct CreateForeignServerStmt : Node {
  Str servername;
  Str servertype;
  Str version;
  Str fdwname;
  bool if_not_exists = false;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateForeignServerStmt, servername, servertype, version, fdwname, if_not_exists, options)
};

struct AlterForeignServerStmt : Node {
  Str servername;
  Str version;
  List<DefElem*> options;
  bool has_version = false;
  PGSHOAL_NODE(AlterForeignServerStmt, servername, version, options, has_version)
};

struct CreateUserMappingStmt : Node {
  RoleSpec* user = nullptr;
  Str servername;
  bool if_not_exists = false;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateUserMappingStmt, user, servername, if_not_exists, options)
};

struct AlterUserMappingStmt : Node {
  RoleSpec* user = nullptr;
  Str servername;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterUserMappingStmt, user, servername, options)
};

struct DropUserMappingStmt : Node {
  RoleSpec* user = nullptr;
  Str servername;
  bool missing_ok = false;
  PGSHOAL_NODE(DropUserMappingStmt, user, servername, missing_ok)
};

struct ImportForeignSchemaStmt : Node {
  Str server_name;
  Str remote_schema;
  Str local_schema;
  ImportForeignSchemaType list_type = ImportForeignSchemaType::FDW_IMPORT_SCHEMA_ALL;
  List<RangeVar*> table_list;
  List<DefElem*> options;
  PGSHOAL_NODE(ImportForeignSchemaStmt, server_name, remote_schema, local_schema, list_type, table_list, options)
};

struct PublicationTable : Node {
  RangeVar* relation = nullptr;
  Node* whereClause = nullptr;
  Names columns;
  PGSHOAL_NODE(PublicationTable, relation, whereClause, columns)
};

struct PublicationObjSpec : Node {
  PublicationObjSpecType pubobjtype = PublicationObjSpecType::PUBLICATIONOBJ_TABLE;
  Str name;
  PublicationTable* pubtable = nullptr;
  PGSHOAL_NODE(PublicationObjSpec, pubobjtype, name, pubtable)
};

struct CreatePublicationStmt : Node {
  Str pubname;
  List<DefElem*> options;
  List<PublicationObjSpec*> pubobjects;
  bool for_all_tables = false;
  PGSHOAL_NODE(CreatePublicationStmt, pubname, options, pubobjects, for_all_tables)
};

struct AlterPublicationStmt : Node {
  Str pubname;
  List<DefElem*> options;
  List<PublicationObjSpec*> pubobjects;
  bool for_all_tables = false;
  AlterPublicationAction action = AlterPublicationAction::AP_AddObjects;
  PGSHOAL_NODE(AlterPublicationStmt, pubname, options, pubobjects, for_all_tables, action)
};

struct CreateSubscriptionStmt : Node {
  Str subname;
  Str conninfo;
  Names publication;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateSubscriptionStmt, subname, conninfo, publication, options)
};

struct AlterSubscriptionStmt : Node {
  AlterSubscriptionType kind = AlterSubscriptionType::ALTER_SUBSCRIPTION_OPTIONS;
  Str subname;
  Str conninfo;
  Names publication;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterSubscriptionStmt, kind, subname, conninfo, publication, options)
};

struct DropSubscriptionStmt : Node {
  Str subname;
  bool missing_ok = false;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  PGSHOAL_NODE(DropSubscriptionStmt, subname, missing_ok, behavior)
};

}  // namespace pgshoal::parser
