#!/usr/bin/env python3
"""TLS towards clients and towards the shards: every sslmode, certificates, direct TLS, forged bytes, reload."""

import os
import socket
import ssl
import struct
import threading
import unittest

import psycopg2

import auth_client
import harness
import wire_client
from auth_client import Authority, Router, set_rules, user_file
from test_console import Console

PASSWORD = "open sesame"
SSL_REQUEST = wire_client.packet(struct.pack("!i", wire_client.SSL_REQUEST))
GSSENC_REQUEST = wire_client.packet(struct.pack("!i", wire_client.GSSENC_REQUEST))


def certificate_of(connection):
    """The peer's certificate on a Python TLS socket, as DER."""
    return connection.getpeercert(binary_form=True)


class TlsTestCase(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dev = harness.Dev(1)
        cls.dev.start()
        cls.addClassCleanup(cls.dev.stop)
        cls.shard, = cls.dev.connect_shards()
        auth_client.create_users(cls.shard, {"alice": PASSWORD, "bob": PASSWORD})
        cls.root = harness.temporary_directory()
        cls.authority = Authority(cls.root)
        cls.other_authority = Authority(cls.root, "other")
        cls.server_cert, cls.server_key = cls.authority.issue("router", address="127.0.0.1")
        cls.alice_cert, cls.alice_key = cls.authority.issue("alice")
        cls.forged_cert, cls.forged_key = cls.other_authority.issue("alice", file="forged")

    def router(self, files=None, **settings):
        """With the server's certificate as router.crt and router.key among its files."""
        files = {"router.crt": self.server_cert.read_text(), "router.key": self.server_key.read_text(), **(files or {})}
        tls = {"client_tls_cert_file": "router.crt", "client_tls_key_file": "router.key", "client_tls_sslmode": "prefer"}
        router = Router(self.dev, files, **{**tls, **settings})
        self.addCleanup(router.stop)
        return router

    def tls_of(self, router, **options):
        """Whether a libpq client's connection is encrypted, "refused" with the reason when there is none."""
        try:
            connection = router.connect(**{"user": "alice", **options})
        except psycopg2.OperationalError as error:
            return f"refused: {error}"
        try:
            connection.cursor().execute("SELECT 1")
            return connection.info.ssl_in_use
        finally:
            connection.close()

    def assert_refused(self, outcome, words):
        self.assertIsInstance(outcome, str)
        self.assertIn(words, outcome)


class ClientTlsTest(TlsTestCase):
    def test_every_mode_of_both_sides(self):
        trusted = {"sslrootcert": str(self.authority.cert)}
        for mode in ("disable", "allow", "prefer", "require"):
            router = self.router(client_tls_sslmode=mode)
            offered, demanded = mode != "disable", mode == "require"
            for client, expected in (("disable", False), ("allow", False), ("prefer", True), ("require", True),
                                     ("verify-ca", True), ("verify-full", True)):
                outcome = self.tls_of(router, sslmode=client, **trusted)
                if not offered:
                    expected = False if client in ("disable", "allow", "prefer") else "server does not support SSL"
                elif demanded:
                    expected = True if client != "disable" else "SSL required"
                if isinstance(expected, str):
                    self.assert_refused(outcome, expected)
                else:
                    self.assertEqual(outcome, expected, (mode, client))
            router.stop()

    def test_clients_check_the_certificate(self):
        router = self.router()
        self.assert_refused(self.tls_of(router, sslmode="verify-ca", sslrootcert=str(self.other_authority.cert)),
                            "certificate verify failed")
        self.assert_refused(self.tls_of(router, sslmode="verify-full", sslrootcert=str(self.authority.cert), host="localhost"),
                            "does not match host name")

    def test_verify_ca_wants_a_certificate(self):
        for mode in ("verify-ca", "verify-full"):
            router = self.router({"ca.crt": self.authority.cert.read_text()}, client_tls_sslmode=mode, client_tls_ca_file="ca.crt")
            mine = {"sslcert": str(self.alice_cert), "sslkey": str(self.alice_key)}
            self.assertIs(self.tls_of(router, sslmode="require", **mine), True)
            self.assertIs(self.tls_of(router, sslmode="require", user="bob", **mine), True)  # trust: any good certificate
            self.assert_refused(self.tls_of(router, sslmode="disable"), "SSL required")
            self.assertIsInstance(self.tls_of(router, sslmode="require", sslcert="/none"), str)
            forged = {"sslcert": str(self.forged_cert), "sslkey": str(self.forged_key)}
            self.assertIsInstance(self.tls_of(router, sslmode="require", **forged), str)
            router.stop()

    def test_certificates_as_proof(self):
        router = self.router({"ca.crt": self.authority.cert.read_text()}, auth="cert", client_tls_sslmode="require",
                             client_tls_ca_file="ca.crt")
        mine = {"sslmode": "require", "sslcert": str(self.alice_cert), "sslkey": str(self.alice_key)}
        self.assertIs(self.tls_of(router, **mine), True)
        self.assert_refused(self.tls_of(router, user="bob", **mine), "certificate authentication failed for user \"bob\"")
        self.assert_refused(self.tls_of(router, sslmode="require", sslcert="/none"),
                            "connection requires a valid client certificate")

    def test_certificates_in_rules(self):
        rules = ("hostssl all alice all cert\nhostssl all bob all cert map=people\n"
                 "hostssl app carol all scram-sha-256 clientcert=verify-full\n"
                 "hostssl all carol all scram-sha-256 clientcert=verify-ca\nhostnossl all all all scram-sha-256\n")
        auth_client.create_users(self.shard, {"carol": PASSWORD})
        self.addCleanup(self.shard.cursor().execute, "DROP ROLE carol")
        router = self.router({"ca.crt": self.authority.cert.read_text(), "hba": rules, "ident": "people alice bob\n",
                              "users": user_file({user: PASSWORD for user in ("alice", "bob", "carol")})},
                             auth="hba", auth_hba_file="hba", auth_file="users", auth_ident_file="ident", client_tls_ca_file="ca.crt")
        mine = {"sslmode": "require", "sslcert": str(self.alice_cert), "sslkey": str(self.alice_key)}
        self.assertIs(self.tls_of(router, **mine), True)
        self.assertIs(self.tls_of(router, user="bob", **mine), True)
        self.assert_refused(self.tls_of(router, user="carol", password=PASSWORD, **mine),
                            "password authentication failed for user \"carol\"")
        carol_cert, carol_key = self.authority.issue("carol")
        hers = {"sslmode": "require", "sslcert": str(carol_cert), "sslkey": str(carol_key), "password": PASSWORD}
        self.assertIs(self.tls_of(router, user="carol", **hers), True)
        self.assert_refused(self.tls_of(router, user="carol", **{**hers, "password": "x"}), "password authentication failed")
        self.assertIs(self.tls_of(router, user="alice", sslmode="disable", password=PASSWORD), False)
        self.assert_refused(self.tls_of(router, user="dave", sslmode="require", sslcert="/none"), "no hba rule for host \"127.0.0.1\", "
                            "user \"dave\", database \"app\", SSL encryption")

    def test_channel_binding(self):
        router = self.router({"users": user_file({"alice": PASSWORD})}, auth="scram-sha-256", auth_file="users")
        for mode, binding, expected in (("require", "require", True), ("require", "prefer", True), ("require", "disable", True),
                                        ("disable", "prefer", False)):
            outcome = self.tls_of(router, password=PASSWORD, sslmode=mode, channel_binding=binding)
            self.assertEqual(outcome, expected, (mode, binding))
            self.assert_refused(self.tls_of(router, password="wrong", sslmode=mode, channel_binding=binding),
                                "password authentication failed")
        self.assert_refused(self.tls_of(router, password=PASSWORD, sslmode="disable", channel_binding="require"), "channel binding")

    def test_protocols(self):
        for setting, highest, expected in (("tlsv1.2", None, "TLSv1.2"), ("tlsv1.3", None, "TLSv1.3"), ("secure", "TLSv1.2", "TLSv1.2"),
                                           ("tlsv1.2, tlsv1.3", None, "TLSv1.3"), ("tlsv1.3", "TLSv1.2", None), ("secure", "TLSv1.1", None)):
            router = self.router(client_tls_protocols=setting)
            options = {"ssl_max_protocol_version": highest, "ssl_min_protocol_version": "TLSv1"} if highest else {}
            try:
                connection = router.connect(user="alice", sslmode="require", **options)
                version = connection.info.ssl_attribute("protocol")
                connection.close()
            except psycopg2.OperationalError:
                version = None
            self.assertEqual(version, expected, (setting, highest))
            router.stop()

    def test_the_console_tells(self):
        router = self.router()
        console = Console(router)
        self.addCleanup(console.close)
        for mode in ("require", "disable"):
            client = router.connect(user="alice", sslmode=mode)
            self.addCleanup(client.close)
            expected = "/".join((client.info.ssl_attribute("protocol"), client.info.ssl_attribute("cipher"))) \
                if mode == "require" else ""
            self.assertEqual(console.client(client.info.backend_pid)["tls"], expected)

    def test_unix_sockets_need_none(self):
        directory = harness.temporary_directory()
        router = self.router(client_tls_sslmode="require", unix_socket_dir=str(directory))
        self.assertIs(self.tls_of(router, host=str(directory)), False)
        self.assertIs(self.tls_of(router, host=str(directory), sslmode="prefer"), False)

    # ---- byte by byte
    def raw(self, router):
        connection = socket.create_connection(("127.0.0.1", router.port), timeout=wire_client.TIMEOUT)
        self.addCleanup(connection.close)
        return connection

    def start_tls(self, connection, **settings):
        context = ssl.create_default_context(cafile=str(self.authority.cert))
        if settings.get("alpn"):
            context.set_alpn_protocols(settings["alpn"])
        encrypted = context.wrap_socket(connection, server_hostname="127.0.0.1")
        self.addCleanup(encrypted.close)
        return encrypted

    def log_in(self, encrypted):
        """Logs in and asks something over a connection that is encrypted already."""
        client = wire_client.Client.__new__(wire_client.Client)
        client.socket, client.input, client.output, client.greeting, client.pid = encrypted, b"", b"", [], None
        client.start(user="alice", database="app")
        self.assertEqual(client.greeting[-1], ("Z", "I"), client.greeting)
        self.assertEqual(client.ask("SELECT 7")[1], ("D", [b"7"]))
        return client

    def test_requests_in_any_order(self):
        router = self.router()
        for requests in ((SSL_REQUEST,), (GSSENC_REQUEST, SSL_REQUEST)):
            connection = self.raw(router)
            for request in requests:
                connection.sendall(request)
                self.assertEqual(connection.recv(10), b"S" if request == SSL_REQUEST else b"N")
            self.log_in(self.start_tls(connection))
        # Inside TLS there is nothing left to ask for.
        connection = self.raw(router)
        connection.sendall(SSL_REQUEST)
        connection.recv(1)
        encrypted = self.start_tls(connection)
        encrypted.sendall(SSL_REQUEST)
        self.assertEqual(encrypted.recv(1), b"E")

    def test_direct_tls(self):
        router = self.router()
        self.log_in(self.start_tls(self.raw(router), alpn=["postgresql"]))
        for alpn in (["http/1.1"], None):
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                encrypted = self.start_tls(self.raw(router), alpn=alpn)
                encrypted.sendall(wire_client.startup_packet(user="alice", database="app"))
                if encrypted.recv(1) == b"":
                    raise ConnectionError
        router = self.router(client_tls_sslmode="disable")
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.start_tls(self.raw(router), alpn=["postgresql"])

    def test_bytes_before_the_handshake_are_refused(self):
        router = self.router()
        connection = self.raw(router)
        connection.sendall(SSL_REQUEST + wire_client.startup_packet(user="alice", database="app"))
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
        self.assertEqual(answer[:1], b"E")
        self.assertIn(b"C08P01\0Mreceived unencrypted data after SSL request\0", answer)

    def test_nonsense_in_the_handshake(self):
        router = self.router()
        for bad in (b"\x16\x03\x01\x00\x05hello", b"\x16" * 5000, SSL_REQUEST):
            connection = self.raw(router)
            if bad is SSL_REQUEST:
                connection.sendall(bad)
                self.assertEqual(connection.recv(1), b"S")
                bad = b"this is no handshake" * 20
            connection.sendall(bad)
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass
        self.assertIs(self.tls_of(router, sslmode="require"), True)

    def test_handshakes_must_end_in_time(self):
        router = self.router(client_login_timeout=1)
        connection = self.raw(router)
        connection.sendall(SSL_REQUEST)
        self.assertEqual(connection.recv(1), b"S")
        self.assertEqual(connection.recv(1), b"")

    def test_cancel_over_tls(self):
        router = self.router()
        connection = self.raw(router)
        connection.sendall(SSL_REQUEST)
        connection.recv(1)
        client = self.log_in(self.start_tls(connection))
        client.query("SELECT pg_sleep(60)").flush()
        key = struct.pack("!iiI", wire_client.CANCEL_REQUEST, client.pid, client.secret)
        def cancel():
            asking = self.raw(router)
            asking.sendall(SSL_REQUEST)
            asking.recv(1)
            encrypted = self.start_tls(asking)
            encrypted.sendall(wire_client.packet(key))
            encrypted.recv(1)
        timer = threading.Timer(0.5, cancel)
        timer.start()
        answer = client.read()
        timer.join()
        self.assertEqual([step[1]["C"] for step in answer if step[0] == "E"], ["57014"])

    # ---- reload
    def test_reload(self):
        router = self.router()
        before = self.raw(router)
        before.sendall(SSL_REQUEST)
        before.recv(1)
        client = self.log_in(self.start_tls(before))
        first = certificate_of(client.socket)
        new_cert, new_key = self.authority.issue("renewed", address="127.0.0.1")
        # A certificate without its key: the old ones stay.
        router.write("router.crt", new_cert.read_text())
        self.assertIn("client_tls", router.reload())
        self.assertEqual(certificate_of(self.start_direct(router)), first)
        router.write("router.crt", "no certificate")
        self.assertIn("client_tls", router.reload())
        self.assertEqual(certificate_of(self.start_direct(router)), first)
        router.write("router.crt", new_cert.read_text())
        router.write("router.key", new_key.read_text())
        router.reload()
        self.assertNotEqual(certificate_of(self.start_direct(router)), first)
        self.assertEqual(client.ask("SELECT 8")[1], ("D", [b"8"]))  # the old connection goes on

    def start_direct(self, router):
        return self.start_tls(self.raw(router), alpn=["postgresql"])

    def test_mistakes_at_the_start(self):
        for settings, words in (({"client_tls_cert_file": "none.crt"}, "cannot load the certificate file"),
                                ({"client_tls_key_file": "router.crt"}, "cannot load the key file"),
                                ({"client_tls_sslmode": "verify-ca"}, "needs client_tls_ca_file"),
                                ({"client_tls_protocols": "tlsv1.0"}, "is not one of"),
                                ({"client_tls_ciphers": "NONSENSE"}, "no cipher known"),
                                ({"client_tls_sslmode": "sometimes"}, "client_tls_sslmode is one of"),
                                ({"auth": "cert"}, "needs client_tls_ca_file"),
                                ({"auth": "cert", "client_tls_sslmode": "disable"}, "needs client_tls_sslmode"),
                                ({"server_tls_sslmode": "verify-full"}, "needs server_tls_ca_file")):
            with self.assertRaises(AssertionError) as raised:
                self.router(**settings)
            self.assertIn(words, str(raised.exception), settings)


class Recorder:
    """A port that passes connections on to a server, and what each connection began with."""

    def __init__(self, server_port):
        self.server_port = server_port
        self.beginnings = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.server_port))
            first = client.recv(65536)
            self.beginnings.append(first)
            server.sendall(first)
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(source, target), daemon=True).start()

    @staticmethod
    def pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def stop(self):
        self.listener.close()


