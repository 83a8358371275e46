// Reading the catalog again for a statement that has changed it.

#include "router/catalog/catalog_rows.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
// Waits for the control thread to read the catalog again, so that the next statement, of any client, sees what this one
// changed. Inside a block that is not yet committed only this session may see it.
net::Task<absl::Status> Session::ReloadCatalog() {
  if (temporary_ != nullptr) {
    // DROP … CASCADE reaches them, and a rollback brings them back.
    temporary_changed_ = true;
    if (Backend* home = Find(worker_->snapshot->map->home()); home != nullptr) home->suspect = true;
  }
  if (block_ != Block::kNone && catalog_changed_) {
    absl::Status status = co_await ReloadCatalogInBlock();
    co_return status;
  }
  struct Answer {
    absl::Status status;
    bool arrived = false;
  };
  auto answer = std::make_shared<Answer>();
  Shared* shared = &shared_;
  auto done = [answer, ticket = Ticket()](absl::Status status) {
    answer->status = status;
    answer->arrived = true;
    if (ticket->event != nullptr) ticket->event->Notify();
  };
  auto work = [shared] { return shared->Reload(); };
  shared_.RunBlocking(std::move(work), worker_->reactor->MakePoster(), std::move(done));
  while (!answer->arrived) co_await event_.Wait();
  worker_->Current();
  co_return answer->status;
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
