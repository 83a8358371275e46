// Cursors and portals: those of one shard are the shard's own; for those of several, each shard has a portal of its own,
// of which portions are asked and merged.

#include "router/session/cursors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/operation_limits.hpp"
#include "router/merge/merger.hpp"
#include "router/session/merge_setup.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {

MergedRows::MergedRows() = default;
MergedRows::~MergedRows() = default;

void MergedRows::OnMessage(Backend& from, char type, std::string_view body) {
  const auto it =
      std::find_if(sources.begin(), sources.end(), [&](const Source& source) { return source.backend == &from; });
  if (it == sources.end()) return;
  const std::size_t index = static_cast<std::size_t>(it - sources.begin());
  if (type == wire::backend::kParseComplete) {
    if (index == 0) parsed = true;
  } else if (type == wire::backend::kRowDescription) {
    if (shard_description.empty()) shard_description = std::string(body);
  } else if (type == wire::backend::kDataRow) {
    if (status.ok() && !merger->Finished()) status = merger->AddRow(index, body);
  } else if (type == wire::backend::kCommandComplete || type == wire::backend::kEmptyQuery) {
    it->done = true;
    merger->SourceDone(index);
  }
}

const Cursor* Cursors::Find(std::string_view name) const {
  auto it = cursors_.find(name);
  return it == cursors_.end() ? nullptr : &it->second;
}

void Cursors::Erase(std::string_view name) {
  if (auto it = cursors_.find(name); it != cursors_.end()) cursors_.erase(it);
}

std::size_t Cursors::Merged() const {
  return static_cast<std::size_t>(
      std::count_if(cursors_.begin(), cursors_.end(), [](const auto& entry) { return entry.second.rows != nullptr; }));
}

std::vector<ShardId> Cursors::Shards() const {
  std::vector<ShardId> shards;
  for (const auto& [name, cursor] : cursors_) {
    if (cursor.rows == nullptr && std::find(shards.begin(), shards.end(), cursor.shard) == shards.end()) {
      shards.push_back(cursor.shard);
    }
  }
  return shards;
}

bool Cursors::EndTransaction() {
  std::erase_if(cursors_, [](const auto& entry) { return !entry.second.hold; });
  return cursors_.empty();
}

void Cursors::RollbackTo(std::size_t depth) {
  std::erase_if(cursors_, [depth](const auto& entry) { return entry.second.depth > depth; });
}

void Cursors::Release(std::size_t depth) {
  for (auto& [name, cursor] : cursors_) cursor.depth = std::min(cursor.depth, depth);
}

void Cursors::KeepHeld(ShardId shard, const std::vector<std::string>& names) {
  std::erase_if(cursors_, [&](const auto& entry) {
    return entry.second.hold && entry.second.shard == shard &&
           std::find(names.begin(), names.end(), entry.first) == names.end();
  });
}

// ---- What the session does with them --------------------------------------------------------------------------------

std::optional<SqlError> Session::NameTaken(const plan::Plan& plan) {
  const plan::CursorDeclaration& declared = *plan.declares;
  // Outside of a block the server has something else to say.
  if (block_ == Block::kNone && !declared.hold) return std::nullopt;
  if (FindCursor(declared.name) == nullptr && !portals_.Contains(declared.name)) return std::nullopt;
  return SqlError{std::string(sqlstate::kDuplicateCursor), fmt::format("cursor \"{}\" already exists", declared.name)};
}

void Session::NoteCursor(const plan::Plan& plan, ShardId shard) {
  if (!cursors_) cursors_ = std::make_unique<Cursors>();
  cursors_->Add(plan.declares->name, {shard, nullptr, plan.declares->hold, savepoints_->size()});
}

std::size_t Session::OpenMergedRows() {
  std::size_t open = cursors_ ? cursors_->Merged() : 0;
  for (const auto& [name, portal] : portals_.named()) open += portal.rows != nullptr ? 1 : 0;
  const Portal* unnamed = portals_.Find("");
  return open + (unnamed != nullptr && unnamed->rows != nullptr ? 1 : 0);
}

