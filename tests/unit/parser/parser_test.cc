#include "parser/parser.hpp"

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/status.hpp"
#include "gtest/gtest.h"
#include "parser/keywords.hpp"
#include "parser/normalize.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"

namespace pgshoal::parser {
namespace {

SqlError ErrorOf(std::string_view sql) {
  auto script = Parse(sql);
  if (script.ok()) return {"", "accepted", 0, "", ""};
  return ToSqlError(script.status());
}
std::string Reprint(std::string_view sql) {
  auto script = Parse(sql);
  if (!script.ok()) return "error: " + ToSqlError(script.status()).message;
  return Print(*(*script)->statements()[0].root);
}
const A_Const* FirstConstant(const ParsedScript& script) {
  const A_Const* found = nullptr;
  Walk(*static_cast<const Node*>(script.statements()[0].root), [&](const Node& node) {
    if (found == nullptr) found = As<A_Const>(&node);
    return true;
  });
  return found;
}

// One line of errors.tsv.
struct ErrorCase {
  SqlError error;
  std::string sql;
};
std::vector<ErrorCase> ErrorCases() {
  std::vector<ErrorCase> cases;
  std::ifstream file("tests/unit/parser/errors.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> fields;
    std::size_t from = 0;
    for (std::size_t tab; fields.size() < 5 && (tab = line.find('\t', from)) != std::string::npos; from = tab + 1) {
      fields.push_back(line.substr(from, tab - from));
    }
    fields.push_back(line.substr(from));
    if (fields.size() != 6) {
      ADD_FAILURE() << "six fields are needed: " << line;
      continue;
    }
    cases.push_back({{fields[0], fields[2], std::atoi(fields[1].c_str()), fields[3], fields[4], {}}, fields[5]});
  }
  return cases;
}

TEST(Errors, AreThoseOfPostgres) {
  std::vector<ErrorCase> cases = ErrorCases();
  ASSERT_GT(cases.size(), 400u);
  for (const ErrorCase& c : cases) {
    SqlError error = ErrorOf(c.sql);
    EXPECT_EQ(error.sqlstate, c.error.sqlstate) << c.sql;
    EXPECT_EQ(error.message, c.error.message) << c.sql;
    EXPECT_EQ(error.position, c.error.position) << c.sql;
    EXPECT_EQ(error.detail, c.error.detail) << c.sql;
    EXPECT_EQ(error.hint, c.error.hint) << c.sql;
  }
}

TEST(Errors, PointIntoLinesAndCharacters) {
  EXPECT_EQ(ErrorOf("select 1,\n 'é' 2").position, 16);
  EXPECT_EQ(ErrorOf("select 1 /* é */ from").position, 22);
  EXPECT_EQ(ErrorOf("select 'a\nb").message, "unterminated quoted string at or near \"'a\nb\"");
}

TEST(Parser, DecodesConstants) {
  struct Case {
    std::string sql;
    ConstType type;
    std::string value;
  };
  for (const Case& c : {Case{"select 'a''b'", ConstType::kString, "a'b"}, Case{"select 'a'\n'b'", ConstType::kString, "ab"},
                        Case{"select E'\\x41\\102\\n\\'\\u00e9'", ConstType::kString, "AB\n'\xc3\xa9"},
                        Case{"select U&'d\\0061t\\+000061'", ConstType::kString, "data"},
                        Case{"select U&'d!0061' uescape '!'", ConstType::kString, "da"},
                        Case{"select $q$a'$b$q$", ConstType::kString, "a'$b"}, Case{"select b'01'", ConstType::kBitString, "b01"},
                        Case{"select x'1F'", ConstType::kBitString, "x1F"}, Case{"select 1.50", ConstType::kFloat, "1.50"},
                        Case{"select b''", ConstType::kBitString, "b"},
                        Case{"select x'a'\n'b'", ConstType::kBitString, "xab"}, Case{"select 'a' -- c\n 'b'", ConstType::kString, "ab"},
                        Case{"select E'\\b\\f\\r\\t\\q\\\\'", ConstType::kString, "\b\f\r\tq\\"},
                        Case{"select E'\\7\\1018\\x7\\x411'", ConstType::kString, "\aA8\aA1"},
                        Case{"select E'\\U0001F600\\ud83d\\ude00'", ConstType::kString, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"},
                        Case{"select U&'\\d83d\\de00\\\\'", ConstType::kString, "\xf0\x9f\x98\x80\\"},
                        Case{"select 'a\\nb'", ConstType::kString, "a\\nb"}, Case{"select N'x'", ConstType::kString, "x"},
                        Case{"select $$$$", ConstType::kString, ""}, Case{"select $a$$b$$a$", ConstType::kString, "$b$"},
                        Case{"select .5e-3", ConstType::kFloat, ".5e-3"}, Case{"select 1.", ConstType::kFloat, "1."},
                        Case{"select 00012345678901", ConstType::kFloat, "00012345678901"},
                        Case{"select - 2147483648", ConstType::kFloat, "-2147483648"},
                        Case{"select -1e3", ConstType::kFloat, "-1e3"}, Case{"select 2147483648", ConstType::kFloat, "2147483648"}}) {
    auto script = Parse(c.sql);
    ASSERT_TRUE(script.ok()) << c.sql;
    const A_Const* value = FirstConstant(**script);
    ASSERT_NE(value, nullptr) << c.sql;
    EXPECT_EQ(value->type, c.type) << c.sql;
    EXPECT_EQ(std::string(value->sval), c.value) << c.sql;
  }
  struct Number {
    std::string sql;
    int32_t value;
  };
  for (const Number& c : {Number{"select - 42", -42}, Number{"select 2147483647", 2147483647}, Number{"select 007", 7},
                          Number{"select 0", 0}, Number{"select - - 3", 3}, Number{"select true", 1}}) {
    auto script = Parse(c.sql);
    ASSERT_TRUE(script.ok()) << c.sql;
    EXPECT_EQ(FirstConstant(**script)->ival, c.value) << c.sql;
  }
}

TEST(Parser, CutsLongNamesBetweenCharacters) {
  const auto kept = [](const std::string& name) {
    auto script = Parse("listen " + name);
    EXPECT_TRUE(script.ok()) << name;
    return script.ok() ? std::string(As<ListenStmt>((*script)->statements()[0].root)->conditionname) : std::string();
  };
  const std::string a61(61, 'a');
  EXPECT_EQ(kept(a61 + "bcd"), a61 + "bc");
  EXPECT_EQ(kept(a61 + "\xc3\xa9x"), a61 + "\xc3\xa9");
  EXPECT_EQ(kept(a61 + "b\xc3\xa9"), a61 + "b");
  EXPECT_EQ(kept(a61 + "\xf0\x9f\x98\x80"), a61);
  EXPECT_EQ(kept('"' + a61 + "\xe2\x82\xac\""), a61);
  EXPECT_EQ(kept(std::string(64, '\x8d')), std::string(63, '\x8d'));  // not UTF-8: bytes that begin no character
}

TEST(Parser, SplitsScripts) {
  auto script = Parse(" ;select 1 ; ; insert into t values ($2, ';') ;");
  ASSERT_TRUE(script.ok());
  ASSERT_EQ((*script)->statements().size(), 2u);
  EXPECT_EQ((*script)->TextOf((*script)->statements()[0]), "select 1");
  EXPECT_EQ((*script)->TextOf((*script)->statements()[1]), "insert into t values ($2, ';')");
  EXPECT_EQ((*script)->max_param(), 2);
}

// Redundant parentheses are read in a loop, all others by recursion: what is in them must not show it.
TEST(Parser, ReadsParenthesesAlike) {
  EXPECT_EQ(Reprint("select (((a))).b, (((a)).b), ((a)+1), (((1, 2))), ((a))[1]"), Reprint("select (a).b, (a).b, a+1, (1, 2), (a)[1]"));
  EXPECT_EQ(ErrorOf("select (((a)) b)").position, 15);
  EXPECT_EQ(ErrorOf("select (((a b)))").position, 13);
  EXPECT_EQ(ErrorOf("select (((a)").position, 13);
  EXPECT_EQ(ErrorOf("(((select 1) 2))").position, 14);
  auto script = Parse("((((select 1)) order by 1))");
  ASSERT_TRUE(script.ok());
  EXPECT_EQ((*script)->TextOf(*(*script)->statements()[0].root), "((((select 1)) order by 1))");
}

TEST(Parser, SpansCoverNodes) {
  auto script = Parse("select a + (b*2) from t as x where x.c = any($1) and d is null");
  ASSERT_TRUE(script.ok());
  auto* select = As<SelectStmt>((*script)->statements()[0].root);
  ASSERT_NE(select, nullptr);
  EXPECT_EQ((*script)->TextOf(*select->targetList[0]->val), "a + (b*2)");
  EXPECT_EQ((*script)->TextOf(*select->fromClause[0]), "t as x");
  EXPECT_EQ((*script)->TextOf(*select->whereClause), "x.c = any($1) and d is null");
}

TEST(Parser, RefusesHugeTexts) {
  const std::string most = "select 1" + std::string(limits::kMaxStatement - 8, ' ');
  EXPECT_TRUE(Parse(most).ok());
  EXPECT_EQ(ErrorOf(most + " ").sqlstate, "54001");
  EXPECT_TRUE(Normalize(most).ok());
  EXPECT_EQ(ToSqlError(Normalize(most + " ").status()).sqlstate, "54001");
}

TEST(Parser, RefusesDeepNesting) {
  std::string deep = "select " + std::string(200'000, '(') + "1" + std::string(200'000, ')');
  EXPECT_EQ(ErrorOf(deep).sqlstate, "54001");
  std::string nots = "select ";
  for (int i = 0; i < 100'000; ++i) nots += "not ";
  EXPECT_EQ(ErrorOf(nots + "true").sqlstate, "54001");
  std::string chain = "select 1";
  for (int i = 0; i < 100'000; ++i) chain += "+1";
  EXPECT_EQ(ErrorOf(chain).sqlstate, "54001");
  std::string fine = "select " + std::string(500, '(') + "1" + std::string(500, ')');
  EXPECT_TRUE(Parse(fine).ok());
}

// As deep as PostgreSQL goes at its default max_stack_depth, or nearly: 3000 additions, thousands of ANDs and UNIONs.
TEST(Parser, TakesWhatPostgresTakes) {
  auto repeat = [](const std::string& what, int n) {
    std::string text;
    for (int i = 0; i < n; ++i) text += what;
    return text;
  };
  EXPECT_TRUE(Parse("select 1" + repeat(" + 1", 9'000)).ok());
  EXPECT_TRUE(Parse("select true" + repeat(" and true", 100'000)).ok());
  EXPECT_TRUE(Parse("select a in (1" + repeat(", 1", 100'000) + ")").ok());
  EXPECT_TRUE(Parse("select 1" + repeat(" union select 1", 5'000)).ok());
  EXPECT_TRUE(Parse("select 1" + repeat("::int", 5'000)).ok());
  EXPECT_TRUE(Parse("select " + repeat("(", 9'000) + "1" + repeat(")", 9'000)).ok());
  EXPECT_TRUE(Parse("select " + repeat("(", 9'000) + "a, b" + repeat(")", 9'000) + " is null").ok());
  EXPECT_TRUE(Parse(repeat("(", 9'000) + "select 1" + repeat(")", 9'000) + " union select 2").ok());
  EXPECT_EQ(ErrorOf(repeat("(", 20'000) + "select 1" + repeat(")", 20'000)).sqlstate, "54001");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kPrinted = 150;  // its frames are larger, and what is printed is in parentheses
#else
  constexpr int kPrinted = 1'500;
#endif
  auto script = Parse("select 1" + repeat(" + 1", kPrinted));
  ASSERT_TRUE(script.ok());
  const Node* root = (*script)->statements()[0].root;
  std::string printed = Print(*root);
  auto again = Parse(printed);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(Equal(root, (*again)->statements()[0].root));
  EXPECT_EQ(ErrorOf(repeat("select (", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf("select * from " + repeat("(", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf("select " + repeat("case when ", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf("select " + repeat("f(", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf("select a" + repeat("[a", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf("select " + repeat("array[", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf(repeat("explain ", 100'000) + "select 1").sqlstate, "42601");
  EXPECT_EQ(ErrorOf(repeat("with a as (", 100'000)).sqlstate, "54001");
  EXPECT_EQ(ErrorOf(repeat("create function f() begin atomic ", 100'000)).sqlstate, "54001");
}

TEST(Parser, TakesLongStatements) {
  std::string sql = "insert into t values (1, 'x')";
  while (sql.size() < 3'000'000) sql += ", (1, 'x')";
  auto script = Parse(sql);
  ASSERT_TRUE(script.ok());
  auto* insert = As<InsertStmt>((*script)->statements()[0].root);
  EXPECT_EQ(As<SelectStmt>(insert->selectStmt)->valuesLists.size(), (sql.size() - 19) / 10);
}

TEST(Print, QuotesWhereNeeded) {
  EXPECT_EQ(Reprint("select \"A\", \"select\", a as \"b c\" from \"order\""), "SELECT \"A\", \"select\", a AS \"b c\" FROM \"order\"");
  EXPECT_EQ(QuoteLiteral("a'b\\"), "E'a''b\\\\'");
  for (const Keyword& keyword : Keywords()) {
    bool quoted = (keyword.word & kUnreserved) == 0;
    EXPECT_EQ(QuoteIdentifier(keyword.text), quoted ? "\"" + std::string(keyword.text) + "\"" : std::string(keyword.text));
  }
}

TEST(Print, KeepsPrecedence) {
  EXPECT_EQ(Reprint("select (1+2)*3, -(-2), (a).b, (select 1)[1]"), "SELECT (1 + 2) * 3, 2, (a).b, ((SELECT 1))[1]");
  EXPECT_EQ(Reprint("select 1 union (select 2 order by 1) limit 3"), "SELECT 1 UNION (SELECT 2 ORDER BY 1) LIMIT 3");
}

TEST(Walk, ClonesAndCompares) {
  auto script = Parse("select a, sum(b) from t join u using (id) where c in (1, 2) group by a having sum(b) > 5");
  ASSERT_TRUE(script.ok());
  const Node* root = (*script)->statements()[0].root;
  Arena arena;
  Node* copy = Clone(root, arena);
  EXPECT_TRUE(Equal(root, copy));
  EXPECT_EQ(Hash(root), Hash(copy));
  As<SelectStmt>(copy)->groupDistinct = true;
  EXPECT_FALSE(Equal(root, copy));
  EXPECT_FALSE(As<SelectStmt>(root)->groupDistinct);
}

TEST(Walk, RewritesInPlace) {
  auto script = Parse("select $1 + 1 from t where a = $2");
  ASSERT_TRUE(script.ok());
  Arena arena;
  Node* copy = Clone((*script)->statements()[0].root, arena);
  Rewrite(copy, [&](Node* node) -> Node* {
    auto* param = As<ParamRef>(node);
    if (param == nullptr) return node;
    auto* value = arena.New<A_Const>();
    value->type = ConstType::kInteger;
    value->ival = param->number * 10;
    return value;
  });
  EXPECT_EQ(Print(*copy), "SELECT 10 + 1 FROM t WHERE a = 20");
}

TEST(Normalize, TurnsConstantsIntoParameters) {
  const std::string sql = "SELECT  a+1, 'x''y' /* c */ FROM T where b = $1 and c = -2.5 limit 10";
  auto n = Normalize(sql);
  ASSERT_TRUE(n.ok());
  EXPECT_EQ(n->text, "select a + $2 , $3 from t where b = $1 and c = - $4 limit $5");
  ASSERT_EQ(n->constants.size(), 4u);
  EXPECT_EQ(DecodedValue(sql, n->constants[0]), "1");
  EXPECT_EQ(DecodedValue(sql, n->constants[1]), "x'y");
  EXPECT_EQ(n->constants[1].parameter, 3);
  auto same = Normalize("select a + 77,'z' from t where b=$1 and c=-3.5 limit 20");
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(n->text, same->text);
  EXPECT_NE(Normalize("select 1 as \"A\"")->text, Normalize("select 1 as a")->text);
}

}  // namespace
}  // namespace pgshoal::parser
