"""Logins step by step, what servers keep of passwords, routers with rules of their own, and throw-away certificates.

    steps = auth_client.dialogue(port, "alice", "secret")     # [("R", 10), ("R", 11), ("R", 12), ("R", 0)] or … ("E", {…})

`shown` of wire_client without what two servers may word differently: an error's detail and hint.
"""

import base64
import hashlib
import hmac
import os
import pathlib
import signal
import struct
import subprocess
import time

import harness
import wire_client

DATABASE = "app"


# ---- secrets
def md5_secret(password, user):
    return "md5" + hashlib.md5((password + user).encode()).hexdigest()


def scram_secret(password, salt=b"0123456789abcdef", iterations=4096):
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    b64 = lambda data: base64.b64encode(data).decode()
    return f"SCRAM-SHA-256${iterations}:{b64(salt)}${b64(stored)}:{b64(server)}"


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def user_file(secrets):
    return "".join(f"{quoted(user)} {quoted(secret)}\n" for user, secret in secrets.items() if secret is not None)


def sql_text(text):
    return "'" + text.replace("'", "''") + "'"


def create_users(connection, users):
    for user, secret in users.items():
        connection.cursor().execute(f"CREATE ROLE {quoted(user)} LOGIN PASSWORD {sql_text(secret) if secret else 'NULL'}")


# ---- dialogues
def _plain(step):
    if step[0] in "EN":
        return (step[0], {key: value for key, value in step[1].items() if key in "SVCM"})
    return step


class Dialogue(wire_client.Client):
    """A login whose answers to authentication requests are made here, or by whoever asks for something odd."""

    def hello(self, user, database=DATABASE, **more):
        self.user = user
        self.send(wire_client.startup_packet(user=user, database=database, **more)).flush()
        return self

    def respond(self, body):
        self.send(wire_client.message("p", body)).flush()
        return self

    def request(self):
        """The next message as (step, body): ("R", code) or an error."""
        try:
            kind, body = self.next_raw()
        except wire_client.Closed:
            return ("closed",), b""
        return _plain(wire_client.shown(kind, body)), body

    def answer_scram(self, body, password, mechanism="SCRAM-SHA-256"):
        """From AuthenticationSASL on; the steps after it."""
        nonce = base64.b64encode(os.urandom(18)).decode()
        bare = f"n=,r={nonce}"
        first = f"n,,{bare}".encode()
        self.respond(wire_client.zero(mechanism) + struct.pack("!i", len(first)) + first)
        step, body = self.request()
        steps = [step]
        if step != ("R", 11):
            return steps
        server_first = body[4:].decode()
        fields = dict(part.split("=", 1) for part in server_first.split(","))
        self.salt = fields["s"]
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(fields["s"]), int(fields["i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        final = f"c=biws,r={fields['r']}"
        message = f"{bare},{server_first},{final}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
        proof = base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature))).decode()
        self.respond(f"{final},p={proof}".encode())
        step, body = self.request()
        steps.append(step)
        if step == ("R", 12):
            server_key = hmac.digest(salted, b"Server Key", "sha256")
            expected = b"v=" + base64.b64encode(hmac.digest(server_key, message, "sha256"))
            assert body[4:] == expected, "the server has not proven that it knows the secret"
            steps.append(self.request()[0])
        return steps

    def log_in(self, password):
        """All steps up to AuthenticationOk, an error or the end."""
        step, body = self.request()
        steps = [step]
        if step == ("R", 3):
            self.respond(wire_client.zero(password))
            steps.append(self.request()[0])
        elif step == ("R", 5):
            inner = hashlib.md5((password + self.user).encode()).hexdigest()
            outer = hashlib.md5(inner.encode() + body[4:8]).hexdigest()
            self.respond(wire_client.zero("md5" + outer))
            steps.append(self.request()[0])
        elif step == ("R", 10):
            steps += self.answer_scram(body, password)
        return steps


def dialogue(port, user, password, database=DATABASE):
    with Dialogue(port) as client:
        return client.hello(user, database).log_in(password)


# ---- servers
def set_rules(data, text, connect):
    """New rules for a PostgreSQL server, in force when this returns. `connect` must be let in by old and new ones."""
    with connect() as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT clock_timestamp()")
        before = cursor.fetchone()[0]
        (pathlib.Path(data) / "pg_hba.conf").write_text(text)
        cursor.execute("SELECT pg_reload_conf()")
    end = time.monotonic() + 60
    while True:
        with connect() as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT pg_conf_load_time() > %s", (before,))
            if cursor.fetchone()[0]:
                return
        if time.monotonic() > end:
            raise AssertionError("the server does not read its rules")
        time.sleep(0.05)


class Router(harness.Run):
    """`pgshoal run` with files of its own, before the servers of `dev`. Settings that end in _file are names of those."""

    def __init__(self, dev, files, **settings):
        self.files = harness.temporary_directory()
        # TCP to the servers, too: unix sockets have no TLS and other rules.
        text = (dev.directory / "map.toml").read_text()
        for host in {shard["host"] for shard in dev.map()["shard"]}:
            text = text.replace(host, "127.0.0.1")
        for name, text in {"map.toml": text, **files}.items():
            self.write(name, text)
        settings = {name: str(self.files / value) if name.endswith("_file") else value for name, value in settings.items()}
        super().__init__(dev, **{"auth_failure_delay": "0s", "map_file": str(self.files / "map.toml"), **settings})

    def write(self, name, text):
        (self.files / name).write_text(text)
        (self.files / name).chmod(0o600)  # libpq, as which the router reads the catalogs, demands it of keys

    def reload(self):
        """Asks for a reload; what was logged of it."""
        before = self.stderr()
        self.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 60
        while "reload" not in self.stderr()[len(before):]:
            if time.monotonic() > end:
                raise AssertionError(f"no reload:\n{self.stderr()}")
            time.sleep(0.02)
        return self.stderr()[len(before):]


# ---- certificates
class Authority:
    """Signs certificates; all files lie in one directory."""

    def __init__(self, directory, name="ca"):
        self.directory = directory
        self.key, self.cert = directory / f"{name}.key", directory / f"{name}.crt"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                      "-subj", f"/CN={name}", "-keyout", str(self.key), "-out", str(self.cert))

    def issue(self, name, file=None, address=None):
        """(certificate, key) made out to `name`; `address` becomes an alternative name."""
        stem = self.directory / (file or name)
        key, request, cert = (stem.with_suffix(suffix) for suffix in (".key", ".csr", ".crt"))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
                      "-keyout", str(key), "-out", str(request))
        extension = stem.with_suffix(".ext")
        extension.write_text(f"subjectAltName=IP:{address}\n" if address else f"subjectAltName=DNS:{name}\n")
        self._openssl("x509", "-req", "-in", str(request), "-CA", str(self.cert), "-CAkey", str(self.key), "-CAcreateserial",
                      "-days", "2", "-extfile", str(extension), "-out", str(cert))
        key.chmod(0o600)
        return cert, key

    @staticmethod
    def _openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
