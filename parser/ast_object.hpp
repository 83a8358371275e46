#pragma once
// All other catalog objects: schemas, databases, extensions, functions, types, operators, foreign data, publications.
// Node and field names are those of PostgreSQL 15's raw parse tree (parsenodes.h, primnodes.h).

#include "parser/ast_table.hpp"

namespace pgshoal::parser {

struct CreateSchemaStmt : Node {  // CREATE SCHEMA with its elements: CreateSchemaStmt
  Str schemaname;
  RoleSpec* authrole = nullptr;
  Nodes schemaElts;
  bool if_not_exists = false;
  PGSHOAL_NODE(CreateSchemaStmt, schemaname, authrole, schemaElts, if_not_exists)
};

struct CreatedbStmt : Node {  // CREATE DATABASE: CreatedbStmt
  Str dbname;
  List<DefElem*> options;
  PGSHOAL_NODE(CreatedbStmt, dbname, options)
};

struct DropdbStmt : Node {  // DROP DATABASE: DropdbStmt
  Str dbname;
  bool missing_ok = false;
  List<DefElem*> options;
  PGSHOAL_NODE(DropdbStmt, dbname, missing_ok, options)
};

struct AlterDatabaseStmt : Node {  // ALTER DATABASE … options or SET TABLESPACE: AlterDatabaseStmt
  Str dbname;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterDatabaseStmt, dbname, options)
};

struct AlterDatabaseRefreshCollStmt : Node {  // ALTER DATABASE … REFRESH COLLATION VERSION: AlterDatabaseStmt
  Str dbname;
  PGSHOAL_NODE(AlterDatabaseRefreshCollStmt, dbname)
};

struct AlterDatabaseSetStmt : Node {  // ALTER DATABASE … SET, RESET: AlterDatabaseSetStmt
  Str dbname;
  VariableSetStmt* setstmt = nullptr;
  PGSHOAL_NODE(AlterDatabaseSetStmt, dbname, setstmt)
};

struct CreateTableSpaceStmt : Node {  // CREATE TABLESPACE: CreateTableSpaceStmt
  Str tablespacename;
  RoleSpec* owner = nullptr;
  Str location;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateTableSpaceStmt, tablespacename, owner, location, options)
};

struct DropTableSpaceStmt : Node {  // DROP TABLESPACE: DropTableSpaceStmt
  Str tablespacename;
  bool missing_ok = false;
  PGSHOAL_NODE(DropTableSpaceStmt, tablespacename, missing_ok)
};

struct AlterTableSpaceOptionsStmt : Node {  // ALTER TABLESPACE … SET, RESET (…): AlterTblSpcStmt
  Str tablespacename;
  List<DefElem*> options;
  bool isReset = false;
  PGSHOAL_NODE(AlterTableSpaceOptionsStmt, tablespacename, options, isReset)
};

struct CreateExtensionStmt : Node {  // CREATE EXTENSION, or LANGUAGE: CreateExtensionStmt, CreatePLangStmt
  Str extname;
  bool if_not_exists = false;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateExtensionStmt, extname, if_not_exists, options)
};

struct AlterExtensionStmt : Node {  // ALTER EXTENSION … UPDATE: AlterExtensionStmt
  Str extname;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterExtensionStmt, extname, options)
};

struct AlterExtensionContentsStmt : Node {  // ALTER EXTENSION … ADD, DROP object: AlterExtensionContentsStmt
  Str extname;
  int32_t action = 0;
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  Node* object = nullptr;
  PGSHOAL_NODE(AlterExtensionContentsStmt, extname, action, objtype, object)
};

struct FunctionParameter : Node {  // an argument or a column of RETURNS TABLE: func_arg, table_func_column
  Str name;
  TypeName* argType = nullptr;
  FunctionParameterMode mode = FunctionParameterMode::FUNC_PARAM_IN;
  Node* defexpr = nullptr;
  PGSHOAL_NODE(FunctionParameter, name, argType, mode, defexpr)
};

struct CreateFunctionStmt : Node {  // CREATE FUNCTION, PROCEDURE: CreateFunctionStmt
  bool is_procedure = false;
  bool replace = false;
  Names funcname;
  List<FunctionParameter*> parameters;
  TypeName* returnType = nullptr;
  List<DefElem*> options;
  Node* sql_body = nullptr;
  PGSHOAL_NODE(CreateFunctionStmt, is_procedure, replace, funcname, parameters, returnType, options, sql_body)
};

