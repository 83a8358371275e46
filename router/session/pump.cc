// From the servers to the client: matching answers with what was asked, and passing bytes on as they stand.

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

// Messages that may come at any time and belong to no request.
bool IsAsynchronous(char type) {
  return type == wire::backend::kNotice || type == wire::backend::kParameterStatus ||
         type == wire::backend::kNotification;
}

// Whether `type` ends the answer to `request`.
bool Ends(Request request, char type) {
  switch (request) {
    case Request::kParse:
      return type == wire::backend::kParseComplete;
    case Request::kBind:
      return type == wire::backend::kBindComplete;
    case Request::kDescribeStatement:
    case Request::kDescribePortal:
      return type == wire::backend::kRowDescription || type == wire::backend::kNoData;
    case Request::kExecute:
      return type == wire::backend::kCommandComplete || type == wire::backend::kEmptyQuery ||
             type == wire::backend::kPortalSuspended;
    case Request::kClose:
      return type == wire::backend::kCloseComplete;
    case Request::kSync:
    case Request::kQuery:
      return type == wire::backend::kReadyForQuery;
    case Request::kLocal:
      return false;
  }
  return false;
}

// Whether a server may send `type` while it answers `request` (ErrorResponse aside).
bool Belongs(Request request, char type) {
  if (Ends(request, type)) return true;
  using namespace wire::backend;
  switch (request) {
    case Request::kDescribeStatement:
      return type == kParameterDescription;
    case Request::kExecute:
      return type == kDataRow || type == kCopyIn || type == kCopyOut || type == kCopyData || type == kCopyDone;
    case Request::kQuery:
      return type == kDataRow || type == kRowDescription || type == kCommandComplete || type == kEmptyQuery ||
             type == kCopyIn || type == kCopyOut || type == kCopyData || type == kCopyDone;
    default:
      return false;
  }
}

}  // namespace

net::Task<bool> Session::AwaitAnswers() {
  while (true) {
    if (ClientGone()) co_return false;
    PumpAll();
    if (AnyCopyIn()) RelayCopyData();
    if (!AnyBusy() && !Cancelling()) co_return true;
    co_await event_.Wait();
  }
}

// Of a connection that has ended: all of its messages have been taken; what is left is no whole one.
bool Session::NothingMoreComes(const Backend& backend) {
  const std::string_view input = backend.lease->stream->Input();
  if (input.empty()) return true;
  const wire::Header header = wire::Peek(input, limits::kMaxMessage);
  return header.progress != wire::Progress::kOk || header.length > input.size();
}

net::Task<void> Session::AwaitServers() {
  while (true) {
    PumpAll();
    if (!AnyBusy() && !Cancelling()) co_return;
    co_await event_.Wait();
  }
}

void Session::PumpAll() {
  if (client_->AtEof()) WatchClientEnd();
  for (auto& backend : backends_) {
    if (backend->lost) continue;
    // A client that does not read holds up its servers, unless it is gone.
    if (!ClientGone() && ClientIsSlow()) return;
    Pump(*backend);
    if (backend->lease->stream->IsClosed() && NothingMoreComes(*backend)) LoseBackend(*backend);
  }
}

