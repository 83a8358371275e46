#pragma once
// Statements with their constants taken out, for people and statistics. (For plan caches: statement_key.hpp.)

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "parser/token.hpp"

namespace pgshoal::parser {

struct NormalizedConstant {
  Tok kind;        // ICONST, FCONST, SCONST, BCONST or XCONST
  int parameter;   // the $n that stands for it
  uint32_t begin;  // bytes of the original text: [begin, end)
  uint32_t end;
};

struct NormalizedText {
  std::string text;  // tokens separated by one blank, words folded as PostgreSQL folds them, constants as $n
  std::vector<NormalizedConstant> constants;  // in order of appearance; numbered behind the text's own parameters
};

// One pass over the tokens; the text is not parsed, so text that is no SQL may normalise as well. Two texts with the
// same tokens but for constants, comments, white space and the case of unquoted words give the same result.
// Errors: those of the scanner.
[[nodiscard]] absl::StatusOr<NormalizedText> Normalize(std::string_view sql);

// What a constant of `sql` says: digits as written, the bytes of a string, bits as 'b' or 'x' and the digits.
[[nodiscard]] std::string DecodedValue(std::string_view sql, const NormalizedConstant& constant);

}  // namespace pgshoal::parser
