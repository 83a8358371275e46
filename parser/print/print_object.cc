// Schemas, databases, extensions, functions, types, operators, foreign data, publications, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

namespace {
Str Text(const Node* node) { return static_cast<const String*>(node)->sval; }
bool IsTrue(const Node* node) { return Is<Boolean>(node) && static_cast<const Boolean*>(node)->boolval; }
}  // namespace

// --- schemas, databases, tablespaces, extensions --------------------------------------------------------------------------

void Printer::P(const CreateSchemaStmt& n) {
  *this << "CREATE SCHEMA";
  If(n.if_not_exists, " IF NOT EXISTS");
  if (n.schemaname.data() != nullptr) {
    *this << " ";
    Ident(n.schemaname);
  }
  if (n.authrole != nullptr) {
    *this << " AUTHORIZATION ";
    P(*n.authrole);
  }
  for (const Node* element : n.schemaElts) {
    *this << " ";
    Print(element);
  }
}
void Printer::DatabaseOptions(const List<DefElem*>& options) {
  for (const DefElem* option : options) {
    *this << " ";
    if (option->defname == "connection_limit") {
      *this << "CONNECTION LIMIT";
    } else {
      Ident(option->defname);
    }
    *this << " = ";
    if (option->arg == nullptr) *this << "DEFAULT";
    OptionValue(option->arg);
  }
}
void Printer::P(const CreatedbStmt& n) {
  *this << "CREATE DATABASE ";
  Ident(n.dbname);
  DatabaseOptions(n.options);
}
void Printer::P(const DropdbStmt& n) {
  *this << "DROP DATABASE ";
  If(n.missing_ok, "IF EXISTS ");
  Ident(n.dbname);
  if (n.options.empty()) return;
  *this << " (";
  for (std::size_t i = 0; i < n.options.size(); ++i) *this << (i == 0 ? "FORCE" : ", FORCE");
  *this << ")";
}
void Printer::P(const AlterDatabaseStmt& n) {
  *this << "ALTER DATABASE ";
  Ident(n.dbname);
  DatabaseOptions(n.options);
}
void Printer::P(const AlterDatabaseRefreshCollStmt& n) {
  *this << "ALTER DATABASE ";
  Ident(n.dbname);
  *this << " REFRESH COLLATION VERSION";
}
void Printer::P(const AlterDatabaseSetStmt& n) {
  *this << "ALTER DATABASE ";
  Ident(n.dbname);
  *this << " ";
  P(*n.setstmt);
}
void Printer::P(const CreateTableSpaceStmt& n) {
  *this << "CREATE TABLESPACE ";
  Ident(n.tablespacename);
  if (n.owner != nullptr) {
    *this << " OWNER ";
    P(*n.owner);
  }
  *this << " LOCATION ";
  Literal(n.location);
  RelOptions(" WITH ", n.options);
}
void Printer::P(const DropTableSpaceStmt& n) {
  *this << "DROP TABLESPACE ";
  If(n.missing_ok, "IF EXISTS ");
  Ident(n.tablespacename);
}
void Printer::P(const AlterTableSpaceOptionsStmt& n) {
  *this << "ALTER TABLESPACE ";
  Ident(n.tablespacename);
  RelOptions(n.isReset ? " RESET " : " SET ", n.options);
}
void Printer::P(const CreateExtensionStmt& n) {
  *this << "CREATE EXTENSION ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  Ident(n.extname);
  for (const DefElem* option : n.options) {
    if (option->defname == "schema") {
      *this << " SCHEMA ";
      Ident(Text(option->arg));
    } else if (option->defname == "new_version") {
      *this << " VERSION ";
      Literal(Text(option->arg));
    } else {
      *this << " CASCADE";
    }
  }
}
void Printer::P(const AlterExtensionStmt& n) {
  *this << "ALTER EXTENSION ";
  Ident(n.extname);
  *this << " UPDATE";
  for (const DefElem* option : n.options) {
    *this << " TO ";
    Literal(Text(option->arg));
  }
}
void Printer::P(const AlterExtensionContentsStmt& n) {
  *this << "ALTER EXTENSION ";
  Ident(n.extname);
  *this << (n.action > 0 ? " ADD " : " DROP ");
  ObjectTypeWord(n.objtype);
  *this << " ";
  ObjectName(n.objtype, n.object);
}

