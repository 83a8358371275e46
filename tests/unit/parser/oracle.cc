#include "tests/unit/parser/oracle.hpp"

#include <pg_query.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status.hpp"
#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "parser/walk.hpp"

namespace pgshoal::parser::testing {

namespace {

class Canonical {
 public:
  explicit Canonical(std::string_view json) : p_(json) {}
  std::string Value() {
    char c = Peek();
    if (c == '{') return Object();
    if (c == '[') return Array();
    if (c == '"') return String();
    std::size_t n = 0;
    while (n < p_.size() && p_[n] != ',' && p_[n] != '}' && p_[n] != ']') ++n;
    std::string text(p_.substr(0, n));
    p_.remove_prefix(n);
    return text;
  }

 private:
  char Peek() { return p_.empty() ? '\0' : p_.front(); }
  std::string String() {
    std::size_t n = 1;
    while (n < p_.size() && p_[n] != '"') n += p_[n] == '\\' ? 2 : 1;
    std::string text(p_.substr(0, n + 1));
    p_.remove_prefix(std::min(n + 1, p_.size()));
    for (auto [escaped, plain] : {std::pair("\\u003c", '<'), std::pair("\\u003e", '>')}) {
      for (std::size_t at; (at = text.find(escaped)) != std::string::npos;) text.replace(at, 6, 1, plain);
    }
    return text;
  }
  std::string Object() {
    std::vector<std::pair<std::string, std::string>> members;
    p_.remove_prefix(1);
    while (Peek() != '}' && !p_.empty()) {
      std::string key = String();
      p_.remove_prefix(1);
      std::string value = Value();
      // libpg_query's JSON shows no negative integers at all.
      if (key == "\"ival\"" && value[0] == '-') continue_object_ = true;
      if (key != "\"location\"" && key != "\"stmt_location\"" && key != "\"stmt_len\"" && key != "\"version\"" && !std::exchange(continue_object_, false)) {
        members.emplace_back(std::move(key), std::move(value));
      }
      if (Peek() == ',') p_.remove_prefix(1);
    }
    if (!p_.empty()) p_.remove_prefix(1);
    std::sort(members.begin(), members.end());
    std::string text = "{";
    for (auto& [key, value] : members) {
      if (text.size() > 1) text += ',';
      text += key + ":" + value;
    }
    return text + "}";
  }
  std::string Array() {
    std::string text = "[";
    p_.remove_prefix(1);
    while (Peek() != ']' && !p_.empty()) {
      if (text.size() > 1) text += ',';
      text += Value();
      if (Peek() == ',') p_.remove_prefix(1);
    }
    if (!p_.empty()) p_.remove_prefix(1);
    return text + "]";
  }
  std::string_view p_;
  bool continue_object_ = false;
};

}  // namespace

std::string CanonicalJson(std::string_view json) { return Canonical(json).Value(); }

OracleResult AskOracle(const std::string& sql) {
  PgQueryParseResult parsed = pg_query_parse(sql.c_str());
  OracleResult result;
  if (parsed.error != nullptr) {
    result.error = parsed.error->message;
    result.position = parsed.error->cursorpos;
  } else {
    result.ok = true;
    result.tree = CanonicalJson(parsed.parse_tree);
  }
  pg_query_free_parse_result(parsed);
  return result;
}

OurResult ParseOurs(std::string_view sql, bool print) {
  OurResult result;
  auto script = Parse(sql);
  if (!script.ok()) {
    SqlError error = ToSqlError(script.status());
    result.error = error.message;
    result.position = error.position;
    result.sqlstate = error.sqlstate;
    return result;
  }
  result.ok = true;
  std::string json = "{\"stmts\":[";
  for (const Statement& statement : (*script)->statements()) {
    if (json.back() != '[') json += ',';
    json += "{\"stmt\":" + DumpJson(statement.root) + "}";
    if (print) result.printed += (result.printed.empty() ? "" : "; ") + Print(*statement.root);
  }
  result.tree = CanonicalJson(json + "]}");
  return result;
}

}  // namespace pgshoal::parser::testing
