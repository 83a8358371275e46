// Indexes, views, sequences, statistics, triggers, rules and policies, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

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
