#include "router/log/log_line.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace pgshoal::log {
namespace {

int Milliseconds(std::chrono::system_clock::time_point when) {
  const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  return static_cast<int>(since_epoch % 1000);
}

// "2024-05-06 07:08:09" in UTC. Most lines of a thread are of the same second as the one before.
std::string_view SecondOf(std::chrono::system_clock::time_point when) {
  thread_local std::time_t known = -1;
  thread_local std::string text;
  if (const std::time_t second = std::chrono::system_clock::to_time_t(when); second != known) {
    text = fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::gmtime(second));
    known = second;
  }
  return text;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

void AppendPlain(std::string* line, std::string_view text) {
  const std::size_t begin = line->size();
  line->append(text);
  std::replace_if(line->begin() + static_cast<std::ptrdiff_t>(begin), line->end(), IsControl, '?');
}

// JSON needs UTF-8: of what is not ASCII only whole sequences go through.
std::size_t SequenceLength(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool forbidden = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                         (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return forbidden ? 0 : length;
}

void AppendJsonString(std::string* line, std::string_view text) {
  line->push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"' || c == '\\') {
      line->push_back('\\');
      line->push_back(static_cast<char>(c));
    } else if (c == '\n') {
      line->append("\\n");
    } else if (c == '\t') {
      line->append("\\t");
    } else if (c < 0x20 || c == 0x7F) {
      fmt::format_to(std::back_inserter(*line), "\\u{:04x}", c);
    } else if (c < 0x80) {
      line->push_back(static_cast<char>(c));
    } else if (const std::size_t length = SequenceLength(text.substr(at)); length > 0) {
      line->append(text.substr(at, length));
      at += length;
      continue;
    } else {
      line->append("\\ufffd");
    }
    ++at;
  }
  line->push_back('"');
}

void AppendField(std::string* line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  fmt::format_to(std::back_inserter(*line), ", \"{}\": ", name);
  AppendJsonString(line, value);
}

}  // namespace

std::string_view NameOf(Level level) {
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<int>(level)];
}

std::string TextLine(std::chrono::system_clock::time_point when, int process, Level level, std::string_view message,
                     const About& about) {
  static constexpr std::string_view kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
  std::string line =
      fmt::format("{}.{:03} UTC [{}] {} ", SecondOf(when), Milliseconds(when), process, kNames[static_cast<int>(level)]);
  if (!about.client.empty() || !about.user.empty() || !about.database.empty()) {
    AppendPlain(&line, about.database.empty() ? std::string_view("(nodb)") : about.database);
    line.push_back('/');
    AppendPlain(&line, about.user.empty() ? std::string_view("(nouser)") : about.user);
    line.push_back('@');
    AppendPlain(&line, about.client);
    if (about.pid != 0) line += fmt::format(" pid={}", about.pid);
    line += ": ";
  }
  if (!about.shard.empty()) {
    line += "shard ";
    AppendPlain(&line, about.shard);
    line += ": ";
  }
  AppendPlain(&line, message);
  if (!about.sqlstate.empty()) {
    line += " (";
    AppendPlain(&line, about.sqlstate);
    line += ")";
  }
  if (about.milliseconds >= 0) line += fmt::format(" duration: {:.3f} ms", about.milliseconds);
  if (!about.statement.empty()) {
    line += " statement: ";
    AppendPlain(&line, about.statement);
  }
  return line;
}

std::string JsonLine(std::chrono::system_clock::time_point when, int process, Level level, std::string_view message,
                     const About& about) {
  std::string line =
      fmt::format("{{\"time\": \"{}T{}.{:03}Z\", \"pid\": {}, \"level\": \"{}\"", SecondOf(when).substr(0, 10),
                  SecondOf(when).substr(11), Milliseconds(when), process, NameOf(level));
  line += ", \"message\": ";
  AppendJsonString(&line, message);
  AppendField(&line, "database", about.database);
  AppendField(&line, "user", about.user);
  AppendField(&line, "client", about.client);
  if (about.pid != 0) line += fmt::format(", \"client_pid\": {}", about.pid);
  AppendField(&line, "shard", about.shard);
  AppendField(&line, "sqlstate", about.sqlstate);
  if (about.milliseconds >= 0) line += fmt::format(", \"duration_ms\": {:.3f}", about.milliseconds);
  AppendField(&line, "statement", about.statement);
  line.push_back('}');
  return line;
}

}  // namespace pgshoal::log
