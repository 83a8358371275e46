#pragma once
// How PostgreSQL compares values, on their binary forms.
//
// The comparison is that of the type's default operator class: numeric NaN and float NaN above all else and equal to
// themselves, -0 equal to 0, infinite dates and timestamps at the ends, text and char(n) in collation C (char(n)
// without trailing blanks).

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "router/plan/plan.hpp"
#include "router/wire/backend.hpp"

namespace pgshoal::merge {

// 22P03 when `bytes` cannot be a value of that type. Must pass before the functions below.
absl::Status CheckValue(plan::SortType type, std::string_view bytes);

// Below zero, zero, above zero, for two values that are not NULL. REQUIRES: both pass CheckValue.
int CompareValues(plan::SortType type, std::string_view a, std::string_view b);

// With the key's direction and place of NULLs. REQUIRES: values that are not NULL pass CheckValue.
int CompareByKey(const plan::SortKey& key, const wire::Value& a, const wire::Value& b);

// Appends bytes that are equal exactly for values that GROUP BY holds equal (NULL equals NULL); no key is a prefix of
// another. REQUIRES: a value that is not NULL passes CheckValue.
void AppendGroupKey(std::string* out, plan::SortType type, const wire::Value& value);

}  // namespace pgshoal::merge
