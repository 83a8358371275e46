#!/usr/bin/env python3
"""pgbench through four shards, accounts sharded by aid; SQL on each shard proves where the rows lie."""

import os
import re
import subprocess
import unittest

import harness

SCALE = int(os.environ.get("PGSHOAL_PGBENCH_SCALE", "10"))
ACCOUNTS = SCALE * 100_000
CLIENTS, TRANSACTIONS = 4, 500


class PgbenchTest(harness.RouterTestCase):
    MAP = harness.sharded_table("pgbench_accounts", "aid")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pgbench(cls, "-i", "-s", str(SCALE), "-q")

    def pgbench(self, *arguments):
        run = subprocess.run([harness.postgres_program("pgbench"), "-h", "127.0.0.1", "-p", str(self.dev.port), "-U",
                              harness.USER, *arguments, harness.DATABASE],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        if run.returncode != 0:
            raise AssertionError(f"pgbench {' '.join(arguments)} ended with {run.returncode}:\n{run.stdout}")
        return run.stdout

    def test_every_account_lies_where_the_map_says(self):
        counts = self.assert_rows_lie_right("pgbench_accounts", "aid")
        self.assertEqual(sum(counts), ACCOUNTS)
        for count in counts:
            self.assertGreater(count, ACCOUNTS // harness.RouterTestCase.SHARDS * 0.9)
        sums = self.on_shards("SELECT sum(aid) FROM pgbench_accounts")
        self.assertEqual(sum(rows[0][0] for rows in sums), ACCOUNTS * (ACCOUNTS + 1) // 2)

    def test_the_whole_is_seen_through_the_router(self):
        self.assertEqual(self.ask("SELECT count(*), min(aid), max(aid), sum(aid) FROM pgbench_accounts"),
                         [(ACCOUNTS, 1, ACCOUNTS, ACCOUNTS * (ACCOUNTS + 1) // 2)])
        self.assertEqual(self.ask("SELECT aid FROM pgbench_accounts ORDER BY aid DESC LIMIT 3 OFFSET 1"),
                         [(ACCOUNTS - 1,), (ACCOUNTS - 2,), (ACCOUNTS - 3,)])
        self.assertEqual(self.ask("SELECT aid, bid FROM pgbench_accounts WHERE aid = 4711"), [(4711, 1)])

    def test_other_tables_are_whole_on_the_home_shard(self):
        self.assertEqual(self.ask("SELECT count(*) FROM pgbench_branches"), [(SCALE,)])
        home = harness.Answer(self.shard_connections[0], "SELECT count(*) FROM pgbench_tellers")
        self.assertEqual(home.rows, [(SCALE * 10,)])

    def test_primary_key_holds_on_each_shard(self):
        for rows in self.on_shards("SELECT count(*) FROM pg_constraint WHERE conname = 'pgbench_accounts_pkey'"):
            self.assertEqual(rows, [(1,)])

    def select_only(self, mode):
        output = self.pgbench("-S", "-n", "-M", mode, "-c", str(CLIENTS), "-j", "2", "-t", str(TRANSACTIONS))
        done = re.search(r"number of transactions actually processed: (\d+)/", output)
        self.assertEqual(int(done.group(1)), CLIENTS * TRANSACTIONS, output)
        self.assertIn("number of failed transactions: 0 ", output)

    def test_select_only_simple(self):
        self.select_only("simple")

    def test_select_only_extended(self):
        self.select_only("extended")

    def test_select_only_prepared(self):
        self.select_only("prepared")


if __name__ == "__main__":
    unittest.main()
