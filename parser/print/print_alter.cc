// Objects of any kind: ALTER TABLE, DROP, RENAME, OWNER TO, SET SCHEMA, COMMENT, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

// --- objects of any kind --------------------------------------------------------------------------------------------------

void Printer::ObjectTypeWord(ObjectType type) {
  using enum ObjectType;
  switch (type) {
    case OBJECT_ACCESS_METHOD: *this << "ACCESS METHOD"; break;
    case OBJECT_AGGREGATE: *this << "AGGREGATE"; break;
    case OBJECT_CAST: *this << "CAST"; break;
    case OBJECT_COLUMN: *this << "COLUMN"; break;
    case OBJECT_COLLATION: *this << "COLLATION"; break;
    case OBJECT_CONVERSION: *this << "CONVERSION"; break;
    case OBJECT_DATABASE: *this << "DATABASE"; break;
    case OBJECT_DOMAIN: *this << "DOMAIN"; break;
    case OBJECT_DOMCONSTRAINT: case OBJECT_TABCONSTRAINT: *this << "CONSTRAINT"; break;
    case OBJECT_EVENT_TRIGGER: *this << "EVENT TRIGGER"; break;
    case OBJECT_EXTENSION: *this << "EXTENSION"; break;
    case OBJECT_FDW: *this << "FOREIGN DATA WRAPPER"; break;
    case OBJECT_FOREIGN_SERVER: *this << "SERVER"; break;
    case OBJECT_FOREIGN_TABLE: *this << "FOREIGN TABLE"; break;
    case OBJECT_FUNCTION: *this << "FUNCTION"; break;
    case OBJECT_INDEX: *this << "INDEX"; break;
    case OBJECT_LANGUAGE: *this << "LANGUAGE"; break;
    case OBJECT_LARGEOBJECT: *this << "LARGE OBJECT"; break;
    case OBJECT_MATVIEW: *this << "MATERIALIZED VIEW"; break;
    case OBJECT_OPCLASS: *this << "OPERATOR CLASS"; break;
    case OBJECT_OPERATOR: *this << "OPERATOR"; break;
    case OBJECT_OPFAMILY: *this << "OPERATOR FAMILY"; break;
    case OBJECT_PARAMETER_ACL: *this << "PARAMETER"; break;
    case OBJECT_POLICY: *this << "POLICY"; break;
    case OBJECT_PROCEDURE: *this << "PROCEDURE"; break;
    case OBJECT_PUBLICATION: *this << "PUBLICATION"; break;
    case OBJECT_ROLE: *this << "ROLE"; break;
    case OBJECT_ROUTINE: *this << "ROUTINE"; break;
    case OBJECT_RULE: *this << "RULE"; break;
    case OBJECT_SCHEMA: *this << "SCHEMA"; break;
    case OBJECT_SEQUENCE: *this << "SEQUENCE"; break;
    case OBJECT_SUBSCRIPTION: *this << "SUBSCRIPTION"; break;
    case OBJECT_STATISTIC_EXT: *this << "STATISTICS"; break;
    case OBJECT_TABLE: *this << "TABLE"; break;
    case OBJECT_TABLESPACE: *this << "TABLESPACE"; break;
    case OBJECT_TRANSFORM: *this << "TRANSFORM"; break;
    case OBJECT_TRIGGER: *this << "TRIGGER"; break;
    case OBJECT_TSCONFIGURATION: *this << "TEXT SEARCH CONFIGURATION"; break;
    case OBJECT_TSDICTIONARY: *this << "TEXT SEARCH DICTIONARY"; break;
    case OBJECT_TSPARSER: *this << "TEXT SEARCH PARSER"; break;
    case OBJECT_TSTEMPLATE: *this << "TEXT SEARCH TEMPLATE"; break;
    case OBJECT_TYPE: case OBJECT_ATTRIBUTE: *this << "TYPE"; break;
    case OBJECT_VIEW: *this << "VIEW"; break;
    case OBJECT_AMOP: case OBJECT_AMPROC: case OBJECT_DEFAULT: case OBJECT_DEFACL: case OBJECT_PUBLICATION_NAMESPACE:
    case OBJECT_PUBLICATION_REL: case OBJECT_USER_MAPPING:
      break;
  }
}

