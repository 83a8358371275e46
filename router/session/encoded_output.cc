#include "router/session/encoded_output.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/status.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::session {
namespace {

bool IsAscii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

absl::Status AppendUtf8(const wire::SingleByteCodec& codec, std::string_view text, std::string* out) {
  if (IsAscii(text)) {
    out->append(text);
    return absl::OkStatus();
  }
  std::string converted;
  absl::Status status = codec.ToUtf8(text, &converted);
  *out += converted;
  return status;
}

// What follows the names of Bind: formats, values and result formats. Nothing is appended when it is malformed.
absl::Status AppendValues(const wire::SingleByteCodec& codec, const wire::BindView& bind, std::string_view rest,
                          std::string* out) {
  wire::AppendUint16(out, static_cast<std::uint16_t>(bind.formats.size()));
  for (const std::int16_t format : bind.formats) wire::AppendInt16(out, format);
  wire::AppendUint16(out, static_cast<std::uint16_t>(bind.values.size()));
  for (std::size_t i = 0; i < bind.values.size(); ++i) {
    if (bind.values[i].is_null) {
      wire::AppendInt32(out, -1);
      continue;
    }
    const std::size_t length_at = out->size();
    wire::AppendUint32(out, 0);
    if (bind.FormatOf(i) == 1) {
      out->append(bind.values[i].bytes);
    } else if (absl::Status status = AppendUtf8(codec, bind.values[i].bytes, out); !status.ok()) {
      return status;
    }
    wire::StoreUint32(out->data() + length_at, static_cast<std::uint32_t>(out->size() - length_at - 4));
  }
  out->append(rest);
  return absl::OkStatus();
}

// One whole message.
absl::Status Convert(const wire::SingleByteCodec& codec, std::string_view message, std::string* out) {
  const char type = message.front();
  const std::string_view body = message.substr(wire::kHeaderSize);
  absl::Status status = absl::OkStatus();
  std::string text;
  wire::Reader reader(body);
  const wire::Frame frame(out, type);
  const auto convert = [&](std::string_view utf8) {
    if (IsAscii(utf8)) {
      out->append(utf8);
    } else if (status.ok()) {
      status = codec.FromUtf8(utf8, &text);
      out->append(text);
    }
  };
  const auto convert_string = [&] {
    convert(reader.CString());
    out->push_back('\0');
  };
  switch (type) {
    case wire::backend::kDataRow: {
      const std::uint16_t columns = reader.Uint16();
      wire::AppendUint16(out, columns);
      for (int i = 0; i < columns && !reader.failed(); ++i) {
        const std::int32_t length = reader.Int32();
        const std::size_t length_at = out->size();
        wire::AppendInt32(out, length);
        if (length < 0) continue;
        convert(reader.Bytes(static_cast<std::size_t>(length)));
        wire::StoreUint32(out->data() + length_at, static_cast<std::uint32_t>(out->size() - length_at - 4));
      }
      break;
    }
    case wire::backend::kRowDescription: {
      constexpr std::size_t kAfterName = 18;
      const std::uint16_t columns = reader.Uint16();
      wire::AppendUint16(out, columns);
      for (int i = 0; i < columns && !reader.failed(); ++i) {
        convert_string();
        out->append(reader.Bytes(kAfterName));
      }
      break;
    }
    case wire::backend::kParameterStatus:
      for (int i = 0; i < 2; ++i) {
        codec.FromUtf8Anyway(reader.CString(), &text);
        out->append(text).push_back('\0');
      }
      break;
    case wire::backend::kError:
    case wire::backend::kNotice:
      // Of a report it matters more that it comes than what becomes of a name in it.
      while (reader.Left() > 1) {
        out->push_back(static_cast<char>(reader.Byte()));
        codec.FromUtf8Anyway(reader.CString(), &text);
        out->append(text).push_back('\0');
      }
      break;
    case wire::backend::kNotification:
      wire::AppendUint32(out, reader.Uint32());
      convert_string();
      convert_string();
      break;
    case wire::backend::kCopyData:
      convert(reader.Rest());
      break;
    default:
      break;  // nothing but numbers and ASCII
  }
  out->append(reader.Rest());
  return status;
}

}  // namespace

