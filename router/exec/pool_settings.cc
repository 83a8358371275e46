#include "router/exec/pool_settings.hpp"

#include <algorithm>
#include <cctype>

namespace pgshoal::exec {
namespace {

constexpr std::string_view kDiscardAll = "DISCARD ALL";
constexpr std::string_view kAnyOther = "*";  // databases without a section of their own
constexpr std::string_view kModeNames[] = {"session", "transaction", "statement"};

const PoolOverrides& Find(const std::map<std::string, PoolOverrides, std::less<>>& overrides, std::string_view name) {
  static const PoolOverrides kNone;
  auto it = overrides.find(name);
  return it == overrides.end() ? kNone : it->second;
}

const PoolOverrides& OfDatabase(const std::map<std::string, PoolOverrides, std::less<>>& databases,
                                std::string_view name) {
  return Find(databases, databases.contains(name) ? name : kAnyOther);
}

// The user's word, else the database's, else everybody's.
template <class T>
T Choose(const std::optional<T>& user, const std::optional<T>& database, const T& otherwise) {
  return user.value_or(database.value_or(otherwise));
}

}  // namespace

std::string_view NameOf(PoolMode mode) {
  return kModeNames[static_cast<int>(mode)];
}

std::optional<PoolMode> PoolModeNamed(std::string_view name) {
  for (PoolMode mode : {PoolMode::kSession, PoolMode::kTransaction, PoolMode::kStatement}) {
    if (NameOf(mode) == name) return mode;
  }
  return std::nullopt;
}

PoolLimits PoolSettings::LimitsFor(std::string_view database, std::string_view server_user) const {
  const PoolOverrides& of_user = Find(users, server_user);
  const PoolOverrides& of_database = OfDatabase(databases, database);
  PoolLimits limits;
  limits.size = Choose(of_user.pool_size, of_database.pool_size, default_pool_size);
  if (limits.size == 0) limits.size = PoolLimits::kNoLimit;
  limits.min_size = Choose(of_user.min_pool_size, of_database.min_pool_size, min_pool_size);
  limits.reserve = Choose(of_user.reserve_pool_size, of_database.reserve_pool_size, reserve_pool_size);
  limits.max_db_connections = of_database.max_connections.value_or(max_db_connections);
  limits.max_user_connections = of_user.max_connections.value_or(max_user_connections);
  limits.server_lifetime = Choose(of_user.server_lifetime, of_database.server_lifetime, server_lifetime);
  return limits;
}

std::string_view PoolSettings::ResetQuery() const {
  std::string_view query = server_reset_query;
  const auto blank = [](char c) { return c == ';' || std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!query.empty() && blank(query.back())) query.remove_suffix(1);
  while (!query.empty() && blank(query.front())) query.remove_prefix(1);
  const bool plain = std::equal(query.begin(), query.end(), kDiscardAll.begin(), kDiscardAll.end(),
                                [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; });
  return plain ? std::string_view() : query;
}

ClientRules PoolSettings::RulesFor(std::string_view database, std::string_view client_user) const {
  const PoolOverrides& u = Find(users, client_user);
  const PoolOverrides& d = OfDatabase(databases, database);
  ClientRules rules;
  rules.mode = Choose(u.pool_mode, d.pool_mode, pool_mode);
  rules.always_reset = server_reset_query_always && !server_reset_query.empty();
  rules.client_idle_timeout = Choose(u.client_idle_timeout, d.client_idle_timeout, client_idle_timeout);
  rules.idle_transaction_timeout =
      Choose(u.idle_transaction_timeout, d.idle_transaction_timeout, idle_transaction_timeout);
  rules.query_wait_timeout = u.query_wait_timeout.has_value() ? u.query_wait_timeout : d.query_wait_timeout;
  rules.query_timeout = Choose(u.query_timeout, d.query_timeout, query_timeout);
  rules.transaction_timeout = Choose(u.transaction_timeout, d.transaction_timeout, transaction_timeout);
  return rules;
}

int PoolSettings::MaxClientsOfUser(std::string_view user) const {
  return Find(users, user).max_client_connections.value_or(max_user_client_connections);
}

int PoolSettings::MaxClientsOfDatabase(std::string_view database) const {
  return OfDatabase(databases, database).max_client_connections.value_or(max_db_client_connections);
}

}  // namespace pgshoal::exec
