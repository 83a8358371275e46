// Expressions: a_expr, b_expr, c_expr. One X3 parser climbs over a table of precedences, since layered rules cannot
// read `a * @ b + c` as PostgreSQL does. Longer than other files because the operators belong together.
// gram.y's rules that have no name of their own here: columnref, explicit_row, implicit_row, sub_type, MathOp, qual_Op,
// subquery_Op, in_expr, opt_slice_bound, opt_asymmetric.
#include <array>

#include "base/sqlstate.hpp"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

namespace {

// Binding strengths, as the %left/%right/%nonassoc list of gram.y, weakest first.
enum Level : uint8_t {
  kNoOperator, kOr, kAnd, kNot, kIs, kCompare, kLike, kOp, kAdd, kMul, kPow, kAt, kCollate, kUminus, kTypecast
};

constexpr std::size_t kTokens = static_cast<std::size_t>(Tok::ZONE) + 1;

constexpr auto kInfix = [] {
  std::array<uint8_t, kTokens> level{};
  auto is = [&](Level l, auto... tok) { ((level[static_cast<std::size_t>(tok)] = l), ...); };
  is(kOr, Tok::OR);
  is(kAnd, Tok::AND);
  is(kIs, Tok::IS, Tok::ISNULL, Tok::NOTNULL);
  is(kCompare, Tok::LESS, Tok::GREATER, Tok::EQUAL, Tok::LESS_EQUALS, Tok::GREATER_EQUALS, Tok::NOT_EQUALS);
  is(kLike, Tok::BETWEEN, Tok::IN_P, Tok::LIKE, Tok::ILIKE, Tok::SIMILAR, Tok::NOT_LA);
  is(kOp, Tok::OP, Tok::OPERATOR);
  is(kAdd, Tok::PLUS, Tok::MINUS);
  is(kMul, Tok::STAR, Tok::SLASH, Tok::PERCENT);
  is(kPow, Tok::CARET);
  is(kAt, Tok::AT);
  is(kCollate, Tok::COLLATE);
  is(kTypecast, Tok::TYPECAST);
  return level;
}();

// b_expr knows only these.
constexpr bool InBExpr(Tok tok) {
  switch (tok) {
    case Tok::OR: case Tok::AND: case Tok::ISNULL: case Tok::NOTNULL: case Tok::BETWEEN: case Tok::IN_P:
    case Tok::LIKE: case Tok::ILIKE: case Tok::SIMILAR: case Tok::NOT_LA: case Tok::AT: case Tok::COLLATE:
      return false;
    default:
      return true;
  }
}

constexpr Str kSelfNames[] = {"+", "-", "*", "/", "%", "^", "<", ">", "="};

// The operator's name as written in the tree.
Names OperatorName(ParseContext& state, It token) {
  Names list;
  if (token->kind >= Tok::PLUS && token->kind <= Tok::EQUAL) {
    list.items = const_cast<Str*>(&kSelfNames[static_cast<int>(token->kind) - static_cast<int>(Tok::PLUS)]);
    list.count = 1;
  } else {
    list.push_back(state.arena, token->value());
  }
  return list;
}

enum class Mode { kA, kB, kLabel };

bool Climb(It& first, const Ctx& ctx, Node*& out, int least, Mode mode);

// What may follow a target that has a label: a bare AND, IS, LIKE … in front of it is the label itself.
bool EndsTarget(It token) {
  switch (token->kind) {
    case Tok::COMMA: case Tok::FROM: case Tok::INTO: case Tok::WHERE: case Tok::GROUP_P: case Tok::HAVING:
    case Tok::WINDOW: case Tok::UNION: case Tok::INTERSECT: case Tok::EXCEPT: case Tok::ORDER: case Tok::LIMIT:
    case Tok::OFFSET: case Tok::FETCH: case Tok::FOR: case Tok::RPAREN: case Tok::SEMICOLON: case Tok::END:
    case Tok::WITH: case Tok::ON: case Tok::RETURNING:
      return true;
    default:
      return false;
  }
}

A_Expr* NewAExpr(ParseContext& state, A_Expr_Kind kind, Names op, Node* left, Node* right) {
  auto* node = state.arena.New<A_Expr>();
  node->kind = kind;
  node->name = op;
  node->lexpr = left;
  node->rexpr = right;
  return node;
}

bool Expect(It& first, ParseContext& state, Tok kind) {
  if (first->kind != kind) return false;
  Shift(first, state);
  return true;
}

Node* Bool(ParseContext& state, BoolExprType op, Node* left, Node* right) {
  auto* node = ast::As<BoolExpr>(left);
  if (node == nullptr || node->boolop != op) {
    node = state.arena.New<BoolExpr>();
    node->boolop = op;
    node->args.push_back(state.arena, left);
  }
  node->args.push_back(state.arena, right);
  return node;
}

// `ANY | SOME | ALL (…)` behind an operator. `first` is at ANY.
bool SubqueryOperator(It& first, const Ctx& ctx, Node*& out, Names op) {
  ParseContext& state = State(ctx);
  bool all = first->kind == Tok::ALL;
  Shift(first, state);
  if (first->kind != Tok::LPAREN) return false;
  if (first->opens_query) {
    auto* node = state.arena.New<SubLink>();
    node->subLinkType = all ? SubLinkType::ALL_SUBLINK : SubLinkType::ANY_SUBLINK;
    node->testexpr = out;
    node->operName = op;
    out = node;
    return ParseRule(select_with_parens, first, first, ctx, node->subselect);
  }
  Shift(first, state);
  Node* right = nullptr;
  if (!Climb(first, ctx, right, kOr, Mode::kA)) return false;
  out = NewAExpr(state, all ? A_Expr_Kind::AEXPR_OP_ALL : A_Expr_Kind::AEXPR_OP_ANY, op, out, right);
  return Expect(first, state, Tok::RPAREN);
}

bool IsQuantifier(It token) {
  return token->kind == Tok::ANY || token->kind == Tok::SOME || token->kind == Tok::ALL;
}

// LIKE, ILIKE, SIMILAR TO with or without NOT. `first` is at the word itself.
bool Like(It& first, const Ctx& ctx, Node*& out, bool negated) {
  static constexpr Str kNames[2][3] = {{"~~", "~~*", "~"}, {"!~~", "!~~*", "!~"}};
  ParseContext& state = State(ctx);
  int which = first->kind == Tok::LIKE ? 0 : first->kind == Tok::ILIKE ? 1 : 2;
  Names op;
  op.items = const_cast<Str*>(&kNames[negated][which]);
  op.count = 1;
  Shift(first, state);
  if (which == 2) {
    if (!Expect(first, state, Tok::TO)) return false;
  } else if (IsQuantifier(first)) {
    return SubqueryOperator(first, ctx, out, op);
  }
  Node* right = nullptr;
  if (!Climb(first, ctx, right, kLike + 1, Mode::kA)) return false;
  Node* escape = nullptr;
  if (first->kind == Tok::ESCAPE) {
    Shift(first, state);
    if (!Climb(first, ctx, escape, kLike + 1, Mode::kA)) return false;
  }
  if (which == 2 || escape != nullptr) {
    Nodes args;
    args.push_back(state.arena, right);
    if (escape != nullptr) args.push_back(state.arena, escape);
    auto* function = NewFuncCall(state, SystemName(state, which == 2 ? "similar_to_escape" : "like_escape"), args,
                                 CoercionForm::COERCE_EXPLICIT_CALL);
    function->begin = right->begin;
    function->end = first[-1].end;
    right = function;
  }
  constexpr A_Expr_Kind kKinds[] = {A_Expr_Kind::AEXPR_LIKE, A_Expr_Kind::AEXPR_ILIKE, A_Expr_Kind::AEXPR_SIMILAR};
  out = NewAExpr(state, kKinds[which], op, out, right);
  return kInfix[static_cast<std::size_t>(first->kind)] != kLike;
}

bool Between(It& first, const Ctx& ctx, Node*& out, bool negated) {
  static constexpr Str kNames[] = {"BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN SYMMETRIC"};
  ParseContext& state = State(ctx);
  Shift(first, state);
  bool symmetric = first->kind == Tok::SYMMETRIC;
  if (symmetric || first->kind == Tok::ASYMMETRIC) Shift(first, state);
  Node* low = nullptr;
  Node* high = nullptr;
  if (!Climb(first, ctx, low, kOr, Mode::kB) || !Expect(first, state, Tok::AND) ||
      !Climb(first, ctx, high, kLike + 1, Mode::kA)) {
    return false;
  }
  auto* bounds = state.arena.New<ListNode>();
  bounds->items.push_back(state.arena, low);
  bounds->items.push_back(state.arena, high);
  bounds->begin = low->begin;
  bounds->end = first[-1].end;
  int which = (symmetric ? 2 : 0) + (negated ? 1 : 0);
  constexpr A_Expr_Kind kKinds[] = {A_Expr_Kind::AEXPR_BETWEEN, A_Expr_Kind::AEXPR_NOT_BETWEEN,
                                    A_Expr_Kind::AEXPR_BETWEEN_SYM, A_Expr_Kind::AEXPR_NOT_BETWEEN_SYM};
  Names op;
  op.items = const_cast<Str*>(&kNames[which]);
  op.count = 1;
  out = NewAExpr(state, kKinds[which], op, out, bounds);
  return kInfix[static_cast<std::size_t>(first->kind)] != kLike;
}

bool ExprList(It& first, const Ctx& ctx, Nodes& list) {
  ParseContext& state = State(ctx);
  for (;;) {
    Node* item = nullptr;
    if (!Climb(first, ctx, item, kOr, Mode::kA)) return false;
    list.push_back(state.arena, item);
    if (first->kind != Tok::COMMA) return true;
    Shift(first, state);
  }
}

bool In(It& first, const Ctx& ctx, Node*& out, bool negated) {
  static constexpr Str kEqual[] = {"="}, kNotEqual[] = {"<>"};
  ParseContext& state = State(ctx);
  Shift(first, state);
  if (first->kind != Tok::LPAREN) return false;
  if (first->opens_query) {
    auto* node = state.arena.New<SubLink>();
    node->subLinkType = SubLinkType::ANY_SUBLINK;
    node->testexpr = out;
    node->begin = out->begin;
    if (!ParseRule(select_with_parens, first, first, ctx, node->subselect)) return false;
    node->end = first[-1].end;
    out = negated ? NotExpr(state, node) : node;
    return true;
  }
  It begin = first;
  Shift(first, state);
  auto* list = state.arena.New<ListNode>();
  if (!ExprList(first, ctx, list->items) || !Expect(first, state, Tok::RPAREN)) return false;
  Spanned(list, begin, first);
  out = NewAExpr(state, A_Expr_Kind::AEXPR_IN, negated ? StaticNames(kNotEqual) : StaticNames(kEqual), out, list);
  return true;
}

Node* Test(ParseContext& state, Node* arg, BoolTestType type) {
  auto* node = state.arena.New<BooleanTest>();
  node->arg = arg;
  node->booltesttype = type;
  return node;
}

// Everything that may follow IS. `first` is at IS.
bool IsTest(It& first, const Ctx& ctx, Node*& out, Mode mode) {
  static constexpr Str kEqual[] = {"="};
  ParseContext& state = State(ctx);
  Shift(first, state);
  bool negated = first->kind == Tok::NOT;
  if (negated) Shift(first, state);
  Tok kind = first->kind;
  if (mode == Mode::kB && kind != Tok::DISTINCT && kind != Tok::DOCUMENT_P) return false;
  uint32_t begin = out->begin;
  switch (kind) {
    case Tok::NULL_P: {
      auto* node = state.arena.New<NullTest>();
      node->arg = out;
      node->nulltesttype = negated ? NullTestType::IS_NOT_NULL : NullTestType::IS_NULL;
      out = node;
      break;
    }
    case Tok::TRUE_P:
      out = Test(state, out, negated ? BoolTestType::IS_NOT_TRUE : BoolTestType::IS_TRUE);
      break;
    case Tok::FALSE_P:
      out = Test(state, out, negated ? BoolTestType::IS_NOT_FALSE : BoolTestType::IS_FALSE);
      break;
    case Tok::UNKNOWN:
      out = Test(state, out, negated ? BoolTestType::IS_NOT_UNKNOWN : BoolTestType::IS_UNKNOWN);
      break;
    case Tok::DISTINCT: {
      Shift(first, state);
      Node* right = nullptr;
      if (!Expect(first, state, Tok::FROM) ||
          !Climb(first, ctx, right, kIs + 1, mode == Mode::kB ? Mode::kB : Mode::kA)) {
        return false;
      }
      out = NewAExpr(state, negated ? A_Expr_Kind::AEXPR_NOT_DISTINCT : A_Expr_Kind::AEXPR_DISTINCT,
                     StaticNames(kEqual), out, right);
      return kInfix[static_cast<std::size_t>(first->kind)] != kIs;
    }
    case Tok::DOCUMENT_P: {
      auto* node = state.arena.New<XmlExpr>();
      node->op = XmlExprOp::IS_DOCUMENT;
      node->args.push_back(state.arena, out);
      node->begin = begin;
      node->end = first->end;
      out = negated ? NotExpr(state, node) : node;
      break;
    }
    case Tok::NORMALIZED:
    case Tok::NFC:
    case Tok::NFD:
    case Tok::NFKC:
    case Tok::NFKD: {
      Nodes args;
      args.push_back(state.arena, out);
      if (kind != Tok::NORMALIZED) {
        constexpr Str kForms[] = {"NFC", "NFD", "NFKC", "NFKD"};
        int form = kind == Tok::NFC ? 0 : kind == Tok::NFD ? 1 : kind == Tok::NFKC ? 2 : 3;
        args.push_back(state.arena, Spanned(StringConst(state, kForms[form]), first, first + 1));
        Shift(first, state);
        if (first->kind != Tok::NORMALIZED) return false;
      }
      auto* node = NewFuncCall(state, SystemName(state, "is_normalized"), args, CoercionForm::COERCE_SQL_SYNTAX);
      node->begin = begin;
      node->end = first->end;
      out = negated ? NotExpr(state, node) : node;
      break;
    }
    default:
      return false;
  }
  Shift(first, state);
  return true;
}

// OPERATOR ( [schema .] op ). `first` is at OPERATOR.
bool QualifiedOperator(It& first, const Ctx& ctx, Names& op) {
  ParseContext& state = State(ctx);
  Shift(first, state);
  return Expect(first, state, Tok::LPAREN) && ParseRule(any_operator, first, first, ctx, op) &&
         Expect(first, state, Tok::RPAREN);
}

// One operator and what stands right of it; `out` is the left operand on entry.
bool Infix(It& first, const Ctx& ctx, Node*& out, int level, Mode mode) {
  ParseContext& state = State(ctx);
  Mode inner = mode == Mode::kB ? Mode::kB : Mode::kA;
  switch (first->kind) {
    case Tok::OR:
    case Tok::AND: {
      BoolExprType op = first->kind == Tok::OR ? BoolExprType::OR_EXPR : BoolExprType::AND_EXPR;
      Shift(first, state);
      Node* right = nullptr;
      if (!Climb(first, ctx, right, level + 1, Mode::kA)) return false;
      out = Bool(state, op, out, right);
      return true;
    }
    case Tok::IS:
      return IsTest(first, ctx, out, mode);
    case Tok::ISNULL:
    case Tok::NOTNULL: {
      auto* node = state.arena.New<NullTest>();
      node->arg = out;
      node->nulltesttype = first->kind == Tok::ISNULL ? NullTestType::IS_NULL : NullTestType::IS_NOT_NULL;
      out = node;
      Shift(first, state);
      return true;
    }
    case Tok::LIKE:
    case Tok::ILIKE:
    case Tok::SIMILAR:
      return Like(first, ctx, out, false);
    case Tok::BETWEEN:
      return Between(first, ctx, out, false);
    case Tok::IN_P:
      return In(first, ctx, out, false);
    case Tok::NOT_LA:
      Shift(first, state);
      if (first->kind == Tok::BETWEEN) return Between(first, ctx, out, true);
      if (first->kind == Tok::IN_P) return In(first, ctx, out, true);
      return Like(first, ctx, out, true);
    case Tok::AT: {
      Shift(first, state);
      Node* zone = nullptr;
      if (!Expect(first, state, Tok::TIME) || !Expect(first, state, Tok::ZONE) ||
          !Climb(first, ctx, zone, kAt + 1, Mode::kA)) {
        return false;
      }
      Nodes args;
      args.push_back(state.arena, zone);
      args.push_back(state.arena, out);
      out = NewFuncCall(state, SystemName(state, "timezone"), args, CoercionForm::COERCE_SQL_SYNTAX);
      return true;
    }
    case Tok::COLLATE: {
      Shift(first, state);
      auto* node = state.arena.New<CollateClause>();
      node->arg = out;
      out = node;
      return ParseRule(any_name, first, first, ctx, node->collname);
    }
    case Tok::TYPECAST: {
      Shift(first, state);
      auto* node = state.arena.New<TypeCast>();
      node->arg = out;
      out = node;
      return ParseRule(Typename, first, first, ctx, node->typeName);
    }
    default:
      break;
  }
  Names op;
  if (first->kind == Tok::OPERATOR) {
    if (!QualifiedOperator(first, ctx, op)) return false;
  } else {
    op = OperatorName(state, first);
    Shift(first, state);
  }
  if (IsQuantifier(first) && mode != Mode::kB) return SubqueryOperator(first, ctx, out, op);
  Node* right = nullptr;
  if (!Climb(first, ctx, right, level + 1, inner)) return false;
  out = NewAExpr(state, A_Expr_Kind::AEXPR_OP, op, out, right);
  return level != kCompare || kInfix[static_cast<std::size_t>(first->kind)] != kCompare;
}

bool Negate(ParseContext& state, Node*& out) {
  if (auto* value = ast::As<A_Const>(out)) {
    if (value->type == ConstType::kInteger) {
      value->ival = -value->ival;
      return true;
    }
    if (value->type == ConstType::kFloat) {
      if (value->sval[0] == '-') {
        value->sval.remove_prefix(1);
      } else {
        auto* text = static_cast<char*>(state.arena.Allocate(value->sval.size() + 1));
        text[0] = '-';
        value->sval.copy(text + 1, value->sval.size());
        value->sval = Str(text, value->sval.size() + 1);
      }
      return true;
    }
  }
  Names op;
  op.items = const_cast<Str*>(&kSelfNames[1]);
  op.count = 1;
  out = NewAExpr(state, A_Expr_Kind::AEXPR_OP, op, nullptr, out);
  return true;
}

bool IsRow(const Node* node) { return ast::Is<RowExpr>(node); }

// `row OVERLAPS row`, `left` being read already.
bool Overlaps(It& first, const Ctx& ctx, Node*& out, It begin) {
  ParseContext& state = State(ctx);
  Shift(first, state);
  bool row = first->kind == Tok::ROW || (first->kind == Tok::LPAREN && !first->opens_query);
  It right_begin = first;
  Node* right = nullptr;
  if (first->opens_query && ((first[1].word & kReserved) != 0 || first[1].kind == Tok::WITH_LA)) return ReadTo(first + 1, state);
  if (!row || !ParseRule(c_expr, first, first, ctx, right)) return false;
  if (!IsRow(right) || first[-1].kind != Tok::RPAREN) {
    return right_begin->kind == Tok::LPAREN && FailAt(state, "syntax error", right_begin + right_begin->size);
  }
  // (ROW(…)) and ((a, b)) are expressions, not rows.
  if (right_begin->kind == Tok::LPAREN && right->begin != right_begin->begin) {
    return FailAt(state, "syntax error", right_begin + right_begin->size);
  }
  auto& left_args = static_cast<RowExpr*>(out)->args;
  auto& right_args = static_cast<RowExpr*>(right)->args;
  if (left_args.size() != 2) {
    return Fail(state, sqlstate::kSyntaxError, "wrong number of parameters on left side of OVERLAPS expression",
                begin->begin);
  }
  if (right_args.size() != 2) {
    return Fail(state, sqlstate::kSyntaxError, "wrong number of parameters on right side of OVERLAPS expression",
                right_begin->begin);
  }
  Nodes args;
  for (Node* arg : left_args) args.push_back(state.arena, arg);
  for (Node* arg : right_args) args.push_back(state.arena, arg);
  out = NewFuncCall(state, SystemName(state, "overlaps"), args, CoercionForm::COERCE_SQL_SYNTAX);
  return true;
}

bool Prefix(It& first, const Ctx& ctx, Node*& out, Mode mode) {
  ParseContext& state = State(ctx);
  It begin = first;
  Mode inner = mode == Mode::kB ? Mode::kB : Mode::kA;
  switch (first->kind) {
    case Tok::PLUS:
    case Tok::MINUS: {
      bool minus = first->kind == Tok::MINUS;
      Shift(first, state);
      if (!Climb(first, ctx, out, kUminus, inner)) return false;
      if (minus) {
        Negate(state, out);
      } else {
        out = NewAExpr(state, A_Expr_Kind::AEXPR_OP, OperatorName(state, begin), nullptr, out);
      }
      Spanned(out, begin, first);
      return true;
    }
    case Tok::OP:
    case Tok::OPERATOR: {
      if (first->kind == Tok::OPERATOR && first[1].kind != Tok::LPAREN) break;  // a column of that name
      Names op;
      if (first->kind == Tok::OPERATOR) {
        if (!QualifiedOperator(first, ctx, op)) return false;
      } else {
        op = OperatorName(state, first);
        Shift(first, state);
      }
      Node* right = nullptr;
      if (!Climb(first, ctx, right, kOp + 1, inner)) return false;
      out = Spanned(NewAExpr(state, A_Expr_Kind::AEXPR_OP, op, nullptr, right), begin, first);
      return true;
    }
    case Tok::NOT:
    case Tok::NOT_LA:
      if (mode == Mode::kB) return false;
      Shift(first, state);
      if (!Climb(first, ctx, out, kNot, Mode::kA)) return false;
      out = Spanned(NotExpr(state, out), begin, first);
      return true;
    case Tok::DEFAULT:
      if (mode == Mode::kB) return false;
      Shift(first, state);
      out = Spanned(state.arena.New<SetToDefault>(), begin, first);
      return true;
    case Tok::UNIQUE: {
      if (mode == Mode::kB) return false;
      Shift(first, state);
      if (first->kind == Tok::NULLS_P) {
        Shift(first, state);
        if (first->kind == Tok::NOT) Shift(first, state);
        if (!Expect(first, state, Tok::DISTINCT)) return false;
      }
      Node* query = nullptr;
      if (!ParseRule(select_with_parens, first, first, ctx, query)) return false;
      return Fail(state, sqlstate::kFeatureNotSupported, "UNIQUE predicate is not yet implemented", begin->begin);
    }
    default:
      break;
  }
  if (!ParseRule(c_expr, first, first, ctx, out)) return false;
  if (first->kind == Tok::OVERLAPS && mode != Mode::kB && IsRow(out) && out->begin == begin->begin) {
    if (!Overlaps(first, ctx, out, begin)) return false;
    Spanned(out, begin, first);
  }
  return true;
}

// A long chain of operators makes a deep tree although it needs no stack here; those who walk it do.
constexpr int kLongestChain = 10'000;

bool Climb(It& first, const Ctx& ctx, Node*& out, int least, Mode mode) {
  if (StackIsLow(State(ctx))) return FailTooDeep(State(ctx));
  It begin = first;
  if (!Prefix(first, ctx, out, mode)) return false;
  for (int chain = 0;; ++chain) {
    int level = kInfix[static_cast<std::size_t>(first->kind)];
    if (level < least) return true;
    if (first->kind == Tok::OPERATOR && first[1].kind != Tok::LPAREN) {
      if (mode == Mode::kLabel) return true;  // a label
      return ReadTo(first + 1, State(ctx));
    }
    if (first->kind == Tok::SIMILAR && first[1].kind != Tok::TO && mode != Mode::kB) {
      ReadTo(first + 1, State(ctx));
      return least == kOr;  // substring(a SIMILAR b ESCAPE c)
    }
    if (mode != Mode::kA) {
      if (mode == Mode::kB) {
        if (!InBExpr(first->kind)) return true;
      } else if ((first->word & kBareLabel) != 0 && EndsTarget(first + 1)) {
        return true;
      }
    }
    Node* left = out;
    if (!Infix(first, ctx, out, level, mode)) return false;
    if (out != left || level == kOr || level == kAnd) Spanned(out, begin, first);
    if (out != left && chain > kLongestChain) return FailTooDeep(State(ctx));
  }
}

template <Mode M>
struct Expression : Base<Expression<M>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    return Climb(first, ctx, target, kOr, M);
  }
};

