// The scanner: one class, because its parts share the cursor. Longer than most files for that reason.
#include "parser/lexer.hpp"

#include <charconv>
#include <cstring>

#include "base/sqlstate.hpp"
#include "fmt/format.h"
#include "parser/char_class.hpp"
#include "parser/keywords.hpp"
#include "parser/token_list.hpp"
#include "parser/unicode.hpp"

namespace pgshoal::parser {

namespace {

constexpr std::size_t kNameLimit = 63;  // NAMEDATALEN - 1

class Lexer {
 public:
  Lexer(std::string_view text, Arena& arena, TokenList& list, SourceError& error)
      : start_(text.data()), p_(text.data()), end_(text.data() + text.size()), arena_(arena), list_(list), error_(error) {
    list_.SetSize(0);
    tokens_ = out_ = list_.Reserve(kFirstTokens);
    limit_ = tokens_ + list_.capacity() - kReserve;
  }

  // The common spellings are read here, all others by Scan.
  void Run() {
    const char* p = start_;
    for (;;) {
      if (out_ >= limit_) Grow();
      const char c = *p;
      switch (kStart[Byte(c)]) {
        case Start::kBlank:
          ++p;
          continue;
        case Start::kWord: {
          if ((p[1] == '\'' || p[1] == '&') && MayBegin(c)) break;
          bool upper = false;
          const char* q = WordEnd(p + 1, end_, upper);
          AddWord(p, q, upper || Has(c, kUpper));
          p = q;
          continue;
        }
        case Start::kDigit: {
          const char* q = p;
          uint64_t value = 0;  // wraps when there are too many digits
          do {
            value = value * 10 + static_cast<uint64_t>(*q++ - '0');
          } while (Has(*q, kDigit));
          const std::ptrdiff_t digits = q - p;
          const bool fraction = *q == '.' && q[1] != '.';
          if (fraction) {
            do ++q;
            while (Has(*q, kDigit));
          }
          if (digits > 9 || Has(*q, kIdentStart) || *q == '.') break;
          if (fraction) {
            Put(Tok::FCONST, p, q);
            SetValue(*out_++, {p, static_cast<std::size_t>(q - p)});
          } else {
            Put(Tok::ICONST, p, q);
            out_++->number = static_cast<int64_t>(value);
          }
          p = q;
          continue;
        }
        case Start::kQuote: {
          const char* q = FindByte(p + 1, end_, '\'');
          if (q == nullptr || q[1] == '\'') break;
          if (Has(q[1], kSpaceChar | kOpChar)) {
            const char* next = q + 1;
            if (ContinuesString(next)) break;
          }
          Put(Tok::SCONST, p, q + 1);
          SetValue(*out_++, {p + 1, static_cast<std::size_t>(q - p - 1)});
          p = q + 1;
          continue;
        }
        case Start::kDoubleQuote: {
          const char* q = FindByte(p + 1, end_, '"');
          if (q == nullptr || q[1] == '"' || q == p + 1 || q - p > static_cast<std::ptrdiff_t>(kNameLimit)) break;
          Put(Tok::IDENT, p, q + 1);
          out_->word = kIdentifier | kBareLabel;
          SetValue(*out_++, {p + 1, static_cast<std::size_t>(q - p - 1)});
          p = q + 1;
          continue;
        }
        case Start::kOpen:
          Put(Tok::LPAREN, p, p + 1);
          out_->number = open_;
          open_ = out_++ - tokens_;
          ++p;
          continue;
        case Start::kClose:
          Put(Tok::RPAREN, p, p + 1);
          ++out_;
          if (open_ >= 0) Close();
          ++p;
          continue;
        case Start::kDot:
          if (p[1] == '.' || Has(p[1], kDigit)) break;
          [[fallthrough]];
        case Start::kComma:
        case Start::kSemicolon:
        case Start::kOpenBracket:
        case Start::kCloseBracket:
          Put(kSelf[Byte(c)], p, p + 1);
          ++out_, ++p;
          continue;
        case Start::kOperator:
          if (Has(p[1], kOpChar)) break;
          Put(kSelf[Byte(c)] != Tok::END ? kSelf[Byte(c)] : Tok::OP, p, p + 1);
          SetValue(*out_++, {p, 1});
          ++p;
          continue;
        case Start::kDollar:
        case Start::kColon:
        case Start::kBad:
          if (p == end_) {
            End();
            return;
          }
          break;
      }
      p_ = p;
      if (!AddScanned()) {
        End();
        return;
      }
      p = p_;
    }
  }

