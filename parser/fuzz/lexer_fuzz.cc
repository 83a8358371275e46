// Any bytes: the scanner ends, and its tokens lie in order inside the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "parser/arena.hpp"
#include "parser/lexer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pgshoal::parser;
  std::string_view sql(reinterpret_cast<const char*>(data), size);
  Arena arena;
  std::vector<Token> tokens;
  SourceError error;
  Lex(sql, arena, tokens, error);
  if (tokens.size() < kSentinels || tokens.back().kind != Tok::END) std::abort();
  uint32_t behind = 0;
  bool invalid = false;
  for (const Token& token : tokens) {
    if (token.begin < behind || token.end < token.begin || token.end > size) std::abort();
    if (token.kind == Tok::LPAREN && token.size != 0 && (&token)[token.size].kind != Tok::RPAREN) std::abort();
    behind = token.begin;
    invalid = invalid || token.kind == Tok::INVALID;
  }
  if (invalid != error.any()) std::abort();
  return 0;
}
