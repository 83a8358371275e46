#!/usr/bin/env python3
"""Batches of the extended protocol that come in one piece, and the same message by message: the answers are those of
plain PostgreSQL, whichever way the router takes them."""

import struct
import time
import unittest

import harness
import wire_client
from wire_client import bind_body, message, zero

INT4, TEXT, NUMERIC = 23, 25, 1700

SYNC = message("S")
DESCRIBE = message("D", b"P\0")
SELECT = "SELECT id, name, price FROM items WHERE id = $1"
INSERT = "INSERT INTO items(id, name, price) VALUES ($1, $2, $3)"


def parse(sql, name="", types=()):
    return message("P", zero(name) + zero(sql) + struct.pack(f"!h{len(types)}I", len(types), *types))


def bind(*values, statement="", portal="", formats=(), result_formats=()):
    return message("B", bind_body(portal, statement, values, formats, result_formats))


def execute(rows=0, portal=""):
    return message("E", zero(portal) + struct.pack("!i", rows))


def whole(sql, *values, **how):
    return parse(sql) + bind(*values, **how) + DESCRIBE + execute() + SYNC


def simple(sql):
    return message("Q", zero(sql))


def pieces(data):
    """The messages of `data`, one by one."""
    while data:
        length = struct.unpack_from("!i", data, 1)[0] + 1
        yield data[:length]
        data = data[length:]


class WholeBatchesTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id") + harness.reference_table("countries")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE items(id int PRIMARY KEY, name text, price numeric(10,2) CHECK (price >= 0))")
            cursor.execute("CREATE TABLE countries(code text PRIMARY KEY, name text NOT NULL)")
            for number in range(1, 13):
                cursor.execute("INSERT INTO items VALUES (%s, %s, %s)", (number, f"item {number}", number * 1.25))
            cursor.execute("INSERT INTO countries VALUES ('at', 'Austria'), ('de', 'Germany')")

    def answers(self, port, steps, in_pieces):
        """What comes back for each step: bytes that are answered by so many ReadyForQuery, one unless said."""
        found = []
        with wire_client.connect(port) as client:
            for step in steps:
                data, ready = step if isinstance(step, tuple) else (step, 1)
                for piece in pieces(data) if in_pieces else [data]:
                    client.send(piece).flush()
                    if in_pieces:
                        time.sleep(0.002)
                found.append([client.read() for _ in range(ready)])
        return found

    def same(self, *steps):
        expected = self.answers(self.plain.port, steps, False)
        self.clean()
        # The first time the router learns the statements, from then on it knows them.
        for in_pieces in (True, False, False, True, False):
            self.assertEqual(self.answers(self.dev.port, steps, in_pieces), expected, f"in pieces: {in_pieces}")
            self.clean()
        return expected

    def clean(self):
        for connection in (self.truth, *self.shard_connections):
            connection.cursor().execute("DELETE FROM items WHERE id > 12")
            connection.cursor().execute("UPDATE items SET name = 'item ' || id WHERE name NOT LIKE 'item %'")

    def test_rows_of_one_shard(self):
        for key in (1, 2, 3, 4, 99):
            answer = self.same(whole(SELECT, key), whole(SELECT, key, result_formats=(1,)),
                               parse(SELECT) + bind(key) + execute() + SYNC,
                               parse(SELECT, types=(INT4,)) + bind(struct.pack("!i", key), formats=(1,)) + DESCRIBE +
                               execute() + SYNC)
            self.assertEqual([m[0] for m in answer[0][0]], list("12TDCZ" if key < 13 else "12TCZ"))

    def test_no_key_or_several_shards(self):
        self.same(whole("SELECT count(*), sum(price) FROM items"), whole("SELECT name FROM countries WHERE code = $1", "at"),
                  whole("SELECT $1::int + 1", 41), whole("SELECT id FROM items WHERE id IN ($1, $2) ORDER BY id", 1, 2),
                  whole("SELECT id FROM items WHERE id = $1 AND id = $2", 1, 2))

    def test_writes(self):
        self.same(whole(INSERT, 100, "x", "1.50"), whole(SELECT, 100), whole(INSERT, 100, "again", "1"), whole(SELECT, 100),
                  whole(INSERT, 101, "negative", "-1"), whole(SELECT, 101),
                  whole("UPDATE items SET name = $2 WHERE id = $1 RETURNING id, name", 3, "three"), whole(SELECT, 3),
                  whole("DELETE FROM items WHERE id = $1", 100), whole(SELECT, 100))

    def test_errors_of_each_message(self):
        division = "SELECT 1 / $1::int, name FROM items WHERE id = $2"
        self.same(whole(SELECT, "x"), whole(SELECT, 1), bind() + execute() + SYNC, bind(1, 2) + execute() + SYNC,
                  whole(division, 0, 1), whole(division, 1, 1), whole("SELECT nothing FROM items WHERE id = $1", 1),
                  whole("SELEC 1"), whole(SELECT, 2), bind(1, statement="none") + DESCRIBE + execute() + SYNC,
                  parse(SELECT) + bind(1) + execute(portal="none") + SYNC, whole(SELECT, 3))

    def test_blocks(self):
        division = "SELECT 1 / $1::int, name FROM items WHERE id = $2"
        self.same(simple("BEGIN"), whole(SELECT, 1), whole(SELECT, 2), whole(SELECT, 3), whole(SELECT, 4),
                  whole(INSERT, 200, "in a block", "2"), whole(SELECT, 200), simple("ROLLBACK"), whole(SELECT, 200),
                  simple("BEGIN"), whole(SELECT, 1), whole(division, 0, 1), whole(SELECT, 1), whole(SELECT, 2),
                  simple("ROLLBACK"), whole(SELECT, 1),
                  whole("BEGIN"), whole(INSERT, 201, "kept", "3"), simple("SAVEPOINT s"), whole(INSERT, 201, "twice", "3"),
                  simple("ROLLBACK TO s"), whole(SELECT, 201), whole("COMMIT"), whole(SELECT, 201))

    def test_the_unnamed_statement_stays(self):
        again = bind(2) + DESCRIBE + execute() + SYNC
        self.same(whole(SELECT, 1), again, again, whole("SELECT 1 WHERE $1 = 2", 1), again, whole("SELEC 1"), again,
                  whole(SELECT, 1), simple("SELECT 1"), again, whole(SELECT, 5), bind("x") + execute() + SYNC, again)

    def test_named_statements(self):
        def run(name, *values):
            return bind(*values, statement=name) + DESCRIBE + execute() + SYNC
        self.same(parse(SELECT, "s") + SYNC, run("s", 1), run("s", 2), run("s", 3), run("s"), run("s", "x"), run("t", 1),
                  parse(SELECT, "s") + bind(1, statement="s") + execute() + SYNC,
                  parse(INSERT, "i") + bind(300, "n", "1", statement="i") + execute() + SYNC, run("i", 301, "n", "1"),
                  run("i", 301, "n", "1"), run("s", 301), simple("BEGIN"), run("s", 1), run("i", 302, "n", "-1"), run("s", 1),
                  simple("ROLLBACK"), run("s", 1), message("C", b"Ss\0") + SYNC, run("s", 1), run("i", 303, "n", "1"))

    def test_portions(self):
        one = parse("SELECT generate_series(1, 3), name FROM items WHERE id = $1") + bind(4) + DESCRIBE + execute(1) + SYNC
        more = execute(1) + SYNC
        self.same(one, more, simple("BEGIN"), one, more, execute() + SYNC, more, whole(SELECT, 1), more, simple("COMMIT"), more)

    def test_several_at_once(self):
        self.same((whole(SELECT, 1) + whole(SELECT, 2) + whole(SELECT, 3), 3),
                  (whole(SELECT, 1) + simple("SELECT 1") + whole(SELECT, "x") + whole(SELECT, 2), 4),
                  parse(SELECT) + bind(1) + execute() + bind(2) + execute() + SYNC,
                  parse(SELECT) + bind(1) + execute() + whole(SELECT, 1),
                  (simple("BEGIN") + whole(SELECT, 1) + whole(INSERT, 400, "n", "-1") + whole(SELECT, 1) + simple("COMMIT"), 5),
                  (parse("SELECT 1") + SYNC + whole(SELECT, 2) + SYNC + whole(SELECT, 2), 4))

    def test_bytes_that_do_not_fit(self):
        for wrong in (bind(1)[:1] + struct.pack("!i", len(bind(1))) + bind(1)[5:] + b"\0" + execute() + SYNC,
                      bind(1) + DESCRIBE + message("E", b"\0\0\0") + SYNC,
                      bind(1) + message("D", b"X\0") + execute() + SYNC):
            self.same(whole(SELECT, 1), wrong, whole(SELECT, 1))


if __name__ == "__main__":
    unittest.main()
