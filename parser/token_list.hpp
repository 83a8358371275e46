#pragma once
// Internal to parser/: a growing array of tokens whose elements are not initialised, and the lexer that fills it.

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

#include "parser/lexer.hpp"
#include "parser/token.hpp"

namespace pgshoal::parser {

class TokenList {
 public:
  const Token* data() const { return tokens_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

  // For writing: room for `count` tokens, the first size() of which are kept.
  Token* Reserve(std::size_t count) {
    if (count > capacity_) {
      auto grown = std::make_unique_for_overwrite<Token[]>(count);
      if (size_ != 0) std::memcpy(static_cast<void*>(grown.get()), tokens_.get(), size_ * sizeof(Token));
      tokens_ = std::move(grown);
      capacity_ = count;
    }
    return tokens_.get();
  }
  void SetSize(std::size_t size) { size_ = size; }
  void Release() {
    tokens_.reset();
    size_ = capacity_ = 0;
  }

 private:
  std::unique_ptr<Token[]> tokens_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// As Lex in lexer.hpp, which copies. What `tokens` held is replaced. REQUIRES: a zero byte behind `text`.
void Lex(std::string_view text, Arena& arena, TokenList& tokens, SourceError& error);

}  // namespace pgshoal::parser
