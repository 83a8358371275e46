#include "parser/normalize.hpp"

#include <charconv>

#include "base/limits.hpp"
#include "base/status.hpp"
#include "parser/arena.hpp"
#include "parser/char_class.hpp"
#include "parser/key_scan.hpp"
#include "parser/lexer.hpp"
#include "parser/parser.hpp"

namespace pgshoal::parser {

namespace {

void AppendParameter(std::string& out, int number) {
  char digits[16];
  auto [end, code] = std::to_chars(digits, digits + sizeof digits, number);
  (void)code;
  out += '$';
  out.append(digits, end);
}

// A quoted name keeps its quotes: it may differ from the folded word of the same letters.
void AppendWord(std::string& out, const Token& token, std::string_view source) {
  if (source.front() == '"' || source.size() > 2 + token.size) {
    out += '"';
    for (char c : token.value()) {
      if (c == '"') out += c;
      out += c;
    }
    out += '"';
  } else {
    out += token.value();
  }
}

// By ConstantType.
constexpr Tok kKinds[] = {Tok::INVALID, Tok::ICONST, Tok::FCONST, Tok::FCONST, Tok::SCONST, Tok::BCONST, Tok::XCONST};

// The spellings that the scan does not know, and errors.
absl::StatusOr<NormalizedText> NormalizeTokens(std::string_view sql) {
  static thread_local std::vector<Token> tokens;
  tokens.clear();
  Arena arena;
  SourceError error;
  Lex(sql, arena, tokens, error);
  if (error.any()) {
    return SqlStatus(error.sqlstate, error.message, error.has_position ? CharPosition(sql, error.position) : 0, error.hint);
  }
  int last_parameter = 0;
  for (const Token& token : tokens) {
    if (token.kind == Tok::PARAM && token.ival() > last_parameter) last_parameter = token.ival();
  }
  NormalizedText result;
  result.text.reserve(sql.size() + 16);
  for (const Token& token : tokens) {
    if (token.kind == Tok::END) break;
    if (!result.text.empty()) result.text += ' ';
    std::string_view source = sql.substr(token.begin, token.end - token.begin);
    switch (token.kind) {
      case Tok::ICONST:
      case Tok::FCONST:
      case Tok::SCONST:
      case Tok::BCONST:
      case Tok::XCONST:
        AppendParameter(result.text, ++last_parameter);
        result.constants.push_back({token.kind, last_parameter, token.begin, token.end});
        break;
      case Tok::PARAM:
        AppendParameter(result.text, token.ival());
        break;
      case Tok::IDENT:
        AppendWord(result.text, token, source);
        break;
      default:
        if (token.kind >= Tok::NOT_LA || token.kind == Tok::NOT_EQUALS) {
          result.text += token.value();
        } else {
          result.text += source;
        }
        break;
    }
  }
  return result;
}

}  // namespace

absl::StatusOr<NormalizedText> Normalize(std::string_view sql) {
  if (sql.size() > limits::kMaxStatement) return Parse(sql).status();  // it says so
  static thread_local KeyBuffer buffer;
  NormalizedText result;
  const bool numbered = FindByte(sql.data(), sql.data() + sql.size(), '$') == nullptr;
  if (numbered && ScanKey<KeyStyle::kNumbered>(sql, buffer)) {
    result.text = buffer.key.substr(buffer.key.empty() ? 0 : 1);
  } else if (ScanKey<KeyStyle::kEverything>(sql, buffer)) {
    result.text = DescribeKey(buffer.key, buffer.constants, buffer.max_param + 1);
  } else {
    return NormalizeTokens(sql);
  }
  result.constants.resize(buffer.constants.size());
  int parameter = buffer.max_param;
  NormalizedConstant* out = result.constants.data();
  for (const ConstantSpan& constant : buffer.constants) {
    *out++ = {kKinds[static_cast<int>(constant.type)], ++parameter, constant.begin, constant.end};
  }
  return result;
}

std::string DecodedValue(std::string_view sql, const NormalizedConstant& constant) {
  Arena arena;
  std::vector<Token> tokens;
  SourceError error;
  Lex(sql.substr(constant.begin, constant.end - constant.begin), arena, tokens, error);
  const Token& token = tokens.front();
  if (token.kind != Tok::ICONST) return std::string(token.value());
  return std::string(sql.substr(constant.begin, constant.end - constant.begin));
}

}  // namespace pgshoal::parser
