#pragma once
// One PostgreSQL server for all tests of the program, and a connection that asks it what it would do.

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shardmap/key_hash.hpp"

namespace pgshoal::shardmap {

// The rows of one statement; a value is nullopt for NULL.
struct LiveResult {
  std::string sqlstate;  // empty when the statement succeeded
  std::vector<std::vector<std::optional<std::string>>> rows;
};

class LiveServer {
 public:
  // Started at first use.
  static LiveServer& Get();

  // All values as text, or all in binary format.
  LiveResult Query(const std::string& sql, Format format = Format::kText,
                   const std::vector<std::optional<std::string>>& parameters = {});
  // As Query, but the test fails when the statement does.
  LiveResult Must(const std::string& sql, Format format = Format::kText);
  std::string Quote(std::string_view text);

 private:
  LiveServer();
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_{nullptr, &PQfinish};
};

// SQL for the hash of an expression by its type's own operator class: the record hash of one column is that column's.
[[nodiscard]] std::string HashOf(std::string_view expression);

[[nodiscard]] inline std::uint64_t ParseHash(const std::string& text) {
  return static_cast<std::uint64_t>(std::stoll(text));
}

inline constexpr KeyType kAllKeyTypes[] = {KeyType::kBool,       KeyType::kInt2, KeyType::kInt4,    KeyType::kInt8,
                                           KeyType::kNumeric,    KeyType::kText, KeyType::kVarchar, KeyType::kBpchar,
                                           KeyType::kBytea,      KeyType::kUuid, KeyType::kDate,    KeyType::kTimestamp,
                                           KeyType::kTimestamptz};

}  // namespace pgshoal::shardmap
