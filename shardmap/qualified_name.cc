#include "shardmap/qualified_name.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include "base/status.hpp"
#include "fmt/format.h"

namespace pgshoal::shardmap {
namespace {

constexpr std::string_view kInvalidName = "42602";

bool StartsUnquoted(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0;
}
bool ContinuesUnquoted(char c) {
  return StartsUnquoted(c) || (c >= '0' && c <= '9') || c == '$';
}
char Fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

absl::Status Invalid(std::string_view text, std::string_view reason) {
  return SqlStatus(kInvalidName, fmt::format("invalid name \"{}\": {}", text, reason));
}

absl::StatusOr<std::string> ReadQuoted(std::string_view text, std::size_t& at) {
  std::string part;
  for (++at; at < text.size(); ++at) {
    if (text[at] != '"') {
      part += text[at];
    } else if (at + 1 < text.size() && text[at + 1] == '"') {
      part += text[at++];
    } else {
      ++at;
      if (part.empty()) return Invalid(text, "a quoted part is empty");
      return part;
    }
  }
  return Invalid(text, "a double quote is not closed");
}

absl::StatusOr<std::vector<std::string>> ReadParts(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (;;) {
    if (at >= text.size()) return Invalid(text, parts.empty() ? "it is empty" : "nothing follows the dot");
    std::string part;
    if (text[at] == '"') {
      auto quoted = ReadQuoted(text, at);
      if (!quoted.ok()) return quoted.status();
      part = *std::move(quoted);
    } else if (StartsUnquoted(text[at])) {
      while (at < text.size() && ContinuesUnquoted(text[at])) part += Fold(text[at++]);
    } else {
      return Invalid(text, fmt::format("'{}' needs double quotes", text[at]));
    }
    if (part.find('\0') != std::string::npos) return Invalid(text, "it has a zero byte");
    if (part.size() > 63) return Invalid(text, "it is longer than 63 bytes");
    parts.push_back(std::move(part));
    if (at == text.size()) return parts;
    if (text[at] != '.') return Invalid(text, fmt::format("'{}' needs double quotes", text[at]));
    ++at;
  }
}

}  // namespace

absl::StatusOr<QualifiedName> ParseQualifiedName(std::string_view text) {
  auto parts = ReadParts(text);
  if (!parts.ok()) return parts.status();
  if (parts->size() == 1) return QualifiedName{"public", std::move((*parts)[0])};
  if (parts->size() == 2) return QualifiedName{std::move((*parts)[0]), std::move((*parts)[1])};
  return Invalid(text, "it has more than a schema and a name");
}

absl::StatusOr<std::string> ParseIdentifier(std::string_view text) {
  auto parts = ReadParts(text);
  if (!parts.ok()) return parts.status();
  if (parts->size() != 1) return Invalid(text, "a single name is expected");
  return std::move((*parts)[0]);
}

std::string PrintIdentifier(std::string_view name) {
  bool plain = !name.empty() && StartsUnquoted(name[0]);
  for (char c : name) plain = plain && ContinuesUnquoted(c) && Fold(c) == c;
  if (plain) return std::string(name);
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string PrintQualifiedName(std::string_view schema, std::string_view name) {
  if (schema.empty() || schema == "public") return PrintIdentifier(name);
  return PrintIdentifier(schema) + "." + PrintIdentifier(name);
}

}  // namespace pgshoal::shardmap
