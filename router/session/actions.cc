// What each kind of plan asks for, in either protocol.

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "parser/parser.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {

namespace {

void ForgetRole(const std::vector<Backend*>& backends) {
  for (Backend* backend : backends) backend->lease->applied_settings.erase("role");
}

// Remembers the tag that a server gave, and passes rows on.
class TagSink : public MessageSink {
 public:
  explicit TagSink(std::string* to_client) : to_client_(to_client) {}
  void OnMessage(Backend&, char type, std::string_view body) override {
    if (type == wire::backend::kCommandComplete) {
      tag_ = std::string(body.substr(0, body.find('\0')));
    } else if (type == wire::backend::kDataRow || (type == wire::backend::kRowDescription && with_description)) {
      if (to_client_ != nullptr) wire::AppendMessage(to_client_, type, body);
    }
  }
  bool Wants(const Backend&) const override { return true; }
  const std::string& tag() const { return tag_; }
  bool with_description = true;

 private:
  std::string* to_client_;
  std::string tag_;
};

}  // namespace

bool Session::Fail(const SqlError& error) {
  if (!error_sent_) SendError(error);
  FailBlock();
  return false;
}

net::Task<bool> Session::RunAction(PlanPtr plan, Portal* portal, int position_shift) {
  const plan::Action& action = plan->action;
  if (const auto* refusal = std::get_if<plan::Refusal>(&action)) {
    const std::vector<Oid> no_types;
    const SqlError error = co_await Verdict(*plan, plan->text, position_shift, no_types, refusal->error);
    co_return Fail(error);
  }
  if (const auto* routed = std::get_if<plan::RunRouted>(&action)) {
    co_return co_await RunRouted(plan, *routed, portal, position_shift);
  }
  if (const auto* control = std::get_if<plan::TransactionControl>(&action)) {
    co_return co_await RunTransaction(*control);
  }
  if (const auto* setting = std::get_if<plan::SessionSetting>(&action)) {
    co_return co_await RunSetting(plan, *setting, portal, position_shift);
  }
  if (const auto* everywhere = std::get_if<plan::RunEverywhere>(&action)) {
    if (!everywhere->transactional) co_return co_await RunOneByOne(plan, *everywhere, position_shift);
    co_return co_await RunEverywhere(plan, *everywhere, portal, position_shift);
  }
  if (const auto* copy = std::get_if<plan::CopyIn>(&action)) co_return co_await RunCopyIn(*copy);
  if (const auto* copy = std::get_if<plan::CopyOut>(&action)) {
    co_return co_await RunCopyOut(plan, *copy, position_shift);
  }
  if (const auto* prepare = std::get_if<plan::PrepareStatement>(&action)) co_return co_await RunPrepare(*prepare);
  if (const auto* execute = std::get_if<plan::ExecuteStatement>(&action)) {
    co_return co_await RunExecute(*plan, *execute, position_shift);
  }
  if (const auto* deallocate = std::get_if<plan::DeallocateStatement>(&action)) {
    co_return co_await RunDeallocate(*deallocate);
  }
  if (const auto* discard = std::get_if<plan::DiscardStatement>(&action)) co_return co_await RunDiscard(*discard);
  if (const auto* listen = std::get_if<plan::ListenCommand>(&action)) co_return co_await RunListen(*listen);
  if (const auto* cursor = std::get_if<plan::CursorCommand>(&action)) {
    co_return co_await RunCursor(plan, *cursor, portal, position_shift);
  }
  wire::AppendEmptyQueryResponse(&ToClient());
  co_return true;
}

// Simple protocol, or a statement that several shards answer in either protocol. A statement of the extended protocol
// that one shard answers never comes here: extended_query.cc relays its messages.
net::Task<bool> Session::RunRouted(PlanPtr plan, const plan::RunRouted& action, Portal* portal, int position_shift) {
  plan::Selection selection;
  if (portal != nullptr) {
    selection = portal->selection;
  } else {
    absl::StatusOr<plan::Selection> evaluated = plan::Evaluate(action.selector, *Current()->map, {});
    if (!evaluated.ok()) co_return Fail(ToSqlError(evaluated.status()));
    selection = *std::move(evaluated);
  }
  if (!selection.any && selection.shards.count() > 1) {
    if (!action.stream.has_value()) {
      const std::vector<Oid> no_types;
      const SqlError error = co_await Verdict(*plan, plan->text, position_shift, no_types, action.if_several);
      co_return Fail(error);
    }
    if (plan->declares.has_value()) {
      co_return co_await RunDeclareMerged(plan, action, selection, portal, position_shift);
    }
    co_return co_await RunMerged(plan, *action.stream, selection, portal, position_shift);
  }
  co_return co_await RelayText(AnyShard(selection), *plan, plan->text, position_shift);
}

