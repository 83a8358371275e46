#pragma once
// Internal to parser/: which constants of a statement must stay in its key (statement_key.hpp), told from keywords and
// parentheses alone, as the tokens come.

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parser/char_class.hpp"
#include "parser/keywords.hpp"

namespace pgshoal::parser {

namespace key_internal {

// The words that tell where constants must stay, by first letter and length, so that few other words are looked up.
inline constexpr std::array<uint64_t, 256> kTelling = [] {
  std::array<uint64_t, 256> lengths{};
  for (std::string_view word : {"as",           "interval",
                                "current_time", "current_timestamp",
                                "localtime",    "localtimestamp",
                                "by",           "limit",
                                "offset",       "fetch",
                                "having",       "union",
                                "intersect",    "except",
                                "float",        "decimal",
                                "dec",          "numeric",
                                "bit",          "character",
                                "char",         "varchar",
                                "national",     "nchar",
                                "timestamp",    "time"}) {
    lengths[Byte(word[0])] |= uint64_t{1} << word.size();
  }
  return lengths;
}();

struct WordClass {
  Tok token = Tok::IDENT;
  uint8_t word = kIdentifier;
};

// What stands in the key from `begin` to `end`: a word, a quoted name, or several of them with dots.
inline WordClass Classify(const char* begin, const char* end) {
  const Keyword* keyword = FindKeyword({begin, static_cast<std::size_t>(end - begin)});
  return keyword == nullptr ? WordClass{} : WordClass{keyword->token, keyword->word};
}

// Words that no function can have as its name, and behind which parentheses hold modifiers.
inline bool TakesModifiers(Tok token) {
  switch (token) {
    case Tok::FLOAT_P:
    case Tok::DECIMAL_P:
    case Tok::DEC:
    case Tok::NUMERIC:
    case Tok::BIT:
    case Tok::CHARACTER:
    case Tok::CHAR_P:
    case Tok::VARCHAR:
    case Tok::NATIONAL:
    case Tok::NCHAR:
    case Tok::TIMESTAMP:
    case Tok::TIME:
    case Tok::INTERVAL:
    case Tok::CURRENT_TIME:
    case Tok::CURRENT_TIMESTAMP:
    case Tok::LOCALTIME:
    case Tok::LOCALTIMESTAMP:
      return true;
    default:
      return false;
  }
}

// Words of types without modifiers, behind which a bracket may hold an array's bound.
inline bool IsTypeWord(Tok token) {
  switch (token) {
    case Tok::INT_P:
    case Tok::INTEGER:
    case Tok::SMALLINT:
    case Tok::BIGINT:
    case Tok::REAL:
    case Tok::BOOLEAN_P:
    case Tok::ARRAY:
      return true;
    default:
      return false;
  }
}

inline bool BeginsQuery(Tok token) {
  switch (token) {
    case Tok::SELECT:
    case Tok::INSERT:
    case Tok::UPDATE:
    case Tok::DELETE_P:
    case Tok::MERGE:
    case Tok::VALUES:
    case Tok::TABLE:
    case Tok::WITH:
      return true;
    default:
      return false;
  }
}

// Which constants must stay: follows the tokens of one text.
class KeyContext {
 public:
  bool literal() const { return all_ || clause_ != kNone || paren_ != kNone; }

