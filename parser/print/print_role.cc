// Roles and privileges, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

void Printer::P(const RoleSpec& n) {
  switch (n.roletype) {
    case RoleSpecType::ROLESPEC_CSTRING: return Ident(n.rolename);
    case RoleSpecType::ROLESPEC_CURRENT_ROLE: *this << "CURRENT_ROLE"; return;
    case RoleSpecType::ROLESPEC_CURRENT_USER: *this << "CURRENT_USER"; return;
    case RoleSpecType::ROLESPEC_SESSION_USER: *this << "SESSION_USER"; return;
    case RoleSpecType::ROLESPEC_PUBLIC: *this << "public"; return;
  }
}
void Printer::RoleOptions(const List<DefElem*>& options) {
  for (const DefElem* option : options) {
    Str name = option->defname;
    auto* flag = As<Boolean>(static_cast<const Node*>(option->arg));
    auto* roles = As<ListNode>(static_cast<const Node*>(option->arg));
    *this << " ";
    if (flag != nullptr) {
      If(!flag->boolval, "NO");
      *this << (name == "isreplication" ? Str("replication") : name == "canlogin" ? Str("login") : name);
    } else if (roles != nullptr) {
      *this << (name == "adminmembers" ? "ADMIN " : name == "addroleto" ? "IN ROLE " : "USER ");
      Commas(roles->items);
    } else if (name == "password") {
      *this << "PASSWORD ";
      if (option->arg == nullptr) {
        *this << "NULL";
      } else {
        Literal(static_cast<const String*>(option->arg)->sval);
      }
    } else if (name == "validUntil") {
      *this << "VALID UNTIL ";
      Literal(static_cast<const String*>(option->arg)->sval);
    } else {
      *this << (name == "connectionlimit" ? "CONNECTION LIMIT " : "SYSID ");
      Print(option->arg);
    }
  }
}
void Printer::P(const CreateRoleStmt& n) {
  static constexpr std::string_view kWords[] = {"ROLE ", "USER ", "GROUP "};
  *this << "CREATE " << kWords[static_cast<int>(n.stmt_type)];
  Ident(n.role);
  RoleOptions(n.options);
}
void Printer::P(const AlterRoleStmt& n) {
  bool members = n.options.size() == 1 && n.options[0]->defname == "rolemembers";
  if (n.action < 0 || members) {
    *this << "ALTER GROUP ";
    P(*n.role);
    *this << (n.action < 0 ? " DROP" : " ADD");
  } else {
    *this << "ALTER ROLE ";
    P(*n.role);
  }
  RoleOptions(n.options);
}
void Printer::P(const AlterRoleSetStmt& n) {
  *this << "ALTER ROLE ";
  If(n.role == nullptr, "ALL");
  Print(n.role);
  if (n.database.data() != nullptr) {
    *this << " IN DATABASE ";
    Ident(n.database);
  }
  *this << " ";
  P(*n.setstmt);
}
void Printer::P(const DropRoleStmt& n) {
  *this << "DROP ROLE ";
  If(n.missing_ok, "IF EXISTS ");
  Commas(n.roles);
}
void Printer::P(const AccessPriv& n) {
  if (n.priv_name.data() == nullptr) {
    *this << "ALL";
  } else if (n.priv_name == "select" || n.priv_name == "references" || n.priv_name == "create" ||
             n.priv_name == "alter system") {
    *this << n.priv_name;
  } else {
    Ident(n.priv_name);
  }
  if (!n.cols.empty()) *this << " ";
  ParenIdents(n.cols);
}
void Printer::Privileges(const GrantStmt& n, bool defaults) {
  using enum ObjectType;
  *this << (n.is_grant ? "GRANT " : "REVOKE ");
  If(!n.is_grant && n.grant_option, "GRANT OPTION FOR ");
  If(n.privileges.empty(), "ALL");
  Commas(n.privileges);
  *this << " ON ";
  std::string_view plural = n.objtype == OBJECT_TABLE      ? "TABLES"
                            : n.objtype == OBJECT_SEQUENCE ? "SEQUENCES"
                            : n.objtype == OBJECT_FUNCTION ? "FUNCTIONS"
                            : n.objtype == OBJECT_PROCEDURE ? "PROCEDURES"
                            : n.objtype == OBJECT_ROUTINE  ? "ROUTINES"
                            : n.objtype == OBJECT_TYPE     ? "TYPES"
                                                           : "SCHEMAS";
  if (defaults) {
    *this << plural;
  } else if (n.targtype == GrantTargetType::ACL_TARGET_ALL_IN_SCHEMA) {
    *this << "ALL " << plural << " IN SCHEMA ";
    Commas(n.objects);
  } else {
    If(n.objtype == OBJECT_FOREIGN_SERVER, "FOREIGN ");
    ObjectTypeWord(n.objtype);
    for (Node* const& object : n.objects) {
      *this << (&object == n.objects.begin() ? " " : ", ");
      auto* text = As<String>(static_cast<const Node*>(object));
      if (n.objtype == OBJECT_PARAMETER_ACL && text != nullptr) {
        VarName(text->sval);
      } else {
        ObjectName(n.objtype, object);
      }
    }
  }
  *this << (n.is_grant ? " TO " : " FROM ");
  Commas(n.grantees);
  If(n.is_grant && n.grant_option, " WITH GRANT OPTION");
  if (n.grantor != nullptr) {
    *this << " GRANTED BY ";
    P(*n.grantor);
  }
  Cascade(n.behavior);
}
void Printer::P(const GrantStmt& n) { Privileges(n, n.targtype == GrantTargetType::ACL_TARGET_DEFAULTS); }
void Printer::P(const GrantRoleStmt& n) {
  *this << (n.is_grant ? "GRANT " : "REVOKE ");
  If(!n.is_grant && n.admin_opt, "ADMIN OPTION FOR ");
  Commas(n.granted_roles);
  *this << (n.is_grant ? " TO " : " FROM ");
  Commas(n.grantee_roles);
  If(n.is_grant && n.admin_opt, " WITH ADMIN OPTION");
  if (n.grantor != nullptr) {
    *this << " GRANTED BY ";
    P(*n.grantor);
  }
  Cascade(n.behavior);
}
void Printer::P(const AlterDefaultPrivilegesStmt& n) {
  *this << "ALTER DEFAULT PRIVILEGES";
  for (const DefElem* option : n.options) {
    *this << (option->defname == "schemas" ? " IN SCHEMA " : " FOR ROLE ");
    Commas(static_cast<const ListNode*>(option->arg)->items);
  }
  *this << " ";
  P(*n.action);
}
void Printer::P(const DropOwnedStmt& n) {
  *this << "DROP OWNED BY ";
  Commas(n.roles);
  Cascade(n.behavior);
}
void Printer::P(const ReassignOwnedStmt& n) {
  *this << "REASSIGN OWNED BY ";
  Commas(n.roles);
  *this << " TO ";
  P(*n.newrole);
}
void Printer::P(const AlterSystemStmt& n) {
  *this << "ALTER SYSTEM ";
  P(*n.setstmt);
}

}  // namespace pgshoal::parser
