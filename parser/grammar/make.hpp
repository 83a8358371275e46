#pragma once
// Nodes that several files of the grammar build by hand.

#include "parser/grammar/kit.hpp"

namespace pgshoal::parser::grammar {

template <class T>
inline T* Spanned(T* node, It begin, It after) {
  node->begin = begin->begin;
  node->end = after > begin ? after[-1].end : begin->begin;
  return node;
}

// A list of one static name; appending to it copies it first.
template <std::size_t N>
inline Names StaticNames(const Str (&names)[N]) {
  Names list;
  list.items = const_cast<Str*>(names);
  list.count = N;
  return list;
}

inline Names OneName(ParseContext& state, Str text) {
  Names list;
  list.push_back(state.arena, text);
  return list;
}

// pg_catalog.<name>
inline Names SystemName(ParseContext& state, Str text) {
  Names list;
  list.push_back(state.arena, "pg_catalog");
  list.push_back(state.arena, text);
  return list;
}

inline Node* IntConst(ParseContext& state, int32_t value) {
  auto* node = state.arena.New<A_Const>();
  node->type = ConstType::kInteger;
  node->ival = value;
  return node;
}
inline Node* StringConst(ParseContext& state, Str text) {
  auto* node = state.arena.New<A_Const>();
  node->type = ConstType::kString;
  node->sval = text;
  return node;
}
inline Node* NullConst(ParseContext& state) { return state.arena.New<A_Const>(); }
inline Node* BoolConst(ParseContext& state, bool value) {
  auto* node = state.arena.New<A_Const>();
  node->type = ConstType::kBoolean;
  node->ival = value;
  return node;
}

inline FuncCall* NewFuncCall(ParseContext& state, Names names, Nodes args, CoercionForm form) {
  auto* call_node = state.arena.New<FuncCall>();
  call_node->funcname = names;
  call_node->args = args;
  call_node->funcformat = form;
  return call_node;
}

inline Node* NotExpr(ParseContext& state, Node* arg) {
  auto* node = state.arena.New<BoolExpr>();
  node->boolop = BoolExprType::NOT_EXPR;
  node->args.push_back(state.arena, arg);
  node->begin = arg->begin;
  node->end = arg->end;
  return node;
}

// pg_catalog.<name> with no modifiers.
inline TypeName* SystemType(ParseContext& state, Str text) {
  auto* type = state.arena.New<TypeName>();
  type->names = SystemName(state, text);
  return type;
}

inline TypeCast* NewCast(ParseContext& state, Node* arg, TypeName* type) {
  auto* cast = state.arena.New<TypeCast>();
  cast->arg = arg;
  cast->typeName = type;
  return cast;
}

inline DefElem* NewDefElem(ParseContext& state, Str defname, Node* arg) {
  auto* element = state.arena.New<DefElem>();
  element->defname = defname;
  element->arg = arg;
  return element;
}

// --- parsers that wrap constants -------------------------------------------------------------------------------------

inline bool ToStringConst(ParseContext& state, It begin, It after, Str& value, Node*& target) {
  target = Spanned(StringConst(state, value), begin, after);
  return true;
}
// A number (Integer or Float node) as a constant expression.
inline bool ToNumberConst(ParseContext& state, It begin, It after, Node*& value, Node*& target) {
  auto* node = state.arena.New<A_Const>();
  if (auto* integer = ast::As<Integer>(value)) {
    node->type = ConstType::kInteger;
    node->ival = integer->ival;
  } else {
    node->type = ConstType::kFloat;
    node->sval = static_cast<Float*>(value)->fval;
  }
  target = Spanned(node, begin, after);
  return true;
}
template <int32_t Value>
bool ToIntConst(ParseContext& state, It begin, It after, x3::unused_type&, Node*& target) {
  target = Spanned(IntConst(state, Value), begin, after);
  return true;
}

}  // namespace pgshoal::parser::grammar
