#include "router/session/catalog_reader.hpp"

#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/limits.hpp"
#include "base/status.hpp"
#include "router/catalog/catalog_loader.hpp"
#include "router/catalog/catalog_rows.hpp"
#include "router/exec/idle_connection.hpp"
#include "router/session/database.hpp"
#include "router/session/router.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::session {
namespace {

using catalog::CatalogResults;

constexpr auto kPatience = std::chrono::seconds(10);  // to log in and to read, as ConnInfo's connect_timeout
constexpr std::string_view kBegin =
    "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL search_path = pg_catalog";

// Takes the answers' messages one by one.
class Answers {
 public:
  explicit Answers(std::size_t queries) : due_(queries) {}

  absl::Status Take(const wire::MessageView& message) {
    switch (message.type) {
      case wire::backend::kRowDescription:
        results_.emplace_back();
        break;
      case wire::backend::kDataRow: {
        if (results_.empty()) return SqlStatus(sqlstate::kProtocolViolation, "rows that nobody has described");
        if (absl::Status status = wire::DecodeDataRow(message.body, &values_); !status.ok()) return status;
        catalog::CatalogRow& row = results_.back().emplace_back();
        for (const wire::Value& value : values_) {
          row.push_back(value.is_null ? catalog::Field{} : catalog::Field{std::string(value.bytes)});
        }
        break;
      }
      case wire::backend::kError: {
        absl::StatusOr<wire::ReportView> report = wire::DecodeReport(message.body);
        return report.ok() ? ToStatus(report->ToSqlError()) : report.status();
      }
      case wire::backend::kReadyForQuery:
        --due_;
        break;
      default:
        break;
    }
    return absl::OkStatus();
  }
  bool Complete() const { return due_ == 0; }
  CatalogResults TakeResults() { return std::move(results_); }

 private:
  std::size_t due_;
  CatalogResults results_;
  std::vector<wire::Value> values_;
};

net::Task<absl::StatusOr<CatalogResults>> Fetch(net::Reactor& reactor, exec::ServerTarget home) {
  const net::Deadline deadline = net::Deadline::After(kPatience);
  net::Task<absl::StatusOr<std::unique_ptr<exec::ServerConnection>>> opening =
      exec::OpenServerConnection(reactor, std::move(home), deadline);
  absl::StatusOr<std::unique_ptr<exec::ServerConnection>> opened = co_await opening;
  if (!opened.ok()) co_return opened.status();
  net::Event event;  // before the stream that is attached to it
  std::unique_ptr<exec::ServerConnection> connection = *std::move(opened);
  net::Stream& server = *connection->stream;
  server.Attach(&event);
  wire::AppendQuery(&server.OutputBuffer(), kBegin);
  for (const std::string_view query : catalog::CatalogQueries()) wire::AppendQuery(&server.OutputBuffer(), query);
  Answers answers(1 + catalog::CatalogQueries().size());
  while (!answers.Complete()) {
    const wire::Next next = wire::NextMessage(server.Input(), limits::kMaxMessage);
    if (next.progress == wire::Progress::kOk) {
      const absl::Status taken = answers.Take(next.message);
      server.Consume(next.length);
      if (!taken.ok()) co_return taken;
      continue;
    }
    if (next.progress == wire::Progress::kMalformed) {
      co_return SqlStatus(sqlstate::kProtocolViolation, "the server does not speak the protocol");
    }
    if (next.length > 0) server.SetInputLimit(next.length + limits::kReceiveBuffer);
    if (server.IsClosed()) co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to the shard was lost");
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) co_return SqlStatus(sqlstate::kConnectionFailure, "reading the catalog took too long");
  }
  server.Attach(nullptr);
  exec::CloseIdleConnection(std::move(connection));
  co_return answers.TakeResults();
}

// Fetch on the reactor's thread, waited for on this one.
absl::StatusOr<CatalogResults> FetchOn(net::Reactor& reactor, exec::ServerTarget home,
                                       const std::function<bool()>& give_up) {
  struct Job {
    absl::StatusOr<CatalogResults> results = absl::UnknownError("");
    absl::Notification over;
    static net::Task<void> Run(std::shared_ptr<Job> job, net::Reactor* reactor, exec::ServerTarget home) {
      net::Task<absl::StatusOr<CatalogResults>> fetch = Fetch(*reactor, std::move(home));
      job->results = co_await fetch;
      job->over.Notify();
    }
  };
  auto job = std::make_shared<Job>();
  reactor.Post([job, &reactor, home = std::move(home)]() mutable {
    net::Task<void> run = Job::Run(job, &reactor, std::move(home));
    reactor.Spawn(std::move(run));
  });
  while (!job->over.WaitForNotificationWithTimeout(absl::Milliseconds(100))) {
    if (give_up && give_up()) return SqlStatus(sqlstate::kAdminShutdown, std::string(kAdministratorCommand));
  }
  return std::move(job->results);
}

}  // namespace

bool LoginWasRefused(const absl::Status& status) { return ToSqlError(status).sqlstate.starts_with("28"); }

absl::StatusOr<std::shared_ptr<const catalog::Catalog>> ReadCatalog(const CatalogSource& source,
                                                                    std::uint64_t version) {
  const exec::ServerTarget& home = source.home;
  bool by_keys = false;
  if (!home.password.has_value() && home.security != nullptr) {
    const exec::LoginSecret secret = home.security->SecretOf(home.user);
    by_keys = secret.password.empty() && (secret.keys.has_value() || !secret.md5.empty());
  }
  if (!by_keys || source.reactor == nullptr) {
    return catalog::LoadCatalog(ConnInfo(home, home.user, source.tls), version);
  }
  absl::StatusOr<CatalogResults> results = FetchOn(*source.reactor, home, source.give_up);
  if (!results.ok()) return results.status();
  return catalog::BuildCatalog(*results, version);
}

}  // namespace pgshoal::session
