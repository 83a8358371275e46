// Function calls, the functions with a syntax of their own, and windows, printed.
#include "parser/grammar/windowdefs.hpp"
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

// --- functions and special forms ------------------------------------------------------------------------------------

void Printer::P(const FuncCall& n) {
  if (n.funcformat == CoercionForm::COERCE_SQL_SYNTAX) return SqlCall(n);
  FunctionName(n.funcname);
  *this << "(";
  If(n.agg_distinct, "DISTINCT ");
  If(n.agg_star, "*");
  for (Node* const& arg : n.args) {
    if (&arg != n.args.begin()) *this << ", ";
    If(n.func_variadic && &arg == n.args.end() - 1, "VARIADIC ");
    Print(arg);
  }
  if (!n.agg_within_group) Order(n.agg_order);
  *this << ")";
  if (n.agg_within_group) {
    *this << " WITHIN GROUP (";
    Order(n.agg_order);
    *this << ")";
  }
  if (n.agg_filter != nullptr) {
    *this << " FILTER (WHERE ";
    Print(n.agg_filter);
    *this << ")";
  }
  if (n.over != nullptr) {
    *this << " OVER ";
    if (n.over->name.data() != nullptr) {
      Ident(n.over->name);
    } else {
      Window(*n.over, false);
    }
  }
}

// The functions of pg_catalog that were called in the SQL way.
void Printer::SqlCall(const FuncCall& n) {
  Str name = n.funcname.back();
  auto args = [&](std::size_t from) {
    for (std::size_t i = from; i < n.args.size(); ++i) {
      if (i != from) *this << ", ";
      Print(n.args[i]);
    }
  };
  if (name == "timezone") {
    Operand(n.args[1]);
    *this << " AT TIME ZONE ";
    return Operand(n.args[0]);
  }
  if (name == "overlaps") {
    auto row = [&](std::size_t i) {
      *this << "(";
      Print(n.args[i]);
      *this << ", ";
      Print(n.args[i + 1]);
      *this << ")";
    };
    row(0);
    *this << " OVERLAPS ";
    return row(2);
  }
  if (name == "is_normalized") {
    Operand(n.args[0]);
    *this << " IS ";
    if (n.args.size() > 1) *this << static_cast<const A_Const*>(n.args[1])->sval << " ";
    *this << "NORMALIZED";
    return;
  }
  if (name == "btrim" || name == "ltrim" || name == "rtrim") {
    *this << "TRIM(" << (name == "btrim" ? "BOTH" : name == "ltrim" ? "LEADING" : "TRAILING") << " FROM ";
    args(0);
  } else if (name == "pg_collation_for") {
    *this << "COLLATION FOR (";
    args(0);
  } else if (name == "position") {
    *this << "POSITION(";
    Operand(n.args[1]);
    *this << " IN ";
    Operand(n.args[0]);
  } else if (name == "xmlexists") {
    *this << "XMLEXISTS(";
    CExpr(n.args[0]);
    *this << " PASSING ";
    CExpr(n.args[1]);
  } else if (name == "normalize") {
    *this << "NORMALIZE(";
    Print(n.args[0]);
    if (n.args.size() > 1) *this << ", " << static_cast<const A_Const*>(n.args[1])->sval;
  } else {
    static constexpr std::string_view kOverlay[] = {"", " PLACING ", " FROM ", " FOR "};
    static constexpr std::string_view kSubstring[] = {"", " FROM ", " FOR "};
    static constexpr std::string_view kExtract[] = {"", " FROM "};
    const std::string_view* words = name == "overlay" ? kOverlay : name == "substring" ? kSubstring : kExtract;
    *this << name << "(";
    for (std::size_t i = 0; i < n.args.size(); ++i) {
      *this << words[i];
      Print(n.args[i]);
    }
  }
  *this << ")";
}

