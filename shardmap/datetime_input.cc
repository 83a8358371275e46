#include "shardmap/datetime_input.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>

#include "base/status.hpp"
#include "fmt/format.h"
#include "shardmap/key_errors.hpp"
#include "shardmap/scalar_input.hpp"

namespace pgshoal::shardmap {
namespace {

constexpr int kMaxTimestampYear = 294'276;  // all of it representable

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

absl::Status Unusual(std::string_view type) {
  return CannotDecide(fmt::format("a {} that is not in plain ISO 8601 form", type));
}

absl::Status FieldOutOfRange(std::string_view text) {
  return SqlStatus(kDatetimeOutOfRange, fmt::format("date/time field value out of range: \"{}\"", text));
}

// Days since 2000-01-01 in the proleptic Gregorian calendar. Years begin in March here, so that the leap day is last.
std::int64_t DaysOf(int year, int month, int day) {
  const int shifted_year = month > 2 ? year : year - 1;
  const int shifted_month = month > 2 ? month - 3 : month + 9;
  const std::int64_t before_year = 365LL * shifted_year + shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
  constexpr std::int64_t kEpoch = 365LL * 1999 + 1999 / 4 - 1999 / 100 + 1999 / 400 + 306;
  return before_year + (153 * shifted_month + 2) / 5 + (day - 1) - kEpoch;
}

int DaysInMonth(int year, int month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// Takes exactly two digits off the front.
std::optional<int> TakeTwo(std::string_view& text) {
  if (text.size() < 2 || !IsDigit(text[0]) || !IsDigit(text[1])) return std::nullopt;
  const int value = (text[0] - '0') * 10 + (text[1] - '0');
  text.remove_prefix(2);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

struct Civil {
  int year = 0;
  std::int64_t days = 0;
};

// YYYY-MM-DD off the front; years of four to six digits.
absl::StatusOr<Civil> TakeDate(std::string_view& text, std::string_view type) {
  const std::string_view whole = text;
  std::size_t width = 0;
  while (width < text.size() && IsDigit(text[width])) ++width;
  if (width < 4 || width > 6) return Unusual(type);
  int year = 0;
  std::from_chars(text.data(), text.data() + width, year);
  text.remove_prefix(width);
  if (!Take(text, '-')) return Unusual(type);
  const auto month = TakeTwo(text);
  if (!month || !Take(text, '-')) return Unusual(type);
  const auto day = TakeTwo(text);
  if (!day || (!text.empty() && IsDigit(text[0]))) return Unusual(type);
  if (width > 4 && year < 10'000) return Unusual(type);
  if (year == 0 || *month < 1 || *month > 12 || *day < 1 || *day > DaysInMonth(year, *month)) {
    // Years before Christ have their leap days elsewhere.
    return text.find_first_of("bB") == std::string_view::npos ? FieldOutOfRange(whole) : Unusual(type);
  }
  return Civil{year, DaysOf(year, *month, *day)};
}

// HH:MM[:SS[.f…]] off the front, in microseconds.
std::optional<Microseconds> TakeTime(std::string_view& text) {
  const auto hour = TakeTwo(text);
  if (!hour || *hour > 23 || !Take(text, ':')) return std::nullopt;
  const auto minute = TakeTwo(text);
  if (!minute || *minute > 59) return std::nullopt;
  Microseconds time = (*hour * 60LL + *minute) * 60'000'000;
  if (!Take(text, ':')) return time;
  const auto second = TakeTwo(text);
  if (!second || *second > 59) return std::nullopt;
  time += *second * 1'000'000LL;
  if (!text.starts_with('.')) return time;
  std::size_t width = 1;
  while (width < text.size() && IsDigit(text[width])) ++width;
  if (width == 1 || width > 30) return std::nullopt;
  // The server rounds the binary fraction, so digits beyond the sixth must be rounded the same way.
  const std::string fraction = "0" + std::string(text.substr(0, width));
  double value = 0;
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), value);
  text.remove_prefix(width);
  return time + static_cast<Microseconds>(std::rint(value * 1'000'000));
}

// Z or ±HH[[:]MM[:SS]] off the front, in microseconds east of UTC.
std::optional<Microseconds> TakeOffset(std::string_view& text) {
  if (Take(text, 'Z') || Take(text, 'z')) return 0;
  const bool west = text.starts_with('-');
  if (!Take(text, '-') && !Take(text, '+')) return std::nullopt;
  const auto hours = TakeTwo(text);
  if (!hours || *hours > 15) return std::nullopt;
  int minutes = 0;
  int seconds = 0;
  if (!text.empty()) {
    const bool colon = Take(text, ':');
    const auto field = TakeTwo(text);
    if (!field || *field > 59) return std::nullopt;
    minutes = *field;
    if (colon && Take(text, ':')) {
      const auto last = TakeTwo(text);
      if (!last || *last > 59) return std::nullopt;
      seconds = *last;
    }
  }
  const Microseconds offset = ((*hours * 60LL + minutes) * 60 + seconds) * 1'000'000;
  return west ? -offset : offset;
}

std::optional<Microseconds> InfinityFromText(std::string_view text) {
  if (EqualsIgnoreCase(text, "infinity")) return kInfinity;
  if (EqualsIgnoreCase(text, "-infinity")) return kMinusInfinity;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<Days> DateFromText(std::string_view whole) {
  std::string_view text = TrimSpace(whole);
  if (const auto infinite = InfinityFromText(text)) return *infinite > 0 ? kDateInfinity : kDateMinusInfinity;
  auto date = TakeDate(text, "date");
  if (!date.ok()) return date.status();
  if (!text.empty()) return Unusual("date");
  return static_cast<Days>(date->days);
}

absl::StatusOr<Microseconds> TimestampFromText(std::string_view whole) {
  std::string_view text = TrimSpace(whole);
  if (const auto infinite = InfinityFromText(text)) return *infinite;
  auto date = TakeDate(text, "timestamp");
  if (!date.ok()) return date.status();
  if (date->year > kMaxTimestampYear) return Unusual("timestamp");
  const Microseconds midnight = date->days * kMicrosecondsPerDay;
  if (text.empty()) return midnight;
  if (!Take(text, ' ') && !Take(text, 'T')) return Unusual("timestamp");
  const auto time = TakeTime(text);
  if (!time || !text.empty()) return Unusual("timestamp");
  return midnight + *time;
}

absl::StatusOr<Microseconds> TimestamptzFromText(std::string_view whole) {
  std::string_view text = TrimSpace(whole);
  if (const auto infinite = InfinityFromText(text)) return *infinite;
  constexpr std::string_view kType = "timestamp with time zone";
  auto date = TakeDate(text, kType);
  if (!date.ok()) return date.status();
  if (date->year >= kMaxTimestampYear) return Unusual(kType);
  if (!Take(text, ' ') && !Take(text, 'T')) return Unusual(kType);
  const auto time = TakeTime(text);
  if (!time) return Unusual(kType);
  Take(text, ' ');
  const auto offset = TakeOffset(text);
  if (!offset || !text.empty()) return Unusual(kType);
  return date->days * kMicrosecondsPerDay + *time - *offset;
}

std::optional<Microseconds> MidnightOf(Days date) {
  if (date == kDateInfinity) return kInfinity;
  if (date == kDateMinusInfinity) return kMinusInfinity;
  Microseconds result = 0;
  if (__builtin_mul_overflow(static_cast<Microseconds>(date), kMicrosecondsPerDay, &result)) return std::nullopt;
  return result;
}

Days DayOf(Microseconds timestamp) {
  if (timestamp == kInfinity) return kDateInfinity;
  if (timestamp == kMinusInfinity) return kDateMinusInfinity;
  Microseconds day = timestamp / kMicrosecondsPerDay;
  if (timestamp % kMicrosecondsPerDay < 0) --day;
  return static_cast<Days>(day);
}

Microseconds RoundToPrecision(Microseconds timestamp, std::int32_t typmod) {
  if (typmod < 0 || typmod >= 6 || timestamp == kInfinity || timestamp == kMinusInfinity) return timestamp;
  Microseconds unit = 1;
  for (int digits = typmod; digits < 6; ++digits) unit *= 10;
  const Microseconds half = unit / 2;
  Microseconds rounded = 0;
  if (timestamp >= 0) {
    if (__builtin_add_overflow(timestamp, half, &rounded)) return timestamp;
    return rounded / unit * unit;
  }
  if (__builtin_sub_overflow(timestamp, half, &rounded)) return timestamp;
  return rounded / unit * unit;
}

}  // namespace pgshoal::shardmap
