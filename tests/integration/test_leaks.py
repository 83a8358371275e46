#!/usr/bin/env python3
"""What code in the database leaves behind in its session never reaches another client, and settings that change what a
statement's text means are refused in every form."""

import unittest

import harness
import query_client

FIXED = {"standard_conforming_strings": ("on", "off"), "array_nulls": ("on", "off"), "transform_null_equals": ("off", "on")}


class LeaksTest(harness.RouterTestCase):
    MAP = harness.sharded_table("words", "k")
    ARGUMENTS = ("--threads", "1")

    def setUp(self):
        self.clients = [self.client() for _ in range(4)]

    def client(self, **settings):
        client = query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER, **settings)
        self.addCleanup(client.close)
        return client

    def everybody_sees(self, sql, expected):
        """All the other clients, several times, each with the connections that are there."""
        for _ in range(3):
            for client in self.clients[1:]:
                answer = client.one(sql)
                self.assertEqual(answer.error["C"] if answer.error else answer.rows, expected, sql)

    def both_protocols(self, sql):
        for run in (self.clients[0].one, self.clients[0].extended):
            answer = run(sql)
            self.assertIsNone(answer.error, f"{sql}: {answer.error}")
            yield answer

    def test_settings_made_by_code(self):
        shown = self.clients[1].one("SHOW statement_timeout").rows
        for name in ("leave_setting()", "leave_setting_stable()"):
            volatility = "STABLE" if "stable" in name else "VOLATILE"
            self.clients[0].one(f"CREATE FUNCTION {name} RETURNS text {volatility} LANGUAGE plpgsql AS "
                                "$$ BEGIN RETURN set_config('statement_timeout', '54321', false); END $$")
        self.clients[0].one("CREATE PROCEDURE leave_by_call() LANGUAGE plpgsql AS $$ BEGIN SET statement_timeout = 54321; END $$")
        for sql in ("DO $$ BEGIN PERFORM set_config('statement_timeout', '54321', false); END $$",
                    "DO $$ BEGIN SET statement_timeout = 54321; END $$", "SELECT leave_setting()", "SELECT leave_setting_stable()",
                    "CALL leave_by_call()", "SELECT 1 WHERE leave_setting() <> ''", "EXPLAIN ANALYZE SELECT leave_setting()",
                    "UPDATE pg_settings SET setting = '54321' WHERE name = 'statement_timeout'"):
            with self.subTest(sql):
                for _ in self.both_protocols(sql):
                    self.everybody_sees("SHOW statement_timeout", shown)
        self.clients[0].one("PREPARE again AS SELECT leave_setting()")
        self.assertEqual(self.clients[0].one("EXECUTE again").rows, [(b"54321ms",)])
        self.everybody_sees("SHOW statement_timeout", shown)
        self.clients[0].one("BEGIN")
        self.clients[0].one("SELECT leave_setting()")
        self.assertEqual(self.clients[0].one("SHOW statement_timeout").rows, [(b"54321ms",)])
        self.clients[0].one("COMMIT")
        self.everybody_sees("SHOW statement_timeout", shown)

    def test_settings_made_by_tables(self):
        shown = self.clients[1].one("SHOW statement_timeout").rows
        leave = "PERFORM set_config('statement_timeout', '54321', false)"
        for sql in (f"CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {leave}; RETURN NEW; END $$",
                    f"CREATE FUNCTION given() RETURNS int LANGUAGE plpgsql AS $$ BEGIN {leave}; RETURN 7; END $$",
                    "CREATE TABLE parent(id int PRIMARY KEY)", "INSERT INTO parent VALUES (1), (2), (3)",
                    "CREATE TABLE child(id int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE)",
                    "INSERT INTO child VALUES (1), (2), (3)",
                    "CREATE TRIGGER t AFTER DELETE OR UPDATE ON child FOR EACH ROW EXECUTE FUNCTION on_change()",
                    "CREATE TABLE noted(v int)", "CREATE TRIGGER t BEFORE INSERT ON noted FOR EACH ROW EXECUTE FUNCTION on_change()",
                    "CREATE TABLE filled(v int, w int DEFAULT given())", "CREATE VIEW asked AS SELECT given() AS v"):
            answer = self.clients[0].one(sql)
            self.assertIsNone(answer.error, f"{sql}: {answer.error}")
        for sql in ("INSERT INTO noted VALUES (1)", "INSERT INTO filled(v) VALUES (1)", "DELETE FROM parent WHERE id = 1",
                    "UPDATE parent SET id = id + 10 WHERE id IN (2, 12)", "SELECT v FROM asked"):
            with self.subTest(sql):
                for _ in self.both_protocols(sql):
                    self.everybody_sees("SHOW statement_timeout", shown)
        for script in (["CREATE TABLE made AS SELECT given() AS v", "DROP TABLE made"], ["SELECT given() AS v INTO made", "DROP TABLE made"],
                       ["CREATE TEMP TABLE made AS SELECT given() AS v", "DROP TABLE made"],
                       ["CREATE TABLE made(v int)", "INSERT INTO made VALUES (1)", "ALTER TABLE made ADD COLUMN w int DEFAULT given()", "DROP TABLE made"],
                       ["CREATE TABLE made(v int)", "CREATE TRIGGER t AFTER TRUNCATE ON made EXECUTE FUNCTION on_change()", "TRUNCATE made",
                        "DROP TABLE made"],
                       ["BEGIN", "CREATE TEMP TABLE made(v int, w int DEFAULT given()) ON COMMIT DROP", "INSERT INTO made VALUES (1)", "COMMIT"],
                       ["CREATE TEMP VIEW made AS SELECT given() AS v", "SELECT * FROM made", "DROP VIEW made"]):
            with self.subTest(script):
                for sql in script:
                    answer = self.clients[0].one(sql)
                    self.assertIsNone(answer.error, f"{sql}: {answer.error}")
                self.everybody_sees("SHOW statement_timeout", shown)
        with self.subTest("COPY"):
            answer = self.clients[0].one("COPY noted FROM STDIN", copy_data=[b"5\n"])
            self.assertIsNone(answer.error, answer.error)
            self.everybody_sees("SHOW statement_timeout", shown)

    def test_temporary_tables_made_by_code(self):
        self.clients[0].one("CREATE TABLE shadowed(v int)")
        self.clients[0].one("INSERT INTO shadowed VALUES (1)")
        for answer in self.both_protocols("DO $$ BEGIN DROP TABLE IF EXISTS pg_temp.shadowed; CREATE TEMP TABLE shadowed(v int); END $$"):
            self.everybody_sees("SELECT v FROM shadowed", [(b"1",)])

    def test_own_settings_outlive_it(self):
        for client in self.clients:
            client.one("SET TimeZone = 'Asia/Tokyo'")
        self.clients[0].one("DO $$ BEGIN SET TimeZone = 'Europe/Vienna'; END $$")
        self.everybody_sees("SHOW TimeZone", [(b"Asia/Tokyo",)])
        self.assertEqual(self.clients[0].one("SHOW TimeZone").rows, [(b"Asia/Tokyo",)])

    def test_what_changes_the_meaning_of_text_is_refused(self):
        client = self.clients[0]
        for name, (usual, other) in FIXED.items():
            for sql in (f"SET {name} = {other}", f"SET {name} TO '{other.upper()}'", f"SET LOCAL {name} = {other}", f"SET SESSION {name} TO {other}",
                        f"SELECT set_config('{name}', '{other}', false)", f"SELECT set_config('{name.upper()}', '{other}', true)"):
                for answer in (client.one(sql), client.extended(sql)):
                    self.assertEqual((answer.error or {}).get("C"), "0A000", sql)
            for sql in (f"SET {name} = {usual}", f"SET {name} = {'1' if usual == 'on' else '0'}", f"SET {name} TO DEFAULT", f"RESET {name}",
                        f"SELECT set_config('{name}', '{usual}', false)"):
                self.assertIsNone(client.one(sql).error, sql)
            for settings in ({name: other}, {"options": f"-c {name}={other}"}):
                with self.assertRaises(query_client.Disconnected) as refused:
                    self.client(**settings)
                self.assertEqual(refused.exception.args[0]["C"], "0A000")
            self.client(**{name: usual})

    def test_defaults_of_roles_do_not_change_it(self):
        client = self.clients[0]
        client.one("CREATE TABLE words(k text, v int)")
        client.one(r"INSERT INTO words VALUES ('a\\b', 1)")
        for connection in self.shard_connections:
            for name, (_, other) in FIXED.items():
                connection.cursor().execute(f"ALTER ROLE {harness.USER} SET {name} = {other}")
        try:
            run = harness.Run(self.dev)  # with connections of its own
            self.addCleanup(run.stop)
            fresh = query_client.Client("127.0.0.1", run.port, harness.DATABASE, harness.USER)
            self.addCleanup(fresh.close)
            self.assertEqual(fresh.one("SHOW standard_conforming_strings").rows, [(b"on",)])
            self.assertEqual(fresh.one(r"SELECT k FROM words WHERE k = 'a\\b'").rows, [(rb"a\\b",)])
            self.assertIsNone(fresh.one(r"INSERT INTO words VALUES ('c\\d', 1)").error)
            fresh.one("SET TimeZone = 'UTC'")
            fresh.one("DISCARD ALL")
            self.assertEqual(fresh.one(r"SELECT k FROM words WHERE k = 'c\\d'").rows, [(rb"c\\d",)])
            self.assertEqual(fresh.one("SELECT k FROM words WHERE k = NULL").rows, [])
        finally:
            for connection in self.shard_connections:
                for name in FIXED:
                    connection.cursor().execute(f"ALTER ROLE {harness.USER} RESET {name}")
        self.assert_rows_lie_right("words", "k", "hashtextextended")


if __name__ == "__main__":
    unittest.main()
