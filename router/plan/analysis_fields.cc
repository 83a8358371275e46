// Functions called as if they were columns. PostgreSQL takes t.f and (t).f as f(t) where t has no column f, and so even
// t.count counts. An item whose columns are not known is taken to have any column but one named as a user's function.
#include <algorithm>

#include "router/plan/analysis.hpp"
#include "router/plan/builtin_functions.hpp"

namespace pgshoal::plan {
namespace {

using parser::As;

bool IsSystemColumn(std::string_view name) {
  static constexpr std::string_view kNames[] = {"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool Has(const std::vector<std::string>& columns, std::string_view name) {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

}  // namespace

// `item`: whose row it may be called with; null when it may be anything. `value`: the row is a value of its own, which may
// have no such field.
void Analysis::NoteFieldCall(std::string_view name, const parser::Node* at, const FromItem* item, bool value,
                             QueryScope* scope) {
  if (IsSystemColumn(name)) return;
  bool known = value || (item != nullptr && item->columns_known);
  if (known && item != nullptr && Has(item->columns, name)) return;
  if (item != nullptr && parser::Is<parser::OnConflictClause>(item->node)) {  // EXCLUDED has the target's columns
    for (int index : scope->items) {
      const FromItem& target = items[static_cast<std::size_t>(index)];
      if (!target.is_target || !target.columns_known) continue;
      if (Has(target.columns, name)) return;
      known = true;
    }
  }
  const auto candidates = job_.context.catalog.FindFunctions("", name, job_.context.search_path);
  const bool counts = std::any_of(candidates.begin(), candidates.end(), [&](const catalog::Function* function) {
    if (function->schema == "pg_catalog") return known && function->is_aggregate;
    return true;
  });
  const bool complete = job_.context.catalog.complete();
  const std::optional<BuiltinFunction> builtin = complete || !known ? std::nullopt : FindBuiltin(name);
  if (!counts && !(builtin.has_value() && builtin->aggregate)) return;
  calls.emplace_back(ClassifyFunctionName(job_, "", name, at), scope);
}

void Analysis::NoteFieldCalls(const parser::ColumnRef& ref, const Env& env, QueryScope* scope) {
  const std::size_t count = ref.fields.size();
  if (ref.star || count < 2) return;
  // database.schema.table.column: the database can only be this one.
  const std::string_view schema = count > 2 ? ref.fields[count - 3] : std::string_view();
  NoteFieldCall(ref.fields[count - 1], &ref, ItemNamed(env, schema, ref.fields[count - 2]), false, scope);
}

void Analysis::NoteFieldCalls(const parser::A_Indirection& fields, const Env& env, QueryScope* scope) {
  const FromItem* item = nullptr;
  const auto* row = As<parser::ColumnRef>(fields.arg);
  if (row != nullptr && !row->fields.empty() && (row->star || row->fields.size() == 1)) {
    const std::size_t count = row->fields.size();
    const bool column = !row->star && ResolveUnqualified(env, row->fields[0]) != kNoTerm;
    if (!column) item = ItemNamed(env, count > 1 ? row->fields[count - 2] : std::string_view(), row->fields[count - 1]);
  }
  for (const parser::Node* field : fields.indirection) {
    const auto* name = As<parser::String>(field);
    if (name == nullptr) continue;
    NoteFieldCall(name->sval, &fields, item, item == nullptr, scope);
    item = nullptr;
  }
}

}  // namespace pgshoal::plan
