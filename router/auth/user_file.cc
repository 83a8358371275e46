#include "router/auth/user_file.hpp"

#include <algorithm>

#include "router/auth/rule_file.hpp"

namespace pgshoal::auth {
namespace {

void SkipSpace(std::string_view* line) {
  while (!line->empty() && (line->front() == ' ' || line->front() == '\t' || line->front() == '\r')) {
    line->remove_prefix(1);
  }
}

// A text in double quotes off the front of the line.
bool TakeQuoted(std::string_view* line, std::string* text) {
  if (line->empty() || line->front() != '"') return false;
  line->remove_prefix(1);
  while (!line->empty()) {
    const char c = line->front();
    line->remove_prefix(1);
    if (c == '"') {
      if (line->empty() || line->front() != '"') return true;
      line->remove_prefix(1);
    }
    text->push_back(c);
  }
  return false;
}

}  // namespace

absl::StatusOr<UserTable> ParseUserFile(std::string_view text, const std::string& file) {
  UserTable users;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    SkipSpace(&line);
    if (line.empty() || line.front() == ';' || line.front() == '#') continue;
    std::string name, secret;
    if (!TakeQuoted(&line, &name)) return RuleMistake(file, number, "a user's name is expected in double quotes");
    if (name.empty()) return RuleMistake(file, number, "a user's name is empty");
    if (line.empty() || (line.front() != ' ' && line.front() != '\t')) {
      return RuleMistake(file, number, "a space is expected after the user's name");
    }
    SkipSpace(&line);
    if (!TakeQuoted(&line, &secret)) {
      wire::Wipe(&secret);
      return RuleMistake(file, number, "a user's password is expected in double quotes");
    }
    users[name] = UserRecord{StoredSecret(secret)};
    wire::Wipe(&secret);
  }
  return users;
}

}  // namespace pgshoal::auth