 private:
  // --- the token pass -------------------------------------------------------------------------------------------

  static constexpr std::size_t kFirstTokens = 256;
  static constexpr std::size_t kReserve = 8;  // what may be written between two looks at the limit

  void Grow() {
    const std::size_t size = static_cast<std::size_t>(out_ - tokens_);
    list_.SetSize(size);
    tokens_ = list_.Reserve(list_.capacity() * 2);
    out_ = tokens_ + size;
    limit_ = tokens_ + list_.capacity() - kReserve;
  }

  // A token without a value.
  void Fill(Token& token, Tok kind, const char* begin, const char* end) const {
    token.kind = kind;
    token.word = 0;
    token.opens_query = false;
    token.begin = static_cast<uint32_t>(begin - start_);
    token.end = static_cast<uint32_t>(end - start_);
    token.size = 0;
    token.data = nullptr;
  }

  // Begins the token in place.
  void Put(Tok kind, const char* begin, const char* end) { Fill(*out_, kind, begin, end); }

  // Whether a word of this letter may be the beginning of a literal: b'', x'', e'', n'', u&''.
  static bool MayBegin(char c) {
    switch (c | 0x20) {
      case 'b': case 'x': case 'e': case 'n': case 'u':
        return true;
      default:
        return false;
    }
  }

  void AddWord(const char* s, const char* q, bool upper) {
    const std::string_view text(s, static_cast<std::size_t>(q - s));
    Put(Tok::IDENT, s, q);
    if (const Keyword* keyword = FindKeyword(text)) {
      out_->kind = keyword->token;
      out_->word = keyword->word;
      SetValue(*out_, keyword->text);
      if (out_ != tokens_) LookBehind(out_[-1], keyword->token);
    } else {
      out_->word = kIdentifier | kBareLabel;
      SetValue(*out_, NameOf(text, upper));
    }
    ++out_;
  }

  // A token that Scan reads; false at the end of the text or an error.
  bool AddScanned() {
    do {
      Token token;
      if (!Next(token)) return false;
      *out_ = token;
      if (token.kind >= Tok::NOT_LA) {
        if (out_ != tokens_) LookBehind(out_[-1], token.kind);
        ++out_;
      } else if (token.kind == Tok::LPAREN) {
        out_->number = open_;
        open_ = out_++ - tokens_;
      } else {
        ++out_;
        if (token.kind == Tok::RPAREN && open_ >= 0) Close();
      }
    } while (has_pending_);
    return !error_.any();
  }

  // The last token closes the innermost open parenthesis.
  void Close() {
    Token& opener = tokens_[open_];
    open_ = opener.number;
    opener.data = nullptr;
    opener.size = static_cast<uint32_t>(out_ - 1 - &opener);
    opener.opens_query = OpensQuery(&opener);
  }

  void End() {
    if (error_.any()) {
      Put(Tok::INVALID, token_start_, end_);
      ++out_;
    }
    for (int i = 0; i < kSentinels; ++i) {
      Put(Tok::END, end_, end_);
      ++out_;
    }
    while (open_ >= 0) {
      Token& opener = tokens_[open_];
      open_ = opener.number;
      opener.data = nullptr;
      opener.opens_query = OpensQuery(&opener);
    }
    list_.SetSize(static_cast<std::size_t>(out_ - tokens_));
  }

