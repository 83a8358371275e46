"""What integration tests stand on: a `pgshoal dev` in a temporary directory, and one plain PostgreSQL as the truth.

Needs the standard library and psycopg2. The environment, set by ctest, names the programs:
PGSHOAL_BIN is the directory of the built pgshoal and shoalctl.

    class CrudTest(harness.RouterTestCase):
        MAP = harness.column_rule("customer_id")

        def test_something(self):
            self.both("CREATE TABLE t(customer_id int, v text)")
            self.both("SELECT v FROM t WHERE customer_id = %s", (1,))
"""

import atexit
import ctypes
import os
import pathlib
import pwd
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import unittest

import psycopg2

DATABASE = "app"
USER = "postgres"
SLOTS = 4096
START_SECONDS = 180  # generous: sanitizer builds on a busy machine
START_ATTEMPTS = 5   # with another port each, when somebody else has taken the one chosen

def _thread_sanitizer_options():
    """For programs built with it; others do not look. Its suppressions name files, which takes a symbolizer."""
    known = pathlib.Path(__file__).resolve().parents[2] / "cmake" / "tsan.supp"
    symbolizers = sorted(pathlib.Path("/usr/lib").glob("llvm-*/bin/llvm-symbolizer"))
    return f"suppressions={known}" + "".join(f":external_symbolizer_path={path}" for path in symbolizers[-1:])


os.environ.setdefault("TSAN_OPTIONS", _thread_sanitizer_options())


def bin_dir():
    path = os.environ.get("PGSHOAL_BIN")
    if not path:
        sys.exit("PGSHOAL_BIN is to name the directory of the built programs: run the tests through ctest")
    return pathlib.Path(path)


def postgres_program(name):
    """A program of PostgreSQL's server package."""
    found = subprocess.run(["pg_config", "--bindir"], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: -float(p.parent.name))
    for directory in ([pathlib.Path(found)] if found else []) + versions:
        if (directory / name).exists():
            return str(directory / name)
    return shutil.which(name) or sys.exit(f"{name} is not installed")


def temporary_directory():
    """A directory that every user may search (the servers run as another one), gone at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="pgshoal-test-"))
    path.chmod(0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def free_port():
    """A port that nobody has at this moment, outside the range from which connections get theirs: only another test
    can take it before it is used. Whoever starts a program on it tries again with another one then."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def port_was_taken(words):
    """Whether a program's words say that it has not got its port."""
    return "Address already in use" in words or "could not listen on" in words or "could not bind" in words


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def column_rule(*columns):
    """A map file's text: every table with these columns is sharded by them."""
    return f"[[column_rule]]\nkey = [{', '.join(repr(c) for c in columns)}]\n"


def sharded_table(name, *key):
    return f"[[table]]\nname = '{name}'\nkey = [{', '.join(repr(c) for c in key)}]\n"


def reference_table(name):
    return f"[[table]]\nname = '{name}'\nkind = 'reference'\n"


class Dev:
    """One directory of `pgshoal dev`, started and stopped at will."""

    def __init__(self, shards=4, map_text=None, arguments=()):
        self.root = temporary_directory()
        self.directory = self.root / "dev"
        self.shards = shards
        self.arguments = list(arguments)
        self.process = None
        self.port = None
        if map_text is not None:
            (self.root / "tables.toml").write_text(map_text)
            self.arguments += ["--map", str(self.root / "tables.toml")]

    def command(self, *more):
        self.port = self.port or free_port()
        return [str(bin_dir() / "pgshoal"), "dev", "--dir", str(self.directory), "--port", str(self.port),
                "--database", DATABASE, "--user", USER, *self.arguments, *more]

    def start(self, *more):
        """Starts it and waits for the ready line; returns that line. A port that it has had before stays."""
        chosen = self.port is None
        for attempt in range(START_ATTEMPTS):
            try:
                return self._start(*more)
            except AssertionError:
                if not chosen or attempt + 1 == START_ATTEMPTS or not port_was_taken(self.stderr()):
                    raise
                self.stop()
                (self.root / "stderr").unlink()
                self.port = None

    def _start(self, *more):
        if not (self.directory / "pgshoal-dev.toml").exists():
            more = ("--shards", str(self.shards), *more)
        self.errors = open(self.root / "stderr", "ab")
        self.process = subprocess.Popen(self.command(*more), stdout=subprocess.PIPE, stderr=self.errors,
                                        preexec_fn=_die_with_parent)
        atexit.register(self.stop)
        end = time.monotonic() + START_SECONDS
        line = b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([self.process.stdout], [], [], 0.2)
            if readable:
                byte = os.read(self.process.stdout.fileno(), 1)
                if not byte:
                    raise AssertionError(f"pgshoal dev ended with {self.process.wait()}:\n{self.stderr()}")
                line += byte
            elif time.monotonic() > end:
                raise AssertionError(f"pgshoal dev is not ready after {START_SECONDS} s:\n{self.stderr()}")
        return line.decode().rstrip("\n")

    def stderr(self):
        return (self.root / "stderr").read_text(errors="replace")

    def stop(self, signal_number=signal.SIGTERM):
        """Ends it; returns its exit code and what it printed after the ready line."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.send_signal(signal_number)
        rest, _ = process.communicate(timeout=90)
        self.errors.close()
        return process.returncode, rest.decode()

    def connect(self, **options):
        """A client's connection through the router, autocommit."""
        return _connect(port=self.port, host="127.0.0.1", **options)

    def map(self):
        return tomllib.loads((self.directory / "map.toml").read_text())

    def connect_shards(self):
        """Direct connections to the servers, in the order of the shards."""
        return [_connect(host=s["host"], port=s["port"]) for s in self.map()["shard"]]


