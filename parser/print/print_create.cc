// Schemas, databases, tablespaces and extensions, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

namespace {
Str Text(const Node* node) { return static_cast<const String*>(node)->sval; }
}  // namespace

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

}  // namespace pgshoal::parser
