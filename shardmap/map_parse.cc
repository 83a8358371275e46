// Reading of the TOML form. The text gives a MapSpec and, for every item, the line it stands on; what is wrong with the
// whole is Validate's to say, and the line is added here.

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/status.hpp"
#include "fmt/format.h"
#include "shardmap/map_file.hpp"
#include "shardmap/qualified_name.hpp"
#include "toml++/toml.h"

namespace pgshoal::shardmap {
namespace {

constexpr std::uint16_t kNobody = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t kMaxMapBytes = 64u << 20;

// "first-last" or "slot", with 0 <= first <= last.
bool RangeFromText(std::string_view text, int& first, int& last) {
  const char* end = text.data() + text.size();
  const auto low = std::from_chars(text.data(), end, first);
  if (low.ec != std::errc() || first < 0) return false;
  last = first;
  if (low.ptr == end) return true;
  if (*low.ptr != '-') return false;
  const auto high = std::from_chars(low.ptr + 1, end, last);
  return high.ec == std::errc() && high.ptr == end && last >= first;
}

class MapReader {
 public:
  explicit MapReader(std::string_view filename) : filename_(filename) {}

  absl::StatusOr<MapPtr> Read(const toml::table& root);
  [[nodiscard]] absl::Status Error(std::size_t line, std::string_view message) const {
    return SqlStatus(sqlstate::kConfigFileError, line == 0 ? fmt::format("{}: {}", filename_, message)
                                                           : fmt::format("{}:{}: {}", filename_, line, message));
  }

 private:
  static std::size_t LineOf(const toml::node& node) { return node.source().begin.line; }

  absl::Status OnlyKeys(const toml::table& table, std::string_view where,
                        std::initializer_list<std::string_view> known);
  // Each leaves `out` alone when the table does not have the key.
  absl::Status String(const toml::table& table, std::string_view key, std::string& out);
  absl::Status Integer(const toml::table& table, std::string_view key, std::int64_t low, std::int64_t high,
                       std::int64_t& out);
  absl::Status Key(const toml::table& table, std::vector<std::string>& out);
  // Runs `read` on every [[name]] table.
  template <class ReadItem>
  absl::Status Each(const toml::table& root, std::string_view name, ReadItem read);

  absl::Status ReadTop(const toml::table& root);
  absl::Status ReadShard(const toml::table& table);
  absl::Status ReadSlots(const toml::table& table, const Shard& shard);
  absl::Status ReadSlotRange(const toml::node& node, const Shard& shard);
  absl::Status ReadTable(const toml::table& table);
  absl::Status ReadColumnRule(const toml::table& table);
  absl::Status ResolveHome();
  absl::Status ResolveColocation();
  absl::Status EverySlotHasAnOwner();

  struct Colocation {
    std::size_t table;
    std::size_t line;
    std::string with;
  };

  std::string filename_;
  MapSpec spec_;
  std::string home_;
  std::size_t home_line_ = 0;
  std::vector<std::size_t> shard_lines_, table_lines_, rule_lines_;
  std::vector<Colocation> colocations_;
};

absl::Status MapReader::OnlyKeys(const toml::table& table, std::string_view where,
                                 std::initializer_list<std::string_view> known) {
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
    std::string list;
    for (std::string_view name : known) list += (list.empty() ? "" : ", ") + std::string(name);
    return Error(key.source().begin.line, fmt::format("unknown key \"{}\" {} (known are {})", key.str(), where, list));
  }
  return absl::OkStatus();
}

absl::Status MapReader::String(const toml::table& table, std::string_view key, std::string& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return absl::OkStatus();
  const auto* text = node->as_string();
  if (text == nullptr) return Error(LineOf(*node), fmt::format("{} must be a string", key));
  if (text->get().find('\0') != std::string::npos) return Error(LineOf(*node), fmt::format("{} has a zero byte", key));
  out = text->get();
  return absl::OkStatus();
}

absl::Status MapReader::Integer(const toml::table& table, std::string_view key, std::int64_t low, std::int64_t high,
                                std::int64_t& out) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return absl::OkStatus();
  const auto* number = node->as_integer();
  if (number == nullptr) return Error(LineOf(*node), fmt::format("{} must be an integer", key));
  if (number->get() < low || number->get() > high) {
    return Error(LineOf(*node), fmt::format("{} must be from {} to {}, not {}", key, low, high, number->get()));
  }
  out = number->get();
  return absl::OkStatus();
}

