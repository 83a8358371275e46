// Parses one statement many times: `bench_parser ours|normalize|theirs STATEMENT ROUNDS`, where STATEMENT is one of the
// names below. Without arguments all are timed. Instructions: run one under `valgrind --tool=callgrind`, with two
// numbers of rounds, and divide the difference.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/normalize.hpp"
#include "parser/parser.hpp"
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
       "sum(l_extendedprice * (1 - l_discount)) as sum_disc_price, sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) as "
       "sum_charge, avg(l_quantity) as avg_qty, avg(l_extendedprice) as avg_price, avg(l_discount) as avg_disc, count(*) as "
       "count_order from lineitem where l_shipdate <= date '1998-12-01' - interval '90' day group by l_returnflag, "
       "l_linestatus order by l_returnflag, l_linestatus"},
      {"tpch_q5",
       "select n_name, sum(l_extendedprice * (1 - l_discount)) as revenue from customer, orders, lineitem, supplier, nation, "
       "region where c_custkey = o_custkey and l_orderkey = o_orderkey and l_suppkey = s_suppkey and c_nationkey = s_nationkey "
       "and s_nationkey = n_nationkey and n_regionkey = r_regionkey and r_name = 'ASIA' and o_orderdate >= date '1994-01-01' "
       "and o_orderdate < date '1994-01-01' + interval '1' year group by n_name order by revenue desc"},
      {"insert_100", rows}};
}

bool Once(std::string_view who, const std::string& sql) {
  if (who == "ours") return Parse(sql).ok();
  if (who == "normalize") return Normalize(sql).ok();
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

double Nanoseconds(std::string_view who, const std::string& sql, int rounds) {
  auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < rounds; ++i) {
    if (!Once(who, sql)) return -1;
  }
  auto spent = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start);
  return spent.count() / rounds;
}

}  // namespace

int main(int argc, char** argv) {
  auto statements = Statements();
  if (argc == 4) {
    for (const auto& [name, sql] : statements) {
      if (name == argv[2]) return Nanoseconds(argv[1], sql, std::atoi(argv[3])) < 0 ? 1 : 0;
    }
    return 2;
  }
  std::printf("%-16s %12s %12s %12s\n", "ns/statement", "pgshoal", "normalize", "libpg_query");
  for (const auto& [name, sql] : statements) {
    int rounds = name == "insert_100" ? 2'000 : 20'000;
    std::printf("%-16s %12.0f %12.0f %12.0f\n", name.c_str(), Nanoseconds("ours", sql, rounds),
                Nanoseconds("normalize", sql, rounds), Nanoseconds("theirs", sql, rounds));
  }
  return 0;
}
