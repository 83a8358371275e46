#pragma once
// The messages that servers send: decoding and encoding.
//
// Decoders take a message's body and check all of it; their views live as long as the body. What does not fit is
// 08P01. Encoders append one whole message to `out`. Threads: everything here is a pure function.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "base/ids.hpp"
#include "base/status.hpp"
#include "router/wire/frontend.hpp"

namespace pgshoal::wire {

namespace backend {
inline constexpr char kAuthentication = 'R', kBackendKeyData = 'K', kBindComplete = '2', kCloseComplete = '3',
                      kCommandComplete = 'C', kCopyBoth = 'W', kCopyData = 'd', kCopyDone = 'c', kCopyIn = 'G',
                      kCopyOut = 'H', kDataRow = 'D', kEmptyQuery = 'I', kError = 'E', kFunctionCall = 'V',
                      kNegotiateProtocol = 'v', kNoData = 'n', kNotice = 'N', kNotification = 'A',
                      kParameterDescription = 't', kParameterStatus = 'S', kParseComplete = '1',
                      kPortalSuspended = 's', kReadyForQuery = 'Z', kRowDescription = 'T';
}  // namespace backend

enum class TransactionState : char { kIdle = 'I', kInBlock = 'T', kFailed = 'E' };
enum class Severity : std::uint8_t { kDebug, kLog, kInfo, kNotice, kWarning, kError, kFatal, kPanic };

// Authentication requests (the first field of 'R').
enum class Auth : std::int32_t {
  kOk = 0, kKerberosV5 = 2, kCleartext = 3, kMd5 = 5, kGss = 7, kGssContinue = 8, kSspi = 9, kSasl = 10,
  kSaslContinue = 11, kSaslFinal = 12
};
struct AuthenticationView {
  Auth code = Auth::kOk;         // may be a number that the enum does not name
  std::string_view data;         // md5: 4 bytes of salt; SASL continue and final: the server's message
  std::vector<std::string_view> mechanisms;  // kSasl
};

// ErrorResponse and NoticeResponse: code and text of each field, in order (manual, chapter 55.8).
struct ReportView {
  absl::InlinedVector<std::pair<char, std::string_view>, 12> fields;

  std::string_view Get(char code) const;  // empty when absent
  SqlError ToSqlError() const;
};

struct ParameterStatusView {
  std::string_view name, value;
};
struct BackendKeyData {
  std::int32_t pid = 0;
  std::uint32_t key = 0;
};
struct NotificationView {
  std::int32_t pid = 0;
  std::string_view channel, payload;
};

// "INSERT 0 5" -> {"INSERT", 5}; "CREATE TABLE" -> {"CREATE TABLE", none}.
struct CommandTag {
  std::string_view command;
  std::optional<std::uint64_t> rows;
};

struct Field {
  std::string_view name;
  Oid table = 0;
  std::int16_t attribute = 0;
  Oid type = 0;
  std::int16_t type_size = -1;
  std::int32_t typmod = -1;
  std::int16_t format = 0;
};

struct CopyResponse {
  std::int8_t format = 0;  // 0 text or CSV, 1 binary
  absl::InlinedVector<std::int16_t, 16> columns;
};

absl::StatusOr<AuthenticationView> DecodeAuthentication(std::string_view body);
absl::StatusOr<ReportView> DecodeReport(std::string_view body);
absl::StatusOr<TransactionState> DecodeReadyForQuery(std::string_view body);
absl::StatusOr<ParameterStatusView> DecodeParameterStatus(std::string_view body);
absl::StatusOr<BackendKeyData> DecodeBackendKeyData(std::string_view body);
absl::StatusOr<NotificationView> DecodeNotification(std::string_view body);
absl::StatusOr<std::string_view> DecodeCommandComplete(std::string_view body);
CommandTag ParseCommandTag(std::string_view tag);
absl::StatusOr<std::vector<Field>> DecodeRowDescription(std::string_view body);
absl::StatusOr<std::vector<Oid>> DecodeParameterDescription(std::string_view body);
// `columns` is replaced and keeps its memory, so a loop over rows does not allocate.
absl::Status DecodeDataRow(std::string_view body, std::vector<Value>* columns);
absl::StatusOr<CopyResponse> DecodeCopyResponse(std::string_view body);  // 'G', 'H' and 'W'

void AppendAuthenticationOk(std::string* out);
void AppendAuthenticationCleartext(std::string* out);
void AppendAuthenticationMd5(std::string* out, std::string_view salt);  // REQUIRES: four bytes
void AppendAuthenticationSasl(std::string* out, std::span<const std::string_view> mechanisms);
void AppendAuthenticationSaslContinue(std::string* out, std::string_view data);
void AppendAuthenticationSaslFinal(std::string* out, std::string_view data);
void AppendErrorResponse(std::string* out, const SqlError& error, Severity severity = Severity::kError);
void AppendNoticeResponse(std::string* out, const SqlError& notice, Severity severity = Severity::kNotice);
// A server's report ('E' or 'N') about text that stood `shift` characters later in what the client sent: its position
// field moves by that much, everything else stays. `body` must have passed DecodeReport.
void AppendShiftedReport(std::string* out, char type, std::string_view body, int shift);
void AppendReadyForQuery(std::string* out, TransactionState state);
void AppendParameterStatus(std::string* out, std::string_view name, std::string_view value);
void AppendBackendKeyData(std::string* out, BackendKeyData key);
// `minor`: the newest that is spoken here. `unknown`: protocol options that are not.
void AppendNegotiateProtocolVersion(std::string* out, std::int32_t minor, std::span<const std::string_view> unknown);
void AppendNotification(std::string* out, std::int32_t pid, std::string_view channel, std::string_view payload);
void AppendCommandComplete(std::string* out, std::string_view tag);
// With a row count, as PostgreSQL writes it ("INSERT 0 n", "SELECT n").
void AppendCommandComplete(std::string* out, std::string_view command, std::uint64_t rows);
void AppendRowDescription(std::string* out, std::span<const Field> fields);
void AppendParameterDescription(std::string* out, std::span<const Oid> types);
void AppendDataRow(std::string* out, std::span<const Value> columns);
void AppendParseComplete(std::string* out);
void AppendBindComplete(std::string* out);
void AppendCloseComplete(std::string* out);
void AppendNoData(std::string* out);
void AppendEmptyQueryResponse(std::string* out);
void AppendPortalSuspended(std::string* out);
// `type`: backend::kCopyIn or kCopyOut; all columns in one format.
void AppendCopyResponse(std::string* out, char type, std::int8_t format, int columns);

}  // namespace pgshoal::wire
