#pragma once
// The catalogs as rows: which queries to run, and a Catalog made of their results.
//
// For whoever has a connection already: the loader runs the queries in a snapshot of its own, a session inside a
// transaction block runs them there, to see what the block has changed. Pure functions.

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "router/catalog/catalog.hpp"

namespace pgshoal::catalog {

// One value in text format.
struct Field {
  std::optional<std::string> text;

  bool is_null() const { return !text.has_value(); }
  const char* c_str() const { return text.has_value() ? text->c_str() : ""; }
  std::size_t size() const { return text.has_value() ? text->size() : 0; }
  template <class Integer>
  Integer as() const {
    Integer value = 0;
    if (text.has_value()) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  }
};
using CatalogRow = std::vector<Field>;
using CatalogResults = std::vector<std::vector<CatalogRow>>;  // one for each query

// To be run in this order, in one snapshot, with search_path = pg_catalog.
std::span<const std::string_view> CatalogQueries();

// XX000 when there are not as many results as queries. REQUIRES: each row has its query's columns.
absl::StatusOr<std::shared_ptr<const Catalog>> BuildCatalog(const CatalogResults& results, std::uint64_t version);

}  // namespace pgshoal::catalog
