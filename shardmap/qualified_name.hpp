#pragma once
// Names of tables and columns as SQL writes them: an unquoted part is folded to lower case, a part in double quotes
// stands as it is ("" inside for one "). PostgreSQL manual, "Identifiers and Key Words".

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pgshoal::shardmap {

struct QualifiedName {
  std::string schema;  // "public" when the text names none
  std::string name;

  friend bool operator==(const QualifiedName&, const QualifiedName&) = default;
};

// Reads `name`, `schema.name`, `"Schema"."na.me"`. 42602 with the reason when the text is no name.
[[nodiscard]] absl::StatusOr<QualifiedName> ParseQualifiedName(std::string_view text);

// Reads one identifier, the same way.
[[nodiscard]] absl::StatusOr<std::string> ParseIdentifier(std::string_view text);

// The shortest text that reads back as the name; without the schema when that is "public".
[[nodiscard]] std::string PrintQualifiedName(std::string_view schema, std::string_view name);
[[nodiscard]] std::string PrintIdentifier(std::string_view name);

}  // namespace pgshoal::shardmap
