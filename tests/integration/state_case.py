"""Scenarios about what lives longer than a statement: each runs against plain PostgreSQL and through pgshoal over four
shards, whose server connections are shared; both must answer alike."""

import time

import harness
import wire_client


class StateCase(harness.RouterTestCase):
    MAP = harness.sharded_table("items", "id") + harness.reference_table("words")
    ROWS = 40

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for connection in (cls.router, cls.truth):
            cursor = connection.cursor()
            cursor.execute("CREATE TABLE items(id int PRIMARY KEY, name text, price int)")
            cursor.execute("CREATE TABLE words(id int PRIMARY KEY, w text)")
            cursor.execute("CREATE TABLE notes(id int PRIMARY KEY, body text)")
            cursor.execute("INSERT INTO words VALUES (1, 'one'), (2, 'two')")
            cursor.execute("INSERT INTO notes SELECT n, 'note ' || n FROM generate_series(1, 20) n")
            for number in range(1, cls.ROWS + 1):
                cursor.execute("INSERT INTO items VALUES (%s, %s, %s)", (number, f"item {number}", number * 7 % 11))
        by_shard = [[key for key in range(1, cls.ROWS + 1) if cls.shard_of(key) == shard] for shard in range(cls.SHARDS)]
        cls.home_key, cls.near, cls.far = by_shard[0][0], by_shard[1][0], by_shard[2][0]

    @classmethod
    def shard_of(cls, key):
        cursor = cls.truth.cursor()
        cursor.execute("SELECT ((hashint8extended(%s, 0) & %s) * %s / %s)::int",
                       (key, harness.SLOTS - 1, cls.SHARDS, harness.SLOTS))
        return cursor.fetchone()[0]

    def same(self, scenario):
        """Runs it on both with a function that connects; what it returns must be equal. Returns the router's."""
        expected, answer = [self.run_on(port, scenario) for port in (self.plain.port, self.dev.port)]
        self.assertEqual(answer, expected)
        return answer

    def run_on(self, port, scenario):
        clients = []

        def connect(**parameters):
            clients.append(wire_client.connect(port, **parameters))
            return clients[-1]
        try:
            return scenario(connect)
        finally:
            for client in clients:
                client.close()

    def same_texts(self, *texts):
        def scenario(connect):
            client = connect()
            return [(text, client.ask(text)) for text in texts]
        return self.same(scenario)

    def same_batches(self, *steps):
        """Steps of requests, each followed by Sync."""
        def scenario(connect):
            client, answers = connect(), []
            for step in steps:
                step(client)
                answers.append(client.sync().read())
            return answers
        return self.same(scenario)

    def pinned(self):
        """What clients have left on connections to the home shard."""
        return self.on_shards("SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'")[0][0][0] + \
            self.on_shards("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0][0][0]

    def assert_nothing_left(self):
        # A connection that its client has left with something on it is closed: the server takes a moment.
        for _ in range(200):
            if self.pinned() == 0:
                return
            time.sleep(0.05)
        self.assertEqual(self.pinned(), 0)
