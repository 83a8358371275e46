#include "router/main/left_servers.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/status.hpp"
#include "router/main/child_process.hpp"

namespace pgshoal::main {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

bool IsPostgres(const fs::path& process) {
  std::ifstream comm(process / "comm");
  std::string name;
  return std::getline(comm, name) && (name == "postgres" || name == "postmaster");
}

std::vector<pid_t> PostgresProcessesIn(const std::string& data_dir) {
  std::vector<pid_t> pids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    const fs::path cwd = fs::read_symlink(entry.path() / "cwd", error);
    if (!error && cwd == data_dir && IsPostgres(entry.path())) pids.push_back(std::stoi(name));
  }
  return pids;
}

// The first line of postmaster.pid; 0 when there is none.
pid_t PidInLockFile(const std::string& data_dir) {
  std::ifstream file(data_dir + "/postmaster.pid");
  pid_t pid = 0;
  file >> pid;
  return file ? pid : 0;
}

// True when none is left before `limit` has passed.
bool GoneWithin(const std::string& data_dir, milliseconds limit) {
  const auto end = Clock::now() + limit;
  while (!PostgresProcessesIn(data_dir).empty()) {
    if (Clock::now() >= end) return false;
    if (InterruptedWithin(milliseconds(50))) return false;
  }
  return true;
}

}  // namespace

absl::Status EndServersLeftIn(const std::string& data_dir) {
  std::vector<pid_t> pids = PostgresProcessesIn(data_dir);
  const pid_t postmaster = PidInLockFile(data_dir);
  if (std::find(pids.begin(), pids.end(), postmaster) != pids.end()) {
    kill(postmaster, SIGINT);
    const bool gone = GoneWithin(data_dir, milliseconds(20'000));
    if (Interrupted()) return InterruptedStatus();
    if (!gone) kill(postmaster, SIGQUIT);
  }
  // Processes whose postmaster is gone notice that and leave by themselves.
  const bool gone = GoneWithin(data_dir, milliseconds(5'000));
  if (Interrupted()) return InterruptedStatus();
  if (!gone) {
    for (const pid_t pid : PostgresProcessesIn(data_dir)) kill(pid, SIGQUIT);
  }
  if (!GoneWithin(data_dir, milliseconds(5'000))) {
    return SqlStatus(
        sqlstate::kObjectInUse,
        fmt::format("a PostgreSQL process (process {}) still works in {} and does not end",
                    PostgresProcessesIn(data_dir).empty() ? 0 : PostgresProcessesIn(data_dir).front(), data_dir));
  }
  std::error_code ignored;
  fs::remove(data_dir + "/postmaster.pid", ignored);
  return absl::OkStatus();
}

}  // namespace pgshoal::main