// The object as it follows its type word.
void Printer::ObjectName(ObjectType type, const Node* object) {
  using enum ObjectType;
  auto* list = As<ListNode>(object);
  if (list == nullptr) {
    if (type == OBJECT_OPERATOR) {
      auto* op = static_cast<const ObjectWithArgs*>(object);
      for (std::size_t i = 0; i < op->objname.size(); ++i) {
        if (i + 1 < op->objname.size()) {
          Ident(op->objname[i]);
          *this << ".";
        } else {
          *this << op->objname[i];
        }
      }
      *this << " (";
      for (Node* const& arg : op->objargs) {
        if (&arg != op->objargs.begin()) *this << ", ";
        if (arg == nullptr) *this << "NONE";
        Print(arg);
      }
      *this << ")";
      return;
    }
    if (type == OBJECT_AGGREGATE) {
      auto* aggregate = static_cast<const ObjectWithArgs*>(object);
      FunctionName(aggregate->objname);
      *this << "(";
      If(aggregate->objfuncargs.empty(), "*");
      Commas(aggregate->objfuncargs);
      *this << ")";
      return;
    }
    return Print(object);
  }
  const Nodes& items = list->items;
  switch (type) {
    case OBJECT_CAST:
      *this << "(";
      Print(items[0]);
      *this << " AS ";
      Print(items[1]);
      *this << ")";
      return;
    case OBJECT_TRANSFORM:
      *this << "FOR ";
      Print(items[0]);
      *this << " LANGUAGE ";
      Print(items[1]);
      return;
    case OBJECT_DOMCONSTRAINT:
      Print(items[1]);
      *this << " ON DOMAIN ";
      Dotted(static_cast<const TypeName*>(items[0])->names);
      return;
    case OBJECT_TABCONSTRAINT: case OBJECT_POLICY: case OBJECT_RULE: case OBJECT_TRIGGER: {
      Nodes relation = items;
      --relation.count;
      Print(items.back());
      *this << " ON ";
      return TypeNames(relation);
    }
    case OBJECT_OPCLASS: case OBJECT_OPFAMILY: {
      Nodes names = items;
      ++names.items, --names.count;
      TypeNames(names);
      *this << " USING ";
      return Print(items[0]);
    }
    default:
      return TypeNames(items);
  }
}

void Printer::P(const ObjectWithArgs& n) {
  FunctionName(n.objname);
  if (n.args_unspecified) return;
  *this << "(";
  Commas(n.objfuncargs);
  *this << ")";
}

void Printer::P(const DropStmt& n) {
  *this << "DROP ";
  ObjectTypeWord(n.removeType);
  If(n.concurrent, " CONCURRENTLY");
  If(n.missing_ok, " IF EXISTS");
  for (Node* const& object : n.objects) {
    *this << (&object == n.objects.begin() ? " " : ", ");
    ObjectName(n.removeType, object);
  }
  Cascade(n.behavior);
}
void Printer::P(const CommentStmt& n) {
  *this << "COMMENT ON ";
  ObjectTypeWord(n.objtype);
  *this << " ";
  ObjectName(n.objtype, n.object);
  *this << " IS ";
  if (n.comment.data() == nullptr) {
    *this << "NULL";
  } else {
    Literal(n.comment);
  }
}
void Printer::P(const SecLabelStmt& n) {
  *this << "SECURITY LABEL";
  if (n.provider.data() != nullptr) {
    *this << " FOR ";
    Literal(n.provider);
  }
  *this << " ON ";
  ObjectTypeWord(n.objtype);
  *this << " ";
  ObjectName(n.objtype, n.object);
  *this << " IS ";
  if (n.label.data() == nullptr) {
    *this << "NULL";
  } else {
    Literal(n.label);
  }
}

