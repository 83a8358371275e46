// Settings from TOML, from the words of SET, and from a file that is read again.

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/status.hpp"
#include "router/main/config.hpp"

namespace pgshoal::main {
namespace {

constexpr std::string_view kCantChangeRuntimeParam = "55P02";

absl::Status Mistake(const std::string& file, const toml::source_region& where, const std::string& message) {
  return SqlStatus(sqlstate::kConfigFileError, fmt::format("{}:{}: {}", file, where.begin.line, message));
}

// Nothing for what no setting can be: a table, a date, an array of anything but strings.
std::optional<RawValue> RawOf(const toml::node& node) {
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  const auto* array = node.as_array();
  if (array == nullptr) return std::nullopt;
  std::vector<std::string> strings;
  for (const toml::node& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return std::nullopt;
    strings.push_back(text->get());
  }
  return strings;
}

template <class Config>
const SettingOf<Config>* Find(const std::vector<SettingOf<Config>>& settings, std::string_view name) {
  const auto is_it = [name](const SettingOf<Config>& setting) { return setting.name == name; };
  const auto found = std::find_if(settings.begin(), settings.end(), is_it);
  return found == settings.end() ? nullptr : &*found;
}

// Stores one value; the mistake in it, or nothing.
template <class Config>
std::string Store(const SettingOf<Config>& setting, const RawValue& raw, Config& config) {
  return std::visit([&](auto member) { return StoreValue(RulesOf(setting), raw, &(config.*member)); }, setting.member);
}

template <class Config>
absl::Status ReadSetting(const std::vector<SettingOf<Config>>& settings, const toml::key& key, const toml::node& node,
                         const std::string& file, Config& config) {
  const SettingOf<Config>* setting = Find(settings, key.str());
  if (setting == nullptr) return Mistake(file, key.source(), fmt::format("there is no setting \"{}\"", key.str()));
  std::optional<RawValue> raw = RawOf(node);
  // The wrong type for everybody but a setting of that very type, which says what it expects.
  if (!raw.has_value()) {
    const bool is_list = std::holds_alternative<std::vector<std::string> Config::*>(setting->member);
    raw = is_list ? RawValue(false) : RawValue(std::vector<std::string>());
  }
  if (const std::string mistake = Store(*setting, *raw, config); !mistake.empty()) {
    return Mistake(file, node.source(), mistake);
  }
  return absl::OkStatus();
}

// [kind.NAME] tables.
template <class Config>
absl::Status ReadSections(const std::vector<SettingOf<Config>>& settings, const toml::key& kind,
                          const toml::node& sections, const std::string& file, std::map<std::string, Config>& configs) {
  const toml::table* tables = sections.as_table();
  if (tables == nullptr) {
    return Mistake(file, kind.source(), fmt::format("{0} is a section: [{0}.NAME]", kind.str()));
  }
  for (const auto& [name, section] : *tables) {
    const toml::table* table = section.as_table();
    if (table == nullptr) {
      return Mistake(file, name.source(), fmt::format("{0} has sections of its own: [{0}.NAME]", kind.str()));
    }
    Config& config = configs[std::string(name.str())];
    for (const auto& [key, node] : *table) {
      absl::Status read = ReadSetting(settings, key, node, file, config);
      if (!read.ok()) return read;
    }
  }
  return absl::OkStatus();
}

// Settings that name files; a relative one is taken from the directory of the settings file.
constexpr std::string RouterConfig::*kFileNames[] = {&RouterConfig::map_file,
                                                     &RouterConfig::auth_file,
                                                     &RouterConfig::auth_hba_file,
                                                     &RouterConfig::auth_ident_file,
                                                     &RouterConfig::client_tls_cert_file,
                                                     &RouterConfig::client_tls_key_file,
                                                     &RouterConfig::client_tls_ca_file,
                                                     &RouterConfig::server_tls_cert_file,
                                                     &RouterConfig::server_tls_key_file,
                                                     &RouterConfig::server_tls_ca_file,
                                                     &RouterConfig::log_file};

bool Equal(const Setting& setting, const RouterConfig& a, const RouterConfig& b) {
  return std::visit([&](auto member) { return a.*member == b.*member; }, setting.member);
}

}  // namespace

std::optional<unsigned> SocketMode(std::string_view text) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777) return std::nullopt;
  return mode;
}