// '*' may only be the last of an indirection.
bool CheckIndirection(ParseContext& state, It next, Nodes& list) {
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    if (ast::Is<A_Star>(list[i])) return FailAt(state, "improper use of \"*\"", next);
  }
  return true;
}

// --- c_expr ---------------------------------------------------------------------------------------------------------

bool Indirect(It& first, const Ctx& ctx, Node*& out, It begin) {
  if (first->kind != Tok::DOT && first->kind != Tok::LBRACKET) return true;
  auto* node = State(ctx).arena.New<A_Indirection>();
  node->arg = out;
  if (!ParseRule(indirection, first, first, ctx, node->indirection)) return false;
  out = Spanned(node, begin, first);
  return true;
}

Node* Constant(ParseContext& state, It token) {
  auto* node = state.arena.New<A_Const>();
  node->begin = token->begin;
  node->end = token->end;
  switch (token->kind) {
    case Tok::ICONST:
      node->type = ConstType::kInteger;
      node->ival = token->ival();
      break;
    case Tok::FCONST:
      node->type = ConstType::kFloat;
      node->sval = token->value();
      break;
    case Tok::SCONST:
      node->type = ConstType::kString;
      node->sval = token->value();
      break;
    case Tok::BCONST:
    case Tok::XCONST:
      node->type = ConstType::kBitString;
      node->sval = token->value();
      break;
    case Tok::TRUE_P:
    case Tok::FALSE_P:
      node->type = ConstType::kBoolean;
      node->ival = token->kind == Tok::TRUE_P;
      break;
    default:
      break;
  }
  return node;
}

