// Names, literals and other leaves, printed; quoting.
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

}  // namespace pgshoal::parser
