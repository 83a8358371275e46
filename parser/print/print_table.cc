// Tables, columns, constraints, indexes, views, sequences, triggers, rules, policies, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

// --- shared pieces ------------------------------------------------------------------------------------------------------

void Printer::PersistenceWord(char persistence) {
  If(persistence == 't', "TEMPORARY ");
  If(persistence == 'u', "UNLOGGED ");
}

// def_arg: a type, a reserved word, an operator, a number or a string.
void Printer::DefinitionValue(const Node* value) {
  if (auto* text = As<String>(value)) {
    Literal(text->sval);
  } else if (auto* list = As<ListNode>(value)) {
    *this << "OPERATOR(";
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      Str part = static_cast<const String*>(list->items[i])->sval;
      if (i + 1 < list->items.size()) {
        Ident(part);
        *this << ".";
      } else {
        *this << part;
      }
    }
    *this << ")";
  } else {
    Print(value);
  }
}

void Printer::Definition(const List<DefElem*>& definition) {
  *this << "(";
  for (DefElem* const& element : definition) {
    if (&element != definition.begin()) *this << ", ";
    if (element->defnamespace.data() != nullptr) {
      Ident(element->defnamespace);
      *this << ".";
    }
    Ident(element->defname);
    if (element->arg != nullptr) {
      *this << " = ";
      DefinitionValue(element->arg);
    }
  }
  *this << ")";
}

void Printer::RelOptions(std::string_view keyword, const List<DefElem*>& options) {
  if (options.empty()) return;
  *this << keyword;
  Definition(options);
}

void Printer::GenericOptions(const List<DefElem*>& options) {
  if (options.empty()) return;
  *this << " OPTIONS (";
  for (DefElem* const& option : options) {
    if (&option != options.begin()) *this << ", ";
    If(option->defaction == DefElemAction::DEFELEM_SET, "SET ");
    If(option->defaction == DefElemAction::DEFELEM_ADD, "ADD ");
    If(option->defaction == DefElemAction::DEFELEM_DROP, "DROP ");
    *this << "\"";
    for (char c : option->defname) {
      if (c == '"') out_ += c;
      out_ += c;
    }
    *this << "\"";
    if (option->arg != nullptr) {
      *this << " ";
      Literal(static_cast<const String*>(option->arg)->sval);
    }
  }
  *this << ")";
}

void Printer::SequenceOptions(const List<DefElem*>& options) {
  for (const DefElem* option : options) {
    Str name = option->defname;
    auto* flag = As<Boolean>(static_cast<const Node*>(option->arg));
    auto* names = As<ListNode>(static_cast<const Node*>(option->arg));
    *this << " ";
    if (name == "cycle") {
      *this << (flag != nullptr && flag->boolval ? "CYCLE" : "NO CYCLE");
    } else if ((name == "maxvalue" || name == "minvalue") && option->arg == nullptr) {
      *this << "NO " << name;
    } else if (names != nullptr) {
      *this << (name == "owned_by" ? "OWNED BY " : "SEQUENCE NAME ");
      TypeNames(names->items);
    } else if (name == "generated") {
      *this << "SET GENERATED " << (static_cast<const Integer*>(option->arg)->ival == 'a' ? "ALWAYS" : "BY DEFAULT");
    } else {
      *this << name;
      If(name == "restart" && option->arg != nullptr, " WITH");
      if (option->arg != nullptr) {
        *this << " ";
        Print(option->arg);
      }
    }
  }
}

// Strings as a dotted name.
void Printer::TypeNames(const Nodes& names) {
  for (Node* const& part : names) {
    if (&part != names.begin()) *this << ".";
    Ident(static_cast<const String*>(part)->sval);
  }
}

void Printer::ColumnCollate(const CollateClause* clause) {
  if (clause == nullptr) return;
  *this << " COLLATE ";
  Dotted(clause->collname);
}

// --- columns and constraints --------------------------------------------------------------------------------------------

