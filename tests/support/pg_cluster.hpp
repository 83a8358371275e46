#pragma once
// Throw-away PostgreSQL servers for tests: made in a temporary directory, gone when the object goes.
//
// The servers run as the user postgres (or nobody) when the test runs as root, trust every local connection, use UTF8
// with the C.UTF-8 locale and do not sync. They die with the test process, even with one that is killed: Start must be
// called on a thread that lives as long as the cluster (the main thread, say). Not thread-safe.

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pgshoal::test {

class PgCluster {
 public:
  struct Options {
    int servers = 1;
    // Settings for every server, over the defaults (fsync off, wal_level logical, max_prepared_transactions 64).
    std::vector<std::pair<std::string, std::string>> settings;
    std::string database = "postgres";  // created on every server unless it is "postgres"
  };

  using Row = std::vector<std::optional<std::string>>;

  // Servers that accept connections, or why there are none.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PgCluster>> Start(Options options);
  // Start with default options, for `count` servers.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<PgCluster>> Start(int count);
  // Whether the server programs are installed; tests that need them may skip otherwise.
  [[nodiscard]] static bool Available();

  ~PgCluster();
  PgCluster(const PgCluster&) = delete;
  PgCluster& operator=(const PgCluster&) = delete;

  [[nodiscard]] int size() const { return static_cast<int>(servers_.size()); }
  [[nodiscard]] int port(int server) const { return servers_[static_cast<std::size_t>(server)].port; }
  [[nodiscard]] std::string host() const { return "127.0.0.1"; }
  // The directory of the unix sockets, the same for all servers.
  [[nodiscard]] const std::string& socket_dir() const { return directory_; }
  [[nodiscard]] std::string user() const { return "postgres"; }  // a superuser without password
  [[nodiscard]] const std::string& database() const { return options_.database; }
  // For libpq and libpqxx, over TCP: "host=127.0.0.1 port=… user=postgres dbname=…".
  [[nodiscard]] std::string Conninfo(int server) const;
  [[nodiscard]] std::string LogFile(int server) const;

  // One statement (or several) on a connection of its own; the rows of the last one, NULL as nullopt.
  [[nodiscard]] absl::StatusOr<std::vector<Row>> Query(int server, const std::string& sql) const;

  // Immediate shutdown, as a crash; and starting again on the same port and data.
  absl::Status Kill(int server);
  absl::Status Restart(int server);

 private:
  struct Server {
    int port = 0;
    pid_t pid = -1;
  };

  explicit PgCluster(Options options) : options_(std::move(options)) {}
  absl::Status Initialize();
  absl::Status Launch(int server);
  absl::Status WaitUntilReady(int server);
  absl::StatusOr<std::vector<Row>> QueryIn(const std::string& database, int server, const std::string& sql) const;
  [[nodiscard]] std::string DataDir(int server) const;

  Options options_;
  std::string directory_;
  std::vector<Server> servers_;
};

}  // namespace pgshoal::test