bool SubQuery(It& first, const Ctx& ctx, Node*& out, SubLinkType type, It begin) {
  auto* node = State(ctx).arena.New<SubLink>();
  node->subLinkType = type;
  if (!ParseRule(select_with_parens, first, first, ctx, node->subselect)) return false;
  out = Spanned(node, begin, first);
  return true;
}

bool Parenthesis(It& first, const Ctx& ctx, Node*& out) {
  ParseContext& state = State(ctx);
  It begin = first;
  if (first->opens_query) {
    return SubQuery(first, ctx, out, SubLinkType::EXPR_SUBLINK, begin) && Indirect(first, ctx, out, begin);
  }
  // Parentheses that hold nothing but parentheses need no stack.
  if (first[1].kind == Tok::LPAREN && first->size != 0 && first[1].size + 2 == first->size && !first[1].opens_query) {
    int around = 0;
    for (; first[1].kind == Tok::LPAREN && first[1].size + 2 == first->size; ++around) Shift(first, state);
    if (around > kLongestChain) return FailTooDeep(state);
    if (!Parenthesis(first, ctx, out)) return false;
    while (around-- > 0) {
      if (!Expect(first, state, Tok::RPAREN)) return false;
    }
    return Indirect(first, ctx, out, begin);
  }
  Shift(first, state);
  if (!Climb(first, ctx, out, kOr, Mode::kA)) return false;
  if (first->kind == Tok::COMMA) {
    auto* row = state.arena.New<RowExpr>();
    row->row_format = CoercionForm::COERCE_IMPLICIT_CAST;
    row->args.push_back(state.arena, out);
    Shift(first, state);
    if (!ExprList(first, ctx, row->args) || !Expect(first, state, Tok::RPAREN)) return false;
    out = Spanned(row, begin, first);
    return true;
  }
  return Expect(first, state, Tok::RPAREN) && Indirect(first, ctx, out, begin);
}

