#include "router/main/postgres_programs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "router/main/child_process.hpp"

namespace pgshoal::main {
namespace {

namespace fs = std::filesystem;

std::optional<PostgresPrograms> ProgramsIn(const std::string& dir) {
  PostgresPrograms programs{dir + "/initdb", dir + "/postgres"};
  if (access(programs.initdb.c_str(), X_OK) != 0 || access(programs.postgres.c_str(), X_OK) != 0) return std::nullopt;
  return programs;
}

int MajorOf(const fs::path& version_dir) {
  const std::string name = version_dir.filename().string();
  int major = 0;
  std::from_chars(name.data(), name.data() + name.size(), major);
  return major;
}

std::vector<std::string> DebianDirs() {
  std::vector<fs::path> versions;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) versions.push_back(entry.path());
  std::sort(versions.begin(), versions.end(), [](const auto& a, const auto& b) { return MajorOf(a) > MajorOf(b); });
  std::vector<std::string> dirs;
  for (const fs::path& version : versions) dirs.push_back((version / "bin").string());
  return dirs;
}

std::vector<std::string> PathDirs() {
  std::vector<std::string> dirs;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::string_view dir = rest.substr(0, rest.find(':'));
    if (!dir.empty()) dirs.emplace_back(dir);
    rest.remove_prefix(std::min(rest.size(), dir.size() + 1));
  }
  return dirs;
}

std::vector<std::string> PlacesToLook() {
  std::vector<std::string> places;
  if (std::optional<std::string> dir = OutputOf({"pg_config", "--bindir"})) {
    while (!dir->empty() && dir->back() == '\n') dir->pop_back();
    places.push_back(*dir);
  }
  for (std::string& dir : DebianDirs()) places.push_back(std::move(dir));
  for (std::string& dir : PathDirs()) places.push_back(std::move(dir));
  return places;
}

}  // namespace

absl::StatusOr<PostgresPrograms> FindPostgresPrograms(const std::string& bin_dir) {
  const std::vector<std::string> places = bin_dir.empty() ? PlacesToLook() : std::vector<std::string>{bin_dir};
  for (const std::string& dir : places) {
    if (std::optional<PostgresPrograms> programs = ProgramsIn(dir)) return *programs;
  }
  return SqlStatus(sqlstate::kUndefinedFile,
                   fmt::format("no PostgreSQL server programs (initdb, postgres) in {}", fmt::join(places, ", ")), 0,
                   "Install PostgreSQL 14 or later (Debian: postgresql), or name its directory with --postgres-bin.");
}

}  // namespace pgshoal::main
