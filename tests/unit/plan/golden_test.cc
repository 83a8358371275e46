// Runs the *.test files beside it: a shard map and a schema, then statements with the plan that each must get.
//
//   === schema              lines: table NAME: column type [C] [generated] [default TEXT], … | view NAME: table, …
//   === tables              lines: sharded NAME KEY[,KEY] [GROUP] | reference NAME | column KEY
//   === what it shows       a case: the statement, then --- and what must hold:
//   way: relay | stream | home | everywhere | copy | session | refuse
//   of: shards as keys (5 7, 'a'), or all, home, any      message: part of the error's message
//   at: the text at the error's position                  state: SQLSTATE      sql: what the shards run
//   home: what the home shard runs instead                params: values separated by | (NULL, text otherwise)
//   types: declared parameter types, OIDs                 writes: yes | no     order: number of sort keys
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "parser/parser.hpp"
#include "router/plan/explain.hpp"
#include "router/plan/planner.hpp"
#include "router/plan/schema_file.hpp"

namespace pgshoal::plan {
namespace {

constexpr char kDirectory[] = "tests/unit/plan";

std::vector<std::string> Words(const std::string& line, char separator = ' ') {
  std::vector<std::string> words;
  std::stringstream stream(line);
  for (std::string word; std::getline(stream, word, separator);) {
    const auto begin = word.find_first_not_of(' ');
    if (begin == std::string::npos) continue;
    words.push_back(word.substr(begin, word.find_last_not_of(' ') - begin + 1));
  }
  return words;
}

struct Case {
  std::string name;
  std::string sql;
  std::multimap<std::string, std::string> expected;

