#!/usr/bin/env python3
"""One router for several databases: some sharded, some on one server; each with its own tables, plans, pools and users."""

import pathlib
import signal
import threading
import time
import tomllib
import unittest

import psycopg2

import harness


def rows(connection, sql):
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor.fetchall()


class DatabasesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dev = harness.Dev(shards=2, map_text=harness.sharded_table("t", "id"))
        cls.dev.start()
        cls.addClassCleanup(cls.dev.stop)
        cls.server = cls.dev.map()["shard"][0]
        direct = cls.dev.connect_shards()[0]
        cls.addClassCleanup(direct.close)
        cls.direct = direct
        for sql in ("CREATE DATABASE one", "CREATE DATABASE two", "CREATE ROLE clerk LOGIN", "CREATE ROLE joe LOGIN"):
            direct.cursor().execute(sql)
        for name, columns in (("one", "id int, color text"), ("two", "id int, weight int, price int")):
            with cls.at_server(name) as connection:
                connection.autocommit = True
                connection.cursor().execute(f"CREATE TABLE t ({columns})")
                connection.cursor().execute(f"CREATE TABLE of_{name} (x int); "
                                            "GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC")
        cls.sections = {"one": {"host": cls.server["host"], "port": cls.server["port"]},
                        "zwei": {"host": cls.server["host"], "port": cls.server["port"], "dbname": "two"},
                        "forced": {"host": cls.server["host"], "port": cls.server["port"], "dbname": "one",
                                   "user": "clerk", "pool_size": 1}}
        cls.run_ = harness.Run(cls.dev, databases=cls.sections)
        cls.addClassCleanup(cls.run_.stop)

    @classmethod
    def at_server(cls, database):
        return psycopg2.connect(host=cls.server["host"], port=cls.server["port"], user=harness.USER, dbname=database)

    def connect(self, database, **options):
        connection = self.run_.connect(dbname=database, **options)
        self.addCleanup(connection.close)
        return connection

    def write_settings(self, sections):
        """The same settings file with other sections."""
        path = pathlib.Path(self.run_.root) / "pgshoal.toml"
        head = path.read_text().split("[databases.", 1)[0]
        path.write_text(head + harness._toml({"databases": sections}))

    def console(self):
        return self.connect("pgshoal")

    def test_each_has_its_own_tables(self):
        for database, name in (("one", "one"), ("zwei", "two")):
            connection = self.connect(database)
            self.assertEqual(rows(connection, "SELECT current_database()"), [(name,)])
            self.assertEqual(rows(connection, f"SELECT count(*) FROM of_{name}"), [(0,)])
        with self.assertRaises(psycopg2.errors.UndefinedTable):
            rows(self.connect("one"), "SELECT * FROM of_two")

    def test_the_same_text_means_another_thing(self):
        """Plans and prepared statements of one database are not used for another one's."""
        statement = "SELECT * FROM t WHERE id = 1"
        for _ in range(3):
            for database, columns in (("one", 2), ("zwei", 3), (harness.DATABASE, None)):
                connection = self.connect(database)
                cursor = connection.cursor()
                if columns is None:  # the sharded one, where nobody has created it
                    with self.assertRaises(psycopg2.errors.UndefinedTable):
                        cursor.execute(statement)
                    continue
                cursor.execute(statement)
                self.assertEqual(len(cursor.description), columns, database)
                cursor.execute("PREPARE p AS SELECT * FROM t")
                cursor.execute("EXECUTE p")
                self.assertEqual(len(cursor.description), columns, database)

    def test_ddl_is_seen_in_its_database_only(self):
        one, two = self.connect("one"), self.connect("zwei")
        one.cursor().execute("CREATE TABLE fresh (a int)")
        self.assertEqual(rows(one, "SELECT count(*) FROM fresh"), [(0,)])
        with self.assertRaises(psycopg2.errors.UndefinedTable):
            rows(two, "SELECT count(*) FROM fresh")
        one.cursor().execute("DROP TABLE fresh")

    def test_forced_user(self):
        connection = self.connect("forced", user="joe")
        self.assertEqual(rows(connection, "SELECT current_user"), [("clerk",)])

    def test_unknown_database(self):
        with self.assertRaisesRegex(psycopg2.OperationalError, 'database "three" does not exist'):
            self.connect("three")

    def test_console_tells_of_all(self):
        self.connect("one")
        console = self.console()
        cursor = console.cursor()
        cursor.execute("SHOW DATABASES")
        names = [column.name for column in cursor.description]
        of = {row[0]: dict(zip(names, row)) for row in cursor.fetchall()}
        self.assertLessEqual({"one", "zwei", "forced", harness.DATABASE, "pgshoal"}, set(of))
        self.assertEqual(of["zwei"]["database"], "two")
        self.assertEqual(of["forced"]["force_user"], "clerk")
        self.assertEqual(of["forced"]["pool_size"], 1)
        self.assertEqual(of[harness.DATABASE]["shards"], 2)
        cursor.execute("SHOW SHARDS")
        self.assertEqual(sorted(row[-1] for row in cursor.fetchall()),
                         sorted(["one", "zwei", "forced", harness.DATABASE, harness.DATABASE]))
        with self.assertRaises(psycopg2.Error):
            cursor.execute("PAUSE three")

    def test_any_other(self):
        router = harness.Run(self.dev, databases={**self.sections, "'*'": {**self.sections["one"], "pool_size": 3}})
        self.addCleanup(router.stop)
        console = router.connect(dbname="pgshoal")
        names = lambda: {row[0] for row in rows(console, "SHOW DATABASES")}
        self.assertNotIn("two", names())
        two = router.connect(dbname="two")
        self.assertEqual(rows(two, "SELECT current_database(), count(*) FROM of_two"), [("two", 0)])
        self.assertEqual(rows(router.connect(dbname="one"), "SELECT count(*) FROM of_one"), [(0,)])
        self.assertIn("two", names())
        size, = [row for row in rows(console, "SHOW POOLS") if row[0] == "two"]
        self.assertIn(3, size)
        with self.assertRaisesRegex(psycopg2.OperationalError, 'database "three" does not exist'):
            router.connect(dbname="three")
        self.assertNotIn("three", names())
        # What was made stays over a reload, for as long as the section is there.
        console.cursor().execute("RELOAD")
        self.assertEqual(rows(two, "SELECT count(*) FROM of_two"), [(0,)])
        self.assertIn("two", names())
        path = pathlib.Path(router.root) / "pgshoal.toml"
        path.write_text(path.read_text().split("[databases.'*']")[0])
        console.cursor().execute("RELOAD")
        self.assertNotIn("two", names())
        self.assertEqual(rows(two, "SELECT count(*) FROM of_two"), [(0,)])  # who is there is served
        with self.assertRaisesRegex(psycopg2.OperationalError, 'database "two" does not exist'):
            router.connect(dbname="two")

    def test_nothing_but_any_other(self):
        router = harness.Run(self.dev, map_file="", databases={"'*'": self.sections["one"]})
        self.addCleanup(router.stop)
        for name in ("one", "two", "postgres"):
            self.assertEqual(rows(router.connect(dbname=name), "SELECT current_database()"), [(name,)])

    def test_minimum_of_a_forced_user_needs_no_client(self):
        sections = {"filled": {**self.sections["forced"], "min_pool_size": 2, "pool_size": 5}}
        router = harness.Run(self.dev, databases=sections)
        self.addCleanup(router.stop)
        console = router.connect(dbname="pgshoal")
        end = time.monotonic() + 60
        while True:
            servers = [row for row in rows(console, "SHOW SERVERS") if row[1:3] == ("clerk", "filled")]
            if len(servers) == 2:
                break
            self.assertLess(time.monotonic(), end, servers)
            time.sleep(0.05)
        # And of one that a reload brings.
        path = pathlib.Path(router.root) / "pgshoal.toml"
        path.write_text(path.read_text().replace("[databases.filled]", "[databases.later]"))
        console.cursor().execute("RELOAD")
        while not [row for row in rows(console, "SHOW SERVERS") if row[1:3] == ("clerk", "later")]:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def test_connections_of_a_user_make_room_in_other_databases(self):
        names = ("a", "b", "c")
        router = harness.Run(self.dev, databases={name: {**self.sections["one"], "dbname": "one"} for name in names},
                             users={harness.USER: {"max_user_connections": 2}})
        self.addCleanup(router.stop)
        for name in names * 3:  # the idle connections of the others go, and nobody waits for ever
            connection = router.connect(dbname=name)
            self.assertEqual(rows(connection, "SELECT current_database()"), [("one",)])
            connection.close()
        console = router.connect(dbname="pgshoal")
        servers = [row for row in rows(console, "SHOW SERVERS") if row[2] in names]
        self.assertLessEqual(len(servers), 2)

    def test_maps_of_all(self):
        console = self.console()
        self.assertEqual(rows(console, "SHOW MAP one"), [])
        self.assertIn("t", [row[1] for row in rows(console, f"SHOW MAP {harness.DATABASE}")])
        self.assertEqual(tomllib.loads(rows(console, "SHOW MAP zwei TOML")[0][0])["shard"][0]["dbname"], "two")
        self.assertEqual(rows(console, f"SHOW MAP {harness.DATABASE} TOML"), rows(console, "SHOW MAP TOML"))
        for wrong in ("SHOW MAP three", "SHOW MAP one two", "SHOW MAP three TOML"):
            with self.assertRaises(psycopg2.Error):
                rows(console, wrong)

    def test_descriptors_of_all(self):
        holder = self.connect("zwei")
        holder.autocommit = False
        rows(holder, "SELECT 1")
        names = ["fd", "task", "user", "database", "addr", "port", "cancel", "link"]
        fds = [dict(zip(names, row)) for row in rows(self.console(), "SHOW FDS")]
        server, = [fd for fd in fds if fd["task"] == "server" and fd["database"] == "zwei" and fd["link"] != 0]
        client, = [fd for fd in fds if fd["fd"] == server["link"]]
        self.assertEqual((client["task"], client["database"], client["link"]), ("client", "zwei", server["fd"]))
        self.assertEqual(server["addr"], "unix")

    def test_one_is_paused(self):
        console = self.console().cursor()
        console.execute("PAUSE one")
        try:
            self.assertEqual(rows(self.connect("zwei"), "SELECT 1"), [(1,)])
            waiting = self.connect("zwei")  # a client of the other one, while somebody waits
            answered = threading.Event()

            def ask():
                rows(self.connect("one"), "SELECT 1")
                answered.set()

            thread = threading.Thread(target=ask)
            thread.start()
            self.assertEqual(rows(waiting, "SELECT 2"), [(2,)])
            self.assertFalse(answered.is_set())
        finally:
            console.execute("RESUME one")
        thread.join(timeout=60)
        self.assertTrue(answered.is_set())

    def test_a_server_that_is_not_there(self):
        """Others are served all the same, and it is when it comes."""
        port = harness.free_port()
        run = harness.Run(self.dev, databases={**self.sections, "away": {"port": port}})
        self.addCleanup(run.stop)
        with self.assertRaises(psycopg2.OperationalError):
            run.connect(dbname="away")
        connection = run.connect(dbname="one")
        self.addCleanup(connection.close)
        self.assertEqual(rows(connection, "SELECT 1"), [(1,)])

    def test_databases_come_and_go_with_reload(self):
        stays = self.connect("one")
        self.write_settings({"zwei": self.sections["zwei"], "forced": self.sections["forced"],
                             "drei": {**self.sections["zwei"]}})
        console = self.console().cursor()
        console.execute("RELOAD")
        try:
            self.assertEqual(rows(self.connect("drei"), "SELECT current_database()"), [("two",)])
            with self.assertRaisesRegex(psycopg2.OperationalError, 'database "one" does not exist'):
                self.connect("one")
            self.assertEqual(rows(stays, "SELECT current_database()"), [("one",)])
            # Another place of the same name.
            self.write_settings({**self.sections, "drei": {**self.sections["one"], "dbname": "one"}})
            console.execute("RELOAD")
            self.assertEqual(rows(self.connect("drei"), "SELECT current_database(), count(*) FROM of_one"), [("one", 0)])
        finally:
            self.write_settings(self.sections)
            console.execute("RELOAD")

    def test_mistakes(self):
        for sections, message in (
            ({"one": {"map_file": "map.toml", "host": "x"}}, "exclude each other"),
            ({harness.DATABASE: {"host": "127.0.0.1"}}, "map_file says already"),
            ({"pgshoal": {"host": "127.0.0.1"}}, "the name is the console's"),
            ({"one": {"map_file": "nowhere.toml"}}, "nowhere.toml"),
        ):
            with self.assertRaises(AssertionError) as caught:
                harness.Run(self.dev, databases=sections)
            self.assertIn(message, str(caught.exception))
            self.write_settings(sections)
            with self.assertRaises(psycopg2.Error) as refused:
                self.console().cursor().execute("RELOAD")
            self.assertIn(message, str(refused.exception))
            self.write_settings(self.sections)
        self.assertEqual(rows(self.connect("one"), "SELECT 1"), [(1,)])

    def test_a_map_for_each(self):
        """Two sharded databases, and none that is the main one."""
        text = (self.dev.directory / "map.toml").read_text()
        run = harness.Run(self.dev, map_file="", databases={"first": {"map_file": "map.toml"},
                                                            "second": {"map_file": "map.toml"}})
        self.addCleanup(run.stop)
        self.assertIn("shard", text)
        for name in ("first", "second"):
            connection = run.connect(dbname=name)
            self.addCleanup(connection.close)
            self.assertEqual(rows(connection, "SELECT current_database()"), [(harness.DATABASE,)])


if __name__ == "__main__":
    unittest.main()