void Printer::ColumnBody(const ColumnDef& n) {
  if (n.typeName != nullptr) {
    *this << " ";
    P(*n.typeName);
  }
  if (n.compression.data() != nullptr) {
    *this << " COMPRESSION ";
    Ident(n.compression);
  }
  GenericOptions(n.fdwoptions);
  ColumnCollate(n.collClause);
  for (const Node* constraint : n.constraints) {
    *this << " ";
    Print(constraint);
  }
}
void Printer::P(const ColumnDef& n) {
  // Words that begin a table constraint or a LIKE clause are names only in quotes.
  n.typeName != nullptr ? AnyKeywordIdent(n.colname) : Ident(n.colname);
  ColumnBody(n);
}

void Printer::ConstraintAttributes(const Constraint& n) {
  If(n.deferrable, " DEFERRABLE");
  If(n.initdeferred, " INITIALLY DEFERRED");
  If(n.skip_validation, " NOT VALID");
  If(n.is_no_inherit, " NO INHERIT");
}

void Printer::ConstraintBody(const Constraint& n) {
  auto definition = [&] {
    if (!n.including.empty()) {
      *this << " INCLUDE ";
      ParenIdents(n.including);
    }
    RelOptions(" WITH ", n.options);
    if (n.indexspace.data() != nullptr) {
      *this << " USING INDEX TABLESPACE ";
      Ident(n.indexspace);
    }
  };
  auto keys = [&] {
    if (n.indexname.data() != nullptr) {
      *this << " USING INDEX ";
      Ident(n.indexname);
    } else if (!n.keys.empty()) {
      *this << " ";
      ParenIdents(n.keys);
    }
    definition();
  };
  auto action = [&](std::string_view event, char code) {
    std::string_view text = code == 'r'   ? "RESTRICT"
                            : code == 'c' ? "CASCADE"
                            : code == 'n' ? "SET NULL"
                            : code == 'd' ? "SET DEFAULT"
                                          : "";
    if (!text.empty()) *this << event << text;
  };
  switch (n.contype) {
    case ConstrType::CONSTR_NULL: *this << "NULL"; break;
    case ConstrType::CONSTR_NOTNULL: *this << "NOT NULL"; break;
    case ConstrType::CONSTR_DEFAULT:
      *this << "DEFAULT ";
      Operand(n.raw_expr);
      break;
    case ConstrType::CONSTR_IDENTITY:
      *this << "GENERATED " << (n.generated_when == 'a' ? "ALWAYS" : "BY DEFAULT") << " AS IDENTITY";
      if (!n.options.empty()) {
        *this << " (";
        SequenceOptions(n.options);
        *this << ")";
      }
      break;
    case ConstrType::CONSTR_GENERATED:
      *this << "GENERATED ALWAYS AS (";
      Print(n.raw_expr);
      *this << ") STORED";
      break;
    case ConstrType::CONSTR_CHECK:
      *this << "CHECK (";
      Print(n.raw_expr);
      *this << ")";
      break;
    case ConstrType::CONSTR_PRIMARY:
      *this << "PRIMARY KEY";
      keys();
      break;
    case ConstrType::CONSTR_UNIQUE:
      *this << "UNIQUE";
      If(n.nulls_not_distinct, " NULLS NOT DISTINCT");
      keys();
      break;
    case ConstrType::CONSTR_EXCLUSION:
      *this << "EXCLUDE USING ";
      Ident(n.access_method);
      *this << " (";
      for (Node* const& item : n.exclusions) {
        if (&item != n.exclusions.begin()) *this << ", ";
        const auto& pair = static_cast<const ListNode*>(item)->items;
        Print(pair[0]);
        *this << " WITH ";
        DefinitionValue(pair[1]);
      }
      *this << ")";
      definition();
      if (n.where_clause != nullptr) {
        *this << " WHERE (";
        Print(n.where_clause);
        *this << ")";
      }
      break;
    case ConstrType::CONSTR_FOREIGN:
      if (!n.fk_attrs.empty()) {
        *this << "FOREIGN KEY ";
        ParenIdents(n.fk_attrs);
        *this << " ";
      }
      *this << "REFERENCES ";
      P(*n.pktable);
      ParenIdents(n.pk_attrs);
      If(n.fk_matchtype == 'f', " MATCH FULL");
      action(" ON UPDATE ", n.fk_upd_action);
      action(" ON DELETE ", n.fk_del_action);
      if (!n.fk_del_set_cols.empty()) *this << " ";
      ParenIdents(n.fk_del_set_cols);
      break;
    case ConstrType::CONSTR_ATTR_DEFERRABLE: *this << "DEFERRABLE"; return;
    case ConstrType::CONSTR_ATTR_NOT_DEFERRABLE: *this << "NOT DEFERRABLE"; return;
    case ConstrType::CONSTR_ATTR_DEFERRED: *this << "INITIALLY DEFERRED"; return;
    case ConstrType::CONSTR_ATTR_IMMEDIATE: *this << "INITIALLY IMMEDIATE"; return;
  }
  ConstraintAttributes(n);
}
void Printer::P(const Constraint& n) {
  if (n.conname.data() != nullptr) {
    *this << "CONSTRAINT ";
    Ident(n.conname);
    *this << " ";
  }
  ConstraintBody(n);
}

