// The message loop, and answers that the session makes itself.

#include "router/session/session.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"
#include "base/operation_limits.hpp"
#include "router/net/tls.hpp"
#include "router/session/notifications.hpp"

namespace pgshoal::session {
namespace {

constexpr std::size_t kKeptBody = 32;

// No type of a message: a batch of several.
constexpr int kWholeBatch = 256;

// Whether a message that begins with `input` and has this length holds no more than a name, and yet is larger than
// PostgreSQL takes it. The names of prepared statements are the router's own affair: servers never see them.
bool IsTooLong(std::string_view input, std::size_t length) {
  if (length <= limits::kMaxSmallMessage || input.empty()) return false;
  using namespace wire::frontend;
  const char type = input.front();
  const bool names_target = type == kClose || type == kDescribe;
  const bool statement = names_target && (input.size() <= wire::kHeaderSize || input[wire::kHeaderSize] == 'S');
  if (statement) return length > limits::kMaxStatementName;
  return names_target || type == kExecute || type == kFlush || type == kSync || type == kTerminate ||
         type == kCopyDone || type == kCopyFail;
}

// Whether ReadyForQuery will follow, at once or after Sync.
bool IsAnswered(char type) {
  using namespace wire::frontend;
  return type != kTerminate && type != kCopyData && type != kCopyDone && type != kCopyFail;
}

}  // namespace

Session::Session(Worker* worker, std::unique_ptr<net::Stream> client)
    : worker_(worker), shared_(*worker->shared), client_(std::move(client)) {
  connected_at_ = worker_->reactor->Now();
  client_->Attach(&event_);
  key_ = shared_.Register(worker, this);
}

Session::~Session() {
  if (late_) shared_.late.fetch_sub(1);
  shared_.Forget(key_);
  if (admitted_) shared_.Dismiss(database_, user_);
  if (cancels_) cancels_->event = nullptr;
  if (listening_) shared_.notifications().LeaveAll(key_.pid);
  DropBackends();
}

net::Task<bool> Session::LogIn() {
  const bool started = co_await Start();
  if (!started || !console_) co_return started;
  co_await ServeConsole();
  co_return false;
}

void Session::Leave() {
  CountBytes();
  LogDisconnected();
  // A client that vanished in the middle of something: what its servers are doing is not wanted any longer.
  if (AnyBusy()) Cancel();
  leaving_ = true;
  if (encoding_ != nullptr && encoding_->output != nullptr && client_ != nullptr) encoding_->output->OnFailure(nullptr);
  ReleaseBackends();
  DropBackends();
  // Who has said goodbye waits for nothing; over TLS the end is still to be told.
  if (said_goodbye_ && client_->PendingOutput() == 0 && !net::IsTls(*client_)) return client_.reset();
  if (client_ != nullptr && client_->Error() == 0) {
    net::Stream::CloseAfterFlush(std::move(client_), net::Deadline::After(std::chrono::seconds(5)));
  }
}

bool Session::TakeMessage(char* type, std::string* body) {
  if (worker_->suspended && !console_ && !meter_.in_query()) return false;
  const wire::Next next = wire::NextMessage(client_->Input(), limits::kMaxMessage);
  if (next.progress != wire::Progress::kOk || IsTooLong(client_->Input(), next.length)) return false;
  *type = next.message.type;
  if (next.message.body.size() > body->capacity()) body->swap(worker_->spare_body);
  body->assign(next.message.body);
  if (Converts()) {
    if (absl::Status status = ToUtf8(*encoding_->codec, *type, body); !status.ok()) {
      encoding_->unreadable = std::make_unique<SqlError>(ToSqlError(status));
    }
  }
  client_->Consume(next.length);
  return true;
}

bool Session::MayCome(std::string* body) {
  const wire::Next next = wire::NextMessage(client_->Input(), limits::kMaxMessage);
  // Of these types PostgreSQL, too, believes no message that is larger.
  const bool too_long = IsTooLong(client_->Input(), next.length);
  if (next.progress == wire::Progress::kMalformed || too_long) {
    SendError({std::string(sqlstate::kProtocolViolation), "invalid message length"}, wire::Severity::kFatal);
    return false;
  }
  if (next.length > 0) client_->SetInputLimit(next.length + limits::kReceiveBuffer);
  if (ClientGone() || client_->AtEof()) return false;
  // The client may be idle for long: it keeps no memory of a size that matters.
  if (body->capacity() > kKeptBody) {
    if (body->capacity() <= limits::kReceiveBuffer) {
      body->clear();
      body->swap(worker_->spare_body);
    }
    if (body->capacity() > kKeptBody) std::string().swap(*body);
  }
  return true;
}

net::Task<bool> Session::NextMessage(char* type, std::string* body) {
  while (true) {
    if (TakeMessage(type, body)) co_return true;
    if (!MayCome(body)) co_return false;
    co_await event_.Wait();
    // Servers that are held between messages (a transaction block, session mode) may have gone meanwhile.
    PumpAll();
    if (EndIfKeptIsLost()) co_return false;
  }
}

net::Task<void> Session::Serve() {
  using namespace wire::frontend;
  char type = 0;
  std::string body;
  while (true) {
    // As NextMessage, but here: an idle client waits in as few frames as possible.
    bool whole_batch = SendWholeBatch();
    while (!whole_batch && !TakeMessage(&type, &body)) {
      if (!MayCome(&body)) co_return;
      co_await event_.Wait();
      PumpAll();
      if (EndIfKeptIsLost()) co_return;
      whole_batch = SendWholeBatch();
    }
    if (whole_batch) type = kSync;
    if (clock_) NoteRequest();
    if (IsAnswered(type)) meter_.Began(worker_->reactor->Now());
    if (!whole_batch && worker_->live->log_min_duration_statement >= 0) NoteStatement(type, body);
    if (encoding_ != nullptr && encoding_->unreadable != nullptr) {
      co_await RefuseUnreadable(type);
      type = kCopyData;  // there is nothing more to do with it
    }
    switch (whole_batch ? kWholeBatch : type) {
      case kWholeBatch:
        co_await EndWholeBatch();
        break;
      case kQuery: {
        if (skip_until_sync_) break;  // as PostgreSQL: nothing but Sync counts after an error
        absl::StatusOr<std::string_view> text = wire::DecodeQuery(body);
        if (!text.ok()) {
          SendError(ToSqlError(text.status()));
          SendReady();
          break;
        }
        co_await SimpleQuery(*text);
        break;
      }
      case kParse:
      case kBind:
      case kDescribe:
      case kExecute:
      case kClose:
      case kFlush:
      case kSync:
        if (skip_until_sync_ && type != kSync) break;
        co_await Extended(type, body);
        break;
      case kCopyData:
      case kCopyDone:
      case kCopyFail:
        break;  // left over from a COPY that failed, or refused above
      case kFunctionCall:
        if (skip_until_sync_) break;
        SendError({std::string(sqlstate::kFeatureNotSupported), "the function call protocol is not supported", 0, "",
                   "Use SELECT function(…)."});
        FailBlock();
        SendReady();
        break;
      case kTerminate:
        end_reason_ = "client close request";
        said_goodbye_ = true;
        co_return;
      default:
        SendError({std::string(sqlstate::kProtocolViolation),
                   fmt::format("invalid frontend message type {}", static_cast<int>(static_cast<unsigned char>(type)))},
                  wire::Severity::kFatal);
        co_return;
    }
    if (ClientGone()) co_return;
    if (draining_ && !HoldsServers()) {
      Terminate(std::string(kAdministratorCommand));
      co_return;
    }
    if (ClientKeepsUp()) continue;
    const bool reads = co_await ClientReads();
    if (!reads) co_return;
  }
}

net::Task<bool> Session::ClientReads() {
  while (ClientIsSlow() && !ClientGone()) co_await event_.Wait();
  co_return !ClientGone();
}

void Session::SendError(const SqlError& error, wire::Severity severity) {
  if (ended_) return;
  wire::AppendErrorResponse(&ToClient(), error, severity);
  error_sent_ = true;
  untold_loss_.reset();
  LogError(error, severity);
  if (severity == wire::Severity::kFatal) end_reason_ = "error";
}

void Session::SendNotice(std::string_view state, std::string message, wire::Severity severity) {
  SqlError notice;
  notice.sqlstate = std::string(state);
  notice.message = std::move(message);
  wire::AppendNoticeResponse(&ToClient(), notice, severity);
}

void Session::SendReady() {
  if (ended_) return;
  if (block_ != Block::kNone && View().rules.mode == exec::PoolMode::kStatement) {
    return End("transaction blocks not allowed in statement pooling mode");
  }
  if (clock_ || (!console_ && View().rules.AnyTimeout())) NoteReady();
  wire::TransactionState state = wire::TransactionState::kIdle;
  if (block_ != Block::kNone) state = failed_ ? wire::TransactionState::kFailed : wire::TransactionState::kInBlock;
  if (listening_ && block_ == Block::kNone) SendNotifications();
  for (const auto& [name, told] : *parameter_changes_) {
    const std::string* value = reported_.Find(name);
    if (value != nullptr && *value != told) wire::AppendParameterStatus(&ToClient(), name, *value);
  }
  parameter_changes_.Reset();
  wire::AppendReadyForQuery(&ToClient(), state);
  error_sent_ = false;
  CountAnswer();
}

void Session::SendComplete(std::string_view tag) {
  wire::AppendCommandComplete(&ToClient(), tag);
}

const std::shared_ptr<Session::CancelTicket>& Session::Ticket() {
  if (!cancels_) {
    cancels_ = std::make_shared<CancelTicket>();
    cancels_->event = &event_;
  }
  return cancels_;
}

void Session::Cancel(absl::AnyInvocable<void()> done) {
  cancelled_ = true;
  if (in_line_) {
    leave_line_ = true;
    event_.Notify();
  }
  if (console_) event_.Notify();
  for (auto& backend : backends_) {
    if (backend->lost || !backend->Busy()) continue;
    ++Ticket()->pending;
    // Runs on its own: it may outlive this session. The lent connection stays with us until it is done, so that the
    // signal cannot hit its next user.
    struct Request {
      static net::Task<void> Send(std::shared_ptr<CancelTicket> ticket, std::shared_ptr<exec::Pool> pool,
                                  net::Reactor* reactor, exec::CancelTarget target) {
        const net::Deadline deadline = net::Deadline::After(std::chrono::seconds(10));
        pool->CancelBegins();
        net::Task<void> cancel = exec::CancelServer(*reactor, std::move(target), deadline);
        co_await cancel;
        pool->CancelEnds();
        if (--ticket->pending == 0) {
          for (auto& told : ticket->waiting) told();
          ticket->waiting.clear();
        }
        if (ticket->event != nullptr) ticket->event->Notify();
      }
    };
    const exec::ServerConnection& server = *backend->lease;
    exec::CancelTarget target{server.endpoint, server.tls, server.pid, server.secret};
    net::Task<void> send = Request::Send(cancels_, backend->lease.pool(), worker_->reactor, std::move(target));
    worker_->reactor->Spawn(std::move(send));
  }
  if (!done) return;
  if (Cancelling()) {
    cancels_->waiting.push_back(std::move(done));
  } else {
    done();
  }
}

}  // namespace pgshoal::session
