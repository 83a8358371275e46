#!/usr/bin/env python3
"""Of a statement that is refused nothing runs: the servers log every statement, and none of its text is there.

Each statement carries a comment of its own, which would be in the log of any server that was sent a part of it.
"""

import itertools
import time
import unittest

import harness
import query_client

MAP = harness.column_rule("k") + harness.reference_table("words") + harness.sharded_table("pairs", "a", "b") + "group = 'pairs'\n"

# Statement, and a word of the message that names what is in the way.
REFUSED = {
    "rows of several shards": [
        "INSERT INTO t VALUES (101, 'a'), (102, 'b'), (103, 'c'), (104, 'd'), (105, 'e'), (106, 'f')",
        "INSERT INTO t SELECT k + 100, v FROM t",
        "INSERT INTO t SELECT g, 'x' FROM generate_series(100, 110) g",
        "INSERT INTO t (k) VALUES (100 + 1)",
        "INSERT INTO t (k) SELECT id FROM home",
        "INSERT INTO home SELECT k, v FROM t",
        "UPDATE t SET v = 'x'",
        "UPDATE t SET v = 'x' WHERE k IN (1, 2, 3, 4, 5, 6)",
        "UPDATE t SET v = 'x' WHERE k = 1 OR v = 'y'",
        "UPDATE t SET v = 'x' WHERE k > 3",
        "UPDATE t SET k = 5 WHERE k = 1",
        "UPDATE t SET v = (SELECT max(v) FROM t) WHERE k = 1",
        "UPDATE t SET v = u.v FROM u WHERE u.v = t.v",
        "UPDATE pairs SET v = 'x' WHERE a = 1",
        "DELETE FROM t",
        "DELETE FROM t WHERE v = 'x'",
        "DELETE FROM t USING home WHERE home.id = t.k",
        "WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d",
        "WITH d AS (DELETE FROM t WHERE k = 1 RETURNING *) INSERT INTO home SELECT d.k, d.v FROM d, u",
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t WHERE k IN (1, 2, 3, 4, 5, 6) FOR NO KEY UPDATE",
        "MERGE INTO t USING u ON t.k = u.k WHEN MATCHED THEN DELETE",
    ],
    "joins that are not shard by shard": [
        "SELECT * FROM t a JOIN t b ON a.v = b.v",
        "SELECT * FROM t, u",
        "SELECT * FROM t JOIN home ON home.id = t.k",
        "SELECT * FROM words LEFT JOIN t ON t.k = words.id",
        "SELECT * FROM t RIGHT JOIN words ON t.k = words.id",
        "SELECT * FROM pairs x JOIN pairs y ON x.a = y.a",
        "SELECT * FROM t JOIN pairs ON t.k = pairs.a",
        "SELECT * FROM t, pg_class",
        "SELECT * FROM t TABLESAMPLE SYSTEM (50) LIMIT 1",
        "SELECT * FROM t, LATERAL (SELECT * FROM u WHERE u.v = t.v) x",
    ],
    "subqueries over shards": [
        "SELECT * FROM t WHERE v IN (SELECT v FROM u)",
        "SELECT (SELECT count(*) FROM t)",
        "SELECT * FROM words WHERE id IN (SELECT k FROM t)",
        "SELECT * FROM t WHERE k = (SELECT max(k) FROM u)",
        "SELECT * FROM (SELECT * FROM t ORDER BY k LIMIT 2) x",
        "SELECT count(*) FROM (SELECT DISTINCT v FROM t) x",
        "WITH x AS (SELECT v FROM t) SELECT a.v FROM x a JOIN x b ON a.v = b.v",
        "SELECT v FROM t UNION SELECT v FROM u",
        "SELECT k FROM t EXCEPT SELECT k FROM u WHERE v = 'x'",
        "SELECT k FROM t INTERSECT SELECT id FROM home",
    ],
    "what is not merged": [
        "SELECT row_number() OVER () FROM t",
        "SELECT count(DISTINCT v) FROM t",
        "SELECT string_agg(v, ',') FROM t",
        "SELECT array_agg(k) FROM t",
        "SELECT stddev(k) FROM t",
        "SELECT t.count FROM t",
        "SELECT (x).count FROM t x",
        "SELECT (x.*).json_agg FROM t x",
        "SELECT (coalesce(x, x)).count FROM t x",
        "SELECT v, count(*) FROM t GROUP BY v HAVING count(*) > 1",
        "SELECT v, count(*) FROM t GROUP BY ROLLUP (v)",
        "SELECT DISTINCT ON (v) v, k FROM t ORDER BY v, k",
        "SELECT v FROM t ORDER BY v FETCH FIRST 1 ROWS WITH TIES",
        "SELECT k FROM t ORDER BY k LIMIT (SELECT 1)",
        "SELECT ctid FROM t",
        "SELECT tableoid FROM t",
        "SELECT xmin FROM t",
    ],
    "once or everywhere": [
        "SELECT nextval('home_seq'), k FROM t",
        "SELECT pg_backend_pid(), k FROM t",
        "SELECT currval('home_seq')",
        "SELECT lastval()",
        "SELECT t.reads_for_row FROM t",
        "SELECT public.t.reads_for_row FROM t WHERE k = 1",
        "SELECT k FROM t WHERE (t).reads_for_row > 1",
        "SELECT (x.*).reads_for_row FROM t x",
        "SELECT ((SELECT t FROM t WHERE k = 1)).reads_for_row",
        "CREATE TABLE counting(k int, n int DEFAULT reads_tables())",
        "CREATE TABLE counting(id int, n int CHECK (n < reads_tables()))",
        "ALTER TABLE home ADD COLUMN n bigint DEFAULT reads_tables()",
        "CREATE DOMAIN few AS int CHECK (VALUE < reads_tables())",
        "CREATE CAST (t AS bigint) WITH FUNCTION reads_for_row(t)",
        "INSERT INTO follows (v) VALUES ('x')",
        "INSERT INTO follows VALUES (DEFAULT, 'x')",
        "UPDATE follows SET id = DEFAULT",
        "COPY follows (v) FROM STDIN",
        "SELECT setseed(0.5)",
        "SELECT query_to_xml('SELECT * FROM t', true, true, '')",
        "SELECT reads_tables()",
        "SELECT reads_tables() FROM t WHERE k = 1",
        "INSERT INTO counted (k) VALUES (1)",
        "INSERT INTO words VALUES (5, random()::text)",
        "INSERT INTO words SELECT id, v FROM home",
        "UPDATE words SET w = now()::text",
        "DELETE FROM words WHERE id IN (SELECT k FROM t WHERE k = 1)",
    ],
    "the key itself": [
        "ALTER TABLE t DROP COLUMN k",
        "ALTER TABLE t RENAME COLUMN k TO other",
        "ALTER TABLE t ALTER COLUMN k TYPE text",
        "CREATE TABLE loose (k int, id int PRIMARY KEY)",
        "CREATE UNIQUE INDEX loose_v ON t (v)",
    ],
    "sessions": [
        "PREPARE TRANSACTION 'x'",
        "CREATE TEMP TABLE passing AS SELECT * FROM t",
        "CREATE FUNCTION pg_temp.passing() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DECLARE c SCROLL CURSOR FOR SELECT * FROM t",
        "DECLARE c CURSOR WITH HOLD FOR SELECT * FROM t",
        "DO 'BEGIN DELETE FROM t; END'",
        "CREATE TABLE copied AS SELECT * FROM t",
        "SELECT * INTO copied FROM t",
        "LOCK TABLE t",
        "COPY t FROM PROGRAM 'cat /etc/hostname'",
        "COPY t TO '/tmp/pgshoal-test-copy'",
        "COPY (SELECT v FROM t ORDER BY v) TO STDOUT",
    ],
}

