// SELECT and its parts, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

// --- SELECT -------------------------------------------------------------------------------------------------------

void Printer::With(const WithClause* with) {
  if (with == nullptr) return;
  P(*with);
  *this << " ";
}
void Printer::P(const WithClause& n) {
  *this << (n.recursive ? "WITH RECURSIVE " : "WITH ");
  Commas(n.ctes);
}
void Printer::P(const CommonTableExpr& n) {
  Ident(n.ctename);
  ParenIdents(n.aliascolnames);
  *this << " AS ";
  If(n.ctematerialized == CTEMaterialize::CTEMaterializeAlways, "MATERIALIZED ");
  If(n.ctematerialized == CTEMaterialize::CTEMaterializeNever, "NOT MATERIALIZED ");
  *this << "(";
  Print(n.ctequery);
  *this << ")";
  Print(n.search_clause);
  Print(n.cycle_clause);
}
void Printer::P(const CTESearchClause& n) {
  *this << (n.search_breadth_first ? " SEARCH BREADTH" : " SEARCH DEPTH") << " FIRST BY ";
  IdentList(n.search_col_list);
  *this << " SET ";
  Ident(n.search_seq_column);
}
void Printer::P(const CTECycleClause& n) {
  *this << " CYCLE ";
  IdentList(n.cycle_col_list);
  *this << " SET ";
  Ident(n.cycle_mark_column);
  *this << " TO ";
  // Only constants may stand here, so a cast is written the constant's way.
  auto constant = [&](const Node* node) {
    if (auto* cast = As<TypeCast>(node)) {
      FunctionName(cast->typeName->names);
      Typmods(cast->typeName->typmods);
      *this << " ";
      Print(cast->arg);
    } else {
      Print(node);
    }
  };
  constant(n.cycle_mark_value);
  *this << " DEFAULT ";
  constant(n.cycle_mark_default);
  *this << " USING ";
  Ident(n.cycle_path_column);
}

void Printer::Target(const ResTarget& n) {
  Print(n.val);
  if (n.name.data() != nullptr) {
    *this << " AS ";
    Ident(n.name);
  }
}
void Printer::Targets(const List<ResTarget*>& list) {
  for (ResTarget* const& target : list) {
    if (&target != list.begin()) *this << ", ";
    Target(*target);
  }
}
void Printer::P(const ResTarget& n) { Target(n); }

void Printer::Where(const Node* condition) {
  if (condition == nullptr) return;
  *this << " WHERE ";
  Print(condition);
}
void Printer::Order(const List<SortBy*>& list) {
  if (list.empty()) return;
  *this << " ORDER BY ";
  Commas(list);
}
void Printer::P(const SortBy& n) {
  Print(n.node);
  switch (n.sortby_dir) {
    case SortByDir::SORTBY_ASC: *this << " ASC"; break;
    case SortByDir::SORTBY_DESC: *this << " DESC"; break;
    case SortByDir::SORTBY_USING:
      *this << " USING ";
      OperatorName(n.useOp);
      break;
    case SortByDir::SORTBY_DEFAULT: break;
  }
  If(n.sortby_nulls == SortByNulls::SORTBY_NULLS_FIRST, " NULLS FIRST");
  If(n.sortby_nulls == SortByNulls::SORTBY_NULLS_LAST, " NULLS LAST");
}
void Printer::P(const GroupingSet& n) {
  switch (n.kind) {
    case GroupingSetKind::GROUPING_SET_ROLLUP: *this << "ROLLUP"; break;
    case GroupingSetKind::GROUPING_SET_CUBE: *this << "CUBE"; break;
    case GroupingSetKind::GROUPING_SET_SETS: *this << "GROUPING SETS "; break;
    default: break;
  }
  *this << "(";
  Commas(n.content);
  *this << ")";
}

void Printer::SetOperand(const SelectStmt& operand, bool left, SetOperation op) {
  bool options = !operand.sortClause.empty() || operand.limitCount != nullptr || operand.limitOffset != nullptr ||
                 !operand.lockingClause.empty() || operand.withClause != nullptr;
  auto level = [](SetOperation o) { return o == SetOperation::SETOP_INTERSECT ? 2 : 1; };
  bool nested = operand.op != SetOperation::SETOP_NONE && !(left && level(operand.op) >= level(op));
  if (options || nested) *this << "(";
  P(operand);
  if (options || nested) *this << ")";
}

