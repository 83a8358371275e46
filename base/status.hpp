#pragma once
// How errors travel: an absl::Status that remembers what a PostgreSQL ErrorResponse needs.
//
// An error is born with its SQLSTATE and, where it points into a statement, its position. It is carried as an
// absl::Status (payloads hold the extra fields) and turned back into SqlError at the edge, where it becomes an
// ErrorResponse or a line on a terminal.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/sqlstate.hpp"

namespace pgshoal {

// The fields of one PostgreSQL error report.
struct SqlError {
  std::string sqlstate = std::string(sqlstate::kInternalError);  // five characters
  std::string message;
  int position = 0;  // 1-based, in characters of the statement text; 0 when there is none
  std::string detail;
  std::string hint;
  // Fields that only servers give (context, schema, table, constraint …): code and text, passed on as they are.
  std::vector<std::pair<char, std::string>> other_fields;

  friend bool operator==(const SqlError&, const SqlError&) = default;
};

// A non-OK status that carries every field of `error`.
[[nodiscard]] absl::Status ToStatus(const SqlError& error);

// The fields that ToStatus stored; for a foreign status, its message under XX000.
// REQUIRES: !status.ok()
[[nodiscard]] SqlError ToSqlError(const absl::Status& status);

// Shorthand for the commonest form.
[[nodiscard]] absl::Status SqlStatus(std::string_view sqlstate, std::string message, int position = 0,
                                     std::string hint = {}, std::string detail = {});

// The refusal of a statement that cannot be proven right: 0A000. Every refusal has a hint.
[[nodiscard]] absl::Status Refuse(std::string message, int position, std::string hint, std::string detail = {});

}  // namespace pgshoal
