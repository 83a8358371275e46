#pragma once
// The databases that clients can name: each with a shard map, the catalog of its home shard, and whose passwords its
// servers are shown.
//
// A Database is shared by all threads and thread-safe; a LocalDatabase is what one worker keeps of it, on its thread.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "router/catalog/catalog.hpp"
#include "router/exec/connection_pool.hpp"
#include "router/exec/pool_settings.hpp"
#include "router/net/reactor.hpp"
#include "router/session/plan_cache.hpp"
#include "router/session/reported.hpp"
#include "router/session/router.hpp"
#include "router/session/security.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::session {

class Shared;

struct Snapshot {
  shardmap::MapPtr map;
  std::shared_ptr<const catalog::Catalog> catalog;
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

class Database {
 public:
  Database(DatabaseOptions options, std::shared_ptr<const Security> security);

  const std::string& name() const { return name_; }  // as clients write it
  DatabaseOptions options() const;
  void SetOptions(DatabaseOptions options);
  // Null until the catalog has been read, never again afterwards.
  SnapshotPtr snapshot() const;
  // The current map, whether or not the catalog has been read.
  shardmap::MapPtr map() const;
  // Another one for each snapshot of whatever database; 0: none yet. A cheap way to see that a cached one is current.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  void Publish(SnapshotPtr snapshot, std::uint64_t version);
  // What its servers are shown, and how connections to them are encrypted.
  const std::shared_ptr<const exec::ServerSecurity>& security() const { return security_; }

  // The last failure to read the catalog for the first time, as long as it counts (until `now` is past its end).
  absl::Status Failure(net::Clock::time_point now) const;
  void SetFailure(absl::Status failure, net::Clock::time_point until);
  // As whom the catalog was read.
  std::string reader() const;
  void SetReader(std::string user);

 private:
  const std::string name_;
  const std::shared_ptr<const exec::ServerSecurity> security_;
  std::atomic<std::uint64_t> version_{0};
  mutable absl::Mutex mutex_;
  DatabaseOptions options_ ABSL_GUARDED_BY(mutex_);
  SnapshotPtr snapshot_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::string reader_ ABSL_GUARDED_BY(mutex_);
  net::Clock::time_point failure_ends_ ABSL_GUARDED_BY(mutex_);
};
using DatabasePtr = std::shared_ptr<Database>;

// As whom and where to log in for a client's statements on a shard. A user that is forced counts before the client's.
exec::ServerTarget TargetOf(const Database& database, const shardmap::ShardMap& map, ShardId id,
                            const RouterOptions& options, const std::string& client_user);

// A libpq connection string, values quoted.
std::string ConnInfo(const exec::ServerTarget& target, const std::string& user, const TlsOptions& tls);

// What a worker has looked up for one user: pools by shard, and the rules of its clients.
struct UserView {
  std::uint64_t snapshot_version = 0, pools_version = 0;  // for which it holds
  exec::ClientRules rules;
  std::vector<std::shared_ptr<exec::Pool>> pools;  // null: not looked up yet
};

// Names of schemas, "$user" among them as it stands. Shared, as most clients have the same.
using SearchPathPtr = std::shared_ptr<const std::vector<std::string>>;
const SearchPathPtr& BuiltInSearchPath();  // PostgreSQL's own default

// What a login of one user has found out at the home shard: the next one need not ask.
struct KnownLogin {
  std::uint64_t version = 0;  // of the snapshot for which it holds
  SearchPathPtr search_path;  // by the server's own settings
  std::shared_ptr<const std::string> role;  // as whom statements run, by the same; null: the user
  // What clients without settings of their own are told of parameters, application_name being anybody's; null: not
  // known yet.
  Reported::Common parameters;
  std::string greeting;                         // the messages that tell them, without application_name
  std::optional<std::string> application_name;  // of clients that give none
};

struct LocalDatabase {
  LocalDatabase(Shared& shared, DatabasePtr of) : shared(shared), database(std::move(of)) {}

  Shared& shared;
  const DatabasePtr database;
  SnapshotPtr snapshot;  // cached; see Current()
  std::uint64_t snapshot_version = 0;
  PlanCache plans;
  absl::flat_hash_map<std::string, KnownLogin> logins;  // by user
  // Kept until map or pool settings change; a session keeps its own copy of the pointer.
  absl::flat_hash_map<std::string, std::shared_ptr<UserView>> users;

  bool IsCurrent(const UserView& view) const;
  std::shared_ptr<UserView> ViewOf(const std::string& user);

  const SnapshotPtr& Current() {
    if (const std::uint64_t now = database->version(); now != snapshot_version) {
      snapshot = database->snapshot();
      snapshot_version = now;
    }
    return snapshot;
  }
};
using LocalDatabasePtr = std::shared_ptr<LocalDatabase>;

}  // namespace pgshoal::session
