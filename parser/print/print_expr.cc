// Names, expressions, types and windows, printed.
#include "parser/grammar/windowdefs.hpp"
#include "parser/keywords.hpp"
#include "parser/print.hpp"
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

namespace {

bool IsPlainIdentifier(std::string_view name) {
  if (name.empty()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    bool ok = (c >= 'a' && c <= 'z') || c == '_' || (i > 0 && c >= '0' && c <= '9');
    if (!ok) return false;
  }
  return true;
}

std::string Quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

bool IsSystem(const Names& names, std::string_view name) {
  return names.size() == 2 && names[0] == "pg_catalog" && names[1] == name;
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  if (!IsPlainIdentifier(name)) return Quoted(name);
  const Keyword* keyword = FindKeyword(name);
  if (keyword != nullptr && (keyword->word & kUnreserved) == 0) return Quoted(name);
  return std::string(name);
}

std::string QuoteLiteral(std::string_view value) {
  bool escape = value.find('\\') != std::string_view::npos;
  std::string out = escape ? "E'" : "'";
  for (char c : value) {
    if (c == '\'' || (escape && c == '\\')) out += c;
    out += c;
  }
  return out + '\'';
}

std::string Print(const Node& node) {
  std::string out;
  Printer(out).Print(&node);
  return out;
}

void Printer::Print(const Node* node) {
  if (node == nullptr) return;
  Dispatch(*node, [&](const auto& n) { P(n); });
}

void Printer::Ident(Str name) { *this << QuoteIdentifier(name); }
void Printer::AnyKeywordIdent(Str name) {
  if (IsPlainIdentifier(name) && FindKeyword(name) == nullptr) {
    *this << name;
  } else {
    *this << Quoted(name);
  }
}
void Printer::Literal(Str value) { *this << QuoteLiteral(value); }
void Printer::Dotted(const Names& names) {
  for (const Str& name : names) {
    if (&name != names.begin()) *this << ".";
    Ident(name);
  }
}
void Printer::FunctionName(const Names& names) {
  for (const Str& name : names) {
    if (&name != names.begin()) *this << ".";
    AnyKeywordIdent(name);
  }
}
void Printer::IdentList(const Names& names) {
  for (const Str& name : names) {
    if (&name != names.begin()) *this << ", ";
    Ident(name);
  }
}
void Printer::ParenIdents(const Names& names) {
  if (names.empty()) return;
  *this << "(";
  IdentList(names);
  *this << ")";
}

// --- values -------------------------------------------------------------------------------------------------------

void Printer::P(const Integer& n) { *this << n.ival; }
void Printer::P(const Float& n) { *this << n.fval; }
void Printer::P(const Boolean& n) { *this << (n.boolval ? "true" : "false"); }
void Printer::P(const String& n) { Ident(n.sval); }
void Printer::P(const BitString& n) { *this << n.bsval.substr(0, 1) << "'" << n.bsval.substr(1) << "'"; }
void Printer::P(const ListNode& n) {
  *this << "(";
  Commas(n.items);
  *this << ")";
}
void Printer::P(const A_Star&) { *this << "*"; }

void Printer::P(const A_Const& n) {
  switch (n.type) {
    case ConstType::kInteger: *this << n.ival; break;
    case ConstType::kFloat: *this << n.sval; break;
    case ConstType::kString: Literal(n.sval); break;
    case ConstType::kBitString:
      *this << n.sval.substr(0, 1);
      *this << "'";
      for (char c : n.sval.substr(1)) {
        if (c == '\'') out_ += '\'';
        out_ += c;
      }
      *this << "'";
      break;
    case ConstType::kBoolean: *this << (n.ival ? "true" : "false"); break;
    case ConstType::kNull: *this << "NULL"; break;
  }
}

void Printer::P(const ColumnRef& n) {
  Dotted(n.fields);
  if (n.star) *this << (n.fields.empty() ? "*" : ".*");
}
void Printer::P(const ParamRef& n) { *this << "$" << n.number; }

// --- operators ----------------------------------------------------------------------------------------------------

bool Printer::IsPrimary(const Node* node) {
  switch (node->tag) {
    case NodeTag::A_Const: {
      auto* value = static_cast<const A_Const*>(node);
      if (value->type == ConstType::kInteger) return value->ival >= 0;
      return value->type != ConstType::kFloat || value->sval[0] != '-';
    }
    case NodeTag::ColumnRef: case NodeTag::ParamRef: case NodeTag::CaseExpr: case NodeTag::CoalesceExpr:
    case NodeTag::MinMaxExpr: case NodeTag::RowExpr: case NodeTag::A_ArrayExpr: case NodeTag::GroupingFunc:
    case NodeTag::SQLValueFunction: case NodeTag::XmlSerialize: case NodeTag::A_Indirection:
      return true;
    case NodeTag::XmlExpr:
      return static_cast<const XmlExpr*>(node)->op != XmlExprOp::IS_DOCUMENT;
    case NodeTag::SubLink: {
      SubLinkType type = static_cast<const SubLink*>(node)->subLinkType;
      return type != SubLinkType::ANY_SUBLINK && type != SubLinkType::ALL_SUBLINK;
    }
    case NodeTag::A_Expr:
      return static_cast<const A_Expr*>(node)->kind == A_Expr_Kind::AEXPR_NULLIF;
    case NodeTag::FuncCall: {
      auto* call = static_cast<const FuncCall*>(node);
      if (call->funcformat != CoercionForm::COERCE_SQL_SYNTAX) return true;
      Str name = call->funcname.back();
      return name != "timezone" && name != "is_normalized" && name != "overlaps";
    }
    default:
      return false;
  }
}

void Printer::CExpr(const Node* node) {
  if (node == nullptr) return;
  if (IsPrimary(node)) return Print(node);
  *this << "(";
  Print(node);
  *this << ")";
}
void Printer::Operand(const Node* node) {
  if (Is<TypeCast>(node)) return Print(node);
  CExpr(node);
}

void Printer::OperatorName(const Names& name) {
  if (name.size() == 1) {
    *this << name[0];
    return;
  }
  *this << "OPERATOR(";
  for (std::size_t i = 0; i + 1 < name.size(); ++i) {
    Ident(name[i]);
    *this << ".";
  }
  *this << name.back() << ")";
}

void Printer::P(const A_Expr& n) {
  switch (n.kind) {
    case A_Expr_Kind::AEXPR_OP: {
      if (n.lexpr == nullptr) {
        // A sign in front of a number would become part of it.
        auto* value = As<A_Const>(n.rexpr);
        bool number = value != nullptr && (value->type == ConstType::kInteger || value->type == ConstType::kFloat);
        if (number && n.name.size() == 1 && n.name[0] == "-") {
          *this << "OPERATOR(-)";
        } else {
          OperatorName(n.name);
        }
        *this << " ";
        return Operand(n.rexpr);
      }
      Operand(n.lexpr);
      *this << " ";
      OperatorName(n.name);
      *this << " ";
      return Operand(n.rexpr);
    }
    case A_Expr_Kind::AEXPR_OP_ANY:
    case A_Expr_Kind::AEXPR_OP_ALL:
      Operand(n.lexpr);
      *this << " ";
      OperatorName(n.name);
      *this << (n.kind == A_Expr_Kind::AEXPR_OP_ANY ? " ANY (" : " ALL (");
      Print(n.rexpr);
      *this << ")";
      return;
    case A_Expr_Kind::AEXPR_DISTINCT:
    case A_Expr_Kind::AEXPR_NOT_DISTINCT:
      Operand(n.lexpr);
      *this << (n.kind == A_Expr_Kind::AEXPR_DISTINCT ? " IS DISTINCT FROM " : " IS NOT DISTINCT FROM ");
      return Operand(n.rexpr);
    case A_Expr_Kind::AEXPR_NULLIF:
      *this << "NULLIF(";
      Print(n.lexpr);
      *this << ", ";
      Print(n.rexpr);
      *this << ")";
      return;
    case A_Expr_Kind::AEXPR_IN:
      Operand(n.lexpr);
      *this << (n.name[0] == "=" ? " IN " : " NOT IN ");
      return Print(n.rexpr);
    case A_Expr_Kind::AEXPR_LIKE:
    case A_Expr_Kind::AEXPR_ILIKE:
    case A_Expr_Kind::AEXPR_SIMILAR: {
      Operand(n.lexpr);
      If(n.name[0][0] == '!', " NOT");
      *this << (n.kind == A_Expr_Kind::AEXPR_LIKE    ? " LIKE "
                : n.kind == A_Expr_Kind::AEXPR_ILIKE ? " ILIKE "
                                                     : " SIMILAR TO ");
      auto* call = As<FuncCall>(n.rexpr);
      bool similar = n.kind == A_Expr_Kind::AEXPR_SIMILAR;
      if (call != nullptr && IsSystem(call->funcname, similar ? "similar_to_escape" : "like_escape") &&
          (similar || call->args.size() == 2)) {
        Operand(call->args[0]);
        if (call->args.size() == 2) {
          *this << " ESCAPE ";
          Operand(call->args[1]);
        }
        return;
      }
      return Operand(n.rexpr);
    }
    case A_Expr_Kind::AEXPR_BETWEEN:
    case A_Expr_Kind::AEXPR_NOT_BETWEEN:
    case A_Expr_Kind::AEXPR_BETWEEN_SYM:
    case A_Expr_Kind::AEXPR_NOT_BETWEEN_SYM: {
      Operand(n.lexpr);
      *this << " " << n.name[0] << " ";
      const auto& bounds = static_cast<const ListNode*>(n.rexpr)->items;
      Operand(bounds[0]);
      *this << " AND ";
      return Operand(bounds[1]);
    }
  }
}

void Printer::P(const BoolExpr& n) {
  if (n.boolop == BoolExprType::NOT_EXPR) {
    *this << "NOT ";
    return Operand(n.args[0]);
  }
  for (Node* const& arg : n.args) {
    if (&arg != n.args.begin()) *this << (n.boolop == BoolExprType::AND_EXPR ? " AND " : " OR ");
    auto* inner = As<BoolExpr>(static_cast<const Node*>(arg));
    bool weak = (inner != nullptr && inner->boolop != BoolExprType::NOT_EXPR) || Is<SetToDefault>(arg);
    if (weak) *this << "(";
    Print(arg);
    if (weak) *this << ")";
  }
}

void Printer::P(const NullTest& n) {
  Operand(n.arg);
  *this << (n.nulltesttype == NullTestType::IS_NULL ? " IS NULL" : " IS NOT NULL");
}
void Printer::P(const BooleanTest& n) {
  static constexpr std::string_view kText[] = {" IS TRUE",      " IS NOT TRUE",  " IS FALSE",
                                               " IS NOT FALSE", " IS UNKNOWN", " IS NOT UNKNOWN"};
  Operand(n.arg);
  *this << kText[static_cast<int>(n.booltesttype)];
}
void Printer::P(const SubLink& n) {
  switch (n.subLinkType) {
    case SubLinkType::EXISTS_SUBLINK: *this << "EXISTS "; break;
    case SubLinkType::ARRAY_SUBLINK: *this << "ARRAY"; break;
    case SubLinkType::ANY_SUBLINK:
    case SubLinkType::ALL_SUBLINK:
      Operand(n.testexpr);
      if (n.operName.empty()) {
        *this << " IN ";
        break;
      }
      *this << " ";
      OperatorName(n.operName);
      *this << (n.subLinkType == SubLinkType::ANY_SUBLINK ? " ANY " : " ALL ");
      break;
    default: break;
  }
  *this << "(";
  Print(n.subselect);
  *this << ")";
}
void Printer::P(const CollateClause& n) {
  if (n.arg != nullptr) {
    Operand(n.arg);
    *this << " ";
  }
  *this << "COLLATE ";
  Dotted(n.collname);
}
void Printer::P(const TypeCast& n) {
  Operand(n.arg);
  *this << "::";
  P(*n.typeName);
}
void Printer::P(const NamedArgExpr& n) {
  AnyKeywordIdent(n.name);
  *this << " => ";
  Print(n.arg);
}

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

// --- types --------------------------------------------------------------------------------------------------------

void Printer::Typmods(const Nodes& mods) { ParenList(mods); }

void Printer::TypeBase(const TypeName& n) {
  auto is_number = [](const Node* mod) {
    auto* value = As<A_Const>(mod);
    return value != nullptr && value->type == ConstType::kInteger && value->ival >= 0;
  };
  bool one = n.typmods.size() == 1 && is_number(n.typmods[0]);
  if (n.names.size() == 2 && n.names[0] == "pg_catalog" && !n.pct_type) {
    struct Sugar {
      std::string_view name, text;
      enum { kNoMods, kOneOrNone, kOne, kAny, kSome } mods;
      std::string_view tail;
    };
    static constexpr Sugar kSugar[] = {
        {"int2", "smallint", Sugar::kNoMods, ""}, {"int4", "integer", Sugar::kNoMods, ""},
        {"int8", "bigint", Sugar::kNoMods, ""}, {"float4", "real", Sugar::kNoMods, ""},
        {"float8", "double precision", Sugar::kNoMods, ""}, {"bool", "boolean", Sugar::kNoMods, ""},
        {"numeric", "numeric", Sugar::kAny, ""}, {"varchar", "varchar", Sugar::kOneOrNone, ""},
        {"bpchar", "char", Sugar::kOne, ""}, {"bit", "bit", Sugar::kSome, ""},
        {"varbit", "bit varying", Sugar::kAny, ""}, {"timestamp", "timestamp", Sugar::kOneOrNone, ""},
        {"timestamptz", "timestamp", Sugar::kOneOrNone, " with time zone"},
        {"time", "time", Sugar::kOneOrNone, ""}, {"timetz", "time", Sugar::kOneOrNone, " with time zone"},
        {"interval", "interval", Sugar::kNoMods, ""}};
    for (const Sugar& s : kSugar) {
      if (s.name != n.names[1]) continue;
      bool none = n.typmods.empty();
      bool fits = s.mods == Sugar::kNoMods      ? none
                  : s.mods == Sugar::kOneOrNone ? none || one
                  : s.mods == Sugar::kOne       ? one
                  : s.mods == Sugar::kSome      ? !none
                                                : true;
      if (!fits) break;
      *this << s.text;
      Typmods(n.typmods);
      *this << s.tail;
      return;
    }
  }
  FunctionName(n.names);
  If(n.pct_type, "%TYPE");
  Typmods(n.typmods);
}

void Printer::P(const TypeName& n) {
  If(n.setof, "SETOF ");
  TypeBase(n);
  for (int32_t bound : n.arrayBounds) {
    *this << "[";
    if (bound >= 0) *this << bound;
    *this << "]";
  }
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
