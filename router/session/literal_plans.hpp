#pragma once
// Plans of the simple protocol for statements that differ in nothing but their constants.
//
// A constant is taken for a parameter of the type that PostgreSQL gives such a constant (integer, bigint or numeric by
// its size, and no type yet for a string), and the statement is planned with parameters in the constants' places. What
// is proven of that plan holds for all values; the shard follows from the values at hand, and the client's own text
// goes there. Only plans that route a query or a row to one shard are used in this way.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/parser.hpp"
#include "parser/statement_key.hpp"
#include "router/plan/planner.hpp"
#include "router/session/plan_cache.hpp"

namespace pgshoal::session {

// A statement's constants, taken out of it. Used again and again for its memory; one thread only.
class Literals {
 public:
  // False: there is no key for this text. `sql` must live until the last call of Values or PlanForAll for it.
  bool Take(std::string_view sql);

  // Of the last text that was taken, until the next one.
  std::string_view key() const { return key_.text(); }
  std::size_t count() const { return types_.size(); }
  // One for each constant, in order; `negative` says which have a minus sign before them.
  std::span<const plan::ParameterValue> Values(const std::vector<bool>& negative);

  // The plan for all statements with this key, if there can be one. `script` is the parsed text (more nodes are made
  // in its arena), `plan` is its own plan.
  std::optional<CachedPlan> PlanForAll(parser::ParsedScript& script, const plan::Plan& plan,
                                       const plan::PlanContext& context) const;

 private:
  std::string_view sql_;
  parser::StatementKey key_;
  std::vector<Oid> types_;            // of the constants; 0: a string
  std::vector<std::string> decoded_;  // values that do not stand in the text as they are
  std::vector<plan::ParameterValue> values_;
};

}  // namespace pgshoal::session
