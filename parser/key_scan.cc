// One pass over the characters that copies a statement's tokens and takes the constants out. It knows the scanner's
// rules (lexer.cc) but for rare spellings, where it gives up. Which constants must stay, key_context.hpp says.
#include "parser/key_scan.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>

#include "base/limits.hpp"
#include "parser/char_class.hpp"
#include "parser/key_context.hpp"

namespace pgshoal::parser {

namespace {

constexpr std::size_t kPadding = 32;           // readable bytes behind the copied text, and in front of the key
constexpr std::size_t kKeptBytes = 64u << 10;  // of the buffer, from one scan to the next
constexpr std::size_t kMostNumbered = 1u << 20;  // so that a number has at most six digits
constexpr std::size_t kKeptConstants = 1u << 12;
constexpr std::ptrdiff_t kNameLimit = 63;  // NAMEDATALEN - 1

// Copies a word's characters to `out` as PostgreSQL folds them, and moves both behind it. Writes up to 15 bytes more.
// REQUIRES: 16 bytes may be read from every character on.
inline void CopyWord(const char*& p, char*& out) {
#ifdef __SSE2__
  for (;;) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i folded = _mm_or_si128(v, _mm_and_si128(UpperLetters(v), _mm_set1_epi8(0x20)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), folded);
    const unsigned stop = ~WordMask(v) & 0xffffu;
    const int size = stop == 0 ? 16 : std::countr_zero(stop);
    p += size;
    out += size;
    if (stop != 0) return;
  }
#else
  for (; Has(*p, kIdentCont); ++p) *out++ = Has(*p, kUpper) ? static_cast<char>(*p | 0x20) : *p;
#endif
}

// In the place of KeyContext where every constant goes.
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
    p = FindByte(p, end, '\'');
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
    p = FindByte(p, end, '\'');
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
    if (against >= 0) type = ConstantType::kInt8;
    return against != 0;
  }
  type = ConstantType::kInt8;
  if (size < 19) return true;
  if (size == 19) {
    const int against = compare("9223372036854775808");
    if (against >= 0) type = ConstantType::kNumeric;
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

// Writes 1, 2, 3 … as text, up to seven digits.
class Counter {
 public:
  // Writes up to eight bytes; returns the end of the next number.
  char* WriteNext(char* out) {
    if (++digits_[7] > '9') Carry();
    std::memcpy(out, digits_ + first_, 8);
    return out + (8 - first_);
  }

 private:
  void Carry() {
    int i = 7;
    for (; digits_[i] > '9'; ++digits_[--i]) digits_[i] = '0';
    first_ = i < first_ ? i : first_;
  }

  char digits_[16] = {'0', '0', '0', '0', '0', '0', '0', '0'};
  int first_ = 7;
};

}  // namespace

template <KeyStyle Style>
bool ScanKey(std::string_view sql, KeyBuffer& buffer) {
  if (sql.size() > limits::kMaxStatement) return false;
  // The text is copied so that reading may go beyond its end. The key takes at most twice its room, since a blank may
  // come with each character; with numbers five times, since constants are two characters apart.
  const std::size_t wanted = sql.size() * (Style == KeyStyle::kNumbered ? 6 : 3) + 3 * kPadding;
  if (Style == KeyStyle::kNumbered && sql.size() > kMostNumbered) return false;
  if (buffer.capacity < wanted || buffer.capacity > 2 * wanted + kKeptBytes) {
    buffer.capacity = wanted + wanted / 2;
    buffer.bytes = std::make_unique_for_overwrite<char[]>(buffer.capacity);
  }
  auto& constants = buffer.constants;
  if (constants.capacity() > kKeptConstants) std::vector<ConstantSpan>().swap(constants);
  constants.clear();
  char* const start = buffer.bytes.get();
  if (!sql.empty()) std::memcpy(start, sql.data(), sql.size());
  std::memset(start + sql.size(), 0, 2 * kPadding);
  const char* p = start;
  const char* const end = start + sql.size();
  char* const key = start + sql.size() + 2 * kPadding;
  char* out = key;
  int max_param = 0;
  Counter counter;
  std::conditional_t<Style == KeyStyle::kPlan, KeyContext, NoContext> context;

  const auto constant = [&](const char* begin, const char* behind, ConstantType type) {
    out[0] = ' ';
    out[1] = static_cast<char>(type);
    constants.push_back({static_cast<uint32_t>(begin - start), static_cast<uint32_t>(behind - start),
                         static_cast<uint32_t>(out + 1 - key), type});
    out += 2;
    if (Style == KeyStyle::kNumbered) {
      out[-1] = '$';
      out = counter.WriteNext(out);
    }
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
        CopyWord(p, out);
        if (out - word > kNameLimit) return false;
        context.Word(word, out);
        break;
      }
      case Start::kDigit: {
      number:
        const char* behind = p;
        while (Has(*behind, kDigit)) ++behind;
        ConstantType type = ConstantType::kInt4;
        bool literal = context.literal();
        if (behind - p < 10 && behind != p && *behind != '.' && !Has(*behind, kIdentStart)) {
          if (Style == KeyStyle::kPlan && *p == '0') literal = literal || (IsZero(p, behind) && BehindMinus(out));
        } else {
          bool digits;
          behind = NumberEnd(p, digits);
          if (behind == nullptr) return false;
          type = ConstantType::kNumeric;
          if (digits) {
            const bool certain = IntegerType(p, behind - p, type);
            if (Style == KeyStyle::kPlan) {
              literal = literal || !certain || (*p == '0' && IsZero(p, behind) && BehindMinus(out));
            }
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
          q = FindByte(q, end, '"');
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
          unsigned number = 0;  // wraps when there are too many digits
          while (Has(*q, kDigit)) number = number * 10 + static_cast<unsigned>(*q++ - '0');
          if (p[1] == '0' || q - p > 9 || Has(*q, kIdentStart)) return false;
          max_param = std::max(max_param, static_cast<int>(number));
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
        if (*p == ' ') ++p;
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
template bool ScanKey<KeyStyle::kNumbered>(std::string_view, KeyBuffer&);

}  // namespace pgshoal::parser