// --- RENAME, OWNER TO, SET SCHEMA, DEPENDS ON -------------------------------------------------------------------------------

void Printer::P(const RenameStmt& n) {
  using enum ObjectType;
  *this << "ALTER ";
  bool column = n.renameType == OBJECT_COLUMN;
  ObjectType word = column ? n.relationType
                    : n.renameType == OBJECT_TABCONSTRAINT ? OBJECT_TABLE
                    : n.renameType == OBJECT_DOMCONSTRAINT ? OBJECT_DOMAIN
                                                           : n.renameType;
  ObjectTypeWord(word);
  *this << " ";
  If(n.missing_ok, "IF EXISTS ");
  std::string_view what = "";
  switch (n.renameType) {
    case OBJECT_COLUMN: what = " COLUMN"; break;
    case OBJECT_TABCONSTRAINT: case OBJECT_DOMCONSTRAINT: what = " CONSTRAINT"; break;
    case OBJECT_ATTRIBUTE: what = " ATTRIBUTE"; break;
    case OBJECT_POLICY: case OBJECT_RULE: case OBJECT_TRIGGER:
      Ident(n.subname);
      *this << " ON ";
      break;
    default: break;
  }
  if (n.renameType == OBJECT_ATTRIBUTE) {
    RelationName(*n.relation);
  } else if (n.relation != nullptr) {
    P(*n.relation);
  } else if (n.object != nullptr) {
    ObjectName(n.renameType == OBJECT_DOMCONSTRAINT ? OBJECT_DOMAIN : n.renameType, n.object);
  } else {
    Ident(n.subname);
  }
  *this << " RENAME" << what;
  if (!what.empty()) {
    *this << " ";
    Ident(n.subname);
  }
  *this << " TO ";
  Ident(n.newname);
  Cascade(n.behavior);
}
void Printer::P(const AlterOwnerStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objectType);
  *this << " ";
  ObjectName(n.objectType, n.object);
  *this << " OWNER TO ";
  P(*n.newowner);
}
void Printer::P(const AlterObjectSchemaStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objectType);
  *this << " ";
  If(n.missing_ok, "IF EXISTS ");
  if (n.relation != nullptr) {
    P(*n.relation);
  } else {
    ObjectName(n.objectType, n.object);
  }
  *this << " SET SCHEMA ";
  Ident(n.newschema);
}
void Printer::P(const AlterObjectDependsStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objectType);
  *this << " ";
  if (n.objectType == ObjectType::OBJECT_TRIGGER) {
    TypeNames(static_cast<const ListNode*>(n.object)->items);
    *this << " ON ";
  }
  if (n.relation != nullptr) {
    P(*n.relation);
  } else {
    ObjectName(n.objectType, n.object);
  }
  If(n.remove, " NO");
  *this << " DEPENDS ON EXTENSION ";
  Ident(n.extname->sval);
}

// --- ALTER TABLE ----------------------------------------------------------------------------------------------------------

void Printer::P(const AlterTableStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objtype);
  *this << " ";
  If(n.missing_ok, "IF EXISTS ");
  If(!n.relation->inh && n.objtype != ObjectType::OBJECT_TYPE, "ONLY ");
  RelationName(*n.relation);
  for (AlterTableCmd* const& cmd : n.cmds) {
    *this << (&cmd == n.cmds.begin() ? " " : ", ");
    AlterCommand(*cmd, n.objtype);
  }
}
void Printer::P(const AlterTableCmd& n) { AlterCommand(n, ObjectType::OBJECT_TABLE); }

