#include "router/session/shared.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <thread>

#include "router/catalog/catalog_loader.hpp"
#include "router/session/notifications.hpp"
#include "router/session/session.hpp"
#include "router/wire/scram.hpp"
#include "shardmap/map_file.hpp"

namespace pgshoal::session {
namespace {

// A libpq connection string, values quoted.
std::string ConnInfo(const exec::ServerTarget& target, const std::string& user, const TlsOptions& tls) {
  std::string out;
  auto add = [&out](std::string_view name, std::string_view value) {
    out += fmt::format("{}{}='", out.empty() ? "" : " ", name);
    for (char c : value) {
      if (c == '\'' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    out.push_back('\'');
  };
  if (target.endpoint.IsUnix()) {
    const std::string& path = target.endpoint.unix_path;
    add("host", path.substr(0, path.rfind('/')));
    add("port", path.substr(path.rfind('.') + 1));
  } else {
    add("host", target.endpoint.host);
    add("port", std::to_string(target.endpoint.port));
  }
  add("dbname", target.database);
  add("user", user);
  if (target.password.has_value()) {
    add("password", *target.password);
  } else if (const exec::LoginSecret secret = target.security->SecretOf(user); !secret.password.empty()) {
    add("password", secret.password.view());
  }
  if (!target.endpoint.IsUnix()) {
    add("sslmode", tls.sslmode);
    if (!tls.ca_file.empty()) add("sslrootcert", tls.ca_file);
    if (!tls.cert_file.empty()) add("sslcert", tls.cert_file);
    if (!tls.key_file.empty()) add("sslkey", tls.key_file);
  }
  add("connect_timeout", "10");
  add("application_name", "pgshoal");
  return out;
}

exec::ServerTarget TargetOf(const shardmap::ShardMap& map, ShardId id, const RouterOptions& options,
                            const std::string& client_user, std::shared_ptr<const Security> security) {
  const shardmap::Shard& shard = map.shard(id);
  exec::ServerTarget target;
  if (shard.host.starts_with('/')) {
    target.endpoint = net::Endpoint::Unix(fmt::format("{}/.s.PGSQL.{}", shard.host, shard.port));
  } else {
    target.endpoint = net::Endpoint::Tcp(shard.host, static_cast<std::uint16_t>(shard.port));
  }
  target.database = shard.dbname.empty() ? map.database() : shard.dbname;
  target.user = !options.server_user.empty() ? options.server_user : !shard.user.empty() ? shard.user : client_user;
  target.password = options.server_password.has_value() ? options.server_password : shard.password;
  target.security = std::move(security);
  return target;
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
  control_->thread = std::thread([this] { control_->Run(); });
}

Shared::~Shared() {
  {
    absl::MutexLock lock(&control_->mutex);
    control_->stop = true;
  }
  control_->thread.join();
}

SnapshotPtr Shared::snapshot() const {
  absl::MutexLock lock(&snapshot_mutex_);
  return snapshot_;
}

void Shared::Publish(SnapshotPtr snapshot) {
  absl::MutexLock lock(&snapshot_mutex_);
  snapshot_ = std::move(snapshot);
  version_.fetch_add(1, std::memory_order_release);
}

absl::Status Shared::Reload(shardmap::MapPtr map) {
  SnapshotPtr old = snapshot();
  if (!map) map = old ? old->map : options_.map;
  std::string user = options_.control_user;
  if (user.empty()) user = options_.server_user;
  const exec::ServerTarget home = TargetOf(*map, map->home(), options_, user, security_);
  absl::StatusOr<std::shared_ptr<const catalog::Catalog>> catalog =
      catalog::LoadCatalog(ConnInfo(home, home.user, security_->Current()->options.server_tls), snapshot_version() + 1);
  if (!catalog.ok()) return catalog.status();
  std::vector<exec::ServerTarget> targets;
  for (const shardmap::Shard& shard : map->shards()) {
    targets.push_back(TargetOf(*map, shard.id, options_, user, security_));
  }
  Publish(std::make_shared<const Snapshot>(Snapshot{std::move(map), *std::move(catalog)}));
  pools_->KeepOnly(targets);
  notifications_->KeepOnly(home.endpoint);
  return absl::OkStatus();
}

absl::Status Shared::LoadSecurity() { return security_->Load(options_.security); }

absl::Status Shared::ReloadMapFile() {
  const absl::Status security = security_->Reload();
  const absl::Status map = ReloadMap();
  return security.ok() ? map : security;
}

absl::Status Shared::ReloadMap() {
  if (options_.map_file.empty()) return Reload();
  absl::StatusOr<shardmap::MapPtr> map = shardmap::LoadMap(options_.map_file);
  if (!map.ok()) return map.status();
  const shardmap::MapPtr old = snapshot()->map;
  // Slots that change their owner need their rows moved: never by merely reading another file.
  if ((*map)->slots() != old->slots() || (*map)->spec().slot_owner != old->spec().slot_owner ||
      (*map)->home() != old->home()) {
    return SqlStatus(sqlstate::kConfigFileError,
                     fmt::format("{}: the owners of slots or the home shard differ from the running map; rows would be "
                                 "looked for where they are not",
                                 options_.map_file));
  }
  return Reload(*std::move(map));
}

absl::Status Shared::InstallMap(const std::string& toml) {
  absl::StatusOr<shardmap::MapPtr> map = shardmap::ParseMap(toml, "the given map");
  if (!map.ok()) return map.status();
  const shardmap::MapPtr old = snapshot()->map;
  if ((*map)->epoch().value != old->epoch().value + 1) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     fmt::format("the given map has epoch {}, but the next one is {}", (*map)->epoch().value,
                                 old->epoch().value + 1),
                     0, "Somebody else has changed the map: read it again and repeat the change.");
  }
  if ((*map)->slots() != old->slots() || (*map)->spec().slot_owner != old->spec().slot_owner ||
      (*map)->home() != old->home()) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     "the owners of slots or the home shard differ from the running map", 0,
                     "Only tables and column rules can be changed this way.");
  }
  if (!options_.map_file.empty()) {
    absl::Status saved = shardmap::SaveMap(**map, options_.map_file);
    if (!saved.ok()) return saved;
  }
  return Reload(*std::move(map));
}

