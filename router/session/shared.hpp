#pragma once
// What all sessions of a router share: the databases with their maps and catalogs, the pools, and who may cancel what.
//
// Thread-safe. A database's snapshot is replaced as a whole; sessions take it once for each statement.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "router/catalog/catalog.hpp"
#include "router/exec/pools.hpp"
#include "router/net/reactor.hpp"
#include "router/session/backend.hpp"
#include "router/session/client_view.hpp"
#include "router/session/console_threads.hpp"
#include "router/session/database.hpp"
#include "router/session/literal_plans.hpp"
#include "router/session/live_settings.hpp"
#include "router/session/reported.hpp"
#include "router/session/router.hpp"
#include "router/session/security.hpp"
#include "router/session/settings.hpp"
#include "router/session/statistics.hpp"
#include "shardmap/shard_map.hpp"

namespace pgshoal::session {

class NotificationHub;
class Session;
struct Notification;

struct Worker;

class Shared {
 public:
  explicit Shared(RouterOptions options);
  ~Shared();

  const RouterOptions& options() const { return options_; }

  // ---- databases
  // Null: there is none of that name.
  DatabasePtr FindDatabase(const std::string& name) const;
  std::vector<DatabasePtr> Databases() const;  // by name
  // The same for a client who has proven who it is: where a fallback is set, there is one of every name, made now if need
  // be. Null: there is none, or there are too many.
  DatabasePtr FindOrMakeDatabase(const std::string& name);
  // One that was made so and could not be read is forgotten.
  void ForgetUnread(const Database& database);
  // From now on; those that were made stay. To be called before SetDatabases.
  void SetFallback(FallbackDatabase fallback);
  // The first of RouterOptions::databases: what SHOW MAP and LOAD MAP mean.
  DatabasePtr MainDatabase() const;
  // Blocking: reads the catalog of the home shard with `map` (or the current one) and publishes both. `client`: who
  // needs it; the catalog is read as that user when no other is named for it.
  absl::Status Reload(Database& database, shardmap::MapPtr map = nullptr, const std::string& client = "");
  // Blocking: before anybody is served. A main database without a map file, or whose home shard lets nobody in whose
  // secret is known by then, is loaded when somebody needs it, as all others are.
  absl::Status LoadMain();
  // The workers' reactors run from now on.
  void SetServing() { serving_.store(true); }
  // Blocking: the first time that somebody needs a database. A failure is believed for server_login_retry.
  absl::Status LoadFor(Database& database, const std::string& client);
  // Blocking: these are the databases from now on. Those that are new are loaded when somebody needs them; those that
  // are gone serve the clients that they have. An error, after which everything is as before: a map whose rows lie
  // elsewhere, or a sharded database whose home shard cannot be asked.
  absl::Status SetDatabases(std::vector<DatabaseOptions> databases);
  // Blocking: reads the files of LoadSecurity again, and the map files, then all catalogs that have been read. A mistake
  // in the first does not keep the others from being read.
  absl::Status ReloadMapFile();
  // Blocking: installs a new map given as TOML text, whose epoch must follow the current one; saves it to the map file.
  absl::Status InstallMap(const std::string& toml);
  // Runs `work` on the control thread, then `done` with its result on the reactor behind `poster`.
  void RunBlocking(absl::AnyInvocable<absl::Status()> work, net::Poster poster,
                   absl::AnyInvocable<void(absl::Status)> done);

  // ---- who may connect, and how
  Security& security() { return *security_; }
  // Blocking: reads the files that options().security names. After an error everything stays as it was.
  absl::Status LoadSecurity();

  // ---- pools
  // To be called once, before anything is asked of the pools.
  void SetReactors(std::vector<net::Reactor*> reactors);
  exec::Pools& pools() { return *pools_; }
  std::shared_ptr<exec::Pool> PoolFor(const Database& database, const shardmap::ShardMap& map, ShardId shard,
                                      const std::string& user);
  // Makes the pools that have a minimum and whose user needs no client to be known: they fill themselves.
  void MakeForcedPools();
  // Connections to the home shard for auth_query; clients' statements never run on them.
  std::shared_ptr<exec::Pool> AuthQueryPool(const Database& database, const std::string& auth_user);