struct AlterFunctionStmt : Node {  // ALTER FUNCTION, PROCEDURE, ROUTINE … options: AlterFunctionStmt
  ObjectType objtype = ObjectType::OBJECT_ACCESS_METHOD;
  ObjectWithArgs* func = nullptr;
  List<DefElem*> actions;
  PGSHOAL_NODE(AlterFunctionStmt, objtype, func, actions)
};

struct DefineStmt : Node {  // CREATE AGGREGATE, OPERATOR, TYPE (…), TEXT SEARCH …, COLLATION: DefineStmt
  ObjectType kind = ObjectType::OBJECT_ACCESS_METHOD;
  bool oldstyle = false;
  Names defnames;
  Nodes args;
  List<DefElem*> definition;
  bool if_not_exists = false;
  bool replace = false;
  PGSHOAL_NODE(DefineStmt, kind, oldstyle, defnames, args, definition, if_not_exists, replace)
};

struct CompositeTypeStmt : Node {  // CREATE TYPE t AS (…): DefineStmt
  RangeVar* typevar = nullptr;
  List<ColumnDef*> coldeflist;
  PGSHOAL_NODE(CompositeTypeStmt, typevar, coldeflist)
};

struct CreateEnumStmt : Node {  // CREATE TYPE t AS ENUM (…): DefineStmt
  Names typeName;
  Names vals;
  PGSHOAL_NODE(CreateEnumStmt, typeName, vals)
};

struct CreateRangeStmt : Node {  // CREATE TYPE t AS RANGE (…): DefineStmt
  Names typeName;
  List<DefElem*> params;
  PGSHOAL_NODE(CreateRangeStmt, typeName, params)
};

struct AlterEnumStmt : Node {  // ALTER TYPE t ADD, RENAME VALUE: AlterEnumStmt
  Names typeName;
  Str oldVal;
  Str newVal;
  Str newValNeighbor;
  bool newValIsAfter = false;
  bool skipIfNewValExists = false;
  PGSHOAL_NODE(AlterEnumStmt, typeName, oldVal, newVal, newValNeighbor, newValIsAfter, skipIfNewValExists)
};

struct AlterTypeStmt : Node {  // ALTER TYPE t SET (…): AlterTypeStmt
  Names typeName;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterTypeStmt, typeName, options)
};

struct CreateDomainStmt : Node {  // CREATE DOMAIN: CreateDomainStmt
  Names domainname;
  TypeName* typeName = nullptr;
  CollateClause* collClause = nullptr;
  Nodes constraints;
  PGSHOAL_NODE(CreateDomainStmt, domainname, typeName, collClause, constraints)
};

struct AlterDomainStmt : Node {  // ALTER DOMAIN: AlterDomainStmt
  char subtype = 0;
  Names typeName;
  Str name;
  Node* def = nullptr;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterDomainStmt, subtype, typeName, name, def, behavior, missing_ok)
};

struct CreateCastStmt : Node {  // CREATE CAST: CreateCastStmt
  TypeName* sourcetype = nullptr;
  TypeName* targettype = nullptr;
  ObjectWithArgs* func = nullptr;
  CoercionContext context = CoercionContext::COERCION_IMPLICIT;
  bool inout = false;
  PGSHOAL_NODE(CreateCastStmt, sourcetype, targettype, func, context, inout)
};

struct CreateTransformStmt : Node {  // CREATE TRANSFORM: CreateTransformStmt
  bool replace = false;
  TypeName* type_name = nullptr;
  Str lang;
  ObjectWithArgs* fromsql = nullptr;
  ObjectWithArgs* tosql = nullptr;
  PGSHOAL_NODE(CreateTransformStmt, replace, type_name, lang, fromsql, tosql)
};

struct CreateConversionStmt : Node {  // CREATE CONVERSION: CreateConversionStmt
  Names conversion_name;
  Str for_encoding_name;
  Str to_encoding_name;
  Names func_name;
  bool def = false;
  PGSHOAL_NODE(CreateConversionStmt, conversion_name, for_encoding_name, to_encoding_name, func_name, def)
};

struct CreatePLangStmt : Node {  // CREATE LANGUAGE … HANDLER: CreatePLangStmt
  bool replace = false;
  Str plname;
  Names plhandler;
  Names plinline;
  Names plvalidator;
  bool pltrusted = false;
  PGSHOAL_NODE(CreatePLangStmt, replace, plname, plhandler, plinline, plvalidator, pltrusted)
};