// A name in front of these is taken for a function's or a type's, and those have no subscripts and no "*".
bool AsFunctionName(It next) { return next->kind == Tok::LPAREN || next->kind == Tok::SCONST; }

// A column reference, from its first name on.
bool ColumnReference(It& first, const Ctx& ctx, Node*& out) {
  ParseContext& state = State(ctx);
  It begin = first;
  auto* column = state.arena.New<ColumnRef>();
  out = column;
  column->fields.push_back(state.arena, first->value());
  Shift(first, state);
  if (first->kind != Tok::DOT && first->kind != Tok::LBRACKET) {
    column->begin = begin->begin;
    column->end = begin->end;
    return true;
  }
  while (first->kind == Tok::DOT && (first[1].word & kColLabel) != 0) {
    column->fields.push_back(state.arena, first[1].value());
    Shift(first, state);
    Shift(first, state);
  }
  if (first->kind == Tok::DOT && first[1].kind == Tok::STAR) {
    Shift(first, state);
    Shift(first, state);
    column->star = true;
    if (first->kind == Tok::DOT || first->kind == Tok::LBRACKET) {
      Nodes rest;
      if (!ParseRule(any_indirection, first, first, ctx, rest)) return false;
      return FailAt(state, AsFunctionName(first) ? "syntax error" : "improper use of \"*\"", first);
    }
    if (AsFunctionName(first)) return FailAt(state, "syntax error", first);
  }
  Spanned(column, begin, first);
  if (first->kind != Tok::DOT && first->kind != Tok::LBRACKET) return true;
  auto* node = state.arena.New<A_Indirection>();
  node->arg = out;
  if (!ParseRule(any_indirection, first, first, ctx, node->indirection)) return false;
  out = Spanned(node, begin, first);
  return AsFunctionName(first) ? FailAt(state, "syntax error", first) : CheckIndirection(state, first, node->indirection);
}

