#include "router/main/config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/status.hpp"

namespace pgshoal::main {
namespace {

using Strings = std::vector<std::string>;

absl::Status Mistake(const std::string& file, const toml::source_region& where, const std::string& message) {
  return SqlStatus(sqlstate::kConfigFileError, fmt::format("{}:{}: {}", file, where.begin.line, message));
}

std::string TypeOf(const Setting& setting) {
  static constexpr std::string_view kNames[] = {"integer", "string", "array of strings"};
  return std::string(kNames[setting.member.index()]);
}

// The mistake in a value, or nothing; a right one is stored.
std::string Assign(const Setting& setting, int RouterConfig::*member, const toml::node& node, RouterConfig& config) {
  const auto* value = node.as_integer();
  if (value == nullptr) return fmt::format("{} is an integer", setting.name);
  if (value->get() < setting.min || value->get() > setting.max) {
    return fmt::format("{} is between {} and {}", setting.name, setting.min, setting.max);
  }
  config.*member = static_cast<int>(value->get());
  return {};
}

std::string Assign(const Setting& setting, std::string RouterConfig::*member, const toml::node& node,
                   RouterConfig& config) {
  const auto* value = node.as_string();
  if (value == nullptr) return fmt::format("{} is a string", setting.name);
  const auto& choices = setting.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value->get()) == choices.end()) {
    return fmt::format("{} is one of: {}", setting.name, fmt::join(choices, ", "));
  }
  config.*member = value->get();
  return {};
}

std::string Assign(const Setting& setting, Strings RouterConfig::*member, const toml::node& node,
                   RouterConfig& config) {
  const auto* array = node.as_array();
  Strings strings;
  if (array != nullptr) {
    for (const toml::node& element : *array) {
      if (const auto* text = element.as_string()) strings.push_back(text->get());
    }
  }
  if (array == nullptr || strings.size() != array->size()) {
    return fmt::format("{} is an array of strings", setting.name);
  }
  config.*member = std::move(strings);
  return {};
}

std::string DefaultOf(const Setting& setting) {
  if (setting.required) return "none: must be given";
  const RouterConfig defaults;
  struct Printer {
    const RouterConfig& config;
    std::string operator()(int RouterConfig::*member) const { return fmt::format("`{}`", config.*member); }
    std::string operator()(std::string RouterConfig::*member) const { return fmt::format("`\"{}\"`", config.*member); }
    std::string operator()(Strings RouterConfig::*member) const {
      return fmt::format("`[{}]`", fmt::join(Quoted(config.*member), ", "));
    }
    static Strings Quoted(Strings strings) {
      for (std::string& text : strings) text = fmt::format("\"{}\"", text);
      return strings;
    }
  };
  return std::visit(Printer{defaults}, setting.member);
}

std::string BoundsOf(const Setting& setting) {
  if (!setting.choices.empty()) return fmt::format("{}", fmt::join(setting.choices, ", "));
  if (setting.member.index() == 0) return fmt::format("{} to {}", setting.min, setting.max);
  return "";
}

}  // namespace

