#include "router/session/shared.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <thread>

#include "router/log/log.hpp"
#include "router/session/catalog_reader.hpp"
#include "router/session/notifications.hpp"
#include "router/session/session.hpp"
#include "router/wire/scram.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::session {
namespace {

// At most so many are made of a fallback; then those without clients go.
constexpr std::ptrdiff_t kMaxAutomaticDatabases = 1'000;

bool SameOwners(const shardmap::ShardMap& a, const shardmap::ShardMap& b) {
  return a.slots() == b.slots() && a.spec().slot_owner == b.spec().slot_owner && a.home() == b.home();
}

}  // namespace

struct Shared::Control {
  struct Job {
    absl::AnyInvocable<absl::Status()> work;
    net::Poster poster;
    absl::AnyInvocable<void(absl::Status)> done;
  };
  absl::Mutex mutex;
  std::deque<Job> jobs ABSL_GUARDED_BY(mutex);
  bool stop ABSL_GUARDED_BY(mutex) = false;
  std::thread thread;

  void Run() {
    while (true) {
      Job job;
      {
        absl::MutexLock lock(&mutex);
        auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return stop || !jobs.empty(); };
        mutex.Await(absl::Condition(&ready));
        if (stop) return;
        job = std::move(jobs.front());
        jobs.pop_front();
      }
      absl::Status status = job.work();
      job.poster.Post([done = std::move(job.done), status]() mutable { done(status); });
    }
  }
};

Shared::Shared(RouterOptions options)
    : options_(std::move(options)),
      live_(std::make_shared<const LiveSettings>(options_.live)),
      notifications_(std::make_unique<NotificationHub>(this)),
      control_(std::make_unique<Control>()) {
  for (const DatabaseOptions& database : options_.databases) {
    databases_[database.name] = std::make_shared<Database>(database, security_);
  }
  fallback_ = options_.fallback;
  control_->thread = std::thread([this] { control_->Run(); });
}

Shared::~Shared() {
  {
    absl::MutexLock lock(&control_->mutex);
    control_->stop = true;
  }
  control_->thread.join();
}

DatabasePtr Shared::FindDatabase(const std::string& name) const {
  absl::MutexLock lock(&databases_mutex_);
  const auto found = databases_.find(name);
  return found == databases_.end() ? nullptr : found->second;
}

DatabasePtr Shared::FindOrMakeDatabase(const std::string& name) {
  if (DatabasePtr known = FindDatabase(name); known != nullptr) return known;
  FallbackDatabase fallback;
  {
    absl::MutexLock lock(&databases_mutex_);
    fallback = fallback_;
  }
  if (!fallback || IsConsoleDatabase(name)) return nullptr;
  absl::StatusOr<DatabaseOptions> options = fallback(name);
  if (!options.ok()) return nullptr;
  std::vector<DatabasePtr> gone;  // destroyed after the mutex is released
  absl::MutexLock lock(&databases_mutex_);
  const auto automatic = [](const auto& entry) { return entry.second->options().automatic; };
  if (std::count_if(databases_.begin(), databases_.end(), automatic) >= kMaxAutomaticDatabases) {
    for (auto it = databases_.begin(); it != databases_.end();) {
      const auto here = it++;
      if (!automatic(*here) || ClientsOfDatabase(here->first) > 0) continue;
      gone.push_back(std::move(here->second));
      databases_.erase(here);
    }
    if (gone.empty()) return nullptr;
  }
  DatabasePtr& made = databases_[name];
  if (made == nullptr) made = std::make_shared<Database>(*std::move(options), security_);
  return made;
}

void Shared::ForgetUnread(const Database& database) {
  absl::MutexLock lock(&databases_mutex_);
  const auto found = databases_.find(database.name());
  if (found == databases_.end() || found->second.get() != &database) return;
  if (database.options().automatic && database.snapshot() == nullptr) databases_.erase(found);
}

void Shared::SetFallback(FallbackDatabase fallback) {
  absl::MutexLock lock(&databases_mutex_);
  fallback_ = std::move(fallback);
}

std::vector<DatabasePtr> Shared::Databases() const {
  std::vector<DatabasePtr> databases;
  absl::MutexLock lock(&databases_mutex_);
  for (const auto& [name, database] : databases_) databases.push_back(database);
  return databases;
}

DatabasePtr Shared::MainDatabase() const {
  absl::MutexLock lock(&databases_mutex_);
  const auto main = databases_.find(options_.databases.front().name);
  return main == databases_.end() ? databases_.begin()->second : main->second;
}

