#!/usr/bin/env python3
"""Sums and averages of float4 and float8 over several shards: as PostgreSQL types, rounds, writes and refuses them.

Where every order of addition gives the same value the answers must be equal to the last bit; of other values the last
digits depend on the order, on one server too, and must agree to a relative 1e-12 (float4: 1e-5).
"""

import math
import random
import struct
import unittest

import harness
import query_client

TABLE = "CREATE TABLE samples(k int, g int, f4 float4, f8 float8)"


class FloatSumsTest(harness.RouterTestCase):
    MAP = harness.sharded_table("samples", "k")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wire = query_client.Client("127.0.0.1", cls.dev.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.wire.close)
        cls.plain_wire = query_client.Client("127.0.0.1", cls.plain.port, harness.DATABASE, harness.USER)
        cls.addClassCleanup(cls.plain_wire.close)
        for client in (cls.wire, cls.plain_wire):
            client.one(TABLE)

    def fill(self, rows):
        """Rows of (group, float4, float8) as SQL, spread over the shards."""
        for client in (self.wire, self.plain_wire):
            client.one("TRUNCATE samples")
            lines = "".join("\t".join(map(str, (n, *row))) + "\n" for n, row in enumerate(rows))
            answer = client.one("COPY samples FROM STDIN", [lines.encode()])
            self.assertEqual(answer.tag, f"COPY {len(rows)}", answer)

    def both_ways(self, sql):
        """(router's answer, PostgreSQL's), as text and in binary."""
        for run in (lambda c: c.one(sql), lambda c: c.extended(sql), lambda c: c.extended(sql, result_format=1)):
            yield run(self.wire), run(self.plain_wire)

    def same(self, sql):
        for answer, expected in self.both_ways(sql):
            if expected.error is None:
                shape = [[(c.name, c.type, c.length, c.typmod, c.format) for c in a.columns] for a in (answer, expected)]
                self.assertEqual(shape[0], shape[1], sql)
            self.assertEqual((answer.rows, answer.tag), (expected.rows, expected.tag), sql)
            self.assertEqual((answer.error or {}).get("C"), (expected.error or {}).get("C"), f"{sql}: {answer} {expected}")
            self.assertEqual((answer.error or {}).get("M"), (expected.error or {}).get("M"), sql)
        return expected

    ALL = "sum(f4), avg(f4), sum(f8), avg(f8), count(f8), min(f8), max(f4)"

    def test_exact_values(self):
        rng = random.Random(5)
        # Multiples of 1/64 that are small: every partial sum is exact in both types.
        self.fill([(rng.randint(0, 6), rng.randint(-3000, 3000) / 64 if rng.random() < 0.9 else "\\N",
                    rng.randint(-(1 << 40), 1 << 40) / 64 if rng.random() < 0.9 else "\\N") for _ in range(200)])
        self.same(f"SELECT {self.ALL} FROM samples")
        self.same(f"SELECT g, {self.ALL} FROM samples GROUP BY g ORDER BY g")
        self.same("SELECT g, sum(f8) AS s FROM samples GROUP BY g ORDER BY s DESC")
        self.same("SELECT avg(f4), g FROM samples GROUP BY g ORDER BY 1, 2")
        self.same("SELECT g, avg(f8) FROM samples GROUP BY g ORDER BY avg(f8) DESC LIMIT 3")
        self.same("SELECT sum(f4) AS total, avg(f8) AS mean FROM samples WHERE k < 150")
        self.same(f"SELECT {self.ALL} FROM samples WHERE false")
        self.same(f"SELECT {self.ALL} FROM samples WHERE k = 7")
        self.same("SELECT sum(f4), avg(f8) FROM samples WHERE f8 IS NULL")

    def test_special_values(self):
        specials = ["NaN", "Infinity", "-Infinity", "0", "-0", "1", "-1"]
        for first in specials:
            for second in specials:
                with self.subTest(first=first, second=second):
                    self.fill([(n % 2, first if n % 2 else second, second if n % 2 else first) for n in range(8)])
                    self.same("SELECT sum(f4), avg(f4), sum(f8), avg(f8) FROM samples")
        self.fill([(n, "-0", "-0") for n in range(8)])
        self.same("SELECT sum(f4), avg(f4), sum(f8), avg(f8) FROM samples")
        self.same("SELECT g, sum(f4), avg(f8) FROM samples GROUP BY g ORDER BY g")

    def test_overflow(self):
        for value4, value8 in (("3e38", "1e308"), ("-3e38", "-1.5e308")):
            self.fill([(0, value4, value8) for _ in range(12)])
            for sql in ("sum(f4)", "sum(f8)", "avg(f8)"):
                error = self.same(f"SELECT {sql} FROM samples").error
                self.assertEqual((error["C"], error["M"]), ("22003", "value out of range: overflow"))
            self.same("SELECT avg(f4) FROM samples")  # float8 has room for it
        # An average fails when the variance has no room, although the sum has.
        self.fill([(0, 0, "1e200" if n % 2 else "-1e200") for n in range(12)])
        self.same("SELECT sum(f8) FROM samples")
        self.assertEqual(self.same("SELECT avg(f8) FROM samples").error["C"], "22003")
        self.fill([(0, 0, 2.0 ** 660) for n in range(12)])
        self.same("SELECT avg(f8), sum(f8) FROM samples")
        # Found only where the shards' values meet.
        keys = [self.on_shards("SELECT k FROM samples")[n][0][0] for n in range(self.SHARDS)]
        for client in (self.wire, self.plain_wire):
            client.one("TRUNCATE samples")
            for n, value in enumerate(("9e307", "9e307", "0", "1")):
                client.one(f"INSERT INTO samples VALUES ({keys[n]}, 0, 0, {value})")
        self.assertEqual(self.same("SELECT sum(f8) FROM samples").error["C"], "22003")
        self.assertEqual(self.same("SELECT avg(f8) FROM samples").error["C"], "22003")
        self.same("SELECT count(*) FROM samples")  # the session goes on
        self.assertEqual(self.wire.status, "I")

    def test_written_with_the_clients_digits(self):
        self.fill([(n % 5, (n % 5) / 8 + 0.125, 2.0 ** (n % 5 - 40) + 3) for n in range(80)])
        for digits in (3, 2, 1, 0, -1, -2, -5, -6, -14, -15):
            with self.subTest(digits=digits):
                for client in (self.wire, self.plain_wire):
                    client.one(f"SET extra_float_digits = {digits}")
                self.same("SELECT sum(f4), avg(f4), sum(f8), avg(f8) FROM samples WHERE k < 64")
                self.same("SELECT g, avg(f4), sum(f8) FROM samples GROUP BY g ORDER BY g")
        for client in (self.wire, self.plain_wire):
            client.one("RESET extra_float_digits")
        self.fill([(0, x, x) for x in ("1e10", "2e10", "1e-10", "0", "100000", "1e6", "1e15")])
        for where in ("f8 > 1e9 AND f8 < 1e11", "f8 < 1", "f8 = 1e15", "f8 IN (100000, 1e6)"):
            for digits in (1, 0, -3):
                for client in (self.wire, self.plain_wire):
                    client.one(f"SET extra_float_digits = {digits}")
                self.same(f"SELECT sum(f4), sum(f8), avg(f8) FROM samples WHERE {where}")
        for client in (self.wire, self.plain_wire):
            client.one("RESET extra_float_digits")

    def test_values_that_are_rounded(self):
        rng = random.Random(6)
        self.fill([(rng.randint(0, 9), rng.uniform(0, 1), rng.uniform(0, 10) ** rng.randint(1, 9)) for _ in range(3000)])
        sql = "SELECT g, sum(f4), avg(f4), sum(f8), avg(f8) FROM samples GROUP BY g ORDER BY g"
        for answer, expected in ((self.wire.extended(sql, result_format=1), self.plain_wire.extended(sql, result_format=1)),):
            self.assertEqual(len(answer.rows), 10)
            for row, wanted in zip(answer.rows, expected.rows):
                for column, (kind, closeness) in enumerate((("!f", 1e-5), ("!d", 1e-12), ("!d", 1e-12), ("!d", 1e-12)), 1):
                    a, b = struct.unpack(kind, row[column])[0], struct.unpack(kind, wanted[column])[0]
                    self.assertTrue(math.isclose(a, b, rel_tol=closeness), f"{a} {b}")


if __name__ == "__main__":
    unittest.main()