void Printer::AlterCommand(const AlterTableCmd& cmd, ObjectType type) {
  using enum AlterTableType;
  bool composite = type == ObjectType::OBJECT_TYPE;
  std::string_view column = composite ? "ATTRIBUTE " : "COLUMN ";
  auto named = [&](std::string_view text) {
    *this << text;
    Ident(cmd.name);
  };
  auto options = [&] { return static_cast<const ListNode*>(cmd.def); };
  auto elements = [&] {  // the list of DefElem in def
    List<DefElem*> list;
    if (auto* nodes = options()) {
      list.items = reinterpret_cast<DefElem**>(nodes->items.items);
      list.count = nodes->items.count;
    }
    return list;
  };
  auto alter_column = [&](std::string_view text) {
    *this << "ALTER " << column;
    if (cmd.name.data() != nullptr) {
      Ident(cmd.name);
    } else {
      *this << cmd.num;
    }
    *this << text;
  };
  switch (cmd.subtype) {
    case AT_AddColumn:
      *this << "ADD " << column;
      If(cmd.missing_ok, "IF NOT EXISTS ");
      Print(cmd.def);
      break;
    case AT_ColumnDefault:
      alter_column(cmd.def == nullptr ? " DROP DEFAULT" : " SET DEFAULT ");
      Print(cmd.def);
      return;
    case AT_DropNotNull: return alter_column(" DROP NOT NULL");
    case AT_SetNotNull: return alter_column(" SET NOT NULL");
    case AT_DropExpression: return alter_column(cmd.missing_ok ? " DROP EXPRESSION IF EXISTS" : " DROP EXPRESSION");
    case AT_DropIdentity: return alter_column(cmd.missing_ok ? " DROP IDENTITY IF EXISTS" : " DROP IDENTITY");
    case AT_SetStatistics:
      alter_column(" SET STATISTICS ");
      return Print(cmd.def);
    case AT_SetOptions:
      alter_column(" SET ");
      return Definition(elements());
    case AT_ResetOptions:
      alter_column(" RESET ");
      return Definition(elements());
    case AT_SetStorage:
      alter_column(" SET STORAGE ");
      return Print(cmd.def);
    case AT_SetCompression:
      alter_column(" SET COMPRESSION ");
      return Print(cmd.def);
    case AT_AddIdentity:
      alter_column(" ADD ");
      return Print(cmd.def);
    case AT_SetIdentity:
      alter_column("");
      for (DefElem* option : elements()) {
        List<DefElem*> one;
        one.items = &option;
        one.count = 1;
        If(option->defname != "restart" && option->defname != "generated", " SET");
        SequenceOptions(one);
      }
      return;
    case AT_DropColumn:
      *this << "DROP " << column;
      If(cmd.missing_ok, "IF EXISTS ");
      Ident(cmd.name);
      break;
    case AT_AlterColumnType: {
      auto* def = static_cast<const ColumnDef*>(cmd.def);
      alter_column(" TYPE ");
      P(*def->typeName);
      ColumnCollate(def->collClause);
      if (def->raw_default != nullptr) {
        *this << " USING ";
        Print(def->raw_default);
      }
      break;
    }
    case AT_AlterColumnGenericOptions:
      alter_column("");
      return GenericOptions(elements());
    case AT_AddConstraint:
      *this << "ADD ";
      return Print(cmd.def);
    case AT_AlterConstraint: {
      auto* con = static_cast<const Constraint*>(cmd.def);
      *this << "ALTER CONSTRAINT ";
      Ident(con->conname);
      return ConstraintAttributes(*con);
    }
    case AT_ValidateConstraint: return named("VALIDATE CONSTRAINT ");
    case AT_DropConstraint:
      named(cmd.missing_ok ? "DROP CONSTRAINT IF EXISTS " : "DROP CONSTRAINT ");
      break;
    case AT_DropOids: *this << "SET WITHOUT OIDS"; return;
    case AT_ClusterOn: return named("CLUSTER ON ");
    case AT_DropCluster: *this << "SET WITHOUT CLUSTER"; return;
    case AT_SetLogged: *this << "SET LOGGED"; return;
    case AT_SetUnLogged: *this << "SET UNLOGGED"; return;
    case AT_EnableTrig: return named("ENABLE TRIGGER ");
    case AT_EnableAlwaysTrig: return named("ENABLE ALWAYS TRIGGER ");
    case AT_EnableReplicaTrig: return named("ENABLE REPLICA TRIGGER ");
    case AT_EnableTrigAll: *this << "ENABLE TRIGGER ALL"; return;
    case AT_EnableTrigUser: *this << "ENABLE TRIGGER USER"; return;
    case AT_DisableTrig: return named("DISABLE TRIGGER ");
    case AT_DisableTrigAll: *this << "DISABLE TRIGGER ALL"; return;
    case AT_DisableTrigUser: *this << "DISABLE TRIGGER USER"; return;
    case AT_EnableRule: return named("ENABLE RULE ");
    case AT_EnableAlwaysRule: return named("ENABLE ALWAYS RULE ");
    case AT_EnableReplicaRule: return named("ENABLE REPLICA RULE ");
    case AT_DisableRule: return named("DISABLE RULE ");
    case AT_AddInherit:
      *this << "INHERIT ";
      return Print(cmd.def);
    case AT_DropInherit:
      *this << "NO INHERIT ";
      return Print(cmd.def);
    case AT_AddOf:
      *this << "OF ";
      return Dotted(static_cast<const TypeName*>(cmd.def)->names);
    case AT_DropOf: *this << "NOT OF"; return;
    case AT_ChangeOwner:
      *this << "OWNER TO ";
      return P(*cmd.newowner);
    case AT_SetAccessMethod: return named("SET ACCESS METHOD ");
    case AT_SetTableSpace: return named("SET TABLESPACE ");
    case AT_SetRelOptions:
      *this << "SET ";
      return Definition(elements());
    case AT_ResetRelOptions:
      *this << "RESET ";
      return Definition(elements());
    case AT_ReplicaIdentity:
      *this << "REPLICA IDENTITY ";
      return Print(cmd.def);
    case AT_EnableRowSecurity: *this << "ENABLE ROW LEVEL SECURITY"; return;
    case AT_DisableRowSecurity: *this << "DISABLE ROW LEVEL SECURITY"; return;
    case AT_ForceRowSecurity: *this << "FORCE ROW LEVEL SECURITY"; return;
    case AT_NoForceRowSecurity: *this << "NO FORCE ROW LEVEL SECURITY"; return;
    case AT_GenericOptions: return GenericOptions(elements());
    case AT_AttachPartition:
      *this << "ATTACH PARTITION ";
      return Print(cmd.def);
    case AT_DetachPartition:
    case AT_DetachPartitionFinalize:
      *this << "DETACH PARTITION ";
      Print(cmd.def);
      If(cmd.subtype == AT_DetachPartitionFinalize, " FINALIZE");
      return;
    default:
      return;  // kinds that only later stages of PostgreSQL make
  }
  Cascade(cmd.behavior);
}
void Printer::P(const PartitionCmd& n) {
  P(*n.name);
  Print(n.bound);
  If(n.concurrent, " CONCURRENTLY");
}
void Printer::P(const ReplicaIdentityStmt& n) {
  *this << (n.identity_type == 'n' ? "NOTHING" : n.identity_type == 'f' ? "FULL" : n.identity_type == 'd' ? "DEFAULT" : "USING INDEX ");
  if (n.name.data() != nullptr) Ident(n.name);
}
void Printer::P(const AlterTableMoveAllStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objtype);
  *this << " ALL IN TABLESPACE ";
  Ident(n.orig_tablespacename);
  if (!n.roles.empty()) {
    *this << " OWNED BY ";
    Commas(n.roles);
  }
  *this << " SET TABLESPACE ";
  Ident(n.new_tablespacename);
  If(n.nowait, " NOWAIT");
}

}  // namespace pgshoal::parser
