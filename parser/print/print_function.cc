// CREATE and ALTER FUNCTION, and their parameters, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

namespace {
Str Text(const Node* node) { return static_cast<const String*>(node)->sval; }
bool IsTrue(const Node* node) { return Is<Boolean>(node) && static_cast<const Boolean*>(node)->boolval; }
}  // namespace

void Printer::P(const FunctionParameter& n) {
  using enum FunctionParameterMode;
  If(n.mode == FUNC_PARAM_IN, "IN ");
  If(n.mode == FUNC_PARAM_OUT, "OUT ");
  If(n.mode == FUNC_PARAM_INOUT, "INOUT ");
  If(n.mode == FUNC_PARAM_VARIADIC, "VARIADIC ");
  if (n.name.data() != nullptr) {
    AnyKeywordIdent(n.name);
    *this << " ";
  }
  P(*n.argType);
  if (n.defexpr != nullptr) {
    *this << " DEFAULT ";
    Print(n.defexpr);
  }
}
void Printer::FunctionOption(const DefElem& option) {
  Str name = option.defname;
  bool yes = IsTrue(option.arg);
  *this << " ";
  if (name == "as") {
    *this << "AS ";
    const Nodes& texts = static_cast<const ListNode*>(option.arg)->items;
    for (Node* const& text : texts) {
      if (&text != texts.begin()) *this << ", ";
      Literal(Text(text));
    }
  } else if (name == "language") {
    *this << "LANGUAGE ";
    Literal(Text(option.arg));
  } else if (name == "transform") {
    *this << "TRANSFORM ";
    const Nodes& types = static_cast<const ListNode*>(option.arg)->items;
    for (Node* const& type : types) {
      *this << (&type == types.begin() ? "FOR TYPE " : ", FOR TYPE ");
      Print(type);
    }
  } else if (name == "window") {
    *this << "WINDOW";
  } else if (name == "strict") {
    *this << (yes ? "STRICT" : "CALLED ON NULL INPUT");
  } else if (name == "volatility") {
    *this << Text(option.arg);
  } else if (name == "security") {
    *this << (yes ? "SECURITY DEFINER" : "SECURITY INVOKER");
  } else if (name == "leakproof") {
    *this << (yes ? "LEAKPROOF" : "NOT LEAKPROOF");
  } else if (name == "support") {
    *this << "SUPPORT ";
    TypeNames(static_cast<const ListNode*>(option.arg)->items);
  } else if (name == "parallel") {
    *this << "PARALLEL ";
    Ident(Text(option.arg));
  } else if (name == "set") {
    Print(option.arg);
  } else {
    *this << name << " ";
    Print(option.arg);
  }
}
void Printer::FunctionOptions(const List<DefElem*>& options) {
  for (const DefElem* option : options) FunctionOption(*option);
}
void Printer::P(const CreateFunctionStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  *this << (n.is_procedure ? "PROCEDURE " : "FUNCTION ");
  FunctionName(n.funcname);
  *this << "(";
  bool table = false;
  std::string_view separator = "";
  for (const FunctionParameter* p : n.parameters) {
    if (p->mode == FunctionParameterMode::FUNC_PARAM_TABLE) {
      table = true;
      continue;
    }
    *this << separator;
    P(*p);
    separator = ", ";
  }
  *this << ")";
  if (table) {
    *this << " RETURNS TABLE (";
    separator = "";
    for (const FunctionParameter* p : n.parameters) {
      if (p->mode != FunctionParameterMode::FUNC_PARAM_TABLE) continue;
      *this << separator;
      P(*p);
      separator = ", ";
    }
    *this << ")";
  } else if (n.returnType != nullptr) {
    *this << " RETURNS ";
    P(*n.returnType);
  }
  FunctionOptions(n.options);
  if (Is<ReturnStmt>(n.sql_body)) {
    *this << " ";
    Print(n.sql_body);
  } else if (n.sql_body != nullptr) {
    *this << " BEGIN ATOMIC ";
    if (auto* body = As<ListNode>(static_cast<const Node*>(static_cast<const ListNode*>(n.sql_body)->items[0]))) {
      for (const Node* statement : body->items) {
        Print(statement);
        *this << "; ";
      }
    }
    *this << "END";
  }
}
void Printer::P(const AlterFunctionStmt& n) {
  *this << "ALTER ";
  ObjectTypeWord(n.objtype);
  *this << " ";
  P(*n.func);
  FunctionOptions(n.actions);
}

}  // namespace pgshoal::parser
