// docs/reference-settings.md, from the tables.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "router/main/config.hpp"

namespace pgshoal::main {
namespace {

struct TypeName {
  std::string operator()(const bool*) const { return "boolean"; }
  std::string operator()(const int*) const { return "integer"; }
  std::string operator()(const Duration*) const { return "duration"; }
  std::string operator()(const std::string*) const { return "string"; }
  std::string operator()(const std::vector<std::string>*) const { return "array of strings"; }
  template <class T>
  std::string operator()(const std::optional<T>*) const {
    return (*this)(static_cast<const T*>(nullptr));
  }
};

struct DefaultPrinter {
  std::string operator()(bool value) const { return fmt::format("`{}`", value); }
  std::string operator()(int value) const { return fmt::format("`{}`", value); }
  std::string operator()(Duration value) const { return fmt::format("`{}`", ShowValue(value)); }
  std::string operator()(const std::string& value) const { return fmt::format("`\"{}\"`", value); }
  std::string operator()(std::vector<std::string> value) const {
    for (std::string& text : value) text = fmt::format("\"{}\"", text);
    return fmt::format("`[{}]`", fmt::join(value, ", "));
  }
  template <class T>
  std::string operator()(const std::optional<T>& value) const {
    return value.has_value() ? (*this)(*value) : "";
  }
};

template <class Config>
std::string ValuesOf(const SettingOf<Config>& setting) {
  if (!setting.choices.empty()) return fmt::format("{}", fmt::join(setting.choices, ", "));
  const Config defaults{};
  const std::string type = std::visit([&](auto m) { return TypeName()(&(defaults.*m)); }, setting.member);
  if (type == "integer") return fmt::format("{} to {}", setting.min, setting.max);
  if (type == "duration") return fmt::format("{} to {} s", ShowValue(setting.shortest), ShowValue(setting.longest));
  return "";
}

template <class Config>
std::string Table(const std::vector<SettingOf<Config>>& settings) {
  const Config defaults{};
  std::string text = "| name | type | values | default | changes on reload | meaning |\n|---|---|---|---|---|---|\n";
  for (const SettingOf<Config>& setting : settings) {
    const std::string type = std::visit([&](auto m) { return TypeName()(&(defaults.*m)); }, setting.member);
    const std::string initial = std::visit([&](auto m) { return DefaultPrinter()(defaults.*m); }, setting.member);
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", setting.name, type, ValuesOf(setting),
                        initial, setting.reloadable ? "yes" : "no",
                        setting.description);
  }
  return text;
}

}  // namespace

std::string SettingsReference() {
  std::string text =
      "# Settings of `pgshoal run`\n\n"
      "The file named by `--config` is TOML: one `name = value` a line, all at the top level. Names not listed here\n"
      "are mistakes. A duration is a number of seconds (`1.5` too) or a string with a unit: `\"500ms\"`, `\"30s\"`,\n"
      "`\"5min\"`, `\"1h\"`, `\"1d\"`. This page is printed by `pgshoal run --print-settings`.\n\n";
  text += Table(Settings());
  if (!UserSettings().empty()) {
    text += "\n## Sections `[users.NAME]`\n\nFor one user. What is left out is as for everybody.\n\n";
    text += Table(UserSettings());
  }
  if (!DatabaseSettings().empty()) {
    text += "\n## Sections `[databases.NAME]`\n\nFor one database: where it lies, if map_file does not say it, and what differs "
            "there.\nWhat is left out is as for everybody.\n\n";
    text += Table(DatabaseSettings());
  }
  return text;
}

}  // namespace pgshoal::main
