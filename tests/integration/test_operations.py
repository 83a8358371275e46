"""Operating a router: reload, the ways to end it, handing over to another one, logs, systemd's protocols."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
import unittest

import psycopg2

import harness
import wire_client
from test_console import Console, eventually


class OperationsTestCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dev = harness.Dev(2, harness.column_rule("id"))
        cls.dev.start()
        cls.addClassCleanup(cls.dev.stop)

    def run_router(self, **settings):
        router = harness.Run(self.dev, **settings)
        self.addCleanup(router.stop)
        return router

    def connect(self, router, **options):
        connection = router.connect(**options)
        self.addCleanup(connection.close)
        return connection

    def assert_ended(self, router, code=0):
        self.assertEqual(router.process.wait(timeout=60), code, router.stderr())


class ReloadTest(OperationsTestCase):
    def rewrite(self, router, **settings):
        path = router.root / "pgshoal.toml"
        lines = [line for line in path.read_text().splitlines() if line.split(" = ")[0] not in settings]
        lines += [f"{name} = {harness.toml(value)}" for name, value in settings.items()]
        path.write_text("\n".join(lines) + "\n")

    def test_reload_applies_what_it_can(self):
        router = self.run_router()
        client = self.connect(router)
        console = Console(router)
        self.addCleanup(console.close)

        def value(key):
            return next(row["value"] for row in console("SHOW CONFIG") if row["key"] == key)
        self.rewrite(router, stats_period=7, port=router.port + 1)
        self.assertEqual(console("RELOAD"), "RELOAD")
        self.assertIn("port", "".join(console.notices))
        self.assertEqual((value("stats_period"), value("port")), ("7", str(router.port)))
        self.rewrite(router, stats_period=8)
        router.process.send_signal(signal.SIGHUP)
        eventually(lambda: value("stats_period") == "8", "SIGHUP reloads")
        client.cursor().execute("SELECT 1")

    def test_a_bad_file_changes_nothing(self):
        router = self.run_router()
        console = Console(router)
        self.addCleanup(console.close)
        before = console("SHOW CONFIG")
        self.rewrite(router, stats_period=7, stats_users="not an array")
        state, message = console.error("RELOAD")
        self.assertEqual(state, "F0000")
        self.assertIn("pgshoal.toml:", message)
        self.assertEqual(console("SHOW CONFIG"), before)
        # Found only when it is opened: what was read before it must not count either.
        (router.root / "rules").write_text("host all all all reject\n")
        self.rewrite(router, stats_users=[], log_file=str(router.root / "map.toml" / "log"), auth="hba",
                     auth_hba_file=str(router.root / "rules"))
        self.assertIn("cannot open the log", console.error("RELOAD")[1])
        self.assertEqual(console("SHOW CONFIG"), before)
        self.connect(router).close()
        (router.root / "pgshoal.toml").write_text("stats_period = ")
        router.process.send_signal(signal.SIGHUP)
        eventually(lambda: "reload failed" in router.stderr(), "the failed reload is logged")
        self.assertEqual(console("SHOW CONFIG"), before)

    def test_check(self):
        router = self.run_router()

        def check():
            return subprocess.run([str(harness.bin_dir() / "pgshoal"), "run", "--check", "--config",
                                   str(router.root / "pgshoal.toml")], capture_output=True, text=True, check=False)
        self.assertEqual(check().returncode, 0)
        self.rewrite(router, stats_period="never")
        done = check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("stats_period", done.stderr)
        self.rewrite(router, stats_period=60)
        files = {"users": '"joe" "secret"\n"ann"\n', "rules": "host all all 10.0.0.0/8 trust\nhost all all nonsense trust\n",
                 "maps": "# map system user\nm /unfinished[ x\n"}
        for name, text in files.items():
            (router.root / name).write_text(text)
        missing = str(router.root / "nowhere")
        tls = {"client_tls_sslmode": "require", "client_tls_cert_file": missing, "client_tls_key_file": missing}
        for settings, words in (({"auth_file": "users"}, ["users:2:"]),
                                ({"auth": "hba", "auth_hba_file": "rules"}, ["rules:2:"]),
                                ({"auth_ident_file": "maps"}, ["maps:2:"]),
                                ({"auth_file": "nowhere"}, ["nowhere"]),
                                (tls, ["client_tls", missing]),
                                ({"server_tls_sslmode": "verify-full"}, ["server_tls_ca_file"]),
                                ({"auth": "cert"}, ["authentication by certificate needs client_tls_sslmode"]),
                                ({"log_file": f"{missing}/log"}, ["log_file", missing]),
                                ({"unix_socket_dir": missing}, ["unix_socket_dir", missing]),
                                ({"map_file": missing}, [missing]),
                                # One mistake does not hide the others.
                                ({"auth_file": "users", "log_file": str(router.root), **tls},
                                 ["users:2:", "client_tls", "is a directory"])):
            before = (router.root / "pgshoal.toml").read_text()
            self.rewrite(router, **settings)
            done = check()
            self.assertEqual(done.returncode, 1, settings)
            for word in words:
                self.assertIn(word, done.stderr, settings)
            (router.root / "pgshoal.toml").write_text(before)
        self.assertEqual(check().returncode, 0)
        self.assertFalse((router.root / "nowhere").exists())


class ShutdownTest(OperationsTestCase):
    def expect_farewell(self, connection):
        # Read from the socket itself: psycopg2 forgets the error over the end of the connection, PostgreSQL's too.
        self.assertTrue(select.select([connection], [], [], 20)[0], "nothing is said")
        self.assertIn(b"C57P01\0", os.read(connection.fileno(), 65536))
        with self.assertRaises(psycopg2.Error):
            connection.cursor().execute("SELECT 1")

    def test_sigquit_tells_clients(self):
        router = self.run_router()
        idle, in_transaction = self.connect(router), self.connect(router)
        in_transaction.autocommit = False
        in_transaction.cursor().execute("SELECT 1")
        router.process.send_signal(signal.SIGQUIT)
        self.assert_ended(router)
        self.expect_farewell(idle)
        self.expect_farewell(in_transaction)

    def test_sigterm_waits_for_clients(self):
        router = self.run_router()
        client = self.connect(router)
        router.process.send_signal(signal.SIGTERM)
        eventually(lambda: self.refuses(router), "no new client is accepted")
        for _ in range(3):
            client.cursor().execute("SELECT 1")
        self.assertIsNone(router.process.poll())
        client.close()
        self.assert_ended(router)

    def test_second_signal_does_not_wait(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT),
                              (signal.SIGINT, signal.SIGTERM), (signal.SIGINT, signal.SIGQUIT)):
            router = self.run_router()
            client = self.connect(router)
            client.autocommit = False
            client.cursor().execute("SELECT 1")
            router.process.send_signal(first)
            eventually(lambda: "shutting down" in router.stderr(), "the first signal is taken")
            self.assertIsNone(router.process.poll())
            router.process.send_signal(second)
            self.assert_ended(router)
            self.expect_farewell(client)

    def test_console_while_it_waits(self):
        directory = str(harness.temporary_directory())
        for how in ("WAIT_FOR_CLIENTS", "WAIT_FOR_SERVERS"):
            router = self.run_router(unix_socket_dir=directory)
            client = self.connect(router)
            client.autocommit = False
            client.cursor().execute("SELECT 1")
            pid = client.info.backend_pid
            old = Console(router)
            self.assertEqual(old(f"SHUTDOWN {how}"), "SHUTDOWN")
            eventually(lambda: self.refuses(router), "TCP clients are refused")
            with self.assertRaisesRegex(psycopg2.OperationalError, "pooler is shutting down"):
                router.connect(host=directory)
            console = Console(router, host=directory)
            self.assertIn(pid, [row["id"] for row in console("SHOW CLIENTS")])
            self.assertEqual(console.error("RESUME"), ("08P01", "pooler is shutting down"))
            router.process.send_signal(signal.SIGUSR2)
            eventually(lambda: "SIGUSR2 while shutting down" in router.stderr(), "SIGUSR2 is ignored")
            client.cursor().execute("SELECT 2")
            self.assertIsNone(router.process.poll())
            if how == "WAIT_FOR_CLIENTS":
                # It was the last one: the router may end before it has answered.
                harness.Answer(console.connection, f"KILL_CLIENT {pid}")
            else:
                console.connection.cursor().execute("SHUTDOWN WAIT_FOR_CLIENTS")  # less than what is under way
                time.sleep(0.2)
                self.assertIsNone(router.process.poll())
                try:
                    console.connection.cursor().execute("SHUTDOWN")
                except psycopg2.Error as error:
                    self.assertIn(error.pgcode, ("57P01", None), error)
            self.assert_ended(router)

    def test_silent_newcomer_keeps_no_router(self):
        directory = str(harness.temporary_directory())
        router = self.run_router(unix_socket_dir=directory)
        client = self.connect(router)
        router.process.send_signal(signal.SIGTERM)
        eventually(lambda: self.refuses(router), "TCP clients are refused")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(f"{directory}/.s.PGSQL.{router.port}")
            time.sleep(0.2)
            client.close()
            self.assert_ended(router)

    def test_pause_and_resume_by_signal(self):
        router = self.run_router()
        client = self.connect(router)
        console = Console(router)
        self.addCleanup(console.close)

        def state():
            return {row["key"]: row["value"] for row in console("SHOW STATE")}
        router.process.send_signal(signal.SIGUSR1)
        eventually(lambda: state()["paused"] == "yes", "SIGUSR1 pauses")
        router.process.send_signal(signal.SIGUSR1)
        eventually(lambda: "already paused" in router.stderr(), "a second one changes nothing")
        answers = []

        def ask():
            cursor = client.cursor()
            cursor.execute("SELECT 7")
            answers.append(cursor.fetchall())
        thread = threading.Thread(target=ask)
        thread.start()
        eventually(lambda: console.client(client.info.backend_pid)["state"] == "waiting", "the client is held")
        self.assertEqual(answers, [])
        router.process.send_signal(signal.SIGUSR2)
        thread.join(60)
        self.assertEqual(answers, [[(7,)]])
        self.assertEqual(state(), {"active": "yes", "paused": "no", "suspended": "no"})

    def test_sigint_waits_for_transactions(self):
        router = self.run_router()
        idle, in_transaction = self.connect(router), self.connect(router)
        in_transaction.autocommit = False
        cursor = in_transaction.cursor()
        cursor.execute("SELECT 1")
        router.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.expect_farewell(idle)
        with self.assertRaises(psycopg2.OperationalError):
            router.connect()
        cursor.execute("SELECT 2")
        self.assertEqual(cursor.fetchall(), [(2,)])
        in_transaction.commit()
        self.assert_ended(router)

    def test_sigint_waits_for_clients_in_session_mode(self):
        router = self.run_router(pool_mode="session")
        idle, busy = self.connect(router), self.connect(router)
        cursor = busy.cursor()
        cursor.execute("SELECT 1")
        router.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.expect_farewell(idle)  # it holds nothing
        cursor.execute("SELECT 2")
        self.assertEqual(cursor.fetchall(), [(2,)])
        self.assertIsNone(router.process.poll())
        busy.close()
        self.assert_ended(router)

    def test_sigint_does_not_wait_for_clients_in_line(self):
        router = self.run_router(default_pool_size=1)
        waiting, in_transaction = wire_client.connect(router.port), self.connect(router)
        self.addCleanup(waiting.close)
        in_transaction.autocommit = False
        cursor = in_transaction.cursor()
        cursor.execute("SELECT 1")
        self.assertTrue(waiting.query("SELECT 1").silent(0.3))
        router.process.send_signal(signal.SIGINT)
        answer = waiting.read()
        self.assertEqual((answer[-2][1]["C"], answer[-1]), ("57P01", ("closed",)))
        cursor.execute("SELECT 2")
        self.assertEqual(cursor.fetchall(), [(2,)])
        in_transaction.commit()
        self.assert_ended(router)

    def test_second_sigint_does_not_wait(self):
        router = self.run_router()
        in_transaction = self.connect(router)
        in_transaction.autocommit = False
        in_transaction.cursor().execute("SELECT 1")
        router.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(router.process.poll())
        router.process.send_signal(signal.SIGINT)
        self.assert_ended(router)

    def test_shutdown_waits_for_clients(self):
        router = self.run_router()
        client = self.connect(router)
        console = Console(router)
        self.assertEqual(console("SHUTDOWN WAIT_FOR_CLIENTS"), "SHUTDOWN")
        eventually(lambda: self.refuses(router), "no new client is accepted")
        client.cursor().execute("SELECT 1")
        self.assertIsNone(router.process.poll())
        client.close()
        self.assert_ended(router)

    def test_shutdown_waits_for_servers(self):
        router = self.run_router()
        idle, in_transaction = self.connect(router), self.connect(router)
        in_transaction.autocommit = False
        in_transaction.cursor().execute("SELECT 1")
        self.assertEqual(Console(router)("SHUTDOWN WAIT_FOR_SERVERS"), "SHUTDOWN")
        time.sleep(0.3)
        self.expect_farewell(idle)
        self.assertIsNone(router.process.poll())
        in_transaction.commit()
        self.assert_ended(router)

    def test_shutdown_at_once(self):
        router = self.run_router()
        client = self.connect(router)
        console = Console(router)
        self.assertEqual(console.error("SHUTDOWN SOMETIME")[0], "08P01")
        try:
            console.connection.cursor().execute("SHUTDOWN")
        except psycopg2.Error as error:
            self.assertIn(error.pgcode, ("57P01", None), error)  # None: see expect_farewell
        self.assert_ended(router)
        self.expect_farewell(client)

    @staticmethod
    def refuses(router):
        try:
            router.connect().close()
            return False
        except psycopg2.OperationalError:
            return True


class HandoverTest(OperationsTestCase):
    """A new router on the same address, then SHUTDOWN WAIT_FOR_CLIENTS of the old one."""

    def hammer(self, connect, over, failures, counts):
        while not over.is_set():
            try:
                connection = connect()
                cursor = connection.cursor()
                cursor.execute("SELECT 1")
                connection.close()
                counts.append(1)
            except psycopg2.Error as error:
                failures.append(str(error))

    def hand_over(self, connect, old, start_new):
        over, failures, counts = threading.Event(), [], []
        threads = [threading.Thread(target=self.hammer, args=(connect, over, failures, counts)) for _ in range(6)]
        lasting = self.connect(old)
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: len(counts) > 50, "clients come and go")
            new = start_new()
            self.addCleanup(new.stop)
            with_new = len(counts)
            eventually(lambda: len(counts) > with_new + 50, "clients come and go")
            console = Console(old, **self.console_address(old))
            self.assertEqual(console("SHUTDOWN WAIT_FOR_CLIENTS"), "SHUTDOWN")
            console.close()
            time.sleep(1.5)
            after = len(counts)
            eventually(lambda: len(counts) > after + 50, "clients come and go at the new router")
            lasting.cursor().execute("SELECT 1")
            lasting.close()
            self.assert_ended(old)
            after = len(counts)
            eventually(lambda: len(counts) > after + 50, "clients come and go without the old router")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])

    def console_address(self, router):
        # The port is shared: which of them answers there is the kernel's choice. Each has a socket of its own.
        return {"host": str(router.own)}

    def start(self, port, sockets, **settings):
        directory = harness.temporary_directory()
        router = harness.Run(self.dev, port=port, so_reuseport=True, unix_socket_dir=str(sockets or directory), **settings)
        router.own = sockets or directory
        router.port = port
        return router

    def test_shared_port(self):
        port = harness.free_port()
        old = self.start(port, None)
        self.addCleanup(old.stop)
        self.hand_over(old.connect, old, lambda: self.start(port, None))

    def test_without_the_setting_the_address_is_in_use(self):
        port = harness.free_port()
        old = self.start(port, None)
        self.addCleanup(old.stop)
        with self.assertRaisesRegex(AssertionError, "could not listen"):
            harness.Run(self.dev, port=port)


class UnixHandoverTest(HandoverTest):
    def test_shared_port(self):
        sockets = harness.temporary_directory()
        port = harness.free_port()
        old = self.start(port, sockets, listen_addresses=[])
        self.addCleanup(old.stop)
        old_console = Console(old, host=str(sockets))

        def connect():
            return old.connect(host=str(sockets))
        over, failures, counts = threading.Event(), [], []
        threads = [threading.Thread(target=self.hammer, args=(connect, over, failures, counts)) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            eventually(lambda: len(counts) > 50, "clients come and go")
            new = self.start(port, sockets, listen_addresses=[])
            self.addCleanup(new.stop)
            self.assertEqual(old_console("SHUTDOWN WAIT_FOR_CLIENTS"), "SHUTDOWN")
            old_console.close()
            self.assert_ended(old)
            after = len(counts)
            eventually(lambda: len(counts) > after + 50, "clients come and go at the new router")
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])

    def test_without_the_setting_the_address_is_in_use(self):
        sockets = harness.temporary_directory()
        old = self.start(harness.free_port(), sockets, listen_addresses=[])
        self.addCleanup(old.stop)
        with self.assertRaisesRegex(AssertionError, "could not listen"):
            harness.Run(self.dev, port=old.port, listen_addresses=[], unix_socket_dir=str(sockets))


class LogTest(OperationsTestCase):
    def log_of(self, router):
        return (router.root / "log").read_text(errors="replace")

    def router_with_log(self, **settings):
        directory = harness.temporary_directory()
        router = self.run_router(log_file=str(directory / "log"), **settings)
        router.log = directory / "log"
        return router

    def wait_for(self, router, pattern):
        eventually(lambda: router.log.exists() and re.search(pattern, router.log.read_text(errors="replace")), pattern)
        return router.log.read_text(errors="replace")

    def test_text(self):
        router = self.router_with_log()
        client = router.connect()
        pid = client.info.backend_pid
        client.close()
        text = self.wait_for(router, "closing because: client close request")
        self.assertRegex(text, rf"UTC \[{router.process.pid}\] INFO app/postgres@127\.0\.0\.1:\d+ pid={pid}: login")

    def test_json_with_strange_names(self):
        router = self.router_with_log(log_format="json")
        name = 'no "such"\nuser\u00e9'
        with self.assertRaises(psycopg2.OperationalError):
            router.connect(user=name)
        text = self.wait_for(router, "pooler error")
        lines = [json.loads(line) for line in text.splitlines()]
        line = next(line for line in lines if line["message"].startswith("pooler error"))
        self.assertEqual((line["level"], line["user"], line["database"]), ("warning", name, harness.DATABASE))
        self.assertEqual(line["sqlstate"][:2], "28")

    def test_slow_statements_are_normalised(self):
        router = self.router_with_log(log_format="json", log_min_duration_statement=100)
        client = self.connect(router)
        cursor = client.cursor()
        cursor.execute("SELECT 'top secret' FROM (SELECT pg_sleep(0.15)) s")
        cursor.execute("SELECT 'quick secret'")
        with wire_client.connect(router.port) as wire:
            wire.run("SELECT 'other secret', $1::text FROM (SELECT pg_sleep(0.15)) s", ["my value"]).sync().read()
        text = self.wait_for(router, r"slow(.|\n)*slow")
        self.assertNotIn("secret", text)
        self.assertNotIn("my value", text)
        lines = [json.loads(line) for line in text.splitlines() if "slow statement" in line]
        self.assertEqual(len(lines), 2, lines)
        for line in lines:
            self.assertGreaterEqual(line["duration_ms"], 140)
            self.assertIn("pg_sleep", line["statement"])
            self.assertEqual(line["user"], harness.USER)
            self.assertTrue(line["shard"])

    def test_nothing_is_logged_that_is_off(self):
        router = self.router_with_log(log_connections=False, log_disconnections=False)
        router.connect().close()
        console = Console(router)
        console("SET log_disconnections = on")
        router.connect().close()
        text = self.wait_for(router, "closing because")
        self.assertNotRegex(text, r": login")
        console.close()

    def test_file_is_opened_anew(self):
        router = self.router_with_log()
        router.connect().close()
        self.wait_for(router, "login")
        moved = router.log.with_name("log.1")
        router.log.rename(moved)
        router.process.send_signal(signal.SIGHUP)
        eventually(router.log.exists, "SIGHUP opens the log anew")
        before = moved.read_text()
        router.connect().close()
        self.wait_for(router, "login")
        self.assertEqual(moved.read_text().count(": login"), before.count(": login"))

    def test_log_that_cannot_be_opened(self):
        with self.assertRaisesRegex(AssertionError, "cannot open the log"):
            harness.Run(self.dev, log_file="/proc/nowhere/log")


class SystemdTest(OperationsTestCase):
    def start(self, environment, fds=(), **settings):
        """A router as a service manager starts one."""
        directory = harness.temporary_directory()
        port = harness.free_port()
        (directory / "map.toml").write_text((self.dev.directory / "map.toml").read_text())
        settings = {"port": port, "map_file": "map.toml", "control_user": harness.USER, "admin_users": [harness.USER],
                    **settings}
        (directory / "pgshoal.toml").write_text(
            "".join(f"{name} = {harness.toml(value)}\n" for name, value in settings.items()))

        def prepare():
            harness._die_with_parent()
            for target, fd in enumerate(fds, start=3):
                os.dup2(fd, target)
            if fds:
                os.environ["LISTEN_PID"] = str(os.getpid())
        # The program must be what has LISTEN_PID: the environment is made in the child.
        command = ["/bin/sh", "-c", 'LISTEN_PID=$$ exec "$0" "$@"', str(harness.bin_dir() / "pgshoal"), "run",
                   "--config", str(directory / "pgshoal.toml")]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=prepare,
                                   pass_fds=range(3, 3 + len(fds)), env={**os.environ, **environment})
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, port

    def test_socket_activation(self):
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        port = listening.getsockname()[1]
        # Who comes before the router is there waits in the socket's queue.
        early = {}

        def come_early():
            early["rows"] = harness._connect(host="127.0.0.1", port=port)
        thread = threading.Thread(target=come_early)
        thread.start()
        process, own_port = self.start({"LISTEN_FDS": "1"}, [listening.fileno()])
        thread.join(60)
        self.assertIn("rows", early)
        early["rows"].cursor().execute("SELECT 1")
        with self.assertRaises(psycopg2.OperationalError):
            harness._connect(host="127.0.0.1", port=own_port, connect_timeout=2)
        early["rows"].close()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        # The next one takes over; nobody is refused meanwhile.
        thread = threading.Thread(target=come_early)
        thread.start()
        process, _ = self.start({"LISTEN_FDS": "1"}, [listening.fileno()])
        thread.join(60)
        early["rows"].cursor().execute("SELECT 1")
        early["rows"].close()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        listening.close()

    def test_notify(self):
        directory = harness.temporary_directory()
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(str(directory / "notify"))
        manager.settimeout(60)
        self.addCleanup(manager.close)
        process, port = self.start({"NOTIFY_SOCKET": str(directory / "notify")})
        self.assertEqual(manager.recv(4096), b"READY=1")
        harness._connect(host="127.0.0.1", port=port).close()
        process.send_signal(signal.SIGHUP)
        self.assertRegex(manager.recv(4096), rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
        self.assertEqual(manager.recv(4096), b"READY=1")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(manager.recv(4096), b"STOPPING=1")
        self.assertEqual(process.wait(60), 0)


class DevTest(unittest.TestCase):
    def test_dead_postmaster_is_no_zombie(self):
        dev = harness.Dev(2)
        dev.start()
        self.addCleanup(dev.stop)
        pid = int((dev.directory / "shard0" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not os.path.exists(f"/proc/{pid}"), "the dead postmaster is reaped")
        code, _ = dev.stop()
        self.assertEqual(code, 0)


if __name__ == "__main__":
    unittest.main()
