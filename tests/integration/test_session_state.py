#!/usr/bin/env python3
"""Temporary tables and session-level advisory locks: they are on the home shard, on a connection that stays with their
client for as long as there are any, and never reach another client."""

import time
import unittest

import harness
import state_case
import wire_client


class TemporaryTest(state_case.StateCase):
    def tearDown(self):
        self.assert_nothing_left()

    def test_life_of_a_table(self):
        self.same_texts("CREATE TEMP TABLE scratch(id int, name text, price int)", "INSERT INTO scratch VALUES (1, 'x', 2), (2, 'y', 3)",
                        "SELECT * FROM scratch ORDER BY id", f"SELECT name FROM items WHERE id = {self.far}", "SELECT count(*) FROM items",
                        "UPDATE scratch SET price = 5 WHERE id = 2", "SELECT * FROM pg_temp.scratch WHERE id = 2", "CREATE INDEX ON scratch(id)",
                        "ALTER TABLE scratch ADD COLUMN more int DEFAULT 8", "SELECT * FROM scratch ORDER BY id", "TRUNCATE scratch",
                        "SELECT s.id, n.body FROM scratch s RIGHT JOIN notes n ON n.id = s.id WHERE n.id = 3",
                        "DROP TABLE scratch", "SELECT * FROM scratch", "DROP TABLE scratch", "DROP TABLE IF EXISTS scratch")

    def test_hides_another_table(self):
        self.same_texts("CREATE TEMP TABLE items(id text, other int)", "INSERT INTO items VALUES ('mine', 1)", "SELECT * FROM items",
                        "SELECT count(*) FROM public.items", "SELECT * FROM pg_temp.items", "UPDATE items SET other = 2 RETURNING *",
                        "SET search_path = public, pg_temp", "SELECT count(*) FROM items", "RESET search_path", "SELECT * FROM items",
                        "DELETE FROM items", "DROP TABLE items", "SELECT count(*) FROM items")

    def test_prepared_before_and_after(self):
        def scenario(connect):
            client = connect()
            run = lambda: client.bind("", "s").execute("").sync().read()
            return [client.parse("s", "SELECT count(*) FROM items").sync().read(), run(), client.ask("CREATE TEMP TABLE items(x int)"),
                    run(), client.ask("INSERT INTO items VALUES (1)"), run(), client.ask("DROP TABLE items"), run()]
        self.same(scenario)

    def test_ends_of_transactions(self):
        self.same_texts("BEGIN", "CREATE TEMP TABLE a(x int) ON COMMIT DROP", "INSERT INTO a VALUES (1)", "SELECT * FROM a", "COMMIT",
                        "SELECT * FROM a", "BEGIN", "CREATE TEMP TABLE b(x int) ON COMMIT DELETE ROWS", "INSERT INTO b VALUES (1)",
                        "SELECT * FROM b", "COMMIT", "SELECT * FROM b", "BEGIN", "CREATE TEMP TABLE c(x int)", "ROLLBACK", "SELECT * FROM c",
                        "BEGIN", "SAVEPOINT s", "CREATE TEMP TABLE d(x int)", "INSERT INTO d VALUES (1)", "ROLLBACK TO s", "SELECT * FROM d", "ROLLBACK",
                        "BEGIN", "DROP TABLE b", "ROLLBACK", "SELECT * FROM b", "BEGIN", "DROP TABLE b", "COMMIT", "SELECT * FROM b")

    def test_with_writes_elsewhere(self):
        self.same_texts("BEGIN", "CREATE TEMP TABLE a(x int)", f"UPDATE items SET price = price + 1 WHERE id = {self.far}",
                        f"INSERT INTO a SELECT n FROM generate_series(1, 3) n", "SELECT sum(x) FROM a", "COMMIT", "SELECT sum(x) FROM a",
                        f"UPDATE items SET price = price - 1 WHERE id = {self.far}", "DISCARD TEMP", "SELECT sum(x) FROM a")

    def test_made_from_a_query(self):
        self.same_texts("CREATE TEMP TABLE a AS SELECT id, body FROM notes WHERE id < 4", "SELECT * FROM a ORDER BY id",
                        "SELECT id INTO TEMP b FROM notes WHERE id = 7", "SELECT * FROM b", f"CREATE TEMPORARY TABLE c AS SELECT * FROM items WHERE id = {self.home_key}",
                        "SELECT * FROM c", "CREATE TEMP TABLE d (LIKE items INCLUDING ALL)", "INSERT INTO d VALUES (1, 'x', 2)",
                        "INSERT INTO d VALUES (1, 'x', 2) ON CONFLICT (id) DO UPDATE SET price = 3", "SELECT * FROM d", f"SELECT i.name FROM items i JOIN c ON c.id = i.id WHERE i.id = {self.home_key}",
                        "DISCARD TEMP", "SELECT * FROM b", "SELECT * FROM a")

    def test_in_a_batch(self):
        self.same_batches(lambda c: c.run("CREATE TEMP TABLE a(x int)").run("INSERT INTO a VALUES (1)").run("SELECT * FROM a"),
                          lambda c: c.run("SELECT * FROM a"), lambda c: c.run("SELECT 1/0"), lambda c: c.run("SELECT * FROM a"),
                          lambda c: c.run("DROP TABLE a"), lambda c: c.run("SELECT * FROM a"),
                          lambda c: c.run("CREATE TEMP TABLE b(x int)").run("SELECT 1/0"), lambda c: c.run("SELECT * FROM b"))

    def test_copy(self):
        def scenario(connect):
            client = connect()
            return [client.ask("CREATE TEMP TABLE a(x int, y text)"), client.query("COPY a FROM STDIN").read("GE"),
                    client.copy_data(b"1\tone\n2\ttwo\n").copy_done().read(), client.ask("COPY a TO STDOUT"), client.ask("DROP TABLE a")]
        self.same(scenario)

    def test_others_do_not_see_it(self):
        def scenario(connect):
            first, answers = connect(), []
            answers.append(first.ask("CREATE TEMP TABLE mine(x int)"))
            others = [connect() for _ in range(5)]
            answers += [other.ask("SELECT * FROM mine") for other in others]
            answers += [other.ask("CREATE TEMP TABLE mine(y text)") for other in others[:2]]
            answers += [other.ask("SELECT * FROM mine") for other in (first, *others)]
            first.close()
            answers += [other.ask("SELECT * FROM mine") for other in others]
            return answers
        self.same(scenario)

    def test_made_by_code(self):
        self.same_texts("DO $$ BEGIN CREATE TEMP TABLE made(x int); END $$", "INSERT INTO made VALUES (3)", "SELECT * FROM made",
                        "DROP TABLE made", "SELECT * FROM made")
        def scenario(connect):
            connect().ask("DO $$ BEGIN CREATE TEMP TABLE made(x int); END $$")
            return [connect().ask("SELECT * FROM made") for _ in range(5)]
        self.same(scenario)

    def test_many_clients_share_nothing(self):
        clients = [wire_client.connect(self.dev.port) for _ in range(12)]
        for number, client in enumerate(clients):
            client.ask(f"CREATE TEMP TABLE mine AS SELECT {number} AS n")
        for number, client in enumerate(clients):
            self.assertIn(("D", [str(number).encode()]), client.ask("SELECT n FROM mine"))
        for client in clients[::2]:
            client.ask("DISCARD ALL")
        for number, client in enumerate(clients):
            answer = client.ask("SELECT n FROM mine")
            if number % 2 == 0:
                self.assertEqual(answer[0][1]["C"], "42P01")
            else:
                self.assertIn(("D", [str(number).encode()]), answer)
            client.close()

    def test_dropped_by_cascade(self):
        def scenario(connect):
            one, two = connect(), connect()
            answers = []
            for dropper in (one, two):
                answers += [one.ask("CREATE TABLE under(body int)"), one.ask("CREATE TEMP VIEW items AS SELECT body FROM under"),
                            one.ask("SELECT count(*) FROM items"), [m for m in dropper.ask("DROP TABLE under CASCADE") if m[0] != "N"],
                            one.ask("SELECT count(*) FROM items")]
            answers += [one.ask("CREATE TABLE under(body int)"), one.ask("CREATE TEMP VIEW items AS SELECT body FROM under"), one.ask("BEGIN"),
                        [m for m in one.ask("DROP TABLE under CASCADE") if m[0] != "N"], one.ask("SELECT count(*) FROM items"), one.ask("ROLLBACK"),
                        one.ask("SELECT count(*) FROM items"), [m for m in one.ask("DROP TABLE under CASCADE") if m[0] != "N"],
                        one.ask("SELECT count(*) FROM items")]
            return answers
        self.same(scenario)

    def test_after_an_execute_that_fails(self):
        def scenario(connect):
            client = connect()
            answers = [client.ask(sql) for sql in ("CREATE TABLE changing(id int, name text)", "PREPARE s AS SELECT id, name FROM changing", "EXECUTE s",
                                                   "ALTER TABLE changing DROP COLUMN name")]
            answers += [client.ask("EXECUTE s")[0][1]["C"], client.run("INSERT INTO changing VALUES (1)").sync().read(), client.ask("SELECT count(*) FROM changing"),
                        client.ask("DROP TABLE changing")]
            return answers
        self.same(scenario)

    def test_deferred_constraints_of_temporary_tables(self):
        def scenario(connect):
            client = connect()
            answers = [client.ask(sql) for sql in ("BEGIN", "CREATE TEMP TABLE once(x int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
                                                   "INSERT INTO once VALUES (1), (1)", f"UPDATE items SET price = 100 WHERE id = {self.far}")]
            answers += [client.ask("COMMIT")[0][1]["C"], client.ask(f"SELECT price FROM items WHERE id = {self.far}"), client.ask("SELECT * FROM once")]
            return answers
        self.same(scenario)