// --- CREATE TABLE -------------------------------------------------------------------------------------------------------

void Printer::P(const TableLikeClause& n) {
  static constexpr std::string_view kOptions[] = {"COMMENTS", "COMPRESSION", "CONSTRAINTS", "DEFAULTS", "GENERATED",
                                                  "IDENTITY", "INDEXES", "STATISTICS", "STORAGE"};
  *this << "LIKE ";
  P(*n.relation);
  bool all = n.options > 0x1ff;
  If(all, " INCLUDING ALL");
  for (int i = 0; i < 9; ++i) {
    bool given = (n.options >> i) & 1;
    if (given != all) *this << (all ? " EXCLUDING " : " INCLUDING ") << kOptions[i];
  }
}
void Printer::P(const PartitionElem& n) {
  if (n.name.data() != nullptr) {
    Ident(n.name);
  } else {
    *this << "(";
    Print(n.expr);
    *this << ")";
  }
  if (!n.collation.empty()) {
    *this << " COLLATE ";
    Dotted(n.collation);
  }
  if (!n.opclass.empty()) {
    *this << " ";
    Dotted(n.opclass);
  }
}
void Printer::P(const PartitionSpec& n) {
  *this << " PARTITION BY ";
  Ident(n.strategy);
  *this << " ";
  ParenList(n.partParams);
}
void Printer::P(const PartitionBoundSpec& n) {
  if (n.is_default) {
    *this << " DEFAULT";
  } else if (n.strategy == 'h') {
    *this << " FOR VALUES WITH (modulus " << n.modulus << ", remainder " << n.remainder << ")";
  } else if (n.strategy == 'l') {
    *this << " FOR VALUES IN ";
    ParenList(n.listdatums);
  } else {
    *this << " FOR VALUES FROM ";
    ParenList(n.lowerdatums);
    *this << " TO ";
    ParenList(n.upperdatums);
  }
}
void Printer::P(const PartitionRangeDatum& n) { Print(n.value); }

void Printer::CreateTableBody(const CreateStmt& n) {
  *this << "TABLE ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  P(*n.relation);
  bool partition = n.partbound != nullptr;
  if (partition) {
    *this << " PARTITION OF ";
    P(*n.inhRelations[0]);
  } else if (n.ofTypename != nullptr) {
    *this << " OF ";
    Dotted(n.ofTypename->names);
  }
  if (!n.tableElts.empty()) {
    *this << " ";
    ParenList(n.tableElts);
  } else if (!partition && n.ofTypename == nullptr) {
    *this << " ()";
  }
  if (partition) {
    P(*n.partbound);
  } else if (!n.inhRelations.empty()) {
    *this << " INHERITS ";
    ParenList(n.inhRelations);
  }
  Print(n.partspec);
  if (n.accessMethod.data() != nullptr) {
    *this << " USING ";
    Ident(n.accessMethod);
  }
  RelOptions(" WITH ", n.options);
  static constexpr std::string_view kCommit[] = {"", " ON COMMIT PRESERVE ROWS", " ON COMMIT DELETE ROWS", " ON COMMIT DROP"};
  *this << kCommit[static_cast<int>(n.oncommit)];
  if (n.tablespacename.data() != nullptr) {
    *this << " TABLESPACE ";
    Ident(n.tablespacename);
  }
}
void Printer::P(const CreateStmt& n) {
  *this << "CREATE ";
  PersistenceWord(n.relation->relpersistence);
  CreateTableBody(n);
}
void Printer::P(const CreateForeignTableStmt& n) {
  *this << "CREATE FOREIGN ";
  CreateTableBody(*n.base);
  *this << " SERVER ";
  Ident(n.servername);
  GenericOptions(n.options);
}