// `text` to one shard, and its answer back. REQUIRES: the plan is a RunRouted; it and `text` outlive the task.
net::Task<bool> Session::RelayText(ShardId shard, const plan::Plan& plan, std::string_view text, int position_shift) {
  if (plan.declares.has_value()) {
    if (std::optional<SqlError> taken = NameTaken(plan); taken.has_value()) co_return Fail(*taken);
  }
  const bool writes = std::get<plan::RunRouted>(plan.action).writes;
  const Intent intent = writes ? Intent::kWrite : Intent::kRead;
  Backend* backend = EnlistNow(shard, intent);
  if (backend == nullptr) {
    absl::StatusOr<Backend*> enlisted = co_await Enlist(shard, intent);
    if (!enlisted.ok()) {
      const SqlError refusal = ToSqlError(enlisted.status());
      if (refusal.sqlstate != sqlstate::kFeatureNotSupported) co_return Fail(refusal);
      const std::vector<Oid> no_types;
      const SqlError error = co_await Verdict(plan, text, position_shift, no_types, refusal);
      co_return Fail(error);
    }
    backend = *enlisted;
  }
  backend->position_shift = position_shift;
  NoteEffects(*backend, plan);
  if (HearsItself(plan)) co_await BeforeNotify(*backend);
  SendSimple(*backend, text, Handling::kForward);
  const bool alive = co_await AwaitAnswers();
  if (!alive || error_sent_) co_return false;
  if (plan.declares.has_value()) NoteCursor(plan, shard);
  if (plan.changes_catalog) {
    if (block_ != Block::kNone) catalog_changed_ = true;
    absl::Status reloaded = co_await ReloadCatalog();
    if (!reloaded.ok()) co_return Fail(ToSqlError(reloaded));
  }
  co_return true;
}

net::Task<bool> Session::RunEverywhere(PlanPtr plan, const plan::RunEverywhere& action, Portal* portal,
                                       int position_shift) {
  const SnapshotPtr snapshot = Current();
  const ShardId home = snapshot->map->home();
  const bool own_block = block_ == Block::kNone;
  if (own_block) BeginBlock(Block::kImplicit, "BEGIN");
  std::string rows;
  TagSink from_home(&rows);
  from_home.with_description = portal == nullptr || portal->describe_rows;
  TagSink from_others(nullptr);
  const shardmap::ShardSet everywhere = shardmap::ShardSet::All(snapshot->map->shard_count());
  absl::Status enlisted = co_await EnlistAll(everywhere, Intent::kBulk);
  if (!enlisted.ok()) {
    SqlError error = ToSqlError(enlisted);
    const bool failed = Fail(std::move(error));
    if (own_block) co_await RollbackBlock();
    co_return failed;
  }
  for (auto& backend : backends_) {
    backend->error.reset();
    const bool is_home = backend->shard == home;
    const std::string& own = is_home ? action.home_sql : action.other_sql;
    backend->sink = is_home ? &from_home : &from_others;
    backend->notices_pass = is_home;
    const std::string& sql = own.empty() ? plan->text : own;
    if (portal == nullptr) {
      SendSimple(*backend, sql, Handling::kSink);
      continue;
    }
    wire::AppendParse(backend->Output(), "", sql, portal->statement->planned->types);
    wire::AppendBind(backend->Output(), "", "", portal->raw_parameters, portal->result_formats);
    if (plan->returns_rows) wire::AppendDescribe(backend->Output(), 'P', "");
    wire::AppendExecute(backend->Output(), "", 0);
    wire::AppendSync(backend->Output());
    backend->unnamed_statement = 0;
    backend->Expect(Request::kParse, Handling::kSink);
    backend->Expect(Request::kBind, Handling::kSink);
    if (plan->returns_rows) backend->Expect(Request::kDescribePortal, Handling::kSink);
    backend->Expect(Request::kExecute, Handling::kSink);
    backend->Expect(Request::kSync, Handling::kSink);
  }
  const bool alive = co_await AwaitAnswers();
  std::optional<SqlError> error;
  for (auto& backend : backends_) {
    backend->sink = nullptr;
    backend->notices_pass = false;
    if (!backend->error.has_value()) continue;
    // The home shard speaks for all; another shard's own trouble names the shard.
    if (!error.has_value() || backend->shard == home) {
      error = *std::move(backend->error);
      if (error->position > 0 && (action.home_sql.empty() || backend->shard != home)) error->position += position_shift;
      if (!action.home_sql.empty() || !action.other_sql.empty()) error->position = 0;
      if (backend->shard != home && error->detail.empty()) {
        error->detail = fmt::format("Reported by shard \"{}\".", snapshot->map->shard(backend->shard).name);
      }
    }
    backend->error.reset();
  }
  if (!alive) co_return false;
  if (error.has_value()) {
    const bool failed = Fail(*std::move(error));
    if (own_block) co_await RollbackBlock();
    co_return failed;
  }
  if (Converts()) {
    if (const absl::Status convertible = KeepRepresentable(&rows, 0); !convertible.ok()) {
      const bool failed = Fail(ToSqlError(convertible));
      if (own_block) co_await RollbackBlock();
      co_return failed;
    }
  }
  if (plan->changes_catalog) catalog_changed_ = true;
  ToClient() += rows;
  if (own_block) {
    co_return co_await CommitBlock(from_home.tag());
  }
  SendComplete(from_home.tag());
  if (plan->changes_catalog) {
    absl::Status reloaded = co_await ReloadCatalog();
    if (!reloaded.ok()) co_return Fail(ToSqlError(reloaded));
  }
  co_return true;
}

