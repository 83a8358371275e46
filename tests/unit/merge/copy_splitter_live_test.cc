// Random COPY data: what the splitter makes of it against what PostgreSQL makes of it.
//
// Each case is loaded whole into one table, and cut by the splitter, dealt to two tables and loaded there. Both ways
// must end in the same rows with the same keys, or in the same error.

#include <algorithm>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/status.hpp"
#include "router/merge/copy_splitter.hpp"
#include "tests/support/pg_cluster.hpp"
#include "tests/unit/merge/live_connection.hpp"

namespace pgshoal::merge {
namespace {

using test::LiveConnection;
using test::LiveResult;

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::size_t Below(std::size_t n) { return engine_() % n; }
  bool OneIn(std::size_t n) { return Below(n) == 0; }
  template <class T>
  const T& Of(const std::vector<T>& choices) {
    return choices[Below(choices.size())];
  }

 private:
  std::mt19937 engine_;
};

std::string Quoted(std::string_view text) {
  std::string out = "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "'";
}

struct Case {
  plan::CopyIn copy;
  std::string options;        // for the client's COPY
  std::string shard_options;  // the same without the header
  std::string data;
};

void ChooseOptions(Random& random, Case* c) {
  plan::CopyOptions& o = c->copy.options;
  const bool csv = random.OneIn(2);
  o.format = csv ? plan::CopyFormat::kCsv : plan::CopyFormat::kText;
  o.delimiter = random.Of<char>(csv ? std::vector<char>{',', ',', ';', 'a', '\\'} : std::vector<char>{'\t', '|', 'A'});
  o.null_text = random.Of<std::string>(csv ? std::vector<std::string>{"", "", "nil", "x\\"}
                                           : std::vector<std::string>{"\\N", "", "nil", "x\\b"});
  o.quote = csv && random.OneIn(4) ? '\'' : '"';
  o.escape = csv && random.OneIn(3) ? '\\' : o.quote;
  if (csv && o.delimiter == '\\') o.escape = o.quote;
  if (o.null_text.find(o.delimiter) != std::string::npos) o.null_text = "";  // PostgreSQL refuses it
  c->copy.columns = 3;
  c->copy.column_names = {"a", "b", "c"};
  c->copy.key = {{static_cast<int>(random.Below(3)), 25, -1}};
  c->shard_options = fmt::format("FORMAT {}, DELIMITER {}, NULL {}", csv ? "csv" : "text",
                                 Quoted(std::string(1, o.delimiter)), Quoted(o.null_text));
  if (csv) {
    c->shard_options += fmt::format(", QUOTE {}, ESCAPE {}", Quoted(std::string(1, o.quote)),
                                    Quoted(std::string(1, o.escape)));
    if (random.OneIn(3)) {
      o.force_not_null = {true, false, false};
      c->shard_options += ", FORCE_NOT_NULL (a)";
    }
    if (random.OneIn(3)) {
      o.force_null = {false, true, true};
      c->shard_options += ", FORCE_NULL (b, c)";
    }
  }
  c->options = c->shard_options;
  if (random.OneIn(4)) {
    o.header = true;
    o.header_match = random.OneIn(2);
    c->options += o.header_match ? ", HEADER match" : ", HEADER true";
  }
}

std::string RandomField(Random& random, const Case& c) {
  const plan::CopyOptions& o = c.copy.options;
  const std::vector<std::string> atoms = {"a",  "b", "1",   "7",  "x",  "N", ".", "\\", "\\n", "\\\\", "\\x4", "\\101",
                                          "ä",  " ", "\\.", "\\t", std::string(1, o.quote), std::string(1, o.escape),
                                          o.null_text, "\\\n", std::string("\\") + o.delimiter, "nil"};
  std::string field;
  for (std::size_t n = random.Below(4); n > 0; --n) field += random.Of(atoms);
  if (o.format != plan::CopyFormat::kCsv || !random.OneIn(2)) return field;
  // Rightly quoted most of the time, with newlines and delimiters inside.
  std::string quoted(1, o.quote);
  if (random.OneIn(3)) field += random.Of<std::string>({"\n", "\r\n", "\r", std::string(1, o.delimiter)});
  for (const char ch : field) {
    if ((ch == o.quote || ch == o.escape) && !random.OneIn(20)) quoted.push_back(o.escape);
    quoted.push_back(ch);
  }
  return quoted + o.quote;
}

void MakeData(Random& random, Case* c) {
  const std::string eol = random.Of<std::string>({"\n", "\n", "\r\n", "\r"});
  const char delimiter = c->copy.options.delimiter;
  if (c->copy.options.header) {
    c->data += random.OneIn(5) ? "a" : fmt::format("a{0}b{0}c", delimiter);
    c->data += eol;
  }
  for (std::size_t rows = random.Below(6); rows > 0; --rows) {
    const std::size_t fields = random.OneIn(25) ? random.Below(6) : 3;
    for (std::size_t i = 0; i < fields; ++i) {
      if (i > 0) c->data.push_back(delimiter);
      c->data += RandomField(random, *c);
    }
    if (random.OneIn(40)) c->data += random.Of<std::string>({"\r", "\n", "\\", "\\."});
    if (rows > 1 || !random.OneIn(5)) c->data += random.OneIn(40) ? "\n" : eol;
  }
  if (random.OneIn(8)) c->data += "\\." + (random.OneIn(4) ? std::string("x") : eol) + "after";
}

struct Dealt {
  std::string streams[2];
  std::vector<std::string> keys[2];  // NULL as "<null>"
  std::optional<SqlError> error;
};

Dealt Deal(Random& random, const Case& c) {
  Dealt dealt;
  const auto splitter = CopySplitter::Create(c.copy);
  EXPECT_TRUE(splitter.ok());
  CopyRow row;
  std::size_t at = 0;
  std::string piece;
  for (bool ended = false; !ended;) {
    piece = c.data.substr(at, 1 + random.Below(random.OneIn(2) ? 4 : 200));
    at += piece.size();
    ended = piece.empty();
    if (ended) {
      (*splitter)->End();
    } else {
      (*splitter)->Feed(piece);
    }
    while (true) {
      const absl::StatusOr<bool> next = (*splitter)->Next(&row);
      if (!next.ok()) {
        dealt.error = ToSqlError(next.status());
        return dealt;
      }
      if (!*next) break;
      const std::size_t to = random.Below(2);
      dealt.streams[to].append(row.bytes);
      dealt.keys[to].push_back(row.key[0].is_null ? "<null>" : std::string(row.key[0].text));
    }
  }
  return dealt;
}

std::vector<std::string> Rows(LiveConnection& connection, const std::string& sql) {
  std::vector<std::string> rows;
  for (const auto& value : connection.Run(sql).Column(0)) rows.push_back(value.value_or("<null>"));
  return rows;
}

class CopySplitterLive : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::PgCluster::Available()) GTEST_SKIP() << "PostgreSQL's server programs are not installed";
    auto cluster = test::PgCluster::Start(1);
    ASSERT_TRUE(cluster.ok()) << cluster.status();
    cluster_ = *std::move(cluster);
  }
  std::unique_ptr<test::PgCluster> cluster_;
};

