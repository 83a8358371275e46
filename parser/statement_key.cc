#include "parser/statement_key.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "parser/key_scan.hpp"
#include "parser/lexer.hpp"

namespace pgshoal::parser {

bool StatementKey::Scan(std::string_view sql) {
  if (ScanKey<KeyStyle::kPlan>(sql, buffer_)) return true;
  buffer_.key = {};
  buffer_.constants.clear();
  return false;
}

std::string DescribeKey(std::string_view key, std::span<const ConstantSpan> constants, int first) {
  constexpr std::size_t kNumber = 11;  // '$' and the digits of an int
  constexpr std::size_t kBlock = 16;
  std::string text(key.size() + constants.size() * kNumber + kBlock, '\0');
  const char* from = key.data() + (key.empty() ? 0 : 1);  // without the first token's blank
  const char* const end = key.data() + key.size();
  char* out = text.data();
  for (const ConstantSpan& constant : constants) {
    const char* const at = key.data() + constant.key_at;
    const auto size = static_cast<std::size_t>(at - from);
    if (size <= kBlock && end - from >= static_cast<std::ptrdiff_t>(kBlock)) {
      std::memcpy(out, from, kBlock);
    } else {
      std::memcpy(out, from, size);
    }
    out += size;
    *out++ = '$';
    out = std::to_chars(out, out + kNumber, first++).ptr;
    from = at + 1;
  }
  if (end != from) std::memcpy(out, from, static_cast<std::size_t>(end - from));
  out += end - from;
  text.resize(static_cast<std::size_t>(out - text.data()));
  return text;
}

int FindConstant(std::span<const ConstantSpan> constants, const Node& node) {
  if (!Is<A_Const>(&node)) return -1;
  auto found = std::lower_bound(constants.begin(), constants.end(), node.begin,
                                [](const ConstantSpan& constant, uint32_t begin) { return constant.begin < begin; });
  if (found == constants.end() || found->end > node.end) return -1;
  return static_cast<int>(found - constants.begin());
}

bool IsNegated(const A_Const& node) {
  return node.type == ConstType::kInteger ? node.ival < 0 : node.type == ConstType::kFloat && node.sval.starts_with('-');
}

std::string_view DecodeConstant(std::string_view sql, const ConstantSpan& constant, std::string* decoded) {
  const std::string_view source = sql.substr(constant.begin, constant.end - constant.begin);
  switch (constant.type) {
    case ConstantType::kInt4:
    case ConstantType::kInt8:
    case ConstantType::kNumeric:
      return source;
    case ConstantType::kString:
      if (source.front() == '\'') {
        const std::string_view body = source.substr(1, source.size() - 2);
        if (body.find('\'') == std::string_view::npos) return body;
      }
      break;
    case ConstantType::kBits:
    case ConstantType::kHexBits:
      break;
  }
  Arena arena;
  std::vector<Token> tokens;
  SourceError error;
  Lex(source, arena, tokens, error);
  decoded->assign(tokens.front().value());
  return *decoded;
}

void ReadConstant(std::string_view sql, const ConstantSpan& constant, const A_Const& like, Arena& arena,
                  A_Const* value) {
  value->type = like.type;
  value->ival = 0;
  value->sval = {};
  value->begin = constant.begin;
  value->end = constant.end;
  std::string decoded;
  std::string_view text = DecodeConstant(sql, constant, &decoded);
  if (like.type == ConstType::kInteger) {
    std::from_chars(text.data(), text.data() + text.size(), value->ival);
    if (IsNegated(like)) value->ival = -value->ival;
    return;
  }
  if (IsNegated(like)) {
    decoded = "-";
    decoded += text;
    text = decoded;
  }
  value->sval = text.data() == decoded.data() ? arena.Copy(text) : text;
}

}  // namespace pgshoal::parser
