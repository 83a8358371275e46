// Session, transaction, cursor and maintenance statements, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

// --- options ------------------------------------------------------------------------------------------------------

// A value that the grammar reads as opt_boolean_or_string, NumericOnly, '*' or a list of them.
void Printer::OptionValue(const Node* value) {
  if (auto* text = As<String>(value)) {
    Literal(text->sval);
  } else if (auto* list = As<ListNode>(value)) {
    *this << "(";
    for (Node* const& item : list->items) {
      if (&item != list->items.begin()) *this << ", ";
      OptionValue(item);
    }
    *this << ")";
  } else {
    Print(value);
  }
}

void Printer::UtilityOptions(const List<DefElem*>& options) {
  if (options.empty()) return;
  *this << "(";
  for (DefElem* const& option : options) {
    if (&option != options.begin()) *this << ", ";
    Ident(option->defname);
    if (option->arg != nullptr) {
      *this << " ";
      OptionValue(option->arg);
    }
  }
  *this << ")";
}

void Printer::P(const DefElem& n) {
  Ident(n.defname);
  if (n.arg != nullptr) {
    *this << " ";
    OptionValue(n.arg);
  }
}

// --- COPY ---------------------------------------------------------------------------------------------------------

void Printer::P(const CopyStmt& n) {
  *this << "COPY ";
  if (n.relation != nullptr) {
    P(*n.relation);
    if (!n.attlist.empty()) *this << " ";
    ParenIdents(n.attlist);
  } else {
    *this << "(";
    Print(n.query);
    *this << ")";
  }
  *this << (n.is_from ? " FROM " : " TO ");
  If(n.is_program, "PROGRAM ");
  if (n.filename.data() != nullptr) {
    Literal(n.filename);
  } else {
    *this << (n.is_from ? "STDIN" : "STDOUT");
  }
  // Flags without a value exist only in the old syntax.
  bool old_syntax = false;
  for (const DefElem* option : n.options) old_syntax |= Is<Boolean>(option->arg);
  if (old_syntax) {
    *this << " WITH";
    for (const DefElem* option : n.options) {
      Str name = option->defname;
      if (name == "format") {
        *this << (static_cast<const String*>(option->arg)->sval == "binary" ? " BINARY" : " CSV");
        continue;
      }
      *this << (name == "force_quote"      ? " FORCE QUOTE"
                : name == "force_not_null" ? " FORCE NOT NULL"
                : name == "force_null"     ? " FORCE NULL"
                                           : " ");
      if (name.substr(0, 6) != "force_") *this << name;
      if (Is<Boolean>(option->arg)) continue;
      *this << " ";
      if (auto* list = As<ListNode>(static_cast<const Node*>(option->arg))) {
        for (Node* const& item : list->items) {
          if (&item != list->items.begin()) *this << ", ";
          Print(item);
        }
      } else {
        OptionValue(option->arg);
      }
    }
  } else if (!n.options.empty()) {
    *this << " WITH ";
    UtilityOptions(n.options);
  }
  Where(n.whereClause);
}

// --- transactions -------------------------------------------------------------------------------------------------

void Printer::TransactionMode(const DefElem& mode) {
  auto* value = static_cast<const A_Const*>(mode.arg);
  if (mode.defname == "transaction_isolation") {
    *this << " ISOLATION LEVEL " << value->sval;
  } else if (mode.defname == "transaction_read_only") {
    *this << (value->ival ? " READ ONLY" : " READ WRITE");
  } else {
    *this << (value->ival ? " DEFERRABLE" : " NOT DEFERRABLE");
  }
}
void Printer::TransactionModes(const List<DefElem*>& modes) {
  for (const DefElem* mode : modes) TransactionMode(*mode);
}
void Printer::TransactionModes(const Nodes& modes) {
  for (const Node* mode : modes) TransactionMode(*static_cast<const DefElem*>(mode));
}

void Printer::P(const TransactionStmt& n) {
  switch (n.kind) {
    case TransactionStmtKind::TRANS_STMT_BEGIN:
      *this << "BEGIN";
      return TransactionModes(n.options);
    case TransactionStmtKind::TRANS_STMT_START:
      *this << "START TRANSACTION";
      return TransactionModes(n.options);
    case TransactionStmtKind::TRANS_STMT_COMMIT: *this << "COMMIT"; break;
    case TransactionStmtKind::TRANS_STMT_ROLLBACK: *this << "ROLLBACK"; break;
    case TransactionStmtKind::TRANS_STMT_SAVEPOINT: *this << "SAVEPOINT "; break;
    case TransactionStmtKind::TRANS_STMT_RELEASE: *this << "RELEASE SAVEPOINT "; break;
    case TransactionStmtKind::TRANS_STMT_ROLLBACK_TO: *this << "ROLLBACK TO SAVEPOINT "; break;
    case TransactionStmtKind::TRANS_STMT_PREPARE: *this << "PREPARE TRANSACTION "; break;
    case TransactionStmtKind::TRANS_STMT_COMMIT_PREPARED: *this << "COMMIT PREPARED "; break;
    case TransactionStmtKind::TRANS_STMT_ROLLBACK_PREPARED: *this << "ROLLBACK PREPARED "; break;
  }
  if (n.savepoint_name.data() != nullptr) Ident(n.savepoint_name);
  if (n.gid.data() != nullptr) Literal(n.gid);
  If(n.chain, " AND CHAIN");
}

