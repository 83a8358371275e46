#include "tests/unit/shoalctl/fake_router.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"

namespace pgshoal::shoalctl {
namespace {

constexpr std::uint32_t kSslRequest = 80877103;
constexpr std::uint32_t kGssRequest = 80877104;

std::string Int32(std::uint32_t value) {
  const std::uint32_t big = htonl(value);
  return std::string(reinterpret_cast<const char*>(&big), 4);
}
std::string Int16(std::uint16_t value) {
  const std::uint16_t big = htons(value);
  return std::string(reinterpret_cast<const char*>(&big), 2);
}
std::string Message(char type, const std::string& body) {
  return type + Int32(static_cast<std::uint32_t>(body.size() + 4)) + body;
}
std::string Zero(std::string_view text) {
  return std::string(text) + '\0';
}

bool ReadExactly(int fd, std::size_t size, std::string& out) {
  out.resize(size);
  for (std::size_t done = 0; done < size;) {
    const ssize_t got = recv(fd, out.data() + done, size - done, 0);
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

std::uint32_t ReadInt32(const std::string& bytes) {
  std::uint32_t big = 0;
  bytes.copy(reinterpret_cast<char*>(&big), 4);
  return ntohl(big);
}

void Send(int fd, const std::string& bytes) {
  (void)!send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string RowsMessage(const std::vector<std::vector<std::string>>& rows, std::size_t columns) {
  std::string description = Int16(static_cast<std::uint16_t>(columns));
  for (std::size_t i = 0; i < columns; ++i) {
    description += Zero("c") + Int32(0) + Int16(0) + Int32(25) + Int16(0xffff) + Int32(0xffffffff) + Int16(0);
  }
  std::string out = Message('T', description);
  for (const auto& row : rows) {
    std::string data = Int16(static_cast<std::uint16_t>(row.size()));
    for (const std::string& value : row) data += Int32(static_cast<std::uint32_t>(value.size())) + value;
    out += Message('D', data);
  }
  return out + Message('C', Zero("SELECT"));
}

std::string ErrorMessage(const std::string& sqlstate, const std::string& message) {
  return Message('E', "S" + Zero("ERROR") + "C" + Zero(sqlstate) + "M" + Zero(message) + "H" + Zero("a hint") + '\0');
}

std::string Unquoted(std::string_view literal) {
  std::string text;
  for (std::size_t i = 1; i + 1 < literal.size(); ++i) {
    text += literal[i];
    if (literal[i] == '\'') ++i;
  }
  return text;
}

}  // namespace

FakeRouter::FakeRouter(std::string map) : map_(std::move(map)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

FakeRouter::~FakeRouter() {
  stopping_ = true;
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  close(listener_);
}

std::string FakeRouter::Url() const {
  return fmt::format("postgresql://tester@127.0.0.1:{}/app", port_);
}

std::string FakeRouter::map() const {
  const std::lock_guard lock(mutex_);
  return map_;
}

std::vector<std::string> FakeRouter::statements() const {
  const std::lock_guard lock(mutex_);
  return statements_;
}

void FakeRouter::SetColumns(const std::string& table, std::vector<std::vector<std::string>> columns) {
  const std::lock_guard lock(mutex_);
  columns_[table] = std::move(columns);
}

void FakeRouter::RefuseNextLoad(std::string message) {
  const std::lock_guard lock(mutex_);
  refusal_ = std::move(message);
}

void FakeRouter::Run() {
  while (!stopping_) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    Serve(fd);
    close(fd);
  }
}

void FakeRouter::Serve(int fd) {
  std::string header, body;
  for (;;) {
    if (!ReadExactly(fd, 4, header) || !ReadExactly(fd, ReadInt32(header) - 4, body)) return;
    const std::uint32_t code = ReadInt32(body);
    if (code != kSslRequest && code != kGssRequest) break;
    Send(fd, "N");
  }
  const std::string marker = Zero("database");
  const std::size_t at = body.find(marker);
  const std::string database = at == std::string::npos ? "" : body.c_str() + at + marker.size();
  Send(fd, Message('R', Int32(0)) + Message('Z', "I"));
  while (ReadExactly(fd, 5, header) && ReadExactly(fd, ReadInt32(header.substr(1)) - 4, body)) {
    if (header[0] != 'Q') return;
    body.pop_back();
    const std::lock_guard lock(mutex_);
    statements_.push_back(database + ": " + body.substr(0, 20));
    Send(fd, Answer(body) + Message('Z', "I"));
  }
}

std::string FakeRouter::Answer(const std::string& sql) {
  if (sql == "SHOW MAP TOML") return RowsMessage({{map_}}, 1);
  if (sql == "RELOAD") return Message('C', Zero("RELOAD"));
  if (sql.starts_with("LOAD MAP ")) {
    if (!refusal_.empty()) return ErrorMessage("55000", std::exchange(refusal_, ""));
    map_ = Unquoted(std::string_view(sql).substr(9));
    return Message('C', Zero("LOAD MAP"));
  }
  if (sql.find("pg_attribute") != std::string::npos) {
    for (const auto& [table, columns] : columns_) {
      if (sql.find("relname = '" + table + "'") != std::string::npos) return RowsMessage(columns, 3);
    }
    return RowsMessage({}, 3);
  }
  return ErrorMessage("42601", "syntax error");
}

}  // namespace pgshoal::shoalctl
