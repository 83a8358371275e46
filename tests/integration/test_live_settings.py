"""Settings at work: each test sets one thing and looks at what it does, in the log, on sockets, on servers."""

import os
import pathlib
import re
import socket
import threading
import time
import tomllib
import unittest

import psycopg2

import harness
import wire_client
from test_console import Console, eventually

TICKS = os.sysconf("SC_CLK_TCK")


class LiveSettingsTestCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dev = harness.Dev(2, harness.sharded_table("items", "id") + harness.reference_table("kinds"))
        cls.dev.start()
        cls.addClassCleanup(cls.dev.stop)

    def run_router(self, **settings):
        router = harness.Run(self.dev, **{"worker_threads": 1, **settings})
        self.addCleanup(router.stop)
        return router

    def console(self, router):
        console = Console(router)
        self.addCleanup(console.close)
        return console

    def connect(self, router, **options):
        connection = router.connect(**options)
        self.addCleanup(connection.close)
        return connection

    def map_with(self, change):
        """A map file like the servers' own, but for `change` of its text."""
        path = harness.temporary_directory() / "map.toml"
        path.write_text(change((self.dev.directory / "map.toml").read_text()))
        return str(path)


class ResetQueryTest(LiveSettingsTestCase):
    """What a connection is like after clients have had it."""

    MARK = "SELECT set_config('pgshoal_test.mark', coalesce(current_setting('pgshoal_test.mark', true), '') || 'x', false)"

    def mark(self, router, user=harness.USER):
        """How often the mark was made on the one connection of the pool."""
        with wire_client.connect(router.port, user=user, database=harness.DATABASE) as client:
            answer = client.ask("SELECT current_setting('pgshoal_test.mark', true)")
            return next((m[1][0] or b"").decode() for m in answer if m[0] == "D")

    def test_session_mode_runs_it_after_each_client(self):
        router = self.run_router(pool_mode="session", default_pool_size=1, server_reset_query=self.MARK)
        self.assertEqual(self.mark(router), "")
        # DISCARD ALL comes first: the mark is never longer.
        self.assertEqual([self.mark(router) for _ in range(3)], ["x", "x", "x"])

    def test_transaction_mode_does_not(self):
        router = self.run_router(default_pool_size=1, server_reset_query=self.MARK)
        self.assertEqual([self.mark(router) for _ in range(3)], ["", "", ""])

    def test_always(self):
        router = self.run_router(default_pool_size=1, server_reset_query=self.MARK, server_reset_query_always=True)
        self.mark(router)
        self.assertEqual([self.mark(router) for _ in range(3)], ["x", "x", "x"])
        # Prepared statements outlive it, and clients' settings.
        with wire_client.connect(router.port, user=harness.USER, database=harness.DATABASE) as client:
            client.ask("SET work_mem = '77MB'")
            client.parse("p", "SELECT current_setting('work_mem')").sync().read()
            for _ in range(3):
                answer = client.bind("", "p").execute("").sync().read()
                self.assertEqual([m[1][0] for m in answer if m[0] == "D"], [b"77MB"], answer)

    def test_failure_closes_the_connection(self):
        router = self.run_router(pool_mode="session", default_pool_size=1)
        console = self.console(router)
        for wrong in ("SELECT 1/0", "BEGIN", "COPY items FROM STDIN"):
            console(f"SET server_reset_query = '{wrong}'")
            client = router.connect()
            client.cursor().execute("SELECT 1")
            pids = {row["remote_pid"] for row in console("SHOW SERVERS")}
            client.close()
            eventually(lambda: not pids & {row["remote_pid"] for row in console("SHOW SERVERS")}, wrong)

    def test_changed_while_it_runs(self):
        router = self.run_router(pool_mode="session", default_pool_size=1)
        console = self.console(router)
        self.mark(router)
        self.assertEqual(self.mark(router), "")
        console("SET server_reset_query = '{}'".format(self.MARK.replace("'", "''")))
        self.mark(router)
        self.assertEqual(self.mark(router), "x")
        console("SET server_reset_query = 'DISCARD ALL'")
        self.mark(router)
        self.assertEqual(self.mark(router), "")


