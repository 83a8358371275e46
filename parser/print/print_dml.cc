// INSERT, UPDATE, DELETE and MERGE, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

void Printer::ColumnTarget(const ResTarget& n) {
  Ident(n.name);
  Indirection(n.indirection);
}
void Printer::Columns(const List<ResTarget*>& list) {
  if (list.empty()) return;
  *this << " (";
  for (ResTarget* const& column : list) {
    if (&column != list.begin()) *this << ", ";
    ColumnTarget(*column);
  }
  *this << ")";
}
void Printer::Assignments(const List<ResTarget*>& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0) *this << ", ";
    auto* multi = As<MultiAssignRef>(static_cast<const Node*>(list[i]->val));
    if (multi == nullptr) {
      ColumnTarget(*list[i]);
    } else {
      std::size_t end = i + static_cast<std::size_t>(multi->ncolumns);
      *this << "(";
      for (std::size_t k = i; k < end && k < list.size(); ++k) {
        if (k != i) *this << ", ";
        ColumnTarget(*list[k]);
      }
      *this << ")";
      i = end - 1;
    }
    *this << " = ";
    Print(multi == nullptr ? list[i]->val : multi->source);
  }
}
void Printer::P(const InsertStmt& n) {
  With(n.withClause);
  *this << "INSERT INTO ";
  P(*n.relation);
  Columns(n.cols);
  If(n.override == OverridingKind::OVERRIDING_USER_VALUE, " OVERRIDING USER VALUE");
  If(n.override == OverridingKind::OVERRIDING_SYSTEM_VALUE, " OVERRIDING SYSTEM VALUE");
  *this << " ";
  if (n.selectStmt == nullptr) {
    *this << "DEFAULT VALUES";
  } else {
    Print(n.selectStmt);
  }
  Print(n.onConflictClause);
  if (!n.returningList.empty()) {
    *this << " RETURNING ";
    Targets(n.returningList);
  }
}
void Printer::P(const OnConflictClause& n) {
  *this << " ON CONFLICT";
  Print(n.infer);
  if (n.action == OnConflictAction::ONCONFLICT_NOTHING) {
    *this << " DO NOTHING";
    return;
  }
  *this << " DO UPDATE SET ";
  Assignments(n.targetList);
  Where(n.whereClause);
}
void Printer::P(const InferClause& n) {
  if (n.conname.data() != nullptr) {
    *this << " ON CONSTRAINT ";
    Ident(n.conname);
    return;
  }
  *this << " ";
  ParenList(n.indexElems);
  Where(n.whereClause);
}
void Printer::P(const UpdateStmt& n) {
  With(n.withClause);
  *this << "UPDATE ";
  P(*n.relation);
  *this << " SET ";
  Assignments(n.targetList);
  if (!n.fromClause.empty()) {
    *this << " FROM ";
    Commas(n.fromClause);
  }
  Where(n.whereClause);
  if (!n.returningList.empty()) {
    *this << " RETURNING ";
    Targets(n.returningList);
  }
}
void Printer::P(const DeleteStmt& n) {
  With(n.withClause);
  *this << "DELETE FROM ";
  P(*n.relation);
  if (!n.usingClause.empty()) {
    *this << " USING ";
    Commas(n.usingClause);
  }
  Where(n.whereClause);
  if (!n.returningList.empty()) {
    *this << " RETURNING ";
    Targets(n.returningList);
  }
}
void Printer::P(const MergeStmt& n) {
  With(n.withClause);
  *this << "MERGE INTO ";
  P(*n.relation);
  *this << " USING ";
  Print(n.sourceRelation);
  *this << " ON ";
  Print(n.joinCondition);
  for (const MergeWhenClause* clause : n.mergeWhenClauses) P(*clause);
}
void Printer::P(const MergeWhenClause& n) {
  *this << (n.matched ? " WHEN MATCHED" : " WHEN NOT MATCHED");
  if (n.condition != nullptr) {
    *this << " AND ";
    Print(n.condition);
  }
  *this << " THEN ";
  switch (n.commandType) {
    case CmdType::CMD_UPDATE:
      *this << "UPDATE SET ";
      Assignments(n.targetList);
      break;
    case CmdType::CMD_DELETE: *this << "DELETE"; break;
    case CmdType::CMD_INSERT:
      *this << "INSERT";
      Columns(n.targetList);
      If(n.override == OverridingKind::OVERRIDING_USER_VALUE, " OVERRIDING USER VALUE");
      If(n.override == OverridingKind::OVERRIDING_SYSTEM_VALUE, " OVERRIDING SYSTEM VALUE");
      if (n.values.empty()) {
        *this << " DEFAULT VALUES";
      } else {
        *this << " VALUES ";
        ParenList(n.values);
      }
      break;
    default: *this << "DO NOTHING"; break;
  }
}
void Printer::P(const ReturnStmt& n) {
  *this << "RETURN ";
  Print(n.returnval);
}
void Printer::Key(Str name, const Node* expr, const Names& collation, const Names& opclass) {
  if (name.data() != nullptr) {
    Ident(name);
  } else {
    *this << "(";
    Print(expr);
    *this << ")";
  }
  if (!collation.empty()) {
    *this << " COLLATE ";
    Dotted(collation);
  }
  if (!opclass.empty()) {
    *this << " ";
    Dotted(opclass);
  }
}
void Printer::P(const IndexElem& n) {
  Key(n.name, n.expr, n.collation, n.opclass);
  if (!n.opclassopts.empty()) {
    *this << " ";
    Definition(n.opclassopts);
  }
  If(n.ordering == SortByDir::SORTBY_ASC, " ASC");
  If(n.ordering == SortByDir::SORTBY_DESC, " DESC");
  If(n.nulls_ordering == SortByNulls::SORTBY_NULLS_FIRST, " NULLS FIRST");
  If(n.nulls_ordering == SortByNulls::SORTBY_NULLS_LAST, " NULLS LAST");
}

}  // namespace pgshoal::parser
