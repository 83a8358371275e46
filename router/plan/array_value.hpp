#pragma once
// Internal to plan/: the elements of a one-dimensional array value, as text or binary.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"

namespace pgshoal::plan {

struct ArrayElements {
  Oid element_type = 0;                            // from the binary header; 0 for text
  std::vector<std::optional<std::string>> values;  // nullopt: NULL
};

// PostgreSQL's array input syntax (manual, "Array Input and Output Syntax") and its binary send format. nullopt for
// what is not one-dimensional, has bounds, or is malformed: then nothing is known about the elements.
std::optional<ArrayElements> ReadTextArray(std::string_view text);
std::optional<ArrayElements> ReadBinaryArray(std::string_view bytes);

// The element type of a built-in array type; 0 when unknown.
Oid ElementTypeOf(Oid array_type);

}  // namespace pgshoal::plan