  // ---- limits of clients. Counts a client in; the refusal when there are too many, or the database is disabled. What
  // was admitted is dismissed at its end.
  absl::Status Admit(const std::string& database, const std::string& user);
  void Dismiss(const std::string& database, const std::string& user);
  // How many clients are admitted.
  int ClientsOfDatabase(const std::string& database) const;
  int ClientsOfUser(const std::string& user) const;

  // ---- cancel keys
  struct Key {
    std::int32_t pid = 0;
    std::uint32_t secret = 0;
  };
  // The session is asked to cancel on its own worker's thread. Forget before the session dies.
  Key Register(Worker* worker, Session* session);
  void Forget(const Key& key);
  // Ends the client with that pid, or all clients of a database (empty: of all but the console's), with a FATAL error
  // of this text; returns at once. False: there is no such client.
  bool EndClient(std::int32_t pid, std::string reason);
  void EndClients(std::string database, std::string reason);
  // `done` runs on the thread of `poster`, once the servers have been asked, or when there is nothing to cancel.
  void Cancel(std::int32_t pid, std::uint32_t secret, net::Poster poster, absl::AnyInvocable<void()> done);

  // ---- notifications
  NotificationHub& notifications() { return *notifications_; }
  // From any thread: tells the client's session, on its own thread. Null: the connection that listens is lost.
  void Notify(std::int32_t pid, std::shared_ptr<const Notification> notification);

  // ---- prepared statements: one number for each text, list of types and version of the snapshot, over all clients:
  // what was prepared before a change of the catalog is not used after it. Version 0 (a catalog that only one block
  // sees) gives a number of its own each time.
  std::uint64_t StatementId(const std::string& text, const std::vector<Oid>& types, std::uint64_t version);

  std::atomic<std::int64_t> clients{0};
  std::atomic<std::int64_t> consoles{0};  // those of them that are at the console
  std::atomic<std::int64_t> late{0};      // those that came while logins are refused, and are not at the console

  // ---- registry.cc: the console, changing settings, the end. Not to be called on a worker's thread: what looks at
  // sessions asks each worker and waits.
  void SetWorkers(std::vector<Worker*> workers);
  // Runs `work` on the control thread, after what was asked of it before, and waits. 57P01 when the router is stopping:
  // `work` may then still run, and must own what it uses.
  absl::Status OnControlThread(std::function<absl::Status()> work);
  net::Poster AnyPoster() const;
  // Brings the statistics up to date.
  void RefreshStatistics();
  static std::size_t SessionSize();
  // Returns when it has run on all threads, or the router is stopping.
  void OnEachWorker(std::function<void(Worker&)> run);
  std::vector<ClientView> Clients(bool with_statements = false);
  // Ends those that are chosen, telling them `message`; how many.
  int EndClients(std::function<bool(const ClientView&)> chosen, std::string message);
  // From any thread; does not wait.
  void OnEachSession(void (*act)(Session&));
  LivePtr live() const;
  void SetLive(LiveSettings settings);
  Statistics& statistics() { return statistics_; }
  ConsoleThreads& console_threads() { return console_threads_; }
  // What SHUTDOWN and signals do; from any thread, returns at once.
  void RequestShutdown(ShutdownMode mode);
  void SetShutdown(std::function<void(ShutdownMode)> shutdown);
  // SUSPEND: clients are stopped between one query and the next, until it is over. Returns at once.
  void SetSuspended(bool suspended);
  bool suspended() const { return suspended_.load(); }
  // Clients that wait for an answer. After SetSuspended(true) there will soon be none.
  int Asking();
  // SHUTDOWN or a signal has come; clients may still be served.
  bool ending() const { return ending_.load(); }
  void SetEnding() { ending_.store(true); }
  // Who comes from now on may only use the console.
  bool refusing() const { return refusing_.load(); }
  void SetRefusing() { refusing_.store(true); }
  // The router is about to end: nobody should wait for anything any longer.
  bool stopping() const { return stopping_.load(); }
  void SetStopping() { stopping_.store(true); }

