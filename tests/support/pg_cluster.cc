#include "tests/support/pg_cluster.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "fmt/format.h"

namespace pgshoal::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr auto kStartTimeout = std::chrono::seconds(60);

// The directory of initdb and postgres: $PGSHOAL_PG_BINDIR, or the newest version in Debian's place.
std::string BinDir() {
  if (const char* given = std::getenv("PGSHOAL_PG_BINDIR")) return given;
  int newest = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    if (fs::exists(entry.path() / "bin" / "initdb", ignored)) {
      newest = std::max(newest, std::atoi(entry.path().filename().c_str()));
    }
  }
  return newest == 0 ? std::string() : fmt::format("/usr/lib/postgresql/{}/bin", newest);
}

// The user that the servers run as; nullptr when this process may run them itself.
const passwd* ServerUser() {
  if (geteuid() != 0) return nullptr;
  const passwd* user = getpwnam("postgres");
  return user != nullptr ? user : getpwnam("nobody");
}

// Starts a program with its output appended to `log`; it gets SIGQUIT when this process's calling thread ends.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  const passwd* user = ServerUser();
  const uid_t uid = user != nullptr ? user->pw_uid : geteuid();
  const gid_t gid = user != nullptr ? user->pw_gid : getegid();
  const bool drop = user != nullptr;
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  const int in = open("/dev/null", O_RDONLY);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  if (drop && (setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)) _exit(126);
  if (chdir("/tmp") != 0) _exit(124);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (getppid() != parent) _exit(125);
  close_range(3, ~0u, 0);
  execv(argv[0], argv.data());
  _exit(127);
}

std::string Contents(const std::string& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

absl::Status Run(const std::vector<std::string>& command, const std::string& log) {
  const pid_t pid = Spawn(command, log);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError(fmt::format("{} failed:\n{}", command[0], Contents(log)));
}

absl::StatusOr<int> FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool ok = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  if (fd >= 0) close(fd);
  if (!ok) return absl::InternalError(fmt::format("no free port: {}", std::strerror(errno)));
  return static_cast<int>(ntohs(address.sin_port));
}

void Stop(pid_t& pid) {
  if (pid <= 0) return;
  kill(pid, SIGQUIT);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
}

}  // namespace

bool PgCluster::Available() {
  return !BinDir().empty();
}

absl::StatusOr<std::unique_ptr<PgCluster>> PgCluster::Start(int count) {
  Options options;
  options.servers = count;
  return Start(std::move(options));
}

absl::StatusOr<std::unique_ptr<PgCluster>> PgCluster::Start(Options options) {
  if (!Available()) return absl::NotFoundError("no PostgreSQL server programs are installed");
  std::unique_ptr<PgCluster> cluster(new PgCluster(std::move(options)));
  if (absl::Status status = cluster->Initialize(); !status.ok()) return status;
  return cluster;
}

absl::Status PgCluster::Initialize() {
  // Unix socket paths are at most 107 bytes, so the directory stays near the root.
  std::string pattern = "/tmp/pgshoal-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return absl::InternalError("cannot make a temporary directory");
  directory_ = pattern;
  if (const passwd* user = ServerUser()) {
    if (chown(directory_.c_str(), user->pw_uid, user->pw_gid) != 0) return absl::InternalError("chown failed");
  }
  servers_.resize(static_cast<std::size_t>(options_.servers));
  for (int i = 0; i < size(); ++i) {
    // One initdb; the others are copies.
    const std::vector<std::string> command = i == 0 ? std::vector<std::string>{BinDir() + "/initdb",
                                                                               "-D",
                                                                               DataDir(0),
                                                                               "-U",
                                                                               "postgres",
                                                                               "-A",
                                                                               "trust",
                                                                               "-E",
                                                                               "UTF8",
                                                                               "--locale",
                                                                               "C.UTF-8",
                                                                               "--no-sync"}
                                                    : std::vector<std::string>{"/bin/cp", "-a", DataDir(0), DataDir(i)};
    if (absl::Status status = Run(command, fmt::format("{}/init.log", directory_)); !status.ok()) return status;
  }
  for (int i = 0; i < size(); ++i) {
    // Another process may take the port between looking and binding.
    absl::Status status;
    for (int attempt = 0; attempt < 5; ++attempt) {
      auto port = FreePort();
      if (!port.ok()) return port.status();
      servers_[static_cast<std::size_t>(i)].port = *port;
      status = Launch(i);
      if (status.ok()) break;
    }
    if (!status.ok()) return status;
    if (options_.database == "postgres") continue;
    auto made = QueryIn("postgres", i, fmt::format("CREATE DATABASE \"{}\"", options_.database));
    if (!made.ok()) return made.status();
  }
  return absl::OkStatus();
}

