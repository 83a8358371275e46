"""The admin console: PgBouncer's commands and columns, what each does to real clients, who may do what."""

import json
import os
import pathlib
import pwd
import select
import shutil
import subprocess
import threading
import time
import unittest

import psycopg2

import harness
import wire_client

TEXT, INT4, INT8, NUMERIC, BYTEA = 25, 23, 20, 1700, 17


def columns(*pairs):
    return [(name, kind) for names, kind in pairs for name in names.split()]


CONNECTION = columns(("type user database replication state addr", TEXT), ("port", INT4), ("local_addr", TEXT),
                     ("local_port", INT4), ("connect_time request_time", TEXT), ("wait wait_us close_needed", INT4),
                     ("ptr link", TEXT), ("remote_pid", INT4), ("tls application_name", TEXT),
                     ("prepared_statements id", INT4))
SOCKET = CONNECTION + columns(("recv_pos pkt_pos pkt_remain send_pos send_remain pkt_avail send_avail", INT4))
TOTALS = "server_assignment_count xact_count query_count bytes_received bytes_sent xact_time query_time wait_time "
# What PgBouncer 1.25 answers; compared with the installed one when there is one.
PGBOUNCER = {
    "POOLS": columns(("database user", TEXT),
                     ("cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active sv_active_cancel "
                      "sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us", INT4),
                     ("pool_mode load_balance_hosts", TEXT)),
    "CLIENTS": CONNECTION,
    "SERVERS": CONNECTION,
    "STATS": columns(("database", TEXT),
                     ("total_server_assignment_count total_xact_count total_query_count total_received total_sent "
                      "total_xact_time total_query_time total_wait_time total_client_parse_count "
                      "total_server_parse_count total_bind_count avg_server_assignment_count avg_xact_count "
                      "avg_query_count avg_recv avg_sent avg_xact_time avg_query_time avg_wait_time "
                      "avg_client_parse_count avg_server_parse_count avg_bind_count", NUMERIC)),
    "STATS_TOTALS": columns(("database", TEXT), (TOTALS + "client_parse_count server_parse_count bind_count", NUMERIC)),
    "STATS_AVERAGES": columns(("database", TEXT), (TOTALS + "avg_client_parse_count avg_server_parse_count "
                                                   "avg_bind_count", NUMERIC)),
    "TOTALS": columns(("name", TEXT), ("value", NUMERIC)),
    "DATABASES": columns(("name host", TEXT), ("port", INT4), ("database force_user", TEXT),
                         ("pool_size min_pool_size reserve_pool_size server_lifetime", INT4),
                         ("pool_mode load_balance_hosts", TEXT),
                         ("max_connections current_connections max_client_connections current_client_connections "
                          "paused disabled", INT4)),
    "USERS": columns(("name pool_size reserve_pool_size pool_mode", TEXT),
                     ("max_user_connections current_connections max_user_client_connections "
                      "current_client_connections", INT4)),
    "PEERS": columns(("peer_id", INT4), ("host", TEXT), ("port pool_size", INT4)),
    "PEER_POOLS": columns(("peer_id cl_active_cancel_req cl_waiting_cancel_req sv_active_cancel sv_login", INT4)),
    "STATE": columns(("key value", TEXT)),
    "LISTS": columns(("list", TEXT), ("items", INT4)),
    "CONFIG": columns(("key value default changeable", TEXT)),
    "MEM": columns(("name", TEXT), ("size used free memtotal", INT4)),
    "FDS": columns(("fd", INT4), ("task user database addr", TEXT), ("port", INT4), ("cancel", INT8), ("link", INT4),
                   ("client_encoding std_strings datestyle timezone password", TEXT),
                   ("scram_client_key scram_server_key", BYTEA)),
    "SOCKETS": SOCKET,
    "ACTIVE_SOCKETS": SOCKET,
    "VERSION": columns(("version", TEXT)),
    "DNS_HOSTS": columns(("hostname", TEXT), ("ttl", INT8), ("addrs", TEXT)),
    "DNS_ZONES": columns(("zonename", TEXT), ("serial", INT8), ("count", INT4)),
}