absl::Status Shared::Reload(Database& database, shardmap::MapPtr map, const std::string& client) {
  if (!map) map = database.map();
  const std::uint64_t version = last_version_.fetch_add(1) + 1;
  // Of whom it may be read as, in this order, the first whom the server lets in: others' secrets may not be known (yet).
  const std::string named = options_.control_user.empty() ? options_.server_user : options_.control_user;
  std::vector<std::string> readers;
  for (const std::string& user : {named, database.reader(), client}) {
    if (!user.empty() && std::find(readers.begin(), readers.end(), user) == readers.end()) readers.push_back(user);
  }
  if (readers.empty()) readers.emplace_back();  // whoever libpq thinks we are
  absl::StatusOr<std::shared_ptr<const catalog::Catalog>> catalog = absl::UnknownError("");
  for (const std::string& user : readers) {
    CatalogSource source;
    source.home = TargetOf(database, *map, map->home(), options_, user);
    source.tls = security_->Current()->options.server_tls;
    if (serving_.load()) source.reactor = workers_.front()->reactor;
    source.give_up = [this] { return stopping(); };
    catalog = ReadCatalog(source, version);
    if (catalog.ok()) database.SetReader(user);
    if (catalog.ok() || !LoginWasRefused(catalog.status())) break;
  }
  if (!catalog.ok()) return catalog.status();
  database.Publish(std::make_shared<const Snapshot>(Snapshot{std::move(map), *std::move(catalog)}), version);
  KeepOnlyKnownServers();
  return absl::OkStatus();
}

void Shared::KeepOnlyKnownServers() {
  std::vector<exec::ServerTarget> targets;
  std::vector<net::Endpoint> homes;
  for (const DatabasePtr& database : Databases()) {
    const shardmap::MapPtr map = database->map();
    for (const shardmap::Shard& shard : map->shards()) {
      targets.push_back(TargetOf(*database, *map, shard.id, options_, ""));
      if (shard.id == map->home()) homes.push_back(targets.back().endpoint);
    }
  }
  pools_->KeepOnly(targets);
  notifications_->KeepOnly(homes);
}

absl::Status Shared::LoadMain() {
  const DatabasePtr main = MainDatabase();
  if (main->options().map_file.empty()) return absl::OkStatus();
  const absl::Status loaded = Reload(*main);
  if (!LoginWasRefused(loaded)) return loaded;
  // The clients' own logins may do.
  log::Warning(fmt::format("database \"{}\": the catalog is read when a client logs in: {}", main->name(),
                           ToSqlError(loaded).message));
  return absl::OkStatus();
}

absl::Status Shared::LoadFor(Database& database, const std::string& client) {
  if (database.snapshot() != nullptr) return absl::OkStatus();
  if (absl::Status failure = database.Failure(net::Clock::now()); !failure.ok()) return failure;
  absl::Status loaded = Reload(database, nullptr, client);
  if (!loaded.ok()) database.SetFailure(loaded, net::Clock::now() + pools_->settings()->server_login_retry);
  return loaded;
}

absl::Status Shared::LoadSecurity() { return security_->Load(options_.security); }

absl::Status Shared::ReloadMapFile() {
  const absl::Status security = security_->Reload();
  const absl::Status maps = ReloadMaps();
  return security.ok() ? maps : security;
}

absl::Status Shared::ReloadMaps() {
  std::vector<DatabaseOptions> fresh;
  for (const DatabasePtr& database : Databases()) {
    DatabaseOptions options = database->options();
    if (!options.map_file.empty()) {
      absl::StatusOr<shardmap::MapPtr> map = shardmap::LoadMap(options.map_file);
      if (!map.ok()) return map.status();
      options.map = *std::move(map);
    }
    fresh.push_back(std::move(options));
  }
  return SetDatabases(std::move(fresh));
}

