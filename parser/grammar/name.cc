// Names of objects and the small things that many statements share.
// gram.y's rules that have no name of their own here: qualified_name_list, name_list, attrs, columnElem,
// extended_relation_expr, relation_expr_list, NonReservedWord_or_Sconst.
#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/grammar/make.hpp"
#include "parser/grammar/rules.hpp"

namespace pgshoal::parser::grammar {

std::string JoinNames(const Names& names) {
  std::string text;
  for (Str part : names) {
    if (!text.empty()) text += '.';
    text += part;
  }
  return text;
}

void PlaceList(ListNode& list, It begin, It after) {
  if (begin == nullptr || after <= begin) {
    if (list.items.empty() || list.items.front() == nullptr) return;
    list.begin = list.items.front()->begin, list.end = list.items.back()->end;
    return;
  }
  list.begin = begin->begin, list.end = after[-1].end;
  It token = begin;  // the names may begin in the middle, as in `name ON table`, which becomes {table, name}
  for (Node* item : list.items) {
    auto* name_node = ast::As<ast::String>(item);
    if (name_node == nullptr || name_node->end != 0) continue;
    name_node->begin = list.begin, name_node->end = list.end;
    for (It left = begin; left != after; ++left) {
      It here = token;
      token = token + 1 == after ? begin : token + 1;
      bool has_value = here->word != 0 || here->kind == Tok::SCONST || here->kind == Tok::OP;
      if (!has_value || here->value() != name_node->sval) continue;
      name_node->begin = here->begin, name_node->end = here->end;
      break;
    }
  }
}

namespace {

// Names of relations and functions may be read with subscripts and "*" in them, only to be refused behind all of it.
bool AtIndirection(It first) {
  return first->kind == Tok::LBRACKET || (first->kind == Tok::DOT && first[1].kind == Tok::STAR);
}
bool RefuseIndirection(It& first, It const& last, const Ctx& ctx) {
  Nodes ignored;
  return ParseRule(any_indirection, first, last, ctx, ignored) && FailAt(State(ctx), "syntax error", first);
}

}  // namespace

bool ToRangeVar(ParseContext& state, It begin, const Names& names, RangeVar& target) {
  switch (names.size()) {
    case 1:
      target.relname = names[0];
      return true;
    case 2:
      target.schemaname = names[0];
      target.relname = names[1];
      return true;
    case 3:
      target.catalogname = names[0];
      target.schemaname = names[1];
      target.relname = names[2];
      return true;
    default:
      return Fail(state, sqlstate::kSyntaxError,
                  fmt::format("improper qualified name (too many dotted names): {}", JoinNames(names)), begin->begin);
  }
}

namespace {

// .name.name …
bool DottedNames(It& first, It const& last, const Ctx& ctx, Names& names) {
  ParseContext& state = State(ctx);
  for (;;) {
    if (AtIndirection(first)) return RefuseIndirection(first, last, ctx);
    if (first->kind != Tok::DOT) return true;
    Shift(first, state);
    if ((first->word & kColLabel) == 0) return false;
    names.push_back(state.arena, first->value());
    Shift(first, state);
  }
}

// qualified_name without a list for the commonest forms.
struct QualifiedName : Base<QualifiedName> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    if ((first->word & kColId) == 0) return false;
    ParseContext& state = State(ctx);
    It begin = first;
    Shift(first, state);
    if (first->kind != Tok::DOT) {
      if (first->kind == Tok::LBRACKET) return RefuseIndirection(first, last, ctx);
      target.relname = begin->value();
      return true;
    }
    Names names;
    names.push_back(state.arena, begin->value());
    if (!DottedNames(first, last, ctx, names)) return false;
    return ToRangeVar(state, begin, names, target);
  }
};

// func_name, or with a wider Mask the names that may stand for a function where no arguments follow.
template <uint8_t Mask>
struct FunctionName : Base<FunctionName<Mask>> {
  template <class R, class A>
  bool parse(It& first, It const& last, const Ctx& ctx, R& target, A&) const {
    ParseContext& state = State(ctx);
    bool dotted = first[1].kind == Tok::DOT || first[1].kind == Tok::LBRACKET;
    if ((first->word & (dotted ? kColId : Mask)) == 0) {
      // The word might begin a name with dots: it is what follows that is wrong.
      return (first->word & (kColId | kTypeFunc)) != 0 && ReadTo(first + 1, state);
    }
    Put(state, target, first->value(), first);
    Shift(first, state);
    return !dotted || DottedNames(first, last, ctx, target);
  }
};

bool ToRole(ParseContext& state, It begin, It, Str& name_text, ast::RoleSpec& role) {
  if (name_text == "public") {
    role.roletype = RoleSpecType::ROLESPEC_PUBLIC;
  } else if (name_text == "none") {
    return Fail(state, sqlstate::kReservedName, "role name \"none\" is reserved", begin->begin);
  } else {
    role.rolename = name_text;
  }
  return true;
}

