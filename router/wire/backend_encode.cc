#include <charconv>

#include <fmt/format.h>

#include "router/wire/backend.hpp"
#include "router/wire/message.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::wire {
namespace {

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kDebug: return "DEBUG";
    case Severity::kLog: return "LOG";
    case Severity::kInfo: return "INFO";
    case Severity::kNotice: return "NOTICE";
    case Severity::kWarning: return "WARNING";
    case Severity::kError: return "ERROR";
    case Severity::kFatal: return "FATAL";
    case Severity::kPanic: return "PANIC";
  }
  return "ERROR";
}

void AppendReportField(std::string* out, char code, std::string_view text) {
  out->push_back(code);
  AppendCString(out, text);
}

void AppendReport(std::string* out, char type, const SqlError& error, Severity severity) {
  Frame frame(out, type);
  AppendReportField(out, 'S', SeverityName(severity));
  AppendReportField(out, 'V', SeverityName(severity));
  AppendReportField(out, 'C', error.sqlstate);
  AppendReportField(out, 'M', error.message);
  if (!error.detail.empty()) AppendReportField(out, 'D', error.detail);
  if (!error.hint.empty()) AppendReportField(out, 'H', error.hint);
  if (error.position > 0) AppendReportField(out, 'P', fmt::format_int(error.position).c_str());
  for (const auto& [code, text] : error.other_fields) AppendReportField(out, code, text);
  out->push_back('\0');
}

void AppendAuthentication(std::string* out, Auth code, std::string_view data) {
  Frame frame(out, backend::kAuthentication);
  AppendInt32(out, static_cast<std::int32_t>(code));
  out->append(data);
}

}  // namespace

void AppendAuthenticationOk(std::string* out) { AppendAuthentication(out, Auth::kOk, {}); }
void AppendAuthenticationCleartext(std::string* out) { AppendAuthentication(out, Auth::kCleartext, {}); }
void AppendAuthenticationMd5(std::string* out, std::string_view salt) { AppendAuthentication(out, Auth::kMd5, salt); }

void AppendAuthenticationSasl(std::string* out, std::span<const std::string_view> mechanisms) {
  Frame frame(out, backend::kAuthentication);
  AppendInt32(out, static_cast<std::int32_t>(Auth::kSasl));
  for (const std::string_view mechanism : mechanisms) AppendCString(out, mechanism);
  out->push_back('\0');
}

void AppendAuthenticationSaslContinue(std::string* out, std::string_view data) {
  AppendAuthentication(out, Auth::kSaslContinue, data);
}
void AppendAuthenticationSaslFinal(std::string* out, std::string_view data) {
  AppendAuthentication(out, Auth::kSaslFinal, data);
}

void AppendErrorResponse(std::string* out, const SqlError& error, Severity severity) {
  AppendReport(out, backend::kError, error, severity);
}
void AppendNoticeResponse(std::string* out, const SqlError& notice, Severity severity) {
  AppendReport(out, backend::kNotice, notice, severity);
}

void AppendShiftedReport(std::string* out, char type, std::string_view body, int shift) {
  Reader reader(body);
  Frame frame(out, type);
  for (char code = static_cast<char>(reader.Byte()); code != '\0'; code = static_cast<char>(reader.Byte())) {
    const std::string_view text = reader.CString();
    int position = 0;
    if (code == 'P' && std::from_chars(text.data(), text.data() + text.size(), position).ec == std::errc() &&
        !__builtin_add_overflow(position, shift, &position)) {
      AppendReportField(out, code, fmt::format_int(position).c_str());
    } else {
      AppendReportField(out, code, text);
    }
  }
  out->push_back('\0');
}

void AppendReadyForQuery(std::string* out, TransactionState state) {
  const char byte = static_cast<char>(state);
  AppendMessage(out, backend::kReadyForQuery, std::string_view(&byte, 1));
}

void AppendParameterStatus(std::string* out, std::string_view name, std::string_view value) {
  Frame frame(out, backend::kParameterStatus);
  AppendCString(out, name);
  AppendCString(out, value);
}

void AppendBackendKeyData(std::string* out, BackendKeyData key) {
  Frame frame(out, backend::kBackendKeyData);
  AppendInt32(out, key.pid);
  AppendUint32(out, key.key);
}

void AppendNegotiateProtocolVersion(std::string* out, std::int32_t minor, std::span<const std::string_view> unknown) {
  Frame frame(out, backend::kNegotiateProtocol);
  AppendInt32(out, minor);
  AppendInt32(out, static_cast<std::int32_t>(unknown.size()));
  for (const std::string_view name : unknown) AppendCString(out, name);
}

void AppendNotification(std::string* out, std::int32_t pid, std::string_view channel, std::string_view payload) {
  Frame frame(out, backend::kNotification);
  AppendInt32(out, pid);
  AppendCString(out, channel);
  AppendCString(out, payload);
}

void AppendCommandComplete(std::string* out, std::string_view tag) {
  Frame frame(out, backend::kCommandComplete);
  AppendCString(out, tag);
}

void AppendCommandComplete(std::string* out, std::string_view command, std::uint64_t rows) {
  Frame frame(out, backend::kCommandComplete);
  out->append(command);
  out->append(command == "INSERT" ? " 0 " : " ");
  const fmt::format_int digits(rows);
  out->append(digits.data(), digits.size());
  out->push_back('\0');
}

void AppendRowDescription(std::string* out, std::span<const Field> fields) {
  Frame frame(out, backend::kRowDescription);
  AppendUint16(out, static_cast<std::uint16_t>(fields.size()));
  for (const Field& field : fields) {
    AppendCString(out, field.name);
    AppendUint32(out, field.table);
    AppendInt16(out, field.attribute);
    AppendUint32(out, field.type);
    AppendInt16(out, field.type_size);
    AppendInt32(out, field.typmod);
    AppendInt16(out, field.format);
  }
}

void AppendParameterDescription(std::string* out, std::span<const Oid> types) {
  Frame frame(out, backend::kParameterDescription);
  AppendUint16(out, static_cast<std::uint16_t>(types.size()));
  for (const Oid type : types) AppendUint32(out, type);
}

void AppendDataRow(std::string* out, std::span<const Value> columns) {
  Frame frame(out, backend::kDataRow);
  AppendUint16(out, static_cast<std::uint16_t>(columns.size()));
  for (const Value& column : columns) {
    AppendInt32(out, column.is_null ? -1 : static_cast<std::int32_t>(column.bytes.size()));
    if (!column.is_null) out->append(column.bytes);
  }
}

void AppendParseComplete(std::string* out) { AppendMessage(out, backend::kParseComplete, {}); }
void AppendBindComplete(std::string* out) { AppendMessage(out, backend::kBindComplete, {}); }
void AppendCloseComplete(std::string* out) { AppendMessage(out, backend::kCloseComplete, {}); }
void AppendNoData(std::string* out) { AppendMessage(out, backend::kNoData, {}); }
void AppendEmptyQueryResponse(std::string* out) { AppendMessage(out, backend::kEmptyQuery, {}); }
void AppendPortalSuspended(std::string* out) { AppendMessage(out, backend::kPortalSuspended, {}); }

void AppendCopyResponse(std::string* out, char type, std::int8_t format, int columns) {
  Frame frame(out, type);
  out->push_back(static_cast<char>(format));
  AppendUint16(out, static_cast<std::uint16_t>(columns));
  for (int i = 0; i < columns; ++i) AppendInt16(out, format);
}

}  // namespace pgshoal::wire
