// Random expressions, right and wrong ones: operators of every strength in every order, with operands that are legal at
// some places only. What PostgreSQL makes of each decides.
#include <cstdlib>
#include <random>

#include "gtest/gtest.h"
#include "tests/unit/parser/corpus.hpp"

namespace pgshoal::parser::testing {
namespace {

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  std::string Statement() {
    switch (Below(8)) {
      case 0: return "select " + Expr(3) + Pick({"", " as x", " x", " and", " is", " value", " over"}) + " from t";
      case 1: return "select * from t where " + Expr(4);
      case 2: return "select " + Expr(3) + ", " + Expr(2) + " from " + From(3);
      case 3: return "select a from " + From(3) + " order by " + Expr(2) + Pick({" desc", " nulls first", " using <", ""}) +
                     Pick({"", " limit " + Expr(1), " offset 2 rows", " fetch first 3 rows only"});
      case 4: return "update t set a = " + Expr(3) + ", (b, c) = " + Expr(2) + " where " + Expr(2);
      case 5: return "insert into t (a, b[" + Expr(1) + "]) " + Query(2) + Pick({"", " on conflict do nothing", " returning " + Expr(1)});
      case 6: return "create table t (a int default " + Expr(2) + Pick({"", " not null", " collate c"}) + ", check (" + Expr(3) + "))";
      default: return Query(3);
    }
  }

 private:
  std::size_t Below(std::size_t n) { return random_() % n; }
  std::string Pick(std::vector<std::string> choices) { return choices[Below(choices.size())]; }

  std::string Query(int depth) {
    if (depth > 0) {
      switch (Below(5)) {
        case 0: return "(" + Query(depth - 1) + ")";
        case 1: return Query(depth - 1) + Pick({" union ", " intersect all ", " except "}) + Query(depth - 1);
        case 2: return Query(depth - 1) + Pick({" order by 1", " limit 1", " for update", " offset 1"});
        case 3: return "values (" + Expr(depth - 1) + ", 1)";
        default: break;
      }
    }
    return "select " + Expr(depth > 0 ? depth - 1 : 0);
  }

  std::string From(int depth) {
    if (depth > 0) {
      switch (Below(7)) {
        case 0: return "(" + From(depth - 1) + ")" + Pick({"", " as j", " j (x)"});
        case 1: return From(depth - 1) + Pick({" join ", " left join ", " full outer join "}) + From(depth - 1) +
                       Pick({" on " + Expr(1), " using (id)", ""});
        case 2: return From(depth - 1) + Pick({" cross join ", " natural join "}) + From(depth - 1);
        case 3: return Pick({"", "lateral "}) + "(" + Query(depth - 1) + ")" + Pick({"", " as q", " q (a, b)"});
        case 4: return "f(" + Expr(depth - 1) + ")" + Pick({"", " with ordinality", " as (a int)", " x (a int, b text)"});
        default: break;
      }
    }
    return Pick({"t", "only t", "s.t x", "t *", "rows"});
  }