const std::vector<Setting>& Settings() {
  static const std::vector<Setting> settings = {
      {.name = "listen_addresses",
       .member = &RouterConfig::listen_addresses,
       .description = "Addresses on which clients are accepted; \"*\" means all. An empty array: unix socket only."},
      {.name = "port",
       .member = &RouterConfig::port,
       .description = "TCP port for clients, and the number in the unix socket's name.",
       .min = 1,
       .max = 65535},
      {.name = "unix_socket_dir",
       .member = &RouterConfig::unix_socket_dir,
       .description = "Directory in which the unix socket `.s.PGSQL.PORT` is made; empty: none."},
      {.name = "map_file",
       .member = &RouterConfig::map_file,
       .description = "The shard map (shard-map.md), which also names the database. A relative path is taken from the "
                      "directory of the settings file. The map in it is read again on SIGHUP.",
       .required = true},
      {.name = "auth",
       .member = &RouterConfig::auth,
       .description = "How clients prove who they are. `trust` asks for no password: listen only where every client "
                      "may be trusted.",
       .choices = {"trust"}},
      {.name = "server_user",
       .member = &RouterConfig::server_user,
       .description = "User name towards the shards for which the map names none; empty: the client's own."},
      {.name = "server_password",
       .member = &RouterConfig::server_password,
       .description = "Password towards the shards for which the map has none."},
      {.name = "control_user",
       .member = &RouterConfig::control_user,
       .description = "As whom the router reads the shards' catalogs; empty: server_user."},
      {.name = "pool_size",
       .member = &RouterConfig::pool_size,
       .description = "Most connections to one shard for one user.",
       .min = 1,
       .max = 10'000},
      {.name = "pool_wait_timeout",
       .member = &RouterConfig::pool_wait_timeout,
       .description = "Seconds that a statement waits for a connection to become free before it fails.",
       .min = 1,
       .max = 86'400},
      {.name = "connect_timeout",
       .member = &RouterConfig::connect_timeout,
       .description = "Seconds to connect and log in to a shard.",
       .min = 1,
       .max = 3600},
      {.name = "max_clients",
       .member = &RouterConfig::max_clients,
       .description = "Most clients at one time; more are turned away.",
       .min = 1,
       .max = 1'000'000},
      {.name = "login_timeout",
       .member = &RouterConfig::login_timeout,
       .description = "Seconds within which a client must have logged in.",
       .min = 1,
       .max = 3600},
      {.name = "worker_threads",
       .member = &RouterConfig::worker_threads,
       .description = "Threads that serve clients; 0: one for each processor.",
       .min = 0,
       .max = 1024},
      {.name = "io",
       .member = &RouterConfig::io,
       .description = "How bytes move: io_uring, or epoll; auto takes io_uring where the kernel allows it.",
       .choices = {"auto", "io_uring", "epoll"}},
  };
  return settings;
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
    const auto is_it = [&key = key](const Setting& setting) { return setting.name == key.str(); };
    const auto setting = std::find_if(Settings().begin(), Settings().end(), is_it);
    if (setting == Settings().end()) {
      return Mistake(file, key.source(), fmt::format("there is no setting \"{}\"", key.str()));
    }
    const auto assign = [&, &node = node](auto member) { return Assign(*setting, member, node, config); };
    if (const std::string mistake = std::visit(assign, setting->member); !mistake.empty()) {
      return Mistake(file, node.source(), mistake);
    }
  }
  for (const Setting& setting : Settings()) {
    if (setting.required && !table.contains(setting.name)) {
      return SqlStatus(sqlstate::kConfigFileError, fmt::format("{}: {} is missing", file, setting.name));
    }
  }
  if (config.listen_addresses.empty() && config.unix_socket_dir.empty()) {
    return SqlStatus(sqlstate::kConfigFileError,
                     fmt::format("{}: neither listen_addresses nor unix_socket_dir names a place to listen", file));
  }
  namespace fs = std::filesystem;
  if (fs::path(config.map_file).is_relative()) {
    config.map_file = (fs::path(file).parent_path() / config.map_file).string();
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

std::string SettingsReference() {
  std::string text =
      "# Settings of `pgshoal run`\n\n"
      "The file named by `--config` is TOML: one `name = value` a line, all at the top level. Names not listed here\n"
      "are mistakes. This page is printed by `pgshoal run --print-settings`.\n\n"
      "| name | type | values | default | changes on reload | meaning |\n|---|---|---|---|---|---|\n";
  for (const Setting& setting : Settings()) {
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", setting.name, TypeOf(setting), BoundsOf(setting),
                        DefaultOf(setting), setting.reloadable ? "yes" : "no", setting.description);
  }
  return text;
}

}  // namespace pgshoal::main