// --- functions --------------------------------------------------------------------------------------------------------------

void Printer::P(const FunctionParameter& n) {
  using enum FunctionParameterMode;
  If(n.mode == FUNC_PARAM_IN, "IN ");
  If(n.mode == FUNC_PARAM_OUT, "OUT ");
  If(n.mode == FUNC_PARAM_INOUT, "INOUT ");
  If(n.mode == FUNC_PARAM_VARIADIC, "VARIADIC ");
  if (n.name.data() != nullptr) {
    AnyKeywordIdent(n.name);
    *this << " ";
  }
  P(*n.argType);
  if (n.defexpr != nullptr) {
    *this << " DEFAULT ";
    Print(n.defexpr);
  }
}
void Printer::FunctionOption(const DefElem& option) {
  Str name = option.defname;
  bool yes = IsTrue(option.arg);
  *this << " ";
  if (name == "as") {
    *this << "AS ";
    const Nodes& texts = static_cast<const ListNode*>(option.arg)->items;
    for (Node* const& text : texts) {
      if (&text != texts.begin()) *this << ", ";
      Literal(Text(text));
    }
  } else if (name == "language") {
    *this << "LANGUAGE ";
    Literal(Text(option.arg));
  } else if (name == "transform") {
    *this << "TRANSFORM ";
    const Nodes& types = static_cast<const ListNode*>(option.arg)->items;
    for (Node* const& type : types) {
      *this << (&type == types.begin() ? "FOR TYPE " : ", FOR TYPE ");
      Print(type);
    }
  } else if (name == "window") {
    *this << "WINDOW";
  } else if (name == "strict") {
    *this << (yes ? "STRICT" : "CALLED ON NULL INPUT");
  } else if (name == "volatility") {
    *this << Text(option.arg);
  } else if (name == "security") {
    *this << (yes ? "SECURITY DEFINER" : "SECURITY INVOKER");
  } else if (name == "leakproof") {
    *this << (yes ? "LEAKPROOF" : "NOT LEAKPROOF");
  } else if (name == "support") {
    *this << "SUPPORT ";
    TypeNames(static_cast<const ListNode*>(option.arg)->items);
  } else if (name == "parallel") {
    *this << "PARALLEL ";
    Ident(Text(option.arg));
  } else if (name == "set") {
    Print(option.arg);
  } else {
    *this << name << " ";
    Print(option.arg);
  }
}
void Printer::FunctionOptions(const List<DefElem*>& options) {
  for (const DefElem* option : options) FunctionOption(*option);
}
void Printer::P(const CreateFunctionStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  *this << (n.is_procedure ? "PROCEDURE " : "FUNCTION ");
  FunctionName(n.funcname);
  *this << "(";
  bool table = false;
  std::string_view separator = "";
  for (const FunctionParameter* p : n.parameters) {
    if (p->mode == FunctionParameterMode::FUNC_PARAM_TABLE) {
      table = true;
      continue;
    }
    *this << separator;
    P(*p);
    separator = ", ";
  }
  *this << ")";
  if (table) {
    *this << " RETURNS TABLE (";
    separator = "";
    for (const FunctionParameter* p : n.parameters) {
      if (p->mode != FunctionParameterMode::FUNC_PARAM_TABLE) continue;
      *this << separator;
      P(*p);
      separator = ", ";
    }
    *this << ")";
  } else if (n.returnType != nullptr) {
    *this << " RETURNS ";
    P(*n.returnType);
  }
  FunctionOptions(n.options);
  if (Is<ReturnStmt>(n.sql_body)) {
    *this << " ";
    Print(n.sql_body);
  } else if (n.sql_body != nullptr) {
    *this << " BEGIN ATOMIC ";
    if (auto* body = As<ListNode>(static_cast<const Node*>(static_cast<const ListNode*>(n.sql_body)->items[0]))) {
      for (const Node* statement : body->items) {
        Print(statement);
        *this << "; ";
      }
    }
    *this << "END";
  }
}
void Printer::P(const AlterFunctionStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objtype);
  *this << " ";
  P(*n.func);
  FunctionOptions(n.actions);
}