void Printer::P(const IntoClause& n) {
  P(*n.rel);
  if (!n.colNames.empty()) *this << " ";
  ParenIdents(n.colNames);
  if (n.accessMethod.data() != nullptr) {
    *this << " USING ";
    Ident(n.accessMethod);
  }
  RelOptions(" WITH ", n.options);
  static constexpr std::string_view kCommit[] = {"", " ON COMMIT PRESERVE ROWS", " ON COMMIT DELETE ROWS", " ON COMMIT DROP"};
  *this << kCommit[static_cast<int>(n.onCommit)];
  if (n.tableSpaceName.data() != nullptr) {
    *this << " TABLESPACE ";
    Ident(n.tableSpaceName);
  }
}
void Printer::P(const CreateTableAsStmt& n) {
  *this << "CREATE ";
  PersistenceWord(n.into->rel->relpersistence);
  *this << (n.objtype == ObjectType::OBJECT_MATVIEW ? "MATERIALIZED VIEW " : "TABLE ");
  If(n.if_not_exists, "IF NOT EXISTS ");
  P(*n.into);
  *this << " AS ";
  Print(n.query);
  If(n.into->skipData, " WITH NO DATA");
}

// --- indexes, views, sequences, statistics ------------------------------------------------------------------------------

void Printer::P(const IndexStmt& n) {
  *this << "CREATE ";
  If(n.unique, "UNIQUE ");
  *this << "INDEX ";
  If(n.concurrent, "CONCURRENTLY ");
  If(n.if_not_exists, "IF NOT EXISTS ");
  if (n.idxname.data() != nullptr) {
    Ident(n.idxname);
    *this << " ";
  }
  *this << "ON ";
  P(*n.relation);
  *this << " USING ";
  Ident(n.accessMethod);
  *this << " ";
  ParenList(n.indexParams);
  if (!n.indexIncludingParams.empty()) {
    *this << " INCLUDE ";
    ParenList(n.indexIncludingParams);
  }
  If(n.nulls_not_distinct, " NULLS NOT DISTINCT");
  RelOptions(" WITH ", n.options);
  if (n.tableSpace.data() != nullptr) {
    *this << " TABLESPACE ";
    Ident(n.tableSpace);
  }
  Where(n.whereClause);
}
void Printer::P(const ViewStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  PersistenceWord(n.view->relpersistence);
  *this << "VIEW ";
  P(*n.view);
  if (!n.aliases.empty()) *this << " ";
  ParenIdents(n.aliases);
  RelOptions(" WITH ", n.options);
  *this << " AS ";
  Print(n.query);
  If(n.withCheckOption == ViewCheckOption::LOCAL_CHECK_OPTION, " WITH LOCAL CHECK OPTION");
  If(n.withCheckOption == ViewCheckOption::CASCADED_CHECK_OPTION, " WITH CASCADED CHECK OPTION");
}
void Printer::P(const CreateSeqStmt& n) {
  *this << "CREATE ";
  PersistenceWord(n.sequence->relpersistence);
  *this << "SEQUENCE ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  P(*n.sequence);
  SequenceOptions(n.options);
}
void Printer::P(const AlterSeqStmt& n) {
  *this << "ALTER SEQUENCE ";
  If(n.missing_ok, "IF EXISTS ");
  P(*n.sequence);
  SequenceOptions(n.options);
}
void Printer::P(const StatsElem& n) {
  if (n.name.data() != nullptr) return Ident(n.name);
  *this << "(";
  Print(n.expr);
  *this << ")";
}
void Printer::P(const CreateStatsStmt& n) {
  *this << "CREATE STATISTICS ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  Dotted(n.defnames);
  if (!n.stat_types.empty()) *this << " ";
  ParenIdents(n.stat_types);
  *this << " ON ";
  Commas(n.exprs);
  *this << " FROM ";
  Commas(n.relations);
}
void Printer::P(const AlterStatsStmt& n) {
  *this << "ALTER STATISTICS ";
  If(n.missing_ok, "IF EXISTS ");
  Dotted(n.defnames);
  *this << " SET STATISTICS " << n.stxstattarget;
}

