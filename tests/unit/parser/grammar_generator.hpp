#pragma once
// Random statements derived from PostgreSQL 15's productions (productions.txt), each production in its turn.

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pgshoal::parser::testing {

class GrammarGenerator {
 public:
  struct Production {
    int left = 0;             // index of the nonterminal
    std::vector<int> right;   // >= 0: nonterminals; < 0: ~index of a terminal
    bool always_fails = false;  // PostgreSQL's action for it reports an error, whatever the rest ("!" in the file)
    int height = 0;           // of the smallest derivation
    uint64_t covered = 0;     // how often Confirm() was called for a statement that it is part of
  };

  // Reads the productions; keywords come from the keyword table. The working directory is the repository's root.
  explicit GrammarGenerator(uint32_t seed);

  // A statement with production number `goal` in it: the way there and everything beside it are random.
  std::string Statement(std::size_t goal);
  // The same with the goal gone wrong: behind one of its symbols it goes on as another production goes on behind that
  // symbol, with one symbol of it or to its end. Nearly always wrong, and often only in a way that a grammar written by
  // hand might overlook.
  std::string Graft(std::size_t goal);
  // The last statement served its purpose: everything it was derived through counts as covered.
  void Confirm();
  // Only this production counts as covered.
  void Confirm(std::size_t production) { ++productions_[production].covered; }

  const std::vector<Production>& productions() const { return productions_; }
  // The production as text, for messages.
  std::string Text(const Production& production) const;
  std::mt19937& random() { return random_; }

 private:
  int Symbol(std::string_view name);
  void Measure();
  void Reach(std::size_t goal, std::vector<int>& distance) const;
  void Expand(int symbol, int depth);
  void ExpandTowards(std::size_t goal);
  void Derive(std::size_t production, int depth);
  std::vector<int> Grafted(std::size_t goal);
  void Emit(int terminal);
  std::string Sample(const std::string& terminal);
  std::size_t Below(std::size_t n) { return random_() % n; }
  std::string Pick(std::initializer_list<const char*> choices) { return choices.begin()[Below(choices.size())]; }

  std::mt19937 random_;
  std::vector<std::string> nonterminals_, terminals_;
  std::unordered_map<std::string, int> symbols_;
  std::unordered_map<std::string, std::string> keyword_texts_;
  std::vector<std::vector<std::size_t>> of_;  // productions of each nonterminal
  std::vector<int> heights_;                  // of each nonterminal's smallest derivation
  std::vector<std::vector<int>> distances_;   // from each nonterminal to a goal's; filled when needed
  std::vector<Production> productions_;
  std::unordered_map<int, std::vector<std::pair<std::size_t, std::size_t>>> places_;  // productions with the symbol; where
  bool graft_ = false;
  std::vector<std::size_t> used_;
  std::string text_;
  std::string last_;  // the terminal that `text_` ends with
};

}  // namespace pgshoal::parser::testing
