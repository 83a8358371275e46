// Names of types, printed.
#include "parser/print/printer.hpp"

namespace pgshoal::parser {

void Printer::Typmods(const Nodes& mods) { ParenList(mods); }

void Printer::TypeBase(const TypeName& n) {
  auto is_number = [](const Node* mod) {
    auto* value = As<A_Const>(mod);
    return value != nullptr && value->type == ConstType::kInteger && value->ival >= 0;
  };
  bool one = n.typmods.size() == 1 && is_number(n.typmods[0]);
  if (n.names.size() == 2 && n.names[0] == "pg_catalog" && !n.pct_type) {
    struct Sugar {
      std::string_view name, text;
      enum { kNoMods, kOneOrNone, kOne, kAny, kSome } mods;
      std::string_view tail;
    };
    static constexpr Sugar kSugar[] = {
        {"int2", "smallint", Sugar::kNoMods, ""}, {"int4", "integer", Sugar::kNoMods, ""},
        {"int8", "bigint", Sugar::kNoMods, ""}, {"float4", "real", Sugar::kNoMods, ""},
        {"float8", "double precision", Sugar::kNoMods, ""}, {"bool", "boolean", Sugar::kNoMods, ""},
        {"numeric", "numeric", Sugar::kAny, ""}, {"varchar", "varchar", Sugar::kOneOrNone, ""},
        {"bpchar", "char", Sugar::kOne, ""}, {"bit", "bit", Sugar::kSome, ""},
        {"varbit", "bit varying", Sugar::kAny, ""}, {"timestamp", "timestamp", Sugar::kOneOrNone, ""},
        {"timestamptz", "timestamp", Sugar::kOneOrNone, " with time zone"},
        {"time", "time", Sugar::kOneOrNone, ""}, {"timetz", "time", Sugar::kOneOrNone, " with time zone"},
        {"interval", "interval", Sugar::kNoMods, ""}};
    for (const Sugar& s : kSugar) {
      if (s.name != n.names[1]) continue;
      bool none = n.typmods.empty();
      bool fits = s.mods == Sugar::kNoMods      ? none
                  : s.mods == Sugar::kOneOrNone ? none || one
                  : s.mods == Sugar::kOne       ? one
                  : s.mods == Sugar::kSome      ? !none
                                                : true;
      if (!fits) break;
      *this << s.text;
      Typmods(n.typmods);
      *this << s.tail;
      return;
    }
  }
  FunctionName(n.names);
  If(n.pct_type, "%TYPE");
  Typmods(n.typmods);
}

void Printer::P(const TypeName& n) {
  If(n.setof, "SETOF ");
  TypeBase(n);
  for (int32_t bound : n.arrayBounds) {
    *this << "[";
    if (bound >= 0) *this << bound;
    *this << "]";
  }
}

}  // namespace pgshoal::parser
