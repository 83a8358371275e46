#include "router/merge/copy_splitter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.hpp"

namespace pgshoal::merge {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

plan::CopyIn Text(int columns) {
  plan::CopyIn copy;
  copy.columns = columns;
  for (int i = 0; i < columns; ++i) copy.column_names.push_back(std::string(1, static_cast<char>('a' + i)));
  copy.key = {{0, 25, -1}};
  return copy;
}

plan::CopyIn Csv(int columns) {
  plan::CopyIn copy = Text(columns);
  copy.options.format = plan::CopyFormat::kCsv;
  copy.options.delimiter = ',';
  copy.options.null_text = "";
  return copy;
}

struct Outcome {
  std::vector<std::string> rows, keys;  // NULL keys as "<null>"
  SqlError error{"00000"};
  bool at_end_marker = false;
};

// Feeds the data in pieces of `step` bytes, each in memory that is gone when the next one comes.
Outcome Split(const plan::CopyIn& copy, const std::string& data, std::size_t step) {
  Outcome outcome;
  const auto splitter = CopySplitter::Create(copy);
  if (!splitter.ok()) {
    outcome.error = ToSqlError(splitter.status());
    return outcome;
  }
  CopyRow row;
  std::size_t at = 0;
  bool ended = false;
  while (true) {
    std::string piece = data.substr(at, step);
    at += piece.size();
    if (piece.empty()) {
      (*splitter)->End();
      ended = true;
    } else {
      (*splitter)->Feed(piece);
    }
    while (true) {
      const absl::StatusOr<bool> next = (*splitter)->Next(&row);
      if (!next.ok()) {
        outcome.error = ToSqlError(next.status());
        return outcome;
      }
      if (!*next) break;
      outcome.rows.emplace_back(row.bytes);
      for (const CopyKeyValue& value : row.key) outcome.keys.push_back(value.is_null ? "<null>" : std::string(value.text));
    }
    std::fill(piece.begin(), piece.end(), '!');
    if (ended) break;
  }
  outcome.at_end_marker = (*splitter)->AtEndMarker();
  return outcome;
}

// The same whatever the pieces.
Outcome SplitAll(const plan::CopyIn& copy, const std::string& data) {
  Outcome whole = Split(copy, data, data.size() + 1);
  for (std::size_t step = 1; step < std::min<std::size_t>(data.size(), 12); ++step) {
    const Outcome pieces = Split(copy, data, step);
    EXPECT_EQ(pieces.rows, whole.rows) << step;
    EXPECT_EQ(pieces.keys, whole.keys) << step;
    EXPECT_EQ(pieces.error.message, whole.error.message) << step;
  }
  return whole;
}

TEST(CopySplitter, TextRowsAndKeys) {
  const Outcome outcome = SplitAll(Text(2), "1\tone\n\\N\tnull\na\\tb\\x41\\101\\\\\tx\\\ny\n\tempty\n");
  EXPECT_THAT(outcome.rows,
              ElementsAre("1\tone\n", "\\N\tnull\n", "a\\tb\\x41\\101\\\\\tx\\\ny\n", "\tempty\n"));
  EXPECT_THAT(outcome.keys, ElementsAre("1", "<null>", "a\tbAA\\", ""));
  EXPECT_EQ(outcome.error.sqlstate, "00000");
}

TEST(CopySplitter, NewlineStyles) {
  EXPECT_THAT(SplitAll(Text(1), "a\r\nb\r\nc").rows, ElementsAre("a\r\n", "b\r\n", "c"));
  EXPECT_THAT(SplitAll(Text(1), "a\rb\rc\r").rows, ElementsAre("a\r", "b\r", "c\r"));
  EXPECT_EQ(SplitAll(Text(1), "a\nb\r\n").error.message, "literal carriage return found in data");
  EXPECT_EQ(SplitAll(Text(1), "a\nb\r\n").error.hint, "Use \"\\r\" to represent carriage return.");
  EXPECT_EQ(SplitAll(Text(1), "a\rb\n").error.message, "literal newline found in data");
  EXPECT_EQ(SplitAll(Text(1), "a\r\nb\n").error.message, "literal newline found in data");
  EXPECT_EQ(SplitAll(Text(1), "a\r\nb\rc\r\n").error.message, "literal carriage return found in data");
  EXPECT_EQ(SplitAll(Csv(1), "a\r\nb\n").error.message, "unquoted newline found in data");
  EXPECT_EQ(SplitAll(Csv(1), "a\nb\r\n").error.hint, "Use quoted CSV field to represent carriage return.");
  EXPECT_THAT(SplitAll(Csv(1), "\"a\r\nb\"\nc\n").keys, ElementsAre("a\r\nb", "c"));
}

TEST(CopySplitter, EndMarker) {
  Outcome outcome = SplitAll(Text(1), "a\n\\.\nb\nwhatever\r\t");
  EXPECT_THAT(outcome.rows, ElementsAre("a\n"));
  EXPECT_TRUE(outcome.at_end_marker);
  EXPECT_THAT(SplitAll(Text(1), "a\nb\\.\n").rows, ElementsAre("a\n", "b"));
  EXPECT_THAT(SplitAll(Text(1), "a\\\\.\n").keys, ElementsAre("a\\."));
  EXPECT_EQ(SplitAll(Text(1), "a\n\\.x\n").error.message, "end-of-copy marker corrupt");
  EXPECT_EQ(SplitAll(Text(1), "a\n\\.").error.message, "end-of-copy marker corrupt");
  EXPECT_EQ(SplitAll(Text(1), "a\n\\.\r\n").error.message, "end-of-copy marker does not match previous newline style");
  EXPECT_EQ(SplitAll(Text(1), "a\r\n\\.\n").error.message, "end-of-copy marker does not match previous newline style");
  EXPECT_THAT(SplitAll(Text(1), "a\r\n\\.\r\n").rows, ElementsAre("a\r\n"));
  EXPECT_THAT(SplitAll(Csv(1), "a\n\\.\nb\n").rows, ElementsAre("a\n"));
  EXPECT_THAT(SplitAll(Csv(1), "a\n\\.b\nc\\.\n\\.").keys, ElementsAre("a", "\\.b", "c\\.", "\\."));
}

TEST(CopySplitter, CsvQuotes) {
  EXPECT_THAT(SplitAll(Csv(2), "\"a,\"\"b\"\"\nc\",x\n\"\",y\n,z\na\"b\"c,q\n").keys,
              ElementsAre("a,\"b\"\nc", "", "<null>", "abc"));
  EXPECT_EQ(SplitAll(Csv(2), "\"a,b\nc\n").error.message, "unterminated CSV quoted field");
  plan::CopyIn copy = Csv(1);
  copy.options.escape = '\\';
  EXPECT_THAT(SplitAll(copy, "\"a\\\"b\\\\\"\n\"\\n\"\n").keys, ElementsAre("a\"b\\", "\\n"));
}

TEST(CopySplitter, CsvNulls) {
  plan::CopyIn copy = Csv(2);
  copy.options.null_text = "nil";
  copy.key = {{1, 25, -1}, {0, 25, -1}};
  EXPECT_THAT(SplitAll(copy, "nil,\"nil\"\n").keys, ElementsAre("nil", "<null>"));
  copy.options.force_null = {false, true};
  copy.options.force_not_null = {true, false};
  EXPECT_THAT(SplitAll(copy, "nil,\"nil\"\n").keys, ElementsAre("<null>", "nil"));
}

TEST(CopySplitter, Headers) {
  plan::CopyIn copy = Csv(2);
  copy.options.header = true;
  EXPECT_THAT(SplitAll(copy, "whatever\n1,2\n").rows, ElementsAre("1,2\n"));
  EXPECT_THAT(SplitAll(copy, "").rows, ElementsAre());
  EXPECT_THAT(SplitAll(copy, "a,b").rows, ElementsAre());
  copy.options.header_match = true;
  EXPECT_THAT(SplitAll(copy, "a,\"b\"\n1,2\n").rows, ElementsAre("1,2\n"));
  EXPECT_EQ(SplitAll(copy, "a\n1,2\n").error.message, "wrong number of fields in header line: got 1, expected 2");
  EXPECT_EQ(SplitAll(copy, "a,c\n").error.message,
            "column name mismatch in header line field 2: got \"c\", expected \"b\"");
  EXPECT_EQ(SplitAll(copy, "a,\n").error.message,
            "column name mismatch in header line field 2: got null value (\"\"), expected \"b\"");
}

TEST(CopySplitter, FieldCounts) {
  const Outcome few = SplitAll(Text(3), "1\t2\t3\n1\t2\n");
  EXPECT_THAT(few.rows, ElementsAre("1\t2\t3\n"));
  EXPECT_EQ(few.error.sqlstate, "22P04");
  EXPECT_EQ(few.error.message, "missing data for column \"c\"");
  EXPECT_EQ(few.error.detail, "COPY data, line 2: \"1\t2\"");
  EXPECT_EQ(SplitAll(Text(1), "1\t2\n").error.message, "extra data after last expected column");
  EXPECT_EQ(SplitAll(Text(2), "\n").error.message, "missing data for column \"b\"");
  plan::CopyIn nameless = Text(2);
  nameless.column_names.clear();
  EXPECT_EQ(SplitAll(nameless, "1\n").error.message, "missing data for column 2");
}

TEST(CopySplitter, Binary) {
  plan::CopyIn copy = Text(2);
  copy.options.format = plan::CopyFormat::kBinary;
  const std::string header("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\3ext", 22);
  const std::string one("\0\2\0\0\0\3key\377\377\377\377", 13);
  const std::string two("\0\2\377\377\377\377\0\0\0\0", 10);
  const Outcome outcome = SplitAll(copy, header + one + two + "\377\377");
  EXPECT_THAT(outcome.rows, ElementsAre(one, two));
  EXPECT_THAT(outcome.keys, ElementsAre("key", "<null>"));
  EXPECT_EQ(outcome.error.sqlstate, "00000");
  // Cut anywhere: within the header or a row it is an error, between rows (or within a count) it is not.
  const std::string whole = header + one + two;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const bool between = size >= header.size() && (size < header.size() + 2 || size - header.size() - one.size() < 2);
    EXPECT_EQ(SplitAll(copy, whole.substr(0, size)).error.sqlstate, between ? "00000" : "22P04") << size;
  }
  EXPECT_EQ(SplitAll(copy, header + one + "\377\377x").error.message, "received copy data after EOF marker");
  EXPECT_EQ(SplitAll(copy, header + one + std::string("\0\3", 2)).error.detail, "COPY data, line 2");
  EXPECT_EQ(SplitAll(copy, header + one.substr(0, 11)).error.detail, "COPY data, line 1, column b");
  const auto splitter = CopySplitter::Create(copy);
  ASSERT_TRUE(splitter.ok());
  EXPECT_EQ((*splitter)->Preamble().size(), 19u);
  EXPECT_EQ((*splitter)->Epilogue(), "\377\377");
}

TEST(CopySplitter, PlansThatCannotBe) {
  plan::CopyIn copy = Text(1);
  copy.key[0].column = 1;
  EXPECT_EQ(ToSqlError(CopySplitter::Create(copy).status()).sqlstate, "XX000");
}

TEST(CopySplitter, Encodings) {
  EXPECT_TRUE(IsSplittable("UTF8"));
  EXPECT_TRUE(IsSplittable("EUC_JIS_2004"));
  EXPECT_TRUE(IsSplittable("LATIN1"));
  EXPECT_FALSE(IsSplittable("SJIS"));
  EXPECT_FALSE(IsSplittable("big5"));
  EXPECT_FALSE(IsSplittable("SHIFT_JIS_2004"));
  EXPECT_FALSE(IsSplittable("gb18030"));
}

}  // namespace
}  // namespace pgshoal::merge