void Session::Pump(Backend& backend) {
  net::Stream& stream = *backend.lease->stream;
  while (!backend.lost) {
    if (!backend.local_replies.empty()) FlushLocalReplies(backend);
    const std::string_view input = stream.Input();
    if (input.empty()) return;
    std::size_t at = 0;    // what has been looked at
    std::size_t kept = 0;  // start of the run of bytes to pass on as they stand
    bool stop = false;
    auto pass_on = [&](std::size_t end) {
      if (end > kept) client_->Write(input.substr(kept, end - kept));
    };
    while (at < input.size() && !stop) {
      if (backend.body_left > 0) {
        const std::size_t piece = std::min(backend.body_left, input.size() - at);
        backend.body_left -= piece;
        if (!backend.body_forwarded) {
          pass_on(at);
          kept = at + piece;
        }
        at += piece;
        continue;
      }
      const wire::Header header = wire::Peek(input.substr(at), limits::kMaxMessage);
      if (header.progress == wire::Progress::kNeedMore) break;
      if (header.progress == wire::Progress::kMalformed) {
        pass_on(at);
        stream.Consume(at);
        LoseBackend(backend);
        return;
      }
      const Pending* front = backend.pending.empty() ? nullptr : &backend.pending.front();
      const bool whole = input.size() - at >= header.length;
      const bool data = header.type == wire::backend::kDataRow || header.type == wire::backend::kCopyData;
      if (front != nullptr && data && front->handling != Handling::kSink && !Converts() &&
          Belongs(front->request, header.type)) {
        // The hot path: rows are not even looked at, and need not have arrived whole.
        backend.body_left = header.length;
        backend.body_forwarded = front->handling == Handling::kForward;
        continue;
      }
      if (!whole) {
        stream.SetInputLimit(header.length + limits::kReceiveBuffer);
        break;
      }
      if (front != nullptr && front->handling == Handling::kSink && data && !backend.sink->Wants(backend)) {
        stop = true;
        break;
      }
      const std::string_view message = input.substr(at, header.length);
      const bool forward_raw = front != nullptr && front->handling == Handling::kForward &&
                               header.type != wire::backend::kReadyForQuery && header.type != wire::backend::kError &&
                               !IsAsynchronous(header.type) && Belongs(front->request, header.type);
      if (forward_raw && Converts()) {
        if (const absl::Status status = CheckConvertible(*encoding_->codec, message); !status.ok()) {
          pass_on(at);
          at += header.length;
          kept = at;
          RejectAnswer(backend, status);
          continue;
        }
      }
      if (forward_raw) {
        at += header.length;
        if (header.type == wire::backend::kCopyIn) {
          backend.copy_in = true;
          // A server in COPY mode ignores the Sync that was sent along: its answer will not come.
          while (backend.pending.size() > 1 && backend.pending.back().request != Request::kQuery) {
            backend.pending.pop_back();
          }
        } else if (header.type == wire::backend::kParameterDescription) {
          LearnShape(*front, header.type, message.substr(wire::kHeaderSize));
        } else if (Ends(front->request, header.type)) {
          if (front->confirms) front->confirms->confirmed = true;
          if (front->describes) LearnShape(*front, header.type, message.substr(wire::kHeaderSize));
          backend.pending.pop_front();
          stop = backend.LocalComesNext();  // first what came before it
        }
        continue;
      }
      pass_on(at);
      at += header.length;
      kept = at;
      if (!PumpMessage(backend, header.type, message)) {
        if (!backend.lost) LoseBackend(backend);
        return;
      }
      stop = backend.lost || backend.LocalComesNext();
    }
    pass_on(at);
    stream.Consume(at);
    if (at == 0 || (!ClientGone() && ClientIsSlow())) return;
  }
}

// A message that is not passed on untouched. False: the server broke the protocol.
bool Session::PumpMessage(Backend& backend, char type, std::string_view message) {
  const std::string_view body = message.substr(wire::kHeaderSize);
  const Handling handling = backend.pending.empty() ? Handling::kSwallow : backend.pending.front().handling;
  if (type == wire::backend::kParameterStatus) {
    absl::StatusOr<wire::ParameterStatusView> parameter = wire::DecodeParameterStatus(body);
    if (!parameter.ok()) return false;
    // Code that sets it would have the server speak what nobody here expects.
    if (parameter->name == "client_encoding" && parameter->value != "UTF8" && parameter->value != "UNICODE")
      return false;
    backend.lease->parameters[std::string(parameter->name)] = std::string(parameter->value);
    OnParameterStatus(body);
    return true;
  }
  if (type == wire::backend::kNotice) {
    if (handling == Handling::kForward || backend.notices_pass) client_->Write(message);
    return true;
  }
  if (type == wire::backend::kNotification) return true;
  if (type == wire::backend::kError) {
    absl::StatusOr<wire::ReportView> report = wire::DecodeReport(body);
    if (!report.ok()) return false;
    if (backend.pending.empty()) {
      const SqlError reason = report->ToSqlError();
      LoseBackend(backend, &reason);  // an administrator's shutdown, a timeout of an idle transaction
      return true;
    }
    AfterError(backend, body, handling);
    return true;
  }
  if (backend.pending.empty()) return false;
  const Request request = backend.pending.front().request;
  if (!Belongs(request, type)) return false;
  if (type == wire::backend::kReadyForQuery) {
    absl::StatusOr<wire::TransactionState> state = wire::DecodeReadyForQuery(body);
    if (!state.ok()) return false;
    backend.status = static_cast<char>(*state);
    backend.copy_in = false;
    if (request == Request::kSync) {
      backend.skipping = false;
      backend.in_batch = false;
      backend.bound = false;
    }
  } else if (handling == Handling::kSink) {
    backend.sink->OnMessage(backend, type, body);
  }
  if (request == Request::kDescribeStatement) LearnShape(backend.pending.front(), type, body);
  if (Ends(request, type)) {
    backend.pending.pop_front();
  }
  return true;
}

