#include "fmt/format.h"
#include "shardmap/map_file.hpp"
#include "shardmap/qualified_name.hpp"

namespace pgshoal::shardmap {
namespace {

// A TOML basic string.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string KeyList(const std::vector<std::string>& key) {
  std::string list = "[";
  for (const std::string& column : key) {
    if (list.size() > 1) list += ", ";
    list += Quoted(PrintIdentifier(column));
  }
  return list + "]";
}

// The runs of slots that the shard owns: ["0-1023", "2048"].
std::string SlotRuns(const MapSpec& spec, ShardId shard) {
  std::string list = "[";
  const auto& owner = spec.slot_owner;
  for (std::size_t first = 0; first < owner.size(); ++first) {
    if (owner[first] != shard) continue;
    std::size_t last = first;
    while (last + 1 < owner.size() && owner[last + 1] == shard) ++last;
    if (list.size() > 1) list += ", ";
    list += first == last ? fmt::format("\"{}\"", first) : fmt::format("\"{}-{}\"", first, last);
    first = last;
  }
  return list + "]";
}

std::string Print(const ShardMap& map, bool with_passwords) {
  const MapSpec& spec = map.spec();
  std::string out = fmt::format("database = {}\nslots = {}\nepoch = {}\nhome = {}\n", Quoted(spec.database), spec.slots,
                                spec.epoch.value, Quoted(map.shard(spec.home).name));
  for (const Shard& shard : spec.shards) {
    out += fmt::format("\n[[shard]]\nname = {}\nhost = {}\nport = {}\n", Quoted(shard.name), Quoted(shard.host),
                       shard.port);
    if (!shard.dbname.empty()) out += fmt::format("dbname = {}\n", Quoted(shard.dbname));
    if (!shard.user.empty()) out += fmt::format("user = {}\n", Quoted(shard.user));
    if (shard.password && with_passwords) out += fmt::format("password = {}\n", Quoted(*shard.password));
    out += fmt::format("slots = {}\n", SlotRuns(spec, shard.id));
  }
  for (const TableRule& table : spec.tables) {
    out += fmt::format("\n[[table]]\nname = {}\n", Quoted(PrintQualifiedName(table.schema, table.name)));
    if (table.kind != TableKind::kSharded) {
      out += fmt::format("kind = \"{}\"\n", NameOf(table.kind));
      continue;
    }
    out += fmt::format("key = {}\n", KeyList(table.key));
    if (table.group != kDefaultGroup) out += fmt::format("group = {}\n", Quoted(table.group));
  }
  for (const ColumnRule& rule : spec.column_rules) {
    out += fmt::format("\n[[column_rule]]\nkey = {}\n", KeyList(rule.key));
    if (rule.group != kDefaultGroup) out += fmt::format("group = {}\n", Quoted(rule.group));
  }
  return out;
}

}  // namespace

std::string PrintMap(const ShardMap& map) {
  return Print(map, true);
}
std::string PrintMapWithoutPasswords(const ShardMap& map) {
  return Print(map, false);
}

}  // namespace pgshoal::shardmap