// --- triggers, rules, policies ------------------------------------------------------------------------------------------

void Printer::P(const TriggerTransition& n) {
  *this << (n.isNew ? " NEW" : " OLD") << (n.isTable ? " TABLE AS " : " ROW AS ");
  Ident(n.name);
}
void Printer::P(const CreateTrigStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  If(n.isconstraint, "CONSTRAINT ");
  *this << "TRIGGER ";
  Ident(n.trigname);
  *this << (n.timing == 2 ? " BEFORE" : n.timing == 64 ? " INSTEAD OF" : " AFTER");
  std::string_view separator = " ";
  auto event = [&](int32_t bit, std::string_view text) {
    if ((n.events & bit) == 0) return;
    *this << separator << text;
    separator = " OR ";
  };
  event(4, "INSERT");
  event(8, "DELETE");
  event(16, "UPDATE");
  if (!n.columns.empty()) {
    *this << " OF ";
    IdentList(n.columns);
  }
  event(32, "TRUNCATE");
  *this << " ON ";
  P(*n.relation);
  if (n.constrrel != nullptr) {
    *this << " FROM ";
    P(*n.constrrel);
  }
  If(n.deferrable, " DEFERRABLE");
  If(n.initdeferred, " INITIALLY DEFERRED");
  if (!n.transitionRels.empty()) {
    *this << " REFERENCING";
    for (const TriggerTransition* transition : n.transitionRels) P(*transition);
  }
  *this << (n.row ? " FOR EACH ROW" : " FOR EACH STATEMENT");
  if (n.whenClause != nullptr) {
    *this << " WHEN (";
    Print(n.whenClause);
    *this << ")";
  }
  *this << " EXECUTE FUNCTION ";
  FunctionName(n.funcname);
  *this << "(";
  for (const Str& arg : n.args) {
    if (&arg != n.args.begin()) *this << ", ";
    Literal(arg);
  }
  *this << ")";
}
void Printer::P(const RuleStmt& n) {
  static constexpr std::string_view kEvents[] = {"", "SELECT", "UPDATE", "INSERT", "DELETE", "", "", ""};
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  *this << "RULE ";
  Ident(n.rulename);
  *this << " AS ON " << kEvents[static_cast<int>(n.event)] << " TO ";
  P(*n.relation);
  Where(n.whereClause);
  *this << (n.instead ? " DO INSTEAD " : " DO ");
  if (n.actions.empty()) {
    *this << "NOTHING";
    return;
  }
  *this << "(";
  for (Node* const& action : n.actions) {
    if (&action != n.actions.begin()) *this << "; ";
    Print(action);
  }
  *this << ")";
}
void Printer::P(const CreatePolicyStmt& n) {
  *this << "CREATE POLICY ";
  Ident(n.policy_name);
  *this << " ON ";
  P(*n.table);
  If(!n.permissive, " AS RESTRICTIVE");
  *this << " FOR " << n.cmd_name << " TO ";
  Commas(n.roles);
  if (n.qual != nullptr) {
    *this << " USING (";
    Print(n.qual);
    *this << ")";
  }
  if (n.with_check != nullptr) {
    *this << " WITH CHECK (";
    Print(n.with_check);
    *this << ")";
  }
}
void Printer::P(const AlterPolicyStmt& n) {
  *this << "ALTER POLICY ";
  Ident(n.policy_name);
  *this << " ON ";
  P(*n.table);
  if (!n.roles.empty()) {
    *this << " TO ";
    Commas(n.roles);
  }
  if (n.qual != nullptr) {
    *this << " USING (";
    Print(n.qual);
    *this << ")";
  }
  if (n.with_check != nullptr) {
    *this << " WITH CHECK (";
    Print(n.with_check);
    *this << ")";
  }
}

}  // namespace pgshoal::parser
