#!/usr/bin/env python3
"""Cursors, and portals that are fetched in portions: of one shard, and merged of several."""

import unittest

import harness
import state_case
import wire_client


class CursorTest(state_case.StateCase):
    QUERIES = ("SELECT id, name FROM items ORDER BY id", "SELECT price, count(*) FROM items GROUP BY price ORDER BY price",
               "SELECT id FROM items ORDER BY id DESC LIMIT 7 OFFSET 2", "SELECT id, body FROM notes ORDER BY id",
               "SELECT n FROM generate_series(1, 25) n", "SELECT id FROM items WHERE false ORDER BY id")

    def test_fetch(self):
        for query in self.QUERIES:
            with self.subTest(query):
                self.same_texts("BEGIN", f"DECLARE c NO SCROLL CURSOR FOR {query}", "FETCH c", "FETCH NEXT FROM c", "FETCH 3 FROM c",
                                "MOVE 2 IN c", "FETCH FORWARD 4 c", "SELECT 1", "MOVE c", "FETCH ALL FROM c", "FETCH c", "FETCH ALL c",
                                "MOVE ALL c", "CLOSE c", "FETCH c", "ROLLBACK", "FETCH c")

    def test_of_one_shard(self):
        for key in (self.home_key, self.near, self.far):
            query = f"SELECT id, g FROM items, generate_series(1, 9) g WHERE id = {key} ORDER BY g"
            self.same_texts("BEGIN", f"DECLARE c SCROLL CURSOR FOR {query}", "FETCH 3 c", "FETCH PRIOR c", "FETCH LAST c", "FETCH ABSOLUTE 2 c",
                            "FETCH BACKWARD ALL c", "FETCH RELATIVE 0 c", "MOVE FORWARD ALL c", "CLOSE c", "COMMIT",
                            f"DECLARE c CURSOR FOR {query}", "BEGIN", f"DECLARE c CURSOR FOR {query}", f"DECLARE c CURSOR FOR {query}",
                            "ROLLBACK")

    def test_outside_a_block(self):
        self.same_texts("DECLARE c CURSOR FOR SELECT id FROM items", "FETCH c", "MOVE c", "CLOSE c", "CLOSE ALL",
                        "DECLARE c CURSOR FOR SELECT id FROM items ORDER BY id; FETCH 2 c; CLOSE c", "FETCH c")

    def test_names(self):
        far, near = f"SELECT name FROM items WHERE id = {self.far}", f"SELECT name FROM items WHERE id = {self.near}"
        everywhere = "SELECT id FROM items ORDER BY id"
        self.same_texts("BEGIN", f"DECLARE a CURSOR FOR {far}", f"DECLARE b CURSOR FOR {near}", f"DECLARE \"C c\" CURSOR FOR {everywhere}",
                        "FETCH b", "FETCH a", 'FETCH "C c"', "FETCH c", "ROLLBACK")
        for first, second in ((far, near), (near, everywhere), (everywhere, far), (everywhere, everywhere)):
            self.same_texts("BEGIN", f"DECLARE a CURSOR FOR {first}", f"DECLARE a CURSOR FOR {second}", "ROLLBACK")
        self.same_texts("BEGIN", f"DECLARE a CURSOR FOR {far}", f"DECLARE b CURSOR FOR {everywhere}", "CLOSE ALL", "FETCH b", "ROLLBACK")

    def test_savepoints(self):
        everywhere, far = "SELECT id FROM items ORDER BY id", f"SELECT name FROM items WHERE id = {self.far}"
        for query in (everywhere, far):
            self.same_texts("BEGIN", f"DECLARE a CURSOR FOR {query}", "SAVEPOINT s", "FETCH a", f"DECLARE b CURSOR FOR {query}", "FETCH b",
                            "ROLLBACK TO s", "FETCH a", f"DECLARE b CURSOR FOR {query}", "FETCH 2 b", "RELEASE s", "FETCH b", "SAVEPOINT t",
                            "CLOSE b", "SELECT 1/0", "ROLLBACK TO t", "FETCH a", "COMMIT")

    def test_errors(self):
        self.same_texts("BEGIN", "DECLARE c CURSOR FOR SELECT id, nothing FROM items", "ROLLBACK",
                        "BEGIN", "SELECT 1; DECLARE c CURSOR FOR SELECT nothing FROM items", "ROLLBACK")
        # A shard computes some rows before they are wanted: the error may come with an earlier portion.
        client = wire_client.connect(self.dev.port)
        client.ask("BEGIN")
        client.ask("DECLARE c CURSOR FOR SELECT 1 / (id - 5) FROM items ORDER BY id")
        answers = [client.ask("FETCH 3 c"), client.ask("FETCH 10 c")]
        self.assertIn("22012", [m[1]["C"] for answer in answers for m in answer if m[0] == "E"])
        self.assertEqual(client.ask("FETCH c")[0][1]["C"], "25P02")
        self.assertEqual(client.ask("ROLLBACK"), [("C", "ROLLBACK"), ("Z", "I")])
        client.close()

    def test_many_rows(self):
        self.same_texts("BEGIN", "DECLARE c CURSOR FOR SELECT i.id FROM items i, generate_series(1, 300) g ORDER BY 1", "MOVE 2990 c",
                        "FETCH 20 c", "MOVE 5000 c", "FETCH 3 c", "MOVE ALL c", "COMMIT")

    def test_while_other_statements_run(self):
        def scenario(connect):
            client, other = connect(), connect()
            return [client.ask("BEGIN"), client.ask("DECLARE c CURSOR FOR SELECT id, price FROM items ORDER BY id"), client.ask("FETCH 2 c"),
                    other.ask(f"UPDATE items SET price = price + 100 WHERE id = {self.ROWS}"),
                    client.ask(f"SELECT name FROM items WHERE id = {self.far}"), client.ask("SELECT count(*) FROM items"),
                    client.ask("FETCH 5 c"), client.ask("DECLARE d CURSOR FOR SELECT id FROM items ORDER BY id DESC"), client.ask("FETCH 3 d"),
                    client.ask("FETCH 100 c"), client.ask("FETCH 2 d"), client.ask("COMMIT"),
                    other.ask(f"UPDATE items SET price = price - 100 WHERE id = {self.ROWS}")]
        self.same(scenario)

    def test_held(self):
        for query in (f"SELECT id, g FROM items, generate_series(1, 9) g WHERE id = {self.far} ORDER BY g", "SELECT id FROM notes ORDER BY id"):
            self.same_texts("BEGIN", f"DECLARE h CURSOR WITH HOLD FOR {query}", "FETCH 2 h", "COMMIT", "FETCH 2 h", f"SELECT name FROM items WHERE id = {self.near}",
                            "SELECT count(*) FROM items", "FETCH h", "BEGIN", "FETCH h", "ROLLBACK", "FETCH h", "CLOSE h", "FETCH h",
                            f"DECLARE h CURSOR WITH HOLD FOR {query}", "FETCH 4 h", "BEGIN", f"DECLARE g CURSOR WITH HOLD FOR {query}", "ROLLBACK",
                            "FETCH g", "FETCH h", "CLOSE ALL", "FETCH h", f"DECLARE h CURSOR WITH HOLD FOR {query}", "DISCARD ALL", "FETCH h")
        self.assertEqual(self.on_shards("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DECLARE%' AND state <> 'idle'"), [[(0,)]] * 4)

    def test_extended(self):
        everywhere = "SELECT id, name FROM items WHERE id > $1 ORDER BY id"
        near = "SELECT id, name FROM items WHERE id = $1"
        for query in (everywhere, near):
            self.same_batches(lambda c: c.run("BEGIN"), lambda c: c.run(f"DECLARE c CURSOR FOR {query}", [str(self.near)]),
                              lambda c: c.run("FETCH 2 FROM c"), lambda c: c.parse("f", "FETCH 1 c").describe("S", "f"),
                              lambda c: c.bind("", "f").execute("").bind("", "f").execute(""), lambda c: c.run("MOVE 1 c"),
                              lambda c: c.run("FETCH ALL c").run("CLOSE c"), lambda c: c.run("FETCH c"), lambda c: c.run("ROLLBACK"))

    def test_portions(self):
        for sql in self.QUERIES[:3] + self.QUERIES[5:]:
            with self.subTest(sql):
                self.same_batches(lambda c: c.parse("", sql).bind("", "").describe("P", "").execute("", 2).execute("", 1)
                                  .execute("", 0).execute("", 5), lambda c: c.execute("", 1))
                self.same_batches(lambda c: c.run("BEGIN"), lambda c: c.parse("", sql).bind("p", "").execute("p", 2),
                                  lambda c: c.execute("p", 2), lambda c: c.run("SELECT 1"), lambda c: c.execute("p", 100),
                                  lambda c: c.execute("p", 1), lambda c: c.close_target("P", "p"), lambda c: c.execute("p", 1),
                                  lambda c: c.run("ROLLBACK"))

    def test_portions_in_binary(self):
        sql = "SELECT id, price FROM items ORDER BY price, id"
        self.same_batches(lambda c: c.run("BEGIN"), lambda c: c.parse("", sql).bind("p", "", result_formats=[1]).describe("P", "p").execute("p", 3),
                          lambda c: c.execute("p", 30), lambda c: c.execute("p", 30), lambda c: c.run("COMMIT"), lambda c: c.execute("p", 1))

    def test_error_in_a_portion(self):
        client = wire_client.connect(self.dev.port)
        client.parse("", "SELECT 1 / (id - 9) FROM items ORDER BY id").bind("", "").execute("", 3).execute("", 10).execute("", 1)
        answer = client.sync().read()
        self.assertEqual([m[1]["C"] for m in answer if m[0] == "E"], ["22012"])
        self.assertEqual(client.run("SELECT 1").sync().read()[-2:], [("C", "SELECT 1"), ("Z", "I")])
        client.close()

    def test_a_cursor_is_a_portal(self):
        for query in (f"SELECT id, name FROM items WHERE id = {self.far}", "SELECT id, name FROM items ORDER BY id"):
            self.same_batches(lambda c: c.run("BEGIN"), lambda c: c.run(f"DECLARE c CURSOR FOR {query}"), lambda c: c.describe("P", "c"),
                              lambda c: c.run("FETCH 1 c"), lambda c: c.close_target("P", "c"), lambda c: c.run("FETCH 1 c"), lambda c: c.run("ROLLBACK"))
        self.same_batches(lambda c: c.run("BEGIN"), lambda c: c.parse("", f"SELECT name FROM items WHERE id = {self.far}").bind("p", ""),
                          lambda c: c.run("FETCH 1 p"), lambda c: c.run("CLOSE p"), lambda c: c.run("ROLLBACK"))

    def test_portions_among_other_statements(self):
        """Portals over several shards in a block while others are opened, savepoints come and go, and rows are written."""
        sql = "SELECT id, price FROM items WHERE id > $1 ORDER BY id"
        self.same_batches(lambda c: c.run("BEGIN"), lambda c: c.parse("s", sql).bind("p", "s", ["3"]).execute("p", 4),
                          lambda c: c.bind("q", "s", ["20"]).execute("q", 2), lambda c: c.run("SELECT count(*) FROM items"),
                          lambda c: c.run(f"UPDATE items SET price = price WHERE id = {self.far}"), lambda c: c.run("SAVEPOINT a"),
                          lambda c: c.bind("r", "s", ["30"]).execute("r", 2), lambda c: c.execute("p", 5).execute("q", 1),
                          lambda c: c.run("ROLLBACK TO a"), lambda c: c.execute("r", 1), lambda c: c.run("ROLLBACK"))

    def test_psycopg2_named_cursors(self):
        for connection in (self.dev.connect(), self.plain.connect()):
            connection.autocommit = False
            for itersize in (1, 7, 100):
                cursor = connection.cursor(name="named")
                cursor.itersize = itersize
                cursor.execute("SELECT id, name FROM items ORDER BY id")
                self.assertEqual(list(cursor), [(n, f"item {n}") for n in range(1, self.ROWS + 1)])
                cursor.close()
                connection.commit()
            connection.close()

    def test_declared_in_vain(self):
        def scenario(connect):
            client, declare = connect(), f"DECLARE c CURSOR FOR SELECT id FROM items WHERE id = {self.far}"
            return [client.run(declare).sync().read(), client.ask("BEGIN"), client.ask(declare), client.ask("FETCH c"), client.ask("COMMIT")]
        self.same(scenario)

    def test_columns_of_a_prepared_fetch(self):
        def scenario(connect):
            answers = []
            for columns in ("id", "body, id"):
                client = connect()
                answers += [client.ask("BEGIN"), client.ask(f"DECLARE c CURSOR FOR SELECT {columns} FROM notes ORDER BY id")]
                client.parse("s", "FETCH 1 c").describe("S", "s").bind("", "s").execute("").sync()
                answers += [client.read(), client.ask("COMMIT")]
            return answers
        self.same(scenario)


if __name__ == "__main__":
    unittest.main()