// --- aggregates, types, text search, collations -----------------------------------------------------------------------------

// {parameters, number of direct ones or -1}
void Printer::AggregateArgs(const Nodes& args) {
  auto* list = As<ListNode>(static_cast<const Node*>(args[0]));
  int32_t direct = static_cast<const Integer*>(args[1])->ival;
  *this << "(";
  if (list == nullptr) {
    If(direct < 0, "*");
  } else {
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      if (direct >= 0 && i == static_cast<std::size_t>(direct)) {
        *this << (i == 0 ? "ORDER BY " : " ORDER BY ");
      } else if (i != 0) {
        *this << ", ";
      }
      Print(list->items[i]);
    }
    if (direct >= 0 && static_cast<std::size_t>(direct) == list->items.size()) {
      *this << " ORDER BY ";  // the VARIADIC parameter that is kept once
      Print(list->items.back());
    }
  }
  *this << ")";
}
void Printer::P(const DefineStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  ObjectTypeWord(n.kind);
  *this << " ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  if (n.kind == ObjectType::OBJECT_OPERATOR) {
    for (std::size_t i = 0; i + 1 < n.defnames.size(); ++i) {
      Ident(n.defnames[i]);
      *this << ".";
    }
    *this << n.defnames.back();
  } else if (n.kind == ObjectType::OBJECT_AGGREGATE) {
    FunctionName(n.defnames);
  } else {
    Dotted(n.defnames);
  }
  if (n.kind == ObjectType::OBJECT_AGGREGATE && !n.oldstyle) AggregateArgs(n.args);
  if (n.kind == ObjectType::OBJECT_COLLATION && n.definition.size() == 1 && n.definition[0]->defname == "from" &&
      Is<ListNode>(n.definition[0]->arg)) {
    *this << " FROM ";
    return TypeNames(static_cast<const ListNode*>(n.definition[0]->arg)->items);
  }
  if (n.oldstyle) {  // here the words must be no keywords
    *this << " (";
    for (DefElem* const& element : n.definition) {
      if (&element != n.definition.begin()) *this << ", ";
      AnyKeywordIdent(element->defname);
      *this << " = ";
      DefinitionValue(element->arg);
    }
    *this << ")";
    return;
  }
  RelOptions(" ", n.definition);
}
void Printer::P(const CompositeTypeStmt& n) {
  *this << "CREATE TYPE ";
  RelationName(*n.typevar);
  *this << " AS (";
  Commas(n.coldeflist);
  *this << ")";
}
void Printer::P(const CreateEnumStmt& n) {
  *this << "CREATE TYPE ";
  Dotted(n.typeName);
  *this << " AS ENUM (";
  for (const Str& value : n.vals) {
    if (&value != n.vals.begin()) *this << ", ";
    Literal(value);
  }
  *this << ")";
}
void Printer::P(const CreateRangeStmt& n) {
  *this << "CREATE TYPE ";
  Dotted(n.typeName);
  *this << " AS RANGE ";
  Definition(n.params);
}
void Printer::P(const AlterEnumStmt& n) {
  *this << "ALTER TYPE ";
  Dotted(n.typeName);
  if (n.oldVal.data() != nullptr) {
    *this << " RENAME VALUE ";
    Literal(n.oldVal);
    *this << " TO ";
    return Literal(n.newVal);
  }
  *this << " ADD VALUE ";
  If(n.skipIfNewValExists, "IF NOT EXISTS ");
  Literal(n.newVal);
  if (n.newValNeighbor.data() != nullptr) {
    *this << (n.newValIsAfter ? " AFTER " : " BEFORE ");
    Literal(n.newValNeighbor);
  }
}
namespace {
// `name = NONE` is an element without a value.
bool NoValue(const DefElem* element) { return element->arg == nullptr; }
}  // namespace
void Printer::P(const AlterTypeStmt& n) {
  *this << "ALTER TYPE ";
  Dotted(n.typeName);
  *this << " SET (";
  for (DefElem* const& element : n.options) {
    if (&element != n.options.begin()) *this << ", ";
    Ident(element->defname);
    *this << " = ";
    If(NoValue(element), "NONE");
    DefinitionValue(element->arg);
  }
  *this << ")";
}
void Printer::P(const AlterOperatorStmt& n) {
  *this << "ALTER OPERATOR ";
  ObjectName(ObjectType::OBJECT_OPERATOR, n.opername);
  *this << " SET (";
  for (DefElem* const& element : n.options) {
    if (&element != n.options.begin()) *this << ", ";
    Ident(element->defname);
    *this << " = ";
    If(NoValue(element), "NONE");
    DefinitionValue(element->arg);
  }
  *this << ")";
}
void Printer::P(const CreateDomainStmt& n) {
  *this << "CREATE DOMAIN ";
  Dotted(n.domainname);
  *this << " AS ";
  P(*n.typeName);
  ColumnCollate(n.collClause);
  for (const Node* constraint : n.constraints) {
    *this << " ";
    Print(constraint);
  }
}
void Printer::P(const AlterDomainStmt& n) {
  *this << "ALTER DOMAIN ";
  Dotted(n.typeName);
  switch (n.subtype) {
    case 'T':
      *this << (n.def == nullptr ? " DROP DEFAULT" : " SET DEFAULT ");
      return Print(n.def);
    case 'N': *this << " DROP NOT NULL"; return;
    case 'O': *this << " SET NOT NULL"; return;
    case 'C':
      *this << " ADD ";
      return Print(n.def);
    case 'X':
      *this << (n.missing_ok ? " DROP CONSTRAINT IF EXISTS " : " DROP CONSTRAINT ");
      Ident(n.name);
      return Cascade(n.behavior);
    default:
      *this << " VALIDATE CONSTRAINT ";
      return Ident(n.name);
  }
}
void Printer::P(const CreateCastStmt& n) {
  *this << "CREATE CAST (";
  P(*n.sourcetype);
  *this << " AS ";
  P(*n.targettype);
  *this << ")";
  if (n.func != nullptr) {
    *this << " WITH FUNCTION ";
    P(*n.func);
  } else {
    *this << (n.inout ? " WITH INOUT" : " WITHOUT FUNCTION");
  }
  If(n.context == CoercionContext::COERCION_IMPLICIT, " AS IMPLICIT");
  If(n.context == CoercionContext::COERCION_ASSIGNMENT, " AS ASSIGNMENT");
}
void Printer::P(const CreateTransformStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  *this << "TRANSFORM FOR ";
  P(*n.type_name);
  *this << " LANGUAGE ";
  Ident(n.lang);
  *this << " (";
  if (n.fromsql != nullptr) {
    *this << "FROM SQL WITH FUNCTION ";
    P(*n.fromsql);
    If(n.tosql != nullptr, ", ");
  }
  if (n.tosql != nullptr) {
    *this << "TO SQL WITH FUNCTION ";
    P(*n.tosql);
  }
  *this << ")";
}
void Printer::P(const CreateConversionStmt& n) {
  *this << (n.def ? "CREATE DEFAULT CONVERSION " : "CREATE CONVERSION ");
  Dotted(n.conversion_name);
  *this << " FOR ";
  Literal(n.for_encoding_name);
  *this << " TO ";
  Literal(n.to_encoding_name);
  *this << " FROM ";
  Dotted(n.func_name);
}
void Printer::P(const CreatePLangStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  If(n.pltrusted, "TRUSTED ");
  *this << "LANGUAGE ";
  Ident(n.plname);
  *this << " HANDLER ";
  Dotted(n.plhandler);
  if (!n.plinline.empty()) {
    *this << " INLINE ";
    Dotted(n.plinline);
  }
  if (!n.plvalidator.empty()) {
    *this << " VALIDATOR ";
    Dotted(n.plvalidator);
  }
}
void Printer::P(const CreateAmStmt& n) {
  *this << "CREATE ACCESS METHOD ";
  Ident(n.amname);
  *this << (n.amtype == 'i' ? " TYPE INDEX HANDLER " : " TYPE TABLE HANDLER ");
  Dotted(n.handler_name);
}