void Session::AfterError(Backend& backend, std::string_view body, Handling handling) {
  absl::StatusOr<wire::ReportView> report = wire::DecodeReport(body);
  backend.copy_in = false;
  if (handling == Handling::kForward || handling == Handling::kSwallowForwardError) {
    const std::string_view text = report->Get('M');
    if (encoding_ != nullptr && encoding_->unreadable_copy != nullptr) {
      wire::AppendErrorResponse(&ToClient(), *std::exchange(encoding_->unreadable_copy, nullptr));
    } else if (const std::size_t at = text.find("\"pgshoal_"); at != std::string_view::npos) {
      // Statements have names of our own on servers.
      SqlError error = report->ToSqlError();
      for (const auto& [name, statement] : prepared_.named()) {
        const std::string ours = "\"" + exec::ServerStatementName(statement->planned->id) + "\"";
        if (const std::size_t begin = error.message.find(ours); begin != std::string::npos) {
          error.message.replace(begin, ours.size(), "\"" + name + "\"");
        }
      }
      wire::AppendErrorResponse(&ToClient(), error);
    } else if (backend.position_shift > 0) {
      wire::AppendShiftedReport(&ToClient(), wire::backend::kError, body, backend.position_shift);
    } else {
      wire::AppendMessage(&ToClient(), wire::backend::kError, body);
    }
    error_sent_ = true;
    FailBlock();
  } else if (!backend.error.has_value()) {
    backend.error = report->ToSqlError();
  }
  if (report->Get('R') == "RevalidateCachedQuery") {
    // The shards were altered behind the router's back. Who prepares it from now on is to have it made anew.
    backend.lease->doubtful = true;
    if (block_ == Block::kNone) batch_changes_catalog_ = true;
  }
  if (report->Get('S') == "FATAL" || report->Get('S') == "PANIC" || report->Get('V') == "FATAL") {
    backend.lease->doubtful = true;
  }
  if (backend.pending.front().request == Request::kQuery || backend.pending.front().request == Request::kSync) return;
  // Extended protocol: everything up to the next Sync is skipped by the server.
  backend.skipping = true;
  while (!backend.pending.empty() && backend.pending.front().request != Request::kSync) {
    const Pending& skipped = backend.pending.front();
    if (skipped.request == Request::kLocal) backend.local_replies.pop_front();
    // Not closed there after all: the name may not be used again.
    if (skipped.request == Request::kClose && skipped.handling == Handling::kSwallow) backend.lease->doubtful = true;
    if (skipped.parses) {
      backend.lease->prepared.Remove(skipped.parses->id);
      backend.unnamed_statement = 0;
    }
    backend.pending.pop_front();
  }
  if (handling != Handling::kSwallow && handling != Handling::kSink) skip_until_sync_ = true;
}

void Session::FlushLocalReplies(Backend& backend) {
  while (backend.LocalComesNext()) {
    client_->Write(backend.local_replies.front());
    backend.local_replies.pop_front();
    if (backend.pending.front().confirms) backend.pending.front().confirms->confirmed = true;
    backend.pending.pop_front();
  }
}

// The connection is gone, or cannot be trusted any longer.
void Session::LoseBackend(Backend& backend, const SqlError* reason) {
  if (backend.lost) return;
  backend.lost = true;
  backend.lease->doubtful = true;
  backend.copy_in = false;
  // Half a message has gone out already: nothing that is said now could be understood.
  if (backend.body_left > 0 && backend.body_forwarded) EndClient();
  backend.body_left = 0;
  SqlError error{std::string(sqlstate::kConnectionFailure), "the connection to a shard was lost", 0, "",
                 "The statement may or may not have been executed there."};
  const bool forwards = std::any_of(backend.pending.begin(), backend.pending.end(), [](const Pending& p) {
    return p.handling == Handling::kForward || p.handling == Handling::kSwallowForwardError;
  });
  const bool extended = std::any_of(backend.pending.begin(), backend.pending.end(), [](const Pending& p) {
    return p.request != Request::kQuery && p.request != Request::kSync;
  });
  // Nobody waits for an answer that could be the error: what the client does next fails with it.
  const bool matters = (block_ != Block::kNone && backend.joined) || (backend.in_batch && backend.bound);
  if (backend.pending.empty() && matters && !failed_ && !skip_until_sync_) {
    const SqlError lost{std::string(sqlstate::kConnectionFailure), "the connection to a shard was lost", 0, "",
                        "The transaction has been rolled back."};
    untold_loss_ = std::make_shared<const SqlError>(reason != nullptr ? *reason : lost);
  }
  backend.pending.clear();
  backend.local_replies.clear();
  if (forwards && !error_sent_ && !ended_) {
    SendError(error);
    if (extended || backend.in_batch) skip_until_sync_ = true;
  } else if (!backend.error.has_value()) {
    backend.error = error;
  }
  if (block_ != Block::kNone && backend.joined) {
    lost_participant_ = true;
    FailBlock();
  }
}

