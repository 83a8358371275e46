#include "router/exec/idle_connection.hpp"

#include <string>
#include <utility>

#include "base/limits.hpp"
#include "router/net/reactor.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::exec {

bool IdleIsHealthy(ServerConnection& connection) {
  net::Stream* stream = connection.stream.get();
  if (stream == nullptr || stream->IsClosed() || stream->PendingOutput() != 0) return false;
  while (!stream->Input().empty()) {
    const wire::Next next = wire::NextMessage(stream->Input(), limits::kMaxPreAuthMessage * 4);
    if (next.progress != wire::Progress::kOk) return false;
    if (next.message.type == wire::backend::kParameterStatus) {
      absl::StatusOr<wire::ParameterStatusView> parameter = wire::DecodeParameterStatus(next.message.body);
      if (!parameter.ok()) return false;
      connection.parameters[std::string(parameter->name)] = std::string(parameter->value);
    } else if (next.message.type != wire::backend::kNotice && next.message.type != wire::backend::kNotification) {
      return false;
    }
    stream->Consume(next.length);
  }
  return true;
}

void CloseIdleConnection(std::unique_ptr<ServerConnection> connection) {
  if (connection->stream == nullptr || connection->stream->IsClosed()) return;
  wire::AppendTerminate(&connection->stream->OutputBuffer());
  net::Stream::CloseAfterFlush(std::move(connection->stream), net::Deadline::After(std::chrono::seconds(5)));
}

}  // namespace pgshoal::exec