void Printer::P(const CaseExpr& n) {
  *this << "CASE";
  if (n.arg != nullptr) {
    *this << " ";
    Print(n.arg);
  }
  for (const CaseWhen* when : n.args) P(*when);
  if (n.defresult != nullptr) {
    *this << " ELSE ";
    Print(n.defresult);
  }
  *this << " END";
}
void Printer::P(const CaseWhen& n) {
  *this << " WHEN ";
  Print(n.expr);
  *this << " THEN ";
  Print(n.result);
}
void Printer::P(const RowExpr& n) {
  If(n.row_format == CoercionForm::COERCE_EXPLICIT_CALL, "ROW");
  *this << "(";
  Commas(n.args);
  *this << ")";
}
void Printer::P(const CoalesceExpr& n) {
  *this << "COALESCE(";
  Commas(n.args);
  *this << ")";
}
void Printer::P(const MinMaxExpr& n) {
  *this << (n.op == MinMaxOp::IS_GREATEST ? "GREATEST(" : "LEAST(");
  Commas(n.args);
  *this << ")";
}
void Printer::P(const GroupingFunc& n) {
  *this << "GROUPING(";
  Commas(n.args);
  *this << ")";
}
void Printer::P(const SQLValueFunction& n) {
  static constexpr std::string_view kNames[] = {
      "CURRENT_DATE",   "CURRENT_TIME",   "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP",
      "LOCALTIME",      "LOCALTIME",      "LOCALTIMESTAMP", "LOCALTIMESTAMP",  "CURRENT_ROLE",
      "CURRENT_USER",   "USER",           "SESSION_USER", "CURRENT_CATALOG",   "CURRENT_SCHEMA"};
  *this << kNames[static_cast<int>(n.op)];
  switch (n.op) {
    case SQLValueFunctionOp::SVFOP_CURRENT_TIME_N:
    case SQLValueFunctionOp::SVFOP_CURRENT_TIMESTAMP_N:
    case SQLValueFunctionOp::SVFOP_LOCALTIME_N:
    case SQLValueFunctionOp::SVFOP_LOCALTIMESTAMP_N:
      *this << "(" << n.typmod << ")";
      break;
    default: break;
  }
}
void Printer::P(const A_ArrayExpr& n) {
  *this << "ARRAY[";
  for (Node* const& element : n.elements) {
    if (&element != n.elements.begin()) *this << ", ";
    Print(element);
  }
  *this << "]";
}
void Printer::P(const A_Indices& n) {
  *this << "[";
  Print(n.lidx);
  if (n.is_slice) *this << " : ";
  Print(n.uidx);
  *this << "]";
}
void Printer::Indirection(const Nodes& indirection) {
  for (const Node* item : indirection) {
    if (!Is<A_Indices>(item)) *this << ".";
    Print(item);
  }
}
void Printer::P(const A_Indirection& n) {
  auto* column = As<ColumnRef>(static_cast<const Node*>(n.arg));
  bool bare = Is<ParamRef>(n.arg) ||
              (column != nullptr && !column->star && !n.indirection.empty() && Is<A_Indices>(n.indirection[0]));
  If(!bare, "(");
  Print(n.arg);
  If(!bare, ")");
  Indirection(n.indirection);
}
void Printer::P(const SetToDefault&) { *this << "DEFAULT"; }
void Printer::P(const CurrentOfExpr& n) {
  *this << "CURRENT OF ";
  Ident(n.cursor_name);
}
void Printer::P(const MultiAssignRef& n) { Print(n.source); }

