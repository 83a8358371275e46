// Clients of the console's database: the simple and the extended query protocol over the admin console. There are no
// transactions and no parameters.

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/limits.hpp"
#include "router/session/console.hpp"
#include "router/session/session.hpp"

namespace pgshoal::session {
namespace {

std::int16_t SizeOf(Oid type) {
  return type == oid::kInt4 ? 4 : type == oid::kInt8 ? 8 : -1;
}

// A whole number in numeric's binary format: digits of base 10000, most significant first.
std::string BinaryNumeric(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  std::vector<std::uint16_t> digits;
  while (!text.empty()) {
    const std::size_t first = text.size() > 4 ? text.size() - 4 : 0;
    std::uint16_t digit = 0;
    std::from_chars(text.data() + first, text.data() + text.size(), digit);
    digits.insert(digits.begin(), digit);
    text = text.substr(0, first);
  }
  const auto weight = static_cast<std::uint16_t>(digits.empty() ? 0 : digits.size() - 1);
  const std::uint16_t header[] = {static_cast<std::uint16_t>(digits.size()), weight,
                                  static_cast<std::uint16_t>(negative ? 0x4000 : 0), 0};
  std::string bytes;
  auto append = [&bytes](std::uint16_t value) {
    bytes.push_back(static_cast<char>(value >> 8));
    bytes.push_back(static_cast<char>(value & 0xFF));
  };
  for (std::uint16_t value : header) append(value);
  for (std::uint16_t value : digits) append(value);
  return bytes;
}

std::string Binary(Oid type, const std::string& text) {
  if (type == oid::kNumeric) return BinaryNumeric(text);
  const std::int16_t size = SizeOf(type);
  if (size < 0) return text;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  std::string bytes;
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
  }
  return bytes;
}

bool IsBinary(const std::vector<std::int16_t>& formats, std::size_t column) {
  if (formats.empty()) return false;
  if (formats.size() == 1) return formats[0] == 1;
  return column < formats.size() && formats[column] == 1;
}

void AppendDescription(std::string* out, const ConsoleReply& reply, const std::vector<std::int16_t>& formats) {
  std::vector<wire::Field> fields;
  for (const ConsoleColumn& column : reply.columns) {
    wire::Field field;
    field.name = column.name;
    field.type = column.type;
    field.type_size = SizeOf(column.type);
    field.format = IsBinary(formats, fields.size()) ? 1 : 0;
    fields.push_back(field);
  }
  wire::AppendRowDescription(out, fields);
}

void AppendRow(std::string* out, const ConsoleReply& reply, std::size_t row, const std::vector<std::int16_t>& formats) {
  std::vector<std::string> storage;
  storage.reserve(reply.columns.size());
  std::vector<wire::Value> values;
  for (const std::optional<std::string>& value : reply.rows[row]) {
    if (!value.has_value()) {
      values.push_back({true, {}});
    } else if (IsBinary(formats, values.size())) {
      storage.push_back(Binary(reply.columns[values.size()].type, *value));
      values.push_back({false, storage.back()});
    } else {
      values.push_back({false, *value});
    }
  }
  wire::AppendDataRow(out, values);
}

// Whether a command has no effect, so that it may be run in order to describe its answer.
bool OnlyShows(std::string_view command) {
  while (!command.empty() && std::isspace(static_cast<unsigned char>(command.front()))) command.remove_prefix(1);
  static constexpr std::string_view kShow = "show";
  if (command.size() <= kShow.size()) return false;
  for (std::size_t i = 0; i < kShow.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(command[i])) != kShow[i]) return false;
  }
  return true;
}

}  // namespace

bool IsConsoleDatabase(std::string_view database) {
  return database == "pgshoal" || database == "pgbouncer";
}

// What the extended protocol has prepared and bound.
struct Session::ConsoleState {
  struct Portal {
    std::string command;
    std::vector<std::int16_t> formats;
    std::optional<ConsoleReply> reply;  // once it has been run
    std::size_t next_row = 0;
  };
  std::map<std::string, std::string, std::less<>> statements;
  std::map<std::string, Portal, std::less<>> portals;
};

absl::Status Session::AdmitToConsole() {
  const LiveSettings& live = *worker_->live;
  auto lists = [this](const std::vector<std::string>& users) {
    return std::find(users.begin(), users.end(), user_) != users.end();
  };
  // Whoever runs the router, over its unix socket.
  const std::optional<net::PeerCredentials> peer = client_->Credentials();
  const bool owner = peer.has_value() && peer->uid == geteuid() && IsConsoleDatabase(user_);
  console_admin_ = owner || lists(live.admin_users);
  if (console_admin_ || lists(live.stats_users)) return absl::OkStatus();
  return SqlStatus(sqlstate::kInvalidAuthorizationSpecification, "not allowed", 0,
                   "The users of the console are named by admin_users and stats_users.");
}

