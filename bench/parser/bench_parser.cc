// Parses statements many times: `bench_parser ours|normalize|key|theirs WHAT ROUNDS`, where WHAT is one of the names
// below or a file of JSON lines with a member "sql". Without arguments all named ones are timed; with a file alone, its
// statements. Instructions: instructions.py beside this file.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "parser/normalize.hpp"
#include "parser/parser.hpp"
#include "parser/statement_key.hpp"
#ifdef PGSHOAL_HAVE_PG_QUERY
// The raw parse alone, which the library exports without a usable header.
extern "C" {
struct RawParse {
  void* tree;
  char* stderr_buffer;
  void* error;
};
RawParse pg_query_raw_parse(const char* input);
void* pg_query_enter_memory_context();
void pg_query_exit_memory_context(void* context);
}
#endif

namespace {

using pgshoal::parser::Normalize;
using pgshoal::parser::Parse;

std::vector<std::pair<std::string, std::string>> Statements() {
  std::string rows = "INSERT INTO orders (id, customer_id, name, amount, created) VALUES ";
  for (int i = 0; i < 100; ++i) {
    if (i != 0) rows += ", ";
    rows += "(" + std::to_string(i) + ", " + std::to_string(i * 7) + ", 'customer name', 12.50, '2024-01-01')";
  }
  return {
      {"pgbench_select", "SELECT abalance FROM pgbench_accounts WHERE aid = $1;"},
      {"pgbench_update", "UPDATE pgbench_accounts SET abalance = abalance + $1 WHERE aid = $2;"},
      {"orm_select",
       R"(SELECT "o"."id", "o"."customer_id", "o"."status", "o"."total", "o"."currency", "o"."created_at", "o"."updated_at", )"
       R"("o"."shipped_at", "o"."note", "o"."discount", "o"."tax", "o"."channel", "o"."country", "o"."city", "o"."zip" )"
       R"(FROM "orders" AS "o" WHERE "o"."customer_id" = $1 AND "o"."status" IN ('new', 'paid') ORDER BY "o"."created_at" DESC LIMIT 20)"},
      {"tpch_q1",
       "select l_returnflag, l_linestatus, sum(l_quantity) as sum_qty, sum(l_extendedprice) as sum_base_price, "
       "sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + "
       "l_tax)) as "
       "sum_charge, avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, "
       "count(*) as "
       "count_order from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag, "
       "l_linestatus order by l_returnflag, l_linestatus"},
      {"tpch_q5",
       "select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue from customer, orders, lineitem, supplier, "
       "nation, "
       "region where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = "
       "s_nationkey "
       "and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA' and o_orderdate >= date "
       "'1994-01-01' "
       "and o_orderdate < date '1994-01-01' + interval '1' year group by n_name order by revenue desc"},
      {"insert_100", rows}};
}

bool Once(std::string_view who, const std::string& sql) {
  if (who == "ours") return Parse(sql).ok();
  if (who == "normalize") return Normalize(sql).ok();
  if (who == "key") {
    static pgshoal::parser::StatementKey key;
    return key.Scan(sql);
  }
#ifdef PGSHOAL_HAVE_PG_QUERY
  void* context = pg_query_enter_memory_context();
  RawParse parsed = pg_query_raw_parse(sql.c_str());
  bool ok = parsed.error == nullptr;
  free(parsed.stderr_buffer);
  pg_query_exit_memory_context(context);
  return ok;
#else
  return false;
#endif
}

// The statements of a file that parse.
std::vector<std::string> ReadFile(const char* path) {
  std::vector<std::string> statements;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto object = nlohmann::json::parse(line, nullptr, false);
    if (!object.is_object() || !object.contains("sql") || !object["sql"].is_string()) continue;
    auto sql = object["sql"].get<std::string>();
    if (Parse(sql).ok()) statements.push_back(std::move(sql));
  }
  return statements;
}

std::vector<std::string> Find(const char* what) {
  for (auto& [name, sql] : Statements()) {
    if (name == what) return {sql};
  }
  return ReadFile(what);
}

// Per statement.
double Nanoseconds(std::string_view who, const std::vector<std::string>& statements, int rounds) {
  std::size_t failed = 0;
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    for (const std::string& sql : statements) failed += Once(who, sql) ? 0 : 1;
  }
  auto spent = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start);
  if (statements.size() == 1 && failed != 0) return -1;
  return spent.count() / rounds / static_cast<double>(statements.size());
}

void PrintTimes(const std::string& name, const std::vector<std::string>& statements, int rounds) {
  std::printf("%-16s %10.0f %10.0f %10.0f %12.0f\n", name.c_str(), Nanoseconds("ours", statements, rounds),
              Nanoseconds("normalize", statements, rounds), Nanoseconds("key", statements, rounds),
              Nanoseconds("theirs", statements, rounds));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4) {
    const auto statements = Find(argv[2]);
    if (statements.empty()) return 2;
    const double spent = Nanoseconds(argv[1], statements, std::atoi(argv[3]));
    std::printf("%zu statements\n", statements.size());
    return spent < 0 ? 1 : 0;
  }
  std::printf("%-16s %10s %10s %10s %12s\n", "ns/statement", "pgshoal", "normalize", "key", "libpg_query");
  if (argc == 2) {
    const auto statements = Find(argv[1]);
    if (statements.empty()) return 2;
    PrintTimes(std::to_string(statements.size()), statements, 5);
    return 0;
  }
  for (const auto& [name, sql] : Statements()) PrintTimes(name, {sql}, name == "insert_100" ? 2'000 : 20'000);
  return 0;
}