  std::string Expr(int depth) {
    if (depth <= 0) return Pick({"a", "t.b", "1", "'x'", "$1", "null", "-1", "2.5", "t.*", "true", "default", "c.d[1]", "interval '1' day"});
    std::string x = Expr(depth - 1);
    switch (Below(24)) {
      case 0: case 1: case 2:
        return x + Pick({" + ", " - ", " * ", " / ", " % ", " ^ "}) + Expr(depth - 1);
      case 3: case 4:
        return x + Pick({" < ", " > ", " = ", " <= ", " <> ", " >= "}) + Expr(depth - 1);
      case 5: case 6: return x + Pick({" and ", " or "}) + Expr(depth - 1);
      case 7: return Pick({"not ", "- ", "+ ", "@ ", "operator(s.@) "}) + x;
      case 8: return x + Pick({" || ", " -> ", " operator(pg_catalog.+) ", " @> "}) + Expr(depth - 1);
      case 9: return x + Pick({" is null", " isnull", " is not true", " is unknown", " notnull", " is document", " is nfc normalized"});
      case 10: return x + Pick({" is distinct from ", " is not distinct from "}) + Expr(depth - 1);
      case 11: return x + Pick({" like ", " not ilike ", " similar to ", " not like "}) + Expr(depth - 1) + Pick({"", "", " escape " + Expr(depth - 1)});
      case 12: return x + Pick({" between ", " not between symmetric "}) + Expr(depth - 1) + " and " + Expr(depth - 1);
      case 13: return x + Pick({" in (", " not in ("}) + Pick({Expr(depth - 1) + ", " + Expr(depth - 1), Query(depth - 1)}) + ")";
      case 14: return x + Pick({" = any (", " <> all (", " like any (", " + some ("}) + Pick({Expr(depth - 1), Query(depth - 1)}) + ")";
      case 15: return x + Pick({"::int", "::text[]", "::numeric(3, 2)", "::timestamp with time zone"});
      case 16: return x + Pick({" collate \"C\"", " at time zone " + Expr(depth - 1)});
      case 17: return "(" + x + ")" + Pick({"", "", "", ".f", "[1]", "[1:2].*"});
      case 18: return "(" + Query(depth - 1) + ")";
      case 19: return Pick({"exists (", "array("}) + Query(depth - 1) + ")";
      case 20: return Pick({"row(", "("}) + x + ", " + Expr(depth - 1) + ")" + Pick({"", "", " overlaps (a, b)"});
      case 21: return Pick({"f(", "s.f(", "count(distinct ", "coalesce(", "f(variadic ", "left("}) + x + ")" +
                      Pick({"", "", " over w", " over (partition by a order by b rows between 1 preceding and current row)", " filter (where a)"});
      case 22: return "case " + Pick({"", x + " "}) + "when " + Expr(depth - 1) + " then " + Expr(depth - 1) + Pick({"", " else 0"}) + " end";
      default: return Pick({"array[" + x + ", [1]]", "cast(" + x + " as int)", "extract(year from " + x + ")", "trim(both from " + x + ")",
                            "substring(" + x + " from 1 for 2)", "position(" + x + " in b)", "nullif(" + x + ", 1)", "current_date",
                            "overlay(" + x + " placing b from 1)", "xmlelement(name n, " + x + ")", "grouping(" + x + ")", "greatest(" + x + ")"});
    }
  }

  std::mt19937 random_;
};

TEST(Generated, AgreeWithPostgres) {
  const char* rounds = std::getenv("PGSHOAL_PARSER_ROUNDS");
  int wanted = 10'000 * (rounds != nullptr ? std::atoi(rounds) : 1);
  Generator generator(17);
  int wrong = 0;
  for (int i = 0; i < wanted; ++i) {
    std::string sql = generator.Statement();
    std::string why = Disagreement(sql);
    if (!why.empty() && ++wrong <= 20) ADD_FAILURE() << sql << "\n  " << why.substr(0, 600);
  }
  EXPECT_EQ(wrong, 0);
}

// The value of a literal is part of the tree that is compared, so this is about decoding.
TEST(Generated, LiteralsAgreeWithPostgres) {
  std::mt19937 random(4);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> openers = {"'", "E'", "e'", "U&'", "u&'", "N'", "b'", "X'", "$$", "$a$", "\"", "U&\""};
  const std::vector<std::string> pieces = {
      "a", "\xc3\xa9", "''", "\"\"", "\\n", "\\b", "\\\\", "\\'", "\\x4", "\\x41", "\\101", "\\7", "\\8", "\\u00e9", "\\u12", "\\U0001F600",
      "\\ud83d", "\\ude00", "\\00e9", "\\+01F600", "\\d83d", "\\de00", "!0041", "0", "1", "F", "g", " ", "\n", "'\n'", "' 'x", "$", "$$",
      "\\xff", "\\303\\251", "\\0", "%", "_"};
  int wrong = 0, accepted = 0, other_errors = 0;
  for (int i = 0; i < 6'000; ++i) {
    std::string opener = openers[below(openers.size())];
    std::string sql = "select " + opener;
    for (std::size_t n = below(5); n > 0; --n) sql += pieces[below(pieces.size())];
    sql += opener[0] == '$' ? opener : std::string(1, opener.back());
    if (below(6) == 0) sql += " uescape '!'";
    Comparison result = Compare(sql);
    accepted += result.accepted;
    other_errors += !result.other_errors.empty();
    if (!result.why.empty() && ++wrong <= 20) ADD_FAILURE() << sql << "\n  " << result.why.substr(0, 600);
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(accepted, 2'000);
  EXPECT_LE(other_errors, 10);  // of two errors each may meet another one first
}

}  // namespace
}  // namespace pgshoal::parser::testing
