#pragma once
// Expression nodes of the tree.
// Node and field names are those of PostgreSQL 15's raw parse tree (parsenodes.h, primnodes.h).

#include "parser/ast_base.hpp"

namespace pgshoal::parser {

// A literal, decoded. Its source text is [begin, end).
struct A_Const : Node {
  ConstType type = ConstType::kNull;
  int32_t ival = 0;  // kInteger: the value; kBoolean: 0 or 1
  Str sval;          // kFloat: digits as written; kString: decoded bytes; kBitString: 'b' or 'x', then the digits
  PGSHOAL_NODE(A_Const, type, ival, sval)
};

// `a`, `a.b`, `t.*`, `*`. The names in order; `star` when the reference ends in `*`.
struct ColumnRef : Node {
  Names fields;
  bool star = false;
  PGSHOAL_NODE(ColumnRef, fields, star)
};

struct ParamRef : Node {  // $n: c_expr
  int32_t number = 0;
  PGSHOAL_NODE(ParamRef, number)
};

struct A_Expr : Node {  // operators, IN, LIKE, BETWEEN, NULLIF, IS DISTINCT FROM, op ANY (array): a_expr, b_expr
  A_Expr_Kind kind = A_Expr_Kind::AEXPR_OP;
  Names name;
  Node* lexpr = nullptr;
  Node* rexpr = nullptr;
  PGSHOAL_NODE(A_Expr, kind, name, lexpr, rexpr)
};

struct BoolExpr : Node {  // AND, OR, NOT: a_expr
  BoolExprType boolop = BoolExprType::AND_EXPR;
  Nodes args;
  PGSHOAL_NODE(BoolExpr, boolop, args)
};

struct NullTest : Node {  // IS [NOT] NULL: a_expr
  Node* arg = nullptr;
  NullTestType nulltesttype = NullTestType::IS_NULL;
  PGSHOAL_NODE(NullTest, arg, nulltesttype)
};

struct BooleanTest : Node {  // IS [NOT] TRUE, FALSE, UNKNOWN: a_expr
  Node* arg = nullptr;
  BoolTestType booltesttype = BoolTestType::IS_TRUE;
  PGSHOAL_NODE(BooleanTest, arg, booltesttype)
};

struct SubLink : Node {  // (query), EXISTS, IN (query), op ANY (query), ARRAY (query): c_expr, a_expr
  SubLinkType subLinkType = SubLinkType::EXISTS_SUBLINK;
  Node* testexpr = nullptr;
  Names operName;
  Node* subselect = nullptr;
  PGSHOAL_NODE(SubLink, subLinkType, testexpr, operName, subselect)
};

struct FuncCall : Node {  // f(…) … FILTER … OVER …, and SQL's own calls (EXTRACT …): func_expr
  Names funcname;
  Nodes args;
  List<SortBy*> agg_order;
  Node* agg_filter = nullptr;
  WindowDef* over = nullptr;
  bool agg_within_group = false;
  bool agg_star = false;
  bool agg_distinct = false;
  bool func_variadic = false;
  CoercionForm funcformat = CoercionForm::COERCE_EXPLICIT_CALL;
  PGSHOAL_NODE(FuncCall, funcname, args, agg_order, agg_filter, over, agg_within_group, agg_star, agg_distinct,
               func_variadic, funcformat)
};

struct WindowDef : Node {  // WINDOW w AS (…), OVER w, OVER (…): window_definition, over_clause
  Str name;
  Str refname;
  Nodes partitionClause;
  List<SortBy*> orderClause;
  int32_t frameOptions = 0;
  Node* startOffset = nullptr;
  Node* endOffset = nullptr;
  PGSHOAL_NODE(WindowDef, name, refname, partitionClause, orderClause, frameOptions, startOffset, endOffset)
};

struct SortBy : Node {  // an item of ORDER BY: sortby
  Node* node = nullptr;
  SortByDir sortby_dir = SortByDir::SORTBY_DEFAULT;
  SortByNulls sortby_nulls = SortByNulls::SORTBY_NULLS_DEFAULT;
  Names useOp;
  PGSHOAL_NODE(SortBy, node, sortby_dir, sortby_nulls, useOp)
};

struct TypeName : Node {  // a type with modifiers and array bounds: Typename
  Names names;
  bool setof = false;
  bool pct_type = false;
  Nodes typmods;
  List<int32_t> arrayBounds;
  PGSHOAL_NODE(TypeName, names, setof, pct_type, typmods, arrayBounds)
};

struct TypeCast : Node {  // x::t, CAST (x AS t), t 'literal': a_expr, func_expr_common_subexpr, AexprConst
  Node* arg = nullptr;
  TypeName* typeName = nullptr;
  PGSHOAL_NODE(TypeCast, arg, typeName)
};

struct CollateClause : Node {  // COLLATE c: a_expr, ColQualList
  Node* arg = nullptr;
  Names collname;
  PGSHOAL_NODE(CollateClause, arg, collname)
};

struct NamedArgExpr : Node {  // name => x in a call: func_arg_expr
  Node* arg = nullptr;
  Str name;
  PGSHOAL_NODE(NamedArgExpr, arg, name)
};

struct CaseExpr : Node {  // CASE … END: case_expr
  Node* arg = nullptr;
  List<CaseWhen*> args;
  Node* defresult = nullptr;
  PGSHOAL_NODE(CaseExpr, arg, args, defresult)
};

struct CaseWhen : Node {  // WHEN … THEN …: when_clause
  Node* expr = nullptr;
  Node* result = nullptr;
  PGSHOAL_NODE(CaseWhen, expr, result)
};

struct RowExpr : Node {  // ROW (…), (a, b): row
  Nodes args;
  CoercionForm row_format = CoercionForm::COERCE_EXPLICIT_CALL;
  PGSHOAL_NODE(RowExpr, args, row_format)
};

struct CoalesceExpr : Node {  // COALESCE (…): func_expr_common_subexpr
  Nodes args;
  PGSHOAL_NODE(CoalesceExpr, args)
};

struct MinMaxExpr : Node {  // GREATEST (…), LEAST (…): func_expr_common_subexpr
  MinMaxOp op = MinMaxOp::IS_GREATEST;
  Nodes args;
  PGSHOAL_NODE(MinMaxExpr, op, args)
};

struct GroupingFunc : Node {  // GROUPING (…): c_expr
  Nodes args;
  PGSHOAL_NODE(GroupingFunc, args)
};

struct SQLValueFunction : Node {  // CURRENT_DATE, SESSION_USER …: func_expr_common_subexpr
  SQLValueFunctionOp op = SQLValueFunctionOp::SVFOP_CURRENT_DATE;
  int32_t typmod = -1;
  PGSHOAL_NODE(SQLValueFunction, op, typmod)
};

struct XmlExpr : Node {  // XMLELEMENT, XMLFOREST, XMLPARSE …, IS DOCUMENT: func_expr_common_subexpr, a_expr
  XmlExprOp op = XmlExprOp::IS_XMLCONCAT;
  Str name;
  List<ResTarget*> named_args;
  Nodes args;
  XmlOptionType xmloption = XmlOptionType::XMLOPTION_DOCUMENT;
  PGSHOAL_NODE(XmlExpr, op, name, named_args, args, xmloption)
};

struct XmlSerialize : Node {  // XMLSERIALIZE (…): func_expr_common_subexpr
  XmlOptionType xmloption = XmlOptionType::XMLOPTION_DOCUMENT;
  Node* expr = nullptr;
  TypeName* typeName = nullptr;
  PGSHOAL_NODE(XmlSerialize, xmloption, expr, typeName)
};

struct A_Indices : Node {  // [i], [l:u]: indirection_el
  bool is_slice = false;
  Node* lidx = nullptr;
  Node* uidx = nullptr;
  PGSHOAL_NODE(A_Indices, is_slice, lidx, uidx)
};

struct A_Indirection : Node {  // x[1].f.*: c_expr with opt_indirection
  Node* arg = nullptr;
  Nodes indirection;
  PGSHOAL_NODE(A_Indirection, arg, indirection)
};

struct A_ArrayExpr : Node {  // ARRAY[…]: array_expr
  Nodes elements;
  PGSHOAL_NODE(A_ArrayExpr, elements)
};

struct A_Star : Node {  // .* in an indirection: indirection_el
  PGSHOAL_NODE(A_Star)
};

struct MultiAssignRef : Node {  // one column of SET (a, b) = source: set_clause
  Node* source = nullptr;
  int32_t colno = 0;
  int32_t ncolumns = 0;
  PGSHOAL_NODE(MultiAssignRef, source, colno, ncolumns)
};

struct SetToDefault : Node {  // DEFAULT as a value: a_expr
  PGSHOAL_NODE(SetToDefault)
};

struct CurrentOfExpr : Node {  // WHERE CURRENT OF c: where_or_current_clause
  Str cursor_name;
  PGSHOAL_NODE(CurrentOfExpr, cursor_name)
};

}  // namespace pgshoal::parser
