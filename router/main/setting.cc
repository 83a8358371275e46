#include "router/main/setting.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace pgshoal::main {
namespace {

// Of a number with a unit; nothing for anything else. The bounds are checked later, so overflow only must not happen.
std::optional<Duration> ParseDuration(const std::string& text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  static constexpr std::pair<std::string_view, double> kUnits[] = {{"", 1e3},     {"ms", 1},     {"s", 1e3},
                                                                   {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
  for (const auto& [name, milliseconds] : kUnits) {
    if (unit == name) return Duration(static_cast<std::int64_t>(std::clamp(number * milliseconds, -1e15, 1e15)));
  }
  return std::nullopt;
}

template <class Number>
std::optional<Number> ParseNumber(const std::string& text) {
  Number number{};
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string StoreValue(const SettingRules& rules, const RawValue& raw, bool* value) {
  if (const bool* given = std::get_if<bool>(&raw)) {
    *value = *given;
    return {};
  }
  return fmt::format("{} is true or false", rules.name);
}

std::string StoreValue(const SettingRules& rules, const RawValue& raw, int* value) {
  const auto* given = std::get_if<std::int64_t>(&raw);
  if (given == nullptr) return fmt::format("{} is an integer", rules.name);
  if (*given < rules.min || *given > rules.max) {
    return fmt::format("{} is between {} and {}", rules.name, rules.min, rules.max);
  }
  *value = static_cast<int>(*given);
  return {};
}

std::string StoreValue(const SettingRules& rules, const RawValue& raw, Duration* value) {
  std::optional<Duration> given;
  if (const auto* seconds = std::get_if<std::int64_t>(&raw)) given = ParseDuration(std::to_string(*seconds));
  if (const auto* seconds = std::get_if<double>(&raw)) given = ParseDuration(fmt::format("{}", *seconds));
  if (const auto* text = std::get_if<std::string>(&raw)) given = ParseDuration(*text);
  if (!given.has_value()) {
    return fmt::format("{} is a duration: seconds, or a string such as \"500ms\", \"5min\", \"1h\"", rules.name);
  }
  if (*given < rules.shortest || *given > rules.longest) {
    return fmt::format("{} is between {} and {} seconds", rules.name, ShowValue(rules.shortest),
                       ShowValue(rules.longest));
  }
  *value = *given;
  return {};
}

std::string StoreValue(const SettingRules& rules, const RawValue& raw, std::string* value) {
  const auto* given = std::get_if<std::string>(&raw);
  if (given == nullptr) return fmt::format("{} is a string", rules.name);
  const auto& choices = rules.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), *given) == choices.end()) {
    return fmt::format("{} is one of: {}", rules.name, fmt::join(choices, ", "));
  }
  *value = *given;
  return {};
}

std::string StoreValue(const SettingRules& rules, const RawValue& raw, std::vector<std::string>* value) {
  const auto* given = std::get_if<std::vector<std::string>>(&raw);
  if (given == nullptr) return fmt::format("{} is an array of strings", rules.name);
  *value = *given;
  return {};
}

RawValue FromText(const std::string& text, const bool*) {
  for (std::string_view word : {"1", "true", "on", "yes"}) {
    if (text == word) return true;
  }
  for (std::string_view word : {"0", "false", "off", "no"}) {
    if (text == word) return false;
  }
  return text;
}

RawValue FromText(const std::string& text, const int*) {
  if (const auto number = ParseNumber<std::int64_t>(text)) return *number;
  return text;
}

RawValue FromText(const std::string& text, const Duration*) {
  return text;
}

RawValue FromText(const std::string& text, const std::string*) {
  return text;
}

RawValue FromText(const std::string& text, const std::vector<std::string>*) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::size_t first = at, last = end;
    while (first < last && text[first] == ' ') ++first;
    while (last > first && text[last - 1] == ' ') --last;
    if (last > first) words.push_back(text.substr(first, last - first));
    at = end + 1;
  }
  return words;
}

std::string ShowValue(bool value) {
  return value ? "1" : "0";
}

std::string ShowValue(int value) {
  return std::to_string(value);
}

std::string ShowValue(Duration value) {
  if (value.count() % 1000 == 0) return std::to_string(value.count() / 1000);
  return fmt::format("{}", static_cast<double>(value.count()) / 1000);
}

std::string ShowValue(const std::string& value) {
  return value;
}

std::string ShowValue(const std::vector<std::string>& value) {
  return fmt::format("{}", fmt::join(value, ","));
}

}  // namespace pgshoal::main
