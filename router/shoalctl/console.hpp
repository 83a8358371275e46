#pragma once
// A blocking connection to a running router.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

struct pg_conn;

namespace pgshoal::shoalctl {

// The router's database for its own commands.
inline constexpr char kConsoleDatabase[] = "pgshoal";

using Rows = std::vector<std::vector<std::optional<std::string>>>;

class Console {
 public:
  // Connects to `database` on the server that `url` names (any form that libpq reads; a database in it is ignored).
  // 08006 when there is nobody.
  [[nodiscard]] static absl::StatusOr<Console> Connect(const std::string& url, const std::string& database);

  // One statement in the simple protocol, all values as text. The server's error with its SQLSTATE, detail and hint;
  // 08006 when the connection breaks.
  [[nodiscard]] absl::StatusOr<Rows> Query(const std::string& sql);

 private:
  struct Closer {
    void operator()(pg_conn* connection) const;
  };
  explicit Console(pg_conn* connection) : connection_(connection) {}
  std::unique_ptr<pg_conn, Closer> connection_;
};

// The user that a connection string means; empty when that is left to libpq. Without a name, root is taken for postgres.
[[nodiscard]] std::string UserOf(const std::string& url);

// 'text' with its quotes doubled.
[[nodiscard]] std::string QuoteLiteral(const std::string& text);

}  // namespace pgshoal::shoalctl
