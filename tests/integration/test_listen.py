#!/usr/bin/env python3
"""Where the router listens: TCP over IPv4 and IPv6, unix sockets with their file, and crowds that arrive together."""

import os
import pathlib
import pwd
import resource
import socket
import stat
import subprocess
import threading
import time
import unittest

import harness
import wire_client


def psql(host, port, sql="SELECT 1", **options):
    """(exit code, output) of psql, which is to find the router at this host or socket directory."""
    done = subprocess.run(["psql", "-XAtq", "-h", str(host), "-p", str(port), "-U", harness.USER, "-d", harness.DATABASE,
                           "-c", sql], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, cwd="/",
                          **options)
    return done.returncode, done.stdout.strip()


def other_user():
    """For subprocess: run as somebody else than the router's owner."""
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class ListenTest(harness.RouterTestCase):
    SHARDS = 2
    MAP = harness.sharded_table("items", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.router.cursor().execute("CREATE TABLE items(id int PRIMARY KEY, v text)")
        cls.router.cursor().execute("INSERT INTO items VALUES (1, 'one')")

    def run_router(self, **settings):
        router = harness.Run(self.dev, **settings)
        self.addCleanup(router.stop)
        return router

    def refused(self, **settings):
        """What a router that cannot start says."""
        with self.assertRaises(AssertionError) as caught:
            self.run_router(port=settings.pop("port", None) or harness.free_port(), **settings)
        return str(caught.exception)

    def socket_directory(self):
        directory = harness.temporary_directory()
        self.assertLess(len(str(directory)), 80)  # a socket's path has room for 107 bytes
        return directory

    def both_kinds(self):
        try:
            self.run_router(io="io_uring").stop()
        except AssertionError:
            return ("epoll",)
        return ("epoll", "io_uring")

    # ---- TCP
    def test_ipv4(self):
        router = self.run_router(listen_addresses=["127.0.0.1"])
        self.assertEqual(psql("127.0.0.1", router.port, "SELECT v FROM items WHERE id = 1"), (0, "one"))
        self.assertNotEqual(psql("127.0.0.2", router.port)[0], 0)
        self.assertNotEqual(psql("::1", router.port)[0], 0)

    def test_ipv6(self):
        router = self.run_router(listen_addresses=["::1"])
        self.assertEqual(psql("::1", router.port, "SELECT v FROM items WHERE id = 1"), (0, "one"))
        self.assertNotEqual(psql("127.0.0.1", router.port)[0], 0)

    def test_several_addresses(self):
        router = self.run_router(listen_addresses=["127.0.0.1", "127.0.0.2", "::1"])
        for host in ("127.0.0.1", "127.0.0.2", "::1"):
            self.assertEqual(psql(host, router.port), (0, "1"), host)
        self.assertNotEqual(psql("127.0.0.3", router.port)[0], 0)

    def test_all_addresses(self):
        router = self.run_router(listen_addresses=["*"])
        for host in ("127.0.0.1", "127.0.0.3", "::1", "localhost"):
            self.assertEqual(psql(host, router.port), (0, "1"), host)

    def test_an_address_in_use_is_refused(self):
        first = self.run_router()
        self.assertIn("could not listen", self.refused(port=first.port))
        self.assertEqual(psql("127.0.0.1", first.port), (0, "1"))
        self.assertIn("could not listen", self.refused(listen_addresses=["192.0.2.1"]))  # nobody's own address

    # ---- unix sockets
    def test_unix_socket(self):
        for io in self.both_kinds():
            directory = self.socket_directory()
            router = self.run_router(unix_socket_dir=str(directory), io=io)
            path = directory / f".s.PGSQL.{router.port}"
            self.assertTrue(stat.S_ISSOCK(path.stat().st_mode))
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o777)
            for _ in range(20):  # both workers
                self.assertEqual(psql(directory, router.port, "SELECT v FROM items WHERE id = 1"), (0, "one"))
            self.assertEqual(psql("127.0.0.1", router.port), (0, "1"))
            self.assertEqual(router.stop(), 0)
            self.assertFalse(path.exists(), "the file goes with the router")

    def test_unix_socket_only(self):
        directory = self.socket_directory()
        router = self.run_router(listen_addresses=[], unix_socket_dir=str(directory))
        self.assertEqual(psql(directory, router.port), (0, "1"))
        self.assertNotEqual(psql("127.0.0.1", router.port)[0], 0)

    def test_unix_socket_mode(self):
        directory = self.socket_directory()
        router = self.run_router(unix_socket_dir=str(directory), unix_socket_mode="0700")
        path = directory / f".s.PGSQL.{router.port}"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o700)
        self.assertEqual(psql(directory, router.port), (0, "1"))
        if os.geteuid() == 0:
            code, said = psql(directory, router.port, **other_user())
            self.assertNotEqual(code, 0)
            self.assertIn("Permission denied", said)
            open_router = self.run_router(unix_socket_dir=str(directory), unix_socket_mode="777")
            self.assertEqual(psql(directory, open_router.port, **other_user()), (0, "1"))
        self.assertIn("unix_socket_mode", self.refused(unix_socket_mode="0999"))

    def test_stale_socket_file_is_replaced(self):
        directory = self.socket_directory()
        port = harness.free_port()
        path = directory / f".s.PGSQL.{port}"
        left_over = socket.socket(socket.AF_UNIX)
        left_over.bind(str(path))
        left_over.close()  # the file stays, as after a kill -9
        self.assertTrue(path.exists())
        router = self.run_router(unix_socket_dir=str(directory), port=port)
        self.assertEqual(psql(directory, port), (0, "1"))
        router.process.kill()
        router.process.wait()
        self.assertTrue(path.exists())
        self.run_router(unix_socket_dir=str(directory), port=port)
        self.assertEqual(psql(directory, port), (0, "1"))

    def test_live_socket_is_refused(self):
        directory = self.socket_directory()
        router = self.run_router(listen_addresses=["127.0.0.1"], unix_socket_dir=str(directory))
        said = self.refused(listen_addresses=["127.0.0.2"], unix_socket_dir=str(directory), port=router.port)
        self.assertIn("could not listen", said)
        self.assertEqual(psql(directory, router.port), (0, "1"))
        self.assertEqual(psql("127.0.0.1", router.port), (0, "1"))

    def test_other_files_are_not_replaced(self):
        directory = self.socket_directory()
        port = harness.free_port()
        path = directory / f".s.PGSQL.{port}"
        path.write_text("somebody's")
        self.assertIn("could not listen", self.refused(unix_socket_dir=str(directory), port=port))
        self.assertEqual(path.read_text(), "somebody's")
        self.assertIn("could not listen", self.refused(unix_socket_dir=str(directory / "missing")))
        self.assertIn("could not listen", self.refused(unix_socket_dir="/tmp/" + "x" * 200))

    # ---- crowds and open files
    def test_crowd_that_arrives_together(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        count = min(5000, hard // 2 - 500)
        for io in self.both_kinds():
            # Started with few, it takes as many files as it may.
            resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
            router = self.run_router(io=io, max_client_conn=count + 10)
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            startup = wire_client.startup_packet(user=harness.USER, database=harness.DATABASE)
            clients = []
            for _ in range(count):
                client = socket.socket()
                client.setblocking(False)
                try:
                    client.connect(("127.0.0.1", router.port))
                except BlockingIOError:
                    pass
                clients.append(client)
            for client in clients:
                client.settimeout(60)
                client.sendall(startup)
            for number, client in enumerate(clients):
                answer = b""
                while answer[-6:-1] != b"Z\0\0\0\x05":
                    more = client.recv(65536)
                    self.assertTrue(more, f"{io}: client {number} of {count} was turned away: {answer}")
                    answer += more
            for client in clients:
                client.close()
            self.assertEqual(router.stop(), 0)

    def test_out_of_files(self):
        for io in self.both_kinds():
            router = self.run_router(io=io, worker_threads=1)
            pid = router.process.pid
            self.assertEqual(psql("127.0.0.1", router.port), (0, "1"))
            used = len(os.listdir(f"/proc/{pid}/fd"))
            _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 10, hard))
            clients = [wire_client.Client(router.port) for _ in range(40)]
            time.sleep(0.3)
            before = self.cpu_seconds(pid)
            time.sleep(1)
            # It waits and tries again now and then.
            self.assertLess(self.cpu_seconds(pid) - before, 0.3, io)
            # Those who were let in are served, the others once there is room.
            for client in clients[:30]:
                client.close()
            for client in clients[30:]:
                answer = client.start(user=harness.USER, database=harness.DATABASE).greeting
                self.assertEqual(answer[-1], ("Z", "I"), io)
                client.close()
            self.assertEqual(router.stop(), 0)

    @staticmethod
    def cpu_seconds(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_clients_that_reset_while_they_arrive(self):
        for io in self.both_kinds():
            router = self.run_router(io=io)
            startup = wire_client.startup_packet(user=harness.USER, database=harness.DATABASE)
            query = wire_client.message("Q", wire_client.zero("SELECT id, v, repeat('x', 100000) FROM items"))

            def storm(seed):
                for number in range(150):
                    client = socket.socket()
                    client.connect(("127.0.0.1", router.port))
                    data = (startup + query * 3)[:(seed * 37 + number * 13) % (len(startup) + 3 * len(query) + 1)]
                    if data:
                        client.sendall(data)
                    if number % 3 == 0:
                        time.sleep(0.002)
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    client.close()  # a reset

            threads = [threading.Thread(target=storm, args=(seed,)) for seed in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(psql("127.0.0.1", router.port, "SELECT v FROM items WHERE id = 1"), (0, "one"))
            self.assertEqual(router.stop(), 0)


if __name__ == "__main__":
    unittest.main()
