#include "router/main/dev_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/status.hpp"

namespace pgshoal::main {
namespace {

namespace fs = std::filesystem;

constexpr char kMarker[] = "pgshoal-dev.toml";
constexpr char kLock[] = "lock";
constexpr char kTmpSockets[] = "/tmp/pgshoal-";
// sun_path holds 107 bytes and a NUL; the longest name in it is ".s.PGSQL.65535.lock".
constexpr std::size_t kMaxSocketDir = 107 - sizeof("/.s.PGSQL.65535.lock");

absl::Status SystemError(const std::string& what) {
  return SqlStatus(sqlstate::kSystemError, fmt::format("{}: {}", what, std::strerror(errno)));
}

// Runs as the servers' user: the first directory on the way to `path` that it may not search, or nothing.
std::string FirstUnreachable(const std::string& path) {
  fs::path prefix;
  for (const fs::path& part : fs::path(path)) {
    prefix /= part;
    if (access(prefix.c_str(), X_OK) != 0) return prefix.string();
  }
  return {};
}

bool HasMarker(const std::string& path) {
  return fs::exists(path + "/" + kMarker);
}

bool HasDataDir(const std::string& path) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("shard") && name.find('.') == name.npos) return true;
  }
  return false;
}

bool IsEmptyButForLock(const std::string& path) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(path, ignored)) {
    if (entry.path().filename() != kLock) return false;
  }
  return true;
}

// A name that this program gives to something in the directory.
bool IsOurs(const std::string& name) {
  if (name == kMarker || name == "map.toml" || name == "run" || name == "sockets") return true;
  if (!name.starts_with("shard")) return false;
  const std::size_t digits = name.find_first_not_of("0123456789", 5);
  const std::string rest = digits == std::string::npos ? "" : name.substr(digits);
  return digits != 5 && (rest.empty() || rest == ".new" || rest == ".log");
}

absl::StatusOr<int> Lock(const std::string& path) {
  const std::string file = path + "/" + kLock;
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError(file);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char pid[32] = {};
    const ssize_t n = read(fd, pid, sizeof pid - 1);
    close(fd);
    return SqlStatus(sqlstate::kObjectInUse,
                     fmt::format("another pgshoal dev (process {}) is using {}", n > 0 ? pid : "unknown", path), 0,
                     "Stop it first, or give each its own --dir and --port.");
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(fd, 0) != 0 || write(fd, pid.data(), pid.size()) < 0) {
    close(fd);
    return SystemError(file);
  }
  return fd;
}

// The socket directory in /tmp that a killed predecessor left behind is named in DIR/sockets.
void RemoveLeftSocketDir(const std::string& path) {
  std::ifstream note(path + "/sockets");
  std::string dir;
  if (!std::getline(note, dir) || !dir.starts_with(kTmpSockets) || dir.find('/', sizeof kTmpSockets - 1) != dir.npos)
    return;
  std::error_code ignored;
  fs::remove_all(dir, ignored);
}

}  // namespace

absl::StatusOr<DevDirectory> DevDirectory::Open(const std::string& path, const ProcessOwner& owner) {
  std::error_code error;
  const std::string full = fs::weakly_canonical(fs::absolute(path), error).string();
  if (error) return SqlStatus(sqlstate::kSystemError, fmt::format("{}: {}", path, error.message()));
  fs::create_directories(full, error);
  if (error) return SqlStatus(sqlstate::kSystemError, fmt::format("cannot make {}: {}", full, error.message()));
  if (!HasMarker(full) && !IsEmptyButForLock(full)) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     fmt::format("{} is not empty and was not made by pgshoal dev", full), 0,
                     "Choose a new or an empty directory.");
  }
  absl::StatusOr<int> lock = Lock(full);
  if (!lock.ok()) return lock.status();
  DevDirectory directory(full, *lock);

  struct stat info {};
  if (stat(full.c_str(), &info) != 0) return SystemError(full);
  if (owner.uid != geteuid() && (info.st_mode & S_IXOTH) == 0 && chmod(full.c_str(), info.st_mode | S_IXOTH) != 0) {
    return SystemError(full);
  }
  absl::StatusOr<std::string> obstacle = AskAs(owner, FirstUnreachable, full);
  if (!obstacle.ok()) return obstacle.status();
  if (!obstacle->empty()) {
    return SqlStatus(sqlstate::kObjectNotInPrerequisiteState,
                     fmt::format("the servers run as user {}, which may not search {}", owner.name, *obstacle), 0,
                     "Choose a --dir that every user can reach, below /var/tmp or /srv say.");
  }
  return directory;
}