  // A word at [begin, end) of the key.
  void Word(const char* begin, const char* end) {
    const bool dotted = begin[-2] == '.';
    if (!dotted) {
      before_ = last_;
      last_ = begin;
    }
    if (look_ != 0) Look(begin, end);
    if ((kTelling[Byte(*begin)] >> (end - begin) & 1) != 0 && !dotted) Tell(Classify(begin, end).token);
  }
  void QuotedName(const char* begin) {
    if (begin[-2] != '.') {
      before_ = last_;
      last_ = begin;
    }
    look_ &= kFresh;
  }
  // A parenthesis or bracket opens behind the key's `end`.
  void Open(const char* end, bool bracket) {
    ++depth_;
    if (look_ == kBehindAs && !bracket && paren_ == depth_ - 1) paren_ = kNone;
    look_ &= kFresh;
    if ((type_ || (last_ != nullptr && before_ != nullptr)) && OpensType(end, bracket) && paren_ == kNone)
      paren_ = depth_;
    last_ = nullptr;
    type_ = false;
  }
  void Close() {
    type_ = paren_ >= depth_ && paren_ != kNone;  // the type goes on: varchar(10)[3]
    if (paren_ >= depth_) paren_ = kNone;
    if (clause_ >= depth_) clause_ = kNone;
    --depth_;
    last_ = nullptr;
  }
  void Cast() {
    type_ = true;
    last_ = nullptr;
  }
  void String() { last_ = nullptr; }
  void Other() {
    type_ = false;
    last_ = nullptr;
  }
  void Semicolon() {
    Other();
    if (create_) return;  // perhaps within BEGIN ATOMIC
    all_ = false;
    clause_ = paren_ = kNone;
    depth_ = 0;
    look_ = kFresh;
  }

 private:
  static constexpr int kNone = INT_MAX;
  static constexpr int kFresh = 1, kBehindAs = 2;

  // The first word of a statement, or behind AS and a parenthesis.
  void Look(const char* begin, const char* end) {
    const Tok token = Classify(begin, end).token;
    if ((look_ & kFresh) != 0) {
      all_ = !BeginsQuery(token);
      create_ = token == Tok::CREATE;
    } else if (BeginsQuery(token) && paren_ == depth_) {
      paren_ = kNone;
    }
    look_ = 0;
  }

  void Tell(Tok token) {
    if (TakesModifiers(token)) type_ = true;
    switch (token) {
      case Tok::AS:
        type_ = true;
        break;
      case Tok::BY:
      case Tok::LIMIT:
      case Tok::OFFSET:
      case Tok::FETCH:
        if (clause_ == kNone) clause_ = depth_;
        break;
      case Tok::HAVING:
      case Tok::UNION:
      case Tok::INTERSECT:
      case Tok::EXCEPT:
        if (clause_ == depth_) clause_ = kNone;
        break;
      default:
        break;
    }
  }

  // Whether what opens belongs to a type (or DISTINCT ON, or column definitions), as far as can be seen.
  bool OpensType(const char* end, bool bracket) {
    if (last_ == nullptr) return bracket;  // behind `)` or `]` of a type
    const WordClass last = Classify(last_, end);
    if (TakesModifiers(last.token)) return true;
    if (last.token == Tok::AS) {
      look_ |= kBehindAs;
      return true;
    }
    const WordClass before = before_ == nullptr ? WordClass{} : Classify(before_, last_ - 1);
    if (last.token == Tok::ON) return before.token == Tok::DISTINCT;
    if (type_) {
      if ((last.word & kReserved) != 0 && last.token != Tok::ARRAY) return false;
      return (before.word & kReserved) == 0 || before.token == Tok::AS || before.token == Tok::TO ||
             before.token == Tok::WITH || before.token == Tok::ARRAY;
    }
    // `name type(…)` in a list of column definitions.
    if ((before.word & kColId) == 0) return false;
    return (last.word & (kIdentifier | kUnreserved)) != 0 || IsTypeWord(last.token);
  }

  const char* last_ = nullptr;  // the token before, when it is a name (with its dots), and the one before that
  const char* before_ = nullptr;
  int depth_ = 0;
  int clause_ = kNone;  // depth of an ORDER BY, LIMIT …
  int paren_ = kNone;   // depth of the parentheses whose constants stay
  int look_ = kFresh;   // what the next word tells
  bool type_ = false;   // a type goes on here, or may
  bool all_ = false;    // of this statement every constant stays
  bool create_ = false;
};

}  // namespace key_internal

using key_internal::KeyContext;

}  // namespace pgshoal::parser