// Whether the function-call syntax f(…) 'x' is a typed constant: the arguments become modifiers of the type.
bool TypedConstant(It& first, const Ctx& ctx, FuncCall* function, Node*& out, It begin) {
  ParseContext& state = State(ctx);
  for (Node* arg : function->args) {
    if (ast::Is<NamedArgExpr>(arg)) {
      return Fail(state, sqlstate::kSyntaxError, "type modifier cannot have parameter name", arg->begin);
    }
  }
  if (!function->agg_order.empty()) {
    It order = first;
    while (order->begin >= function->agg_order.front()->begin) --order;
    return Fail(state, sqlstate::kSyntaxError, "type modifier cannot have ORDER BY", order[-1].begin);
  }
  auto* type = state.arena.New<TypeName>();
  type->names = function->funcname;
  type->typmods = function->args;
  Spanned(type, begin, first);
  Node* value = Constant(state, first);
  Shift(first, state);
  out = Spanned(NewCast(state, value, type), begin, first);
  return true;
}

bool FunctionCall(It& first, const Ctx& ctx, Node*& out, It open, bool window) {
  ParseContext& state = State(ctx);
  It begin = first;
  auto* function = state.arena.New<FuncCall>();
  function->funcname.push_back(state.arena, first->value());
  for (It part = first + 2; part < open; part += 2) function->funcname.push_back(state.arena, part->value());
  first = open;
  if (first > state.furthest) state.furthest = first;
  if (!ParseRule(func_application, first, first, ctx, *function)) return false;
  out = function;
  if (window) {
    if (first->kind == Tok::SCONST && !function->func_variadic && !function->agg_star && !function->agg_distinct &&
        !function->args.empty() && open[1].kind != Tok::ALL) {
      return TypedConstant(first, ctx, function, out, begin);
    }
    if (first->kind == Tok::WITHIN || first->kind == Tok::FILTER || first->kind == Tok::OVER) {
      if (!ParseRule(func_suffix, first, first, ctx, *function)) return false;
    }
  }
  Spanned(function, begin, first);
  return true;
}

