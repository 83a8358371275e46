// How many clients each database and each user has, and who is turned away for it.

#include <fmt/format.h>

#include <algorithm>

#include "base/status.hpp"
#include "router/session/console.hpp"
#include "router/session/shared.hpp"

namespace pgshoal::session {
namespace {

// Both names of the console are counted as one.
const std::string& Counted(const std::string& database) {
  static const std::string kConsole = "pgshoal";
  return IsConsoleDatabase(database) ? kConsole : database;
}

bool Lists(const std::vector<std::string>& users, const std::string& user) {
  return std::find(users.begin(), users.end(), user) != users.end();
}

}  // namespace

absl::Status Shared::Admit(const std::string& database, const std::string& user) {
  const auto refusal = [](std::string message) { return SqlStatus(sqlstate::kTooManyConnections, std::move(message)); };
  const std::shared_ptr<const exec::PoolSettings> settings = pools_->settings();
  const bool console = IsConsoleDatabase(database);
  if (!console && clients.load() > settings->max_client_conn) {
    return refusal("no more connections allowed (max_client_conn)");
  }
  if (!console && pools_->Disabled(database)) {
    return SqlStatus(sqlstate::kProtocolViolation, fmt::format("database \"{}\" is disabled", database));
  }
  // Administrators get in whatever happens; the router's own user is one without being named.
  const LivePtr now = live();
  const bool limited = !console || (!Lists(now->admin_users, user) &&
                                    (!IsConsoleDatabase(user) || Lists(now->stats_users, user)));
  const int most_of_database = limited ? settings->MaxClientsOfDatabase(Counted(database)) : 0;
  const int most_of_user = limited ? settings->MaxClientsOfUser(user) : 0;
  absl::MutexLock lock(&counts_mutex_);
  int& database_count = of_database_[Counted(database)];
  int& user_count = of_user_[user];
  absl::Status status;
  if (most_of_database > 0 && database_count >= most_of_database) {
    status = refusal("client connections exceeded (max_db_client_connections)");
  } else if (most_of_user > 0 && user_count >= most_of_user) {
    status = refusal("client connections exceeded (max_user_client_connections)");
  } else {
    ++database_count;
    ++user_count;
  }
  if (of_database_[Counted(database)] == 0) of_database_.erase(Counted(database));
  if (of_user_[user] == 0) of_user_.erase(user);
  return status;
}

void Shared::Dismiss(const std::string& database, const std::string& user) {
  absl::MutexLock lock(&counts_mutex_);
  if (--of_database_[Counted(database)] == 0) of_database_.erase(Counted(database));
  if (--of_user_[user] == 0) of_user_.erase(user);
}

int Shared::ClientsOfDatabase(const std::string& database) const {
  absl::MutexLock lock(&counts_mutex_);
  const auto found = of_database_.find(Counted(database));
  return found == of_database_.end() ? 0 : found->second;
}

int Shared::ClientsOfUser(const std::string& user) const {
  absl::MutexLock lock(&counts_mutex_);
  const auto found = of_user_.find(user);
  return found == of_user_.end() ? 0 : found->second;
}

}  // namespace pgshoal::session
