#include "router/plan/facts.hpp"

#include <algorithm>

namespace pgshoal::plan {
namespace {

constexpr std::size_t kMaxCombinations = 10'000;  // keys named one by one in one selector
constexpr int kMaxEitherDepth = 4;

bool Usable(const KeyOperand& operand, const ParameterRules& parameters) {
  if (!operand.parameter) return true;
  const auto index = static_cast<std::size_t>(*operand.parameter);
  return index < parameters.usable.size() && parameters.usable[index];
}

// A value compared with a term of another type than the key's keeps the type in which it was compared.
KeyOperand TypedFor(KeyOperand operand, const TermInfo& compared, Oid key_type) {
  if (operand.type == 0 && compared.type != key_type) operand.type = compared.type;
  return operand;
}

Selector KeySelector(const RelationInfo& table) {
  Selector selector = SelectorOf(Selector::Op::kKey);
  for (const KeyColumnInfo& column : table.key) {
    selector.key_types.push_back(column.type);
    selector.key_typmods.push_back(column.typmod);
  }
  return selector;
}

// Every combination of one value for each key column.
Selector ProductOf(const RelationInfo& table, const std::vector<std::vector<KeyOperand>>& columns) {
  std::size_t combinations = 1;
  for (const auto& values : columns) {
    if (values.empty()) return SelectorOf(Selector::Op::kNone);
    if (combinations > kMaxCombinations / values.size()) return SelectorOf(Selector::Op::kAll);
    combinations *= values.size();
  }
  std::vector<Selector> keys;
  keys.reserve(combinations);
  std::vector<std::size_t> odometer(columns.size(), 0);
  for (std::size_t n = 0; n < combinations; ++n) {
    Selector key = KeySelector(table);
    for (std::size_t c = 0; c < columns.size(); ++c) key.operands.push_back(columns[c][odometer[c]]);
    keys.push_back(std::move(key));
    for (std::size_t c = 0; c < columns.size() && ++odometer[c] == columns[c].size(); ++c) odometer[c] = 0;
  }
  return UnionOf(std::move(keys));
}

class Builder {
 public:
  Builder(const RelationInfo& table, TermId first_term, const std::vector<TermInfo>& terms,
          const ParameterRules& parameters)
      : table_(table), first_term_(first_term), terms_(terms), parameters_(parameters) {}

  Selector Build(const Facts& facts, int depth) const {
    for (const Fact& fact : facts) {
      if (fact.kind == Fact::Kind::kNever) return SelectorOf(Selector::Op::kNone);
    }
    const TermClasses classes(terms_, facts);
    std::vector<Selector> all;
    if (table_.key.size() == 1) {
      for (const auto& values : ValuesOf(classes, facts, 0)) all.push_back(ProductOf(table_, {values}));
    } else {
      std::vector<std::vector<KeyOperand>> columns;
      for (std::size_t c = 0; c < table_.key.size(); ++c) {
        auto lists = ValuesOf(classes, facts, c);
        if (lists.empty()) break;
        columns.push_back(std::move(lists.front()));
      }
      if (columns.size() == table_.key.size()) all.push_back(ProductOf(table_, columns));
    }
    if (depth < kMaxEitherDepth) {
      for (std::size_t i = 0; i < facts.size(); ++i) {
        if (facts[i].kind == Fact::Kind::kEither) all.push_back(BuildEither(facts, i, depth));
      }
    }
    return IntersectionOf(std::move(all));
  }

 private:
  TermId KeyTerm(std::size_t column) const { return first_term_ + table_.key[column].column; }

  // Each list of values to which facts confine a key column.
  std::vector<std::vector<KeyOperand>> ValuesOf(const TermClasses& classes, const Facts& facts,
                                                std::size_t column) const {
    std::vector<std::vector<KeyOperand>> lists;
    const TermId key = KeyTerm(column);
    const Oid key_type = terms_[static_cast<std::size_t>(key)].type;
    for (const Fact& fact : facts) {
      if (fact.kind == Fact::Kind::kNull && fact.term == key) {
        KeyOperand null;
        null.is_null_test = true;
        lists.push_back({null});
      }
      if (fact.kind != Fact::Kind::kValues || !classes.Same(fact.term, key)) continue;
      std::vector<KeyOperand> values;
      for (const KeyOperand& operand : fact.values) {
        if (!Usable(operand, parameters_)) break;
        values.push_back(TypedFor(operand, terms_[static_cast<std::size_t>(fact.term)], key_type));
      }
      if (values.size() == fact.values.size()) lists.push_back(std::move(values));
    }
    return lists;
  }

  Selector BuildEither(const Facts& facts, std::size_t index, int depth) const {
    Facts others;
    for (std::size_t i = 0; i < facts.size(); ++i) {
      if (facts[i].kind != Fact::Kind::kEither) others.push_back(facts[i]);
    }
    std::vector<Selector> branches;
    for (const Facts& branch : facts[index].branches) {
      Facts together = others;
      together.insert(together.end(), branch.begin(), branch.end());
      branches.push_back(Build(together, depth + 1));
    }
    return UnionOf(std::move(branches));
  }

  const RelationInfo& table_;
  TermId first_term_;
  const std::vector<TermInfo>& terms_;
  const ParameterRules& parameters_;
};

}  // namespace

TermClasses::TermClasses(const std::vector<TermInfo>& terms, const Facts& facts) {
  parent_.resize(terms.size());
  for (std::size_t i = 0; i < parent_.size(); ++i) parent_[i] = static_cast<TermId>(i);
  for (const Fact& fact : facts) {
    if (fact.kind != Fact::Kind::kEqual) continue;
    const TermInfo& a = terms[static_cast<std::size_t>(fact.term)];
    const TermInfo& b = terms[static_cast<std::size_t>(fact.other)];
    if (TypesTravel(a, b)) parent_[static_cast<std::size_t>(Find(fact.term))] = Find(fact.other);
  }
}

TermId TermClasses::Find(TermId term) const {
  while (parent_[static_cast<std::size_t>(term)] != term) {
    auto& parent = parent_[static_cast<std::size_t>(term)];
    parent = parent_[static_cast<std::size_t>(parent)];
    term = parent;
  }
  return term;
}

bool TypesTravel(const TermInfo& a, const TermInfo& b) {
  if (!a.deterministic || !b.deterministic) return false;
  const auto x = shardmap::KeyTypeOf(a.type);
  const auto y = shardmap::KeyTypeOf(b.type);
  // char(n) equals text without its blanks only in one direction of the chain: keep it to itself.
  const auto blank_padded = shardmap::KeyType::kBpchar;
  if (x && y && (*x == blank_padded) != (*y == blank_padded)) return false;
  return x && y && shardmap::HashAlike(*x, *y);
}

Selector SelectorFromFacts(const RelationInfo& table, TermId first_term, const std::vector<TermInfo>& terms,
                           const Facts& facts, const ParameterRules& parameters) {
  return Builder(table, first_term, terms, parameters).Build(facts, 0);
}

}  // namespace pgshoal::plan
