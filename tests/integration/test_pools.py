#!/usr/bin/env python3
"""Pools: limits, order, timeouts and pooling modes, as clients and servers see them.

PGSHOAL_CROWD_SECONDS is how long the crowd of different clients works (10 if it is not set)."""

import os
import random
import threading
import time
import unittest

import harness
import wire_client

CROWD_CLIENTS, CROWD_SECONDS = 200, float(os.environ.get("PGSHOAL_CROWD_SECONDS", "10"))
ZONES = ["Asia/Tokyo", "Europe/Vienna", "America/New_York", "UTC", "Australia/Sydney"]
PATIENCE = 30


def error(answer):
    """(SQLSTATE, message, severity) of the only error in an answer."""
    errors = [m[1] for m in answer if m[0] == "E"]
    return (errors[0]["C"], errors[0]["M"], errors[0]["S"]) if len(errors) == 1 else errors


def rows(answer):
    return [[value and value.decode() for value in m[1]] for m in answer if m[0] == "D"]


class PoolsTest(harness.RouterTestCase):
    """Home tables: statements that name none of the sharded ones run on the home shard, which is the first."""

    MAP = harness.sharded_table("items", "id")
    SHARDS = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cursor = cls.router.cursor()
        cursor.execute("CREATE TABLE items(id int PRIMARY KEY)")
        for number in range(1, 9):
            cursor.execute("INSERT INTO items VALUES (%s)", (number,))
        for connection in cls.shard_connections:
            cursor = connection.cursor()
            for number in range(5):
                cursor.execute(f"CREATE SCHEMA s{number}; CREATE ROLE r{number}; GRANT ALL ON items TO r{number}; "
                               f"GRANT ALL ON SCHEMA s{number} TO PUBLIC")
            for user in ("joe", "ann"):
                cursor.execute(f"CREATE ROLE {user} LOGIN; GRANT ALL ON items TO {user}")

    def route(self, **settings):
        """A router with settings of its own. Its connections are told from others by the port they come from."""
        router = harness.Run(self.dev, **{"worker_threads": 2, **settings})
        self.addCleanup(lambda: self.assertEqual(router.stop(), 0, router.stderr()))
        return router

    def wait_until(self, condition, what="it does not happen"):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                self.fail(what() if callable(what) else what)
            time.sleep(0.02)

    def servers(self, user="joe", shard=0):
        """pid and state of the server processes that work for a user, on one shard."""
        cursor = self.shard_connections[shard].cursor()
        cursor.execute("SELECT pid, state FROM pg_stat_activity WHERE usename = %s ORDER BY pid", (user,))
        return cursor.fetchall()

    def client(self, router, user="joe", **more):
        client = wire_client.connect(router.port, user=user, **more)
        self.addCleanup(client.close)
        return client

    def waits(self, client):
        """It asks, and is not answered yet."""
        self.assertTrue(client.query("SELECT 1").silent(0.3))

    def hold(self, router, user="joe"):
        """A client inside a transaction on the home shard."""
        client = self.client(router, user)
        client.ask("BEGIN")
        self.assertEqual(rows(client.ask("SELECT 1")), [["1"]])
        return client

    # ---- limits
    def test_pool_size_and_order(self):
        router = self.route(default_pool_size=1)
        first = self.hold(router)
        crowd = [self.client(router, "ann") for _ in range(3)]  # another user's pool is another one
        self.assertEqual([rows(client.ask("SELECT 1")) for client in crowd], [[["1"]]] * 3)
        order = self.client_after_login(router, first, 6)
        for client in order:
            client.query("SELECT 1").flush()
            time.sleep(0.05)  # they come in this order
        self.assertEqual(len(self.servers()), 1)
        self.assertTrue(all(client.silent(0.02) for client in order))
        first.ask("COMMIT")
        for client in order:
            self.assertEqual(rows(client.read()), [["1"]])

    def client_after_login(self, router, holder, count):
        """Clients that have logged in; a login needs the connection for a moment, too."""
        holder.ask("COMMIT")
        clients = [self.client(router) for _ in range(count)]
        holder.ask("BEGIN")
        holder.ask("SELECT 1")
        return clients

    def test_served_in_the_order_of_arrival(self):
        router = self.route(default_pool_size=1)
        first = self.hold(router)
        clients = self.client_after_login(router, first, 8)
        turns, lock = [], threading.Lock()

        def live(number, client):
            client.query(f"SELECT {number}").read()
            with lock:
                turns.append(number)

        threads = []
        for number, client in enumerate(clients):
            threads.append(threading.Thread(target=live, args=(number, client)))
            threads[-1].start()
            time.sleep(0.1)
        # Each keeps the connection for long enough to be seen before the next.
        first.ask("SELECT pg_sleep(0.1)")
        first.ask("COMMIT")
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(turns), list(range(8)))

    def test_everybody_gets_a_share(self):
        router = self.route(default_pool_size=2)
        counts, stop, wrong = [0] * 24, threading.Event(), []

        def live(number):
            try:
                with wire_client.connect(router.port, user="joe") as client:
                    while not stop.is_set():
                        if rows(client.ask(f"SELECT {number}")) != [[str(number)]]:
                            raise AssertionError("a wrong answer")
                        counts[number] += 1
            except Exception as problem:
                wrong.append(problem)

        threads = [threading.Thread(target=live, args=(number,)) for number in range(len(counts))]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.assertLessEqual(len(self.servers()), 2)
            time.sleep(0.05)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])
        self.assertGreater(min(counts) * 5, max(counts), counts)

    def test_query_wait_timeout(self):
        router = self.route(default_pool_size=1, query_wait_timeout=0.4)
        first = self.hold(router)
        waiting = self.client_after_login(router, first, 1)[0]
        answer = waiting.ask("SELECT 1")
        self.assertEqual((error(answer), answer[-1]), (("08P01", "query_wait_timeout", "FATAL"), ("closed",)))
        self.assertEqual(rows(first.ask("SELECT 2")), [["2"]])
        first.ask("COMMIT")
        self.assertEqual(rows(self.client(router).ask("SELECT 3")), [["3"]])
        # The same in the extended protocol, inside a transaction that holds another shard.
        first = self.hold(router)
        other = self.client_after_login(router, first, 1)[0]
        other.ask("BEGIN")
        self.assertEqual(error(other.run("SELECT 1").sync().read()), ("08P01", "query_wait_timeout", "FATAL"))

    def test_query_wait_timeout_of_users_and_databases(self):
        for sections in ({"users": {"joe": {"query_wait_timeout": 0.4}}},
                         {"databases": {harness.DATABASE: {"query_wait_timeout": 0.4}}},
                         {"users": {"joe": {"query_wait_timeout": 0.4}},
                          "databases": {harness.DATABASE: {"query_wait_timeout": 60}}}):
            router = self.route(default_pool_size=1, query_wait_timeout=60, **sections)
            waiting = self.client_after_login(router, self.hold(router), 1)[0]
            self.assertEqual(error(waiting.ask("SELECT 1")), ("08P01", "query_wait_timeout", "FATAL"), sections)

    def test_reserve_pool(self):
        router = self.route(default_pool_size=1, reserve_pool_size=1, reserve_pool_timeout=0.3)
        second = self.client(router)
        first = self.hold(router)
        begun = time.monotonic()
        second.ask("BEGIN")
        second.ask("SELECT 1")
        self.assertGreaterEqual(time.monotonic() - begun, 0.29)
        self.assertEqual(len(self.servers()), 2)
        second.ask("COMMIT")
        third = self.client_after_login(router, first, 1)[0]
        self.hold(router)
        third.query("SELECT 1").flush()
        self.assertTrue(third.silent(0.8))
        self.assertEqual(len(self.servers()), 2)
        first.ask("COMMIT")
        self.assertEqual(rows(third.read()), [["1"]])

    def test_min_pool_size(self):
        router = self.route(min_pool_size=3, server_idle_timeout=1)
        self.client(router).ask("SELECT 1")
        self.wait_until(lambda: len(self.servers()) == 3)
        time.sleep(2.5)
        self.assertEqual(len(self.servers()), 3)

    def test_connections_of_another_user_make_room(self):
        router = self.route(max_db_connections=3, default_pool_size=3)
        late = self.client(router, "ann")
        joes = [self.hold(router) for _ in range(2)]
        ann = self.hold(router, "ann")
        self.waits(late)
        joes[0].ask("COMMIT")  # its connection is idle, and is closed for ann
        self.assertEqual(rows(late.read()), [["1"]])
        self.assertEqual((len(self.servers()), len(self.servers("ann"))), (1, 2))
        ann.ask("COMMIT")
        # A pool that is never idle does not starve the others.
        stop = threading.Event()

        def busy():
            with wire_client.connect(router.port, user="joe") as client:
                while not stop.is_set():
                    client.ask("SELECT 1")

        joes[1].ask("COMMIT")
        threads = [threading.Thread(target=busy) for _ in range(12)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                self.assertEqual(rows(self.client(router, "ann").ask("SELECT 1")), [["1"]])
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def test_limits_of_users_and_databases(self):
        router = self.route(default_pool_size=4, databases={"app": {"pool_size": 3}},
                            users={"joe": {"max_user_connections": 1, "max_user_client_connections": 2}})
        other = self.client(router)
        joe = self.hold(router)
        self.waits(other)
        with wire_client.Client(router.port) as third:
            self.assertEqual(error(third.start(user="joe", database="app").greeting),
                             ("53300", "client connections exceeded (max_user_client_connections)", "FATAL"))
        joe.ask("COMMIT")
        self.assertEqual(rows(other.read()), [["1"]])
        late = self.client(router, "ann")
        anns = [self.hold(router, "ann") for _ in range(3)]
        self.waits(late)
        self.assertEqual(len(self.servers("ann")), 3)
        anns[0].ask("COMMIT")
        self.assertEqual(rows(late.read()), [["1"]])

    def test_max_client_conn(self):
        router = self.route(max_client_conn=2)
        clients = [self.client(router) for _ in range(2)]
        with wire_client.Client(router.port) as third:
            self.assertEqual(error(third.start(user="joe", database="app").greeting),
                             ("53300", "no more connections allowed (max_client_conn)", "FATAL"))
        self.assertEqual(rows(clients[0].ask("SELECT 1")), [["1"]])

    # ---- leaving the line
    def test_cancel_in_line(self):
        router = self.route(default_pool_size=1)
        first = self.hold(router)
        simple, extended, next_one = self.client_after_login(router, first, 3)
        simple.query("SELECT 1").flush()
        extended.run("SELECT 1").sync().flush()
        next_one.query("SELECT 2").flush()
        self.assertTrue(simple.silent(0.1) and extended.silent(0.1))
        for client in (simple, extended):
            client.cancel()
            answer = client.read()
            self.assertEqual((error(answer), answer[-1]),
                             (("57014", "canceling statement due to user request", "ERROR"), ("Z", "I")))
        self.assertTrue(next_one.silent(0.1))
        first.ask("COMMIT")
        self.assertEqual(rows(next_one.read()), [["2"]])
        for client in (simple, extended):
            self.assertEqual(rows(client.ask("SELECT 3")), [["3"]])

    def test_a_client_that_goes_leaves_the_line(self):
        router = self.route(default_pool_size=1)
        first = self.hold(router)
        clients = self.client_after_login(router, first, 5)
        for client in clients:
            client.query("SELECT pg_sleep(3)" if client is not clients[-1] else "SELECT 1").flush()
        self.assertTrue(clients[-1].silent(0.1))
        for number, client in enumerate(clients[:-1]):
            client.vanish() if number % 2 else client.close()
        time.sleep(0.2)
        first.ask("COMMIT")
        begun = time.monotonic()
        self.assertEqual(rows(clients[-1].read()), [["1"]])
        self.assertLess(time.monotonic() - begun, 3)

    # ---- timeouts of clients
    def ends_with(self, client, reason):
        answer = client.read("?")
        self.assertEqual((error(answer), answer[-1]), (("08P01", reason, "FATAL"), ("closed",)))

    def test_timeouts(self):
        router = self.route(client_idle_timeout=1, idle_transaction_timeout=0.5, query_timeout=0.7, transaction_timeout=1.5)
        idle, in_block, slow, long = (self.client(router) for _ in range(4))
        in_block.ask("BEGIN")
        in_block.ask("SELECT id FROM items WHERE id = 1")
        self.ends_with(in_block, "idle transaction timeout")
        slow.query("SELECT pg_sleep(60)")
        self.ends_with(slow, "query timeout")
        long = self.client(router)
        long.ask("BEGIN")
        answer = [("Z", "T")]
        while answer[-1] == ("Z", "T"):
            answer = long.ask("SELECT pg_sleep(0.1)")
        self.assertEqual(error(answer), ("08P01", "transaction timeout", "FATAL"))
        self.ends_with(idle, "client_idle_timeout")
        # What they did is over on the servers, too.
        self.wait_until(lambda: all(state == "idle" for _, state in self.servers()), lambda: self.servers())
        busy = self.client(router)
        for _ in range(30):
            self.assertEqual(rows(busy.ask("SELECT 1")), [["1"]])
            time.sleep(0.05)

    def test_timeouts_of_one_user(self):
        router = self.route(users={"joe": {"query_timeout": 0.3}})
        joe, ann = self.client(router), self.client(router, "ann")
        self.ends_with(joe.query("SELECT pg_sleep(60)"), "query timeout")
        self.assertEqual(len(rows(ann.ask("SELECT pg_sleep(0.6)"))), 1)

    # ---- servers
    def test_idle_connections_go(self):
        router = self.route(server_idle_timeout=1)
        self.client(router).ask("SELECT 1")
        self.assertEqual(len(self.servers()), 1)
        self.wait_until(lambda: not self.servers())

    def test_old_connections_go(self):
        router = self.route(server_lifetime=1, default_pool_size=2)
        client = self.client(router)
        pids = set()
        end = time.monotonic() + 4
        while time.monotonic() < end:
            pids.add(rows(client.ask("SELECT pg_backend_pid()"))[0][0])
            time.sleep(0.05)
        self.assertGreater(len(pids), 1)
        self.assertLess(len(pids), 8)  # no more than the pool's size in a lifetime
        once = self.route(server_lifetime=0)
        client = self.client(once)
        seen = [rows(client.ask("SELECT pg_backend_pid()"))[0][0] for _ in range(5)]
        self.assertEqual(len(set(seen)), 5)

    def test_connections_that_servers_end_are_noticed_at_once(self):
        router = self.route()
        holders = [self.hold(router) for _ in range(3)]
        client = self.client(router, "ann")
        for holder in holders:
            holder.ask("COMMIT")
        files = len(os.listdir(f"/proc/{router.process.pid}/fd"))
        cursor = self.shard_connections[0].cursor()
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'joe'")
        self.wait_until(lambda: len(os.listdir(f"/proc/{router.process.pid}/fd")) == files - 3, "idle connections are still open")
        self.assertEqual([rows(one.ask("SELECT 1")) for one in (*holders, client)], [[["1"]]] * 4)

    def test_only_what_was_running_fails(self):
        router = self.route()
        running, idle = self.client(router), self.client(router)
        running.query("SELECT pg_sleep(60)").flush()
        self.wait_until(lambda: [state for _, state in self.servers()].count("active") == 1)
        cursor = self.shard_connections[0].cursor()
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'joe' AND state = 'active'")
        answer = running.read()
        self.assertEqual((error(answer)[0], answer[-1]), ("57P01", ("Z", "I")))
        for client in (running, idle):
            self.assertEqual(rows(client.ask("SELECT 1")), [["1"]])

    def test_a_server_that_is_down_is_told_at_once_and_comes_back(self):
        router = self.route(server_login_retry=1)
        client = self.client(router)
        place = self.dev.map()["shard"][1]
        self.assertEqual(len(rows(client.ask("SELECT id FROM items"))), 8)
        cursor = self.shard_connections[1].cursor()
        cursor.execute("SHOW data_directory")
        cursor.execute("ALTER ROLE joe CONNECTION LIMIT 0")  # as good as down, for this user
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'joe'")
        try:
            self.wait_until(lambda: not self.servers("joe", 1), place)
            first = client.ask("SELECT id FROM items")
            self.assertEqual((error(first)[0], error(first)[2], first[-1]), ("53300", "ERROR", ("Z", "I")))
            second = client.ask("SELECT id FROM items")
            self.assertEqual(error(second)[1], f"server login has been failing, cached error: {error(first)[1]} (server_login_retry)")
            self.assertEqual(rows(client.ask("SELECT 1")), [["1"]])
        finally:
            cursor.execute("ALTER ROLE joe CONNECTION LIMIT -1")
        self.wait_until(lambda: len(rows(client.ask("SELECT id FROM items"))) == 8, "the server is not used again")

    def test_a_full_server_makes_clients_wait(self):
        router = self.route()
        for connection in self.shard_connections:
            connection.cursor().execute("ALTER ROLE ann CONNECTION LIMIT 1")
        try:
            second = self.client(router, "ann")
            first = self.hold(router, "ann")
            self.waits(second)
            first.ask("COMMIT")
            self.assertEqual(rows(second.read()), [["1"]])
        finally:
            for connection in self.shard_connections:
                connection.cursor().execute("ALTER ROLE ann CONNECTION LIMIT -1")

    def test_a_refused_login_is_told_though_old_connections_work(self):
        # Those of before RECONNECT go when they come back: nobody in line can count on them.
        router = self.route(default_pool_size=1, server_login_retry=1)
        waiting = [self.client(router) for _ in range(3)]
        holder = self.hold(router)
        for client in waiting:
            self.waits(client)
        cursor = self.shard_connections[0].cursor()
        cursor.execute("ALTER ROLE joe NOLOGIN")
        try:
            console = harness.connect(router.port, dbname="pgshoal").cursor()
            console.execute("RECONNECT")
            console.execute("SET default_pool_size = 2")
            for client in waiting:
                self.assertEqual(error(client.read())[0], "28000")
            self.assertEqual(rows(holder.ask("SELECT 2")), [["2"]])
        finally:
            cursor.execute("ALTER ROLE joe LOGIN")
        holder.ask("COMMIT")
        self.assertEqual(rows(waiting[0].ask("SELECT 3")), [["3"]])

    # ---- modes
    def test_session_mode(self):
        router = self.route(pool_mode="session", default_pool_size=1)
        two, one = self.client(router), self.client(router)
        pid = rows(one.ask("SELECT pg_backend_pid()"))[0][0]
        one.ask("SET work_mem = '7MB'")
        one.ask("SET TimeZone = 'Asia/Tokyo'")
        one.ask("SELECT pg_advisory_lock(4711)")
        one.parse("p", "SELECT 5").sync().read()
        for _ in range(3):
            self.assertEqual(rows(one.ask("SELECT pg_backend_pid(), current_setting('work_mem')")), [[pid, "7MB"]])
        self.waits(two)  # the only connection is somebody's
        one.ask("BEGIN")
        one.ask("SET work_mem = '9MB'")
        one.ask("ROLLBACK")
        self.assertEqual(rows(one.ask("SELECT pg_backend_pid(), current_setting('work_mem')")), [[pid, "7MB"]])
        self.assertEqual(len(rows(one.ask("SELECT id FROM items"))), 8)  # the other shard joins, with the settings
        one.ask("SET work_mem = '6MB'")
        self.assertEqual({row[0] for row in rows(one.ask("SELECT current_setting('work_mem') FROM items"))}, {"6MB"})
        one.ask("BEGIN")
        one.ask("SET work_mem = '5MB'")
        self.assertEqual({row[0] for row in rows(one.ask("SELECT current_setting('work_mem') FROM items"))}, {"5MB"})
        one.ask("COMMIT")
        self.assertEqual({row[0] for row in rows(one.ask("SELECT current_setting('work_mem') FROM items"))}, {"5MB"})
        one.close()
        self.assertEqual(rows(two.read()), [["1"]])
        self.assertEqual(rows(two.ask("SELECT pg_backend_pid(), current_setting('work_mem'), current_setting('TimeZone')"))[0][:2], [pid, "4MB"])
        self.assertEqual(rows(two.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")), [["0"]])
        two.close()

    def test_session_mode_ends_with_its_connection(self):
        router = self.route(pool_mode="session")
        client = self.client(router)
        pid = rows(client.ask("SELECT pg_backend_pid()"))[0][0]
        self.shard_connections[0].cursor().execute("SELECT pg_terminate_backend(%s)", (pid,))
        self.ends_with(client, "the connection to a shard was lost")

    def test_statement_mode(self):
        router = self.route(pool_mode="statement")
        client = self.client(router)
        self.assertEqual(rows(client.ask("SELECT 1")), [["1"]])
        self.assertEqual(rows(client.run("SELECT $1::int", ["2"]).sync().read()), [["2"]])
        self.assertEqual(rows(client.ask("SELECT 1; SELECT 2")), [["1"], ["2"]])
        self.assertEqual(rows(client.ask("BEGIN; SELECT 3; COMMIT")), [["3"]])
        refusal = ("08P01", "transaction blocks not allowed in statement pooling mode", "FATAL")
        answer = client.ask("BEGIN")
        self.assertEqual((error(answer), answer[-1]), (refusal, ("closed",)))
        client = self.client(router)
        self.assertEqual(error(client.run("BEGIN").sync().read()), refusal)

    def test_modes_of_users_and_databases(self):
        router = self.route(default_pool_size=1, databases={"app": {"pool_mode": "statement"}},
                            users={"joe": {"pool_mode": "session"}, "postgres": {"pool_mode": "transaction"}})
        late = self.client(router)
        joe, ann, owner = self.client(router), self.client(router, "ann"), self.client(router, "postgres")
        self.assertEqual(error(ann.ask("BEGIN"))[0], "08P01")
        joe.ask("SELECT 1")
        self.waits(late)
        self.assertEqual(owner.ask("BEGIN")[-1], ("Z", "T"))
        owner.ask("SELECT 1")
        owner.ask("COMMIT")
        self.assertEqual(rows(self.client(router, "postgres").ask("SELECT 1")), [["1"]])

    # ---- clients that wait for each other
    def test_deadlock_over_pools(self):
        router = self.route(default_pool_size=1)
        keys = [row[0] for row in self.on_shards_min()]
        one, two = self.client(router), self.client(router)
        for client, key in ((one, keys[0]), (two, keys[1])):
            client.ask("BEGIN")
            self.assertEqual(rows(client.ask(f"SELECT id FROM items WHERE id = {key}")), [[str(key)]])
        one.query(f"SELECT id FROM items WHERE id = {keys[1]}").flush()
        self.assertTrue(one.silent(0.1))
        answer = two.ask(f"SELECT id FROM items WHERE id = {keys[0]}")  # who came last gives way
        self.assertEqual((error(answer)[0], error(answer)[1], answer[-1]), ("40P01", "deadlock detected", ("Z", "E")))
        self.assertTrue(one.silent(0.1))
        two.ask("ROLLBACK")
        self.assertEqual(rows(one.read()), [[str(keys[1])]])
        one.ask("COMMIT")
        self.assertEqual(rows(two.ask(f"SELECT id FROM items WHERE id = {keys[0]}")), [[str(keys[0])]])

    def on_shards_min(self):
        return [answer[0] for answer in self.on_shards("SELECT min(id) FROM items")]

    # ---- a crowd
    def test_two_hundred_different_clients_over_four_connections(self):
        router = self.route(default_pool_size=2)  # of two shards
        wrong, done, stop = [], [0] * CROWD_CLIENTS, threading.Event()
        threads = [threading.Thread(target=self.live, args=(router.port, number, stop, wrong, done)) for number in range(CROWD_CLIENTS)]
        before = [len(self.servers("postgres", shard)) for shard in range(2)]
        for thread in threads:
            thread.start()
        end, most = time.monotonic() + CROWD_SECONDS, 0
        while not wrong and (time.monotonic() < end or min(done) == 0) and time.monotonic() < end + 120:
            most = max(most, *(len(self.servers("postgres", shard)) - before[shard] for shard in range(2)))
            time.sleep(0.2)
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
        self.assertEqual(wrong[:3], [])
        self.assertLessEqual(most, 2)
        self.assertGreater(min(done), 0)

    def live(self, port, number, stop, wrong, done):
        """A client that is told apart from all others by its role, search_path and time zone, which it changes at times."""
        chance = random.Random(number)
        try:
            own = {"TimeZone": ZONES[number % 5], "search_path": f"s{number // 5 % 5}, public", "role": f"r{number // 25 % 5}",
                   "application_name": f"client {number}"}
            with wire_client.connect(port, application_name=own["application_name"], TimeZone=own["TimeZone"]) as client:
                client.socket.settimeout(60)
                self.quiet(client, f"SET search_path = {own['search_path']}", f"SET ROLE {own['role']}")
                while not stop.is_set():
                    if chance.randrange(8) == 0:
                        own["TimeZone"] = chance.choice(ZONES)
                        self.quiet(client, f"SET TimeZone = '{own['TimeZone']}'")
                    if chance.randrange(8) == 0:
                        own["role"] = f"r{chance.randrange(5)}"
                        self.quiet(client, f"SET ROLE {own['role']}")
                    in_block = chance.randrange(4) == 0
                    if in_block:
                        self.quiet(client, "BEGIN")
                    source = chance.choice(["", f" FROM public.items WHERE id = {chance.randrange(1, 9)}"])
                    for _ in range(2):
                        # A block keeps to one shard: those who hold one connection and want another hold each other up.
                        if not in_block:
                            source = chance.choice(["", f" FROM public.items WHERE id = {chance.randrange(1, 9)}"])
                        sql = ("SELECT current_setting('TimeZone'), current_setting('search_path'), current_user, "
                               f"current_setting('application_name'){source}")
                        answer = client.run(sql).sync().read() if chance.randrange(2) else client.ask(sql)
                        if rows(answer) != [[own["TimeZone"], own["search_path"], own["role"], own["application_name"]]]:
                            wrong.append((number, answer, own))
                            return
                    if in_block:
                        self.quiet(client, "COMMIT")
                    done[number] += 1
        except Exception as problem:  # a thread's failure is the test's
            wrong.append((number, repr(problem)))

    def quiet(self, client, *texts):
        for text in texts:
            errors = [m for m in client.ask(text) if m[0] == "E"]
            if errors:
                raise AssertionError(f"{text}: {errors}")


if __name__ == "__main__":
    unittest.main()
