#include "router/main/serve.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "router/admin/console.hpp"
#include "router/log/log.hpp"
#include "router/main/database_config.hpp"
#include "router/main/pool_config.hpp"
#include "router/main/running_config.hpp"
#include "router/main/systemd.hpp"
#include "router/session/router.hpp"

namespace pgshoal::main {
namespace {

net::Backend BackendOf(const std::string& io) {
  if (io == "io_uring") return net::Backend::kIoUring;
  if (io == "epoll") return net::Backend::kEpoll;
  return net::Backend::kAuto;
}

int ThreadsOf(int worker_threads) {
  if (worker_threads > 0) return worker_threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::vector<net::Endpoint> EndpointsOf(const RouterConfig& config) {
  std::vector<net::Endpoint> endpoints;
  for (const std::string& address : config.listen_addresses) {
    endpoints.push_back(net::Endpoint::Tcp(address, static_cast<std::uint16_t>(config.port)));
  }
  if (!config.unix_socket_dir.empty()) {
    endpoints.push_back(net::Endpoint::Unix(fmt::format("{}/.s.PGSQL.{}", config.unix_socket_dir, config.port)));
  }
  return endpoints;
}

// As many open files as the system allows: each client is one, each server connection another.
void RaiseFileLimit(int max_clients) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max <= static_cast<rlim_t>(max_clients)) {
    fmt::print(stderr, "pgshoal: at most {} files may be open here: too few for max_client_conn = {}\n", limit.rlim_max,
               max_clients);
  }
}

session::TlsOptions TlsOf(const std::string& sslmode, const std::string& cert_file, const std::string& key_file,
                          const std::string& ca_file, const std::string& protocols, const std::string& ciphers) {
  session::TlsOptions tls;
  tls.sslmode = sslmode;
  tls.cert_file = cert_file;
  tls.key_file = key_file;
  tls.ca_file = ca_file;
  tls.protocols = protocols;
  tls.ciphers = ciphers;
  return tls;
}

}  // namespace

session::SecurityOptions SecurityOf(const RouterConfig& config) {
  session::SecurityOptions options;
  options.access = {config.auth, config.auth_hba_file, config.auth_ident_file, config.auth_file};
  options.auth_user = config.auth_user;
  options.auth_query = config.auth_query;
  options.auth_dbname = config.auth_dbname;
  options.auth_query_age = config.auth_query_cache;
  options.failure_delay = config.auth_failure_delay;
  options.client_tls = TlsOf(config.client_tls_sslmode, config.client_tls_cert_file, config.client_tls_key_file,
                             config.client_tls_ca_file, config.client_tls_protocols, config.client_tls_ciphers);
  options.server_tls = TlsOf(config.server_tls_sslmode, config.server_tls_cert_file, config.server_tls_key_file,
                             config.server_tls_ca_file, config.server_tls_protocols, config.server_tls_ciphers);
  return options;
}

absl::Status Serve(const RouterConfig& config, const ServeOptions& how, std::function<void(int port)> ready) {
  if (absl::Status opened = log::Configure(LogSettingsOf(config)); !opened.ok()) return opened;
  absl::StatusOr<std::vector<session::DatabaseOptions>> databases = DatabasesOf(config);
  if (!databases.ok()) return databases.status();
  RaiseFileLimit(config.max_client_conn);
  session::RouterOptions options;
  options.listen = EndpointsOf(config);
  options.unix_socket_mode = SocketMode(config.unix_socket_mode).value_or(0777);
  options.databases = *std::move(databases);
  options.fallback = FallbackOf(config);
  options.server_user = config.server_user;
  if (!config.server_password.empty()) options.server_password = config.server_password;
  options.control_user = config.control_user;
  options.threads = ThreadsOf(config.worker_threads);
  options.io = BackendOf(config.io);
  options.pool = PoolSettingsOf(config);
  options.security = SecurityOf(config);
  options.reuse_port = config.so_reuseport;
  options.defer_accept_seconds =
      static_cast<int>(std::chrono::ceil<std::chrono::seconds>(config.tcp_defer_accept).count());
  options.listen_fds = TakeListenFds();
  options.stop_at_once = how.stop_at_once;
  options.live = LiveSettingsOf(config);
  RunningConfig running(how.config_file, config);
  options.console = [&running](session::Shared& shared, const session::ConsoleCaller& caller, const std::string& text) {
    return admin::RunConsoleCommand(shared, running, caller, text);
  };
  options.reload = [&running](session::Shared& shared) { return running.ReloadHere(shared).status(); };
  options.stopping = NotifyStopping;
  auto told = [ready = std::move(ready)](int port) {
    NotifyReady();
    ready(port);
  };
  return session::RunRouter(std::move(options), std::move(told));
}

}  // namespace pgshoal::main
