#include "tests/unit/merge/live_connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/limits.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::test {
namespace {

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

}  // namespace

std::vector<std::optional<std::string>> LiveResult::Column(std::size_t column) const {
  std::vector<std::optional<std::string>> values;
  std::vector<wire::Value> columns;
  for (const std::string& row : rows) {
    if (!wire::DecodeDataRow(row, &columns).ok()) Die("malformed row");
    const wire::Value& value = columns.at(column);
    if (value.is_null) {
      values.emplace_back();
    } else {
      values.emplace_back(value.bytes);
    }
  }
  return values;
}

LiveConnection::LiveConnection(int port, const std::string& user, const std::string& database) {
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Die("connect");
  wire::StartupMessage startup;
  startup.parameters = {{"user", user}, {"database", database}, {"client_encoding", "UTF8"}};
  std::string out;
  wire::AppendStartupMessage(&out, startup);
  Send(out);
  if (ReadResult().error.has_value()) Die("cannot log in");
}

LiveConnection::~LiveConnection() { ::close(socket_); }

void LiveConnection::Send(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) Die("send");
    sent += static_cast<std::size_t>(n);
  }
}

LiveResult LiveConnection::ReadResult(std::string_view copy_data) {
  LiveResult result;
  while (true) {
    const wire::Next next = wire::NextMessage(input_, limits::kMaxMessage);
    if (next.progress == wire::Progress::kMalformed) Die("malformed message");
    if (next.progress == wire::Progress::kNeedMore) {
      char buffer[65536];
      const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) Die("recv");
      input_.append(buffer, static_cast<std::size_t>(n));
      continue;
    }
    const std::string body(next.message.body);
    const char type = next.message.type;
    input_.erase(0, next.length);
    switch (type) {
      case wire::backend::kRowDescription: result.row_description = body; break;
      case wire::backend::kDataRow: result.rows.push_back(body); break;
      case wire::backend::kCommandComplete: result.tag = *wire::DecodeCommandComplete(body); break;
      case wire::backend::kError: result.error = wire::DecodeReport(body)->ToSqlError(); break;
      case wire::backend::kCopyIn: {
        std::string out;
        wire::AppendCopyData(&out, copy_data);
        wire::AppendCopyDone(&out);
        Send(out);
        break;
      }
      case wire::backend::kReadyForQuery: return result;
      default: break;
    }
  }
}

LiveResult LiveConnection::Run(std::string_view sql, std::span<const std::int16_t> formats) {
  std::string out;
  wire::AppendParse(&out, "", sql, {});
  wire::AppendBind(&out, "", "", {}, {}, formats);
  wire::AppendDescribe(&out, 'P', "");
  wire::AppendExecute(&out, "", 0);
  wire::AppendSync(&out);
  Send(out);
  return ReadResult();
}

LiveResult LiveConnection::Script(std::string_view sql) {
  std::string out;
  wire::AppendQuery(&out, sql);
  Send(out);
  return ReadResult();
}

LiveResult LiveConnection::CopyIn(std::string_view sql, std::string_view data) {
  std::string out;
  wire::AppendQuery(&out, sql);
  Send(out);
  return ReadResult(data);
}

}  // namespace pgshoal::test
