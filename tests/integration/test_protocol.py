#!/usr/bin/env python3
"""The wire protocol message by message: each scenario against plain PostgreSQL and against pgshoal over four shards."""

import struct
import threading
import time
import unittest

import harness
import wire_client
from wire_client import message, packet, zero

INT2, INT4, INT8, TEXT, NUMERIC, BOOL, UNKNOWN = 21, 23, 20, 25, 1700, 16, 705


def int4(value):
    return struct.pack("!i", value)


class ProtocolTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id") + harness.reference_table("countries")
    ROWS = 24

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE items(id int PRIMARY KEY, name text, price numeric(10,2) CHECK (price >= 0))")
            cursor.execute("CREATE TABLE notes(id int PRIMARY KEY, body text)")
            cursor.execute("CREATE TABLE countries(code text PRIMARY KEY, name text NOT NULL)")
            for number in range(1, cls.ROWS + 1):
                cursor.execute("INSERT INTO items VALUES (%s, %s, %s)", (number, f"item {number}", number * 1.25))
            cursor.execute("INSERT INTO notes VALUES (1, 'one'), (2, NULL), (3, '')")
            cursor.execute("INSERT INTO countries VALUES ('at', 'Austria')")
        # `near` are two keys of one shard, `far` lies on another, neither on the home shard.
        by_shard = [[key for key in range(1, cls.ROWS + 1) if cls.shard_of(key) == shard] for shard in range(cls.SHARDS)]
        cls.near, cls.far = by_shard[1][:2], by_shard[2][0]
        cls.fresh = 1000

    def setUp(self):
        # What a failed test has left behind.
        for connection in (self.truth, *self.shard_connections):
            connection.cursor().execute("DELETE FROM items WHERE id > %s", (self.ROWS,))
        for connection in (self.truth, self.shard_connections[0]):
            connection.cursor().execute("DELETE FROM notes WHERE id > 3")

    @classmethod
    def new_keys(cls, count, shard=None):
        """Keys that no row has yet; of one shard when it is named."""
        found = []
        while len(found) < count:
            cls.fresh += 1
            if shard is None or cls.shard_of(cls.fresh) == shard:
                found.append(cls.fresh)
        return found

    @classmethod
    def shard_of(cls, key):
        cursor = cls.truth.cursor()
        cursor.execute("SELECT ((hashint8extended(%s, 0) & %s) * %s / %s)::int",
                       (key, harness.SLOTS - 1, cls.SHARDS, harness.SLOTS))
        return cursor.fetchone()[0]

    def same(self, scenario, **login):
        """Runs it on both; what it returns must be equal. Returns the router's."""
        expected, answer = [self.run_on(port, scenario, login) for port in (self.plain.port, self.dev.port)]
        self.assertEqual(answer, expected)
        return answer

    def run_on(self, port, scenario, login):
        with wire_client.connect(port, **login) as client:
            return scenario(client)

    def same_but_context(self, scenario):
        """`same` for errors that the router finds itself: PostgreSQL's context (W) may be missing there, not differ."""
        expected, answer = [self.run_on(port, scenario, {}) for port in (self.plain.port, self.dev.port)]
        self.forgive_context(expected, answer)
        self.assertEqual(answer, expected)

    def forgive_context(self, expected, answer):
        if isinstance(expected, dict) and isinstance(answer, dict):
            if "W" not in answer:
                expected.pop("W", None)
        elif isinstance(expected, (list, tuple)) and isinstance(answer, (list, tuple)):
            for one, other in zip(expected, answer):
                self.forgive_context(one, other)

    def same_queries(self, *texts, **login):
        return self.same(lambda client: [(text, client.ask(text)) for text in texts], **login)

    def same_batch(self, *steps, **login):
        """Steps of requests, each followed by reading up to ReadyForQuery."""
        def scenario(client):
            answers = []
            for step in steps:
                step(client)
                answers.append(client.sync().read())
            return answers
        return self.same(scenario, **login)

    # ---- the simple query protocol
    def test_empty_queries(self):
        self.same_queries("", ";", "  ", "-- nothing", "/* nothing */", ";;;", "SELECT 1;;")

    def test_several_statements(self):
        self.same_queries("SELECT 1; SELECT 2 AS two, NULL::text, ''; SELECT 'x' WHERE false", ";;SELECT 1;;",
                          f"SELECT name FROM items WHERE id = {self.near[0]}; SELECT name FROM items WHERE id = {self.far}",
                          "SELECT count(*) FROM items; SELECT id FROM items ORDER BY id DESC LIMIT 3; SELECT 1")

    def test_rows_of_all_kinds(self):
        self.same_queries(f"SELECT FROM items WHERE id = {self.near[0]}", "SELECT", "SELECT * FROM notes ORDER BY id",
                          "SELECT * FROM items ORDER BY id", "SELECT name, id FROM items WHERE id = 3",
                          "SELECT id FROM items WHERE false", "SELECT true, 1.50, '{1,2}'::int[], now() IS NULL, 'a'::\"char\"",
                          "SELECT repeat('x', 300000)", "SELECT code, name FROM countries",
                          "SELECT count(*), min(id), max(price), sum(id), avg(id) FROM items")

    def test_error_in_the_middle(self):
        self.same_queries("SELECT 1; SELECT 1/0; SELECT 2", "SELECT 1; SELEC 2", "SELECT 1; SELECT nothing; SELECT 2",
                          "SELECT 'äöü'; SELECT nothing FROM notes", "SELECT 'ä' FROM items WHERE id = 1; SELECT 1 FROM nowhere")

    def test_errors(self):
        self.same_queries("SELECT", "SELEC 1", "SELECT 'open", "SELECT 1 +", "SELECT * FROM nowhere", "SELECT nothing FROM items",
                          f"SELECT nothing FROM items WHERE id = {self.far}", "SELECT f(1)", "SELECT 1/0", "SELECT 'x'::int",
                          f"SELECT 'ä', price / 0 FROM items WHERE id = {self.near[0]}",
                          f"INSERT INTO items VALUES ({self.near[0]}, 'twice', 1)",
                          f"INSERT INTO items VALUES ({self.near[0]}, 'negative', -1)",
                          "INSERT INTO notes VALUES (1, 'twice')", "INSERT INTO countries VALUES ('de', NULL)",
                          "SELECT 1/(id-5) FROM items WHERE id = 5", "SELECT $1", "SELECT 1 WHERE 1",
                          "SELECT 'ä', name FROM items WHERE id = $2 AND name LIKE $1", "SELECT 1;  SELECT id FROM items WHERE id > $1 ORDER BY id")

    def test_errors_of_what_would_be_refused(self):
        # Wrong in itself, and over several shards at that: either reason is a right answer.
        for sql in ("SELECT id FROM items ORDER BY nothing", "SELECT count(id, id) FROM items"):
            expected, answer = [self.run_on(port, lambda client: client.ask(sql), {}) for port in (self.plain.port, self.dev.port)]
            if answer[0][1]["C"] != "0A000":
                self.assertEqual(answer, expected)
            self.assertEqual([m[0] for m in answer], ["E", "Z"])

    def test_implicit_transaction_of_several_statements(self):
        key = self.new_keys(1)[0]
        self.same_queries("INSERT INTO notes VALUES (10, 'a'); SELECT 1/0", "SELECT count(*) FROM notes WHERE id = 10",
                          "INSERT INTO notes VALUES (10, 'a'); COMMIT; SELECT 1/0", "SELECT count(*) FROM notes WHERE id = 10",
                          "BEGIN; DELETE FROM notes WHERE id = 10; COMMIT; SELECT 1/0",
                          "SELECT count(*) FROM notes WHERE id = 10",
                          f"INSERT INTO items VALUES ({key}, 'a', 1); SELECT count(*) FROM items WHERE id = {key}; SELECT 1/0",
                          f"SELECT count(*) FROM items WHERE id = {key}")

    def test_transaction_states(self):
        self.same_queries("BEGIN", "SELECT 1", "SELECT 1/0", "SELECT 1", "COMMIT", "SELECT 1",
                          "BEGIN; SELECT 1; COMMIT; BEGIN", "ROLLBACK", "START TRANSACTION READ ONLY",
                          "INSERT INTO notes VALUES (11, 'no')", "ROLLBACK", "BEGIN", "SELEC 1", "SELECT 1", "ABORT", "END")

    def test_warnings_of_transaction_statements(self):
        self.same_queries("COMMIT", "ROLLBACK", "BEGIN", "BEGIN", "COMMIT", "SAVEPOINT a", "ROLLBACK TO a", "RELEASE a",
                          "SET LOCAL work_mem = '1MB'", "COMMIT AND CHAIN", "SET TRANSACTION READ ONLY")

    def test_savepoints(self):
        self.same_queries("BEGIN", "SAVEPOINT a", "INSERT INTO notes VALUES (12, 'a')", "SAVEPOINT b", "SELECT 1/0",
                          "SELECT 1", "ROLLBACK TO b", "SELECT count(*) FROM notes WHERE id = 12", "RELEASE a",
                          "ROLLBACK TO a", "ROLLBACK", "SELECT count(*) FROM notes WHERE id = 12",
                          "BEGIN", "SAVEPOINT a", f"UPDATE items SET name = 'x' WHERE id = {self.far}", "ROLLBACK TO SAVEPOINT a",
                          "COMMIT AND CHAIN", f"SELECT name FROM items WHERE id = {self.far}", "ROLLBACK AND CHAIN", "COMMIT")

    def test_shard_joins_after_savepoint_and_settings(self):
        self.same_queries("BEGIN ISOLATION LEVEL REPEATABLE READ", "SET LOCAL TimeZone = 'Asia/Tokyo'", "SAVEPOINT a",
                          f"SELECT current_setting('TimeZone'), current_setting('transaction_isolation') FROM items WHERE id = {self.near[0]}",
                          f"SELECT current_setting('TimeZone'), current_setting('transaction_isolation') FROM items WHERE id = {self.far}",
                          "ROLLBACK TO a", f"SELECT name FROM items WHERE id = {self.far}", "COMMIT", "SHOW TimeZone")

    def test_notices(self):
        self.same_queries("DROP TABLE IF EXISTS nowhere", "CREATE TABLE IF NOT EXISTS items(id int)",
                          "CREATE TABLE IF NOT EXISTS notes(id int)", "DROP VIEW IF EXISTS nowhere",
                          "CREATE TABLE long_lived(id int, a_column_with_a_name_that_is_longer_than_sixty_three_characters_in_all int)",
                          "DROP TABLE long_lived")
        self.same_batch(lambda c: c.run("DROP TABLE IF EXISTS nowhere"))

    def test_tags(self):
        keys = self.new_keys(3)
        self.same_queries(*[f"INSERT INTO items VALUES ({key}, 'tag', 1)" for key in keys],
                          f"INSERT INTO items VALUES ({keys[0]}, 'tag', 1) ON CONFLICT DO NOTHING",
                          f"UPDATE items SET price = 2 WHERE id = {keys[0]} RETURNING id, price",
                          *[f"DELETE FROM items WHERE id = {key}" for key in keys],
                          "UPDATE notes SET body = body", "DELETE FROM notes WHERE false", "SELECT id FROM items ORDER BY id LIMIT 5",
                          "CREATE TABLE tagged(id int)", "ALTER TABLE tagged ADD v text", "CREATE INDEX tagged_id ON tagged(id)",
                          "TRUNCATE tagged", "DROP TABLE tagged", "CREATE SCHEMA s", "CREATE VIEW s.v AS SELECT 1 AS one",
                          "SELECT * FROM s.v", "DROP SCHEMA s CASCADE", "SHOW search_path", "RESET ALL", "DISCARD ALL")

    # ---- the extended query protocol
    def test_unnamed_statement_and_portal(self):
        self.same_batch(lambda c: c.run("SELECT 1"), lambda c: c.run("SELECT $1::int + 1", ["41"]),
                        lambda c: c.run("SELECT name FROM items WHERE id = $1", [str(self.near[0])]),
                        lambda c: c.run("SELECT name FROM items WHERE id = $1", [str(self.far)]),
                        lambda c: c.run("SELECT id, name FROM items WHERE id > $1 ORDER BY id", ["3"]),
                        lambda c: c.run("SELECT count(*), sum(price) FROM items WHERE id < $1", ["13"]),
                        lambda c: c.run("SELECT body FROM notes WHERE id = $1", ["2"]))

    def test_empty_statement(self):
        self.same_batch(lambda c: c.run(""), lambda c: c.run(";"), lambda c: c.run("-- nothing"),
                        lambda c: c.parse("nothing", "").describe("S", "nothing"))

    def test_named_statement_over_several_syncs(self):
        self.same_batch(lambda c: c.parse("by_id", "SELECT name FROM items WHERE id = $1", [INT4]).describe("S", "by_id"),
                        *[lambda c, key=key: c.bind("", "by_id", [str(key)]).execute("") for key in range(1, 13)],
                        lambda c: c.bind("", "by_id", [None]).describe("P", "").execute(""),
                        lambda c: c.close_target("S", "by_id"), lambda c: c.bind("", "by_id", ["1"]).execute(""))

    def test_unnamed_statement_lives_over_sync(self):
        self.same_batch(lambda c: c.parse("", "SELECT name FROM items WHERE id = $1"),
                        *[lambda c, key=key: c.bind("", "", [str(key)]).execute("") for key in (*self.near, self.far)],
                        lambda c: c.describe("S", ""), lambda c: c.close_target("S", ""),
                        lambda c: c.bind("", "", ["1"]).execute(""))

    def test_simple_query_ends_the_unnamed_statement(self):
        self.same(lambda c: [c.parse("", "SELECT 1").sync().read(), c.ask("SELECT 2"), c.bind("", "").execute("").sync().read()])

    def test_describe(self):
        self.same_batch(lambda c: c.parse("a", "SELECT id, name, price FROM items WHERE id = $1").describe("S", "a"),
                        lambda c: c.bind("p", "a", ["1"], result_formats=[1, 0, 0]).describe("P", "p"),
                        lambda c: c.parse("b", "INSERT INTO items VALUES ($1, $2, $3)").describe("S", "b"),
                        lambda c: c.parse("c", "INSERT INTO items VALUES ($1, $2, $3) RETURNING name").describe("S", "c"),
                        lambda c: c.parse("d", "SELECT id FROM items ORDER BY price").describe("S", "d"),
                        lambda c: c.bind("", "d").describe("P", ""),
                        lambda c: c.parse("e", "SELECT count(*) FROM items WHERE price > $1").describe("S", "e"),
                        lambda c: c.parse("f", "BEGIN").describe("S", "f"), lambda c: c.parse("g", "SHOW TimeZone").describe("S", "g"),
                        lambda c: c.bind("", "g").describe("P", "").execute(""),
                        lambda c: c.parse("h", "CREATE TABLE never(id int)").describe("S", "h"),
                        lambda c: c.parse("i", "SET work_mem = '1MB'").describe("S", "i"),
                        lambda c: c.parse("j", "UPDATE countries SET name = $1 WHERE code = $2").describe("S", "j"))

    def test_parse_now_bind_later(self):
        def scenario(client):
            answers = [client.parse("s", "SELECT name, price FROM items WHERE id = $1").describe("S", "s").sync().read()]
            for key in (self.far, *self.near):
                client.bind("", "s", [str(key)]).execute("").sync()
            return answers + [client.read() for _ in range(3)]
        self.same(scenario)

    def test_pipeline_over_one_sync(self):
        def to_one_shard(client):
            for key in self.near * 20:
                client.run("SELECT name FROM items WHERE id = $1", [str(key)])
        def to_all_shards(client):
            for key in range(1, self.ROWS + 1):
                client.run("SELECT name FROM items WHERE id = $1", [str(key)])
        def mixed(client):
            client.run("SELECT 1").run("SELECT name FROM items WHERE id = $1", [str(self.far)])
            client.run("SELECT count(*) FROM items").run("SELECT body FROM notes WHERE id = 1")
            client.run("SELECT id FROM items WHERE id < $1 ORDER BY id", ["5"]).run("")
        def named(client):
            client.parse("one", "SELECT name FROM items WHERE id = $1").parse("two", "SELECT $1::text")
            for key in (*self.near, self.far):
                client.bind("", "one", [str(key)]).execute("").bind("", "two", [str(key)]).describe("P", "").execute("")
        self.same_batch(to_one_shard, to_all_shards, mixed, named)

    def test_pipeline_over_many_syncs(self):
        def scenario(client):
            client.parse("s", "SELECT name FROM items WHERE id = $1").sync()
            for key in range(1, self.ROWS + 1):
                client.bind("", "s", [str(key)]).execute("").sync()
                client.run("SELECT price FROM items WHERE id = $1", [str(key)]).sync().sync()
            client.query("SELECT count(*) FROM items").query("SELECT 1; SELECT 2").run("SELECT 3").sync()
            return [client.read() for _ in range(1 + 3 * self.ROWS + 3)]
        self.same(scenario)

    def test_writes_in_a_pipeline(self):
        keys = self.new_keys(8)
        def scenario(client):
            for key in keys:
                client.run("INSERT INTO items VALUES ($1, $2, 1) RETURNING id", [str(key), "piped"]).sync()
            client.run("SELECT count(*) FROM items WHERE name = 'piped'").sync()
            for key in keys:
                client.run("DELETE FROM items WHERE id = $1", [str(key)]).sync()
            return [client.read() for _ in range(2 * len(keys) + 1)]
        self.same(scenario)

    def test_pipeline_is_one_transaction(self):
        key, other = self.new_keys(2, shard=1)
        self.same_batch(lambda c: c.run("INSERT INTO items VALUES ($1, 'a', 1)", [str(key)]).run("SELECT 1/0"),
                        lambda c: c.run("SELECT count(*) FROM items WHERE id = $1", [str(key)]),
                        lambda c: c.run("INSERT INTO items VALUES ($1, 'a', 1)", [str(key)]).run("SELEC 1").run("SELECT 1"),
                        lambda c: c.run("SELECT count(*) FROM items WHERE id = $1", [str(key)]),
                        lambda c: c.run("INSERT INTO items VALUES ($1, 'a', 1)", [str(key)])
                        .run("INSERT INTO items VALUES ($1, 'b', 1)", [str(other)]).bind("", "missing").execute(""),
                        lambda c: c.run("SELECT count(*) FROM items WHERE id IN ($1, $2)", [str(key), str(other)]),
                        lambda c: c.run("INSERT INTO items VALUES ($1, 'a', 1)", [str(key)])
                        .run("DELETE FROM items WHERE id = $1", [str(key)]))

    def test_transaction_in_a_pipeline(self):
        key = self.new_keys(1)[0]
        self.same_batch(lambda c: c.run("BEGIN").run("INSERT INTO items VALUES ($1, 'a', 1)", [str(key)]).run("COMMIT"),
                        lambda c: c.run("SELECT name FROM items WHERE id = $1", [str(key)]),
                        lambda c: c.run("BEGIN"), lambda c: c.run("DELETE FROM items WHERE id = $1", [str(key)]),
                        lambda c: c.run("SELECT 1/0"), lambda c: c.run("SELECT 1"), lambda c: c.run("ROLLBACK"),
                        lambda c: c.run("SELECT name FROM items WHERE id = $1", [str(key)]),
                        lambda c: c.run("BEGIN").run("SELECT 1/0").run("ROLLBACK"), lambda c: c.run("COMMIT"),
                        lambda c: c.run("DELETE FROM items WHERE id = $1", [str(key)]))

    def test_error_skips_up_to_sync(self):
        for bad in ("SELEC 1", "SELECT 1/0", "SELECT nothing FROM items", "SELECT * FROM nowhere",
                    f"SELECT nothing FROM items WHERE id = {self.far}", "SELECT 1; SELECT 2"):
            self.same_batch(lambda c: c.run("SELECT 1").run(bad).run("SELECT 2").describe("S", "none").flush_request(),
                            lambda c: c.run("SELECT 3"))

    def test_statement_parsed_before_an_error_stays(self):
        self.same_batch(lambda c: c.parse("kept", "SELECT name FROM items WHERE id = $1").run("SELECT 1/0").parse("never", "SELECT 1"),
                        lambda c: c.bind("", "kept", [str(self.far)]).execute(""), lambda c: c.bind("", "never").execute(""),
                        lambda c: c.parse("never", "SELECT 1").bind("", "never").execute(""))

    def test_errors_of_names(self):
        self.same_batch(lambda c: c.parse("s", "SELECT 1").parse("s", "SELECT 2"), lambda c: c.parse("s", "SELECT 3"),
                        lambda c: c.bind("", "none"), lambda c: c.bind("", ""), lambda c: c.describe("S", "none"),
                        lambda c: c.describe("P", "none"), lambda c: c.execute("none"), lambda c: c.execute(""),
                        lambda c: c.close_target("S", "none").close_target("P", "none").close_target("S", "").close_target("P", ""),
                        lambda c: c.bind("p", "s").bind("p", "s"), lambda c: c.describe("S", ""))

    def test_errors_of_bind(self):
        def scenario(client):
            answers = [client.parse("s", "SELECT name FROM items WHERE id = $1").sync().read()]
            for values, how in ((), {}), (["1", "2"], {}), (["x"], {}), ([""], {}), (["99999999999"], {}), ([b"\0\0\1"], {"formats": [1]}), \
                    (["1"], {"formats": [0, 0]}), (["1"], {"formats": [2]}), (["1"], {"result_formats": [0, 0]}):
                answers.append(client.bind("", "s", values, **how).sync().read())
            return answers + [client.bind("", "s", ["1"]).execute("").sync().read()]
        self.same_but_context(scenario)

    def test_what_was_parsed_is_told_before_an_error(self):
        """An error that the router finds itself: at whatever comes after a Parse in the same batch."""
        one = f"SELECT name FROM items WHERE id = $1"
        steps = [lambda c, how=how, values=values: c.parse("", one).bind("", "", values, **how).execute("")
                 for values, how in (((), {}), (["1", "2"], {}), (["x"], {}), (["99999999999"], {}), ([b"\0\0\1"], {"formats": [1]}))]
        for sql in (one, "SELECT $1::text", "SELECT id FROM items WHERE id > $1", "SELECT count(*) FROM items WHERE id > $1"):
            steps += [lambda c, sql=sql: c.parse("", sql).bind("", ""), lambda c, sql=sql: c.parse("", sql).bind("", "none", ["1"]),
                      lambda c, sql=sql: c.parse("", sql).describe("S", "none"), lambda c, sql=sql: c.parse("", sql).describe("P", "none"),
                      lambda c, sql=sql: c.parse("", sql).execute("none"), lambda c, sql=sql: c.parse("", sql).parse("again", sql).parse("again", sql),
                      lambda c, sql=sql: c.close_target("S", "again").parse("", sql).send(message("B", b"\0\0\0\1")),
                      lambda c, sql=sql: c.parse("", sql).send(message("H", b"x"))]

        def scenario(client):
            answers = []
            for step in steps:
                step(client)
                answers.append(client.sync().read())
            answers.append(client.ask("BEGIN"))
            for step in steps[:6]:
                answers.append(client.ask("SAVEPOINT a"))
                step(client)
                answers += [client.sync().read(), client.ask("ROLLBACK TO a")]
            return answers
        self.same_but_context(scenario)
        with wire_client.connect(self.dev.port) as client:
            answer = client.parse("", "UPDATE items SET name = $1 WHERE id > $2").bind("", "", ["x", "0"]).execute("").sync().read()
            self.assertEqual([m[0] for m in answer], ["1", "E", "Z"])

    def test_parse_of_several_commands(self):
        self.same_batch(lambda c: c.parse("", "SELECT 1; SELECT 2"), lambda c: c.parse("n", "SELECT 1;").bind("", "n").execute(""))

    def test_flush(self):
        def scenario(client):
            answers = [client.parse("", "SELECT name FROM items WHERE id = $1").flush_request().read("1")]
            answers.append(client.describe("S", "").flush_request().read("T"))
            answers.append(client.bind("", "", [str(self.far)]).flush_request().read("2"))
            answers.append(client.execute("").flush_request().read("C"))
            answers.append(client.silent())
            answers.append(client.run("SELECT count(*) FROM items").flush_request().read("C"))
            answers.append(client.parse("", "SELEC").flush_request().read("E"))
            answers.append(client.parse("", "SELECT 1").flush_request().silent())
            return answers + [client.sync().read()]
        self.same(scenario)

    def test_portions(self):
        rows = "SELECT n, 'row ' || n FROM generate_series(1, 10) n"
        one_shard = f"SELECT a.id, g FROM items a, generate_series(1, 5) g WHERE a.id = {self.near[0]} ORDER BY g"
        for sql in (rows, one_shard, "SELECT id, body FROM notes ORDER BY id"):
            self.same_batch(lambda c: c.parse("", sql).bind("", "").describe("P", "").execute("", 2).execute("", 1)
                            .execute("", 0).execute("", 5), lambda c: c.execute("", 1))
            self.same_batch(lambda c: c.run("BEGIN"), lambda c: c.parse("", sql).bind("p", "").execute("p", 2),
                            lambda c: c.execute("p", 2), lambda c: c.execute("p", 100), lambda c: c.execute("p", 1),
                            lambda c: c.close_target("P", "p"), lambda c: c.execute("p", 1), lambda c: c.run("ROLLBACK"))

    def test_portals_end_with_the_transaction(self):
        self.same_batch(lambda c: c.parse("s", "SELECT generate_series(1, 4)"), lambda c: c.bind("p", "s"), lambda c: c.execute("p"),
                        lambda c: c.run("BEGIN"), lambda c: c.bind("p", "s").execute("p", 1), lambda c: c.run("COMMIT"),
                        lambda c: c.execute("p"), lambda c: c.bind("a", "s").bind("b", "s").execute("a", 1).execute("b", 2)
                        .execute("a", 0).execute("b", 0))

    def test_portal_that_does_not_return_rows_runs_once(self):
        key = self.new_keys(1)[0]
        self.same_batch(lambda c: c.parse("", "INSERT INTO items VALUES ($1, 'once', 1)").bind("p", "", [str(key)]).execute("p").execute("p"),
                        lambda c: c.run("SELECT count(*) FROM items WHERE name = 'once'"))

    def test_binary_parameters_and_results(self):
        key = self.near[0]
        self.same_batch(
            lambda c: c.run("SELECT name FROM items WHERE id = $1", [int4(key)], [INT4], formats=[1]),
            lambda c: c.run("SELECT name FROM items WHERE id = $1", [struct.pack("!q", self.far)], [INT8], formats=[1]),
            lambda c: c.run("SELECT name FROM items WHERE id = $1", [struct.pack("!h", self.far)], [INT2], formats=[1]),
            lambda c: c.run("SELECT name FROM items WHERE id = $1", [int4(self.far)], formats=[1]),
            lambda c: c.run("SELECT id, name, price FROM items WHERE id = $1", [str(key)], result_formats=[1]),
            lambda c: c.run("SELECT id, name, price FROM items WHERE id = $1", [str(key)], result_formats=[1, 0, 1]),
            lambda c: c.run("SELECT id, name, price FROM items ORDER BY id", result_formats=[1]),
            lambda c: c.run("SELECT id, name, price FROM items ORDER BY price DESC LIMIT 5", result_formats=[0, 1, 1]),
            lambda c: c.run("SELECT id, name, price FROM items WHERE id <= $1 ORDER BY id", [int4(8)], [INT4], formats=[1], result_formats=[1]),
            lambda c: c.run("SELECT count(*), sum(id), avg(id), min(price), max(name) FROM items", result_formats=[1]),
            lambda c: c.run("SELECT $1::bool, $2::bytea, $3::float8, $4::uuid", [b"\1", b"\0\xff\1", struct.pack("!d", 1.5), bytes(range(16))],
                            formats=[1], result_formats=[1]))

    def test_parameters_of_undeclared_types(self):
        lookup = "SELECT name FROM items WHERE id = $1"
        for types in ((), (0,), (UNKNOWN,), (INT4,), (INT8,), (INT2,), (NUMERIC,), (TEXT,), (BOOL,)):
            self.same_batch(lambda c: c.run(lookup, [str(self.far)], types), lambda c: c.run(lookup, [f" {self.near[0]} "], types))
        self.same_batch(lambda c: c.parse("", "SELECT $1").describe("S", ""), lambda c: c.run("SELECT $1", ["x"]),
                        lambda c: c.run("SELECT $1 + $2", ["1", "2"]), lambda c: c.run("SELECT $2::int", ["1", "2"]),
                        lambda c: c.run("SELECT name FROM items WHERE id = $1 OR id = $2 ORDER BY id", ["1", "7"]),
                        lambda c: c.run("SELECT name FROM items WHERE id = $2 AND name <> $1", ["x", "7"]))

    def test_sync_alone(self):
        self.same(lambda c: [c.sync().sync().sync().read(), c.read(), c.read(), c.ask("BEGIN"), c.sync().read(), c.ask("SELECT 1/0"),
                             c.sync().read(), c.ask("ROLLBACK")])

    def test_refused_batch_has_no_effect(self):
        # What one transaction may not do over several shards is refused, and nothing of it stays.
        near, far = self.new_keys(1, shard=1)[0], self.new_keys(1, shard=2)[0]
        with wire_client.connect(self.dev.port) as client:
            client.run("INSERT INTO items VALUES ($1, 'a', 1)", [str(near)])
            answer = client.run("INSERT INTO items VALUES ($1, 'a', 1)", [str(far)]).sync().read()
            counted = client.ask(f"SELECT count(*) FROM items WHERE id IN ({near}, {far})")
            errors = [fields for kind, *fields in answer if kind == "E"]
            if errors:
                self.assertEqual((errors[0][0]["C"], counted[1]), ("0A000", ("D", [b"0"])))
            else:
                self.assertEqual(counted[1], ("D", [b"2"]))

    def test_refusals_keep_the_session_in_step(self):
        refused = "SELECT a.id FROM items a JOIN items b ON a.name = b.name"
        with wire_client.connect(self.dev.port) as client:
            simple = client.ask(refused)
            self.assertEqual([m[0] for m in simple], ["E", "Z"])
            self.assertEqual(simple[0][1]["C"], "0A000")
            extended = client.run("SELECT 1").run(refused).run("SELECT 2").sync().read()
            self.assertEqual([m[0] for m in extended], ["1", "2", "T", "D", "C", "1", "E", "Z"])
            self.assertEqual(client.ask("BEGIN; SELECT 1")[-1], ("Z", "T"))
            self.assertEqual(client.ask(refused)[-1], ("Z", "E"))
            self.assertEqual(client.ask("ROLLBACK")[-1], ("Z", "I"))

    def test_function_call_is_refused(self):
        with wire_client.connect(self.dev.port) as client:
            answer = client.send(message("F", struct.pack("!ihhh", 1598, 0, 0, 0))).read()
            self.assertEqual([m[0] for m in answer], ["E", "Z"])
            self.assertEqual(answer[0][1]["C"], "0A000")
            self.assertEqual(client.ask("SELECT 1")[-2:], [("C", "SELECT 1"), ("Z", "I")])

    # ---- prepared statements in SQL
    def test_prepare_and_execute(self):
        self.same_queries("PREPARE p AS SELECT name FROM items WHERE id = $1", f"EXECUTE p({self.near[0]})", f"EXECUTE p({self.far})",
                          "EXECUTE p", "EXECUTE none(1)", "PREPARE p AS SELECT 1", "DEALLOCATE p", "EXECUTE p(1)", "DEALLOCATE none",
                          "PREPARE q(int) AS SELECT $1 + 1", "EXECUTE q(41)", "DEALLOCATE ALL", "EXECUTE q(1)", "PREPARE r AS SELEC 1")
        self.same(lambda c: [c.ask("PREPARE s AS SELECT name FROM items WHERE id = $1"), c.bind("", "s", ["5"]).describe("P", "").execute("").sync().read(),
                             c.parse("t", "SELECT 1").sync().read(), c.ask("EXECUTE t"), c.ask("DEALLOCATE t"), c.bind("", "t").sync().read()])

    CHANGED = ("E", {"S": "ERROR", "V": "ERROR", "C": "0A000", "M": "cached plan must not change result type"})

    def under_change(self, table, change, back, *steps, statement="SELECT * FROM {} WHERE id = $1"):
        """Steps of a client that prepared `statement` before the change, which others make, and again when it is undone."""
        def scenario(client):
            answers = [client.parse("m", statement.format(table)).sync().read()]
            with wire_client.connect(client.port) as other:
                for ddl in (change, back):
                    answers.append(other.ask(ddl))
                    for step in steps:
                        step(client)
                        answers.append(client.sync().read())
                # Who prepares it now has the columns of now.
                answers.append(other.ask(change))
                for name in ("n", ""):
                    answers.append(client.parse(name, statement.format(table)).bind("", name, ["1"]).describe("P", "").execute("").sync().read())
                answers.append(client.close_target("S", "n").sync().read())
                answers.append(other.ask(back))
            answers.append(client.close_target("S", "m").sync().read())
            return answers
        return self.same(scenario)

    def test_nothing_but_sync_counts_after_an_error(self):
        def scenario(client):
            client.parse("", "SELECT 1/0").bind("", "").execute("").query("SELECT 1").send(message("F", b"")).query("SELEC")
            return client.sync().query("SELECT 2").read() + client.read()
        self.same(scenario)

    def test_execute_with_expressions(self):
        """What the arguments come to, and what is wrong with them, is for PostgreSQL to say."""
        near, far = self.near[0], self.far
        prepared = ("PREPARE by_id AS SELECT name FROM items WHERE id = $1", "PREPARE by_int(int) AS SELECT $1, pg_typeof($1)",
                    "PREPARE by_text(text, numeric(5,2)) AS SELECT $1, $2, pg_typeof($2)", "PREPARE by_day(date) AS SELECT $1",
                    "PREPARE all_of(int[]) AS SELECT id FROM items WHERE id = ANY($1) ORDER BY id",
                    "PREPARE first_of(bigint) AS SELECT id FROM items ORDER BY id LIMIT $1",
                    "PREPARE flag(bool, float8) AS SELECT $1, $2", "PREPARE put(int, text) AS INSERT INTO items VALUES ($1, $2, 1)")
        key, other = self.new_keys(2)
        executed = (f"EXECUTE by_id({near} + 0)", f"EXECUTE by_id(({far}))", f"EXECUTE by_id('{far}'::int)", f"EXECUTE by_id({near}.0)",
                    "EXECUTE by_id(NULL::int)", "EXECUTE by_int(2.5)", "EXECUTE by_int(7::bigint)", "EXECUTE by_int(length('four'))",
                    "EXECUTE by_int(1e9)", "EXECUTE by_int(true)", "EXECUTE by_int('x' || 'y')", "EXECUTE by_int(now())",
                    "EXECUTE by_int(1/0)", "EXECUTE by_int(nowhere)", "EXECUTE by_int(3000000000 * 2)",
                    "EXECUTE by_int($1)", "EXECUTE by_int(1 + 1, 2)", "EXECUTE by_int(count(*))", "  EXECUTE by_int  (  'a'::text  ) ",
                    "EXECUTE by_text(1 + 1, 2.345)", "EXECUTE by_text('é' || chr(8364), 1e2)", "EXECUTE by_text(upper('a'), 12345.678)",
                    "EXECUTE by_day('2024-02-28'::date + 1)", "EXECUTE by_day('2024-02-28'::timestamp)", "EXECUTE by_day(1)",
                    f"EXECUTE all_of(ARRAY[{near}, {far}, 1 + 1])", "EXECUTE all_of('{1,2}')", "EXECUTE first_of(1 + 2)",
                    "EXECUTE first_of(NULL::bigint)", "EXECUTE flag(1 = 1, 1.0::float8 / 3)", "EXECUTE flag(false, 'nan'::float4)",
                    "EXECUTE flag(1, 1)", f"EXECUTE put({key} + 0, lower('ONE'))", f"SELECT 1; EXECUTE put({other} + 0, 'a' || 'b')",
                    f"EXECUTE put({key} + 0, lower('ONE'))", f"SELECT name FROM items WHERE id IN ({key}, {other}) ORDER BY name")
        self.same_queries(*prepared, *executed)
        self.same_queries(*prepared, "BEGIN", *[q for text in executed[:-4] for q in ("SAVEPOINT a", text, "ROLLBACK TO a")], "ROLLBACK")
        self.same_queries('PREPARE "Odd (name"(int) AS SELECT $1', 'EXECUTE "Odd (name"(1 + 1)', 'EXECUTE "Odd (name" /* ( */ (- 1)',
                          "PREPARE p(int) AS SELECT $1; EXECUTE p(2 + 2); EXECUTE p(1/0)", "EXECUTE p(3 + 3)", "SET extra_float_digits TO 1",
                          "PREPARE f(float8) AS SELECT $1", "EXECUTE f(0.1::float8 + 0.2)")

    def test_execute_with_expressions_is_refused(self):
        with wire_client.connect(self.dev.port) as client:
            client.ask("PREPARE p(text) AS SELECT $1")
            for text in ("EXECUTE p((SELECT 'x'))", "EXECUTE p(set_config('a.b', 'c', false))", "EXECUTE p(pg_advisory_lock(1)::text)",
                         "SET extra_float_digits TO 0; EXECUTE p(1 + 1)", "SET DateStyle TO german; EXECUTE p(1 + 1)"):
                self.assertEqual([m[1]["C"] for m in client.ask(text) if m[0] == "E"], ["0A000"], text)
                client.ask("RESET ALL")
            self.assertEqual(client.ask("EXECUTE p('a' || 'b')")[1], ("D", [b"ab"]))

    def test_set_config(self):
        call = "SELECT set_config($1, $2, $3)"

        def bound(name, value, local=False):
            return lambda c: c.parse("", call).bind("", "", [name, value, "t" if local else "f"]).describe("P", "").execute("")
        shown = lambda c: c.run("SHOW search_path").run("SELECT current_setting('app.tenant', true), current_setting('TimeZone')")
        self.same_batch(
            lambda c: c.parse("s", call).describe("S", "s"), bound("app.tenant", "a'b\\c"), shown, bound("TimeZone", "Asia/Tokyo"), shown,
            bound("search_path", "pg_catalog, \"$user\", public"), shown, bound("search_path", "public", True), shown,
            lambda c: c.run("BEGIN"), bound("app.tenant", "local", True), bound("search_path", "public", True), shown,
            lambda c: c.run("COMMIT"), shown, lambda c: c.run("BEGIN"), bound("app.tenant", "gone"), lambda c: c.run("ROLLBACK"), shown,
            bound("TimeZone", "nowhere"), bound("no good", "x"), bound(None, "x"), bound("a.b", "c", "x"),
            lambda c: c.run("SELECT set_config('app.tenant', $1, $2), set_config('search_path', $3, false) AS \"my path\"", ["both", "no", "public"]),
            shown, lambda c: c.run("SELECT set_config('app.tenant', $1::text, true)", ["x"]), shown,
            lambda c: c.run("SELECT set_config('app.tenant', $1, $2)", ["binary", b"\0"], (TEXT, BOOL), formats=[1, 1]), shown)
        self.same_queries("SELECT set_config('search_path', 'pg_catalog, public', false)", "SHOW search_path", "SELECT id FROM notes",
                          "BEGIN", "SELECT name FROM items WHERE id = %d" % self.near[0], "SHOW search_path", "COMMIT", "SHOW search_path",
                          "EXPLAIN SELECT set_config('un.touched', 'x', false)", "SELECT current_setting('un.touched', true)",
                          "PREPARE c AS SELECT set_config('a.b', $1, false)", "EXECUTE c('d' || 'e')", "SHOW a.b",
                          "SELECT set_config('a.b', $1, false)")

    def test_local_settings_in_a_batch(self):
        """They hold up to Sync."""
        for sql in ("SET LOCAL work_mem TO '7MB'", "SELECT set_config('work_mem', '7MB', true)"):
            self.same_batch(lambda c: c.run(sql).run("SHOW work_mem"), lambda c: c.run("SHOW work_mem"),
                            lambda c: c.run("BEGIN").run(sql).run("SHOW work_mem").run("COMMIT").run("SHOW work_mem"))

    def test_set_config_follows_to_every_server(self):
        with wire_client.connect(self.dev.port) as client:
            client.run("SELECT set_config('search_path', $1, false)", ["pg_catalog, public"]).sync().read()
            for key in (*self.near, self.far):
                client.ask(f"SELECT 1 FROM items WHERE id = {key}")
                client.ask("BEGIN")
                self.assertEqual(client.ask(f"SELECT current_setting('search_path') FROM items WHERE id = {key}")[1],
                                 ("D", [b"pg_catalog, public"]))
                client.ask("COMMIT")

    def test_rebinding_the_unnamed_portal_closes_the_rows_of_the_old_one(self):
        sql = "SELECT id FROM items ORDER BY id"
        # IMMUTABLE, so that the shard of the key computes it.
        self.router.cursor().execute("CREATE FUNCTION open_portals() RETURNS bigint IMMUTABLE LANGUAGE sql AS "
                                     "$$SELECT count(*) FROM pg_cursors WHERE name LIKE 'pgshoal%'$$")
        with wire_client.connect(self.dev.port) as client:
            def count_on_shards():
                return [client.ask(f"SELECT open_portals() FROM items WHERE id = {key}")[1] for key in (self.near[0], self.far)]
            client.ask("BEGIN")
            for _ in range(5):
                client.parse("", sql).bind("", "").execute("", 2).sync().read()
            client.parse("", sql).bind("named", "").execute("named", 2).sync().read()
            self.assertEqual(count_on_shards(), [("D", [b"1"])] * 2)
            client.close_target("P", "named").sync().read()
            self.assertEqual(count_on_shards(), [("D", [b"0"])] * 2)
            client.ask("ROLLBACK")
        self.router.cursor().execute("DROP FUNCTION open_portals()")
        self.same(lambda c: [c.run("BEGIN").sync().read(), c.parse("", sql).bind("", "").execute("", 2).sync().read(),
                             c.execute("", 2).sync().read(), c.parse("", sql).bind("", "").execute("", 1).sync().read(),
                             c.ask("SELECT 1"), c.execute("", 1).sync().read()])

    def test_portals_by_sql(self):
        one = f"SELECT id FROM items WHERE id = {self.near[0]}"
        every = "SELECT id FROM items ORDER BY id"
        self.same_batch(lambda c: c.run("BEGIN"), lambda c: c.parse("", one).bind("p", ""), lambda c: c.run("FETCH ALL FROM p"),
                        lambda c: c.run("CLOSE p"), lambda c: c.parse("", one).bind("p", "").execute("p"), lambda c: c.run("CLOSE p"),
                        lambda c: c.parse("", every).bind("p", "").execute("p", 2), lambda c: c.run("CLOSE p"),
                        lambda c: c.parse("", every).bind("p", "").execute("p", 2), lambda c: c.run("ROLLBACK"))
        self.same_batch(lambda c: c.run("BEGIN"), lambda c: c.parse("", every).bind("p", "").execute("p", 2), lambda c: c.query("FETCH 2 FROM p"),
                        lambda c: c.execute("p", 1), lambda c: c.parse("", "FETCH 1 FROM p").bind("", "").describe("P", "").execute(""),
                        lambda c: c.query("MOVE 1 FROM p"), lambda c: c.execute("p"), lambda c: c.query("FETCH 1 FROM p"), lambda c: c.run("CLOSE p"),
                        lambda c: c.execute("p"), lambda c: c.run("ROLLBACK"))
        # What DECLARE has made is a portal, too.
        self.same_batch(lambda c: c.query("BEGIN; DECLARE c CURSOR FOR SELECT id FROM items ORDER BY id"), lambda c: c.describe("P", "c").execute("c", 2),
                        lambda c: c.query("FETCH 1 FROM c"), lambda c: c.execute("c", 1).execute("c", 3), lambda c: c.execute("c"), lambda c: c.execute("c", 1),
                        lambda c: c.execute("c"), lambda c: c.run("SELECT 1/0"), lambda c: c.execute("c"), lambda c: c.run("ROLLBACK"), lambda c: c.execute("c"))
        with wire_client.connect(self.dev.port) as client:
            client.run("BEGIN").sync().read()
            client.parse("", every).bind("p", "").sync().read()
            self.assertEqual([m[1]["C"] for m in client.ask("FETCH 1 FROM p") if m[0] == "E"], ["0A000"])

    def test_answers_of_servers_that_come_together(self):
        """Of BEGIN, which the client does not see, and of Sync: between them stands an answer of the router's own."""
        every = "SELECT id FROM items ORDER BY id"
        wrong = []

        def ask():
            with wire_client.connect(self.dev.port) as client:
                for _ in range(100):
                    client.run("BEGIN").sync().read()
                    answer = client.parse("", every).bind("p", "").sync().read()
                    if answer != [("1",), ("2",), ("Z", "T")]:
                        wrong.append(answer)
                    client.ask("ROLLBACK")

        clients = [threading.Thread(target=ask) for _ in range(8)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(wrong, [])

    def test_the_unnamed_statement_outlives_its_like(self):
        for sql in ("DEALLOCATE ALL", "DISCARD ALL"):
            self.same_batch(lambda c: c.parse("n", "SELECT 1").parse("", sql).bind("", "").execute(""), lambda c: c.bind("", "").execute(""),
                            lambda c: c.bind("", "n"))
        self.same_batch(lambda c: c.parse("", "SELECT set_config('work_mem', '5MB', false)").bind("p", "").execute("p").execute("p"))

    def test_statements_that_execute_each_other(self):
        def codes(port):
            with wire_client.connect(port) as client:
                client.parse("b", "EXECUTE c").parse("c", "SELECT 1").parse("d", "EXECUTE d").parse("e", "EXECUTE f").parse("f", "EXECUTE e")
                client.sync().read()
                return [[m[1] if m[0] == "D" else m[1]["C"] for m in client.bind("", name).execute("").sync().read() if m[0] in "DE"] for name in "bdef"]
        self.assertEqual(codes(self.dev.port), codes(self.plain.port))
        self.assertEqual(codes(self.dev.port), [[[b"1"]], ["54001"], ["54001"], ["54001"]])

    def refused_login(self, options):
        client = wire_client.Client(self.dev.port).start(user="postgres", database="app", options=options)
        errors = [(m[1]["C"], m[1]["S"]) for m in client.greeting if m[0] == "E"]
        client.close()
        self.assertEqual(errors, [("0A000", "FATAL")], options)

    def test_startup_options_that_are_refused(self):
        for options in ("-c search_path=pg_temp_3", "-c search_path=public,pg_temp_12", "-c array_nulls=off"):
            self.refused_login(options)

    def test_search_path_by_set_config_follows_whole(self):
        """Every schema of it, on whatever connection comes next."""
        path = 'pg_catalog, "Odd ""one", public'
        with wire_client.connect(self.dev.port) as client:
            client.ask(f"SELECT set_config('search_path', '{path}', false)")
            for key in (*self.near, self.far):
                client.ask("BEGIN")
                answer = client.ask(f"SELECT current_setting('search_path') FROM items WHERE id = {key}")
                self.assertEqual(answer[1], ("D", [path.encode()]))
                client.ask("COMMIT")

    def test_schema_change_under_a_prepared_statement(self):
        execute = lambda c: c.bind("", "m", ["1"]).execute("")
        for table in ("items", "notes", "countries"):
            where = {"countries": "SELECT * FROM {} WHERE length(code) > $1::int"}.get(table, "SELECT * FROM {} WHERE id = $1")
            add, drop = f"ALTER TABLE {table} ADD w text", f"ALTER TABLE {table} DROP w"
            answers = self.under_change(table, add, drop, execute, execute, lambda c: c.describe("S", "m"), statement=where)
            self.assertEqual(answers[2], [self.CHANGED, ("Z", "I")])
            # Columns that stay the same may come from another plan.
            self.under_change(table, f"CREATE INDEX change_{table} ON {table}(name)" if table != "notes" else "CREATE INDEX change_notes ON notes(body)",
                              f"DROP INDEX change_{table}", execute, statement=where)
        self.under_change("items", "ALTER TABLE items ALTER name TYPE varchar(99)", "ALTER TABLE items ALTER name TYPE text", execute)
        self.under_change("items", "ALTER TABLE items RENAME name TO called", "ALTER TABLE items RENAME called TO name", execute,
                          statement="SELECT * FROM items WHERE id > $1 ORDER BY id")

    def test_schema_change_inside_a_block(self):
        def scenario(client):
            answers = [client.parse("m", "SELECT * FROM notes WHERE id = $1").sync().read(), client.ask("BEGIN"),
                       client.ask("ALTER TABLE notes ADD w text"),
                       client.parse("n", "SELECT * FROM notes WHERE id = $1").bind("", "n", ["1"]).execute("").sync().read(),
                       client.bind("", "m", ["1"]).execute("").sync().read(), client.bind("", "n", ["1"]).execute("").sync().read(),
                       client.ask("ROLLBACK"), client.bind("", "m", ["1"]).execute("").sync().read(),
                       client.bind("", "n", ["1"]).execute("").sync().read()]
            return answers
        for _ in range(2):
            self.same(scenario)

    def test_schema_change_and_execute(self):
        self.same_queries("PREPARE m(int) AS SELECT * FROM items WHERE id = $1", "EXECUTE m(1)", "PREPARE all_of_them AS SELECT * FROM items ORDER BY id",
                          "ALTER TABLE items ADD w text", "EXECUTE m(1)", "EXECUTE m(1)", "EXECUTE all_of_them", "BEGIN", "EXECUTE m(1)", "SELECT 1", "ROLLBACK",
                          "PREPARE n(int) AS SELECT * FROM items WHERE id = $1", "EXECUTE n(1)",
                          "ALTER TABLE items DROP w", "EXECUTE m(1)", "EXECUTE n(1)", "EXECUTE all_of_them", "DEALLOCATE ALL")

    def test_same_text_under_other_search_paths(self):
        select = "SELECT * FROM by_path"
        self.same_queries("CREATE SCHEMA one", "CREATE SCHEMA two", "CREATE TABLE one.by_path(a int)", "CREATE TABLE two.by_path(b text)")

        def scenario(port):
            answers = []
            with wire_client.connect(port) as first, wire_client.connect(port) as second:
                for client, path in ((first, "one"), (second, "two")):
                    answers += [client.ask(f"SET search_path = {path}"), client.parse("s", select).describe("S", "s").sync().read()]
                for _ in range(3):
                    for client in (first, second):
                        answers.append(client.bind("", "s").execute("").sync().read())
                answers += [first.ask("SET search_path = two"), first.bind("", "s").execute("").sync().read(),
                            first.ask("SET search_path = one"), first.bind("", "s").execute("").sync().read()]
            return answers
        expected, answer = [scenario(port) for port in (self.plain.port, self.dev.port)]
        self.assertEqual(answer, expected)
        self.same_queries("DROP SCHEMA one CASCADE", "DROP SCHEMA two CASCADE")

    # ---- COPY
    def test_copy_in(self):
        keys = self.new_keys(6)
        data = "".join(f"{key}\tcopied\t{key % 7}\n" for key in keys).encode()
        def scenario(client):
            answers = [client.query("COPY items FROM STDIN").read("GE")]
            for at in range(0, len(data), 7):
                client.copy_data(data[at:at + 7])
            answers.append(client.copy_done().read())
            answers.append(client.ask("SELECT id, name, price FROM items WHERE name = 'copied' ORDER BY id"))
            for table, row in (("notes", b"20\tcopied\n"), ("countries", b"fr\tFrance\n")):
                answers.append(client.query(f"COPY {table} FROM STDIN").read("GE"))
                answers.append(client.copy_data(row).copy_data(b"\\.\n").copy_done().read())
            answers.append(client.query("COPY items(price, id) FROM STDIN (FORMAT csv, HEADER)").read("GE"))
            answers.append(client.copy_data(f"price,id\r\n\"1\",{self.ROWS + 1}\r\n".encode()).copy_done().read())
            answers.append(client.query("COPY items FROM STDIN").read("GE"))
            answers.append(client.copy_done().read())
            answers += [client.ask("DELETE FROM notes WHERE id = 20"), client.ask("DELETE FROM countries WHERE code = 'fr'")]
            answers += [client.ask(f"DELETE FROM items WHERE id = {key}") for key in (*keys, self.ROWS + 1)]
            return answers
        self.same(scenario)

    def test_copy_in_that_fails(self):
        near = self.new_keys(1, shard=1)[0]
        def scenario(client):
            answers = []
            for table in ("items", "notes"):
                for rows in (b"x\ta\t1\n", b"1\n", f"{near}\ta\t-1\n".encode(), f"{self.near[0]}\ttwice\t1\n".encode()):
                    if table == "notes":
                        rows = rows.replace(b"\t1\n", b"\n").replace(b"\t-1\n", b"\n")
                    answers.append(client.query(f"COPY {table} FROM STDIN").read("GE"))
                    answers.append(client.copy_data(rows).copy_done().read())
                answers.append(client.query(f"COPY {table} FROM STDIN").read("GE"))
                answers.append(client.copy_data(f"{near}\ta\n".encode()).copy_fail("no more paper").read())
                answers.append(client.ask(f"SELECT count(*) FROM {table} WHERE id = {near}"))
            answers += [client.ask("BEGIN"), client.query("COPY notes FROM STDIN").read("GE"), client.copy_fail("no").read(),
                        client.ask("SELECT 1"), client.ask("ROLLBACK"), client.ask("COPY nowhere FROM STDIN"), client.ask("COPY items(nothing) FROM STDIN")]
            # Data that a client goes on sending after the failure is ignored.
            client.query("COPY nowhere FROM STDIN").copy_data(b"1\n").copy_done().query("SELECT 7")
            return answers + [client.read(), client.read()]
        self.same_but_context(scenario)

    def test_query_during_copy(self):
        for table in ("notes", "items"):
            self.same_but_context(lambda c: [c.query(f"COPY {table} FROM STDIN").read("GE"), c.query("SELECT 1").read()])

    def test_copy_ignores_flush_and_sync(self):
        self.same(lambda c: [c.query("COPY notes FROM STDIN").read("G"), c.flush_request().sync().copy_data(b"21\ta\n").sync().copy_done().read(),
                             c.ask("DELETE FROM notes WHERE id = 21")])

    def test_copy_out(self):
        def scenario(client):
            answers = []
            for sql in ("COPY notes TO STDOUT", "COPY notes(body) TO STDOUT (FORMAT csv, HEADER)", "COPY countries TO STDOUT",
                        f"COPY (SELECT id, name FROM items WHERE id = {self.far}) TO STDOUT", "COPY items TO STDOUT", "COPY items(id) TO STDOUT",
                        "COPY items TO STDOUT (FORMAT csv, HEADER)", "COPY notes TO STDOUT (FORMAT binary)", "COPY nowhere TO STDOUT",
                        "COPY items(nothing) TO STDOUT", "COPY (SELECT 1/0) TO STDOUT"):
                answer = client.ask(sql)
                answers.append((sql, [m for m in answer if m[0] != "d"], sorted(m for m in answer if m[0] == "d")))
            return answers
        self.same(scenario)

    def test_copy_in_a_script(self):
        def scenario(client):
            first = client.query("SELECT 1; COPY notes FROM STDIN; SELECT count(*) FROM notes; COPY notes TO STDOUT; DELETE FROM notes WHERE id = 22").read("G")
            return [first, client.copy_data(b"22\ta\n").copy_done().read()]
        self.same(scenario)

    def test_copy_in_the_extended_protocol(self):
        key = self.new_keys(1)[0]
        def scenario(client):
            answers = []
            for sql, row in (("COPY notes FROM STDIN", b"23\ta\n"), ("COPY items FROM STDIN", f"{key}\ta\t1\n".encode())):
                answers.append(client.run(sql).flush_request().read("GE"))
                answers.append(client.copy_data(row).copy_done().sync().read())
                answers.append(client.run(sql).sync().read("GE"))  # as libpq does: the Sync before the data is ignored
                answers.append(client.copy_data(b"24\t").copy_fail("enough").sync().read())
                answers.append(client.run(sql).sync().read("GE"))
                answers.append(client.copy_data(b"24").copy_data(b"\n").copy_done().sync().read())
                answers.append(client.ask("SELECT 1"))
            for sql in ("COPY notes TO STDOUT", f"COPY (SELECT * FROM items WHERE id = {self.far}) TO STDOUT", "COPY items TO STDOUT"):
                answer = client.run(sql).sync().read()
                answers.append((sql, [m for m in answer if m[0] != "d"], sorted(m for m in answer if m[0] == "d")))
            return answers + [client.ask("DELETE FROM notes WHERE id = 23"), client.ask(f"DELETE FROM items WHERE id = {key}")]
        self.same_but_context(scenario)

    # ---- settings as the protocol shows them
    def test_parameter_status_at_login(self):
        def scenario(client):
            return [m for m in client.greeting if m[0] not in "S"], sorted(m for m in client.greeting if m[0] == "S")
        self.same(scenario)
        self.same(scenario, application_name="me", TimeZone="Asia/Tokyo", DateStyle="German")
        self.same(scenario, options="-c IntervalStyle=iso_8601 --DateStyle=ISO,\\ DMY -cTimeZone=Europe/Vienna")
        self.same(scenario, client_encoding="UTF8", bytea_output="escape")

    def test_parameter_status_on_change(self):
        self.same_queries("SET application_name = 'x'", "SET application_name = 'x'", "SET TimeZone = 'Asia/Tokyo'", "SET work_mem = '1MB'",
                          "SET DateStyle = 'German, DMY'", "RESET DateStyle", "RESET ALL", "SET TIME ZONE 'Europe/Vienna'", "SET nothing = 1",
                          "SET TimeZone = 'Nowhere/Land'", "SHOW TimeZone", "SET TimeZone TO DEFAULT", "SET IntervalStyle = iso_8601", "DISCARD ALL",
                          "SHOW IntervalStyle")

    def test_parameter_status_in_transactions(self):
        self.same_queries("BEGIN", "SET TimeZone = 'Asia/Tokyo'", f"SELECT current_setting('TimeZone') FROM items WHERE id = {self.far}",
                          "ROLLBACK", "SHOW TimeZone", "BEGIN", "SET LOCAL TimeZone = 'Asia/Tokyo'", f"SELECT id FROM items WHERE id = {self.far}",
                          "COMMIT", "SHOW TimeZone", "BEGIN", "SAVEPOINT a", "SET application_name = 'y'", "ROLLBACK TO a", "SHOW application_name",
                          "SET application_name = 'z'", "COMMIT", "SHOW application_name")

    def test_settings_in_the_extended_protocol(self):
        self.same_batch(lambda c: c.run("SET TimeZone = 'Asia/Tokyo'"), lambda c: c.run("SHOW TimeZone"), lambda c: c.run("RESET TimeZone"),
                        lambda c: c.run("SET nothing = 1"), lambda c: c.run("SHOW nothing"), lambda c: c.run("SHOW TimeZone"))

    # ---- startup
    def greeting(self, port, version=wire_client.PROTOCOL, **parameters):
        with wire_client.Client(port) as client:
            return client.start(version, **parameters).greeting

    def same_refusal(self, version=wire_client.PROTOCOL, **parameters):
        """The login fails with the same error; whether authentication was over by then is not compared."""
        expected, answer = [[m for m in self.greeting(port, version, **parameters) if m[0] in ("E", "closed")]
                            for port in (self.plain.port, self.dev.port)]
        self.assertEqual(answer, expected)
        self.assertEqual([m[0] for m in answer], ["E", "closed"])

    def test_logins_that_fail(self):
        self.same_refusal(user="postgres", database="nowhere")
        self.same_refusal(user="nobody_at_all", database="app")
        self.same_refusal(database="app")
        self.same_refusal(user="", database="app")
        self.same_refusal(user="postgres", database="app", options="-c nothing_of_the_kind=1")
        self.same_refusal(user="postgres", database="app", nothing_of_the_kind="1")
        self.same_refusal(user="postgres", database="app", TimeZone="Nowhere/Land")
        # PostgreSQL answers protocol 2 in a format of its own.
        self.assertEqual([m[0] for m in self.greeting(self.dev.port, 2 << 16, user="postgres", database="app")], ["E", "closed"])
        self.same_refusal(4 << 16, user="postgres", database="app")

    def test_database_defaults_to_the_user(self):
        for connection in (self.plain.connect(), *self.dev.connect_shards()):
            connection.cursor().execute("CREATE ROLE postgres_without_database LOGIN")
            connection.close()
        self.same_refusal(user="postgres_without_database")

    def test_newer_protocol_is_negotiated(self):
        for version in (wire_client.PROTOCOL + 2, wire_client.PROTOCOL + 99):
            expected, answer = [self.greeting(port, version, user="postgres", database="app") for port in (self.plain.port, self.dev.port)]
            self.assertEqual(answer[0], expected[0])
            self.assertEqual(answer[0][0], "v")
            self.assertEqual(answer[-1], ("Z", "I"))

    def test_unknown_protocol_options_are_named(self):
        options = {"user": "postgres", "database": "app", "_pq_.one": "1", "_pq_.two": "x"}
        expected, answer = [self.greeting(port, **options) for port in (self.plain.port, self.dev.port)]
        self.assertEqual(answer[0], expected[0])
        self.assertEqual(answer[0][3:], ("_pq_.one", "_pq_.two"))
        self.assertEqual(answer[-1], ("Z", "I"))

    def test_replication_is_refused(self):
        for value in ("true", "database", "1", "on"):
            answer = self.greeting(self.dev.port, user="postgres", database="app", replication=value)
            self.assertEqual([m[0] for m in answer], ["E", "closed"])
            self.assertEqual(answer[0][1]["C"], "0A000")
        for value in ("false", "off", "0"):
            self.assertEqual(self.greeting(self.dev.port, user="postgres", database="app", replication=value)[-1], ("Z", "I"))

    def test_encryption_requests(self):
        ssl, gss = (packet(struct.pack("!i", code)) for code in (wire_client.SSL_REQUEST, wire_client.GSSENC_REQUEST))
        for requests in ((ssl,), (gss,), (ssl, gss), (gss, ssl)):
            with wire_client.Client(self.dev.port) as client:
                for request in requests:
                    self.assertEqual(client.send(request).take(1), b"N")
                self.assertEqual(client.start(user="postgres", database="app").greeting[-1], ("Z", "I"))
                self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
        with wire_client.Client(self.dev.port) as client:
            self.assertEqual(client.send(ssl).take(1), b"N")
            self.assertEqual([m[0] for m in client.send(ssl).read()], ["E", "closed"])

    def test_startup_in_pieces(self):
        with wire_client.Client(self.dev.port) as client:
            startup = wire_client.startup_packet(user="postgres", database="app")
            for at in range(len(startup)):
                client.send(startup[at:at + 1]).flush()
            self.assertEqual(client.read()[-1], ("Z", "I"))
            for byte in message("Q", zero("SELECT 'in pieces'")):
                client.send(bytes([byte])).flush()
            self.assertEqual(client.read()[1], ("D", [b"in pieces"]))

    def test_terminate(self):
        for before in ("SELECT 1", "BEGIN", ""):
            with wire_client.connect(self.dev.port) as client:
                client.ask(before)
                self.assertEqual(client.send(message("X")).read(), [("closed",)])

    # ---- cancel
    def active(self, text):
        """How many servers' connections run this statement now, by shard."""
        return [rows[0][0] for rows in self.on_shards(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE %s", (f"%{text}%",))]

    def wait_until(self, condition, what, seconds=15):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.02)

    def cancelled(self, answer):
        errors = [m[1] for m in answer if m[0] == "E"]
        self.assertEqual([e["C"] for e in errors], ["57014"], answer)
        self.assertEqual(answer[-1][0], "Z")

    def test_cancel_on_one_shard(self):
        for sql in ("SELECT pg_sleep(60)", f"SELECT pg_sleep(60) FROM items WHERE id = {self.far}"):
            for extended in (False, True):
                with wire_client.connect(self.dev.port) as client:
                    begun = time.monotonic()
                    (client.run(sql).sync() if extended else client.query(sql)).flush()
                    self.wait_until(lambda: sum(self.active("pg_sleep(60)")) == 1, sql)
                    client.cancel()
                    self.cancelled(client.read())
                    self.assertLess(time.monotonic() - begun, 30)
                    self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
        self.assertEqual(sum(self.active("pg_sleep(60)")), 0)

    def locked(self):
        """Rows of `items` locked on every shard: whoever reads the table waits."""
        holders = self.dev.connect_shards()
        for holder in holders:
            holder.autocommit = False
            holder.cursor().execute("LOCK TABLE items IN ACCESS EXCLUSIVE MODE")
        return holders

    def test_cancel_on_several_shards(self):
        holders = self.locked()
        try:
            for sql in ("SELECT count(*) AS waits FROM items", "SELECT id AS waits FROM items ORDER BY id"):
                with wire_client.connect(self.dev.port) as client:
                    client.query(sql).flush()
                    self.wait_until(lambda: all(self.active("waits")), sql)
                    client.cancel()
                    self.cancelled(client.read())
                    self.wait_until(lambda: not any(self.active("waits")), "something still runs")
                    self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
        finally:
            for holder in holders:
                holder.close()

    def test_cancel_hits_its_own_client_only(self):
        with wire_client.connect(self.dev.port) as one, wire_client.connect(self.dev.port) as other:
            self.assertNotEqual((one.pid, one.secret), (other.pid, other.secret))
            one.query("SELECT pg_sleep(2), 'one'").flush()
            other.query("SELECT pg_sleep(60), 'other'").flush()
            self.wait_until(lambda: sum(self.active("pg_sleep")) == 2, "both run")
            other.cancel(secret=other.secret ^ 1)  # a wrong key does nothing
            one.cancel(secret=other.secret)
            self.assertTrue(other.silent(0.5))
            other.cancel()
            self.cancelled(other.read())
            self.assertEqual(one.read()[-2:], [("C", "SELECT 1"), ("Z", "I")])
            one.cancel()  # nothing runs
            self.assertEqual(one.ask("SELECT 1")[1], ("D", [b"1"]))

    def test_late_cancel_hits_nobody_else(self):
        # The cancel races with the statement's end; whoever gets the server connection next must not feel it.
        stop, hits = threading.Event(), []
        def bystander():
            with wire_client.connect(self.dev.port) as client:
                while not stop.is_set():
                    hits.extend(m for m in client.ask("SELECT 1") if m[0] == "E")
        bystanders = [threading.Thread(target=bystander) for _ in range(3)]
        for thread in bystanders:
            thread.start()
        try:
            with wire_client.connect(self.dev.port) as client:
                for attempt in range(60):
                    client.query(f"SELECT pg_sleep({attempt % 6 * 0.0004})").flush()
                    client.cancel()
                    answer = client.read()
                    self.assertIn([m[1]["C"] for m in answer if m[0] == "E"], ([], ["57014"]))
                    self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
        finally:
            stop.set()
            for thread in bystanders:
                thread.join()
        self.assertEqual(hits, [])

    def test_cancel_in_copy_and_transaction(self):
        with wire_client.connect(self.dev.port) as client:
            client.ask("BEGIN")
            client.query("SELECT pg_sleep(60)").flush()
            self.wait_until(lambda: sum(self.active("pg_sleep(60)")) == 1, "runs")
            client.cancel()
            self.cancelled(client.read())
            self.assertEqual(client.ask("SELECT 1")[0][1]["C"], "25P02")
            self.assertEqual(client.ask("ROLLBACK"), [("C", "ROLLBACK"), ("Z", "I")])
        for table in ("notes", "items"):
            with wire_client.connect(self.dev.port) as client:
                self.assertEqual(client.query(f"COPY {table} FROM STDIN").read("GE")[-1][0], "G")
                client.copy_data(b"900001\tnever\n" if table == "notes" else b"900001\tnever\t1\n").flush()
                client.cancel()
                # A server notices when it reads on.
                self.cancelled(client.copy_done().read())
                self.assertEqual(client.ask(f"SELECT count(*) FROM {table} WHERE id = 900001")[1], ("D", [b"0"]))


if __name__ == "__main__":
    unittest.main()
