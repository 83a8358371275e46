#pragma once
// The PostgreSQL servers of `pgshoal dev`: one for each shard, made on first use, children of this process.
//
// Blocking; main thread only (the thread that starts the servers must outlive them, for its death ends them).
// SIGINT and SIGTERM are to be blocked meanwhile: one that comes ends a start with 57014.

#include <sys/types.h>
#include <atomic>

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "router/main/child_process.hpp"
#include "router/main/dev_directory.hpp"
#include "router/main/postgres_programs.hpp"

namespace pgshoal::main {

using ServerSettings = std::vector<std::pair<std::string, std::string>>;  // name, value; later ones win

// Splits "name=value" into a setting. 22023 for anything else, and for settings that pgshoal dev itself decides
// (port, sockets, directories).
[[nodiscard]] absl::StatusOr<std::pair<std::string, std::string>> ParseServerSetting(const std::string& text);

// Where one server can be reached: TCP on 127.0.0.1 and a unix socket in socket_dir, the same port number for both.
struct DevServer {
  std::string name;  // "shard0"
  std::string socket_dir;
  int port = 0;
};

class DevCluster {
 public:
  using Progress = std::function<void(const std::string& line)>;

  // REQUIRES: directory outlives the cluster.
  DevCluster(DevDirectory& directory, ProcessOwner owner, PostgresPrograms programs, Progress progress);
  DevCluster(const DevCluster&) = delete;
  DevCluster& operator=(const DevCluster&) = delete;
  ~DevCluster();  // Stop

  // Ends servers left by a killed predecessor, and clears away half-made data directories.
  [[nodiscard]] absl::Status CleanUp();

  // Makes missing data directories, starts all servers, and creates the database where it is missing.
  // REQUIRES: CleanUp was called; nothing started yet.
  [[nodiscard]] absl::Status Start(const DevFacts& facts, const ServerSettings& settings);

  // In the order of the shards.
  [[nodiscard]] const std::vector<DevServer>& servers() const { return servers_; }

  // From now on, until Stop, a server that ends is reaped and told of: a dead one must not look alive to the next
  // server that is started in its directory. Starts a thread, which takes no signals. REQUIRES: Start has succeeded.
  void Watch();

  // Fast shutdown of all servers; an immediate one for those that take longer than half a minute.
  void Stop();

 private:
  [[nodiscard]] absl::Status MakeDataDirs(const DevFacts& facts);
  [[nodiscard]] absl::Status StartServer(int shard, const ServerSettings& settings);
  [[nodiscard]] absl::Status AwaitServer(int shard, const ServerSettings& settings);
  [[nodiscard]] absl::Status CreateDatabases(const DevFacts& facts);

  DevDirectory& directory_;
  ProcessOwner owner_;
  PostgresPrograms programs_;
  Progress progress_;
  std::vector<DevServer> servers_;
  std::vector<pid_t> pids_;                 // 0: not running; while `watcher_` runs, its own
  std::vector<std::uintmax_t> log_starts_;  // where in its log the server's present run begins
  std::thread watcher_;
  std::atomic<bool> watching_{false};
};

}  // namespace pgshoal::main
