#pragma once
// pgshoal inside your own program: how is a statement answered, by which shards, and why?
//
// An Engine holds one shard map and one catalog and never changes: another map or schema is another Engine. It opens no
// connection, except to read the catalog from a server when asked to. Every const member function may be called by any
// number of threads at once; copies of an Engine and its plans share what they hold, and plans may outlive the engine.
//
//   auto engine = api::Engine::Create(api::MapFile{"map.toml"}, api::SchemaFile{"schema.sql"});
//   auto plan = engine->Plan("SELECT * FROM orders WHERE customer_id = $1");
//   auto route = engine->Route(*plan, {{"42"}});   // route->way == Way::kRelay, route->shards == {"shard2"}
//
// Errors are absl::Status values that carry SQLSTATE, position, detail and hint: ToSqlError (base/status.hpp) reads them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/ids.hpp"
#include "base/status.hpp"

namespace pgshoal::plan {
struct Explanation;
}

namespace pgshoal::api {

// Where the shard map comes from: TOML as docs/shard-map.md describes it.
struct MapText {
  std::string toml;
};
struct MapFile {
  std::string path;
};
using MapSource = std::variant<MapText, MapFile>;

// Where tables, columns, types and functions are looked up.
struct SchemaText {
  std::string sql;  // CREATE TABLE …, as pg_dump --schema-only writes it
};
struct SchemaFile {
  std::string path;
};
struct Server {
  std::string conninfo;  // as libpq reads it; blocks while the catalog is read
};
// The home shard's server, at the address that the map gives.
struct HomeServer {
  std::string user;  // when the map names none; empty: libpq's default
};
using CatalogSource = std::variant<SchemaText, SchemaFile, Server, HomeServer>;

enum class Way : std::uint8_t {
  kRelay,       // one shard answers; its bytes pass untouched
  kHome,        // the same for what only the home shard has
  kStream,      // several shards answer, merged while the rows arrive
  kEverywhere,  // every shard runs it
  kCopy,        // COPY of a table on several shards: rows are split by key, or follow one another
  kSession,     // the router itself: transaction blocks, settings, prepared statements
  kRefuse,      // an error, before anything has run
};
// "relay", "home", "stream", "everywhere", "copy", "session", "refuse".
[[nodiscard]] std::string_view NameOf(Way way);

// A bound parameter value.
struct Parameter {
  std::optional<std::string> value;  // nullopt: NULL
  bool binary = false;               // PostgreSQL's binary form of the declared type, instead of text
};

// What is decided about one statement before its parameters are known. Immutable; copies are cheap.
class StatementPlan {
 public:
  // The statement's own text, without the semicolon, and its kind as in a command tag: "SELECT", "CREATE TABLE" …
  [[nodiscard]] const std::string& text() const;
  [[nodiscard]] const std::string& command() const;
  // One sentence: what was proven, or what is in the way.
  [[nodiscard]] const std::string& why() const;
  // The highest $n in the statement.
  [[nodiscard]] int parameter_count() const;
  // Whether the parameters' values decide where it runs, and all the ways that they may lead to; just one when they do
  // not decide.
  [[nodiscard]] bool routed_by_parameters() const;
  [[nodiscard]] const std::vector<Way>& possible_ways() const;
  // The error that it gets whatever the parameters are: 0A000 with position and hint for what cannot be proven right,
  // or PostgreSQL's own, such as 42P01. nullptr: none so far.
  [[nodiscard]] const SqlError* error() const;
  // What the shards run when several answer, where that is not the statement's own text.
  [[nodiscard]] const std::string& shard_sql() const;

 private:
  friend class Engine;
  struct Parts;
  explicit StatementPlan(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
  std::shared_ptr<const Parts> parts_;
};

// Where a statement with known parameters goes.
struct Routing {
  Way way = Way::kRefuse;
  std::vector<std::string> shards;  // names, in the map's order; none for kSession and kRefuse
  bool any_shard = false;           // any one would do: `shards` is the home shard
  std::optional<SqlError> error;    // kRefuse: why
};

struct PlanOptions {
  std::vector<Oid> parameter_types;                 // of $1, $2 …; 0 or missing: not declared
  std::vector<std::string> search_path{"public"};  // schemas in order
};

class Engine {
 public:
  // F0000 for a mistake in the map, 58P01 for a file that cannot be read, 08006 for a server that cannot be reached,
  // 42601 and the like for a schema that PostgreSQL would not accept.
  [[nodiscard]] static absl::StatusOr<Engine> Create(const MapSource& map, const CatalogSource& catalog);

  // Plans exactly one statement. A statement that is refused has a plan; the errors here are PostgreSQL's own for text
  // that it cannot parse (42601 …), and 42601 for no statement or several.
  [[nodiscard]] absl::StatusOr<StatementPlan> Plan(std::string_view sql, const PlanOptions& options = {}) const;
  // Plans each statement of a script by itself, as if those before it had not run. Positions count the script's text.
  [[nodiscard]] absl::StatusOr<std::vector<StatementPlan>> PlanScript(std::string_view sql,
                                                                      const PlanOptions& options = {}) const;

  // Where it goes. Errors: 55000 for a plan of another engine; 22023 unless there are plan.parameter_count() values (a
  // plan that they do not route may have none).
  [[nodiscard]] absl::StatusOr<Routing> Route(const StatementPlan& plan,
                                              const std::vector<Parameter>& parameters = {}) const;

  // Way, shards and reason for people, in lines of "name: value". Errors as Route.
  [[nodiscard]] absl::StatusOr<std::string> Explain(const StatementPlan& plan,
                                                    const std::vector<Parameter>& parameters) const;
  // The same with the parameters left open.
  [[nodiscard]] absl::StatusOr<std::string> Explain(const StatementPlan& plan) const;

  // The map's shards by name, its epoch.
  [[nodiscard]] std::vector<std::string> shards() const;
  [[nodiscard]] Epoch epoch() const;

 private:
  struct State;
  explicit Engine(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  absl::StatusOr<plan::Explanation> Tell(const StatementPlan& plan, const std::vector<Parameter>& parameters) const;
  std::shared_ptr<const State> state_;
};

}  // namespace pgshoal::api