  // What NOT, NULLS and WITH become in front of `next`: operators, and no longer words that could be names.
  static void LookBehind(Token& before, Tok next) {
    switch (before.kind) {
      case Tok::NOT:
        if (next == Tok::BETWEEN || next == Tok::IN_P || next == Tok::LIKE || next == Tok::ILIKE || next == Tok::SIMILAR) {
          before.kind = Tok::NOT_LA, before.word = 0;
        }
        return;
      case Tok::NULLS_P:
        if (next == Tok::FIRST_P || next == Tok::LAST_P) before.kind = Tok::NULLS_LA, before.word = 0;
        return;
      case Tok::WITH:
        if (next == Tok::TIME || next == Tok::ORDINALITY) before.kind = Tok::WITH_LA, before.word = 0;
        return;
      default:
        return;
    }
  }

  // Whether the parenthesis holds a query: it starts with one, or with a query in parentheses that goes on as one.
  bool OpensQuery(const Token* opener) const {
    if (opener + 1 >= out_) return false;
    const Token& first = opener[1];
    switch (first.kind) {
      case Tok::SELECT:
      case Tok::WITH:
      case Tok::WITH_LA:
      case Tok::TABLE:
        return true;
      case Tok::VALUES:
        return opener + 2 < out_ && opener[2].kind == Tok::LPAREN;
      case Tok::LPAREN:
        break;
      default:
        return false;
    }
    if (!first.opens_query) return false;
    const Token* after = &first + first.size + 1;
    if (first.size == 0 || after >= out_) return true;
    switch (after->kind) {
      case Tok::RPAREN:
      case Tok::UNION:
      case Tok::INTERSECT:
      case Tok::EXCEPT:
      case Tok::ORDER:
      case Tok::LIMIT:
      case Tok::OFFSET:
      case Tok::FETCH:
      case Tok::FOR:
        return true;
      default:
        return false;
    }
  }

  // --- small tools ----------------------------------------------------------------------------------------------

  char At(std::ptrdiff_t i) const { return i < end_ - p_ ? p_[i] : '\0'; }

  bool Finish(Token& token, Tok kind, const char* begin, const char* end) {
    Fill(token, kind, begin, end);
    p_ = end;
    return true;
  }

  void SetValue(Token& token, std::string_view value) {
    token.data = value.data();
    token.size = static_cast<uint32_t>(value.size());
  }

  // Reports "<message> at or near …": `loc` is the cursor, `match_end` the end of what the scanner had matched.
  bool Fail(std::string_view message, const char* loc, const char* match_end,
            std::string_view state = sqlstate::kSyntaxError) {
    error_.sqlstate = state;
    error_.position = static_cast<uint32_t>(loc - start_);
    if (loc >= end_) {
      error_.message = fmt::format("{} at end of input", message);
    } else {
      error_.message = fmt::format("{} at or near \"{}\"", message, std::string_view(loc, match_end - loc));
    }
    return false;
  }
  bool FailPlain(std::string_view state, std::string_view message, const char* loc, std::string_view hint) {
    error_.sqlstate = state;
    error_.message = message;
    error_.position = static_cast<uint32_t>(loc - start_);
    error_.hint = hint;
    return false;
  }

  // --- white space and comments -----------------------------------------------------------------------------------

  bool SkipBlanks() {
    for (;;) {
      while (p_ < end_ && Has(*p_, kSpaceChar)) ++p_;
      if (p_ + 1 >= end_) return true;
      if (p_[0] == '-' && p_[1] == '-') {
        while (p_ < end_ && *p_ != '\n' && *p_ != '\r') ++p_;
      } else if (p_[0] == '/' && p_[1] == '*') {
        const char* opened = p_;
        p_ += 2;
        for (int depth = 1; depth > 0;) {
          if (p_ + 1 >= end_) {
            token_start_ = opened;
            return Fail("unterminated /* comment", opened, end_);
          }
          if (p_[0] == '*' && p_[1] == '/') {
            --depth, p_ += 2;
          } else if (p_[0] == '/' && p_[1] == '*') {
            ++depth, p_ += 2;
          } else {
            ++p_;
          }
        }
      } else {
        return true;
      }
    }
  }