absl::Status PgCluster::Launch(int server) {
  Server& it = servers_[static_cast<std::size_t>(server)];
  std::vector<std::string> command = {BinDir() + "/postgres", "-D", DataDir(server), "-p", std::to_string(it.port)};
  std::vector<std::pair<std::string, std::string>> settings = {{"listen_addresses", "127.0.0.1"},
                                                               {"unix_socket_directories", directory_},
                                                               {"fsync", "off"},
                                                               {"full_page_writes", "off"},
                                                               {"synchronous_commit", "off"},
                                                               {"wal_level", "logical"},
                                                               {"max_prepared_transactions", "64"},
                                                               {"shared_buffers", "32MB"}};
  settings.insert(settings.end(), options_.settings.begin(), options_.settings.end());
  for (const auto& [name, value] : settings) {
    command.push_back("-c");
    command.push_back(name + "=" + value);
  }
  it.pid = Spawn(command, LogFile(server));
  if (it.pid < 0) return absl::InternalError("fork failed");
  absl::Status status = WaitUntilReady(server);
  if (!status.ok()) Stop(it.pid);
  return status;
}

absl::Status PgCluster::WaitUntilReady(int server) {
  Server& it = servers_[static_cast<std::size_t>(server)];
  const std::string conninfo = fmt::format("host=127.0.0.1 port={} user=postgres dbname=postgres", it.port);
  const auto until = steady_clock::now() + kStartTimeout;
  while (steady_clock::now() < until) {
    int status = 0;
    if (waitpid(it.pid, &status, WNOHANG) == it.pid) {
      it.pid = -1;
      break;
    }
    if (PQping(conninfo.c_str()) == PQPING_OK) return absl::OkStatus();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return absl::InternalError(fmt::format("a server did not start:\n{}", Contents(LogFile(server))));
}

PgCluster::~PgCluster() {
  for (Server& server : servers_) Stop(server.pid);
  std::error_code ignored;
  if (!directory_.empty()) fs::remove_all(directory_, ignored);
}

std::string PgCluster::DataDir(int server) const {
  return fmt::format("{}/data{}", directory_, server);
}
std::string PgCluster::LogFile(int server) const {
  return fmt::format("{}/server{}.log", directory_, server);
}

std::string PgCluster::Conninfo(int server) const {
  return fmt::format("host=127.0.0.1 port={} user=postgres dbname={}", port(server), options_.database);
}

absl::StatusOr<std::vector<PgCluster::Row>> PgCluster::Query(int server, const std::string& sql) const {
  return QueryIn(options_.database, server, sql);
}

absl::StatusOr<std::vector<PgCluster::Row>> PgCluster::QueryIn(const std::string& database, int server,
                                                               const std::string& sql) const {
  const std::string conninfo = fmt::format("host=127.0.0.1 port={} user=postgres dbname='{}'", port(server), database);
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(conninfo.c_str()), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return absl::UnavailableError(PQerrorMessage(connection.get()));
  std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    return absl::InternalError(PQresultErrorMessage(result.get()));
  }
  std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      auto& row = rows[static_cast<std::size_t>(r)];
      if (PQgetisnull(result.get(), r, c)) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(
            std::string(PQgetvalue(result.get(), r, c), static_cast<std::size_t>(PQgetlength(result.get(), r, c))));
      }
    }
  }
  return rows;
}

absl::Status PgCluster::Kill(int server) {
  Stop(servers_[static_cast<std::size_t>(server)].pid);
  return absl::OkStatus();
}

absl::Status PgCluster::Restart(int server) {
  Stop(servers_[static_cast<std::size_t>(server)].pid);
  return Launch(server);
}

}  // namespace pgshoal::test
