#include "tests/unit/parser/grammar_generator.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include "parser/keywords.hpp"

namespace pgshoal::parser::testing {

namespace {

constexpr int kFar = std::numeric_limits<int>::max() / 2;

// What the keyword rules of the grammar hold, by class.
struct KeywordRule {
  const char* name;
  uint8_t classes;
};
constexpr KeywordRule kKeywordRules[] = {{"unreserved_keyword", kUnreserved},
                                         {"col_name_keyword", kColName},
                                         {"type_func_name_keyword", kTypeFunc},
                                         {"reserved_keyword", kReserved},
                                         {"bare_label_keyword", kBareLabel}};

}  // namespace

GrammarGenerator::GrammarGenerator(uint32_t seed) : random_(seed) {
  std::ifstream file("tests/unit/parser/productions.txt");
  std::vector<std::pair<std::string, std::vector<std::string>>> lines;
  std::string left;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      left = line.substr(0, line.size() - 1);
      continue;
    }
    std::istringstream words(line);
    std::vector<std::string> right;
    for (std::string word; words >> word;) right.push_back(word);
    lines.emplace_back(left, right);
  }
  for (const auto& [text, token, word] : Keywords()) {
    keyword_texts_.emplace(std::string(text), std::string(text));
    for (const KeywordRule& rule : kKeywordRules) {
      if ((word & rule.classes) != 0) lines.emplace_back(rule.name, std::vector<std::string>{"'" + std::string(text) + "'"});
    }
  }
#define PGSHOAL_TOKEN_TEXT(text, token, category, label) keyword_texts_[#token] = text;
  PGSHOAL_KEYWORDS(PGSHOAL_TOKEN_TEXT)
#undef PGSHOAL_TOKEN_TEXT
  for (const auto& [name, right] : lines) {
    if (symbols_.emplace(name, static_cast<int>(nonterminals_.size())).second) nonterminals_.push_back(name);
  }
  of_.resize(nonterminals_.size());
  for (const auto& [name, right] : lines) {
    Production production;
    production.left = symbols_.at(name);
    for (const std::string& word : right) {
      if (word == "!") {
        production.always_fails = true;
      } else if (word != "-") {
        production.right.push_back(Symbol(word));
      }
    }
    of_[production.left].push_back(productions_.size());
    for (std::size_t i = 0; i < production.right.size(); ++i) places_[production.right[i]].emplace_back(productions_.size(), i);
    productions_.push_back(std::move(production));
  }
  distances_.resize(2 * nonterminals_.size());
  Measure();
}

int GrammarGenerator::Symbol(std::string_view name) {
  auto found = symbols_.find(std::string(name));
  if (found != symbols_.end()) return found->second;
  terminals_.emplace_back(name);
  int symbol = ~static_cast<int>(terminals_.size() - 1);
  symbols_.emplace(std::string(name), symbol);
  return symbol;
}

void GrammarGenerator::Measure() {
  heights_.assign(nonterminals_.size(), kFar);
  for (bool changed = true; changed;) {
    changed = false;
    for (Production& production : productions_) {
      int height = 0;
      for (int symbol : production.right) height = std::max(height, symbol < 0 ? 0 : heights_[symbol]);
      production.height = height + 1;
      if (production.always_fails || production.height >= heights_[production.left]) continue;
      heights_[production.left] = production.height;
      changed = true;
    }
  }
}

// How many productions lie between each nonterminal and the goal's.
void GrammarGenerator::Reach(std::size_t goal, std::vector<int>& distance) const {
  bool may_fail = productions_[goal].always_fails;
  distance.assign(nonterminals_.size(), kFar);
  distance[productions_[goal].left] = 0;
  for (bool changed = true; changed;) {
    changed = false;
    for (const Production& production : productions_) {
      if (production.always_fails && !may_fail) continue;
      for (int symbol : production.right) {
        if (symbol >= 0 && distance[symbol] + 1 < distance[production.left]) {
          distance[production.left] = distance[symbol] + 1;
          changed = true;
        }
      }
    }
  }
}

