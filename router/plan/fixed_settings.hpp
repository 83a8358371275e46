#pragma once
// Settings that change what a statement's text means: how constants are read, what `= NULL` asks.
//
// The router reads every statement as PostgreSQL does by default, and every server connection is opened with these
// settings at their defaults, whatever roles, databases and servers say. A client that asks for another value is
// refused: its statements would be routed by one meaning and run by another.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace pgshoal::plan {

// Name and the only value.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kFixedSettings = {{
    {"standard_conforming_strings", "on"},
    {"array_nulls", "on"},
    {"transform_null_equals", "off"},
}};

inline constexpr char kMeaningHint[] =
    "Leave it at its default; write E'…' for constants with escapes, IS NULL for = NULL.";

inline std::string MeaningMessage(std::string_view name) {
  return std::string(name) + " changes what the text of statements means";
}

// True when `name` (lower case) is one of them and `value` is not a way to write its only value.
inline bool ChangesMeaning(std::string_view name, std::string_view value) {
  const auto* fixed = std::find_if(kFixedSettings.begin(), kFixedSettings.end(),
                                   [&](const auto& setting) { return setting.first == name; });
  if (fixed == kFixedSettings.end()) return false;
  std::string lower(value);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (fixed->second == "on") return lower != "on" && lower != "true" && lower != "yes" && lower != "1";
  return lower != "off" && lower != "false" && lower != "no" && lower != "0";
}

inline constexpr char kTemporarySchemaMessage[] = "a search_path with one session's schema of temporary relations";
inline constexpr char kTemporarySchemaHint[] = "Name it pg_temp.";

// True for a search_path that gives a schema of temporary relations its real name, which only one server knows.
template <class Names>
bool NamesTemporarySchema(std::string_view setting, const Names& values) {
  return setting == "search_path" && std::any_of(values.begin(), values.end(), [](const std::string& value) {
           return value.find("pg_temp_") != std::string::npos;
         });
}

}  // namespace pgshoal::plan
