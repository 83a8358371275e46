// explain and parse: what becomes of statements.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/shoalctl/fake_router.hpp"
#include "tests/unit/shoalctl/program.hpp"

namespace pgshoal::shoalctl {
namespace {

using nlohmann::json;

// Four shards with 1024 slots each: north (home), east, south, west. 42 lies on west (slot 3784).
constexpr char kMap[] = "examples/embed/map.toml";
constexpr char kSchema[] = "examples/embed/schema.sql";

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Outcome Explain(const std::string& sql, const std::string& options = "") {
  return RunProgram(fmt::format("explain {} {} --map {} --schema {}", Quoted(sql), options, kMap, kSchema));
}

// `input` on standard input.
Outcome Parse(const std::string& input, const std::string& options = "") {
  std::string pattern = "/tmp/pgshoal-parse-XXXXXX";
  const std::string directory = mkdtemp(pattern.data());
  std::ofstream(directory + "/input") << input;
  Outcome outcome = RunProgram(fmt::format("parse {} < {}/input", options, directory));
  std::filesystem::remove_all(directory);
  return outcome;
}

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(json::parse(text.substr(begin, end - begin), nullptr, false));
  }
  return lines;
}

TEST(ShoalctlExplain, TellsWayShardsAndReason) {
  const Outcome outcome = Explain("select * from orders where customer_id = 42");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out.find("way: relay\nshards: west\nwhy: "), 0u) << outcome.out;
}

TEST(ShoalctlExplain, TakesParametersAsText) {
  const json given = ParseJson(Explain("select * from orders where customer_id = $1", "--param 42 --json"));
  EXPECT_EQ(given["way"], "relay");
  EXPECT_EQ(given["shards"], json{"west"});
  EXPECT_EQ(given["routed_by_parameters"], true);
  EXPECT_EQ(given["any_shard"], false);
  // Two parameters in order; a value may begin with a dash.
  EXPECT_EQ(ParseJson(Explain("select * from orders where total > $1 and customer_id = $2",
                              "--param -1 --param 42 --json"))["shards"],
            json{"west"});
  EXPECT_EQ(ParseJson(Explain("select * from orders where customer_id = $1", "--param '\\N' --json"))["any_shard"], true);
  EXPECT_EQ(Explain("select * from orders where customer_id = $1", "--param 1 --param 2").code, 1);
}

TEST(ShoalctlExplain, LeavesParametersOpen) {
  const Outcome outcome = Explain("select * from orders where customer_id = $1", "--json");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(ParseJson(outcome)["way"], "relay");
  EXPECT_EQ(ParseJson(outcome)["shards"], nullptr);
  const json several = ParseJson(Explain("delete from orders where customer_id in ($1, $2)", "--json"));
  EXPECT_EQ(several["way"], nullptr);
  EXPECT_EQ(several["possible_ways"], (json{"relay", "refuse"}));
}

TEST(ShoalctlExplain, ShowsWhatTheShardsRun) {
  const json stream = ParseJson(Explain("select country, avg(customer_id) from customers group by country", "--json"));
  EXPECT_EQ(stream["way"], "stream");
  EXPECT_EQ(stream["shards"], (json{"north", "east", "south", "west"}));
  EXPECT_NE(stream["shard_sql"].get<std::string>().find("customers"), std::string::npos);
}

TEST(ShoalctlExplain, RefusalsAreExitCodeOne) {
  const std::string sql = "update orders set total = 0";
  const Outcome text = Explain(sql);
  EXPECT_EQ(text.code, 1);
  EXPECT_EQ(text.out.find("way: refuse\n"), 0u) << text.out;
  EXPECT_NE(text.out.find("hint: "), std::string::npos) << text.out;
  const Outcome document = Explain(sql, "--json");
  EXPECT_EQ(document.code, 1);
  EXPECT_EQ(ParseJson(document)["error"]["sqlstate"], "0A000");
  EXPECT_EQ(ParseJson(document)["shards"], json::array());
}

TEST(ShoalctlExplain, MistakesHaveTheirExitCodes) {
  const Outcome syntax = Explain("select 1 form t x");
  EXPECT_EQ(syntax.code, 1);
  EXPECT_EQ(syntax.out, "shoalctl: syntax error at or near \"t\"\n  position: 15\n");
  EXPECT_EQ(Explain("").code, 1);
  EXPECT_EQ(RunProgram("explain").code, 2);
  EXPECT_EQ(RunProgram(fmt::format("explain 'select 1' --map {}", kMap)).code, 2);
  EXPECT_EQ(RunProgram("explain 'select 1' --map /no/such --schema /no/such").code, 4);
  EXPECT_EQ(RunProgram(fmt::format("explain 'select 1' --map {} --schema /no/such", kMap)).code, 4);
  EXPECT_EQ(RunProgram("explain 'select 1' --url postgresql://127.0.0.1:1/").code, 3);
}

