#!/usr/bin/env python3
"""A server that goes while its client's transaction waits for the next statement: the client learns of it from that
statement, whichever it is. Above all COMMIT must not seem to have succeeded."""

import time
import unittest

import harness
import query_client
from query_client import message, parse, bind

LOST = ("57P01", "08006")  # the server's own words, when it could say them


class LostServersTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cursor = cls.router.cursor()
        cursor.execute("CREATE TABLE items(id int PRIMARY KEY, v int)")
        for n in range(40):
            cursor.execute("INSERT INTO items VALUES (%s, 0)", (n,))
        cls.keys = [c[0][0] for c in cls.on_shards(cls, "SELECT min(id) FROM items")]

    def on_shards(self, sql, parameters=None):
        return [harness.Answer(connection, sql, parameters).rows for connection in self.shard_connections]

    def setUp(self):
        for connection in self.shard_connections:
            connection.cursor().execute("UPDATE items SET v = 0")
        self.client = query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER)
        self.addCleanup(self.client.close)

    def good(self, sql):
        answer = self.client.one(sql)
        self.assertIsNone(answer.error, sql)
        return answer

    def lost(self, answer, states=LOST):
        self.assertIn((answer.error or {}).get("C"), states, answer)

    def end_server(self, shard=0, seconds=0.3):
        """Ends what serves the client on a shard, and lets the router notice it (or not)."""
        connection = self.shard_connections[shard]
        cursor = connection.cursor()
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND "
                       "pid <> pg_backend_pid() AND (state LIKE 'idle in%' OR state = 'active')")
        self.assertTrue(cursor.fetchall())
        time.sleep(seconds)

    def value(self, shard=0):
        return harness.Answer(self.shard_connections[shard], "SELECT v FROM items WHERE id = %s", (self.keys[shard],)).rows

    def begin(self):
        self.good("BEGIN")
        self.good(f"UPDATE items SET v = 1 WHERE id = {self.keys[0]}")

    def test_commit(self):
        for seconds in (0.3, 0):
            with self.subTest(seconds=seconds):
                self.begin()
                self.end_server(seconds=seconds)
                self.lost(self.client.one("COMMIT"))
                self.assertEqual(self.client.status, "I")
                self.assertEqual(self.value(), [(0,)])
                self.assertEqual(self.good("SELECT 1").rows, [(b"1",)])

    def test_commit_in_the_extended_protocol(self):
        self.begin()
        self.end_server()
        self.lost(self.client.extended("COMMIT"))
        self.assertEqual((self.client.status, self.value()), ("I", [(0,)]))

    def test_commit_of_a_reader(self):
        self.good("BEGIN")
        self.good(f"SELECT v FROM items WHERE id = {self.keys[0]}")
        self.end_server()
        self.lost(self.client.one("COMMIT"))
        self.assertEqual(self.client.status, "I")

    def test_statement(self):
        for run in (self.client.one, self.client.extended):
            self.begin()
            self.end_server()
            self.lost(run(f"SELECT v FROM items WHERE id = {self.keys[1]}"))
            self.assertEqual(self.client.status, "E")
            self.assertEqual(run("SELECT 1").error["C"], "25P02")
            self.assertEqual(run("COMMIT").tag, "ROLLBACK")
            self.assertEqual((self.client.status, self.value()), ("I", [(0,)]))

    def test_rollback(self):
        self.begin()
        self.end_server()
        self.assertEqual(self.good("ROLLBACK").tag, "ROLLBACK")
        self.begin()
        self.good("SAVEPOINT a")
        self.end_server()
        self.lost(self.client.one("ROLLBACK TO a"), (*LOST, "25P02"))
        self.assertEqual(self.client.one("SELECT 1").error["C"], "25P02")
        self.assertEqual(self.good("ROLLBACK").tag, "ROLLBACK")
        self.assertEqual(self.value(), [(0,)])

    def test_batch_without_sync(self):
        for seconds in (0.3, 0):
            self.client.send(parse(b"", f"UPDATE items SET v = 1 WHERE id = {self.keys[0]}"), bind(b"", b""),
                             message(b"E", b"\0\0\0\0\0"), message(b"H"))
            self.assertEqual([self.client.receive()[0] for _ in range(3)], [b"1", b"2", b"C"])
            self.end_server(seconds=seconds)
            self.client.send(message(b"S"))
            answers = self.client.collect()
            self.assertEqual(len(answers), 1)
            self.lost(answers[0])
            self.assertEqual((self.client.status, self.value()), ("I", [(0,)]))
        self.assertEqual(self.good("SELECT 1").rows, [(b"1",)])

    def test_several_statements_in_one_query(self):
        self.client.send(message(b"Q", f"UPDATE items SET v = 1 WHERE id = {self.keys[0]}; "
                                       f"SELECT pg_sleep(2) FROM items WHERE id = {self.keys[1]}\0".encode()))
        self.assertEqual(self.client.receive()[0], b"C")
        time.sleep(0.3)
        connection = self.shard_connections[0]
        connection.cursor().execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        answers = self.client.collect()
        self.lost(answers[-1])
        self.assertEqual((self.client.status, self.value()), ("I", [(0,)]))

    def test_timeout_of_an_idle_transaction(self):
        self.good("SET idle_in_transaction_session_timeout = 200")
        self.begin()
        time.sleep(0.8)
        self.lost(self.client.one("COMMIT"), ("25P03",))
        self.assertEqual((self.client.status, self.value()), ("I", [(0,)]))
        self.begin()
        self.good("COMMIT")
        self.assertEqual(self.value(), [(1,)])


if __name__ == "__main__":
    unittest.main()
