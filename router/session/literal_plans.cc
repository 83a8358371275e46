#include "router/session/literal_plans.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/oids.hpp"
#include "parser/walk.hpp"

namespace pgshoal::session {
namespace {

using parser::A_Const;
using parser::Node;
using parser::NodeTag;
using parser::Tok;

// As PostgreSQL types a constant. Nothing: a kind that is left alone.
std::optional<Oid> TypeOf(const parser::NormalizedConstant& constant) {
  switch (constant.kind) {
    case Tok::ICONST:
      return oid::kInt4;
    case Tok::FCONST: {
      std::int64_t number = 0;
      const char* end = constant.value.data() + constant.value.size();
      const auto [stopped, error] = std::from_chars(constant.value.data(), end, number);
      return error == std::errc() && stopped == end ? oid::kInt8 : oid::kNumeric;
    }
    case Tok::SCONST:
      return 0;
    default:
      return std::nullopt;
  }
}

// The constants inside type names (varchar(10)) belong to the type.
absl::flat_hash_set<const Node*> InTypeNames(const Node& root) {
  absl::flat_hash_set<const Node*> found;
  parser::Walk(root, [&](const Node& node) {
    if (node.tag == NodeTag::TypeName) {
      parser::Walk(node, [&](const Node& inner) {
        found.insert(&inner);
        return true;
      });
      return false;
    }
    return true;
  });
  return found;
}

bool CanHaveLiterals(const Node& root) {
  return root.tag == NodeTag::SelectStmt || root.tag == NodeTag::InsertStmt || root.tag == NodeTag::UpdateStmt ||
         root.tag == NodeTag::DeleteStmt;
}

}  // namespace

bool Literals::Take(std::string_view sql) {
  absl::StatusOr<parser::NormalizedText> normalized = parser::Normalize(sql);
  if (!normalized.ok()) return false;
  normalized_ = *std::move(normalized);
  types_.clear();
  for (const parser::NormalizedConstant& constant : normalized_.constants) {
    const std::optional<Oid> type = TypeOf(constant);
    if (!type.has_value()) return false;
    types_.push_back(*type);
  }
  // Numbered from 1 on unless the text has parameters of its own.
  return normalized_.constants.empty() || normalized_.constants.front().parameter == 1;
}

void Literals::AppendKey(std::string* key) const {
  for (const Oid type : types_) {
    *key += type == oid::kInt4 ? 'i' : type == oid::kInt8 ? 'l' : type == oid::kNumeric ? 'n' : 's';
  }
  *key += ' ';
  *key += normalized_.text;
}

const std::vector<plan::ParameterValue>& Literals::Values(const std::vector<bool>& negative) {
  values_.resize(types_.size());
  negated_.resize(negative.size());
  for (std::size_t i = 0; i < types_.size(); ++i) {
    values_[i].type = types_[i];
    values_[i].bytes = normalized_.constants[i].value;
    if (i < negative.size() && negative[i]) {
      negated_[i] = "-" + normalized_.constants[i].value;
      values_[i].bytes = negated_[i];
    }
  }
  return values_;
}

std::optional<CachedPlan> Literals::PlanForAll(parser::ParsedScript& script, const plan::Plan& plan,
                                               const plan::PlanContext& context) const {
  const auto* routed = std::get_if<plan::RunRouted>(&plan.action);
  const parser::Statement& statement = script.statements()[0];
  if (script.max_param() > 0 || routed == nullptr || plan.names_unknown || plan.changes_catalog ||
      !CanHaveLiterals(*statement.root)) {
    return std::nullopt;
  }
  absl::flat_hash_map<std::uint32_t, std::size_t> by_end;
  for (std::size_t i = 0; i < count(); ++i) by_end[normalized_.constants[i].end] = i;
  Node* root = parser::Clone(statement.root, script.arena());
  const absl::flat_hash_set<const Node*> in_types = InTypeNames(*root);
  CachedPlan cached;
  std::vector<int> places(count(), 0);
  root = parser::Rewrite(root, [&](Node* node) -> Node* {
    if (node->tag != NodeTag::A_Const || in_types.contains(node)) return node;
    const auto& constant = static_cast<const A_Const&>(*node);
    const auto found = by_end.find(constant.end);
    if (found == by_end.end()) return node;
    const std::size_t index = found->second;
    if (constant.begin != normalized_.constants[index].begin) {
      if (script.text()[constant.begin] != '-') return node;
      cached.negative.resize(count());
      cached.negative[index] = true;
    }
    ++places[index];
    auto* parameter = script.arena().New<parser::ParamRef>();
    parameter->begin = constant.begin;
    parameter->end = constant.end;
    parameter->number = static_cast<std::int32_t>(index + 1);
    return parameter;
  });
  if (std::any_of(places.begin(), places.end(), [](int n) { return n != 1; })) return std::nullopt;
  std::size_t parameters = 0;
  parser::Walk(std::as_const(*root), [&](const Node& node) {
    if (node.tag == NodeTag::ParamRef) ++parameters;
    return true;
  });
  if (parameters != count()) return std::nullopt;

  const plan::PlanContext typed{context.map, context.catalog, context.search_path, types_};
  cached.plan = plan::PlanStatement({root, statement.begin, statement.end}, script.text(), typed);
  // Both were proven of their own; they agree on what is more than the choice of a shard.
  const auto* general = std::get_if<plan::RunRouted>(&cached.plan->action);
  if (general == nullptr || general->writes != routed->writes || cached.plan->names_unknown ||
      cached.plan->changes_catalog || cached.plan->returns_rows != plan.returns_rows ||
      cached.plan->command != plan.command) {
    return std::nullopt;
  }
  return cached;
}

}  // namespace pgshoal::session
