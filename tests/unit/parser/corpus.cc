#include "tests/unit/parser/corpus.hpp"

#include <cstdlib>
#include <fstream>
#include <regex>

#include "parser/unicode.hpp"
#include "tests/unit/parser/oracle.hpp"

namespace pgshoal::parser::testing {

namespace {

// The text of the one string in {"sql": "…"}.
std::string SqlOfLine(const std::string& line) {
  std::size_t i = line.find('"', line.find(':')) + 1;
  std::string sql;
  auto hex = [&](std::size_t at) { return static_cast<uint32_t>(std::strtoul(line.substr(at, 4).c_str(), nullptr, 16)); };
  for (; i < line.size() && line[i] != '"'; ++i) {
    if (line[i] != '\\') {
      sql += line[i];
      continue;
    }
    switch (char c = line[++i]; c) {
      case 'n': sql += '\n'; break;
      case 't': sql += '\t'; break;
      case 'r': sql += '\r'; break;
      case 'b': sql += '\b'; break;
      case 'f': sql += '\f'; break;
      case 'u': {
        uint32_t code = hex(i + 1);
        i += 4;
        if (IsFirstSurrogate(code)) {
          code = CombineSurrogates(code, hex(i + 3));
          i += 6;
        }
        AppendUtf8(sql, code);
        break;
      }
      default: sql += c; break;
    }
  }
  return sql;
}

}  // namespace

const std::vector<std::string>& Corpus() {
  static const auto* const statements = [] {
    auto* list = new std::vector<std::string>;
    std::ifstream file("tests/unit/parser/corpus.jsonl");
    for (std::string line; std::getline(file, line);) list->push_back(SqlOfLine(line));
    return list;
  }();
  return *statements;
}

std::string Disagreement(const std::string& sql) {
  OracleResult theirs = AskOracle(sql);
  OurResult ours = ParseOurs(sql);
  // libpg_query takes $n at places where PostgreSQL wants a literal (SET x = $1, DATE $1 …).
  static const std::regex parameter("\\$[0-9]");
  if (theirs.ok && !ours.ok && std::regex_search(sql, parameter)) return "";
  if (theirs.ok != ours.ok) {
    return theirs.ok ? "we reject: " + ours.error : "we accept, PostgreSQL says: " + theirs.error;
  }
  if (!theirs.ok) return "";
  if (theirs.tree != ours.tree) return "trees differ:\n  " + theirs.tree + "\n  " + ours.tree;
  if (ours.printed.empty()) return "";
  OracleResult again = AskOracle(ours.printed);
  if (!again.ok) return "printed text is rejected: " + ours.printed + "\n  " + again.error;
  if (again.tree != theirs.tree) return "printed text means something else: " + ours.printed;
  return "";
}

}  // namespace pgshoal::parser::testing