absl::Status Shared::SetDatabases(std::vector<DatabaseOptions> fresh) {
  FallbackDatabase fallback;
  {
    absl::MutexLock lock(&databases_mutex_);
    fallback = fallback_;
  }
  // Those that the fallback has made stay, as it makes them now.
  for (const DatabasePtr& database : Databases()) {
    const auto same = [&database](const DatabaseOptions& options) { return options.name == database->name(); };
    if (!fallback || !database->options().automatic || std::any_of(fresh.begin(), fresh.end(), same)) continue;
    absl::StatusOr<DatabaseOptions> options = fallback(database->name());
    if (!options.ok()) return options.status();
    fresh.push_back(*std::move(options));
  }
  for (const DatabaseOptions& options : fresh) {
    const DatabasePtr known = FindDatabase(options.name);
    // Slots that change their owner need their rows moved: never by merely reading another file.
    if (known != nullptr && !SameOwners(*options.map, *known->map())) {
      return SqlStatus(sqlstate::kConfigFileError,
                       fmt::format("{}: the owners of slots or the home shard differ from the running map; rows would "
                                   "be looked for where they are not",
                                   options.map_file));
    }
  }
  // A database whose rows lie on several shards is reloaded only as a whole; that it cannot be is told before anything
  // is changed. Others can go on with the catalog that is known.
  for (const DatabaseOptions& options : fresh) {
    const DatabasePtr known = FindDatabase(options.name);
    if (known == nullptr || known->snapshot() == nullptr) continue;
    absl::Status reloaded = Reload(*known, options.map);
    if (reloaded.ok()) continue;
    if (options.map->shard_count() > 1 || known->name() == MainDatabase()->name()) return reloaded;
    log::Warning(fmt::format("database \"{}\": the catalog could not be read again: {}", known->name(),
                             ToSqlError(reloaded).message));
    known->Publish(std::make_shared<const Snapshot>(Snapshot{options.map, known->snapshot()->catalog}),
                   last_version_.fetch_add(1) + 1);
  }
  std::map<std::string, DatabasePtr> databases;
  for (DatabaseOptions& options : fresh) {
    DatabasePtr known = FindDatabase(options.name);
    if (known != nullptr) {
      known->SetOptions(options);
    } else {
      known = std::make_shared<Database>(options, security_);
    }
    databases[options.name] = std::move(known);
  }
  {
    absl::MutexLock lock(&databases_mutex_);
    databases_ = std::move(databases);
  }
  KeepOnlyKnownServers();
  return absl::OkStatus();
}

absl::Status Shared::InstallMap(const std::string& toml) {
  absl::StatusOr<shardmap::MapPtr> map = shardmap::ParseMap(toml, "the given map");
  if (!map.ok()) return map.status();
  DatabasePtr database = FindDatabase((*map)->database());
  if (database == nullptr) database = MainDatabase();
  const shardmap::MapPtr old = database->map();
  if ((*map)->epoch().value != old->epoch().value + 1) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     fmt::format("the given map has epoch {}, but the next one is {}", (*map)->epoch().value,
                                 old->epoch().value + 1),
                     0, "Somebody else has changed the map: read it again and repeat the change.");
  }
  if (!SameOwners(**map, *old)) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     "the owners of slots or the home shard differ from the running map", 0,
                     "Only tables and column rules can be changed this way.");
  }
  if (const std::string file = database->options().map_file; !file.empty()) {
    absl::Status saved = shardmap::SaveMap(**map, file);
    if (!saved.ok()) return saved;
  }
  return Reload(*database, *std::move(map));
}

void Shared::RunBlocking(absl::AnyInvocable<absl::Status()> work, net::Poster poster,
                         absl::AnyInvocable<void(absl::Status)> done) {
  absl::MutexLock lock(&control_->mutex);
  control_->jobs.push_back({std::move(work), std::move(poster), std::move(done)});
}

void Shared::SetReactors(std::vector<net::Reactor*> reactors) {
  pools_ = std::make_unique<exec::Pools>(options_.pool, std::move(reactors));
}

std::shared_ptr<exec::Pool> Shared::PoolFor(const Database& database, const shardmap::ShardMap& map, ShardId shard,
                                            const std::string& user) {
  return pools_->Get({database.name(), map.shard(shard).name}, TargetOf(database, map, shard, options_, user));
}

void Shared::MakeForcedPools() {
  const std::shared_ptr<const exec::PoolSettings> settings = pools_->settings();
  for (const DatabasePtr& database : Databases()) {
    const shardmap::MapPtr map = database->map();
    for (const shardmap::Shard& shard : map->shards()) {
      const exec::ServerTarget target = TargetOf(*database, *map, shard.id, options_, "");
      if (target.user.empty() || settings->LimitsFor(database->name(), target.user).min_size == 0) continue;
      pools_->Get({database->name(), shard.name}, target);
    }
  }
}

std::shared_ptr<exec::Pool> Shared::AuthQueryPool(const Database& database, const std::string& auth_user) {
  const shardmap::MapPtr map = database.map();
  exec::ServerTarget target = TargetOf(database, *map, map->home(), options_, auth_user);
  // Not as clients are logged in; a password that is given for another user is not shown.
  if (target.user != auth_user) target.password.reset();
  target.user = auth_user;
  // The console's name: no database that clients' statements run in is called so.
  return pools_->Get({"pgshoal", map->shard(map->home()).name}, target);
}