TEST(ShoalctlExplain, TakesTheMapOfARouter) {
  std::ifstream file(kMap);
  FakeRouter router{std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>())};
  const Outcome outcome = RunProgram(fmt::format("explain 'delete from orders where customer_id = 42' --schema {} --url {}",
                                                 kSchema, router.Url()));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("shards: west\n"), std::string::npos) << outcome.out;
  EXPECT_EQ(router.statements(), std::vector<std::string>{"pgshoal: SHOW MAP TOML"});
}

TEST(ShoalctlParse, PrintsForPeople) {
  const std::string input = "select a,b from \"T\" where x='it''s'; -- gone\nINSERT into t values(1)";
  const std::string printed = "SELECT a, b FROM \"T\" WHERE x = 'it''s';\nINSERT INTO t VALUES (1);\n";
  EXPECT_EQ(Parse(input).out, printed);
  EXPECT_EQ(Parse(input, "--print").out, printed);
  EXPECT_EQ(Parse(printed).out, printed);
  const Outcome tree = Parse("select 1", "--tree");
  const json document = json::parse(tree.out, nullptr, false);
  EXPECT_TRUE(document.contains("SelectStmt")) << tree.out;
  EXPECT_EQ(RunProgram(fmt::format("parse --tree {}", kSchema)).code, 0);
}

TEST(ShoalctlParse, Normalizes) {
  const Outcome one = Parse("SELECT * FROM t -- here\nWHERE a = 1 AND b = 'x'", "--normalize");
  const Outcome two = Parse("select *  from T where a=42 and b='y'", "--normalize");
  EXPECT_EQ(one.code, 0);
  EXPECT_EQ(two.code, 0);
  EXPECT_EQ(one.out.substr(0, one.out.find('\n')), two.out.substr(0, two.out.find('\n')));
  EXPECT_NE(one.out.find("\n$1 = 1\n$2 = 'x'\n"), std::string::npos) << one.out;
  // What is no SQL is an error here, though it may have tokens.
  EXPECT_EQ(Parse("select from from", "--normalize").code, 1);
}

TEST(ShoalctlParse, MarksThePlace) {
  const Outcome outcome = Parse("select 1;\n\tselect 'é' form t x\nfrom y");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.out,
            "shoalctl: standard input:2:18: syntax error at or near \"t\" (42601)\n"
            "  \tselect 'é' form t x\n"
            "  \t                ^\n");
}

TEST(ShoalctlParse, AnswersLineByLine) {
  const Outcome outcome = Parse(
      "{\"sql\": \"select 1; select $1\"}\n"
      "\n"
      "{\"sql\": \"select 'é' form t x\"}\n"
      "{\"sql\": \"\"}\n",
      "--jsonl");
  EXPECT_EQ(outcome.code, 0);
  const std::vector<json> answers = Lines(outcome.out);
  ASSERT_EQ(answers.size(), 3u) << outcome.out;
  EXPECT_EQ(answers[0]["ok"], true);
  EXPECT_EQ(answers[0]["print"], "SELECT 1; SELECT $1");
  EXPECT_FALSE(answers[0].contains("trees"));
  EXPECT_EQ(answers[0]["normalized"], ParseJson(Parse("select 7; SELECT $1", "--json"))["normalized"]);
  EXPECT_EQ(answers[0]["normalized"].get<std::string>().find('7'), std::string::npos);
  EXPECT_EQ(answers[1], (json{{"ok", false},
                              {"error", "syntax error at or near \"t\""},
                              {"sqlstate", "42601"},
                              {"position", 17}}));
  EXPECT_EQ(answers[2]["ok"], true);
  const json with_tree = Lines(Parse("{\"sql\": \"select 1\"}\n", "--jsonl --tree").out).at(0);
  ASSERT_EQ(with_tree["trees"].size(), 1u);
  EXPECT_TRUE(with_tree["trees"][0].contains("SelectStmt"));
}

TEST(ShoalctlParse, SaysWhichLinesAreNone) {
  const Outcome outcome = Parse("nonsense\n{\"sql\": 1}\n[]\n{\"sql\": \"select 1\"}\n{\"sql\": \"\xff\"}\n", "--jsonl");
  EXPECT_EQ(outcome.code, 1);
  const std::vector<json> answers = Lines(outcome.out);
  ASSERT_EQ(answers.size(), 5u) << outcome.out;
  for (int line : {0, 1, 2, 4}) EXPECT_EQ(answers[line]["ok"], false) << line;
  EXPECT_EQ(answers[3]["ok"], true);
}

TEST(ShoalctlParse, MistakesHaveTheirExitCodes) {
  EXPECT_EQ(RunProgram("parse /no/such/file").code, 4);
  EXPECT_EQ(RunProgram("parse /tmp").code, 4);
  EXPECT_EQ(RunProgram("parse --tree --print /no/such/file").code, 2);
  EXPECT_EQ(Parse("selec", "--json").code, 1);
  EXPECT_EQ(ParseJson(Parse("selec", "--json"))["position"], 1);
}

}  // namespace
}  // namespace pgshoal::shoalctl