class LineTest(LiveSettingsTestCase):
    def test_no_limit(self):
        router = self.run_router(default_pool_size=0)
        clients = [self.connect(router) for _ in range(25)]
        for client in clients:
            client.autocommit = False
            client.cursor().execute("SELECT 1")
        pool = next(row for row in self.console(router)("SHOW POOLS") if row["sv_active"])
        self.assertEqual((pool["sv_active"], pool["pool_size"]), (25, 0))

    def test_who_waits_is_told(self):
        router = self.run_router(default_pool_size=1, query_wait_notify="200ms")
        holder = self.connect(router)
        with wire_client.connect(router.port, user=harness.USER, database=harness.DATABASE) as waiting:
            holder.autocommit = False
            holder.cursor().execute("SELECT 1")
            waiting.query("SELECT 'served'").flush()
            notice = waiting.next()
            self.assertEqual((notice[0], notice[1]["S"]), ("N", "NOTICE"))
            self.assertIn("client being queued", notice[1]["M"])
            self.assertTrue(waiting.silent(0.5))  # once
            holder.rollback()
            self.assertIn("served", repr(waiting.read()))

    def test_login_must_end_in_time(self):
        router = self.run_router(client_login_timeout=60)
        console = self.console(router)
        console("SET client_login_timeout = 1")
        with socket.create_connection(("127.0.0.1", router.port)) as silent:
            silent.settimeout(30)
            self.assertEqual(silent.recv(100), b"")

    def test_silent_server(self):
        """A shard that takes connections and never answers."""
        listening = socket.socket()
        self.addCleanup(listening.close)
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        home, other = self.dev.map()["shard"]
        self.assertEqual(self.dev.map()["home"], home["name"])

        def elsewhere(text):
            return re.sub(rf'(name = "{other["name"]}"\n)host = ".*"\nport = \d+',
                          rf'\1host = "127.0.0.1"\nport = {listening.getsockname()[1]}', text)
        whole = self.dev.connect()
        whole.cursor().execute("CREATE TABLE IF NOT EXISTS items(id int)")
        whole.close()
        router = self.run_router(map_file=self.map_with(elsewhere), server_connect_timeout="300ms")
        client = self.connect(router)
        cursor = client.cursor()
        cursor.execute("CREATE TABLE IF NOT EXISTS local_only(id int)")  # the home shard is well
        with self.assertRaises(psycopg2.Error) as raised:
            cursor.execute("SELECT count(*) FROM items")
        self.assertEqual(raised.exception.pgcode, "08006", raised.exception)
        cursor.execute("SELECT count(*) FROM local_only")


class KeepAliveTest(LiveSettingsTestCase):
    """The kernel's own word on the sockets of a router."""

    def sockets(self, port):
        """{(local port, remote port): (timer, seconds until it rings)} of the connections that one end has `port`."""
        found = {}
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            local, remote = (int(address.split(":")[1], 16) for address in fields[1:3])
            if fields[3] == "01" and port in (local, remote):
                timer, when = fields[5].split(":")
                found[(local, remote)] = (int(timer, 16), int(when, 16) / TICKS)
        return found

    def of_router(self, router):
        """Timers of its sockets towards clients, and towards servers over TCP."""
        server_ports = [shard["port"] for shard in self.dev.map()["shard"]]
        clients = [timer for (local, _), timer in self.sockets(router.port).items() if local == router.port]
        servers = [timer for port in server_ports for (_, remote), timer in self.sockets(port).items() if remote == port]
        return clients, servers

    def start(self, **settings):
        def over_tcp(text):
            for host in {shard["host"] for shard in self.dev.map()["shard"]}:
                text = text.replace(host, "127.0.0.1")
            return text
        router = self.run_router(map_file=self.map_with(over_tcp), **settings)
        client = self.connect(router, keepalives=0)
        client.cursor().execute("SELECT 1")
        time.sleep(0.5)  # until nothing else is due on them
        return router

    def test_probed_as_set(self):
        clients, servers = self.of_router(self.start(tcp_keepidle=100, tcp_keepintvl=10, tcp_keepcnt=3))
        self.assertTrue(clients and servers)
        for timer, seconds in clients + servers:
            self.assertEqual(timer, 2)
            self.assertLessEqual(seconds, 101)
            self.assertGreater(seconds, 50)

    def test_probed_by_default(self):
        clients, servers = self.of_router(self.start())
        for timer, seconds in clients + servers:
            self.assertEqual(timer, 2)
            self.assertGreater(seconds, 101)

    def test_changed_for_those_who_come_later(self):
        router = self.start(tcp_keepidle=100)
        console = self.console(router)
        for setting, least, most in (("tcp_keepidle = 50", 20, 51), ("tcp_keepidle = 0", 101, 100_000)):
            console(f"SET {setting}")
            before = self.sockets(router.port)
            self.connect(router, keepalives=0)
            time.sleep(0.5)
            (timer, seconds), = [probe for ends, probe in self.sockets(router.port).items()
                                 if ends not in before and ends[0] == router.port]
            self.assertEqual(timer, 2)
            self.assertTrue(least < seconds <= most, seconds)

    def test_not_probed(self):
        clients, servers = self.of_router(self.start(tcp_keepalive=False))
        self.assertTrue(clients and servers)
        self.assertEqual({timer for timer, _ in clients + servers}, {0})


