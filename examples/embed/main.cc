// Parses statements, plans them against a shard map and a schema, and prints where they would run. No server is needed.
//
// usage: embed MAP SCHEMA

#include <iostream>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "parser/parser.hpp"
#include "parser/print.hpp"
#include "router/api/engine.hpp"

namespace {

using pgshoal::SqlError;
using pgshoal::ToSqlError;
namespace api = pgshoal::api;

struct Example {
  std::string sql;
  std::vector<api::Parameter> parameters;
};

const std::vector<Example> kExamples = {
    {"select name from customers where customer_id = 7", {}},
    {"SELECT c.name, o.total FROM customers c JOIN orders o USING (customer_id) WHERE c.customer_id = $1", {{"42"}}},
    {"INSERT INTO orders VALUES ($1, 1, 9.90)", {{"7"}}},
    {"SELECT country, count(*), sum(customer_id) FROM customers GROUP BY country", {}},
    {"SELECT name FROM countries ORDER BY name", {}},
    {"CREATE INDEX ON orders (order_id)", {}},
    {"SELECT count(*) FROM customers a JOIN customers b ON a.name = b.name", {}},
    {"SELECT nothing FORM customers", {}},
};

void Report(const SqlError& error) {
  std::cout << "error: " << error.message << " (" << error.sqlstate << ") at character " << error.position << "\n";
}

void Show(const api::Engine& engine, const Example& example) {
  std::cout << "-- " << example.sql << "\n";
  // The parser by itself: text to tree, and back to text.
  auto script = pgshoal::parser::Parse(example.sql);
  if (!script.ok()) return Report(ToSqlError(script.status()));
  std::cout << "printed: " << pgshoal::parser::Print(*(*script)->statements()[0].root) << "\n";

  auto plan = engine.Plan(example.sql);
  if (!plan.ok()) return Report(ToSqlError(plan.status()));
  auto routing = engine.Route(*plan, example.parameters);
  if (!routing.ok()) return Report(ToSqlError(routing.status()));
  std::cout << "routed: " << plan->command() << " by " << NameOf(routing->way) << ":";
  for (const std::string& shard : routing->shards) std::cout << " " << shard;
  std::cout << "\n";
  // The whole plan in words; Explain(*plan) alone leaves the parameters open.
  std::cout << *engine.Explain(*plan, example.parameters);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: embed MAP SCHEMA\n";
    return 2;
  }
  auto engine = api::Engine::Create(api::MapFile{argv[1]}, api::SchemaFile{argv[2]});
  if (!engine.ok()) {
    std::cerr << "embed: " << ToSqlError(engine.status()).message << "\n";
    return 1;
  }
  for (const Example& example : kExamples) {
    Show(*engine, example);
    std::cout << "\n";
  }
}