// --- settings -----------------------------------------------------------------------------------------------------

void Printer::VarName(Str name) {
  for (;;) {
    std::size_t dot = name.find('.');
    if (dot == Str::npos || dot == 0 || dot + 1 == name.size() || name[dot + 1] == '.') break;
    Ident(name.substr(0, dot));
    *this << ".";
    name.remove_prefix(dot + 1);
  }
  Ident(name);
}

// What stands behind SET.
void Printer::SetRest(const VariableSetStmt& n) {
  if (n.kind == VariableSetKind::VAR_SET_MULTI) {
    if (n.name == "TRANSACTION SNAPSHOT") {
      *this << "TRANSACTION SNAPSHOT ";
      Print(n.args[0]);
      return;
    }
    *this << (n.name == "TRANSACTION" ? "TRANSACTION" : "SESSION CHARACTERISTICS AS TRANSACTION");
    return TransactionModes(n.args);
  }
  if (n.args.size() == 1 && Is<TypeCast>(n.args[0])) {
    auto* cast = static_cast<const TypeCast*>(n.args[0]);
    const Nodes& mods = cast->typeName->typmods;
    *this << "TIME ZONE INTERVAL";
    if (mods.size() == 2) *this << "(" << static_cast<const A_Const*>(mods[1])->ival << ")";
    *this << " ";
    Print(cast->arg);
    if (mods.size() == 1) {
      int32_t mask = static_cast<const A_Const*>(mods[0])->ival;
      *this << (mask == (1 << 10) ? " HOUR" : mask == (1 << 11) ? " MINUTE" : " HOUR TO MINUTE");
    }
    return;
  }
  VarName(n.name);
  if (n.kind == VariableSetKind::VAR_SET_DEFAULT) {
    *this << " TO DEFAULT";
  } else if (n.kind == VariableSetKind::VAR_SET_CURRENT) {
    *this << " FROM CURRENT";
  } else {
    *this << " TO ";
    Commas(n.args);
  }
}

void Printer::P(const VariableSetStmt& n) {
  if (n.kind == VariableSetKind::VAR_RESET_ALL) {
    *this << "RESET ALL";
  } else if (n.kind == VariableSetKind::VAR_RESET) {
    *this << "RESET ";
    VarName(n.name);
  } else {
    *this << (n.is_local ? "SET LOCAL " : "SET ");
    SetRest(n);
  }
}
void Printer::P(const VariableShowStmt& n) {
  *this << "SHOW ";
  VarName(n.name);
}
void Printer::P(const DiscardStmt& n) {
  static constexpr std::string_view kTargets[] = {"ALL", "PLANS", "SEQUENCES", "TEMP"};
  *this << "DISCARD " << kTargets[static_cast<int>(n.target)];
}
void Printer::P(const ConstraintsSetStmt& n) {
  *this << "SET CONSTRAINTS ";
  If(n.constraints.empty(), "ALL");
  Commas(n.constraints);
  *this << (n.deferred ? " DEFERRED" : " IMMEDIATE");
}

// --- prepared statements, cursors, notifications --------------------------------------------------------------------

