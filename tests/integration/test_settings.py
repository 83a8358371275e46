#!/usr/bin/env python3
"""Session settings follow their client from one pooled server connection to the next, and never reach another client."""

import random
import threading
import time
import unittest

import harness
import wire_client

CLIENTS, POOL, SECONDS = 40, 4, 8
ZONES = ["Asia/Tokyo", "Europe/Vienna", "America/New_York", "UTC", "Australia/Sydney", "Africa/Cairo"]


class SettingsTest(harness.RouterTestCase):
    """On a router with a pool so small that clients must share connections."""

    MAP = harness.sharded_table("items", "id")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE items(id int PRIMARY KEY)")
            for number in range(1, 17):
                cursor.execute("INSERT INTO items VALUES (%s)", (number,))
        for connection in (*cls.shard_connections, cls.truth):
            for number in range(5):
                connection.cursor().execute(f"CREATE SCHEMA s{number}")
                connection.cursor().execute(f"CREATE ROLE r{number}")
                connection.cursor().execute(f"GRANT ALL ON items TO r{number}; GRANT ALL ON SCHEMA s{number} TO PUBLIC")
                connection.cursor().execute(f"CREATE TABLE s{number}.place AS SELECT {number} AS number; GRANT ALL ON s{number}.place TO PUBLIC")
        cls.small = harness.Run(cls.dev, default_pool_size=1, worker_threads=1)
        cls.addClassCleanup(cls.small.stop)

    def run_on(self, port, steps, login):
        """Steps by two clients taking turns: after each step of the first, the second looks around and changes things."""
        seen = []
        with wire_client.connect(port, **login) as client, wire_client.connect(port) as other:
            for step in steps:
                answer = client.ask(step)
                seen.append((step, [m for m in answer if m[0] != "S"]))
                if answer[-1] == ("Z", "I"):
                    other.ask("SET work_mem = '11MB'")
                    other.ask("SET search_path = nowhere")
                    other.ask("SET TimeZone = 'Asia/Kabul'")
                    seen.append(other.ask("SHOW application_name"))
                    other.ask("RESET ALL")
                    seen.append(other.ask("SELECT current_user, session_user, current_setting('search_path'), current_setting('work_mem'), "
                                          "current_setting('TimeZone'), current_setting('role')"))
        return seen

    def follows(self, *steps, **login):
        """The client sees what it would see on a connection of its own, on whatever connection the others leave it."""
        expected, answer = (self.run_on(port, steps, login) for port in (self.plain.port, self.small.port))
        self.assertEqual(answer, expected)

    def test_set_and_reset(self):
        self.follows("SET work_mem = '7MB'", "SHOW work_mem", "SET TimeZone = 'Asia/Tokyo'", "SHOW TimeZone", "SELECT current_setting('work_mem')",
                     "SET work_mem TO DEFAULT", "SHOW work_mem", "SET SESSION work_mem = 8192", "SHOW work_mem", "RESET work_mem", "SHOW work_mem",
                     "RESET ALL", "SHOW TimeZone", "SET work_mem = 'much'", "SHOW work_mem", "SET nothing.of_ours = 'x'", "SHOW nothing.of_ours",
                     "RESET nothing.of_ours", "SHOW nothing.of_ours")

    def test_special_forms(self):
        self.follows("SET TIME ZONE 'Asia/Tokyo'", "SHOW TIME ZONE", "SET TIME ZONE -3", "SHOW TimeZone", "SET TIME ZONE INTERVAL '+02:30' HOUR TO MINUTE",
                     "SHOW TIME ZONE", "SET TIME ZONE LOCAL", "SHOW TimeZone", "SET TIME ZONE DEFAULT", "SET NAMES 'UTF8'", "SHOW client_encoding",
                     "SET DateStyle = 'German', 'DMY'", "SHOW DateStyle", "SELECT '2001-02-03'::date", "SET SEED = 0.5",
                     "SET default_transaction_read_only = on", "SHOW default_transaction_read_only", "RESET default_transaction_read_only",
                     "SET bytea_output = 'escape'", "SELECT '\\x0001'::bytea", "SET extra_float_digits = -3", "SELECT 0.1::float8 + 0.2::float8", "RESET ALL",
                     "SELECT 0.1::float8 + 0.2::float8")

    def test_session_characteristics(self):
        shows = [f"SHOW default_transaction_{name}" for name in ("isolation", "read_only", "deferrable")]
        self.follows("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", *shows, "INSERT INTO items VALUES (99)",
                     "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE", *shows, "SHOW transaction_isolation",
                     "BEGIN", "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE", "ROLLBACK", *shows,
                     "SET SESSION CHARACTERISTICS AS TRANSACTION NOT DEFERRABLE, ISOLATION LEVEL READ UNCOMMITTED", *shows,
                     "RESET default_transaction_isolation", *shows, "RESET ALL", *shows)

    def test_search_path(self):
        self.follows("SET search_path = s1, public", "SELECT number FROM place", "SHOW search_path", "SELECT current_schemas(false)", "SET search_path TO s2",
                     "SELECT number FROM place", "SELECT id FROM public.items WHERE id = 3", "SELECT id FROM items WHERE id = 3", "SET search_path = ''",
                     "SHOW search_path", "SELECT number FROM place", "SET search_path = \"$user\", s3", "SELECT number FROM place", "SET SCHEMA 's4'",
                     "SELECT number FROM place", "RESET search_path", "SELECT number FROM place", "SELECT count(*) FROM items")

    def test_local_search_path(self):
        place = "SELECT number FROM place"
        self.follows("BEGIN", "SET LOCAL search_path = s1", "SET work_mem = '1MB'", place, "SAVEPOINT a", "SET LOCAL search_path = s2", place,
                     "ROLLBACK TO a", place, "SET search_path = s3", place, "ROLLBACK TO a", place, "SAVEPOINT b", "SELECT set_config('search_path', 's4', true)",
                     "RELEASE b", place, "SET LOCAL search_path TO DEFAULT", "SELECT id FROM items WHERE id = 3", place, "ROLLBACK",
                     "SELECT id FROM items WHERE id = 3", "BEGIN", "SET search_path = s1", "SET LOCAL search_path = s2", place, "COMMIT", place,
                     "RESET search_path", "SELECT count(*) FROM items")

    def test_roles(self):
        self.follows("SET ROLE r1", "SELECT current_user, session_user", "SHOW role", "SELECT id FROM items WHERE id = 5", "SELECT count(*) FROM items",
                     "CREATE TABLE public.denied(id int)", "SET ROLE r2", "SELECT current_user", "RESET ROLE", "SELECT current_user", "SET ROLE nobody_at_all", "SELECT current_user",
                     "SET ROLE 'r3'", "SELECT current_user", "SET ROLE NONE", "SELECT current_user", "SET SESSION ROLE r4", "SELECT current_user, session_user",
                     "RESET ALL", "SELECT current_user", "DISCARD ALL", "SELECT current_user")

    def test_role_with_a_schema_of_its_own(self):
        """$user is whoever the statements run as, at every moment."""
        for connected in (*self.shard_connections, self.truth):
            connected.cursor().execute("CREATE ROLE housed; CREATE ROLE lodger LOGIN; GRANT housed, r1 TO lodger; ALTER ROLE lodger SET role = housed")
        connection = harness.connect(self.small.port)
        self.addCleanup(connection.close)
        for connected in (connection, self.truth):
            for sql in ("CREATE SCHEMA housed", "GRANT ALL ON SCHEMA housed TO PUBLIC", "CREATE TABLE housed.items(id int)",
                        "GRANT ALL ON housed.items, items TO PUBLIC", "INSERT INTO housed.items VALUES (777)"):
                connected.cursor().execute(sql)
        look = ("SELECT max(id) FROM items", "SELECT id FROM items WHERE id IN (5, 777)", "SELECT current_user, session_user")

        def looking(*steps):
            return [sql for step in steps for sql in (step, *look)]
        self.follows(*look, *looking("SET ROLE housed", "SET search_path TO public", "RESET search_path", "SET ROLE NONE", "SET ROLE 'housed'", "RESET ROLE",
                                     "SET search_path TO public; SET ROLE housed; RESET search_path", 'SET search_path TO "$user"', "RESET ALL", "DISCARD ALL"))
        self.follows(*looking("SET search_path TO public", "SET ROLE housed", 'SET search_path TO "$user"', "RESET ROLE", "RESET ALL"))
        self.follows(*looking("SET SESSION AUTHORIZATION housed", "SET ROLE housed", "SET ROLE NONE", "RESET SESSION AUTHORIZATION",
                              "SET ROLE housed", "SET SESSION AUTHORIZATION r1", "SET SESSION AUTHORIZATION DEFAULT", "BEGIN", "SET ROLE r1", "ROLLBACK",
                              "SET SESSION AUTHORIZATION housed; SET ROLE NONE", "DISCARD ALL"))
        self.follows(*looking("BEGIN", "SET LOCAL ROLE housed", "SAVEPOINT a", "SET LOCAL ROLE NONE", "SET LOCAL search_path TO public", "SET ROLE housed",
                              "ROLLBACK TO a", "SET LOCAL search_path TO public", "SET LOCAL search_path TO DEFAULT", "SAVEPOINT b", "RESET ROLE",
                              "RELEASE b", "ROLLBACK TO a", "COMMIT", "BEGIN", "SET ROLE housed", "SET LOCAL ROLE r1", "COMMIT", "BEGIN", "SET LOCAL ROLE NONE", "SELECT 1/0",
                              "ROLLBACK", "BEGIN", "RESET ROLE", "ROLLBACK", "BEGIN", "SET LOCAL ROLE TO DEFAULT", "COMMIT", "RESET ROLE"))
        self.follows(*looking("SELECT set_config('role', 'housed', false)", "SELECT set_config('role', 'none', false)", "BEGIN",
                              "SELECT set_config('role', 'housed', true), set_config('search_path', 'public', true)",
                              "SELECT set_config('search_path', 'x, \"$user\"', true)", "COMMIT", "SELECT set_config('role', 'housed', true)",
                              "SELECT set_config('session_authorization', 'housed', false)", "RESET SESSION AUTHORIZATION"))
        for options in ("-c role=housed", "-c role=housed -c search_path=public"):
            self.follows(*look, *looking("SET ROLE NONE", "RESET ROLE", "BEGIN", "SET LOCAL ROLE r1", "SET LOCAL ROLE TO DEFAULT", "COMMIT"), options=options)
        # A role that the server gives the user at login.
        self.follows(*look, *looking("SET ROLE lodger", "RESET ROLE", "SET ROLE NONE", "RESET ROLE", "BEGIN", "SET LOCAL ROLE r1", "ROLLBACK"), user="lodger")

        def prepared(client):
            answers = [client.parse("s", look[0]).describe("S", "s").sync().read()]
            for step in ("SET ROLE housed", "SET search_path TO public", "RESET search_path", "RESET ROLE"):
                answers += [client.ask(step), client.bind("", "s").describe("P", "").execute("").sync().read(), client.ask("SELECT 1")]
            return [[m for m in answer if m[0] != "S"] for answer in answers]
        seen = []
        for port in (self.plain.port, self.small.port):
            with wire_client.connect(port) as client:
                seen.append(prepared(client))
        self.assertEqual(seen[1], seen[0])

    def test_roles_that_are_refused(self):
        for connected in (*self.shard_connections, self.truth):
            connected.cursor().execute("CREATE ROLE fenced")
        connection = harness.connect(self.small.port)
        self.addCleanup(connection.close)
        connection.cursor().execute("CREATE SCHEMA fenced")
        with wire_client.connect(self.small.port) as client:
            for sql in ("SET ROLE fenced", "SET SESSION AUTHORIZATION fenced", "SELECT set_config('role', 'fenced', false)",
                        "BEGIN; SET LOCAL SESSION AUTHORIZATION r1", "BEGIN; SET ROLE r1; SET SESSION AUTHORIZATION r2", "SET ROLE r1; BEGIN; RESET SESSION AUTHORIZATION"):
                self.assertEqual([m[1]["C"] for m in client.ask(sql) if m[0] == "E"], ["0A000"], sql)
                client.ask("ROLLBACK")
                client.ask("RESET ROLE")
            self.assertEqual(client.ask("SELECT current_user, session_user")[1], ("D", [b"postgres", b"postgres"]))
        for options in ("-c role=fenced", "-c session_authorization=r2"):
            client = wire_client.Client(self.small.port).start(user="postgres", database="app", options=options)
            self.assertEqual([(m[1]["C"], m[1]["S"]) for m in client.greeting if m[0] == "E"], [("0A000", "FATAL")])
            client.close()

    def test_session_authorization(self):
        self.follows("SET SESSION AUTHORIZATION r1", "SELECT current_user, session_user", "SELECT count(*) FROM items", "SET ROLE r1", "RESET SESSION AUTHORIZATION",
                     "SELECT current_user, session_user", "SET SESSION AUTHORIZATION 'r2'", "SELECT current_user, session_user", "SET SESSION AUTHORIZATION DEFAULT",
                     "SELECT current_user, session_user")

    def test_transactions(self):
        self.follows("BEGIN", "SET work_mem = '7MB'", "SHOW work_mem", "ROLLBACK", "SHOW work_mem", "BEGIN", "SET work_mem = '7MB'", "COMMIT", "SHOW work_mem",
                     "BEGIN", "SET LOCAL work_mem = '9MB'", "SHOW work_mem", "SELECT id FROM items WHERE id = 9", "COMMIT", "SHOW work_mem",
                     "BEGIN", "SAVEPOINT a", "SET work_mem = '5MB'", "ROLLBACK TO a", "SHOW work_mem", "SET TimeZone = 'Asia/Tokyo'", "RELEASE a", "COMMIT",
                     "SHOW TimeZone", "BEGIN", "RESET work_mem", "SELECT 1/0", "COMMIT", "SHOW work_mem", "BEGIN", "SET work_mem = '6MB'", "SET LOCAL work_mem = '5MB'",
                     "COMMIT", "SHOW work_mem", "BEGIN", "SET ROLE r1", "ROLLBACK", "SELECT current_user", "BEGIN", "SET LOCAL ROLE r1", "SELECT current_user", "COMMIT",
                     "SELECT current_user", "RESET ALL; SET work_mem = '3MB'; SELECT 1/0", "SHOW work_mem", "SET work_mem = '3MB'; SET TimeZone = 'Asia/Tokyo'", "SHOW work_mem")

    def test_startup_parameters(self):
        shows = ("SHOW search_path", "SHOW work_mem", "SHOW application_name", "SHOW TimeZone", "SET work_mem = '2MB'", "SHOW work_mem", "RESET work_mem", "SHOW work_mem",
                 "SET application_name = 'other'", "SHOW application_name", "RESET ALL", *["SHOW " + name for name in ("search_path", "work_mem", "application_name", "TimeZone")],
                 "SET TimeZone TO DEFAULT", "SHOW TimeZone", "DISCARD ALL", "SHOW work_mem", "SHOW TimeZone")
        self.follows(*shows, options="-c work_mem=7MB -c search_path=s1", application_name="first", TimeZone="Asia/Tokyo")
        self.follows(*shows, options="--work-mem=7MB -csearch_path=s1,\\ public", DateStyle="German")

    def test_every_shard_has_the_settings(self):
        # Rows come from all four servers, each saying what its session has.
        where = "current_setting('TimeZone'), current_setting('work_mem'), current_user FROM items WHERE id = {}"
        self.follows("SET TimeZone = 'Asia/Tokyo'", "SET work_mem = '7MB'", "SET ROLE r1", *[f"SELECT {where.format(key)}" for key in range(1, 13)],
                     "SET work_mem = '8MB'", "BEGIN", *[f"SELECT {where.format(key)}" for key in range(1, 9)], "SET LOCAL TimeZone = 'UTC'",
                     *[f"SELECT {where.format(key)}" for key in range(1, 13)], "COMMIT", *[f"SELECT {where.format(key)}" for key in range(1, 9)])

    def test_defaults_of_roles_and_databases(self):
        # ALTER ROLE … SET acts on new sessions; so it does here, at the latest when the pool's connections are new.
        for connection in (self.truth, *self.shard_connections):
            connection.cursor().execute("CREATE ROLE dressed LOGIN; ALTER ROLE dressed SET work_mem = '17MB'; ALTER ROLE dressed SET search_path = s2")
        def look(port):
            with wire_client.connect(port, user="dressed") as client:
                return [client.ask(sql) for sql in ("SHOW work_mem", "SELECT number FROM place", "SET work_mem = '1MB'", "RESET work_mem", "SHOW work_mem", "SHOW search_path")]
        self.assertEqual(look(self.small.port), look(self.plain.port))

    # ---- many clients
    def test_many_clients_over_few_connections(self):
        connections = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'")
        router = harness.Run(self.dev, default_pool_size=POOL, worker_threads=2)
        self.addCleanup(router.stop)
        others = [rows[0][0] for rows in self.on_shards(connections)]
        wrong, done, stop = [], [0] * CLIENTS, threading.Event()
        threads = [threading.Thread(target=self.live, args=(router.port, number, stop, wrong, done)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        most, end = 0, time.monotonic() + SECONDS
        while time.monotonic() < end and not wrong:
            counts = [rows[0][0] for rows in self.on_shards(connections)]
            most = max(most, *(count - other for count, other in zip(counts, others)))
            time.sleep(0.1)
        stop.set()
        for thread in threads:
            thread.join(timeout=60)
        self.assertEqual(wrong, [])
        self.assertLessEqual(most, POOL)
        self.assertGreater(min(done), 3, f"some client was hardly served: {done}")
        self.assertEqual(router.stop(), 0)

    def live(self, port, number, stop, wrong, done):
        """One client's life: it changes settings, and compares what servers say with what it has set."""
        chance = random.Random(number)
        try:
            with wire_client.connect(port, application_name=f"client {number}", TimeZone=ZONES[number % len(ZONES)]) as client:
                own = {"application_name": f"client {number}", "TimeZone": ZONES[number % len(ZONES)], "search_path": '"$user", public', "role": "none"}
                defaults = dict(own)
                while not stop.is_set():
                    name = chance.choice(list(own))
                    value = {"application_name": f"client {number} {chance.randrange(1000)}", "TimeZone": chance.choice(ZONES),
                             "search_path": f"s{chance.randrange(5)}, public", "role": f"r{chance.randrange(5)}"}[name]
                    quoted = value if name == "search_path" else f"'{value}'"
                    way = chance.randrange(6)
                    if way < 3:
                        self.quiet(client, f"SET {name} = {quoted}")
                        own[name] = value
                    elif way == 3:
                        self.quiet(client, f"RESET {name}")
                        own[name] = defaults[name]
                    elif way == 4:
                        self.quiet(client, "BEGIN", f"SET {name} = {quoted}", "ROLLBACK")
                    else:
                        self.quiet(client, "BEGIN", f"SET LOCAL {name} = {quoted}")
                        self.look(client, {**own, name: value}, number, chance, wrong)
                        self.quiet(client, "COMMIT")
                    self.look(client, own, number, chance, wrong)
                    done[number] += 1
        except Exception as error:  # a thread's failure is the test's
            wrong.append(f"client {number}: {error!r}")

    def quiet(self, client, *texts):
        for text in texts:
            errors = [m for m in client.ask(text) if m[0] == "E"]
            if errors:
                raise AssertionError(f"{text}: {errors}")

    def look(self, client, own, number, chance, wrong):
        names = list(own)
        shown = ", ".join(f"current_setting('{name}')" for name in names)
        source = chance.choice(["", f" FROM public.items WHERE id = {chance.randrange(1, 17)}"])
        expected = [own[name].encode() for name in names]
        sql = f"SELECT {shown}{source}"
        answer = client.run(sql).sync().read() if chance.randrange(2) else client.ask(sql)
        rows = [m[1] for m in answer if m[0] == "D"]
        if rows != [expected]:
            wrong.append(f"client {number}: {rows or answer} instead of {expected}")


if __name__ == "__main__":
    unittest.main()