std::string GrammarGenerator::Statement(std::size_t goal) {
  text_.clear();
  used_.clear();
  ExpandTowards(goal);
  return text_;
}

std::string GrammarGenerator::Graft(std::size_t goal) {
  graft_ = true;
  return Statement(goal);
}

std::vector<int> GrammarGenerator::Grafted(std::size_t goal) {
  std::vector<int> right = productions_[goal].right;
  if (right.empty()) return right;
  std::size_t at = Below(right.size());
  const auto& places = places_.at(right[at]);
  auto [other, place] = places[Below(places.size())];
  const std::vector<int>& from = productions_[other].right;
  auto behind = right.begin() + static_cast<std::ptrdiff_t>(at) + 1;
  auto source = from.begin() + static_cast<std::ptrdiff_t>(place) + 1;
  switch (Below(3)) {
    case 0:  // one symbol for one
      if (behind != right.end()) behind = right.erase(behind);
      if (source != from.end()) right.insert(behind, *source);
      break;
    case 1:  // one symbol more
      if (source != from.end()) right.insert(behind, *source);
      break;
    default:
      behind = right.erase(behind, right.end());
      right.insert(behind, source, from.end());
      break;
  }
  return right;
}

void GrammarGenerator::Confirm() {
  for (std::size_t production : used_) ++productions_[production].covered;
}

// From the start symbol down to the goal's left side, then through the goal.
void GrammarGenerator::ExpandTowards(std::size_t goal) {
  bool may_fail = productions_[goal].always_fails;
  std::vector<int>& distance = distances_[2 * productions_[goal].left + (may_fail ? 1 : 0)];
  if (distance.empty()) Reach(goal, distance);
  struct Pending {
    std::size_t production;
    std::size_t position;  // the symbol that leads to the goal
  };
  std::vector<Pending> path;
  int detours = static_cast<int>(Below(3));
  for (int at = symbols_.at("stmtmulti"); distance[at] > 0;) {
    // Mostly a shortest way, sometimes a detour.
    std::vector<Pending> choices;
    bool detour = detours > 0 && Below(4) == 0;
    if (detour) --detours;
    for (std::size_t number : of_[at]) {
      const Production& production = productions_[number];
      if (production.always_fails && !may_fail) continue;
      for (std::size_t i = 0; i < production.right.size(); ++i) {
        int symbol = production.right[i];
        if (symbol >= 0 && (detour ? distance[symbol] < kFar : distance[symbol] < distance[at])) choices.push_back({number, i});
      }
    }
    if (choices.empty()) return;  // no way from a statement: told by the coverage
    path.push_back(choices[Below(choices.size())]);
    at = productions_[path.back().production].right[path.back().position];
  }
  constexpr int kDepths[] = {0, 0, 1, 1, 2, 3, 4, 6, 9};
  int depth = kDepths[Below(std::size(kDepths))];
  for (const Pending& step : path) {
    used_.push_back(step.production);
    const Production& production = productions_[step.production];
    for (std::size_t i = 0; i < step.position; ++i) Expand(production.right[i], depth);
  }
  if (graft_) {
    graft_ = false;
    for (int symbol : Grafted(goal)) Expand(symbol, depth + 1);
  } else {
    Derive(goal, depth + 1);
  }
  for (auto step = path.rbegin(); step != path.rend(); ++step) {
    const Production& production = productions_[step->production];
    for (std::size_t i = step->position + 1; i < production.right.size(); ++i) Expand(production.right[i], depth);
  }
}

void GrammarGenerator::Derive(std::size_t number, int depth) {
  used_.push_back(number);
  const Production& production = productions_[number];
  for (int symbol : production.right) Expand(symbol, depth);
}