net::Task<absl::StatusOr<ConsoleReply>> Session::RunConsoleCommand(std::string command) {
  // Shared with the command's thread, which may outlive this session.
  struct Answer {
    absl::StatusOr<ConsoleReply> reply = absl::UnknownError("");
    bool arrived = false;
  };
  auto answer = std::make_shared<Answer>();
  auto gone = std::make_shared<std::atomic<bool>>(false);
  const ConsoleCaller caller{user_, key_.pid, console_admin_, gone};
  Shared* shared = &shared_;
  const net::Poster poster = worker_->reactor->MakePoster();
  auto work = [answer, shared, caller, command, poster, ticket = Ticket()]() mutable {
    auto reply = std::make_shared<absl::StatusOr<ConsoleReply>>(shared->options().console(*shared, caller, command));
    poster.Post([answer, reply, ticket] {
      answer->reply = std::move(*reply);
      answer->arrived = true;
      if (ticket->event != nullptr) ticket->event->Notify();
    });
  };
  cancelled_ = false;
  const bool begun = shared_.console_threads().Run(std::move(work));
  if (!begun) co_return SqlStatus(sqlstate::kTooManyConnections, "too many console commands are being carried out");
  while (!answer->arrived) {
    if (client_->AtEof()) WatchClientEnd();
    if (ClientGone() || cancelled_) {
      gone->store(true);
      co_return SqlStatus(sqlstate::kQueryCanceled, "the command is no longer waited for");
    }
    co_await event_.Wait();
  }
  co_return std::move(answer->reply);
}

net::Task<void> Session::ConsoleQuery(std::string command) {
  static const std::vector<std::int16_t> kText;
  if (command.find_first_not_of(" \t\r\n") == std::string::npos) {
    wire::AppendEmptyQueryResponse(&ToClient());
    SendReady();
    co_return;
  }
  absl::StatusOr<ConsoleReply> reply = co_await RunConsoleCommand(std::move(command));
  if (!reply.ok()) {
    SendError(ToSqlError(reply.status()));
  } else {
    if (reply->notice.has_value()) wire::AppendNoticeResponse(&ToClient(), *reply->notice);
    if (!reply->columns.empty()) AppendDescription(&ToClient(), *reply, kText);
    for (std::size_t row = 0; row < reply->rows.size(); ++row) AppendRow(&ToClient(), *reply, row, kText);
    wire::AppendCommandComplete(&ToClient(), reply->tag);
  }
  SendReady();
}

