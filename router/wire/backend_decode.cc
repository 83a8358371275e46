#include <charconv>

#include <fmt/format.h>

#include "base/sqlstate.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::wire {
namespace {

absl::Status Violation(std::string_view message) {
  return SqlStatus(sqlstate::kProtocolViolation, fmt::format("malformed {} message from server", message));
}

bool ParseNumber(std::string_view digits, std::uint64_t* value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *value);
  return error == std::errc() && end == digits.data() + digits.size() && !digits.empty();
}

}  // namespace

std::string_view ReportView::Get(char code) const {
  for (const auto& [field, text] : fields) {
    if (field == code) return text;
  }
  return {};
}

SqlError ReportView::ToSqlError() const {
  SqlError error;
  if (const std::string_view code = Get('C'); code.size() == 5) error.sqlstate = std::string(code);
  error.message = std::string(Get('M'));
  error.detail = std::string(Get('D'));
  error.hint = std::string(Get('H'));
  if (std::uint64_t position = 0; ParseNumber(Get('P'), &position) && position <= 0x7fffffff) {
    error.position = static_cast<int>(position);
  }
  for (const auto& [code, text] : fields) {
    if (std::string_view("SVCMDHP").find(code) == std::string_view::npos) error.other_fields.emplace_back(code, text);
  }
  return error;
}

absl::StatusOr<AuthenticationView> DecodeAuthentication(std::string_view body) {
  Reader reader(body);
  AuthenticationView view;
  view.code = static_cast<Auth>(reader.Int32());
  if (view.code == Auth::kSasl) {
    while (!reader.failed()) {
      const std::string_view mechanism = reader.CString();
      if (mechanism.empty()) break;
      view.mechanisms.push_back(mechanism);
    }
  } else {
    view.data = reader.Rest();
  }
  if (!reader.Complete()) return Violation("Authentication");
  if (view.code == Auth::kMd5 && view.data.size() != 4) return Violation("Authentication");
  return view;
}

absl::StatusOr<ReportView> DecodeReport(std::string_view body) {
  Reader reader(body);
  ReportView report;
  while (true) {
    const char code = static_cast<char>(reader.Byte());
    if (reader.failed()) return Violation("ErrorResponse");
    if (code == '\0') break;
    const std::string_view text = reader.CString();
    if (reader.failed()) return Violation("ErrorResponse");
    report.fields.emplace_back(code, text);
  }
  if (!reader.Complete()) return Violation("ErrorResponse");
  return report;
}

absl::StatusOr<TransactionState> DecodeReadyForQuery(std::string_view body) {
  if (body == "I") return TransactionState::kIdle;
  if (body == "T") return TransactionState::kInBlock;
  if (body == "E") return TransactionState::kFailed;
  return Violation("ReadyForQuery");
}

absl::StatusOr<ParameterStatusView> DecodeParameterStatus(std::string_view body) {
  Reader reader(body);
  ParameterStatusView view;
  view.name = reader.CString();
  view.value = reader.CString();
  if (!reader.Complete()) return Violation("ParameterStatus");
  return view;
}

absl::StatusOr<BackendKeyData> DecodeBackendKeyData(std::string_view body) {
  Reader reader(body);
  BackendKeyData key;
  key.pid = reader.Int32();
  key.key = reader.Uint32();
  if (!reader.Complete()) return Violation("BackendKeyData");
  return key;
}

absl::StatusOr<NotificationView> DecodeNotification(std::string_view body) {
  Reader reader(body);
  NotificationView view;
  view.pid = reader.Int32();
  view.channel = reader.CString();
  view.payload = reader.CString();
  if (!reader.Complete()) return Violation("NotificationResponse");
  return view;
}

absl::StatusOr<std::string_view> DecodeCommandComplete(std::string_view body) {
  Reader reader(body);
  const std::string_view tag = reader.CString();
  if (!reader.Complete()) return Violation("CommandComplete");
  return tag;
}

CommandTag ParseCommandTag(std::string_view tag) {
  CommandTag parsed{tag, std::nullopt};
  const std::size_t space = tag.rfind(' ');
  std::uint64_t number = 0;
  if (space == std::string_view::npos || !ParseNumber(tag.substr(space + 1), &number)) return parsed;
  parsed.rows = number;
  parsed.command = tag.substr(0, space);
  // INSERT carries an object id before its count.
  if (parsed.command.starts_with("INSERT ")) parsed.command = "INSERT";
  return parsed;
}

absl::StatusOr<std::vector<Field>> DecodeRowDescription(std::string_view body) {
  constexpr std::size_t kSmallestField = 19;
  Reader reader(body);
  const std::uint16_t count = reader.Uint16();
  if (count * kSmallestField > reader.Left()) return Violation("RowDescription");
  std::vector<Field> fields(count);
  for (Field& field : fields) {
    field.name = reader.CString();
    field.table = reader.Uint32();
    field.attribute = reader.Int16();
    field.type = reader.Uint32();
    field.type_size = reader.Int16();
    field.typmod = reader.Int32();
    field.format = reader.Int16();
  }
  if (!reader.Complete()) return Violation("RowDescription");
  return fields;
}

absl::StatusOr<std::vector<Oid>> DecodeParameterDescription(std::string_view body) {
  Reader reader(body);
  const std::uint16_t count = reader.Uint16();
  if (count * std::size_t{4} != reader.Left()) return Violation("ParameterDescription");
  std::vector<Oid> types(count);
  for (Oid& type : types) type = reader.Uint32();
  if (!reader.Complete()) return Violation("ParameterDescription");
  return types;
}

absl::Status DecodeDataRow(std::string_view body, std::vector<Value>* columns) {
  columns->clear();
  Reader reader(body);
  const std::uint16_t count = reader.Uint16();
  for (int i = 0; i < count; ++i) {
    const std::int32_t length = reader.Int32();
    if (length < -1 || reader.failed()) return Violation("DataRow");
    if (length == -1) {
      columns->push_back({true, {}});
    } else {
      columns->push_back({false, reader.Bytes(static_cast<std::size_t>(length))});
    }
  }
  if (!reader.Complete()) return Violation("DataRow");
  return absl::OkStatus();
}

absl::StatusOr<CopyResponse> DecodeCopyResponse(std::string_view body) {
  Reader reader(body);
  CopyResponse response;
  response.format = static_cast<std::int8_t>(reader.Byte());
  const std::uint16_t count = reader.Uint16();
  if (count * std::size_t{2} != reader.Left()) return Violation("CopyResponse");
  for (int i = 0; i < count; ++i) response.columns.push_back(reader.Int16());
  if (!reader.Complete()) return Violation("CopyResponse");
  return response;
}

}  // namespace pgshoal::wire
