// Facts: what WHERE and ON say, and which of it holds where.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "router/plan/analysis.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

namespace {

constexpr Oid kArrayMark = 0x80000000u;  // "an array of" in the notes about parameters

void Append(Facts* to, Facts from) {
  to->insert(to->end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

bool IsOperator(const parser::Names& name, std::string_view symbol) {
  return !name.empty() && name.back() == symbol && (name.size() == 1 || (name.size() == 2 && name[0] == "pg_catalog"));
}

bool IsWhole(std::string_view digits) {
  return digits.find_first_not_of("0123456789-") == std::string_view::npos;
}

// Decimal digits that fit bigint.
bool FitsInt8(std::string_view digits) {
  if (!IsWhole(digits)) return false;
  const bool negative = !digits.empty() && digits[0] == '-';
  if (negative) digits.remove_prefix(1);
  while (digits.size() > 1 && digits[0] == '0') digits.remove_prefix(1);
  const std::string_view bound = negative ? "9223372036854775808" : "9223372036854775807";
  return digits.size() < bound.size() || (digits.size() == bound.size() && digits <= bound);
}

bool IsInteger(Oid type) {
  return type == oid::kInt2 || type == oid::kInt4 || type == oid::kInt8;
}

KeyOperand Constant(Oid type, std::string text) {
  KeyOperand operand;
  operand.type = type;
  operand.text = std::move(text);
  return operand;
}

}  // namespace

std::optional<KeyOperand> Analysis::Operand(const parser::Node* expression) const {
  if (const auto* param = As<parser::ParamRef>(expression)) {
    if (param->number < 1) return std::nullopt;
    KeyOperand operand;
    operand.parameter = param->number - 1;
    return operand;
  }
  if (const auto* constant = As<parser::A_Const>(expression)) {
    switch (constant->type) {
      case parser::ConstType::kInteger:
        return Constant(oid::kInt4, fmt::format("{}", constant->ival));
      case parser::ConstType::kFloat:
        return Constant(FitsInt8(constant->sval) ? oid::kInt8 : oid::kNumeric, std::string(constant->sval));
      case parser::ConstType::kString:
        return Constant(0, std::string(constant->sval));
      case parser::ConstType::kBoolean:
        return Constant(oid::kBool, constant->ival != 0 ? "t" : "f");
      case parser::ConstType::kNull: {
        KeyOperand null;
        null.is_null = true;
        return null;
      }
      case parser::ConstType::kBitString:
        return std::nullopt;
    }
  }
  const auto* cast = As<parser::TypeCast>(expression);
  if (cast == nullptr || !cast->typeName->typmods.empty() || Is<parser::TypeCast>(cast->arg)) return std::nullopt;
  const Oid type = ResolveType(job_, *cast->typeName);
  // The type char(1) and the like carry a length of their own and were left out above; "char" is no key type.
  if (!shardmap::KeyTypeOf(type)) return std::nullopt;
  std::optional<KeyOperand> inner = Operand(cast->arg);
  if (!inner || inner->is_null) return inner;
  const bool untyped = inner->type == 0;
  const bool widens = (IsInteger(inner->type) && (IsInteger(type) || type == oid::kNumeric)) || inner->type == type;
  if (!untyped && !widens) return std::nullopt;
  inner->type = type;
  return inner;
}

void Analysis::Explain(const parser::Node* expression, Oid type) {
  const auto* param = As<parser::ParamRef>(expression);
  if (param != nullptr) explained_[param->number - 1][param] = type;
}

ParameterRules Analysis::Parameters() const {
  ParameterRules rules;
  if (parameter_uses.empty()) return rules;
  const int highest = parameter_uses.rbegin()->first;
  rules.usable.assign(static_cast<std::size_t>(highest < 0 ? 0 : highest + 1), false);
  const std::vector<Oid>& declared = job_.context.parameter_types;
  for (const auto& [number, uses] : parameter_uses) {
    if (number < 0) continue;
    const auto index = static_cast<std::size_t>(number);
    if (uses == 1 || (index < declared.size() && declared[index] != 0 && declared[index] != oid::kUnknown)) {
      rules.usable[index] = true;
      continue;
    }
    auto notes = explained_.find(number);
    if (notes == explained_.end() || static_cast<int>(notes->second.size()) != uses) continue;
    const Oid first = notes->second.begin()->second;
    bool same = first != 0;
    for (const auto& [node, type] : notes->second) same = same && type == first;
    rules.usable[index] = same;
  }
  return rules;
}

void Analysis::PairFacts(const parser::Node* left, const parser::Node* right, const Env& env, Facts* facts) {
  const auto* left_row = As<parser::RowExpr>(left);
  const auto* right_row = As<parser::RowExpr>(right);
  if (left_row != nullptr && right_row != nullptr) {
    if (left_row->args.size() != right_row->args.size()) return;
    for (std::size_t i = 0; i < left_row->args.size(); ++i)
      PairFacts(left_row->args[i], right_row->args[i], env, facts);
    return;
  }
  TermId a = ResolveIn(env, left);
  TermId b = ResolveIn(env, right);
  if (a != kNoTerm && b != kNoTerm) {
    facts->push_back(Fact{Fact::Kind::kEqual, a, b, {}, {}});
    return;
  }
  const parser::Node* value = right;
  if (a == kNoTerm) std::swap(a, b), value = left;
  if (a == kNoTerm) return;
  Explain(value, terms[static_cast<std::size_t>(a)].type);
  if (auto operand = Operand(value)) facts->push_back(Fact{Fact::Kind::kValues, a, kNoTerm, {*operand}, {}});
}

// term = ANY (array): a parameter, an ARRAY[…] of constants, or a string that is one.
void Analysis::AnyFacts(const parser::A_Expr& expr, const Env& env, Facts* facts) {
  const TermId term = ResolveIn(env, expr.lexpr);
  if (term == kNoTerm) return;
  const Oid type = terms[static_cast<std::size_t>(term)].type;
  const parser::Node* array = expr.rexpr;
  Oid element = 0;
  if (const auto* cast = As<parser::TypeCast>(array)) {
    const catalog::Type* cast_type = job_.context.catalog.FindType(ResolveType(job_, *cast->typeName));
    if (cast_type == nullptr || cast_type->element == 0 || !shardmap::KeyTypeOf(cast_type->element) ||
        !cast->typeName->typmods.empty()) {
      return;
    }
    element = cast_type->element;
    array = cast->arg;
  }
  Fact fact{Fact::Kind::kValues, term, kNoTerm, {}, {}};
  if (const auto* list = As<parser::A_ArrayExpr>(array)) {
    for (const parser::Node* item : list->elements) {
      auto operand = Operand(item);
      if (!operand || (element != 0 && operand->type != 0 && operand->type != element)) return;
      if (element != 0) operand->type = element;
      fact.values.push_back(*operand);
    }
    // Elements of several types are first made alike by PostgreSQL: only clear cases are taken.
    for (const KeyOperand& operand : fact.values) {
      const bool alike = operand.type == fact.values[0].type || operand.is_null;
      if (!alike || (operand.type == 0 && operand.parameter && element == 0)) return;
    }
  } else {
    auto operand = Operand(array);
    if (!operand || operand->is_null || (!operand->parameter && operand->type != 0)) return;
    if (element == 0) Explain(array, type | kArrayMark);
    operand->is_array = true;
    operand->type = element;
    fact.values.push_back(*operand);
  }
  facts->push_back(std::move(fact));
}

bool Analysis::EqualsIsForeign() const {
  const auto& path = job_.context.search_path;
  return job_.context.catalog.FindUserOperator("=") != nullptr &&
         std::find(path.begin(), path.end(), "pg_catalog") != path.end();
}

Facts Analysis::ExtractFacts(const parser::Node* condition, const Env& env) {
  Facts facts;
  if (condition == nullptr) return facts;
  if (EqualsIsForeign()) return facts;
  if (const auto* constant = As<parser::A_Const>(condition)) {
    const bool is_false = constant->type == parser::ConstType::kBoolean && constant->ival == 0;
    if (is_false || constant->type == parser::ConstType::kNull) facts.push_back(Fact{});
    return facts;
  }
  if (const auto* test = As<parser::NullTest>(condition)) {
    const TermId term = ResolveIn(env, test->arg);
    if (test->nulltesttype == parser::NullTestType::IS_NULL && term != kNoTerm && env.scope->items.size() == 1 &&
        env.visible->size() == 1 && ItemOf(term) == env.visible->front()) {
      facts.push_back(Fact{Fact::Kind::kNull, term, kNoTerm, {}, {}});
    }
    return facts;
  }
  if (const auto* link = As<parser::SubLink>(condition)) {
    const bool is_in = link->subLinkType == parser::SubLinkType::ANY_SUBLINK &&
                       (link->operName.empty() || IsOperator(link->operName, "="));
    const TermId term = is_in ? ResolveIn(env, link->testexpr) : kNoTerm;
    if (term != kNoTerm) memberships_[link] = {Fact{Fact::Kind::kEqual, term, kNoTerm, {}, {}}};
    return facts;
  }
  if (const auto* logic = As<parser::BoolExpr>(condition)) {
    if (logic->boolop == parser::BoolExprType::AND_EXPR) {
      for (const parser::Node* arg : logic->args) Append(&facts, ExtractFacts(arg, env));
    } else if (logic->boolop == parser::BoolExprType::OR_EXPR) {
      Fact either;
      either.kind = Fact::Kind::kEither;
      const auto before = memberships_;
      for (const parser::Node* arg : logic->args) either.branches.push_back(ExtractFacts(arg, env));
      memberships_ = before;  // an IN that need not hold says nothing
      for (const Facts& branch : either.branches) {
        if (branch.empty()) return facts;
      }
      facts.push_back(std::move(either));
    }
    return facts;
  }
  const auto* expr = As<parser::A_Expr>(condition);
  if (expr == nullptr || !IsOperator(expr->name, "=")) return facts;
  if (expr->kind == parser::A_Expr_Kind::AEXPR_OP && expr->lexpr != nullptr) {
    PairFacts(expr->lexpr, expr->rexpr, env, &facts);
  } else if (expr->kind == parser::A_Expr_Kind::AEXPR_OP_ANY) {
    AnyFacts(*expr, env, &facts);
  } else if (expr->kind == parser::A_Expr_Kind::AEXPR_IN) {
    const auto* list = As<parser::ListNode>(expr->rexpr);
    if (list == nullptr) return facts;
    if (Is<parser::RowExpr>(expr->lexpr)) {
      Fact either;
      either.kind = Fact::Kind::kEither;
      for (const parser::Node* item : list->items) {
        Facts branch;
        PairFacts(expr->lexpr, item, env, &branch);
        if (branch.empty()) return facts;
        either.branches.push_back(std::move(branch));
      }
      facts.push_back(std::move(either));
      return facts;
    }
    const TermId term = ResolveIn(env, expr->lexpr);
    if (term == kNoTerm) return facts;
    // Constants of several types are first made alike: 1.5 makes the whole list numeric, which changes no equality.
    Fact fact{Fact::Kind::kValues, term, kNoTerm, {}, {}};
    for (const parser::Node* item : list->items) {
      Explain(item, terms[static_cast<std::size_t>(term)].type);
      auto operand = Operand(item);
      if (!operand) return facts;
      fact.values.push_back(std::move(*operand));
    }
    // An untyped item beside typed ones takes the type that they agree on.
    Oid typed = 0;
    for (const KeyOperand& operand : fact.values) {
      if (operand.type == 0) continue;
      if (typed != 0 && typed != operand.type && !(IsInteger(typed) && IsInteger(operand.type))) return facts;
      typed = IsInteger(typed) ? std::max(typed, operand.type) : operand.type;
    }
    if (typed != 0) {
      for (KeyOperand& operand : fact.values) {
        if (operand.type != 0 || operand.is_null) continue;
        const Oid column = terms[static_cast<std::size_t>(term)].type;
        const bool alike = typed == column || (IsInteger(typed) && IsInteger(column));
        if (!alike) return facts;
      }
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

// ---- Which facts hold where --------------------------------------------------------------------------------------

namespace {

Facts LinkFacts(const FromItem& item, bool only_transparent) {
  Facts facts;
  if (item.query == nullptr || !item.query->outputs_known) return facts;
  const std::size_t count = std::min(item.query->outputs.size(), item.columns.size());
  for (std::size_t i = 0; i < count; ++i) {
    const TermId inner = item.query->outputs[i].term;
    if (inner == kNoTerm || (only_transparent && !item.query->transparent[i])) continue;
    facts.push_back(Fact{Fact::Kind::kEqual, item.first_term + static_cast<TermId>(i), inner, {}, {}});
  }
  return facts;
}

// IS NULL is not strict: it stays with its own table. WHERE false stays on its level: an aggregate above it still gives
// a row, for which other levels are evaluated.
bool StaysHome(const Fact& fact) {
  if (fact.kind == Fact::Kind::kNull || fact.kind == Fact::Kind::kNever) return true;
  if (fact.kind != Fact::Kind::kEither) return false;
  return std::any_of(fact.branches.begin(), fact.branches.end(),
                     [](const Facts& branch) { return std::any_of(branch.begin(), branch.end(), StaysHome); });
}

Facts AcrossLevels(Facts facts) {
  std::erase_if(facts, StaysHome);
  return facts;
}

}  // namespace

Facts Analysis::TreeOutput(const JoinTree* tree) const {
  if (tree == nullptr) return {};
  if (tree->item >= 0) {
    const FromItem& item = items[static_cast<std::size_t>(tree->item)];
    if (item.query == nullptr) return {};
    Facts facts = LinkFacts(item, false);
    Append(&facts, OutputFacts(*item.query));
    return facts;
  }
  Facts facts;
  switch (tree->type) {
    case parser::JoinType::JOIN_INNER:
      facts = tree->on;
      Append(&facts, TreeOutput(tree->left.get()));
      Append(&facts, TreeOutput(tree->right.get()));
      break;
    case parser::JoinType::JOIN_LEFT:
      return TreeOutput(tree->left.get());
    case parser::JoinType::JOIN_RIGHT:
      return TreeOutput(tree->right.get());
    default:
      break;
  }
  return facts;
}

bool Analysis::AlwaysGivesRow(const QueryScope& scope) const {
  if (scope.grouping_sets) return true;
  if (scope.select == nullptr || !scope.select->groupClause.empty()) return false;
  return scope.select->havingClause != nullptr || outer_aggregate != nullptr ||
         std::any_of(calls.begin(), calls.end(),
                     [&](const auto& call) { return call.second == &scope && call.first.aggregate; });
}

Facts Analysis::OutputFacts(const QueryScope& scope) const {
  if (scope.select == nullptr || scope.select->op != parser::SetOperation::SETOP_NONE || AlwaysGivesRow(scope))
    return {};
  Facts facts = scope.where;
  Append(&facts, TreeOutput(scope.from.get()));
  return AcrossLevels(std::move(facts));
}

Facts Analysis::CollectTree(const JoinTree* tree, int item) const {
  if (tree == nullptr || tree->item >= 0) return {};
  const bool in_left = tree->left != nullptr && Contains(*tree->left, item);
  const JoinTree* with = in_left ? tree->left.get() : tree->right.get();
  const JoinTree* without = in_left ? tree->right.get() : tree->left.get();
  Facts facts = CollectTree(with, item);
  const bool nullable = (tree->type == parser::JoinType::JOIN_LEFT && !in_left) ||
                        (tree->type == parser::JoinType::JOIN_RIGHT && in_left);
  if (tree->type == parser::JoinType::JOIN_INNER || nullable) {
    Append(&facts, tree->on);
    Append(&facts, TreeOutput(without));
  }
  return facts;
}

Facts Analysis::OuterFacts(const QueryScope& scope) const {
  Facts facts = scope.membership;
  switch (scope.role) {
    case QueryScope::Role::kTop:
      break;
    case QueryScope::Role::kBranch:
      return OuterFacts(*scope.parent);
    case QueryScope::Role::kCte:
    case QueryScope::Role::kFrom:
      if (scope.as_item >= 0) {
        Append(&facts, LinkFacts(items[static_cast<std::size_t>(scope.as_item)], true));
        Append(&facts, AcrossLevels(FactsFor(scope.as_item)));
      }
      break;
    case QueryScope::Role::kExpression:
      if (scope.parent != nullptr && !scope.parent->grouping_sets) {
        Append(&facts, AcrossLevels(scope.parent->where));
        Append(&facts, AcrossLevels(TreeOutput(scope.parent->from.get())));
      }
      if (scope.parent != nullptr) Append(&facts, OuterFacts(*scope.parent));
      break;
    case QueryScope::Role::kOn:
      if (scope.parent != nullptr) Append(&facts, OuterFacts(*scope.parent));
      break;
  }
  return facts;
}

Facts Analysis::FactsFor(int item) const {
  const QueryScope& scope = *items[static_cast<std::size_t>(item)].owner;
  Facts facts = scope.where;
  Append(&facts, CollectTree(scope.from.get(), item));
  Append(&facts, OuterFacts(scope));
  return facts;
}

Selector Analysis::SelectorFor(int item) const {
  const FromItem& from = items[static_cast<std::size_t>(item)];
  return SelectorFromFacts(from.info, from.first_term, terms, FactsFor(item), Parameters());
}

}  // namespace pgshoal::plan