struct CreateAmStmt : Node {  // CREATE ACCESS METHOD: CreateAmStmt
  Str amname;
  Names handler_name;
  char amtype = 0;
  PGSHOAL_NODE(CreateAmStmt, amname, handler_name, amtype)
};

struct CreateOpClassItem : Node {  // OPERATOR n, FUNCTION n, STORAGE t: opclass_item, opclass_drop
  int32_t itemtype = 0;
  ObjectWithArgs* name = nullptr;
  int32_t number = 0;
  Names order_family;
  List<TypeName*> class_args;
  TypeName* storedtype = nullptr;
  PGSHOAL_NODE(CreateOpClassItem, itemtype, name, number, order_family, class_args, storedtype)
};

struct CreateOpClassStmt : Node {  // CREATE OPERATOR CLASS: CreateOpClassStmt
  Names opclassname;
  Names opfamilyname;
  Str amname;
  TypeName* datatype = nullptr;
  List<CreateOpClassItem*> items;
  bool isDefault = false;
  PGSHOAL_NODE(CreateOpClassStmt, opclassname, opfamilyname, amname, datatype, items, isDefault)
};

struct CreateOpFamilyStmt : Node {  // CREATE OPERATOR FAMILY: CreateOpFamilyStmt
  Names opfamilyname;
  Str amname;
  PGSHOAL_NODE(CreateOpFamilyStmt, opfamilyname, amname)
};

struct AlterOpFamilyStmt : Node {  // ALTER OPERATOR FAMILY … ADD, DROP: AlterOpFamilyStmt
  Names opfamilyname;
  Str amname;
  bool isDrop = false;
  List<CreateOpClassItem*> items;
  PGSHOAL_NODE(AlterOpFamilyStmt, opfamilyname, amname, isDrop, items)
};

struct AlterOperatorStmt : Node {  // ALTER OPERATOR … SET (…): AlterOperatorStmt
  ObjectWithArgs* opername = nullptr;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterOperatorStmt, opername, options)
};

struct AlterCollationStmt : Node {  // ALTER COLLATION … REFRESH VERSION: AlterCollationStmt
  Names collname;
  PGSHOAL_NODE(AlterCollationStmt, collname)
};

struct AlterTSDictionaryStmt : Node {  // ALTER TEXT SEARCH DICTIONARY: AlterTSDictionaryStmt
  Names dictname;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterTSDictionaryStmt, dictname, options)
};

struct AlterTSConfigurationStmt : Node {  // ALTER TEXT SEARCH CONFIGURATION … MAPPING: AlterTSConfigurationStmt
  AlterTSConfigType kind = AlterTSConfigType::ALTER_TSCONFIG_ADD_MAPPING;
  Names cfgname;
  Names tokentype;
  Nodes dicts;
  bool override = false;
  bool replace = false;
  bool missing_ok = false;
  PGSHOAL_NODE(AlterTSConfigurationStmt, kind, cfgname, tokentype, dicts, override, replace, missing_ok)
};

struct CreateEventTrigStmt : Node {  // CREATE EVENT TRIGGER: CreateEventTrigStmt
  Str trigname;
  Str eventname;
  List<DefElem*> whenclause;
  Names funcname;
  PGSHOAL_NODE(CreateEventTrigStmt, trigname, eventname, whenclause, funcname)
};

struct AlterEventTrigStmt : Node {  // ALTER EVENT TRIGGER … ENABLE, DISABLE: AlterEventTrigStmt
  Str trigname;
  char tgenabled = 0;
  PGSHOAL_NODE(AlterEventTrigStmt, trigname, tgenabled)
};

struct CreateFdwStmt : Node {  // CREATE FOREIGN DATA WRAPPER: CreateFdwStmt
  Str fdwname;
  List<DefElem*> func_options;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateFdwStmt, fdwname, func_options, options)
};

struct AlterFdwStmt : Node {  // ALTER FOREIGN DATA WRAPPER: AlterFdwStmt
  Str fdwname;
  List<DefElem*> func_options;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterFdwStmt, fdwname, func_options, options)
};