  // After a closing quote: when the literal goes on after a line break, moves behind the next opening quote.
  bool ContinuesString(const char*& p) const {
    const char* q = p;
    bool newline = false;
    while (q < end_) {
      if (*q == '\n' || *q == '\r') {
        newline = true;
        ++q;
      } else if (Has(*q, kSpaceChar)) {
        ++q;
      } else if (*q == '-' && q + 1 < end_ && q[1] == '-') {
        while (q < end_ && *q != '\n' && *q != '\r') ++q;
        if (q == end_) return false;
      } else {
        break;
      }
    }
    if (!newline || q == end_ || *q != '\'') return false;
    p = q + 1;
    return true;
  }

  // --- the scanner ------------------------------------------------------------------------------------------------

  bool Next(Token& token) {
    if (has_pending_) {
      token = pending_;
      has_pending_ = false;
      return true;
    }
    if (error_.any() || !Scan(token)) return false;
    if (token.kind == Tok::SCONST || token.kind == Tok::IDENT) {
      if (unicode_token_) return FinishUnicode(token);
    }
    return true;
  }

  bool Scan(Token& token) {
    unicode_token_ = false;
    if (p_ < end_ && Has(*p_, kSpaceChar)) ++p_;
    if (p_ >= end_ || Has(*p_, kSpaceChar) || *p_ == '-' || *p_ == '/') {
      if (!SkipBlanks() || p_ == end_) return false;
    }
    const char* s = token_start_ = p_;
    char c = *s;
    if (Has(c, kIdentStart)) return ScanWord(token, s);
    if (Has(c, kDigit) || (c == '.' && Has(At(1), kDigit))) return ScanNumber(token, s);
    switch (c) {
      case '\'':
        return ScanPlainString(token, s, s + 1);
      case '"':
        return ScanQuotedIdentifier(token, s, s + 1, false);
      case '$':
        return ScanDollar(token, s);
      case '(':
      case ')':
      case ',':
      case ';':
      case '[':
      case ']':
        return Finish(token, kSelf[static_cast<unsigned char>(c)], s, s + 1);
      case '.':
        if (At(1) == '.') return Finish(token, Tok::DOT_DOT, s, s + 2);
        return Finish(token, Tok::DOT, s, s + 1);
      case ':':
        if (At(1) == ':') return Finish(token, Tok::TYPECAST, s, s + 2);
        if (At(1) == '=') return Finish(token, Tok::COLON_EQUALS, s, s + 2);
        return Finish(token, Tok::COLON, s, s + 1);
      default:
        break;
    }
    if (Has(c, kOpChar)) return ScanOperator(token, s);
    return Finish(token, Tok::OTHER, s, s + 1);
  }

  bool ScanWord(Token& token, const char* s) {
    if (At(1) == '\'') {
      switch (s[0]) {
        case 'b': case 'B': return ScanBits(token, s, 'b', Tok::BCONST);
        case 'x': case 'X': return ScanBits(token, s, 'x', Tok::XCONST);
        case 'e': case 'E': return ScanEscapeString(token, s, s + 2);
        case 'n': case 'N': {
          const Keyword* nchar = FindKeyword("nchar");
          Finish(token, nchar->token, s, s + 1);
          SetValue(token, nchar->text);
          token.word = nchar->word;
          return true;
        }
        default: break;
      }
    } else if ((s[0] == 'u' || s[0] == 'U') && At(1) == '&') {
      if (At(2) == '"') return ScanQuotedIdentifier(token, s, s + 3, true);
      if (At(2) == '\'') {
        unicode_token_ = true;
        return ScanPlainString(token, s, s + 3);
      }
    }
    const char* q = s;
    uint8_t seen = 0;
    do {
      seen |= kClass[static_cast<unsigned char>(*q)];
      ++q;
    } while (q < end_ && Has(*q, kIdentCont));
    std::string_view text(s, q - s);
    Finish(token, Tok::IDENT, s, q);
    if (const Keyword* keyword = FindKeyword(text)) {
      token.kind = keyword->token;
      token.word = keyword->word;
      SetValue(token, keyword->text);
      return true;
    }
    token.word = kIdentifier | kBareLabel;
    SetValue(token, NameOf(text, (seen & kUpper) != 0));
    return true;
  }