bool ToRoleName(ParseContext& state, It begin, It, ast::RoleSpec*& role, Str& target) {
  switch (role->roletype) {
    case RoleSpecType::ROLESPEC_CSTRING:
      target = role->rolename;
      return true;
    case RoleSpecType::ROLESPEC_PUBLIC:
      return Fail(state, sqlstate::kReservedName, "role name \"public\" is reserved", begin->begin);
    default: {
      const char* word = role->roletype == RoleSpecType::ROLESPEC_SESSION_USER   ? "SESSION_USER"
                         : role->roletype == RoleSpecType::ROLESPEC_CURRENT_USER ? "CURRENT_USER"
                                                                                 : "CURRENT_ROLE";
      return Fail(state, sqlstate::kReservedName, fmt::format("{} cannot be used as a role name here", word),
                  begin->begin);
    }
  }
}

void Minus(ParseContext&, It, int32_t& value) { value = -value; }

struct FloatParser : Base<FloatParser> {
  template <class R, class A>
  bool parse(It& first, It const&, const Ctx& ctx, R& target, A&) const {
    ParseContext& state = State(ctx);
    It begin = first;
    bool minus = first->kind == Tok::MINUS;
    It number = minus || first->kind == Tok::PLUS ? first + 1 : first;
    if (number->kind != Tok::FCONST) return false;
    if (number != first) Shift(first, state);
    Str text = first->value();
    if (minus) {
      auto* copy = static_cast<char*>(state.arena.Allocate(text.size() + 1));
      copy[0] = '-';
      text.copy(copy + 1, text.size());
      text = Str(copy, text.size() + 1);
    }
    Shift(first, state);
    auto* node = Spanned(state.arena.New<Float>(), begin, first);
    node->fval = text;
    Put(state, target, node);
    return true;
  }
};

void OnlyThis(ParseContext&, It, RangeVar& relation) { relation.inh = false; }

constexpr auto relation_body = choose(
    when2<ONLY, lp>(ONLY >> lp >> QualifiedName{} >> rp >> call<OnlyThis>),
    when<ONLY>(ONLY >> QualifiedName{} >> call<OnlyThis>),
    otherwise(QualifiedName{} >> opt<star>(star)));

}  // namespace

PGSHOAL_DEFINE(qualified_name, make<RangeVar>(QualifiedName{}))
PGSHOAL_DEFINE(any_name, ColId >> many(dot >> attr_name))
PGSHOAL_DEFINE(func_name, FunctionName<kTypeFunctionName>{})
PGSHOAL_DEFINE(any_function_name, FunctionName<kColId | kTypeFunctionName>{})
PGSHOAL_DEFINE(RoleSpec, make<ast::RoleSpec>(choose(
    when<CURRENT_ROLE>(CURRENT_ROLE >> put<&ast::RoleSpec::roletype, RoleSpecType::ROLESPEC_CURRENT_ROLE>),
    when<CURRENT_USER>(CURRENT_USER >> put<&ast::RoleSpec::roletype, RoleSpecType::ROLESPEC_CURRENT_USER>),
    when<SESSION_USER>(SESSION_USER >> put<&ast::RoleSpec::roletype, RoleSpecType::ROLESPEC_SESSION_USER>),
    otherwise(build<Str, ToRole>(NonReservedWord)))))
PGSHOAL_DEFINE(RoleId, build<ast::RoleSpec*, ToRoleName>(RoleSpec))
PGSHOAL_DEFINE(SignedIconst, choose(
    when<Kw<Tok::MINUS>{}>(Kw<Tok::MINUS>{} >> Iconst >> call<Minus>),
    when<Kw<Tok::PLUS>{}>(Kw<Tok::PLUS>{} >> Iconst), otherwise(Iconst)))
PGSHOAL_DEFINE(NumericOnly, FloatParser{} | as<int32_t>(SignedIconst))
PGSHOAL_DEFINE(relation_expr, make<RangeVar>(relation_body))

namespace {
constexpr auto alias_name = make<Alias>(set<&Alias::aliasname>(ColId));
}
PGSHOAL_DEFINE(relation_expr_opt_alias, make<RangeVar>(relation_body >> choose(
    when<AS>(AS >> set<&RangeVar::alias>(alias_name)),
    when<SET>(eps),
    otherwise(-set<&RangeVar::alias>(alias_name)))))

PGSHOAL_DEFINE(opt_boolean_or_string, choose(
    when<TRUE_P>(TRUE_P >> call<[](ParseContext&, It, Str& s) { s = "true"; }>),
    when<FALSE_P>(FALSE_P >> call<[](ParseContext&, It, Str& s) { s = "false"; }>),
    when<ON>(ON >> call<[](ParseContext&, It, Str& s) { s = "on"; }>),
    when<Kw<Tok::SCONST>{}>(Sconst),
    otherwise(NonReservedWord)))
PGSHOAL_DEFINE(opt_drop_behavior, choose(
    when<CASCADE>(CASCADE >> give<DropBehavior::DROP_CASCADE>), when<RESTRICT>(RESTRICT), otherwise(eps)))
PGSHOAL_DEFINE(columnList, lp >> commas(ColId) >> rp)
PGSHOAL_DEFINE(opt_column_list, opt<lp>(columnList))

}  // namespace pgshoal::parser::grammar
