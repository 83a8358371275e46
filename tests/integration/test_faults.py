#!/usr/bin/env python3
"""Broken messages, clients and servers that vanish, slow readers, crowds. After each test the router must still answer,
have no more files open than before, and leave no server in the middle of something."""

import os
import pathlib
import random
import shlex
import signal
import struct
import subprocess
import time
import unittest

import harness
import wire_client
from wire_client import message, packet, zero

ROWS, WIDTH = 12_000, 10_000  # `big` answers with ROWS rows of WIDTH bytes: more than all buffers on the way hold
MEGABYTE = 1 << 20


class FaultsTest(harness.RouterTestCase):
    MAP = harness.sharded_table("big", "id") + harness.sharded_table("items", "id")
    WHOLE = f"SELECT id, repeat('x', {WIDTH}) FROM big"
    ORDERED = WHOLE + " ORDER BY id"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cursor = cls.router.cursor()
        cursor.execute("CREATE TABLE big(id int PRIMARY KEY)")
        cursor.execute("CREATE TABLE items(id int PRIMARY KEY, v text)")
        cursor.execute("CREATE TABLE notes(id int PRIMARY KEY, v text)")
        for shard, connection in enumerate(cls.shard_connections):  # each takes the rows that it owns
            connection.cursor().execute(
                "INSERT INTO big SELECT n FROM generate_series(1, %s) n WHERE ((hashint8extended(n, 0) & %s) * %s / %s) = %s",
                (ROWS, harness.SLOTS - 1, cls.SHARDS, harness.SLOTS, shard))
        cls.pid = cls.dev.process.pid
        cls.keys = [harness.Answer(connection, "SELECT min(id) FROM big").rows[0][0] for connection in cls.shard_connections]
        cls.crowd(8)  # the pools have grown a little, both workers have served
        cls.files = cls.open_files()

    def tearDown(self):
        self.assertIsNone(self.dev.process.poll(), f"the router has ended:\n{self.dev.stderr()[-4000:]}")
        with wire_client.connect(self.dev.port) as client:
            for key in self.keys:
                self.assertEqual(client.ask(f"SELECT id FROM big WHERE id = {key}")[1], ("D", [str(key).encode()]))
            self.assertEqual(client.ask("SELECT count(*) FROM big")[1], ("D", [str(ROWS).encode()]))
        self.wait_until(lambda: not self.busy(), lambda: f"servers are left in the middle of something: {self.busy()}")
        # An idle connection that its server has ended is closed when it is next wanted: the crowd wants them.
        self.wait_until(lambda: self.open_files() <= self.files or not self.crowd(30),
                        lambda: f"{self.open_files()} files open, {self.files} before")

    def wait_until(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                self.fail(what() if callable(what) else what)
            time.sleep(0.03)

    @classmethod
    def busy(cls):
        """What the router's connections have not ended, on every server."""
        rows = []
        for connection in cls.shard_connections:
            cursor = connection.cursor()
            cursor.execute("SELECT state, left(query, 80) FROM pg_stat_activity WHERE datname = current_database() "
                           "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'")
            rows += cursor.fetchall()
        return rows

    @classmethod
    def open_files(cls):
        """The router's open files but its pooled connections, whose number may grow."""
        pooled = 0
        for connection in cls.shard_connections:
            cursor = connection.cursor()
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                           "AND pid <> pg_backend_pid() AND backend_type = 'client backend'")
            pooled += cursor.fetchone()[0]
        return len(os.listdir(f"/proc/{cls.pid}/fd")) - pooled

    def memory(self, field, pid=None):
        """Bytes, from a line of the router's /proc/PID/status."""
        for line in pathlib.Path(f"/proc/{pid or self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field}")

    def resident(self, pid=None, field="VmRSS"):
        # A sanitizer's shadow spans terabytes, and it keeps freed memory for a while: nothing can be said then.
        return self.memory(field, pid) if self.memory("VmSize", pid) < 1 << 40 else 0

    @classmethod
    def crowd(cls, size):
        """So many clients at once; what each is told of its own number."""
        clients = [wire_client.connect(cls.dev.port) for _ in range(size)]
        for number, client in enumerate(clients):
            client.run("SELECT id, $1::text FROM big WHERE id = $2", [f"client {number}", str(number + 1)]).sync().flush()
        answers = [client.read() for client in clients]
        for client in clients:
            client.close()
        return [[m[1] for m in answer if m[0] == "D"] for answer in answers]

    # ---- broken bytes
    def provoke(self, data, login):
        """Sends bytes and ends the sending half; all that comes back until the router closes."""
        with wire_client.Client(self.dev.port) as client:
            if login:
                client.start(user="postgres", database="app")
            client.send(data).flush()
            try:
                client.socket.shutdown(1)
            except OSError:
                pass
            answer = []
            while not answer or answer[-1][0] != "closed":
                answer.append(client.next())
            return answer

    def test_garbage_before_startup(self):
        for data in (b"", b"\0", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", b"\xff" * 64, b"\0" * 64, b"Q\0\0\0\x0dSELECT 1\0"):
            self.provoke(data, login=False)
        chance = random.Random(1)
        for _ in range(200):
            self.provoke(chance.randbytes(chance.randrange(1, 200)), login=False)

    def test_bad_lengths_of_startup(self):
        for length in (0, 1, 4, 7, 8, 10_001, 100_000, 0x40000000, 0x7fffffff, -1, -2**31):
            self.provoke(struct.pack("!ii", length, wire_client.PROTOCOL) + b"user\0postgres\0\0", login=False)
        # One that cannot be right is turned away although the client goes on waiting.
        for length in (0, 7, 10_005, 0x7fffffff, -1):
            with wire_client.Client(self.dev.port) as client:
                answer = client.send(struct.pack("!ii", length, wire_client.PROTOCOL)).read("?")
                self.assertEqual(answer[-1], ("closed",))

    def test_broken_startup_packets(self):
        for body in (b"", b"user\0postgres\0", b"user\0postgres", b"user\0", b"user\0postgres\0database\0\0", b"\0\0\0\0", b"user\0postgres\0\0junk",
                     b"=\0=\0\0", b"user\0\xff\xfe\0database\0app\0\0", b"user\0" + b"x" * 5000 + b"\0\0"):
            answer = self.provoke(packet(struct.pack("!i", wire_client.PROTOCOL), body), login=False)
            self.assertNotIn("Z", [m[0] for m in answer], body)
        for code in (wire_client.SSL_REQUEST, wire_client.GSSENC_REQUEST, wire_client.CANCEL_REQUEST, 80877105, 0):
            for body in (b"", b"\0", b"\0" * 4, b"\0" * 8, b"\xff" * 8, b"\0" * 300):
                self.provoke(packet(struct.pack("!i", code), body), login=False)

    def test_half_sent_startups(self):
        startup = wire_client.startup_packet(user="postgres", database="app")
        for end in range(len(startup)):
            with wire_client.Client(self.dev.port) as client:
                client.send(startup[:end]).flush()
                if end % 2:
                    client.vanish()

    def test_login_must_finish_in_time(self):
        router = harness.Run(self.dev, client_login_timeout=1, worker_threads=1)
        self.addCleanup(router.stop)
        begun = time.monotonic()
        clients = [wire_client.Client(router.port) for _ in range(4)]
        clients[1].send(b"\0\0").flush()
        clients[2].send(wire_client.startup_packet(user="postgres", database="app")[:-3]).flush()
        clients[3].send(packet(struct.pack("!i", wire_client.SSL_REQUEST))).take(1)
        for client in clients:
            self.assertEqual(client.read("?")[-1], ("closed",))
            client.close()
        self.assertLess(time.monotonic() - begun, 10)
        with wire_client.connect(router.port) as client:
            time.sleep(1.5)  # who has logged in may stay
            self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
        self.assertEqual(router.stop(), 0)

    def test_too_many_clients(self):
        router = harness.Run(self.dev, max_client_conn=5)
        self.addCleanup(router.stop)
        clients = [wire_client.connect(router.port) for _ in range(5)]
        with wire_client.Client(router.port) as one_more:
            answer = one_more.start(user="postgres", database="app").greeting
            self.assertEqual(([m[1]["C"] for m in answer if m[0] == "E"], answer[-1]), (["53300"], ("closed",)))
        clients.pop().close()
        self.wait_until(lambda: self.admitted(router.port), "no room after a client has left")
        for client in clients:
            self.assertEqual(client.ask("SELECT 1")[1], ("D", [b"1"]))
            client.close()

    def admitted(self, port):
        with wire_client.Client(port) as client:
            return client.start(user="postgres", database="app").greeting[-1] == ("Z", "I")

    def test_message_types_and_lengths(self):
        chance = random.Random(2)
        for kind in range(256):
            body = chance.randbytes(chance.randrange(0, 40))
            self.provoke(bytes([kind]) + struct.pack("!i", len(body) + 4) + body, login=True)
            if chr(kind) in "QPBDECHSXFdcf" or kind % 8 == 0:
                for length in (0, 3, -1, -2**31, 0x7fffffff, 0x3ffffff0):
                    self.provoke(bytes([kind]) + struct.pack("!i", length) + body, login=True)

    def test_lengths_that_cannot_be_right_close_the_connection(self):
        for kind, lengths in (("Q", (0, 3, -1, 0x7fffffff)), ("B", (3, -2**31, 0x7fffffff)), ("S", (3, 20_000)), ("H", (20_000,)),
                              ("D", (100_000,)), ("E", (20_000,)), ("C", (100_000,)), ("X", (20_000,))):
            for length in lengths:
                for port in (self.plain.port, self.dev.port):
                    with wire_client.connect(port) as client:
                        client.socket.settimeout(5)
                        answer = client.send(kind.encode() + struct.pack("!i", length)).read("?")
                        # PostgreSQL says nothing; an error first is as good.
                        self.assertEqual([m[1]["C"] for m in answer if m[0] == "E"], ["08P01"] * (len(answer) - 1), (kind, length))
                        self.assertEqual(answer[-1], ("closed",), (kind, length))

    def test_length_is_not_memory(self):
        before = self.resident()
        clients = [wire_client.connect(self.dev.port) for _ in range(20)]
        for client in clients:
            client.send(b"Q" + struct.pack("!i", 0x3ffffff0) + b"SELECT 1").flush()
        time.sleep(0.3)
        self.assertLess(self.resident() - before, 64 * MEGABYTE)
        for client in clients:
            client.close()

    def test_unknown_message_types(self):
        for kind in ("a", "0", "\0", "\x7f", "Z"):
            answers = []
            for port in (self.plain.port, self.dev.port):
                with wire_client.connect(port) as client:
                    answers.append(client.send(message(kind)).read("?"))
            self.assertEqual(answers[1], answers[0])

    def after(self, port, data):
        """What comes of some bytes, up to the answer to a query sent after them; of errors only the SQLSTATE."""
        with wire_client.connect(port) as client:
            client.parse("s", "SELECT id FROM big WHERE id = $1").sync().read()
            client.send(data).sync().query("SELECT 'the end'")
            answer = []
            while not answer or (answer[-1] != ("D", [b"the end"]) and answer[-1][0] != "closed"):
                answer.append(client.next())
            return [("E", m[1]["C"]) if m[0] == "E" else m for m in answer]

    def test_broken_bodies(self):
        self.plain_big()
        bind = wire_client.bind_body("", "s", ["1"], [0], [0])
        parse = zero("n") + zero("SELECT $1") + struct.pack("!hI", 1, 23)
        whole = [("Q", zero("SELECT 1")), ("P", parse), ("B", bind), ("D", b"Ss\0"), ("C", b"Ss\0"), ("E", zero("") + struct.pack("!i", 0))]
        cases = []
        for kind, body in whole:
            cases += [(kind, body[:end]) for end in range(len(body))] + [(kind, body + b"\0"), (kind, body + b"junk")]
        cases += [("Q", b"SELECT '\xff'\0"), ("Q", b"\xff\0"), ("Q", b"SELECT 1\0SELECT 2\0"), ("P", b"\0SELECT '\xc3'\0\0\0"), ("D", b"Xs\0"), ("C", b"\0s\0"),
                  ("D", b"\0"), ("S", b"x"), ("H", b"x"), ("E", zero("") + struct.pack("!i", -1)),
                  ("P", zero("") + zero("SELECT 1") + struct.pack("!h", -1)), ("P", zero("") + zero("SELECT 1") + struct.pack("!h", 30000)),
                  ("P", zero("") + zero("SELECT $1") + struct.pack("!hI", 1, 0xfffffff0)),
                  ("B", zero("") + zero("s") + struct.pack("!hh", 0, -1)), ("B", zero("") + zero("s") + struct.pack("!hh", 0, 32767)),
                  ("B", zero("") + zero("s") + struct.pack("!hhi", 0, 1, -2)), ("B", zero("") + zero("s") + struct.pack("!hhi", 0, 1, 0x7fffffff)),
                  ("B", zero("") + zero("s") + struct.pack("!hhi", 0, 1, 5) + b"1"), ("B", zero("") + zero("s") + struct.pack("!h", -5)),
                  ("B", wire_client.bind_body("", "s", [b"1\0"])), ("B", wire_client.bind_body("", "s", [b"\xff"])),
                  ("B", wire_client.bind_body("", "s", ["1"], [7])), ("B", wire_client.bind_body("", "s", ["1"], [-1])),
                  ("B", wire_client.bind_body("", "s", ["1"], [0], [0, 0, 0]))]
        different = []
        for kind, body in cases:
            expected, answer = (self.after(port, message(kind, body)) for port in (self.plain.port, self.dev.port))
            if answer != expected:
                different.append(f"{kind} {body}: {answer} instead of {expected}")
        self.assertEqual(different, [])

    @classmethod
    def plain_big(cls):
        cursor = cls.truth.cursor()
        cursor.execute("DROP TABLE IF EXISTS big")
        cursor.execute("CREATE TABLE big(id int PRIMARY KEY)")
        cursor.execute("INSERT INTO big SELECT generate_series(1, 10)")

    def test_random_streams_of_messages(self):
        chance = random.Random(3)
        pieces = [message("Q", zero("SELECT id FROM big WHERE id < 5 ORDER BY id")), message("Q", zero("BEGIN")), message("Q", zero("ROLLBACK; SELECT 1/0")),
                  message("Q", zero("COPY items FROM STDIN")), message("d", b"77\tx\n"), message("d", b"x\n"), message("c"), message("f", b"no\0"),
                  message("P", b"\0SELECT id FROM big WHERE id = $1\0\0\0"), message("P", b"s\0SELECT count(*) FROM big\0\0\0"),
                  message("B", wire_client.bind_body("", "", ["5"])), message("B", wire_client.bind_body("", "s")), message("B", wire_client.bind_body("p", "", ["6"])),
                  message("D", b"P\0"), message("D", b"Ss\0"), message("D", b"S\0"), message("E", b"\0\0\0\0\0"), message("E", b"p\0\0\0\0\0"),
                  message("C", b"Ss\0"), message("C", b"Pp\0"), message("H"), message("S"), message("S"), message("Q", b"\0")]
        for _ in range(300):
            data = b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 25)))
            if chance.random() < 0.3:
                data = data[:chance.randrange(len(data))]
            self.provoke(data, login=True)
        self.ask("DELETE FROM items WHERE id = 77")  # where a COPY came to its end

    # ---- clients that vanish
    def vanishing(self, *requests, then=lambda client: None):
        """A client that does this and is gone, by an orderly close and by a reset."""
        for end in (wire_client.Client.close, wire_client.Client.vanish):
            client = wire_client.connect(self.dev.port)
            for request in requests:
                client.ask(request)
            then(client)
            end(client)
            self.wait_until(lambda: not self.busy(), lambda: f"left: {self.busy()}")

    def read_a_little(self, sql):
        return lambda client: client.query(sql).count(50)

    def test_client_vanishes_in_the_middle_of_a_result(self):
        for sql in (self.WHOLE, self.ORDERED, "SELECT repeat('x', 10000) FROM generate_series(1, 50000)"):
            self.vanishing(then=self.read_a_little(sql))
            self.vanishing("BEGIN", then=self.read_a_little(sql))

    def test_client_vanishes_while_a_server_works(self):
        def wait_for_sleep(client):
            client.query("SELECT pg_sleep(300)").flush()
            self.wait_until(lambda: any("pg_sleep(300)" in query for _, query in self.busy()), "runs")
        self.vanishing(then=wait_for_sleep)

    def test_client_vanishes_inside_a_transaction(self):
        self.vanishing("BEGIN", f"INSERT INTO items VALUES ({self.keys[1]}, 'lost')", f"SELECT id FROM big WHERE id = {self.keys[2]}", "SELECT count(*) FROM big")
        self.vanishing("BEGIN", "SELECT 1/0")
        self.vanishing(then=lambda c: c.run("INSERT INTO items VALUES ($1, 'lost')", [str(self.keys[1])]).flush_request().read("C"))
        self.assertEqual(self.ask("SELECT count(*) FROM items"), [(0,)])

    def test_client_vanishes_in_the_middle_of_copy(self):
        rows = "".join(f"{n}\tlost\n" for n in range(1, 500)).encode()
        for table in ("items", "notes"):
            def copy_some(client):
                client.query(f"COPY {table} FROM STDIN").read("G")
                client.copy_data(rows).copy_data(b"999999\thal").flush()
            self.vanishing(then=copy_some)
            self.vanishing("BEGIN", then=copy_some)
            self.vanishing(then=lambda c: c.run(f"COPY {table} FROM STDIN").sync().read("G"))
            self.assertEqual(self.ask(f"SELECT count(*) FROM {table}"), [(0,)])
        for sql in ("COPY (SELECT repeat('x', 10000) FROM generate_series(1, 50000)) TO STDOUT", "COPY big TO STDOUT"):
            self.vanishing(then=lambda c: c.query(sql).count(20))

    def test_client_vanishes_in_the_middle_of_a_message(self):
        self.vanishing(then=lambda c: c.send(message("Q", zero("SELECT 1"))[:-4]).flush())
        self.vanishing("BEGIN", "INSERT INTO notes VALUES (1, 'lost')", then=lambda c: c.send(b"P\0").flush())
        self.assertEqual(self.ask("SELECT count(*) FROM notes"), [(0,)])

    def test_next_client_finds_clean_connections(self):
        # Each vanished client leaves settings, a transaction, a prepared statement: nobody after it may see them.
        for number in range(30):
            client = wire_client.connect(self.dev.port, application_name=f"gone {number}")
            client.ask("SET work_mem = '13MB'")
            client.parse("left", "SELECT 1").sync().read()
            client.ask("BEGIN")
            client.ask(f"SELECT id FROM big WHERE id = {self.keys[number % 4]}")
            client.vanish()
            with wire_client.connect(self.dev.port) as after:
                for key in self.keys:
                    answer = after.ask(f"SELECT current_setting('work_mem'), current_setting('application_name') FROM big WHERE id = {key}")
                    self.assertEqual(answer[1], ("D", [b"4MB", b""]))
                    self.assertEqual(answer[-1], ("Z", "I"))

    # ---- servers that vanish
    def terminate(self, shard, text):
        cursor = self.shard_connections[shard].cursor()
        cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
                       "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND query LIKE %s", (f"%{text}%",))
        return cursor.fetchone()[0]

    def client_backends(self, shard):
        cursor = self.shard_connections[shard].cursor()
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                       "AND backend_type = 'client backend'")
        return {pid for pid, in cursor.fetchall()}

    def failed(self, answer):
        """An error or the connection's end, and not an answer that looks complete."""
        kinds = [m[0] for m in answer]
        self.assertTrue("E" in kinds or kinds[-1] == "closed", kinds[-5:])
        self.assertNotIn("C", kinds)

    def test_server_process_ends_in_the_middle_of_a_result(self):
        for sql in (self.WHOLE, self.ORDERED, f"SELECT repeat('x', {WIDTH}) FROM big WHERE id > 0"):
            with wire_client.connect(self.dev.port, receive_buffer=65536) as client, wire_client.connect(self.dev.port) as other:
                client.query(sql).count(50)
                self.wait_until(lambda: self.terminate(2, "repeat("), "the shard does not work")
                self.assertEqual(other.ask("SELECT count(*) FROM big")[1], ("D", [str(ROWS).encode()]))
                self.failed(client.read())
                if client.silent(0.05):
                    self.assertEqual(client.ask("SELECT 1")[-1], ("Z", "I"))

    def test_error_in_the_middle_of_a_large_result(self):
        # One shard fails after many rows, while the others still have much to say.
        for order in ("", " ORDER BY id"):
            for late in (ROWS - 5, ROWS // 2, 1):
                with wire_client.connect(self.dev.port) as client:
                    answer = client.ask(f"SELECT id, repeat('x', {WIDTH}), 1 / (id - {late}) FROM big{order}")
                    self.failed(answer)
                    self.assertEqual((answer[-2][1]["C"], answer[-1]), ("22012", ("Z", "I")))
                    self.assertEqual(client.ask("SELECT count(*) FROM big")[1], ("D", [str(ROWS).encode()]))

    def test_server_process_of_a_relay_ends(self):
        with wire_client.connect(self.dev.port, receive_buffer=65536) as client:
            client.query("SELECT repeat('x', 10000) FROM generate_series(1, 50000)").count(50)
            self.assertEqual(self.terminate(0, "generate_series(1, 50000)"), 1)
            self.failed(client.read())
        with wire_client.connect(self.dev.port) as client:
            client.query("SELECT pg_sleep(100)").flush()
            self.wait_until(lambda: self.terminate(0, "pg_sleep(100)"), "runs")
            self.failed(client.read())
        with wire_client.connect(self.dev.port) as client:
            client.run("SELECT pg_sleep(101)").run("SELECT 2").sync().flush()
            self.wait_until(lambda: self.terminate(0, "pg_sleep(101)"), "runs")
            self.failed(client.read())

    def test_server_process_ends_in_the_middle_of_a_row(self):
        # What is left of the row never comes: nothing else may be sent in its place.
        with wire_client.connect(self.dev.port, receive_buffer=65536) as client:
            client.query("SELECT repeat('y', 60000000)").read("T")
            kind, length = struct.unpack("!ci", client.take(5))
            self.assertEqual(kind, b"D")
            client.take(100_000)
            self.assertEqual(self.terminate(0, "repeat('y'"), 1)
            with self.assertRaises(wire_client.Closed):
                client.take(length - 4 - 100_000)

    def test_server_process_of_a_transaction_ends(self):
        for shard in (0, 1):
            with wire_client.connect(self.dev.port) as client:
                client.ask("BEGIN")
                marked = f"SELECT id AS marked FROM big WHERE id = {self.keys[shard]}"
                self.assertEqual(client.ask(marked)[-1], ("Z", "T"))
                self.assertEqual(self.terminate(shard, "marked"), 1)
                time.sleep(0.05)
                answer = client.ask(f"INSERT INTO items VALUES ({self.keys[shard]}, 'lost')")
                self.failed(answer)
                if answer[-1][0] == "Z":
                    self.assertEqual(answer[-1], ("Z", "E"))
                    self.assertEqual(client.ask("COMMIT"), [("C", "ROLLBACK"), ("Z", "I")])
                    self.assertEqual(client.ask("SELECT 1")[-1], ("Z", "I"))
        self.assertEqual(self.ask("SELECT count(*) FROM items"), [(0,)])

    def test_server_process_ends_during_copy(self):
        for table, shard in (("items", 1), ("notes", 0)):
            with wire_client.connect(self.dev.port) as client:
                self.assertEqual(client.query(f"COPY {table} FROM STDIN").read("GE")[-1][0], "G")
                client.copy_data(b"1\tlost\n").flush()
                self.wait_until(lambda: self.terminate(shard, "COPY"), "runs")
                client.copy_data(b"2\tlost\n").flush()
                time.sleep(0.05)
                self.failed(client.copy_done().read())
            self.assertEqual(self.ask(f"SELECT count(*) FROM {table}"), [(0,)])

    def test_idle_connections_end(self):
        self.crowd(30)
        for shard in range(self.SHARDS):
            pids = self.client_backends(shard)
            self.terminate(shard, "")
            # Told to end is not ended.
            self.wait_until(lambda: not pids & self.client_backends(shard), "the servers' processes live on")
        time.sleep(0.2)  # their sockets are closed a little later
        with wire_client.connect(self.dev.port) as client:
            for key in self.keys * 5:
                self.assertEqual(client.ask(f"SELECT id FROM big WHERE id = {key}")[1], ("D", [str(key).encode()]))

    def test_whole_server_is_killed_and_comes_back(self):
        shard = 3
        data = self.dev.directory / f"shard{shard}"
        command = shlex.split((data / "postmaster.opts").read_text())
        with wire_client.connect(self.dev.port, receive_buffer=65536) as reader, wire_client.connect(self.dev.port) as other, \
                wire_client.connect(self.dev.port) as holder:
            reader.query(self.ORDERED).count(50)
            holder.ask("BEGIN")
            holder.ask(f"SELECT id FROM big WHERE id = {self.keys[shard]}")
            self.kill_server(data)
            self.assertEqual(other.ask(f"SELECT id FROM big WHERE id = {self.keys[1]}")[1], ("D", [str(self.keys[1]).encode()]))
            self.failed(reader.read())
            self.failed(holder.ask(f"SELECT id FROM big WHERE id = {self.keys[shard]}"))
            for sql in (f"SELECT id FROM big WHERE id = {self.keys[shard]}", "SELECT count(*) FROM big", "SELECT id FROM big ORDER BY id"):
                answer = other.ask(sql)
                self.failed(answer)
                self.assertEqual((answer[0][1]["C"][:2], answer[-1]), ("08", ("Z", "I")), answer)
            self.assertEqual(other.ask("SELECT 1")[1], ("D", [b"1"]))
            self.restart_server(shard, data, command)
            self.wait_until(lambda: other.ask("SELECT count(*) FROM big")[1] == ("D", [str(ROWS).encode()]), "the server is not used again")

    def kill_server(self, data):
        postmaster = int((data / "postmaster.pid").read_text().split()[0])
        children = [int(pid) for pid in pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
        for pid in (postmaster, *children):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.wait_until(lambda: all(self.ended(pid) for pid in children), "server processes do not end")

    def ended(self, pid):
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            return True

    def restart_server(self, shard, data, command):
        # The router has not waited for its child: to PostgreSQL the locks' owner seems alive.
        lock = (data / "postmaster.pid").read_text().splitlines()
        if lock[4]:
            pathlib.Path(lock[4], f".s.PGSQL.{lock[3]}.lock").unlink(missing_ok=True)
        (data / "postmaster.pid").unlink()
        owner = data.stat()
        arguments = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.dev.root / "restarted.log", "ab") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **arguments)
        self.addClassCleanup(server.wait)
        self.addClassCleanup(server.send_signal, signal.SIGINT)
        self.shard_connections[shard].close()
        place = self.dev.map()["shard"][shard]
        def reconnect():
            try:
                self.shard_connections[shard] = harness._connect(host=place["host"], port=place["port"])
                return True
            except harness.psycopg2.OperationalError:
                return False
        self.wait_until(reconnect, lambda: "no new start:\n" + (self.dev.root / "restarted.log").read_text())

    # ---- slow readers and crowds
    def routers_of_both_kinds(self, **settings):
        """A `pgshoal run` for each way of moving bytes that this machine allows."""
        for io in ("epoll", "io_uring"):
            try:
                router = harness.Run(self.dev, io=io, **settings)
            except AssertionError as error:
                if io == "io_uring" and "io_uring" in str(error):
                    continue
                raise
            self.addCleanup(router.stop)
            yield io, router

    def test_slow_reader_costs_no_memory(self):
        for io, router in self.routers_of_both_kinds():
            for sql in (self.WHOLE, self.ORDERED):
                before = self.resident(router.process.pid)
                with wire_client.connect(router.port, receive_buffer=65536) as client:
                    client.query(sql).count(20)
                    time.sleep(1)
                    self.assertLess(self.resident(router.process.pid) - before, 24 * MEGABYTE, (io, sql))
                    rows, last = 0, None
                    while last != "Z":
                        kind, body = client.next_raw()
                        rows, last = rows + (kind == "D"), kind
                        self.assertNotEqual(kind, "E", body)
                    self.assertEqual(rows + 19, ROWS)
                    self.assertLess(self.resident(router.process.pid, "VmHWM") - before, 24 * MEGABYTE, (io, sql))
            self.assertEqual(router.stop(), 0)

    def test_slow_reader_does_not_hold_up_others(self):
        slow = [wire_client.connect(self.dev.port, receive_buffer=65536) for _ in range(4)]
        for client in slow:
            client.query(self.ORDERED).count(5)
        begun = time.monotonic()
        with wire_client.connect(self.dev.port) as client:
            for key in self.keys * 10:
                self.assertEqual(client.ask(f"SELECT id FROM big WHERE id = {key}")[1], ("D", [str(key).encode()]))
        self.assertLess(time.monotonic() - begun, 5)
        for client in slow:
            client.vanish()

    def test_client_that_sends_without_reading(self):
        # Answers pile up only as far as the bounds allow, and all come in the end.
        before = self.resident()
        with wire_client.connect(self.dev.port, receive_buffer=65536) as client:
            request = b"".join([wire_client.message("Q", zero("SELECT repeat('x', 100000)"))] * 400)
            client.socket.settimeout(1)
            sent = 0
            try:
                while sent < len(request):
                    sent += client.socket.send(request[sent:])
            except TimeoutError:
                pass
            time.sleep(0.5)
            self.assertLess(self.resident() - before, 48 * MEGABYTE)
            client.socket.settimeout(wire_client.TIMEOUT)
            for _ in range(sent // (len(request) // 400)):
                self.assertEqual([m[0] for m in client.read()], ["T", "D", "C", "Z"])

    def test_crowd(self):
        answers = self.crowd(300)
        self.assertEqual(answers, [[[str(n + 1).encode(), f"client {n}".encode()]] for n in range(300)])

    def test_clients_that_come_and_go(self):
        for number in range(300):
            with wire_client.connect(self.dev.port) as client:
                if number % 3 == 0:
                    client.ask(f"SELECT id FROM big WHERE id = {self.keys[number % 4]}")
                elif number % 3 == 1:
                    client.query("SELECT count(*) FROM big").flush()


if __name__ == "__main__":
    unittest.main()
