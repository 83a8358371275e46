#!/usr/bin/env python3
"""Who may connect: each method with right and wrong proofs, against the router and a plain PostgreSQL with the same rules."""

import asyncio
import os
import pwd
import struct
import subprocess
import time
import unittest

import asyncpg
import psycopg2

import auth_client
import harness
import wire_client
from auth_client import Dialogue, Router, create_users, dialogue, quoted, set_rules, sql_text, user_file

PASSWORD = "open 'sesame'"
WRONG = "open sesame"

# User, method, and what is stored. The same rules and secrets are given to the plain server and to the router.
USERS = {
    "u_password": ("password", auth_client.scram_secret(PASSWORD)),
    "u_password_md5": ("password", auth_client.md5_secret(PASSWORD, "u_password_md5")),
    "u_md5": ("md5", auth_client.md5_secret(PASSWORD, "u_md5")),
    "u_md5_scram": ("md5", auth_client.scram_secret(PASSWORD)),
    "u_scram": ("scram-sha-256", auth_client.scram_secret(PASSWORD)),
    "u_scram_md5": ("scram-sha-256", auth_client.md5_secret(PASSWORD, "u_scram_md5")),  # cannot log in
    "u_none": ("scram-sha-256", None),
    "U \"quoted\", all": ("scram-sha-256", auth_client.scram_secret(PASSWORD)),
}
CAN_LOG_IN = [user for user in USERS if user not in ("u_scram_md5", "u_none")]
UNKNOWN = {"x_password": "password", "x_md5": "md5", "x_scram": "scram-sha-256"}


def rules():
    lines = ["local all all trust", "host all postgres 127.0.0.1/32 trust"]
    lines += [f"host all {quoted(user)} 127.0.0.0 255.0.0.0 {method}" for user, (method, _) in USERS.items()]
    lines += [f"host all {user} 127.0.0.1/32 {method}" for user, method in UNKNOWN.items()]
    lines += ["host all u_reject all reject"]
    return "\n".join(lines) + "\n"


def error_of(steps):
    kind, fields = steps[-1]
    assert kind == "E", steps
    return fields["S"], fields["C"], fields["M"]


