// What many CREATE and ALTER statements share, printed: definitions, storage parameters, options of sequences.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

void Printer::PersistenceWord(char persistence) {
  If(persistence == 't', "TEMPORARY ");
  If(persistence == 'u', "UNLOGGED ");
}

// def_arg: a type, a reserved word, an operator, a number or a string.
void Printer::DefinitionValue(const Node* value) {
  if (auto* text = As<String>(value)) {
    Literal(text->sval);
  } else if (auto* list = As<ListNode>(value)) {
    *this << "OPERATOR(";
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      Str part = static_cast<const String*>(list->items[i])->sval;
      if (i + 1 < list->items.size()) {
        Ident(part);
        *this << ".";
      } else {
        *this << part;
      }
    }
    *this << ")";
  } else {
    Print(value);
  }
}

void Printer::Definition(const List<DefElem*>& definition) {
  *this << "(";
  for (DefElem* const& element : definition) {
    if (&element != definition.begin()) *this << ", ";
    if (element->defnamespace.data() != nullptr) {
      Ident(element->defnamespace);
      *this << ".";
    }
    Ident(element->defname);
    if (element->arg != nullptr) {
      *this << " = ";
      DefinitionValue(element->arg);
    }
  }
  *this << ")";
}

void Printer::RelOptions(std::string_view keyword, const List<DefElem*>& options) {
  if (options.empty()) return;
  *this << keyword;
  Definition(options);
}

void Printer::GenericOptions(const List<DefElem*>& options) {
  if (options.empty()) return;
  *this << " OPTIONS (";
  for (DefElem* const& option : options) {
    if (&option != options.begin()) *this << ", ";
    If(option->defaction == DefElemAction::DEFELEM_SET, "SET ");
    If(option->defaction == DefElemAction::DEFELEM_ADD, "ADD ");
    If(option->defaction == DefElemAction::DEFELEM_DROP, "DROP ");
    *this << "\"";
    for (char c : option->defname) {
      if (c == '"') out_ += c;
      out_ += c;
    }
    *this << "\"";
    if (option->arg != nullptr) {
      *this << " ";
      Literal(static_cast<const String*>(option->arg)->sval);
    }
  }
  *this << ")";
}

void Printer::SequenceOptions(const List<DefElem*>& options) {
  for (const DefElem* option : options) {
    Str name = option->defname;
    auto* flag = As<Boolean>(static_cast<const Node*>(option->arg));
    auto* names = As<ListNode>(static_cast<const Node*>(option->arg));
    *this << " ";
    if (name == "cycle") {
      *this << (flag != nullptr && flag->boolval ? "CYCLE" : "NO CYCLE");
    } else if ((name == "maxvalue" || name == "minvalue") && option->arg == nullptr) {
      *this << "NO " << name;
    } else if (names != nullptr) {
      *this << (name == "owned_by" ? "OWNED BY " : "SEQUENCE NAME ");
      TypeNames(names->items);
    } else if (name == "generated") {
      *this << "SET GENERATED " << (static_cast<const Integer*>(option->arg)->ival == 'a' ? "ALWAYS" : "BY DEFAULT");
    } else {
      *this << name;
      If(name == "restart" && option->arg != nullptr, " WITH");
      if (option->arg != nullptr) {
        *this << " ";
        Print(option->arg);
      }
    }
  }
}

// Strings as a dotted name.
void Printer::TypeNames(const Nodes& names) {
  for (Node* const& part : names) {
    if (&part != names.begin()) *this << ".";
    Ident(static_cast<const String*>(part)->sval);
  }
}

void Printer::ColumnCollate(const CollateClause* clause) {
  if (clause == nullptr) return;
  *this << " COLLATE ";
  Dotted(clause->collname);
}

}  // namespace pgshoal::parser