// `name 'literal'`
bool NamedConstant(It& first, const Ctx& ctx, Node*& out, It literal) {
  ParseContext& state = State(ctx);
  It begin = first;
  auto* type = state.arena.New<TypeName>();
  type->names.push_back(state.arena, first->value());
  for (It part = first + 2; part < literal; part += 2) type->names.push_back(state.arena, part->value());
  Spanned(type, begin, literal);
  Node* value = Constant(state, literal);
  first = literal;
  Shift(first, state);
  out = Spanned(NewCast(state, value, type), begin, first);
  return true;
}

// Anything that begins with a plain word: a column, a function call, a typed constant.
bool WordExpr(It& first, const Ctx& ctx, Node*& out, bool window) {
  uint8_t word = first->word;
  Tok next = first[1].kind;
  if ((word & kColId) != 0 && next != Tok::DOT && next != Tok::LPAREN && next != Tok::SCONST) {
    return ColumnReference(first, ctx, out);
  }
  It after = first + 1;
  while (after->kind == Tok::DOT && (after[1].word & kColLabel) != 0) after += 2;
  bool named = after == first + 1 ? (word & kTypeFunctionName) != 0 : (word & kColId) != 0;
  if (named && after->kind == Tok::LPAREN) return FunctionCall(first, ctx, out, after, window);
  if (named && after->kind == Tok::SCONST && window) return NamedConstant(first, ctx, out, after);
  if ((word & kColId) != 0) return ColumnReference(first, ctx, out);
  if ((word & kTypeFunc) != 0) Shift(first, State(ctx));
  return false;
}

