#pragma once
// The messages that clients send: decoding, encoding, and forwarding under another statement name.
//
// Decoders take a message's body and check all of it; their views live as long as the body. What does not fit is
// 08P01, as in PostgreSQL. Encoders append one whole message to `out`. Threads: everything here is a pure function.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "base/ids.hpp"

namespace pgshoal::wire {

// Message types (manual, chapter 55.7).
namespace frontend {
inline constexpr char kBind = 'B', kClose = 'C', kCopyData = 'd', kCopyDone = 'c', kCopyFail = 'f', kDescribe = 'D',
                      kExecute = 'E', kFlush = 'H', kFunctionCall = 'F', kParse = 'P', kPassword = 'p', kQuery = 'Q',
                      kSync = 'S', kTerminate = 'X';
}  // namespace frontend

// A parameter or column as it travels.
struct Value {
  bool is_null = false;
  std::string_view bytes;

  friend bool operator==(const Value&, const Value&) = default;
};

struct ParseView {
  std::string_view statement;  // empty: the unnamed one
  std::string_view query;
  absl::InlinedVector<Oid, 8> types;
};

struct BindView {
  std::string_view portal, statement;
  absl::InlinedVector<std::int16_t, 8> formats;  // as sent: none (all text), one for all, or one each
  absl::InlinedVector<Value, 8> values;
  absl::InlinedVector<std::int16_t, 8> result_formats;  // as sent
  std::string_view parameters;  // the raw bytes of formats and values, for AppendBind

  // Of the value at `index`: 0 text, 1 binary. REQUIRES: index < values.size()
  std::int16_t FormatOf(std::size_t index) const;
};

// Describe and Close.
struct TargetView {
  char kind = 'S';  // 'S' statement, 'P' portal
  std::string_view name;
};
struct ExecuteView {
  std::string_view portal;
  std::int32_t max_rows = 0;  // 0: all
};
struct SaslInitialView {
  std::string_view mechanism;
  bool has_response = false;
  std::string_view response;
};

absl::StatusOr<std::string_view> DecodeQuery(std::string_view body);
absl::StatusOr<ParseView> DecodeParse(std::string_view body);
absl::StatusOr<BindView> DecodeBind(std::string_view body);
absl::StatusOr<TargetView> DecodeDescribe(std::string_view body);
absl::StatusOr<TargetView> DecodeClose(std::string_view body);
absl::StatusOr<ExecuteView> DecodeExecute(std::string_view body);
absl::StatusOr<std::string_view> DecodeCopyFail(std::string_view body);
absl::StatusOr<std::string_view> DecodePassword(std::string_view body);
absl::StatusOr<SaslInitialView> DecodeSaslInitial(std::string_view body);  // SASLResponse: the body as it stands

void AppendQuery(std::string* out, std::string_view sql);
void AppendParse(std::string* out, std::string_view statement, std::string_view query, std::span<const Oid> types);
// `parameters`: as in BindView. `result_formats`: none (all text), one for all, or one each.
void AppendBind(std::string* out, std::string_view portal, std::string_view statement, std::string_view parameters,
                std::span<const std::int16_t> result_formats);
// `formats`: none, one for all, or one each.
void AppendBind(std::string* out, std::string_view portal, std::string_view statement,
                std::span<const std::int16_t> formats, std::span<const Value> values,
                std::span<const std::int16_t> result_formats);
void AppendDescribe(std::string* out, char kind, std::string_view name);
void AppendClose(std::string* out, char kind, std::string_view name);
void AppendExecute(std::string* out, std::string_view portal, std::int32_t max_rows);
void AppendSync(std::string* out);
void AppendFlush(std::string* out);
void AppendTerminate(std::string* out);
void AppendCopyData(std::string* out, std::string_view data);  // servers send it too
void AppendCopyDone(std::string* out);
void AppendCopyFail(std::string* out, std::string_view message);
void AppendPassword(std::string* out, std::string_view password);
void AppendSaslInitial(std::string* out, std::string_view mechanism, std::string_view response);
void AppendSaslResponse(std::string* out, std::string_view response);

// The same message about another statement (or portal): only the names' bytes change. `body` must have passed its
// decoder. Describe and Close hold nothing but the name: use AppendDescribe and AppendClose.
void AppendParseAs(std::string* out, std::string_view body, std::string_view statement);
void AppendBindAs(std::string* out, std::string_view body, std::string_view statement);
void AppendBindAs(std::string* out, std::string_view body, std::string_view portal, std::string_view statement);

}  // namespace pgshoal::wire