absl::StatusOr<RouterConfig> ParseConfig(const std::string& text, const std::string& file) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return Mistake(file, error.source(), std::string(error.description()));
  }

  RouterConfig config;
  for (const auto& [key, node] : table) {
    absl::Status read;
    if (key.str() == "users" && !UserSettings().empty()) {
      read = ReadSections(UserSettings(), key, node, file, config.users);
    } else if (key.str() == "databases" && !DatabaseSettings().empty()) {
      read = ReadSections(DatabaseSettings(), key, node, file, config.databases);
    } else {
      read = ReadSetting(Settings(), key, node, file, config);
    }
    if (!read.ok()) return read;
  }
  const auto lies_somewhere = [](const auto& section) {
    const DatabaseConfig& own = section.second;
    return own.map_file || own.host || own.port || own.dbname || own.user || own.password;
  };
  if (config.map_file.empty() && std::none_of(config.databases.begin(), config.databases.end(), lies_somewhere)) {
    return SqlStatus(sqlstate::kConfigFileError,
                     fmt::format("{}: map_file is missing, and no section [databases.NAME] says where one lies", file));
  }
  if (config.listen_addresses.empty() && config.unix_socket_dir.empty()) {
    return SqlStatus(sqlstate::kConfigFileError,
                     fmt::format("{}: neither listen_addresses nor unix_socket_dir names a place to listen", file));
  }
  if (!SocketMode(config.unix_socket_mode).has_value()) {
    return SqlStatus(sqlstate::kConfigFileError,
                     fmt::format("{}: unix_socket_mode is an octal number between \"0000\" and \"0777\"", file));
  }
  namespace fs = std::filesystem;
  auto resolve = [directory = fs::path(file).parent_path()](std::string& name) {
    if (!name.empty() && fs::path(name).is_relative()) name = (directory / name).string();
  };
  for (std::string RouterConfig::*member : kFileNames) resolve(config.*member);
  for (auto& [name, database] : config.databases) {
    if (database.map_file.has_value()) resolve(*database.map_file);
  }
  return config;
}

absl::StatusOr<RouterConfig> ReadConfig(const std::string& file) {
  std::ifstream in(file);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad()) {
    return SqlStatus(sqlstate::kUndefinedFile, fmt::format("cannot read {}", file));
  }
  return ParseConfig(text, file);
}

absl::Status AssignText(RouterConfig& config, std::string_view name, const std::string& text) {
  const Setting* setting = Find(Settings(), name);
  if (setting == nullptr) {
    return SqlStatus(sqlstate::kUndefinedObject, fmt::format("there is no setting \"{}\"", name));
  }
  if (!setting->reloadable) {
    return SqlStatus(kCantChangeRuntimeParam, fmt::format("{} cannot be changed without a restart", name));
  }
  const auto from_text = [&](auto member) { return FromText(text, &(config.*member)); };
  const RawValue raw = std::visit(from_text, setting->member);
  if (const std::string mistake = Store(*setting, raw, config); !mistake.empty()) {
    return SqlStatus(sqlstate::kInvalidParameterValue, mistake);
  }
  return absl::OkStatus();
}

RouterConfig TakeReloadable(const RouterConfig& current, const RouterConfig& fresh, std::vector<std::string>* changed,
                            std::vector<std::string>* needs_restart) {
  RouterConfig merged = fresh;
  for (const Setting& setting : Settings()) {
    if (Equal(setting, current, fresh)) continue;
    (setting.reloadable ? changed : needs_restart)->emplace_back(setting.name);
    if (setting.reloadable) continue;
    std::visit([&](auto member) { merged.*member = current.*member; }, setting.member);
  }
  if (current.users != fresh.users) changed->emplace_back("users");
  if (current.databases != fresh.databases) changed->emplace_back("databases");
  return merged;
}

}  // namespace pgshoal::main
