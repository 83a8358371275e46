#include "tests/unit/parser/corpus.hpp"

#include <cstdlib>
#include <fstream>
#include <utility>

#include "nlohmann/json.hpp"
#include "parser/lexer.hpp"
#include "parser/parser.hpp"
#include "tests/unit/parser/oracle.hpp"

namespace pgshoal::parser::testing {

const std::vector<std::string>& Corpus() {
  static const auto* const statements = [] {
    auto* list = new std::vector<std::string>;
    const char* other = std::getenv("PGSHOAL_STATEMENTS");
    std::ifstream file(other != nullptr ? other : "tests/unit/parser/corpus.jsonl");
    for (std::string line; std::getline(file, line);) {
      list->push_back(nlohmann::json::parse(line).at("sql").get<std::string>());
    }
    return list;
  }();
  return *statements;
}

namespace {

// Where libpg_query and PostgreSQL 15 are known to differ in what they say of a statement that both refuse: the later
// minor releases show the whole word behind a number, and two messages without "at or near".
std::string Settled(std::string message) {
  if (message.starts_with("trailing junk after")) return message.substr(0, message.find(" at or near"));
  if (message == "invalid table name at or near") return "invalid table name";
  if (message == "invalid schema name at or near") return "invalid schema name";
  return message;
}

// The tokens of a statement, and the index of the one at a position in characters, or of the last.
struct TokensAt {
  std::vector<Token> tokens;
  std::size_t at = 0;
};
TokensAt FindToken(const std::string& sql, Arena& arena, int position) {
  TokensAt found;
  SourceError error;
  Lex(sql, arena, found.tokens, error);
  while (found.tokens[found.at].kind != Tok::END && CharPosition(sql, found.tokens[found.at].begin) < position) ++found.at;
  return found;
}

// libpg_query takes $n where PostgreSQL takes a string only: values of settings, roles and zones in SET, passwords, typed
// constants (five productions) and EXTRACT. Whether the statement, refused at a $n by us, is of that kind.
bool OnlyWithParameters(std::string sql, OurResult refused) {
  for (int replaced = 0; replaced < 20; ++replaced) {
    Arena arena;
    const auto [tokens, at] = FindToken(sql, arena, refused.position);
    if (tokens[at].kind != Tok::PARAM || at == 0 || !refused.error.starts_with("syntax error at or near \"$")) return false;
    const Token& before = tokens[at - 1];
    bool after_set = false;
    for (std::size_t i = 0; i < at; ++i) after_set = after_set || tokens[i].kind == Tok::SET;
    bool taken = before.kind == Tok::PASSWORD || before.kind == Tok::RPAREN ||
                 (before.kind == Tok::LPAREN && at > 1 && tokens[at - 2].kind == Tok::EXTRACT) ||
                 (after_set && (before.kind == Tok::EQUAL || before.kind == Tok::TO || before.kind == Tok::COMMA ||
                                before.kind == Tok::ZONE || before.kind == Tok::AUTHORIZATION || before.kind == Tok::ROLE)) ||
                 (before.word != 0 && (before.kind != Tok::SET || at > 1));
    if (!taken) return false;
    sql.replace(tokens[at].begin, tokens[at].end - tokens[at].begin, "'x'");
    refused = ParseOurs(sql, false);
    if (refused.ok) return true;
  }
  return false;
}

// PostgreSQL takes LOGGED and UNLOGGED among the options of a sequence since 15.6, libpg_query's grammar is older. Whether
// that is all that is wrong with the statement for it.
bool OnlyWithLoggedSequences(std::string sql, OracleResult refused) {
  for (int replaced = 0; replaced < 20 && !refused.ok; ++replaced) {
    Arena arena;
    const auto [tokens, at] = FindToken(sql, arena, refused.position);
    if (tokens[at].kind != Tok::LOGGED && tokens[at].kind != Tok::UNLOGGED) return false;
    sql.replace(tokens[at].begin, tokens[at].end - tokens[at].begin, "cycle");
    refused = AskOracle(sql);
  }
  return refused.ok;
}

}  // namespace

Comparison Compare(const std::string& sql) {
  OracleResult theirs = AskOracle(sql);
  OurResult ours = ParseOurs(sql);
  Comparison result{"", theirs.ok, theirs.error};
  if (theirs.ok && !ours.ok && OnlyWithParameters(sql, ours)) {
    result.accepted = false;
    return result;
  }
  if (!theirs.ok && ours.ok && OnlyWithLoggedSequences(sql, theirs)) return result;
  // libpg_query numbers the kinds of LIMIT otherwise, and so refuses a LIMIT or OFFSET around another one.
  if (theirs.error == "multiple limit options not allowed" && theirs.error != ours.error) return result;
  if (theirs.ok != ours.ok) {
    result.why = theirs.ok ? "we reject: " + ours.error : "we accept, PostgreSQL says: " + theirs.error;
  } else if (!theirs.ok) {
    if (Settled(theirs.error) != Settled(ours.error) || theirs.position != ours.position) {
      result.other_errors = "errors differ:\n  " + theirs.error + " " + std::to_string(theirs.position) + "\n  " + ours.error + " " +
                   std::to_string(ours.position);
    }
  } else if (theirs.tree != ours.tree) {
    result.why = "trees differ:\n  " + theirs.tree + "\n  " + ours.tree;
  } else if (theirs.negatives != ours.negatives) {
    result.why = "negative integers differ";
  } else if (!ours.printed.empty()) {
    OracleResult again = AskOracle(ours.printed);
    if (!again.ok) {
      result.why = "printed text is rejected: " + ours.printed + "\n  " + again.error;
    } else if (again.tree != theirs.tree || again.negatives != theirs.negatives) {
      result.why = "printed text means something else: " + ours.printed;
    }
  }
  return result;
}

std::string Disagreement(const std::string& sql) { return Compare(sql).why; }

}  // namespace pgshoal::parser::testing