// --- operator classes -------------------------------------------------------------------------------------------------------

void Printer::P(const CreateOpClassItem& n) {
  if (n.itemtype == 3) {
    *this << "STORAGE ";
    return P(*n.storedtype);
  }
  *this << (n.itemtype == 1 ? "OPERATOR " : "FUNCTION ") << n.number;
  if (!n.class_args.empty()) *this << " ";
  ParenList(n.class_args);
  if (n.name == nullptr) return;
  *this << " ";
  if (n.itemtype == 2) {
    P(*n.name);
  } else if (!n.name->objargs.empty()) {
    ObjectName(ObjectType::OBJECT_OPERATOR, n.name);
  } else {
    for (std::size_t i = 0; i + 1 < n.name->objname.size(); ++i) {
      Ident(n.name->objname[i]);
      *this << ".";
    }
    *this << n.name->objname.back();
  }
  if (!n.order_family.empty()) {
    *this << " FOR ORDER BY ";
    Dotted(n.order_family);
  }
}
void Printer::P(const CreateOpClassStmt& n) {
  *this << "CREATE OPERATOR CLASS ";
  Dotted(n.opclassname);
  If(n.isDefault, " DEFAULT");
  *this << " FOR TYPE ";
  P(*n.datatype);
  *this << " USING ";
  Ident(n.amname);
  if (!n.opfamilyname.empty()) {
    *this << " FAMILY ";
    Dotted(n.opfamilyname);
  }
  *this << " AS ";
  Commas(n.items);
}
void Printer::P(const CreateOpFamilyStmt& n) {
  *this << "CREATE OPERATOR FAMILY ";
  Dotted(n.opfamilyname);
  *this << " USING ";
  Ident(n.amname);
}
void Printer::P(const AlterOpFamilyStmt& n) {
  *this << "ALTER OPERATOR FAMILY ";
  Dotted(n.opfamilyname);
  *this << " USING ";
  Ident(n.amname);
  *this << (n.isDrop ? " DROP " : " ADD ");
  Commas(n.items);
}
void Printer::P(const AlterCollationStmt& n) {
  *this << "ALTER COLLATION ";
  Dotted(n.collname);
  *this << " REFRESH VERSION";
}
void Printer::P(const AlterTSDictionaryStmt& n) {
  *this << "ALTER TEXT SEARCH DICTIONARY ";
  Dotted(n.dictname);
  *this << " ";
  Definition(n.options);
}
void Printer::P(const AlterTSConfigurationStmt& n) {
  using enum AlterTSConfigType;
  *this << "ALTER TEXT SEARCH CONFIGURATION ";
  Dotted(n.cfgname);
  *this << (n.kind == ALTER_TSCONFIG_ADD_MAPPING    ? " ADD MAPPING"
            : n.kind == ALTER_TSCONFIG_DROP_MAPPING ? " DROP MAPPING"
                                                    : " ALTER MAPPING");
  If(n.missing_ok, " IF EXISTS");
  if (!n.tokentype.empty()) {
    *this << " FOR ";
    IdentList(n.tokentype);
  }
  if (n.dicts.empty()) return;
  *this << (n.replace ? " REPLACE " : " WITH ");
  for (Node* const& dict : n.dicts) {
    if (&dict != n.dicts.begin()) *this << (n.replace ? " WITH " : ", ");
    TypeNames(static_cast<const ListNode*>(dict)->items);
  }
}

