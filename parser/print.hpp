#pragma once
// Tree in, SQL text out. Parsing the text gives an equal tree (spans apart).

#include <string>
#include <string_view>

#include "parser/ast.hpp"

namespace pgshoal::parser {

// SQL for a statement, an expression, a FROM item, a type name or any other node that has a syntax of its own.
std::string Print(const Node& node);

// `name` as an identifier: quoted when PostgreSQL would need it.
std::string QuoteIdentifier(std::string_view name);

// `value` as a string literal with standard_conforming_strings on: '…', or E'…' when it holds a backslash.
std::string QuoteLiteral(std::string_view value);

}  // namespace pgshoal::parser
