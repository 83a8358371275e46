#include "router/auth/ident_map.hpp"

#include <algorithm>

#include "router/auth/rule_file.hpp"

namespace pgshoal::auth {

absl::StatusOr<IdentMaps> IdentMaps::Parse(std::string_view text, const std::string& file) {
  absl::StatusOr<std::vector<RuleLine>> lines = ReadRuleLines(text, file);
  if (!lines.ok()) return lines.status();
  IdentMaps maps;
  for (const RuleLine& line : *lines) {
    const auto is_list = [](const WordList& field) { return field.size() != 1; };
    if (line.fields.size() != 3 || std::any_of(line.fields.begin(), line.fields.end(), is_list)) {
      return RuleMistake(file, line.number, "a line is made of map name, name in the certificate or the system, and user");
    }
    const Word& name = line.fields[1].front();
    if (!name.quoted && name.text.starts_with('/')) {
      return RuleMistake(file, line.number, "regular expressions are not supported");
    }
    const Word& user = line.fields[2].front();
    if (user.text.empty()) return RuleMistake(file, line.number, "an empty user name");
    const bool anybody = !user.quoted && user.text == "all";
    maps.entries_.push_back({line.fields[0].front().text, name.text, anybody ? std::string() : user.text});
  }
  return maps;
}

bool IdentMaps::Allows(const std::string& map, const std::string& certificate_name, const std::string& user) const {
  if (certificate_name.empty()) return false;
  if (map.empty()) return certificate_name == user;
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.map == map && entry.name == certificate_name && (entry.user.empty() || entry.user == user);
  });
}

bool IdentMaps::Has(const std::string& map) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.map == map; });
}

}  // namespace pgshoal::auth
