#include "router/main/running_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <utility>

#include "base/status.hpp"
#include "router/main/database_config.hpp"
#include "router/main/pool_config.hpp"
#include "router/main/serve.hpp"
#include "router/main/systemd.hpp"
#include "router/session/shared.hpp"

namespace pgshoal::main {
namespace {

log::Level LevelNamed(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warning") return log::Level::kWarning;
  return name == "error" ? log::Level::kError : log::Level::kInfo;
}

}  // namespace

session::LiveSettings LiveSettingsOf(const RouterConfig& config) {
  session::LiveSettings live;
  live.admin_users = config.admin_users;
  live.stats_users = config.stats_users;
  live.stats_period = config.stats_period;
  live.client_login_timeout = config.client_login_timeout;
  live.query_wait_notify = config.query_wait_notify;
  live.suspend_timeout = config.suspend_timeout;
  live.tcp_keepalive = config.tcp_keepalive;
  live.keepalive = KeepAliveOf(config);
  live.log_connections = config.log_connections;
  live.log_disconnections = config.log_disconnections;
  live.log_pooler_errors = config.log_pooler_errors;
  live.log_stats = config.log_stats;
  live.log_min_duration_statement = config.log_min_duration_statement;
  return live;
}

log::Settings LogSettingsOf(const RouterConfig& config) {
  log::Settings settings;
  settings.level = LevelNamed(config.log_level);
  settings.json = config.log_format == "json";
  settings.file = config.log_file;
  settings.syslog = config.syslog;
  settings.syslog_ident = config.syslog_ident;
  settings.syslog_facility = config.syslog_facility;
  return settings;
}

RunningConfig::RunningConfig(std::string file, RouterConfig config)
    : file_(std::move(file)), config_(std::move(config)) {}

std::vector<RunningConfig::Row> RunningConfig::Rows() const {
  static const RouterConfig initial;
  absl::MutexLock lock(&mutex_);
  std::vector<Row> rows;
  for (const Setting& setting : Settings()) {
    rows.push_back(
        {std::string(setting.name), ShowSetting(setting, config_), ShowSetting(setting, initial), setting.reloadable});
  }
  return rows;
}

absl::Status RunningConfig::Apply(session::Shared& shared, RouterConfig config, bool with_map) {
  // The log's file is opened anew even if nothing has changed: the old one may have been moved away.
  absl::Status status = log::Configure(LogSettingsOf(config));
  if (status.ok()) status = shared.security().Load(SecurityOf(config));
  if (status.ok() && with_map) {
    absl::StatusOr<std::vector<session::DatabaseOptions>> databases = DatabasesOf(config);
    status = databases.status();
    if (status.ok()) {
      shared.SetFallback(FallbackOf(config));
      status = shared.SetDatabases(*std::move(databases));
      if (!status.ok()) shared.SetFallback(FallbackOf(config_));
    }
  }
  if (!status.ok()) {
    // What was read for nothing; the files may have changed, but a mistake in them is not the one to tell.
    shared.security().Load(SecurityOf(config_)).IgnoreError();
    log::Configure(LogSettingsOf(config_)).IgnoreError();
    return status;
  }
  shared.SetLive(LiveSettingsOf(config));
  shared.pools().Configure(PoolSettingsOf(config));
  shared.MakeForcedPools();
  // Connections made by other rules than those that hold now may be less safe than these demand.
  if (SecurityOf(config).server_tls != SecurityOf(config_).server_tls) shared.pools().Reconnect("");
  config_ = std::move(config);
  return absl::OkStatus();
}

absl::Status RunningConfig::Set(session::Shared& shared, const std::string& name, const std::string& value) {
  absl::MutexLock lock(&mutex_);
  RouterConfig config = config_;
  if (absl::Status assigned = AssignText(config, name, value); !assigned.ok()) return assigned;
  return Apply(shared, std::move(config), /*with_map=*/false);
}

absl::StatusOr<RunningConfig::Reloaded> RunningConfig::ReloadHere(session::Shared& shared) {
  NotifyReloading();
  Reloaded reloaded;
  absl::Status status;
  if (file_.empty()) {
    status = shared.ReloadMapFile();
    if (status.ok()) status = log::Reopen();
  } else if (absl::StatusOr<RouterConfig> fresh = ReadConfig(file_); !fresh.ok()) {
    status = fresh.status();
  } else {
    absl::MutexLock lock(&mutex_);
    RouterConfig merged = TakeReloadable(config_, *fresh, &reloaded.changed, &reloaded.needs_restart);
    status = Apply(shared, std::move(merged), /*with_map=*/true);
  }
  NotifyReady();
  if (!status.ok()) return status;
  if (!reloaded.changed.empty()) log::Info(fmt::format("settings changed: {}", fmt::join(reloaded.changed, ", ")));
  if (!reloaded.needs_restart.empty()) {
    log::Warning(fmt::format("changes of these settings need a restart: {}", fmt::join(reloaded.needs_restart, ", ")));
  }
  return reloaded;
}

absl::StatusOr<RunningConfig::Reloaded> RunningConfig::Reload(session::Shared& shared) {
  auto result = std::make_shared<absl::StatusOr<Reloaded>>(absl::UnknownError(""));
  absl::Status ran = shared.OnControlThread([this, result, &shared] {
    *result = ReloadHere(shared);
    return absl::OkStatus();
  });
  if (!ran.ok()) return ran;
  return *result;
}

}  // namespace pgshoal::main
