#include "router/main/dev_cluster.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <pqxx/pqxx>

#include "base/status.hpp"
#include "router/main/left_servers.hpp"

namespace pgshoal::main {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPoll{20};
constexpr milliseconds kStartLimit{120'000};  // a server that was killed replays its log first
constexpr milliseconds kStopLimit{30'000};
constexpr int kPortAttempts = 5;
constexpr std::size_t kLogLinesShown = 20;

// What every server gets; --postgres-set comes after these and wins.
const ServerSettings& OwnSettings() {
  static const ServerSettings settings = {
      {"max_connections", "200"},
      // As many as there are sessions: then each may have a transaction prepared.
      {"max_prepared_transactions", "200"},
      {"wal_level", "logical"},
  };
  return settings;
}

constexpr std::array<std::string_view, 8> kReservedSettings = {
    "port",           "listen_addresses",  "unix_socket_directories", "unix_socket_permissions",
    "data_directory", "external_pid_file", "logging_collector",       "log_destination"};

absl::Status SystemError(const std::string& what) {
  return SqlStatus(sqlstate::kSystemError, fmt::format("{}: {}", what, std::strerror(errno)));
}

// A port that nobody listens on at this moment. Another program may take it before the server does: AwaitServer
// tries again then.
absl::StatusOr<int> FreeLoopbackPort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool found = fd >= 0 && bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  absl::StatusOr<int> port = ntohs(address.sin_port);
  if (!found) port = SystemError("no free port on 127.0.0.1");
  if (fd >= 0) close(fd);
  return port;
}

std::uintmax_t SizeOf(const std::string& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

std::string TextFrom(const std::string& file, std::uintmax_t start) {
  std::ifstream in(file);
  in.seekg(static_cast<std::streamoff>(start));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string LastLines(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t begin = text.size();
  for (std::size_t lines = 0; lines < kLogLinesShown && begin != std::string::npos && begin > 0; ++lines) {
    begin = text.rfind('\n', begin - 1);
  }
  return begin == std::string::npos ? text : text.substr(begin + (begin < text.size() && text[begin] == '\n'));
}

// The eighth line of postmaster.pid tells the server's state (PostgreSQL 10 and later).
bool IsReady(const std::string& data_dir, pid_t pid) {
  std::ifstream file(data_dir + "/postmaster.pid");
  std::string line;
  if (!std::getline(file, line) || line != std::to_string(pid)) return false;
  for (int i = 2; i <= 8; ++i) {
    if (!std::getline(file, line)) return false;
  }
  return line.starts_with("ready");
}

absl::Status CheckOwner(const std::string& data_dir, const ProcessOwner& owner) {
  struct stat info {};
  if (stat(data_dir.c_str(), &info) != 0) return SystemError(data_dir);
  if (info.st_uid == owner.uid) return absl::OkStatus();
  return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                   fmt::format("{} belongs to another user (uid {}), but the servers would run as {}", data_dir,
                               info.st_uid, owner.name),
                   0, "Start pgshoal dev as the user who made this directory.");
}

// A value between single quotes in a connection string.
std::string EscapedForConninfo(const std::string& value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\'' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::vector<std::string> InitdbCommand(const PostgresPrograms& programs, const std::string& dir,
                                       const std::string& user) {
  // Text sorts by its bytes, as it does where the router merges it; letters are still classified as UTF-8.
  return {programs.initdb,   "--pgdata=" + dir,  "--username=" + user, "--auth=trust",
          "--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C",     "--lc-messages=C"};
}

}  // namespace

absl::StatusOr<std::pair<std::string, std::string>> ParseServerSetting(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  const bool is_name = !name.empty() && name.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == name.npos;
  if (equals == text.npos || !is_name) {
    return SqlStatus(sqlstate::kInvalidParameterValue, fmt::format("\"{}\" is not of the form name=value", text));
  }
  std::string folded = name;
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (std::find(kReservedSettings.begin(), kReservedSettings.end(), folded) != kReservedSettings.end()) {
    return SqlStatus(sqlstate::kInvalidParameterValue, fmt::format("pgshoal dev decides {} itself", name));
  }
  return std::pair{folded, text.substr(equals + 1)};
}

DevCluster::DevCluster(DevDirectory& directory, ProcessOwner owner, PostgresPrograms programs, Progress progress)
    : directory_(directory), owner_(std::move(owner)), programs_(std::move(programs)), progress_(std::move(progress)) {}

DevCluster::~DevCluster() {
  Stop();
}

absl::Status DevCluster::CleanUp() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_.path(), error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("shard") || !entry.is_directory(error)) continue;
    if (absl::Status status = EndServersLeftIn(entry.path().string()); !status.ok()) return status;
    if (name.ends_with(".new")) fs::remove_all(entry.path(), error);
    if (error) {
      return SqlStatus(sqlstate::kSystemError,
                       fmt::format("cannot remove {}: {}", entry.path().string(), error.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status DevCluster::Start(const DevFacts& facts, const ServerSettings& settings) {
  if (absl::Status status = directory_.MakeSocketDir(owner_); !status.ok()) return status;
  if (absl::Status status = MakeDataDirs(facts); !status.ok()) return status;
  servers_.resize(facts.shards);
  pids_.assign(facts.shards, 0);
  log_starts_.assign(facts.shards, 0);
  for (int shard = 0; shard < facts.shards; ++shard) {
    progress_(fmt::format("starting shard{}", shard));
    if (absl::Status status = StartServer(shard, settings); !status.ok()) return status;
  }
  for (int shard = 0; shard < facts.shards; ++shard) {
    if (absl::Status status = AwaitServer(shard, settings); !status.ok()) return status;
    progress_(fmt::format("shard{} accepts connections on 127.0.0.1:{}", shard, servers_[shard].port));
  }
  return CreateDatabases(facts);
}

absl::Status DevCluster::MakeDataDirs(const DevFacts& facts) {
  // All at once; each is renamed to its final name only when it is whole.
  std::vector<std::pair<int, pid_t>> making;
  for (int shard = 0; shard < facts.shards; ++shard) {
    const std::string dir = directory_.data_dir(shard);
    if (fs::exists(dir)) {
      if (absl::Status status = CheckOwner(dir, owner_); !status.ok()) return status;
      continue;
    }
    progress_(fmt::format("making shard{} in {}", shard, dir));
    const std::string unfinished = dir + ".new";
    if (mkdir(unfinished.c_str(), 0700) != 0 || chown(unfinished.c_str(), owner_.uid, owner_.gid) != 0) {
      return SystemError(unfinished);
    }
    const std::string log = directory_.log_file(shard);
    std::error_code ignored;
    fs::remove(log, ignored);
    absl::StatusOr<pid_t> pid = StartChild({.argv = InitdbCommand(programs_, unfinished, facts.user),
                                            .owner = owner_,
                                            .log_file = log,
                                            .death_signal = SIGTERM});
    if (!pid.ok()) return pid.status();
    making.emplace_back(shard, *pid);
  }

  absl::Status result;
  for (const auto& [shard, pid] : making) {
    std::optional<int> ended;
    while (!(ended = WaitForChild(pid, kPoll))) {
      if (Interrupted()) kill(pid, SIGTERM);
    }
    const std::string dir = directory_.data_dir(shard);
    if (*ended != 0) {
      result.Update(
          SqlStatus(sqlstate::kSystemError, fmt::format("initdb for shard{} {}:\n{}", shard, DescribeExit(*ended),
                                                        LastLines(TextFrom(directory_.log_file(shard), 0)))));
    } else if (result.ok() && rename((dir + ".new").c_str(), dir.c_str()) != 0) {
      result = SystemError(dir);
    }
  }
  return Interrupted() ? InterruptedStatus() : result;
}

absl::Status DevCluster::StartServer(int shard, const ServerSettings& settings) {
  absl::StatusOr<int> port = FreeLoopbackPort();
  if (!port.ok()) return port.status();
  DevServer& server = servers_[shard];
  server = {fmt::format("shard{}", shard), directory_.socket_dir(), *port};

  ServerSettings all = OwnSettings();
  all.insert(all.end(), settings.begin(), settings.end());
  all.emplace_back("listen_addresses", "127.0.0.1");
  all.emplace_back("port", std::to_string(*port));
  all.emplace_back("unix_socket_directories", directory_.socket_dir());
  std::vector<std::string> argv = {programs_.postgres, "-D", directory_.data_dir(shard)};
  for (const auto& [name, value] : all) {
    argv.emplace_back("-c");
    argv.push_back(fmt::format("{}={}", name, value));
  }
  log_starts_[shard] = SizeOf(directory_.log_file(shard));
  absl::StatusOr<pid_t> pid = StartChild(
      {.argv = std::move(argv), .owner = owner_, .log_file = directory_.log_file(shard), .death_signal = SIGINT});
  if (!pid.ok()) return pid.status();
  pids_[shard] = *pid;
  return absl::OkStatus();
}

absl::Status DevCluster::AwaitServer(int shard, const ServerSettings& settings) {
  const auto end = Clock::now() + kStartLimit;
  for (int attempt = 1;;) {
    if (Interrupted()) return InterruptedStatus();
    const std::optional<int> ended = WaitForChild(pids_[shard], kPoll);
    if (!ended && IsReady(directory_.data_dir(shard), pids_[shard])) return absl::OkStatus();
    if (!ended && Clock::now() < end) continue;
    const std::string log = TextFrom(directory_.log_file(shard), log_starts_[shard]);
    if (!ended) {
      return SqlStatus(sqlstate::kCannotConnectNow, fmt::format("shard{} has not become ready in {} s; its log:\n{}",
                                                                shard, kStartLimit.count() / 1000, LastLines(log)));
    }
    pids_[shard] = 0;
    const bool port_was_taken = log.find("Address already in use") != log.npos;
    if (!port_was_taken || attempt == kPortAttempts) {
      return SqlStatus(sqlstate::kCannotConnectNow, fmt::format("the server of shard{} {}; its log ends with:\n{}",
                                                                shard, DescribeExit(*ended), LastLines(log)));
    }
    ++attempt;
    if (absl::Status status = StartServer(shard, settings); !status.ok()) return status;
  }
}

absl::Status DevCluster::CreateDatabases(const DevFacts& facts) {
  for (const DevServer& server : servers_) {
    if (Interrupted()) return InterruptedStatus();
    try {
      pqxx::connection server_connection(fmt::format("host='{}' port={} user='{}' dbname=postgres connect_timeout=10",
                                                     EscapedForConninfo(server.socket_dir), server.port,
                                                     EscapedForConninfo(facts.user)));
      pqxx::nontransaction work(server_connection);
      if (!work.exec_params("SELECT 1 FROM pg_database WHERE datname = $1", facts.database).empty()) continue;
      work.exec("CREATE DATABASE " + server_connection.quote_name(facts.database));
    } catch (const std::exception& error) {
      return SqlStatus(sqlstate::kConnectionFailure, fmt::format("cannot create database \"{}\" on {}: {}",
                                                                 facts.database, server.name, error.what()));
    }
  }
  return absl::OkStatus();
}

void DevCluster::Watch() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  watching_ = true;
  watcher_ = std::thread([this] {
    while (watching_) {
      for (std::size_t shard = 0; shard < pids_.size(); ++shard) {
        if (pids_[shard] == 0) continue;
        const std::optional<int> ended = WaitForChild(pids_[shard], milliseconds(0));
        if (!ended) continue;
        progress_(fmt::format("{} {}", servers_[shard].name, DescribeExit(*ended)));
        pids_[shard] = 0;
      }
      std::this_thread::sleep_for(milliseconds(100));
    }
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void DevCluster::Stop() {
  watching_ = false;
  if (watcher_.joinable()) watcher_.join();
  for (const pid_t pid : pids_) {
    if (pid != 0) kill(pid, SIGINT);
  }
  const auto end = Clock::now() + kStopLimit;
  for (pid_t& pid : pids_) {
    if (pid == 0) continue;
    const auto rest = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (!WaitForChild(pid, std::max(rest, milliseconds(0)))) {
      kill(pid, SIGQUIT);
      if (!WaitForChild(pid, milliseconds(10'000))) kill(pid, SIGKILL);
    }
    pid = 0;
  }
}

}  // namespace pgshoal::main
