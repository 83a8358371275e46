#!/usr/bin/env python3
"""The JDBC driver gives the same results through the router over four shards as with one PostgreSQL.

clients/JdbcClient.java is compiled into a temporary directory and run once for each side. Steps that need what
docs/limitations.md says is refused are listed here: the whole step must be refused, and the plain server leaves it out.
"""

import glob
import itertools
import pathlib
import shutil
import subprocess
import unittest

import harness

SOURCE = pathlib.Path(__file__).parent / "clients" / "JdbcClient.java"
DRIVERS = sorted(glob.glob("/usr/share/java/postgresql.jar"))

REFUSED = {
    "step02c_read_here_write_there",        # one batch that reads on one shard and writes on another
    "step08_batch_over_several_shards",     # rows of several shards written by one batch
}

# Steps that leave no rows behind and may be refused or, once the router can do it, right: LISTEN.
REFUSED_OR_RIGHT = {"step26_notify"}
# A prepared statement whose columns have changed may give the new ones without an error (docs/limitations.md).
CHANGED = {"step27_describe_after_change"}


def differences(answer, expected):
    """(number, what the router gave, what PostgreSQL gave) for all that differs."""
    return [(n, a, e) for n, (a, e) in enumerate(itertools.zip_longest(answer, expected)) if a != e]


@unittest.skipUnless(shutil.which("javac") and shutil.which("java"), "no JDK (Debian package default-jdk-headless)")
@unittest.skipUnless(DRIVERS, "no JDBC driver (Debian package libpostgresql-jdbc-java)")
class JdbcTest(harness.RouterTestCase):
    MAP = harness.column_rule("customer_id") + harness.reference_table("jcountries")
    ARGUMENTS = ("--postgres-set", "fsync=off")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.classes = harness.temporary_directory()
        subprocess.run(["javac", "-cp", DRIVERS[0], "-d", str(cls.classes), str(SOURCE)], check=True, timeout=300)

    def run_client(self, port, skip=()):
        run = subprocess.run(["java", "-XX:+UseSerialGC", "-Xmx200m", "-cp", f"{DRIVERS[0]}:{self.classes}", "JdbcClient", str(port),
                              harness.DATABASE, harness.USER, ",".join(skip)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        self.assertEqual(run.returncode, 0, run.stderr[-3000:])
        return dict(line.split("\t", 1) for line in run.stdout.splitlines())

    def test_steps(self):
        answers = self.run_client(self.dev.port)
        expected = self.run_client(self.plain.port, REFUSED)
        self.assertGreater(len(expected), 20)
        for name, answer in expected.items():
            self.assertNotIn("FAILED", answer, name)
        for name, answer in answers.items():
            with self.subTest(name):
                if name in REFUSED:
                    self.assertRegex(answer, r"FAILED 0A000", "is no longer refused: take it from REFUSED")
                elif name in REFUSED_OR_RIGHT and "FAILED" in answer:
                    self.assertRegex(answer, r"FAILED 0A000")
                elif name in CHANGED:
                    self.assertNotIn("FAILED", answer)
                else:
                    self.assertEqual(differences(answer.split("|"), expected[name].split("|")), [])


if __name__ == "__main__":
    unittest.main()