 private:
  struct Registered {
    std::uint32_t secret;
    Worker* worker;
    Session* session;
  };
  struct Control;  // the thread for blocking work
  void PostEnd(std::int32_t pid, const Registered& registered, std::optional<std::string> database, std::string reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(keys_mutex_);
  std::vector<Session*> SessionsOf(const Worker& worker) const;  // on its thread
  // On the session's own thread, where it cannot go meanwhile. Null: it has gone.
  Session* SessionOf(std::int32_t pid, std::uint32_t secret) const;
  absl::Status ReloadMaps();
  void KeepOnlyKnownServers();

  const RouterOptions options_;
  const std::shared_ptr<Security> security_ = std::make_shared<Security>();
  std::unique_ptr<exec::Pools> pools_;
  std::atomic<std::uint64_t> last_version_{0};  // of all databases' snapshots
  mutable absl::Mutex databases_mutex_;
  std::map<std::string, DatabasePtr> databases_ ABSL_GUARDED_BY(databases_mutex_);
  FallbackDatabase fallback_ ABSL_GUARDED_BY(databases_mutex_);
  mutable absl::Mutex keys_mutex_;
  absl::flat_hash_map<std::int32_t, Registered> keys_ ABSL_GUARDED_BY(keys_mutex_);
  std::int32_t next_pid_ ABSL_GUARDED_BY(keys_mutex_) = 1;
  mutable absl::Mutex counts_mutex_;
  absl::flat_hash_map<std::string, int> of_user_ ABSL_GUARDED_BY(counts_mutex_);
  absl::flat_hash_map<std::string, int> of_database_ ABSL_GUARDED_BY(counts_mutex_);
  absl::Mutex statements_mutex_;
  absl::flat_hash_map<std::string, std::uint64_t> statements_ ABSL_GUARDED_BY(statements_mutex_);
  std::uint64_t next_statement_ ABSL_GUARDED_BY(statements_mutex_) = 1;
  std::vector<Worker*> workers_;
  Statistics statistics_;
  std::atomic<bool> serving_{false};
  std::atomic<bool> suspended_{false}, ending_{false}, refusing_{false}, stopping_{false};
  mutable absl::Mutex live_mutex_;
  LivePtr live_ ABSL_GUARDED_BY(live_mutex_);
  std::function<void(ShutdownMode)> shutdown_ ABSL_GUARDED_BY(live_mutex_);
  const std::unique_ptr<NotificationHub> notifications_;
  std::unique_ptr<Control> control_;
  ConsoleThreads console_threads_;  // its threads end first
};

// What the settings of a startup packet mean: the clients of one program give the same.
struct KnownStartup {
  Settings::State defaults;
  std::optional<std::string> application_name;
  bool plain = true;
};

// One worker thread's own part.
struct Worker {
  int index = 0;
  bool suspended = false;  // nothing new is taken from clients
  net::Reactor* reactor = nullptr;
  Shared* shared = nullptr;
  LivePtr live = std::make_shared<const LiveSettings>();
  std::function<void()> live_changed = [] {};  // called afterwards
  QueryRegistry queries;
  Literals literals;
  SearchPathNumbers search_path_numbers;
  std::string key;  // scratch memory for the keys of plans
  std::string spare_body;  // empty, with memory for the next message that is taken
  std::vector<std::unique_ptr<Backend>> spare_backends;
  Reported::Common reported;       // what clients were told at login
  absl::flat_hash_map<std::string, KnownStartup> startups;  // by what was given
  absl::flat_hash_map<std::string, LocalDatabasePtr> databases;    // by name

  // Null: there is none of that name.
  LocalDatabasePtr Find(const std::string& database);
};

}  // namespace pgshoal::session