void Printer::P(const PrepareStmt& n) {
  *this << "PREPARE ";
  Ident(n.name);
  if (!n.argtypes.empty()) *this << " ";
  ParenList(n.argtypes);
  *this << " AS ";
  Print(n.query);
}
void Printer::P(const ExecuteStmt& n) {
  *this << "EXECUTE ";
  Ident(n.name);
  if (!n.params.empty()) *this << " ";
  ParenList(n.params);
}
void Printer::P(const DeallocateStmt& n) {
  *this << "DEALLOCATE ";
  if (n.name.data() == nullptr) {
    *this << "ALL";
  } else {
    AnyKeywordIdent(n.name);
  }
}
void Printer::P(const DeclareCursorStmt& n) {
  *this << "DECLARE ";
  Ident(n.portalname);
  If(n.options & 0x1, " BINARY");
  If(n.options & 0x8, " INSENSITIVE");
  If(n.options & 0x10, " ASENSITIVE");
  If(n.options & 0x2, " SCROLL");
  If(n.options & 0x4, " NO SCROLL");
  *this << " CURSOR";
  If(n.options & 0x20, " WITH HOLD");
  *this << " FOR ";
  Print(n.query);
}
void Printer::P(const FetchStmt& n) {
  *this << (n.ismove ? "MOVE " : "FETCH ");
  static constexpr std::string_view kWords[] = {"FORWARD ", "BACKWARD ", "ABSOLUTE ", "RELATIVE "};
  *this << kWords[static_cast<int>(n.direction)];
  if (n.howMany == INT64_MAX) {
    *this << "ALL";
  } else {
    *this << n.howMany;
  }
  *this << " FROM ";
  Ident(n.portalname);
}
void Printer::P(const ClosePortalStmt& n) {
  *this << "CLOSE ";
  if (n.portalname.data() == nullptr) {
    *this << "ALL";
  } else {
    Ident(n.portalname);
  }
}
void Printer::P(const ListenStmt& n) {
  *this << "LISTEN ";
  Ident(n.conditionname);
}
void Printer::P(const UnlistenStmt& n) {
  *this << "UNLISTEN ";
  if (n.conditionname.data() == nullptr) {
    *this << "*";
  } else {
    Ident(n.conditionname);
  }
}
void Printer::P(const NotifyStmt& n) {
  *this << "NOTIFY ";
  Ident(n.conditionname);
  if (n.payload.data() != nullptr) {
    *this << ", ";
    Literal(n.payload);
  }
}

// --- maintenance --------------------------------------------------------------------------------------------------

void Printer::P(const ExplainStmt& n) {
  *this << "EXPLAIN ";
  UtilityOptions(n.options);
  If(!n.options.empty(), " ");
  Print(n.query);
}
void Printer::P(const VacuumStmt& n) {
  *this << (n.is_vacuumcmd ? "VACUUM" : "ANALYZE");
  If(!n.options.empty(), " ");
  UtilityOptions(n.options);
  If(!n.rels.empty(), " ");
  Commas(n.rels);
}
void Printer::P(const VacuumRelation& n) {
  P(*n.relation);
  If(!n.va_cols.empty(), " ");
  ParenIdents(n.va_cols);
}
void Printer::P(const LockStmt& n) {
  static constexpr std::string_view kModes[] = {"", "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE",
                                                "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE",
                                                "ACCESS EXCLUSIVE"};
  *this << "LOCK TABLE ";
  Commas(n.relations);
  *this << " IN " << kModes[n.mode >= 1 && n.mode <= 8 ? n.mode : 8] << " MODE";
  If(n.nowait, " NOWAIT");
}
void Printer::P(const TruncateStmt& n) {
  *this << "TRUNCATE TABLE ";
  Commas(n.relations);
  If(n.restart_seqs, " RESTART IDENTITY");
  Cascade(n.behavior);
}
void Printer::P(const ClusterStmt& n) {
  *this << "CLUSTER";
  if (n.relation == nullptr) {
    If(!n.params.empty(), " VERBOSE");
    return;
  }
  If(!n.params.empty(), " ");
  UtilityOptions(n.params);
  *this << " ";
  P(*n.relation);
  if (n.indexname.data() != nullptr) {
    *this << " USING ";
    Ident(n.indexname);
  }
}
void Printer::P(const ReindexStmt& n) {
  static constexpr std::string_view kKinds[] = {" INDEX ", " TABLE ", " SCHEMA ", " SYSTEM ", " DATABASE "};
  *this << "REINDEX";
  If(!n.params.empty(), " ");
  UtilityOptions(n.params);
  *this << kKinds[static_cast<int>(n.kind)];
  if (n.relation != nullptr) {
    P(*n.relation);
  } else {
    Ident(n.name);
  }
}
void Printer::P(const RefreshMatViewStmt& n) {
  *this << "REFRESH MATERIALIZED VIEW ";
  If(n.concurrent, "CONCURRENTLY ");
  P(*n.relation);
  If(n.skipData, " WITH NO DATA");
}
void Printer::P(const CheckPointStmt&) { *this << "CHECKPOINT"; }
void Printer::P(const LoadStmt& n) {
  *this << "LOAD ";
  Literal(n.filename);
}
void Printer::P(const DoStmt& n) {
  *this << "DO";
  for (const DefElem* option : n.args) {
    *this << (option->defname == "language" ? " LANGUAGE " : " ");
    Literal(static_cast<const String*>(option->arg)->sval);
  }
}
void Printer::P(const CallStmt& n) {
  *this << "CALL ";
  P(*n.funccall);
}

}  // namespace pgshoal::parser