class Console:
    """A console's connection: rows as dictionaries."""

    def __init__(self, target, **options):
        self.connection = target.connect(**{"dbname": "pgshoal", **options})

    def __call__(self, command):
        answer = harness.Answer(self.connection, command)
        if answer.error is not None:
            raise AssertionError(f"{command}: {answer.error}")
        self.notices = answer.notices
        if answer.columns is None:
            return answer.tag
        return [dict(zip([name for name, _ in answer.columns], row)) for row in answer.rows]

    def error(self, command):
        answer = harness.Answer(self.connection, command)
        if answer.error is None:
            raise AssertionError(f"{command} is not refused")
        return answer.error[:2]

    def described(self, command):
        return harness.Answer(self.connection, command).columns

    def stats(self, database=harness.DATABASE):
        return next((row for row in self("SHOW STATS") if row["database"] == database), None)

    def client(self, pid):
        return next((row for row in self("SHOW CLIENTS") if row["pid"] == pid), None)

    def close(self):
        self.connection.close()


def eventually(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class ConsoleTestCase(unittest.TestCase):
    SETTINGS = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dev = harness.Dev(2, harness.column_rule("id"))
        cls.dev.start()
        cls.addClassCleanup(cls.dev.stop)
        cls.router = harness.Run(cls.dev, **{"stats_users": ["watcher"], **cls.SETTINGS})
        cls.addClassCleanup(cls.stop_router)
        connection = cls.router.connect()
        connection.cursor().execute("CREATE ROLE watcher LOGIN")
        connection.cursor().execute("CREATE ROLE other LOGIN")
        connection.close()

    @classmethod
    def stop_router(cls):
        code = cls.router.stop()
        if code != 0:
            raise AssertionError(f"pgshoal run ended with {code}:\n{cls.router.stderr()[-6000:]}")

    def setUp(self):
        self.console = Console(self.router)
        self.addCleanup(self.console.close)

    def connect(self, **options):
        connection = self.router.connect(**options)
        self.addCleanup(connection.close)
        return connection


class ColumnsTest(ConsoleTestCase):
    def test_columns_begin_with_those_of_pgbouncer(self):
        for name, expected in PGBOUNCER.items():
            described = self.console.described(f"SHOW {name}")
            self.assertEqual(described[:len(expected)], expected, name)

    def test_list_is_that_of_the_installed_pgbouncer(self):
        program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if program is None:
            self.skipTest("PgBouncer is not installed")
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        if not version.startswith("PgBouncer 1.25."):
            self.skipTest(f"the list is of PgBouncer 1.25, not of {version.split()[1]}")
        directory = harness.temporary_directory()
        port = harness.free_port()
        (directory / "pgbouncer.ini").write_text(
            f"[databases]\nx = host=127.0.0.1\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
            f"unix_socket_dir =\nauth_type = any\nadmin_users = me\nlogfile = {directory}/log\n")
        identity = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(directory, entry.pw_uid, entry.pw_gid)
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        process = subprocess.Popen([program, "-q", str(directory / "pgbouncer.ini")], **identity)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        connection = None
        end = time.monotonic() + 30
        while connection is None:
            try:
                connection = psycopg2.connect(host="127.0.0.1", port=port, user="me", dbname="pgbouncer")
            except psycopg2.OperationalError:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
        self.addCleanup(connection.close)
        connection.autocommit = True
        for name, expected in PGBOUNCER.items():
            self.assertEqual(harness.Answer(connection, f"SHOW {name}").columns, expected, name)

    def test_psql_and_the_other_name(self):
        done = subprocess.run(["psql", "-X", "-At", "-h", "127.0.0.1", "-p", str(self.router.port), "-U", harness.USER,
                               "-d", "pgbouncer", "-c", "SHOW VERSION"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("pgshoal "), done.stdout)

    def test_help_lists_the_commands(self):
        self.assertEqual(self.console("SHOW HELP"), "SHOW")
        text = "".join(self.console.notices)
        for command in ("SHOW CLIENTS", "SHOW SHARDS", "RELOAD", "SHUTDOWN"):
            self.assertIn(command, text)

    def test_what_is_no_command(self):
        for command in ("FOO", "SHOW", "SHOW FOO", "SELECT 1", "BEGIN", "SHOW POOLS x"):
            state, message = self.console.error(command)
            self.assertEqual(state, "08P01", command)
            self.assertIn("invalid command", message)
        self.assertEqual(self.console("show Version;")[0]["version"][:7], "pgshoal")

    def test_config_is_complete_and_masked(self):
        config = {row["key"]: row for row in self.console("SHOW CONFIG")}
        self.assertEqual(config["port"]["value"], str(self.router.port))
        self.assertEqual(config["port"]["changeable"], "no")
        self.assertEqual(config["stats_period"]["default"], "60")
        self.assertEqual(config["server_password"]["value"], "****")

    def test_extended_protocol(self):
        with wire_client.connect(self.router.port, user=harness.USER, database="pgshoal") as client:
            client.parse("", "SHOW VERSION").bind("", "").describe("P", "").execute("").sync().flush()
            answer = client.read()
            self.assertEqual([m[0] for m in answer], ["1", "2", "T", "D",
                                                      "C", "Z"], answer)
            client.parse("s", "FOO").bind("", "s").execute("").sync().flush()
            answer = client.read()
            self.assertEqual([m[0] for m in answer], ["1", "2", "E",
                                                      "Z"], answer)
            client.bind("", "s2").sync().flush()
            self.assertEqual([m[0] for m in client.read()], ["E", "Z"])
            # A command that does something is not run in order to be described.
            client.parse("k", "KILL_CLIENT 12345").describe("S", "k").sync().flush()
            self.assertEqual([m[0] for m in client.read()], ["1", "t", "n",
                                                             "Z"])

    def test_driver_that_knows_binary_only(self):
        program = ("import asyncio, asyncpg, json\n"
                   "async def main():\n"
                   f"    c = await asyncpg.connect(host='127.0.0.1', port={self.router.port}, user='{harness.USER}',"
                   " database='pgshoal')\n"
                   "    rows = await c.fetch('SHOW STATS') + await c.fetch('SHOW LISTS')\n"
                   "    print(json.dumps([[str(v) for v in row.values()] for row in rows]))\n"
                   "    await c.close()\n"
                   "asyncio.run(main())\n")
        done = subprocess.run(["/usr/bin/python3", "-c", program], capture_output=True, text=True, check=False)
        if "No module named 'asyncpg'" in done.stderr:
            self.skipTest("asyncpg is not installed")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads(done.stdout)
        console = next(row for row in rows if row[0] == "pgshoal")
        self.assertGreaterEqual(int(console[2]), 1)  # transactions
        self.assertIn(["databases", "2"], rows)


class RightsTest(ConsoleTestCase):
    def test_watchers_only_look(self):
        watcher = Console(self.router, user="watcher")
        self.addCleanup(watcher.close)
        self.assertTrue(watcher("SHOW CLIENTS"))
        for command in ("RELOAD", "SHUTDOWN", "SET log_stats = off", "KILL_CLIENT 1", "SHOW FDS", "LOAD MAP ''"):
            self.assertEqual(watcher.error(command), ("08P01", "admin access needed"), command)

    def test_limits_of_clients_hold_for_watchers(self):
        def console_row():
            return next(row for row in self.console("SHOW DATABASES") if row["name"] == "pgshoal")

        def open_console(user):
            console = Console(self.router, user=user)
            self.addCleanup(console.close)
            return console

        eventually(lambda: console_row()["current_client_connections"] == 1, "only this one is left")
        self.addCleanup(self.console, "RELOAD")
        self.console("SET max_db_client_connections = 2")
        watcher = open_console("watcher")
        row = console_row()
        self.assertEqual((row["current_client_connections"], row["max_client_connections"]), (2, 2))
        with self.assertRaisesRegex(psycopg2.OperationalError, "max_db_client_connections"):
            Console(self.router, user="watcher")
        open_console(harness.USER).close()  # who could raise the limit gets in
        self.console("SET max_db_client_connections = 0")
        self.console("SET max_user_client_connections = 1")
        users = {row["name"]: row["current_client_connections"] for row in self.console("SHOW USERS")}
        self.assertEqual(users["watcher"], 1)
        with self.assertRaisesRegex(psycopg2.OperationalError, "max_user_client_connections"):
            Console(self.router, user="watcher")
        open_console(harness.USER).close()
        watcher.close()
        eventually(lambda: {row["name"]: row["current_client_connections"] for row in self.console("SHOW USERS")}
                   .get("watcher", 0) == 0, "the watcher is dismissed")
        open_console("watcher")

    def test_others_do_not_get_in(self):
        with self.assertRaisesRegex(psycopg2.OperationalError, "not allowed"):
            Console(self.router, user="other")


class ClientsTest(ConsoleTestCase):
    def test_clients_as_they_are(self):
        client = self.connect(application_name="an app")
        pid = client.info.backend_pid
        row = self.console.client(pid)
        self.assertEqual((row["user"], row["database"], row["state"], row["addr"], row["local_port"]),
                         (harness.USER, harness.DATABASE, "idle", "127.0.0.1", self.router.port))
        self.assertEqual((row["id"], row["replication"], row["tls"], row["remote_pid"]), (pid, "none", "", 0))
        self.assertEqual((row["application_name"], row["phase"], row["link"]), ("an app", "idle", ""))
        client.autocommit = False
        client.cursor().execute("SELECT 1")
        row = self.console.client(pid)
        self.assertEqual((row["phase"], row["state"]), ("in transaction", "active"))
        self.assertNotEqual(row["shards"], "")
        server = next(s for s in self.console("SHOW SERVERS") if s["ptr"] == row["link"])
        self.assertEqual((server["state"], server["link"], server["application_name"]), ("active", row["ptr"], "an app"))
        client.rollback()
        self.assertEqual(self.console.client(pid)["phase"], "idle")
        server = next(s for s in self.console("SHOW SERVERS") if s["ptr"] == row["link"])
        self.assertEqual((server["state"], server["link"], server["application_name"]), ("idle", "", "an app"))
        client.close()
        eventually(lambda: self.console.client(pid) is None, "a client that has left is not shown")

    def test_prepared_statements_are_counted(self):
        before = self.console.stats() or {}

        def more(name):
            return self.console.stats()[name] - before.get(name, 0)
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as client:
            client.parse("counted", "SELECT 815").sync().flush()
            client.read()
            for _ in range(3):
                client.bind("", "counted").execute("").sync().flush()
                client.read()
            client.parse("", "SELECT 816").bind("", "").execute("").sync().flush()
            client.read()
            self.assertEqual([more("total_client_parse_count"), more("total_server_parse_count"),
                              more("total_bind_count")], [1, 1, 3])
            self.assertEqual(more("total_server_assignment_count"), 5)
            row = next(row for row in self.console("SHOW CLIENTS") if row["id"] == client.pid)
            self.assertEqual(row["prepared_statements"], 1)
            self.assertIn(1, [row["prepared_statements"] for row in self.console("SHOW SERVERS")])

    def test_kill_client(self):
        client, bystander = self.connect(), self.connect()
        row = self.console.client(client.info.backend_pid)
        self.assertEqual(self.console(f"KILL_CLIENT {row['ptr']}"), "KILL_CLIENT")
        # Read from the socket itself: psycopg2 forgets the error over the end of the connection, PostgreSQL's too.
        self.assertTrue(select.select([client], [], [], 20)[0], "nothing is said")
        said = os.read(client.fileno(), 65536)
        self.assertIn(b"C57P01\0Mterminating connection due to administrator command\0", said)
        with self.assertRaises(psycopg2.Error):
            client.cursor().execute("SELECT 1")
        bystander.cursor().execute("SELECT 1")
        self.assertEqual(self.console.error(f"KILL_CLIENT {row['ptr']}"), ("08P01", "client not found"))
        self.assertEqual(self.console(f"KILL_CLIENT {bystander.info.backend_pid}"), "KILL_CLIENT")  # by its id
        self.assertEqual(self.console.error("KILL_CLIENT x"), ("08P01", "invalid client pointer supplied"))

    def test_kill_client_in_a_statement(self):
        client = self.connect()
        pid = client.info.backend_pid
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as busy:
            busy.query("SELECT pg_sleep(600)").flush()
            eventually(lambda: any(row["phase"] == "in query" for row in self.console("SHOW CLIENTS")
                                   if row["pid"] != pid and row["database"] == harness.DATABASE), "the statement runs")
            row = next(row for row in self.console("SHOW CLIENTS")
                       if row["phase"] == "in query" and row["database"] == harness.DATABASE)
            self.console(f"KILL_CLIENT {row['ptr']}")
            answer = busy.read()
            self.assertEqual(answer[-1], ("closed",), answer)
            self.assertIn("57P01", repr(answer))
        shards = self.dev.connect_shards()
        for shard in shards:
            self.addCleanup(shard.close)

        def sleeping():
            return any(harness.Answer(shard, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' "
                                             "AND state = 'active' AND pid <> pg_backend_pid()").rows[0][0]
                       for shard in shards)
        eventually(lambda: not sleeping(), "the statement of a killed client ends on its shard")

    def test_prepared_statements_without_constants(self):
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as client:
            client.parse("mine", "SELECT 4711, 'secret' WHERE $1").sync().flush()
            client.read()
            rows = [row for row in self.console("SHOW PREPARED") if row["name"] == "mine"]
            self.assertEqual(len(rows), 1, rows)
            self.assertNotIn("secret", rows[0]["statement"])
            self.assertNotIn("4711", rows[0]["statement"])
            self.assertIn("$1", rows[0]["statement"])


class UnixClientTest(ConsoleTestCase):
    """What only the other end's process and the files behind a router can tell."""

    @classmethod
    def setUpClass(cls):
        directory = harness.temporary_directory()
        (directory / "users").write_text('"listed" "secret"\n')
        cls.SETTINGS = {"unix_socket_dir": str(directory), "auth_file": str(directory / "users"),
                        "users": {"limited": {"pool_size": 3, "pool_mode": "session", "max_user_connections": 4,
                                              "max_user_client_connections": 5}},
                        "databases": {harness.DATABASE: {"reserve_pool_size": 2, "server_lifetime": 77,
                                                         "max_db_client_connections": 50, "max_db_connections": 30}}}
        cls.directory = directory
        super().setUpClass()

    def test_process_of_a_client(self):
        client = self.connect(host=str(self.directory))
        row = self.console.client(client.info.backend_pid)
        self.assertEqual((row["addr"], row["remote_pid"]), ("unix", os.getpid()))

    def test_users(self):
        users = {row["name"]: row for row in self.console("SHOW USERS")}
        self.assertIn("listed", users)
        limited = users["limited"]
        self.assertEqual(list(limited.values()), ["limited", "3", "", "session", 4, 0, 5, 0])
        before = users.get(harness.USER, {"current_client_connections": 0})["current_client_connections"]
        client = self.connect()
        client.cursor().execute("SELECT 1")
        mine = next(row for row in self.console("SHOW USERS") if row["name"] == harness.USER)
        self.assertEqual(mine["current_client_connections"], before + 1)
        self.assertGreaterEqual(mine["current_connections"], 1)
        lists = {row["list"]: row["items"] for row in self.console("SHOW LISTS")}
        self.assertEqual(lists["users"], len(self.console("SHOW USERS")))
        self.assertEqual((lists["peers"], lists["peer_pools"]), (0, 0))
        self.assertEqual(lists["used_servers"], len(self.console("SHOW SERVERS")))
        self.assertEqual((self.console("SHOW PEERS"), self.console("SHOW PEER_POOLS")), ([], []))

    def test_databases(self):
        client = self.connect()
        row = next(row for row in self.console("SHOW DATABASES") if row["name"] == harness.DATABASE)
        expected = {"reserve_pool_size": 2, "server_lifetime": 77, "pool_size": 20, "min_pool_size": 0,
                    "max_connections": 30, "max_client_connections": 50, "load_balance_hosts": None, "paused": 0,
                    "disabled": 0, "shards": 2}
        self.assertEqual({name: row[name] for name in expected}, expected)
        client.close()
        eventually(lambda: next(row for row in self.console("SHOW DATABASES") if row["name"] == harness.DATABASE)
                   ["current_client_connections"] == row["current_client_connections"] - 1, "the client is gone")


class PoolCommandsTest(ConsoleTestCase):
    def test_pause_holds_clients_and_closes_servers(self):
        client = self.connect()
        cursor = client.cursor()
        cursor.execute("SELECT 1")
        self.assertEqual(self.console(f"PAUSE {harness.DATABASE}"), "PAUSE")
        self.addCleanup(harness.Answer, self.console.connection, f"RESUME {harness.DATABASE}")
        self.assertEqual(self.console("SHOW SERVERS"), [])
        self.assertEqual(self.console(f"PAUSE {harness.DATABASE}"), "PAUSE")  # for a second one who waits for it
        answers = []

        def ask():
            cursor.execute("SELECT 7")
            answers.append(cursor.fetchall())
        thread = threading.Thread(target=ask)
        thread.start()
        eventually(lambda: self.console.client(client.info.backend_pid)["state"] == "waiting", "the client is held")
        self.assertEqual(answers, [])
        self.assertEqual(self.console(f"RESUME {harness.DATABASE}"), "RESUME")
        thread.join(30)
        self.assertEqual(answers, [[(7,)]])
        self.assertEqual(self.console.error(f"RESUME {harness.DATABASE}")[0], "08P01")

    def test_disable_keeps_new_clients_out(self):
        client = self.connect()
        self.console(f"DISABLE {harness.DATABASE}")
        try:
            with self.assertRaisesRegex(psycopg2.OperationalError, f'database "{harness.DATABASE}" is disabled'):
                self.connect()
            client.cursor().execute("SELECT 1")
        finally:
            self.console(f"ENABLE {harness.DATABASE}")
        self.connect()

    def test_reconnect_replaces_servers(self):
        client = self.connect()
        client.cursor().execute("SELECT 1")
        before = {row["remote_pid"] for row in self.console("SHOW SERVERS")}
        self.assertTrue(before)
        self.console(f"RECONNECT {harness.DATABASE}")
        self.assertEqual(self.console(f"WAIT_CLOSE {harness.DATABASE}"), "WAIT_CLOSE")
        client.cursor().execute("SELECT 1")
        self.assertFalse(before & {row["remote_pid"] for row in self.console("SHOW SERVERS")})

    def test_kill_ends_clients_and_servers(self):
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as client:
            client.ask("BEGIN; SELECT 1")
            self.assertEqual(self.console(f"KILL {harness.DATABASE}"), "KILL")
            said = client.read()
            self.assertEqual((said[0][0], said[0][1]["C"], said[-1]), ("E", "57P01", ("closed",)), said)
        self.assertEqual(self.console("SHOW SERVERS"), [])
        self.console(f"RESUME {harness.DATABASE}")
        self.connect().cursor().execute("SELECT 1")

    def test_kill_all(self):
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as client:
            client.ask("BEGIN; SELECT 1")
            self.assertEqual(self.console("KILL"), "KILL")
            said = client.read()
            self.assertEqual((said[0][0], said[0][1]["C"], said[-1]), ("E", "57P01", ("closed",)), said)
        self.assertEqual(self.console("SHOW SERVERS"), [])
        self.assertEqual(self.console.error("SUSPEND")[0], "08P01")
        self.assertEqual(self.console(f"RESUME {harness.DATABASE}"), "RESUME")
        self.connect().cursor().execute("SELECT 1")

    def test_pause_of_all(self):
        self.assertEqual(self.console("PAUSE"), "PAUSE")
        for command in ("PAUSE", f"PAUSE {harness.DATABASE}", "SUSPEND", "KILL", f"KILL {harness.DATABASE}"):
            self.assertEqual(self.console.error(command), ("08P01", "already suspended/paused"), command)
        self.assertEqual(self.console.error(f"RESUME {harness.DATABASE}"),
                         ("08P01", f"database {harness.DATABASE} is not paused"))
        self.assertEqual(self.console("RESUME"), "RESUME")
        self.assertEqual(self.console.error("RESUME"), ("08P01", "pooler is not paused/suspended"))

    def test_reconnect_of_all(self):
        client = self.connect()
        client.cursor().execute("SELECT 1")
        before = {row["remote_pid"] for row in self.console("SHOW SERVERS")}
        self.assertEqual((self.console("RECONNECT"), self.console("WAIT_CLOSE")), ("RECONNECT", "WAIT_CLOSE"))
        client.cursor().execute("SELECT 1")
        self.assertFalse(before & {row["remote_pid"] for row in self.console("SHOW SERVERS")})

    def test_suspend_stops_clients_between_queries(self):
        client = self.connect()
        client.autocommit = False
        cursor = client.cursor()
        cursor.execute("SELECT 1")
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as busy:
            busy.query("SELECT pg_sleep(0.4), 'slept'").flush()
            eventually(lambda: any(row["phase"] == "in query" and row["database"] == harness.DATABASE
                                   for row in self.console("SHOW CLIENTS")), "the statement runs")
            self.assertEqual(self.console("SUSPEND"), "SUSPEND")
            self.addCleanup(harness.Answer, self.console.connection, "RESUME")
            self.assertFalse(any(row["phase"] == "in query" and row["database"] == harness.DATABASE
                                 for row in self.console("SHOW CLIENTS")))
            self.assertIn("slept", repr(busy.read()))
            self.assertEqual({row["key"]: row["value"] for row in self.console("SHOW STATE")},
                             {"active": "no", "paused": "no", "suspended": "yes"})
            answers = []

            def ask():
                cursor.execute("SELECT 7")
                answers.append(cursor.fetchall())
                self.connect().close()
                answers.append("a new client")
            thread = threading.Thread(target=ask)
            thread.start()
            time.sleep(0.5)
            self.assertEqual(answers, [])
            self.assertEqual(self.console.error("SUSPEND"), ("08P01", "already suspended/paused"))
            self.assertEqual(self.console("RESUME"), "RESUME")
            thread.join(30)
            self.assertEqual(answers, [[(7,)], "a new client"])

    def test_suspend_does_not_wait_for_ever(self):
        self.console("SET suspend_timeout = 0.3")
        with wire_client.connect(self.router.port, user=harness.USER, database=harness.DATABASE) as busy:
            busy.query("SELECT pg_sleep(600)").flush()
            eventually(lambda: any(row["phase"] == "in query" and row["database"] == harness.DATABASE
                                   for row in self.console("SHOW CLIENTS")), "the statement runs")
            self.assertEqual(self.console("SUSPEND"), "SUSPEND")
            self.assertEqual(self.console("RESUME"), "RESUME")
            answer = busy.read()
            self.assertEqual((answer[0][0], answer[0][1]["M"], answer[-1]), ("E", "suspend_timeout", ("closed",)), answer)
        self.console("RELOAD")

    def test_databases_that_are_none(self):
        self.assertEqual(self.console.error("DISABLE")[1], "a database is required")
        self.assertEqual(self.console.error("PAUSE nosuch")[1], "no such database: nosuch")
        self.assertEqual(self.console.error("PAUSE pgshoal")[1], "cannot pause admin db: pgshoal")

    def test_queries_without_constants(self):
        cursor = self.connect().cursor()
        for value in range(6):
            cursor.execute(f"SELECT {value} + 1000 AS counted_here")
        rows = [row for row in self.console("SHOW QUERIES") if "counted_here" in row["query"]]
        self.assertEqual([row["calls"] for row in rows], [6], rows)
        self.assertNotIn("1000", rows[0]["query"])
        self.assertGreater(sum(row["entries"] for row in self.console("SHOW PLANS")), 0)


class StatisticsTest(ConsoleTestCase):
    SETTINGS = {"stats_period": 1}

    def test_counts_queries_and_transactions(self):
        client = self.connect()
        cursor = client.cursor()
        cursor.execute("SELECT 1")
        before = self.console.stats()
        for _ in range(5):
            cursor.execute("SELECT 'x'")
        client.autocommit = False
        for _ in range(3):
            cursor.execute("SELECT repeat('x', 10000)")  # the first one after BEGIN
        client.commit()
        after = self.console.stats()
        self.assertEqual(after["total_xact_count"] - before["total_xact_count"], 6)
        self.assertEqual(after["total_query_count"] - before["total_query_count"], 5 + 1 + 3 + 1)
        self.assertGreaterEqual(after["total_sent"] - before["total_sent"], 30_000)
        received = after["total_received"] - before["total_received"]
        self.assertGreater(received, 100)
        self.assertLess(received, 10_000)

    def test_times_are_microseconds(self):
        client = self.connect()
        before = self.console.stats()
        client.cursor().execute("SELECT pg_sleep(0.2)")
        after = self.console.stats()
        self.assertGreaterEqual(after["total_query_time"] - before["total_query_time"], 190_000)
        self.assertGreaterEqual(after["total_xact_time"] - before["total_xact_time"], 190_000)

    def test_averages_and_totals(self):
        cursor = self.connect().cursor()

        def busy():
            for _ in range(20):
                cursor.execute("SELECT 1")
            return self.console.stats()["avg_query_count"] > 0
        eventually(busy, "averages of a period")
        totals = {row["name"]: row["value"] for row in self.console("SHOW TOTALS")}
        self.assertGreaterEqual(totals["total_query_count"], self.console.stats()["total_query_count"])
        averages = next(r for r in self.console("SHOW STATS_AVERAGES") if r["database"] == harness.DATABASE)
        self.assertIn("query_count", averages)


class SetTest(ConsoleTestCase):
    def config(self, key):
        return next(row["value"] for row in self.console("SHOW CONFIG") if row["key"] == key)

    def test_set_and_back_by_reload(self):
        self.assertEqual(self.console("SET stats_period = 30"), "SET")
        self.assertEqual(self.config("stats_period"), "30")
        self.assertEqual(self.console("SET stats_users = 'watcher', another"), "SET")
        self.assertEqual(self.config("stats_users"), "watcher,another")
        self.assertEqual(self.console("RELOAD"), "RELOAD")
        self.assertEqual(self.config("stats_period"), "60")
        self.assertEqual(self.config("stats_users"), "watcher")

    def test_what_cannot_be_set(self):
        self.assertEqual(self.console.error("SET port = 1")[0], "55P02")
        self.assertEqual(self.console.error("SET nonsense = 1")[0], "42704")
        self.assertEqual(self.console.error("SET stats_period = 'soon'")[0], "22023")
        self.assertEqual(self.console.error("SET stats_period")[0], "08P01")


if __name__ == "__main__":
    unittest.main()