class LockTest(state_case.StateCase):
    def tearDown(self):
        self.assert_nothing_left()

    def test_locks_exclude_others(self):
        def scenario(connect):
            one, other, answers = connect(), connect(), []
            def both(sql):
                answers.extend([one.ask(sql), other.ask(sql)])
            both("SELECT pg_try_advisory_lock(5)")
            both("SELECT pg_advisory_unlock(5)")
            answers.append(one.ask("SELECT pg_advisory_lock(7), pg_advisory_lock(7)"))
            answers += [one.ask("SELECT count(*) FROM items"), one.ask(f"SELECT name FROM items WHERE id = {self.near}")]
            answers.append(other.ask("SELECT pg_try_advisory_lock(7)"))
            answers.append(one.ask("SELECT pg_advisory_unlock(7)"))
            answers.append(other.ask("SELECT pg_try_advisory_lock(7)"))
            answers.append(one.ask("SELECT pg_advisory_unlock(7)"))
            answers.append(other.ask("SELECT pg_try_advisory_lock(7)"))
            both("SELECT pg_advisory_unlock_all()")
            answers.append(one.ask("SELECT pg_try_advisory_lock_shared(1, 2)"))
            answers.append(other.ask("SELECT pg_try_advisory_lock_shared(1, 2)"))
            answers.append(one.ask("SELECT pg_try_advisory_lock(1, 2)"))
            both("DISCARD ALL")
            answers.append(one.ask("SELECT pg_try_advisory_lock(1, 2)"))
            answers.append(one.ask("SELECT pg_advisory_unlock(1, 2)"))
            return answers
        self.same(scenario)

    def test_of_a_transaction(self):
        def scenario(connect):
            one, other = connect(), connect()
            return [one.ask("BEGIN"), one.ask("SELECT pg_advisory_xact_lock(3)"), one.ask(f"UPDATE items SET price = price WHERE id = {self.far}"),
                    other.ask("SELECT pg_try_advisory_lock(3)"), one.ask("COMMIT"), other.ask("SELECT pg_try_advisory_lock(3)"),
                    other.ask("SELECT pg_advisory_unlock(3)"), one.ask("BEGIN"), one.ask("SELECT pg_advisory_lock(4)"), one.ask("ROLLBACK"),
                    other.ask("SELECT pg_try_advisory_lock(4)"), one.ask("SELECT pg_advisory_unlock(4)")]
        self.same(scenario)

    def test_a_client_that_leaves(self):
        client = wire_client.connect(self.dev.port)
        client.ask("SELECT pg_advisory_lock(11)")
        client.vanish()
        self.assert_nothing_left()

    def test_a_statement_that_fails_keeps_the_lock(self):
        def scenario(connect):
            one, other = connect(), connect()
            return [one.ask("SELECT pg_advisory_lock(12), 1 / (count(*) - count(*)) FROM notes"), other.ask("SELECT pg_try_advisory_lock(12)"),
                    one.ask("SELECT pg_advisory_unlock_all()"), other.ask("SELECT pg_advisory_unlock_all()")]
        self.same(scenario)


