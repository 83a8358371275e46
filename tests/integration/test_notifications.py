#!/usr/bin/env python3
"""LISTEN and NOTIFY: each scenario runs against plain PostgreSQL and through pgshoal over four shards, in transaction
pooling mode; both must answer alike."""

import asyncio
import select
import time
import unittest

import asyncpg

import harness
import wire_client


class NotificationsTest(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.home = cls.dev.connect_shards()[0]
        cls.addClassCleanup(cls.home.close)
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE items(id int PRIMARY KEY, price int)")
            cursor.execute("CREATE TABLE notes(id int PRIMARY KEY, body text)")
            cursor.execute("CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
                           "$$ BEGIN PERFORM pg_notify('notes', new.body); RETURN new; END $$")
            cursor.execute("CREATE TRIGGER tell AFTER INSERT ON notes FOR EACH ROW EXECUTE FUNCTION tell()")
            for number in range(1, 21):
                cursor.execute("INSERT INTO items VALUES (%s, %s)", (number, number))

    def same(self, scenario):
        """Runs it on both with a function that connects; what it returns must be equal."""
        answers = []
        for port in (self.plain.port, self.dev.port):
            clients = []

            def connect():
                clients.append(wire_client.connect(port))
                return clients[-1]
            try:
                answers.append(scenario(connect))
            finally:
                for client in clients:
                    client.close()
        self.assertEqual(answers[1], answers[0])
        return answers[1]

    def test_self(self):
        def scenario(connect):
            client = connect()
            return [client.ask(sql) for sql in (
                "LISTEN a", "NOTIFY a", "NOTIFY a, 'x'", "NOTIFY b", "SELECT pg_notify('a', 'y')", "BEGIN", "NOTIFY a, 'in'", "SELECT 1",
                "COMMIT", "BEGIN", "NOTIFY a", "ROLLBACK", "SELECT 2", "UNLISTEN a", "NOTIFY a", "SELECT 3", "LISTEN \"Ä b\"",
                "NOTIFY \"Ä b\", 'ü'", "UNLISTEN *", "NOTIFY \"Ä b\"", "LISTEN a; NOTIFY a, '1'; SELECT 1", "PREPARE p AS SELECT pg_notify('a', $1)",
                "EXECUTE p('prepared')", "LISTEN A; LISTEN a; NOTIFY A", f"LISTEN {'l' * 63}", f"NOTIFY {'l' * 70}, 'long'",
                "SELECT pg_notify('', 'x')", "NOTIFY a, '" + "p" * 8000 + "'", "SELECT 4")]
        self.same(scenario)

    def test_its_own_number(self):
        with wire_client.connect(self.dev.port) as client, wire_client.connect(self.dev.port) as other:
            client.ask("LISTEN a")
            for notifier, own in ((client, True), (other, False), (client, True)):
                notifier.query("NOTIFY a").flush()
                kinds = []
                while not kinds or kinds[-1] != "Z":
                    kind, body = notifier.next_raw()
                    kinds.append(kind)
                    if kind == "A":
                        self.assertEqual(int.from_bytes(body[:4], "big"), notifier.pid)
                self.assertEqual(kinds, ["C", "A", "Z"] if own else ["C", "Z"])
                if not own:
                    kind, body = client.next_raw()
                    self.assertEqual(kind, "A")
                    self.assertNotEqual(int.from_bytes(body[:4], "big"), client.pid)

    def test_others(self):
        def scenario(connect):
            one, two, three = clients = [connect() for _ in range(3)]
            answers = [one.ask("LISTEN a"), two.ask("LISTEN a"), two.ask("LISTEN b"), three.ask("NOTIFY a, 'first'"), one.read("A"), two.read("A")]
            answers += [three.ask("NOTIFY b, 'second'"), two.read("A"), one.silent(0.1), one.ask("NOTIFY b, 'third'"), two.read("A")]
            answers += [two.ask("UNLISTEN b"), one.ask("NOTIFY b; NOTIFY a, '1'; NOTIFY a, '2'; NOTIFY a, '1'"), two.read("A"), two.read("A"),
                        two.silent(0.1), three.ask("INSERT INTO notes VALUES (1, 'quiet')"), one.ask("LISTEN notes"),
                        three.ask("INSERT INTO notes VALUES (2, 'loud')"), one.read("A"), three.ask("DELETE FROM notes"),
                        [client.silent(0.05) for client in clients]]
            return answers
        self.same(scenario)

    def test_not_inside_a_block(self):
        def scenario(connect):
            one, two, witness = connect(), connect(), connect()
            answers = [one.ask("LISTEN a"), witness.ask("LISTEN a")]

            def notify(payload):
                """Back when whoever listens has been told, if it may be told."""
                answers.extend([two.ask(f"NOTIFY a, '{payload}'"), witness.read("A"), one.silent(0.1)])
            answers.append(one.ask("BEGIN"))
            notify("x")
            answers += [one.ask("SELECT 1"), one.ask("COMMIT"), one.silent(0.05), one.ask("BEGIN")]
            notify("y")
            answers += [one.ask("SELECT 1/0"), one.ask("ROLLBACK")]
            one.parse("", "SELECT 1").bind("", "").execute("").flush_request()
            answers.append(one.read("C"))
            notify("z")
            return answers + [one.sync().read()]
        self.same(scenario)

    def test_listen_counts_at_commit(self):
        def scenario(connect):
            one, two = connect(), connect()
            return [one.ask("BEGIN"), one.ask("LISTEN a"), two.ask("NOTIFY a, 'too early'"), one.ask("NOTIFY a, 'own'"), one.ask("COMMIT"),
                    two.ask("NOTIFY a, 'later'"), one.read("A"), one.ask("BEGIN"), one.ask("UNLISTEN a"), one.ask("ROLLBACK"),
                    two.ask("NOTIFY a, 'still'"), one.read("A"), one.ask("BEGIN"), one.ask("SAVEPOINT s"), one.ask("LISTEN b"),
                    one.ask("ROLLBACK TO s"), one.ask("LISTEN c"), one.ask("RELEASE s"), one.ask("COMMIT"), two.ask("NOTIFY b"), two.ask("NOTIFY c"),
                    one.read("A"), one.ask("BEGIN"), one.ask("LISTEN d"), one.ask("SELECT 1/0"), one.ask("LISTEN e"), one.ask("COMMIT"),
                    two.ask("NOTIFY d"), two.ask("NOTIFY e"), one.silent(0.1), one.ask("DISCARD ALL"), two.ask("NOTIFY a"), one.silent(0.1)]
        self.same(scenario)

    def test_not_what_was_before(self):
        def scenario(connect):
            one, two, three = connect(), connect(), connect()
            answers = [three.ask("LISTEN a")]
            for number in range(20):
                answers += [two.ask(f"NOTIFY a, '{number}'"), one.ask("LISTEN a"), one.ask("SELECT 1"), one.ask("UNLISTEN a")]
            return answers
        self.same(scenario)

    def test_extended(self):
        def scenario(connect):
            client, answers = connect(), []
            for sql, values in (("LISTEN a", ()), ("NOTIFY a, 'x'", ()), ("SELECT pg_notify('a', $1)", ["y"]), ("BEGIN", ()), ("NOTIFY a, 'z'", ()),
                                ("COMMIT", ()), ("UNLISTEN *", ()), ("NOTIFY a", ())):
                answers.append(client.run(sql, values).sync().read())
            client.parse("l", "LISTEN b").describe("S", "l").bind("", "l").execute("").sync()
            answers.append(client.read())
            client.parse("n", "NOTIFY b, 'named'").bind("", "n").execute("").bind("", "n").execute("").sync()
            return answers + [client.read()]
        self.same(scenario)

    def test_with_a_write_elsewhere(self):
        def scenario(connect):
            one, two = connect(), connect()
            answers = [one.ask("LISTEN a")]
            for key in range(1, 9):
                answers += [two.ask("BEGIN"), two.ask(f"UPDATE items SET price = 0 WHERE id = {key}"), two.ask(f"NOTIFY a, '{key}'"),
                            two.ask("SELECT pg_notify('a', 'and')"), two.ask("COMMIT"), one.read("A"), one.read("A")]
            return answers
        self.same(scenario)

    def test_many_listeners(self):
        clients = [wire_client.connect(self.dev.port) for _ in range(40)]
        for number, client in enumerate(clients):
            client.query(f"LISTEN all_of_us; LISTEN mine_{number}").flush()
        for client in clients:
            client.read()
        clients[0].ask("NOTIFY all_of_us, 'x'")
        for client in clients[1:]:
            self.assertEqual(client.next(), ("A", "all_of_us", "x"))
        for number in range(1, 40):
            clients[0].ask(f"NOTIFY mine_{number}, '{number}'")
            self.assertEqual(clients[number].next(), ("A", f"mine_{number}", str(number)))
        self.assertEqual(len(self.listeners(1)), 1, "one connection listens for all")
        for client in clients:
            client.vanish()
        self.assertEqual(self.listeners(0), [], "nobody listens any longer")

    def listeners(self, expected):
        """The server processes that listen, once they are so many, or after a while."""
        cursor, deadline = self.home.cursor(), time.monotonic() + 20
        while True:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'pgshoal notifications'")
            found = [pid for pid, in cursor.fetchall()]
            if len(found) == expected or time.monotonic() > deadline:
                return found
            time.sleep(0.05)

    def test_the_listening_connection_is_lost(self):
        with wire_client.connect(self.dev.port) as client, wire_client.connect(self.dev.port) as other:
            client.ask("LISTEN a")
            listener, = self.listeners(1)
            self.home.cursor().execute("SELECT pg_terminate_backend(%s)", (listener,))
            answer = client.read("E")
            self.assertEqual((answer[-1][1]["S"], answer[-1][1]["C"]), ("FATAL", "08006"))
            self.assertEqual(client.next(), ("closed",))
            self.assertEqual(other.ask("LISTEN a")[0], ("C", "LISTEN"))
            self.assertIn(("A", "a", ""), other.ask("NOTIFY a"))

    def test_psycopg2(self):
        connection = self.dev.connect()
        cursor = connection.cursor()
        cursor.execute("LISTEN orders")
        self.router.cursor().execute("NOTIFY orders, '17'")
        self.assertTrue(select.select([connection], [], [], 20)[0])
        connection.poll()
        self.assertEqual([(notify.channel, notify.payload) for notify in connection.notifies], [("orders", "17")])
        connection.close()

    def test_asyncpg(self):
        async def listen():
            connection = await asyncpg.connect(host="127.0.0.1", port=self.dev.port, user=harness.USER, database=harness.DATABASE)
            heard = asyncio.get_running_loop().create_future()
            await connection.add_listener("orders", lambda connection, pid, channel, payload: heard.set_result((channel, payload)))
            self.router.cursor().execute("NOTIFY orders, '18'")
            self.assertEqual(await asyncio.wait_for(heard, 20), ("orders", "18"))
            await connection.close()
        asyncio.run(listen())


if __name__ == "__main__":
    unittest.main()