  // A word as PostgreSQL folds it.
  std::string_view NameOf(std::string_view text, bool upper) {
    if (upper) {
      auto* copy = static_cast<char*>(arena_.Allocate(text.size()));
      for (std::size_t i = 0; i < text.size(); ++i) copy[i] = Has(text[i], kUpper) ? static_cast<char>(text[i] | 0x20) : text[i];
      text = {copy, text.size()};
    }
    return ClipName(text);
  }

  // A name cut to what PostgreSQL keeps of it: whole characters, each as long as its first byte says, be it right or not.
  static std::string_view ClipName(std::string_view name) {
    if (name.size() <= kNameLimit) return name;
    std::size_t size = 0;
    for (;;) {
      const std::size_t next = size + Utf8Length(name[size]);
      if (next > kNameLimit) return name.substr(0, size);
      size = next;
    }
  }

  bool ScanNumber(Token& token, const char* s) {
    const char* q = s;
    while (q < end_ && Has(*q, kDigit)) ++q;
    bool integer = true;
    if (q < end_ && *q == '.' && !(q > s && q + 1 < end_ && q[1] == '.')) {
      integer = false;
      ++q;
      while (q < end_ && Has(*q, kDigit)) ++q;
    }
    if (q < end_ && (*q == 'e' || *q == 'E')) {
      const char* r = q + 1;
      if (r < end_ && (*r == '+' || *r == '-')) {
        ++r;
        if (r == end_ || !Has(*r, kDigit)) return Fail("trailing junk after numeric literal", s, r);
      }
      if (r < end_ && Has(*r, kDigit)) {
        while (r < end_ && Has(*r, kDigit)) ++r;
        q = r;
        integer = false;
      }
    }
    if (q < end_ && Has(*q, kIdentStart)) return Fail("trailing junk after numeric literal", s, JunkEnd(q));
    Finish(token, Tok::ICONST, s, q);
    if (integer) {
      int32_t value = 0;
      auto [end, code] = std::from_chars(s, q, value);
      if (code == std::errc()) {
        token.number = value;
        return true;
      }
    }
    token.kind = Tok::FCONST;
    SetValue(token, {s, static_cast<std::size_t>(q - s)});
    return true;
  }

  // The end of the word that follows digits: the scanner reads it with them.
  const char* JunkEnd(const char* q) const {
    while (q < end_ && Has(*q, kIdentCont)) ++q;
    return q;
  }

  bool ScanOperator(Token& token, const char* s) {
    const std::size_t n = static_cast<std::size_t>(OperatorEnd(s, end_) - s);
    Finish(token, Tok::OP, s, s + n);
    SetValue(token, {s, n});
    if (n == 1) {
      if (Tok self = kSelf[static_cast<unsigned char>(*s)]; self != Tok::END) token.kind = self;
    } else if (n == 2) {
      if (s[0] == '=' && s[1] == '>') token.kind = Tok::EQUALS_GREATER;
      if (s[0] == '>' && s[1] == '=') token.kind = Tok::GREATER_EQUALS;
      if (s[0] == '<' && s[1] == '=') token.kind = Tok::LESS_EQUALS;
      if ((s[0] == '<' && s[1] == '>') || (s[0] == '!' && s[1] == '=')) {
        token.kind = Tok::NOT_EQUALS;
        SetValue(token, "<>");
      }
    } else if (n > kNameLimit) {
      return Fail("operator too long", s, s + n);
    }
    return true;
  }