// --- event triggers, foreign data ---------------------------------------------------------------------------------------------

void Printer::P(const CreateEventTrigStmt& n) {
  *this << "CREATE EVENT TRIGGER ";
  Ident(n.trigname);
  *this << " ON ";
  Ident(n.eventname);
  for (DefElem* const& item : n.whenclause) {
    *this << (&item == n.whenclause.begin() ? " WHEN " : " AND ");
    Ident(item->defname);
    *this << " IN ";
    OptionValue(item->arg);
  }
  *this << " EXECUTE FUNCTION ";
  FunctionName(n.funcname);
  *this << "()";
}
void Printer::P(const AlterEventTrigStmt& n) {
  *this << "ALTER EVENT TRIGGER ";
  Ident(n.trigname);
  *this << (n.tgenabled == 'R' ? " ENABLE REPLICA" : n.tgenabled == 'A' ? " ENABLE ALWAYS" : n.tgenabled == 'O' ? " ENABLE" : " DISABLE");
}
void Printer::FdwFunctions(const List<DefElem*>& options) {
  for (const DefElem* option : options) {
    If(option->arg == nullptr, " NO");
    *this << (option->defname == "handler" ? " HANDLER" : " VALIDATOR");
    if (option->arg != nullptr) {
      *this << " ";
      TypeNames(static_cast<const ListNode*>(option->arg)->items);
    }
  }
}
void Printer::P(const CreateFdwStmt& n) {
  *this << "CREATE FOREIGN DATA WRAPPER ";
  Ident(n.fdwname);
  FdwFunctions(n.func_options);
  GenericOptions(n.options);
}
void Printer::P(const AlterFdwStmt& n) {
  *this << "ALTER FOREIGN DATA WRAPPER ";
  Ident(n.fdwname);
  FdwFunctions(n.func_options);
  GenericOptions(n.options);
}
void Printer::P(const CreateForeignServerStmt& n) {
  *this << "CREATE SERVER ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  Ident(n.servername);
  if (n.servertype.data() != nullptr) {
    *this << " TYPE ";
    Literal(n.servertype);
  }
  if (n.version.data() != nullptr) {
    *this << " VERSION ";
    Literal(n.version);
  }
  *this << " FOREIGN DATA WRAPPER ";
  Ident(n.fdwname);
  GenericOptions(n.options);
}
void Printer::P(const AlterForeignServerStmt& n) {
  *this << "ALTER SERVER ";
  Ident(n.servername);
  if (n.has_version) {
    *this << " VERSION ";
    if (n.version.data() == nullptr) {
      *this << "NULL";
    } else {
      Literal(n.version);
    }
  }
  GenericOptions(n.options);
}
void Printer::P(const CreateUserMappingStmt& n) {
  *this << "CREATE USER MAPPING ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  *this << "FOR ";
  P(*n.user);
  *this << " SERVER ";
  Ident(n.servername);
  GenericOptions(n.options);
}
void Printer::P(const AlterUserMappingStmt& n) {
  *this << "ALTER USER MAPPING FOR ";
  P(*n.user);
  *this << " SERVER ";
  Ident(n.servername);
  GenericOptions(n.options);
}
void Printer::P(const DropUserMappingStmt& n) {
  *this << "DROP USER MAPPING ";
  If(n.missing_ok, "IF EXISTS ");
  *this << "FOR ";
  P(*n.user);
  *this << " SERVER ";
  Ident(n.servername);
}
void Printer::P(const ImportForeignSchemaStmt& n) {
  *this << "IMPORT FOREIGN SCHEMA ";
  Ident(n.remote_schema);
  If(n.list_type == ImportForeignSchemaType::FDW_IMPORT_SCHEMA_LIMIT_TO, " LIMIT TO ");
  If(n.list_type == ImportForeignSchemaType::FDW_IMPORT_SCHEMA_EXCEPT, " EXCEPT ");
  ParenList(n.table_list);
  *this << " FROM SERVER ";
  Ident(n.server_name);
  *this << " INTO ";
  Ident(n.local_schema);
  GenericOptions(n.options);
}

