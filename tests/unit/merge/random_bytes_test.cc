// Shards and clients that send nonsense: mergers and the COPY splitter answer with rows or errors, and stay inside
// what they were given.

#include <random>

#include <gtest/gtest.h>

#include "router/merge/binary_copy.hpp"
#include "router/merge/copy_splitter.hpp"
#include "router/merge/merger.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::merge {
namespace {

using plan::Combine;
using plan::OutputColumn;
using plan::SortType;
using plan::StreamSpec;

constexpr SortType kTypes[] = {SortType::kBool,   SortType::kInt2,    SortType::kInt4,  SortType::kInt8,
                               SortType::kOid,    SortType::kFloat4,  SortType::kFloat8, SortType::kNumeric,
                               SortType::kDate,   SortType::kTime,    SortType::kTimestamp, SortType::kTimestamptz,
                               SortType::kUuid,   SortType::kTextC,   SortType::kBpcharC};

std::string RandomValue(std::mt19937& random) {
  static constexpr std::size_t kSizes[] = {0, 1, 2, 4, 8, 8, 8, 10, 12, 16};
  std::string value(kSizes[random() % std::size(kSizes)], '\0');
  for (char& c : value) c = random() % 3 == 0 ? static_cast<char>(random()) : static_cast<char>(random() % 4);
  return value;
}

std::string RandomRow(std::mt19937& random, std::size_t columns) {
  std::vector<std::string> values(columns);
  std::vector<wire::Value> views;
  for (std::string& value : values) {
    value = RandomValue(random);
    views.push_back({random() % 8 == 0, value});
  }
  std::string message;
  wire::AppendDataRow(&message, views);
  message.erase(0, wire::kHeaderSize);
  if (random() % 10 == 0) message.resize(random() % message.size());
  if (random() % 10 == 0 && !message.empty()) message[random() % message.size()] = static_cast<char>(random());
  return message;
}

// How many rows were taken in.
int Feed(std::mt19937& random, const StreamSpec& spec, std::size_t columns) {
  MergeOptions options;
  options.client_formats = {1};
  auto merger = Merger::Create(spec, 3, static_cast<int>(columns), options);
  EXPECT_TRUE(merger.ok()) << merger.status();
  int accepted = 0;
  for (int i = 0; i < 12; ++i) {
    if (!(*merger)->AddRow(random() % 3, RandomRow(random, columns)).ok()) break;
    ++accepted;
  }
  for (std::size_t source = 0; source < 3; ++source) (*merger)->SourceDone(source);
  std::string out;
  while (!(*merger)->Finished()) {
    const auto drained = (*merger)->Drain(&out, 5);
    if (!drained.ok() || *drained == 0) break;
  }
  return accepted;
}

TEST(RandomBytes, Mergers) {
  std::mt19937 random(3);
  int accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    for (const SortType type : kTypes) {
      StreamSpec spec;
      spec.hidden_columns = 1;
      if (round % 3 > 0) spec.order = {{0, type, random() % 2 == 0, random() % 2 == 0}};
      if (round % 3 == 2) {
        spec.combines = true;
        spec.groups = {{0, type}};
        OutputColumn least, sum, average;
        least.combine = Combine::kMin;
        least.type = type;
        sum.combine = Combine::kSum;
        average.combine = Combine::kAvg;
        sum.type = average.type = SortType::kNumeric;
        sum.column = average.column = 1;
        average.count_column = 2;
        spec.output = {least, sum, average};
      }
      accepted += Feed(random, spec, 3);
    }
  }
  EXPECT_GT(accepted, 20'000);
}

TEST(RandomBytes, CopySplitter) {
  std::mt19937 random(4);
  static constexpr char kBytes[] = {'\n', '\r', '\t', ',', '"', '\\', '.', 'N', 'x', '1', '\0', '\xff'};
  int rows = 0;
  for (int round = 0; round < 20'000; ++round) {
    plan::CopyIn copy;
    copy.columns = static_cast<int>(1 + random() % 2);
    copy.key = {{0, 25, -1}};
    if (round % 2 == 0) {
      copy.options.format = plan::CopyFormat::kCsv;
      copy.options.delimiter = ',';
    }
    copy.options.header = random() % 5 == 0;
    const auto splitter = CopySplitter::Create(copy);
    ASSERT_TRUE(splitter.ok());
    CopyRow row;
    std::size_t bytes_in = 0, bytes_out = 0;
    for (int piece = 0; piece < 8; ++piece) {
      std::vector<char> bytes(random() % 6);
      for (char& c : bytes) c = kBytes[random() % std::size(kBytes)];
      bytes_in += bytes.size();
      if (piece == 7) {
        (*splitter)->End();
      } else {
        (*splitter)->Feed(std::string_view(bytes.data(), bytes.size()));
      }
      bool failed = false;
      while (true) {
        const auto next = (*splitter)->Next(&row);
        failed = !next.ok();
        if (failed || !*next) break;
        ++rows;
        bytes_out += row.bytes.size();
      }
      if (failed) break;
    }
    ASSERT_LE(bytes_out, bytes_in);
  }
  EXPECT_GT(rows, 10'000);
}

TEST(RandomBytes, BinaryCopy) {
  std::mt19937 random(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string data("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\2ab", 21);
    for (std::uint32_t n = random() % 3; n > 0; --n) data[random() % data.size()] = static_cast<char>(random());
    data += RandomValue(random);
    BinaryCopyJoiner joiner;
    std::string out;
    const std::size_t cut = random() % data.size();
    if (!joiner.Add(data.substr(0, cut), &out).ok() || !joiner.Add(data.substr(cut), &out).ok()) continue;
    if (joiner.EndSource().ok()) joiner.Finish(&out);
    ASSERT_LE(out.size(), data.size() + 21);
  }
}

}  // namespace
}  // namespace pgshoal::merge