class DialogueTest(harness.RouterTestCase):
    """The router and a plain PostgreSQL with the same rules and secrets say the same, step by step."""

    SHARDS = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        secrets = {user: secret for user, (_, secret) in USERS.items()}
        for connection in (*cls.shard_connections, cls.truth):
            create_users(connection, {**secrets, "u_reject": None, "u_nowhere": None})
        set_rules(cls.plain.root / "data", rules(), cls.plain.connect)
        cls.small = Router(cls.dev, {"hba": rules(), "users": user_file(secrets)}, auth="hba", auth_hba_file="hba",
                           auth_file="users")
        cls.addClassCleanup(cls.small.stop)

    def same(self, user, password):
        expected = dialogue(self.plain.port, user, password)
        self.assertEqual(dialogue(self.small.port, user, password), expected, user)
        return expected

    def test_right_password(self):
        for user in CAN_LOG_IN:
            self.assertEqual(self.same(user, PASSWORD)[-1], ("R", 0), user)

    def test_wrong_password(self):
        for user in USERS:
            self.assertEqual(error_of(self.same(user, WRONG)),
                             ("FATAL", "28P01", f"password authentication failed for user \"{user}\""))

    def test_users_without_a_secret_for_the_method(self):
        for user in ("u_scram_md5", "u_none"):
            self.assertEqual(error_of(self.same(user, PASSWORD))[1], "28P01")

    def test_unknown_users_see_the_same_dialogue(self):
        for user in UNKNOWN:
            self.assertEqual(error_of(self.same(user, PASSWORD)),
                             ("FATAL", "28P01", f"password authentication failed for user \"{user}\""))

    def test_the_salt_of_an_unknown_user_stays(self):
        salts = {}
        for user in ("x_scram", "x_scram", "x_md5"):
            with Dialogue(self.small.port) as client:
                client.hello(user).log_in(PASSWORD)
                salts.setdefault(user, set()).add(client.salt)
        self.assertEqual(len(salts["x_scram"]), 1)
        self.assertFalse(salts["x_scram"] & salts["x_md5"])

    def test_empty_password(self):
        for user in ("u_password", "u_md5", "u_scram", "x_password"):
            self.same(user, "")
        self.assertEqual(error_of(self.same("u_password", ""))[2], "empty password returned by client")

    def test_refused_by_the_rules(self):
        for user, words in (("u_reject", "hba rule rejects connection for"), ("u_nowhere", "no hba rule for")):
            severity, code, message = error_of(dialogue(self.small.port, user, PASSWORD))
            self.assertEqual((severity, code), error_of(dialogue(self.plain.port, user, PASSWORD))[:2])
            self.assertEqual(message, f"{words} host \"127.0.0.1\", user \"{user}\", database \"app\", no encryption")

    def both_say(self, act):
        answers = []
        for port in (self.plain.port, self.small.port):
            with Dialogue(port) as client:
                answers.append(act(client))
        self.assertEqual(answers[1], answers[0])
        return answers[1]

    def test_other_messages_than_the_expected(self):
        def query(user):
            def act(client):
                client.hello(user)
                client.request()
                client.query("SELECT 1").flush()
                return [client.request()[0], client.request()[0]]
            return act
        self.assertEqual(self.both_say(query("u_password"))[0][1]["M"], "expected password response, got message type 81")
        self.both_say(query("u_md5"))
        self.assertEqual(self.both_say(query("u_scram"))[0][1]["M"], "expected SASL response, got message type 81")

    def test_broken_scram(self):
        def bodies(*parts):
            def act(client):
                client.hello("u_scram")
                steps = [client.request()[0]]
                for part in parts:
                    client.respond(part)
                    steps.append(client.request()[0])
                return steps
            return act
        def initial(first, mechanism="SCRAM-SHA-256"):
            return wire_client.zero(mechanism) + struct.pack("!i", len(first)) + first
        for mechanism in ("SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", ""):
            self.both_say(bodies(initial(b"n,,n=,r=abc", mechanism)))
        for first in (b"", b"n", b"x,,n=,r=abc", b"n,a=me,n=,r=abc", b"n,,r=abc",
                      b"p=tls-server-end-point,,n=,r=abc", b"n,,m=x,n=,r=abc", b"y,,n=,r=abc"):
            answer = self.both_say(bodies(initial(first)))
            self.assertEqual(answer[-1], ("R", 11)) if first.startswith(b"y") else self.assertEqual(answer[-1][0], "E")
        for final in (b"", b"c=biws", b"c=biws,r=abc,p=AAAA", b"c=biws,r=abc"):
            self.both_say(bodies(initial(b"n,,n=,r=abc"), final))
        self.both_say(bodies(wire_client.zero("SCRAM-SHA-256") + struct.pack("!i", -1), b"n,,n=,r=abc"))

    def test_every_proof_is_for_one_exchange(self):
        def act(client):
            client.hello("u_scram")
            client.request()
            first = b"n,,n=,r=abc"
            client.respond(wire_client.zero("SCRAM-SHA-256") + struct.pack("!i", len(first)) + first)
            nonce = client.request()[1][4:].split(b",")[0][2:]
            client.respond(b"c=biws,r=" + nonce + b",p=" + b"A" * 43 + b"=")
            return client.request()[0]
        self.assertEqual(self.both_say(act)[1]["C"], "28P01")

    def test_oversize(self):
        for user in ("u_password", "u_md5", "u_scram", "x_scram"):
            with Dialogue(self.small.port) as client:
                client.hello(user).request()
                client.send(b"p" + struct.pack("!i", 10_001)).flush()  # before any of it has come
                self.assertEqual(client.request()[0][1]["C"], "08P01")
                self.assertEqual(client.request()[0], ("closed",))

    def test_clients(self):
        for user in CAN_LOG_IN:
            connection = self.small.connect(user=user, password=PASSWORD)
            cursor = connection.cursor()
            cursor.execute("SELECT current_user, session_user")
            self.assertEqual(cursor.fetchone(), (user, user))
            connection.close()
            environment = {**os.environ, "PGPASSWORD": PASSWORD}
            shown = subprocess.run(["psql", "-X", "-A", "-t", "-h", "127.0.0.1", "-p", str(self.small.port), "-U", user, "-d",
                                    "app", "-c", "SELECT current_user"], env=environment, capture_output=True, text=True)
            self.assertEqual(shown.stdout.strip(), user, shown.stderr)

            if "," in user:
                continue  # asyncpg does not escape the name in SCRAM's first message

            async def query():
                connection = await asyncpg.connect(host="127.0.0.1", port=self.small.port, user=user, password=PASSWORD,
                                                   database="app", ssl=False)
                try:
                    return await connection.fetchval("SELECT current_user")
                finally:
                    await connection.close()
            self.assertEqual(asyncio.run(query()), user)
            for port in (self.plain.port, self.small.port):
                with self.assertRaises(psycopg2.OperationalError) as raised:
                    harness.connect(port, user=user, password=WRONG)
                self.assertIn(f"FATAL:  password authentication failed for user \"{user}\"", str(raised.exception))

    def test_no_password_given(self):
        environment = {name: value for name, value in os.environ.items() if name != "PGPASSWORD"}
        errors = []
        for port in (self.plain.port, self.small.port):
            shown = subprocess.run(["psql", "-X", "-w", "-h", "127.0.0.1", "-p", str(port), "-U", "u_scram", "-d", "app", "-c",
                                    "SELECT 1"], env=environment, capture_output=True, text=True)
            errors.append((shown.returncode, shown.stderr.replace(str(port), "PORT")))
        self.assertEqual(*errors)

    def test_secrets_are_not_logged(self):
        for user in USERS:
            dialogue(self.small.port, user, PASSWORD)
            dialogue(self.small.port, user, WRONG)
        log = self.small.stderr()
        self.assertIn("u_scram", log)
        for text in (PASSWORD, WRONG, *(secret for _, secret in USERS.values() if secret)):
            self.assertNotIn(text, log)