void Printer::P(const SelectStmt& n) {
  With(n.withClause);
  // SKIP LOCKED is refused beside WITH TIES, but not behind the parentheses of such a query.
  bool locked_outside = false;
  if (n.limitOption == LimitOption::LIMIT_OPTION_WITH_TIES) {
    for (const LockingClause* lock : n.lockingClause) locked_outside |= lock->waitPolicy == LockWaitPolicy::LockWaitSkip;
  }
  If(locked_outside, "(");
  if (n.op != SetOperation::SETOP_NONE) {
    SetOperand(*n.larg, true, n.op);
    *this << (n.op == SetOperation::SETOP_UNION    ? " UNION "
              : n.op == SetOperation::SETOP_EXCEPT ? " EXCEPT "
                                                   : " INTERSECT ");
    If(n.all, "ALL ");
    SetOperand(*n.rarg, false, n.op);
  } else if (!n.valuesLists.empty()) {
    *this << "VALUES ";
    Commas(n.valuesLists);
  } else {
    *this << "SELECT";
    if (!n.distinctClause.empty()) {
      *this << " DISTINCT";
      if (n.distinctClause[0] != nullptr) {
        *this << " ON (";
        Commas(n.distinctClause);
        *this << ")";
      }
    }
    if (!n.targetList.empty()) *this << " ";
    Targets(n.targetList);
    if (n.intoClause != nullptr) {
      *this << " INTO ";
      PersistenceWord(n.intoClause->rel->relpersistence);
      *this << "TABLE ";
      RelationName(*n.intoClause->rel);
    }
    if (!n.fromClause.empty()) {
      *this << " FROM ";
      Commas(n.fromClause);
    }
    Where(n.whereClause);
    if (!n.groupClause.empty()) {
      *this << " GROUP BY ";
      If(n.groupDistinct, "DISTINCT ");
      Commas(n.groupClause);
    }
    if (n.havingClause != nullptr) {
      *this << " HAVING ";
      Print(n.havingClause);
    }
    if (!n.windowClause.empty()) {
      *this << " WINDOW ";
      Commas(n.windowClause);
    }
  }
  Order(n.sortClause);
  if (n.limitCount != nullptr) {
    if (n.limitOption == LimitOption::LIMIT_OPTION_WITH_TIES) {
      *this << " FETCH FIRST ";
      CExpr(n.limitCount);
      *this << " ROWS WITH TIES";
    } else {
      auto* all = As<A_Const>(static_cast<const Node*>(n.limitCount));
      *this << " LIMIT ";
      if (all != nullptr && all->type == ConstType::kNull) {
        *this << "ALL";
      } else {
        Print(n.limitCount);
      }
    }
  }
  if (n.limitOffset != nullptr) {
    *this << " OFFSET ";
    Print(n.limitOffset);
  }
  If(locked_outside, ")");
  for (const LockingClause* lock : n.lockingClause) P(*lock);
}

void Printer::P(const LockingClause& n) {
  static constexpr std::string_view kStrength[] = {"", " FOR KEY SHARE", " FOR SHARE", " FOR NO KEY UPDATE",
                                                   " FOR UPDATE"};
  *this << kStrength[static_cast<int>(n.strength)];
  if (!n.lockedRels.empty()) {
    *this << " OF ";
    Commas(n.lockedRels);
  }
  If(n.waitPolicy == LockWaitPolicy::LockWaitError, " NOWAIT");
  If(n.waitPolicy == LockWaitPolicy::LockWaitSkip, " SKIP LOCKED");
}

// --- FROM ---------------------------------------------------------------------------------------------------------