absl::Status MapReader::Key(const toml::table& table, std::vector<std::string>& out) {
  const toml::node* node = table.get("key");
  if (node == nullptr) return absl::OkStatus();
  std::vector<const toml::node*> columns;
  if (const auto* list = node->as_array()) {
    for (const toml::node& item : *list) columns.push_back(&item);
  } else {
    columns.push_back(node);
  }
  if (columns.empty()) return Error(LineOf(*node), "key names no column");
  for (const toml::node* column : columns) {
    const auto* text = column->as_string();
    if (text == nullptr) return Error(LineOf(*column), "key must be a column name or a list of column names");
    auto name = ParseIdentifier(text->get());
    if (!name.ok()) return Error(LineOf(*column), ToSqlError(name.status()).message);
    out.push_back(*std::move(name));
  }
  return absl::OkStatus();
}

template <class ReadItem>
absl::Status MapReader::Each(const toml::table& root, std::string_view name, ReadItem read) {
  const toml::node* node = root.get(name);
  if (node == nullptr) return absl::OkStatus();
  const auto* list = node->as_array();
  if (list == nullptr) return Error(LineOf(*node), fmt::format("write [[{}]] with two brackets", name));
  for (const toml::node& item : *list) {
    const auto* table = item.as_table();
    if (table == nullptr) return Error(LineOf(item), fmt::format("each {} must be a [[{}]] table", name, name));
    if (absl::Status status = read(*table); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MapReader::ReadTop(const toml::table& root) {
  absl::Status status =
      OnlyKeys(root, "at the top", {"database", "slots", "epoch", "home", "shard", "table", "column_rule"});
  std::int64_t slots = limits::kDefaultSlots;
  std::int64_t epoch = 1;
  if (status.ok()) status = String(root, "database", spec_.database);
  if (status.ok()) status = String(root, "home", home_);
  if (status.ok()) status = Integer(root, "slots", 1, limits::kMaxSlots, slots);
  if (status.ok()) status = Integer(root, "epoch", 1, std::numeric_limits<std::int64_t>::max() - 1, epoch);
  if (!status.ok()) return status;
  if (spec_.database.empty()) return Error(0, "database = \"…\" is missing");
  if ((slots & (slots - 1)) != 0) {
    return Error(LineOf(*root.get("slots")), fmt::format("slots must be a power of two, not {}", slots));
  }
  spec_.slots = static_cast<int>(slots);
  spec_.epoch = Epoch(static_cast<std::uint64_t>(epoch));
  spec_.slot_owner.assign(static_cast<std::size_t>(slots), ShardId(kNobody));
  if (const toml::node* home = root.get("home")) home_line_ = LineOf(*home);
  return absl::OkStatus();
}

absl::Status MapReader::ReadShard(const toml::table& table) {
  if (spec_.shards.size() == static_cast<std::size_t>(limits::kMaxShards)) {
    return Error(LineOf(table), fmt::format("there are more than {} shards", limits::kMaxShards));
  }
  Shard shard;
  shard.id = ShardId(static_cast<std::uint16_t>(spec_.shards.size()));
  std::int64_t port = shard.port;
  std::string password;
  absl::Status status =
      OnlyKeys(table, "in [[shard]]", {"name", "host", "port", "dbname", "user", "password", "slots"});
  if (status.ok()) status = String(table, "name", shard.name);
  if (status.ok()) status = String(table, "host", shard.host);
  if (status.ok()) status = Integer(table, "port", 1, 65'535, port);
  if (status.ok()) status = String(table, "dbname", shard.dbname);
  if (status.ok()) status = String(table, "user", shard.user);
  if (status.ok()) status = String(table, "password", password);
  if (!status.ok()) return status;
  if (shard.name.empty()) return Error(LineOf(table), "this shard has no name");
  if (shard.host.empty()) return Error(LineOf(table), fmt::format("shard \"{}\" has no host", shard.name));
  shard.port = static_cast<int>(port);
  if (table.contains("password")) shard.password = std::move(password);
  spec_.shards.push_back(shard);
  shard_lines_.push_back(LineOf(table));
  return ReadSlots(table, shard);
}

absl::Status MapReader::ReadSlots(const toml::table& table, const Shard& shard) {
  const toml::node* node = table.get("slots");
  if (node == nullptr) return absl::OkStatus();  // a shard may own nothing yet
  const auto* list = node->as_array();
  if (list == nullptr) return ReadSlotRange(*node, shard);
  for (const toml::node& item : *list) {
    if (absl::Status status = ReadSlotRange(item, shard); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status MapReader::ReadSlotRange(const toml::node& node, const Shard& shard) {
  const auto bad = [&](std::string_view shown) {
    return Error(LineOf(node), fmt::format("bad slot range {}: write \"first-last\" or \"slot\", from 0 to {}", shown,
                                           spec_.slots - 1));
  };
  int first = 0;
  int last = 0;
  if (const auto* number = node.as_integer()) {
    if (number->get() < 0 || number->get() >= spec_.slots) return bad(std::to_string(number->get()));
    first = last = static_cast<int>(number->get());
  } else if (const auto* text = node.as_string()) {
    if (!RangeFromText(text->get(), first, last) || last >= spec_.slots) {
      return bad(fmt::format("\"{}\"", text->get()));
    }
  } else {
    return bad("");
  }
  for (int slot = first; slot <= last; ++slot) {
    ShardId& owner = spec_.slot_owner[static_cast<std::size_t>(slot)];
    if (owner.value != kNobody) {
      return Error(LineOf(node), fmt::format("slot {} is owned twice, by \"{}\" and \"{}\"", slot,
                                             spec_.shards[owner.value].name, shard.name));
    }
    owner = shard.id;
  }
  return absl::OkStatus();
}

absl::Status MapReader::ReadTable(const toml::table& table) {
  TableRule rule;
  std::string name, kind, colocate_with;
  absl::Status status = OnlyKeys(table, "in [[table]]", {"name", "kind", "key", "group", "colocate_with"});
  if (status.ok()) status = String(table, "name", name);
  if (status.ok()) status = String(table, "kind", kind);
  if (status.ok()) status = String(table, "group", rule.group);
  if (status.ok()) status = String(table, "colocate_with", colocate_with);
  if (status.ok()) status = Key(table, rule.key);
  if (!status.ok()) return status;
  if (!table.contains("name")) return Error(LineOf(table), "this table has no name");
  auto parsed = ParseQualifiedName(name);
  if (!parsed.ok()) return Error(LineOf(*table.get("name")), ToSqlError(parsed.status()).message);
  rule.schema = std::move(parsed->schema);
  rule.name = std::move(parsed->name);
  if (kind == "sharded" || (kind.empty() && table.contains("key"))) {
    rule.kind = TableKind::kSharded;
  } else if (kind == "reference") {
    rule.kind = TableKind::kReference;
  } else if (kind == "home") {
    rule.kind = TableKind::kHome;
  } else if (kind.empty()) {
    return Error(LineOf(table), fmt::format("table \"{}\" needs a key or a kind", name));
  } else {
    return Error(LineOf(*table.get("kind")),
                 fmt::format("unknown kind \"{}\" (known are sharded, reference, home)", kind));
  }
  if (!colocate_with.empty()) {
    const std::size_t line = LineOf(*table.get("colocate_with"));
    if (!rule.group.empty()) return Error(line, "give either group or colocate_with");
    if (rule.kind != TableKind::kSharded) return Error(line, "only a sharded table can be colocated");
    colocations_.push_back({spec_.tables.size(), line, colocate_with});
  }
  if (rule.kind == TableKind::kSharded && rule.group.empty()) rule.group = kDefaultGroup;
  spec_.tables.push_back(std::move(rule));
  table_lines_.push_back(LineOf(table));
  return absl::OkStatus();
}

absl::Status MapReader::ReadColumnRule(const toml::table& table) {
  ColumnRule rule;
  absl::Status status = OnlyKeys(table, "in [[column_rule]]", {"key", "group"});
  if (status.ok()) status = Key(table, rule.key);
  if (status.ok()) status = String(table, "group", rule.group);
  if (!status.ok()) return status;
  spec_.column_rules.push_back(std::move(rule));
  rule_lines_.push_back(LineOf(table));
  return absl::OkStatus();
}

absl::Status MapReader::ResolveHome() {
  if (spec_.shards.empty()) return Error(0, "there is no [[shard]]");
  if (home_line_ == 0) return Error(0, "there is no home shard: home = \"…\" is missing");
  for (const Shard& shard : spec_.shards) {
    if (shard.name != home_) continue;
    spec_.home = shard.id;
    return absl::OkStatus();
  }
  return Error(home_line_, fmt::format("unknown shard \"{}\" as home", home_));
}

// A table takes the group of the one it names, which may itself name another.
absl::Status MapReader::ResolveColocation() {
  absl::flat_hash_map<std::string, std::size_t> by_name;
  for (std::size_t i = 0; i < spec_.tables.size(); ++i) {
    by_name.emplace(PrintQualifiedName(spec_.tables[i].schema, spec_.tables[i].name), i);
  }
  absl::flat_hash_map<std::size_t, std::size_t> next;  // table → the table it names
  for (const Colocation& it : colocations_) {
    auto parsed = ParseQualifiedName(it.with);
    if (!parsed.ok()) return Error(it.line, ToSqlError(parsed.status()).message);
    auto found = by_name.find(PrintQualifiedName(parsed->schema, parsed->name));
    if (found == by_name.end()) return Error(it.line, fmt::format("colocate_with names unknown table \"{}\"", it.with));
    if (spec_.tables[found->second].kind != TableKind::kSharded) {
      return Error(it.line, fmt::format("colocate_with names \"{}\", which is not sharded", it.with));
    }
    next.emplace(it.table, found->second);
  }
  for (const Colocation& it : colocations_) {
    std::size_t at = it.table;
    for (std::size_t steps = 0; next.contains(at); ++steps) {
      if (steps > colocations_.size()) return Error(it.line, "colocate_with goes in a circle");
      at = next[at];
    }
    spec_.tables[it.table].group = spec_.tables[at].group;
  }
  return absl::OkStatus();
}

absl::Status MapReader::EverySlotHasAnOwner() {
  const auto free = std::find(spec_.slot_owner.begin(), spec_.slot_owner.end(), ShardId(kNobody));
  if (free == spec_.slot_owner.end()) return absl::OkStatus();
  const auto taken = std::find_if(free, spec_.slot_owner.end(), [](ShardId id) { return id.value != kNobody; });
  const auto first = free - spec_.slot_owner.begin();
  const auto last = taken - spec_.slot_owner.begin() - 1;
  return Error(0, first == last ? fmt::format("slot {} is owned by nobody", first)
                                : fmt::format("slots {}-{} are owned by nobody", first, last));
}

absl::StatusOr<MapPtr> MapReader::Read(const toml::table& root) {
  absl::Status status = ReadTop(root);
  if (status.ok()) status = Each(root, "shard", [this](const toml::table& table) { return ReadShard(table); });
  if (status.ok()) status = Each(root, "table", [this](const toml::table& table) { return ReadTable(table); });
  if (status.ok()) status = Each(root, "column_rule", [this](const toml::table& t) { return ReadColumnRule(t); });
  if (status.ok()) status = ResolveHome();
  if (status.ok()) status = ResolveColocation();
  if (status.ok()) status = EverySlotHasAnOwner();
  if (!status.ok()) return status;
  if (auto problem = Validate(spec_)) {
    switch (problem->item) {
      case MapProblem::Item::kMap:
        return Error(0, problem->message);
      case MapProblem::Item::kShard:
        return Error(shard_lines_[problem->index], problem->message);
      case MapProblem::Item::kTable:
        return Error(table_lines_[problem->index], problem->message);
      case MapProblem::Item::kColumnRule:
        return Error(rule_lines_[problem->index], problem->message);
    }
  }
  return ShardMap::Create(std::move(spec_));
}

}  // namespace

absl::StatusOr<MapPtr> ParseMap(std::string_view text, std::string_view filename) {
  MapReader reader(filename);
  if (text.size() > kMaxMapBytes) return reader.Error(0, "the text is too long for a map");
  try {
    const toml::table root = toml::parse(text, filename);
    return reader.Read(root);
  } catch (const toml::parse_error& error) {
    return reader.Error(error.source().begin.line, error.description());
  }
}

}  // namespace pgshoal::shardmap
