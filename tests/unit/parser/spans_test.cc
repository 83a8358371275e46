// Where nodes lie in the text: every node of every tree of the corpus and of derived statements has a span of whole tokens,
// inside its parent's.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "parser/lexer.hpp"
#include "parser/parser.hpp"
#include "parser/walk.hpp"
#include "tests/unit/parser/corpus.hpp"
#include "tests/unit/parser/grammar_generator.hpp"

namespace pgshoal::parser::testing {
namespace {

// Nodes that no text stands for, which PostgreSQL's grammar adds, and the one that lies outside its parent.
const std::set<std::string>& Allowed() {
  static const auto* const kinds = new std::set<std::string>{
      "CTECycleClause > A_Const: has no span",      // CYCLE … SET c: TO true DEFAULT false
      "CreatePolicyStmt > RoleSpec: has no span",   // no TO: PUBLIC
      "DefineStmt > Integer: has no span",          // how many direct arguments an aggregate has
      "FuncCall > A_Const: has no span",            // substring(x for n): from 1
      "TypeCast > TypeName: has no span",           // … of n to int4; the types of a few other SQL calls
      "TypeName > A_Const: has no span",            // an interval's fields as a mask; char without a length
      "XmlExpr > A_Const: has no span",             // XMLROOT (… VERSION NO VALUE)
      "SelectStmt > A_Const: has no span",          // FETCH FIRST ROW: one
      "SelectStmt > ResTarget: has no span",        // TABLE t: all columns
      "ResTarget > ColumnRef: has no span",         //
      "SelectStmt > RangeVar: has no span",         // RECURSIVE VIEW: WITH RECURSIVE v AS (…) SELECT … FROM v
      "SelectStmt > WithClause: has no span",       //
      "WithClause > CommonTableExpr: has no span",  //
      "ResTarget > MultiAssignRef: is not inside",  // SET (a, b) = source
  };
  return *kinds;
}

// What is wrong with the spans of a tree, by kinds of nodes, with an example.
class Spans {
 public:
  void Check(const std::string& sql) {
    auto script = Parse(sql);
    if (!script.ok()) return;
    Arena arena;
    std::vector<Token> tokens;
    SourceError error;
    Lex(sql, arena, tokens, error);
    begins_.clear(), ends_.clear();
    for (const Token& token : tokens) begins_.insert(token.begin), ends_.insert(token.end);
    sql_ = &sql;
    for (const Statement& statement : (*script)->statements()) {
      ++statements_;
      EXPECT_EQ(statement.root->begin, statement.begin) << sql;
      EXPECT_EQ(statement.root->end, statement.end) << sql;
      Below(*statement.root, statement.root->begin, statement.root->end, TagName(statement.root->tag));
    }
  }
  int statements() const { return statements_; }
  int nodes() const { return nodes_; }
  int unplaced() const { return unplaced_; }
  const std::map<std::string, std::string>& problems() const { return problems_; }

 private:
  // [begin, end) is the span of the nearest node above that has one.
  void Below(const Node& node, uint32_t begin, uint32_t end, std::string_view parent) {
    ++nodes_;
    std::string kind = std::string(parent) + " > " + std::string(TagName(node.tag));
    auto problem = [&](const char* what) {
      if (Allowed().count(kind + ": " + what) != 0) return;
      problems_.emplace(kind + ": " + what, *sql_ + "\n  [" + sql_->substr(node.begin, node.end - node.begin) + "]");
    };
    if (node.begin == 0 && node.end == 0) {
      ++unplaced_;
      problem("has no span");
    } else {
      if (node.begin >= node.end) problem("is empty");
      if (node.begin < begin || node.end > end) problem("is not inside");
      if (begins_.count(node.begin) == 0 || ends_.count(node.end) == 0) problem("is not made of tokens");
      begin = node.begin, end = node.end;
    }
    ForEachChild(node, [&](const Node& child) { Below(child, begin, end, TagName(node.tag)); });
  }

  const std::string* sql_ = nullptr;
  std::set<uint32_t> begins_, ends_;
  std::map<std::string, std::string> problems_;
  int statements_ = 0, nodes_ = 0, unplaced_ = 0;
};

TEST(Spans, OfEveryNode) {
  Spans spans;
  for (const std::string& sql : Corpus()) spans.Check(sql);
  GrammarGenerator generator(15);
  for (std::size_t goal = 0; goal < generator.productions().size(); ++goal) spans.Check(generator.Statement(goal));
  EXPECT_GT(spans.statements(), 5'000);
  for (const auto& [what, example] : spans.problems()) ADD_FAILURE() << what << "\n  " << example.substr(0, 300);
  EXPECT_GT(spans.nodes(), 50'000);
  EXPECT_LT(spans.unplaced() * 100, spans.nodes());
}

}  // namespace
}  // namespace pgshoal::parser::testing
