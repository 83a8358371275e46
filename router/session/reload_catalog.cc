// Reading the catalog again for a statement that has changed it.

#include "router/catalog/catalog_rows.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
net::Task<absl::Status> Session::OnControlThread(absl::AnyInvocable<absl::Status()> work) {
  struct Answer {
    absl::Status status;
    bool arrived = false;
  };
  auto answer = std::make_shared<Answer>();
  auto done = [answer, ticket = Ticket()](absl::Status status) {
    answer->status = status;
    answer->arrived = true;
    if (ticket->event != nullptr) ticket->event->Notify();
  };
  shared_.RunBlocking(std::move(work), worker_->reactor->MakePoster(), std::move(done));
  while (!answer->arrived) co_await event_.Wait();
  local_->Current();
  co_return answer->status;
}

// Waits for the control thread to read the catalog again, so that the next statement, of any client, sees what this one
// changed. Inside a block that is not yet committed only this session may see it.
net::Task<absl::Status> Session::ReloadCatalog() {
  if (temporary_ != nullptr) {
    // DROP … CASCADE reaches them, and a rollback brings them back.
    temporary_changed_ = true;
    if (Backend* home = Find(local_->snapshot->map->home()); home != nullptr) home->suspect = true;
  }
  if (block_ != Block::kNone && catalog_changed_) {
    absl::Status status = co_await ReloadCatalogInBlock();
    co_return status;
  }
  auto work = [shared = &shared_, database = local_->database] { return shared->Reload(*database); };
  net::Task<absl::Status> reload = OnControlThread(std::move(work));
  const absl::Status reloaded = co_await reload;
  co_return reloaded;
}

// A server connection of the client's own tells best what is wrong, if anything is.
net::Task<absl::Status> Session::LoadDatabase() {
  if (local_->Current() != nullptr) co_return absl::OkStatus();
  const shardmap::MapPtr map = local_->database->map();
  net::Task<absl::StatusOr<exec::Lease>> borrow =
      Borrow(shared_.PoolFor(*local_->database, *map, map->home(), user_));
  absl::StatusOr<exec::Lease> lease = co_await borrow;
  if (!lease.ok()) co_return lease.status();
  lease->Return();
  auto work = [shared = &shared_, database = local_->database, user = user_] {
    return shared->LoadFor(*database, user);
  };
  net::Task<absl::Status> load = OnControlThread(std::move(work));
  const absl::Status loaded = co_await load;
  co_return loaded;
}

// The home shard's own transaction tells what the block has done to the catalogs.
net::Task<absl::Status> Session::ReloadCatalogInBlock() {
  class RowSink : public MessageSink {
   public:
    void OnMessage(Backend&, char type, std::string_view body) override {
      if (type == wire::backend::kRowDescription) {
        results.emplace_back();
      } else if (type == wire::backend::kDataRow && wire::DecodeDataRow(body, &values_).ok()) {
        catalog::CatalogRow& row = results.back().emplace_back();
        for (const wire::Value& value : values_) {
          row.push_back(value.is_null ? catalog::Field{} : catalog::Field{std::string(value.bytes)});
        }
      }
    }
    bool Wants(const Backend&) const override { return true; }
    catalog::CatalogResults results;

   private:
    std::vector<wire::Value> values_;
  };
  const shardmap::MapPtr map = Current()->map;
  absl::StatusOr<Backend*> home = co_await Enlist(map->home(), Intent::kRead);
  if (!home.ok()) co_return home.status();
  Backend& backend = **home;
  RowSink sink;
  backend.error.reset();
  backend.sink = &sink;
  SendSimple(backend, "SAVEPOINT pgshoal_catalog; SET LOCAL search_path = pg_catalog", Handling::kSwallow);
  for (std::string_view query : catalog::CatalogQueries()) SendSimple(backend, query, Handling::kSink);
  SendSimple(backend, "ROLLBACK TO pgshoal_catalog; RELEASE pgshoal_catalog", Handling::kSwallow);
  co_await AwaitServers();
  backend.sink = nullptr;
  if (backend.error.has_value()) {
    SqlError error = *std::move(backend.error);
    backend.error.reset();
    co_return ToStatus(error);
  }
  if (backend.lost) co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to a shard was lost");
  absl::StatusOr<std::shared_ptr<const catalog::Catalog>> catalog = catalog::BuildCatalog(sink.results, 0);
  if (!catalog.ok()) co_return catalog.status();
  block_snapshot_ = std::make_shared<const Snapshot>(Snapshot{map, *std::move(catalog)});
  co_return absl::OkStatus();
}

}  // namespace pgshoal::session
