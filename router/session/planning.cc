// From text to plan: with the snapshot, the search_path and the worker's cache.

#include <algorithm>

#include "base/limits.hpp"
#include "parser/parser.hpp"
#include "parser/unicode.hpp"
#include "router/plan/planner.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {

const SearchPathPtr& BuiltInSearchPath() {
  static const SearchPathPtr path =
      std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"$user", "public"});
  return path;
}

const SnapshotPtr& Session::Current() {
  const SnapshotPtr& current = local_->Current();
  return block_snapshot_ ? block_snapshot_ : current;
}

std::uint64_t Session::PlanningVersion() const {
  // A client with temporary relations has plans of its own.
  if (temporary_ != nullptr && !block_snapshot_) {
    return (std::uint64_t{1} << 63) + (temporary_->version << 24) + (local_->snapshot_version & 0xFFFFFF);
  }
  // A block that changed the catalog plans afresh each time.
  return block_snapshot_ ? 0 : local_->snapshot_version;
}

std::vector<std::string> Session::SearchPath() const {
  std::vector<std::string> path;
  for (const std::string& schema : *search_path_) path.push_back(schema == "$user" ? CurrentRole() : schema);
  return path;
}

std::uint32_t Session::PathNumber() {
  if (path_number_ == 0) path_number_ = worker_->search_path_numbers.NumberOf(SearchPath());
  return path_number_;
}

void Session::SetSearchPath(SearchPathPtr path) {
  search_path_ = std::move(path);
  search_path_statement_.clear();
  path_number_ = 0;
}

void Session::NoteLocal(SearchPathPtr path, std::shared_ptr<const std::string> role) {
  if (!local_paths_) local_paths_ = std::make_unique<std::vector<LocalPath>>();
  local_paths_->push_back({savepoints_->size(), std::move(path), std::move(role)});
  RememberSearchPath();
}

void Session::RememberSearchPath() {
  if (welcomed_) FollowEncoding();
  RememberRole();
  if (local_paths_ && !local_paths_->empty() && local_paths_->back().path != nullptr) {
    return SetSearchPath(local_paths_->back().path);
  }
  auto it = settings_.current().find("search_path");
  if (it == settings_.current().end()) {
    if (search_path_ != default_search_path_ || !search_path_statement_.empty()) SetSearchPath(default_search_path_);
    return;
  }
  if (search_path_statement_ == it->second) return;
  SetSearchPath(std::make_shared<const std::vector<std::string>>(ReadSearchPath(it->second)));
  search_path_statement_ = it->second;
}

std::vector<std::string> Session::ReadSearchPath(std::string_view set_statement) {
  absl::StatusOr<std::unique_ptr<parser::ParsedScript>> script = parser::Parse(set_statement);
  if (!script.ok() || (*script)->statements().size() != 1) return *default_search_path_;
  PlanPtr plan = MakePlan(**script, (*script)->statements()[0], {});
  const auto* setting = std::get_if<plan::SessionSetting>(&plan->action);
  return setting != nullptr ? setting->values : *default_search_path_;
}

PlanPtr Session::MakePlan(const parser::ParsedScript& script, const parser::Statement& statement,
                          const std::vector<Oid>& types) {
  const SnapshotPtr& snapshot = Current();
  const std::vector<std::string> search_path = SearchPath();
  static const std::vector<catalog::Relation> kNone;
  const plan::PlanContext context{*snapshot->map, *snapshot->catalog, search_path, types,
                                  temporary_ == nullptr ? kNone : temporary_->relations};
  return plan::PlanStatement(statement, script.text(), context);
}

net::Task<PlanPtr> Session::PlanFor(const parser::ParsedScript& script, const parser::Statement& statement,
                                    const std::vector<Oid>& types) {
  if (TemporaryDoubtful()) co_await RefreshTemporary();
  PlanPtr plan = MakePlan(script, statement, types);
  // What was created behind the router's back: looked for, but not at every misspelling.
  const net::Clock::time_point now = worker_->reactor->Now();
  if (!plan->names_unknown || block_snapshot_ || now - last_reload_ < std::chrono::milliseconds(200)) co_return plan;
  last_reload_ = now;
  absl::Status reloaded = co_await ReloadCatalog();
  if (reloaded.ok()) plan = MakePlan(script, statement, types);
  co_return plan;
}

PlannedTextPtr Session::FindPlanned(std::string_view text, std::span<const Oid> types) {
  Current();
  if (!SharesPlans() || text.size() > limits::kMaxCachedStatement) return nullptr;
  local_->plans.Use(local_->snapshot_version);
  KeyOfPrepared(&worker_->key, PathNumber(), text, types);
  const CachedPlan* cached = local_->plans.Find(worker_->key);
  return cached == nullptr ? nullptr : cached->prepared;
}

net::Task<absl::StatusOr<PlannedTextPtr>> Session::PlanText(std::string_view text, const std::vector<Oid>& types) {
  if (TemporaryDoubtful()) co_await RefreshTemporary();
  if (PlannedTextPtr known = FindPlanned(text, types)) co_return known;
  absl::StatusOr<std::unique_ptr<parser::ParsedScript>> script = parser::Parse(text);
  if (!script.ok() && !parser::IsValidUtf8(text)) {
    co_return SqlStatus(sqlstate::kCharacterNotInRepertoire, parser::InvalidUtf8Message(text));
  }
  if (!script.ok()) co_return script.status();
  const auto& statements = (*script)->statements();
  if (statements.size() > 1) {
    co_return SqlStatus(sqlstate::kSyntaxError, "cannot insert multiple commands into a prepared statement");
  }
  auto planned = std::make_shared<PlannedText>();
  if (statements.size() == 0) {
    auto empty = std::make_shared<plan::Plan>();
    empty->action = plan::EmptyQuery{};
    planned->plan = std::move(empty);
  } else {
    planned->plan = co_await PlanFor(**script, statements[0], types);
  }
  planned->parameter_count = std::max(types.size(), static_cast<std::size_t>((*script)->max_param()));
  // Under another search_path it may be another statement, and servers would say that its columns have changed.
  std::string text_and_path(text);
  for (const std::string& schema : SearchPath()) text_and_path.append(1, '\0').append(schema);
  // The columns of FETCH are those of the cursor that is open under the name: no two statements are the same.
  const bool own = std::holds_alternative<plan::CursorCommand>(planned->plan->action);
  planned->id = shared_.StatementId(text_and_path, types, own ? 0 : PlanningVersion());
  planned->text = std::string(text);
  if (!planned->plan->returns_rows) planned->shape.emplace();
  planned->types = types;
  if (SharesPlans() && text.size() <= limits::kMaxCachedStatement) planned->figures = worker_->queries.For(text);
  // Planning may have waited for a new catalog: the plan is that one's then.
  if (text.size() <= limits::kMaxCachedStatement && SharesPlans() && !planned->plan->names_unknown && !own) {
    local_->plans.Use(local_->snapshot_version);
    KeyOfPrepared(&worker_->key, PathNumber(), text, types);
    local_->plans.Add(worker_->key, {planned, nullptr, 0, {}, nullptr});
  }
  co_return planned;
}

}  // namespace pgshoal::session