  bool ScanDollar(Token& token, const char* s) {
    if (Has(At(1), kDigit)) {
      const char* q = s + 1;
      int64_t number = 0;
      for (; q < end_ && Has(*q, kDigit); ++q) {
        if (number < (int64_t{1} << 58)) number = number * 10 + (*q - '0');
      }
      if (q < end_ && Has(*q, kIdentStart)) return Fail("trailing junk after parameter", s, JunkEnd(q));
      Finish(token, Tok::PARAM, s, q);
      token.number = static_cast<int32_t>(number);
      return true;
    }
    const char* q = s + 1;
    if (q < end_ && Has(*q, kIdentStart)) {
      while (q < end_ && Has(*q, kIdentCont) && *q != '$') ++q;
    }
    if (q == end_ || *q != '$') return Finish(token, Tok::OTHER, s, s + 1);
    std::string_view tag(s, q + 1 - s);
    std::string_view rest(q + 1, end_ - q - 1);
    std::size_t close = rest.find(tag);
    if (close == std::string_view::npos) return Fail("unterminated dollar-quoted string", s, end_);
    Finish(token, Tok::SCONST, s, rest.data() + close + tag.size());
    SetValue(token, rest.substr(0, close));
    return true;
  }

  // '…' with doubled quotes; also the body of U&'…'. `p` is behind the opening quote.
  bool ScanPlainString(Token& token, const char* s, const char* p) {
    const char* body = p;
    const char* q = static_cast<const char*>(std::memchr(p, '\'', end_ - p));
    if (q == nullptr) return Fail("unterminated quoted string", s, end_);
    const char* after = q + 1;
    if ((after < end_ && *after == '\'') || (after < end_ && Has(*after, kSpaceChar | kOpChar))) {
      // Doubled quotes, or perhaps a continuation.
      const char* next = after;
      if (*after == '\'' || ContinuesString(next)) return ScanLongString(token, s, p);
    }
    Finish(token, Tok::SCONST, s, after);
    SetValue(token, {body, static_cast<std::size_t>(q - body)});
    return true;
  }

  bool ScanLongString(Token& token, const char* s, const char* p) {
    buffer_.clear();
    for (;;) {
      const char* q = static_cast<const char*>(std::memchr(p, '\'', end_ - p));
      if (q == nullptr) return Fail("unterminated quoted string", s, end_);
      buffer_.append(p, q - p);
      p = q + 1;
      if (p < end_ && *p == '\'') {
        buffer_ += '\'';
        ++p;
      } else if (!ContinuesString(p)) {
        break;
      }
    }
    Finish(token, Tok::SCONST, s, p);
    SetValue(token, arena_.Copy(buffer_));
    return true;
  }

  bool ScanBits(Token& token, const char* s, char kind, Tok tok) {
    buffer_.assign(1, kind);
    const char* p = s + 2;
    do {
      const char* q = static_cast<const char*>(std::memchr(p, '\'', end_ - p));
      if (q == nullptr) {
        return Fail(kind == 'b' ? "unterminated bit string literal" : "unterminated hexadecimal string literal", s, end_);
      }
      buffer_.append(p, q - p);
      p = q + 1;
    } while (ContinuesString(p));
    Finish(token, tok, s, p);
    SetValue(token, arena_.Copy(buffer_));
    return true;
  }

