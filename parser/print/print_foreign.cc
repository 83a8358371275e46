// Event triggers, foreign data, publications and subscriptions, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

namespace {
bool IsTrue(const Node* node) { return Is<Boolean>(node) && static_cast<const Boolean*>(node)->boolval; }
}  // namespace

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