void Session::OnParameterStatus(std::string_view body) {
  absl::StatusOr<wire::ParameterStatusView> parameter = wire::DecodeParameterStatus(body);
  LearnParameter(parameter->name, parameter->value);
}

void Session::LearnParameter(std::string_view name, std::string_view value) {
  const std::string* known = reported_.Find(name);
  if (known != nullptr && *known == value) return;
  const std::string told = known == nullptr ? std::string() : *known;
  reported_.Learn(name, value);
  if (!welcomed_) return;
  auto& changes = parameter_changes_.Make();
  const bool noted =
      std::any_of(changes.begin(), changes.end(), [&](const auto& change) { return change.first == name; });
  if (!noted) changes.emplace_back(name, told);
}

// A message that has no business inside a COPY: PostgreSQL cannot go on either.
void Session::LoseSynchronization(char type) {
  SendError({std::string(sqlstate::kProtocolViolation),
             fmt::format("unexpected message type 0x{:02X} during COPY from stdin", static_cast<unsigned char>(type))});
  SendError(
      {std::string(sqlstate::kProtocolViolation), "terminating connection because protocol synchronization was lost"},
      wire::Severity::kFatal);
  EndClient();
}

// COPY … FROM STDIN on one shard: the client's data goes there as it comes.
void Session::RelayCopyData() {
  for (auto& backend : backends_) {
    if (!backend->copy_in || backend->lost) continue;
    net::Stream& server = *backend->lease->stream;
    while (backend->copy_in && server.PendingOutput() < limits::kMaxBufferedOutput) {
      const wire::Next next = wire::NextMessage(client_->Input(), limits::kMaxMessage);
      if (next.progress == wire::Progress::kNeedMore) {
        if (next.length > 0) client_->SetInputLimit(next.length + limits::kReceiveBuffer);
        if (client_->AtEof()) return LoseCopyData();
        break;
      }
      if (next.progress == wire::Progress::kMalformed) {
        SendError({std::string(sqlstate::kProtocolViolation), "invalid message length"}, wire::Severity::kFatal);
        client_->Consume(client_->Input().size());
        client_->ShutdownOutput();
        wire::AppendCopyFail(&server.OutputBuffer(), "the client broke the protocol");
        backend->copy_in = false;
        break;
      }
      const char type = next.message.type;
      using namespace wire::frontend;
      if (type == kCopyData || type == kCopyDone || type == kCopyFail) {
        bool ends = type != kCopyData;
        if (Converts()) {
          std::string body(next.message.body);
          const absl::Status status = ToUtf8(*encoding_->codec, type, &body);
          if (status.ok()) {
            wire::AppendMessage(&server.OutputBuffer(), type, body);
          } else {
            encoding_->unreadable_copy = std::make_unique<SqlError>(ToSqlError(status));
            wire::AppendCopyFail(&server.OutputBuffer(), "the data cannot be converted");
            ends = true;
          }
        } else {
          server.Write(client_->Input().substr(0, next.length));
        }
        if (ends) {
          backend->copy_in = false;
          // In the extended protocol the server keeps its answer back until it is asked for it.
          if (backend->pending.front().request == Request::kExecute) wire::AppendFlush(&server.OutputBuffer());
        }
      } else if (type != kFlush && type != kSync) {
        // As PostgreSQL: anything else ends the COPY with an error.
        wire::AppendCopyFail(&server.OutputBuffer(), "unexpected message type during COPY from stdin");
        backend->copy_in = false;
        for (Pending& pending : backend->pending) pending.handling = Handling::kSwallow;
        LoseSynchronization(type);
      }
      client_->Consume(next.length);
    }
  }
}

}  // namespace pgshoal::session