# With parameters: refused when the values are known.
REFUSED_VALUES = [
    ("UPDATE t SET v = 'x' WHERE k IN ($1, $2, $3, $4, $5, $6)", (1, 2, 3, 4, 5, 6)),
    ("DELETE FROM t WHERE k = ANY ($1)", ("{1,2,3,4,5,6}",)),
    ("INSERT INTO t (k) VALUES ($1), ($2), ($3), ($4), ($5), ($6)", (101, 102, 103, 104, 105, 106)),
    ("SELECT * FROM t WHERE k = $1 OR k = $2 OR k = $3 OR k = $4 OR k = $5 FOR UPDATE", (1, 2, 3, 4, 5)),
    ("SELECT DISTINCT ON (v) v FROM t WHERE k IN ($1, $2, $3, $4, $5) ORDER BY v", (1, 2, 3, 4, 5)),
]


class RefusalTest(harness.RouterTestCase):
    MAP = MAP
    ARGUMENTS = ("--postgres-set", "fsync=off")
    numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wire = query_client.Client("127.0.0.1", cls.dev.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.wire.close)
        cls.plain_wire = query_client.Client("127.0.0.1", cls.plain.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.plain_wire.close)
        for sql in ("CREATE TABLE t(k int, v text)", "CREATE TABLE u(k int, v text)",
                    "CREATE TABLE words(id int PRIMARY KEY, w text)", "CREATE TABLE pairs(a int, b int, v text)",
                    "CREATE TABLE home(id int, v text)", "CREATE SEQUENCE home_seq",
                    "CREATE FUNCTION reads_for_row(t) RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM u'",
                    "CREATE TABLE counted(k int, id serial)",
                    "CREATE TABLE follows(id bigint DEFAULT currval('home_seq'), v text)",
                    "CREATE FUNCTION reads_tables() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM t'",
                    "INSERT INTO home VALUES (1, 'x')", "INSERT INTO words VALUES (1, 'x')",
                    *(f"INSERT INTO t VALUES ({k}, 'v{k}')" for k in range(1, 21)),
                    *(f"INSERT INTO u VALUES ({k}, 'v{k}')" for k in range(1, 21)),
                    *(f"INSERT INTO pairs VALUES ({k % 3}, {k}, 'v')" for k in range(1, 21))):
            for client in (cls.wire, cls.plain_wire):
                answer = client.one(sql)
                if answer.error:
                    raise AssertionError(f"{sql}: {answer}")

    def logs(self):
        """What the servers have logged since the last call."""
        self.offsets = getattr(self, "offsets", {})
        text = {}
        for shard in range(self.SHARDS):
            path = self.dev.directory / f"shard{shard}.log"
            with path.open("rb") as file:
                file.seek(self.offsets.get(shard, 0))
                text[shard] = file.read().decode(errors="replace")
                self.offsets[shard] = file.tell()
        return text

    def marked(self, sql):
        mark = f"refusal{next(self.numbers)}x"
        return mark, f"{sql} /* {mark} */"

    def check_nothing_ran(self, sql, mark):
        for shard, text in self.logs().items():
            self.assertNotIn(mark, text, f"{sql}: sent to shard {shard}")
            # Nor a part of it in the router's own words.
            for line in text.splitlines():
                if "statement: " in line or "execute " in line:
                    statement = line.split(": ", 2)[-1]
                    self.assertNotRegex(statement.upper(), r"^(INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|COPY|LOCK)\b",
                                        f"{sql}: shard {shard} was sent {statement}")

    def check_refusal(self, sql, answer):
        error = answer.error or {}
        self.assertEqual(error.get("C"), "0A000", f"{sql}: {answer}")
        self.assertEqual(error.get("S"), "ERROR")
        self.assertTrue(error.get("M"), sql)
        self.assertTrue(error.get("H"), f"{sql}: a refusal has a hint: {error}")
        if "P" in error:
            self.assertTrue(1 <= int(error["P"]) <= len(sql), f"{sql}: position {error['P']}")

    def contents(self):
        return [self.on_shards(f"SELECT * FROM {table} ORDER BY 1, 2")
                for table in ("t", "u", "pairs", "words")] + [self.on_shards("SELECT count(*) FROM pg_class")]

    def test_the_log_would_tell(self):
        """The marks of statements that do run are in the logs: else nothing here could fail."""
        self.logs()
        mark, sql = self.marked("SELECT count(*) FROM t")
        self.assertIsNone(self.wire.one(sql).error)
        time.sleep(0.1)
        seen = [shard for shard, text in self.logs().items() if mark in text or "count(*)" in text]
        self.assertEqual(seen, [0, 1, 2, 3])
        mark, sql = self.marked("UPDATE t SET v = 'v1' WHERE k = 1")
        self.assertIsNone(self.wire.extended(sql).error)
        time.sleep(0.1)
        self.assertEqual(sum(mark in text for text in self.logs().values()), 1)

    def run_kind(self, kind):
        before = self.contents()
        for statement in REFUSED[kind]:
            with self.subTest(statement):
                mark, sql = self.marked(statement)
                self.plain_wire.one("BEGIN")
                expected = self.plain_wire.one(statement)
                self.plain_wire.one("ROLLBACK")
                if kind not in ("sessions", "once or everywhere"):
                    self.assertIsNone(expected.error, f"PostgreSQL itself must take {statement}")
                self.logs()
                self.check_refusal(sql, self.wire.one(sql))
                self.assertEqual(self.wire.status, "I")
                self.check_refusal(sql, self.wire.extended(sql))
                self.assertEqual(self.wire.status, "I")
                answers = self.wire.simple(f"SELECT 1; {sql}; SELECT 2")
                self.assertEqual(len(answers), 2, sql)
                self.assertEqual(answers[0].rows, [(b"1",)])
                self.assertEqual((answers[1].error or {}).get("C"), "0A000", sql)
                self.wire.one("BEGIN")
                self.check_refusal(sql, self.wire.one(sql))
                self.assertEqual(self.wire.status, "E")
                self.assertEqual(self.wire.one("COMMIT").tag, "ROLLBACK")
                time.sleep(0.005)
                self.check_nothing_ran(statement, mark)
        self.assertEqual(self.contents(), before)

    def test_values(self):
        before = self.contents()
        for statement, values in REFUSED_VALUES:
            with self.subTest(statement):
                mark, sql = self.marked(statement)
                self.logs()
                parameters = [query_client.Parameter(0, str(v).encode()) for v in values]
                self.check_refusal(sql, self.wire.extended(sql, parameters))
                literals = sql
                for number, value in reversed(list(enumerate(values, 1))):
                    literals = literals.replace(f"${number}", f"'{value}'")
                self.check_refusal(literals, self.wire.one(literals))
                time.sleep(0.005)
                executed = [line for text in self.logs().values() for line in text.splitlines()
                            if mark in line and ("execute " in line or "statement: " in line)]
                self.assertEqual(executed, [], statement)
        self.assertEqual(self.contents(), before)

    def test_refused_in_the_middle_of_a_transaction(self):
        """What ran before is undone with the block; the refused statement itself never ran."""
        before = self.contents()
        self.wire.one("BEGIN")
        self.assertEqual(self.wire.one("UPDATE t SET v = 'changed' WHERE k = 1").tag, "UPDATE 1")
        self.logs()
        mark, sql = self.marked("DELETE FROM t")
        self.check_refusal(sql, self.wire.one(sql))
        self.assertEqual(self.wire.one("SELECT 1").error["C"], "25P02")
        time.sleep(0.05)
        self.check_nothing_ran(sql, mark)
        self.assertEqual(self.wire.one("COMMIT").tag, "ROLLBACK")
        self.assertEqual(self.contents(), before)

    def test_serializable_over_several_shards(self):
        """However the level was said, the statement for another shard is refused before that shard hears of it."""
        for opening in (["BEGIN ISOLATION LEVEL SERIALIZABLE"], ["BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
                        ["SET default_transaction_isolation = serializable", "BEGIN"]):
            with self.subTest(opening[-1]):
                for sql in opening:
                    self.assertIsNone(self.wire.one(sql).error)
                self.assertIsNone(self.wire.one("SELECT v FROM t WHERE k = 1").error)
                self.logs()
                mark, sql = self.marked("SELECT count(*) FROM t")
                self.check_refusal(sql, self.wire.one(sql))
                self.assertEqual(self.wire.one("ROLLBACK").tag, "ROLLBACK")
                time.sleep(0.05)
                logged = [line for text in self.logs().values() for line in text.splitlines()
                          if mark in line or "BEGIN" in line.upper() or "count(*)" in line]
                self.assertEqual(logged, [])
                self.wire.one("RESET default_transaction_isolation")


for name in REFUSED:
    setattr(RefusalTest, "test_" + name.replace(" ", "_").replace(",", ""),
            lambda self, kind=name: self.run_kind(kind))

if __name__ == "__main__":
    unittest.main()
