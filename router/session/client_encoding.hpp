#pragma once
// A client's encoding, when it has asked for one. One session, one thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.hpp"
#include "router/session/encoded_output.hpp"

namespace pgshoal::session {

struct ClientEncoding {
  std::string name;                              // as the client is told of it
  const wire::SingleByteCodec* codec = nullptr;  // null: UTF-8, or what counts as such
  EncodedOutput* output = nullptr;               // the client's stream owns it; null: nothing was ever converted
  std::unique_ptr<SqlError> unreadable;          // what is wrong with the message that was taken last; null: nothing
  std::unique_ptr<SqlError> unreadable_copy;     // why data of a COPY was not passed on; null: it was
};

// What is wrong with a value of client_encoding: 22023 (42622) PostgreSQL knows none, 0A000 it is refused.
std::optional<SqlError> EncodingProblem(std::string_view value);
// As PostgreSQL shows a value. REQUIRES: it has no problem
std::string EncodingName(std::string_view value);

}  // namespace pgshoal::session
