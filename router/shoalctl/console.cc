#include "router/shoalctl/console.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/status.hpp"
#include "fmt/format.h"

namespace pgshoal::shoalctl {
namespace {

std::string Trimmed(const char* message) {
  std::string text = message != nullptr ? message : "";
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

std::string Field(const PGresult* result, int code) {
  return Trimmed(PQresultErrorField(result, code));
}

// Empty: libpq's own. For root the superuser of `pgshoal dev`, whose servers know no role of that name.
std::string DefaultUser() {
  return geteuid() == 0 && std::getenv("PGUSER") == nullptr ? "postgres" : "";
}

}  // namespace

void Console::Closer::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

absl::StatusOr<Console> Console::Connect(const std::string& url, const std::string& database) {
  // An earlier keyword is a default for the connection string, a later one beats it.
  const std::string user = DefaultUser();
  const char* keywords[] = {"connect_timeout", "user", "dbname", "dbname", "fallback_application_name", nullptr};
  const char* values[] = {"10", user.c_str(), url.c_str(), database.c_str(), "shoalctl", nullptr};
  Console console(PQconnectdbParams(keywords, values, 1));
  if (PQstatus(console.connection_.get()) != CONNECTION_OK) {
    return SqlStatus(sqlstate::kConnectionFailure,
                     fmt::format("cannot connect: {}", Trimmed(PQerrorMessage(console.connection_.get()))), 0,
                     "Is the router running, and is --url right? To work on a map file, give --map FILE.");
  }
  PQsetNoticeProcessor(
      console.connection_.get(), [](void*, const char* message) { fmt::print(stderr, "{}", message); }, nullptr);
  return console;
}

absl::StatusOr<Rows> Console::Query(const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    SqlError error;
    error.sqlstate = Field(result.get(), PG_DIAG_SQLSTATE);
    error.message = Field(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    error.detail = Field(result.get(), PG_DIAG_MESSAGE_DETAIL);
    error.hint = Field(result.get(), PG_DIAG_MESSAGE_HINT);
    if (error.sqlstate.empty() || PQstatus(connection_.get()) != CONNECTION_OK) {
      error.sqlstate = std::string(sqlstate::kConnectionFailure);
    }
    if (error.message.empty()) error.message = Trimmed(PQerrorMessage(connection_.get()));
    return ToStatus(error);
  }
  Rows rows(static_cast<std::size_t>(PQntuples(result.get())));
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      auto& value = rows[static_cast<std::size_t>(r)].emplace_back();
      if (PQgetisnull(result.get(), r, c) != 0) continue;
      value.emplace(PQgetvalue(result.get(), r, c), static_cast<std::size_t>(PQgetlength(result.get(), r, c)));
    }
  }
  return rows;
}

std::string UserOf(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), nullptr),
                                                                             &PQconninfoFree);
  for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view(option->keyword) == "user" && option->val != nullptr) return option->val;
  }
  return DefaultUser();
}

std::string QuoteLiteral(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace pgshoal::shoalctl
