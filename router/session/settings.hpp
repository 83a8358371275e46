#pragma once
// A client's session settings, independent of the server connections that it is lent.
//
// A setting is remembered as the statement that made it (name -> "SET …"). Before a connection is used for the client,
// PrepareStatements says what must run on it so that it carries exactly these settings and no other client's.
// Changes inside a transaction count only once it commits; a rollback, also to a savepoint, takes them back.
// Plain data with an invariant; one session, one thread. States are shared and copied when they are changed: most
// transactions change nothing, and most clients of a program begin with the same settings.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"

namespace pgshoal::session {

class Settings {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  using State = std::shared_ptr<const Map>;  // null rather than empty

  // A default given in the startup packet: what RESET goes back to.
  void SetDefault(std::string_view name, std::string statement);
  const State& defaults() const { return defaults_; }
  // Those of another client that began alike. REQUIRES: nothing has been set here
  void AdoptDefaults(State defaults) { defaults_ = current_ = std::move(defaults); }
  // SET: `statement` as the client wrote it, without a semicolon.
  void Set(std::string_view name, std::string statement);
  void Reset(std::string_view name);
  // RESET ALL keeps role and session authorization, as PostgreSQL does; `everything` (DISCARD ALL) does not.
  void ResetAll(bool everything);

  const Map& current() const { return Of(current_); }
  // What holds outside the transaction that is open now; without one, current().
  const Map& committed() const { return Of(undo_.empty() ? current_ : undo_.front()); }
  // What must follow a RESET of `name` (RESET ALL when empty) on a server, whose own defaults are not the client's.
  std::vector<std::string> DefaultStatements(std::string_view name) const;

  // Transactions. Begin may be called once until Commit or Rollback.
  void Begin();
  void Commit();
  void Rollback();
  void Savepoint();                    // pushes a state …
  void RollbackTo(std::size_t depth);  // … back to the one pushed as number `depth` (0-based), which stays
  void Release(std::size_t depth);     // forgets the states from `depth` on

  // What to run on a connection on which `applied` holds, each statement by itself, outside a transaction.
  std::vector<std::string> PrepareStatements(const Map& applied) const;  // … for committed()

 private:
  static const Map& Of(const State& state) {
    static const Map kEmpty;
    return state == nullptr ? kEmpty : *state;
  }
  static void Put(State* state, std::string_view name, std::string statement);
  static void Erase(State* state, std::string_view name);

  State defaults_, current_;
  absl::InlinedVector<State, 1> undo_;  // [0]: at BEGIN; then one for each savepoint
};

// A constant of SQL.
std::string QuotedLiteral(std::string_view text);

// "SET "name" TO 'value'" with quoting.
std::string SetStatement(std::string_view name, std::string_view value);

// The settings in a startup packet's `options` ("-c name=value --name=value", backslash escapes blanks).
// False when it holds anything else.
bool ParseStartupOptions(std::string_view options, std::vector<std::pair<std::string, std::string>>* settings);

}  // namespace pgshoal::session