// Where FETCH, MOVE or CLOSE runs; nothing: here.
std::optional<ShardId> Session::CursorShard(const plan::CursorCommand& command) const {
  const Cursor* cursor = FindCursor(command.name);
  if (cursor != nullptr) return cursor->rows == nullptr ? std::optional<ShardId>(cursor->shard) : std::nullopt;
  if (command.name.empty()) return std::nullopt;
  // A portal of the protocol is a cursor too.
  auto portal = portals_.named().find(command.name);
  if (portal != portals_.named().end()) return portal->second.shard;
  return local_->snapshot->map->home();
}

void Session::ReleasePortals(std::size_t depth) {
  const auto release = [depth](const Portal& portal) {
    if (portal.rows != nullptr) portal.rows->depth = std::min(portal.rows->depth, depth);
  };
  for (const auto& [name, portal] : portals_.named()) release(portal);
  if (const Portal* unnamed = portals_.Find(""); unnamed != nullptr) release(*unnamed);
}

void Session::RollbackPortals(std::size_t depth) {
  std::vector<std::string> gone;
  const auto ends = [depth](const Portal& portal) { return portal.rows != nullptr && portal.rows->depth > depth; };
  for (const auto& [name, portal] : portals_.named()) {
    if (ends(portal)) gone.push_back(name);
  }
  if (const Portal* unnamed = portals_.Find(""); unnamed != nullptr && ends(*unnamed)) gone.emplace_back();
  for (const std::string& name : gone) portals_.Erase(name);
}

std::string Session::DescribeCursor(const plan::CursorCommand& command) const {
  std::string bytes;
  const Cursor* cursor = FindCursor(command.name);
  std::shared_ptr<MergedRows> rows;
  if (cursor != nullptr) {
    rows = cursor->rows;
  } else if (const auto portal = portals_.named().find(command.name); portal != portals_.named().end()) {
    rows = portal->second.rows;
  }
  if (rows != nullptr && command.verb == plan::CursorVerb::kFetch) {
    wire::AppendMessage(&bytes, wire::backend::kRowDescription, rows->description);
  } else {
    wire::AppendNoData(&bytes);
  }
  return bytes;
}

net::Task<bool> Session::OpenRows(std::shared_ptr<MergedRows>* opened, PlanPtr plan, const plan::StreamSpec& spec,
                                  const plan::Selection& selection, Portal* portal, int position_shift) {
  static thread_local std::uint64_t number = 0;
  auto rows = std::make_shared<MergedRows>();
  std::vector<std::int16_t> client_formats;
  if (portal != nullptr && !plan->declares.has_value()) client_formats = portal->result_formats;
  absl::StatusOr<MergeSetup> setup = SetUpMerge(spec, selection, portal, client_formats);
  if (!setup.ok()) co_return Fail(ToSqlError(setup.status()));
  rows->plan = plan;
  rows->spec = &spec;
  rows->merger = std::move(setup->merger);
  rows->portal = fmt::format("pgshoal_rows_{}", ++number);
  rows->depth = savepoints_->size();
  for (ShardId shard : selection.shards) {
    absl::StatusOr<Backend*> backend = co_await Enlist(shard, Intent::kRead);
    if (!backend.ok()) co_return Fail(ToSqlError(backend.status()));
    rows->sources.push_back({*backend, false});
  }
  const std::vector<Oid> types = portal != nullptr ? portal->statement->planned->types : std::vector<Oid>();
  for (const MergedRows::Source& source : rows->sources) {
    Backend* backend = source.backend;
    backend->error.reset();
    backend->sink = rows.get();
    backend->unnamed_statement = 0;
    std::string* out = backend->Output();
    if (backend == rows->sources.front().backend) {
      // The client's own text first, only to be looked at: its errors are reported where they stand there.
      wire::AppendParse(out, "", plan->text, types);
      backend->Expect(Request::kParse, Handling::kSink);
    }
    wire::AppendParse(out, "", spec.shard_sql, types);
    if (portal != nullptr) {
      wire::AppendBind(out, rows->portal, "", portal->raw_parameters, setup->shard_formats);
    } else {
      wire::AppendBind(out, rows->portal, "", std::span<const std::int16_t>(), {}, setup->shard_formats);
    }
    wire::AppendDescribe(out, 'P', rows->portal);
    for (Request request : {Request::kParse, Request::kBind, Request::kDescribePortal}) {
      backend->Expect(request, Handling::kSink);
    }
    EndRequests(*backend);
  }
  const bool alive = co_await AwaitAnswers();
  std::optional<SqlError> error;
  for (const MergedRows::Source& source : rows->sources) {
    source.backend->sink = nullptr;
    if (source.backend->error.has_value() && !error.has_value()) {
      error = source.backend->error;
      const bool own_words = &source == &rows->sources.front() && !rows->parsed;
      error->position = own_words && error->position > 0 ? error->position + position_shift : 0;
    }
    source.backend->error.reset();
  }
  if (!alive) co_return false;
  if (error.has_value()) co_return Fail(*std::move(error));
  absl::StatusOr<std::string> description =
      merge::DescribeForClient(spec, rows->shard_description, setup->options.client_formats);
  if (!description.ok()) co_return Fail(ToSqlError(description.status()));
  rows->description = *std::move(description);
  *opened = std::move(rows);
  co_return true;
}