absl::Status ToUtf8(const wire::SingleByteCodec& codec, char type, std::string* body) {
  if (IsAscii(*body)) return absl::OkStatus();
  using namespace wire::frontend;
  std::string out;
  absl::Status status = absl::OkStatus();
  switch (type) {
    case kBind: {
      const absl::StatusOr<wire::BindView> bind = wire::DecodeBind(*body);
      if (!bind.ok()) return absl::OkStatus();
      for (const std::string_view name : {bind->portal, bind->statement}) {
        if (status.ok()) status = AppendUtf8(codec, name, &out);
        out.push_back('\0');
      }
      const auto end = static_cast<std::size_t>(bind->parameters.data() - body->data()) + bind->parameters.size();
      if (status.ok()) status = AppendValues(codec, *bind, std::string_view(*body).substr(end), &out);
      break;
    }
    case kParse: {
      const absl::StatusOr<wire::ParseView> parse = wire::DecodeParse(*body);
      if (!parse.ok()) return absl::OkStatus();
      for (const std::string_view text : {parse->statement, parse->query}) {
        if (status.ok()) status = AppendUtf8(codec, text, &out);
        out.push_back('\0');
      }
      out.append(*body, parse->statement.size() + parse->query.size() + 2);
      break;
    }
    case kExecute: {
      const std::size_t end = std::min(body->find('\0'), body->size());
      status = AppendUtf8(codec, std::string_view(*body).substr(0, end), &out);
      out.append(*body, end);
      break;
    }
    case kQuery:
    case kDescribe:
    case kClose:
    case kCopyData:
    case kCopyFail:
      status = AppendUtf8(codec, *body, &out);
      break;
    default:
      return absl::OkStatus();
  }
  if (!status.ok()) return status;
  if (out.size() > limits::kMaxMessage) {
    return SqlStatus(sqlstate::kProgramLimitExceeded, "a message is too long for encoding conversion");
  }
  *body = std::move(out);
  return absl::OkStatus();
}

absl::Status CheckConvertible(const wire::SingleByteCodec& codec, std::string_view message) {
  if (IsAscii(message)) return absl::OkStatus();
  std::string converted;
  return Convert(codec, message, &converted);
}

void EncodedOutput::Rewrite(std::string* bytes) {
  std::string out;
  std::size_t done = 0;
  const std::string_view all = *bytes;
  for (const auto& [at, codec] : changes_) {
    const std::size_t end = std::min(at, all.size());
    Take(all.substr(done, end - done), &out);
    done = end;
    codec_ = codec;
  }
  changes_.clear();
  Take(all.substr(done), &out);
  bytes->swap(out);
}

void EncodedOutput::Take(std::string_view bytes, std::string* out) {
  if (failed_) return;
  if (codec_ == nullptr) {
    out->append(bytes);
    return;
  }
  const bool beginning = held_.empty();
  if (!beginning) held_.append(bytes);
  std::string_view input = beginning ? bytes : std::string_view(held_);
  while (true) {
    const wire::Header header = wire::Peek(input, limits::kMaxMessage);
    if (header.progress == wire::Progress::kNeedMore || header.length > input.size()) break;
    const std::string_view message = input.substr(0, header.length);
    if (header.progress == wire::Progress::kMalformed) {
      failed_ = true;
    } else if (IsAscii(message)) {
      out->append(message);
    } else {
      const std::size_t before = out->size();
      if (absl::Status status = Convert(*codec_, message, out); !status.ok()) {
        out->resize(before);
        SqlError error = ToSqlError(status);
        error.detail = "The statement may have been executed.";
        error.hint = "Use a client_encoding that has the character.";
        wire::AppendErrorResponse(out, error, wire::Severity::kFatal);
        failed_ = true;
      }
    }
    if (failed_) {
      std::string().swap(held_);
      if (told_) told_();
      return;
    }
    input.remove_prefix(header.length);
  }
  if (input.empty()) {
    std::string().swap(held_);
  } else {
    std::string rest(input);
    held_.swap(rest);
  }
}

}  // namespace pgshoal::session