// Runs the portal's command if that has not been done.
net::Task<absl::Status> Session::FillConsolePortal(ConsoleState* state, std::string name) {
  auto portal = state->portals.find(name);
  if (portal->second.reply.has_value()) co_return absl::OkStatus();
  std::string command = portal->second.command;
  absl::StatusOr<ConsoleReply> reply = co_await RunConsoleCommand(std::move(command));
  if (!reply.ok()) co_return reply.status();
  portal->second.reply = *std::move(reply);
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::DescribeForConsole(ConsoleState* state, char kind, std::string name) {
  std::string portal_name = name;
  if (kind == 'S') {
    auto statement = state->statements.find(name);
    if (statement == state->statements.end()) {
      co_return SqlStatus(sqlstate::kInvalidSqlStatementName,
                          fmt::format("prepared statement \"{}\" does not exist", name));
    }
    const std::vector<Oid> no_parameters;
    wire::AppendParameterDescription(&ToClient(), no_parameters);
    // A portal of its own, run only to be described.
    portal_name = "\x01";
    ConsoleState::Portal scratch;
    scratch.command = statement->second;
    state->portals[portal_name] = std::move(scratch);
  }
  auto portal = state->portals.find(portal_name);
  if (portal == state->portals.end()) {
    co_return SqlStatus(sqlstate::kInvalidCursorName, fmt::format("portal \"{}\" does not exist", name));
  }
  if (!OnlyShows(portal->second.command)) {
    wire::AppendNoData(&ToClient());
    co_return absl::OkStatus();
  }
  absl::Status filled = co_await FillConsolePortal(state, portal_name);
  if (!filled.ok()) co_return filled;
  if (portal->second.reply->columns.empty()) {
    wire::AppendNoData(&ToClient());
  } else {
    AppendDescription(&ToClient(), *portal->second.reply, portal->second.formats);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::ExecuteForConsole(ConsoleState* state, std::string name, std::int32_t max_rows) {
  auto found = state->portals.find(name);
  if (found == state->portals.end()) {
    co_return SqlStatus(sqlstate::kInvalidCursorName, fmt::format("portal \"{}\" does not exist", name));
  }
  absl::Status filled = co_await FillConsolePortal(state, name);
  if (!filled.ok()) co_return filled;
  ConsoleState::Portal& portal = found->second;
  if (portal.reply->notice.has_value()) wire::AppendNoticeResponse(&ToClient(), *portal.reply->notice);
  std::int32_t sent = 0;
  for (; portal.next_row < portal.reply->rows.size() && (max_rows <= 0 || sent < max_rows); ++sent) {
    AppendRow(&ToClient(), *portal.reply, portal.next_row++, portal.formats);
  }
  if (portal.next_row < portal.reply->rows.size()) {
    wire::AppendPortalSuspended(&ToClient());
  } else {
    wire::AppendCommandComplete(&ToClient(), portal.reply->tag);
  }
  co_return absl::OkStatus();
}

net::Task<absl::Status> Session::ConsoleExtended(ConsoleState* state, char type, std::string body) {
  using namespace wire::frontend;
  if (type == kParse) {
    absl::StatusOr<wire::ParseView> parse = wire::DecodeParse(body);
    if (!parse.ok()) co_return parse.status();
    if (state->statements.size() >= limits::kMaxPreparedPerClient) {
      co_return SqlStatus(sqlstate::kProgramLimitExceeded, "too many prepared statements");
    }
    state->statements[std::string(parse->statement)] = std::string(parse->query);
    wire::AppendParseComplete(&ToClient());
  } else if (type == kBind) {
    absl::StatusOr<wire::BindView> bind = wire::DecodeBind(body);
    if (!bind.ok()) co_return bind.status();
    auto statement = state->statements.find(bind->statement);
    if (statement == state->statements.end()) {
      co_return SqlStatus(sqlstate::kInvalidSqlStatementName,
                          fmt::format("prepared statement \"{}\" does not exist", bind->statement));
    }
    if (!bind->values.empty()) {
      co_return SqlStatus(sqlstate::kFeatureNotSupported, "commands of the console have no parameters");
    }
    ConsoleState::Portal portal;
    portal.command = statement->second;
    portal.formats.assign(bind->result_formats.begin(), bind->result_formats.end());
    state->portals[std::string(bind->portal)] = std::move(portal);
    wire::AppendBindComplete(&ToClient());
  } else if (type == kDescribe) {
    absl::StatusOr<wire::TargetView> target = wire::DecodeDescribe(body);
    if (!target.ok()) co_return target.status();
    std::string name(target->name);
    absl::Status described = co_await DescribeForConsole(state, target->kind, std::move(name));
    co_return described;
  } else if (type == kExecute) {
    absl::StatusOr<wire::ExecuteView> execute = wire::DecodeExecute(body);
    if (!execute.ok()) co_return execute.status();
    std::string name(execute->portal);
    absl::Status executed = co_await ExecuteForConsole(state, std::move(name), execute->max_rows);
    co_return executed;
  } else if (type == kClose) {
    absl::StatusOr<wire::TargetView> target = wire::DecodeClose(body);
    if (!target.ok()) co_return target.status();
    if (target->kind == 'S') {
      state->statements.erase(std::string(target->name));
    } else {
      state->portals.erase(std::string(target->name));
    }
    wire::AppendCloseComplete(&ToClient());
  } else if (type != kFlush) {
    co_return SqlStatus(sqlstate::kFeatureNotSupported, "the admin console understands queries only");
  }
  co_return absl::OkStatus();
}

net::Task<void> Session::ServeConsole() {
  // In this order: counted twice, it would pass for two who keep no router running.
  if (std::exchange(late_, false)) shared_.late.fetch_sub(1);
  shared_.consoles.fetch_add(1);
  struct Count {
    Shared& shared;
    ~Count() { shared.consoles.fetch_sub(1); }
  };
  const Count count{shared_};
  auto state = std::make_unique<ConsoleState>();
  char type = 0;
  std::string body;
  while (true) {
    const bool more = co_await NextMessage(&type, &body);
    if (!more) co_return;
    if (type == wire::frontend::kTerminate) {
      end_reason_ = "client close request";
      co_return;
    }
    meter_.Began(worker_->reactor->Now());
    if (type == wire::frontend::kSync) {
      skip_until_sync_ = false;
      state->portals.clear();
      SendReady();
    } else if (type == wire::frontend::kQuery) {
      skip_until_sync_ = false;
      absl::StatusOr<std::string_view> text = wire::DecodeQuery(body);
      if (text.ok()) {
        std::string command(*text);
        co_await ConsoleQuery(std::move(command));
      } else {
        SendError(ToSqlError(text.status()));
        SendReady();
      }
    } else if (!skip_until_sync_) {
      absl::Status status = co_await ConsoleExtended(state.get(), type, std::move(body));
      if (!status.ok() && !ended_) {
        SendError(ToSqlError(status));
        skip_until_sync_ = true;
      }
    }
    if (ClientGone()) co_return;
    const bool reads = co_await ClientReads();
    if (!reads) co_return;
  }
}

}  // namespace pgshoal::session