class RulesTest(unittest.TestCase):
    """Everything around the dialogue."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dev = harness.Dev(1)
        cls.dev.start()
        cls.addClassCleanup(cls.dev.stop)
        cls.shard, = cls.dev.connect_shards()
        create_users(cls.shard, {"alice": auth_client.scram_secret(PASSWORD), "bob": auth_client.md5_secret(PASSWORD, "bob"),
                                 "carol": PASSWORD, "dave": None})
        cls.stored = {user: cls.secret_of(user) for user in ("alice", "bob", "carol")}

    @classmethod
    def secret_of(cls, user):
        cursor = cls.shard.cursor()
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (user,))
        return cursor.fetchone()[0]

    def set_shard_rules(self, *lines, trusted="trust"):
        text = f"local all all trust\nhost all postgres all {trusted}\n" + "".join(line + "\n" for line in lines)
        set_rules(self.dev.directory / "shard0", text, lambda: self.dev.connect_shards()[0])

    def tearDown(self):
        self.set_shard_rules("host all all all trust")

    def router(self, files, **settings):
        router = Router(self.dev, files, **settings)
        self.addCleanup(router.stop)
        return router

    def logs_in(self, router, user, password=PASSWORD):
        connection = router.connect(user=user, password=password)
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        self.assertEqual(cursor.fetchone(), (user,))
        return connection

    def refused(self, router, user, password=PASSWORD):
        with self.assertRaises(psycopg2.OperationalError) as raised:
            router.connect(user=user, password=password)
        return str(raised.exception)

    # ---- one method for everybody
    def test_each_method(self):
        both = {"alice": self.stored["alice"], "bob": self.stored["bob"], "carol": PASSWORD}
        for method, codes in (("plain", {"alice": 3, "bob": 3, "carol": 3}), ("md5", {"alice": 10, "bob": 5, "carol": 5}),
                              ("scram-sha-256", {"alice": 10, "carol": 10}), ("trust", {"alice": 0, "dave": 0, "bob": 0})):
            router = self.router({"users": user_file(both)}, auth=method, auth_file="users")
            for user, code in codes.items():
                self.assertEqual([step[1] for step in dialogue(router.port, user, PASSWORD)][:1], [code], (method, user))
                self.logs_in(router, user).close()
                if method != "trust":
                    self.assertIn("password authentication failed", self.refused(router, user, WRONG))
            router.stop()

    def test_trust_lets_no_unknown_role_in(self):
        router = self.router({}, auth="trust")
        self.assertIn("role \"nobody_here\" does not exist", self.refused(router, "nobody_here"))

    # ---- limits
    def test_slow_logins_end(self):
        router = self.router({"users": user_file({"alice": PASSWORD})}, auth="scram-sha-256", auth_file="users", client_login_timeout=1)
        with Dialogue(router.port) as silent, Dialogue(router.port) as client:
            client.hello("alice")
            self.assertEqual(client.request()[0], ("R", 10))
            step, _ = client.request()
            self.assertEqual(step, ("E", {"S": "FATAL", "V": "FATAL", "C": "57014",
                                          "M": "canceling authentication due to timeout"}))
            self.assertEqual(client.request()[0], ("closed",))
            self.assertEqual(silent.request()[0], ("closed",))

    def test_failures_wait(self):
        router = self.router({"users": user_file({"alice": PASSWORD})}, auth="scram-sha-256", auth_file="users",
                             auth_failure_delay="1500ms")
        for user in ("alice", "nobody_here"):
            begun = time.monotonic()
            self.refused(router, user, WRONG)
            self.assertGreaterEqual(time.monotonic() - begun, 1.4)
        # Who does not wait for the answer leaves nothing behind, and holds nobody up.
        with Dialogue(router.port) as client:
            client.hello("alice")
            client.request()
            client.respond(b"nonsense")
        self.logs_in(router, "alice").close()

    # ---- peers
    def test_the_system_says_who_it_is(self):
        directory = harness.temporary_directory()
        name = pwd.getpwuid(os.getuid()).pw_name
        router = self.router({"hba": "local app alice peer map=ours\nlocal all all peer\nhost all all all reject\n",
                              "ident": f"ours {name} alice\nours nobody bob\n"}, auth="hba", auth_hba_file="hba",
                             auth_ident_file="ident", unix_socket_dir=str(directory))
        harness.connect(router.port, host=str(directory), user="alice").close()
        for user in ("bob", "carol"):
            with self.assertRaises(psycopg2.OperationalError) as raised:
                harness.connect(router.port, host=str(directory), user=user)
            self.assertIn(f'Peer authentication failed for user "{user}"', str(raised.exception))

    # ---- auth_query
    def test_auth_dbname_that_is_disabled(self):
        router = self.router({"users": user_file({"postgres": "x"})}, auth="md5", auth_file="users", auth_user="postgres",
                             auth_dbname="app", auth_query_cache="0s")
        self.logs_in(router, "alice").close()
        console = router.connect(dbname="pgshoal", user="postgres", password="x").cursor()
        console.execute("DISABLE app")
        self.assertIn('authentication database "app" is disabled', self.refused(router, "alice"))
        console.execute("ENABLE app")
        self.logs_in(router, "alice").close()

    def test_auth_query(self):
        router = self.router({"users": user_file({"postgres": "x"})}, auth="md5", auth_file="users", auth_user="postgres",
                             auth_query_cache="0s")
        for user in ("alice", "bob", "carol"):
            self.logs_in(router, user).close()
            self.assertIn("password authentication failed", self.refused(router, user, WRONG))
        for user in ("dave", "nobody_here", "' OR true --"):
            self.assertIn("password authentication failed", self.refused(router, user))
        self.shard.cursor().execute(f"ALTER ROLE bob PASSWORD {sql_text('changed')}")
        try:
            self.refused(router, "bob")
            self.logs_in(router, "bob", "changed").close()
        finally:
            self.shard.cursor().execute(f"ALTER ROLE bob PASSWORD {sql_text(self.stored['bob'])}")

    def test_auth_query_is_remembered(self):
        self.shard.cursor().execute("CREATE SEQUENCE asked; CREATE FUNCTION secret_of(name text) RETURNS TABLE(u name, p text) "
                                    "LANGUAGE sql AS 'SELECT rolname, rolpassword FROM pg_authid, nextval(''asked'') WHERE "
                                    "rolname = $1'")
        router = self.router({}, auth="md5", auth_user="postgres", auth_query="SELECT u, p FROM secret_of($1)",
                             auth_query_cache="1h")
        for _ in range(5):
            self.logs_in(router, "alice").close()
        cursor = self.shard.cursor()
        cursor.execute("SELECT last_value FROM asked")
        self.assertEqual(cursor.fetchone(), (1,))
        # A wrong password may be an old one: it is asked for again.
        self.refused(router, "alice", WRONG)
        self.logs_in(router, "alice").close()
        cursor.execute("SELECT last_value FROM asked")
        self.assertEqual(cursor.fetchone(), (2,))

    def test_auth_query_that_fails(self):
        router = self.router({}, auth="md5", auth_user="postgres", auth_query="SELECT usename FROM pg_shadow WHERE usename = $1")
        self.assertIn("the user's password could not be looked up", self.refused(router, "alice"))
        self.assertIn("auth_query gives 1 columns", router.stderr())
        router = self.router({}, auth="md5", auth_user="postgres", auth_query="SELECT nonsense, $1")
        for _ in range(8):  # more often than there are connections for it
            self.assertIn("the user's password could not be looked up", self.refused(router, "alice"))

    def test_other_users_rows_open_nothing(self):
        router = self.router({}, auth="md5", auth_user="postgres", auth_query="SELECT usename, passwd FROM pg_shadow "
                             "WHERE $1 <> '' ORDER BY usename")
        self.logs_in(router, "alice").close()
        self.assertIn("password authentication failed", self.refused(router, "dave"))

    # ---- towards the shards
    def test_logins_at_the_shards(self):
        self.set_shard_rules("host all alice all scram-sha-256", "host all bob all md5", "host all carol all password",
                             "host all dave all scram-sha-256")
        # With the password every method; a SCRAM verifier where the shard has the same; an md5 secret where it asks so.
        router = self.router({"users": user_file({"alice": PASSWORD, "bob": PASSWORD, "carol": PASSWORD})}, auth="md5",
                             auth_file="users")
        for user in ("alice", "bob", "carol"):
            self.logs_in(router, user).close()
        router = self.router({"users": user_file(self.stored)}, auth="md5", auth_file="users")
        self.logs_in(router, "alice").close()
        self.logs_in(router, "bob").close()
        self.assertIn("asks for a password of user \"carol\" and none is configured", self.refused(router, "carol"))
        # What the client sends in clear is good for everything.
        router = self.router({"users": user_file(self.stored)}, auth="plain", auth_file="users")
        self.logs_in(router, "carol").close()
        # By auth_query, nothing being in a file.
        router = self.router({}, auth="md5", auth_user="postgres")
        self.logs_in(router, "alice").close()
        self.logs_in(router, "bob").close()
        # Another verifier of the same password does not do.
        other = {"alice": auth_client.scram_secret(PASSWORD, b"another salt too")}
        router = self.router({"users": user_file(other)}, auth="md5", auth_file="users")
        self.assertIn("the server keeps another SCRAM verifier of this user", self.refused(router, "alice"))
        # Nobody's secret under trust.
        router = self.router({}, auth="trust")
        self.assertIn("asks for a password of user \"dave\" and none is configured", self.refused(router, "dave"))

    def test_nothing_but_verifiers(self):
        """Not even the catalog is read with a password: nobody has told one."""
        self.set_shard_rules("host all all all scram-sha-256", trusted="reject")
        self.shard.cursor().execute("ALTER ROLE alice SUPERUSER")
        try:
            for given in ({"users": user_file({"alice": self.stored["alice"]})},
                          {"users": user_file({"carol": PASSWORD})}):
                by_query = "carol" in given["users"]
                if by_query:
                    self.shard.cursor().execute("ALTER ROLE carol SUPERUSER")
                router = self.router(given, auth="scram-sha-256", auth_file="users", control_user="",
                                     admin_users=["alice"], **({"auth_user": "carol"} if by_query else {}))
                self.assertIn("the catalog is read when a client logs in", router.stderr())
                cursor = self.logs_in(router, "alice").cursor()
                cursor.execute("CREATE TABLE by_keys (id int, v text)")
                cursor.execute("INSERT INTO by_keys VALUES (1, 'one') RETURNING v")
                self.assertEqual(cursor.fetchone(), ("one",))
                self.assertIn("settings, map and catalog reloaded", router.reload())
                cursor.execute("ALTER TABLE by_keys ADD COLUMN more int DEFAULT 7")
                cursor.execute("SELECT more FROM by_keys")
                self.assertEqual(cursor.fetchone(), (7,))
                cursor.execute("DROP TABLE by_keys")
                self.refused(router, "alice", WRONG)
        finally:
            for user in ("alice", "carol"):
                self.shard.cursor().execute(f"ALTER ROLE {user} NOSUPERUSER")

    def test_the_wrong_password_at_the_shards(self):
        self.set_shard_rules("host all all all scram-sha-256")
        router = self.router({"users": user_file({"alice": WRONG})}, auth="trust", auth_file="users")
        self.assertIn("password authentication failed for user \"alice\"", self.refused(router, "alice"))

    def test_one_user_for_all(self):
        self.set_shard_rules("host all alice all scram-sha-256", "host all all all reject")
        router = self.router({"users": user_file({"someone": "x"})}, auth="scram-sha-256", auth_file="users",
                             server_user="alice", server_password=PASSWORD)
        connection = router.connect(user="someone", password="x")
        cursor = connection.cursor()
        cursor.execute("SELECT current_user")
        self.assertEqual(cursor.fetchone(), ("alice",))

    # ---- reload
    def test_reload(self):
        router = self.router({"users": user_file({"alice": "one"}), "hba": "host all alice all md5\n"}, auth="hba",
                             auth_file="users", auth_hba_file="hba")
        first = self.logs_in(router, "alice", "one")
        router.write("users", user_file({"alice": "two"}))
        router.reload()
        self.refused(router, "alice", "one")
        self.logs_in(router, "alice", "two").close()
        # Files with mistakes change nothing.
        for name, text in (("users", "alice two\n"), ("hba", "host all +x all md5\n")):
            kept = (router.files / name).read_text()
            router.write(name, text)
            self.assertIn(f"{router.files}/{name}:1: ", router.reload())
            self.logs_in(router, "alice", "two").close()
            router.write(name, kept)
        router.write("hba", "host all alice all reject\n")
        router.reload()
        self.assertIn("hba rule rejects", self.refused(router, "alice", "two"))
        first.cursor().execute("SELECT 1")  # who is in stays in

    def test_mistakes_at_the_start(self):
        for files, settings, words in (
                ({"hba": "host all all all gss\n"}, {"auth": "hba", "auth_hba_file": "hba"}, "hba:1: authentication method"),
                ({}, {"auth": "hba"}, "needs the setting auth_hba_file"),
                ({}, {"auth": "md5", "auth_file": "none"}, "cannot read"),
                ({}, {"auth": "any"}, "auth is one of")):
            with self.assertRaises(AssertionError) as raised:
                self.router(files, **settings)
            self.assertIn(words, str(raised.exception))

    # ---- unix sockets
    def test_unix_sockets(self):
        directory = harness.temporary_directory()
        router = self.router({"hba": "local app alice scram-sha-256\n", "users": user_file({"alice": PASSWORD})}, auth="hba",
                             auth_hba_file="hba", auth_file="users", unix_socket_dir=str(directory))
        connection = harness.connect(router.port, host=str(directory), user="alice", password=PASSWORD)
        connection.close()
        with self.assertRaises(psycopg2.OperationalError) as raised:
            harness.connect(router.port, host=str(directory), user="bob", password=PASSWORD)
        self.assertIn("no hba rule for host \"[local]\", user \"bob\", database \"app\", no encryption", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
