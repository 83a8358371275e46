// Keys of plan caches: what they say, and that texts with equal keys have trees that differ in constants alone.
#include "parser/statement_key.hpp"

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "parser/normalize.hpp"
#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"

namespace pgshoal::parser {
namespace {

std::string KeyOf(std::string_view sql) {
  StatementKey key;
  if (!key.Scan(sql)) return "no key";
  return DescribeKey(key.text(), key.constants());
}

TEST(StatementKey, TakesConstantsOut) {
  EXPECT_EQ(KeyOf("SELECT  a+1, 'x''y' /* c */ FROM \"T\" where b != $1 and c = -2.5 -- end"),
            "select a + $1 , $2 from \"T\" where b <> $1 and c = - $3");
  EXPECT_EQ(KeyOf("insert into t values (1, 2147483647, 2147483649, .5, E'a\\n', $x$'$x$, b'1', X'f')"),
            "insert into t values ( $1 , $2 , $3 , $4 , $5 , $6 , $7 , $8 )");
  EXPECT_EQ(KeyOf("select 'a'\n  'b', date '2024-01-01', interval '1' day"), "select $1 , date $2 , interval $3 day");
  EXPECT_EQ(KeyOf("begin; update t set a = 1 where b in (2, 3); commit"),
            "begin ; update t set a = $1 where b in ( $2 , $3 ) ; commit");
  EXPECT_EQ(
      KeyOf("with x as (select 1), y as not materialized (select f(2)) select a as b from x where c = g(3)"),
      "with x as ( select $1 ) , y as not materialized ( select f ( $2 ) ) select a as b from x where c = g ( $3 )");
}

TEST(StatementKey, TellsTypesApart) {
  StatementKey key;
  ASSERT_TRUE(
      key.Scan("select 1, 0002147483647, 2147483649, 9223372036854775807, 9223372036854775809, 1.5, 1e3, 'a', "
               "b'1', x'1'"));
  std::vector<ConstantType> types;
  for (const ConstantSpan& constant : key.constants()) types.push_back(constant.type);
  using enum ConstantType;
  EXPECT_EQ(types, (std::vector{kInt4, kInt4, kInt8, kInt8, kNumeric, kNumeric, kNumeric, kString, kBits, kHexBits}));
  const std::string integer(key.text());
  ASSERT_TRUE(
      key.Scan("select '1', 0002147483647, 2147483649, 9223372036854775807, 9223372036854775809, 1.5, 1e3, 'a', "
               "b'1', x'1'"));
  EXPECT_NE(key.text(), integer);
}

TEST(StatementKey, KeepsWhatDecides) {
  for (const char* sql : {
           "select a from t order by 1 , f ( 2 ) limit 3 offset 4",
           "select a from t group by 1 , grouping sets ( ( 2 ) , a )",
           "select a from t fetch first 5 rows only",
           "select distinct on ( 1 ) a from t",
           "select a :: varchar ( 10 ) [ 3 ] , b :: numeric ( 10 , 2 ) , c :: s . t ( 4 ) , d :: int array [ 5 ]",
           "select cast ( a as bit varying ( 7 ) ) , cast ( b as timestamp ( 3 ) with time zone [ 2 ] )",
           "select current_timestamp ( 3 ) , b and localtime ( 2 ) , current_time ( 1 ) , localtimestamp ( 0 )",
           "select * from f ( ) as ( a varchar ( 10 ) , b s . t ( 4 ) [ 3 ] )",
           "select * from f ( ) x ( a varchar ( 10 ) , b s . t ( 4 ) [ 3 ] , c interval day to second ( 2 ) )",
           "set x = 1",
           "explain select 1",
           "prepare p as select 1",
           "create table t ( a int default 5 ) ; select 1",
           "select - 0 , - ( ( 0 ) ) , - 2147483648 , 9223372036854775808",
       }) {
    EXPECT_EQ(KeyOf(sql), sql);
  }
  EXPECT_EQ(KeyOf("select 1 from t where x = 2 group by 1 having y > 3 order by 1"),
            "select $1 from t where x = $2 group by 1 having y > $3 order by 1");
  EXPECT_EQ(KeyOf("(select 1 limit 1) union select 2 order by 1"), "( select $1 limit 1 ) union select $2 order by 1");
  EXPECT_EQ(KeyOf("select interval '1' second(3), sum(1) over (order by 2), 3"),
            "select interval $1 second ( 3 ) , sum ( $2 ) over ( order by 2 ) , $3");
  EXPECT_EQ(KeyOf("select a = timestamp(3) with time zone 'now'"), "select a = timestamp ( 3 ) with time zone $1");
  EXPECT_EQ(KeyOf("set x = 1; select 1"), "set x = 1 ; select $1");
}

TEST(StatementKey, KeepsTextsApart) {
  const char* texts[] = {"select 1",         "select '1'",       "select \"1\"", "select $1", "select 1.0",
                         "select a",         "select \"a\"",     "select \"A\"", "select -1", "select + 1",
                         "select a b",       "select a.b",       "select 0",     "select -0", "select limit 1",
                         "select a limit 1", "select a limit 2", "select n 'a'", "select 1;", "select 3000000000"};
  std::map<std::string, std::string> seen;
  for (const char* sql : texts) {
    StatementKey key;
    ASSERT_TRUE(key.Scan(sql)) << sql;
    EXPECT_TRUE(seen.emplace(std::string(key.text()), sql).second || std::string_view(sql) == "select 0") << sql;
  }
}

TEST(StatementKey, RefusesWhatItDoesNotKnow) {
  for (const char* sql :
       {"select 'a", "select \"a", "select /* a", "select 1a", "select $1a", "select $a$ $b$", "select \x01",
        "select \\", "select U&'a'", "select U&\"a\"", "select n'a'", "select E'\\001'", "select E'\\u0041'",
        "select numeric(10,2) '1.5'", "select \"\"", "select {", "select $0"}) {
    StatementKey key;
    EXPECT_FALSE(key.Scan(sql)) << sql;
    EXPECT_TRUE(key.text().empty());
    EXPECT_TRUE(key.constants().empty());
  }
  StatementKey key;
  EXPECT_FALSE(key.Scan("select a" + std::string(80, 'a')));
  EXPECT_FALSE(key.Scan(std::string_view("select 1\0, 2", 12)));
  EXPECT_TRUE(key.Scan(""));
  EXPECT_TRUE(key.Scan("select 1"));
}

TEST(StatementKey, ReadsValues) {
  const std::string sql = R"(insert into t values (7, 3000000000, 1.50, 'a''b', E'a\tb', $x$a$x$, b'01', 'a'
 'b'))";
  StatementKey key;
  ASSERT_TRUE(key.Scan(sql));
  std::vector<std::string> values;
  for (const ConstantSpan& constant : key.constants()) {
    std::string decoded;
    values.emplace_back(DecodeConstant(sql, constant, &decoded));
  }
  EXPECT_EQ(values, (std::vector<std::string>{"7", "3000000000", "1.50", "a'b", "a\tb", "a", "b01", "ab"}));
}

