#include "shardmap/map_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/status.hpp"
#include "fmt/format.h"

namespace pgshoal::shardmap {
namespace {

constexpr std::string_view kUndefinedFile = "58P01";
constexpr std::string_view kIoError = "58030";
constexpr std::size_t kMaxMapBytes = 64u << 20;

absl::Status IoError(std::string_view what, const std::string& path) {
  const int error = errno;
  return SqlStatus(error == ENOENT ? kUndefinedFile : kIoError,
                   fmt::format("cannot {} \"{}\": {}", what, path, std::strerror(error)));
}

absl::Status SyncDirectory(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return IoError("open directory", path);
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced ? absl::OkStatus() : IoError("sync directory", path);
}

absl::Status WriteAll(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return IoError("write", path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (fsync(fd) != 0) return IoError("sync", path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MapPtr> LoadMap(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    errno = EISDIR;
    return IoError("read", path);
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return IoError("read", path);
  const auto size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxMapBytes) {
    return SqlStatus(sqlstate::kConfigFileError, fmt::format("\"{}\" is too large for a map file", path));
  }
  const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  if (stream.bad()) return IoError("read", path);
  return ParseMap(text, path);
}

absl::Status SaveMap(const ShardMap& map, const std::string& given) {
  // Through a symbolic link: its target is replaced, not the link.
  std::error_code error;
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(given, error);
  const std::string path = error ? given : resolved.string();
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return IoError("write beside", path);
  struct stat existing {};
  if (stat(path.c_str(), &existing) == 0) {
    // Without the right to give files away the new file stays ours; its mode is kept either way.
    if (fchown(fd, existing.st_uid, existing.st_gid) != 0) errno = 0;
    if (fchmod(fd, existing.st_mode & 07777) != 0) errno = 0;
  }
  absl::Status status = WriteAll(fd, PrintMap(map), temporary);
  close(fd);
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) status = IoError("replace", path);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return status;
  }
  const std::string directory = std::filesystem::path(path).parent_path().string();
  return SyncDirectory(directory.empty() ? "." : directory);
}

}  // namespace pgshoal::shardmap
