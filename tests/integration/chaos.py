#!/usr/bin/env python3
"""Servers, routers and clients are killed at random under load; nobody may ever see another's rows or settings.

    PGSHOAL_BIN=build/release/bin tests/integration/chaos.py --seconds 600

Four servers, two routers before them (one is killed now and then, the other never), and many clients, each a process
that owns a tenant. A client moves money between its own accounts, reads them back by every protocol, reads sums over
all shards, changes its session settings, cancels its own queries, and breaks off in the middle of things. It reports

- a row, a setting or a prepared statement's answer that is not its own, a cancelled query that it did not cancel;
- a sum that is not what it must be, a transaction that was acknowledged and is gone, or not acknowledged whole;
- an error that no killed process explains, and a statement without any answer.

At the end everything is left alone for a while: each client must get its work done again, no server may be left inside
a transaction, all rows lie where the map says, and the router that was never killed has not grown.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import harness
import query_client

SHARDS = 4
ACCOUNTS = 5          # of each tenant
MONEY = 1000          # of each tenant, all accounts together
ANSWER_SECONDS = float(os.environ.get("PGSHOAL_CHAOS_ANSWER", "60"))  # later than this is never
SETTLE_SECONDS = 60
STEPS_AFTERWARDS = 10

# Errors that a killed or starting server, or a killed router, explains.
EXPECTED_STATES = ("08", "57P01", "57P02", "57P03", "53300", "XX000")
PREPARED = {
    "mine": ("SELECT tenant_id, account, balance, current_setting('my.id') FROM accounts WHERE tenant_id = $1 ORDER BY account", 4),
    "version": ("SELECT version, tenant_id FROM tenants WHERE tenant_id = $1", 2),
}


# ---- a client: a process of its own

class Wrong(Exception):
    """What must never be."""


class ChaosClient:
    def __init__(self, tenant, ports, seed, report):
        self.tenant, self.ports, self.report = tenant, ports, report
        self.rng = random.Random(seed)
        self.wire = None
        self.committed = None    # versions known to be committed, at least
        self.attempted = None    # … and at most
        self.cancelling = False
        self.counts = collections.Counter()
        self.broken = False
        self.doing = ""          # what it waits for

    # -- asking

    def connect(self):
        self.close()
        self.doing = "a login"
        port = self.ports[self.tenant % len(self.ports)]
        self.zone = self.rng.choice(["UTC", "Asia/Tokyo", "Europe/Vienna", "America/New_York"])
        self.name = f"tenant {self.tenant} of {os.getpid()}"
        self.wire = query_client.Client("127.0.0.1", port, harness.DATABASE, harness.USER, timeout=ANSWER_SECONDS,
                                        application_name=self.name)
        self.prepared = set()
        self.port = port
        for sql in (f"SET my.id TO '{self.tenant}'", f"SET TimeZone TO '{self.zone}'"):
            if self.ask(sql) is None:
                raise query_client.Disconnected()

    def close(self):
        if self.wire is not None:
            self.wire.socket.close()  # without a word: part of the game
            self.wire = None

    def ask(self, sql, columns=None):
        """Rows of one statement, as texts; None after an error that is no wonder."""
        self.doing = sql
        answers = self.wire.simple(sql)
        # A server that goes after its answer, and before it is ready for more, is reported too.
        if len(answers) != 1 and not (len(answers) == 2 and answers[1].error):
            raise Wrong(f"{len(answers)} answers for {sql}: {answers}")
        return self.check(answers[-1], sql, columns)

    def ask_extended(self, sql, parameters, columns):
        self.doing = f"extended {sql}"
        given = [query_client.Parameter(23, str(p).encode()) for p in parameters]
        return self.check(self.wire.extended(sql, given), sql, columns)

    def ask_prepared(self, name):
        """A named statement, prepared once on this connection."""
        sql, columns = PREPARED[name]
        self.doing = f"prepared {sql}"
        wire_name = name.encode()
        messages = []
        if name not in self.prepared:
            messages += [query_client.message(b"C", b"S" + wire_name + b"\0"), query_client.parse(wire_name, sql, [23])]
        messages += [query_client.bind(b"", wire_name, [query_client.Parameter(23, str(self.tenant).encode())]),
                     query_client.message(b"D", b"P\0"), query_client.message(b"E", b"\0\0\0\0\0"), query_client.message(b"S")]
        self.wire.send(*messages)
        answers = self.wire.collect()
        rows = self.check(answers[0], sql, columns)
        if rows is not None:
            self.prepared.add(name)
        return rows

    def check(self, answer, sql, columns):
        if answer.error is not None:
            state = answer.error["C"]
            if state == "57014" and self.cancelling:
                return None
            if state.startswith(EXPECTED_STATES) or (state == "25P02" and self.broken):
                self.broken = True
                self.counts["errors"] += 1
                return None
            raise Wrong(f"{sql}: {answer.error}")
        if columns is not None and len(answer.columns or ()) != columns:
            raise Wrong(f"{sql}: {len(answer.columns or ())} columns, not {columns}: {answer}")
        self.tag = answer.tag
        return [tuple(None if v is None else v.decode() for v in row) for row in answer.rows]

    # -- what it does

    def step(self):
        self.broken = self.cancelling = False
        if self.wire is None:
            self.connect()
        action = self.rng.choices(
            [self.transfer, self.read_own, self.read_prepared, self.read_all, self.settings, self.cancel, self.vanish,
             self.copy_out, self.pipeline],
            [30, 15, 20, 6, 8, 2, 1, 4, 6])[0]
        action()
        self.counts[action.__name__] += 1
        if self.broken and self.wire is not None and self.wire.status != "I":
            self.ask("ROLLBACK")

    def own(self, rows, money=True):
        for row in rows:
            if int(row[0]) != self.tenant or row[3] != str(self.tenant):
                raise Wrong(f"tenant {self.tenant} sees {row}")
        if len(rows) != ACCOUNTS or (money and sum(int(r[2]) for r in rows) != MONEY):
            raise Wrong(f"tenant {self.tenant} has {rows}")

    def read_own(self):
        sql = PREPARED["mine"][0]
        rows = self.ask_extended(sql, [self.tenant], 4) if self.rng.random() < 0.5 else \
            self.ask(sql.replace("$1", str(self.tenant)), 4)
        if rows is not None:
            self.own(rows)

    def read_prepared(self):
        for name in self.rng.sample(sorted(PREPARED), 2):
            rows = self.ask_prepared(name)
            if rows is None:
                return
            if name == "mine":
                self.own(rows)
            else:
                self.version(rows)

    def version(self, rows):
        if len(rows) != 1 or int(rows[0][1]) != self.tenant:
            raise Wrong(f"tenant {self.tenant} sees versions {rows}")
        version = int(rows[0][0])
        if self.committed is None:
            self.committed = self.attempted = version
        if not self.committed <= version <= self.attempted:
            raise Wrong(f"tenant {self.tenant}: version {version}, acknowledged {self.committed}, tried {self.attempted}")

    def transfer(self):
        if self.committed is None:
            rows = self.ask(f"SELECT version, tenant_id FROM tenants WHERE tenant_id = {self.tenant} FOR UPDATE")
            if rows is None:
                return
            self.version(rows)
        giver, taker = self.rng.sample(range(ACCOUNTS), 2)
        amount = self.rng.randint(1, 50)
        statements = [
            "BEGIN",
            f"UPDATE accounts SET balance = balance - {amount} WHERE tenant_id = {self.tenant} AND account = {giver} RETURNING tenant_id",
            f"UPDATE tenants SET version = version + 1 WHERE tenant_id = {self.tenant} RETURNING tenant_id",
            f"UPDATE accounts SET balance = balance + {amount} WHERE tenant_id = {self.tenant} AND account = {taker} RETURNING tenant_id",
        ]
        for sql in statements:
            rows = self.ask(sql)
            if rows is None:
                return
            if rows and rows != [(str(self.tenant),)]:
                raise Wrong(f"{sql}: {rows}")
            if self.rng.random() < 0.01:
                self.vanish()
                return
        rows = self.ask(PREPARED["mine"][0].replace("$1", str(self.tenant)), 4)
        if rows is None:
            return
        self.own(rows)
        if self.rng.random() < 0.15:
            self.ask("ROLLBACK")
            return
        self.attempted += 1
        if self.ask("COMMIT") is not None:
            if self.tag != "COMMIT":
                raise Wrong(f"COMMIT gave {self.tag}")
            self.committed += 1
            self.counts["committed"] += 1

    def read_all(self):
        """Every tenant's money, over all shards; others may be at work, but never in the middle of a transfer."""
        rows = self.ask("SELECT tenant_id, sum(balance), count(*) FROM accounts GROUP BY tenant_id", 3)
        if rows is None:
            return
        for tenant, money, count in rows:
            if int(money) != MONEY or int(count) != ACCOUNTS:
                raise Wrong(f"tenant {tenant} has {money} in {count} accounts")
        if len({r[0] for r in rows}) != self.report["tenants"] or len(rows) != self.report["tenants"]:
            raise Wrong(f"{len(rows)} tenants")
        rows = self.ask("SELECT tenant_id, account FROM accounts ORDER BY tenant_id, account", 2)
        if rows is not None and rows != sorted(rows, key=lambda r: (int(r[0]), int(r[1]))):
            raise Wrong("rows out of order")

    def settings(self):
        if self.rng.random() < 0.3:
            self.zone = self.rng.choice(["UTC", "Asia/Tokyo", "Europe/Vienna", "America/New_York"])
            if self.ask(f"SET TimeZone TO '{self.zone}'") is None:
                self.vanish()  # whether it holds is not known
                return
        rows = self.ask("SELECT current_setting('TimeZone'), current_setting('my.id'), current_setting('application_name')", 3)
        if rows is not None and rows != [(self.zone, str(self.tenant), self.name)]:
            raise Wrong(f"{self.name} in {self.zone} sees the settings {rows}")

    def cancel(self):
        """Cancels its own query; or, too late, nothing."""
        self.cancelling = True
        if self.rng.random() < 0.5:
            self.doing = "a cancel request"
            sql = f"SELECT pg_sleep(3) FROM tenants WHERE tenant_id = {self.tenant}"
            self.wire.send(query_client.message(b"Q", sql.encode() + b"\0"))
            time.sleep(self.rng.random() * 0.05)
            self.send_cancel()
            answers = self.wire.collect()
            self.check(answers[0], sql, None)
        else:
            self.send_cancel()
        # A cancel request that comes late may still meet the next one.
        for _ in range(3):
            self.ask("SELECT 1")

    def send_cancel(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(b"\0\0\0\x10\x04\xd2\x16\x2e" + self.wire.key[0].to_bytes(4, "big", signed=True) +
                                   self.wire.key[1].to_bytes(4, "big", signed=True))
                connection.settimeout(10)
                connection.recv(1)
        except OSError:
            pass

    def vanish(self):
        """The connection ends wherever it stands."""
        if self.rng.random() < 0.5:
            self.wire.send(query_client.message(b"Q", self.rng.choice([
                b"SELECT * FROM accounts\0", b"SELECT * FROM accounts ORDER BY tenant_id\0",
                b"BEGIN; SELECT pg_sleep(0.01)\0"])))
        self.close()

    def copy_out(self):
        self.doing = "COPY"
        answer = self.wire.one(f"COPY (SELECT tenant_id, balance FROM accounts WHERE tenant_id = {self.tenant}) TO STDOUT")
        if self.check(answer, "COPY", None) is None:
            return
        rows = [line.split(b"\t") for line in answer.copied.splitlines()]
        if [int(r[0]) for r in rows] != [self.tenant] * ACCOUNTS or sum(int(r[1]) for r in rows) != MONEY:
            raise Wrong(f"COPY gave tenant {self.tenant} {rows}")

    def pipeline(self):
        """Several statements, several Syncs, sent at once."""
        self.doing = "a pipeline"
        messages = []
        for n in range(4):
            messages += [query_client.parse(b"", "SELECT tenant_id, $2::int4 FROM tenants WHERE tenant_id = $1", [23, 23]),
                         query_client.bind(b"", b"", [query_client.Parameter(23, str(self.tenant).encode()),
                                                      query_client.Parameter(23, str(n).encode())]),
                         query_client.message(b"D", b"P\0"), query_client.message(b"E", b"\0\0\0\0\0"),
                         query_client.message(b"S")]
        self.wire.send(*messages)
        for n in range(4):
            answers = self.wire.collect()
            rows = self.check(answers[0], "pipeline", None)
            if rows is not None and rows != [(str(self.tenant), str(n))]:
                raise Wrong(f"statement {n} of a pipeline gave {rows} to tenant {self.tenant}")

    # -- its life

    def run(self):
        """Until told to end; a line of JSON for each second, and for each thing that must not be."""
        said = time.monotonic()
        while True:
            try:
                self.step()
            except (query_client.Disconnected, ConnectionError, BrokenPipeError) as gone:
                self.counts["disconnected"] += 1
                self.close()
                fields = gone.args[0] if gone.args and isinstance(gone.args[0], dict) else None
                if fields and not fields["C"].startswith(EXPECTED_STATES):
                    self.say(wrong=f"tenant {self.tenant}: {fields}")
                time.sleep(0.05 + self.rng.random() * 0.1)
            except TimeoutError:
                self.say(wrong=f"tenant {self.tenant}: no answer in {ANSWER_SECONDS} s to {self.doing}, "
                               f"its port is {self.wire and self.wire.socket.getsockname()[1]}")
                self.close()
            except Wrong as wrong:
                self.say(wrong=f"{wrong}")
                self.close()
            if self.broken:
                time.sleep(0.02)
            if time.monotonic() - said > 0.5:
                said = time.monotonic()
                self.say(counts=dict(self.counts))

    def say(self, **what):
        print(json.dumps({"tenant": self.tenant, **what}), flush=True)


# ---- servers and routers

class Server(harness.PlainPostgres):
    """A server that can be killed and started again."""

    def command_line(self):
        return pathlib.Path(f"/proc/{self.process.pid}/cmdline").read_bytes().rstrip(b"\0").decode().split("\0")

    def backends(self):
        try:
            text = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except OSError:
            return []
        return [int(pid) for pid in text.split()]

    def kill(self):
        if self.process.poll() is not None:
            return
        self.again = self.command_line()
        # A backend that is forked after they were counted would live on, and hold the memory that the next server needs.
        os.kill(self.process.pid, signal.SIGSTOP)
        children = self.backends()
        for pid in (self.process.pid, *children):
            kill(pid)
        self.process.wait()
        end = time.monotonic() + 30
        while any(alive(pid) for pid in children) and time.monotonic() < end:
            time.sleep(0.02)

    def start_again(self):
        (self.root / "data" / "postmaster.pid").unlink(missing_ok=True)
        with open(self.root / "log", "ab") as log:
            self.process = subprocess.Popen(self.again, stdout=log, stderr=log, cwd="/",
                                            preexec_fn=harness._die_with_parent, **self.owner)


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Router:
    """`pgshoal run`, always on the same port."""

    def __init__(self, root, name, map_file, io):
        self.root, self.port = root / name, harness.free_port()
        self.root.mkdir()
        (self.root / "pgshoal.toml").write_text(
            f'port = {self.port}\nmap_file = "{map_file}"\ncontrol_user = "{harness.USER}"\ndefault_pool_size = 6\nio = "{io}"\n'
            "worker_threads = 2\n")
        self.errors = open(self.root / "stderr", "ab")
        self.start()

    def start(self):
        before = self.stderr().count("accepting connections")
        self.process = subprocess.Popen([str(harness.bin_dir() / "pgshoal"), "run", "--config", str(self.root / "pgshoal.toml")],
                                        stdout=self.errors, stderr=self.errors, preexec_fn=harness._die_with_parent)
        return before

    def wait_ready(self, before=0):
        end = time.monotonic() + harness.START_SECONDS
        while self.stderr().count("accepting connections") <= before:
            if self.process.poll() is not None:
                return False
            if time.monotonic() > end:
                raise AssertionError(f"the router is not ready:\n{self.stderr()[-3000:]}")
            time.sleep(0.02)
        return True

    def stderr(self):
        return (self.root / "stderr").read_text(errors="replace")

    def memory(self):
        """Resident kB. A sanitizer's shadow spans terabytes, and it keeps freed memory for a while: 0 then."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in status if line.startswith("Vm")}
        return kilobytes["VmRSS"] if kilobytes["VmSize"] < 1 << 30 else 0

    def files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


class Chaos:
    def __init__(self, arguments):
        self.arguments = arguments
        self.rng = random.Random(arguments.seed)
        self.root = harness.temporary_directory()
        self.wrong = []
        self.faults = collections.Counter()
        self.lock = threading.Lock()
        self.steps = collections.Counter()   # of each tenant, over all its lives
        self.counts = collections.Counter()
        self.last = {}
        self.memory = []

    def log(self, *words):
        print(f"[{time.monotonic() - self.began:6.1f}]", *words, flush=True)

    def build(self):
        self.began = time.monotonic()
        self.servers = [Server() for _ in range(SHARDS)]
        lines = [f'database = "{harness.DATABASE}"', f"slots = {harness.SLOTS}", "epoch = 1", 'home = "shard0"']
        for number, server in enumerate(self.servers):
            first, last = harness.SLOTS * number // SHARDS, harness.SLOTS * (number + 1) // SHARDS - 1
            lines += ["[[shard]]", f'name = "shard{number}"', 'host = "127.0.0.1"', f"port = {server.port}",
                      f'slots = ["{first}-{last}"]']
        lines += ["[[column_rule]]", 'key = "tenant_id"']
        (self.root / "map.toml").write_text("\n".join(lines) + "\n")
        self.steady = Router(self.root, "steady", self.root / "map.toml", self.arguments.io)
        self.killed = Router(self.root, "killed", self.root / "map.toml", self.arguments.io)
        for router in (self.steady, self.killed):
            if not router.wait_ready():
                raise AssertionError(f"the router has ended:\n{router.stderr()[-3000:]}")
        client = query_client.Client("127.0.0.1", self.steady.port, harness.DATABASE, harness.USER)
        client.one("CREATE TABLE tenants(tenant_id int PRIMARY KEY, version int NOT NULL)")
        client.one("CREATE TABLE accounts(tenant_id int, account int, balance int NOT NULL, PRIMARY KEY (tenant_id, account))")
        for tenant in range(self.arguments.clients):
            client.one(f"INSERT INTO tenants VALUES ({tenant}, 0)")
            rows = ", ".join(f"({tenant}, {n}, {MONEY // ACCOUNTS})" for n in range(ACCOUNTS))
            answer = client.one(f"INSERT INTO accounts VALUES {rows}")
            if answer.error:
                raise AssertionError(answer.error)
        client.close()
        # The other router learns of the tables.
        os.kill(self.killed.process.pid, signal.SIGHUP)
        self.clients = {}
        self.readers = []
        for tenant in range(self.arguments.clients):
            self.start_client(tenant)

    def start_client(self, tenant):
        process = subprocess.Popen(
            [sys.executable, __file__, "--client", str(tenant), "--ports", f"{self.steady.port},{self.killed.port}",
             "--seed", str(self.rng.randrange(1 << 30)), "--clients", str(self.arguments.clients)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=harness._die_with_parent)
        self.clients[tenant] = process
        reader = threading.Thread(target=self.listen, args=(tenant, process), daemon=True)
        reader.start()
        self.readers.append(reader)

    def listen(self, tenant, process):
        before = collections.Counter()
        for line in process.stdout:
            try:
                said = json.loads(line)
            except ValueError:  # killed while it wrote
                continue
            with self.lock:
                if "wrong" in said:
                    self.wrong.append(said["wrong"])
                    self.log("WRONG", said["wrong"])
                else:
                    now = collections.Counter(said["counts"])
                    self.counts += now - before
                    self.steps[tenant] += sum((now - before).values())
                    before = now
        errors = process.stderr.read()
        if errors.strip() and "KeyboardInterrupt" not in errors:
            with self.lock:
                self.wrong.append(f"client {tenant} ended by itself:\n{errors[-2000:]}")

    # -- faults

    def fault(self):
        kind = self.rng.choices(["client", "backend", "server", "router", "hangup"], [40, 20, 12, 12, 16])[0]
        self.faults[kind] += 1
        if kind == "client":
            tenant = self.rng.choice(list(self.clients))
            kill(self.clients[tenant].pid)
            self.clients[tenant].wait()
            self.start_client(tenant)
        elif kind == "backend":  # the server restarts all of its processes
            backends = self.rng.choice(self.servers).backends()
            if backends:
                kill(self.rng.choice(backends))
        elif kind == "server":
            server = self.rng.choice(self.servers)
            server.kill()
            time.sleep(self.rng.random() * self.rng.choice([0, 1, 3]))
            server.start_again()
        elif kind == "router":
            kill(self.killed.process.pid)
            self.killed.process.wait()
            time.sleep(self.rng.random() * 0.3)
            self.start_router()
        else:  # one connection of the router, ended by its server
            server = self.rng.choice(self.servers)
            try:
                connection = server.connect(connect_timeout=5)
                connection.cursor().execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                    "AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1")
                connection.close()
            except harness.psycopg2.Error:
                pass

    def start_router(self):
        """A router does not start while a server is down: it is tried again."""
        end = time.monotonic() + 60
        while True:
            before = self.killed.start()
            if self.killed.wait_ready(before):
                return
            if time.monotonic() > end:
                raise AssertionError(f"the router does not start:\n{self.killed.stderr()[-3000:]}")
            time.sleep(0.2)

    # -- the run

    def run(self):
        self.build()
        self.log(f"{self.arguments.clients} clients, {self.arguments.seconds} s, seed {self.arguments.seed}")
        end = time.monotonic() + self.arguments.seconds
        next_word = 0
        while time.monotonic() < end:
            time.sleep(self.rng.random() * 2 * self.arguments.pause)
            self.fault()
            self.still_there()
            self.memory.append((time.monotonic() - self.began, self.steady.memory()))
            if time.monotonic() > next_word:
                next_word = time.monotonic() + 15
                self.log(f"faults {dict(self.faults)}, steps {sum(self.steps.values())}, commits {self.counts['committed']}, "
                         f"disconnected {self.counts['disconnected']}, memory {self.steady.memory()} kB, files {self.steady.files()}")
        self.log("settling")
        self.settle()
        self.check_servers()
        self.check_memory()
        for router in (self.steady, self.killed):
            router.process.send_signal(signal.SIGQUIT)
        for router in (self.steady, self.killed):
            code = router.process.wait(timeout=90)
            if code != 0:
                self.wrong.append(f"a router ended with {code}:\n{router.stderr()[-6000:]}")
            for word in ("AddressSanitizer", "ThreadSanitizer", "LeakSanitizer", "runtime error:"):
                if word in router.stderr():
                    self.wrong.append(f"{word}:\n{router.stderr()[-6000:]}")
        for server in self.servers:
            server.stop()
        self.log(f"faults {dict(self.faults)}")
        self.log(f"done by the clients: {dict(self.counts)}")
        return self.wrong

    def still_there(self):
        if self.steady.process.poll() is not None:
            raise AssertionError(f"the router has ended with {self.steady.process.returncode}:\n{self.steady.stderr()[-6000:]}")
        if self.killed.process.poll() is not None:
            raise AssertionError(f"the other router has ended by itself with {self.killed.process.returncode}, faults {dict(self.faults)}:\n{self.killed.stderr()[-6000:]}")

    def settle(self):
        """Without faults every client gets its work done."""
        time.sleep(1.0)
        before = dict(self.steps)
        end = time.monotonic() + SETTLE_SECONDS
        stuck = sorted(self.clients)
        while stuck and time.monotonic() < end:
            time.sleep(0.2)
            with self.lock:
                stuck = [t for t in self.clients if self.steps[t] < before.get(t, 0) + STEPS_AFTERWARDS]
        if stuck:
            self.wrong.append(f"clients that do not get on any more: {stuck}")
        for process in self.clients.values():
            kill(process.pid)
        for process in self.clients.values():
            process.wait()
        for reader in self.readers:
            reader.join(timeout=10)

    def check_servers(self):
        end = time.monotonic() + 20
        money = count = 0
        for number, server in enumerate(self.servers):
            connection = server.connect()
            cursor = connection.cursor()
            while True:
                cursor.execute("SELECT state, xact_start, left(query, 80) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                               "AND pid <> pg_backend_pid() AND state <> 'idle'")
                busy = cursor.fetchall()
                if not busy:
                    break
                if time.monotonic() > end:
                    self.wrong.append(f"shard{number} is left in the middle of {busy}")
                    break
                time.sleep(0.1)
            cursor.execute("SELECT count(*) FROM pg_prepared_xacts")
            if cursor.fetchone() != (0,):
                self.wrong.append(f"shard{number} holds prepared transactions")
            first, last = harness.SLOTS * number // SHARDS, harness.SLOTS * (number + 1) // SHARDS - 1
            cursor.execute(f"SELECT count(*) FILTER (WHERE hashint8extended(tenant_id, 0) & {harness.SLOTS - 1} NOT BETWEEN {first} AND {last}), "
                           "count(*), coalesce(sum(balance), 0) FROM accounts")
            astray, here, sum_here = cursor.fetchone()
            if astray:
                self.wrong.append(f"shard{number} holds {astray} rows of others")
            money, count = money + sum_here, count + here
            connection.close()
        if (money, count) != (MONEY * self.arguments.clients, ACCOUNTS * self.arguments.clients):
            self.wrong.append(f"{money} in {count} accounts")

    def check_memory(self):
        """The router that nobody killed: as large in the second half as in the first, but for a little."""
        if len(self.memory) < 8:
            return
        half = self.memory[len(self.memory) // 2][0]
        first, second = (max(m for t, m in self.memory if (t < half) == early) for early in (True, False))
        self.log(f"memory of the router: at most {first} kB in the first half, {second} kB in the second")
        if second > first * 1.25 + 8192:
            self.wrong.append(f"the router has grown: {first} kB, then {second} kB")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--pause", type=float, default=0.5, help="mean seconds between two faults")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--io", default="auto")
    parser.add_argument("--client", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ports", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.client is not None:
        ports = [int(p) for p in options.ports.split(",")]
        ChaosClient(options.client, ports, options.seed, {"tenants": options.clients}).run()
        return 0
    wrong = Chaos(options).run()
    for what in wrong[:30]:
        print("WRONG", what)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
