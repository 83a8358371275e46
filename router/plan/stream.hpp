#pragma once
// Internal to plan/: the parts of making a StreamSpec.

#include "router/plan/query.hpp"

namespace pgshoal::plan {

// A SELECT on its way to a StreamSpec. `tree` is a copy of the client's SELECT that becomes the shards' text.
struct StreamJob {
  Job& job;
  Analysis& analysis;
  const QueryScope& top;
  const parser::SelectStmt& select;
  parser::Arena& arena;
  parser::SelectStmt* tree;
  std::vector<int> drivers;
  std::vector<TermId> group_terms;  // of spec.groups
  bool keyed_groups = false;        // groups, DISTINCT never span shards
  StreamSpec spec;
  std::vector<std::unique_ptr<parser::ParsedScript>> made;  // texts that parts of `tree` point into

  // Column count of the client's select list; nullopt when a * cannot be counted.
  [[nodiscard]] std::optional<int> CountTargets() const;
  // The n-th output column (0-based) as the expression or column that it is; nullptr expression for what * gave.
  struct Output {
    const parser::Node* expression = nullptr;
    TermId term = kNoTerm;
    std::string name;
  };
  [[nodiscard]] std::optional<std::vector<Output>> Outputs() const;
  // What ORDER BY or GROUP BY names: a position, an output name, or an expression.
  struct Resolved {
    const parser::Node* expression = nullptr;
    TermId term = kNoTerm;
    int output = -1;  // 0-based when it is one of the outputs
  };
  absl::StatusOr<Resolved> ResolveSortItem(const parser::Node* item, bool output_name_first) const;
  // How an expression sorts; nullopt when the router cannot tell.
  [[nodiscard]] std::optional<SortType> TypeOf(const Resolved& resolved, bool only_equality) const;
  // Appends a hidden column with this expression; its index among the shards' columns.
  int AddHidden(const parser::Node* expression, TermId term, int number);
  [[nodiscard]] parser::Node* Reference(TermId term);
  // An expression from text, to be put into `tree`.
  [[nodiscard]] parser::Node* Expression(const std::string& sql);
  [[nodiscard]] bool IsDriverKey(const std::vector<TermId>& columns) const;
  [[nodiscard]] bool HasAggregates() const;
};

// GROUP BY and aggregates whose groups may span shards; fills spec.output, groups, combines and the shards' select
// list.
Blocker PlanCombine(StreamJob& work);
// ORDER BY: spec.order and hidden columns. For combined rows, the order of the outputs.
Blocker PlanOrder(StreamJob& work);
// LIMIT and OFFSET: spec.limit, spec.offset and the shards' own LIMIT.
Blocker PlanLimit(StreamJob& work);

}  // namespace pgshoal::plan