LocalDatabasePtr Worker::Find(const std::string& database) {
  DatabasePtr of = shared->FindDatabase(database);
  if (of == nullptr) {
    databases.erase(database);
    return nullptr;
  }
  LocalDatabasePtr& local = databases[database];
  if (local == nullptr || local->database != of) local = std::make_shared<LocalDatabase>(*shared, std::move(of));
  local->Current();
  return local;
}

Shared::Key Shared::Register(Worker* worker, Session* session) {
  std::uint32_t secret = 0;
  std::memcpy(&secret, wire::RandomBytes(sizeof secret).data(), sizeof secret);
  absl::MutexLock lock(&keys_mutex_);
  while (next_pid_ <= 0 || keys_.contains(next_pid_)) next_pid_ = next_pid_ <= 0 ? 1 : next_pid_ + 1;
  const Key key{next_pid_, secret};
  keys_[key.pid] = {key.secret, worker, session};
  next_pid_ = next_pid_ == INT32_MAX ? 1 : next_pid_ + 1;
  clients.fetch_add(1);
  return key;
}

void Shared::Forget(const Key& key) {
  absl::MutexLock lock(&keys_mutex_);
  keys_.erase(key.pid);
  clients.fetch_sub(1);
}

void Shared::Cancel(std::int32_t pid, std::uint32_t secret, net::Poster poster, absl::AnyInvocable<void()> done) {
  auto find = [this, pid, secret](Worker** worker) -> Session* {
    absl::MutexLock lock(&keys_mutex_);
    auto it = keys_.find(pid);
    if (it == keys_.end() || it->second.secret != secret) return nullptr;
    *worker = it->second.worker;
    return it->second.session;
  };
  Worker* worker = nullptr;
  if (find(&worker) == nullptr) {
    done();
    return;
  }
  auto told = [poster, done = std::move(done)]() mutable { poster.Post(std::move(done)); };
  worker->reactor->Post([find, told = std::move(told)]() mutable {
    Worker* own = nullptr;
    if (Session* session = find(&own)) {
      session->Cancel(std::move(told));  // its own thread: it cannot die meanwhile
    } else {
      told();
    }
  });
}

bool Shared::EndClient(std::int32_t pid, std::string reason) {
  absl::MutexLock lock(&keys_mutex_);
  auto it = keys_.find(pid);
  if (it == keys_.end()) return false;
  PostEnd(pid, it->second, std::nullopt, std::move(reason));
  return true;
}

void Shared::EndClients(std::string database, std::string reason) {
  absl::MutexLock lock(&keys_mutex_);
  for (const auto& [pid, registered] : keys_) PostEnd(pid, registered, database, reason);
}

Session* Shared::SessionOf(std::int32_t pid, std::uint32_t secret) const {
  absl::MutexLock lock(&keys_mutex_);
  auto it = keys_.find(pid);
  return it != keys_.end() && it->second.secret == secret ? it->second.session : nullptr;
}

void Shared::PostEnd(std::int32_t pid, const Registered& registered, std::optional<std::string> database,
                     std::string reason) {
  registered.worker->reactor->Post(
      [this, pid, secret = registered.secret, database = std::move(database), reason = std::move(reason)] {
        Session* session = SessionOf(pid, secret);
        if (session == nullptr) return;
        if (database.has_value()) {
          if (session->is_console() || (!database->empty() && session->database() != *database)) return;
        }
        session->End(reason);
      });
}

void Shared::Notify(std::int32_t pid, std::shared_ptr<const Notification> notification) {
  absl::MutexLock lock(&keys_mutex_);
  auto it = keys_.find(pid);
  if (it == keys_.end()) return;
  it->second.worker->reactor->Post([this, pid, secret = it->second.secret, notification = std::move(notification)] {
    Session* session = SessionOf(pid, secret);
    if (session == nullptr) return;
    if (notification != nullptr) {
      session->OnNotification(*notification);
    } else {
      session->OnListenerLost();
    }
  });
}

std::uint64_t Shared::StatementId(const std::string& text, const std::vector<Oid>& types, std::uint64_t version) {
  if (version == 0) {
    absl::MutexLock lock(&statements_mutex_);
    return next_statement_++;
  }
  std::string key(reinterpret_cast<const char*>(&version), sizeof version);
  key += text;
  key.push_back('\0');
  key.append(reinterpret_cast<const char*>(types.data()), types.size() * sizeof(Oid));
  absl::MutexLock lock(&statements_mutex_);
  // A bound on memory: numbers are never given twice, so forgetting them only costs a Parse.
  if (statements_.size() >= 100'000) statements_.clear();
  auto [it, added] = statements_.try_emplace(std::move(key), next_statement_);
  if (added) ++next_statement_;
  return it->second;
}

}  // namespace pgshoal::session