// What cannot run inside a transaction block: each shard commits for itself, and the home shard goes last, so that a
// failure leaves what clients see of the catalogs as it was.
net::Task<bool> Session::RunOneByOne(PlanPtr plan, const plan::RunEverywhere& action, int position_shift) {
  if (block_ != Block::kNone) {
    // An index comes here only when it is made or dropped CONCURRENTLY.
    const std::string_view how = plan->command.ends_with(" INDEX") ? " CONCURRENTLY" : "";
    const std::string command = fmt::format("{}{}", plan->command, how);
    co_return Fail(BarredInBlock(command));
  }
  const SnapshotPtr snapshot = Current();
  const ShardId home = snapshot->map->home();
  std::vector<ShardId> order;
  for (const shardmap::Shard& shard : snapshot->map->shards()) {
    if (shard.id != home) order.push_back(shard.id);
  }
  order.push_back(home);
  std::string rows, done;
  TagSink from_home(&rows);
  TagSink from_others(nullptr);
  for (ShardId shard : order) {
    absl::StatusOr<Backend*> enlisted = co_await Enlist(shard, Intent::kBulk);
    SqlError error;
    bool bad = false;
    if (!enlisted.ok()) {
      error = ToSqlError(enlisted.status());
      bad = true;
    } else {
      Backend& backend = **enlisted;
      const std::string& own = shard == home ? action.home_sql : action.other_sql;
      backend.error.reset();
      backend.sink = shard == home ? &from_home : &from_others;
      backend.notices_pass = shard == home;
      SendSimple(backend, own.empty() ? plan->text : own, Handling::kSink);
      const bool alive = co_await AwaitAnswers();
      backend.sink = nullptr;
      backend.notices_pass = false;
      if (!alive) co_return false;
      if (backend.error.has_value()) {
        error = *std::move(backend.error);
        backend.error.reset();
        if (error.position > 0) error.position += position_shift;
        bad = true;
      }
    }
    if (bad) {
      const std::string& name = snapshot->map->shard(shard).name;
      if (!done.empty()) {
        error.detail = fmt::format("Failed on shard \"{}\"; already done on {}.{}{}", name, done,
                                   error.detail.empty() ? "" : " ", error.detail);
        if (error.hint.empty()) error.hint = "Remove the cause and run the statement again.";
      }
      if (!done.empty() && plan->changes_catalog) {
        const absl::Status reloaded = co_await ReloadCatalog();
        if (!reloaded.ok()) error.detail += fmt::format(" The catalog could not be read again: {}", ToSqlError(reloaded).message);
      }
      co_return Fail(std::move(error));
    }
    done += fmt::format("{}\"{}\"", done.empty() ? "" : ", ", snapshot->map->shard(shard).name);
  }
  if (plan->changes_catalog) {
    absl::Status reloaded = co_await ReloadCatalog();
    if (!reloaded.ok()) co_return Fail(ToSqlError(reloaded));
  }
  ToClient() += rows;
  SendComplete(from_home.tag());
  co_return true;
}

