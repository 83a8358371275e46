#include "router/main/check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/status.hpp"
#include "router/main/database_config.hpp"
#include "router/main/serve.hpp"
#include "router/session/security.hpp"

namespace pgshoal::main {
namespace {

namespace fs = std::filesystem;

void Add(const absl::Status& status, std::vector<std::string>* mistakes) {
  if (!status.ok()) mistakes->push_back(ToSqlError(status).message);
}

void CheckWritable(std::string_view setting, const fs::path& directory, std::vector<std::string>* mistakes) {
  std::error_code none;
  if (!fs::is_directory(directory, none)) {
    mistakes->push_back(fmt::format("{}: there is no directory {}", setting, directory.string()));
  } else if (access(directory.c_str(), W_OK | X_OK) != 0) {
    mistakes->push_back(fmt::format("{}: {}: {}", setting, directory.string(), std::strerror(errno)));
  }
}

void CheckLog(const std::string& file, std::vector<std::string>* mistakes) {
  std::error_code none;
  const fs::path path(file);
  if (fs::is_directory(path, none)) {
    mistakes->push_back(fmt::format("log_file: {} is a directory", file));
  } else if (!fs::exists(path, none)) {
    CheckWritable("log_file", path.has_parent_path() ? path.parent_path() : fs::path("."), mistakes);
  } else if (access(file.c_str(), W_OK) != 0) {
    mistakes->push_back(fmt::format("log_file: {}: {}", file, std::strerror(errno)));
  }
}

}  // namespace

std::vector<std::string> MistakesIn(const RouterConfig& config) {
  std::vector<std::string> mistakes;
  Add(DatabasesOf(config).status(), &mistakes);
  // Who may connect, and encryption: apart, so that one mistake does not hide the other, but for what holds between
  // them.
  const session::SecurityOptions all = SecurityOf(config);
  session::SecurityOptions encryption = all;
  encryption.access = {};
  const absl::StatusOr<auth::AccessRules> read = auth::AccessRules::Load(all.access);
  Add(read.status(), &mistakes);
  const absl::Status encrypted = session::Security().Load(encryption);
  Add(encrypted, &mistakes);
  if (read.ok() && encrypted.ok()) Add(session::Security().Load(all), &mistakes);
  if (!config.log_file.empty()) CheckLog(config.log_file, &mistakes);
  if (!config.unix_socket_dir.empty()) CheckWritable("unix_socket_dir", config.unix_socket_dir, &mistakes);
  return mistakes;
}

}  // namespace pgshoal::main