// --- publications, subscriptions ----------------------------------------------------------------------------------------------

void Printer::P(const PublicationTable& n) {
  P(*n.relation);
  if (!n.columns.empty()) *this << " ";
  ParenIdents(n.columns);
  if (n.whereClause != nullptr) {
    *this << " WHERE (";
    Print(n.whereClause);
    *this << ")";
  }
}
void Printer::P(const PublicationObjSpec& n) {
  if (n.pubtable != nullptr) {
    *this << "TABLE ";
    return P(*n.pubtable);
  }
  *this << "TABLES IN SCHEMA ";
  if (n.name.data() == nullptr) {
    *this << "CURRENT_SCHEMA";
  } else {
    Ident(n.name);
  }
}
void Printer::P(const CreatePublicationStmt& n) {
  *this << "CREATE PUBLICATION ";
  Ident(n.pubname);
  If(n.for_all_tables, " FOR ALL TABLES");
  If(!n.pubobjects.empty(), " FOR ");
  Commas(n.pubobjects);
  RelOptions(" WITH ", n.options);
}
void Printer::P(const AlterPublicationStmt& n) {
  *this << "ALTER PUBLICATION ";
  Ident(n.pubname);
  if (n.pubobjects.empty()) return RelOptions(" SET ", n.options);
  *this << (n.action == AlterPublicationAction::AP_AddObjects    ? " ADD "
            : n.action == AlterPublicationAction::AP_DropObjects ? " DROP "
                                                                 : " SET ");
  Commas(n.pubobjects);
}
void Printer::P(const CreateSubscriptionStmt& n) {
  *this << "CREATE SUBSCRIPTION ";
  Ident(n.subname);
  *this << " CONNECTION ";
  Literal(n.conninfo);
  *this << " PUBLICATION ";
  IdentList(n.publication);
  RelOptions(" WITH ", n.options);
}
void Printer::P(const AlterSubscriptionStmt& n) {
  using enum AlterSubscriptionType;
  *this << "ALTER SUBSCRIPTION ";
  Ident(n.subname);
  switch (n.kind) {
    case ALTER_SUBSCRIPTION_OPTIONS: return RelOptions(" SET ", n.options);
    case ALTER_SUBSCRIPTION_SKIP: return RelOptions(" SKIP ", n.options);
    case ALTER_SUBSCRIPTION_ENABLED:
      *this << (IsTrue(n.options[0]->arg) ? " ENABLE" : " DISABLE");
      return;
    case ALTER_SUBSCRIPTION_CONNECTION:
      *this << " CONNECTION ";
      return Literal(n.conninfo);
    case ALTER_SUBSCRIPTION_REFRESH: *this << " REFRESH PUBLICATION"; break;
    case ALTER_SUBSCRIPTION_SET_PUBLICATION: *this << " SET PUBLICATION "; break;
    case ALTER_SUBSCRIPTION_ADD_PUBLICATION: *this << " ADD PUBLICATION "; break;
    case ALTER_SUBSCRIPTION_DROP_PUBLICATION: *this << " DROP PUBLICATION "; break;
  }
  IdentList(n.publication);
  RelOptions(" WITH ", n.options);
}
void Printer::P(const DropSubscriptionStmt& n) {
  *this << "DROP SUBSCRIPTION ";
  If(n.missing_ok, "IF EXISTS ");
  Ident(n.subname);
  Cascade(n.behavior);
}

}  // namespace pgshoal::parser
