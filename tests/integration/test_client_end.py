#!/usr/bin/env python3
"""Clients that say what they want and end their side at once: all that came before the end is carried out and answered,
by pgshoal over four shards as by plain PostgreSQL."""

import socket
import time
import unittest

import harness
import wire_client


class ClientEndTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE items(id int PRIMARY KEY, v text)")
            cursor.execute("CREATE TABLE notes(id int PRIMARY KEY, v text)")
        cls.key = 0

    def next_key(self):
        type(self).key += 1
        return self.key

    def both(self, scenario):
        expected, answer = [scenario(port) for port in (self.plain.port, self.dev.port)]
        self.assertEqual(answer, expected)
        return answer

    def half_closed(self, ask):
        """All messages that a client gets that sends this and shuts its output down."""
        def scenario(port):
            with wire_client.connect(port) as client:
                ask(client)
                client.flush().socket.shutdown(socket.SHUT_WR)
                return client.read("")
        return self.both(scenario)

    def rows(self, port, table):
        with wire_client.connect(port) as client:
            return [m[1] for m in client.ask(f"SELECT id, v FROM {table} ORDER BY id") if m[0] == "D"]

    def same_rows(self):
        for table in ("items", "notes"):
            self.both(lambda port: self.rows(port, table))

    def wait_for_row(self, port, table, key, seconds=20):
        end = time.monotonic() + seconds
        while not any(row[0] == str(key).encode() for row in self.rows(port, table)):
            self.assertLess(time.monotonic(), end, f"row {key} of {table} is lost")
            time.sleep(0.05)

    # ---- half-closed clients read their answers
    def test_queries(self):
        a, b = self.next_key(), self.next_key()
        for table in ("items", "notes"):
            self.half_closed(lambda c: c.query(f"INSERT INTO {table} VALUES ({a}, 'a')").query(f"INSERT INTO {table} VALUES ({b}, 'b')")
                             .query(f"SELECT v FROM {table} ORDER BY id").query("SELECT 1/0").query("SELECT 2"))
        self.same_rows()

    def test_queries_and_goodbye(self):
        key = self.next_key()
        for table in ("items", "notes"):
            self.half_closed(lambda c: c.query(f"INSERT INTO {table} VALUES ({key}, 'a'); SELECT count(*) FROM {table}")
                             .send(wire_client.message("X")))
            self.half_closed(lambda c: c.query("SELECT 1").send(wire_client.message("X")).query("SELECT 2"))
        self.same_rows()

    def test_extended(self):
        key = self.next_key()
        insert = "INSERT INTO items VALUES ($1, $2) RETURNING v"
        self.half_closed(lambda c: c.run(insert, [str(key), "x"]).sync().run("SELECT v FROM items ORDER BY id").sync())
        # Without Sync nothing is committed.
        self.half_closed(lambda c: c.run(insert, [str(self.next_key()), "lost"]).flush_request())
        self.same_rows()

    def test_open_transaction(self):
        self.half_closed(lambda c: c.query("BEGIN").query(f"INSERT INTO items VALUES ({self.next_key()}, 'lost')"))
        self.same_rows()

    def test_much_to_read(self):
        self.half_closed(lambda c: [c.query("SELECT n, repeat('x', 1000) FROM generate_series(1, 3000) n") for _ in range(3)])

    def test_half_a_message(self):
        self.half_closed(lambda c: c.query("SELECT 1").send(wire_client.message("Q", b"SELECT 2\0")[:-3]))

    def test_copy(self):
        for table in ("items", "notes"):
            key = self.next_key()
            copy = f"COPY {table} FROM STDIN"
            self.half_closed(lambda c: c.query(copy).copy_data(f"{key}\tcopied\n".encode()).copy_done().query("SELECT 1"))
            self.half_closed(lambda c: c.query("COPY (SELECT 1) TO STDOUT"))
            # The data does not come to its end: nothing of it stays.
            def cut(port):
                with wire_client.connect(port) as client:
                    client.query(copy).copy_data(f"{key + 1000}\tlost\n".encode()).flush().socket.shutdown(socket.SHUT_WR)
                    return [(m[0], m[1]["C"]) if m[0] == "E" else (m[0],) for m in client.read("")]
            self.both(cut)
        self.same_rows()

    def test_long_statement(self):
        # The client may be told once more what it knows already.
        def scenario(port):
            with wire_client.connect(port) as client:
                client.query("SELECT 7, pg_sleep(3)").query("SELECT 8").flush().socket.shutdown(socket.SHUT_WR)
                return [m for m in client.read("") if m[0] != "S"]
        self.assertEqual([m[0] for m in self.both(scenario)], ["T", "D", "C", "Z", "T", "D", "C", "Z", "closed"])

    # ---- clients that do not wait for answers
    def test_closed_at_once(self):
        def scenario(port, end, first, second):
            for table in ("items", "notes"):
                with wire_client.connect(port) as client:
                    for key in (first, second):
                        client.query(f"INSERT INTO {table} VALUES ({key}, 'left behind')")
                    client.send(end).flush()
                self.wait_for_row(port, table, second)
                self.wait_for_row(port, table, first)
        for end in (b"", wire_client.message("X")):
            first, second = self.next_key(), self.next_key()
            for port in (self.plain.port, self.dev.port):
                scenario(port, end, first, second)
        self.same_rows()

    def test_long_write_and_goodbye(self):
        key = self.next_key()
        for port in (self.plain.port, self.dev.port):
            with wire_client.connect(port) as client:
                client.query(f"INSERT INTO notes SELECT {key}, pg_sleep(4)::text").send(wire_client.message("X")).flush()
            self.wait_for_row(port, "notes", key)

    def test_nobody_waits_for_a_long_query(self):
        # PostgreSQL would let it run to its end.
        with wire_client.connect(self.dev.port) as client:
            client.query("SELECT pg_sleep(300)").flush()
            self.assertTrue(client.silent())
        cursor = self.shard_connections[0].cursor()
        end = time.monotonic() + 20
        while True:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(300)'")
            if cursor.fetchone() == (0,):
                return
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
