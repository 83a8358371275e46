// One pass over the characters that copies a statement's tokens and takes the constants out. It knows the scanner's
// rules (lexer.cc) but for rare spellings, where it gives up, and, from keywords and parentheses alone, enough of the
// grammar to say which constants must stay.
#include "parser/key_scan.hpp"

#include <array>
#include <climits>
#include <cstring>

#include "base/limits.hpp"
#include "parser/char_class.hpp"
#include "parser/keywords.hpp"

namespace pgshoal::parser {

namespace {

constexpr std::size_t kPadding = 32;           // readable bytes behind the copied text, and in front of the key
constexpr std::size_t kKeptBytes = 64u << 10;  // of the buffer, from one scan to the next
constexpr std::size_t kKeptConstants = 1u << 12;
constexpr std::ptrdiff_t kNameLimit = 63;  // NAMEDATALEN - 1

// What a token that begins with this character is.
enum class Start : uint8_t {
  kBad,
  kBlank,
  kWord,
  kDigit,
  kQuote,
  kDoubleQuote,
  kDollar,
  kOpen,
  kClose,
  kOpenBracket,
  kCloseBracket,
  kComma,
  kSemicolon,
  kDot,
  kColon,
  kOperator
};

constexpr std::array<Start, 256> kStart = [] {
  std::array<Start, 256> start{};
  for (int i = 0; i < 256; ++i) {
    if ((kClass[i] & kSpaceChar) != 0) start[i] = Start::kBlank;
    if ((kClass[i] & kIdentStart) != 0) start[i] = Start::kWord;
    if ((kClass[i] & kDigit) != 0) start[i] = Start::kDigit;
    if ((kClass[i] & kOpChar) != 0) start[i] = Start::kOperator;
  }
  start['\''] = Start::kQuote, start['"'] = Start::kDoubleQuote, start['$'] = Start::kDollar;
  start['('] = Start::kOpen, start[')'] = Start::kClose, start['['] = Start::kOpenBracket,
  start[']'] = Start::kCloseBracket;
  start[','] = Start::kComma, start[';'] = Start::kSemicolon, start['.'] = Start::kDot, start[':'] = Start::kColon;
  return start;
}();

// Characters of words as PostgreSQL folds them; 0 for all others.
constexpr std::array<char, 256> kFolded = [] {
  std::array<char, 256> folded{};
  for (int i = 0; i < 256; ++i) {
    if ((kClass[i] & kIdentCont) != 0) folded[i] = static_cast<char>((kClass[i] & kUpper) != 0 ? i | 0x20 : i);
  }
  return folded;
}();

constexpr unsigned char Byte(char c) {
  return static_cast<unsigned char>(c);
}

// The words that tell where constants must stay, by first letter and length, so that few other words are looked up.
constexpr std::array<uint64_t, 256> kTelling = [] {
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
WordClass Classify(const char* begin, const char* end) {
  const Keyword* keyword = FindKeyword({begin, static_cast<std::size_t>(end - begin)});
  return keyword == nullptr ? WordClass{} : WordClass{keyword->token, keyword->word};
}

// Words that no function can have as its name, and behind which parentheses hold modifiers.
bool TakesModifiers(Tok token) {
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
bool IsTypeWord(Tok token) {
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

bool BeginsQuery(Tok token) {
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
class Context {
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

// For KeyStyle::kEverything.
struct NoContext {
  static constexpr bool literal() { return false; }
  void Word(const char*, const char*) {}
  void QuotedName(const char*) {}
  void Open(const char*, bool) {}
  void Close() {}
  void Cast() {}
  void String() {}
  void Other() {}
  void Semicolon() {}
};

// Behind a closing quote: whether the literal goes on after a line break; then `p` is behind the next opening quote.
bool Continues(const char*& p) {
  const char* q = p;
  bool newline = false;
  for (;; ++q) {
    if (*q == '\n' || *q == '\r') {
      newline = true;
    } else if (*q == '-' && q[1] == '-') {
      while (*q != '\n' && *q != '\r' && *q != '\0') ++q;
      --q;
    } else if (!Has(*q, kSpaceChar)) {
      break;
    }
  }
  if (!newline || *q != '\'') return false;
  p = q + 1;
  return true;
}

// Behind the string whose body begins at `p`, or null when it has no end. Nothing is read behind `end` but its zero.
const char* StringEnd(const char* p, const char* end) {
  for (;;) {
    p = static_cast<const char*>(std::memchr(p, '\'', static_cast<std::size_t>(end - p)));
    if (p == nullptr) return nullptr;
    ++p;
    if (*p == '\'') {
      ++p;
    } else if (!Has(*p, kSpaceChar | kOpChar) || !Continues(p)) {
      return p;
    }
  }
}

// The same of E'…'; null also when an escape is more than one character, or may make invalid UTF-8.
const char* EscapeStringEnd(const char* p, const char* end) {
  for (; p < end;) {
    if (*p == '\\') {
      if (Has(p[1], kDigit) || Byte(p[1]) >= 128 || (p[1] | 0x20) == 'u' || p[1] == 'x' || p[1] == '\0') return nullptr;
      p += 2;
    } else if (*p == '\'') {
      ++p;
      if (*p == '\'') {
        ++p;
      } else if (!Continues(p)) {
        return p;
      }
    } else {
      ++p;
    }
  }
  return nullptr;
}

const char* BitsEnd(const char* p, const char* end) {
  do {
    p = static_cast<const char*>(std::memchr(p, '\'', static_cast<std::size_t>(end - p)));
    if (p == nullptr) return nullptr;
    ++p;
  } while (Continues(p));
  return p;
}

// Behind the comment at `p`, or null when it has no end.
const char* CommentEnd(const char* p, const char* end) {
  if (*p == '-') {
    while (p < end && *p != '\n' && *p != '\r') ++p;
    return p;
  }
  p += 2;
  for (int depth = 1; depth > 0;) {
    if (p + 1 >= end) return nullptr;
    if (p[0] == '*' && p[1] == '/') {
      --depth, p += 2;
    } else if (p[0] == '/' && p[1] == '*') {
      ++depth, p += 2;
    } else {
      ++p;
    }
  }
  return p;
}

// Behind the number at `p`, or null when junk follows. `digits`: nothing but digits was there.
const char* NumberEnd(const char* p, bool& digits) {
  const char* s = p;
  while (Has(*p, kDigit)) ++p;
  digits = true;
  if (*p == '.' && (p == s || p[1] != '.')) {
    digits = false;
    ++p;
    while (Has(*p, kDigit)) ++p;
  }
  if ((*p | 0x20) == 'e') {
    const char* q = p + 1;
    if (*q == '+' || *q == '-') {
      ++q;
      if (!Has(*q, kDigit)) return nullptr;
    }
    if (Has(*q, kDigit)) {
      while (Has(*q, kDigit)) ++q;
      p = q;
      digits = false;
    }
  }
  return Has(*p, kIdentStart) ? nullptr : p;
}

// The type of an integer of `size` digits; false when its type depends on a minus in front.
bool IntegerType(const char* p, std::ptrdiff_t size, ConstantType& type) {
  while (size > 1 && *p == '0') ++p, --size;
  const auto compare = [&](const char* most) { return std::memcmp(p, most, static_cast<std::size_t>(size)); };
  type = ConstantType::kInt4;
  if (size < 10) return true;
  if (size == 10) {
    const int against = compare("2147483648");
    if (against > 0) type = ConstantType::kInt8;
    return against != 0;
  }
  type = ConstantType::kInt8;
  if (size < 19) return true;
  if (size == 19) {
    const int against = compare("9223372036854775808");
    if (against > 0) type = ConstantType::kNumeric;
    return against != 0;
  }
  type = ConstantType::kNumeric;
  return true;
}

// Whether a minus stands before what comes next in the key, perhaps with parentheses between.
bool BehindMinus(const char* out) {
  while (out[-1] == '(' && out[-2] == ' ') out -= 2;
  return out[-1] == '-' && out[-2] == ' ';
}

bool IsZero(const char* p, const char* end) {
  while (p < end && *p == '0') ++p;
  return p == end;
}

}  // namespace

template <KeyStyle Style>
bool ScanKey(std::string_view sql, KeyBuffer& buffer) {
  if (sql.size() > limits::kMaxStatement) return false;
  // The text is copied so that reading may go beyond its end; the key takes at most twice its room.
  const std::size_t wanted = sql.size() * 3 + 3 * kPadding;
  if (buffer.capacity < wanted || buffer.capacity > kKeptBytes + wanted) {
    buffer.capacity = wanted + wanted / 2;
    buffer.bytes = std::make_unique_for_overwrite<char[]>(buffer.capacity);
  }
  auto& constants = buffer.constants;
  if (constants.capacity() > kKeptConstants) std::vector<ConstantSpan>().swap(constants);
  constants.clear();
  char* const start = buffer.bytes.get();
  std::memcpy(start, sql.data(), sql.size());
  std::memset(start + sql.size(), 0, 2 * kPadding);
  const char* p = start;
  const char* const end = start + sql.size();
  char* const key = start + sql.size() + 2 * kPadding;
  char* out = key;
  int max_param = 0;
  std::conditional_t<Style == KeyStyle::kPlan, Context, NoContext> context;

  const auto constant = [&](const char* begin, const char* behind, ConstantType type) {
    out[0] = ' ';
    out[1] = static_cast<char>(type);
    constants.push_back({static_cast<uint32_t>(begin - start), static_cast<uint32_t>(behind - start),
                         static_cast<uint32_t>(out + 1 - key), type});
    out += 2;
  };
  const auto copy = [&](const char* begin, const char* behind) {
    *out++ = ' ';
    std::memcpy(out, begin, static_cast<std::size_t>(behind - begin));
    out += behind - begin;
  };
  const auto string = [&](const char* begin, const char* behind, ConstantType type) {
    if (behind == nullptr) return false;
    context.String();
    if (context.literal()) {
      copy(begin, behind);
    } else {
      if (Style == KeyStyle::kPlan && out[-1] == ')') return false;  // what is in the parentheses were modifiers
      constant(begin, behind, type);
    }
    p = behind;
    return true;
  };
  const auto single = [&] {
    out[0] = ' ';
    out[1] = *p++;
    out += 2;
  };

  for (;;) {
    switch (kStart[Byte(*p)]) {
      case Start::kBlank:
        ++p;
        break;
      case Start::kWord: {
        if (p[1] == '\'') {
          switch (*p | 0x20) {
            case 'e':
              if (!string(p, EscapeStringEnd(p + 2, end), ConstantType::kString)) return false;
              continue;
            case 'b':
              if (!string(p, BitsEnd(p + 2, end), ConstantType::kBits)) return false;
              continue;
            case 'x':
              if (!string(p, BitsEnd(p + 2, end), ConstantType::kHexBits)) return false;
              continue;
            case 'n':
              return false;
            default:
              break;
          }
        } else if (p[1] == '&' && (*p | 0x20) == 'u' && (p[2] == '\'' || p[2] == '"')) {
          return false;
        }
        *out++ = ' ';
        char* word = out;
        char c = kFolded[Byte(*p)];
        do {
          *out++ = c;
          c = kFolded[Byte(*++p)];
        } while (c != 0);
        if (out - word > kNameLimit) return false;
        context.Word(word, out);
        break;
      }
      case Start::kDigit: {
      number:
        bool digits;
        const char* behind = NumberEnd(p, digits);
        if (behind == nullptr) return false;
        ConstantType type = ConstantType::kNumeric;
        bool literal = context.literal();
        if (digits) {
          const bool certain = IntegerType(p, behind - p, type);
          if (Style == KeyStyle::kPlan) {
            literal = literal || !certain || (*p == '0' && IsZero(p, behind) && BehindMinus(out));
          }
        }
        context.Other();
        if (literal) {
          copy(p, behind);
        } else {
          constant(p, behind, type);
        }
        p = behind;
        break;
      }
      case Start::kQuote:
        if (!string(p, StringEnd(p + 1, end), ConstantType::kString)) return false;
        break;
      case Start::kDoubleQuote: {
        const char* q = p + 1;
        for (;; ++q) {
          q = static_cast<const char*>(std::memchr(q, '"', static_cast<std::size_t>(end - q)));
          if (q == nullptr) return false;
          ++q;
          if (*q != '"') break;
        }
        if (q - p < 3 || q - p > kNameLimit) return false;
        copy(p, q);
        context.QuotedName(out - (q - p));
        p = q;
        break;
      }
      case Start::kDollar: {
        const char* q = p + 1;
        if (Has(*q, kDigit)) {
          int number = 0;
          while (Has(*q, kDigit)) number = number * 10 + (*q++ - '0');
          if (p[1] == '0' || q - p > 9 || Has(*q, kIdentStart)) return false;
          if (number > max_param) max_param = number;
          copy(p, q);
          context.Other();
          p = q;
          break;
        }
        if (Has(*q, kIdentStart)) {
          while (Has(*q, kIdentCont) && *q != '$') ++q;
        }
        if (*q != '$') return false;
        const std::string_view tag(p, static_cast<std::size_t>(q + 1 - p));
        const std::string_view rest(q + 1, static_cast<std::size_t>(end - q - 1));
        const std::size_t close = rest.find(tag);
        if (close == std::string_view::npos) return false;
        if (!string(p, rest.data() + close + tag.size(), ConstantType::kString)) return false;
        break;
      }
      case Start::kOpen:
        context.Open(out, false);
        single();
        break;
      case Start::kOpenBracket:
        context.Open(out, true);
        single();
        break;
      case Start::kClose:
      case Start::kCloseBracket:
        context.Close();
        single();
        break;
      case Start::kComma:
        context.Other();
        single();
        break;
      case Start::kSemicolon:
        context.Semicolon();
        single();
        break;
      case Start::kDot:
        if (Has(p[1], kDigit)) goto number;
        single();
        if (*p == '.') *out++ = *p++;
        break;
      case Start::kColon:
        if (p[1] == ':') {
          context.Cast();
          copy(p, p + 2);
          p += 2;
          break;
        }
        context.Other();
        single();
        if (*p == '=') *out++ = *p++;
        break;
      case Start::kOperator: {
        if ((*p == '-' && p[1] == '-') || (*p == '/' && p[1] == '*')) {
          p = CommentEnd(p, end);
          if (p == nullptr) return false;
          break;
        }
        context.Other();
        if (!Has(p[1], kOpChar)) {
          single();
          break;
        }
        const char* behind = OperatorEnd(p, end);
        if (behind - p > kNameLimit) return false;
        copy(p, behind);
        if (behind - p == 2 && *p == '!' && p[1] == '=') out[-2] = '<', out[-1] = '>';
        p = behind;
        break;
      }
      case Start::kBad:
        if (p != end) return false;
        buffer.key = {key, static_cast<std::size_t>(out - key)};
        buffer.max_param = max_param;
        return true;
    }
  }
}

template bool ScanKey<KeyStyle::kPlan>(std::string_view, KeyBuffer&);
template bool ScanKey<KeyStyle::kEverything>(std::string_view, KeyBuffer&);

}  // namespace pgshoal::parser
