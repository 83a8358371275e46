// What INSERT, UPDATE and DELETE may do to tables that are spread over shards, and where inserted rows belong.
#include <algorithm>

#include <fmt/format.h>

#include "base/oids.hpp"
#include "parser/parser.hpp"
#include "router/plan/query.hpp"

namespace pgshoal::plan {

using parser::As;
using parser::Is;

namespace {

bool Mentions(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// Key columns must keep their values: a row does not move.
Blocker CheckKeyNotSet(Job& job, const RelationInfo& info, const parser::List<parser::ResTarget*>& targets) {
  for (const parser::ResTarget* target : targets) {
    for (const std::string& key : info.rule.key) {
      if (target->name != key) continue;
      return job.Refuse(fmt::format("changing \"{}\", a shard key column of \"{}\", may move the row to another shard",
                                    key, info.relation->name),
                        target, "Delete the row and insert it with its new key.");
    }
  }
  return std::nullopt;
}

Blocker CheckAssignedDefaults(Job& job, const RelationInfo& info, const parser::List<parser::ResTarget*>& targets,
                              bool replicated) {
  for (const parser::ResTarget* target : targets) {
    if (!Is<parser::SetToDefault>(target->val)) continue;
    const catalog::Column* column = info.relation->FindColumn(target->name);
    if (column == nullptr) continue;
    if (Blocker blocker = CheckDefault(job, info, *column, replicated, target)) return blocker;
  }
  return std::nullopt;
}

// The columns of an INSERT in order; nullopt for a name that the table does not have (the server will say so).
std::vector<const catalog::Column*> InsertColumns(const RelationInfo& info, const parser::InsertStmt& insert) {
  std::vector<const catalog::Column*> columns;
  if (insert.cols.empty()) {
    for (const catalog::Column& column : info.relation->columns) columns.push_back(&column);
    return columns;
  }
  for (const parser::ResTarget* target : insert.cols) {
    columns.push_back(target->indirection.empty() ? info.relation->FindColumn(target->name) : nullptr);
  }
  return columns;
}

// How many of the columns the source fills; the rest take their defaults.
std::size_t SourceWidth(const Analysis& analysis, const parser::InsertStmt& insert, const QueryScope& scope,
                        std::size_t columns) {
  const auto* select = As<parser::SelectStmt>(insert.selectStmt);
  if (select == nullptr) return 0;
  if (!insert.cols.empty()) return columns;
  if (!select->valuesLists.empty()) return std::min(columns, select->valuesLists[0]->items.size());
  for (const auto& source : analysis.scopes) {
    if (source->parent == &scope && source->select == select && source->outputs_known) {
      return std::min(columns, source->outputs.size());
    }
  }
  return columns;
}

Blocker CheckInsertDefaults(Job& job, const RelationInfo& info, const std::vector<const catalog::Column*>& columns,
                            std::size_t width, const parser::InsertStmt& insert, bool replicated) {
  for (const catalog::Column& column : info.relation->columns) {
    const auto end = columns.begin() + static_cast<std::ptrdiff_t>(std::min(width, columns.size()));
    const auto at = std::find(columns.begin(), end, &column);
    const auto* select = As<parser::SelectStmt>(insert.selectStmt);
    const parser::Node* reason = at == end ? static_cast<const parser::Node*>(&insert) : nullptr;
    if (at != end && select != nullptr) {
      const auto position = static_cast<std::size_t>(at - columns.begin());
      for (const parser::ListNode* row : select->valuesLists) {
        if (position < row->items.size() && Is<parser::SetToDefault>(row->items[position])) {
          reason = row->items[position];
        }
      }
    }
    // GENERATED ALWAYS … OVERRIDING USER VALUE throws the given value away.
    if (column.identity && insert.override == parser::OverridingKind::OVERRIDING_USER_VALUE) reason = &insert;
    if (reason == nullptr) continue;
    if (Blocker blocker = CheckDefault(job, info, column, replicated, reason)) return blocker;
  }
  return std::nullopt;
}

// A DEFAULT that is a constant, as a key.
std::optional<KeyOperand> DefaultOperand(const Analysis& analysis, const catalog::Column& column) {
  if (column.default_text.empty()) {
    KeyOperand null;
    null.is_null = true;
    return null;
  }
  auto script = parser::Parse(fmt::format("SELECT {}", column.default_text));
  if (!script.ok() || (*script)->statements().size() != 1) return std::nullopt;
  const auto* select = As<parser::SelectStmt>((*script)->statements()[0].root);
  if (select == nullptr || select->targetList.size() != 1) return std::nullopt;
  auto operand = analysis.Operand(select->targetList[0]->val);
  if (operand && operand->parameter) return std::nullopt;
  return operand;
}

Selector AssignedKey(const RelationInfo& info) {
  Selector selector = SelectorOf(Selector::Op::kKey);
  selector.assigns = true;
  for (const KeyColumnInfo& key : info.key) {
    selector.key_types.push_back(key.type);
    selector.key_typmods.push_back(key.typmod);
  }
  return selector;
}

struct InsertJob {
  Job& job;
  Analysis& analysis;
  const FromItem& target;
  const parser::InsertStmt& insert;
  std::vector<const catalog::Column*> columns;
  std::size_t width = 0;

  [[nodiscard]] const catalog::Column& KeyColumn(std::size_t key) const {
    return target.info.relation->columns[static_cast<std::size_t>(target.info.key[key].column)];
  }
  // Where the source gives the key column; nullopt when it takes its default.
  [[nodiscard]] std::optional<std::size_t> SourceOf(std::size_t key) const {
    for (std::size_t i = 0; i < width && i < columns.size(); ++i) {
      if (columns[i] == &KeyColumn(key)) return i;
    }
    return std::nullopt;
  }
  SqlError NotConstant(std::size_t key, const parser::Node* at) const {
    return job.Refuse(
        fmt::format("the value of shard key column \"{}\" is neither a constant nor a parameter", KeyColumn(key).name),
        at, "Compute the key in the application and pass it as a parameter.");
  }

  Blocker DefaultKey(std::size_t key, const parser::Node* at, Selector* selector) const {
    auto operand = DefaultOperand(analysis, KeyColumn(key));
    if (!operand) return NotConstant(key, at);
    selector->operands.push_back(*std::move(operand));
    return std::nullopt;
  }

  Blocker ValuesSelector(const parser::SelectStmt& values, std::vector<Selector>* rows) const {
    for (const parser::ListNode* row : values.valuesLists) {
      Selector selector = AssignedKey(target.info);
      for (std::size_t key = 0; key < target.info.key.size(); ++key) {
        const auto source = SourceOf(key);
        const parser::Node* value = source && *source < row->items.size() ? row->items[*source] : nullptr;
        if (value == nullptr || Is<parser::SetToDefault>(value)) {
          if (Blocker blocker = DefaultKey(key, value != nullptr ? value : &insert, &selector)) return blocker;
          continue;
        }
        auto operand = analysis.Operand(value);
        if (!operand) return NotConstant(key, value);
        if (operand->parameter && !Usable(*operand->parameter)) {
          return job.Refuse(fmt::format("parameter ${} stands both for a shard key and where another type is wanted",
                                        *operand->parameter + 1),
                            value, "Use a parameter of its own for the shard key, or declare its type.");
        }
        selector.operands.push_back(*std::move(operand));
      }
      rows->push_back(std::move(selector));
    }
    return std::nullopt;
  }

  [[nodiscard]] bool Usable(int parameter) const {
    const ParameterRules rules = analysis.Parameters();
    const auto index = static_cast<std::size_t>(parameter);
    return index < rules.usable.size() && rules.usable[index];
  }

  // INSERT … SELECT: the selected key must be one that the source's own conditions name.
  Blocker SelectSelector(const QueryScope& source, std::vector<Selector>* rows) const {
    Facts facts = analysis.OutputFacts(source);
    for (std::size_t key = 0; key < target.info.key.size(); ++key) {
      const auto position = SourceOf(key);
      const TermId term = target.first_term + target.info.key[key].column;
      if (!position) return NotConstant(key, &insert);
      if (!source.outputs_known || *position >= source.outputs.size()) return NotConstant(key, source.select);
      const OutputName& output = source.outputs[*position];
      const catalog::Column* column = analysis.ColumnOf(output.term);
      const auto& targets = source.select->targetList;
      const parser::Node* value = targets.size() == source.outputs.size() ? targets[*position]->val : nullptr;
      if (column != nullptr && column->type == KeyColumn(key).type && column->typmod == KeyColumn(key).typmod) {
        facts.push_back(Fact{Fact::Kind::kEqual, term, output.term, {}, {}});
        continue;
      }
      auto operand = value != nullptr ? analysis.Operand(value) : std::nullopt;
      const Oid type = shardmap::OidOf(target.info.key[key].type);
      const bool exact = operand && (operand->type == type || (operand->type == 0 && !operand->parameter)) &&
                         !operand->is_null && KeyColumn(key).typmod < 0;
      if (!exact) return NotConstant(key, value != nullptr ? value : source.select);
      operand->type = type;
      facts.push_back(Fact{Fact::Kind::kValues, term, kNoTerm, {*operand}, {}});
    }
    rows->push_back(SelectorFromFacts(target.info, target.first_term, analysis.terms, facts, analysis.Parameters()));
    return std::nullopt;
  }
};

Blocker CheckInsert(Job& job, Analysis& analysis, const FromItem& target, const QueryScope& scope,
                    const parser::InsertStmt& insert, std::vector<Selector>* selectors) {
  InsertJob work{job, analysis, target, insert, InsertColumns(target.info, insert), 0};
  work.width = SourceWidth(analysis, insert, scope, work.columns.size());
  if (Blocker blocker = CheckInsertDefaults(job, target.info, work.columns, work.width, insert, false)) return blocker;
  if (insert.onConflictClause != nullptr) {
    if (Blocker blocker = CheckKeyNotSet(job, target.info, insert.onConflictClause->targetList)) return blocker;
    if (Blocker blocker = CheckAssignedDefaults(job, target.info, insert.onConflictClause->targetList, false)) {
      return blocker;
    }
  }
  std::vector<Selector> rows;
  const auto* select = As<parser::SelectStmt>(insert.selectStmt);
  if (select == nullptr) {
    Selector selector = AssignedKey(target.info);
    for (std::size_t key = 0; key < target.info.key.size(); ++key) {
      if (Blocker blocker = work.DefaultKey(key, &insert, &selector)) return blocker;
    }
    rows.push_back(std::move(selector));
  } else if (!select->valuesLists.empty()) {
    if (Blocker blocker = work.ValuesSelector(*select, &rows)) return blocker;
  } else {
    for (const auto& source : analysis.scopes) {
      if (source->parent != &scope || source->select != select) continue;
      if (Blocker blocker = work.SelectSelector(*source, &rows)) return blocker;
    }
    if (rows.empty()) return work.NotConstant(0, &insert);
  }
  selectors->push_back(UnionOf(std::move(rows)));
  return std::nullopt;
}

Blocker CheckHomeDefaults(Job& job, const Analysis& analysis, const FromItem& target) {
  const parser::Node* statement = target.owner->statement;
  if (const auto* update = As<parser::UpdateStmt>(statement)) {
    return CheckAssignedDefaults(job, target.info, update->targetList, false);
  }
  const auto* insert = As<parser::InsertStmt>(statement);
  if (insert == nullptr) return std::nullopt;
  const std::vector<const catalog::Column*> columns = InsertColumns(target.info, *insert);
  const std::size_t width = SourceWidth(analysis, *insert, *target.owner, columns.size());
  if (Blocker blocker = CheckInsertDefaults(job, target.info, columns, width, *insert, false)) return blocker;
  if (insert->onConflictClause == nullptr) return std::nullopt;
  return CheckAssignedDefaults(job, target.info, insert->onConflictClause->targetList, false);
}

Blocker CheckHomeWrite(Job& job, const Analysis& analysis, const FromItem& target) {
  const catalog::Relation* relation = target.info.relation;
  if (relation == nullptr) return std::nullopt;
  if (Blocker blocker = CheckHomeDefaults(job, analysis, target)) return blocker;
  if (!MapSpreadsTables(job.context)) return std::nullopt;
  if (IsTemporary(target.info) && relation->kind == catalog::RelationKind::kView) {
    return job.Refuse("a write through a temporary view", target.node, "Write to the table itself.");
  }
  for (const catalog::QualifiedName& function : relation->trigger_functions) {
    if (!FunctionMayTouchSharded(job, function)) continue;
    return job.Refuse(fmt::format("trigger function {} of \"{}\" may touch tables that are spread over shards",
                                  function.name, relation->name),
                      target.node, "Drop the trigger and do its work in statements of their own.");
  }
  if (!relation->has_rules) return std::nullopt;
  for (const catalog::QualifiedName& name : relation->reads_relations) {
    const RelationInfo info = ClassifyByName(job, name.schema, name.name, target.node);
    if (info.kind == RelationClass::kHome || info.kind == RelationClass::kSystem) continue;
    return job.Refuse(
        fmt::format("a rule of \"{}\" touches \"{}\", which is spread over shards", relation->name, name.name),
        target.node, "Drop the rule and do its work in statements of their own.");
  }
  return std::nullopt;
}

}  // namespace

Blocker CheckDefault(Job& job, const RelationInfo& info, const catalog::Column& column, bool replicated,
                     const parser::Node* at) {
  if (column.generated) return std::nullopt;
  const std::string table = info.relation->name;
  if (info.kind == RelationClass::kHome) {
    if (const auto script = parser::Parse(fmt::format("SELECT {}", column.default_text));
        script.ok() && !column.default_text.empty()) {
      const catalog::Function* function = CallOverShards(job, *(*script)->statements()[0].root);
      if (function != nullptr) {
        return job.Refuse(fmt::format("the default of column \"{}\" of \"{}\" calls {}, which may touch tables that are "
                                      "spread over shards",
                                      column.name, table, function->name),
                          at, "Give the value in the statement.");
      }
    }
    if (!Mentions(column.default_text, "currval(") && !Mentions(column.default_text, "lastval(")) return std::nullopt;
    return job.Refuse(fmt::format("the default of column \"{}\" of \"{}\" depends on the server session, which "
                                  "clients share",
                                  column.name, table),
                      at, "Give the value in the statement; RETURNING tells of new keys.");
  }
  if (column.identity || Mentions(column.default_text, "nextval(")) {
    return job.Refuse(fmt::format("column \"{}\" of \"{}\" takes its value from a sequence, which every shard would "
                                  "count by itself",
                                  column.name, table),
                      at, "Give the value in the statement: nextval() of a sequence on the home shard, or a uuid.");
  }
  if (column.default_text.empty()) return std::nullopt;
  const FunctionClass kind = ClassifyExpressionText(job, column.default_text);
  const bool fine = replicated ? kind <= FunctionClass::kSession : kind <= FunctionClass::kNow;
  if (fine) return std::nullopt;
  return job.Refuse(
      fmt::format("the default of column \"{}\" of \"{}\" may differ between servers", column.name, table), at,
      "Give the value in the statement.");
}

Blocker CheckWrites(Job& job, Analysis& analysis, std::vector<Selector>* selectors) {
  for (std::size_t i = 0; i < analysis.items.size(); ++i) {
    const FromItem& target = analysis.items[i];
    if (!target.is_target) continue;
    if (target.info.kind == RelationClass::kHome) {
      if (Blocker blocker = CheckHomeWrite(job, analysis, target)) return blocker;
      continue;
    }
    if (target.info.kind != RelationClass::kSharded) continue;
    if (target.info.relation->has_triggers) {
      return job.Refuse(
          fmt::format("sharded table \"{}\" has triggers, which may touch other tables", target.info.relation->name),
          target.node, "Drop the triggers and do their work in statements of their own.");
    }
    const QueryScope& scope = *target.owner;
    const parser::Node* statement = scope.statement;
    if (const auto* insert = As<parser::InsertStmt>(statement)) {
      if (Blocker blocker = CheckInsert(job, analysis, target, scope, *insert, selectors)) return blocker;
    } else if (const auto* update = As<parser::UpdateStmt>(statement)) {
      if (Blocker blocker = CheckKeyNotSet(job, target.info, update->targetList)) return blocker;
      if (Blocker blocker = CheckAssignedDefaults(job, target.info, update->targetList, false)) return blocker;
    }
  }
  return std::nullopt;
}

// Every copy must come out the same: nothing may depend on time, chance, order or the server.
Blocker CheckReplicatedWrite(Job& job, Analysis& analysis, const parser::Node& statement) {
  const FromItem* target = nullptr;
  for (const FromItem& item : analysis.items) {
    if (item.is_target && target == nullptr) target = &item;
    if (item.kind == FromItem::Kind::kRelation && item.info.kind != RelationClass::kReference) {
      return job.Refuse("a reference table is written together with a table that is not on every shard", item.node,
                        "Write the reference table in a statement of its own, with constants or parameters.");
    }
    if (item.sampled) return job.Refuse("TABLESAMPLE differs between servers", item.node, "Use a condition instead.");
  }
  const std::string hint = "Compute the values in the application and pass them as parameters.";
  if (target == nullptr || analysis.writes_in_cte) {
    return job.Refuse("a reference table is written inside a larger statement", &statement,
                      "Write it in a statement of its own.");
  }
  if (target->info.relation->has_triggers) {
    return job.Refuse(fmt::format("reference table \"{}\" has triggers", target->info.relation->name), target->node,
                      "Drop the triggers and do their work in statements of their own.");
  }
  const bool is_insert = Is<parser::InsertStmt>(&statement);
  const std::size_t scopes_allowed = is_insert ? 2 : 1;
  if (analysis.scopes.size() > scopes_allowed || (!is_insert && target->owner->items.size() > 1)) {
    return job.Refuse("a write of a reference table that reads other rows may differ between its copies", &statement,
                      hint);
  }
  for (const auto& [use, scope] : analysis.calls) {
    if (use.kind <= FunctionClass::kSession && !use.aggregate && !use.window && !use.returns_set) continue;
    return job.Refuse(fmt::format("{} may give each copy of the reference table another value", use.name), use.node,
                      hint);
  }
  const parser::Node* bad = analysis.server_reference != nullptr ? analysis.server_reference : analysis.system_column;
  if (analysis.limit != nullptr) bad = analysis.limit;
  for (const auto& scope : analysis.scopes) {
    if (scope->select == nullptr) continue;
    if (!scope->select->distinctClause.empty()) bad = scope->select;
    if (scope->select->op != parser::SetOperation::SETOP_NONE) bad = scope->select;
  }
  if (bad != nullptr) return job.Refuse("this may give each copy of the reference table another value", bad, hint);
  if (const auto* insert = As<parser::InsertStmt>(&statement)) {
    const auto columns = InsertColumns(target->info, *insert);
    const std::size_t width = SourceWidth(analysis, *insert, *target->owner, columns.size());
    if (Blocker blocker = CheckInsertDefaults(job, target->info, columns, width, *insert, true)) return blocker;
    if (insert->onConflictClause != nullptr) {
      return CheckAssignedDefaults(job, target->info, insert->onConflictClause->targetList, true);
    }
  } else if (const auto* update = As<parser::UpdateStmt>(&statement)) {
    return CheckAssignedDefaults(job, target->info, update->targetList, true);
  }
  return std::nullopt;
}

}  // namespace pgshoal::plan
