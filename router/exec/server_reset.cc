#include "router/exec/server_reset.hpp"

#include "base/limits.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::exec {
namespace {

constexpr std::chrono::seconds kResetTimeout{15};

}  // namespace

net::Task<void> ResetAndReturn(Lease given) {
  net::Event event;
  Lease lease = std::move(given);
  net::Stream& stream = *lease->stream;
  const std::shared_ptr<const PoolSettings> settings = lease.pool()->NoteTested(*lease);
  const std::string_view more = settings->ResetQuery();
  stream.Attach(&event);
  wire::AppendQuery(&stream.OutputBuffer(), "DISCARD ALL");
  if (!more.empty()) wire::AppendQuery(&stream.OutputBuffer(), more);
  int answers_due = more.empty() ? 1 : 2;
  const net::Deadline deadline = net::Deadline::After(kResetTimeout);
  while (true) {
    const wire::Next next = wire::NextMessage(stream.Input(), limits::kMaxPreAuthMessage * 4);
    if (next.progress == wire::Progress::kMalformed) co_return;
    if (next.progress == wire::Progress::kOk) {
      const char type = next.message.type;
      if (type == wire::backend::kError || type == wire::backend::kCopyIn) co_return;
      if (type == wire::backend::kReadyForQuery && next.message.body != "I") co_return;
      if (type == wire::backend::kParameterStatus) {
        absl::StatusOr<wire::ParameterStatusView> parameter = wire::DecodeParameterStatus(next.message.body);
        if (parameter.ok()) lease->parameters[std::string(parameter->name)] = std::string(parameter->value);
      }
      stream.Consume(next.length);
      if (type == wire::backend::kReadyForQuery && --answers_due == 0) break;
      continue;
    }
    if (stream.IsClosed()) co_return;
    const bool in_time = co_await event.Wait(deadline);
    if (!in_time) co_return;
  }
  lease->applied_settings.clear();
  lease->prepared.Clear();
  lease.Return();
}

}  // namespace pgshoal::exec
