#!/usr/bin/env python3
"""node-postgres gives the same results through the router over four shards as with one PostgreSQL.

`pg` is installed from the npm registry into a temporary directory; without node, npm or the registry the test is
skipped and says why.
"""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import harness

SCRIPT = pathlib.Path(__file__).parent / "clients" / "node_client.js"
PACKAGE = "pg@8"


@unittest.skipUnless(shutil.which("node") and shutil.which("npm"), "node and npm are not installed (Debian packages nodejs, npm)")
class NodeTest(harness.RouterTestCase):
    MAP = harness.column_rule("customer_id")
    ARGUMENTS = ("--postgres-set", "fsync=off")

    @classmethod
    def setUpClass(cls):
        cls.modules = harness.temporary_directory()
        try:
            install = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(cls.modules), PACKAGE],
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, check=False)
            output, failed = install.stdout, install.returncode != 0
        except subprocess.TimeoutExpired:
            output, failed = "no answer in 180 s", True
        if failed:
            raise unittest.SkipTest(f"{PACKAGE} cannot be installed from the npm registry: {output.strip()[-300:]}")
        super().setUpClass()

    def run_client(self, port):
        environment = {**os.environ, "NODE_PATH": str(self.modules / "node_modules"), "TZ": "UTC"}
        run = subprocess.run(["node", str(SCRIPT), str(port), harness.DATABASE, harness.USER], env=environment,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        self.assertEqual(run.returncode, 0, run.stderr[-3000:])
        return dict(json.loads(line) for line in run.stdout.splitlines())

    def test_steps(self):
        answers, expected = self.run_client(self.dev.port), self.run_client(self.plain.port)
        self.assertGreater(len(expected), 10)
        for name, wanted in expected.items():
            with self.subTest(name):
                self.assertFalse([w for w in wanted if w[0] == "FAILED"], wanted)
                self.assertEqual(answers[name], wanted)


if __name__ == "__main__":
    unittest.main()
