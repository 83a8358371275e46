#pragma once
// The fields of one line of COPY data (PostgreSQL's CopyReadAttributesText and CopyReadAttributesCSV).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "router/plan/plan.hpp"

namespace pgshoal::merge {

// A field as it stands in the line.
struct RawField {
  std::string_view bytes;
  bool plain = true;  // nothing to decode: no backslash (text), no quote (CSV)
};

// Cuts a line into all its fields; `fields` is replaced and keeps its memory. 22P04: a quoted field does not end.
absl::Status SplitFields(const plan::CopyOptions& options, std::string_view line, std::vector<RawField>* fields);

// The value of a field, nothing for NULL; without FORCE_NULL and FORCE_NOT_NULL. What must be decoded is appended to
// `store`, where the view then points: `store` must not move (reserve as much as the line is long).
std::optional<std::string_view> DecodeField(const plan::CopyOptions& options, const RawField& field,
                                            std::string* store);

}  // namespace pgshoal::merge