bool IsTypeFollower(It token) {
  switch (token->kind) {
    case Tok::SCONST: case Tok::LPAREN: case Tok::VARYING: case Tok::WITH_LA: case Tok::WITHOUT:
    case Tok::CHARACTER: case Tok::CHAR_P: case Tok::PRECISION:
      return true;
    default:
      return false;
  }
}

bool Primary(It& first, const Ctx& ctx, Node*& out, bool window) {
  ParseContext& state = State(ctx);
  It begin = first;
  switch (first->kind) {
    case Tok::IDENT:
      return WordExpr(first, ctx, out, window);
    case Tok::ICONST: case Tok::FCONST: case Tok::SCONST: case Tok::BCONST: case Tok::XCONST:
    case Tok::TRUE_P: case Tok::FALSE_P: case Tok::NULL_P:
      out = Constant(state, first);
      Shift(first, state);
      return true;
    case Tok::PARAM: {
      auto* node = state.arena.New<ParamRef>();
      node->number = first->ival();
      node->begin = first->begin;
      node->end = first->end;
      if (node->number > state.max_param) state.max_param = node->number;
      out = node;
      Shift(first, state);
      return Indirect(first, ctx, out, begin);
    }
    case Tok::LPAREN:
      return Parenthesis(first, ctx, out);
    case Tok::CASE:
      return ParseRule(case_expr, first, first, ctx, out);
    case Tok::EXISTS:
      if (first[1].kind != Tok::LPAREN) break;
      Shift(first, state);
      return SubQuery(first, ctx, out, SubLinkType::EXISTS_SUBLINK, begin);
    case Tok::ARRAY:
      Shift(first, state);
      if (first->kind == Tok::LPAREN) return SubQuery(first, ctx, out, SubLinkType::ARRAY_SUBLINK, begin);
      if (!ParseRule(array_expr, first, first, ctx, out)) return false;
      Spanned(out, begin, first);
      return true;
    case Tok::ROW: {
      if (first[1].kind != Tok::LPAREN) break;
      Shift(first, state);
      Shift(first, state);
      auto* row = state.arena.New<RowExpr>();
      out = row;
      if (first->kind != Tok::RPAREN && !ExprList(first, ctx, row->args)) return false;
      if (!Expect(first, state, Tok::RPAREN)) return false;
      Spanned(row, begin, first);
      return true;
    }
    case Tok::GROUPING: {
      if (first[1].kind != Tok::LPAREN) break;
      Shift(first, state);
      Shift(first, state);
      auto* node = state.arena.New<GroupingFunc>();
      if (!ExprList(first, ctx, node->args) || !Expect(first, state, Tok::RPAREN)) return false;
      out = Spanned(node, begin, first);
      return true;
    }
    case Tok::CURRENT_DATE: case Tok::CURRENT_TIME: case Tok::CURRENT_TIMESTAMP: case Tok::LOCALTIME:
    case Tok::LOCALTIMESTAMP: case Tok::CURRENT_ROLE: case Tok::CURRENT_USER: case Tok::SESSION_USER: case Tok::USER:
    case Tok::CURRENT_CATALOG:
      return ParseRule(func_expr_common_subexpr, first, first, ctx, out);
    case Tok::CAST:
      return ParseRule(func_expr_common_subexpr, first, first, ctx, out);
    case Tok::CURRENT_SCHEMA:
      if (first[1].kind == Tok::LPAREN || first[1].kind == Tok::SCONST) break;
      return ParseRule(func_expr_common_subexpr, first, first, ctx, out);
    case Tok::COLLATION:
      if (first[1].kind != Tok::FOR) break;
      return ParseRule(func_expr_common_subexpr, first, first, ctx, out);
    case Tok::EXTRACT: case Tok::NORMALIZE: case Tok::OVERLAY: case Tok::POSITION: case Tok::SUBSTRING: case Tok::TREAT:
    case Tok::TRIM: case Tok::NULLIF: case Tok::COALESCE: case Tok::GREATEST: case Tok::LEAST: case Tok::XMLCONCAT:
    case Tok::XMLELEMENT: case Tok::XMLEXISTS: case Tok::XMLFOREST: case Tok::XMLPARSE: case Tok::XMLPI:
    case Tok::XMLROOT: case Tok::XMLSERIALIZE:
      if (first[1].kind != Tok::LPAREN) break;
      return ParseRule(func_expr_common_subexpr, first, first, ctx, out);
    case Tok::INT_P: case Tok::INTEGER: case Tok::SMALLINT: case Tok::BIGINT: case Tok::REAL: case Tok::FLOAT_P:
    case Tok::DECIMAL_P: case Tok::DEC: case Tok::NUMERIC: case Tok::BOOLEAN_P: case Tok::BIT: case Tok::CHARACTER:
    case Tok::CHAR_P: case Tok::VARCHAR: case Tok::NATIONAL: case Tok::NCHAR: case Tok::TIMESTAMP: case Tok::TIME:
    case Tok::INTERVAL: case Tok::DOUBLE_P:
      if (!window) break;
      if (first->kind == Tok::DOUBLE_P ? first[1].kind != Tok::PRECISION : !IsTypeFollower(first + 1)) break;
      if (first->kind == Tok::INTERVAL) return ParseRule(ConstInterval_literal, first, first, ctx, out);
      {
        TypeName* type = nullptr;
        if (!ParseRule(ConstTypename, first, first, ctx, type) || first->kind != Tok::SCONST) return false;
        Node* value = Constant(state, first);
        Shift(first, state);
        out = Spanned(NewCast(state, value, type), begin, first);
        return true;
      }
    default:
      break;
  }
  if ((first->word & (kColId | kTypeFunc)) == 0) return false;
  return WordExpr(first, ctx, out, window);
}

