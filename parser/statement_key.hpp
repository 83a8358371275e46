#pragma once
// The key of plan caches: a statement's text without the constants that a plan need not know, made in one pass over
// the characters and without heap allocation once the object is warm.
//
// The key holds the text's tokens, one blank before each: words in lower case as PostgreSQL folds them, quoted names
// in their quotes, `<>` for `!=`, no comments; and, in the place of most constants, one byte that says their type.
//
// What equal keys mean. Let a and b be two texts with equal keys, and let a parse. Then
//   1. b parses too, to as many statements, and constants() has as many entries of the same types in the same order;
//   2. the trees are equal but for source spans, and but for the values (ival, sval) of A_Const nodes. Each constant
//      belongs to one A_Const, whose span encloses it (FindConstant), and that A_Const holds the constant's value,
//      negated in both trees or in neither (ReadConstant). In SET (a, b) = (SELECT 1, 2) it may be met several times,
//      since the targets share the query;
//   3. PostgreSQL gives both A_Const the same type: int4, int8, numeric, unknown (a string), or bit.
// So one tree, made from a, serves for b as well, provided that its user reads the values of A_Const nodes that
// FindConstant knows from b, and takes no decision from the value that a happens to have. Whoever plans from the tree
// and looks at such a value (set_config('search_path', …), 'now'::timestamp, 1 = 2) must not keep that plan for the
// key. Nothing is said about source spans: they are a's.
//
// These constants stay in the key as they are written, so that what follows from them may be kept:
//   - all of a statement that is not SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES, TABLE or one of them behind WITH
//     or parentheses: SET x = 1, EXPLAIN …, PREPARE …, DDL;
//   - everything in ORDER BY, GROUP BY and PARTITION BY, since ORDER BY 1 names a column; and in DISTINCT ON (…);
//   - everything in LIMIT, OFFSET and FETCH;
//   - modifiers and bounds of types: varchar(10), numeric(10,2), float(24), interval second(3), int[3],
//     current_timestamp(3), column definitions behind AS; as far as only parsing can tell them from something else,
//     more than that;
//   - TRUE, FALSE and NULL, which are words;
//   - the integers 2147483648 and 9223372036854775808, whose type changes behind a minus, and a 0 behind a minus.
// A minus sign is a token of its own in the key, never part of a constant. A typed literal (date '2024-01-01') keeps
// its type in the key, and its string is a constant.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/ast.hpp"

namespace pgshoal::parser {

// The byte that stands for a constant in the key. No token of SQL begins with it.
enum class ConstantType : uint8_t {
  kInt4 = 1,
  kInt8 = 2,
  kNumeric = 3,
  kString = 4,   // '…', E'…', $$…$$: of type unknown
  kBits = 5,     // B'…'
  kHexBits = 6,  // X'…'
};

struct ConstantSpan {
  uint32_t begin;  // bytes of the text: [begin, end)
  uint32_t end;
  uint32_t key_at;  // where in the key its byte stands
  ConstantType type;
};

// What a scan writes to; kept for the next one.
struct KeyBuffer {
  std::unique_ptr<char[]> bytes;
  std::size_t capacity = 0;
  std::string_view key;  // in `bytes`
  std::vector<ConstantSpan> constants;
  int max_param = 0;  // the highest $n of the text
};

class StatementKey {
 public:
  StatementKey() = default;
  StatementKey(const StatementKey&) = delete;
  StatementKey& operator=(const StatementKey&) = delete;

  // Makes the key of `sql`, which may hold several statements. False: there is none, and the text must be parsed for
  // itself; this is so for text with an error of the scanner, and for a few rare spellings (U&'…', N'…', E'…' with
  // numeric escapes, numeric(10,2) '1.5', names longer than 63 bytes). `sql` is not needed after the call.
  // The object keeps a little memory from call to call, so that it is best used again. One thread at a time.
  [[nodiscard]] bool Scan(std::string_view sql);

  // All valid until the next Scan.
  [[nodiscard]] std::string_view text() const { return buffer_.key; }
  [[nodiscard]] std::span<const ConstantSpan> constants() const { return buffer_.constants; }

 private:
  KeyBuffer buffer_;
};

// A key for people: $first, $first+1 … in the place of the constants.
[[nodiscard]] std::string DescribeKey(std::string_view key, std::span<const ConstantSpan> constants, int first = 1);

// The index of the constant that a node of the parsed text stands for, or -1 when the node is no A_Const or its value
// is part of the key. `constants`: of the same text.
[[nodiscard]] int FindConstant(std::span<const ConstantSpan> constants, const Node& node);

// Whether minus signs have turned a number's sign, as they do in every text of the same key. `node` is of a constant of
// the text. (Where it begins says nothing: - -5 is 5, and (5) begins at its digit.)
[[nodiscard]] bool IsNegated(const A_Const& node);

// What the A_Const `like` of one text is in another text with the same key, given the constant of that text at
// FindConstant's index: `*value` gets type, value and span. `value->sval` points into `sql` or `arena`.
void ReadConstant(std::string_view sql, const ConstantSpan& constant, const A_Const& like, Arena& arena,
                  A_Const* value);

// The decoded value of a constant: digits as written, the bytes of a string, bits as 'b' or 'x' and the digits.
// Points into `sql`, or into `*decoded` when the text holds escapes.
[[nodiscard]] std::string_view DecodeConstant(std::string_view sql, const ConstantSpan& constant, std::string* decoded);

}  // namespace pgshoal::parser
