#pragma once
// Plans of the simple protocol for statements that differ in nothing but their constants.
//
// A constant is taken for a parameter of the type that PostgreSQL gives such a constant (integer, bigint or numeric by
// its size, and no type yet for a string), and the statement is planned with parameters in the constants' places. What
// is proven of that plan holds for all values; the shard follows from the values at hand, and the client's own text
// goes there. Only plans that route a query or a row to one shard are used in this way.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/normalize.hpp"
#include "parser/parser.hpp"
#include "router/plan/planner.hpp"
#include "router/session/plan_cache.hpp"

namespace pgshoal::session {

// A statement's constants, taken out of it. Used again and again for its memory; one thread only.
class Literals {
 public:
  // False: not a text for this: a scanner error, parameters of its own, or a bit string.
  bool Take(std::string_view sql);

  // Of the last text that was taken. The key tells apart what cannot share a plan, the constants' types among it.
  void AppendKey(std::string* key) const;
  std::size_t count() const { return normalized_.constants.size(); }
  const std::vector<Oid>& types() const { return types_; }  // 0: a string
  // Valid until the next Take.
  const std::vector<plan::ParameterValue>& Values(const std::vector<bool>& negative);

  // The plan for all statements with this key, if there can be one. `script` is the parsed text (more nodes are made
  // in its arena), `plan` is its own plan.
  std::optional<CachedPlan> PlanForAll(parser::ParsedScript& script, const plan::Plan& plan,
                                       const plan::PlanContext& context) const;

 private:
  parser::NormalizedText normalized_;
  std::vector<Oid> types_;
  std::vector<std::string> negated_;
  std::vector<plan::ParameterValue> values_;
};

}  // namespace pgshoal::session
