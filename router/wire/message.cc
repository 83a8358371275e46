#include "router/wire/message.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/sqlstate.hpp"
#include "router/wire/reader.hpp"
#include "router/wire/writer.hpp"

namespace pgshoal::wire {
namespace {

// Codes that stand where a startup packet has its version (manual, chapter 55.7).
constexpr std::uint32_t kCancelCode = (1234u << 16) | 5678u;
constexpr std::uint32_t kSslCode = (1234u << 16) | 5679u;
constexpr std::uint32_t kGssencCode = (1234u << 16) | 5680u;
constexpr std::string_view kProtocolOptionPrefix = "_pq_.";

NextStartup MalformedStartup(std::string_view sqlstate, std::string message) {
  NextStartup next;
  next.progress = Progress::kMalformed;
  next.error.sqlstate = std::string(sqlstate);
  next.error.message = std::move(message);
  return next;
}

// Names and values until the empty name, which must be the last byte.
bool ReadParameters(Reader* reader, StartupMessage* startup) {
  while (true) {
    const std::string_view name = reader->CString();
    if (reader->failed()) return false;
    if (name.empty()) return reader->Complete();
    const std::string_view value = reader->CString();
    if (reader->failed()) return false;
    startup->parameters.emplace_back(name, value);
  }
}

}  // namespace

Next NextMessage(std::string_view input, std::size_t max) {
  Next next;
  const Header header = Peek(input, max);
  next.progress = header.progress;
  next.length = header.length;
  if (header.progress != Progress::kOk) return next;
  if (input.size() < header.length) {
    next.progress = Progress::kNeedMore;
    return next;
  }
  next.message = {header.type, input.substr(kHeaderSize, header.length - kHeaderSize)};
  return next;
}

void AppendMessage(std::string* out, char type, std::string_view body) {
  out->push_back(type);
  AppendUint32(out, static_cast<std::uint32_t>(body.size() + 4));
  out->append(body);
}

std::optional<std::string_view> StartupMessage::Find(std::string_view name) const {
  for (auto it = parameters.rbegin(); it != parameters.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return std::nullopt;
}

std::vector<std::string_view> StartupMessage::ProtocolOptions() const {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : parameters) {
    if (name.starts_with(kProtocolOptionPrefix)) names.push_back(name);
  }
  return names;
}

NextStartup NextStartupPacket(std::string_view input) {
  NextStartup next;
  if (input.size() < 4) return next;
  const std::uint32_t length = LoadUint32(input.data());
  if (length < 8 || length > limits::kMaxStartupPacket + 4) {
    return MalformedStartup(sqlstate::kProtocolViolation, "invalid length of startup packet");
  }
  next.length = length;
  if (input.size() < length) return next;

  Reader reader(input.substr(4, length - 4));
  const std::uint32_t code = reader.Uint32();
  next.progress = Progress::kOk;
  if (code == kSslCode || code == kGssencCode || code == kCancelCode) {
    if (code == kCancelCode) {
      CancelRequest cancel;
      cancel.pid = reader.Int32();
      cancel.key = reader.Uint32();
      next.packet = cancel;
    } else if (code == kGssencCode) {
      next.packet = GssencRequest{};
    } else {
      next.packet = SslRequest{};
    }
    if (reader.Complete()) return next;
    return MalformedStartup(sqlstate::kProtocolViolation, "invalid length of startup packet");
  }

  StartupMessage startup;
  startup.major = static_cast<std::uint16_t>(code >> 16);
  startup.minor = static_cast<std::uint16_t>(code & 0xffff);
  if (startup.major != 3) {
    return MalformedStartup(
        sqlstate::kFeatureNotSupported,
        fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.0", startup.major, startup.minor));
  }
  if (!ReadParameters(&reader, &startup)) {
    return MalformedStartup(sqlstate::kProtocolViolation,
                            "invalid startup packet layout: expected terminator as last byte");
  }
  next.packet = std::move(startup);
  return next;
}

void AppendSslRequest(std::string* out) {
  Frame frame(out, '\0');
  AppendUint32(out, kSslCode);
}

void AppendCancelRequest(std::string* out, CancelRequest cancel) {
  Frame frame(out, '\0');
  AppendUint32(out, kCancelCode);
  AppendInt32(out, cancel.pid);
  AppendUint32(out, cancel.key);
}

void AppendStartupMessage(std::string* out, const StartupMessage& startup) {
  Frame frame(out, '\0');
  AppendUint16(out, startup.major);
  AppendUint16(out, startup.minor);
  for (const auto& [name, value] : startup.parameters) {
    AppendCString(out, name);
    AppendCString(out, value);
  }
  out->push_back('\0');
}

}  // namespace pgshoal::wire