  std::optional<std::string> Get(const std::string& key) const {
    auto it = expected.find(key);
    return it == expected.end() ? std::nullopt : std::optional(it->second);
  }
};

struct TestFile {
  std::string path;
  std::vector<std::string> schema;
  std::vector<std::string> tables;
  std::vector<Case> cases;
};

TestFile ReadFile(const std::string& path) {
  TestFile file;
  file.path = path;
  std::ifstream stream(path);
  std::string section;
  bool expectations = false;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line[0] == '#') continue;
    if (line.rfind("=== ", 0) == 0) {
      section = line.substr(4);
      expectations = false;
      if (section != "schema" && section != "tables") file.cases.push_back({section, "", {}});
    } else if (section == "schema") {
      if (!line.empty()) file.schema.push_back(line);
    } else if (section == "tables") {
      if (!line.empty()) file.tables.push_back(line);
    } else if (line == "---") {
      expectations = true;
    } else if (file.cases.empty() || line.empty()) {
      continue;
    } else if (!expectations) {
      Case& current = file.cases.back();
      current.sql += (current.sql.empty() ? "" : "\n") + line;
    } else {
      const auto colon = line.find(": ");
      if (colon == std::string::npos) throw std::runtime_error(path + ": not understood: " + line);
      file.cases.back().expected.emplace(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  return file;
}

catalog::Column MakeColumn(const std::string& text, const catalog::Catalog& types) {
  catalog::Column column;
  const auto words = Words(text);
  column.name = words[0];
  const catalog::Type* type = types.FindType("pg_catalog", words[1], {});
  if (type == nullptr) throw std::runtime_error("unknown type " + words[1]);
  column.type = type->oid;
  const bool is_text = words[1] == "text" || words[1] == "varchar" || words[1] == "bpchar";
  if (is_text) column.collation = catalog::Collation::kDeterministic;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "C") column.collation = catalog::Collation::kC;
    if (words[i] == "generated") column.generated = true;
    if (words[i] == "default") column.default_text = words[i + 1];
  }
  return column;
}

std::shared_ptr<const catalog::Catalog> MakeCatalog(const std::vector<std::string>& lines) {
  const auto types = CatalogFromSchema("");
  if (!types.ok()) throw std::runtime_error(std::string(types.status().message()));
  catalog::CatalogBuilder builder;
  builder.AddSchema("public");
  for (const catalog::Type& type : (*types)->types()) builder.AddType(type);
  for (const std::string& line : lines) {
    const auto colon = line.find(": ");
    const auto head = Words(line.substr(0, colon));
    catalog::Relation relation;
    relation.schema = "public";
    relation.name = head[1];
    for (const std::string& item : Words(line.substr(colon + 2), ',')) {
      if (head[0] == "view") {
        relation.kind = catalog::RelationKind::kView;
        relation.reads_relations.push_back({"public", item});
      } else {
        relation.columns.push_back(MakeColumn(item, **types));
      }
    }
    builder.AddRelation(std::move(relation));
  }
  return std::move(builder).Build();
}

shardmap::MapPtr MakeMap(const std::vector<std::string>& lines) {
  shardmap::MapSpec spec;
  spec.database = "shop";
  spec.slots = 4096;
  for (int i = 0; i < 4; ++i) {
    shardmap::Shard shard;
    shard.id = ShardId(static_cast<std::uint16_t>(i));
    shard.name = "s" + std::to_string(i);
    shard.host = "localhost";
    shard.port = 5001 + i;
    spec.shards.push_back(shard);
  }
  spec.home = ShardId(0);
  spec.slot_owner = shardmap::EvenSlotOwners(spec.slots, 4);
  for (const std::string& line : lines) {
    const auto words = Words(line);
    if (words[0] == "column") {
      shardmap::ColumnRule rule;
      rule.key = Words(words[1], ',');
      spec.column_rules.push_back(rule);
      continue;
    }
    shardmap::TableRule rule;
    rule.name = words[1];
    rule.kind = words[0] == "sharded" ? shardmap::TableKind::kSharded : shardmap::TableKind::kReference;
    if (words[0] == "home") rule.kind = shardmap::TableKind::kHome;
    if (words[0] == "sharded") {
      rule.key = Words(words[2], ',');
      rule.group = words.size() > 3 ? words[3] : "default";
    }
    spec.tables.push_back(rule);
  }
  auto map = shardmap::ShardMap::Create(spec);
  if (!map.ok()) throw std::runtime_error(std::string(map.status().message()));
  return *map;
}

std::string ShardOfKey(const shardmap::ShardMap& map, const std::string& word) {
  const bool text = word.front() == '\'';
  const std::string value = text ? word.substr(1, word.size() - 2) : word;
  std::vector<std::uint64_t> hashes;
  for (const std::string& part : Words(value, ',')) {
    auto match = shardmap::CoerceForComparison(text ? shardmap::KeyType::kText : shardmap::KeyType::kInt8, 0,
                                               shardmap::Format::kText, part);
    if (!match.ok()) throw std::runtime_error("bad key " + word);
    hashes.push_back(match->hash);
  }
  return map.shard(map.ShardOf(shardmap::CombineHashes(hashes))).name;
}

std::vector<std::string> ExpectedShards(const shardmap::ShardMap& map, const std::string& text) {
  std::vector<std::string> names;
  if (text == "all") return {"s0", "s1", "s2", "s3"};
  for (const std::string& word : Words(text)) {
    names.push_back(word == "home" || word == "any" ? "s0"
                    : word == "null"                ? map.shard(map.ShardOf(shardmap::kNullHash)).name
                                                    : ShardOfKey(map, word));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void Check(const TestFile& file, const Case& test, const shardmap::MapPtr& map, const catalog::Catalog& catalog) {
  SCOPED_TRACE(file.path + ": " + test.name + "\n" + test.sql);
  auto script = parser::Parse(test.sql);
  ASSERT_TRUE(script.ok()) << script.status();
  PlanContext context{*map, catalog, {"public"}, {}};
  for (const std::string& type : Words(test.Get("types").value_or(""), '|')) {
    context.parameter_types.push_back(static_cast<Oid>(std::stoul(type)));
  }
  std::vector<std::string> texts = Words(test.Get("params").value_or(""), '|');
  std::vector<ParameterValue> parameters;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    ParameterValue value;
    value.is_null = texts[i] == "NULL";
    value.bytes = texts[i];
    if (i < context.parameter_types.size()) value.type = context.parameter_types[i];
    parameters.push_back(value);
  }
  ASSERT_EQ((*script)->statements().size(), 1u);
  auto plan = PlanStatement((*script)->statements()[0], (*script)->text(), context);
  const Explanation got = Explain(*plan, *map, parameters);
  SCOPED_TRACE(ToText(got));
  ASSERT_FALSE(test.expected.empty());
  for (const auto& [key, wanted] : test.expected) {
    if (key == "way") {
      EXPECT_EQ(got.way, wanted);
    } else if (key == "of") {
      EXPECT_EQ(got.shards, ExpectedShards(*map, wanted));
      EXPECT_EQ(got.any_shard, wanted == "any");
    } else if (key == "message") {
      EXPECT_THAT(got.error.message, testing::HasSubstr(wanted));
      if (got.error.sqlstate == "0A000") {
        EXPECT_FALSE(got.error.hint.empty());
      }
    } else if (key == "state") {
      EXPECT_EQ(got.error.sqlstate, wanted);
    } else if (key == "at") {
      ASSERT_GT(got.error.position, 0);
      EXPECT_EQ(test.sql.substr(static_cast<std::size_t>(got.error.position) - 1, wanted.size()), wanted);
    } else if (key == "sql") {
      EXPECT_EQ(got.shard_sql, wanted);
    } else if (key == "home") {
      EXPECT_EQ(got.home_sql, wanted);
    } else if (key == "writes") {
      const auto* routed = std::get_if<RunRouted>(&plan->action);
      ASSERT_NE(routed, nullptr);
      EXPECT_EQ(routed->writes, wanted == "yes");
    } else if (key == "order") {
      const auto* routed = std::get_if<RunRouted>(&plan->action);
      ASSERT_TRUE(routed != nullptr && routed->stream);
      EXPECT_EQ(std::to_string(routed->stream->order.size()), wanted);
    } else if (key != "params" && key != "types") {
      ADD_FAILURE() << "unknown expectation " << key;
    }
  }
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, EveryCase) {
  const TestFile file = ReadFile(GetParam());
  ASSERT_FALSE(file.cases.empty());
  const auto catalog = MakeCatalog(file.schema);
  const shardmap::MapPtr map = MakeMap(file.tables);
  for (const Case& test : file.cases) Check(file, test, map, *catalog);
}

std::vector<std::string> AllFiles() {
  std::vector<std::string> files;
  for (const std::string& root : {std::string(kDirectory), std::string(PGSHOAL_SOURCE_DIR) + "/" + kDirectory}) {
    if (!std::filesystem::exists(root)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(root)) {
      if (entry.path().extension() == ".test") files.push_back(entry.path().string());
    }
    break;
  }
  std::sort(files.begin(), files.end());
  return files;
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenTest, testing::ValuesIn(AllFiles()), [](const auto& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace pgshoal::plan
