// Array values as clients send them, and selectors over bound parameters.
#include "router/plan/selector.hpp"

#include <gtest/gtest.h>

#include "base/oids.hpp"
#include "base/status.hpp"
#include "router/plan/array_value.hpp"

namespace pgshoal::plan {
namespace {

using Values = std::vector<std::optional<std::string>>;
using shardmap::KeyType;
using shardmap::ShardSet;

std::string Int32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string Int64(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return Int32(static_cast<std::uint32_t>(bits >> 32)) + Int32(static_cast<std::uint32_t>(bits));
}

std::string BinaryArray(Oid element, const Values& values) {
  std::string bytes =
      Int32(1) + Int32(0) + Int32(element) + Int32(static_cast<std::uint32_t>(values.size())) + Int32(1);
  for (const auto& value : values) {
    bytes += value ? Int32(static_cast<std::uint32_t>(value->size())) + *value : Int32(0xffffffffu);
  }
  return bytes;
}

TEST(TextArrayTest, Elements) {
  const std::vector<std::pair<const char*, Values>> cases = {
      {"{}", {}},
      {" { } ", {}},
      {"{1,2,3}", {"1", "2", "3"}},
      {"{ 1 , 2 }", {"1", "2"}},
      {"{NULL,null,\"NULL\",nulls}", {std::nullopt, std::nullopt, "NULL", "nulls"}},
      {"{\\NULL}", {"NULL"}},
      {R"({"a,b","c\"d","e\\f","",x y })", {"a,b", "c\"d", "e\\f", "", "x y"}},
      {R"({"{","}"})", {"{", "}"}},
      {R"({a\ })", {"a "}},
  };
  for (const auto& [text, wanted] : cases) {
    const auto array = ReadTextArray(text);
    ASSERT_TRUE(array.has_value()) << text;
    EXPECT_EQ(array->values, wanted) << text;
    EXPECT_EQ(array->element_type, 0u);
  }
}

TEST(TextArrayTest, NothingIsKnownOfTheRest) {
  for (const char* text : {"", "{", "}", "1,2", "{1,}", "{,1}", "{1,,2}", "{{1,2},{3,4}}", "[1:2]={1,2}", "{\"a}",
                           "{\"a\"b}", "{a\"b\"}", "{a\\}", "{\"a\\\"}"}) {
    EXPECT_FALSE(ReadTextArray(text).has_value()) << text;
  }
}

TEST(BinaryArrayTest, Elements) {
  const auto array = ReadBinaryArray(BinaryArray(oid::kInt4, {Int32(7), std::nullopt, ""}));
  ASSERT_TRUE(array.has_value());
  EXPECT_EQ(array->element_type, static_cast<Oid>(oid::kInt4));
  EXPECT_EQ(array->values, (Values{Int32(7), std::nullopt, ""}));
  const auto empty = ReadBinaryArray(Int32(0) + Int32(0) + Int32(oid::kInt8));
  ASSERT_TRUE(empty.has_value());
  EXPECT_TRUE(empty->values.empty());
}

