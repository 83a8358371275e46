// What stays behind in a server's session and belongs to one client: temporary relations, cursors WITH HOLD, advisory
// locks. The server itself is asked what there is, once a statement has run that may have changed it; as long as there
// is something, the connection stays with the client.

#include <atomic>

#include "router/catalog/catalog_rows.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// Rows of kind, name, …: 'h' a held cursor, 'a' an advisory lock, 'r' a temporary relation (its kind, the table of an
// index), 'c' a column of the relation before it.
constexpr char kProbe[] = R"sql(
select 'h', c.name, '', '', '' from pg_catalog.pg_cursors c where c.is_holdable
union all
(select 'a', '', '', '', '' from pg_catalog.pg_locks l
 where l.locktype = 'advisory' and l.pid = pg_catalog.pg_backend_pid() limit 1)
union all
select * from (
  select case when a.attnum is null then 'r' else 'c' end, coalesce(a.attname, c.relname)::pg_catalog.text,
         coalesce(a.atttypid::pg_catalog.text, c.relkind::pg_catalog.text),
         coalesce(a.atttypmod::pg_catalog.text, t.relname::pg_catalog.text, ''),
         case when a.attcollation = 0 then 'n'
              when not l.collisdeterministic then 'i'
              when a.attcollation = 100 then 'x'
              when l.collname in ('C', 'POSIX') then 'c' else 'd' end
  from pg_catalog.pg_class c
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
    left join pg_catalog.pg_class t on t.oid = i.indrelid
    left join (select attrelid, attnum, attname, atttypid, atttypmod, attcollation from pg_catalog.pg_attribute
               where attnum > 0 and not attisdropped
               union all select oid, null, null, null, null, null from pg_catalog.pg_class) a on a.attrelid = c.oid
    left join pg_catalog.pg_collation l on l.oid = a.attcollation
  where c.relnamespace = pg_catalog.pg_my_temp_schema() and c.relkind in ('r', 'p', 'v', 'S', 'i', 'I')
  order by c.oid, a.attnum nulls first) x)sql";

class ProbeSink : public MessageSink {
 public:
  explicit ProbeSink(catalog::Collation database) : database_(database) {}
  void OnMessage(Backend&, char type, std::string_view body) override {
    std::vector<wire::Value> row;
    if (type == wire::backend::kCommandComplete) complete = true;
    if (type != wire::backend::kDataRow || !wire::DecodeDataRow(body, &row).ok() || row.size() != 5) return;
    const char kind = row[0].bytes.empty() ? ' ' : row[0].bytes[0];
    const std::string name(row[1].bytes);
    if (kind == 'h') held.push_back(name);
    if (kind == 'a') locks = true;
    if (kind == 'r') AddRelation(name, row[2].bytes, row[3].bytes);
    if (kind == 'c' && !relations.empty()) AddColumn(name, row[2].bytes, row[3].bytes, row[4].bytes);
  }
  bool Wants(const Backend&) const override { return true; }

  bool complete = false, locks = false;
  std::vector<std::string> held;
  std::vector<catalog::Relation> relations;

 private:
  void AddRelation(const std::string& name, std::string_view kind, std::string_view table) {
    catalog::Relation& relation = relations.emplace_back();
    relation.schema = "pg_temp";
    relation.name = name;
    relation.owning_table = std::string(table);
    const char letter = kind.empty() ? 'r' : kind[0];
    relation.kind = letter == 'v'                    ? catalog::RelationKind::kView
                    : letter == 'S'                  ? catalog::RelationKind::kSequence
                    : letter == 'i' || letter == 'I' ? catalog::RelationKind::kIndex
                    : letter == 'p'                  ? catalog::RelationKind::kPartitionedTable
                                                     : catalog::RelationKind::kTable;
  }
  void AddColumn(const std::string& name, std::string_view type, std::string_view typmod, std::string_view collation) {
    catalog::Column& column = relations.back().columns.emplace_back();
    column.name = name;
    column.type = catalog::Field{std::string(type)}.as<Oid>();
    column.typmod = catalog::Field{std::string(typmod)}.as<std::int32_t>();
    const char letter = collation.empty() ? 'd' : collation[0];
    column.collation = letter == 'n'   ? catalog::Collation::kNone
                       : letter == 'x' ? database_
                       : letter == 'c' ? catalog::Collation::kC
                       : letter == 'i' ? catalog::Collation::kNondeterministic
                                       : catalog::Collation::kDeterministic;
  }
  catalog::Collation database_;
};

}  // namespace

void Session::NoteEffects(Backend& backend, const plan::Plan& plan) {
  backend.touched |= plan.leaves_state;
  backend.suspect |= plan.may_pin;
  temporary_changed_ |= plan.changes_temporary;
  used_temporary_ |= block_ != Block::kNone && (plan.names_temporary || plan.changes_temporary);
}

