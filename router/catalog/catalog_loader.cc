#include "router/catalog/catalog_loader.hpp"

#include <pqxx/pqxx>

#include "base/status.hpp"
#include "router/catalog/catalog_rows.hpp"

namespace pgshoal::catalog {

namespace {

// libpq tells of a failed login in words alone: its own, and the server's in English.
bool LoginWasRefused(std::string_view words) {
  for (std::string_view part : {"no password supplied", "authentication failed for user", "no pg_hba.conf entry", "role \""}) {
    if (words.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Catalog>> LoadCatalog(const std::string& conninfo, std::uint64_t version) {
  try {
    pqxx::connection connection(conninfo);
    pqxx::transaction<pqxx::repeatable_read, pqxx::read_only> txn(connection);
    txn.exec("set local search_path = pg_catalog");
    CatalogResults results;
    for (std::string_view query : CatalogQueries()) {
      auto& rows = results.emplace_back();
      for (const auto& row : txn.exec(std::string(query))) {
        CatalogRow& fields = rows.emplace_back();
        fields.reserve(row.size());
        for (const auto& field : row) {
          fields.push_back(field.is_null() ? Field{} : Field{std::string(field.c_str(), field.size())});
        }
      }
    }
    return BuildCatalog(results, version);
  } catch (const pqxx::sql_error& error) {
    const std::string state = error.sqlstate();
    return SqlStatus(state.size() == 5 ? std::string_view(state) : sqlstate::kConnectionFailure, error.what());
  } catch (const pqxx::broken_connection& error) {
    const bool refused = LoginWasRefused(error.what());
    return SqlStatus(refused ? sqlstate::kInvalidPassword : sqlstate::kConnectionFailure, error.what());
  } catch (const std::exception& error) {
    return SqlStatus(sqlstate::kConnectionFailure, error.what());
  }
}

}  // namespace pgshoal::catalog