// Any derivation of the symbol, at most `depth` deeper than the smallest one.
void GrammarGenerator::Expand(int symbol, int depth) {
  if (symbol < 0) return Emit(~symbol);
  if (text_.size() > 400) depth = 0;
  std::vector<std::size_t> choices;
  for (std::size_t number : of_[symbol]) {
    const Production& production = productions_[number];
    if (!production.always_fails && production.height <= heights_[symbol] + depth) choices.push_back(number);
  }
  if (choices.empty()) choices = of_[symbol];  // below a goal that always fails
  std::size_t chosen = choices[Below(choices.size())];
  Derive(chosen, std::max(0, depth - (productions_[chosen].height - heights_[symbol]) - (Below(3) == 0 ? 1 : 0)));
}

void GrammarGenerator::Emit(int terminal) {
  if (text_.size() > 20'000) return;  // a derivation that grew too wide becomes a fragment, which is a test too
  if (!text_.empty()) {
    // libpg_query, not PostgreSQL, is led astray by a comment behind a word that looks ahead, and does not continue a
    // string behind one.
    bool plain = last_ == "NOT" || last_ == "NULLS_P" || last_ == "WITH" || last_.ends_with("_LA") || last_.ends_with("CONST");
    text_ += plain || Below(60) != 0 ? " " : Pick({"\n", "\t", " /* c */ ", " -- c\n", "  "});
  }
  last_ = terminals_[terminal];
  text_ += Sample(last_);
}

std::string GrammarGenerator::Sample(const std::string& name) {
  if (name == "IDENT") {
    return Pick({"a", "b", "c", "t", "x", "tbl", "\"Q q\"", "u1", "\xc3\xa9", "\"select\"", "U&\"d\\0061t\"", "MiXed",
                 "\"a\"\"b\"", "foo$1", "_z",
                 "a_name_that_is_longer_than_the_sixty_three_bytes_which_postgres_keeps_of_it", "public", "none", "all_"});
  }
  if (name == "SCONST") {
    return Pick({"'x'", "'it''s'", "''", "E'a\\n\\x41'", "$$b$$", "$t$ $$ $t$", "U&'\\0041'", "'1'", "'u' ", "'back\\slash'",
                 "'a'\n 'b'", "'2020-01-01'"});
  }
  if (name == "ICONST") return Pick({"0", "1", "2", "3", "7", "42", "53", "54", "32768", "2147483647"});
  if (name == "FCONST") return Pick({"1.5", ".5", "2.", "1e10", "3E-2", "2147483648", "99999999999999999999"});
  if (name == "BCONST") return Pick({"b'0101'", "B''"});
  if (name == "XCONST") return Pick({"x'1F'", "X''"});
  if (name == "PARAM") return Pick({"$1", "$2", "$3"});
  if (name == "Op") {
    return Pick({"||", "->>", "@@", "~", "!~~*", "|/", "<@", "@>", "#>>", "&&", "?", "!", "=>>", "@-@", "<->", "|", "&", "~*"});
  }
  if (name == "TYPECAST") return "::";
  if (name == "DOT_DOT") return "..";
  if (name == "COLON_EQUALS") return ":=";
  if (name == "EQUALS_GREATER") return "=>";
  if (name == "LESS_EQUALS") return "<=";
  if (name == "GREATER_EQUALS") return ">=";
  if (name == "NOT_EQUALS") return Pick({"<>", "!="});
  if (name == "NOT_LA") return "NOT";
  if (name == "NULLS_LA") return "NULLS";
  if (name == "WITH_LA") return "WITH";
  std::string text;
  if (name[0] == '\'') {
    text = name.substr(1, name.size() - 2);
  } else {
    text = keyword_texts_.at(name);
  }
  if (Below(4) == 0) std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? c - 32 : c; });
  return text;
}

std::string GrammarGenerator::Text(const Production& production) const {
  std::string text = nonterminals_[production.left] + ":";
  for (int symbol : production.right) text += " " + (symbol < 0 ? terminals_[~symbol] : nonterminals_[symbol]);
  return text;
}

}  // namespace pgshoal::parser::testing
