#pragma once
// What the planner decides about one statement, and nothing about how it is carried out.
//
// A Plan is immutable once made and depends on the statement's text, the shard map's epoch, the catalog's version, the
// search_path and the declared parameter types; it does not depend on parameter values. The values come in at Bind,
// when the plan's Selector is evaluated to a set of shards (selector.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/status.hpp"
#include "router/plan/selector.hpp"

namespace pgshoal::plan {

// ---- Stream: merging what several shards send -------------------------------------------------------------------

// How values of a sort or group column compare. Always read in binary format (hidden columns are added for it).
enum class SortType : std::uint8_t {
  kBool,
  kInt2,
  kInt4,
  kInt8,
  kOid,
  kFloat4,
  kFloat8,
  kNumeric,
  kDate,
  kTime,
  kTimestamp,
  kTimestamptz,
  kUuid,
  kTextC,   // text, varchar in collation C or POSIX: bytes
  kBpcharC  // char(n) in collation C: bytes without trailing blanks
};

struct SortKey {
  int column = 0;  // 0-based, among the columns that the shards return
  SortType type = SortType::kInt8;
  bool descending = false;
  bool nulls_first = false;
  bool of_output = false;  // `column` counts in `output` instead, after combining (ORDER BY count(*)); in `order` only
};

// LIMIT and OFFSET: a constant, or a parameter (0-based) whose NULL means "no limit" / "no offset".
struct RowBound {
  std::optional<std::int64_t> constant;
  std::optional<int> parameter;
};

enum class Combine : std::uint8_t {
  kPass,   // the shard's value as it stands (group columns and plain columns)
  kSum,    // add the shards' sums, skipping NULL; NULL when all are NULL
  kCount,  // add the shards' counts; never NULL
  kMin,
  kMax,  // by `type`
  kAvg   // sum in `column`, count in `count_column`; divided and rounded as PostgreSQL does
};

struct OutputColumn {
  Combine combine = Combine::kPass;
  int column = 0;        // 0-based, among the columns that the shards return
  int count_column = 0;  // kAvg only
  // kMin, kMax: a hidden shard column with the same value, read in binary and compared, while `column` passes in the
  // client's format; -1: `column` itself is read in binary and rendered (not for dates, times and floats as text).
  int compare_column = -1;
  // kAvg of floats: a hidden shard column with var_pop of the same values, by which PostgreSQL knows an overflow; -1:
  // none.
  int variance_column = -1;
  // kSum, kAvg of floats: a hidden shard column with the session's extra_float_digits, by which the text is written;
  // -1: the shortest form.
  int digits_column = -1;
  SortType type = SortType::kInt8;  // type of the shard's column: kMin, kMax; of the partial sum: kSum, kAvg
  Oid result_type = 0;              // what the client sees; 0: as the shard describes it
  std::string name;                 // column name that the client sees; empty: as the shard describes it
};

struct StreamSpec {
  // What each shard runs; parameters keep their numbers. The first `output.size()` client columns and the hidden ones
  // are described by `output`, `order` and `groups`, which index the shard's columns.
  std::string shard_sql;
  int shard_columns = 0;   // columns that a shard returns; -1: unknown (SELECT *), then output is empty: pass all
  int hidden_columns = 0;  // trailing columns that the client does not see (when output is empty)
  // Per shard column, the columns that the router reads and so wants in binary format.
  std::vector<int> binary_columns;
  std::vector<OutputColumn> output;  // empty: every column but the hidden ones passes as it stands
  std::vector<SortKey> order;        // empty: concatenation in any order
  bool combines = false;             // rows of equal `groups` are combined by `output`; no groups: exactly one row
  std::vector<SortKey> groups;
  std::optional<RowBound> limit, offset;
};

// ---- The actions ------------------------------------------------------------------------------------------------

// Runs where the selector says. Exactly one shard (or none, then any one): the client's own text, untouched.
// More: `stream` when set, else the error `if_several`, before anything has run.
struct RunRouted {
  Selector selector;
  bool writes = true;  // false only when proven that nothing is written or locked
  std::optional<StreamSpec> stream;
  SqlError if_several;
};

// The client's text on every shard (DDL, TRUNCATE, VACUUM, writes of reference tables), tag and rows from the home
// shard. When a statement lists tables of which some live on the home shard only (DROP TABLE, TRUNCATE, VACUUM, GRANT),
// the home shard runs `home_sql` and every other shard `other_sql`; both empty: all run the client's text.
struct RunEverywhere {
  bool transactional = true;  // false: cannot run inside a transaction block (VACUUM, CREATE INDEX CONCURRENTLY)
  bool changes_catalog = false;
  std::string home_sql;
  std::string other_sql;
};

// COPY … TO STDOUT of something spread over shards: the shards' data one after another.
struct CopyOut {
  Selector selector;
  std::string shard_sql;  // for every shard after the first (a CSV header is sent once)
  bool binary = false;    // header and trailer are kept from the first and last only
};

enum class CopyFormat : std::uint8_t { kText, kCsv, kBinary };

struct CopyOptions {
  CopyFormat format = CopyFormat::kText;
  char delimiter = '\t';
  std::string null_text = "\\N";
  char quote = '"';
  char escape = '"';
  bool header = false;
  bool header_match = false;
  std::vector<bool> force_not_null;  // per copied column
  std::vector<bool> force_null;
};

struct CopyKeyColumn {
  int column = 0;  // 0-based, among the copied columns
  Oid type = 0;
  std::int32_t typmod = -1;
};

// COPY … FROM STDIN of a sharded table (rows go by their key) or of a reference table (all rows go everywhere).
struct CopyIn {
  std::string table;                // its bare name, for the context of errors
  bool everywhere = false;
  int columns = 0;                        // how many columns a row has
  std::vector<std::string> column_names;  // of the copied columns: HEADER MATCH, "missing data for column"; or empty
  std::vector<CopyKeyColumn> key;         // in the order of the table's key
  CopyOptions options;
  std::string shard_sql;  // what a shard runs: no HEADER, explicit column list
};

enum class TransactionVerb : std::uint8_t {
  kBegin,
  kCommit,
  kRollback,
  kSavepoint,
  kRelease,
  kRollbackTo,
  kSetTransaction
};

struct TransactionControl {
  TransactionVerb verb = TransactionVerb::kBegin;
  std::string savepoint;
  bool chain = false;  // COMMIT / ROLLBACK AND CHAIN
  std::string sql;  // text to send to a shard that joins (BEGIN … with its modes, SET TRANSACTION …, SAVEPOINT …)
  bool is_start = false;   // START TRANSACTION: another command tag
  bool has_modes = false;  // BEGIN with an isolation level or the like
};

// FETCH, MOVE, CLOSE of a cursor, or of all cursors.
enum class CursorVerb : std::uint8_t { kFetch, kMove, kClose };
struct CursorCommand {
  CursorVerb verb = CursorVerb::kFetch;
  std::string name;                   // empty: CLOSE ALL
  std::optional<std::uint64_t> rows;  // how many forward; UINT64_MAX: all; nothing: it goes another way
};

// What DECLARE says of a cursor besides its query.
struct CursorDeclaration {
  std::string name;
  bool hold = false;
};

enum class SettingVerb : std::uint8_t { kSet, kSetLocal, kReset, kResetAll, kShow };

struct SessionSetting {
  SettingVerb verb = SettingVerb::kSet;
  std::string name;                 // lower case; "role", "session_authorization", "timezone" for the special forms
  bool is_default = false;          // SET x TO DEFAULT
  std::vector<std::string> values;  // the decoded constants of SET, in order; none for set_config (set_config.hpp)
  // SET SESSION CHARACTERISTICS: the settings that it stands for and their values, instead of `name`.
  std::vector<std::pair<std::string, std::string>> several;
};

struct PrepareStatement {
  std::string name;
  std::string query;        // the text of the statement to prepare
  std::vector<Oid> types;   // declared types that are built in
  bool types_known = true;  // false: a declared type is not built in
};
struct ExecuteStatement {
  std::string name;
  struct Argument {
    enum class Kind : std::uint8_t {
      kText,        // a quoted constant: of whatever type the parameter is
      kNull,
      kInteger,     // of 32 bits, and …
      kLongNumber,  // … a whole number that has more: only some types take them
      kExpression   // for a server to compute
    };
    Kind kind = Kind::kText;
    std::string value;  // text form of a constant
  };
  std::vector<Argument> arguments;
};
struct DeallocateStatement {
  std::string name;  // empty: ALL
};
enum class DiscardTarget : std::uint8_t { kAll, kPlans, kSequences, kTemp };
struct DiscardStatement {
  DiscardTarget target = DiscardTarget::kAll;
};

enum class ListenVerb : std::uint8_t { kListen, kUnlisten, kUnlistenAll };
struct ListenCommand {
  ListenVerb verb = ListenVerb::kListen;
  std::string channel;
};

struct EmptyQuery {};

struct Refusal {
  SqlError error;
};

using Action =
    std::variant<RunRouted, RunEverywhere, CopyOut, CopyIn, TransactionControl, SessionSetting, PrepareStatement,
                 ExecuteStatement, DeallocateStatement, DiscardStatement, ListenCommand, CursorCommand, EmptyQuery,
                 Refusal>;

struct Plan {
  Action action;
  std::string text;     // the statement's own text, cut out of what the client sent, without the semicolon
  std::string command;  // what kind it is, as in its command tag: "SELECT", "INSERT", "CREATE TABLE", "BEGIN" …
  bool returns_rows = false;
  bool changes_catalog = false;
  // Runs code that may leave settings, temporary tables or the like behind on its server connection.
  bool leaves_state = false;
  // NOTIFY or pg_notify: whoever listens hears of it when the transaction has committed.
  bool notifies = false;
  // It may leave on its server connection what belongs to this client alone, or take it away: temporary relations, held
  // cursors, advisory locks of the session.
  bool may_pin = false;
  bool changes_temporary = false;  // which temporary relations there are, or their columns; implies may_pin
  bool names_temporary = false;    // reads, writes or changes temporary relations: no two-phase commit
  // A relation, function or type was not in the catalog. A catalog that is older than some other session's DDL may be
  // the reason: reload it and plan again before trusting the plan (the action is then an error such as 42P01).
  bool names_unknown = false;
  std::optional<CursorDeclaration> declares;  // DECLARE CURSOR: the action is its query's, the text its own
  std::string why;  // one sentence for EXPLAIN: what was proven, or what was in the way
};

}  // namespace pgshoal::plan