net::Task<bool> Session::RunSetting(PlanPtr plan, const plan::SessionSetting& action, Portal* portal,
                                    int position_shift) {
  using plan::SettingVerb;
  plan::Selection anywhere;
  anywhere.any = true;
  const ShardId where = AnyShard(anywhere);
  if (plan->returns_rows && action.verb != SettingVerb::kShow) co_return co_await RunConfigCalls(plan, portal, position_shift);
  if (action.name == "client_encoding" && (encoding_ != nullptr || action.verb != SettingVerb::kShow)) {
    co_return RunEncoding(action, portal, {});
  }
  if (action.verb == SettingVerb::kShow) {
    absl::StatusOr<Backend*> backend = co_await Enlist(where, Intent::kRead);
    if (!backend.ok()) co_return Fail(ToSqlError(backend.status()));
    (*backend)->position_shift = position_shift;
    SendSimple(**backend, plan->text, Handling::kForward);
    const bool alive = co_await AwaitAnswers();
    co_return alive && !error_sent_;
  }
  if (action.name == "transaction_isolation" || action.name == "transaction_read_only" ||
      action.name == "transaction_deferrable") {
    if (block_ == Block::kNone) {
      // Without effect, as in PostgreSQL, where it lasts until the statement's own transaction ends.
      SendComplete("SET");
      co_return true;
    }
  }
  // In a block it runs on every shard that has joined and on those that join later; otherwise on one shard, to see
  // whether it is right, and on others when they are used.
  const bool local = action.verb == SettingVerb::kSetLocal;
  if (local && (block_ == Block::kNone || block_ == Block::kBatch)) {
    SendNotice("25P01", "SET LOCAL can only be used in transaction blocks", wire::Severity::kWarning);
    if (block_ == Block::kNone) {
      SendComplete("SET");
      co_return true;
    }
  }
  absl::StatusOr<Backend*> first = co_await Enlist(where, Intent::kRead);
  if (!first.ok()) co_return Fail(ToSqlError(first.status()));
  const bool is_identity = action.name == "role" || action.name == "session_authorization";
  const std::string identity = action.values.empty() ? std::string() : action.values.front();
  if (is_identity) {
    const absl::Status fits = co_await CheckIdentity(**first, action.name, identity, local);
    if (!fits.ok()) co_return Fail(ToSqlError(fits));
  }
  // In session mode there may be others that have no part in this; they follow when they are used.
  std::vector<Backend*> concerned;
  for (auto& backend : backends_) {
    if (backend.get() == *first || backend->joined || backend->in_batch) concerned.push_back(backend.get());
  }
  for (Backend* backend : concerned) {
    backend->error.reset();
    SendSimple(*backend, plan->text, Handling::kSwallow);
  }
  // The client's own defaults, given at startup, are not the servers'.
  std::vector<std::string> defaults;
  if (action.verb == SettingVerb::kReset || action.is_default) defaults = settings_.DefaultStatements(action.name);
  if (action.verb == SettingVerb::kResetAll) defaults = settings_.DefaultStatements("");
  // It makes the role inactive, but PostgreSQL would remember it.
  if (action.name == "session_authorization") defaults.emplace_back("SET ROLE NONE");
  if (local) {
    for (std::string& statement : defaults) statement.replace(0, std::string_view("SET").size(), "SET LOCAL");
  }
  for (Backend* backend : concerned) {
    for (const std::string& statement : defaults) SendSimple(*backend, statement, Handling::kSwallow);
  }
  co_await AwaitServers();
  if (ClientGone()) co_return false;
  for (Backend* backend : concerned) {
    if (!backend->error.has_value()) continue;
    SqlError error = *std::move(backend->error);
    backend->error.reset();
    if (error.position > 0) error.position += position_shift;
    // SET ROLE NONE has been heard all the same.
    if (action.name == "session_authorization") ForgetRole(concerned);
    co_return Fail(std::move(error));
  }
  if (block_ != Block::kNone) {
    script_.Make().push_back({plan->text, false});
    for (const std::string& statement : defaults) script_.Make().push_back({statement, false});
  }
  if (!local) {
    switch (action.verb) {
      case SettingVerb::kSet:
        if (action.is_default) {
          settings_.Reset(action.name);
        } else if (!action.several.empty()) {
          for (const auto& [name, value] : action.several) settings_.Set(name, SetStatement(name, value));
        } else {
          settings_.Set(action.name, plan->text);
        }
        break;
      case SettingVerb::kReset:
        settings_.Reset(action.name);
        break;
      case SettingVerb::kResetAll:
        settings_.ResetAll(false);
        break;
      case SettingVerb::kSetLocal:
      case SettingVerb::kShow:
        break;
    }
    for (Backend* backend : concerned) backend->lease->applied_settings = settings_.current();
    if (action.name == "search_path" || action.verb == SettingVerb::kResetAll) {
      if (local_paths_) {
        NoteLocalPath(nullptr);
      } else {
        RememberSearchPath();
      }
    }
  } else if (action.name == "search_path" && block_ != Block::kNone && action.verb == SettingVerb::kSetLocal) {
    SearchPathPtr path = default_search_path_;
    if (!action.is_default || !defaults.empty()) {
      path = std::make_shared<const std::vector<std::string>>(action.is_default ? ReadSearchPath(defaults.front())
                                                                                : action.values);
    }
    NoteLocalPath(std::move(path));
  }
  if (is_identity) NoteIdentity(identity, local);
  SendComplete(action.verb == SettingVerb::kReset || action.verb == SettingVerb::kResetAll ? "RESET" : "SET");
  co_return true;
}

