#include "tests/unit/parser/oracle.hpp"

#include <pg_query.h>

#include <algorithm>
#include <cstdlib>
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
      // A tablespace's location and a server's version are texts, and stay.
      bool number = value[0] == '-' || (value[0] >= '0' && value[0] <= '9');
      bool place = key == "\"location\"" || key == "\"stmt_location\"" || key == "\"stmt_len\"" || key == "\"version\"";
      // libpg_query's JSON shows no negative integers at all; they are compared by themselves.
      bool negative = key == "\"ival\"" && value[0] == '-';
      if (!(place && number) && !negative) members.emplace_back(std::move(key), std::move(value));
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
};

// The negative values of Integer nodes in a tree in libpg_query's Protocol Buffers form, which does show them. Such a
// number is field 1 (tag 0x08) as a varint of ten bytes, of which the last end in FF FF FF FF 01: no text has those.
std::vector<int32_t> NegativesOf(std::string_view bytes) {
  std::vector<int32_t> values;
  for (std::size_t i = 0; i + 11 <= bytes.size(); ++i) {
    auto byte = [&](std::size_t k) { return static_cast<uint64_t>(static_cast<unsigned char>(bytes[i + k])); };
    if (byte(0) != 0x08 || bytes.substr(i + 6, 5) != "\xff\xff\xff\xff\x01" || byte(5) < 0xf8) continue;
    uint64_t value = 0;
    for (std::size_t k = 0; k < 5; ++k) value |= (byte(k + 1) & 0x7f) << (7 * k);
    values.push_back(static_cast<int32_t>(static_cast<uint32_t>(value)));
  }
  std::sort(values.begin(), values.end());
  return values;
}

// The same of a JSON tree.
std::vector<int32_t> NegativesOfJson(std::string_view json) {
  std::vector<int32_t> values;
  constexpr std::string_view kMember = "\"ival\":-";
  for (std::size_t at = json.find(kMember); at != std::string_view::npos; at = json.find(kMember, at + 1)) {
    values.push_back(static_cast<int32_t>(std::strtol(json.data() + at + kMember.size() - 1, nullptr, 10)));
  }
  std::sort(values.begin(), values.end());
  return values;
}

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
    if (sql.find('-') != std::string::npos || sql.find('[') != std::string::npos ||
        result.tree.find("arrayBounds") != std::string::npos || result.tree.find("DefineStmt") != std::string::npos) {
      PgQueryProtobufParseResult binary = pg_query_parse_protobuf(sql.c_str());
      if (binary.error == nullptr) result.negatives = NegativesOf({binary.parse_tree.data, binary.parse_tree.len});
      pg_query_free_protobuf_parse_result(binary);
    }
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
  json += "]}";
  result.tree = CanonicalJson(json);
  result.negatives = NegativesOfJson(json);
  return result;
}

}  // namespace pgshoal::parser::testing
