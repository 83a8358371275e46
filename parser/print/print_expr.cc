// Operators, tests, casts and subqueries, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

namespace {

bool IsSystem(const Names& names, std::string_view name) {
  return names.size() == 2 && names[0] == "pg_catalog" && names[1] == name;
}

// Operators that the grammar knows by themselves, between operands only.
bool IsInfixOnly(Str name) {
  for (Str known : {"*", "/", "%", "^", "<", ">", "=", "<=", ">=", "<>"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

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
        // A sign in front of a number would become part of it; some operators stand in front only as OPERATOR(…).
        auto* value = As<A_Const>(n.rexpr);
        bool number = value != nullptr && (value->type == ConstType::kInteger || value->type == ConstType::kFloat);
        bool sign = n.name.size() == 1 && (n.name[0] == "-" || n.name[0] == "+");
        if (n.name.size() == 1 && (sign ? number && n.name[0] == "-" : IsInfixOnly(n.name[0]))) {
          *this << "OPERATOR(" << n.name[0] << ")";
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

}  // namespace pgshoal::parser