net::Task<bool> Session::RunDiscard(const plan::DiscardStatement& action) {
  using plan::DiscardTarget;
  if (action.target == DiscardTarget::kAll) {
    if (block_ != Block::kNone) {
      co_return Fail(BarredInBlock("DISCARD ALL"));
    }
    // What a pooled connection carries for a client is its settings and statements: both are the session's own.
    settings_.ResetAll(true);
    RememberSearchPath();
    prepared_.ClearNamed();
    portals_.Clear();
    if (listening_) {
      listening_->steps.push_back({plan::ListenVerb::kUnlistenAll, "", 0});
      ListenAfterCommit(true);
    }
    for (auto& backend : backends_) {
      if ((!backend->kept && !backend->suspect && !backend->touched) || backend->lost) continue;
      absl::Status discarded = co_await RunQuietly(*backend, "DISCARD ALL");
      if (!discarded.ok()) co_return Fail(ToSqlError(discarded));
      backend->lease->applied_settings.clear();
      backend->lease->prepared.Clear();
      backend->unnamed_statement = 0;
      backend->pins.Clear();
      backend->suspect = false;
    }
    temporary_.reset();
    temporary_changed_ = false;
    cursors_.reset();
    // Clients learn of settings that changed back.
    absl::StatusOr<Backend*> home = co_await Enlist(local_->snapshot->map->home(), Intent::kRead);
    if (!home.ok()) co_return Fail(ToSqlError(home.status()));
    absl::Status applied = co_await ApplySettings(**home);
    if (!applied.ok()) co_return Fail(ToSqlError(applied));
    SendComplete("DISCARD ALL");
    co_return true;
  }
  Backend* home = Find(local_->snapshot->map->home());
  if (action.target == DiscardTarget::kTemp && home != nullptr && (home->kept || home->suspect)) {
    absl::StatusOr<Backend*> enlisted = co_await Enlist(home->shard, Intent::kRead);
    if (!enlisted.ok()) co_return Fail(ToSqlError(enlisted.status()));
    home = *enlisted;
    home->suspect = temporary_changed_ = true;
    absl::Status done = co_await RunQuietly(*home, "DISCARD TEMP");
    if (!done.ok()) co_return Fail(ToSqlError(done));
  }
  // Plans belong to statements that are shared, and sequences are not cached for a client.
  SendComplete(action.target == DiscardTarget::kPlans       ? "DISCARD PLANS"
               : action.target == DiscardTarget::kSequences ? "DISCARD SEQUENCES"
                                                            : "DISCARD TEMP");
  co_return true;
}

}  // namespace pgshoal::session