TEST(StatementKey, KnowsSigns) {
  const std::string sql = "select -1, - -2, -(3), 4, -5.0, - - -6, 7 - 8, -(-9), '-10'";
  StatementKey key;
  ASSERT_TRUE(key.Scan(sql));
  auto script = Parse(sql);
  ASSERT_TRUE(script.ok());
  std::vector<bool> negated(key.constants().size());
  Walk(std::as_const(*(*script)->statements()[0].root), [&](const Node& node) {
    const int index = FindConstant(key.constants(), node);
    if (index >= 0) negated[static_cast<std::size_t>(index)] = IsNegated(static_cast<const A_Const&>(node));
    return true;
  });
  EXPECT_EQ(negated, (std::vector<bool>{true, false, true, false, true, true, false, false, false, false}));
}

// --- the guarantee ------------------------------------------------------------------------------------------------

class Texts {
 public:
  // Another constant of the same type as `source`.
  std::string Other(ConstantType type) {
    switch (type) {
      case ConstantType::kInt4:
        return std::to_string(1 + Below(Below(2) == 0 ? 9 : 2147483647));
      case ConstantType::kInt8:
        return std::to_string(2147483649 + (random_() >> 2));
      case ConstantType::kNumeric: {
        const char* const choices[] = {"0.0", "7.25", ".5", "1e10", "3.", "99999999999999999999", "12.5e-3"};
        return choices[Below(std::size(choices))];
      }
      case ConstantType::kString: {
        const char* const choices[] = {"''",         "'other'",    "'it''s'",  "E'a\\nb'",
                                       "$$dollar$$", "$q$'$$'$q$", "'a'\n'b'", "'(1)'"};
        return choices[Below(std::size(choices))];
      }
      case ConstantType::kBits:
        return Below(2) == 0 ? "b'0101'" : "B''";
      case ConstantType::kHexBits:
        return Below(2) == 0 ? "x'0fF'" : "X'1'";
    }
    return "";
  }
  uint64_t Below(uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64 random_{20240229};
};

// What is wrong with `tree` of `sql`, made the tree of `other` by exchanging constants; empty when nothing is.
std::string Exchanged(const ParsedScript& script, const std::string& sql, const ParsedScript& wanted,
                      const std::string& other, const StatementKey& key, const StatementKey& other_key) {
  if (script.statements().size() != wanted.statements().size()) return "not as many statements";
  std::map<int, int> found;
  for (std::size_t i = 0; i < script.statements().size(); ++i) {
    Arena arena;
    Node* copy = Clone(script.statements()[i].root, arena);
    std::map<const Node*, bool> seen;
    Walk(*copy, [&](Node& node) {
      const int index = FindConstant(key.constants(), node);
      if (index < 0 || !seen.emplace(&node, true).second) return true;
      ++found[index];
      const A_Const like = static_cast<A_Const&>(node);
      ReadConstant(other, other_key.constants()[static_cast<std::size_t>(index)], like, arena,
                   static_cast<A_Const*>(&node));
      return true;
    });
    if (!Equal(copy, wanted.statements()[i].root)) {
      return "trees differ: " + Print(*copy) + "\n" + Print(*wanted.statements()[i].root);
    }
  }
  for (std::size_t i = 0; i < key.constants().size(); ++i) {
    if (found[static_cast<int>(i)] == 0) {
      const ConstantSpan& constant = key.constants()[i];
      return "in no node: " + sql.substr(constant.begin, constant.end - constant.begin);
    }
  }
  return "";
}

// Whether a constant of the key stands where it should have stayed.
std::string Stray(const ParsedScript& script, const StatementKey& key) {
  std::string stray;
  const auto check = [&](const char* where, const Node* node) {
    if (node == nullptr) return;
    Walk(*node, [&](const Node& inner) {
      if (FindConstant(key.constants(), inner) >= 0) stray = where;
      return true;
    });
  };
  for (const Statement& statement : script.statements()) {
    Walk(*statement.root, [&](Node& node) {
      if (const auto* type = As<TypeName>(&node)) {
        for (const Node* modifier : type->typmods) check("modifier", modifier);
      } else if (const auto* select = As<SelectStmt>(&node)) {
        for (const Node* item : select->sortClause) check("ORDER BY", item);
        for (const Node* item : select->groupClause) check("GROUP BY", item);
        for (const Node* item : select->distinctClause) check("DISTINCT ON", item);
        check("LIMIT", select->limitCount);
        check("OFFSET", select->limitOffset);
      }
      return true;
    });
    switch (statement.root->tag) {
      case NodeTag::SelectStmt:
      case NodeTag::InsertStmt:
      case NodeTag::UpdateStmt:
      case NodeTag::DeleteStmt:
      case NodeTag::MergeStmt:
        break;
      default:
        check("another statement", statement.root);
    }
  }
  return stray;
}

struct Tally {
  std::size_t keys = 0, none = 0, constants = 0;
};

void CheckGuarantee(const std::string& sql, Texts& texts, Tally* tally) {
  auto script = Parse(sql);
  if (!script.ok()) return;
  StatementKey key;
  if (!key.Scan(sql)) {
    ++tally->none;
    return;
  }
  ++tally->keys;
  tally->constants += key.constants().size();
  EXPECT_EQ(Stray(**script, key), "") << sql;
  std::string other;
  std::size_t done = 0;
  for (const ConstantSpan& constant : key.constants()) {
    other += sql.substr(done, constant.begin - done);
    other += " " + texts.Other(constant.type) + " ";  // or a word in front might go on
    done = constant.end;
  }
  other += sql.substr(done);
  StatementKey other_key;
  ASSERT_TRUE(other_key.Scan(other)) << other;
  ASSERT_EQ(key.text(), other_key.text()) << sql << "\n" << other;
  auto wanted = Parse(other);
  ASSERT_TRUE(wanted.ok()) << sql << "\n" << other;
  EXPECT_EQ(Exchanged(**script, sql, **wanted, other, key, other_key), "") << sql << "\n" << other;
}

TEST(StatementKey, EqualKeysMeanEqualTrees) {
  const char* const path = std::getenv("PGSHOAL_STATEMENTS");  // another file of {"sql": …} lines
  std::ifstream file(path != nullptr ? path : "tests/unit/parser/corpus.jsonl");
  Texts texts;
  Tally tally;
  for (std::string line; std::getline(file, line);) {
    CheckGuarantee(nlohmann::json::parse(line)["sql"].get<std::string>(), texts, &tally);
  }
  RecordProperty("keys", static_cast<int>(tally.keys));
  RecordProperty("constants", static_cast<int>(tally.constants));
  EXPECT_GT(tally.keys, 100u);
  EXPECT_GT(tally.constants, 100u);
  EXPECT_LT(tally.none * 10, tally.keys);
}

}  // namespace
}  // namespace pgshoal::parser