  bool ScanQuotedIdentifier(Token& token, const char* s, const char* p, bool unicode) {
    buffer_.clear();
    const char* body = p;
    bool copied = false;
    for (;;) {
      const char* q = static_cast<const char*>(std::memchr(p, '"', end_ - p));
      if (q == nullptr) return Fail("unterminated quoted identifier", s, end_);
      if (q + 1 < end_ && q[1] == '"') {
        buffer_.append(p, q + 1 - p);
        copied = true;
        p = q + 2;
        continue;
      }
      if (copied) buffer_.append(p, q - p);
      std::string_view name = copied ? arena_.Copy(buffer_) : std::string_view(body, q - body);
      if (name.empty()) return Fail("zero-length delimited identifier", s, q + 1);
      Finish(token, Tok::IDENT, s, q + 1);
      token.word = kIdentifier | kBareLabel;
      SetValue(token, unicode ? name : ClipName(name));
      unicode_token_ = unicode;
      return true;
    }
  }

  bool ScanEscapeString(Token& token, const char* s, const char* p) {
    buffer_.clear();
    bool verify = false;
    for (;;) {
      if (p == end_) return Fail("unterminated quoted string", s, end_);
      if (*p == '\'') {
        ++p;
        if (p < end_ && *p == '\'') {
          buffer_ += '\'';
          ++p;
        } else if (!ContinuesString(p)) {
          break;
        }
      } else if (*p != '\\') {
        buffer_ += *p++;
      } else if (p + 1 == end_) {
        return Fail("unterminated quoted string", s, end_);
      } else if (!ScanEscape(p, verify)) {
        return false;
      }
    }
    if (verify && !IsValidUtf8(buffer_)) {
      error_.has_position = false;
      return FailPlain(sqlstate::kCharacterNotInRepertoire, InvalidUtf8Message(buffer_), s, "");
    }
    Finish(token, Tok::SCONST, s, p);
    SetValue(token, arena_.Copy(buffer_));
    return true;
  }

  // How many hex digits from `p`, at most `most`.
  int HexRun(const char* p, int most) const {
    int n = 0;
    while (n < most && p + n < end_ && Has(p[n], kHex)) ++n;
    return n;
  }

  // \uXXXX or \UXXXXXXXX at `p`; moves behind it. `cursor` is what errors point at.
  bool ScanUnicodeEscape(const char*& p, uint32_t& code) {
    int digits = p[1] == 'u' ? 4 : 8;
    if (HexRun(p + 2, digits) < digits) {
      return FailPlain(sqlstate::kInvalidEscapeSequence, "invalid Unicode escape", p,
                       "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.");
    }
    code = 0;
    for (int i = 0; i < digits; ++i) code = code * 16 + HexValue(p[2 + i]);
    p += 2 + digits;
    return true;
  }

  bool ScanEscape(const char*& p, bool& verify) {
    char c = p[1];
    if (c == 'u' || c == 'U') {
      const char* at = p;
      uint32_t code;
      if (!ScanUnicodeEscape(p, code)) return false;
      if (IsSecondSurrogate(code)) return Fail("invalid Unicode surrogate pair", at, p);
      if (IsFirstSurrogate(code)) {
        const char* second = p;
        uint32_t low;
        if (p + 1 >= end_ || p[0] != '\\' || (p[1] != 'u' && p[1] != 'U')) {
          return Fail("invalid Unicode surrogate pair", p, p < end_ ? p + 1 : p);
        }
        if (!ScanUnicodeEscape(p, low)) return false;
        if (!IsSecondSurrogate(low)) return Fail("invalid Unicode surrogate pair", second, p);
        code = CombineSurrogates(code, low);
        at = second;
      }
      if (!IsCodePoint(code)) return Fail("invalid Unicode escape value", at, p);
      AppendUtf8(buffer_, code);
      return true;
    }
    if (c >= '0' && c <= '7') {
      int value = 0, n = 0;
      for (; n < 3 && p + 1 + n < end_ && p[1 + n] >= '0' && p[1 + n] <= '7'; ++n) value = value * 8 + (p[1 + n] - '0');
      p += 1 + n;
      AppendByte(static_cast<char>(value), verify);
      return true;
    }
    if (c == 'x') {
      int n = HexRun(p + 2, 2);
      if (n > 0) {
        int value = 0;
        for (int i = 0; i < n; ++i) value = value * 16 + HexValue(p[2 + i]);
        p += 2 + n;
        AppendByte(static_cast<char>(value), verify);
        return true;
      }
    }
    switch (c) {
      case 'b': c = '\b'; break;
      case 'f': c = '\f'; break;
      case 'n': c = '\n'; break;
      case 'r': c = '\r'; break;
      case 't': c = '\t'; break;
      default:
        if (static_cast<unsigned char>(c) >= 128) verify = true;
        break;
    }
    buffer_ += c;
    p += 2;
    return true;
  }

