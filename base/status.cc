#include "base/status.hpp"

#include <charconv>
#include <utility>

#include "absl/strings/cord.h"

namespace pgshoal {
namespace {

constexpr char kSqlstateUrl[] = "pgshoal/sqlstate";
constexpr char kPositionUrl[] = "pgshoal/position";
constexpr char kDetailUrl[] = "pgshoal/detail";
constexpr char kHintUrl[] = "pgshoal/hint";
constexpr char kOthersUrl[] = "pgshoal/others";

std::string Payload(const absl::Status& status, const char* url) {
  auto cord = status.GetPayload(url);
  return cord ? std::string(*cord) : std::string();
}

}  // namespace

absl::Status ToStatus(const SqlError& error) {
  absl::Status status(absl::StatusCode::kUnknown, error.message);
  status.SetPayload(kSqlstateUrl, absl::Cord(error.sqlstate));
  if (error.position > 0) status.SetPayload(kPositionUrl, absl::Cord(std::to_string(error.position)));
  if (!error.detail.empty()) status.SetPayload(kDetailUrl, absl::Cord(error.detail));
  if (!error.hint.empty()) status.SetPayload(kHintUrl, absl::Cord(error.hint));
  if (!error.other_fields.empty()) {
    std::string packed;
    for (const auto& [code, text] : error.other_fields) {
      packed.push_back(code);
      packed.append(text).push_back('\0');
    }
    status.SetPayload(kOthersUrl, absl::Cord(packed));
  }
  return status;
}

SqlError ToSqlError(const absl::Status& status) {
  SqlError error;
  error.message = std::string(status.message());
  if (std::string state = Payload(status, kSqlstateUrl); !state.empty()) error.sqlstate = std::move(state);
  if (std::string position = Payload(status, kPositionUrl); !position.empty()) {
    std::from_chars(position.data(), position.data() + position.size(), error.position);
  }
  error.detail = Payload(status, kDetailUrl);
  error.hint = Payload(status, kHintUrl);
  const std::string packed = Payload(status, kOthersUrl);
  for (std::size_t at = 0; at < packed.size();) {
    const std::size_t end = packed.find('\0', at);
    error.other_fields.emplace_back(packed[at], packed.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return error;
}

absl::Status SqlStatus(std::string_view sqlstate, std::string message, int position, std::string hint,
                       std::string detail) {
  return ToStatus(SqlError{std::string(sqlstate), std::move(message), position, std::move(detail), std::move(hint)});
}

absl::Status Refuse(std::string message, int position, std::string hint, std::string detail) {
  return SqlStatus(sqlstate::kFeatureNotSupported, std::move(message), position, std::move(hint), std::move(detail));
}

}  // namespace pgshoal
