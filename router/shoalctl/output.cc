#include "router/shoalctl/output.hpp"

#include <algorithm>
#include <cstddef>

#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace pgshoal::shoalctl {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

void PrintTable(const std::vector<std::string>& heading, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < heading.size(); ++c) {
    widths.push_back(Width(heading[c]));
    for (const auto& row : rows) widths[c] = std::max(widths[c], Width(row[c]));
  }
  const auto print = [&](const std::vector<std::string>& row) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += row[c] + std::string(widths[c] - Width(row[c]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  };
  print(heading);
  for (const auto& row : rows) print(row);
}

void PrintJson(const nlohmann::json& document) {
  // Bytes that are not UTF-8 are replaced rather than thrown about.
  fmt::print("{}\n", document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string Joined(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::vector<std::string> SlotRuns(const shardmap::ShardMap& map, ShardId shard) {
  std::vector<std::string> runs;
  const auto& owner = map.spec().slot_owner;
  for (std::size_t first = 0; first < owner.size(); ++first) {
    if (owner[first] != shard) continue;
    std::size_t last = first;
    while (last + 1 < owner.size() && owner[last + 1] == shard) ++last;
    runs.push_back(first == last ? std::to_string(first) : fmt::format("{}-{}", first, last));
    first = last;
  }
  return runs;
}

int SlotCount(const shardmap::ShardMap& map, ShardId shard) {
  const auto& owner = map.spec().slot_owner;
  return static_cast<int>(std::count(owner.begin(), owner.end(), shard));
}

nlohmann::json ToJson(const shardmap::TableRule& rule) {
  nlohmann::json json = {{"schema", rule.schema}, {"name", rule.name}, {"kind", std::string(NameOf(rule.kind))}};
  if (rule.kind == shardmap::TableKind::kSharded) {
    json["key"] = rule.key;
    json["group"] = rule.group;
  }
  return json;
}

}  // namespace pgshoal::shoalctl
