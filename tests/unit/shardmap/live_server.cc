#include "tests/unit/shardmap/live_server.hpp"

#include <gtest/gtest.h>

#include "fmt/format.h"
#include "tests/support/pg_cluster.hpp"

namespace pgshoal::shardmap {
namespace {

std::unique_ptr<test::PgCluster> cluster;

// Stops the server before the program ends, whatever the tests did.
class StopsCluster : public testing::Environment {
 public:
  void TearDown() override { cluster.reset(); }
};
const auto* const kRegistered = testing::AddGlobalTestEnvironment(new StopsCluster);

}  // namespace

LiveServer& LiveServer::Get() {
  static LiveServer server;
  return server;
}

LiveServer::LiveServer() {
  (void)kRegistered;
  auto started = test::PgCluster::Start(1);
  if (!started.ok()) {
    ADD_FAILURE() << started.status();
    std::exit(1);
  }
  cluster = *std::move(started);
  connection_.reset(PQconnectdb(cluster->Conninfo(0).c_str()));
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  Must("SET DateStyle = 'ISO, DMY'");
  Must("SET TimeZone = 'Asia/Kolkata'");
}

LiveResult LiveServer::Query(const std::string& sql, Format format,
                             const std::vector<std::optional<std::string>>& parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  std::unique_ptr<PGresult, decltype(&PQclear)> result(
      PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                   nullptr, static_cast<int>(format)),
      &PQclear);
  LiveResult answer;
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
    const char* state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    answer.sqlstate = state != nullptr ? state : "08006";
    return answer;
  }
  for (int r = 0; r < PQntuples(result.get()); ++r) {
    auto& row = answer.rows.emplace_back();
    for (int c = 0; c < PQnfields(result.get()); ++c) {
      if (PQgetisnull(result.get(), r, c)) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(
            std::string(PQgetvalue(result.get(), r, c), static_cast<std::size_t>(PQgetlength(result.get(), r, c))));
      }
    }
  }
  return answer;
}

LiveResult LiveServer::Must(const std::string& sql, Format format) {
  LiveResult result = Query(sql, format);
  EXPECT_EQ(result.sqlstate, "") << sql << "\n" << PQerrorMessage(connection_.get());
  return result;
}

std::string LiveServer::Quote(std::string_view text) {
  char* quoted = PQescapeLiteral(connection_.get(), text.data(), text.size());
  std::string result = quoted != nullptr ? quoted : "NULL";
  PQfreemem(quoted);
  return result;
}

std::string HashOf(std::string_view expression) {
  return fmt::format("hash_record_extended(ROW({}), 0)", expression);
}

}  // namespace pgshoal::shardmap
