#!/usr/bin/env python3
"""Prepared statements, portals, large messages, cancel requests and COPY when many clients share one or two server
connections: what clients of a transaction pooler rely on."""

import threading
import time
import unittest

import harness
import query_client
from query_client import Parameter, bind, message, parse

SYNC, FLUSH = message(b"S"), message(b"H")
EXECUTE = message(b"E", b"\0\0\0\0\0")
DESCRIBE = message(b"D", b"P\0")


def text(value):
    return Parameter(25, value.encode())


class PooledStatementsTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_router = harness.Run(cls.dev, default_pool_size=1, query_wait_timeout=20)
        cls.addClassCleanup(cls.run_router.stop)
        client = cls.connect()
        client.one("CREATE TABLE items(id int PRIMARY KEY, v text)")
        for n in range(20):
            client.one(f"INSERT INTO items VALUES ({n}, 'v{n}')")
        client.close()

    @classmethod
    def connect(cls, **settings):
        return query_client.Client("127.0.0.1", cls.run_router.port, harness.DATABASE, harness.USER, **settings)

    def client(self, **settings):
        client = self.connect(**settings)
        self.addCleanup(client.close)
        return client

    def prepare(self, client, name, sql, types=()):
        client.send(parse(name, sql, types), SYNC)
        return client.collect()

    def execute(self, client, name, *values):
        client.send(bind(b"", name, [text(v) for v in values]), DESCRIBE, EXECUTE, SYNC)
        answers = client.collect()
        self.assertEqual(len(answers), 1, answers)
        return answers[0]

    # ---- prepared statements over a connection that others use in between

    def test_names_belong_to_their_client(self):
        clients = [self.client() for _ in range(6)]
        for number, client in enumerate(clients):
            self.prepare(client, b"mine", f"SELECT {number}, v FROM items WHERE id = $1", [23])
        for _ in range(3):
            for number, client in enumerate(clients):
                client.send(bind(b"", b"mine", [Parameter(23, str(number).encode())]), DESCRIBE, EXECUTE, SYNC)
                self.assertEqual(client.collect()[0].rows, [(str(number).encode(), f"v{number}".encode())])

    def test_more_statements_than_a_server_keeps(self):
        first, second = self.client(), self.client()
        for number in range(600):
            for client, word in ((first, "a"), (second, "b")):
                self.prepare(client, f"s{number}".encode(), f"SELECT '{word}', {number}, $1::text")
        for number in (0, 599, 1, 300, 0, 150, 599):
            for client, word in ((first, b"a"), (second, b"b")):
                self.assertEqual(self.execute(client, f"s{number}".encode(), "x").rows, [(word, str(number).encode(), b"x")])
        # The view itself is refused: only code on the server may look at what the router keeps there.
        first.one("CREATE FUNCTION kept() RETURNS bigint LANGUAGE plpgsql AS "
                  "'BEGIN RETURN (SELECT count(*) FROM pg_prepared_statements); END'")
        kept = first.one("SELECT kept()").rows[0][0]
        self.assertGreater(int(kept), 500)
        self.assertLessEqual(int(kept), 1000)

    def test_name_in_use_and_name_again(self):
        client = self.client()
        self.prepare(client, b"again", "SELECT 1")
        self.assertEqual(self.prepare(client, b"again", "SELECT 2")[0].error["C"], "42P05")
        self.assertEqual(self.execute(client, b"again").rows, [(b"1",)])
        client.send(message(b"C", b"Sagain\0"), parse(b"again", "SELECT 2"), SYNC)
        client.collect()
        self.assertEqual(self.execute(client, b"again").rows, [(b"2",)])
        client.send(message(b"C", b"Snever there\0"), SYNC)
        self.assertEqual([a.error for a in client.collect() if a.error], [])

    def test_statements_that_do_not_exist(self):
        client = self.client()
        client.send(message(b"D", b"Snone\0"), SYNC)
        self.assertEqual(client.collect()[0].error["C"], "26000")
        self.assertEqual(self.execute(client, b"none").error["C"], "26000")
        self.prepare(client, b"gone", "SELECT 1")
        client.one("DEALLOCATE ALL")
        self.assertEqual(self.execute(client, b"gone").error["C"], "26000")
        self.prepare(client, b"gone", "SELECT 3")
        client.one("DISCARD ALL")
        self.assertEqual(self.execute(client, b"gone").error["C"], "26000")
        self.prepare(client, b"gone", "SELECT 4")
        self.assertEqual(self.execute(client, b"gone").rows, [(b"4",)])

    def test_change_behind_the_back(self):
        """Made on the shard itself: who prepared before is told, who prepares again has the columns of now."""
        home = self.shard_connections[0].cursor()
        one, two = self.client(), self.client()
        one.one("CREATE TABLE behind(id int)")
        one.one("INSERT INTO behind VALUES (1)")
        select = "SELECT * FROM behind"
        self.prepare(one, b"s", select)
        self.assertEqual(self.execute(one, b"s").rows, [(b"1",)])
        home.execute("ALTER TABLE behind ADD v text DEFAULT 'new'")
        for _ in range(2):
            error = self.execute(one, b"s").error
            self.assertEqual((error["C"], error["M"], error["R"]),
                             ("0A000", "cached plan must not change result type", "RevalidateCachedQuery"))
        for name in (b"a", b"b", b""):
            for client in (one, two):
                self.prepare(client, name, select)
                self.assertEqual(self.execute(client, name).rows, [(b"1", b"new")])
        one.one("DROP TABLE behind")

    def test_failed_prepare(self):
        client, other = self.client(), self.client()
        for _ in range(3):
            self.assertEqual(self.prepare(client, b"bad", "SELECT nothing FROM items")[0].error["C"], "42703")
            self.assertEqual(self.execute(client, b"bad").error["C"], "26000")
            self.assertEqual(other.one("SELECT 1").rows, [(b"1",)])
        # The same text becomes right later.
        self.assertEqual(self.prepare(client, b"bad", "SELECT * FROM comes_later")[0].error["C"], "42P01")
        other.one("CREATE TABLE comes_later(v int)")
        self.assertEqual([a.error for a in self.prepare(client, b"bad", "SELECT * FROM comes_later") if a.error], [])
        self.assertEqual(self.execute(client, b"bad").rows, [])

    def test_failed_prepare_inside_a_pipeline(self):
        client = self.client()
        client.send(parse(b"good", "SELECT 1"), parse(b"bad", "SELEC"), parse(b"skipped", "SELECT 2"), SYNC,
                    parse(b"skipped", "SELECT 3"), bind(b"", b"skipped"), DESCRIBE, EXECUTE, SYNC)
        self.assertEqual(client.collect()[0].error["C"], "42601")
        self.assertEqual(client.collect()[0].rows, [(b"3",)])
        self.assertEqual(self.execute(client, b"good").rows, [(b"1",)])

    def test_pipelines_of_all_kinds(self):
        """Hundreds of requests at once: prepared, unnamed, failing, on every shard."""
        clients = [self.client() for _ in range(3)]
        for client in clients:
            self.prepare(client, b"by key", "SELECT v FROM items WHERE id = $1", [23])
        messages, wanted = [], []
        for n in range(300):
            if n % 3 == 0:
                messages += [bind(b"", b"by key", [Parameter(23, str(n % 20).encode())]), DESCRIBE, EXECUTE, SYNC]
                wanted.append([(f"v{n % 20}".encode(),)])
            elif n % 7 == 1:
                messages += [parse(b"", "SELECT 1/0"), bind(b"", b""), DESCRIBE, EXECUTE, parse(b"", "SELECT 2"), bind(b"", b""),
                             EXECUTE, SYNC]
                wanted.append("22012")
            else:
                messages += [parse(b"", "SELECT $1::text || v FROM items WHERE id = $2", [25, 23]),
                             bind(b"", b"", [text(f"{n} "), Parameter(23, str(n % 20).encode())]), DESCRIBE, EXECUTE, SYNC]
                wanted.append([(f"{n} v{n % 20}".encode(),)])
        failures = []

        def work(client):
            try:
                threading.Thread(target=client.send, args=messages, daemon=True).start()
                for number, rows in enumerate(wanted):
                    answer = client.collect()[0]
                    if (answer.error["C"] if answer.error else answer.rows) != rows:
                        failures.append((number, answer, rows))
            except Exception as error:  # the test's to report
                failures.append(error)
        threads = [threading.Thread(target=work, args=(c,)) for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(failures[:3], [])
        self.assertFalse(any(t.is_alive() for t in threads), "a pipeline does not end")

    def test_second_half_of_a_batch_comes_late(self):
        """Parse has come, Bind has not; meanwhile somebody else wants the only connection."""
        client, other = self.client(), self.client()
        client.send(parse(b"", "SELECT $1::text"), bind(b"", b"", [text("a")]), DESCRIBE, EXECUTE, SYNC, parse(b"", "SELECT $1::text || 'x'"))
        self.assertEqual(client.collect()[0].rows, [(b"a",)])
        time.sleep(0.1)
        late = threading.Timer(0.5, client.send, [bind(b"", b"", [text("b")]), DESCRIBE, EXECUTE, SYNC])
        late.start()
        self.assertEqual(other.one("SELECT 'other'").rows, [(b"other",)])
        self.assertEqual(client.collect()[0].rows, [(b"bx",)])
        late.join()

    # ---- sizes

    def test_large_messages(self):
        client = self.client()
        for size in (2000, 2048, 4095, 4096, 8192, 16384, 70_000, 1_000_000):
            word = "w" * size
            for name in (b"", b"large%d" % size):
                client.send(parse(name, f"SELECT length('{word}'), length($1)", [25]), bind(b"", name, [text(word)]), DESCRIBE, EXECUTE, SYNC)
                self.assertEqual(client.collect()[0].rows, [(str(size).encode(),) * 2], size)
            self.assertEqual(client.one(f"SELECT length('{word}')").rows, [(str(size).encode(),)])
        for length in (63, 64, 200, 3000, 9000):
            name = b"n" * length
            client.send(parse(name, f"SELECT {length}"), bind(b"", name), DESCRIBE, EXECUTE, SYNC)
            self.assertEqual(client.collect()[0].rows, [(str(length).encode(),)])

    def test_long_names(self):
        # PostgreSQL takes no Describe or Close of more than 10000 bytes; poolers that name statements themselves do.
        client = self.client()
        for length in (10_001, 16_384, 60_000):
            name = b"n" * length
            client.send(parse(name, f"SELECT {length}"), SYNC)
            client.collect()
            client.send(message(b"D", b"S" + name + b"\0"), SYNC)
            self.assertIsNone(client.collect()[0].error)
            self.assertEqual(self.execute(client, name).rows, [(str(length).encode(),)])
            client.send(message(b"C", b"S" + name + b"\0"), SYNC)
            client.collect()
            self.assertEqual(self.execute(client, name).error["C"], "26000")

    def test_large_startup_packet(self):
        name = "x" * 5000
        client = self.client(**{"my.setting": name})
        self.assertEqual(client.one("SELECT length(current_setting('my.setting'))").rows, [(b"5000",)])

    def test_startup_parameters(self):
        for settings, shown in (({"application_name": ""}, ("application_name", "")),
                                ({"options": "-c DateStyle=ISO -c work_mem=5MB"}, ("work_mem", "5MB")),
                                ({"options": "--work_mem=6MB"}, ("work_mem", "6MB")),
                                ({"datestyle": "iso"}, ("datestyle", "ISO, MDY")),
                                ({"DateStyle": "ISO, DMY"}, ("DateStyle", "ISO, DMY"))):
            client = self.client(**settings)
            for _ in range(2):
                self.assertEqual(client.one(f"SHOW {shown[0]}").rows, [(shown[1].encode(),)], settings)
        for settings in ({"no_such_setting": "1"}, {"work_mem": "much"}, {"options": "-c work_mem"}):
            with self.assertRaises(query_client.Disconnected, msg=settings):
                self.client(**settings).one("SELECT 1")
                raise AssertionError("no error")

    # ---- cancel requests

    def test_cancel_of_a_statement_that_waits_for_a_connection(self):
        holder, waiter = self.client(), self.client()
        holder.one("BEGIN")
        holder.one("SELECT v FROM items WHERE id = 3")
        waiter.send(message(b"Q", b"SELECT v FROM items WHERE id = 3\0"))
        time.sleep(0.3)
        query_client.cancel(self.run_router.port, waiter.key)
        answers = waiter.collect()
        self.assertEqual(answers[0].error["C"], "57014")
        self.assertEqual(holder.one("SELECT v FROM items WHERE id = 3").rows, [(b"v3",)])
        holder.one("COMMIT")
        self.assertEqual(waiter.one("SELECT v FROM items WHERE id = 3").rows, [(b"v3",)])

    def test_cancel_hits_only_its_own(self):
        clients = [self.client() for _ in range(4)]
        for _ in range(10):
            for victim in clients:
                query_client.cancel(self.run_router.port, victim.key)  # nothing to cancel
            for client in clients:
                client.send(message(b"Q", b"SELECT pg_sleep(0.02)\0"))
            query_client.cancel(self.run_router.port, clients[0].key)
            codes = [client.collect()[0].error for client in clients]
            self.assertTrue(all(error is None for error in codes[1:]), codes)

    def test_wrong_cancel_keys(self):
        client = self.client()
        client.send(message(b"Q", b"SELECT pg_sleep(0.4)\0"))
        time.sleep(0.1)
        query_client.cancel(self.run_router.port, (client.key[0], client.key[1] ^ 1))
        query_client.cancel(self.run_router.port, (client.key[0] ^ 1, client.key[1]))
        self.assertIsNone(client.collect()[0].error)

    # ---- COPY

    def copy_in(self, client, sql, data):
        client.send(parse(b"", sql), bind(b"", b""), EXECUTE, SYNC)
        return client.collect(data, sync=True)

    def test_copy_in_the_extended_protocol(self):
        client, other = self.client(), self.client()
        client.one("CREATE TABLE plain_rows(v int)")
        for table in ("items(id, v)", "plain_rows"):
            good, bad = (b"1000\tx\n", b"a\tb\n") if table.startswith("items") else (b"1\n", b"x\n")
            for _ in range(2):
                answers = self.copy_in(client, f"COPY {table} FROM STDIN", [bad])
                self.assertEqual(answers[0].error["C"], "22P02", table)
                self.assertEqual(other.one("SELECT 1").rows, [(b"1",)])
            self.assertEqual(self.copy_in(client, f"COPY {table} FROM STDIN", [good])[0].tag, "COPY 1")
            client.send(parse(b"", f"COPY {table} TO STDOUT"), bind(b"", b""), EXECUTE, SYNC)
            self.assertIn(good, client.collect()[0].copied)
            self.assertEqual(client.status, "I")

    def test_copy_that_fails_before_its_end(self):
        client, other = self.client(), self.client()
        client.one("CREATE TABLE more_rows(v int)")
        client.send(message(b"Q", b"COPY more_rows FROM STDIN\0"))
        while client.receive()[0] != b"G":
            pass
        client.send(message(b"d", b"x\n"))
        time.sleep(0.2)  # the server has said what it thinks of it
        for _ in range(50):
            client.send(message(b"d", b"1\n" * 1000))
        client.send(message(b"c"))
        self.assertEqual(client.collect()[0].error["C"], "22P02")
        self.assertEqual(other.one("SELECT count(*) FROM more_rows").rows, [(b"0",)])
        client.one("BEGIN")
        self.assertEqual(client.one("COPY more_rows FROM STDIN", [b"y\n"]).error["C"], "22P02")
        self.assertEqual(client.status, "E")
        client.one("ROLLBACK")
        self.assertEqual(client.one("COPY more_rows FROM STDIN", [b"5\n"]).tag, "COPY 1")


if __name__ == "__main__":
    unittest.main()