DevDirectory::DevDirectory(DevDirectory&& other) noexcept
    : path_(std::move(other.path_)), socket_dir_(std::move(other.socket_dir_)), lock_fd_(other.lock_fd_) {
  other.lock_fd_ = -1;
  other.socket_dir_.clear();
}

DevDirectory::~DevDirectory() {
  if (lock_fd_ < 0) return;
  if (socket_dir_.starts_with(kTmpSockets)) RemoveLeftSocketDir(path_);
  close(lock_fd_);
}

std::string DevDirectory::data_dir(int shard) const {
  return fmt::format("{}/shard{}", path_, shard);
}

std::string DevDirectory::log_file(int shard) const {
  return fmt::format("{}/shard{}.log", path_, shard);
}

absl::StatusOr<DevFacts> DevDirectory::ReadFacts() const {
  if (!HasMarker(path_) || !HasDataDir(path_)) return DevFacts{};
  const std::string file = path_ + "/" + kMarker;
  try {
    const toml::table table = toml::parse_file(file);
    const auto shards = table["shards"].value<int>();
    const auto user = table["user"].value<std::string>();
    const auto database = table["database"].value<std::string>();
    if (shards && user && database) return DevFacts{*shards, *user, *database};
  } catch (const toml::parse_error&) {
  }
  return SqlStatus(sqlstate::kConfigFileError, fmt::format("{} is damaged", file), 0,
                   "It has the lines shards = N, user = \"…\", database = \"…\".");
}

absl::Status DevDirectory::WriteFacts(const DevFacts& facts) const {
  const std::string file = path_ + "/" + kMarker;
  std::ofstream out(file, std::ios::trunc);
  out << "# Made by pgshoal dev, which keeps to these facts at every start (--fresh begins anew).\n"
      << toml::table{{"shards", facts.shards}, {"user", facts.user}, {"database", facts.database}} << "\n";
  out.close();
  if (!out) return SystemError(file);
  return absl::OkStatus();
}

absl::Status DevDirectory::Wipe() const {
  RemoveLeftSocketDir(path_);
  std::error_code error;
  std::vector<fs::path> ours;
  for (const auto& entry : fs::directory_iterator(path_, error)) {
    // The marker goes last, so that a wipe that was cut short can be repeated.
    const std::string name = entry.path().filename().string();
    if (IsOurs(name) && name != kMarker) ours.push_back(entry.path());
  }
  ours.push_back(fs::path(path_) / kMarker);
  for (const fs::path& path : ours) {
    fs::remove_all(path, error);
    if (error)
      return SqlStatus(sqlstate::kSystemError, fmt::format("cannot remove {}: {}", path.string(), error.message()));
  }
  return absl::OkStatus();
}

absl::Status DevDirectory::MakeSocketDir(const ProcessOwner& owner) {
  RemoveLeftSocketDir(path_);
  std::error_code ignored;
  fs::remove_all(path_ + "/run", ignored);
  std::string dir = path_ + "/run";
  if (dir.size() > kMaxSocketDir) {
    dir = std::string(kTmpSockets) + "XXXXXX";
    if (mkdtemp(dir.data()) == nullptr) return SystemError(dir);
    std::ofstream(path_ + "/sockets", std::ios::trunc) << dir << "\n";
  } else if (mkdir(dir.c_str(), 0755) != 0) {
    return SystemError(dir);
  }
  if (chmod(dir.c_str(), 0755) != 0) return SystemError(dir);
  if (owner.uid != geteuid() && chown(dir.c_str(), owner.uid, owner.gid) != 0) return SystemError(dir);
  socket_dir_ = std::move(dir);
  return absl::OkStatus();
}

}  // namespace pgshoal::main
