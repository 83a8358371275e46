#pragma once
// A blocking client for tests that speaks through pgshoal::wire itself, so that results can be had in any mix of
// formats and as the very message bodies that a merger gets.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "router/wire/backend.hpp"

namespace pgshoal::test {

struct LiveResult {
  std::string row_description;    // body; empty when there was none
  std::vector<std::string> rows;  // DataRow bodies
  std::string tag;
  std::optional<SqlError> error;

  // The values of one column as they came; nothing for NULL.
  std::vector<std::optional<std::string>> Column(std::size_t column) const;
};

class LiveConnection {
 public:
  // Aborts when there is no server: tests that get here have started one.
  LiveConnection(int port, const std::string& user, const std::string& database);
  ~LiveConnection();
  LiveConnection(const LiveConnection&) = delete;
  LiveConnection& operator=(const LiveConnection&) = delete;

  // One statement by the extended protocol; `formats` as in Bind.
  LiveResult Run(std::string_view sql, std::span<const std::int16_t> formats = {});
  // Any number of statements that give no rows worth having.
  LiveResult Script(std::string_view sql);
  // COPY … FROM STDIN with these data.
  LiveResult CopyIn(std::string_view sql, std::string_view data);

 private:
  void Send(const std::string& bytes);
  // Reads until ReadyForQuery; answers CopyInResponse with `copy_data`.
  LiveResult ReadResult(std::string_view copy_data = {});

  int socket_ = -1;
  std::string input_;
};

}  // namespace pgshoal::test
