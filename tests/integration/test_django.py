#!/usr/bin/env python3
"""A Django application gives the same results through the router over four shards as with one PostgreSQL.

clients/shop is the application; it runs in a process of its own for each side. What the router refuses today
is listed here by step: such a step must be refused with 0A000 as a whole, and the plain server leaves it out too, so
that both sides hold the same rows.
"""

import importlib.util
import json
import pathlib
import subprocess
import sys
import unittest

import harness

SCRIPT = pathlib.Path(__file__).parent / "clients" / "shop" / "steps.py"

# Steps of the application that need what docs/limitations.md says is refused.
REFUSED = {
    "group_by_month", "dates_of_customers",                       # grouping by an expression
    "conditional_aggregate", "aggregate_of_annotation", "union",  # more than plain aggregates over several shards
    "save_without_the_key",                                       # UPDATE … SET customer_id = … WHERE id = …
    "bulk_create_many_customers", "bulk_update_many_customers", "update_all", "transaction_on_two_customers",
    "delete_many",                                                # rows of several shards written at once
}
# Steps that only read and may be refused (DECLARE … WITH HOLD; then Django closes a cursor that does not exist, and that
# is what shows) or, once the router can do it, right.
CURSORS = {"iterators", "iterator_over_customers"}
# Steps that fail on both sides, and how.
FAILING = {"missing": "DoesNotExist", "broken_foreign_key": "IntegrityError"}


@unittest.skipUnless(importlib.util.find_spec("django"), "Django is not installed (Debian package python3-django)")
class DjangoTest(harness.RouterTestCase):
    MAP = (harness.column_rule("customer_id") + harness.reference_table("shop_country"))
    ARGUMENTS = ("--postgres-set", "fsync=off")

    def run_application(self, port, skip=()):
        run = subprocess.run([sys.executable, str(SCRIPT), str(port), harness.DATABASE, harness.USER, ",".join(skip)],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        self.assertEqual(run.returncode, 0, run.stderr[-3000:])
        return dict(json.loads(line) for line in run.stdout.splitlines())

    def test_application(self):
        answers = self.run_application(self.dev.port)
        expected = self.run_application(self.plain.port, REFUSED)
        failing = {n: a[1] for n, a in expected.items() if isinstance(a, list) and a[:1] == ["error"]}
        self.assertEqual(failing, FAILING, expected)
        self.assertGreater(len(expected), 30)
        for name, answer in answers.items():
            with self.subTest(name):
                if name in REFUSED:
                    self.assertEqual((answer or [None] * 3)[2:3], ["0A000"], "is no longer refused: take it from REFUSED")
                elif name in CURSORS and answer[:1] == ["error"]:
                    self.assertIn(answer[2], ("0A000", "34000"))
                else:
                    self.assertEqual(answer, expected[name])


if __name__ == "__main__":
    unittest.main()
