#pragma once
// What a setting's value comes to before any server has seen it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace pgshoal::plan {

// A constant, or a parameter (0-based) and where it stands in the text (bytes).
struct ConfigArgument {
  std::string constant;
  std::optional<int> parameter;
  std::size_t begin = 0;
};
// One set_config(name, value, is_local) of a SELECT that does nothing else.
struct ConfigCall {
  ConfigArgument name, value, is_local;
  std::string column;  // what the client sees its value as
};

// The calls in the text of a plan whose action is a SessionSetting and which returns rows, but is no SHOW.
std::vector<ConfigCall> ConfigCallsOf(std::string_view text);

// search_path's own syntax: names between commas, folded unless quoted (PostgreSQL manual, "The Schema Search Path").
// nullopt when it is malformed.
std::optional<std::vector<std::string>> SplitSearchPath(std::string_view text);

// Why a client may not have this value of a setting, whose name is in lower case. Position 0.
std::optional<SqlError> SettingProblem(std::string_view name, std::string_view value);

// As PostgreSQL compares the names of settings.
inline std::string LowerName(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return lower;
}

}  // namespace pgshoal::plan
