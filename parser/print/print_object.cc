// Aggregates, types, domains, casts, languages, text search, collations and operator classes, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

// --- aggregates, types, text search, collations -----------------------------------------------------------------------------

// {parameters, number of direct ones or -1}
void Printer::AggregateArgs(const Nodes& args) {
  auto* list = As<ListNode>(static_cast<const Node*>(args[0]));
  int32_t direct = static_cast<const Integer*>(args[1])->ival;
  *this << "(";
  if (list == nullptr) {
    If(direct < 0, "*");
  } else {
    for (std::size_t i = 0; i < list->items.size(); ++i) {
      if (direct >= 0 && i == static_cast<std::size_t>(direct)) {
        *this << (i == 0 ? "ORDER BY " : " ORDER BY ");
      } else if (i != 0) {
        *this << ", ";
      }
      Print(list->items[i]);
    }
    if (direct >= 0 && static_cast<std::size_t>(direct) == list->items.size()) {
      *this << " ORDER BY ";  // the VARIADIC parameter that is kept once
      Print(list->items.back());
    }
  }
  *this << ")";
}
void Printer::P(const DefineStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  ObjectTypeWord(n.kind);
  *this << " ";
  If(n.if_not_exists, "IF NOT EXISTS ");
  if (n.kind == ObjectType::OBJECT_OPERATOR) {
    for (std::size_t i = 0; i + 1 < n.defnames.size(); ++i) {
      Ident(n.defnames[i]);
      *this << ".";
    }
    *this << n.defnames.back();
  } else if (n.kind == ObjectType::OBJECT_AGGREGATE) {
    FunctionName(n.defnames);
  } else {
    Dotted(n.defnames);
  }
  if (n.kind == ObjectType::OBJECT_AGGREGATE && !n.oldstyle) AggregateArgs(n.args);
  if (n.kind == ObjectType::OBJECT_COLLATION && n.definition.size() == 1 && n.definition[0]->defname == "from" &&
      Is<ListNode>(n.definition[0]->arg)) {
    *this << " FROM ";
    return TypeNames(static_cast<const ListNode*>(n.definition[0]->arg)->items);
  }
  if (n.oldstyle) {  // here the words must be no keywords
    *this << " (";
    for (DefElem* const& element : n.definition) {
      if (&element != n.definition.begin()) *this << ", ";
      AnyKeywordIdent(element->defname);
      *this << " = ";
      DefinitionValue(element->arg);
    }
    *this << ")";
    return;
  }
  RelOptions(" ", n.definition);
}
void Printer::P(const CompositeTypeStmt& n) {
  *this << "CREATE TYPE ";
  RelationName(*n.typevar);
  *this << " AS (";
  Commas(n.coldeflist);
  *this << ")";
}
void Printer::P(const CreateEnumStmt& n) {
  *this << "CREATE TYPE ";
  Dotted(n.typeName);
  *this << " AS ENUM (";
  for (const Str& value : n.vals) {
    if (&value != n.vals.begin()) *this << ", ";
    Literal(value);
  }
  *this << ")";
}
void Printer::P(const CreateRangeStmt& n) {
  *this << "CREATE TYPE ";
  Dotted(n.typeName);
  *this << " AS RANGE ";
  Definition(n.params);
}
void Printer::P(const AlterEnumStmt& n) {
  *this << "ALTER TYPE ";
  Dotted(n.typeName);
  if (n.oldVal.data() != nullptr) {
    *this << " RENAME VALUE ";
    Literal(n.oldVal);
    *this << " TO ";
    return Literal(n.newVal);
  }
  *this << " ADD VALUE ";
  If(n.skipIfNewValExists, "IF NOT EXISTS ");
  Literal(n.newVal);
  if (n.newValNeighbor.data() != nullptr) {
    *this << (n.newValIsAfter ? " AFTER " : " BEFORE ");
    Literal(n.newValNeighbor);
  }
}
namespace {
// `name = NONE` is an element without a value.
bool NoValue(const DefElem* element) { return element->arg == nullptr; }
}  // namespace
void Printer::P(const AlterTypeStmt& n) {
  *this << "ALTER TYPE ";
  Dotted(n.typeName);
  *this << " SET (";
  for (DefElem* const& element : n.options) {
    if (&element != n.options.begin()) *this << ", ";
    Ident(element->defname);
    *this << " = ";
    If(NoValue(element), "NONE");
    DefinitionValue(element->arg);
  }
  *this << ")";
}
void Printer::P(const AlterOperatorStmt& n) {
  *this << "ALTER OPERATOR ";
  ObjectName(ObjectType::OBJECT_OPERATOR, n.opername);
  *this << " SET (";
  for (DefElem* const& element : n.options) {
    if (&element != n.options.begin()) *this << ", ";
    Ident(element->defname);
    *this << " = ";
    If(NoValue(element), "NONE");
    DefinitionValue(element->arg);
  }
  *this << ")";
}
void Printer::P(const CreateDomainStmt& n) {
  *this << "CREATE DOMAIN ";
  Dotted(n.domainname);
  *this << " AS ";
  P(*n.typeName);
  ColumnCollate(n.collClause);
  for (const Node* constraint : n.constraints) {
    *this << " ";
    Print(constraint);
  }
}
void Printer::P(const AlterDomainStmt& n) {
  *this << "ALTER DOMAIN ";
  Dotted(n.typeName);
  switch (n.subtype) {
    case 'T':
      *this << (n.def == nullptr ? " DROP DEFAULT" : " SET DEFAULT ");
      return Print(n.def);
    case 'N': *this << " DROP NOT NULL"; return;
    case 'O': *this << " SET NOT NULL"; return;
    case 'C':
      *this << " ADD ";
      return Print(n.def);
    case 'X':
      *this << (n.missing_ok ? " DROP CONSTRAINT IF EXISTS " : " DROP CONSTRAINT ");
      Ident(n.name);
      return Cascade(n.behavior);
    default:
      *this << " VALIDATE CONSTRAINT ";
      return Ident(n.name);
  }
}
void Printer::P(const CreateCastStmt& n) {
  *this << "CREATE CAST (";
  P(*n.sourcetype);
  *this << " AS ";
  P(*n.targettype);
  *this << ")";
  if (n.func != nullptr) {
    *this << " WITH FUNCTION ";
    P(*n.func);
  } else {
    *this << (n.inout ? " WITH INOUT" : " WITHOUT FUNCTION");
  }
  If(n.context == CoercionContext::COERCION_IMPLICIT, " AS IMPLICIT");
  If(n.context == CoercionContext::COERCION_ASSIGNMENT, " AS ASSIGNMENT");
}
void Printer::P(const CreateTransformStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  *this << "TRANSFORM FOR ";
  P(*n.type_name);
  *this << " LANGUAGE ";
  Ident(n.lang);
  *this << " (";
  if (n.fromsql != nullptr) {
    *this << "FROM SQL WITH FUNCTION ";
    P(*n.fromsql);
    If(n.tosql != nullptr, ", ");
  }
  if (n.tosql != nullptr) {
    *this << "TO SQL WITH FUNCTION ";
    P(*n.tosql);
  }
  *this << ")";
}
void Printer::P(const CreateConversionStmt& n) {
  *this << (n.def ? "CREATE DEFAULT CONVERSION " : "CREATE CONVERSION ");
  Dotted(n.conversion_name);
  *this << " FOR ";
  Literal(n.for_encoding_name);
  *this << " TO ";
  Literal(n.to_encoding_name);
  *this << " FROM ";
  Dotted(n.func_name);
}
void Printer::P(const CreatePLangStmt& n) {
  *this << "CREATE ";
  If(n.replace, "OR REPLACE ");
  If(n.pltrusted, "TRUSTED ");
  *this << "LANGUAGE ";
  Ident(n.plname);
  *this << " HANDLER ";
  Dotted(n.plhandler);
  if (!n.plinline.empty()) {
    *this << " INLINE ";
    Dotted(n.plinline);
  }
  if (!n.plvalidator.empty()) {
    *this << " VALIDATOR ";
    Dotted(n.plvalidator);
  }
}
void Printer::P(const CreateAmStmt& n) {
  *this << "CREATE ACCESS METHOD ";
  Ident(n.amname);
  *this << (n.amtype == 'i' ? " TYPE INDEX HANDLER " : " TYPE TABLE HANDLER ");
  Dotted(n.handler_name);
}