  void AppendByte(char c, bool& verify) {
    buffer_ += c;
    if (c == '\0' || static_cast<unsigned char>(c) >= 128) verify = true;
  }

  // U&'…' and U&"…": looks for UESCAPE, then decodes.
  bool FinishUnicode(Token& token) {
    unicode_token_ = false;
    const char* first = start_ + token.begin;
    char escape = '\\';
    Token next;
    if (Scan(next)) {
      if (next.kind == Tok::UESCAPE) {
        Token third;
        const char* uescape_end = p_;
        bool plain = Scan(third) && third.kind == Tok::SCONST && !unicode_token_;
        if (error_.any()) return false;
        if (!plain) {
          const char* at = p_ == end_ && token_start_ < uescape_end ? end_ : token_start_;
          return Fail("UESCAPE must be followed by a simple string literal", at, p_);
        }
        std::string_view value = third.value();
        if (value.size() != 1 || !IsUnicodeEscapeChar(value[0])) {
          return Fail("invalid Unicode escape character", start_ + third.begin, start_ + third.end);
        }
        escape = value[0];
        token.end = third.end;
      } else {
        if ((next.kind == Tok::SCONST || next.kind == Tok::IDENT) && unicode_token_) {
          // Two Unicode literals in a row: the second is read again, on its own.
          p_ = start_ + next.begin;
        } else {
          pending_ = next;
          has_pending_ = true;
        }
        unicode_token_ = false;
      }
    }
    SourceError later = error_;  // an error of the next token comes after this one's own
    error_ = SourceError();
    token_start_ = first;
    UnicodeError bad = DecodeUnicode(token.value(), escape, buffer_);
    if (bad.message != nullptr) {
      has_pending_ = false;
      return FailPlain(sqlstate::kSyntaxError, bad.message, first + bad.offset + 3, bad.hint);
    }
    std::string_view decoded = arena_.Copy(buffer_);
    SetValue(token, token.kind == Tok::IDENT ? ClipName(decoded) : decoded);
    if (later.any()) {
      error_ = later;
      token_start_ = start_ + later.position;
    }
    return true;
  }

  const char* const start_;
  const char* p_;
  const char* const end_;
  const char* token_start_ = nullptr;
  Arena& arena_;
  TokenList& list_;
  Token* tokens_;
  Token* out_;    // behind the last token
  Token* limit_;  // there must be more room when out_ gets here
  SourceError& error_;
  int64_t open_ = -1;  // index of the innermost open parenthesis, whose `number` is that of the next one
  std::string buffer_;
  Token pending_;
  bool has_pending_ = false;
  bool unicode_token_ = false;
};

}  // namespace

void Lex(std::string_view text, Arena& arena, TokenList& tokens, SourceError& error) {
  Lexer(text, arena, tokens, error).Run();
}

void Lex(std::string_view text, Arena& arena, std::vector<Token>& tokens, SourceError& error) {
  auto* copy = static_cast<char*>(arena.Allocate(text.size() + 1));
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  TokenList list;
  Lex({copy, text.size()}, arena, list, error);
  tokens.assign(list.data(), list.data() + list.size());
}

}  // namespace pgshoal::parser