struct CreateForeignServerStmt : Node {  // CREATE SERVER: CreateForeignServerStmt
  Str servername;
  Str servertype;
  Str version;
  Str fdwname;
  bool if_not_exists = false;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateForeignServerStmt, servername, servertype, version, fdwname, if_not_exists, options)
};

struct AlterForeignServerStmt : Node {  // ALTER SERVER: AlterForeignServerStmt
  Str servername;
  Str version;
  List<DefElem*> options;
  bool has_version = false;
  PGSHOAL_NODE(AlterForeignServerStmt, servername, version, options, has_version)
};

struct CreateUserMappingStmt : Node {  // CREATE USER MAPPING: CreateUserMappingStmt
  RoleSpec* user = nullptr;
  Str servername;
  bool if_not_exists = false;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateUserMappingStmt, user, servername, if_not_exists, options)
};

struct AlterUserMappingStmt : Node {  // ALTER USER MAPPING: AlterUserMappingStmt
  RoleSpec* user = nullptr;
  Str servername;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterUserMappingStmt, user, servername, options)
};

struct DropUserMappingStmt : Node {  // DROP USER MAPPING: DropUserMappingStmt
  RoleSpec* user = nullptr;
  Str servername;
  bool missing_ok = false;
  PGSHOAL_NODE(DropUserMappingStmt, user, servername, missing_ok)
};

struct ImportForeignSchemaStmt : Node {  // IMPORT FOREIGN SCHEMA: ImportForeignSchemaStmt
  Str server_name;
  Str remote_schema;
  Str local_schema;
  ImportForeignSchemaType list_type = ImportForeignSchemaType::FDW_IMPORT_SCHEMA_ALL;
  List<RangeVar*> table_list;
  List<DefElem*> options;
  PGSHOAL_NODE(ImportForeignSchemaStmt, server_name, remote_schema, local_schema, list_type, table_list, options)
};

struct PublicationTable : Node {  // a table with columns and filter: PublicationObjSpec
  RangeVar* relation = nullptr;
  Node* whereClause = nullptr;
  Names columns;
  PGSHOAL_NODE(PublicationTable, relation, whereClause, columns)
};

struct PublicationObjSpec : Node {  // a table, or the tables of a schema: PublicationObjSpec
  PublicationObjSpecType pubobjtype = PublicationObjSpecType::PUBLICATIONOBJ_TABLE;
  Str name;
  PublicationTable* pubtable = nullptr;
  PGSHOAL_NODE(PublicationObjSpec, pubobjtype, name, pubtable)
};

struct CreatePublicationStmt : Node {  // CREATE PUBLICATION: CreatePublicationStmt
  Str pubname;
  List<DefElem*> options;
  List<PublicationObjSpec*> pubobjects;
  bool for_all_tables = false;
  PGSHOAL_NODE(CreatePublicationStmt, pubname, options, pubobjects, for_all_tables)
};

struct AlterPublicationStmt : Node {  // ALTER PUBLICATION: AlterPublicationStmt
  Str pubname;
  List<DefElem*> options;
  List<PublicationObjSpec*> pubobjects;
  bool for_all_tables = false;
  AlterPublicationAction action = AlterPublicationAction::AP_AddObjects;
  PGSHOAL_NODE(AlterPublicationStmt, pubname, options, pubobjects, for_all_tables, action)
};

struct CreateSubscriptionStmt : Node {  // CREATE SUBSCRIPTION: CreateSubscriptionStmt
  Str subname;
  Str conninfo;
  Names publication;
  List<DefElem*> options;
  PGSHOAL_NODE(CreateSubscriptionStmt, subname, conninfo, publication, options)
};

struct AlterSubscriptionStmt : Node {  // ALTER SUBSCRIPTION: AlterSubscriptionStmt
  AlterSubscriptionType kind = AlterSubscriptionType::ALTER_SUBSCRIPTION_OPTIONS;
  Str subname;
  Str conninfo;
  Names publication;
  List<DefElem*> options;
  PGSHOAL_NODE(AlterSubscriptionStmt, kind, subname, conninfo, publication, options)
};

struct DropSubscriptionStmt : Node {  // DROP SUBSCRIPTION: DropSubscriptionStmt
  Str subname;
  bool missing_ok = false;
  DropBehavior behavior = DropBehavior::DROP_RESTRICT;
  PGSHOAL_NODE(DropSubscriptionStmt, subname, missing_ok, behavior)
};

}  // namespace pgshoal::parser