class PinTest(state_case.StateCase):
    """What keeps a connection and for how long, over one connection for each shard."""

    def setUp(self):
        self.run_ = harness.Run(self.dev, default_pool_size=1, query_wait_timeout=1)
        self.addCleanup(self.run_.stop)
        self.clients = []

    def connect(self):
        client = wire_client.connect(self.run_.port)
        self.clients.append(client)
        self.addCleanup(client.close)
        return client

    def assert_home_is_taken(self):
        with self.assertRaisesRegex(AssertionError, "query_wait_timeout"):  # a first login needs the home shard, too
            with wire_client.connect(self.run_.port) as client:
                raise AssertionError(client.query("SELECT count(*) FROM notes").read("E"))

    def assert_home_is_free(self):
        client = wire_client.connect(self.run_.port)
        self.assertIn(("D", [b"20"]), client.ask("SELECT count(*) FROM notes"))
        client.close()

    def test_pinned_connections_count(self):
        one = self.connect()
        for first, last in (("CREATE TEMP TABLE a(x int)", "DROP TABLE a"),
                            ("CREATE TEMP SEQUENCE a", "DROP SEQUENCE a"),
                            ("CREATE TEMP VIEW a AS SELECT body FROM notes", "DROP VIEW a"),
                            ("SELECT id INTO TEMP a FROM notes", "DISCARD TEMP"),
                            ("CREATE TEMP TABLE a AS SELECT 1 AS x", "DISCARD ALL"),
                            ("SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)"),
                            ("SELECT pg_advisory_lock_shared(1)", "SELECT pg_advisory_unlock_shared(1)"),
                            ("SELECT pg_try_advisory_lock(1, 2)", "SELECT pg_advisory_unlock_all()")):
            with self.subTest(first):
                self.assertNotEqual(one.ask(first)[0][0], "E")
                self.assert_home_is_taken()
                self.assertIn(("D", [b"20"]), one.ask("SELECT count(*) FROM notes"))
                one.ask(f"SELECT name FROM items WHERE id = {self.far}")
                self.assert_home_is_taken()
                self.assertNotEqual(one.ask(last)[0][0], "E")
                self.assert_home_is_free()

    def test_other_shards_are_not_kept(self):
        one, two = self.connect(), self.connect()
        one.ask("CREATE TEMP TABLE a(x int)")
        one.ask("SELECT count(*) FROM items")
        for key in (self.near, self.far):
            self.assertIn(("D", [f"item {key}".encode()]), two.ask(f"SELECT name FROM items WHERE id = {key}"))
        one.ask("DROP TABLE a")

    def test_what_leaves_nothing_pins_nothing(self):
        one = self.connect()
        for sql in ("BEGIN; CREATE TEMP TABLE a(x int) ON COMMIT DROP; COMMIT", "BEGIN; CREATE TEMP TABLE a(x int); ROLLBACK",
                    "CREATE TEMP TABLE a(x int); DROP TABLE a", "SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_unlock(1)",
                    "BEGIN; SELECT pg_advisory_lock(1), pg_advisory_unlock(1); COMMIT"):
            one.ask(sql)
            self.assert_home_is_free()

    def test_a_client_that_leaves(self):
        for leave in ("close", "vanish"):
            client = self.connect()
            client.ask("CREATE TEMP TABLE a(x int); SELECT pg_advisory_lock(3)")
            self.assert_home_is_taken()
            getattr(client, leave)()
            self.assert_nothing_left()
            self.assert_home_is_free()

    def test_the_connection_is_lost(self):
        for sql in ("CREATE TEMP TABLE a(x int)", "SELECT pg_advisory_lock(3)"):
            for inside in (False, True):
                client = self.connect()
                client.ask(sql)
                pid = client.ask("SELECT pg_backend_pid()")[1][1][0].decode()
                if inside:
                    client.ask("BEGIN")
                    client.ask("SELECT count(*) FROM notes")
                self.on_shards(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {pid} AND pid <> pg_backend_pid()")
                if inside:
                    client.query("ROLLBACK").flush()
                answers = [client.next()]
                while answers[-1] != ("closed",):
                    answers.append(client.next())
                self.assertEqual(answers[-2][1]["S"], "FATAL", answers)
                self.assert_home_is_free()
                self.assert_nothing_left()

    def test_session_pooling(self):
        run = harness.Run(self.dev, pool_mode="session")
        self.addCleanup(run.stop)
        one, two = wire_client.connect(run.port), wire_client.connect(run.port)
        one.ask("CREATE TEMP TABLE items(x int)")
        one.ask("INSERT INTO items VALUES (8)")
        self.assertIn(("D", [b"8"]), one.ask("SELECT x FROM items"))
        self.assertIn(("D", [b"40"]), two.ask("SELECT count(*) FROM items"))
        self.assertIn(("D", [b"t"]), one.ask("SELECT pg_try_advisory_lock(9)"))
        self.assertIn(("D", [b"f"]), two.ask("SELECT pg_try_advisory_lock(9)"))
        one.close()
        two.close()
        self.assert_nothing_left()


class RefusalTest(state_case.StateCase):
    def test_refusals(self):
        self.ask("CREATE TEMP TABLE passing(k int, item int)")
        try:
            for sql in ("SELECT * FROM passing p JOIN items i ON i.id = p.item", "INSERT INTO passing SELECT id, price FROM items",
                        "SELECT id FROM items WHERE id IN (SELECT item FROM passing)", "INSERT INTO items SELECT k, 'x', 1 FROM passing",
                        "CREATE TEMP TABLE other AS SELECT * FROM items", "CREATE TEMP VIEW other AS SELECT * FROM items",
                        "CREATE TRIGGER t BEFORE INSERT ON passing FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                        "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "TRUNCATE passing, items",
                        f"SELECT pg_advisory_lock(id) FROM items WHERE id = {self.far}", "SELECT pg_advisory_lock(id) FROM items"):
                self.assert_refused(sql)
            self.ask("CREATE TEMP VIEW seen AS SELECT * FROM notes")
            for sql in ("ALTER TABLE passing INHERIT items", "INSERT INTO seen VALUES (99, 'x')", "UPDATE seen SET body = 'x' WHERE id = 3",
                        "SET search_path = public, pg_temp_3", "SELECT set_config('search_path', 'public, pg_temp_3', false)"):
                self.assert_refused(sql)
            self.ask("DROP VIEW seen")
            self.ask("BEGIN")
            self.ask("INSERT INTO passing VALUES (1, 2)")
            self.assert_refused("INSERT INTO words VALUES (3, 'three')")
            self.ask("ROLLBACK")
        finally:
            self.ask("DROP TABLE passing")


if __name__ == "__main__":
    unittest.main()