TEST_F(CopySplitterLive, AgreesWithPostgres) {
  LiveConnection connection(cluster_->port(0), cluster_->user(), cluster_->database());
  connection.Script(
      "CREATE TEMP TABLE whole (a text, b text, c text, n bigserial);"
      "CREATE TEMP TABLE half0 (LIKE whole INCLUDING DEFAULTS); CREATE TEMP TABLE half1 (LIKE whole INCLUDING DEFAULTS)");
  Random random(15);
  int loaded = 0, failed = 0, rows_loaded = 0;
  for (int round = 0; round < 4000; ++round) {
    Case c;
    ChooseOptions(random, &c);
    MakeData(random, &c);
    const std::string shown =
        fmt::format("round {}: {} key {}\n{}", round, c.options, c.copy.key[0].column, testing::PrintToString(c.data));
    connection.Script("DELETE FROM whole; DELETE FROM half0; DELETE FROM half1");
    const LiveResult expected = connection.CopyIn(fmt::format("COPY whole (a, b, c) FROM STDIN ({})", c.options), c.data);
    const Dealt dealt = Deal(random, c);

    std::optional<SqlError> error = dealt.error;
    for (int i = 0; i < 2 && !error.has_value(); ++i) {
      error = connection.CopyIn(fmt::format("COPY half{} (a, b, c) FROM STDIN ({})", i, c.shard_options), dealt.streams[i]).error;
    }
    ASSERT_EQ(error.has_value(), expected.error.has_value())
        << shown << "\nPostgreSQL: " << (expected.error ? expected.error->message : "fine")
        << "\nsplitter: " << (error ? error->message : "fine");
    if (error.has_value()) {
      ++failed;
      // Escapes that make no valid character are left to the shards, so another mistake may be found first.
      if (expected.error->sqlstate == "22021") continue;
      ASSERT_EQ(error->sqlstate, expected.error->sqlstate) << shown;
      ASSERT_EQ(error->message, expected.error->message) << shown;
      ASSERT_EQ(error->hint, expected.error->hint) << shown;
      continue;
    }
    ++loaded;
    std::vector<std::string> keys[3];
    const std::string key = c.copy.column_names[static_cast<std::size_t>(c.copy.key[0].column)];
    for (int i = 0; i < 2; ++i) keys[i] = Rows(connection, fmt::format("SELECT {} FROM half{} ORDER BY n", key, i));
    ASSERT_EQ(keys[0], dealt.keys[0]) << shown;
    ASSERT_EQ(keys[1], dealt.keys[1]) << shown;
    const std::vector<std::string> whole = Rows(connection, "SELECT ROW(a, b, c)::text FROM whole ORDER BY 1");
    ASSERT_EQ(Rows(connection, "SELECT ROW(a, b, c)::text FROM (TABLE half0 UNION ALL TABLE half1) h ORDER BY 1"), whole) << shown;
    rows_loaded += static_cast<int>(whole.size());
  }
  // The cases are worth something only when both ends occur often.
  EXPECT_GT(loaded, 1200);
  EXPECT_GT(failed, 400);
  EXPECT_GT(rows_loaded, 2000);
}

}  // namespace
}  // namespace pgshoal::merge
