// A C++ client that knows nothing of shards: creates, reads, updates and deletes through libpqxx, and prints what it is told.
// Usage: pqxx_client CONNECTION-STRING. The tables are there and empty.

#include <fmt/format.h>

#include <exception>
#include <string>
#include <tuple>
#include <vector>

#include <pqxx/pqxx>

namespace {

void Print(const char* title, const pqxx::result& result) {
  fmt::print("-- {}: {} rows, {} affected\n", title, result.size(), result.affected_rows());
  for (const pqxx::row& row : result) {
    std::string line;
    for (const pqxx::field& field : row) {
      line += fmt::format("{}{}={}", line.empty() ? "" : " ", field.name(), field.is_null() ? "NULL" : field.c_str());
    }
    fmt::print("{}\n", line);
  }
}

void ShowError(const char* title, const pqxx::sql_error& error) {
  fmt::print("-- {}: SQLSTATE {}: {}", title, error.sqlstate(), error.what());
}

void Create(pqxx::connection& connection) {
  pqxx::work work(connection);
  work.exec_params("INSERT INTO countries VALUES ($1, $2)", "at", "Austria");
  work.commit();
  for (int id = 1; id <= 8; ++id) {
    pqxx::work insert(connection);
    const pqxx::result result = insert.exec_params(
        "INSERT INTO customers(customer_id, name, balance, country) VALUES ($1, $2, $3, $4) RETURNING customer_id, name",
        id, fmt::format("customer '{}'", id), id * 10.5, "at");
    insert.exec_params("INSERT INTO orders VALUES ($1, $2, $3)", id, 1, id * 2);
    Print("insert", result);
    insert.commit();
  }
}

void Read(pqxx::connection& connection) {
  connection.prepare("by_id", "SELECT name, balance FROM customers WHERE customer_id = $1");
  connection.prepare("total", "SELECT sum(total) AS total FROM orders WHERE customer_id = $1");
  pqxx::read_transaction read(connection);
  for (int id = 1; id <= 9; ++id) {
    Print("prepared", read.exec_prepared("by_id", id));
    Print("prepared total", read.exec_prepared("total", id));
  }
  Print("several shards", read.exec("SELECT customer_id, name, balance FROM customers ORDER BY customer_id"));
  Print("aggregate", read.exec("SELECT count(*), sum(balance), min(name), max(customer_id) FROM customers"));
  Print("join", read.exec("SELECT c.name, o.total, n.name AS country FROM customers c JOIN orders o USING (customer_id) "
                          "JOIN countries n ON n.code = c.country WHERE c.customer_id = 3"));
}

void Update(pqxx::connection& connection) {
  {
    pqxx::work work(connection);
    Print("update", work.exec_params("UPDATE customers SET balance = balance + $2 WHERE customer_id = $1 RETURNING balance", 5, 100));
    {
      pqxx::subtransaction attempt(work, "attempt");
      attempt.exec("UPDATE customers SET name = 'taken back' WHERE customer_id = 5");
      attempt.abort();
    }
    work.commit();
  }
  pqxx::work undone(connection);
  undone.exec("DELETE FROM customers WHERE customer_id = 5");
  undone.abort();
  pqxx::work look(connection);
  Print("after", look.exec("SELECT name, balance FROM customers WHERE customer_id = 5"));
}

void Fail(pqxx::connection& connection) {
  for (const char* sql : {"INSERT INTO customers(customer_id) VALUES (1)", "SELECT nothing FROM customers", "SELEC 1",
                          "SELECT 1/0 FROM customers WHERE customer_id = 2"}) {
    try {
      pqxx::work work(connection);
      work.exec(sql);
    } catch (const pqxx::sql_error& error) {
      ShowError(sql, error);
    }
  }
}

void Copy(pqxx::connection& connection) {
  {
    pqxx::work work(connection);
    pqxx::stream_to to(work, "customers", std::vector<std::string>{"customer_id", "name"});
    for (int id = 101; id <= 120; ++id) to << std::make_tuple(id, fmt::format("tab\tand\\{}", id));
    to.complete();
    work.commit();
  }
  pqxx::work work(connection);
  Print("copied", work.exec("SELECT customer_id, name FROM customers WHERE customer_id > 100 ORDER BY customer_id"));
  pqxx::stream_from from(work, "countries", std::vector<std::string>{"code", "name"});
  std::string line;
  while (from.get_raw_line(line)) fmt::print("{}\n", line);
  from.complete();
}

void Pipeline(pqxx::connection& connection) {
  pqxx::work work(connection);
  pqxx::pipeline pipeline(work);
  std::vector<pqxx::pipeline::query_id> ids;
  for (int id = 1; id <= 8; ++id) {
    ids.push_back(pipeline.insert(fmt::format("SELECT name FROM customers WHERE customer_id = {}", id)));
  }
  for (const auto id : ids) Print("pipeline", pipeline.retrieve(id));
  pipeline.complete();
}

void Delete(pqxx::connection& connection) {
  for (int id : {1, 2, 3, 4, 5, 6, 7, 8}) {
    pqxx::work work(connection);
    Print("delete", work.exec_params("DELETE FROM orders WHERE customer_id = $1", id));
    Print("delete", work.exec_params("DELETE FROM customers WHERE customer_id = $1 RETURNING name", id));
    work.commit();
  }
  for (int id = 101; id <= 120; ++id) {
    pqxx::nontransaction work(connection);
    work.exec_params("DELETE FROM customers WHERE customer_id = $1", id);
  }
  pqxx::nontransaction work(connection);
  work.exec("DELETE FROM countries");
  Print("left", work.exec("SELECT count(*) FROM customers"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    pqxx::connection connection(argv[1]);
    Create(connection);
    Read(connection);
    Update(connection);
    Fail(connection);
    Copy(connection);
    Pipeline(connection);
    Delete(connection);
  } catch (const std::exception& error) {
    fmt::print("failed: {}\n", error.what());
    return 1;
  }
}