def _toml(settings, section=""):
    """Settings as a file's text; a dict of dicts is a section for each name: users={"joe": {"pool_mode": "session"}}."""
    lines = [f"{name} = {str(value).lower() if isinstance(value, (int, float)) else repr(value)}"
             for name, value in settings.items() if not isinstance(value, dict)]
    for name, value in settings.items():
        if isinstance(value, dict):
            header = f"[{section}{name}]" if section else ""
            lines += ([header] if header else []) + [_toml(value, f"{name}.")]
    return "\n".join(lines) + "\n"


def toml(value):
    """A value as it stands in a settings file."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


class Run:
    """`pgshoal run` over the servers of a Dev, with settings of its own: Run(dev, default_pool_size=4). A dict of dicts is
    sections: Run(dev, users={"joe": {"pool_mode": "session"}})."""

    def __init__(self, dev, **settings):
        for attempt in range(START_ATTEMPTS):
            try:
                self._start(dev, settings)
                break
            except AssertionError:
                if "port" in settings or attempt + 1 == START_ATTEMPTS or not port_was_taken(self.stderr()):
                    raise

    def _start(self, dev, settings):
        self.root = temporary_directory()
        self.port = settings.get("port") or free_port()
        shutil.copy(dev.directory / "map.toml", self.root / "map.toml")
        settings = {"port": self.port, "map_file": "map.toml", "control_user": USER, "admin_users": [USER],
                    **settings}
        (self.root / "pgshoal.toml").write_text(_toml(settings))
        self.errors = open(self.root / "stderr", "ab")
        self.process = subprocess.Popen([str(bin_dir() / "pgshoal"), "run", "--config", str(self.root / "pgshoal.toml")],
                                        stdout=self.errors, stderr=self.errors, preexec_fn=_die_with_parent)
        atexit.register(self.stop)
        end = time.monotonic() + START_SECONDS
        while "accepting connections" not in self.stderr():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"pgshoal run is not ready:\n{self.stderr()}")
            time.sleep(0.02)

    def stderr(self):
        return (self.root / "stderr").read_text(errors="replace")

    def connect(self, **options):
        return _connect(**{"port": self.port, "host": "127.0.0.1", **options})

    def stop(self):
        """Ends it; its exit code."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.send_signal(signal.SIGQUIT)
        self.errors.close()
        return process.wait(timeout=90)


