"""Statements that share a plan: the same shape with other constants, after DDL, map changes and search_path changes.

Everything is run several times, so that later runs find what earlier ones left in the plan cache.
"""

import itertools
import unittest

import harness

# Shapes with the constants to be put in their places. psycopg2 sends them as they are, in one simple Query.
SHAPES = [
    ("SELECT id, v FROM items WHERE id = {}", ["1", "2", "-3", "- 4", "2147483647", "2147483648", "-2147483648",
                                              "9223372036854775807", "5.0", "6.5", "7e0", "'8'", "' 9 '", "E'1\\060'",
                                              "'x'", "NULL", "0", "-0", "3000000000000000000000"]),
    ("SELECT id, v FROM items WHERE id IN ({}, {})", ["1", "2", "'3'", "4.0", "77"]),
    ("SELECT v FROM items WHERE id = {}::bigint + 0", ["1", "2", "3"]),
    ("SELECT v FROM items WHERE id = {}::numeric", ["1", "2.0", "3"]),
    ("SELECT count(*) FROM items WHERE id = {} AND n > {}", ["1", "2", "-1", "100000000000", "0.5"]),
    ("SELECT id, n FROM items WHERE id = {} OR id = {} ORDER BY 1", ["1", "2", "3", "1.0"]),
    ("SELECT v || {} FROM items WHERE id = 3", ["'a'", "'b'", "$$c$$", "E'\\n'"]),
    ("SELECT {}, id FROM items WHERE id = 2 ORDER BY 2 LIMIT 1", ["1", "'one'", "1.5", "2147483648", "B'101'", "X'1F'"]),
    ("SELECT id FROM items WHERE id = 4 LIMIT {}", ["1", "0", "'1'", "NULL"]),
    ("SELECT name FROM names WHERE name = {}", ["'a'", "'b'", "'it''s'", "E'it\\'s'", "$x$a$x$", "'nobody'"]),
    ("SELECT v FROM items WHERE id = {} AND v LIKE {}", ["1", "'%1'", "'v%'", "'_'"]),
    ("SELECT count(*) FROM home WHERE a = {}", ["1", "2", "'3'", "1.5"]),
    ("SELECT pg_typeof({})", ["1", "2147483648", "1.0", "'x'", "NULL", "TRUE", "-1", "-2147483648", "-9223372036854775808"]),
    ("SELECT date {} + 1", ["'2024-01-31'", "'2024-02-28'", "'nonsense'"]),
    ("SELECT {}::varchar(2)", ["'abc'", "'de'", "12345"]),
    ("SELECT 1 / {}", ["1", "2", "0", "0.5"]),
]

WRITES = [
    ("INSERT INTO items(id, v, n) VALUES ({}, 'new', 1)", ["1001", "1002", "'1003'", "-1004", "1005.4", "2147483650", "1001"]),
    ("INSERT INTO items VALUES ({}, {}, 1)", ["1010", "1011", "1012", "'1013'"]),
    ("UPDATE items SET n = n + {} WHERE id = {}", ["1", "2", "3", "-4"]),
    ("UPDATE items SET v = {} WHERE id = 5 RETURNING v, n", ["'p'", "'q'", "'r''s'", "7"]),
    ("DELETE FROM items WHERE id = {}", ["1001", "1002", "'1003'", "-1004", "1005"]),
]


class PlanCacheTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id") + harness.sharded_table("names", "name") + harness.sharded_table("b.t", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for statement in (
            "CREATE TABLE items(id bigint PRIMARY KEY, v text, n int)",
            "CREATE TABLE names(name text PRIMARY KEY)",
            "CREATE TABLE home(a int)",
            "INSERT INTO home VALUES (1), (2), (2), (3)",
            "CREATE SCHEMA a", "CREATE SCHEMA b",
            "CREATE TABLE a.t(id int, v text)", "CREATE TABLE b.t(id int, v text)",
        ):
            for connection in (cls.truth, cls.router):
                connection.cursor().execute(statement)
        for key in range(-5, 20):
            for connection in (cls.truth, cls.router):
                connection.cursor().execute("INSERT INTO items VALUES (%s, 'v%s', %s)", (key, key, key * 2))
        for name in ("a", "b", "c", "it's"):
            for connection in (cls.truth, cls.router):
                connection.cursor().execute("INSERT INTO names VALUES (%s)", (name,))

    def each(self, shapes):
        for shape, constants in shapes:
            for chosen in itertools.product(constants, repeat=shape.count("{}")):
                yield shape.format(*chosen)

    def test_shapes(self):
        statements = list(self.each(SHAPES))
        for _ in range(3):
            for sql in statements:
                with self.subTest(sql=sql):
                    self.both(sql)
            statements.reverse()

    def test_other_spellings(self):
        for _ in range(2):
            for sql in ("SELECT v FROM items WHERE id=1", "select  v\nfrom Items where ID = 2 -- here",
                        "/* there */ SELECT V FROM items WHERE id = 3;", 'SELECT "v" FROM "items" WHERE "id" = 4',
                        'SELECT "V" FROM items WHERE id = 4', "SELECT v FROM items WHERE id != 4 AND id = 5",
                        "SELECT v FROM items WHERE id = 5 AND nothing = 6", "SELECT v FROM items WHERE id = 5 AND",
                        "   SELECT v FROM items WHERE id = 5 AND nothing = 7"):
                with self.subTest(sql=sql):
                    self.both(sql)

    def test_writes(self):
        for sql in self.each(WRITES):
            with self.subTest(sql=sql):
                self.both(sql)
        self.both("SELECT id, v, n FROM items")
        self.assert_rows_lie_right("items", "id")

    def test_refused_stays_refused(self):
        for key in range(4):
            with self.subTest(key=key):
                self.assert_refused(f"UPDATE items SET id = {key} WHERE id = {key + 1}")

    def test_search_path(self):
        # The same text names a home table and a sharded one.
        for round_number in range(2):
            for schema in ("a", "b", "a"):
                self.both(f"SET search_path = {schema}")
                for key in range(8):
                    self.both(f"INSERT INTO t VALUES ({key}, '{schema}{round_number}')")
                    self.both(f"SELECT id, v FROM t WHERE id = {key}")
                self.both("RESET search_path")
                self.both("SELECT v FROM t WHERE id = 1")
        self.both("BEGIN")
        self.both("SET LOCAL search_path = b")
        self.both("SELECT v FROM t WHERE id = 3")
        self.both("COMMIT")
        self.both("SELECT v FROM t WHERE id = 3")
        self.both("SELECT count(*) FROM a.t")
        self.both("SELECT count(*) FROM b.t")

    def test_schema_changes(self):
        self.both("CREATE TABLE changing(id int, v text)")
        for _ in range(2):
            self.both("SELECT * FROM changing WHERE id = 1")
        self.both("ALTER TABLE changing ADD COLUMN w int DEFAULT 4")
        self.both("INSERT INTO changing VALUES (1, 'x', 2)")
        self.both("SELECT * FROM changing WHERE id = 1")
        self.both("BEGIN")
        self.both("ALTER TABLE changing DROP COLUMN v")
        self.both("SELECT * FROM changing WHERE id = 1")
        self.both("ROLLBACK")
        self.both("SELECT * FROM changing WHERE id = 1")
        self.both("DROP TABLE changing")
        self.both("SELECT * FROM changing WHERE id = 1")
        self.both("CREATE TABLE changing(id text)")
        self.both("SELECT * FROM changing WHERE id = '1'")
        self.both("DROP TABLE changing")

    def test_failed_block(self):
        self.both("BEGIN")
        self.both("SELECT v FROM items WHERE id = 1")
        self.both("SELECT 1 / 0")
        for _ in range(2):
            self.both("SELECT v FROM items WHERE id = 1")
            self.both("SELECT 1")
        self.both("ROLLBACK")
        self.both("SELECT v FROM items WHERE id = 1")


if __name__ == "__main__":
    unittest.main()