void Printer::AliasOf(const Alias* alias) {
  if (alias == nullptr) return;
  *this << " AS ";
  P(*alias);
}
void Printer::P(const Alias& n) {
  Ident(n.aliasname);
  ParenIdents(n.colnames);
}
void Printer::RelationName(const RangeVar& n) {
  if (n.catalogname.data() != nullptr) {
    Ident(n.catalogname);
    *this << ".";
  }
  if (n.schemaname.data() != nullptr) {
    Ident(n.schemaname);
    *this << ".";
  }
  Ident(n.relname);
}
void Printer::P(const RangeVar& n) {
  If(!n.inh, "ONLY ");
  RelationName(n);
  AliasOf(n.alias);
}
void Printer::P(const RangeSubselect& n) {
  If(n.lateral, "LATERAL ");
  *this << "(";
  Print(n.subquery);
  *this << ")";
  AliasOf(n.alias);
}
void Printer::P(const RangeFunction& n) {
  If(n.lateral, "LATERAL ");
  If(n.is_rowsfrom, "ROWS FROM (");
  for (Node* const& item : n.functions) {
    if (&item != n.functions.begin()) *this << ", ";
    const auto& pair = static_cast<const ListNode*>(item)->items;
    // Only a function may stand here, and a cast written like one.
    if (const auto* cast = As<TypeCast>(pair[0])) {
      *this << "CAST(";
      Print(cast->arg);
      *this << " AS ";
      Print(cast->typeName);
      *this << ")";
    } else {
      Print(pair[0]);
    }
    if (pair[1] != nullptr) {
      *this << " AS ";
      Print(pair[1]);
    }
  }
  If(n.is_rowsfrom, ")");
  If(n.ordinality, " WITH ORDINALITY");
  AliasOf(n.alias);
  if (!n.coldeflist.empty()) {
    *this << (n.alias == nullptr ? " AS " : " ");
    ParenList(n.coldeflist);
  }
}
void Printer::P(const RangeTableSample& n) {
  Print(n.relation);
  *this << " TABLESAMPLE ";
  FunctionName(n.method);
  *this << "(";
  Commas(n.args);
  *this << ")";
  if (n.repeatable != nullptr) {
    *this << " REPEATABLE (";
    Print(n.repeatable);
    *this << ")";
  }
}
void Printer::P(const RangeTableFunc& n) {
  If(n.lateral, "LATERAL ");
  *this << "XMLTABLE(";
  if (!n.namespaces.empty()) {
    *this << "XMLNAMESPACES(";
    for (ResTarget* const& space : n.namespaces) {
      if (&space != n.namespaces.begin()) *this << ", ";
      If(space->name.data() == nullptr, "DEFAULT ");
      Operand(space->val);
      if (space->name.data() != nullptr) {
        *this << " AS ";
        Ident(space->name);
      }
    }
    *this << "), ";
  }
  CExpr(n.rowexpr);
  *this << " PASSING ";
  CExpr(n.docexpr);
  *this << " COLUMNS ";
  Commas(n.columns);
  *this << ")";
  AliasOf(n.alias);
}
void Printer::P(const RangeTableFuncCol& n) {
  Ident(n.colname);
  if (n.for_ordinality) {
    *this << " FOR ORDINALITY";
    return;
  }
  *this << " ";
  P(*n.typeName);
  if (n.coldefexpr != nullptr) {
    *this << " DEFAULT ";
    Operand(n.coldefexpr);
  }
  if (n.colexpr != nullptr) {
    *this << " PATH ";
    Operand(n.colexpr);
  }
  If(n.is_not_null, " NOT NULL");
}
void Printer::P(const JoinExpr& n) {
  If(n.alias != nullptr, "(");
  Print(n.larg);
  bool cross = n.jointype == JoinType::JOIN_INNER && !n.isNatural && n.quals == nullptr && n.usingClause.empty();
  If(cross, " CROSS");
  If(n.isNatural, " NATURAL");
  switch (n.jointype) {
    case JoinType::JOIN_LEFT: *this << " LEFT"; break;
    case JoinType::JOIN_RIGHT: *this << " RIGHT"; break;
    case JoinType::JOIN_FULL: *this << " FULL"; break;
    default: break;
  }
  *this << " JOIN ";
  auto* right = As<JoinExpr>(static_cast<const Node*>(n.rarg));
  bool nested = right != nullptr && right->alias == nullptr;
  If(nested, "(");
  Print(n.rarg);
  If(nested, ")");
  if (!n.usingClause.empty()) {
    *this << " USING ";
    ParenIdents(n.usingClause);
    AliasOf(n.join_using_alias);
  }
  if (n.quals != nullptr) {
    *this << " ON ";
    Print(n.quals);
  }
  If(n.alias != nullptr, ")");
  AliasOf(n.alias);
}

}  // namespace pgshoal::parser