struct PrimaryParser : Base<PrimaryParser> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    return Primary(first, ctx, target, true);
  }
};

// The constants of AexprConst are those primaries that turn out to be one.
bool IsConstant(ParseContext&, It begin, It after, Node*& value, Node*& target) {
  target = value;
  if (ast::Is<A_Const>(value)) return true;
  auto* cast = ast::As<TypeCast>(value);
  return cast != nullptr && after > begin && ast::Is<A_Const>(cast->arg) && after[-1].kind != Tok::TYPECAST &&
         begin->kind != Tok::CAST && begin->kind != Tok::LPAREN;
}

// --- indirection ------------------------------------------------------------------------------------------------------

constexpr auto subscript = lb >> choose(when<Kw<Tok::COLON>{}>(
    Kw<Tok::COLON>{} >> put<&A_Indices::is_slice> >>
    choose(when<rb>(eps), otherwise(set<&A_Indices::uidx>(a_expr)))),
  otherwise(set<&A_Indices::uidx>(a_expr) >> opt<Kw<Tok::COLON>{}>(
    Kw<Tok::COLON>{} >> put<&A_Indices::is_slice> >>
    call<[](ParseContext&, It, A_Indices& n) { n.lidx = n.uidx; n.uidx = nullptr; }> >>
    choose(when<rb>(eps), otherwise(set<&A_Indices::uidx>(a_expr)))))) >> rb;

constexpr auto indirection_el = choose(
    when<dot>(dot >> choose(when<star>(make<A_Star>(star)), otherwise(attr_name))),
    when<lb>(make<A_Indices>(subscript)));

// indirection_el … : what begins like one has to be one.
struct IndirectionEls : Base<IndirectionEls> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    while (first->kind == Tok::DOT || first->kind == Tok::LBRACKET) {
      if (!indirection_el.parse(first, last, ctx, target, x3::unused)) return false;
    }
    return true;
  }
};
constexpr auto one_or_more = peek<dot, lb> >> IndirectionEls{};

}  // namespace

PGSHOAL_DEFINE(a_expr, Expression<Mode::kA>{})
PGSHOAL_DEFINE(b_expr, Expression<Mode::kB>{})
PGSHOAL_DEFINE(target_expr, Expression<Mode::kLabel>{})
PGSHOAL_DEFINE(c_expr, PrimaryParser{})
PGSHOAL_DEFINE(AexprConst, build<Node*, IsConstant>(c_expr))
PGSHOAL_DEFINE(any_indirection, one_or_more)
PGSHOAL_DEFINE(indirection, one_or_more >> call<CheckIndirection>)
PGSHOAL_DEFINE(opt_indirection, IndirectionEls{} >> call<CheckIndirection>)

namespace {

// all_Op, which in any_operator a schema may precede.
template <bool Qualified>
struct OperatorToken : Base<OperatorToken<Qualified>> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    if ((first->kind < Tok::PLUS || first->kind > Tok::EQUAL) && first->kind != Tok::OP &&
        (first->kind < Tok::LESS_EQUALS || first->kind > Tok::NOT_EQUALS)) {
      return Qualified && (first->word & kColId) != 0 && ReadTo(first + 1, State(ctx));  // might be a schema's name
    }
    Put(State(ctx), target, OperatorName(State(ctx), first)[0], first);
    Shift(first, State(ctx));
    return true;
  }
};

}  // namespace

PGSHOAL_DEFINE(any_operator, many(peek2<dot> >> ColId >> dot) >> OperatorToken<true>{})
PGSHOAL_DEFINE(qual_all_Op, choose(
    when<OPERATOR>(OPERATOR >> lp >> any_operator >> rp), otherwise(OperatorToken<false>{})))

namespace {

// func_application or a function with its own syntax, without OVER and the like. Anything else is no function.
bool IsFunction(It begin, const Node* value) {
  switch (value->tag) {
    case NodeTag::FuncCall: case NodeTag::SQLValueFunction: case NodeTag::CoalesceExpr: case NodeTag::MinMaxExpr:
    case NodeTag::XmlExpr: case NodeTag::XmlSerialize:
      return true;
    case NodeTag::TypeCast:
      return begin->kind == Tok::CAST;
    case NodeTag::A_Expr:
      return begin->kind == Tok::NULLIF;
    default:
      return false;
  }
}

struct WindowlessParser : Base<WindowlessParser> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    It begin = first;
    switch (first->kind) {
      case Tok::EXISTS: case Tok::ROW: case Tok::GROUPING:
        if (first[1].kind == Tok::DOT || first[1].kind == Tok::LBRACKET) break;
        return ReadTo(first + 1, State(ctx));  // names of columns, not of functions
      default:
        break;
    }
    if ((first->word & (kColId | kTypeFunc)) == 0) {
      if ((first->word & kReserved) == 0) return false;
      if (first->kind == Tok::CASE || first->kind == Tok::ARRAY || first->kind == Tok::NULL_P ||
          first->kind == Tok::TRUE_P || first->kind == Tok::FALSE_P) {
        return false;
      }
    }
    if ((first->word & kColId) != 0) {
      It after = first + 1;
      while (after->kind == Tok::DOT && (after[1].word & kColLabel) != 0) after += 2;
      if (after->kind == Tok::LBRACKET || (after->kind == Tok::DOT && after[1].kind == Tok::STAR)) {
        Nodes ignored;
        Shift(first, State(ctx));
        return ParseRule(any_indirection, first, first, ctx, ignored) && FailAt(State(ctx), "syntax error", first);
      }
    }
    return Primary(first, ctx, target, false) && IsFunction(begin, target);
  }
};

}  // namespace

PGSHOAL_DEFINE(func_expr_windowless, WindowlessParser{})

}  // namespace pgshoal::parser::grammar