class LogSettingsTest(LiveSettingsTestCase):
    def router_with_log(self, **settings):
        directory = harness.temporary_directory()
        router = self.run_router(log_file=str(directory / "log"), **settings)
        router.log = directory / "log"
        return router

    def fail_to_log_in(self, router):
        with self.assertRaises(psycopg2.OperationalError):
            router.connect(user="nobody at all")

    def wait_for(self, router, words):
        eventually(lambda: words in router.log.read_text(), words)
        return router.log.read_text()

    def test_level(self):
        router = self.router_with_log(log_level="warning")
        router.connect().close()
        self.fail_to_log_in(router)
        text = self.wait_for(router, "pooler error")
        self.assertNotIn("INFO", text)
        console = self.console(router)
        console("SET log_level = error")
        self.fail_to_log_in(router)
        console("SET log_level = info")
        router.connect().close()
        text = self.wait_for(router, ": login")
        self.assertEqual(text.count("pooler error"), 1)

    def test_pooler_errors(self):
        router = self.router_with_log(log_pooler_errors=False)
        self.fail_to_log_in(router)
        console = self.console(router)
        console("SET log_pooler_errors = on")
        self.assertNotIn("pooler error", self.wait_for(router, "console login"))
        self.fail_to_log_in(router)
        self.wait_for(router, "pooler error")

    def test_syslog(self):
        place = pathlib.Path("/dev/log")
        if place.exists() or not os.access("/dev", os.W_OK):
            self.skipTest("/dev/log is somebody else's")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
            daemon.bind(str(place))
            self.addCleanup(place.unlink)
            place.chmod(0o666)
            daemon.settimeout(30)
            router = self.run_router(syslog=True, syslog_ident="my router", syslog_facility="local3")
            self.fail_to_log_in(router)
            lines = []
            while not any("pooler error" in line for line in lines):
                lines.append(daemon.recv(65536).decode())
            line = lines[-1]
            self.assertTrue(line.startswith(f"<{19 * 8 + 4}>"), line)  # local3, warning
            self.assertIn("my router", line)
            self.assertIn("nobody at all", line)


class MapTablesTest(LiveSettingsTestCase):
    """What the console shows of shards, map and plans."""

    def test_shards(self):
        shown = self.console(self.run_router())("SHOW SHARDS")
        written = self.dev.map()
        self.assertEqual([row["name"] for row in shown], [shard["name"] for shard in written["shard"]])
        self.assertEqual([row["port"] for row in shown], [shard["port"] for shard in written["shard"]])
        self.assertEqual(sum(row["slots"] for row in shown), harness.SLOTS)
        self.assertEqual([row["name"] for row in shown if row["home"] == "yes"], [written["home"]])
        self.assertEqual({row["database"] for row in shown}, {harness.DATABASE})

    def test_map(self):
        console = self.console(self.run_router())
        shown = {row["table"]: row for row in console("SHOW MAP")}
        self.assertEqual((shown["items"]["kind"], shown["items"]["key"]), ("sharded", "id"))
        self.assertEqual((shown["kinds"]["kind"], shown["kinds"]["key"]), ("reference", ""))
        as_file = tomllib.loads(console("SHOW MAP TOML")[0]["toml"])
        self.assertEqual([shard["name"] for shard in as_file["shard"]],
                         [shard["name"] for shard in self.dev.map()["shard"]])
        self.assertEqual({table["name"] for table in as_file["table"]}, {"items", "kinds"})
        self.assertEqual(console.error("SHOW MAP JSON")[0], "08P01")

    def test_plans_and_queries(self):
        router = self.run_router()
        console = self.console(router)
        cursor = self.connect(router).cursor()

        def figures():
            rows = console("SHOW PLANS")
            self.assertEqual([row["worker"] for row in rows], [0])
            return rows[0]
        before = figures()
        for number in range(10):
            cursor.execute(f"SELECT {number} AS looked_up_again")
        after = figures()
        self.assertGreaterEqual(after["hits"] - before["hits"], 8)
        self.assertGreaterEqual(after["misses"] - before["misses"], 1)
        self.assertGreater(after["bytes"], before["bytes"])
        cursor.execute("SELECT pg_sleep(0.2) AS slow_one")
        queries = {row["query"]: row for row in console("SHOW QUERIES")}
        slow = next(row for text, row in queries.items() if "slow_one" in text)
        self.assertEqual(slow["calls"], 1)
        self.assertGreaterEqual(slow["total_time"], 190_000)
        self.assertEqual((slow["avg_time"], slow["max_time"]), (slow["total_time"], slow["total_time"]))
        self.assertEqual(next(row for text, row in queries.items() if "looked_up_again" in text)["calls"], 10)


if __name__ == "__main__":
    unittest.main()