// --- operator classes -------------------------------------------------------------------------------------------------------

void Printer::P(const CreateOpClassItem& n) {
  if (n.itemtype == 3) {
    *this << "STORAGE ";
    return P(*n.storedtype);
  }
  *this << (n.itemtype == 1 ? "OPERATOR " : "FUNCTION ") << n.number;
  if (!n.class_args.empty()) *this << " ";
  ParenList(n.class_args);
  if (n.name == nullptr) return;
  *this << " ";
  if (n.itemtype == 2) {
    P(*n.name);
  } else if (!n.name->objargs.empty()) {
    ObjectName(ObjectType::OBJECT_OPERATOR, n.name);
  } else {
    for (std::size_t i = 0; i + 1 < n.name->objname.size(); ++i) {
      Ident(n.name->objname[i]);
      *this << ".";
    }
    *this << n.name->objname.back();
  }
  if (!n.order_family.empty()) {
    *this << " FOR ORDER BY ";
    Dotted(n.order_family);
  }
}
void Printer::P(const CreateOpClassStmt& n) {
  *this << "CREATE OPERATOR CLASS ";
  Dotted(n.opclassname);
  If(n.isDefault, " DEFAULT");
  *this << " FOR TYPE ";
  P(*n.datatype);
  *this << " USING ";
  Ident(n.amname);
  if (!n.opfamilyname.empty()) {
    *this << " FAMILY ";
    Dotted(n.opfamilyname);
  }
  *this << " AS ";
  Commas(n.items);
}
void Printer::P(const CreateOpFamilyStmt& n) {
  *this << "CREATE OPERATOR FAMILY ";
  Dotted(n.opfamilyname);
  *this << " USING ";
  Ident(n.amname);
}
void Printer::P(const AlterOpFamilyStmt& n) {
  *this << "ALTER OPERATOR FAMILY ";
  Dotted(n.opfamilyname);
  *this << " USING ";
  Ident(n.amname);
  *this << (n.isDrop ? " DROP " : " ADD ");
  Commas(n.items);
}
void Printer::P(const AlterCollationStmt& n) {
  *this << "ALTER COLLATION ";
  Dotted(n.collname);
  *this << " REFRESH VERSION";
}
void Printer::P(const AlterTSDictionaryStmt& n) {
  *this << "ALTER TEXT SEARCH DICTIONARY ";
  Dotted(n.dictname);
  *this << " ";
  Definition(n.options);
}
void Printer::P(const AlterTSConfigurationStmt& n) {
  using enum AlterTSConfigType;
  *this << "ALTER TEXT SEARCH CONFIGURATION ";
  Dotted(n.cfgname);
  *this << (n.kind == ALTER_TSCONFIG_ADD_MAPPING    ? " ADD MAPPING"
            : n.kind == ALTER_TSCONFIG_DROP_MAPPING ? " DROP MAPPING"
                                                    : " ALTER MAPPING");
  If(n.missing_ok, " IF EXISTS");
  if (!n.tokentype.empty()) {
    *this << " FOR ";
    IdentList(n.tokentype);
  }
  if (n.dicts.empty()) return;
  *this << (n.replace ? " REPLACE " : " WITH ");
  for (Node* const& dict : n.dicts) {
    if (&dict != n.dicts.begin()) *this << (n.replace ? " WITH " : ", ");
    TypeNames(static_cast<const ListNode*>(dict)->items);
  }
}

}  // namespace pgshoal::parser