// Inside a transaction block Sync ends nothing; in a batch without one, the portals must outlive the answer.
void Session::EndRequests(Backend& backend) {
  if (block_ != Block::kNone) {
    wire::AppendSync(backend.Output());
    backend.Expect(Request::kSync, Handling::kSwallow);
  } else {
    wire::AppendFlush(backend.Output());
    backend.in_batch = true;
    backend.bound = true;
    if (batch_backend_ == nullptr) batch_backend_ = &backend;
  }
}

net::Task<std::optional<std::uint64_t>> Session::FetchRows(std::shared_ptr<MergedRows> rows,
                                                           std::optional<std::uint64_t> wanted, bool send) {
  std::uint64_t given = 0;
  std::string nowhere;
  std::optional<SqlError> error;
  while (!error.has_value()) {
    const bool reads = co_await ClientReads();
    if (!reads) co_return std::nullopt;
    const std::uint64_t left = wanted.has_value() ? *wanted - given : std::numeric_limits<std::uint64_t>::max();
    if (left == 0) co_return given;
    nowhere.clear();
    const std::size_t before = ToClient().size();
    absl::StatusOr<std::uint64_t> drained = rows->merger->Drain(send ? &ToClient() : &nowhere, left);
    if (!drained.ok()) {
      error = ToSqlError(drained.status());
      break;
    }
    if (Converts()) {
      if (const absl::Status convertible = KeepRepresentable(&ToClient(), before); !convertible.ok()) {
        error = ToSqlError(convertible);
        break;
      }
    }
    given += *drained;
    if (*drained > 0) continue;
    if (rows->merger->Finished()) co_return given;
    bool asked = false;
    for (std::size_t i = 0; i < rows->sources.size(); ++i) {
      const MergedRows::Source& source = rows->sources[i];
      if (source.done || !rows->merger->Wants(i)) continue;
      asked = true;
      source.backend->error.reset();
      source.backend->sink = rows.get();
      const std::uint64_t portion = std::min<std::uint64_t>(left, limits::kFetchedAtATime);
      wire::AppendExecute(source.backend->Output(), rows->portal, static_cast<std::int32_t>(portion));
      source.backend->Expect(Request::kExecute, Handling::kSink);
      EndRequests(*source.backend);
    }
    if (!asked) error = SqlError{std::string(sqlstate::kInternalError), "the shards' answers ended too early"};
    const bool alive = co_await AwaitAnswers();
    for (const MergedRows::Source& source : rows->sources) {
      source.backend->sink = nullptr;
      if (source.backend->error.has_value() && !error.has_value()) {
        error = source.backend->error;
        error->position = 0;  // it would point into the shards' text
      }
      source.backend->error.reset();
    }
    if (!alive) co_return std::nullopt;
    if (!rows->status.ok() && !error.has_value()) error = ToSqlError(rows->status);
  }
  Fail(*error);
  co_return std::nullopt;
}

