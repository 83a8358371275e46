#pragma once
// Internal to plan/: what is known of the rows that a statement needs, and which shards follow from it.
//
// A term is one column of one FROM item. A fact is a condition that every row that matters fulfils; all facts used here
// are strict (false or NULL when a term is NULL), which is why they may restrict the nullable side of an outer join
// too.

#include <string>
#include <vector>

#include "router/plan/relations.hpp"
#include "router/plan/selector.hpp"

namespace pgshoal::plan {

using TermId = int;
inline constexpr TermId kNoTerm = -1;

struct Fact {
  enum class Kind : std::uint8_t {
    kEqual,   // term = other
    kValues,  // term is one of `values`
    kNull,    // term IS NULL (not strict: only for a term's own table, alone in its FROM)
    kNever,   // no row at all
    kEither   // one of `branches` holds
  };
  Kind kind = Kind::kNever;
  TermId term = kNoTerm;
  TermId other = kNoTerm;
  std::vector<KeyOperand> values;
  std::vector<std::vector<Fact>> branches;
};

using Facts = std::vector<Fact>;

// What is known of a term's column.
struct TermInfo {
  Oid type = 0;  // base type; 0: unknown
  bool deterministic = true;
};

// Equality classes of terms under a set of facts.
class TermClasses {
 public:
  TermClasses(const std::vector<TermInfo>& terms, const Facts& facts);
  [[nodiscard]] TermId Find(TermId term) const;
  [[nodiscard]] bool Same(TermId a, TermId b) const { return Find(a) == Find(b); }

 private:
  mutable std::vector<TermId> parent_;
};

// Which parameters may serve as keys: a parameter without a declared type that is used in several ways has a type that
// only the server knows.
struct ParameterRules {
  std::vector<bool> usable;  // by 0-based number
};

// The shards that hold every row of a sharded table for which `facts` can hold. `first_term` is the table's first
// column's term.
Selector SelectorFromFacts(const RelationInfo& table, TermId first_term, const std::vector<TermInfo>& terms,
                           const Facts& facts, const ParameterRules& parameters);

// Whether values of the two types that are equal hash alike, so that equality says something about shards.
bool TypesTravel(const TermInfo& a, const TermInfo& b);

}  // namespace pgshoal::plan
