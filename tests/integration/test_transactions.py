#!/usr/bin/env python3
"""Transaction blocks over several shards: who joins when, what commits and what does not, and what settings do."""

import threading
import time
import unittest

import harness
import query_client

MAP = harness.column_rule("k") + harness.reference_table("words") + harness.sharded_table("pairs", "a", "b") + "group = 'pairs'\n"
KEYS = range(1, 41)


class TransactionCase(harness.RouterTestCase):
    MAP = MAP
    ARGUMENTS = ("--postgres-set", "fsync=off")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wire = query_client.Client("127.0.0.1", cls.dev.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.wire.close)
        cls.plain_wire = query_client.Client("127.0.0.1", cls.plain.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.plain_wire.close)
        for sql in ("CREATE TABLE t(k int PRIMARY KEY, v text, n int)", "CREATE TABLE words(id int PRIMARY KEY, w text)",
                    "CREATE TABLE pairs(a int, b int, v text)", "CREATE TABLE home(id int PRIMARY KEY, v text)"):
            for client in (cls.wire, cls.plain_wire):
                answer = client.one(sql)
                if answer.error:
                    raise AssertionError(f"{sql}: {answer}")
        cls.shard_of = {}

    def setUp(self):
        for sql in ("TRUNCATE t, words, pairs, home",):
            self.same(sql)
        for key in KEYS:
            self.same(f"INSERT INTO t VALUES ({key}, 'old', {key})")
        if not self.shard_of:
            for shard, rows in enumerate(self.on_shards("SELECT k FROM t")):
                for (key,) in rows:
                    self.shard_of[key] = shard
            self.assertEqual(sorted(set(self.shard_of.values())), [0, 1, 2, 3])
        # Two keys of one shard, and one of each other shard.
        first = [k for k in KEYS if self.shard_of[k] == 1]
        self.a, self.a2 = first[0], first[1]
        self.b = next(k for k in KEYS if self.shard_of[k] == 2)
        self.c = next(k for k in KEYS if self.shard_of[k] == 3)
        self.home_key = next(k for k in KEYS if self.shard_of[k] == 0)

    def tearDown(self):
        for client in (self.wire, self.plain_wire):
            if client.status != "I":
                client.one("ROLLBACK")
            client.one("RESET ALL")
            client.notices.clear()

    # ---- helpers

    def view(self, answer):
        if answer.error is not None:
            return {k: v for k, v in answer.error.items() if k not in "FLR"}
        return answer.tag, sorted(answer.rows, key=repr), answer.columns and [c.name for c in answer.columns]

    def same(self, sql):
        """Runs a script in one message on both sides: the same answers, notices and transaction status."""
        self.wire.notices.clear()
        self.plain_wire.notices.clear()
        answers, expected = self.wire.simple(sql), self.plain_wire.simple(sql)
        self.assertEqual([self.view(a) for a in answers], [self.view(a) for a in expected], sql)
        self.assertEqual(self.wire.status, self.plain_wire.status, sql)
        self.assertEqual([(n["C"], n["M"]) for n in self.wire.notices],
                         [(n["C"], n["M"]) for n in self.plain_wire.notices], sql)
        return answers

    def same_extended(self, sql, *values):
        parameters = [query_client.Parameter(0, None if v is None else str(v).encode()) for v in values]
        answer, expected = self.wire.extended(sql, parameters), self.plain_wire.extended(sql, parameters)
        self.assertEqual(self.view(answer), self.view(expected), sql)
        self.assertEqual(self.wire.status, self.plain_wire.status, sql)
        return answer

    def refused(self, sql, state="0A000"):
        answer = self.wire.one(sql)
        self.assertEqual((answer.error or {}).get("C"), state, f"{sql}: {answer}")
        if state == "0A000":
            self.assertTrue(answer.error.get("H"), sql)
        return answer

    def same_contents(self):
        for table in ("t", "words", "pairs", "home"):
            self.same(f"SELECT * FROM {table}")

    def in_transaction(self):
        """Which shards have a transaction open for a client."""
        rows = self.on_shards("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                              "AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()")
        return {shard for shard, ((count,),) in enumerate(rows) if count > 0}

    def assert_nothing_left(self):
        self.assertEqual(self.in_transaction(), set())
        self.assertEqual(self.on_shards("SELECT gid FROM pg_prepared_xacts"), [[]] * 4)

    def value(self, key):
        return self.wire.one(f"SELECT v FROM t WHERE k = {key}").rows[0][0].decode()


class BlockTests:
    def test_begin_alone_reaches_no_shard(self):
        before = self.statements_run()
        for begin in ("BEGIN", "START TRANSACTION", "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
                      "BEGIN TRANSACTION READ WRITE"):
            self.same(begin)
            self.same("SAVEPOINT s")
            self.same("RELEASE s")
            self.same("COMMIT")
            self.same(begin)
            self.same("ROLLBACK")
        self.assertEqual(self.statements_run(), before)

    def test_a_shard_joins_when_it_is_needed(self):
        self.same("BEGIN")
        self.assertEqual(self.in_transaction(), set())
        self.same(f"SELECT * FROM t WHERE k = {self.a}")
        self.assertEqual(self.in_transaction(), {1})
        self.same(f"SELECT * FROM t WHERE k = {self.b}")
        self.assertEqual(self.in_transaction(), {1, 2})
        self.same("SELECT count(*) FROM t")
        self.assertEqual(self.in_transaction(), {0, 1, 2, 3})
        self.same("COMMIT")
        self.assert_nothing_left()

    def test_one_shard_commits(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'new' WHERE k = {self.a}")
        self.same(f"INSERT INTO t VALUES ({self.a2}, 'x') ON CONFLICT (k) DO UPDATE SET v = 'upsert'")
        self.same(f"SELECT * FROM t WHERE k IN ({self.a}, {self.a2})")
        other = self.dev.connect()
        self.assertEqual(harness.Answer(other, f"SELECT v FROM t WHERE k = {self.a}").rows, [("old",)])
        self.same("COMMIT")
        self.assertEqual(harness.Answer(other, f"SELECT v FROM t WHERE k = {self.a}").rows, [("new",)])
        other.close()
        self.same_contents()
        self.assert_nothing_left()

    def test_one_shard_rolls_back(self):
        for end in ("ROLLBACK", "ABORT", "ROLLBACK WORK"):
            self.same("BEGIN")
            self.same(f"DELETE FROM t WHERE k = {self.a}")
            self.same(f"SELECT count(*) FROM t")
            self.same(end)
            self.same_contents()
        self.assert_nothing_left()

    def test_a_block_in_the_extended_protocol(self):
        self.same_extended("BEGIN")
        self.same_extended("UPDATE t SET v = $1 WHERE k = $2", "mine", self.a)
        self.same_extended("SELECT v FROM t WHERE k = $1", self.a)
        self.same_extended("SELECT v FROM t WHERE k = $1", self.b)
        self.same_extended("ROLLBACK")
        self.same_extended("SELECT v FROM t WHERE k = $1", self.a)
        self.same_extended("BEGIN")
        self.same_extended("UPDATE t SET v = $1 WHERE k = $2", "mine", self.a)
        self.same_extended("COMMIT")
        self.same_contents()

    def test_reads_on_several_shards_see_the_own_write(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET n = 1000 WHERE k = {self.a}")
        self.same("SELECT sum(n), count(*) FROM t")
        self.same("SELECT k, n FROM t ORDER BY n DESC, k LIMIT 3")
        self.same(f"SELECT n FROM t WHERE k = {self.b}")
        self.same("COMMIT")
        self.same("SELECT sum(n) FROM t")

    def test_write_on_a_second_shard_is_refused(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'first' WHERE k = {self.a}")
        before = self.on_shards("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        self.refused(f"UPDATE t SET v = 'second' WHERE k = {self.b}")
        self.assertEqual(self.wire.status, "E")
        self.assertNotIn(2, self.in_transaction())
        self.assertEqual(self.wire.one("SELECT 1").error["C"], "25P02")
        self.assertEqual(self.wire.one("COMMIT").tag, "ROLLBACK")
        self.plain_wire.one("ROLLBACK")
        self.assertEqual(self.wire.status, "I")
        self.same_contents()
        self.assert_nothing_left()
        self.assertIsNotNone(before)

    def test_write_on_a_second_shard_in_the_extended_protocol(self):
        self.wire.one("BEGIN")
        parameter = query_client.Parameter
        self.assertEqual(self.wire.extended("UPDATE t SET v = 'x' WHERE k = $1",
                                            [parameter(0, str(self.a).encode())]).tag, "UPDATE 1")
        answer = self.wire.extended("UPDATE t SET v = 'x' WHERE k = $1", [parameter(0, str(self.b).encode())])
        self.assertEqual(answer.error["C"], "0A000")
        self.assertEqual(self.wire.status, "E")
        self.wire.one("ROLLBACK")
        self.same_contents()

    def test_refusal_in_a_savepoint_can_be_undone(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'first' WHERE k = {self.a}")
        self.same("SAVEPOINT s")
        self.wire.one("UPDATE t SET v = 'all'")
        self.assertEqual(self.wire.status, "E")
        self.plain_wire.one("SELECT 1 / 0")
        self.same("ROLLBACK TO s")
        self.same(f"SELECT * FROM t WHERE k = {self.a}")
        self.same("COMMIT")
        self.same_contents()

    def test_sharded_and_home_writes(self):
        """The home shard is a shard like any other."""
        self.same("BEGIN")
        self.same("INSERT INTO home VALUES (1, 'x')")
        self.same(f"UPDATE t SET v = 'with home' WHERE k = {self.home_key}")
        self.same("COMMIT")
        self.same_contents()
        self.same("BEGIN")
        self.same("INSERT INTO home VALUES (2, 'x')")
        self.refused(f"UPDATE t SET v = 'x' WHERE k = {self.a}")
        self.wire.one("ROLLBACK")
        self.plain_wire.one("ROLLBACK")
        self.same_contents()

    def test_reference_write_in_a_block(self):
        self.same("BEGIN")
        self.same("INSERT INTO words VALUES (1, 'one')")
        self.same("SELECT * FROM words")
        self.same("ROLLBACK")
        self.same_contents()
        self.same("BEGIN")
        self.same("INSERT INTO words VALUES (1, 'one')")
        self.same("COMMIT")
        self.same_contents()
        self.assertEqual(self.on_shards("SELECT * FROM words"), [[(1, "one")]] * 4)
        self.assert_nothing_left()

    def test_reference_write_fails_on_one_shard(self):
        """A copy that differs (it must not) makes the write fail everywhere."""
        harness.Answer(self.shard_connections[3], "INSERT INTO words VALUES (7, 'seven')")
        answer = self.wire.one("INSERT INTO words VALUES (7, 'seven')")
        self.assertEqual(answer.error["C"], "23505")
        self.assertEqual(self.on_shards("SELECT id FROM words"), [[], [], [], [(7,)]])
        self.assert_nothing_left()
        harness.Answer(self.shard_connections[3], "DELETE FROM words")

    def test_failed_block(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'lost' WHERE k = {self.a}")
        self.same(f"INSERT INTO t VALUES ({self.a}, 'twice')")
        self.same("SELECT 1")
        self.same(f"SELECT * FROM t WHERE k = {self.b}")
        self.same("SELECT count(*) FROM t")
        self.same("SAVEPOINT s")
        self.same("SET search_path = public")
        self.same("SELEC")
        self.same_extended("SELECT 1")
        self.same("COMMIT")
        self.same_contents()
        self.assert_nothing_left()

    def test_errors_of_every_kind_fail_the_block(self):
        for error in ("SELEC 1", "SELECT 1/0", "SELECT * FROM nowhere", f"SELECT 1/0 FROM t WHERE k = {self.b}",
                      "SELECT 1/(n-5) FROM t", "SET nothing = 1", "ROLLBACK TO nowhere",
                      "RELEASE nowhere", "EXECUTE nowhere", "SELECT * FROM t WHERE k = 'x'", "DEALLOCATE nowhere"):
            with self.subTest(error):
                self.same("BEGIN")
                self.same(f"UPDATE t SET v = 'lost' WHERE k = {self.a}")
                self.same(error)
                self.assertEqual(self.wire.status, "E")
                self.same("SELECT 1")
                self.same("END")
                self.same(f"SELECT * FROM t WHERE k = {self.a}")
        self.assert_nothing_left()

    def test_unknown_function_after_a_write(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'lost' WHERE k = {self.a}")
        self.same("SELECT no_function()")

    def test_notify_and_locks_beside_a_write(self):
        listener = self.shard_connections[0].cursor()
        listener.execute("LISTEN news")
        for end in ("ROLLBACK", "COMMIT"):
            self.same("BEGIN")
            self.same("SELECT pg_advisory_xact_lock(17)")
            self.same(f"UPDATE t SET v = 'told' WHERE k = {self.a}")
            self.same("NOTIFY news, 'first'")
            self.same("SELECT pg_notify('news', 'second'), pg_try_advisory_xact_lock(18)")
            self.same(f"SELECT v FROM t WHERE k = {self.a}")
            listener.execute("SELECT pg_try_advisory_lock(17)")
            self.assertEqual(listener.fetchall(), [(False,)])
            self.same(end)
            self.same(f"SELECT v FROM t WHERE k = {self.a}")
        listener.execute("SELECT pg_try_advisory_lock(17), pg_advisory_unlock(17)")
        self.assertEqual(listener.fetchall(), [(True, True)])
        self.assertEqual([n.payload for n in self.shard_connections[0].notifies], ["first", "second"])
        listener.execute("UNLISTEN news")
        self.assert_nothing_left()

    def test_concurrent_index_in_a_block(self):
        for sql in ("CREATE INDEX CONCURRENTLY t_v ON t(v)", "DROP INDEX CONCURRENTLY t_pkey"):
            self.same("BEGIN")
            self.same(sql)
            self.same("ROLLBACK")

    def test_out_of_a_block(self):
        for sql in ("COMMIT", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s", "SET LOCAL work_mem = '5MB'",
                    "SET TRANSACTION READ ONLY", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "END", "ABORT"):
            with self.subTest(sql):
                self.same(sql)
        self.same("BEGIN")
        self.same("BEGIN")
        self.same("COMMIT")

    def test_chain(self):
        self.same("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self.same(f"UPDATE t SET v = 'one' WHERE k = {self.a}")
        self.same("COMMIT AND CHAIN")
        self.same("SHOW transaction_isolation")
        self.same(f"UPDATE t SET v = 'two' WHERE k = {self.b}")
        self.same("ROLLBACK AND CHAIN")
        self.same(f"SELECT v FROM t WHERE k IN ({self.a})")
        self.same("COMMIT")
        self.same_contents()

    def test_read_only(self):
        self.same("BEGIN READ ONLY")
        self.same(f"SELECT v FROM t WHERE k = {self.a}")
        self.same(f"UPDATE t SET v = 'x' WHERE k = {self.b}")
        self.same("ROLLBACK")
        self.same("BEGIN")
        self.same("SET TRANSACTION READ ONLY")
        self.same(f"UPDATE t SET v = 'x' WHERE k = {self.b}")
        self.same("COMMIT")
        self.same("SET default_transaction_read_only = on")
        self.same(f"UPDATE t SET v = 'x' WHERE k = {self.b}")
        self.same("RESET default_transaction_read_only")
        self.same_contents()

    def test_isolation_reaches_shards_that_join_later(self):
        self.same("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self.same(f"SELECT current_setting('transaction_isolation') FROM t WHERE k = {self.a}")
        self.same(f"SELECT current_setting('transaction_isolation') FROM t WHERE k = {self.b}")
        self.same("SHOW transaction_isolation")
        self.same("COMMIT")
        self.same("BEGIN")
        self.same("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        self.same(f"SELECT current_setting('transaction_isolation') FROM t WHERE k = {self.c}")
        self.same("COMMIT")
        self.same(f"SELECT current_setting('transaction_isolation') FROM t WHERE k = {self.c}")

    def test_modes_of_a_begin_inside_a_block(self):
        self.same("BEGIN")
        self.same("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self.same(f"SELECT current_setting('transaction_isolation') FROM t WHERE k = {self.a}")
        self.same("START TRANSACTION READ ONLY")
        self.same(f"SELECT current_setting('transaction_read_only') FROM t WHERE k = {self.b}")
        self.same(f"UPDATE t SET v = 'x' WHERE k = {self.b}")
        self.same("ROLLBACK")
        self.same("BEGIN")
        self.same(f"SELECT v FROM t WHERE k = {self.a}")
        self.same("BEGIN ISOLATION LEVEL REPEATABLE READ")
        self.same("ROLLBACK")
        self.same(f"SELECT v FROM t WHERE k = {self.a}; BEGIN READ ONLY; UPDATE t SET v = 'x' WHERE k = {self.a}")
        self.same("ROLLBACK")
        self.same_contents()

    def test_chain_keeps_what_set_transaction_said(self):
        self.same("BEGIN")
        self.same("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self.same("SET LOCAL timezone = 'Asia/Tokyo'")
        self.same(f"UPDATE t SET v = 'one' WHERE k = {self.a}")
        self.same("COMMIT AND CHAIN")
        self.same(f"SELECT current_setting('transaction_isolation') FROM t WHERE k = {self.b}")
        self.same("SHOW timezone")
        self.same("ROLLBACK AND CHAIN")
        self.same("SHOW transaction_isolation")
        self.same("COMMIT")
        self.same("SHOW transaction_isolation")

    def test_serializable_stays_on_one_shard(self):
        for opening in (["BEGIN ISOLATION LEVEL SERIALIZABLE"], ["BEGIN", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"],
                        ["BEGIN", "BEGIN ISOLATION LEVEL SERIALIZABLE"],
                        ["SET default_transaction_isolation = serializable", "BEGIN"]):
            for sql in opening:
                self.same(sql)
            self.same(f"SELECT v FROM t WHERE k = {self.a}")
            self.same("COMMIT AND CHAIN")
            self.same(f"SELECT v FROM t WHERE k = {self.b}")
            self.refused(f"SELECT v FROM t WHERE k = {self.a}")
            self.plain_wire.one("SELECT 1/0")
            self.same("ROLLBACK")

    def test_client_that_leaves_rolls_back(self):
        client = query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER)
        client.one("BEGIN")
        client.one(f"UPDATE t SET v = 'gone' WHERE k = {self.a}")
        client.one("SELECT count(*) FROM t")
        client.socket.close()
        end = time.monotonic() + 10
        while self.in_transaction() and time.monotonic() < end:
            time.sleep(0.02)
        self.assert_nothing_left()
        self.same_contents()

    def test_locks_are_kept_to_the_end(self):
        other = query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER)
        self.wire.one("BEGIN")
        self.wire.one(f"SELECT * FROM t WHERE k = {self.a} FOR UPDATE")
        answer = other.one(f"SELECT * FROM t WHERE k = {self.a} FOR UPDATE NOWAIT")
        self.assertEqual(answer.error["C"], "55P03")
        self.wire.one("COMMIT")
        self.assertEqual(other.one(f"SELECT k FROM t WHERE k = {self.a} FOR UPDATE NOWAIT").tag, "SELECT 1")
        other.close()


class SavepointTests:
    def test_rollback_to(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'one' WHERE k = {self.a}")
        self.same("SAVEPOINT s")
        self.same(f"UPDATE t SET v = 'two' WHERE k = {self.a}")
        self.same("ROLLBACK TO SAVEPOINT s")
        self.same(f"SELECT * FROM t WHERE k = {self.a}")
        self.same(f"UPDATE t SET n = 5 WHERE k = {self.a}")
        self.same("ROLLBACK TO s")
        self.same("COMMIT")
        self.same_contents()

    def test_nested(self):
        self.same("BEGIN")
        for depth in range(4):
            self.same(f"SAVEPOINT s{depth}")
            self.same(f"UPDATE t SET n = n + {10 ** depth} WHERE k = {self.a}")
        self.same("RELEASE s3")
        self.same("ROLLBACK TO s2")
        self.same(f"SELECT n FROM t WHERE k = {self.a}")
        self.same("RELEASE SAVEPOINT s1")
        self.same("COMMIT")
        self.same_contents()

    def test_released_is_gone(self):
        self.same("BEGIN")
        self.same("SAVEPOINT a")
        self.same("SAVEPOINT b")
        self.same("RELEASE a")
        self.same("ROLLBACK TO b")
        self.same("COMMIT")

    def test_same_name_twice(self):
        self.same("BEGIN")
        self.same("SAVEPOINT s")
        self.same(f"UPDATE t SET n = 1 WHERE k = {self.a}")
        self.same("SAVEPOINT s")
        self.same(f"UPDATE t SET n = 2 WHERE k = {self.a}")
        self.same("ROLLBACK TO s")
        self.same(f"SELECT n FROM t WHERE k = {self.a}")
        self.same("RELEASE s")
        self.same("ROLLBACK TO s")
        self.same(f"SELECT n FROM t WHERE k = {self.a}")
        self.same("COMMIT")
        self.same_contents()

    def test_names_are_identifiers(self):
        self.same("BEGIN")
        self.same('SAVEPOINT "Big Name"')
        self.same("SAVEPOINT Folded")
        self.same('ROLLBACK TO "Big Name"')
        self.same("SAVEPOINT folded")
        self.same("ROLLBACK TO FOLDED")
        self.same('ROLLBACK TO "FOLDED"')
        self.same("ROLLBACK")

    def test_a_second_shard_joins_inside(self):
        """It must know the savepoints that were made before it came."""
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'one' WHERE k = {self.a}")
        self.same("SAVEPOINT s")
        self.same(f"SELECT * FROM t WHERE k = {self.b}")
        self.same("SAVEPOINT inner_one")
        self.same(f"SELECT * FROM t WHERE k = {self.c}")
        self.same("SELECT 1 / 0 FROM t WHERE k = " + str(self.c))
        self.same("ROLLBACK TO s")
        self.same("SELECT count(*) FROM t WHERE v = 'one'")
        self.same("RELEASE s")
        self.same("COMMIT")
        self.same_contents()
        self.assert_nothing_left()

    def test_error_on_one_shard_and_rollback_to(self):
        self.same("BEGIN")
        self.same(f"UPDATE t SET v = 'kept' WHERE k = {self.a}")
        self.same("SELECT count(*) FROM t")
        self.same("SAVEPOINT s")
        self.same("SELECT 1/(n-5) FROM t")
        self.same("ROLLBACK TO s")
        self.same("SELECT count(*), sum(n) FROM t")
        self.same(f"UPDATE t SET n = 0 WHERE k = {self.a}")
        self.same("COMMIT")
        self.same_contents()

    def test_first_write_undone_frees_the_choice(self):
        """Writes of one shard only, although the first was tried on another and undone; or a refusal, never both."""
        self.same("BEGIN")
        self.same("SAVEPOINT s")
        self.same(f"UPDATE t SET v = 'undone' WHERE k = {self.a}")
        self.same("ROLLBACK TO s")
        answer = self.wire.one(f"UPDATE t SET v = 'done' WHERE k = {self.b}")
        if answer.error is None:
            self.assertEqual(self.wire.one("COMMIT").tag, "COMMIT")
            self.plain_wire.simple(f"UPDATE t SET v = 'done' WHERE k = {self.b}; COMMIT")
        else:
            self.assertEqual(answer.error["C"], "0A000")
            self.assertEqual(self.wire.one("COMMIT").tag, "ROLLBACK")
            self.plain_wire.one("ROLLBACK")
        self.same_contents()
        self.assert_nothing_left()


class ScriptTests:
    """Several statements in one message are one transaction."""

    def test_reads(self):
        self.same("SELECT 1; SELECT 2; SELECT count(*) FROM t")
        self.same(f"SELECT v FROM t WHERE k = {self.a}; SELECT v FROM t WHERE k = {self.b};")
        self.same(";;")
        self.same("")
        self.same("SELECT 1;;SELECT 2;")
        self.same("-- nothing but a comment")

    def test_one_shard(self):
        self.same(f"UPDATE t SET v = 'a' WHERE k = {self.a}; UPDATE t SET v = 'b' WHERE k = {self.a2}")
        self.same_contents()

    def test_error_undoes_what_came_before(self):
        self.same(f"UPDATE t SET v = 'lost' WHERE k = {self.a}; SELECT 1/0; SELECT 2")
        self.same_contents()
        self.same(f"INSERT INTO t VALUES (1000, 'lost'); INSERT INTO t VALUES (1000, 'twice')")
        self.same_contents()
        self.same(f"UPDATE t SET v = 'lost' WHERE k = {self.a}; SELEC 1")
        self.same_contents()
        self.assert_nothing_left()

    def test_error_position_counts_from_the_script(self):
        self.same("SELECT 1; SELECT * FROM nowhere")
        self.same(f"SELECT 1; SELECT v FROM t WHERE k = {self.a}; SELECT nothing FROM t WHERE k = {self.b}")
        self.same("SELECT 'é'; SELECT nothing FROM t")
        self.same("SELECT 'é'; SELECT 1 FROM t WHERE k = 'x'")

    def test_several_shards_written(self):
        answers = self.wire.simple(f"UPDATE t SET v = 'x' WHERE k = {self.a}; UPDATE t SET v = 'x' WHERE k = {self.b}")
        self.assertEqual(answers[-1].error["C"], "0A000")
        self.assertEqual(self.wire.status, "I")
        self.same_contents()
        self.assert_nothing_left()

    def test_transaction_statements_inside(self):
        self.same(f"BEGIN; UPDATE t SET v = 'a' WHERE k = {self.a}; COMMIT; SELECT v FROM t WHERE k = {self.a}")
        self.same(f"UPDATE t SET v = 'b' WHERE k = {self.a}; COMMIT; SELECT 1/0")
        self.same_contents()
        self.same(f"UPDATE t SET v = 'c' WHERE k = {self.a}; ROLLBACK; SELECT v FROM t WHERE k = {self.a}")
        self.same_contents()
        self.same(f"BEGIN; UPDATE t SET v = 'd' WHERE k = {self.a}")
        self.same(f"SELECT v FROM t WHERE k = {self.a}; SELECT 1/0")
        self.same("ROLLBACK; SELECT 1")
        self.same_contents()
        self.same(f"UPDATE t SET v = 'e' WHERE k = {self.a}; BEGIN; SELECT 1")
        self.same("COMMIT")
        self.same_contents()
        self.same(f"SELECT 1; SAVEPOINT s; UPDATE t SET v = 'f' WHERE k = {self.a}")
        self.same_contents()

    def test_pipeline_is_one_transaction_up_to_sync(self):
        parse, bind, message = query_client.parse, query_client.bind, query_client.message
        run = message(b"D", b"P\0") + message(b"E", b"\0\0\0\0\0")
        parts = [parse(b"", f"UPDATE t SET v = 'lost' WHERE k = {self.a}"), bind(b"", b""), run,
                 parse(b"", "SELECT 1/0"), bind(b"", b""), run, parse(b"", "SELECT 3"), bind(b"", b""), run,
                 message(b"S")]
        views = []
        for client in (self.wire, self.plain_wire):
            client.send(*parts)
            views.append([self.view(a) for a in client.collect()])
        self.assertEqual(*views)
        self.same_contents()
        self.assert_nothing_left()


class SchemaChangeTests:
    def on_how_many(self, relation):
        return sum(rows[0][0] for rows in self.on_shards("SELECT count(*) FROM pg_class WHERE relname = %s",
                                                         (relation,)))

    def test_all_shards(self):
        self.same("CREATE TABLE made(k int PRIMARY KEY, v text)")
        self.assertEqual(self.on_how_many("made"), 4)
        self.same("CREATE INDEX made_v ON made(v)")
        self.assertEqual(self.on_how_many("made_v"), 4)
        self.same("DROP TABLE made")
        self.assertEqual(self.on_how_many("made"), 0)
        self.assert_nothing_left()

    def test_none_when_one_fails(self):
        for shard in range(4):
            connection = self.shard_connections[shard]
            harness.Answer(connection, "CREATE TABLE in_the_way(x int)")
            answer = self.wire.one("CREATE TABLE in_the_way(k int PRIMARY KEY)")
            self.assertEqual((answer.error or {}).get("C"), "42P07", f"shard {shard}: {answer}")
            self.assertEqual(self.on_how_many("in_the_way"), 1)
            self.assert_nothing_left()
            harness.Answer(connection, "DROP TABLE in_the_way")
        # Rows of one shard stand against it.
        self.same(f"UPDATE t SET n = NULL WHERE k = {self.c}")
        answer = self.wire.one("ALTER TABLE t ALTER COLUMN n SET NOT NULL")
        self.assertEqual(answer.error.pop("D"), 'Reported by shard "shard3".')
        self.assertEqual(self.view(answer), self.view(self.plain_wire.one("ALTER TABLE t ALTER COLUMN n SET NOT NULL")))
        self.assertEqual(self.on_shards("SELECT attnotnull FROM pg_attribute WHERE attrelid = 't'::regclass "
                                        "AND attname = 'n'"), [[(False,)]] * 4)
        self.assert_nothing_left()

    def test_fails_at_the_end_of_the_transaction(self):
        """A shard that fails only when it is asked to promise its commit."""
        harness.Answer(self.shard_connections[2], "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS "
                       "$$BEGIN RAISE 'at the end'; END$$")
        harness.Answer(self.shard_connections[2], "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON words "
                       "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()")
        answer = self.wire.one("INSERT INTO words VALUES (1, 'x')")
        self.assertEqual((answer.error or {}).get("M"), "at the end", repr(answer))
        self.assertEqual(self.on_shards("SELECT * FROM words"), [[]] * 4)
        self.assert_nothing_left()
        self.wire.one("BEGIN")
        self.assertIsNone(self.wire.one("INSERT INTO words VALUES (1, 'x')").error)
        self.assertEqual(self.wire.one("COMMIT").error["M"], "at the end")
        self.assertEqual(self.wire.status, "I")
        self.assertEqual(self.on_shards("SELECT * FROM words"), [[]] * 4)
        self.assert_nothing_left()
        harness.Answer(self.shard_connections[2], "DROP FUNCTION fail() CASCADE")

    def test_in_a_block(self):
        self.same("BEGIN")
        self.same("CREATE TABLE blocked(k int PRIMARY KEY, v text)")
        self.same(f"INSERT INTO blocked VALUES ({self.a}, 'inside')")
        self.same("SELECT * FROM blocked")
        self.same("ROLLBACK")
        self.assertEqual(self.on_how_many("blocked"), 0)
        self.same("SELECT * FROM blocked")
        self.same("BEGIN")
        self.same("CREATE TABLE blocked(k int PRIMARY KEY, v text)")
        self.same(f"INSERT INTO blocked VALUES ({self.a}, 'inside')")
        self.same("COMMIT")
        self.assertEqual(self.on_how_many("blocked"), 4)
        self.same("SELECT * FROM blocked")
        self.same("DROP TABLE blocked")
        self.assert_nothing_left()

    def test_another_client_sees_it_at_once(self):
        other = query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER)
        self.wire.one("CREATE TABLE seen(k int PRIMARY KEY, v int)")
        for key in KEYS:
            self.assertEqual(other.one(f"INSERT INTO seen VALUES ({key}, 1)").tag, "INSERT 0 1")
        counts = [rows[0][0] for rows in self.on_shards("SELECT count(*) FROM seen")]
        self.assertEqual(sum(counts), len(KEYS))
        self.assertGreater(min(counts), 0)
        self.wire.one("ALTER TABLE seen ADD COLUMN w int DEFAULT 3")
        self.assertEqual(other.one("SELECT sum(w) FROM seen").rows, [(b"120",)])
        self.wire.one("DROP TABLE seen")
        self.assertEqual(other.one("SELECT sum(w) FROM seen").error["C"], "42P01")
        other.close()

    def test_prepared_statement_after_a_change(self):
        self.same("CREATE TABLE shape(k int PRIMARY KEY, v int)")
        self.same(f"INSERT INTO shape VALUES ({self.a}, 1)")
        self.same(f"INSERT INTO shape VALUES ({self.b}, 2)")
        for client in (self.wire, self.plain_wire):
            client.send(query_client.parse(b"all", "SELECT * FROM shape"), query_client.message(b"S"))
            client.collect()

        def run(client):
            client.send(query_client.bind(b"", b"all"), query_client.message(b"D", b"P\0"),
                        query_client.message(b"E", b"\0\0\0\0\0"), query_client.message(b"S"))
            return self.view(client.collect()[0])
        self.assertEqual(run(self.wire), run(self.plain_wire))
        self.same("ALTER TABLE shape ADD COLUMN w text DEFAULT 'x'")
        self.assertEqual(run(self.wire), run(self.plain_wire))
        self.same("DROP TABLE shape")


class SettingTests:
    def test_set_reaches_every_shard(self):
        self.same("SET DateStyle = 'German'")
        self.same("SET extra_float_digits = 0")
        self.same("SET bytea_output = 'escape'")
        self.same("SET IntervalStyle = 'iso_8601'")
        self.same("SET TIME ZONE 'Asia/Tokyo'")
        for key in (self.a, self.b, self.c, self.home_key):
            self.same(f"SELECT date '2024-02-03', 1.0::float8 / 3, '\\x00ff'::bytea, interval '1 day', "
                      f"timestamptz '2024-01-01 00:00Z' FROM t WHERE k = {key}")
        self.same("SELECT date '2024-02-03' + n, n / 7::float8, timestamptz '2024-01-01 00:00Z' FROM t")
        self.same("SHOW DateStyle")
        self.same("RESET DateStyle")
        self.same("SET TIME ZONE DEFAULT")
        self.same(f"SELECT date '2024-02-03', timestamptz '2024-01-01 00:00Z' < now() FROM t WHERE k = {self.b}")

    def test_merging_under_settings(self):
        """A merge reads values itself: settings that change their text must not change their order."""
        self.same("SET DateStyle = 'German'")
        expected = self.plain_wire.one("SELECT date '2024-12-15' + n * 13 AS d FROM t ORDER BY d")
        answer = self.wire.one("SELECT date '2024-12-15' + n * 13 AS d FROM t ORDER BY d")
        if answer.error is None:
            self.assertEqual(answer.rows, expected.rows)
        else:
            self.assertEqual(answer.error["C"], "0A000")

    def test_parameter_status(self):
        for sql in ("SET DateStyle = 'SQL, DMY'", "SET application_name = 'shoal'", "SET client_encoding = 'UTF8'",
                    "SET TIME ZONE 'UTC'", "BEGIN", "SET LOCAL DateStyle = 'German'", "ROLLBACK", "RESET ALL"):
            self.same(sql)
            for name in ("DateStyle", "application_name", "client_encoding", "TimeZone", "IntervalStyle"):
                if name == "TimeZone" and sql == "RESET ALL":
                    continue
                self.assertEqual(self.wire.parameter_status.get(name), self.plain_wire.parameter_status.get(name),
                                 f"{name} after {sql}")

    def test_local_ends_with_the_transaction(self):
        self.same("SET work_mem = '6MB'")
        for end in ("COMMIT", "ROLLBACK"):
            self.same("BEGIN")
            self.same("SET LOCAL work_mem = '7MB'")
            self.same("SHOW work_mem")
            self.same(f"SELECT current_setting('work_mem') FROM t WHERE k = {self.a}")
            self.same(f"SELECT current_setting('work_mem') FROM t WHERE k = {self.b}")
            self.same("SELECT current_setting('work_mem') FROM t")
            self.same(end)
            self.same("SHOW work_mem")
            self.same("SELECT current_setting('work_mem') FROM t")

    def test_set_is_undone_by_rollback(self):
        self.same("SET work_mem = '6MB'")
        self.same("BEGIN")
        self.same("SET work_mem = '8MB'")
        self.same("SELECT current_setting('work_mem') FROM t")
        self.same("ROLLBACK")
        self.same("SELECT current_setting('work_mem') FROM t")
        self.same("BEGIN")
        self.same("SET work_mem = '9MB'")
        self.same("COMMIT")
        self.same("SELECT current_setting('work_mem') FROM t")
        self.same("BEGIN")
        self.same("RESET work_mem")
        self.same("SHOW work_mem")
        self.same("ROLLBACK")
        self.same("SHOW work_mem")

    def test_savepoints(self):
        self.same("BEGIN")
        self.same("SET work_mem = '5MB'")
        self.same("SAVEPOINT s")
        self.same("SET work_mem = '6MB'")
        self.same(f"SELECT current_setting('work_mem') FROM t WHERE k = {self.a}")
        self.same("ROLLBACK TO s")
        self.same(f"SELECT current_setting('work_mem') FROM t WHERE k = {self.a}")
        self.same(f"SELECT current_setting('work_mem') FROM t WHERE k = {self.b}")
        self.same("SAVEPOINT r")
        self.same("SET LOCAL work_mem = '7MB'")
        self.same("RELEASE r")
        self.same("SELECT current_setting('work_mem') FROM t")
        self.same("COMMIT")
        self.same("SELECT current_setting('work_mem') FROM t")

    def test_script_undoes_settings(self):
        self.same("SET work_mem = '5MB'")
        self.same("SET work_mem = '6MB'; SELECT 1/0")
        self.same("SHOW work_mem")
        self.same("SET work_mem = '7MB'; SELECT 1")
        self.same("SELECT current_setting('work_mem') FROM t")

    def test_own_settings(self):
        """Names with a dot need not be known to the server."""
        self.same("SET app.tenant = 'it''s me'")
        self.same("SELECT current_setting('app.tenant') FROM t WHERE k = 3")
        self.same("SELECT current_setting('app.tenant') FROM t")
        self.same("SHOW app.tenant")
        self.same("SELECT set_config('app.other', 'x\\y', false)")
        self.same("SELECT current_setting('app.other') FROM t")
        self.same("BEGIN")
        self.same("SELECT set_config('app.other', 'z', true)")
        self.same("SELECT current_setting('app.other') FROM t")
        self.same("COMMIT")
        self.same("SELECT current_setting('app.other') FROM t")

    def test_wrong_settings(self):
        for sql in ("SET nothing_like_it = 1", "SET work_mem = 'much'", "SET DateStyle = 'x'",
                    "SET default_transaction_isolation = 'x'", "RESET nothing_like_it", "SHOW nothing_like_it",
                    "SET port = 1", "SET search_path = nowhere", "SET ROLE nobody_here"):
            with self.subTest(sql):
                self.same(sql)
        self.same("SELECT 1")

    def test_role(self):
        for connection in (*self.shard_connections, self.truth):
            harness.Answer(connection, "DROP ROLE IF EXISTS guest")
            self.assertIsNone(harness.Answer(connection, "CREATE ROLE guest").error)
        self.same("SET ROLE guest")
        self.same("SELECT current_user, session_user")
        self.same(f"SELECT v FROM t WHERE k = {self.a}")
        self.same("SELECT v FROM t")
        self.same("RESET ROLE")
        self.same("SELECT current_user")
        self.same("SELECT count(*) FROM t")


class LeakTests:
    """Many clients over few server connections: nothing of one is seen by another."""

    def clients(self, count, **settings):
        clients = [query_client.Client("127.0.0.1", self.dev.port, harness.DATABASE, harness.USER, **settings)
                   for _ in range(count)]
        self.addCleanup(lambda: [c.close() for c in clients])
        return clients

    def test_settings_do_not_leak(self):
        clients = self.clients(40)
        for number, client in enumerate(clients[:20]):
            self.assertEqual(client.one(f"SET app.number = '{number}'").tag, "SET")
            self.assertEqual(client.one(f"SET work_mem = '{5 + number}MB'").tag, "SET")
        for _ in range(2):
            for number, client in enumerate(clients):
                for sql in (f"SELECT current_setting('app.number', true), current_setting('work_mem') FROM t "
                            f"WHERE k = {key}" for key in (self.a, self.b)):
                    answer = client.one(sql)
                    self.assertIsNone(answer.error, repr(answer))
                    mine, memory = answer.rows[0]
                    if number < 20:
                        self.assertEqual((mine, memory), (str(number).encode(), f"{5 + number}MB".encode()))
                    else:
                        self.assertIn(mine, (None, b""))
                        self.assertEqual(memory, b"4MB")

    def test_prepared_statements_do_not_leak(self):
        one, two = self.clients(2)
        one.one("PREPARE p(int) AS SELECT v FROM t WHERE k = $1")
        self.assertEqual(two.one(f"EXECUTE p({self.a})").error["C"], "26000")
        two.one("PREPARE p(int) AS SELECT n + 1 FROM t WHERE k = $1")
        self.assertEqual(one.one(f"EXECUTE p({self.a})").rows, [(b"old",)])
        self.assertEqual(two.one(f"EXECUTE p({self.a})").rows, [(str(self.a + 1).encode(),)])
        two.one("DEALLOCATE ALL")
        self.assertEqual(one.one(f"EXECUTE p({self.b})").rows, [(b"old",)])
        self.assertEqual(two.one(f"EXECUTE p({self.a})").error["C"], "26000")

    def test_startup_settings(self):
        (client,) = self.clients(1, application_name="starter", DateStyle="German",
                                 options="-c work_mem=11MB --statement_timeout=77s")
        self.assertEqual(client.one("SELECT current_setting('application_name'), current_setting('DateStyle'), "
                                    f"current_setting('work_mem'), current_setting('statement_timeout') FROM t WHERE k = {self.c}").rows,
                         [(b"starter", b"German, DMY", b"11MB", b"77s")])
        client.one("SET work_mem = '5MB'")
        client.one("RESET work_mem")
        self.assertEqual(client.one("SHOW work_mem").rows, [(b"11MB",)])
        client.one("SET work_mem = '5MB'")
        client.one("DISCARD ALL")
        self.assertEqual(client.one("SHOW work_mem").rows, [(b"11MB",)])
        self.assertEqual(self.wire.one("SHOW work_mem").rows, [(b"4MB",)])

    def test_open_transactions_do_not_mix(self):
        """As many writers as there are server connections for a shard, and their transactions stay their own."""
        clients = self.clients(8)
        keys = [k for k in KEYS if self.shard_of[k] == 1][:8]
        for client, key in zip(clients, keys):
            client.one("BEGIN")
            self.assertEqual(client.one(f"UPDATE t SET v = 'by {key}' WHERE k = {key}").tag, "UPDATE 1")
        for client, key in zip(clients, keys):
            self.assertEqual(client.one(f"SELECT v FROM t WHERE k = {key}").rows, [(f"by {key}".encode(),)])
            self.assertEqual(client.one("SELECT count(*) FROM t WHERE v LIKE 'by %'").rows, [(b"1",)])
        for client, key in list(zip(clients, keys))[::2]:
            client.one("ROLLBACK")
        for client, key in list(zip(clients, keys))[1::2]:
            client.one("COMMIT")
        for number, key in enumerate(keys):
            self.assertEqual(self.value(key), "old" if number % 2 == 0 else f"by {key}")

    def test_cancel_hits_its_own_query(self):
        one, two = self.clients(2)
        result = {}

        def sleep():
            result["one"] = one.one("SELECT pg_sleep(20)")
        thread = threading.Thread(target=sleep)
        thread.start()
        time.sleep(0.3)
        query_client.cancel(self.dev.port, two.key)  # idle: nothing happens
        self.assertEqual(two.one("SELECT 1").rows, [(b"1",)])
        self.assertTrue(thread.is_alive())
        query_client.cancel(self.dev.port, one.key)
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.assertEqual(result["one"].error["C"], "57014")
        self.assertEqual(one.one("SELECT 2").rows, [(b"2",)])

    def test_cancel_reaches_every_shard(self):
        (client,) = self.clients(1)
        result = {}

        def sleep():
            result["answer"] = client.one("SELECT count(*) FROM t WHERE pg_sleep(20) IS NULL")
        thread = threading.Thread(target=sleep)
        thread.start()
        end = time.monotonic() + 10
        active = ("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(20)%' "
                  "AND pid <> pg_backend_pid()")
        while sum(r[0][0] for r in self.on_shards(active)) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual([r[0][0] for r in self.on_shards(active)], [1, 1, 1, 1])
        query_client.cancel(self.dev.port, client.key)
        thread.join(10)
        self.assertFalse(thread.is_alive())
        self.assertEqual(result["answer"].error["C"], "57014")
        self.assertEqual([r[0][0] for r in self.on_shards(active)], [0, 0, 0, 0])
        self.assertEqual(client.one("SELECT count(*) FROM t").rows, [(b"40",)])


class TransactionTest(BlockTests, SavepointTests, ScriptTests, SchemaChangeTests, SettingTests, LeakTests,
                      TransactionCase):
    """All of them over one `pgshoal dev`."""


if __name__ == "__main__":
    unittest.main()
