#pragma once
// One setting as a line of a table: its name, where its value lives, what values it may have, what it does.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pgshoal::main {

// In files: seconds as a number (1.5 too), or a string with a unit: "500ms", "30s", "5min", "1h", "1d".
using Duration = std::chrono::milliseconds;

// `Config` is the struct that holds the values.
template <class Config>
struct SettingOf {
  using Member =
      std::variant<bool Config::*, int Config::*, Duration Config::*, std::string Config::*,
                   std::vector<std::string> Config::*, std::optional<bool> Config::*, std::optional<int> Config::*,
                   std::optional<Duration> Config::*, std::optional<std::string> Config::*>;

  std::string_view name;
  Member member;
  bool reloadable = false;  // takes effect on RELOAD, SIGHUP and SET, without a restart
  std::string_view description;
  std::vector<std::string_view> choices;                         // of a string: the only values allowed; empty: any
  int min = 0, max = 0;                                          // of an int, both included
  Duration shortest{0}, longest = std::chrono::hours(24 * 365);  // of a duration, both included
  bool secret = false;  // never shown
};

// What the value functions need to know of a setting, whatever struct it belongs to.
struct SettingRules {
  std::string_view name;
  const std::vector<std::string_view>& choices;
  int min, max;
  Duration shortest, longest;
};

template <class Config>
SettingRules RulesOf(const SettingOf<Config>& setting) {
  return {setting.name, setting.choices, setting.min, setting.max, setting.shortest, setting.longest};
}

// A value as it stands in a file, or as SET gives it.
using RawValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;

// Each checks `raw` and stores it. The mistake, as a sentence that begins with the setting's name, or an empty string.
[[nodiscard]] std::string StoreValue(const SettingRules& rules, const RawValue& raw, bool* value);
[[nodiscard]] std::string StoreValue(const SettingRules& rules, const RawValue& raw, int* value);
[[nodiscard]] std::string StoreValue(const SettingRules& rules, const RawValue& raw, Duration* value);
[[nodiscard]] std::string StoreValue(const SettingRules& rules, const RawValue& raw, std::string* value);
[[nodiscard]] std::string StoreValue(const SettingRules& rules, const RawValue& raw, std::vector<std::string>* value);
template <class T>
[[nodiscard]] std::string StoreValue(const SettingRules& rules, const RawValue& raw, std::optional<T>* value) {
  T stored{};
  std::string mistake = StoreValue(rules, raw, &stored);
  if (mistake.empty()) *value = std::move(stored);
  return mistake;
}

// A word of SET as the raw value of a setting of that type: numbers and truth values as such, a list at its commas.
[[nodiscard]] RawValue FromText(const std::string& text, const bool*);
[[nodiscard]] RawValue FromText(const std::string& text, const int*);
[[nodiscard]] RawValue FromText(const std::string& text, const Duration*);
[[nodiscard]] RawValue FromText(const std::string& text, const std::string*);
[[nodiscard]] RawValue FromText(const std::string& text, const std::vector<std::string>*);
template <class T>
[[nodiscard]] RawValue FromText(const std::string& text, const std::optional<T>*) {
  return FromText(text, static_cast<const T*>(nullptr));
}

// As SHOW CONFIG shows it: durations in seconds, lists with commas, truth values 1 and 0.
[[nodiscard]] std::string ShowValue(bool value);
[[nodiscard]] std::string ShowValue(int value);
[[nodiscard]] std::string ShowValue(Duration value);
[[nodiscard]] std::string ShowValue(const std::string& value);
[[nodiscard]] std::string ShowValue(const std::vector<std::string>& value);
template <class T>
[[nodiscard]] std::string ShowValue(const std::optional<T>& value) {
  return value.has_value() ? ShowValue(*value) : std::string();
}
template <class Config>
[[nodiscard]] std::string ShowSetting(const SettingOf<Config>& setting, const Config& config) {
  if (setting.secret) return "****";
  return std::visit([&](auto member) { return ShowValue(config.*member); }, setting.member);
}

}  // namespace pgshoal::main