class ServerTlsTest(TlsTestCase):
    """The shard with TLS, and with rules that want it or want it not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = cls.dev.directory / "shard0"
        owner = data.stat()
        for name, source in (("server.crt", cls.server_cert), ("server.key", cls.server_key), ("ca.crt", cls.authority.cert)):
            (data / name).write_text(source.read_text())
            os.chown(data / name, owner.st_uid, owner.st_gid)
            (data / name).chmod(0o600)
        cls.data = data
        for setting in ("ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'", "ssl_ca_file = 'ca.crt'"):
            cls.shard.cursor().execute(f"ALTER SYSTEM SET {setting}")

    def shard_with(self, *rules, tls=True):
        self.shard.cursor().execute(f"ALTER SYSTEM SET ssl = {'on' if tls else 'off'}")
        text = "local all all trust\nhost all postgres all trust\n" + "".join(rule + "\n" for rule in rules)
        set_rules(self.data, text, lambda: self.dev.connect_shards()[0])

    def server_tls(self, **settings):
        """Whether the router's connection for alice to the shard is encrypted, or why there is none."""
        router = self.router({"ca.crt": self.authority.cert.read_text(), "other.crt": self.other_authority.cert.read_text(),
                              "alice.crt": self.alice_cert.read_text(), "alice.key": self.alice_key.read_text()},
                             client_tls_sslmode="disable", **settings)
        try:
            connection = router.connect(user="alice")
            cursor = connection.cursor()
            cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            ssl_in_use = cursor.fetchone()[0]
            connection.close()
            return ssl_in_use
        except psycopg2.OperationalError as error:
            return f"refused: {error}"
        finally:
            router.stop()

    def test_every_mode(self):
        ca = {"server_tls_ca_file": "ca.crt"}
        self.shard_with("host all all all trust")
        for mode, expected in (("disable", False), ("allow", False), ("prefer", True), ("require", True)):
            self.assertEqual(self.server_tls(server_tls_sslmode=mode), expected, mode)
        for mode in ("verify-ca", "verify-full"):
            self.assertEqual(self.server_tls(server_tls_sslmode=mode, **ca), True, mode)
        self.shard_with("host all all all trust", tls=False)
        for mode in ("disable", "allow", "prefer"):
            self.assertEqual(self.server_tls(server_tls_sslmode=mode), False, mode)

    def test_protocols_and_ciphers(self):
        self.shard_with("host all all all trust")
        cipher = "ECDHE-ECDSA-AES256-GCM-SHA384"
        router = self.router(client_tls_sslmode="disable", server_tls_sslmode="require", server_tls_protocols="tlsv1.2",
                             server_tls_ciphers=cipher)
        console = Console(router)
        client = router.connect(user="alice")
        self.addCleanup(client.close)
        self.addCleanup(console.close)

        def seen():
            cursor = client.cursor()
            cursor.execute("SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            by_server = cursor.fetchone()
            shown = {row["tls"] for row in console("SHOW SERVERS") if row["user"] == "alice"}
            self.assertEqual(shown, {"/".join(by_server)})
            return by_server
        self.assertEqual(seen(), ("TLSv1.2", cipher))
        # What was encrypted by other rules is replaced.
        self.assertEqual(console("SET server_tls_protocols = 'tlsv1.3'"), "SET")
        self.assertEqual(console("WAIT_CLOSE"), "WAIT_CLOSE")
        self.assertEqual(seen()[0], "TLSv1.3")

    def test_a_shard_without_tls_when_it_is_required(self):
        self.shard_with("host all all all trust", tls=False)
        with self.assertRaises(AssertionError) as raised:
            self.server_tls(server_tls_sslmode="require")
        self.assertIn("server does not support SSL", str(raised.exception))

    def test_the_rules_of_the_shard(self):
        self.shard_with("hostssl all all all trust")
        self.assert_refused(self.server_tls(server_tls_sslmode="disable"), "no encryption")
        self.assertIs(self.server_tls(server_tls_sslmode="allow"), True)
        self.assertIs(self.server_tls(server_tls_sslmode="prefer"), True)
        self.shard_with("hostnossl all all all trust")
        self.assertIs(self.server_tls(server_tls_sslmode="prefer"), False)
        self.assert_refused(self.server_tls(server_tls_sslmode="require"), "SSL encryption")

    def test_the_certificate_of_the_shard(self):
        self.shard_with("host all all all trust")
        with self.assertRaises(AssertionError) as raised:  # the router's own first look at the shard fails
            self.server_tls(server_tls_sslmode="verify-ca", server_tls_ca_file="other.crt")
        self.assertIn("certificate verify failed", str(raised.exception))

    def test_certificates_of_the_router(self):
        self.shard_with("hostssl all alice all cert")
        own = {"server_tls_cert_file": "alice.crt", "server_tls_key_file": "alice.key"}
        self.assert_refused(self.server_tls(server_tls_sslmode="require"), "requires a valid client certificate")
        self.assertIs(self.server_tls(server_tls_sslmode="require", **own), True)

    def test_cancel_requests_are_encrypted_as_their_connections_are(self):
        self.shard_with("host all all all trust")
        cancel_in_clear = struct.pack("!ii", 16, wire_client.CANCEL_REQUEST)
        for mode, encrypted in (("disable", False), ("require", True)):
            shard, = self.dev.map()["shard"]
            recorder = Recorder(shard["port"])
            self.addCleanup(recorder.stop)
            text = (self.dev.directory / "map.toml").read_text()
            text = text.replace(shard["host"], "127.0.0.1").replace(f"port = {shard['port']}", f"port = {recorder.port}")
            router = self.router({"map.toml": text}, client_tls_sslmode="disable", server_tls_sslmode=mode)
            connection = router.connect(user="alice")
            cursor = connection.cursor()
            cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            self.assertEqual(cursor.fetchone()[0], encrypted)
            connection.close()
            before = len(recorder.beginnings)
            # Not psycopg2's cancel(): it lets no other thread of this process run, and so not the recorder.
            client = wire_client.Client(router.port)
            client.start(user="alice", database="app")
            client.query("SELECT pg_sleep(60)").flush()
            timer = threading.Timer(0.5, client.cancel)
            timer.start()
            answer = client.read()
            timer.join()
            self.assertEqual([step[1]["C"] for step in answer if step[0] == "E"], ["57014"])
            asked = [first for first in recorder.beginnings[before:] if first.startswith(cancel_in_clear)]
            self.assertEqual(len(asked), 0 if encrypted else 1, mode)
            self.assertEqual(SSL_REQUEST in recorder.beginnings[before:], encrypted, mode)
            client.close()
            router.stop()

    def test_scram_bound_to_the_connection(self):
        self.shard_with("hostssl all alice all scram-sha-256")
        router = self.router({"users": user_file({"alice": PASSWORD})}, auth="scram-sha-256", auth_file="users",
                             server_tls_sslmode="require")
        self.assertIs(self.tls_of(router, password=PASSWORD, sslmode="require", channel_binding="require"), True)
        # Keys that the client's own login has brought, both connections being bound.
        cursor = self.shard.cursor()
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'alice'")
        router = self.router({"users": user_file({"alice": cursor.fetchone()[0]})}, auth="scram-sha-256", auth_file="users",
                             server_tls_sslmode="require")
        self.assertIs(self.tls_of(router, password=PASSWORD, sslmode="require", channel_binding="require"), True)


if __name__ == "__main__":
    unittest.main()
