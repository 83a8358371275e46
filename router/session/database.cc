#include "router/session/database.hpp"

#include <fmt/format.h>

#include <utility>

#include "router/session/shared.hpp"

namespace pgshoal::session {
namespace {

// Passwords that were learned from clients of one database are shown to its servers only.
class OwnSecurity : public exec::ServerSecurity {
 public:
  OwnSecurity(std::shared_ptr<const Security> security, std::string database)
      : security_(std::move(security)), database_(std::move(database)) {}
  exec::LoginSecret SecretOf(const std::string& user) const override { return security_->SecretOf(database_, user); }
  exec::ServerTls Tls() const override { return security_->Tls(); }

 private:
  const std::shared_ptr<const Security> security_;
  const std::string database_;
};

}  // namespace

Database::Database(DatabaseOptions options, std::shared_ptr<const Security> security)
    : name_(options.name),
      security_(std::make_shared<const OwnSecurity>(std::move(security), options.name)),
      options_(std::move(options)) {}

DatabaseOptions Database::options() const {
  absl::MutexLock lock(&mutex_);
  return options_;
}

void Database::SetOptions(DatabaseOptions options) {
  absl::MutexLock lock(&mutex_);
  options_ = std::move(options);
  failure_ = absl::OkStatus();
}

SnapshotPtr Database::snapshot() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

shardmap::MapPtr Database::map() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_ ? snapshot_->map : options_.map;
}

void Database::Publish(SnapshotPtr snapshot, std::uint64_t version) {
  absl::MutexLock lock(&mutex_);
  snapshot_ = std::move(snapshot);
  options_.map = snapshot_->map;
  failure_ = absl::OkStatus();
  version_.store(version, std::memory_order_release);
}

absl::Status Database::Failure(net::Clock::time_point now) const {
  absl::MutexLock lock(&mutex_);
  return now < failure_ends_ ? failure_ : absl::OkStatus();
}

void Database::SetFailure(absl::Status failure, net::Clock::time_point until) {
  absl::MutexLock lock(&mutex_);
  failure_ = std::move(failure);
  failure_ends_ = until;
}

std::string Database::reader() const {
  absl::MutexLock lock(&mutex_);
  return reader_;
}

void Database::SetReader(std::string user) {
  absl::MutexLock lock(&mutex_);
  reader_ = std::move(user);
}

exec::ServerTarget TargetOf(const Database& database, const shardmap::ShardMap& map, ShardId id,
                            const RouterOptions& options, const std::string& client_user) {
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
  target.security = database.security();
  return target;
}

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

bool LocalDatabase::IsCurrent(const UserView& view) const {
  return view.snapshot_version == snapshot_version && view.pools_version == shared.pools().version();
}

std::shared_ptr<UserView> LocalDatabase::ViewOf(const std::string& user) {
  // A bound on memory; sessions keep what they have.
  if (users.size() >= 10'000) users.clear();
  std::shared_ptr<UserView>& view = users[user];
  if (view && IsCurrent(*view)) return view;
  view = std::make_shared<UserView>();
  view->pools_version = shared.pools().version();
  const SnapshotPtr& current = Current();
  view->snapshot_version = snapshot_version;
  view->rules = shared.pools().settings()->RulesFor(database->name(), user);
  view->pools.resize(static_cast<std::size_t>(current->map->shard_count()));
  return view;
}

}  // namespace pgshoal::session