void Shared::RunBlocking(absl::AnyInvocable<absl::Status()> work, net::Poster poster,
                         absl::AnyInvocable<void(absl::Status)> done) {
  absl::MutexLock lock(&control_->mutex);
  control_->jobs.push_back({std::move(work), std::move(poster), std::move(done)});
}

void Shared::SetReactors(std::vector<net::Reactor*> reactors) {
  pools_ = std::make_unique<exec::Pools>(options_.pool, std::move(reactors));
}

const std::string& Shared::DatabaseName(const shardmap::ShardMap& map) const {
  return options_.database.empty() ? map.database() : options_.database;
}

std::shared_ptr<exec::Pool> Shared::PoolFor(const shardmap::ShardMap& map, ShardId shard, const std::string& user) {
  return pools_->Get({DatabaseName(map), map.shard(shard).name}, TargetOf(map, shard, options_, user, security_));
}

std::shared_ptr<exec::Pool> Shared::AuthQueryPool(const shardmap::ShardMap& map, const std::string& auth_user) {
  exec::ServerTarget target = TargetOf(map, map.home(), options_, auth_user, security_);
  // Not as clients are logged in; a password that is given for another user is not shown.
  if (target.user != auth_user) target.password.reset();
  target.user = auth_user;
  // The console's name: no database that clients' statements run in is called so.
  return pools_->Get({"pgshoal", map.shard(map.home()).name}, target);
}

std::shared_ptr<UserView> Worker::ViewOf(const std::string& user) {
  // A bound on memory; sessions keep what they have.
  if (users.size() >= 10'000) users.clear();
  std::shared_ptr<UserView>& view = users[user];
  if (view && IsCurrent(*view)) return view;
  view = std::make_shared<UserView>();
  view->pools_version = shared->pools().version();
  const SnapshotPtr& current = Current();
  view->snapshot_version = snapshot_version;
  view->rules = shared->pools().settings()->RulesFor(shared->DatabaseName(*current->map), user);
  view->pools.resize(static_cast<std::size_t>(current->map->shard_count()));
  return view;
}

absl::Status Shared::Admit(const std::string& database, const std::string& user) {
  const auto refusal = [](std::string message) { return SqlStatus(sqlstate::kTooManyConnections, std::move(message)); };
  const std::shared_ptr<const exec::PoolSettings> settings = pools_->settings();
  if (clients.load() > settings->max_client_conn) return refusal("no more connections allowed (max_client_conn)");
  if (pools_->Disabled(database)) {
    return SqlStatus(sqlstate::kProtocolViolation, fmt::format("database \"{}\" is disabled", database));
  }
  const int most_of_database = settings->MaxClientsOfDatabase(database);
  const int most_of_user = settings->MaxClientsOfUser(user);
  absl::MutexLock lock(&counts_mutex_);
  int& database_count = of_database_[database];
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
  if (of_database_[database] == 0) of_database_.erase(database);
  if (of_user_[user] == 0) of_user_.erase(user);
  return status;
}

void Shared::Dismiss(const std::string& database, const std::string& user) {
  absl::MutexLock lock(&counts_mutex_);
  if (--of_database_[database] == 0) of_database_.erase(database);
  if (--of_user_[user] == 0) of_user_.erase(user);
}

int Shared::ClientsOfDatabase(const std::string& database) const {
  absl::MutexLock lock(&counts_mutex_);
  const auto found = of_database_.find(database);
  return found == of_database_.end() ? 0 : found->second;
}

int Shared::ClientsOfUser(const std::string& user) const {
  absl::MutexLock lock(&counts_mutex_);
  const auto found = of_user_.find(user);
  return found == of_user_.end() ? 0 : found->second;
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
