#pragma once
// The directory in which `pgshoal dev` keeps its servers.
//
//   DIR/pgshoal-dev.toml   the marker: this directory is ours; what it was made with
//   DIR/lock               locked (flock) while a `pgshoal dev` lives; holds its process id
//   DIR/map.toml           the shard map
//   DIR/shard0 …           data directories, owned by the user that the servers run as
//   DIR/shard0.log …       what the servers log
//   DIR/run                unix sockets, unless the path is too long for one: then a directory in /tmp
//
// A directory that is not empty and lacks the marker is never written to. Blocking; main thread only.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/main/child_process.hpp"

namespace pgshoal::main {

// What a directory was made with; later starts keep to it.
struct DevFacts {
  int shards = 0;
  std::string user;      // superuser of every server
  std::string database;  // the one database spread over the shards

  friend bool operator==(const DevFacts&, const DevFacts&) = default;
};

class DevDirectory {
 public:
  // Makes the directory if need be and locks it. 55006 while another `pgshoal dev` has it, 55000 when it is not ours or
  // when `owner` cannot reach it.
  [[nodiscard]] static absl::StatusOr<DevDirectory> Open(const std::string& path, const ProcessOwner& owner);

  DevDirectory(DevDirectory&& other) noexcept;
  DevDirectory& operator=(DevDirectory&&) = delete;
  ~DevDirectory();  // unlocks, and removes a socket directory in /tmp

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string map_file() const { return path_ + "/map.toml"; }
  [[nodiscard]] std::string data_dir(int shard) const;
  [[nodiscard]] std::string log_file(int shard) const;
  // Where the servers' sockets are; not before MakeSocketDir.
  [[nodiscard]] const std::string& socket_dir() const { return socket_dir_; }

  // The facts of the marker; shards is 0 when no data directory has been made yet.
  [[nodiscard]] absl::StatusOr<DevFacts> ReadFacts() const;
  [[nodiscard]] absl::Status WriteFacts(const DevFacts& facts) const;

  // Removes everything that `pgshoal dev` puts here, but the lock. No server may run in it.
  [[nodiscard]] absl::Status Wipe() const;

  // An empty directory for the sockets, writable by `owner`, searchable by all.
  [[nodiscard]] absl::Status MakeSocketDir(const ProcessOwner& owner);

 private:
  DevDirectory(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}

  std::string path_;
  std::string socket_dir_;
  int lock_fd_ = -1;
};

}  // namespace pgshoal::main
