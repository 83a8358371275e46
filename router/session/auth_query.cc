// Asking the home shard for a user's secret. The connections are of a pool that no client's statements run on, so that no
// client's settings (search_path, role) can stand between the query and what it means.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/status.hpp"
#include "router/session/authentication.hpp"
#include "router/session/shared.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::session {
namespace {

// Takes the answer's messages one by one.
class Answer {
 public:
  explicit Answer(const std::string& user) : user_(user) {}

  // True: it is complete.
  absl::StatusOr<bool> Take(const wire::MessageView& message) {
    switch (message.type) {
      case wire::backend::kDataRow:
        if (absl::Status status = TakeRow(message.body); !status.ok()) return status;
        return false;
      case wire::backend::kError: {
        absl::StatusOr<wire::ReportView> report = wire::DecodeReport(message.body);
        if (!report.ok()) return report.status();
        error_ = ToStatus(report->ToSqlError());
        return false;
      }
      case wire::backend::kReadyForQuery:
        if (!error_.ok()) return error_;
        return true;
      default:
        return false;
    }
  }

  auth::StoredSecret TakeSecret() { return std::move(secret_); }

 private:
  // The user's name and secret; a name other than the one asked for is somebody else's row.
  absl::Status TakeRow(std::string_view body) {
    std::vector<wire::Value> row;
    if (absl::Status status = wire::DecodeDataRow(body, &row); !status.ok()) return status;
    if (row.size() != 2) {
      error_ = SqlStatus(sqlstate::kConfigFileError,
                         fmt::format("auth_query gives {} columns, not user name and password", row.size()));
      return absl::OkStatus();
    }
    if (found_ || row[0].is_null || row[1].is_null || row[0].bytes != user_) return absl::OkStatus();
    found_ = true;
    secret_ = auth::StoredSecret(row[1].bytes);
    return absl::OkStatus();
  }

  const std::string& user_;
  auth::StoredSecret secret_;
  bool found_ = false;
  absl::Status error_;
};

void AppendAuthQuery(std::string* out, const std::string& query, const std::string& user) {
  const wire::Value value{false, user};
  wire::AppendParse(out, {}, query, {});
  wire::AppendBind(out, {}, {}, std::span<const std::int16_t>(), std::span<const wire::Value>(&value, 1), {});
  wire::AppendExecute(out, {}, 0);
  wire::AppendSync(out);
}

}  // namespace

net::Task<absl::StatusOr<auth::StoredSecret>> AskForSecret(Worker& worker, const SecuritySnapshot& security,
                                                           Login login, net::Event& event, net::Deadline deadline) {
  // Clients of the console, and of databases that do not exist, are looked up where those of the main one are.
  DatabasePtr database = worker.shared->FindDatabase(login.database);
  if (database == nullptr) database = worker.shared->MainDatabase();
  const DatabaseOptions own = database->options();
  const std::string auth_user = own.auth_user.value_or(security.options.auth_user);
  if (auth_user.empty()) co_return auth::StoredSecret();
  const std::string query = own.auth_query.value_or(security.options.auth_query);
  const std::string elsewhere = own.auth_dbname.empty() ? security.options.auth_dbname : own.auth_dbname;
  if (!elsewhere.empty()) database = worker.shared->FindOrMakeDatabase(elsewhere);
  if (database == nullptr) {
    co_return SqlStatus(sqlstate::kConfigFileError, fmt::format("auth_dbname: there is no database \"{}\"", elsewhere));
  }
  if (!elsewhere.empty() && worker.shared->pools().Disabled(elsewhere)) {
    co_return SqlStatus(sqlstate::kCannotConnectNow,
                        fmt::format("authentication database \"{}\" is disabled", elsewhere));
  }
  auth::SecretCache& cache = worker.shared->security().cache();
  const std::string cache_key = UserOf(login.database, login.user);
  std::optional<auth::StoredSecret> known =
      cache.Find(cache_key, security.options.auth_query_age, auth::SecretCache::Clock::now());
  if (known.has_value()) co_return *std::move(known);

  const exec::Asker asker{worker.index};
  exec::Place place(worker.shared->AuthQueryPool(*database, auth_user), asker, &event);
  while (!place.Settled()) {
    const net::Deadline next = std::min(place.NextLook(), deadline);
    const bool notified = co_await event.Wait(next);
    if (notified) continue;
    if (deadline.Passed()) co_return SqlStatus(sqlstate::kQueryCanceled, "no connection for it became free in time");
    place.Look();
  }
  absl::StatusOr<exec::Lease> lease = place.Take();
  if (!lease.ok()) co_return lease.status();
  net::Stream& server = *(*lease)->stream;
  server.Attach(&event);
  AppendAuthQuery(&server.OutputBuffer(), query, login.user);
  Answer answer(login.user);
  bool complete = false;
  while (!complete) {
    const wire::Next next = wire::NextMessage(server.Input(), limits::kMaxMessage);
    if (next.progress == wire::Progress::kOk) {
      const absl::StatusOr<bool> taken = answer.Take(next.message);
      if (next.message.type == wire::backend::kDataRow) wire::Wipe(next.message.body);
      server.Consume(next.length);
      if (!taken.ok()) co_return taken.status();
      complete = *taken;
      continue;
    }
    if (next.progress == wire::Progress::kMalformed) {
      co_return SqlStatus(sqlstate::kProtocolViolation, "the server does not speak the protocol");
    }
    if (server.IsClosed()) co_return SqlStatus(sqlstate::kConnectionFailure, "the connection to the shard was lost");
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) co_return SqlStatus(sqlstate::kQueryCanceled, "auth_query took too long");
  }
  lease->Return();
  auth::StoredSecret secret = answer.TakeSecret();
  cache.Put(cache_key, secret, auth::SecretCache::Clock::now());
  co_return secret;
}

}  // namespace pgshoal::session