TEST(BinaryArrayTest, EveryTruncationAndTwoDimensionsAreUnknown) {
  const std::string whole = BinaryArray(oid::kInt4, {Int32(7), Int32(8)});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadBinaryArray(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(ReadBinaryArray(whole + "x").has_value());
  EXPECT_FALSE(
      ReadBinaryArray(Int32(2) + Int32(0) + Int32(oid::kInt4) + Int32(0) + Int32(1) + Int32(0) + Int32(1)).has_value());
  const std::string huge = Int32(1) + Int32(0) + Int32(oid::kInt4) + Int32(0x7fffffff) + Int32(1);
  EXPECT_FALSE(ReadBinaryArray(huge).has_value());
  const std::string negative = Int32(1) + Int32(0) + Int32(oid::kInt4) + Int32(1) + Int32(1) + Int32(0xfffffffeu);
  EXPECT_FALSE(ReadBinaryArray(negative).has_value());
}

class SelectorTest : public testing::Test {
 protected:
  SelectorTest() {
    shardmap::MapSpec spec;
    spec.database = "shop";
    for (int i = 0; i < 4; ++i) {
      shardmap::Shard shard;
      shard.id = ShardId(static_cast<std::uint16_t>(i));
      shard.name = "s" + std::to_string(i);
      shard.host = "localhost";
      shard.port = 5001 + i;
      spec.shards.push_back(shard);
    }
    spec.home = ShardId(2);
    spec.slot_owner = shardmap::EvenSlotOwners(spec.slots, 4);
    map_ = *shardmap::ShardMap::Create(spec);
  }

  ShardSet Of(const std::vector<std::int64_t>& keys) const {
    ShardSet shards;
    for (std::int64_t key : keys) {
      const auto match = shardmap::CoerceForComparison(KeyType::kInt8, 0, shardmap::Format::kText, std::to_string(key));
      shards.Add(map_->ShardOf(match->hash));
    }
    return shards;
  }
  ShardSet All() const { return ShardSet::All(4); }
  ShardSet Null() const { return ShardSet::Of(map_->ShardOf(shardmap::kNullHash)); }

  static Selector Key(KeyType type, bool is_array = false, Oid cast = 0, bool assigns = false) {
    Selector selector;
    selector.op = Selector::Op::kKey;
    selector.assigns = assigns;
    selector.key_types = {type};
    selector.key_typmods = {-1};
    KeyOperand operand;
    operand.parameter = 0;
    operand.is_array = is_array;
    operand.type = cast;
    selector.operands = {operand};
    return selector;
  }

  Selection Run(const Selector& selector, Oid type, std::string_view bytes, bool binary = false) const {
    const ParameterValue value{type, false, binary, bytes};
    auto selection = Evaluate(selector, *map_, {&value, 1});
    EXPECT_TRUE(selection.ok()) << selection.status();
    return selection.ok() ? *selection : Selection{};
  }

  shardmap::MapPtr map_;
};

TEST_F(SelectorTest, TextArrays) {
  const Selector any = Key(KeyType::kInt8, true);
  EXPECT_EQ(Run(any, oid::kInt8Array, "{1,2,3}").shards, Of({1, 2, 3}));
  EXPECT_EQ(Run(any, 0, "{7,NULL}").shards, Of({7}));
  EXPECT_EQ(Run(any, oid::kInt4Array, "{7}").shards, Of({7}));
  const Selection none = Run(any, oid::kInt8Array, "{NULL}");
  EXPECT_FALSE(none.any);
  EXPECT_TRUE(none.shards.empty());
  EXPECT_TRUE(Run(any, 0, "{}").shards.empty());
  EXPECT_EQ(Run(any, 0, "{{1,2},{3,4}}").shards, All());
  EXPECT_EQ(Run(any, 0, "[2:3]={1,2}").shards, All());
}

TEST_F(SelectorTest, BinaryArrays) {
  const Selector any = Key(KeyType::kInt8, true);
  const std::string wide = BinaryArray(oid::kInt8, {Int64(1), std::nullopt, Int64(-5)});
  EXPECT_EQ(Run(any, oid::kInt8Array, wide, true).shards, Of({1, -5}));
  const std::string narrow = BinaryArray(oid::kInt4, {Int32(1), Int32(9)});
  EXPECT_EQ(Run(any, oid::kInt4Array, narrow, true).shards, Of({1, 9}));
  EXPECT_EQ(Run(any, 0, narrow, true).shards, Of({1, 9}));
  // An element of the wrong size: the server rejects it, on one shard as well as on all.
  const Selection bad = Run(any, oid::kInt8Array, BinaryArray(oid::kInt8, {Int32(1)}), true);
  EXPECT_EQ(bad.shards, ShardSet::Of(map_->home()));
}

TEST_F(SelectorTest, ArraysOfOddTypesGoToAllShards) {
  const Selector any = Key(KeyType::kInt8, true);
  EXPECT_EQ(Run(any, 1017, "{1}").shards, All());
  EXPECT_EQ(Run(any, 16390, "{1}").shards, All());
  // A cast to another type than the declared one is a conversion.
  EXPECT_EQ(Run(Key(KeyType::kInt8, true, oid::kInt8), oid::kTextArray, "{1}").shards, All());
  EXPECT_EQ(Run(Key(KeyType::kInt8, true, oid::kInt8), oid::kInt4Array, "{1}").shards, Of({1}));
}

TEST_F(SelectorTest, NumericComparedWithWholeKeys) {
  const Selector any = Key(KeyType::kInt8, true);
  EXPECT_EQ(Run(any, 1231, "{1.0,2}").shards, Of({1, 2}));
  EXPECT_TRUE(Run(any, 1231, "{1.5}").shards.empty());
}

TEST_F(SelectorTest, Scalars) {
  const Selector key = Key(KeyType::kInt8);
  EXPECT_EQ(Run(key, 0, "77").shards, Of({77}));
  EXPECT_EQ(Run(key, oid::kInt8, Int64(77), true).shards, Of({77}));
  EXPECT_EQ(Run(key, oid::kInt2, std::string("\0\x4d", 2), true).shards, Of({77}));
  EXPECT_EQ(Run(key, oid::kUnknown, "77").shards, Of({77}));
  EXPECT_EQ(Run(key, 0, "abc").shards, ShardSet::Of(map_->home()));
  EXPECT_EQ(Run(Key(KeyType::kInt8, false, oid::kInt8), oid::kText, "77").shards, All());
}

TEST_F(SelectorTest, NullAndMissingParameters) {
  const ParameterValue null{0, true, false, {}};
  auto compared = Evaluate(Key(KeyType::kInt8), *map_, {&null, 1});
  ASSERT_TRUE(compared.ok());
  EXPECT_FALSE(compared->any);
  EXPECT_TRUE(compared->shards.empty());
  auto assigned = Evaluate(Key(KeyType::kInt8, false, 0, true), *map_, {&null, 1});
  ASSERT_TRUE(assigned.ok());
  EXPECT_EQ(assigned->shards, Null());
  auto missing = Evaluate(Key(KeyType::kInt8), *map_, {});
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(missing->shards, All());
  auto unset = Evaluate(Key(KeyType::kInt8, false, 0, true), *map_, {});
  EXPECT_EQ(ToSqlError(unset.status()).sqlstate, "0A000");
}

TEST_F(SelectorTest, AssignedThroughAConversionIsRefused) {
  const ParameterValue value{oid::kText, false, false, "77"};
  auto selection = Evaluate(Key(KeyType::kInt8, false, oid::kInt8, true), *map_, {&value, 1});
  ASSERT_FALSE(selection.ok());
  EXPECT_EQ(ToSqlError(selection.status()).sqlstate, "0A000");
}

TEST_F(SelectorTest, KeysOfTwoColumnsMultiply) {
  Selector selector = Key(KeyType::kInt8, true);
  selector.key_types.push_back(KeyType::kText);
  selector.key_typmods.push_back(-1);
  KeyOperand second;
  second.parameter = 1;
  second.is_array = true;
  selector.operands.push_back(second);
  ShardSet wanted;
  for (const char* number : {"1", "2", "3"}) {
    for (const char* word : {"a", "b"}) {
      const auto x = shardmap::CoerceForComparison(KeyType::kInt8, 0, shardmap::Format::kText, number);
      const auto y = shardmap::CoerceForComparison(KeyType::kText, 0, shardmap::Format::kText, word);
      const std::uint64_t hashes[] = {x->hash, y->hash};
      wanted.Add(map_->ShardOf(shardmap::CombineHashes(hashes)));
    }
  }
  const ParameterValue values[] = {{0, false, false, "{1,2,3}"}, {0, false, false, "{a,NULL,b}"}};
  auto selection = Evaluate(selector, *map_, values);
  ASSERT_TRUE(selection.ok());
  EXPECT_EQ(selection->shards, wanted);
  const ParameterValue empty[] = {{0, false, false, "{1,2,3}"}, {0, false, false, "{}"}};
  selection = Evaluate(selector, *map_, empty);
  ASSERT_TRUE(selection.ok());
  EXPECT_TRUE(selection->shards.empty());
}

TEST_F(SelectorTest, SetOperations) {
  Selector any, both, either, nothing;
  any.op = Selector::Op::kAny;
  nothing.op = Selector::Op::kNone;
  Selector one = Key(KeyType::kInt8);
  Selector two = Key(KeyType::kInt8);
  two.operands[0].parameter = 1;
  both.op = Selector::Op::kAnd;
  either.op = Selector::Op::kOr;
  both.children = either.children = {one, two, any};
  for (std::int64_t a = 0; a < 20; ++a) {
    const std::string x = std::to_string(a), y = std::to_string(a * 7 + 1);
    const ParameterValue values[] = {{0, false, false, x}, {0, false, false, y}};
    EXPECT_EQ(Evaluate(both, *map_, values)->shards, Of({a}).Intersect(Of({a * 7 + 1})));
    EXPECT_EQ(Evaluate(either, *map_, values)->shards, Of({a, a * 7 + 1}));
  }
  either.children = {any, any};
  EXPECT_TRUE(Evaluate(either, *map_, {})->any);
  either.children = {any, nothing};
  EXPECT_FALSE(Evaluate(either, *map_, {})->any);
  EXPECT_TRUE(Evaluate(either, *map_, {})->shards.empty());
}

}  // namespace
}  // namespace pgshoal::plan