void Printer::P(const XmlExpr& n) {
  auto option = [&] { *this << (n.xmloption == XmlOptionType::XMLOPTION_DOCUMENT ? "DOCUMENT " : "CONTENT "); };
  switch (n.op) {
    case XmlExprOp::IS_DOCUMENT:
      Operand(n.args[0]);
      *this << " IS DOCUMENT";
      return;
    case XmlExprOp::IS_XMLCONCAT:
      *this << "XMLCONCAT(";
      Commas(n.args);
      break;
    case XmlExprOp::IS_XMLELEMENT:
      *this << "XMLELEMENT(NAME ";
      Ident(n.name);
      if (!n.named_args.empty()) {
        *this << ", XMLATTRIBUTES(";
        Targets(n.named_args);
        *this << ")";
      }
      if (!n.args.empty()) {
        *this << ", ";
        Commas(n.args);
      }
      break;
    case XmlExprOp::IS_XMLFOREST:
      *this << "XMLFOREST(";
      Targets(n.named_args);
      break;
    case XmlExprOp::IS_XMLPARSE:
      *this << "XMLPARSE(";
      option();
      Print(n.args[0]);
      *this << (static_cast<const A_Const*>(n.args[1])->ival ? " PRESERVE WHITESPACE" : " STRIP WHITESPACE");
      break;
    case XmlExprOp::IS_XMLPI:
      *this << "XMLPI(NAME ";
      Ident(n.name);
      if (!n.args.empty()) {
        *this << ", ";
        Print(n.args[0]);
      }
      break;
    case XmlExprOp::IS_XMLROOT: {
      *this << "XMLROOT(";
      Print(n.args[0]);
      *this << ", VERSION ";
      auto* version = As<A_Const>(n.args[1]);
      if (version != nullptr && version->type == ConstType::kNull) {
        *this << "NO VALUE";
      } else {
        Operand(n.args[1]);
      }
      static constexpr std::string_view kStandalone[] = {", STANDALONE YES", ", STANDALONE NO",
                                                         ", STANDALONE NO VALUE", ""};
      *this << kStandalone[static_cast<const A_Const*>(n.args[2])->ival & 3];
      break;
    }
    case XmlExprOp::IS_XMLSERIALIZE:
      return;
  }
  *this << ")";
}
void Printer::P(const XmlSerialize& n) {
  *this << "XMLSERIALIZE(" << (n.xmloption == XmlOptionType::XMLOPTION_DOCUMENT ? "DOCUMENT " : "CONTENT ");
  Print(n.expr);
  *this << " AS ";
  P(*n.typeName);
  *this << ")";
}

// --- windows ------------------------------------------------------------------------------------------------------

void Printer::FrameBound(int32_t options, const Node* offset) {
  if (options & kFrameStartUnboundedPreceding) {
    *this << "UNBOUNDED PRECEDING";
  } else if (options & kFrameStartUnboundedFollowing) {
    *this << "UNBOUNDED FOLLOWING";
  } else if (options & kFrameStartCurrentRow) {
    *this << "CURRENT ROW";
  } else {
    if (Is<A_Const>(offset)) {
      Print(offset);
    } else {
      *this << "(";
      Print(offset);
      *this << ")";
    }
    *this << ((options & kFrameStartOffsetPreceding) ? " PRECEDING" : " FOLLOWING");
  }
}

void Printer::Frame(const WindowDef& n) {
  int32_t f = n.frameOptions;
  if ((f & kFrameNondefault) == 0) return;
  *this << ((f & kFrameRange) ? " RANGE " : (f & kFrameRows) ? " ROWS " : " GROUPS ");
  constexpr int32_t kStarts = kFrameStartUnboundedPreceding | kFrameStartUnboundedFollowing | kFrameStartCurrentRow |
                              kFrameStartOffsetPreceding | kFrameStartOffsetFollowing;
  If(f & kFrameBetween, "BETWEEN ");
  FrameBound(f & kStarts, n.startOffset);
  if (f & kFrameBetween) {
    *this << " AND ";
    FrameBound((f >> 1) & kStarts, n.endOffset);
  }
  If(f & kFrameExcludeCurrentRow, " EXCLUDE CURRENT ROW");
  If(f & kFrameExcludeGroup, " EXCLUDE GROUP");
  If(f & kFrameExcludeTies, " EXCLUDE TIES");
}

void Printer::Window(const WindowDef& n, bool with_name) {
  if (with_name) {
    Ident(n.name);
    *this << " AS ";
  }
  *this << "(";
  if (n.refname.data() != nullptr) AnyKeywordIdent(n.refname);
  if (!n.partitionClause.empty()) {
    *this << " PARTITION BY ";
    Commas(n.partitionClause);
  }
  Order(n.orderClause);
  Frame(n);
  *this << ")";
}
void Printer::P(const WindowDef& n) { Window(n, n.name.data() != nullptr); }

}  // namespace pgshoal::parser
