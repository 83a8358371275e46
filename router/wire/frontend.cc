#include "router/wire/frontend.hpp"

#include <fmt/format.h>

#include "base/sqlstate.hpp"
#include "base/status.hpp"
#include "router/wire/message.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::wire {
namespace {

// The words PostgreSQL uses: a field that does not fit, or bytes left over.
absl::Status Violation(const Reader& reader) {
  return SqlStatus(sqlstate::kProtocolViolation,
                   reader.failed() ? "insufficient data left in message" : "invalid message format");
}

absl::StatusOr<std::string_view> DecodeOneString(std::string_view body) {
  Reader reader(body);
  const std::string_view text = reader.CString();
  if (!reader.Complete()) return Violation(reader);
  return text;
}

template <class Vector>
void ReadFormats(Reader* reader, Vector* formats) {
  const std::uint16_t count = reader->Uint16();
  if (std::size_t{count} * 2 > reader->Left()) {
    reader->Bytes(std::size_t{count} * 2);  // fails
    return;
  }
  formats->reserve(count);
  for (int i = 0; i < count; ++i) formats->push_back(reader->Int16());
}

absl::Status CheckFormats(std::span<const std::int16_t> formats) {
  for (const std::int16_t format : formats) {
    if (format != 0 && format != 1) {
      return SqlStatus(sqlstate::kInvalidParameterValue, fmt::format("unsupported format code: {}", format));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<TargetView> DecodeTarget(std::string_view body, std::string_view message) {
  Reader reader(body);
  TargetView target;
  target.kind = static_cast<char>(reader.Byte());
  target.name = reader.CString();
  if (!reader.Complete()) return Violation(reader);
  if (target.kind != 'S' && target.kind != 'P') {
    return SqlStatus(sqlstate::kProtocolViolation,
                     fmt::format("invalid {} message subtype {}", message, static_cast<unsigned char>(target.kind)));
  }
  return target;
}

void AppendFormats(std::string* out, std::span<const std::int16_t> formats) {
  AppendUint16(out, static_cast<std::uint16_t>(formats.size()));
  for (const std::int16_t format : formats) AppendInt16(out, format);
}

}  // namespace

std::int16_t BindView::FormatOf(std::size_t index) const {
  if (formats.empty()) return 0;
  return formats.size() == 1 ? formats[0] : formats[index];
}

absl::StatusOr<std::string_view> DecodeQuery(std::string_view body) { return DecodeOneString(body); }
absl::StatusOr<std::string_view> DecodeCopyFail(std::string_view body) { return DecodeOneString(body); }
absl::StatusOr<std::string_view> DecodePassword(std::string_view body) { return DecodeOneString(body); }

absl::StatusOr<ParseView> DecodeParse(std::string_view body) {
  Reader reader(body);
  ParseView parse;
  parse.statement = reader.CString();
  parse.query = reader.CString();
  const std::uint16_t count = reader.Uint16();
  if (std::size_t{count} * 4 == reader.Left()) {
    parse.types.reserve(count);
    for (int i = 0; i < count; ++i) parse.types.push_back(reader.Uint32());
  } else {
    reader.Bytes(std::size_t{count} * 4);  // too few fails; too many are left over
  }
  if (!reader.Complete()) return Violation(reader);
  return parse;
}

absl::StatusOr<BindView> DecodeBind(std::string_view body) {
  Reader reader(body);
  BindView bind;
  bind.portal = reader.CString();
  bind.statement = reader.CString();
  const char* start = reader.position();
  ReadFormats(&reader, &bind.formats);
  const std::uint16_t count = reader.Uint16();
  if (std::size_t{count} * 4 > reader.Left()) return Violation(reader);
  bind.values.reserve(count);
  for (int i = 0; i < count; ++i) {
    const std::int32_t length = reader.Int32();
    if (length < -1) return SqlStatus(sqlstate::kProtocolViolation, "invalid message format");
    if (length == -1) {
      bind.values.push_back({true, {}});
    } else {
      bind.values.push_back({false, reader.Bytes(static_cast<std::size_t>(length))});
    }
    if (reader.failed()) return Violation(reader);
  }
  bind.parameters = std::string_view(start, static_cast<std::size_t>(reader.position() - start));
  ReadFormats(&reader, &bind.result_formats);
  if (!reader.Complete()) return Violation(reader);
  if (bind.formats.size() > 1 && bind.formats.size() != bind.values.size()) {
    return SqlStatus(sqlstate::kProtocolViolation,
                     fmt::format("bind message has {} parameter formats but {} parameters", bind.formats.size(),
                                 bind.values.size()));
  }
  if (absl::Status status = CheckFormats(bind.formats); !status.ok()) return status;
  if (absl::Status status = CheckFormats(bind.result_formats); !status.ok()) return status;
  return bind;
}

absl::StatusOr<TargetView> DecodeDescribe(std::string_view body) { return DecodeTarget(body, "DESCRIBE"); }
absl::StatusOr<TargetView> DecodeClose(std::string_view body) { return DecodeTarget(body, "CLOSE"); }

absl::StatusOr<ExecuteView> DecodeExecute(std::string_view body) {
  Reader reader(body);
  ExecuteView execute;
  execute.portal = reader.CString();
  execute.max_rows = reader.Int32();
  if (!reader.Complete()) return Violation(reader);
  if (execute.max_rows < 0) execute.max_rows = 0;
  return execute;
}

absl::StatusOr<SaslInitialView> DecodeSaslInitial(std::string_view body) {
  Reader reader(body);
  SaslInitialView initial;
  initial.mechanism = reader.CString();
  const std::int32_t length = reader.Int32();
  if (length >= 0) {
    initial.has_response = true;
    initial.response = reader.Bytes(static_cast<std::size_t>(length));
  }
  if (!reader.Complete() || length < -1) return Violation(reader);
  return initial;
}

void AppendQuery(std::string* out, std::string_view sql) {
  Frame frame(out, frontend::kQuery);
  AppendCString(out, sql);
}

void AppendParse(std::string* out, std::string_view statement, std::string_view query, std::span<const Oid> types) {
  Frame frame(out, frontend::kParse);
  AppendCString(out, statement);
  AppendCString(out, query);
  AppendUint16(out, static_cast<std::uint16_t>(types.size()));
  for (const Oid type : types) AppendUint32(out, type);
}

void AppendBind(std::string* out, std::string_view portal, std::string_view statement, std::string_view parameters,
                std::span<const std::int16_t> result_formats) {
  Frame frame(out, frontend::kBind);
  AppendCString(out, portal);
  AppendCString(out, statement);
  out->append(parameters);
  AppendFormats(out, result_formats);
}

void AppendBind(std::string* out, std::string_view portal, std::string_view statement,
                std::span<const std::int16_t> formats, std::span<const Value> values,
                std::span<const std::int16_t> result_formats) {
  Frame frame(out, frontend::kBind);
  AppendCString(out, portal);
  AppendCString(out, statement);
  AppendFormats(out, formats);
  AppendUint16(out, static_cast<std::uint16_t>(values.size()));
  for (const Value& value : values) {
    AppendInt32(out, value.is_null ? -1 : static_cast<std::int32_t>(value.bytes.size()));
    if (!value.is_null) out->append(value.bytes);
  }
  AppendFormats(out, result_formats);
}

void AppendDescribe(std::string* out, char kind, std::string_view name) {
  Frame frame(out, frontend::kDescribe);
  out->push_back(kind);
  AppendCString(out, name);
}

void AppendClose(std::string* out, char kind, std::string_view name) {
  Frame frame(out, frontend::kClose);
  out->push_back(kind);
  AppendCString(out, name);
}

void AppendExecute(std::string* out, std::string_view portal, std::int32_t max_rows) {
  Frame frame(out, frontend::kExecute);
  AppendCString(out, portal);
  AppendInt32(out, max_rows);
}

void AppendSync(std::string* out) { AppendMessage(out, frontend::kSync, {}); }
void AppendFlush(std::string* out) { AppendMessage(out, frontend::kFlush, {}); }
void AppendTerminate(std::string* out) { AppendMessage(out, frontend::kTerminate, {}); }
void AppendCopyData(std::string* out, std::string_view data) { AppendMessage(out, frontend::kCopyData, data); }
void AppendCopyDone(std::string* out) { AppendMessage(out, frontend::kCopyDone, {}); }

void AppendCopyFail(std::string* out, std::string_view message) {
  Frame frame(out, frontend::kCopyFail);
  AppendCString(out, message);
}

void AppendPassword(std::string* out, std::string_view password) {
  Frame frame(out, frontend::kPassword);
  AppendCString(out, password);
}

void AppendSaslInitial(std::string* out, std::string_view mechanism, std::string_view response) {
  Frame frame(out, frontend::kPassword);
  AppendCString(out, mechanism);
  AppendInt32(out, static_cast<std::int32_t>(response.size()));
  out->append(response);
}

void AppendSaslResponse(std::string* out, std::string_view response) {
  AppendMessage(out, frontend::kPassword, response);
}

void AppendParseAs(std::string* out, std::string_view body, std::string_view statement) {
  Reader reader(body);
  reader.CString();
  Frame frame(out, frontend::kParse);
  AppendCString(out, statement);
  out->append(reader.Rest());
}

void AppendBindAs(std::string* out, std::string_view body, std::string_view statement) {
  Reader reader(body);
  const std::string_view portal = reader.CString();
  AppendBindAs(out, body, portal, statement);
}

void AppendBindAs(std::string* out, std::string_view body, std::string_view portal, std::string_view statement) {
  Reader reader(body);
  reader.CString();
  reader.CString();
  Frame frame(out, frontend::kBind);
  AppendCString(out, portal);
  AppendCString(out, statement);
  out->append(reader.Rest());
}

}  // namespace pgshoal::wire