// Execute of a portal whose rows come from several shards, with a row limit or after one.
net::Task<bool> Session::FetchPortal(PlanPtr plan, Portal* portal) {
  if (portal->rows == nullptr) {
    if (OpenMergedRows() >= limits::kMaxMergedRows) {
      co_return Fail({std::string(sqlstate::kProgramLimitExceeded), "too many open cursors", 0, "",
                      "Close those that are no longer used."});
    }
    const auto& routed = std::get<plan::RunRouted>(plan->action);
    const bool opened = co_await OpenRows(&portal->rows, plan, *routed.stream, portal->selection, portal, 0);
    if (!opened) co_return false;
  }
  const std::shared_ptr<MergedRows> rows = portal->rows;
  co_return co_await ExecuteRows(rows, portal->max_rows);
}

// Execute, as it answers.
net::Task<bool> Session::ExecuteRows(std::shared_ptr<MergedRows> rows, std::int32_t max_rows) {
  std::optional<std::uint64_t> wanted;
  if (max_rows > 0) wanted = static_cast<std::uint64_t>(max_rows);
  const std::optional<std::uint64_t> given = co_await FetchRows(rows, wanted, true);
  if (!given.has_value()) co_return false;
  if (wanted.has_value() && *given == *wanted) {
    wire::AppendPortalSuspended(&ToClient());
  } else {
    wire::AppendCommandComplete(&ToClient(), "SELECT", *given);
  }
  co_return true;
}

// The shards' portals are not needed any longer.
net::Task<void> Session::CloseRows(std::shared_ptr<MergedRows> rows) {
  for (const MergedRows::Source& source : rows->sources) {
    if (source.backend->lost || source.backend->skipping) continue;
    wire::AppendClose(source.backend->Output(), 'P', rows->portal);
    source.backend->Expect(Request::kClose, Handling::kSwallow);
    EndRequests(*source.backend);
  }
  co_await AwaitAnswers();
}

net::Task<bool> Session::RunDeclareMerged(PlanPtr plan, const plan::RunRouted& query, const plan::Selection& selection,
                                          Portal* portal, int position_shift) {
  const std::string& name = plan->declares->name;
  if (block_ == Block::kNone) {
    co_return Fail({std::string(sqlstate::kNoActiveSqlTransaction),
                    "DECLARE CURSOR can only be used in transaction blocks"});
  }
  if (std::optional<SqlError> taken = NameTaken(*plan); taken.has_value()) co_return Fail(*taken);
  if (OpenMergedRows() >= limits::kMaxMergedRows) {
    co_return Fail({std::string(sqlstate::kProgramLimitExceeded), "too many open cursors", 0, "",
                    "Close those that are no longer used."});
  }
  std::shared_ptr<MergedRows> rows;
  const bool opened = co_await OpenRows(&rows, plan, *query.stream, selection, portal, position_shift);
  if (!opened) co_return false;
  Cursor cursor;
  cursor.shard = local_->snapshot->map->home();
  cursor.depth = savepoints_->size();
  cursor.rows = std::move(rows);
  if (!cursors_) cursors_ = std::make_unique<Cursors>();
  cursors_->Add(name, std::move(cursor));
  SendComplete("DECLARE CURSOR");
  co_return true;
}

