#pragma once
// Where messages begin and end in a stream of bytes, and the untyped packets that open a connection.
//
// Every function here has three ends: a message, "need more", malformed. None keeps state and none copies bytes; views
// live as long as the input.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.hpp"
#include "router/wire/reader.hpp"

namespace pgshoal::wire {

enum class Progress : std::uint8_t {
  kOk,
  kNeedMore,
  kMalformed  // the stream cannot be followed any further: report and close
};

// One typed message without its frame.
struct MessageView {
  char type = 0;
  std::string_view body;
};

inline constexpr std::size_t kHeaderSize = 5;  // type and length

// The frame of the next message, whether or not its body has arrived.
struct Header {
  Progress progress = Progress::kNeedMore;
  char type = 0;
  std::size_t length = 0;  // of the whole message: header and body
};

// kMalformed: the length is below four or the whole message is longer than `max`.
inline Header Peek(std::string_view input, std::size_t max) {
  Header header;
  if (input.size() < kHeaderSize) return header;
  const std::uint32_t length = LoadUint32(input.data() + 1);
  header.type = input[0];
  header.length = std::size_t{length} + 1;
  header.progress = length < 4 || header.length > max ? Progress::kMalformed : Progress::kOk;
  return header;
}

// The next message when it is there whole; it takes `length` bytes of `input`.
struct Next {
  Progress progress = Progress::kNeedMore;
  std::size_t length = 0;  // kNeedMore: how long the whole message will be, 0 when not yet known
  MessageView message;
};
Next NextMessage(std::string_view input, std::size_t max);

// Appends a typed message whose body is already made.
void AppendMessage(std::string* out, char type, std::string_view body);

// ---- The first packet of a connection ---------------------------------------------------------------------------

struct SslRequest {};
struct GssencRequest {};
struct CancelRequest {
  std::int32_t pid = 0;
  std::uint32_t key = 0;
};
struct StartupMessage {
  std::uint16_t major = 3;
  std::uint16_t minor = 0;  // above 0: the caller answers NegotiateProtocolVersion
  // As sent, in order; a name may come twice, and the last one counts (as in PostgreSQL).
  std::vector<std::pair<std::string, std::string>> parameters;

  // Value of the last parameter of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // Names of protocol extensions ("_pq_.…"), none of which is known here: reported in NegotiateProtocolVersion.
  std::vector<std::string_view> ProtocolOptions() const;
};
using StartupPacket = std::variant<SslRequest, GssencRequest, CancelRequest, StartupMessage>;

struct NextStartup {
  Progress progress = Progress::kNeedMore;
  std::size_t length = 0;  // bytes that the packet takes
  StartupPacket packet;
  SqlError error;  // kMalformed: what PostgreSQL says (08P01, or 0A000 for another major version)
};
// Bounded by limits::kMaxStartupPacket. A StartupMessage may lack "user": the caller decides what that means.
NextStartup NextStartupPacket(std::string_view input);

void AppendSslRequest(std::string* out);
void AppendCancelRequest(std::string* out, CancelRequest cancel);
void AppendStartupMessage(std::string* out, const StartupMessage& startup);

}  // namespace pgshoal::wire