// Asks the server what it holds for this client. Inside a transaction only the temporary relations are of interest: what
// becomes of the rest is known at its end.
net::Task<void> Session::Inspect(Backend& backend) {
  ProbeSink found(Current()->catalog->default_collation());
  const bool in_batch = backend.in_batch && block_ == Block::kNone;
  backend.error.reset();
  backend.sink = &found;
  if (in_batch) {
    // A plain query would commit the batch.
    wire::AppendParse(backend.Output(), "", kProbe, {});
    wire::AppendBind(backend.Output(), "pgshoal_probe", "", std::span<const std::int16_t>(), {}, {});
    wire::AppendExecute(backend.Output(), "pgshoal_probe", 0);
    wire::AppendClose(backend.Output(), 'P', "pgshoal_probe");
    wire::AppendFlush(backend.Output());
    backend.unnamed_statement = 0;
    for (Request request : {Request::kParse, Request::kBind, Request::kExecute, Request::kClose}) {
      backend.Expect(request, Handling::kSink);
    }
  } else {
    SendSimple(backend, kProbe, Handling::kSink);
  }
  co_await AwaitServers();
  backend.sink = nullptr;
  const bool known = found.complete && !backend.error.has_value() && !backend.lost;
  backend.error.reset();
  const bool at_rest = block_ == Block::kNone && !in_batch;
  if (!known) {
    // It may hold something: kept, and asked again after the next statement.
    if (at_rest) backend.pins.Set(Pin::kUnknown);
    if (in_batch && !backend.lost) {
      SendError({std::string(sqlstate::kQueryCanceled), "canceling statement due to user request"});
      skip_until_sync_ = true;  // as the server does
    }
    co_return;
  }
  if (backend.shard == local_->snapshot->map->home()) {
    temporary_changed_ = false;
    temporary_.reset();
    if (!found.relations.empty()) {
      static std::atomic<std::uint64_t> versions{0};
      temporary_ = std::make_unique<Temporary>();
      temporary_->relations = std::move(found.relations);
      temporary_->version = versions.fetch_add(1) + 1;
      temporary_->snapshot = local_->database->version();
    }
  }
  if (!at_rest) co_return;
  backend.pins.Clear();
  backend.pins.Set(Pin::kHeldCursor, !found.held.empty());
  if (cursors_) cursors_->KeepHeld(backend.shard, found.held);
  backend.pins.Set(Pin::kAdvisoryLock, found.locks);
  backend.pins.Set(Pin::kTemporary, backend.shard == local_->snapshot->map->home() && temporary_ != nullptr);
  backend.suspect = false;
}

net::Task<void> Session::RefreshTemporary() {
  if (failed_ || skip_until_sync_) co_return;  // nothing can be asked now, nor will anything run
  temporary_changed_ = false;
  Backend* home = Find(local_->snapshot->map->home());
  if (home == nullptr || home->lost) {
    temporary_.reset();
    co_return;
  }
  for (auto& backend : backends_) {
    if (backend->in_batch && backend->Busy()) wire::AppendFlush(backend->Output());
  }
  co_await AwaitServers();
  if (!skip_until_sync_) co_await Inspect(*home);
}

bool Session::MustSettle() const {
  if (block_ != Block::kNone || ended_) return false;
  if (temporary_changed_) return true;
  for (const auto& backend : backends_) {
    if (backend->suspect || (backend->touched && backend->pins.Any())) return true;
  }
  return false;
}

net::Task<void> Session::Settle() {
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    Backend& backend = *backends_[i];
    if (backend.lost || backend.Busy() || backend.status != 'I' || backend.in_batch) continue;
    if (backend.suspect) co_await Inspect(backend);
    if (backend.touched && backend.pins.Any() && !backend.lost) co_await RestoreSettings(backend);
  }
  const Backend* home = Find(local_->snapshot->map->home());
  if (home == nullptr) temporary_.reset();
  temporary_changed_ = home != nullptr && home->suspect;
}

// Settings that code has left on a connection that stays: as on all others, they last until the end of the transaction.
net::Task<void> Session::RestoreSettings(Backend& backend) {
  backend.error.reset();
  SendSimple(backend, "SET SESSION AUTHORIZATION DEFAULT", Handling::kSwallow);
  SendSimple(backend, "RESET ALL", Handling::kSwallow);
  co_await AwaitServers();
  backend.lease->applied_settings.clear();
  const bool restored = !backend.error.has_value() && !backend.lost;
  backend.error.reset();
  if (!restored) co_return;
  const absl::Status applied = co_await ApplySettings(backend);
  backend.touched = !applied.ok();
}

}  // namespace pgshoal::session
