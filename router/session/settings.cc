#include "router/session/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace pgshoal::session {
namespace {

constexpr std::string_view kRole = "role";
constexpr std::string_view kAuthorization = "session_authorization";
// The router's own affair: servers speak UTF-8 with it.
constexpr std::string_view kEncoding = "client_encoding";

bool IsIdentity(std::string_view name) {
  return name == kRole || name == kAuthorization;
}

std::string Quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out.push_back(c);
    out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

std::string ResetStatement(std::string_view name) {
  if (name == kAuthorization) return "RESET SESSION AUTHORIZATION";
  if (name == kRole) return "RESET ROLE";
  // Names with a dot are schema-like: each part is quoted by itself.
  std::string out = "RESET ";
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = name.find('.', begin);
    out += Quoted(name.substr(begin, dot - begin), '"');
    if (dot == std::string_view::npos) return out;
    out.push_back('.');
    begin = dot + 1;
  }
}

}  // namespace

std::string QuotedLiteral(std::string_view text) {
  std::string literal = Quoted(text, '\'');
  if (text.find('\\') == std::string_view::npos) return literal;
  std::string escaped = "E";
  for (const char c : literal) escaped.append(c == '\\' ? 2 : 1, c);
  return escaped;
}

std::string SetStatement(std::string_view name, std::string_view value) {
  std::string target = ResetStatement(name).substr(6);
  if (name == "search_path") {
    // A list of identifiers: one literal would be taken for one schema.
    std::string list;
    std::string item;
    bool quoted = false, was_quoted = false;
    auto add = [&] {
      const std::size_t first = item.find_first_not_of(" \t\n");
      if (first != std::string::npos && !was_quoted) {
        item = item.substr(first, item.find_last_not_of(" \t\n") - first + 1);
        std::transform(item.begin(), item.end(), item.begin(), [](unsigned char c) { return std::tolower(c); });
      }
      if (first != std::string::npos || was_quoted) list += (list.empty() ? "" : ", ") + Quoted(item, '"');
      item.clear();
      was_quoted = false;
    };
    for (std::size_t i = 0; i < value.size(); ++i) {
      const char c = value[i];
      if (quoted && c == '"' && i + 1 < value.size() && value[i + 1] == '"') {
        item.push_back(c);
        ++i;
      } else if (c == '"') {
        if (!quoted) item.clear();
        quoted = !quoted;
        was_quoted = true;
      } else if (c == ',' && !quoted) {
        add();
      } else if (quoted || !was_quoted) {
        item.push_back(c);
      }
    }
    add();
    return fmt::format("SET search_path TO {}", list.empty() ? "''" : list);
  }
  if (name == kAuthorization) return fmt::format("SET {} {}", target, QuotedLiteral(value));
  return fmt::format("SET {} TO {}", target, QuotedLiteral(value));
}

void Settings::Put(State* state, std::string_view name, std::string statement) {
  auto changed = std::make_shared<Map>(Of(*state));
  changed->insert_or_assign(std::string(name), std::move(statement));
  *state = std::move(changed);
}

void Settings::Erase(State* state, std::string_view name) {
  if (!Of(*state).contains(name)) return;
  auto changed = std::make_shared<Map>(**state);
  changed->erase(changed->find(name));
  *state = changed->empty() ? nullptr : std::move(changed);
}

void Settings::SetDefault(std::string_view name, std::string statement) {
  const bool alike = current_ == defaults_;
  Put(&defaults_, name, statement);
  if (alike) {
    current_ = defaults_;
  } else {
    Put(&current_, name, std::move(statement));
  }
}

void Settings::Set(std::string_view name, std::string statement) {
  // SET SESSION AUTHORIZATION makes the role its own again.
  if (name == kAuthorization) Erase(&current_, kRole);
  Put(&current_, name, std::move(statement));
}

void Settings::Reset(std::string_view name) {
  if (auto it = Of(defaults_).find(name); it != Of(defaults_).end()) {
    Put(&current_, name, it->second);
  } else {
    Erase(&current_, name);
  }
  if (name == kAuthorization) Erase(&current_, kRole);
}

void Settings::ResetAll(bool everything) {
  const State before = std::exchange(current_, defaults_);
  if (everything) return;
  for (const auto& [name, statement] : Of(before)) {
    if (IsIdentity(name) && !current().contains(name)) Put(&current_, name, statement);
  }
}

void Settings::Begin() {
  undo_.assign(1, current_);
}
void Settings::Commit() {
  undo_.clear();
}

void Settings::Rollback() {
  if (!undo_.empty()) current_ = undo_.front();
  undo_.clear();
}

void Settings::Savepoint() {
  undo_.push_back(current_);
}

void Settings::RollbackTo(std::size_t depth) {
  if (depth + 1 >= undo_.size()) return;
  current_ = undo_[depth + 1];
  undo_.resize(depth + 2);
}

void Settings::Release(std::size_t depth) {
  if (depth + 1 < undo_.size()) undo_.resize(depth + 1);
}

std::vector<std::string> Settings::PrepareStatements(const Map& applied) const {
  std::vector<std::string> statements;
  const Map& wanted = committed();
  if (applied == wanted) return statements;
  // Identity first: whether a setting may be set depends on who asks. A change of it starts from the login's own.
  bool identity_differs = false;
  for (std::string_view name : {kAuthorization, kRole}) {
    auto have = applied.find(name);
    auto want = wanted.find(name);
    const bool same =
        (have == applied.end()) == (want == wanted.end()) && (have == applied.end() || have->second == want->second);
    if (!same) identity_differs = true;
  }
  if (identity_differs && applied.contains(kRole)) statements.push_back(ResetStatement(kRole));
  if (identity_differs && applied.contains(kAuthorization)) statements.push_back(ResetStatement(kAuthorization));
  for (const auto& [name, statement] : applied) {
    if (!IsIdentity(name) && name != kEncoding && !wanted.contains(name)) statements.push_back(ResetStatement(name));
  }
  for (const auto& [name, statement] : wanted) {
    if (IsIdentity(name) || name == kEncoding) continue;
    auto have = applied.find(name);
    if (have == applied.end() || have->second != statement) statements.push_back(statement);
  }
  if (identity_differs) {
    for (std::string_view name : {kAuthorization, kRole}) {
      if (auto want = wanted.find(name); want != wanted.end()) statements.push_back(want->second);
    }
  }
  return statements;
}

std::vector<std::string> Settings::DefaultStatements(std::string_view name) const {
  std::vector<std::string> statements;
  for (const auto& [default_name, statement] : Of(defaults_)) {
    if (default_name == kEncoding) continue;
    if (name.empty() ? !IsIdentity(default_name) : default_name == name) statements.push_back(statement);
  }
  return statements;
}

bool ParseStartupOptions(std::string_view options, std::vector<std::pair<std::string, std::string>>* settings) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const char c = options[i];
    if (std::isspace(static_cast<unsigned char>(c))) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (c == '\\' && i + 1 < options.size()) {
      word.push_back(options[++i]);
    } else {
      word.push_back(c);
    }
  }
  if (in_word) words.push_back(std::move(word));
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string setting;
    if (words[i] == "-c") {
      if (++i == words.size()) return false;
      setting = words[i];
    } else if (words[i].starts_with("-c")) {
      setting = words[i].substr(2);
    } else if (words[i].starts_with("--")) {
      setting = words[i].substr(2);
    } else {
      return false;
    }
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    std::string name = setting.substr(0, equals);
    std::replace(name.begin(), name.end(), '-', '_');
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    settings->emplace_back(std::move(name), setting.substr(equals + 1));
  }
  return true;
}

}  // namespace pgshoal::session
