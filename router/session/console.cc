// Clients of the database `pgshoal`: the simple query protocol over the admin console.

#include "router/session/console.hpp"

#include "base/oids.hpp"
#include "router/catalog/catalog_rows.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

void AppendReply(std::string* out, const ConsoleReply& reply) {
  if (!reply.columns.empty()) {
    std::vector<wire::Field> fields;
    for (const std::string& column : reply.columns) {
      wire::Field field;
      field.name = column;
      field.type = oid::kText;
      fields.push_back(field);
    }
    wire::AppendRowDescription(out, fields);
  }
  for (const auto& row : reply.rows) {
    std::vector<wire::Value> values;
    for (const std::string& value : row) values.push_back({false, value});
    wire::AppendDataRow(out, values);
  }
  wire::AppendCommandComplete(out, reply.tag);
}

}  // namespace

net::Task<void> Session::ServeConsole() {
  char type = 0;
  std::string body;
  while (true) {
    const bool more = co_await NextMessage(&type, &body);
    if (!more || type == wire::frontend::kTerminate) co_return;
    if (type == wire::frontend::kSync) {
      skip_until_sync_ = false;
      SendReady();
      continue;
    }
    if (type != wire::frontend::kQuery) {
      if (!skip_until_sync_) {
        SendError({std::string(sqlstate::kFeatureNotSupported),
                   "the admin console understands the simple query protocol only"});
      }
      skip_until_sync_ = true;
      continue;
    }
    absl::StatusOr<std::string_view> text = wire::DecodeQuery(body);
    if (!text.ok()) {
      SendError(ToSqlError(text.status()));
      SendReady();
      continue;
    }
    // Shared with the control thread, which may outlive this session.
    struct Answer {
      absl::StatusOr<ConsoleReply> reply = absl::UnknownError("");
      bool arrived = false;
    };
    auto answer = std::make_shared<Answer>();
    Shared* shared = &shared_;
    auto work = [answer, shared, command = std::string(*text)]() -> absl::Status {
      answer->reply = shared->options().console(*shared, command);
      return absl::OkStatus();
    };
    auto done = [answer, ticket = Ticket()](absl::Status) {
      answer->arrived = true;
      if (ticket->event != nullptr) ticket->event->Notify();
    };
    shared_.RunBlocking(std::move(work), worker_->reactor->MakePoster(), std::move(done));
    while (!answer->arrived) co_await event_.Wait();
    if (answer->reply.ok()) {
      AppendReply(&ToClient(), *answer->reply);
    } else {
      SendError(ToSqlError(answer->reply.status()));
    }
    SendReady();
  }
}

// Waits for the control thread to read the catalog again, so that the next statement, of any client, sees what this one
// changed. Inside a block that is not yet committed only this session may see it.
net::Task<absl::Status> Session::ReloadCatalog() {
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
