// Whoever looks for a rule of PostgreSQL's grammar finds its name in the file that has it.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace pgshoal::parser {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Guide, EveryRuleIsNamedWhereItIs) {
  std::set<std::string> words;
  auto add = [&](const std::string& text) {
    static const std::regex word(R"(\w+)");
    for (std::sregex_iterator w(text.begin(), text.end(), word), end; w != end; ++w) words.insert((*w)[0]);
  };
  for (const auto& entry : std::filesystem::directory_iterator("parser/grammar")) add(Read(entry.path()));
  add(Read("parser/parser.cc"));
  std::ifstream file("tests/unit/parser/productions.txt");
  int rules = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#' || line[0] == ' ') continue;
    line.pop_back();  // ":"
    ++rules;
    EXPECT_EQ(words.count(line), 1u) << line;
  }
  EXPECT_GT(rules, 600);
}

}  // namespace
}  // namespace pgshoal::parser