// CLOSE ALL, wherever there may be cursors; a transaction that has not begun anywhere has none.
net::Task<bool> Session::CloseAllCursors() {
  if (cursors_) {
    const std::vector<ShardId> shards = cursors_->Shards();
    for (ShardId shard : shards) {
      absl::StatusOr<Backend*> backend = co_await Enlist(shard, Intent::kRead);
      if (!backend.ok()) co_return Fail(ToSqlError(backend.status()));
    }
  }
  for (auto& backend : backends_) {
    if (block_ != Block::kNone && !backend->joined) continue;
    backend->suspect |= backend->pins.Has(Pin::kHeldCursor);
    absl::Status closed = co_await RunQuietly(*backend, "CLOSE ALL");
    if (!closed.ok()) co_return Fail(ToSqlError(closed));
  }
  cursors_.reset();
  std::vector<std::string> names;
  for (const auto& [name, portal] : portals_.named()) names.push_back(name);
  for (const std::string& name : names) portals_.Erase(name);
  SendComplete("CLOSE CURSOR ALL");
  co_return true;
}

net::Task<bool> Session::RunCursor(PlanPtr plan, const plan::CursorCommand& action, Portal* portal,
                                   int position_shift) {
  if (action.name.empty()) {
    co_return co_await CloseAllCursors();
  }
  if (const std::optional<ShardId> shard = CursorShard(action); shard.has_value()) {
    absl::StatusOr<Backend*> backend = co_await Enlist(*shard, Intent::kRead);
    if (!backend.ok()) co_return Fail(ToSqlError(backend.status()));
    (*backend)->position_shift = position_shift;
    const bool closes = action.verb == plan::CursorVerb::kClose;
    (*backend)->suspect |= closes && (*backend)->pins.Has(Pin::kHeldCursor);
    SendSimple(**backend, plan->text, Handling::kForward);
    const bool alive = co_await AwaitAnswers();
    if (!alive || error_sent_) co_return false;
    if (closes && cursors_) cursors_->Erase(action.name);
    if (closes) portals_.Erase(action.name);
    co_return true;
  }
  const Portal* own = FindCursor(action.name) == nullptr ? portals_.Find(action.name) : nullptr;
  const std::shared_ptr<MergedRows> rows = own != nullptr ? own->rows : FindCursor(action.name)->rows;
  if (action.verb != plan::CursorVerb::kClose && own != nullptr &&
      (rows == nullptr || std::count(own->result_formats.begin(), own->result_formats.end(), 0) !=
                              static_cast<std::ptrdiff_t>(own->result_formats.size()))) {
    co_return Fail(ToSqlError(Refuse("FETCH or MOVE of a portal over several shards that is not open, or in binary", 0,
                                     "Use Execute with a row limit, or DECLARE a cursor.")));
  }
  if (action.verb == plan::CursorVerb::kClose) {
    if (own != nullptr) {
      portals_.Erase(action.name);
    } else {
      cursors_->Erase(action.name);
    }
    if (rows != nullptr) co_await CloseRows(rows);
    SendComplete("CLOSE CURSOR");
    co_return !ClientGone();
  }
  if (!action.rows.has_value()) {
    co_return Fail(ToSqlError(Refuse("a cursor over several shards goes forward only", 0, "Use FETCH FORWARD.")));
  }
  const bool fetches = action.verb == plan::CursorVerb::kFetch;
  const bool binary = fetches && portal != nullptr &&
                      std::any_of(portal->result_formats.begin(), portal->result_formats.end(),
                                  [](std::int16_t format) { return format != 0; });
  if (binary) {
    co_return Fail(ToSqlError(Refuse("FETCH from several shards in binary format", 0, "Fetch in text format.")));
  }
  if (fetches && (portal == nullptr || portal->describe_rows)) {
    wire::AppendMessage(&ToClient(), wire::backend::kRowDescription, rows->description);
  }
  std::optional<std::uint64_t> wanted = action.rows;
  if (*wanted == std::numeric_limits<std::uint64_t>::max()) wanted.reset();
  const std::optional<std::uint64_t> given = co_await FetchRows(rows, wanted, fetches);
  if (!given.has_value()) co_return false;
  wire::AppendCommandComplete(&ToClient(), fetches ? "FETCH" : "MOVE", *given);
  co_return true;
}

}  // namespace pgshoal::session
