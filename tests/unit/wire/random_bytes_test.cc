// Decoders meet bytes that no honest peer sends: whatever comes, they must answer and stay inside their input. Each
// input lives in a heap block of its exact size, so that a sanitizer sees the first byte read beyond it.

#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "router/wire/backend.hpp"
#include "router/wire/frontend.hpp"
#include "router/wire/message.hpp"

namespace pgshoal::wire {
namespace {

// How many decoders accepted the body; the sum keeps calls from being optimized away.
int DecodeAll(std::string_view body) {
  std::vector<Value> row;
  int accepted = 0;
  const auto count = [&accepted](bool ok) { accepted += ok ? 1 : 0; };
  count(DecodeQuery(body).ok());
  count(DecodeParse(body).ok());
  if (const auto bind = DecodeBind(body); bind.ok()) {
    ++accepted;
    for (std::size_t i = 0; i < bind->values.size(); ++i) accepted += bind->FormatOf(i);
    std::string original, copy;
    AppendBindAs(&original, body, bind->statement);
    AppendBind(&copy, bind->portal, bind->statement, bind->parameters, bind->result_formats);
    EXPECT_EQ(original, copy);
  }
  count(DecodeDescribe(body).ok());
  count(DecodeClose(body).ok());
  count(DecodeExecute(body).ok());
  count(DecodeCopyFail(body).ok());
  count(DecodePassword(body).ok());
  count(DecodeSaslInitial(body).ok());
  count(DecodeAuthentication(body).ok());
  if (const auto report = DecodeReport(body); report.ok()) {
    ++accepted;
    report->ToSqlError();
    std::string out;
    AppendShiftedReport(&out, 'E', body, 1);
  }
  count(DecodeReadyForQuery(body).ok());
  count(DecodeParameterStatus(body).ok());
  count(DecodeBackendKeyData(body).ok());
  count(DecodeNotification(body).ok());
  count(DecodeCommandComplete(body).ok());
  ParseCommandTag(body);
  count(DecodeRowDescription(body).ok());
  count(DecodeParameterDescription(body).ok());
  count(DecodeDataRow(body, &row).ok());
  count(DecodeCopyResponse(body).ok());
  return accepted;
}

TEST(RandomBytes, NothingReadsOutsideItsInput) {
  std::mt19937 random(20221122);
  // Mostly small numbers: lengths and counts that nearly fit find more than noise does.
  const auto byte = [&random]() -> char {
    const std::uint32_t r = random();
    if (r % 8 < 4) return '\0';
    if (r % 8 < 6) return static_cast<char>(r / 8 % 6);
    if (r % 8 == 6) return static_cast<char>(0xff - r / 8 % 3);
    return static_cast<char>(r >> 8);
  };
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    const std::size_t size = random() % 40;
    const std::unique_ptr<char[]> block(new char[size]);
    for (std::size_t i = 0; i < size; ++i) block[i] = byte();
    const std::string_view input(block.get(), size);
    accepted += DecodeAll(input);
    const Next next = NextMessage(input, 1000);
    if (next.progress == Progress::kOk) {
      ASSERT_LE(next.length, size);
      accepted += DecodeAll(next.message.body);
    }
    const NextStartup startup = NextStartupPacket(input);
    if (startup.progress == Progress::kOk) {
      ASSERT_LE(startup.length, size);
    }
  }
  EXPECT_GT(accepted, 10'000);  // the inputs are not all hopeless
}

TEST(RandomBytes, DamagedMessages) {
  std::mt19937 random(7);
  std::string whole;
  const Value values[] = {{false, "12345"}, {true, {}}, {false, "abc"}};
  const std::int16_t formats[] = {1};
  AppendBind(&whole, "p", "s", formats, values, formats);
  AppendDataRow(&whole, values);
  AppendErrorResponse(&whole, {"42601", "syntax error", 3, "detail", "hint"});
  for (int round = 0; round < 50'000; ++round) {
    std::string damaged = whole;
    for (std::uint32_t n = random() % 4; n > 0; --n) damaged[random() % damaged.size()] = static_cast<char>(random());
    damaged.resize(random() % (damaged.size() + 1));
    std::string_view rest = damaged;
    while (true) {
      const Next next = NextMessage(rest, limits::kMaxMessage);
      if (next.progress != Progress::kOk) break;
      DecodeAll(next.message.body);
      rest.remove_prefix(next.length);
    }
  }
}

}  // namespace
}  // namespace pgshoal::wire
