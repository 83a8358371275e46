// Tables, columns, constraints and partitions, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

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
void Printer::P(const PartitionElem& n) { Key(n.name, n.expr, n.collation, n.opclass); }
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

}  // namespace pgshoal::parser
