#pragma once
// Tokens: what the lexer makes of the text and the grammar reads.

#include <cstdint>
#include <string_view>

#include "parser/keyword_list.hpp"

namespace pgshoal::parser {

// Token kinds, named as in PostgreSQL's grammar. The three _LA kinds are what NOT, NULLS and WITH become in front of
// certain words (token pass); they are what keeps the grammar deterministic.
// clang-format off
enum class Tok : uint16_t {
  END,      // after the last token
  INVALID,  // the lexer stopped here with an error
  OTHER,    // a character that starts no token
  IDENT, FCONST, SCONST, BCONST, XCONST, ICONST, PARAM, OP,
  TYPECAST, DOT_DOT, COLON_EQUALS, EQUALS_GREATER, LESS_EQUALS, GREATER_EQUALS, NOT_EQUALS,
  COMMA, LPAREN, RPAREN, LBRACKET, RBRACKET, DOT, SEMICOLON, COLON,
  PLUS, MINUS, STAR, SLASH, PERCENT, CARET, LESS, GREATER, EQUAL,
  NOT_LA, NULLS_LA, WITH_LA,
#define PGSHOAL_KEYWORD_TOKEN(text, token, category, label) token,
  PGSHOAL_KEYWORDS(PGSHOAL_KEYWORD_TOKEN)
#undef PGSHOAL_KEYWORD_TOKEN
};
// clang-format on

// Where a word may stand (bits of Token::word). Identifiers have kIdentifier and kBareLabel.
inline constexpr uint8_t kIdentifier = 1;
inline constexpr uint8_t kUnreserved = 2;
inline constexpr uint8_t kColName = 4;   // a column or table name, not a function or type name
inline constexpr uint8_t kTypeFunc = 8;  // a function or type name, not a column or table name
inline constexpr uint8_t kReserved = 16;
inline constexpr uint8_t kBareLabel = 32;

// The classes of names in PostgreSQL's grammar, as masks over Token::word.
inline constexpr uint8_t kColId = kIdentifier | kUnreserved | kColName;
inline constexpr uint8_t kTypeFunctionName = kIdentifier | kUnreserved | kTypeFunc;
inline constexpr uint8_t kNonReservedWord = kIdentifier | kUnreserved | kColName | kTypeFunc;
inline constexpr uint8_t kColLabel = kNonReservedWord | kReserved;

struct Token {
  Tok kind;
  uint8_t word;            // name classes; 0 for what is no word
  bool opens_query;        // LPAREN: its content is a query in parentheses (select_with_parens)
  uint32_t begin;          // bytes of the text: [begin, end)
  uint32_t end;
  uint32_t size;           // of value; LPAREN: distance in tokens to its partner, 0 when it has none
  union {
    const char* data;      // names, literals, operators: the decoded value
    int64_t number;        // ICONST, PARAM
  };
  std::string_view value() const { return {data, size}; }
  int32_t ival() const { return static_cast<int32_t>(number); }
};

}  // namespace pgshoal::parser