class PlainPostgres:
    """One server with the defaults of `pgshoal dev`, for the answers that are right."""

    def __init__(self):
        for attempt in range(START_ATTEMPTS):
            try:
                self._start()
                break
            except psycopg2.OperationalError:
                if attempt + 1 == START_ATTEMPTS or not port_was_taken((self.root / "log").read_text(errors="replace")):
                    raise
        self._create_database()

    def _start(self):
        self.root = temporary_directory()
        self.port = free_port()
        self.owner = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            self.owner = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(self.root, entry.pw_uid, entry.pw_gid)
        data = str(self.root / "data")
        subprocess.run([postgres_program("initdb"), "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "--lc-collate=C", "--lc-messages=C", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/", **self.owner)
        command = [postgres_program("postgres"), "-D", data]
        for setting in (f"port={self.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={self.root}",
                        "fsync=off", "max_prepared_transactions=64"):
            command += ["-c", setting]
        with open(self.root / "log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", preexec_fn=_die_with_parent,
                                            **self.owner)
        atexit.register(self.stop)
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                # By its unix socket: nobody else answers there.
                _connect(host=str(self.root), port=self.port, dbname="postgres").close()
                break
            except psycopg2.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _create_database(self):
        connection = _connect(host="127.0.0.1", port=self.port, dbname="postgres")
        connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
        connection.close()

    def connect(self, **options):
        return _connect(host="127.0.0.1", port=self.port, **options)

    def stop(self):
        if self.process is not None:
            process, self.process = self.process, None
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def _connect(**options):
    connection = psycopg2.connect(**{"dbname": DATABASE, "user": USER, "connect_timeout": 30, **options})
    connection.autocommit = True
    return connection


def connect(port, **options):
    """A connection to whatever listens on that port of this machine, autocommit."""
    return _connect(port=port, **{"host": "127.0.0.1", **options})


class Answer:
    """All that a client sees of one statement."""

    def __init__(self, connection, sql, parameters=None):
        self.tag = self.columns = self.error = None
        self.rows = []
        del connection.notices[:]
        cursor = connection.cursor()
        try:
            cursor.execute(sql, parameters)
            self.tag = cursor.statusmessage
            if cursor.description is not None:
                self.columns = [(c.name, c.type_code) for c in cursor.description]
                self.rows = cursor.fetchall()
        except psycopg2.Error as error:
            d = error.diag
            self.error = (error.pgcode, d.message_primary, d.statement_position)
        self.notices = list(connection.notices)

    def comparable(self, ordered):
        rows = self.rows if ordered else sorted(self.rows, key=repr)
        return {"error": self.error, "tag": self.tag, "columns": self.columns, "rows": rows}


class RouterTestCase(unittest.TestCase):
    """A `pgshoal dev` and a plain PostgreSQL for all tests of the class."""

    SHARDS = 4
    MAP = None        # text of the map file given to --map
    ARGUMENTS = ()    # more of the command line
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dev = Dev(cls.SHARDS, cls.MAP, ("--postgres-set", "log_statement=all", *cls.ARGUMENTS))
        cls.dev.start()
        cls.addClassCleanup(cls.stop_router)
        cls.plain = PlainPostgres()
        cls.addClassCleanup(cls.plain.stop)
        cls.router = cls.dev.connect()
        cls.addClassCleanup(cls.router.close)
        cls.truth = cls.plain.connect()
        cls.addClassCleanup(cls.truth.close)
        cls.shard_connections = cls.dev.connect_shards()
        for connection in cls.shard_connections:
            cls.addClassCleanup(connection.close)

    @classmethod
    def stop_router(cls):
        """An orderly end; a sanitizer's report about the whole life of the router shows here."""
        ended = cls.dev.stop()
        if ended is not None and ended[0] != 0:
            raise AssertionError(f"pgshoal dev ended with {ended[0]}:\n{cls.dev.stderr()[-6000:]}")

    def both(self, sql, parameters=None, ordered=False):
        """Runs a statement through the router and on the plain server, and demands the same columns with the same
        types, the same rows (in any order unless `ordered`), the same command tag, or an error with the same
        SQLSTATE, message and position. Returns the router's answer."""
        expected = Answer(self.truth, sql, parameters)
        answer = Answer(self.router, sql, parameters)
        self.assertEqual(answer.comparable(ordered), expected.comparable(ordered), sql)
        return answer

    def ask(self, sql, parameters=None):
        """Runs a statement through the router, which must not fail; its rows."""
        answer = Answer(self.router, sql, parameters)
        self.assertIsNone(answer.error, sql)
        return answer.rows

    def on_shards(self, sql, parameters=None):
        """Runs a statement on each server itself; the rows of each."""
        answers = [Answer(connection, sql, parameters) for connection in self.shard_connections]
        for answer in answers:
            self.assertIsNone(answer.error, sql)
        return [answer.rows for answer in answers]

    def assert_refused(self, sql, parameters=None, message=""):
        """The router refuses with 0A000 and a hint, and no server has begun a statement of the database since."""
        before = self.statements_run()
        cursor = self.router.cursor()
        with self.assertRaises(psycopg2.Error, msg=sql) as caught:
            cursor.execute(sql, parameters)
        error = caught.exception
        self.assertEqual(error.pgcode, "0A000", f"{sql}: {error}")
        self.assertIn(message, error.diag.message_primary)
        self.assertTrue(error.diag.message_hint, f"{sql}: a refusal has a hint")
        self.assertEqual(self.statements_run(), before, f"{sql}: something ran on a shard")

    def statements_run(self):
        """How many statements each server has run so far."""
        logs = [(self.dev.directory / f"shard{shard}.log").read_bytes() for shard in range(self.SHARDS)]
        counts = [log.count(b" statement: ") + log.count(b" execute ") for log in logs]
        self.assertTrue(all(counts), "the servers log no statements")
        return counts

    def assert_rows_lie_right(self, table, key, hash_function="hashint8extended"):
        """Every row lies on the shard that owns its slot (slots dealt evenly); the number of rows on each shard."""
        counts = []
        for shard, connection in enumerate(self.shard_connections):
            first, last = SLOTS * shard // self.SHARDS, SLOTS * (shard + 1) // self.SHARDS - 1
            slot = f"{hash_function}({key}, 0) & {SLOTS - 1}"
            rows = Answer(connection, f"SELECT count(*), count(*) FILTER (WHERE {slot} BETWEEN {first} AND {last}) "
                                      f"FROM {table}").rows
            self.assertEqual(rows[0][0], rows[0][1], f"shard{shard} holds rows of {table} that it does not own")
            counts.append(rows[0][0])
        return counts
